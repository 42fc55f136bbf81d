"""Splitting: the requests of one model, in files that are no longer than a batch may be."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, field
from typing import IO, BinaryIO, cast

from omnisci_etl.captions.calls import Intent


@dataclass(frozen=True, slots=True)
class Parcel:
    """A request of a batch: its line, and what it may cost."""

    intent: Intent
    line: bytes


@dataclass(slots=True)
class Pack:
    """Requests of one model, their lines in a file that goes when it is closed."""

    intents: list[Intent] = field(default_factory=list)
    sizes: dict[int, int] = field(default_factory=dict)
    size: int = 0
    lines: IO[bytes] = field(default_factory=tempfile.TemporaryFile)

    def add(self, parcel: Parcel) -> None:
        """Takes a request in."""
        self.lines.write(parcel.line + b"\n")
        self.intents.append(parcel.intent)
        self.sizes[parcel.intent.call_id] = len(parcel.line) + 1
        self.size += len(parcel.line) + 1

    def only(self, calls: Set[int]) -> BinaryIO:
        """The lines of these calls alone, in a file of their own."""
        self.lines.seek(0)
        if len(calls) == len(self.intents):
            return cast(BinaryIO, self.lines)
        chosen = Pack()
        for intent, line in zip(self.intents, self.lines, strict=True):
            if intent.call_id in calls:
                chosen.lines.write(line)
        return cast(BinaryIO, chosen.lines)


@dataclass(slots=True)
class Sizes:
    """The same splitting of requests of which only the sizes are known."""

    batches: int = 0
    requests: int = 0
    bytes: int = 0
    _in_last: tuple[int, int] = (0, 0)

    def add(self, size: int, *, most_requests: int, most_bytes: int) -> None:
        """Takes a request of so many bytes in, its line break included."""
        requests, held = self._in_last
        if not requests or _full(requests, held, size, most_requests, most_bytes):
            self.batches += 1
            requests, held = 0, 0
        self._in_last = requests + 1, held + size
        self.requests += 1
        self.bytes += size


def _full(requests: int, held: int, size: int, most_requests: int, most_bytes: int) -> bool:
    return requests == most_requests or held + size > most_bytes


def packs(parcels: Iterable[Parcel], *, most_requests: int, most_bytes: int) -> Iterator[Pack]:
    """The requests in batches, in order; one that is larger than most_bytes alone goes alone."""
    pack = Pack()
    for parcel in parcels:
        if pack.intents and _full(len(pack.intents), pack.size, len(parcel.line) + 1, most_requests, most_bytes):
            yield pack
            pack = Pack()
        pack.add(parcel)
    if pack.intents:
        yield pack
