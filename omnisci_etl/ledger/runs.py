"""Runs: who writes. Each command or task try is a row, and holds an advisory lock while it lives."""

from __future__ import annotations

import os
import secrets
import subprocess
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from omnisci_etl import __version__
from omnisci_etl.ledger.database import Ledger, dumps, sql


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """What Airflow calls this try; outside Airflow dag_id is "cli" and run_id generated."""

    dag_id: str
    run_id: str
    task_id: str
    map_index: int = -1
    try_number: int = 1

    @classmethod
    def of_command(cls, command: str) -> RunIdentity:
        """The identity of a command line run."""
        stamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        return cls("cli", f"cli__{stamp}__{uuid.uuid4().hex[:8]}", command)


@cache
def code_version() -> str:
    """The package's version, with the commit it runs from where that can be known."""
    commit = os.environ.get("OMNISCI_COMMIT") or _git_commit()
    return f"{__version__}+{commit}" if commit else __version__


def _git_commit() -> str:
    root = Path(__file__).resolve().parents[2]
    if not (root / ".git").exists():
        return ""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"],
            capture_output=True, text=True, timeout=10, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()


class Run:
    """A started run. owner is the number of the advisory lock that says that this process lives."""

    def __init__(self, ledger: Ledger, key: int, identity: RunIdentity, owner: int, lock: Connection) -> None:
        self.key = key
        self.identity = identity
        self.owner = owner
        self._ledger = ledger
        self._lock = lock
        self._taking = threading.Lock()

    @classmethod
    def start(cls, ledger: Ledger, identity: RunIdentity, config: Mapping[str, Any] | None = None) -> Run:
        """Writes the run's row (a second start of the same try finds it) and takes the lock of a fresh owner."""
        parameters = {
            "dag_id": identity.dag_id, "run_id": identity.run_id, "task_id": identity.task_id,
            "map_index": identity.map_index, "try_number": identity.try_number,
            "code_version": code_version(), "config": dumps(dict(config or {})),
        }  # fmt: skip
        with ledger.begin() as connection:
            key = connection.execute(sql("omnisci_etl.ledger.sql", "start_run"), parameters).scalar_one()
        return cls.join(ledger, int(key), identity)

    @classmethod
    def join(cls, ledger: Ledger, key: int, identity: RunIdentity) -> Run:
        """A started run in this process, with the lock of a fresh owner."""
        owner = secrets.randbits(62) or 1
        return cls(ledger, key, identity, owner, _lock(ledger, owner))

    def hold(self) -> None:
        """Takes the lock again where a restart of the database took it."""
        with self._taking:
            with self._ledger.begin() as connection:
                held = connection.execute(text("SELECT omnisci.owner_alive(:owner)"), {"owner": self.owner}).scalar()
            if not held:
                lost, self._lock = self._lock, _lock(self._ledger, self.owner)
                lost.invalidate()
                lost.close()

    def finish(self, outcome: str, counts: Mapping[str, Any] | None = None, error: str | None = None) -> None:
        """Writes how it ended (done, left-over, failed) and lets the lock go."""
        parameters = {"run_key": self.key, "outcome": outcome, "counts": dumps(dict(counts or {})), "error": error}
        with self._ledger.begin() as connection:
            connection.execute(sql("omnisci_etl.ledger.sql", "end_run"), parameters)
        self.rest()

    def rest(self) -> None:
        """Lets the lock go without an end: the same try goes on later, in another process."""
        self._lock.invalidate()
        self._lock.close()


def _lock(ledger: Ledger, owner: int) -> Connection:
    """A connection that holds the lock of an owner for as long as it lasts."""
    connection = ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
    connection.execute(text("SELECT pg_advisory_lock(:owner)"), {"owner": owner})
    return connection
