"""Disciplines of papers whose own source names none, before their content is fetched."""

from __future__ import annotations

from omnisci_etl.context import Context
from omnisci_etl.ledger.database import sql
from omnisci_etl.papers.store import assign_disciplines
from omnisci_etl.sources import discovery
from omnisci_etl.sources.base import Window
from omnisci_etl.sources.http import HttpClient


def fields_once(context: Context, http: HttpClient, paper_id: int, doi: str) -> tuple[str, ...]:
    """Fields that OpenAlex gives a paper; () where it has a discipline or was asked before. Raises ServiceError."""
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
