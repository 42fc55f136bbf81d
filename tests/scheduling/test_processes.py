from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from omnisci_etl.ledger.embedded import EmbeddedServer
from omnisci_etl.scheduling import processes
from omnisci_etl.scheduling.processes import end_sessions, members, start
from omnisci_etl.scheduling.watchdog import sessions_left

Spawn = Callable[[str], "subprocess.Popen[bytes]"]
IGNORES_TERM = "import signal, time; signal.signal(15, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
HAS_CHILD_IN_OTHER_GROUP = (
    "import os, time\nif os.fork() == 0:\n    os.setpgid(0, 0)\nprint('up', flush=True)\ntime.sleep(60)\n"
)


@pytest.fixture
def spawn(tmp_path: Path) -> Iterator[Spawn]:
    started: list[subprocess.Popen[bytes]] = []

    def run(code: str) -> subprocess.Popen[bytes]:
        log = tmp_path / f"{len(started)}.log"
        command = [sys.executable, "-c", code]
        started.append(start(command, environment=os.environ, folder=tmp_path, log=log))
        until(lambda: "up" in log.read_text())
        return started[-1]

    yield run
    for process in started:
        for member in members([process.pid]):
            os.kill(member, signal.SIGKILL)
        process.wait()


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not happen"
        time.sleep(0.02)


def test_a_session_ends_with_children_that_left_its_process_group(spawn: Spawn) -> None:
    process = spawn(HAS_CHILD_IN_OTHER_GROUP)
    until(lambda: len(members([process.pid])) == 2)
    groups = {os.getpgid(member) for member in members([process.pid])}
    assert len(groups) == 2
    end_sessions([process.pid], grace_s=5, reap=process.poll)
    assert members([process.pid]) == []
    assert process.poll() == -signal.SIGTERM


def test_what_ignores_the_polite_signal_is_killed_after_the_grace(spawn: Spawn) -> None:
    process = spawn(IGNORES_TERM)
    began = time.monotonic()
    end_sessions([process.pid], grace_s=0.3, reap=process.poll)
    assert 0.3 <= time.monotonic() - began < 4
    assert process.poll() == -signal.SIGKILL


def test_nothing_is_waited_for_where_nothing_runs() -> None:
    began = time.monotonic()
    end_sessions([], grace_s=5)
    end_sessions([2**22 - 1], grace_s=5)
    assert time.monotonic() - began < 0.5


def test_a_zombie_does_not_count_as_running(spawn: Spawn) -> None:
    process = spawn("print('up', flush=True)")
    until(lambda: members([process.pid]) == [])
    assert process.poll() == 0


def test_other_sessions_are_left_alone(spawn: Spawn) -> None:
    ended, other = spawn("print('up', flush=True); import time; time.sleep(60)"), spawn(IGNORES_TERM)
    end_sessions([ended.pid], grace_s=5, reap=ended.poll)
    assert members([other.pid]) == [other.pid]


def test_without_proc_the_leaders_are_what_is_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, spawn: Spawn
) -> None:
    monkeypatch.setattr(processes, "PROC", tmp_path / "no-proc")
    process = spawn(IGNORES_TERM)
    assert members([process.pid, 2**22 - 1]) == [process.pid]
    end_sessions([process.pid], grace_s=0.1, reap=process.poll)
    assert process.poll() == -signal.SIGKILL


def test_the_watchdog_knows_what_was_left() -> None:
    assert sessions_left(["+10\n", "+11\n", "-10\n"]) == {11}
    assert sessions_left(["+10\n", "done\n"]) is None
    assert sessions_left([]) == set()


def watchdog(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "omnisci_etl.scheduling.watchdog", *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, text=True, start_new_session=True)


def test_the_watchdog_ends_sessions_when_its_input_ends(spawn: Spawn) -> None:
    process = spawn(HAS_CHILD_IN_OTHER_GROUP)
    guard = watchdog()
    guard.communicate(f"+{process.pid}\n", timeout=30)
    assert guard.returncode == 0
    assert members([process.pid]) == []


def test_the_watchdog_leaves_all_alone_when_told_that_all_is_done(spawn: Spawn) -> None:
    process = spawn(IGNORES_TERM)
    guard = watchdog()
    guard.communicate(f"+{process.pid}\ndone\n", timeout=30)
    assert members([process.pid]) == [process.pid]


def test_the_watchdog_stops_the_embedded_server_that_it_was_given(tmp_path: Path) -> None:
    server = EmbeddedServer(tmp_path / "postgres", fast=True)
    server.url()
    try:
        watchdog(str(server.folder)).communicate("", timeout=60)
        assert not server.is_running()
    finally:
        server.stop()
