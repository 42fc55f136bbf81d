from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from omnisci_etl.config import load
from omnisci_etl.errors import ConfigError, ServiceError
from omnisci_etl.scheduling import launcher
from omnisci_etl.scheduling.launcher import Component, Components, up
from omnisci_etl.scheduling.processes import members

SLEEP = "import time; time.sleep(60)"


def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not happen"
        time.sleep(0.02)


def test_a_port_in_use_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=rf"port {port} is in use: .*--port"):
            up(load(), port=port)
    assert not (tmp_path / ".omnisci" / "postgres").exists()


def test_a_second_up_of_the_same_home_is_refused_and_names_the_first(tmp_path: Path) -> None:
    home = tmp_path / ".omnisci" / "airflow"
    with launcher._only_one(home), pytest.raises(ConfigError, match=rf"process {os.getpid()}\).*OMNISCI_HOME"):
        up(load(), port=1)
    with launcher._only_one(home):
        assert (home / "up.lock").read_text() == str(os.getpid())


def test_signals_stop_and_are_given_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with launcher._stop_signals() as stop:
        assert not stop.is_set()
        os.kill(os.getpid(), signal.SIGTERM)
        until(stop.is_set)
    assert signal.getsignal(signal.SIGTERM) is before


def test_pauses_grow_until_a_component_has_been_steady(monkeypatch: pytest.MonkeyPatch) -> None:
    component = Component("scheduler")
    component.started = time.monotonic()
    assert [component.plan_restart() for _ in range(4)] == [1, 2, 4, 8]
    component.started = time.monotonic() - launcher.STEADY_SECONDS - 1
    assert component.plan_restart() == 1


class Stand:
    """Components whose commands are small Python programs."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.messages: list[str] = []
        self.programs = dict.fromkeys(launcher.COMPONENTS, SLEEP)
        monkeypatch.setattr(launcher, "command_of", lambda name: [sys.executable, "-c", self.programs[name]])
        monkeypatch.setattr(launcher, "FIRST_PAUSE_SECONDS", 0.01)
        self.components = Components(os.environ, folder, self.messages.append)

    def process(self, name: str) -> subprocess.Popen[bytes]:
        component = next(component for component in self.components._all if component.name == name)
        assert component.process is not None
        return component.process

    def sessions(self) -> list[int]:
        return [self.process(name).pid for name in launcher.COMPONENTS]


@pytest.fixture
def stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stand]:
    made = Stand(tmp_path, monkeypatch)
    yield made
    made.components.stop()


def test_what_ends_is_started_again_and_said(stand: Stand) -> None:
    stand.components.start()
    first = stand.process("dag-processor")
    first.kill()
    first.wait()
    stand.components.check()
    assert stand.messages == ["the dag-processor ended with exit code -9; starting it again in 0.01 s"]
    time.sleep(0.02)
    stand.components.check()
    assert stand.process("dag-processor").pid != first.pid
    assert len(members(stand.sessions())) == 3


def test_the_rest_of_a_dead_components_session_ends_before_it_starts_again(stand: Stand) -> None:
    stand.programs["scheduler"] = f"import os\nif os.fork() == 0:\n    {SLEEP}\nopen('forked', 'w')\n{SLEEP}"
    stand.components.start()
    scheduler = stand.process("scheduler")
    until((stand.folder / "forked").exists)
    scheduler.kill()
    scheduler.wait()
    assert len(members([scheduler.pid])) == 1
    stand.components.check()
    assert members([scheduler.pid]) == []


def test_a_component_that_keeps_ending_ends_it_all_with_the_place_of_its_log(stand: Stand) -> None:
    stand.programs["api-server"] = "raise SystemExit(3)"
    stand.components.start()

    def check_on() -> None:
        give_up = time.monotonic() + 20
        while time.monotonic() < give_up:
            stand.components.check()
            time.sleep(0.01)

    with pytest.raises(ServiceError, match=r"the api-server keeps ending \(exit code 3\): see .*api-server\.log"):
        check_on()
    assert len(stand.messages) == launcher.MOST_RESTARTS


def test_stopping_ends_every_session_and_the_watchdog(stand: Stand) -> None:
    stand.components.guard(None)
    stand.components.start()
    sessions = stand.sessions()
    assert len(members(sessions)) == 3
    stand.components.stop()
    assert members(sessions) == []
    assert stand.components._watchdog is not None
    assert stand.components._watchdog.poll() == 0


def test_logs_of_the_last_time_are_kept_once(stand: Stand) -> None:
    logs = stand.folder / "logs"
    logs.mkdir()
    for text in ("first", "second"):
        (logs / "scheduler.log").write_text(text)
        stand.components.keep_old_logs()
    assert sorted(path.name for path in logs.iterdir()) == ["scheduler.log.1"]
    assert (logs / "scheduler.log.1").read_text() == "second"


KILLED_LAUNCHER = f"""
import os, sys, time
from pathlib import Path
from omnisci_etl.scheduling import launcher
launcher.command_of = lambda name: [sys.executable, "-c", {SLEEP!r}]
components = launcher.Components(os.environ, Path.cwd(), print)
components.guard(None)
components.start()
print(*[component.process.pid for component in components._all], flush=True)
time.sleep(60)
"""


def test_components_end_with_a_launcher_that_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED_LAUNCHER]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as killed:
        assert killed.stdout is not None
        sessions = [int(pid) for pid in killed.stdout.readline().split()]
        try:
            assert len(members(sessions)) == 3
            killed.kill()
            killed.wait()
            until(lambda: members(sessions) == [], seconds=20)
        finally:
            for member in members(sessions):
                os.kill(member, signal.SIGKILL)
