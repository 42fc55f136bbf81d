"""A run in batches that is killed at any statement: the next one goes on, and everything is paid once.

A process that has imported everything forks a child for each case. The child kills itself with SIGKILL before its n-th
step; a step is a statement, a commit, a request to the vendor, or an answer of it that nobody has read yet.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from functools import partial

import pytest

from omnisci_etl.captions.stage import caption

pytestmark = pytest.mark.slow
# Of all steps every so many are tried; 1 for all of them.
STRIDE = 7
PROGRAM = """
import os, signal, sys
import anthropic, httpx2, openai
from sqlalchemy import Engine, event
from omnisci_etl.captions.batches import collecting, rounds
from omnisci_etl.captions.stage import caption
from omnisci_etl.captions.providers import anthropic_batches, openai_batches
from omnisci_etl.context import run_stage
from omnisci_etl.errors import OmnisciError
from omnisci_etl.ledger.runs import RunIdentity
rounds.FIRST_PAUSE = collecting.READ_AGAIN = 0.02
collecting.GROUP = 2

def child(fatal):
    steps = 0
    def step(*_):
        nonlocal steps
        steps += 1
        if steps == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
    event.listen(Engine, "before_cursor_execute", step)
    event.listen(Engine, "commit", step)
    send = httpx2.Client.send
    def stepped(*args, **options):
        step()
        answer = send(*args, **options)
        step()
        return answer
    httpx2.Client.send = stepped
    try:
        run_stage(RunIdentity.of_command("caption"), lambda context: caption(context, batch=True))
    except OmnisciError as error:
        sys.exit(str(error))
    with open("steps", "w") as told:
        told.write(str(steps))
    os._exit(0)

print("ready", flush=True)
for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        child(int(line))
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


@pytest.fixture
def killed(tmp_path):
    """Starts runs of captioning in batches that are killed before a step (0: never); a function that gives the exit code."""
    processes = []

    def parent(number):
        while len(processes) <= number:
            command = [sys.executable, "-c", PROGRAM]
            processes.append(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tmp_path)
            )
            assert processes[-1].stdout.readline() == "ready\n"
        return processes[number]

    def start(step, number=0):
        process = parent(number)
        process.stdin.write(f"{step}\n")
        process.stdin.flush()
        return lambda: int(process.stdout.readline())

    yield start
    for process in processes:
        process.stdin.close()
        process.stdout.close()
        process.wait()


@pytest.fixture
def case(batched, depot, library, request):
    """An office, and a function that adds figures and checks the accounts of all of them."""

    def make(api):
        office = batched(api, unknown_grace=0.1)
        extraction = library.paper()
        count = 0

        def figures(n):
            nonlocal count
            for _ in range(n):
                count += 1
                library.figure(extraction, count)

        def check():
            (sums,) = office.rows(
                "SELECT sum(input_tokens)::int AS input, sum(output_tokens)::int AS output, sum(unknown)::int AS unknown, "
                "sum(cost_unknown_usd) AS usd FROM spend"
            )  # fmt: skip
            asked = Counter(row["custom_id"] for row in depot.bill)
            assert (len(asked), max(asked.values())) == (count, 1)
            assert sums["input"] == sum(row["input_tokens"] for row in depot.bill)
            assert sums["output"] == sum(row["output_tokens"] for row in depot.bill)
            assert (sums["unknown"], sums["usd"]) == (0, 0)
            assert office.rows("SELECT count(*) AS n FROM caption") == [{"n": count}]
            assert office.rows("SELECT FROM call_lease") == []
            assert (
                office.rows("SELECT FROM attempt LEFT JOIN attempt_outcome o USING (attempt_id) WHERE o.slug IS NULL")
                == []
            )

        return office, figures, check

    return make


@pytest.mark.parametrize(("api", "first"), [("openai", 1), ("anthropic", 4)])
def test_killed_before_any_step_and_run_again_everything_is_paid_once(case, killed, depot, tmp_path, api, first):
    office, figures, check = case(api)
    figures(3)
    # Further rows come back in another order, twice, or for nobody.
    depot.foreign = 1
    depot.rows = ["double"] * 1000
    assert killed(0)() == 0
    check()
    steps = int((tmp_path / "steps").read_text())
    assert steps > 50
    for step in range(first, steps + 1, int(os.environ.get("KILL_STRIDE", STRIDE))):
        figures(3)
        assert killed(step)() == -signal.SIGKILL, step
        office.run(partial(caption, batch=True))
        check()
    before = office.counts()
    assert killed(0)() == 0
    assert office.counts() == before


def test_two_at_once_behave_as_one(case, killed, depot):
    office, figures, check = case("openai")
    figures(8)
    depot.ends = False
    first = killed(0)
    deadline = time.monotonic() + 30
    while not depot.batches and time.monotonic() < deadline:
        time.sleep(0.02)
    second = killed(0, 1)
    office.run(partial(caption, batch=True, wait=False))
    depot.ends = True
    assert (first(), second()) == (0, 0)
    assert len(depot.batches) == 1
    check()
    assert office.rows("SELECT count(*) AS n FROM batch_event") == [{"n": 3}]
