"""Collecting: the results of a batch that has ended, line by line, each to the request that it names."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from omnisci_etl.captions import costs
from omnisci_etl.captions.batches.desk import BatchDesk, Entry, OpenBatch
from omnisci_etl.captions.batches.polite import politely
from omnisci_etl.captions.calls import with_draft
from omnisci_etl.captions.providers.base import Answer, printable
from omnisci_etl.captions.providers.batching import BatchVendor
from omnisci_etl.captions.spool import Settlement
from omnisci_etl.context import Context

GROUP = 64
# Of the lines that fit no request, so many are kept of a batch; all are counted.
MOST_STRAYS = 1000
# A file that lacks lines is read again, in case the vendor had not finished writing it.
READINGS, READ_AGAIN = 2, 1.0
_BY_STATUS = {"expired": "batch-expired", "cancelled": "batch-cancelled"}


@dataclass
class Collected:
    """What a batch gave: counts as its event keeps them, the answer of each call, captions, calls asked first by it."""

    counts: Counter[str] = field(default_factory=Counter)
    last: dict[int, Answer] = field(default_factory=dict)
    captions: int = 0
    calls: int = 0


class Collector:
    """Settles the attempts of one batch."""

    def __init__(self, context: Context, desk: BatchDesk, batch: OpenBatch) -> None:
        self._context = context
        self._desk = desk
        self._batch = batch
        self._entries = desk.entries(batch.batch_id)
        self._seconds = ((batch.ended_at or datetime.now(UTC)) - batch.intended_at).total_seconds()
        self._strays = 0
        self.result = Collected()

    def collect(self, vendor: BatchVendor) -> Collected:
        """Settles every request of a batch that has ended. Repeated after a crash, it goes on where that came.

        Raises Trouble where the results cannot be read to their end; what came is settled then.
        """
        for number in range(READINGS):
            if number:
                time.sleep(READ_AGAIN)
            counts = politely(lambda: self._read(vendor), self._context.settings.call_tries)
            if not counts["missing"] and not counts["garbled"]:
                break
        status = self._batch.status or ""
        slug = _BY_STATUS.get(status, "batch-missing")
        self._settle_rest(Answer(slug, error=f"the batch ended as {status} without a line for this request"))
        self.result.counts = counts
        self._desk.collected(self._batch.batch_id, counts)
        return self.result

    def write_off(self, slug: str, error: str) -> Collected:
        """Gives every request of a batch that was not done as a whole the same outcome."""
        self._settle_rest(Answer(slug, error=error))
        if not self._batch.abandoned:
            self.result.counts = Counter(missing=len(self._entries))
            self._desk.collected(self._batch.batch_id, self.result.counts)
        return self.result

    def _read(self, vendor: BatchVendor) -> Counter[str]:
        """One reading of all lines; the counts of it."""
        batch_id = self._batch.vendor_batch_id or ""
        self._strays = 0
        counts: Counter[str] = Counter(matched=0, missing=0, duplicate=0, foreign=0, garbled=0)
        seen: set[int] = set()
        group: list[tuple[Entry, Answer]] = []
        strays: list[tuple[str, str | None, bytes]] = []
        for line in vendor.rows(batch_id, self._batch.files):
            kind, custom_id, row = self._place(line, seen)
            counts[kind] += 1
            if kind != "matched":
                strays.append((kind, custom_id, line))
                strays = self._keep(strays, GROUP)
            elif not (entry := self._entries[custom_id or ""]).settled:
                group.append((entry, vendor.answer(row, batch_id, entry.schema)))
                group = self._settle(group, GROUP)
        self._settle(group)
        self._keep(strays)
        counts["missing"] = len(self._entries) - len(seen)
        return counts

    def _place(self, line: bytes, seen: set[int]) -> tuple[str, str | None, Mapping[str, Any]]:
        """To which request a line belongs: its kind, its custom id, and what it holds."""
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict) or not isinstance(row.get("custom_id"), str):
            return "garbled", None, {}
        custom_id: str = row["custom_id"]
        entry = self._entries.get(custom_id)
        if entry is None:
            return "foreign", printable(custom_id), row
        if entry.attempt_id in seen:
            return "duplicate", custom_id, row
        seen.add(entry.attempt_id)
        return "matched", custom_id, row

    def _keep(self, strays: list[tuple[str, str | None, bytes]], at_least: int = 1) -> list[Any]:
        """Stores strays once there are so many; those that are left."""
        if len(strays) < at_least:
            return strays
        room = max(0, MOST_STRAYS - self._strays)
        self._strays += len(strays)
        if room:
            self._desk.strays(self._batch.batch_id, strays[:room])
        return []

    def _settle_rest(self, answer: Answer) -> None:
        group: list[tuple[Entry, Answer]] = []
        for entry in self._entries.values():
            if not entry.settled:
                group.append((entry, answer))
                group = self._settle(group, GROUP)
        self._settle(group)

    def _settle(self, group: list[tuple[Entry, Answer]], at_least: int = 1) -> list[tuple[Entry, Answer]]:
        """Settles once there are so many; those that are left."""
        if len(group) < at_least:
            return group
        settlements = [self._settlement(entry, answer) for entry, answer in group]
        self._write_answers(settlements)
        self.result.captions += sum(self._desk.calls.settle(settlements))
        for (entry, _), settlement in zip(group, settlements, strict=True):
            entry.settled = True
            self.result.calls += entry.ordinal == 1
            # Without what is stored by now: all answers of a run together would fill the memory.
            self.result.last[entry.call_id] = replace(settlement.answer, raw=None, content=None)
        return []

    def _settlement(self, entry: Entry, answer: Answer) -> Settlement:
        answer, draft = with_draft(answer, entry.strikes, self._context.settings.strike_cap)
        prices = costs.of_snapshot(entry.price)
        dollars = entry.worst_case if answer.usage is None else costs.cost(prices, answer.usage)
        return Settlement(entry.call_id, entry.attempt_id, answer, dollars, self._seconds, draft)

    def _write_answers(self, settlements: Sequence[Settlement]) -> None:
        """In threads, as each waits for the disk; the transaction then finds the bytes written."""
        with ThreadPoolExecutor(8, "batch-answers") as room:
            for _ in room.map(self._context.blobs.put, _raw(settlements)):
                pass


def _raw(settlements: Sequence[Settlement]) -> Iterator[bytes]:
    for settlement in settlements:
        if settlement.answer.raw is not None:
            yield settlement.answer.raw
