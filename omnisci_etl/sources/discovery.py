"""The three sources behind one face: what is new, and what a paper consists of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from omnisci_etl.config import Settings
from omnisci_etl.context import Context, Counts
from omnisci_etl.errors import BadInput, OmnisciError
from omnisci_etl.papers.xml import parse_xml
from omnisci_etl.sources import arxiv, crossref, folder, natcomms, pmc, queue
from omnisci_etl.sources.base import ClaimedPaper, Content, Window
from omnisci_etl.sources.cursor import today
from omnisci_etl.sources.http import HttpClient
from omnisci_etl.sources.wire import ask, no_picture, parse_json


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
    if window.since is not None and window.since > today():
        return {}

    def enough() -> bool:
        if limit is None:
            return False
        due = queue.remaining(context, source, discipline=discipline, window=window, at_most=limit)
        return due >= limit

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


def check_sources(context: Context) -> list[tuple[str, str | None]]:
    """Asks each service for something small: its name, and what is wrong with it or None."""
    found: list[tuple[str, str | None]] = []
    with HttpClient(context, tries=1) as http:
        for service, (url, parse) in _probes(context.settings).items():
            try:
                ask(http, url, parse, service=service, purpose="check")
                found.append((service, None))
            except OmnisciError as error:
                found.append((service, str(error)))
    if context.settings.folder_path is not None:
        known = context.settings.folder_path.expanduser().is_dir()
        found.append(
            (folder.SOURCE, None if known else f"OMNISCI_FOLDER_PATH: {context.settings.folder_path} is no folder")
        )
    return found


def _probes(settings: Settings) -> dict[str, tuple[str, Callable[[bytes], object]]]:
    works = urlencode({"filter": "type:journal-article", "rows": "1"})
    search = urlencode({"query": f'DOI:"{natcomms.PREFIX}ncomms1"', "format": "json", "pageSize": "1"})
    keys = urlencode({"list-type": "2", "prefix": "PMC1.", "delimiter": "/", "max-keys": "1"})
    return {
        "arxiv": (f"{settings.arxiv_oai_url}?verb=Identify", parse_xml),
        "crossref": (f"{settings.crossref_url}/journals/{natcomms.ISSN}/works?{works}", crossref.parse_works),
        "europepmc": (f"{settings.europepmc_url}/search?{search}", pmc.parse_search),
        "pmc": (f"{settings.pmc_url}/?{keys}", pmc.parse_list),
        "nature": (f"{settings.nature_url}/ncomms.rss", lambda _: None),
        "openalex": (f"{settings.openalex_url}/works/doi:{natcomms.PREFIX}ncomms1", parse_json),
    }
