"""Captioning that is killed, stopped or run twice at once: what was answered is never paid twice.

Module `stage` makes its requests in the process that is killed; module `process` in one that outlives it. `questions` are
asked by a stage of this test, in such a process.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from omnisci_etl.captions import process as apart
from omnisci_etl.captions.stage import caption
from omnisci_etl.errors import ConfigError, LeftOver, ServiceError

pytestmark = pytest.mark.slow
PROGRAM = """
import sys
from {module} import caption
from omnisci_etl.context import run_stage
from omnisci_etl.errors import OmnisciError
from omnisci_etl.ledger.runs import RunIdentity
try:
    print(run_stage(RunIdentity.of_command("caption"), caption))
except OmnisciError as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""

QUESTIONS = """
from omnisci_etl.captions import process, prompts, routes
from omnisci_etl.captions.asking import asker
from omnisci_etl.captions.questions import Question

def ask(context, figure, count):
    judge = prompts.parse({
        "name": "judge", "version": "1", "purpose": "judge", "system": "You judge.", "template": "",
        "output_schema": {"type": "object", "additionalProperties": False, "required": ["verdict"],
                          "properties": {"verdict": {"type": "string"}}}}, "judge")
    asked = [Question("judge", "main", judge, f"Question {n}", figure) for n in range(count)]
    replies = asker(context, routes.load(context.settings))(asked)
    return {state: sum(reply.state == state for reply in replies) for state in ("answered", "failed", "left")}

def caption(context):
    return process.run(context, "questions:ask", {"figure": 1, "count": 12})
"""


@pytest.fixture
def questions(tmp_path, monkeypatch, llm):
    """Makes `questions` a module that processes find."""
    folder = tmp_path / "modules"
    folder.mkdir()
    (folder / "questions.py").write_text(QUESTIONS)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    llm.content_of = lambda data: {"verdict": str(data)[-500:]}


@pytest.fixture
def start(tmp_path, monkeypatch):
    """Starts captioning as a process of its own."""
    monkeypatch.setenv("OMNISCI_UNKNOWN_GRACE", "0.5")
    started = []

    def run(module="omnisci_etl.captions.stage"):
        process = subprocess.Popen(
            [sys.executable, "-c", PROGRAM.replace("{module}", module)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=os.environ,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def wait_for(condition, seconds=120):
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


def test_answers_that_came_before_a_kill_are_stored_by_the_next_run(routed, llm, library, start, settings):
    office = routed(max_in_flight=4)
    library.figures(6)
    with office.ledger.begin() as connection:
        connection.exec_driver_sql("RESET ROLE")
        connection.exec_driver_sql("LOCK TABLE omnisci.attempt_outcome IN SHARE MODE")
        process = start()
        # Nothing can be settled: all are sent, answered and kept.
        wait_for(lambda: len(list((settings.home_dir / "answers").glob("*.json"))) == 6)
        process.send_signal(signal.SIGKILL)
        process.wait()
        # What waits for the lock would commit once it is given: its connection ends with the process, not at once.
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() "
            "AND datname = current_database() AND wait_event_type = 'Lock'"
        )
    assert office.rows("SELECT FROM attempt_outcome") == []
    assert office.run(caption)["captioned"] == 6
    assert len(llm.bill) == 6
    sums = paid(office)
    assert (sums["attempts"], sums["unknown"]) == (6, 0)
    assert sums["output"] == sum(row["output_tokens"] for row in llm.bill)
    assert list((settings.home_dir / "answers").iterdir()) == []


def test_two_processes_at_once_pay_once(routed, llm, library, start):
    office = routed(max_in_flight=3)
    library.figures(20)
    llm.latency = 0.05
    one, other = start(), start()
    ends = [process.communicate(timeout=120) for process in (one, other)]
    assert (one.returncode, other.returncode) == (0, 0), ends
    assert len(llm.bill) == 20
    assert office.rows("SELECT count(*) AS n FROM caption") == [{"n": 20}]
    assert office.rows("SELECT count(*) AS n FROM attempt") == [{"n": 20}]
    assert office.rows("SELECT FROM call_lease") == []


def test_an_interrupted_run_stores_the_answers_under_way(routed, llm, library, start):
    office = routed(max_in_flight=3)
    library.figures(40)
    llm.latency = 0.4
    process = start()
    wait_for(lambda: len(llm.bill) >= 3)
    wait_for(lambda: llm.in_flight == 3)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=120)
    assert process.returncode != 0
    assert all(not row["lost"] for row in llm.bill)
    sums = paid(office)
    assert sums["attempts"] == len(llm.bill) < 40
    assert sums["unknown"] == 0
    assert office.rows("SELECT count(*) AS n FROM caption") == [{"n": len(llm.bill)}]
    llm.latency = 0
    assert office.run(caption)["captioned"] == 40 - sums["attempts"]


def unknowns_and_tokens(llm):
    answered = llm.answered()
    return (0, sum(row["input_tokens"] for row in answered), sum(row["output_tokens"] for row in answered))


@pytest.mark.parametrize("kill", [os.kill, os.killpg])
@pytest.mark.parametrize("module", ["omnisci_etl.captions.process", "questions"])
def test_answers_to_a_killed_command_are_stored_and_never_paid_again(
    module, routed, llm, library, start, kill, request
):
    office = routed(max_in_flight=4)
    library.figures(12)
    if module == "questions":
        request.getfixturevalue("questions")
    llm.latency = 0.2
    command = start(module)
    wait_for(lambda: len(llm.bill) >= 4)
    llm.gate.clear()
    wait_for(lambda: llm.in_flight == 4)
    kill(command.pid, signal.SIGKILL)
    command.wait()
    again = start(module)
    time.sleep(0.5)
    llm.gate.set()
    assert again.wait(timeout=120) == 0
    assert len(llm.bill) == 12
    assert [row for row in llm.bill if row["lost"]] == []
    assert office.rows("SELECT count(*) AS n FROM attempt_outcome WHERE slug = 'answered'") == [{"n": 12}]
    sums = paid(office)
    assert sums["attempts"] == 12
    assert (sums["unknown"], sums["input"], sums["output"]) == unknowns_and_tokens(llm)
    assert office.rows("SELECT FROM call_lease") == []


def test_questions_whose_process_is_killed_are_asked_again_after_the_unknown(
    questions, routed, llm, library, start, settings
):
    office = routed(max_in_flight=4)
    library.figures(1)
    llm.latency = 0.2
    command = start("questions")
    wait_for(lambda: len(llm.bill) >= 4)
    llm.gate.clear()
    wait_for(lambda: llm.in_flight == 4)
    (child,) = children(command.pid)
    os.kill(child, signal.SIGKILL)
    _, said = command.communicate(timeout=60)
    assert (command.returncode, "exit code -9; run it again" in said) == (1, True)
    llm.gate.set()
    wait_for(lambda: llm.in_flight == 0)
    again = start("questions")
    out, _ = again.communicate(timeout=120)
    assert out.strip() == "{'answered': 12, 'failed': 0, 'left': 0}"
    assert len(llm.answered()) == 12
    sums = paid(office)
    assert (sums["unknown"], sums["attempts"]) == (4, 16)
    assert (sums["input"], sums["output"]) == unknowns_and_tokens(llm)[1:]
    assert list((settings.home_dir / "answers").iterdir()) == []
    before = office.counts()
    assert start("questions").wait(timeout=60) == 0
    assert office.counts() == before


def test_an_interrupted_command_stores_the_answers_to_its_questions(questions, routed, llm, library, start):
    office = routed(max_in_flight=3)
    library.figures(1)
    llm.latency = 0.4
    command = start("questions")
    wait_for(lambda: llm.in_flight == 3)
    command.send_signal(signal.SIGINT)
    command.communicate(timeout=120)
    assert command.returncode != 0
    assert llm.in_flight == 0
    assert 3 <= len(llm.bill) < 12
    sums = paid(office)
    assert sums["attempts"] == len(llm.bill)
    assert (sums["unknown"], sums["input"], sums["output"]) == unknowns_and_tokens(llm)


def test_an_interrupted_command_waits_for_the_answers_under_way(routed, llm, library, start):
    office = routed(max_in_flight=3)
    library.figures(40)
    llm.latency = 0.4
    command = start("omnisci_etl.captions.process")
    wait_for(lambda: llm.in_flight == 3)
    command.send_signal(signal.SIGINT)
    command.communicate(timeout=120)
    assert command.returncode != 0
    assert llm.in_flight == 0
    assert office.rows("SELECT count(*) AS n FROM caption") == [{"n": len(llm.bill)}]
    assert 3 <= len(llm.bill) < 40
    assert paid(office)["unknown"] == 0


def test_counts_progress_and_errors_come_back_from_the_process(routed, llm, library, fault, monkeypatch):
    office = routed(max_in_flight=4)
    library.figures(3)
    seen = []

    def watched(context):
        class Watch:
            def update(self, done, total=None, note=""):
                seen.append((done, total))

        return apart.caption(replace(context, progress=Watch()), limit=2)

    assert office.run(watched)["captioned"] == 2
    assert seen[-1] == (2, 2)
    llm.always = fault("status", status=500)
    with pytest.raises(LeftOver) as caught:
        office.run(apart.caption, call_tries=1)
    assert caught.value.counts["waiting"] == 1
    monkeypatch.delenv("VLLM_API_KEY")
    with pytest.raises(ConfigError, match="VLLM_API_KEY"):
        office.run(apart.caption)


def test_a_killed_process_and_a_bug_in_it_are_told(routed, llm, library, monkeypatch):
    office = routed()
    library.figures(1)
    with pytest.raises(RuntimeError, match="TypeError"):
        office.run(lambda context: apart.caption(context, colour="blue"))
    llm.gate.clear()

    def killed(context):
        thread = threading.Thread(target=kill_children_when_asked)
        thread.start()
        try:
            return apart.caption(context)
        finally:
            thread.join()

    def kill_children_when_asked():
        wait_for(lambda: llm.in_flight == 1)
        for child in children():
            os.kill(child, signal.SIGKILL)

    with pytest.raises(ServiceError, match="exit code -9"):
        office.run(killed)
    llm.gate.set()


def children(parent=None):
    """Processes that a process, this one where none is named, has started to ask models."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            of = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
            if of == (parent or os.getpid()) and b"omnisci_etl.captions.process" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found
