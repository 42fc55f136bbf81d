"""Which revision the schema is at, and which the code needs. Every command asks: Alembic would take it 0.2 s."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import text

if TYPE_CHECKING:
    from omnisci_etl.ledger.database import Ledger


def current(ledger: Ledger) -> str | None:
    """The revision of the database, None where it has none."""
    with ledger.engine.connect() as connection:
        if connection.scalar(text("SELECT to_regclass('omnisci.alembic_version')")) is None:
            return None
        revision: str | None = connection.scalar(text("SELECT version_num FROM omnisci.alembic_version"))
        return revision


def head() -> str:
    """The newest revision of the code: its files are named by their revisions, which count up."""
    versions = files("omnisci_etl.ledger").joinpath("migrations", "versions")
    return max(file.name.partition("_")[0] for file in versions.iterdir() if file.name.endswith(".sql"))
