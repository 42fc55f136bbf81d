"""Integrity of ledger and blobs: every hash is computed again, every count added up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from omnisci_etl.config import Settings
from omnisci_etl.context import Progress
from omnisci_etl.hashing import sha256_hex
from omnisci_etl.ledger.blobs import BlobMissing, BlobStore
from omnisci_etl.ledger.database import Ledger, sql

_SQL = "omnisci_etl.ledger.sql"
# Each statement returns one text column: a fault a row.
_INVARIANTS = ("faults_in_counts", "faults_in_calls", "faults_in_exports", "faults_in_triggers")


@dataclass
class Report:
    """What was checked, and the faults as lines."""

    checked: dict[str, int] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For --json."""
        return {"checked": self.checked, "faults": self.faults}


def verify(settings: Settings, progress: Progress) -> Report:
    """Reads every blob and caption; nothing is written."""
    ledger = Ledger.open(settings)
    report = Report()
    try:
        with ledger.read(timeout_s=3600) as connection:
            _blobs(connection, BlobStore(settings.blob_url), report, progress)
            _captions(connection, report)
            for name in _INVARIANTS:
                faults = list(connection.execute(sql(_SQL, name)).scalars())
                report.checked[name.removeprefix("faults_in_")] = 1
                report.faults.extend(faults)
    finally:
        ledger.close()
    return report


def _blobs(connection: Connection, store: BlobStore, report: Report, progress: Progress) -> None:
    rows = connection.execute(text("SELECT sha256, bytes FROM blob ORDER BY sha256")).all()
    for number, (sha256, size) in enumerate(rows, 1):
        try:
            if len(store.get(sha256)) != size:
                report.faults.append(f"blob {sha256}: not {size} bytes long")
        except BlobMissing as error:
            report.faults.append(str(error))
        progress.update(number, len(rows), "blobs")
    report.checked["blobs"] = len(rows)
    known = {row[0] for row in rows}
    report.checked["blobs without a row (left by a killed run, harmless)"] = sum(
        one not in known for one in store.hashes()
    )


def _captions(connection: Connection, report: Report) -> None:
    count = 0
    for caption_id, body, expected in _stream(connection, "SELECT caption_id, body, body_sha256 FROM caption"):
        count += 1
        if sha256_hex(body) != expected:
            report.faults.append(f"caption {caption_id}: its text does not have the hash that was stored with it")
    report.checked["captions"] = count


def _stream(connection: Connection, statement: str) -> Iterator[Any]:
    with connection.execution_options(yield_per=1000).execute(text(statement)) as result:
        yield from result
