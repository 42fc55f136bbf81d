"""arXiv: OAI-PMH pages to records and cursors, and the forms of a paper."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from lxml import etree

from omnisci_etl.context import Context
from omnisci_etl.errors import BadInput, ServiceError
from omnisci_etl.sources import arxiv, discovery, oai, queue
from omnisci_etl.sources.base import ClaimedPaper, Content, Window
from omnisci_etl.sources.cursor import today
from omnisci_etl.sources.http import HttpClient

FEW = hypothesis_settings(max_examples=40, deadline=None)
Rows = Callable[..., list[dict[str, Any]]]
CC_BY = "http://creativecommons.org/licenses/by/4.0/"
ARXIV_RAW = (
    '<record><header{deleted}><identifier>oai:arXiv.org:{id}</identifier><datestamp>{stamp}</datestamp>'
    "<setSpec>cs:cs:CL</setSpec></header>{body}</record>"
)  # fmt: skip
BODY = (
    '<metadata><arXivRaw xmlns="http://arxiv.org/OAI/arXivRaw/"><id>{id}</id><submitter>S</submitter>{versions}'
    "<title>On\n  {id}</title><authors>A. Author (1), B. Other and C. Third</authors><categories>{categories}</categories>"
    "<comments>{comments}</comments><license>{license}</license><abstract>A</abstract></arXivRaw></metadata>"
)
VERSION = '<version version="v{n}"><date>{date}</date><size>1kb</size><source_type>{type}</source_type></version>'


def xml(
    arxiv_id: str, *, stamp: str = "2024-01-10", versions: int = 1, deleted: bool = False, license_uri: str = CC_BY,
    comments: str = "5 pages", source_type: str = "D", categories: str = "cs.CL", day: str = "Mon, 08 Jan 2024",
) -> str:  # fmt: skip
    listed = "".join(
        VERSION.format(
            n=n, date=f"{day} 1{n}:00:00 GMT" if n == 1 else "Tue, 05 Mar 2024 10:00:00 GMT", type=source_type
        )
        for n in range(1, versions + 1)
    )
    body = BODY.format(id=arxiv_id, versions=listed, categories=categories, comments=comments, license=license_uri)
    flag = ' status="deleted"' if deleted else ""
    return ARXIV_RAW.format(deleted=flag, id=arxiv_id, stamp=stamp, body="" if deleted else body)


def envelope(inner: str, answered: str = "2024-06-15T08:00:00Z") -> bytes:
    return (
        '<?xml version="1.0"?><OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">'
        f"<responseDate>{answered}</responseDate><request/>{inner}</OAI-PMH>"
    ).encode()


class FakeOai:
    """Lists records by set and datestamp, so many on a page, with tokens that can be declared stale."""

    def __init__(self, web: Any, size: int = 2) -> None:
        self.web, self.size = web, size
        self.records: dict[str, str] = {}
        self.stamps: dict[str, str] = {}
        self.stale = 0
        self.answered = "2024-06-15T08:00:00Z"
        web.route("/oai", self.answer)

    def add(self, arxiv_id: str, stamp: str = "2024-01-10", **fields: Any) -> None:
        self.records[arxiv_id] = xml(arxiv_id, stamp=stamp, **fields)
        self.stamps[arxiv_id] = stamp

    def answer(self, asked: Any) -> Any:
        query = dict(asked.query)
        start = 0
        if token := query.get("resumptionToken"):
            if self.stale:
                self.stale -= 1
                return self.page('<error code="badResumptionToken">expired</error>')
            start, query["from"] = int(token.split(":")[0]), token.split(":")[1]
        assert query["verb"] == "ListRecords"
        names = [n for n in sorted(self.records) if self.stamps[n] >= query.get("from", "")]
        if not names:
            return self.page('<error code="noRecordsMatch"/>')
        more = start + self.size < len(names)
        token = (
            f"<resumptionToken>{start + self.size}:{query.get('from', '')}</resumptionToken>"
            if more
            else "<resumptionToken/>"
        )
        body = "".join(self.records[n] for n in names[start : start + self.size])
        return self.page(f"<ListRecords>{body}{token}</ListRecords>")

    def page(self, inner: str) -> Any:
        return self.web.Reply(envelope(inner, self.answered))


@pytest.fixture
def listing(web: Any) -> FakeOai:
    return FakeOai(web)


@pytest.fixture
def harvest(context: Context, http: HttpClient) -> Callable[..., Any]:
    return lambda **named: discovery.discover(context, http, "arxiv", **named)


SINCE = Window(date(2024, 1, 1))
PAPERS = "SELECT external_id, version, status, published_on, license_class FROM omnisci.papers ORDER BY 1, 2"
CURSOR = "SELECT set_spec, position FROM omnisci.cursor ORDER BY 1"


def cursor_at(ledger: Any, day: str, context: Context) -> None:
    from omnisci_etl.sources.cursor import write_cursor

    with ledger.begin() as connection:
        write_cursor(connection, context.run.key, "arxiv", {"from": day})


# Pages and records.


def test_a_record_in_full() -> None:
    (record,) = oai.parse_page(envelope(f"<ListRecords>{xml('2401.00001', versions=3)}</ListRecords>")).records
    assert (record.external_id, record.version, record.stamp) == ("2401.00001", 3, "2024-01-10 v3")
    assert (record.title, record.authors) == ("On 2401.00001", ("A. Author", "B. Other", "C. Third"))
    assert (record.published_on, record.license_uri) == (date(2024, 1, 8), CC_BY)
    assert record.evidence == {"arxiv_categories": ("cs.CL",)}
    assert [v["version"] for v in record.facts["versions"]] == [1, 2, 3]


@pytest.mark.parametrize(
    ("comments", "source_type", "status"),
    [
        ("This paper has been withdrawn by the author due to an error in Eq. 3", "D", "withdrawn"),
        ("Withdrawn: see v2", "D", "withdrawn"), ("The article was temporarily withdrawn", "", "withdrawn"),
        ("12 pages. We study money withdrawn from banks", "D", "current"), ("5 pages", "I", "withdrawn"),
        ("supersedes a withdrawn preprint", "D", "current"), ("This submission has been withdrawn", "", "withdrawn"),
    ],
)  # fmt: skip
def test_withdrawals_are_noticed(comments: str, source_type: str, status: str) -> None:
    record = etree.fromstring(xml("2401.00001", comments=comments, source_type=source_type))
    assert oai.parse_record(record).status == status


def test_answers_that_are_none() -> None:
    for data in (
        b"", b"<html><body>Please wait</body></html", b"<html/>", b"{}", b"<OAI-PMH/>",
        b'<!DOCTYPE x [<!ENTITY a "b">]><OAI-PMH>&a;</OAI-PMH>',
        b"<OAI-PMH><ListRecords><record><header><identifier>../../x y</identifier></header></record></ListRecords></OAI-PMH>",
    ):  # fmt: skip
        with pytest.raises(BadInput):
            oai.parse_page(data)
    assert oai.parse_page(b'<error code="idDoesNotExist">unknown</error>').error == ("idDoesNotExist", "unknown")


@FEW
@given(st.text(alphabet=st.characters(exclude_categories=("Cs",)), max_size=60))
def test_any_text_in_a_record_is_read(words: str) -> None:
    body = etree.fromstring(xml("2401.00001"))
    raw = next(body.iter("{*}arXivRaw"))
    for name in ("title", "authors", "comments", "categories", "license"):
        try:
            raw.find(f"{{*}}{name}").text = words
        except ValueError:
            return
    record = oai.parse_record(body)
    assert record.external_id == "2401.00001"
    assert all(record.authors)


@pytest.mark.parametrize(
    ("name", "month"),
    [("2401.00001", (2024, 1)), ("0704.0001", (2007, 4)), ("quant-ph/9802040", (1998, 2)), ("math.GT/0309136", (2003, 9)),
     ("9913.00001", None), ("x", None)],
)  # fmt: skip
def test_ids_tell_their_month(name: str, month: tuple[int, int] | None) -> None:
    found = oai.month_of(name)
    assert (found and (found[0].year, found[0].month)) == month
    assert found is None or found[1] + timedelta(days=1) == (found[0] + timedelta(days=32)).replace(day=1)


# Discovery.


def test_pages_are_followed_and_a_second_pass_changes_nothing(
    harvest: Any, listing: FakeOai, rows: Rows, snapshot: Any
) -> None:
    for n in range(5):
        listing.add(f"2401.0000{n}", versions=1 + n % 2)
    counts = harvest(window=SINCE)
    assert (counts["records"], counts["papers"], counts["queued"]) == (5, 5, 5)
    assert [one.query.get("resumptionToken") for one in listing.web.asked] == [None, "2:2024-01-01", "4:2024-01-01"]
    assert listing.web.asked[0].query == {"verb": "ListRecords", "metadataPrefix": "arXivRaw", "from": "2024-01-01"}
    before = snapshot()
    assert harvest(window=SINCE)["papers"] == 0
    assert snapshot() == before
    assert rows(CURSOR) == [], "a window leaves the cursor alone"


def test_the_first_run_looks_back_two_days_and_the_next_goes_on(
    harvest: Any, listing: FakeOai, rows: Rows, snapshot: Any
) -> None:
    listing.answered = f"{today()}T08:00:00Z"
    day = (today() - timedelta(days=1)).isoformat()
    for n in range(5):
        listing.add(f"2401.0000{n}", stamp=day)
    assert harvest()["papers"] == 5
    back = (today() - timedelta(days=2)).isoformat()
    assert listing.web.asked[0].query["from"] == back
    assert rows(CURSOR) == [{"set_spec": "", "position": {"from": back}}]
    before = snapshot()
    harvest()
    assert snapshot() == before


def test_an_empty_weekend_is_success(harvest: Any, listing: FakeOai, context: Context, ledger: Any, rows: Rows) -> None:
    cursor_at(ledger, "2024-06-01", context)
    assert harvest()["records"] == 0
    assert rows(CURSOR) == [{"set_spec": "", "position": {"from": "2024-06-13"}}]


def test_the_cursor_never_goes_back(harvest: Any, listing: FakeOai, context: Context, ledger: Any, rows: Rows) -> None:
    cursor_at(ledger, "2024-06-14", context)
    harvest()
    assert rows(CURSOR) == [{"set_spec": "", "position": {"from": "2024-06-14"}}]


def test_a_failure_keeps_what_was_stored_and_the_next_run_goes_on(
    harvest: Any, listing: FakeOai, context: Context, ledger: Any, rows: Rows
) -> None:
    cursor_at(ledger, "2024-01-01", context)
    for n in range(6):
        listing.add(f"2401.0000{n}")
    listing.web.fail("resumptionToken=4", *[listing.web.Reply(b"down", 500)] * 4)
    with pytest.raises(ServiceError, match="answers 500"):
        harvest()
    assert len(rows(PAPERS)) == 4
    (stored,) = rows(CURSOR)
    assert stored["position"] == {"from": "2024-01-01", "token": "4:2024-01-01", "response_date": "2024-06-15"}
    listing.web.asked.clear()
    assert harvest()["papers"] == 2
    assert [one.query.get("resumptionToken") for one in listing.web.asked] == ["4:2024-01-01"]
    assert rows(CURSOR)[0]["position"] == {"from": "2024-06-13"}


def test_a_page_and_its_cursor_are_one_transaction(
    harvest: Any, listing: FakeOai, context: Context, ledger: Any, rows: Rows, monkeypatch: pytest.MonkeyPatch
) -> None:
    cursor_at(ledger, "2024-01-01", context)
    for n in range(4):
        listing.add(f"2401.0000{n}")

    def broken(*_: object) -> None:
        raise RuntimeError("killed here")

    monkeypatch.setattr(arxiv, "write_cursor", broken)
    with pytest.raises(RuntimeError):
        harvest()
    assert rows(PAPERS) == []
    assert rows(CURSOR) == [{"set_spec": "", "position": {"from": "2024-01-01"}}]


def test_a_stale_token_begins_the_window_anew(harvest: Any, listing: FakeOai, rows: Rows) -> None:
    for n in range(5):
        listing.add(f"2401.0000{n}")
    listing.stale = 3
    assert harvest(window=SINCE)["papers"] == 5
    assert len(rows(PAPERS)) == 5
    listing.stale = 4
    with pytest.raises(ServiceError, match="badResumptionToken"):
        harvest(window=SINCE)


def test_faults_on_the_way_are_overcome(harvest: Any, listing: FakeOai, web: Any, rows: Rows) -> None:
    for n in range(5):
        listing.add(f"2401.0000{n}")
    busy = web.Reply(b"<html><h1>Retry after 1 seconds</h1></html>", 503, {"Retry-After": "1"})
    web.fail("/oai", busy, web.Reply(do="reset"), web.Reply(b"<html><body>Please wait</body></html"))
    web.fail("resumptionToken=2", web.Reply(b"<OAI-PMH>" * 40, do="truncate"))
    assert harvest(window=SINCE)["papers"] == 5
    assert web.asked[1].at - web.asked[0].at >= 1.0
    slugs = [r["slug"] for r in rows("SELECT slug FROM omnisci.fetch ORDER BY fetch_id")]
    assert slugs == ["http-error", "unreachable", "garbled", None, "unreachable", None, None]


def test_refusals_are_one_clear_line(harvest: Any, web: Any) -> None:
    web.route("/oai", envelope('<error code="badArgument">no such\nset</error>'))
    with pytest.raises(ServiceError, match=r"badArgument: no such set.*OMNISCI_ARXIV_OAI_URL"):
        harvest(window=SINCE)
    web.routes.clear()
    with pytest.raises(ServiceError, match="OMNISCI_ARXIV_OAI_URL"):
        harvest(window=SINCE)


def test_changes_become_rows(harvest: Any, listing: FakeOai, rows: Rows, snapshot: Any) -> None:
    for n in range(4):
        listing.add(f"2401.0000{n}")
    harvest(window=SINCE)
    listing.add("2401.00000", stamp="2024-03-06", versions=2)
    listing.add("2401.00001", stamp="2024-03-06", license_uri="http://arxiv.org/licenses/nonexclusive-distrib/1.0/")
    listing.add("2401.00002", stamp="2024-03-06", deleted=True)
    listing.add("2401.00003", stamp="2024-03-06", versions=2, comments="This paper has been withdrawn")
    harvest(window=SINCE)
    assert [(r["external_id"][-1], r["version"], r["status"], r["license_class"]) for r in rows(PAPERS)] == [
        ("0", 1, "superseded", "cc-by"), ("0", 2, "current", "cc-by"), ("1", 1, "current", "arxiv-nonexclusive"),
        ("2", 1, "withdrawn", "cc-by"), ("3", 1, "withdrawn", "cc-by"), ("3", 2, "withdrawn", "cc-by"),
    ]  # fmt: skip
    assert {r["published_on"] for r in rows(PAPERS)} == {date(2024, 1, 8)}
    before = snapshot()
    harvest(window=SINCE)
    assert snapshot() == before


def test_a_window_is_of_publication_dates(harvest: Any, listing: FakeOai, rows: Rows) -> None:
    listing.add("2401.00001")
    listing.add("2312.00001", day="Fri, 01 Dec 2023")
    listing.add("2401.00002", day="Wed, 31 Jan 2024")
    listing.add("2401.00003", deleted=True)
    listing.add("2311.00003", deleted=True)
    harvest(window=Window(date(2024, 1, 1), date(2024, 1, 30)))
    assert [r["external_id"] for r in rows(PAPERS)] == ["2401.00001", "2401.00003"]


def test_windows_before_the_service_began_ask_for_everything(harvest: Any, listing: FakeOai) -> None:
    harvest(window=Window(date(1991, 1, 1)))
    harvest(window=Window(None, date(2001, 1, 1)))
    assert all("from" not in one.query for one in listing.web.asked)


def test_the_future_is_not_asked_for(harvest: Any, listing: FakeOai) -> None:
    assert harvest(window=Window(today() + timedelta(days=1))) == {}
    assert listing.web.asked == []


def test_a_discipline_is_asked_for_by_its_sets(harvest: Any, listing: FakeOai, rows: Rows) -> None:
    listing.add("2401.00001", stamp=today().isoformat())
    harvest(discipline="statistics")
    sets = [one.query.get("set") for one in listing.web.asked]
    assert sets == list(arxiv.sets_of("statistics"))
    assert [r["set_spec"] for r in rows(CURSOR)] == sorted(sets)
    assert arxiv.sets_of(None) == arxiv.sets_of("unknown") == ("",)


def test_a_limit_stops_early_and_the_next_run_goes_on(
    harvest: Any, listing: FakeOai, context: Context, ledger: Any, rows: Rows
) -> None:
    cursor_at(ledger, "2024-01-01", context)
    for n in range(6):
        listing.add(f"2401.0000{n}")
    harvest(limit=1)
    assert len(rows(PAPERS)) == 2
    harvest(limit=2)
    assert len(listing.web.asked) == 1, "two are due already"
    harvest(limit=3)
    assert len(rows(PAPERS)) == 4
    harvest()
    assert len(rows(PAPERS)) == 6


# Content.

LATEXML = b'<!DOCTYPE html><html><head>{base}</head><body class="ltx_page_main"><img class="ltx_graphics" src="x1.png"></body></html>'
PACKAGE = gzip.compress(b"\\documentclass{article}\\begin{document}x\\end{document}", mtime=0)
PDF = b"%PDF-1.5\n..."
PNG = b"\x89PNG\r\n\x1a\n..."


@pytest.fixture
def fetch(context: Context, http: HttpClient) -> Callable[..., Content]:
    def fetched(arxiv_id: str = "2401.00001", version: int = 2, tries: int = 0, **facts: Any) -> Content:
        claim = ClaimedPaper(1, 1, "arxiv", arxiv_id, version, tries, None, facts, "s")
        return discovery.fetch_content(context, http, claim)

    return fetched


def kinds(content: Content) -> list[str]:
    return [one.kind for one in content.documents]


def test_page_and_package_best_first(fetch: Any, web: Any, context: Context) -> None:
    web.route("/arxiv/html/2401.00001v2", LATEXML)
    web.route("/arxiv/src/2401.00001v2", PACKAGE)
    web.route("/arxiv/html/2401.00001v2/x1.png", PNG)
    content = fetch()
    assert kinds(content) == ["latexml", "eprint"]
    assert [context.blobs.get(one.sha256) for one in content.documents] == [LATEXML, PACKAGE]
    assert content.picture("x1.png") == PNG
    with pytest.raises(BadInput) as caught:
        content.picture("x2.png")
    assert caught.value.slug == "picture-missing"
    assert web.paths("pdf") == []


def test_forms_that_are_missing_are_done_without(fetch: Any, web: Any, rows: Rows) -> None:
    web.route("/arxiv/src/2401.00001v1", PACKAGE)
    assert kinds(fetch(version=1)) == ["eprint"]
    web.route("/arxiv/src/2401.00001v2", PDF)
    assert kinds(fetch(version=2)) == ["pdf"]
    web.route("/arxiv/pdf/2401.00001v3", PDF)
    assert kinds(fetch(version=3)) == ["pdf"]
    web.route("/arxiv/html/2401.00001v4", LATEXML)
    web.route("/arxiv/pdf/2401.00001v4", PDF)
    assert kinds(fetch(version=4)) == ["latexml", "pdf"]
    web.route("/arxiv/src/quant-ph/9802040v1", PACKAGE)
    assert kinds(fetch("quant-ph/9802040", 1)) == ["eprint"]
    assert {r["slug"] for r in rows("SELECT slug FROM omnisci.fetch WHERE status = 404")} == {"not-found"}


def test_nothing_at_all_is_a_withdrawal(fetch: Any, web: Any) -> None:
    content = fetch()
    assert (content.documents, content.outcome, content.status) == ((), "withdrawn", "withdrawn")
    assert web.paths() == ["/arxiv/html/2401.00001v2", "/arxiv/src/2401.00001v2", "/arxiv/pdf/2401.00001v2"]


def test_what_was_fetched_before_is_not_fetched_again(fetch: Any, web: Any) -> None:
    web.route("/arxiv/html/2401.00001v2", LATEXML)
    web.route("/arxiv/src/2401.00001v2", PACKAGE)
    first = fetch()
    asked = len(web.asked)
    assert fetch().documents == first.documents
    assert len(web.asked) == asked


def test_web_pages_in_place_of_content_are_asked_again(fetch: Any, web: Any) -> None:
    web.route("/arxiv/html/2401.00001v2", LATEXML)
    web.route("/arxiv/html/2401.00001v2/x1.png", PNG)
    web.route("/arxiv/src/2401.00001v2", PACKAGE)
    wall = web.Reply(b"<!DOCTYPE html><html><body>Are you human?</body></html>")
    web.fail("v2$", wall, wall)
    web.fail("/src/", wall)
    web.fail("png", wall)
    content = fetch()
    assert kinds(content) == ["latexml", "eprint"]
    assert content.picture("x1.png") == PNG


def test_a_form_that_keeps_failing_is_given_up_where_there_is_another(fetch: Any, web: Any) -> None:
    web.route("/arxiv/html/2401.00001v2", web.Reply(b"broken", 500))
    web.route("/arxiv/src/2401.00001v2", PACKAGE)
    for tries in (0, 1):
        with pytest.raises(ServiceError):
            fetch(tries=tries)
    assert kinds(fetch(tries=2)) == ["eprint"]
    web.route("/arxiv/src/2401.00001v3", web.Reply(b"broken", 500))
    with pytest.raises(ServiceError):
        fetch(version=3, tries=2)


def test_a_paper_submitted_as_html_has_no_latexml_page(fetch: Any, web: Any) -> None:
    web.route("/arxiv/html/cs/9901011v1", b"<html>the paper itself</html>")
    web.route("/arxiv/src/cs/9901011v1", PACKAGE)
    assert kinds(fetch("cs/9901011", 1, versions=[{"version": 1, "source_type": "H"}])) == ["eprint"]
    assert web.paths("html") == []


def test_a_package_over_the_cap_is_an_outcome(fetch: Any, web: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(arxiv._MAX_BYTES, "src", 10)
    web.route("/arxiv/src/2401.00001v2", PACKAGE)
    content = fetch()
    assert (content.documents, content.outcome) == ((), "too-large")
    with pytest.raises(BadInput):
        content.picture("x1.png")


@pytest.mark.parametrize(
    ("base", "name", "urls"),
    [
        ("", "x1.png", ["/html/2401.00001v2/x1.png"]),
        ("", "2401.00001v2/x1.png", ["/html/2401.00001v2/x1.png"]),
        ("", "extracted/7/fig%201.png", ["/html/2401.00001v2/extracted/7/fig%201.png"]),
        ('<base href="/html/2401.00001v2/">', "x1.png", ["/html/2401.00001v2/x1.png"]),
        ("<base href='https://arxiv.org/html/2401.00001v2/'>", "./a/x1.png", ["/html/2401.00001v2/a/x1.png"]),
        ('<base target="_blank" href="/html/other/">', "x1.png", ["/html/other/x1.png", "/html/2401.00001v2/x1.png"]),
        ('<base href="https://evil.example/">', "x1.png", ["/html/2401.00001v2/x1.png"]),
        ("", "https://evil.example/html/x1.png", []), ("", "//evil.example/html/x1.png", []),
        ("", "../../../etc/passwd", []), ("", "data:image/png;base64,AAAA", []), ("", "http://[", []),
        ("", "/html/2401.00001v2/%2e%2e/%2e%2e/x", []), ("", "file:///html/etc/passwd", []),
    ],
)  # fmt: skip
def test_pictures_of_a_page(base: str, name: str, urls: list[str]) -> None:
    page = LATEXML.replace(b"{base}", base.encode())
    found = arxiv.picture_urls("http://127.0.0.1:9/arxiv", "2401.00001", 2, page, name)
    assert found == [f"http://127.0.0.1:9/arxiv{path}" for path in urls]


@FEW
@given(st.text(max_size=80), st.text(max_size=80))
def test_no_picture_leads_elsewhere(base: str, name: str) -> None:
    page = LATEXML.replace(b"{base}", f'<base href="{base}">'.encode("utf-8", "replace"))
    for url in arxiv.picture_urls("https://arxiv.org", "2401.00001", 2, page, name):
        assert url.startswith("https://arxiv.org/html/")
        assert ".." not in url


def test_the_queue_gets_through(context: Context, http: HttpClient, listing: FakeOai, web: Any) -> None:
    listing.add("2401.00001")
    web.route("/arxiv/src/2401.00001v1", PACKAGE)
    discovery.discover(context, http, "arxiv", window=SINCE)
    claim = queue.claim(context, "arxiv", window=SINCE)
    assert claim is not None
    assert kinds(discovery.fetch_content(context, http, claim)) == ["eprint"]


# Recorded answers.


@pytest.mark.realdata
def test_live_arxivraw_records(realdata: Path) -> None:
    found = {}
    for path in sorted((realdata / "arxiv_oai" / "arxivraw_2026_live").glob("*.xml")):
        record = oai.parse_record(etree.parse(path).getroot())
        found[record.external_id] = record
    attention = found["1706.03762"]
    assert (attention.version, attention.published_on, attention.status) == (7, date(2017, 6, 12), "current")
    assert len(attention.authors) == 8
    assert attention.evidence["arxiv_categories"] == ("cs.CL", "cs.LG")
    assert found["2303.15533"].doi == "10.1109/CVPR52729.2023.02343"
    assert '"knowledge gaps"' in (found["2303.15533"].title or "")
    assert found["2609.12825"].license_uri == CC_BY


@pytest.mark.realdata
def test_recorded_pages_of_other_years(realdata: Path) -> None:
    def answers(name: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(
            next((realdata / "arxiv_oai" / "recorded_2018").glob(name)).read_text()
        )
        return found

    busy, listed = answers("oaipmh-listrecords*")
    assert busy["status"] == 503
    with pytest.raises(BadInput):
        oai.parse_page(busy["response"].encode())
    page = oai.parse_page(listed["response"].encode())
    assert (page.response_date, page.error) == (date(2018, 6, 21), None)
    first = page.records[0]
    assert (first.external_id, first.published_on) == ("1412.8544", date(2014, 12, 29))
    assert first.authors == ("Sander Uijlen", "Bas Westerbaan")
    (refused,) = answers("oaipmh-errors-should-reject-malformed*")
    error = oai.parse_page(refused["response"].encode()).error
    assert error is not None
    assert error[0] == "idDoesNotExist"


@pytest.mark.realdata
def test_every_recorded_record_is_read(realdata: Path) -> None:
    count = 0
    for folder in ("hepcrawl_records", "ads_records"):
        for path in sorted((realdata / "arxiv_oai" / folder).glob("*.xml")):
            for element in etree.fromstring(path.read_bytes()).iter("{*}record"):
                record = oai.parse_record(element)
                assert record.title, path
                assert record.published_on, path
                assert record.authors, path
                count += 1
    assert count >= 12
