"""Answers that have come and are not yet in the ledger, each a file on this machine until they are.

A file is written the moment an answer has been read, and removed when its transaction is committed. What a killed
process or a lost database left behind is stored by whoever comes next to its call, before that is asked again.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from omnisci_etl.captions.drafts import Draft
from omnisci_etl.captions.providers.base import Answer

FOLDER = "answers"
_SUFFIXES = (".json", ".tmp")

Name = tuple[int, int]
"""An attempt and the (random) owner who made it: no other ledger has both."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What came of an attempt, to be stored with what it cost; with a caption where it is one."""

    call_id: int
    attempt_id: int
    answer: Answer
    cost: Decimal
    latency: float
    draft: Draft | None = None


_KEPT = TypeAdapter(Settlement)


class Spool:
    """The files of a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, settlement: Settlement, owner: int) -> None:
        """Keeps an answer. Not synced to the disk, for the blob store does that next: a kill loses nothing of it."""
        if settlement.answer.raw is None:
            return
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        final, unfinished = self._paths((settlement.attempt_id, owner))
        unfinished.write_bytes(_KEPT.dump_json(settlement))
        os.replace(unfinished, final)

    def drop(self, names: Iterable[Name]) -> None:
        """Forgets answers that the ledger has."""
        for name in names:
            for path in self._paths(name):
                path.unlink(missing_ok=True)

    def names(self) -> list[Name]:
        """Of all answers that are kept here, those too whose writer was killed while it wrote."""
        return sorted(set(self._names()))

    def holds(self, name: Name) -> bool:
        """Whether an answer is kept here."""
        return any(path.exists() for path in self._paths(name))

    def read(self, names: Iterable[Name]) -> Iterator[Settlement]:
        """The answers of these names; one that is not whole stays unknown in the ledger."""
        for name in names:
            for path in self._paths(name):
                try:
                    yield _KEPT.validate_json(path.read_bytes())
                    break
                except (FileNotFoundError, ValidationError):
                    continue

    def _names(self) -> Iterator[Name]:
        if not self._folder.is_dir():
            return
        for path in self._folder.iterdir():
            attempt, _, owner = path.stem.partition("-")
            if path.suffix in _SUFFIXES and attempt.isdigit() and owner.isdigit():
                yield int(attempt), int(owner)

    def _paths(self, name: Name) -> list[Path]:
        return [self._folder / f"{name[0]}-{name[1]}{suffix}" for suffix in _SUFFIXES]
