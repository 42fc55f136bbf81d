"""The limiter over threads and processes; gaps are measured where they count, at the server."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from omnisci_etl.config import Settings
from omnisci_etl.errors import ServiceError
from omnisci_etl.ledger.database import Ledger
from omnisci_etl.sources.limiter import Limit, Limiter, limit_of

ASKER = """
import sys, urllib.request
from omnisci_etl.ledger.database import Ledger
from omnisci_etl.sources.limiter import Limit, Limiter
database, url, number, interval = sys.argv[1:]
limiter = Limiter(Ledger(database))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(number)):
    with limiter.slot(Limit("arxiv", float(interval))):
        urllib.request.urlopen(url).read()
"""


def start_asker(database: str, url: str, number: int, interval: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", ASKER, database, url, str(number), str(interval)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def release(*askers: subprocess.Popen[str]) -> None:
    for asker in askers:
        assert asker.stdout is not None
        assert asker.stdout.readline() == "ready\n"
    for asker in askers:
        assert asker.stdin is not None
        asker.stdin.write("go\n")
        asker.stdin.flush()


def test_three_processes_keep_one_gap(database: str, web: Any) -> None:
    web.route("/a", web.Reply(b"text", delay=0.02))
    askers = [start_asker(database, f"{web.url}/a", 4, 0.2) for _ in range(3)]
    release(*askers)
    assert [asker.wait(timeout=30) for asker in askers] == [0, 0, 0]
    starts = [one.at for one in web.asked]
    gaps = [b - a for a, b in itertools.pairwise(starts)]
    assert len(starts) == 12
    assert min(gaps) >= 0.2
    assert web.peak == 1
    assert sum(gaps) / len(gaps) < 1.0, "the queue should not idle"


def test_a_killed_process_lets_go_and_its_start_still_counts(database: str, ledger: Ledger, web: Any) -> None:
    web.route("/slow", web.Reply(b"text", delay=30))
    asker = start_asker(database, f"{web.url}/slow", 1, 0.5)
    release(asker)
    while not web.asked:
        time.sleep(0.01)
    limiter = Limiter(ledger)
    entered = threading.Event()

    def enter() -> float:
        with limiter.slot(Limit("arxiv", 0.5)):
            entered.set()
            return time.monotonic()

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(enter)
        assert not entered.wait(0.3), "the service is busy"
        asker.send_signal(signal.SIGKILL)
        asker.wait()
        assert future.result(timeout=5) - web.asked[0].at >= 0.5
    limiter.close()


def test_threads_of_one_process_wait_for_each_other(ledger: Ledger, web: Any) -> None:
    web.route("/a", web.Reply(b"text", delay=0.02))
    limiter = Limiter(ledger)

    def ask(_: int) -> None:
        with limiter.slot(Limit("crossref", 0.0)) as slot, httpx.Client() as client:
            client.get(f"{web.url}/a", extensions={"trace": slot.trace})

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(ask, range(8)))
    limiter.close()
    assert (len(web.asked), web.peak) == (8, 1)


def test_services_do_not_wait_for_each_other(ledger: Ledger) -> None:
    limiter = Limiter(ledger)
    with limiter.slot(Limit("arxiv", 60.0)):
        began = time.monotonic()
        with limiter.slot(Limit("nature", 60.0)), limiter.slot(None):
            pass
        assert time.monotonic() - began < 1
    limiter.close()


def test_a_pause_keeps_everybody_away(ledger: Ledger) -> None:
    first, second = Limiter(ledger), Limiter(ledger)
    with first.slot(Limit("crossref", 0.0)) as slot:
        slot.hold_off(0.3)
    began = time.monotonic()
    with second.slot(Limit("crossref", 0.0)) as slot:
        assert time.monotonic() - began >= 0.28
        slot.hold_off(7200)
    with pytest.raises(ServiceError, match="crossref has asked for a pause: try again in 120 minutes"):  # noqa: SIM117
        with first.slot(Limit("crossref", 0.0)):
            pass
    first.close()
    second.close()


def test_an_error_inside_frees_the_service(ledger: Ledger) -> None:
    limiter, other = Limiter(ledger), Limiter(ledger)
    for broken in (KeyboardInterrupt, ValueError):
        with pytest.raises(broken), limiter.slot(Limit("arxiv", 0.0)):
            raise broken
        with other.slot(Limit("arxiv", 0.0)):
            pass
    limiter.close()
    other.close()


def test_no_connection_of_the_ledger_is_held(ledger: Ledger) -> None:
    limiter = Limiter(ledger)
    with limiter.slot(Limit("arxiv", 0.0)):
        assert ledger.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        with ledger.begin() as connection:
            held = connection.execute(text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")).scalar_one()
    assert held == 1
    limiter.close()


def test_a_late_request_counts_from_when_it_went_out(ledger: Ledger, rows: Callable[..., list[dict[str, Any]]]) -> None:
    limiter = Limiter(ledger)
    with limiter.slot(Limit("arxiv", 0.3)) as slot:
        time.sleep(0.2)
        slot.trace("http11.send_request_headers.started", {})
        slot.trace("http11.receive_response_headers.complete", {})
        sent = time.monotonic()
    with limiter.slot(Limit("arxiv", 0.3)):
        assert time.monotonic() - sent >= 0.3
    limiter.close()


def test_limits_come_from_the_settings() -> None:
    live = Settings(_env_file=None)  # type: ignore[call-arg]
    assert limit_of(live, "arxiv") == Limit("arxiv", 3.0)
    assert limit_of(live, "nature") == Limit("nature", 1.0)
    assert [limit_of(live, name) for name in ("crossref", "europepmc", "openalex")] == [
        Limit("crossref", 0.2), Limit("europepmc", 0.1), Limit("openalex", 0.1),
    ]  # fmt: skip
    assert limit_of(live, "pmc") is None
    here = live.model_copy(update={"crossref_url": "http://127.0.0.1:1/v1"})
    assert limit_of(here, "crossref") == Limit("crossref", 0.0)
