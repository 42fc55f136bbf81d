"""The three sources behind one face: what is new, and what a paper consists of."""

from __future__ import annotations

from pathlib import Path

from omnisci_etl.context import Context, Counts
from omnisci_etl.errors import BadInput
from omnisci_etl.sources import arxiv, folder, natcomms, queue
from omnisci_etl.sources.base import ClaimedPaper, Content, Window
from omnisci_etl.sources.http import HttpClient
from omnisci_etl.sources.wire import no_picture


def discover(
    context: Context,
    http: HttpClient,
    source: str,
    *,
    discipline: str | None = None,
    window: Window = Window(),  # noqa: B008 - frozen
    path: Path | None = None,
    limit: int | None = None,
) -> Counts:
    """Stores what the source has that is new or changed; counts as of store_records.

    With a limit it stops as soon as so many papers are due (a folder is always read whole), and leaves the cursor
    where the next run goes on. Raises ServiceError where the source fails, with all pages before that stored, and
    ConfigError for a folder that is not there.
    """
    if source == folder.SOURCE:
        return folder.discover(context, path=path, window=window)

    def enough() -> bool:
        return limit is not None and queue.remaining(context, source, discipline=discipline, window=window) >= limit

    if source == arxiv.SOURCE:
        return arxiv.discover(context, http, discipline=discipline, window=window, enough=enough)
    return natcomms.discover(context, http, window=window, enough=enough)


def fetch_content(context: Context, http: HttpClient, claim: ClaimedPaper) -> Content:
    """Documents of a claimed paper, best first, or the slug that says why there is none.

    Raises ServiceError where a server fails; content that breaks a cap is an outcome.
    """
    try:
        if claim.source == folder.SOURCE:
            return folder.fetch_content(context, claim)
        if claim.source == arxiv.SOURCE:
            return arxiv.fetch_content(http, claim)
        return natcomms.fetch_content(http, claim)
    except BadInput as error:
        return Content((), no_picture, outcome=error.slug, sidecar={"error": str(error)[:500]})


def openalex_fields(context: Context, http: HttpClient, doi: str) -> tuple[str, ...]:
    """Names of fields that OpenAlex gives a work, the primary one first. Raises ServiceError."""
    try:
        return natcomms.openalex_fields(http, doi)
    except BadInput:
        return ()
