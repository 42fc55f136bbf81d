"""How far discovery has come, per source and set. A cursor is written in the transaction that stores what it covers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from omnisci_etl.ledger.database import Ledger, dumps, sql

# What the first run ever looks back on.
FIRST_RUN = timedelta(days=2)
# Sources index late; each pass looks again at the last days of the one before.
OVERLAP = timedelta(days=2)
_SQL = "omnisci_etl.sources.sql"


def today() -> date:
    """The date in UTC."""
    return datetime.now(UTC).date()


def read_cursor(ledger: Ledger, source: str, set_spec: str = "") -> dict[str, Any]:
    """The stored position; its "from" is an ISO date. Before the first run it is a few days back."""
    with ledger.begin() as connection:
        parameters = {"source": source, "set_spec": set_spec}
        position = connection.execute(sql(_SQL, "cursor_read"), parameters).scalar()
    return dict(position) if position else {"from": (today() - FIRST_RUN).isoformat()}


def write_cursor(
    connection: Connection, run_key: int, source: str, position: Mapping[str, Any], set_spec: str = ""
) -> None:
    """Stores a position; the same position again writes nothing."""
    parameters = {"source": source, "set_spec": set_spec, "position": dumps(dict(position)), "run_key": run_key}
    connection.execute(sql(_SQL, "cursor_write"), parameters)


def next_from(position: Mapping[str, Any], reached: date) -> str:
    """The "from" of the pass after one that has reached a date; it never goes back."""
    return max(str(position["from"]), (reached - OVERLAP).isoformat())
