"""Papers that other versions of the extractors read: which they are, and what became of reading them again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from omnisci_etl.context import Context
from omnisci_etl.ledger.database import dumps, sql
from omnisci_etl.papers import registry
from omnisci_etl.papers.reading import Reading
from omnisci_etl.sources import queue
from omnisci_etl.sources.base import Window

_SQL = "omnisci_etl.papers.sql"


@dataclass(frozen=True, slots=True)
class Standing:
    """The extraction of a paper version that holds; extractor is None where its document could not be read."""

    extraction_id: int
    extractor: str | None
    extractor_version: str | None
    document_sha256: str | None

    def is_of_another_version_than(self, reading: Reading) -> bool:
        """Whether a reading is of the same document, by another version of the same extractor."""
        document, source = reading.document, reading.source
        return (
            document is not None
            and source is not None
            and (self.extractor, self.document_sha256) == (document.extractor, source.sha256)
            and self.extractor_version != document.extractor_version
        )

    def is_left_by(self, reading: Reading) -> bool:
        """Whether present versions read a document that other ones read, or could not, and nothing new came of it."""
        if reading.source is None or self.document_sha256 is None:
            return False
        return reading.document is None or self.is_of_another_version_than(reading)


def standing(connection: Connection, paper_version_id: int) -> Standing | None:
    """The extraction that holds; None for a version that was never read."""
    row = connection.execute(sql(_SQL, "standing"), {"paper_version_id": paper_version_id}).one_or_none()
    return None if row is None else Standing(*row)


def says_the_same(connection: Connection, standing: Standing, reading: Reading, extraction_id: int) -> bool:
    """Whether another version read the same document and, as its extraction was stored, found the same in it."""
    if not standing.is_of_another_version_than(reading):
        return False
    parameters = {"standing": standing.extraction_id, "read": extraction_id}
    return bool(connection.execute(sql(_SQL, "says_the_same"), parameters).scalar_one())


def confirm(connection: Connection, context: Context, standing: Standing) -> None:
    """Writes that the present extractors leave an extraction as it stands."""
    parameters = {"extraction_id": standing.extraction_id, "extractors": _extractors(), "run_key": context.run.key}
    connection.execute(sql(_SQL, "insert_rereading"), parameters)


def make_due(context: Context, source: str, *, discipline: str | None, window: Window, limit: int | None) -> list[int]:
    """Puts the papers of a source into the queue that other versions of their extractors read; their paper ids.

    A window without dates holds all of them, the cursor plays no part.
    """
    wanted = {
        "source": source, "discipline": discipline, "limit": limit, "extractors": _extractors(),
        "anytime": window.from_cursor, "since": window.since or date.min, "until": window.until or date.max,
    }  # fmt: skip
    with context.ledger.begin() as connection:
        paper_ids = list(connection.execute(sql(_SQL, "outdated"), wanted).scalars())
        queue.again(connection, paper_ids)
    return paper_ids


def _extractors() -> str:
    return dumps(registry.versions())
