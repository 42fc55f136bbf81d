"""The ledger's side of batches: intents, events, what is open, and who works on it now."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, text

from omnisci_etl.captions.calls import BATCH_LEASE, CallDesk, Claim, Intent
from omnisci_etl.captions.providers.batching import VendorBatch
from omnisci_etl.context import Context
from omnisci_etl.ledger.database import dumps, sql

_SQL = "omnisci_etl.captions.batches.sql"
_CALLS = "omnisci_etl.captions.sql"
# The first number of the advisory locks on batches; the second is the batch.
_LOCK = 0x6F6D6261
_NOTHING: dict[str, Any] = dict.fromkeys((
    "vendor_batch_id", "status", "slug", "output_file_id", "error_file_id", "error"
))  # fmt: skip


@dataclass(frozen=True, slots=True)
class OpenBatch:
    """A batch that is not over.

    held: another living process is about to submit it. slug and error: why all of it failed, where it did.
    """

    batch_id: int
    intent_key: str
    provider: str
    api: str
    base_url: str
    model: str
    requests: int
    intended_at: datetime
    held: bool
    vendor_batch_id: str | None
    submitted_at: datetime | None
    ended_at: datetime | None
    status: str | None
    output_file_id: str | None
    error_file_id: str | None
    slug: str | None
    error: str | None
    abandoned: bool

    @property
    def files(self) -> list[str]:
        """Ids of the files of results, answers first."""
        return [name for name in (self.output_file_id, self.error_file_id) if name]


@dataclass(slots=True)
class Entry:
    """A request of a batch."""

    custom_id: str
    call_id: int
    attempt_id: int
    ordinal: int
    price: Mapping[str, str]
    worst_case: Decimal
    schema: Mapping[str, Any]
    strikes: int
    settled: bool


class BatchDesk:
    """Writes and reads what the ledger keeps of batches. calls settles their attempts."""

    def __init__(self, context: Context, calls: CallDesk) -> None:
        self._context = context
        self.calls = calls

    def claim(self, intents: Sequence[Intent], sizes: Mapping[int, int]) -> tuple[list[Claim], int | None]:
        """Commits the intent of a batch of those calls that may be sent now, with their attempts; its id.

        sizes are the bytes of each call's request.
        """
        made: list[int] = []

        def write(connection: Connection, chosen: Sequence[Intent]) -> int:
            parameters = {
                "intent_key": f"omnisci-{uuid.uuid4().hex}", "requests": len(chosen), "call_id": chosen[0].call_id,
                "bytes": sum(sizes[intent.call_id] for intent in chosen), "run_key": self._context.run.key,
                "owner": self._context.run.owner,
            }  # fmt: skip
            made.append(int(connection.execute(sql(_SQL, "insert_batch"), parameters).scalar_one()))
            return made[0]

        claims = self.calls.claim(intents, write)
        return claims, made[0] if made else None

    def open(self, batch_id: int | None = None) -> list[OpenBatch]:
        """Batches that are not over, oldest first; or only this one."""
        parameters = {"owner": self._context.run.owner, "lease_s": BATCH_LEASE, "batch_id": batch_id}
        with self._context.ledger.begin() as connection:
            return [OpenBatch(**row) for row in connection.execute(sql(_SQL, "open_batches"), parameters).mappings()]

    def submitted(self, batch_id: int, found: VendorBatch) -> bool:
        """Notes that the vendor has the batch; False where that cannot be so any more."""
        return self._note(batch_id, "submitted", vendor_batch_id=found.batch_id, status=found.status)

    def ended(self, batch_id: int, found: VendorBatch) -> bool:
        """Notes how the batch ended at the vendor."""
        return self._note(
            batch_id, "ended", status=found.status, slug=found.slug, counts=dict(found.counts),
            output_file_id=found.output_file_id, error_file_id=found.error_file_id, error=found.error,
        )  # fmt: skip

    def abandoned(self, batch_id: int, slug: str, error: str) -> bool:
        """Notes that the vendor does not have the batch, and never will."""
        return self._note(batch_id, "abandoned", slug=slug, error=error)

    def collected(self, batch_id: int, counts: Mapping[str, int]) -> bool:
        """Notes that every request of the batch has its outcome."""
        return self._note(batch_id, "collected", counts=dict(counts))

    def _note(self, batch_id: int, event: str, **fields: Any) -> bool:
        parameters = {
            **_NOTHING, "batch_id": batch_id, "event": event, "run_key": self._context.run.key, **fields,
            "counts": dumps(fields.get("counts", {})),
        }  # fmt: skip
        with self._context.ledger.begin() as connection:
            return connection.execute(sql(_SQL, "insert_event"), parameters).scalar() is not None

    def entries(self, batch_id: int) -> dict[str, Entry]:
        """The requests of a batch by their custom ids."""
        parameters = {"batch_id": batch_id}
        with self._context.ledger.begin() as connection:
            prompts = connection.execute(sql(_SQL, "schemas"), parameters)
            schemas = {row.prompt_sha256: row.output_schema for row in prompts}
            rows = connection.execute(sql(_SQL, "entries"), parameters)
            return {
                row.custom_id: Entry(
                    row.custom_id, row.call_id, row.attempt_id, row.ordinal, row.price, row.worst_case_usd,
                    schemas[row.prompt_sha256], row.strikes, row.settled,
                )
                for row in rows
            }  # fmt: skip

    def strays(self, batch_id: int, found: Sequence[tuple[str, str | None, bytes]]) -> None:
        """Keeps lines that were not applied: kind, custom id, line."""
        rows = [
            {"kind": kind, "custom_id": custom_id, "line_sha256": self._context.blobs.put(line), "bytes": len(line)}
            for kind, custom_id, line in found
        ]
        blobs = [{"sha256": r["line_sha256"], "bytes": r["bytes"], "media_type": "application/json"} for r in rows]
        run_key = self._context.run.key
        with self._context.ledger.begin() as connection:
            connection.execute(sql(_CALLS, "insert_blobs"), {"rows": dumps(blobs), "run_key": run_key})
            parameters = {"batch_id": batch_id, "rows": dumps(rows), "run_key": run_key}
            connection.execute(sql(_SQL, "insert_strays"), parameters)

    def known(self, ids: Sequence[str]) -> set[str]:
        """Which of the vendor's batches the ledger has already."""
        with self._context.ledger.begin() as connection:
            return set(connection.execute(sql(_SQL, "known_batches"), {"ids": list(ids)}).scalars())

    @contextmanager
    def hold(self, batch_id: int) -> Iterator[OpenBatch | None]:
        """The batch as it stands, for this process alone; None where another process has it, or it is over."""
        with self._context.ledger.engine.connect() as plain:
            lock = plain.execution_options(isolation_level="AUTOCOMMIT")
            numbers = {"lock": _LOCK, "batch_id": batch_id}
            if not lock.execute(text("SELECT pg_try_advisory_lock(:lock, :batch_id)"), numbers).scalar():
                yield None
                return
            try:
                yield next(iter(self.open(batch_id)), None)
            finally:
                lock.execute(text("SELECT pg_advisory_unlock(:lock, :batch_id)"), numbers)
