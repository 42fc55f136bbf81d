"""`omnisci up`: database, migrations and Airflow's components as child sessions, watched until a signal."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import FrameType

from omnisci_etl.config import Settings
from omnisci_etl.errors import ConfigError, OmnisciError, ServiceError
from omnisci_etl.ledger import migrate
from omnisci_etl.ledger.database import Ledger, database_url, embedded_server
from omnisci_etl.scheduling.client import AirflowClient
from omnisci_etl.scheduling.environment import USER, Secrets, airflow_environment, airflow_home, metadata_url
from omnisci_etl.scheduling.processes import GRACE_SECONDS, end_sessions, start

# Task logs are read from disk, so nothing serves them.
COMPONENTS = {
    "scheduler": ("scheduler", "--skip-serve-logs"),
    "dag-processor": ("dag-processor",),
    "api-server": ("api-server", "--workers", "1"),
}
# Only tasks that wait for the vendors' batches need it, so it does not delay the others' start.
LATER = {"triggerer": ("triggerer", "--skip-serve-logs")}
FIRST_DAG = "ingest_folder"
START_SECONDS = 300.0
STEADY_SECONDS = 60.0
MOST_RESTARTS = 5
FIRST_PAUSE_SECONDS = 1.0
SERVER_CHECK_SECONDS = 5.0
# It has nothing left to do by then, but may take long over tidying up.
API_GRACE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Access:
    """How to get in, and where the logs are."""

    url: str
    user: str
    password: str
    logs: Path


def up(
    settings: Settings,
    *,
    port: int = 8080,
    on_ready: Callable[[Access], None] | None = None,
    on_message: Callable[[str], None] | None = None,
) -> int:
    """Runs everything until SIGINT or SIGTERM, then ends it; 0. Only the main thread may call it.

    on_ready is called once, when a DAG can be triggered; on_message with a line when something noteworthy
    happens later. Raises ConfigError where the port is taken or the home already has an `up`, and
    ServiceError where a component keeps ending or the database is gone; nothing is left running then either.
    """
    home = airflow_home(settings)
    with ExitStack() as stack:
        stack.enter_context(_only_one(home))
        _check_port(port)
        stop = stack.enter_context(_stop_signals())
        owned = settings.database_url is None and not embedded_server(settings).is_running()
        if owned:
            stack.callback(embedded_server(settings).stop)
        _migrate_ledger(settings)
        environment = airflow_environment(settings, database=metadata_url(settings), port=port)
        components = Components(environment, home, on_message or _ignore)
        stack.callback(components.stop)
        components.keep_old_logs()
        components.guard(embedded_server(settings).folder if owned else None)
        components.prepare(stop)
        access = Access(f"http://127.0.0.1:{port}", USER, Secrets.of_home(home).password, home / "logs")
        if _until_ready(components, access, stop):
            if on_ready:
                on_ready(access)
            components.start_later()
        _watch(components, settings, stop)
    return 0


def command_of(component: str) -> list[str]:
    """How a component is started."""
    return [sys.executable, "-P", "-m", "airflow", *(COMPONENTS | LATER)[component]]


def _ignore(_message: str) -> None:
    return


@contextmanager
def _only_one(home: Path) -> Iterator[None]:
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    with open(home / "up.lock", "a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            raise ConfigError(
                f"`omnisci up` already runs in {home.parent} (process {handle.read().strip()}): "
                "stop it, or choose another OMNISCI_HOME"
            ) from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise ConfigError(
                f"port {port} is in use: stop what listens there, or choose another with --port"
            ) from None


@contextmanager
def _stop_signals() -> Iterator[threading.Event]:
    stop = threading.Event()

    def handler(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _migrate_ledger(settings: Settings) -> None:
    ledger = Ledger(database_url(settings))
    try:
        migrate.upgrade(ledger)
    finally:
        ledger.close()


class Component:
    """One process of Airflow, with the history that decides how soon it may be started again."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.quick_ends = 0
        self.restart_at: float | None = None

    def ended(self) -> int | None:
        """The exit code, where the process has just been found dead."""
        if self.process is None or self.restart_at is not None:
            return None
        return self.process.poll()

    def plan_restart(self) -> float:
        """Notes the end of the process; seconds until the next start."""
        steady = time.monotonic() - self.started > STEADY_SECONDS
        self.quick_ends = 1 if steady else self.quick_ends + 1
        delay = FIRST_PAUSE_SECONDS * 2.0 ** (self.quick_ends - 1)
        self.restart_at = time.monotonic() + delay
        return delay


class Components:
    """Airflow's processes of one `up`, each the leader of a session, and the watchdog that outlives us."""

    def __init__(self, environment: Mapping[str, str], home: Path, tell: Callable[[str], None]) -> None:
        self._environment = environment
        self._home = home
        self._tell = tell
        self._all = [Component(name) for name in COMPONENTS]
        self._watchdog: subprocess.Popen[str] | None = None

    def keep_old_logs(self) -> None:
        """Renames the logs of the last time, so that no more than two times of logs are kept."""
        for name in (*COMPONENTS, *LATER, "prepare", "watchdog"):
            log = self._log(name)
            if log.exists():
                log.replace(log.with_suffix(".log.1"))

    def guard(self, server: Path | None) -> None:
        """Starts the watchdog; server is the folder of the embedded server, where it ends with us."""
        command = [sys.executable, "-P", "-m", "omnisci_etl.scheduling.watchdog", *([str(server)] if server else [])]
        with open(self._log("watchdog"), "ab") as output:
            self._watchdog = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=output, stderr=output, cwd=self._home, text=True,
                env=dict(self._environment), start_new_session=True,
            )  # fmt: skip

    def prepare(self, stop: threading.Event) -> None:
        """Migrates Airflow's metadata and makes the pools. Raises ServiceError where that fails."""
        command = [sys.executable, "-P", "-m", "omnisci_etl.scheduling.metadata"]
        log = self._log("prepare")
        process = start(command, environment=self._environment, folder=self._home, log=log)
        self._note("+", process)
        while process.poll() is None and not stop.wait(0.05):
            pass
        if process.poll() is None:
            end_sessions([process.pid], reap=process.poll)
        self._note("-", process)
        if process.returncode and not stop.is_set():
            raise ServiceError(f"Airflow's database could not be prepared: see {log}")

    def start(self) -> None:
        """Starts every component."""
        for component in self._all:
            self._start(component)

    def start_later(self) -> None:
        """Starts what nobody waits for."""
        for component in map(Component, LATER):
            self._all.append(component)
            self._start(component)

    def check(self) -> None:
        """Starts again what has ended, with growing pauses. Raises ServiceError where one keeps ending."""
        for component in self._all:
            code = component.ended()
            if code is not None:
                self._bury(component, code)
            elif component.restart_at is not None and time.monotonic() >= component.restart_at:
                self._start(component)

    def stop(self) -> None:
        """Ends every session, the api-server's last: a task that is told to end reports to it. Then the watchdog."""
        for last, grace in ((False, GRACE_SECONDS), (True, API_GRACE_SECONDS)):
            running = [c.process for c in self._all if c.process is not None and (c.name == "api-server") == last]
            end_sessions([p.pid for p in running], grace_s=grace, reap=partial(_reap, running))
        if self._watchdog is not None:
            self._say("done")
            self._watchdog.communicate()

    def _start(self, component: Component) -> None:
        log = self._log(component.name)
        command = command_of(component.name)
        component.process = start(command, environment=self._environment, folder=self._home, log=log)
        component.started = time.monotonic()
        component.restart_at = None
        self._note("+", component.process)

    def _bury(self, component: Component, code: int) -> None:
        """What is left of the session ends too: a dead scheduler's workers would wait for work for ever."""
        assert component.process is not None
        end_sessions([component.process.pid])
        self._note("-", component.process)
        delay = component.plan_restart()
        if component.quick_ends > MOST_RESTARTS:
            raise ServiceError(f"the {component.name} keeps ending (exit code {code}): see {self._log(component.name)}")
        self._tell(f"the {component.name} ended with exit code {code}; starting it again in {delay:g} s")

    def _note(self, sign: str, process: subprocess.Popen[bytes]) -> None:
        self._say(f"{sign}{process.pid}")

    def _say(self, line: str) -> None:
        if self._watchdog is not None and self._watchdog.stdin is not None and self._watchdog.poll() is None:
            self._watchdog.stdin.write(line + "\n")
            self._watchdog.stdin.flush()

    def _log(self, name: str) -> Path:
        folder = self._home / "logs"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{name}.log"


def _reap(processes: Iterable[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.poll()


def _until_ready(components: Components, access: Access, stop: threading.Event) -> bool:
    """Starts, and waits until the components are healthy and the DAGs known; False where a signal came first."""
    if not stop.is_set():
        components.start()
    client = AirflowClient(access.url, access.password, access.user)
    give_up = time.monotonic() + START_SECONDS
    while not stop.wait(0.2):
        components.check()
        missing = _missing(client)
        if not missing:
            return True
        if time.monotonic() > give_up:
            raise ServiceError(
                f"Airflow was not ready within {START_SECONDS:g} s ({missing}): see the logs in {access.logs}"
            )
    return False


def _missing(client: AirflowClient) -> str:
    """What Airflow still lacks before a DAG can be triggered; empty where nothing."""
    health = client.health()
    if not health:
        return "the api-server does not answer"
    sick = [part for part in ("metadatabase", "scheduler", "dag_processor") if health.get(part) != "healthy"]
    if sick:
        return f"not healthy: {', '.join(sick)}"
    try:
        return "" if FIRST_DAG in client.dag_ids() else f"the DAG {FIRST_DAG} is not parsed"
    except OmnisciError as error:
        return str(error)


def _watch(components: Components, settings: Settings, stop: threading.Event) -> None:
    next_check = time.monotonic() + SERVER_CHECK_SECONDS
    while not stop.wait(0.5):
        components.check()
        if settings.database_url is None and time.monotonic() >= next_check:
            next_check = time.monotonic() + SERVER_CHECK_SECONDS
            # Another start would choose another port, which these processes do not know.
            if not embedded_server(settings).is_running():
                raise ServiceError("the embedded PostgreSQL has stopped: run `omnisci up` again")
