"""A run on line that is killed at any step of submit, collect and settle: the next one goes on, and nothing is paid twice
but what nobody can know.

A process that has imported everything forks a child for each case. The child kills itself with SIGKILL before its n-th
step; a step is a statement, a commit, a request to the vendor, an answer of it that nobody has kept yet, and each
change of a file (the answer that is kept on the machine, the blob, their removal).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections import Counter

import pytest

from omnisci_etl.captions import prompts, routes
from omnisci_etl.captions.asking import asker
from omnisci_etl.captions.questions import Question
from omnisci_etl.captions.spool import FOLDER, Spool
from omnisci_etl.captions.stage import caption

pytestmark = pytest.mark.slow
# Of all steps every so many are tried; 1 for all of them.
STRIDE = 23
WAVE = 3
JUDGE = {
    "name": "judge", "version": "1", "purpose": "judge", "system": "You judge.", "template": "",
    "output_schema": {"type": "object", "additionalProperties": False, "required": ["caption", "panels"],
                      "properties": {"caption": {"type": "string"}, "panels": {"type": "array", "items": {}}}},
}  # fmt: skip
PROGRAM = """
import itertools, json, os, pathlib, signal, sys
import anthropic, httpx2, openai
from sqlalchemy import Engine, event
from omnisci_etl.captions import prompts, routes
from omnisci_etl.captions.asking import asker
from omnisci_etl.captions.questions import Question
from omnisci_etl.captions.stage import caption
from omnisci_etl.captions.providers import anthropic_messages, openai_responses
from omnisci_etl.context import run_stage
from omnisci_etl.errors import OmnisciError
from omnisci_etl.ledger.runs import RunIdentity

def ask(context, first, last):
    judge = prompts.parse(json.loads(sys.argv[1]), "judge")
    asked = [Question("judge", "main", judge, f"Question {n}.", 1) for n in range(first, last)]
    asker(context, routes.load(context.settings))(asked)
    return {}

def child(fatal, stage):
    numbers = itertools.count(1)
    def step(*_):
        global steps
        steps = next(numbers)
        if steps == fatal:
            os.kill(os.getpid(), signal.SIGKILL)
    def stepped(whole):
        def act(*args, **options):
            step()
            return whole(*args, **options)
        return act
    event.listen(Engine, "before_cursor_execute", step)
    event.listen(Engine, "commit", step)
    os.replace, os.fsync = stepped(os.replace), stepped(os.fsync)
    pathlib.Path.unlink = stepped(pathlib.Path.unlink)
    send = httpx2.AsyncClient.send
    async def sent(*args, **options):
        step()
        answer = await send(*args, **options)
        step()
        return answer
    httpx2.AsyncClient.send = sent
    try:
        run_stage(RunIdentity.of_command("caption"), stage)
    except OmnisciError as error:
        sys.exit(str(error))
    with open("steps", "w") as told:
        told.write(str(steps))
    os._exit(0)

print("ready", flush=True)
for line in sys.stdin:
    fatal, first, last = map(int, line.split())
    pid = os.fork()
    if pid == 0:
        child(fatal, (lambda context: ask(context, first, last)) if last else caption)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


@pytest.fixture
def killed(tmp_path):
    """Starts runs that are killed before a step (0: never), with the questions first to last (0: captions); their exit code."""
    processes = []

    def start(step, first=0, last=0, number=0):
        while len(processes) <= number:
            command = [sys.executable, "-c", PROGRAM, json.dumps(JUDGE)]
            processes.append(
                subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tmp_path)
            )
            assert processes[-1].stdout.readline() == "ready\n"
        process = processes[number]
        process.stdin.write(f"{step} {first} {last}\n")
        process.stdin.flush()
        return lambda: int(process.stdout.readline())

    yield start
    for process in processes:
        process.stdin.close()
        process.stdout.close()
        process.wait()


class Case:
    """Waves of work, each killed once and run again; and what must be true then."""

    def __init__(self, office, llm, library, purpose):
        self.office, self.llm, self.purpose = office, llm, purpose
        self.library, self.extraction = library, library.paper()
        self.spool = Spool(office.settings.home_dir / FOLDER)
        self.kept = set()
        self.count = 0
        if purpose == "judge":
            library.figure(self.extraction, 1)

    def wave(self):
        """New work; what `killed` needs to know of it."""
        first, self.count = self.count, self.count + WAVE
        if self.purpose == "judge":
            return first, self.count
        for number in range(first + 1, self.count + 1):
            self.library.figure(self.extraction, number)
        return 0, 0

    def note(self):
        """Remembers the answers that were kept on the machine when the process was killed."""
        self.kept |= {settlement.attempt_id for settlement in self.spool.read(self.spool.names())}

    def again(self):
        """The same work once more, to its end; the answers of all questions where it is such."""
        if self.purpose == "caption":
            return self.office.run(caption)
        judge = prompts.parse(JUDGE, "judge")
        asked = [Question("judge", "main", judge, f"Question {n}.", 1) for n in range(self.count)]
        return self.office.run(lambda context: asker(context, routes.load(context.settings))(asked))

    def check(self):
        """Everything is answered once, paid once or unknown, and nothing is left over."""
        office, bill = self.office, self.llm.bill
        of_request = {row["digest"]: row for row in bill}
        times = Counter(row["digest"] for row in bill)
        (sums,) = office.rows(
            "SELECT sum(input_tokens)::int AS input, sum(output_tokens)::int AS output, sum(unknown)::int AS unknown, "
            "sum(attempts)::int AS attempts FROM spend"
        )  # fmt: skip
        states = office.rows(
            "SELECT state, count(*) AS n, sum(attempts - unknowns)::int AS known FROM call_status GROUP BY 1"
        )
        assert states == [{"state": "answered", "n": self.count, "known": self.count}]
        assert len(of_request) == self.count
        # Each call has one answer, so its tokens count once; what was billed beyond that belongs to unknown attempts.
        assert sums["input"] == sum(row["input_tokens"] for row in of_request.values())
        assert sums["output"] == sum(row["output_tokens"] for row in of_request.values())
        assert sums["attempts"] == self.count + sums["unknown"]
        assert 0 <= len(bill) - self.count <= sums["unknown"]
        unknowns = office.rows("SELECT unknowns AS n FROM call_status WHERE unknowns > 0")
        assert sum(n - 1 for n in times.values()) <= sum(row["n"] for row in unknowns)
        assert sum(n > 1 for n in times.values()) <= len(unknowns)
        stored = office.rows("SELECT attempt_id FROM attempt_outcome WHERE slug = 'answered'")
        assert self.kept <= {row["attempt_id"] for row in stored}
        assert office.rows("SELECT FROM call_lease") == []
        assert not self.spool.names()
        if self.purpose == "caption":
            assert office.rows("SELECT count(*) AS n FROM caption") == [{"n": self.count}]


@pytest.fixture
def case(routed, llm, library, monkeypatch):
    """Makes a case for captions or for questions to a vendor."""

    def make(purpose, api):
        for name, value in {"UNKNOWN_GRACE": "0.05", "CALL_TIMEOUT": "20"}.items():
            monkeypatch.setenv(f"OMNISCI_{name}", value)
        office = routed(api, max_in_flight=2, settings_={"unknown_grace": 0.05})
        return Case(office, llm, library, purpose)

    return make


@pytest.mark.parametrize(
    ("purpose", "api", "offset"),
    [("caption", "openai", 1), ("caption", "anthropic", 5), ("judge", "openai", 3), ("judge", "anthropic", 9)],
)
def test_killed_before_any_step_and_run_again_everything_is_paid_once_or_unknown(
    case, killed, tmp_path, purpose, api, offset
):
    one = case(purpose, api)
    assert killed(0, *one.wave())() == 0
    one.check()
    steps = int((tmp_path / "steps").read_text())
    assert steps > 40
    stride = int(os.environ.get("KILL_STRIDE", STRIDE))
    for step in range(min(offset, stride), steps + 1, stride):
        # The order of steps varies a little, so that a run may have fewer of them.
        assert killed(step, *one.wave())() in (-signal.SIGKILL, 0), step
        one.note()
        one.again()
        one.check()
    before = one.office.counts()
    one.again()
    assert one.office.counts() == before


@pytest.mark.parametrize("purpose", ["caption", "judge"])
def test_two_at_once_pay_once_though_one_is_killed(case, killed, purpose):
    one = case(purpose, "openai")
    one.llm.latency = 0.05
    for step in (0, 40):
        wave = one.wave()
        first, second = killed(step, *wave), killed(0, *wave, number=1)
        assert (first(), second()) == (-signal.SIGKILL if step else 0, 0)
        one.note()
        one.again()
        one.check()
