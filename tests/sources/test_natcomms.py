"""Nature Communications: Crossref pages to records, and content from the bucket or the article's page."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from omnisci_etl.config import Settings
from omnisci_etl.context import Context
from omnisci_etl.errors import BadInput, ServiceError
from omnisci_etl.papers.classify import fields_once
from omnisci_etl.sources import crossref, discovery, natcomms, pmc, queue
from omnisci_etl.sources.base import ClaimedPaper, Content, Window
from omnisci_etl.sources.cursor import today, write_cursor
from omnisci_etl.sources.http import HttpClient
from omnisci_etl.sources.wire import is_web_page, parse_json

FEW = hypothesis_settings(max_examples=40, deadline=None)
Rows = Callable[..., list[dict[str, Any]]]
CC_BY = "http://creativecommons.org/licenses/by/4.0/"
DOI = "10.1038/s41467-024-00001-x"
WINDOW = Window(date(2024, 1, 1), date(2024, 12, 31))
PAPERS = "SELECT external_id, version, status, published_on, license_class, title FROM omnisci.papers ORDER BY 1, 2"
CURSOR = "SELECT position FROM omnisci.cursor"


def work(doi: str = DOI, indexed: str = "2024-03-02T10:00:00Z", **changes: Any) -> dict[str, Any]:
    return {
        "DOI": doi.upper(), "type": "journal-article", "title": ["On <i>E. coli</i> &amp; H<sub>2</sub>O"],
        "author": [{"given": "Ada", "family": "Ünal"}, {"name": "The Consortium"}, {}],
        "published-online": {"date-parts": [[2024, 3, 1]]}, "published-print": {"date-parts": [[2024]]},
        "indexed": {"date-time": indexed, "timestamp": 1}, "is-referenced-by-count": 3,
        "license": [{"URL": "http://www.springer.com/tdm", "content-version": "tdm"}, {"URL": CC_BY, "content-version": "vor"}],
        "relation": {"has-preprint": [{"id-type": "doi", "id": "10.1101/2023.01.01"}]},
    } | changes  # fmt: skip


class FakeCrossref:
    """Lists works by cursor, so many on a page, until an empty page."""

    def __init__(self, web: Any, size: int = 2) -> None:
        self.web, self.size = web, size
        self.works: list[dict[str, Any]] = []
        web.route("/crossref/journals/2041-1723/works", self.answer)

    def answer(self, asked: Any) -> Any:
        cursor = asked.query["cursor"]
        start = 0 if cursor == "*" else int(base64.b64decode(cursor))
        items = self.works[start : start + self.size]
        message = {"items": items, "next-cursor": base64.b64encode(str(start + len(items)).encode()).decode()}
        return self.web.Reply(json.dumps({"status": "ok", "message": message}).encode())


@pytest.fixture
def journal(web: Any) -> FakeCrossref:
    return FakeCrossref(web)


@pytest.fixture
def harvest(context: Context, http: HttpClient) -> Callable[..., Any]:
    return lambda **named: discovery.discover(context, http, "natcomms", **named)


# Crossref.


def test_a_work_in_full() -> None:
    record = crossref.parse_work(work())
    assert (record.external_id, record.doi, record.version) == (DOI, DOI, None)
    assert (record.title, record.authors) == ("On E. coli & H2O", ("Ada Ünal", "The Consortium"))
    assert (record.published_on, record.license_uri, record.status) == (date(2024, 3, 1), CC_BY, "current")
    assert record.facts == {"relation": {"has-preprint": ["10.1101/2023.01.01"]}}
    assert record.stamp == "2024-03-02T10:00:00Z"


def test_citations_change_no_state() -> None:
    cited = crossref.parse_work(work(indexed="2024-05-02T10:00:00Z", **{"is-referenced-by-count": 90}))
    record = crossref.parse_work(work())
    assert (cited.facts, cited.title, cited.stamp == record.stamp) == (record.facts, record.title, False)


@pytest.mark.parametrize(
    ("dates", "day"),
    [
        ({}, date(2024, 3, 1)), ({"published-online": None}, date(2024, 1, 1)),
        ({"published-online": {"date-parts": [[2024, 5]]}}, date(2024, 5, 1)),
        ({"published-online": {"date-parts": [[None]]}, "published-print": {}}, None),
        ({"published-online": {"date-parts": [[2024, 13, 1]]}, "published-print": "x"}, None),
        ({"published-online": {"date-parts": [["2024"]]}, "created": {"date-parts": [[2023, 12, 31]]}, "published-print": 0},
         date(2023, 12, 31)),
    ],
)  # fmt: skip
def test_dates_may_be_partial(dates: dict[str, Any], day: date | None) -> None:
    assert crossref.parse_work(work(**dates)).published_on == day


@pytest.mark.parametrize(
    ("licenses", "uri"),
    [
        ([], None), ([{"URL": "http://www.springer.com/tdm", "content-version": "tdm"}], None),
        ([{"URL": CC_BY, "content-version": "tdm"}], CC_BY),
        ([{"URL": "u", "content-version": "unspecified"}, {"URL": "v", "content-version": "vor"}], "v"),
        ([{"URL": "u", "content-version": "unspecified"}], "u"), ("none", None), ([None, {"URL": 3}], None),
    ],
)  # fmt: skip
def test_the_licence_is_that_of_the_version_of_record(licenses: Any, uri: str | None) -> None:
    assert crossref.parse_work(work(license=licenses)).license_uri == uri


def test_retractions_are_of_the_article_not_of_the_notice() -> None:
    note = {"DOI": "10.1038/s41467-024-9", "type": "retraction", "updated": {"timestamp": 5}}
    assert crossref.parse_work(work(**{"updated-by": [note]})).status == "retracted"
    assert crossref.parse_work(work(**{"updated-by": [note | {"type": "correction"}]})).status == "current"
    notice = work("10.1038/s41467-024-9", **{"update-to": [note | {"DOI": DOI.upper()}]})
    page = crossref.parse_works(json.dumps({"message": {"items": [notice]}}).encode())
    assert page.records[0].status == "current"
    assert page.retracted == {DOI: "10.1038/s41467-024-9"}


def test_answers_that_are_none() -> None:
    for data in (b"", b"<html/>", b"[]", b"{}", b'{"message": []}', b'{"message": {"items": {}}}', b"[" * 100_000):
        with pytest.raises(BadInput):
            crossref.parse_works(data)
    assert crossref.parse_works(b'{"message": {"items": [null, {}, {"DOI": ""}]}}').records == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@FEW
@given(st.dictionaries(st.sampled_from(sorted(work())), JSON))
def test_any_work_is_read_or_left_out(changes: dict[str, Any]) -> None:
    data = json.dumps({"message": {"items": [work() | changes]}}).encode()
    for record in crossref.parse_works(data).records:
        assert record.external_id == record.external_id.lower() != ""


def test_half_characters_are_replaced() -> None:
    assert parse_json(b'{"a": "x\\ud800y", "b": "\\ud83d\\ude00"}') == {"a": "x?y", "b": "\U0001f600"}


# Discovery.


def test_pages_are_followed_until_an_empty_one(
    harvest: Any, journal: FakeCrossref, web: Any, rows: Rows, snapshot: Any
) -> None:
    journal.works = [work(f"10.1038/s41467-024-{n}") for n in range(5)]
    counts = harvest(window=WINDOW)
    assert (counts["records"], counts["papers"], counts["queued"]) == (5, 5, 5)
    assert len(web.asked) == 4
    assert web.asked[0].query["filter"] == "from-pub-date:2024-01-01,until-pub-date:2024-12-31,type:journal-article"
    assert "mailto" not in web.asked[0].query
    before = snapshot()
    assert harvest(window=WINDOW)["papers"] == 0
    assert snapshot() == before
    assert rows(CURSOR) == []


def test_a_window_is_checked_again(harvest: Any, journal: FakeCrossref, rows: Rows) -> None:
    journal.works = [work(), work("10.1038/late", **{"published-online": {"date-parts": [[2025, 1, 1]]}})]
    harvest(window=WINDOW)
    assert [r["external_id"] for r in rows(PAPERS)] == [DOI]


def test_the_cursor_moves_after_a_whole_pass(
    harvest: Any, journal: FakeCrossref, web: Any, rows: Rows, context: Context, ledger: Any, snapshot: Any
) -> None:
    with ledger.begin() as connection:
        write_cursor(connection, context.run.key, "natcomms", {"from": "2024-03-01"})
    journal.works = [work(f"10.1038/s41467-024-{n}") for n in range(5)]
    web.fail("cursor=NA", *[web.Reply(b"down", 502)] * 4)
    with pytest.raises(ServiceError, match="answers 502"):
        harvest()
    assert len(rows(PAPERS)) == 4
    assert rows(CURSOR) == [{"position": {"from": "2024-03-01"}}]
    harvest()
    assert len(rows(PAPERS)) == 5
    assert rows(CURSOR) == [{"position": {"from": (today() - timedelta(days=2)).isoformat()}}]
    before = snapshot()
    harvest()
    assert snapshot() == before
    assert web.asked[-1].query["filter"].startswith(f"from-index-date:{today() - timedelta(days=2)},")


def test_a_contact_is_told_and_not_stored(with_settings: Any, journal: FakeCrossref, web: Any, rows: Rows) -> None:
    context = with_settings(contact="me@example.org")
    with HttpClient(context) as http:
        discovery.discover(context, http, "natcomms", window=WINDOW)
    assert web.asked[0].query["mailto"] == "me@example.org"
    assert "mailto:me@example.org" in web.asked[0].headers["user-agent"]
    assert all("example.org" not in str(r) for r in rows("SELECT url FROM omnisci.fetch"))


def test_a_server_that_turns_in_circles_is_left(harvest: Any, journal: FakeCrossref, web: Any) -> None:
    page = web.Reply(json.dumps({"message": {"items": [work()], "next-cursor": "x"}}).encode())
    web.route("/crossref/journals/2041-1723/works", page)
    with pytest.raises(ServiceError, match="the same page again"):
        harvest(window=WINDOW)


def test_changes_become_rows(harvest: Any, journal: FakeCrossref, rows: Rows, snapshot: Any) -> None:
    dois = [f"10.1038/s41467-024-{n}" for n in range(4)]
    journal.works = [work(doi) for doi in dois]
    harvest(window=WINDOW)
    note = {"DOI": "10.1038/notice", "type": "Retraction"}
    journal.works = [
        work(dois[0], license=[{"URL": "https://creativecommons.org/licenses/by-nc-nd/4.0", "content-version": "vor"}]),
        work(dois[1], **{"updated-by": [note]}),
        work("10.1038/notice", **{"update-to": [{"DOI": dois[2], "type": "retraction"}]}),
        work(dois[2]), work(dois[3], indexed="2024-09-09T00:00:00Z"),
    ]  # fmt: skip
    harvest(window=WINDOW)
    assert [(r["external_id"][-1], r["status"], r["license_class"]) for r in rows(PAPERS)] == [
        ("e", "current", "cc-by"), ("0", "current", "cc-by-nc-nd"), ("1", "retracted", "cc-by"),
        ("2", "retracted", "cc-by"), ("3", "current", "cc-by"),
    ]  # fmt: skip
    before = snapshot()
    harvest(window=WINDOW)
    assert snapshot() == before


def test_a_limit_stops_early(harvest: Any, journal: FakeCrossref, rows: Rows) -> None:
    journal.works = [work(f"10.1038/s41467-024-{n}") for n in range(6)]
    harvest(window=WINDOW, limit=1)
    assert len(rows(PAPERS)) == 2
    harvest(window=WINDOW, limit=3)
    assert len(rows(PAPERS)) == 4


# Content.

JATS = b'<?xml version="1.0"?><!DOCTYPE article><article xmlns:xlink="http://www.w3.org/1999/xlink"><body/></article>'
PAGE = f'<!DOCTYPE html><html><body>doi {DOI} <img src="//media.springernature.com/lw685/a/Fig1_HTML.png?as=webp">'.encode()
JPG = b"\xff\xd8\xff\xe0 a picture"


class FakePmc:
    """Europe PMC and the bucket."""

    def __init__(self, web: Any) -> None:
        self.web = web
        self.ids: dict[str, str] = {}
        self.files: dict[str, bytes] = {}
        self.listed: list[str] = []
        web.route("/europepmc/search", self.search)
        web.route("/pmc/", self.list)
        web.route("/pmc/.+", lambda asked: self.file(asked.path.removeprefix("/pmc/")))

    def search(self, asked: Any) -> Any:
        found = [{"doi": doi.upper(), "pmcid": pmcid} for doi, pmcid in self.ids.items() if doi in asked.query["query"]]
        noise = [{"doi": "10.1038/other", "pmcid": "PMC9"}, {"doi": DOI}, {"id": "x"}]
        return self.web.Reply(json.dumps({"resultList": {"result": [*noise, *found]}}).encode())

    def list(self, asked: Any) -> Any:
        start = int(asked.query.get("continuation-token", 0))
        prefixes = [p for p in self.listed if p.startswith(asked.query["prefix"])]
        more = start + 1 < len(prefixes)
        inner = "".join(f"<CommonPrefixes><Prefix>{p}</Prefix></CommonPrefixes>" for p in prefixes[start : start + 1])
        tail = f"<NextContinuationToken>{start + 1}</NextContinuationToken>" if more else ""
        return self.web.Reply(
            f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>{str(more).lower()}'
            f"</IsTruncated>{inner}{tail}</ListBucketResult>".encode()
        )

    def file(self, key: str) -> Any:
        return self.web.Reply(self.files[key]) if key in self.files else None

    def article(
        self, version: int = 1, xml: bytes = JATS, media: dict[str, bytes] | None = None, **metadata: Any
    ) -> None:
        stem = f"PMC77.{version}"
        self.ids[DOI] = "PMC77"
        self.listed.append(f"{stem}/")
        files = {f"{stem}/{stem}.xml": xml} | {f"{stem}/{name}": data for name, data in (media or {}).items()}
        self.files |= files
        urls = [f"s3://pmc-oa-opendata/{key}?md5={hashlib.md5(data).hexdigest()}" for key, data in files.items()]
        described = {
            "pmcid": "PMC77", "version": version, "is_retracted": False, "license_code": "CC BY", "xml_url": urls[0],
            "media_urls": urls[1:],
        }  # fmt: skip
        self.files[f"metadata/{stem}.json"] = json.dumps(described | metadata).encode()


@pytest.fixture
def bucket(web: Any) -> FakePmc:
    return FakePmc(web)


@pytest.fixture
def fetch(context: Context, http: HttpClient) -> Callable[..., Content]:
    def fetched(doi: str = DOI, tries: int = 0) -> Content:
        claim = ClaimedPaper(1, 1, "natcomms", doi, 1, tries, doi, {}, "s")
        return discovery.fetch_content(context, http, claim)

    return fetched


def missing(content: Content, name: str) -> bool:
    try:
        content.picture(name)
    except BadInput as error:
        return error.slug == "picture-missing"
    return False


def test_the_newest_version_of_the_bucket(fetch: Any, bucket: FakePmc, web: Any, context: Context) -> None:
    bucket.article(1, b"<article>old</article>")
    bucket.article(10, media={"41467_Fig1_HTML.jpg": JPG, "41467_Fig1_HTML.gif": b"GIF89a"}, is_retracted=True)
    bucket.article(9)
    content = fetch()
    assert [(one.kind, one.data) for one in content.documents] == [("jats", JATS)]
    assert (content.version, content.status) == (10, "retracted")
    assert content.license_uri == "https://creativecommons.org/licenses/by/"
    assert context.blobs.get(content.documents[0].sha256) == JATS
    for name in ("41467_Fig1_HTML", "41467_Fig1_HTML.jpg", "MediaObjects/41467_fig1_html.PNG"):
        assert content.picture(name) == JPG
    assert missing(content, "41467_Fig2_HTML")
    assert web.paths("nature") == []


def test_bytes_that_break_their_promise_are_asked_again(fetch: Any, bucket: FakePmc, web: Any, rows: Rows) -> None:
    bucket.article(media={"a_Fig1.jpg": JPG})
    web.fail(r"\.xml", web.Reply(JATS.replace(b"body", b"back")))
    web.fail(r"\.jpg", web.Reply(JPG + b"!"), web.Reply(JPG, do="truncate"))
    content = fetch()
    assert content.documents[0].data == JATS
    assert content.picture("a_Fig1") == JPG
    web.route(r"/pmc/PMC77\.1/.*jpg", JPG + b"!")
    bucket.article(2, media={"a_Fig1.jpg": JPG})
    web.routes = {r"/pmc/PMC77\.2/.*jpg": lambda _: web.Reply(b"other"), **web.routes}
    with pytest.raises(ServiceError, match="MD5"):
        fetch().picture("a_Fig1")


def test_a_second_look_fetches_no_content_again(fetch: Any, bucket: FakePmc, web: Any) -> None:
    bucket.article(media={"a_Fig1.jpg": JPG})
    fetch().picture("a_Fig1")
    web.asked.clear()
    fetch().picture("a_Fig1")
    assert web.paths() == ["/europepmc/search", "/pmc/", "/pmc/metadata/PMC77.1.json"]
    bucket.files["PMC77.1/PMC77.1.xml"] = JATS.replace(b"body", b"back")
    bucket.article(xml=JATS.replace(b"body", b"back"))
    assert b"back" in fetch().documents[0].data


def test_the_page_stands_in_for_what_the_archive_lacks(fetch: Any, bucket: FakePmc, web: Any) -> None:
    web.route("/nature/articles/s41467-024-00001-x", PAGE)
    web.route("/media/full/a/Fig1_HTML.png", JPG)
    web.route("/media/lw685/a/Fig2_HTML.png", JPG)
    content = fetch()
    assert [one.kind for one in content.documents] == ["nature-html"]
    assert (content.version, content.status, content.license_uri) == (None, None, None)
    assert content.picture("//media.springernature.com/lw685/a/Fig1_HTML.png?as=webp") == JPG
    assert content.picture("https://media.springernature.com/lw685/a/Fig2_HTML.png") == JPG
    assert missing(content, "https://media.springernature.com/full/a/Fig3_HTML.png")
    assert missing(content, "https://evil.example/full/a/Fig1_HTML.png")
    bucket.ids[DOI] = "PMC77"
    assert [one.kind for one in fetch().documents] == ["nature-html"], "an id without files"


def test_no_text_anywhere_is_asked_for_later(fetch: Any, bucket: FakePmc) -> None:
    content = fetch()
    assert (content.documents, content.outcome, content.status) == ((), "no-full-text", None)
    assert missing(content, "a")
    assert fetch("10.5555/other").outcome == "no-full-text"


def test_a_page_that_does_not_name_the_article_is_no_article(fetch: Any, bucket: FakePmc, web: Any) -> None:
    web.route("/nature/articles/s41467-024-00001-x", PAGE)
    web.fail("articles", web.Reply(b"<html><body>Please wait</body></html"))
    assert fetch().documents[0].data == PAGE
    web.route("/nature/articles/s41467-024-00001-x", b"<html>sign in</html>")
    with pytest.raises(ServiceError) as caught:
        fetch()
    assert caught.value.slug == "garbled"


def test_the_detour_for_cookies_is_followed(fetch: Any, bucket: FakePmc, web: Any) -> None:
    web.route(
        "/nature/authorize", web.Reply(status=302, headers={"Location": "/nature/articles/s41467-024-00001-x?error=no"})
    )
    path = "/nature/articles/s41467-024-00001-x"
    web.route(
        path,
        lambda asked: (
            web.Reply(PAGE) if asked.query else web.Reply(status=303, headers={"Location": "/nature/authorize"})
        ),
    )
    assert fetch().documents[0].data == PAGE


def test_services_that_fail_leave_the_paper_for_later(fetch: Any, bucket: FakePmc, web: Any) -> None:
    bucket.article()
    for path in ("/europepmc/search", r"/pmc/\?", "metadata", r"\.xml"):
        web.fail(path, *[web.Reply(b"down", 503)] * 4)
        with pytest.raises(ServiceError):
            fetch()
    assert fetch().documents
    web.routes.pop("/europepmc/search")
    with pytest.raises(ServiceError, match="OMNISCI_EUROPEPMC_URL"):
        fetch()


def test_ids_are_looked_up_many_at_once(http: HttpClient, bucket: FakePmc, web: Any) -> None:
    bucket.ids = {f"10.1038/{n}": f"PMC{n}" for n in range(30)}
    assert pmc.pmcids(http, [f"10.1038/{n}" for n in range(30)]) == {f"10.1038/{n}": f"PMC{n}" for n in range(20)}
    assert len(web.asked) == 1
    assert pmc.pmcids(http, ['10.1038/" OR *', "10.1/a b"]) == {}
    assert len(web.asked) == 1


def test_pictures_by_stem() -> None:
    media = [
        pmc.Stored(f"PMC1.1/{name}", None) for name in ("a_Fig1.gif", "a_Fig1.jpg", "a_Fig2.tif", "b.1.png", "doc.pdf")
    ]
    found = {
        name: pmc.find_media(media, name) for name in ("a_Fig1", "a_fig1.GIF", "a_Fig2.jpg", "b.1", "b.1.eps", "c", "")
    }
    assert {name: one and one.key.rpartition("/")[2] for name, one in found.items()} == {
        "a_Fig1": "a_Fig1.jpg", "a_fig1.GIF": "a_Fig1.gif", "a_Fig2.jpg": "a_Fig2.tif", "b.1": "b.1.png",
        "b.1.eps": "b.1.png", "c": None, "": None,
    }  # fmt: skip


def test_metadata_that_cannot_be_trusted() -> None:
    metadata = {
        "xml_url": "s3://b/../../etc/passwd", "media_urls": ["s3://b/PMC1.1/a.jpg?md5=zz", 7, "s3://b/", "http://[", "s3://b/x/../y"],
        "license_code": 4,
    }  # fmt: skip
    article = pmc.parse_metadata(json.dumps(metadata).encode(), "PMC1", 2)
    assert (article.xml.key, article.license_uri, article.retracted) == ("PMC1.2/PMC1.2.xml", None, False)
    assert article.media == (pmc.Stored("PMC1.1/a.jpg", None),)
    for data in (b"<x/>", b"[]", b'{"pmcid": "PMC2"}', b'{"media_urls": {"a": 1}}'):
        with pytest.raises(BadInput):
            pmc.parse_metadata(data, "PMC1", 2)
    for data in (b"<html/>", b"", b"{}", b'<!DOCTYPE x [<!ENTITY a "b">]><ListBucketResult>&a;</ListBucketResult>'):
        with pytest.raises(BadInput):
            pmc.parse_list(data)


@pytest.mark.parametrize(
    ("code", "uri"),
    [
        ("CC BY", "https://creativecommons.org/licenses/by/"), ("CC BY-NC-ND", "https://creativecommons.org/licenses/by-nc-nd/"),
        ("CC0", "https://creativecommons.org/publicdomain/zero/1.0/"), ("NO-CC CODE", None), ("TDM", None), (None, None),
    ],
)  # fmt: skip
def test_licence_codes(code: str | None, uri: str | None) -> None:
    assert pmc.license_of(code) == uri


@FEW
@given(st.text(max_size=100))
def test_no_picture_leads_elsewhere(name: str) -> None:
    live = Settings(_env_file=None)  # type: ignore[call-arg]
    for url in natcomms.picture_urls(live, name):
        assert url.startswith(("https://www.nature.com/", "https://media.springernature.com/"))


def test_pictures_of_a_page() -> None:
    live = Settings(_env_file=None)  # type: ignore[call-arg]
    media = "https://media.springernature.com"
    path = "/springer-static/image/art%3A10.1038%2Fncomms1/MediaObjects/Fig1_HTML.jpg"
    assert natcomms.picture_urls(live, f"{media}/m685{path}") == [f"{media}/full{path}", f"{media}/m685{path}"]
    assert natcomms.picture_urls(live, f"//images.nature.com/w926h100{path}")[0] == f"{media}/full{path}"
    assert natcomms.picture_urls(live, "/ncomms/2014/a b.jpg") == ["https://www.nature.com/ncomms/2014/a%20b.jpg"]
    for name in (
        "https://evil.example/a.png",
        "data:image/png;base64,AA",
        "http://[",
        "file:///etc/passwd",
    ):
        assert natcomms.picture_urls(live, name) == []


def test_web_pages_are_told_from_pictures() -> None:
    for data in (b"<!DOCTYPE html>", b"\n <html lang=en>", b"\xef\xbb\xbf<HTML>", b"<!-- x --><!doctype HTML>"):
        assert is_web_page(data)
    for data in (b"<svg/>", b"<?xml version='1.0'?><svg/>", b"\x89PNG<html>", b"", JPG, b"<htmlx>"):
        assert not is_web_page(data)


# OpenAlex.


def test_fields_of_a_work(context: Context, http: HttpClient, web: Any) -> None:
    topics = [{"field": {"display_name": name}} for name in ("Chemistry", "Physics", "Chemistry")]
    body = {"primary_topic": topics[1], "topics": topics, "concepts": [{"level": 0, "display_name": "Biology"}]}
    web.route(f"/openalex/works/doi:{DOI}", json.dumps(body).encode())
    assert discovery.openalex_fields(context, http, DOI) == ("Physics", "Chemistry")
    assert discovery.openalex_fields(context, http, "10.1038/unknown") == ()
    assert natcomms.parse_fields(
        b'{"primary_topic": null, "concepts": [{"level": 0, "display_name": "B"}, {"level": 1}]}'
    ) == ("B",)
    assert natcomms.parse_fields(b'{"topics": [{"display_name": "T"}, 3, {"display_name": 4}]}') == ("T",)
    assert natcomms.parse_fields(b"{}") == ()


def test_the_queue_gets_through(context: Context, http: HttpClient, journal: FakeCrossref, bucket: FakePmc) -> None:
    journal.works = [work()]
    bucket.article()
    discovery.discover(context, http, "natcomms", window=WINDOW)
    claim = queue.claim(context, "natcomms", window=WINDOW)
    assert claim is not None
    assert discovery.fetch_content(context, http, claim).documents[0].kind == "jats"


# Recorded answers.


def recorded(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.glob("*.yaml")):
        for exchange in yaml.safe_load(path.read_text())["interactions"]:
            body = exchange["response"]["body"]["string"]
            yield _unpacked(body if isinstance(body, bytes) else body.encode())


def _unpacked(body: bytes) -> bytes:
    import gzip

    return gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body


@pytest.mark.realdata
def test_recorded_pages_of_crossref(realdata: Path) -> None:
    pages = []
    for body in recorded(realdata / "api_crossref" / "habanero_vcr"):
        try:
            pages.append(crossref.parse_works(body))
        except BadInput:
            assert b'"message-type":"work-list"' not in body
    records = [record for page in pages for record in page.records]
    assert len(pages) >= 2
    assert any(page.cursor for page in pages)
    assert len(records) >= 25
    assert all(record.published_on and record.stamp and record.title for record in records)
    assert sum(record.license_uri is not None for record in records) > 10


@pytest.mark.realdata
def test_recorded_work_of_crossref(realdata: Path) -> None:
    message = json.loads((realdata / "api_crossref" / "hepcrawl" / "sample_crossref_record.json").read_text())[
        "message"
    ]
    record = crossref.parse_work(message)
    assert (record.external_id, record.published_on) == ("10.1103/physrevd.93.016005", date(2016, 1, 11))
    assert record.license_uri == "http://link.aps.org/licenses/aps-default-license"
    assert record.authors[0] == "Michael I. Buchoff"


@pytest.mark.realdata
def test_recorded_searches_of_europe_pmc(realdata: Path) -> None:
    search = realdata / "api_europepmc" / "search"
    assert len(pmc.parse_search((search / "search_cancer_core.json").read_bytes())) > 5
    assert pmc.parse_search((search / "search_no_results.json").read_bytes()) == {}
    articles = sorted((realdata / "api_europepmc" / "article_results").glob("*.json"))
    for path in articles:
        body = {"resultList": {"result": [json.loads(path.read_text())]}}
        assert list(pmc.parse_search(json.dumps(body).encode()).values()) == [path.name.partition(".")[0]]
    assert len(articles) >= 30


def test_fields_survive_a_run_that_ended_after_asking(context: Context, http: HttpClient, web: Any) -> None:
    """The answer serves again without a request; a work that OpenAlex does not know is asked about once."""
    body = {"topics": [{"field": {"display_name": "Chemistry"}}]}
    web.route(f"/openalex/works/doi:{DOI}", json.dumps(body).encode())
    for _ in range(2):
        assert fields_once(context, http, 1, DOI) == ("Chemistry",)
        assert fields_once(context, http, 1, "10.1038/unknown") == ()
    assert [asked.path for asked in web.asked] == [f"/openalex/works/doi:{DOI}", "/openalex/works/doi:10.1038/unknown"]


@pytest.mark.realdata
def test_recorded_works_of_openalex(realdata: Path) -> None:
    folder = realdata / "api_openalex" / "pygetpapers"
    assert "Chemistry" in natcomms.parse_fields(next(folder.glob("10.1038*.json")).read_bytes())
    for path in sorted((realdata / "api_openalex" / "pyEuropePMC").glob("*.json")):
        natcomms.parse_fields(path.read_bytes())
