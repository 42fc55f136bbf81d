"""arXiv: discovery by OAI-PMH, one cursor a set; content as LaTeXML page, source package and PDF."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import quote, unquote, urlencode, urljoin, urlsplit

from omnisci_etl.context import Context, Counts
from omnisci_etl.errors import BadInput, ServiceError
from omnisci_etl.papers import archive, disciplines
from omnisci_etl.sources import oai
from omnisci_etl.sources.base import ClaimedPaper, Content, DocumentKind, Record, SourceDocument, Window
from omnisci_etl.sources.cursor import next_from, read_cursor, today, write_cursor
from omnisci_etl.sources.http import Check, HttpClient
from omnisci_etl.sources.limiter import limit_of
from omnisci_etl.sources.records import DELETED, has_changed, newest_versions, store_records
from omnisci_etl.sources.wire import GONE, ask, fetch_picture, no_picture

SOURCE = "arxiv"
# No record was changed before this day, so that a window that begins earlier needs no "from".
EARLIEST = date(2005, 9, 16)
MAX_RESTARTS = 3
# A form of a paper that failed in as many runs is given up where there is another.
PATIENCE = 2
_MAX_BYTES: dict[str, int] = {"html": 64 << 20, "src": 256 << 20, "pdf": 256 << 20}
_HOSTS = frozenset({"arxiv.org", "www.arxiv.org", "browse.arxiv.org"})
_BASE = re.compile(rb"<base\b[^>]{0,200}?\bhref\s*=\s*[\"']?([^\"'\s>]{1,500})", re.IGNORECASE)


def discover(
    context: Context, http: HttpClient, *, discipline: str | None, window: Window, enough: Callable[[], bool]
) -> Counts:
    """Stores what is new of each set that the discipline needs, until enough() says so after a page.

    Raises ServiceError where the server fails; the pages before that are stored.
    """
    counts: Counter[str] = Counter()
    for set_spec in sets_of(discipline):
        counts.update(_Harvest(context, http, set_spec, window).run(enough))
    return dict(counts)


def sets_of(discipline: str | None) -> tuple[str, ...]:
    """OAI-PMH sets that hold a discipline; ("",) is everything, () nothing."""
    if discipline is None or discipline == disciplines.UNKNOWN:
        return ("",)
    return disciplines.load().arxiv_sets(discipline)


class _Harvest:
    """One pass over one set."""

    def __init__(self, context: Context, http: HttpClient, set_spec: str, window: Window) -> None:
        self._context, self._http, self._set, self._window = context, http, set_spec, window
        self._position: dict[str, Any]
        if window.from_cursor:
            self._position = read_cursor(context.ledger, SOURCE, set_spec)
        else:
            since = window.since
            self._position = {"from": since.isoformat() if since and since > EARLIEST else ""}

    def run(self, enough: Callable[[], bool]) -> Counts:
        counts: Counter[str] = Counter()
        token = self._position.get("token")
        restarts = 0
        while not enough():
            page = self._page(token)
            if page.error and page.error[0] == "badResumptionToken" and token and restarts < MAX_RESTARTS:
                token, restarts = None, restarts + 1
                continue
            self._refuse(page)
            if token is None:
                self._position["response_date"] = (page.response_date or today()).isoformat()
            token = page.token
            counts.update(self._store(page))
            note = f"arXiv {self._set}".strip()
            self._context.progress.update(counts["records"], None, note)
            if token is None:
                break
        return dict(counts)

    def _page(self, token: str | None) -> oai.Page:
        if token:
            query = {"verb": "ListRecords", "resumptionToken": token}
        else:
            wanted = {"from": self._position["from"], "set": self._set}
            query = {"verb": "ListRecords", "metadataPrefix": "arXivRaw"} | {k: v for k, v in wanted.items() if v}
        url = f"{self._http.settings.arxiv_oai_url}?{urlencode(query)}"
        page = ask(self._http, url, oai.parse_page, service=SOURCE, purpose="discovery")
        if page is None:
            raise ServiceError("arxiv: no OAI-PMH server at that address: check OMNISCI_ARXIV_OAI_URL", "http-error")
        return page

    def _refuse(self, page: oai.Page) -> None:
        if page.error and page.error[0] != "noRecordsMatch":
            code, text = page.error
            raise ServiceError(
                f"arxiv: the OAI-PMH server refuses ({code}: {text[:200]}): "
                "check OMNISCI_ARXIV_OAI_URL, or run the same command again later",
                "http-error",
            )

    def _store(self, page: oai.Page) -> Counts:
        """Stores a page and, in the same transaction, how far it leads.

        Inside a pass the token is kept only where the page held anything new: a pass over known records leaves no
        trace, and one that is cut short begins with them again.
        """
        with self._context.ledger.begin() as connection:
            records = page.records
            if not self._window.from_cursor:
                deleted = [r.external_id for r in records if DELETED in r.facts]
                known = newest_versions(connection, SOURCE, deleted).keys()
                records = tuple(r for r in records if r.external_id in known or _in_window(r, self._window))
            counts = store_records(connection, self._context.run.key, SOURCE, records)
            if self._window.from_cursor and (position := self._reached(page, has_changed(counts))):
                write_cursor(connection, self._context.run.key, SOURCE, position, self._set)
        return counts

    def _reached(self, page: oai.Page, changed: bool) -> dict[str, Any] | None:
        if page.token is None:
            reached = date.fromisoformat(self._position.get("response_date") or today().isoformat())
            return {"from": next_from(self._position, reached)}
        return self._position | {"token": page.token} if changed else None


def _in_window(record: Record, window: Window) -> bool:
    """By publication date; a deleted record has none, and is judged by the month that its id names."""
    if DELETED not in record.facts:
        return window.holds(record.published_on)
    month = oai.month_of(record.external_id)
    return month is not None and (window.since or month[0]) <= month[1] and month[0] <= (window.until or month[1])


def fetch_content(http: HttpClient, claim: ClaimedPaper) -> Content:
    """The page, package or PDF of a paper version; where arXiv has none of them the version is withdrawn.

    Raises ServiceError where the server fails. A form that failed in two runs before is done without, where there
    is another.
    """
    forms = _Forms(http, claim)
    documents = [one for one in (forms.page(), forms.package()) if one is not None]
    if not any(one.kind in ("eprint", "pdf") for one in documents) and (pdf := forms.pdf()):
        documents.append(pdf)
    if not documents:
        if forms.failure is not None:
            raise forms.failure
        return Content((), no_picture, outcome="withdrawn", status="withdrawn")
    page = documents[0].data if documents[0].kind == "latexml" else b""
    return Content(tuple(documents), lambda name: _picture(http, claim, page, name))


class _Forms:
    """The forms in which arXiv serves one paper version; failure is the last one that was done without."""

    def __init__(self, http: HttpClient, claim: ClaimedPaper) -> None:
        self._http, self._claim = http, claim
        self._name = f"{quote(claim.external_id)}v{claim.version}"
        self.failure: ServiceError | None = None

    def page(self) -> SourceDocument | None:
        """The LaTeXML page. Papers that were submitted as HTML have pages of their own under the same address."""
        if "H" in self._source_type():
            return None
        return self._form("html", _is_latexml, lambda _: "latexml")

    def package(self) -> SourceDocument | None:
        """The source as submitted: an archive, a single file, or for papers without TeX the PDF itself."""
        return self._form("src", _is_package, lambda data: "pdf" if archive.sniff(data) == "pdf" else "eprint")

    def pdf(self) -> SourceDocument | None:
        """The PDF."""
        return self._form("pdf", _is_pdf, lambda _: "pdf")

    def _form(self, form: str, check: Check, kind: Callable[[bytes], DocumentKind]) -> SourceDocument | None:
        try:
            response = self._http.get(
                f"{self._http.settings.arxiv_url}/{form}/{self._name}",
                service=SOURCE,
                purpose="document",
                limit=limit_of(self._http.settings, SOURCE),
                max_bytes=_MAX_BYTES[form],
                accept_statuses=GONE,
                check=check,
                reuse=True,
            )
        except ServiceError as error:
            if self._claim.tries < PATIENCE:
                raise
            self.failure = error
            return None
        if response.status in GONE or response.sha256 is None:
            return None
        return SourceDocument(kind(response.data), response.data, response.sha256)

    def _source_type(self) -> str:
        versions = self._claim.facts.get("versions") or []
        return next((str(v.get("source_type", "")) for v in versions if v.get("version") == self._claim.version), "")


def _is_latexml(data: bytes) -> None:
    if b"ltx_" not in data:
        raise BadInput("garbled", "not a LaTeXML page")


def _is_package(data: bytes) -> None:
    if not data or archive.sniff(data) == "html":
        raise BadInput("garbled", "a web page instead of a source package")


def _is_pdf(data: bytes) -> None:
    if archive.sniff(data) != "pdf":
        raise BadInput("garbled", "not a PDF")


def _picture(http: HttpClient, claim: ClaimedPaper, page: bytes, name: str) -> bytes:
    """A picture of the page, by the name that the page gives it."""
    for url in picture_urls(http.settings.arxiv_url, claim.external_id, claim.version, page, name):
        data = fetch_picture(http, url, service=SOURCE)
        if data is not None:
            return data
    return no_picture(name)


def picture_urls(arxiv_url: str, external_id: str, version: int, page: bytes, name: str) -> list[str]:
    """Where a picture of a LaTeXML page can be: as the page's base says, else in the folder of the page's name."""
    home = f"https://arxiv.org/html/{quote(external_id)}v{version}"
    base = _BASE.search(page[:65536])
    try:
        bases = [urljoin(home, base[1].decode("utf-8", "replace"))] if base else []
        bases.append(home if name.startswith(f"{home.rpartition('/')[2]}/") else f"{home}/")
        candidates = [urlsplit(urljoin(one, name)) for one in bases]
    except ValueError:
        return []
    own = urlsplit(arxiv_url).hostname
    urls = []
    for one in candidates:
        _, found_html, rest = unquote(one.path).partition("/html/")
        if found_html and one.hostname in _HOSTS | {own} and ".." not in rest:
            urls.append(f"{arxiv_url}/html/{quote(rest)}")
    return list(dict.fromkeys(urls))
