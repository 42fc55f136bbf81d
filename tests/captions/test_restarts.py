"""The database restarts while hundreds of calls are under way: the run goes on, and every answer is paid once."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from omnisci_etl.captions import asking, concurrency, lanes, prompts
from omnisci_etl.captions.calls import CallDesk
from omnisci_etl.captions.clerk import Clerk
from omnisci_etl.captions.questions import Question
from omnisci_etl.captions.routes import load
from omnisci_etl.captions.spool import FOLDER
from omnisci_etl.captions.stage import caption
from omnisci_etl.ledger import embedded, migrate
from omnisci_etl.ledger.database import Ledger, copy_into
from omnisci_etl.ledger.embedded import EmbeddedServer
from omnisci_etl.ledger.runs import Run, RunIdentity

pytestmark = pytest.mark.slow
CALLS = 200
JUDGE = {
    "name": "judge", "version": "1", "purpose": "judge", "system": "You judge.", "template": "",
    "output_schema": {"type": "object", "required": ["caption"], "properties": {"caption": {"type": "string"}}},
}  # fmt: skip
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def private():
    """A durable server of this module."""
    folder = Path(tempfile.mkdtemp(prefix="omnisci-test-restart-"))
    running = EmbeddedServer(folder / "postgres")
    template = Ledger(running.create_database("template_ledger"))
    migrate.upgrade(template)
    template.close()
    yield running
    # A fast shutdown would write everything to the disk first.
    pid = running._pid()
    os.kill(pid, signal.SIGQUIT)
    running._wait_gone(pid)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(private):
    """The URL of a fresh ledger on the private server."""
    name = f"restart_{next(_numbers)}"
    admin = Ledger(private.url("postgres"))
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template_ledger")
    admin.close()
    return private.url(name)


@pytest.fixture
def restart(private, monkeypatch):
    """Restarts the server on its port, fast or at once (with crash recovery), with a pause between."""

    def again(mode="fast", pause=0.0):
        pid, port = private._pid(), int(private._running()["port"])
        os.kill(pid, {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode])
        private._wait_gone(pid)
        time.sleep(pause)
        monkeypatch.setattr(embedded, "free_port", lambda: port)
        private.url()

    return again


def wait_for(condition, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


def check(office, llm, calls):
    """Everything is answered, and paid once."""
    (sums,) = office.rows(
        "SELECT sum(input_tokens) AS input, sum(output_tokens) AS output, sum(attempts) AS attempts, sum(unknown) AS unknown FROM spend"
    )
    assert len(llm.bill) == calls
    assert (sums["attempts"], sums["unknown"]) == (calls, 0)
    assert sums["input"] == sum(row["input_tokens"] for row in llm.bill)
    assert sums["output"] == sum(row["output_tokens"] for row in llm.bill)
    assert office.rows("SELECT count(*) AS n FROM caption") == [{"n": calls}]
    assert office.rows("SELECT FROM call_lease") == []
    folder = office.settings.home_dir / FOLDER
    assert not folder.exists() or list(folder.iterdir()) == []


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_run_outlasts_a_restart_with_its_calls_under_way(mode, routed, llm, library, restart):
    office = routed(max_in_flight=CALLS)
    library.figures(CALLS + 20)
    command = "from omnisci_etl.cli import main; main()"
    llm.gate.clear()
    process = subprocess.Popen(
        [sys.executable, "-c", command, "caption"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_for(lambda: llm.in_flight == CALLS)
    # Answers come before, while and after the server is away.
    threading.Timer(0.2, llm.gate.set).start()
    restart(mode, pause=1.0)
    said = process.communicate(timeout=180)
    assert process.returncode == 0, said
    check(office, llm, CALLS + 20)


def test_a_database_that_stays_away_ends_the_run_in_one_line_and_the_next_finishes_it(
    routed, llm, library, restart, private, monkeypatch
):
    office = routed(max_in_flight=8, settings_={"unknown_grace": 0.0})
    library.figures(24)
    monkeypatch.setattr(concurrency, "TRIES", (0.05,))
    llm.gate.clear()

    def stop():
        wait_for(lambda: llm.in_flight == 8)
        private.stop()
        llm.gate.set()

    away = threading.Thread(target=stop)
    away.start()
    port = int(private._running()["port"])
    with pytest.raises(OperationalError):
        office.run(caption)
    away.join()
    assert len(list((office.settings.home_dir / FOLDER).iterdir())) == len(llm.bill) == 8
    monkeypatch.setattr(embedded, "free_port", lambda: port)
    private.url()
    office.run(caption)
    check(office, llm, 24)


def test_a_restart_takes_no_process_for_dead(routed, llm, library, restart, monkeypatch):
    """The lock that says that a process lives goes with the server; the process takes it again, others wait that long."""
    office = routed(settings_={"unknown_grace": 2.0})
    library.figures(3)
    monkeypatch.setattr(lanes, "WATCH", 0.05)
    llm.gate.clear()
    one = threading.Thread(target=office.run, args=(caption,))
    one.start()
    wait_for(lambda: llm.in_flight == 3)
    # The grace of these attempts is over, but not that of the server.
    time.sleep(2.1)
    restart()
    other = threading.Thread(target=office.run, args=(caption,))
    other.start()
    time.sleep(2.5)
    assert llm.in_flight == 3
    llm.gate.set()
    one.join(60)
    other.join(60)
    check(office, llm, 3)


def test_the_lock_of_a_run_is_taken_again_once(ledger, restart):
    run = Run.start(ledger, RunIdentity.of_command("caption"))

    def alive():
        with ledger.begin() as connection:
            return connection.exec_driver_sql(f"SELECT omnisci.owner_alive({run.owner})").scalar()

    assert alive()
    run.hold()
    restart()
    assert not alive()
    for _ in range(2):
        run.hold()
        assert alive()
    run.finish("done")
    # The server sees that the connection is gone, but not at once.
    wait_for(lambda: not alive())


@contextmanager
def losing(monkeypatch, owner, name, times):
    """The connection breaks once a transaction of a method is committed, at these times that it is called."""
    whole, begin = getattr(owner, name), Ledger.begin
    calls, here = itertools.count(1), threading.local()

    @contextmanager
    def begun(self):
        with begin(self) as connection:
            yield connection
        if getattr(here, "broken", False):
            here.broken = False
            raise OperationalError("COMMIT", {}, Exception("server closed the connection unexpectedly"))

    def cut(self, *args, **options):
        here.broken = next(calls) in times
        try:
            return whole(self, *args, **options)
        finally:
            here.broken = False

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "begin", begun)
        patch.setattr(owner, name, cut)
        patch.setattr(concurrency, "TRIES", (0.01, 0.01))
        yield


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (CallDesk, "claim"), (CallDesk, "settle"), (CallDesk, "adopt"), (CallDesk, "take_in"),
        (Clerk, "_candidates"), (Clerk, "_take"), (Clerk, "_plan"),
    ],
    ids=lambda one: getattr(one, "__name__", one),
)  # fmt: skip
def test_a_connection_that_breaks_after_a_commit_changes_nothing(owner, name, routed, llm, library, monkeypatch):
    office = routed(max_in_flight=3, settings_={"unknown_grace": 60.0})
    library.figures(10)
    library.figures(2)
    with losing(monkeypatch, owner, name, {1, 3, 4}):
        counts = office.run(caption)
    assert counts["figures"] == 12
    assert (counts["attempts"], counts["waiting"], counts["failed"]) == (10, 0, 0)
    assert len(llm.bill) == 10
    assert office.rows("SELECT count(*) AS n FROM caption") == [{"n": 12}]
    assert office.rows("SELECT sum(unknown) AS n FROM spend") == [{"n": 0}]


@pytest.mark.parametrize("name", ["_write", "_states", "_read"])
def test_questions_outlast_a_connection_that_breaks_after_a_commit(name, routed, llm, monkeypatch):
    office = routed(max_in_flight=3, settings_={"unknown_grace": 60.0})
    judge = prompts.parse(JUDGE, "judge")
    asked = [Question("judge", "main", judge, f"Question {n}.", None) for n in range(10)]
    with losing(monkeypatch, asking._Register, name, {1}):
        replies = office.run(lambda context: asking.asker(context, load(context.settings))(asked))
    assert [reply.state for reply in replies] == ["answered"] * 10
    assert len(llm.bill) == 10
    assert office.rows("SELECT sum(unknown) AS n FROM spend") == [{"n": 0}]


def test_a_copy_that_the_server_cuts_off_is_told_as_any_statement(ledger):
    def cut(connection, cursor, statement, *_):
        if statement.startswith("CREATE TEMPORARY TABLE"):
            pid = cursor.connection.info.backend_pid
            with Ledger(ledger.url).engine.connect() as other:
                other.exec_driver_sql(f"SELECT pg_terminate_backend({pid}, 5000)")

    event.listen(ledger.engine, "after_cursor_execute", cut)
    with pytest.raises(OperationalError, match="COPY"), ledger.begin() as connection:
        copy_into(connection, "some_stage", {"n": "bigint"}, [(1,)])
    with ledger.begin() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar() == 1
