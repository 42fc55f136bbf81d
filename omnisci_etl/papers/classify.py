"""Disciplines of papers whose own source names none, and of papers that an older taxonomy classified."""

from __future__ import annotations

from omnisci_etl.context import Context
from omnisci_etl.ledger.database import sql
from omnisci_etl.papers import disciplines
from omnisci_etl.papers.store import assign_disciplines
from omnisci_etl.sources import discovery
from omnisci_etl.sources.base import Window
from omnisci_etl.sources.http import HttpClient

_BATCH = 500
_ARGUMENTS = {
    "arxiv-category": "arxiv_categories", "publisher-code": "codes", "subject": "subjects",
    "openalex-field": "openalex_fields",
}  # fmt: skip


def fields_once(context: Context, http: HttpClient, paper_id: int, doi: str) -> tuple[str, ...]:
    """Fields that OpenAlex gives a paper; () where the paper has a discipline or OpenAlex knows none.

    An answer that was fetched before serves again. Raises ServiceError.
    """
    parameters = {"paper_id": paper_id, "doi": doi, "openalex": _works_url(context)}
    with context.ledger.read() as connection:
        wanted = connection.execute(sql("omnisci_etl.papers.sql", "openalex_wanted"), parameters).scalar_one()
    return discovery.openalex_fields(context, http, doi) if wanted else ()


def _works_url(context: Context) -> str:
    return f"{context.settings.openalex_url}/works/doi:"


def classify_due(context: Context, http: HttpClient, source: str, window: Window) -> int:
    """Asks OpenAlex once about each due paper without a discipline; the number asked about. Raises ServiceError."""
    parameters = {
        "source": source,
        "since": window.since,
        "until": window.until,
        "openalex": _works_url(context),
    }
    with context.ledger.read() as connection:
        rows = connection.execute(sql("omnisci_etl.papers.sql", "due_unclassified"), parameters).all()
    for number, (paper_id, doi) in enumerate(rows, 1):
        fields = discovery.openalex_fields(context, http, doi)
        with context.ledger.begin() as connection:
            assign_disciplines(connection, context, paper_id, {"openalex_fields": fields})
        context.progress.update(number, len(rows), "classified")
    return len(rows)


def reclassify(context: Context) -> int:
    """Gives papers classified under an older taxonomy rows under this one, from the stored evidence; their number.

    The rows under older versions stay. What the older taxonomy did not know of a paper's evidence was not stored
    with it, arXiv's categories apart, and comes when the paper is read again.
    """
    version = disciplines.load().version
    with context.ledger.read() as connection:
        rows = connection.execute(sql("omnisci_etl.papers.sql", "reclassifiable"), {"taxonomy_version": version}).all()
    for start in range(0, len(rows), _BATCH):
        with context.ledger.begin() as connection:
            for paper_id, categories, found in rows[start : start + _BATCH]:
                evidence: dict[str, list[str]] = {"arxiv_categories": list(categories or ())}
                for kind, value in found:
                    evidence.setdefault(_ARGUMENTS[kind], []).append(value)
                unique = {name: tuple(dict.fromkeys(values)) for name, values in evidence.items()}
                assign_disciplines(connection, context, paper_id, unique)
        context.progress.update(min(start + _BATCH, len(rows)), len(rows), "classified")
    return len(rows)
