"""The check-up of sources, and ingestion that is killed at any moment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from omnisci_etl.context import Context
from omnisci_etl.errors import HostileInput
from omnisci_etl.sources import discovery, natcomms, queue
from omnisci_etl.sources.base import ClaimedPaper, Window
from omnisci_etl.sources.http import HttpClient


def test_every_source_is_asked_once(context: Context, web: Any, with_settings: Any, tmp_path: Path) -> None:
    web.route("/oai", b"<OAI-PMH/>")
    web.route("/crossref/.+", json.dumps({"message": {"items": []}}).encode())
    web.route("/europepmc/search", json.dumps({"resultList": {"result": []}}).encode())
    web.route("/pmc/", b"<ListBucketResult/>")
    web.route("/nature/.+", b"<rss/>")
    web.route("/openalex/.+", web.Reply(b"", 500))
    found = dict(discovery.check_sources(with_settings(folder_path=tmp_path / "none")))
    assert {name for name, fault in found.items() if fault is None} == {
        "arxiv",
        "crossref",
        "europepmc",
        "pmc",
        "nature",
    }
    assert "check OMNISCI_OPENALEX_URL" in str(found["openalex"])
    assert "OMNISCI_FOLDER_PATH" in str(found["folder"])
    assert len(web.asked) == 6
    assert "folder" not in dict(discovery.check_sources(context))


def test_hostile_content_is_an_outcome(context: Context, http: HttpClient, monkeypatch: Any) -> None:
    def hostile(*_: object) -> None:
        raise HostileInput("forbidden-host", "redirects to evil.example")

    monkeypatch.setattr(natcomms, "fetch_content", hostile)
    monkeypatch.setattr(natcomms, "openalex_fields", hostile)
    content = discovery.fetch_content(context, http, ClaimedPaper(1, 1, "natcomms", "x", 1, 0, "x", {}, "s"))
    assert (content.documents, content.outcome) == ((), "forbidden-host")
    assert discovery.openalex_fields(context, http, "x") == ()


INGESTER = """
import sys
from datetime import date
from omnisci_etl import config
from omnisci_etl.context import Context
from omnisci_etl.ledger.blobs import BlobStore
from omnisci_etl.ledger.database import Ledger
from omnisci_etl.ledger.runs import Run, RunIdentity
from omnisci_etl.sources import discovery, queue
from omnisci_etl.sources.base import Window
from omnisci_etl.sources.http import HttpClient
settings = config.load()
ledger = Ledger(settings.database_url.get_secret_value())
run = Run.start(ledger, RunIdentity.of_command("test"))
context = Context(settings, ledger, BlobStore(settings.blob_url), run)
print("ready", flush=True)
with HttpClient(context, backoff_s=0.01) as http:
    discovery.discover(context, http, "arxiv", window=Window(date(2024, 1, 1)))
    while claim := queue.claim(context, "arxiv"):
        content = discovery.fetch_content(context, http, claim)
        with ledger.begin() as connection:
            queue.settle(connection, claim, content.outcome or "extracted")
run.finish("done")
"""


def test_killed_at_any_moment_the_next_run_ends_the_work(
    context: Context, web: Any, settings: Any, rows: Callable[..., list[dict[str, Any]]]
) -> None:
    record = (
        "<record><header><identifier>oai:arXiv.org:2401.{n}</identifier><datestamp>2024-01-10</datestamp></header>"
        '<metadata><arXivRaw><id>2401.{n}</id><version version="v1"><date>Mon, 08 Jan 2024 10:00:00 GMT</date></version>'
        "<title>T</title><authors>A</authors><categories>cs.CL</categories></arXivRaw></metadata></record>"
    )
    numbers = [f"{n:05}" for n in range(12)]

    def page(asked: Any) -> Any:
        start = int(asked.query.get("resumptionToken", 0))
        token = f"<resumptionToken>{start + 4}</resumptionToken>" if start < 8 else ""
        body = "".join(record.format(n=n) for n in numbers[start : start + 4])
        return web.Reply(f"<OAI-PMH><ListRecords>{body}{token}</ListRecords></OAI-PMH>".encode(), delay=0.02)

    web.route("/oai", page)
    web.route("/arxiv/src/.+", web.Reply(b"\\documentclass{a}", delay=0.01))
    names = ("arxiv_oai_url", "arxiv_url", "arxiv_interval")
    environment = os.environ | {f"OMNISCI_{name.upper()}": str(getattr(settings, name)) for name in names}
    for seconds in (0.05, 0.25, None):
        process = subprocess.Popen([sys.executable, "-c", INGESTER], env=environment, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        if seconds is not None:
            time.sleep(seconds)
            process.send_signal(signal.SIGKILL)
        assert process.wait(timeout=60) == (0 if seconds is None else -signal.SIGKILL)
    for table in ("paper", "paper_version", "paper_state", "paper_queue"):
        assert len(rows(f"SELECT * FROM omnisci.{table}")) == 12, table
    assert queue.remaining(context, "arxiv", window=Window()) == 0
    fetched = rows("SELECT url, count(*) AS times FROM omnisci.fetch WHERE sha256 IS NOT NULL GROUP BY url")
    assert len(fetched) == 12
    assert {row["times"] for row in fetched} == {1}, "content once stored is not fetched again"
    assert web.peak == 1
