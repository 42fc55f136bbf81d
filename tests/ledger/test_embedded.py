"""The embedded server: started on demand, shared, safe to kill."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg2
import pytest

from omnisci_etl.errors import ConfigError
from omnisci_etl.ledger.embedded import EmbeddedServer, Launch, find_binaries


@pytest.fixture
def own(tmp_path: Path) -> Iterator[EmbeddedServer]:
    """A server of this test alone, in a folder that nobody else may enter."""
    tmp_path.chmod(0o700)
    server = EmbeddedServer(tmp_path / "postgres")
    yield server
    server.stop()


def connect(url: str) -> psycopg2.extensions.connection:
    return psycopg2.connect(url.replace("postgresql+psycopg2", "postgresql"))


def test_starts_on_demand_and_is_found_again(own: EmbeddedServer) -> None:
    assert not own.is_running()
    url = own.url()
    assert "@127.0.0.1:" in url
    assert EmbeddedServer(own.folder).url() == url
    with connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('listen_addresses'), current_setting('unix_socket_directories')")
        assert cursor.fetchone() == ("127.0.0.1", "")


def test_password_is_private_and_wanted(own: EmbeddedServer) -> None:
    url = own.url()
    password_file = own.folder / "password"
    assert stat.S_IMODE(password_file.stat().st_mode) == 0o600
    password = password_file.read_text()
    with pytest.raises(psycopg2.OperationalError, match="password"):
        connect(url.replace(password, "wrong"))


def test_survives_kill_minus_nine(own: EmbeddedServer) -> None:
    with connect(own.url()) as connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE kept AS SELECT 7 AS value")
    pid = int((own.data / "postmaster.pid").read_text().splitlines()[0])
    os.kill(pid, signal.SIGKILL)
    with connect(own.url()) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT value FROM kept")
        assert cursor.fetchone() == (7,)


def test_many_processes_start_one_server(own: EmbeddedServer) -> None:
    code = (
        "import sys; from pathlib import Path; from omnisci_etl.ledger.embedded import EmbeddedServer;"
        "print(EmbeddedServer(Path(sys.argv[1]), fast=True).url())"
    )
    children = [
        subprocess.Popen([sys.executable, "-c", code, str(own.folder)], stdout=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    urls = {child.communicate(timeout=60)[0].strip() for child in children}
    assert urls == {own.url()}


def test_stop_says_whether_there_was_one(own: EmbeddedServer) -> None:
    assert own.stop() is False
    own.url()
    assert own.stop() is True
    give_up = time.monotonic() + 5
    while own.is_running() and time.monotonic() < give_up:
        time.sleep(0.05)
    assert not own.is_running()


def test_data_folder_is_not_opened_to_others(own: EmbeddedServer, tmp_path: Path) -> None:
    own.url()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700
    assert stat.S_IMODE(own.data.stat().st_mode) == 0o700


def test_configured_binaries_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="OMNISCI_PG_BIN"):
        find_binaries(tmp_path)


def test_configured_binaries_win(tmp_path: Path) -> None:
    (tmp_path / "initdb").touch()
    assert find_binaries(tmp_path) == tmp_path


@pytest.fixture
def without_namespaces(monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine that has no user namespaces; the folder of its binaries."""
    if os.geteuid() != 0:
        pytest.skip("only root can drop its rights")
    binaries = find_binaries(None)
    if not all(os.stat(p).st_mode & stat.S_IXOTH for p in (binaries, *binaries.parents)):
        pytest.skip("the binaries lie where nobody may not go")
    monkeypatch.setattr("omnisci_etl.ledger.embedded.shutil.which", lambda _: None)
    return binaries


def test_without_namespaces_the_data_belongs_to_nobody(without_namespaces: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "pg"
        Path(folder).chmod(0o755)
        server = EmbeddedServer(home, pg_bin=without_namespaces, fast=True)
        home.mkdir(mode=0o755)
        try:
            with connect(server.url()) as connection, connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            assert server.data.stat().st_uid == 65534
            assert home.stat().st_uid == 0
        finally:
            server.stop()


def test_a_home_that_nobody_may_enter_is_a_setting_to_mend(without_namespaces: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o700)
        with pytest.raises(ConfigError, match="OMNISCI_HOME"):
            EmbeddedServer(Path(folder) / "pg", pg_bin=without_namespaces, fast=True).url()


def test_launch_keeps_no_libpq_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "elsewhere")
    log = tmp_path / "log"
    with open(log, "wb") as handle:
        assert Launch().run([sys.executable, "-c", "import os; print('PGHOST' in os.environ)"], handle) == 0
    assert log.read_text().strip() == "False"
