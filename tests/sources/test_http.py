"""The client against a real server on loopback: retries, caps, redirects, rows and blobs."""

from __future__ import annotations

import gzip
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from omnisci_etl.context import Context
from omnisci_etl.errors import BadInput, HostileInput, ServiceError
from omnisci_etl.sources.http import HttpClient, public_url
from omnisci_etl.sources.limiter import Limit
from omnisci_etl.sources.transport import Answer

Rows = Callable[..., list[dict[str, Any]]]
FETCHES = "SELECT status, slug, sha256, bytes, url, purpose, service, etag FROM omnisci.fetch ORDER BY fetch_id"


def get(http: HttpClient, url: str, **changes: Any) -> Any:
    wanted: dict[str, Any] = {"service": "pmc", "purpose": "document", "limit": None, "max_bytes": 10_000}
    return http.get(url, **(wanted | changes))


def test_an_answer_is_a_row_and_a_blob(http: HttpClient, web: Any, context: Context, rows: Rows) -> None:
    web.route("/pmc/a", web.Reply(b"text", headers={"ETag": '"7"', "Content-Type": "text/plain; charset=utf-8"}))
    response = get(http, f"{web.url}/pmc/a")
    assert (response.status, response.data, response.headers["etag"]) == (200, b"text", '"7"')
    assert context.blobs.get(response.sha256) == b"text"
    assert rows(FETCHES) == [
        {"status": 200, "slug": None, "sha256": response.sha256, "bytes": 4, "url": f"{web.url}/pmc/a",
         "purpose": "document", "service": "pmc", "etag": '"7"'}
    ]  # fmt: skip
    assert rows("SELECT media_type, bytes FROM omnisci.blob") == [{"media_type": "text/plain", "bytes": 4}]
    assert web.asked[0].headers["user-agent"].startswith("omnisci_etl/")


def test_only_content_and_metadata_become_blobs(http: HttpClient, web: Any, rows: Rows) -> None:
    for purpose, kept in [("discovery", False), ("check", False), ("metadata", True), ("picture", True)]:
        web.route(f"/pmc/{purpose}", purpose.encode())
        assert (get(http, f"{web.url}/pmc/{purpose}", purpose=purpose).sha256 is not None) == kept
    assert len(rows("SELECT * FROM omnisci.blob")) == 2
    assert [r["bytes"] for r in rows(FETCHES)] == [9, 5, 8, 7]


def test_a_busy_server_is_asked_again(http: HttpClient, web: Any, rows: Rows) -> None:
    web.route("/pmc/a", b"text")
    for status in (429, 500, 502, 503, 504):
        web.fail("a", web.Reply(b"busy", status), web.Reply(b"busy", status))
        assert get(http, f"{web.url}/pmc/a").data == b"text"
        last = [(r["status"], r["slug"]) for r in rows(FETCHES)][-3:]
        assert last == [(status, "http-error"), (status, "http-error"), (200, None)]


def test_a_broken_connection_is_asked_again(http: HttpClient, web: Any, rows: Rows) -> None:
    web.route("/pmc/a", b"text" * 100)
    for do in ("reset", "truncate"):
        web.fail("a", web.Reply(b"text" * 100, do=do))
        assert get(http, f"{web.url}/pmc/a").data == b"text" * 100
        last = [(r["status"], r["slug"], r["sha256"] is None) for r in rows(FETCHES)][-2:]
        assert last == [(None, "unreachable", True), (200, None, False)]


def test_a_damaged_compressed_body_is_asked_again(http: HttpClient, web: Any, rows: Rows) -> None:
    packed = gzip.compress(b"text", mtime=0)
    web.route("/pmc/a", web.Reply(packed, headers={"Content-Encoding": "gzip"}))
    web.fail("a", web.Reply(b"\x1f\x8bnonsense", headers={"Content-Encoding": "gzip"}))
    assert get(http, f"{web.url}/pmc/a").data == b"text"
    assert [r["slug"] for r in rows(FETCHES)] == ["garbled", None]


def test_garbage_is_asked_again_and_then_given_up(http: HttpClient, web: Any, rows: Rows) -> None:
    def check(data: bytes) -> None:
        if not data.startswith(b"{"):
            raise BadInput("garbled", "not JSON")

    web.route("/pmc/.", b"{}")
    web.fail("/a", web.Reply(b"<html>"))
    assert get(http, f"{web.url}/pmc/a", check=check).data == b"{}"
    web.fail("/b", *[web.Reply(b"<html>")] * 9)
    with pytest.raises(ServiceError, match="not JSON") as caught:
        get(http, f"{web.url}/pmc/b", check=check)
    assert caught.value.slug == "garbled"
    assert [r["slug"] for r in rows(FETCHES)] == ["garbled", None, "garbled", "garbled", "garbled", "garbled"]
    assert all(r["sha256"] is None for r in rows(FETCHES) if r["slug"])


def test_a_server_that_stays_away_is_one_clear_line(http: HttpClient, web: Any, rows: Rows) -> None:
    web.http.shutdown()
    web.http.server_close()
    with pytest.raises(ServiceError) as caught:
        get(http, f"{web.url}/pmc/a")
    assert caught.value.slug == "unreachable"
    text = str(caught.value)
    assert "pmc: 127.0.0.1" in text
    assert "check OMNISCI_PMC_URL" in text
    assert "\n" not in text
    assert len(rows(FETCHES)) == 4


def test_a_slow_server_runs_into_the_time_limit(with_settings: Any, web: Any) -> None:
    web.route("/pmc/a", web.Reply(b"late", delay=0.5))
    with HttpClient(with_settings(http_timeout=0.1, http_tries=1)) as http, pytest.raises(ServiceError) as caught:
        get(http, f"{web.url}/pmc/a")
    assert caught.value.slug == "unreachable"


def test_a_refusal_is_not_asked_again(http: HttpClient, web: Any, rows: Rows) -> None:
    web.route("/pmc/a", web.Reply(b"no", 403))
    with pytest.raises(ServiceError, match="answers 403") as caught:
        get(http, f"{web.url}/pmc/a")
    assert caught.value.slug == "http-error"
    assert [(r["status"], r["slug"]) for r in rows(FETCHES)] == [(403, "http-error")]


def test_a_missing_page_is_an_answer_where_it_is_accepted(http: HttpClient, web: Any, rows: Rows) -> None:
    response = get(http, f"{web.url}/pmc/none", accept_statuses={404})
    assert (response.status, response.sha256) == (404, None)
    with pytest.raises(ServiceError):
        get(http, f"{web.url}/pmc/none")
    assert [(r["status"], r["slug"], r["sha256"]) for r in rows(FETCHES)] == [(404, "not-found", None)] * 2


def test_a_body_over_the_cap_is_cut_off(http: HttpClient, web: Any, rows: Rows) -> None:
    web.route("/pmc/big", b"x" * 10_001)
    bomb = gzip.compress(b"\0" * 50_000_000, mtime=0)
    web.route("/pmc/bomb", web.Reply(bomb, headers={"Content-Encoding": "gzip"}))
    for name in ("big", "bomb"):
        with pytest.raises(HostileInput) as caught:
            get(http, f"{web.url}/pmc/{name}")
        assert caught.value.slug == "too-large"
    assert [(r["status"], r["slug"], r["bytes"]) for r in rows(FETCHES)] == [(200, "over-cap", None)] * 2
    assert get(http, f"{web.url}/pmc/big", max_bytes=10_001).status == 200


def test_redirects_are_followed_and_each_is_a_row(http: HttpClient, web: Any, rows: Rows) -> None:
    web.route("/pmc/a", web.Reply(status=301, headers={"Location": "b?x=1"}))
    web.route("/pmc/b", web.Reply(status=302, headers={"Location": f"{web.url}/nature/c"}))
    web.route("/nature/c", b"text")
    response = get(http, f"{web.url}/pmc/a")
    assert (response.data, response.url) == (b"text", f"{web.url}/nature/c")
    assert [(r["status"], r["sha256"] is not None) for r in rows(FETCHES)] == [(301, False), (302, False), (200, True)]


def test_a_redirect_loop_ends(http: HttpClient, web: Any) -> None:
    web.route("/pmc/a", web.Reply(status=302, headers={"Location": "/pmc/a"}))
    with pytest.raises(ServiceError, match="redirects more than 5 times"):
        get(http, f"{web.url}/pmc/a")
    assert len(web.asked) == 6


def test_a_redirect_to_a_foreign_place_is_refused(http: HttpClient, web: Any, rows: Rows) -> None:
    port = web.url.rpartition(":")[2]
    targets = [
        "http://169.254.169.254/latest/meta-data/", "https://example.org/x", "http://127.0.0.1:1/x", "http://[::1]/x",
        f"http://localhost:{port}/x", "file:///etc/passwd", "//evil.example/x", "http://127.0.0.1@evil.example/",
        f"https://127.0.0.1:{port}/x", f"gopher://127.0.0.1:{port}/",
    ]  # fmt: skip
    for target in targets:
        web.route("/pmc/a", web.Reply(status=302, headers={"Location": target}))
        with pytest.raises(HostileInput) as caught:
            get(http, f"{web.url}/pmc/a")
        assert caught.value.slug == "forbidden-host", target
    assert [(r["status"], r["slug"]) for r in rows(FETCHES)] == [(302, "forbidden-host")] * len(targets)
    assert len(web.asked) == len(targets)


def test_a_redirect_without_a_target_is_an_error(http: HttpClient, web: Any) -> None:
    web.route("/pmc/a", web.Reply(status=302))
    with pytest.raises(ServiceError, match="redirects to nowhere"):
        get(http, f"{web.url}/pmc/a")


def test_a_foreign_url_is_never_asked(http: HttpClient, rows: Rows) -> None:
    for url in ("https://example.org/", "http://127.0.0.1:9/", "ftp://127.0.0.1/", "no url", "http://[x"):
        with pytest.raises(HostileInput):
            get(http, url)
    assert rows(FETCHES) == []


def test_a_pause_that_the_server_asks_for_is_kept(http: HttpClient, web: Any) -> None:
    web.route("/pmc/a", b"text")
    web.fail("a", web.Reply(b"busy", 503, {"Retry-After": "1"}))
    get(http, f"{web.url}/pmc/a")
    assert web.asked[1].at - web.asked[0].at >= 1.0


def test_the_pause_of_a_limited_service_holds_for_other_clients_too(
    http: HttpClient, web: Any, context: Context
) -> None:
    limit = Limit("crossref", 0.0)
    web.route("/crossref/.", b"text")
    web.fail("a", web.Reply(b"busy", 429, {"Retry-After": "1"}))
    with pytest.raises(ServiceError), HttpClient(context, tries=1) as impatient:
        get(impatient, f"{web.url}/crossref/a", limit=limit)
    get(http, f"{web.url}/crossref/b", limit=limit)
    assert web.asked[1].at - web.asked[0].at >= 1.0


def test_a_long_pause_ends_the_work_at_once(http: HttpClient, web: Any) -> None:
    limit = Limit("crossref", 0.0)
    web.route("/crossref/a", web.Reply(b"busy", 503, {"Retry-After": "600"}))
    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(ServiceError, match="try again in 10 minutes") as caught:
            get(http, f"{web.url}/crossref/a", limit=limit)
        assert caught.value.slug == "unreachable"
        assert time.monotonic() - began < 1
    assert len(web.asked) == 1


@pytest.mark.parametrize(
    ("value", "low", "high"),
    [("10", 10, 10), ("0.5", 0.5, 0.5), ("date", 58, 61), ("0", None, None), ("soon", None, None), ("", None, None),
     ("-3", None, None), ("nan", None, None), ("Wed, 21 Oct 2015 07:28:00 GMT", None, None)],
)  # fmt: skip
def test_retry_after_is_a_number_or_a_date(value: str, low: float | None, high: float | None) -> None:
    value = format_datetime(datetime.now(UTC) + timedelta(seconds=60)) if value == "date" else value
    seconds = Answer(503, {"retry-after": value}).retry_after
    assert (seconds is None) == (low is None)
    assert seconds is None or (low is not None and high is not None and low <= seconds <= high)


def test_what_was_fetched_is_not_fetched_again(http: HttpClient, web: Any, context: Context, rows: Rows) -> None:
    web.route("/pmc/a", b"text")
    first = get(http, f"{web.url}/pmc/a", reuse=True)
    again = get(http, f"{web.url}/pmc/a", reuse=True)
    assert (again.data, again.sha256) == (first.data, first.sha256)
    assert (len(web.asked), len(rows(FETCHES))) == (1, 1)

    def newer(data: bytes) -> None:
        if data != b"newer":
            raise BadInput("garbled")

    web.route("/pmc/a", b"newer")
    assert get(http, f"{web.url}/pmc/a", reuse=True, check=newer).data == b"newer"


def test_a_client_can_reuse_whatever_was_kept(http: HttpClient, web: Any, context: Context) -> None:
    web.route("/pmc/[ab]", b"text")
    get(http, f"{web.url}/pmc/a")
    with HttpClient(context, reuse_all=True) as client:
        assert get(client, f"{web.url}/pmc/a").data == b"text"
        assert len(web.asked) == 1
        assert get(client, f"{web.url}/pmc/b").data == b"text"
    assert len(web.asked) == 2


def test_a_lost_blob_is_fetched_again(http: HttpClient, web: Any, context: Context) -> None:
    web.route("/pmc/a", b"text")
    first = get(http, f"{web.url}/pmc/a", reuse=True)
    Path(context.blobs.path(first.sha256)).unlink()
    assert get(http, f"{web.url}/pmc/a", reuse=True).data == b"text"
    assert len(web.asked) == 2
    assert context.blobs.exists(first.sha256)


def test_secrets_stay_out_of_the_rows(http: HttpClient, web: Any, rows: Rows) -> None:
    web.route("/pmc/a", b"text")
    get(http, f"{web.url}/pmc/a?q=1%202&mailto=me%40example.org&api_key=s3cret")
    assert "mailto" in web.asked[0].query
    assert rows(FETCHES)[0]["url"] == f"{web.url}/pmc/a?q=1+2"
    assert (
        public_url("https://user:pw@example.org/x?resumptionToken=a%2Bb#part")
        == "https://example.org/x?resumptionToken=a%2Bb"
    )
