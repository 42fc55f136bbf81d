"""Captioning that is killed, stopped or run twice at once: what was answered is never paid twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from omnisci_etl.captions.stage import caption

pytestmark = pytest.mark.slow
PROGRAM = """
import sys
from omnisci_etl.captions.stage import caption
from omnisci_etl.context import run_stage
from omnisci_etl.errors import OmnisciError
from omnisci_etl.ledger.runs import RunIdentity
try:
    print(run_stage(RunIdentity.of_command("caption"), caption))
except OmnisciError as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Starts captioning as a process of its own."""
    monkeypatch.setenv("OMNISCI_UNKNOWN_GRACE", "0.5")
    started = []

    def run():
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=os.environ,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def wait_for(condition, seconds=30):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def paid(office):
    (row,) = office.rows(
        "SELECT sum(input_tokens) AS input, sum(output_tokens) AS output, sum(attempts) AS attempts, sum(unknown) AS unknown, "
        "sum(cost_unknown_usd) AS unknown_usd FROM spend"
    )  # fmt: skip
    return row


def test_a_killed_run_is_finished_by_the_next_and_answers_are_paid_once(routed, llm, library, start):
    office = routed(max_in_flight=4)
    library.figures(12)
    process = start()
    llm.latency = 0.2
    wait_for(lambda: len(llm.bill) >= 4)
    llm.gate.clear()
    wait_for(lambda: llm.in_flight == 4)
    wait_for(lambda: office.rows("SELECT count(*) AS n FROM caption") == [{"n": len(llm.bill)}])
    process.send_signal(signal.SIGKILL)
    process.wait()
    llm.gate.set()
    wait_for(lambda: llm.in_flight == 0)
    lost = [row for row in llm.bill if row["lost"]]
    assert len(lost) == 4
    done = len(llm.answered())
    (killed,) = office.rows(
        "SELECT count(*) AS n FROM run LEFT JOIN run_end USING (run_key) WHERE outcome IS NULL AND task_id = 'caption'"
    )
    assert killed["n"] == 1
    assert paid(office)["unknown"] == 4
    assert office.run(caption, unknown_grace=0.5)["captioned"] == 12 - done
    assert office.rows("SELECT count(*) AS n FROM caption") == [{"n": 12}]
    sums = paid(office)
    answered = llm.answered()
    assert len(answered) == 12
    assert (sums["input"], sums["output"]) == (
        sum(r["input_tokens"] for r in answered),
        sum(r["output_tokens"] for r in answered),
    )
    assert (sums["attempts"], sums["unknown"]) == (16, 4)
    assert sums["unknown_usd"] > 0
    before = office.counts()
    assert office.run(caption)["figures"] == 0
    assert office.counts() == before


def test_two_processes_at_once_pay_once(routed, llm, library, start):
    office = routed(max_in_flight=3)
    library.figures(20)
    llm.latency = 0.05
    one, other = start(), start()
    ends = [process.communicate(timeout=60) for process in (one, other)]
    assert (one.returncode, other.returncode) == (0, 0), ends
    assert len(llm.bill) == 20
    assert office.rows("SELECT count(*) AS n FROM caption") == [{"n": 20}]
    assert office.rows("SELECT count(*) AS n FROM attempt") == [{"n": 20}]
    assert office.rows("SELECT FROM call_lease") == []


def test_an_interrupted_run_stores_the_answers_under_way(routed, llm, library, start):
    office = routed(max_in_flight=3)
    library.figures(9)
    llm.latency = 0.4
    process = start()
    wait_for(lambda: len(llm.bill) >= 3)
    wait_for(lambda: llm.in_flight == 3)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode != 0
    assert all(not row["lost"] for row in llm.bill)
    sums = paid(office)
    assert sums["attempts"] == len(llm.bill) < 9
    assert sums["unknown"] == 0
    assert office.rows("SELECT count(*) AS n FROM caption") == [{"n": len(llm.bill)}]
    assert office.run(caption)["captioned"] == 9 - sums["attempts"]
