"""Shared fixtures: one embedded server a session (per worker), a fresh ledger database per test from a template."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import make_url

from omnisci_etl.config import Settings
from omnisci_etl.context import Context
from omnisci_etl.ledger import migrate
from omnisci_etl.ledger.blobs import BlobStore
from omnisci_etl.ledger.database import Ledger
from omnisci_etl.ledger.embedded import EmbeddedServer
from omnisci_etl.ledger.runs import Run, RunIdentity

ROOT = Path(__file__).resolve().parent.parent
REALDATA = Path(os.environ.get("OMNISCI_REALDATA", ROOT.parent / "shared" / "data" / "real"))
_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not REALDATA.is_dir():
        skip = pytest.mark.skip(reason=f"no real documents at {REALDATA}: set OMNISCI_REALDATA")
        for item in items:
            if "realdata" in item.keywords:
                item.add_marker(skip)


@pytest.fixture(scope="session")
def realdata() -> Path:
    """The folder of real documents."""
    return REALDATA


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tests see no OMNISCI_ variable and no .env file of the person who runs them."""
    for name in list(os.environ):
        if name.startswith("OMNISCI_") and name not in ("OMNISCI_REALDATA", "OMNISCI_PG_BIN"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """A running server without durability; its template database has the newest schema."""
    folder = Path(tempfile.mkdtemp(prefix="omnisci-test-pg-"))
    running = EmbeddedServer(folder / "postgres", fast=True)
    template = Ledger(running.create_database("template_ledger"))
    migrate.upgrade(template)
    template.close()
    yield running
    running.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(server: EmbeddedServer) -> Iterator[str]:
    """The URL of a fresh, migrated database."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    admin = create_engine(make_url(server.url("postgres")), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template_ledger")
    yield server.url(name)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


@pytest.fixture
def ledger(database: str) -> Iterator[Ledger]:
    """An open ledger on a fresh database."""
    opened = Ledger(database)
    yield opened
    opened.close()


@pytest.fixture
def settings(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a fresh home and database, in the environment too, so that commands see the same."""
    monkeypatch.setenv("OMNISCI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OMNISCI_DATABASE_URL", database)
    return Settings()  # type: ignore[call-arg]


@pytest.fixture
def context(settings: Settings, ledger: Ledger) -> Iterator[Context]:
    """The surroundings of a stage, under a run of its own."""
    run = Run.start(ledger, RunIdentity.of_command("test"))
    yield Context(settings, ledger, BlobStore(settings.blob_url), run)
    run.finish("done")
