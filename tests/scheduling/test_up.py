"""One `up` from start to end: real Airflow, real stages, a folder of one paper and a source that has nothing."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from omnisci_etl.errors import ServiceError
from omnisci_etl.scheduling.client import AirflowClient

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.airflow, pytest.mark.slow]

NOTHING = b"""<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><responseDate>2026-11-20T00:00:00Z</responseDate>
<request verb="ListRecords">http://127.0.0.1/oai</request>
<error code="noRecordsMatch">nothing here</error></OAI-PMH>"""
PAPER = """<?xml version="1.0"?>
<article xmlns:xlink="http://www.w3.org/1999/xlink" article-type="research-article"><front><article-meta>
<article-id pub-id-type="doi">10.1234/small</article-id>
<title-group><article-title>A small paper</article-title></title-group>
<pub-date pub-type="epub"><day>5</day><month>3</month><year>2026</year></pub-date>
</article-meta></front><body><sec><title>Results</title><p>The curve of Fig. 1 rises.</p>
<fig id="f1"><label>Fig. 1</label><caption><p>A curve that rises.</p></caption>
<graphic xlink:href="missing.png"/></fig></sec></body></article>"""
LAUNCH = """
import sys
from omnisci_etl import config
from omnisci_etl.scheduling.launcher import up
sys.exit(up(config.load(), port=int(sys.argv[1]), on_ready=lambda a: print(a.url, a.password, flush=True)))
"""


class Source(BaseHTTPRequestHandler):
    """An OAI-PMH server without records."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(NOTHING)))
        self.end_headers()
        self.wfile.write(NOTHING)

    def log_message(self, *_arguments: Any) -> None:
        return


@pytest.fixture
def source() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Source)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def running(tmp_path: Path, source: str) -> Iterator[tuple[subprocess.Popen[str], AirflowClient]]:
    """A running `up` with the embedded server, its settings in the .env file of the folder it starts in."""
    dags = tmp_path / "dags"
    dags.mkdir()
    # Without the DAGs that follow an ingestion: every task costs seconds of processor time.
    wanted = ["ingest_arxiv", "ingest_natcomms", "ingest_folder", "export_nightly", "backfills"]
    for path in [
        *(ROOT / "dags" / f"{name}.py" for name in wanted),
        Path(__file__).parent / "probe_dags" / "probes.py",
    ]:
        (dags / path.name).write_text(path.read_text())
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "small.xml").write_text(PAPER)
    (tmp_path / ".env").write_text(f"OMNISCI_ARXIV_OAI_URL={source}/oai\nOMNISCI_ARXIV_INTERVAL=0\n")
    port = free_port()
    environment = {
        **os.environ, "OMNISCI_HOME": str(tmp_path / "home"), "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__PARALLELISM": "2",
    }  # fmt: skip
    command = [sys.executable, "-c", LAUNCH, str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=environment) as process:
        try:
            assert process.stdout is not None
            words = process.stdout.readline().split()
            assert words, f"up ended before it was ready\n{ends_of_logs(tmp_path / 'home')}"
            yield process, AirflowClient(words[0], words[1])
        finally:
            if process.poll() is None:
                process.kill()


def free_port() -> int:
    """A port outside the range that other tests' connections take theirs from while Airflow starts."""
    for port in random.SystemRandom().sample(range(20_000, 32_000), 100):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


def ends_of_logs(home: Path) -> str:
    logs = sorted((home / "airflow" / "logs").glob("*.log"))
    return "\n".join(f"--- {log.name}\n{log.read_text(errors='replace')[-3000:]}" for log in logs)


def left_over(home: Path) -> list[str]:
    """Processes, zombies apart, whose environment says that they belong to the home."""
    marks = (f"OMNISCI_HOME={home}".encode(), f"AIRFLOW_HOME={home}".encode())
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and any(mark in (entry / "environ").read_bytes() for mark in marks):
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def rows(home: Path, query: str) -> list[tuple[Any, ...]]:
    server = json.loads((home / "postgres" / "server.json").read_text())
    password = (home / "postgres" / "password").read_text()
    connection = psycopg2.connect(
        host="127.0.0.1", port=server["port"], user="postgres", password=password, dbname="omnisci"
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()
    finally:
        connection.close()


def test_up_runs_dags_backfills_days_and_leaves_nothing(
    running: tuple[subprocess.Popen[str], AirflowClient], tmp_path: Path
) -> None:
    process, client = running
    home = tmp_path / "home"
    run_id = client.trigger("ingest_folder", {"path": str(tmp_path / "papers")})
    failing = client.trigger("probe_misconfigured")
    backfill = client.backfill("backfill_arxiv__physics", "2026-03-01", "2026-03-03")
    refuses_a_wrong_password_and_a_wrong_form(client)
    assert client.wait("ingest_folder", run_id, timeout_s=240) == "success"
    fails_at_once(client, failing)
    backfills_each_day(client, backfill)
    writes_run_rows(home, run_id)
    schedules_nothing_by_itself(client)
    stops_without_a_trace(process, home)


def refuses_a_wrong_password_and_a_wrong_form(client: AirflowClient) -> None:
    stranger = AirflowClient(str(client._http.base_url), "guess")
    with pytest.raises(ServiceError, match="401"):
        stranger.dag_ids()
    with pytest.raises(ServiceError, match=r"400.*since"):
        client.trigger("ingest_arxiv", {"since": "yesterday"})


def fails_at_once(client: AirflowClient, run_id: str) -> None:
    """A ConfigError spends no retries."""
    assert client.wait("probe_misconfigured", run_id, timeout_s=120) == "failed"
    task = client.call("GET", f"/dags/probe_misconfigured/dagRuns/{run_id}/taskInstances/fail")
    assert (task["state"], task["try_number"], task["max_tries"]) == ("failed", 1, 3)


def backfills_each_day(client: AirflowClient, backfill: int) -> None:
    runs = client.call("GET", "/dags/backfill_arxiv__physics/dagRuns")["dag_runs"]
    days = [f"2026-03-0{day}" for day in (1, 2, 3)]
    assert sorted(run["data_interval_start"][:10] for run in runs) == days
    assert sorted(run["dag_run_id"][:21] for run in runs) == [f"backfill__{day}T" for day in days]
    assert {run["run_type"] for run in runs} == {"backfill"}
    for run in runs:
        assert client.wait("backfill_arxiv__physics", run["dag_run_id"], timeout_s=240) == "success"
    assert client.call("GET", f"/backfills/{backfill}")["dag_id"] == "backfill_arxiv__physics"


def writes_run_rows(home: Path, run_id: str) -> None:
    made = rows(
        home,
        "SELECT run_id, task_id, map_index, try_number, config, counts FROM omnisci.run JOIN omnisci.run_end "
        "USING (run_key) WHERE dag_id = 'ingest_folder'",
    )
    assert [row[:4] for row in made] == [(run_id, "ingest", -1, 1)]
    assert made[0][4]["source"] == "folder"
    assert rows(home, "SELECT title FROM omnisci.papers") == [("A small paper",)]
    asked = rows(home, "SELECT config FROM omnisci.run WHERE dag_id = 'backfill_arxiv__physics'")
    windows = sorted((row[0]["since"], row[0]["until"], row[0]["discipline"]) for row in asked)
    assert windows == [(day, day, "physics") for day in ("2026-03-01", "2026-03-02", "2026-03-03")]


def schedules_nothing_by_itself(client: AirflowClient) -> None:
    assert client.call("GET", "/importErrors")["total_entries"] == 0
    for dag_id in ("ingest_arxiv", "ingest_natcomms", "export_nightly"):
        assert client.call("GET", f"/dags/{dag_id}/dagRuns")["total_entries"] == 0
        assert client.call("GET", f"/dags/{dag_id}")["next_dagrun_run_after"] is not None
    dag = client.call("GET", "/dags/backfill_arxiv__physics")
    assert (dag["is_backfillable"], dag["is_paused"], dag["next_dagrun_run_after"]) == (True, False, None)


def stops_without_a_trace(process: subprocess.Popen[str], home: Path) -> None:
    assert len(left_over(home)) >= 5
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=120) == 0
    give_up = time.monotonic() + 20
    while (left := left_over(home)) and time.monotonic() < give_up:
        time.sleep(0.1)
    assert left == []
