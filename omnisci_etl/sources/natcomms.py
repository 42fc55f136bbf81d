"""Nature Communications: discovery by Crossref; content from PubMed Central, else the article's page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

from omnisci_etl.config import Settings
from omnisci_etl.context import Context, Counts
from omnisci_etl.errors import BadInput, ServiceError
from omnisci_etl.sources import pmc
from omnisci_etl.sources.base import ClaimedPaper, Content, SourceDocument, Window
from omnisci_etl.sources.crossref import WorksPage, parse_works
from omnisci_etl.sources.cursor import next_from, read_cursor, today, write_cursor
from omnisci_etl.sources.http import HttpClient
from omnisci_etl.sources.limiter import limit_of
from omnisci_etl.sources.records import mark_status, newest_versions, store_records
from omnisci_etl.sources.wire import GONE, ask, fetch_picture, no_picture, parse_json

SOURCE = "natcomms"
ISSN = "2041-1723"
PREFIX = "10.1038/"
_ROWS = 200
_MAX_HTML_BYTES = 64 << 20
# Pictures of older pages stood on these hosts; the media host serves them under the same paths.
_MEDIA_HOSTS = frozenset({"media.springernature.com", "images.nature.com", "media.nature.com"})
_PAGE_HOSTS = frozenset({"www.nature.com", "nature.com"})
_SCALED = re.compile(r"^/(?:lw|w|m|h)\d+(?:h\d+)?/")


def discover(context: Context, http: HttpClient, *, window: Window, enough: Callable[[], bool]) -> Counts:
    """Stores works by index date (in a window: by publication date), until enough() says so after a page.

    The cursor moves when a pass is complete, since Crossref's own cursors are short-lived. Raises ServiceError
    where Crossref fails; the pages before that are stored.
    """
    position = read_cursor(context.ledger, SOURCE) if window.from_cursor else {}
    begun = today()
    counts: Counter[str] = Counter()
    cursor = "*"
    before: WorksPage | None = None
    while not enough():
        page = _page(http, _filters(window, position), cursor)
        if not page.records:
            if window.from_cursor:
                with context.ledger.begin() as connection:
                    write_cursor(connection, context.run.key, SOURCE, {"from": next_from(position, begun)})
            break
        if before is not None and page.records == before.records:
            raise ServiceError(
                "crossref: gives the same page again and again: run the same command again later", "garbled"
            )
        counts.update(_store(context, page, window))
        context.progress.update(counts["records"], None, "Crossref")
        cursor, before = page.cursor or cursor, page
    return dict(counts)


def _filters(window: Window, position: dict[str, Any]) -> str:
    bounds = {
        "from-index-date": position.get("from"), "from-pub-date": window.since, "until-pub-date": window.until,
    }  # fmt: skip
    return ",".join([*(f"{name}:{day}" for name, day in bounds.items() if day), "type:journal-article"])


def _page(http: HttpClient, filters: str, cursor: str) -> WorksPage:
    query = {"filter": filters, "cursor": cursor, "rows": str(_ROWS)}
    if http.settings.contact:
        query["mailto"] = http.settings.contact
    url = f"{http.settings.crossref_url}/journals/{ISSN}/works?{urlencode(query)}"
    page = ask(http, url, parse_works, service="crossref", purpose="discovery")
    if page is None:
        raise ServiceError(
            "crossref: does not know the journal at that address: check OMNISCI_CROSSREF_URL", "http-error"
        )
    return page


def _store(context: Context, page: WorksPage, window: Window) -> Counts:
    records = [record for record in page.records if window.holds(record.published_on)]
    with context.ledger.begin() as connection:
        counts = store_records(connection, context.run.key, SOURCE, records)
        known = newest_versions(connection, SOURCE, list(page.retracted))
        for doi, (version_id, _, _) in known.items():
            notice = page.retracted[doi]
            counts["states"] += mark_status(connection, context.run.key, [version_id], "retracted", stated_by=notice)
    return counts


def fetch_content(http: HttpClient, claim: ClaimedPaper) -> Content:
    """The JATS of PubMed Central with its pictures, else the article's page. Raises ServiceError."""
    doi = (claim.doi or claim.external_id).lower()
    pmcid = pmc.pmcids(http, [doi]).get(doi)
    article = pmc.newest_article(http, pmcid) if pmcid else None
    if article is not None and (xml := pmc.fetch_xml(http, article)) is not None:
        return Content(
            (xml,),
            lambda name: pmc.fetch_media(http, article, name),
            version=article.version,
            status="retracted" if article.retracted else None,
            license_uri=article.license_uri,
        )
    page = _article_page(http, doi)
    if page is None:
        return Content((), no_picture, outcome="no-full-text")
    return Content((page,), lambda name: _picture(http, name))


def _article_page(http: HttpClient, doi: str) -> SourceDocument | None:
    if not doi.startswith(PREFIX):
        return None
    name = doi.removeprefix(PREFIX)

    def is_article(data: bytes) -> None:
        if name.encode() not in data.lower():
            raise BadInput("garbled", "a page that does not name the article")

    response = http.get(
        f"{http.settings.nature_url}/articles/{quote(name, safe='')}", service="nature", purpose="document",
        limit=limit_of(http.settings, "nature"), max_bytes=_MAX_HTML_BYTES, accept_statuses=GONE, check=is_article,
    )  # fmt: skip
    if response.status in GONE or response.sha256 is None:
        return None
    return SourceDocument("nature-html", response.data, response.sha256)


def _picture(http: HttpClient, name: str) -> bytes:
    for url in picture_urls(http.settings, name):
        data = fetch_picture(http, url, service="nature")
        if data is not None:
            return data
    return no_picture(name)


def picture_urls(settings: Settings, name: str) -> list[str]:
    """Where a picture of an article's page is: full size first. Only the path of the name is used."""
    try:
        parts = urlsplit(urljoin("https://www.nature.com/", name.strip()))
    except ValueError:
        return []
    path = quote(parts.path, safe="/%:@,;=+&~._-!$'()*")
    if ".." in path:
        return []
    if parts.hostname in _MEDIA_HOSTS:
        full = _SCALED.sub("/full/", path)
        return list(dict.fromkeys(f"{settings.nature_media_url}{one}" for one in (full, path)))
    return [f"{settings.nature_url}{path}"] if parts.hostname in _PAGE_HOSTS else []


def openalex_fields(http: HttpClient, doi: str) -> tuple[str, ...]:
    """The fields that OpenAlex gives a work, the primary one first; () where it knows none. Raises ServiceError."""
    url = f"{http.settings.openalex_url}/works/doi:{quote(doi, safe='/')}"
    return ask(http, url, parse_fields, service="openalex", reuse=True) or ()


def parse_fields(data: bytes) -> tuple[str, ...]:
    """Names of subfields, fields and domains of a work's topics; of records older than topics the root concepts."""
    work = parse_json(data)
    topics = [topic for topic in (work.get("primary_topic"), *(work.get("topics") or ())) if isinstance(topic, dict)]
    levels = (topic.get(level) for level in ("subfield", "field", "domain") for topic in topics)
    names = [level.get("display_name") for level in levels if isinstance(level, dict)]
    if not names:
        concepts = [c for c in work.get("concepts") or () if isinstance(c, dict) and c.get("level") == 0]
        names = [c.get("display_name") for c in concepts] or [topic.get("display_name") for topic in topics]
    return tuple(dict.fromkeys(name for name in names if isinstance(name, str) and name))
