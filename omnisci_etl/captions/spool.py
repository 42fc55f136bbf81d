"""Answers that have come and are not yet in the ledger, each a file on this machine until they are.

A file is written the moment an answer has been read, and removed when its transaction is committed. What a killed
process or a lost database left behind is stored by the next run, before anything is asked again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from omnisci_etl.captions.calls import CallDesk, Settlement

FOLDER = "answers"
_GROUP = 64
_KEPT = TypeAdapter(Settlement)

Name = tuple[int, int]


class Spool:
    """The files of a folder. A name is the attempt and the (random) owner who made it: no other ledger has both."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, settlement: Settlement, owner: int) -> None:
        """Keeps an answer. Not synced to the disk, for the blob store does that next: a kill loses nothing of it."""
        if settlement.answer.raw is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._path((settlement.attempt_id, owner))
        path.with_suffix(".tmp").write_bytes(_KEPT.dump_json(settlement))
        os.replace(path.with_suffix(".tmp"), path)

    def drop(self, names: Iterable[Name]) -> None:
        """Forgets answers that the ledger has."""
        for name in names:
            self._path(name).unlink(missing_ok=True)

    def adopt(self, desk: CallDesk) -> int:
        """Stores what processes that are gone have left here; the captions that came of it."""
        captions = 0
        names = sorted(self._names())
        for start in range(0, len(names), _GROUP):
            settled, orphaned = desk.kept(names[start : start + _GROUP])
            found = list(self._read(orphaned))
            captions += sum(desk.settle(found)) if found else 0
            self.drop([*settled, *orphaned])
        return captions

    def _names(self) -> Iterator[Name]:
        for path in self._folder.glob("*.json"):
            attempt, _, owner = path.stem.partition("-")
            if attempt.isdigit() and owner.isdigit():
                yield int(attempt), int(owner)

    def _path(self, name: Name) -> Path:
        return self._folder / f"{name[0]}-{name[1]}.json"

    def _read(self, names: Iterable[Name]) -> Iterator[Settlement]:
        """The answers of these names; one that the disk has damaged stays unknown in the ledger."""
        for name in names:
            try:
                yield _KEPT.validate_json(self._path(name).read_bytes())
            except (FileNotFoundError, ValidationError):
                continue
