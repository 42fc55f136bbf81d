"""Migrations: upgrade, downgrade, and keeping the enumerated statuses in step with the code."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from omnisci_etl.errors import ServiceError
from omnisci_etl.ledger.database import Ledger, copy_into, reason, sql
from omnisci_etl.ledger.revisions import current, head
from omnisci_etl.ledger.statuses import statuses

# Two processes that upgrade at once take turns.
UPGRADE_LOCK = 0x6F6D6E69


def upgrade(ledger: Ledger) -> str:
    """Brings the schema to the newest revision; its name. Does nothing where it is there already."""
    try:
        with ledger.engine.begin() as connection:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({UPGRADE_LOCK})")
            connection.exec_driver_sql("CREATE SCHEMA IF NOT EXISTS omnisci")
            command.upgrade(_config(connection), "head")
            _sync_statuses(connection)
    except OperationalError as error:
        raise ServiceError(f"the database is not reachable: {reason(error)}") from None
    return head()


def downgrade(ledger: Ledger, steps: int = 1) -> str | None:
    """Takes back the newest revisions; the revision that stands after it."""
    with ledger.engine.begin() as connection:
        command.downgrade(_config(connection), f"-{steps}")
    return current(ledger)


def _sync_statuses(connection: Connection) -> None:
    columns = {
        "slug": "text", "stage": "text", "class": "text",
        "retryable": "boolean", "billable": "boolean", "uncertain": "boolean", "explanation": "text",
    }  # fmt: skip
    copy_into(connection, "status_stage", columns, statuses())
    connection.execute(sql("omnisci_etl.ledger.sql", "sync_statuses"))


def _folder() -> Path:
    return Path(str(files("omnisci_etl.ledger").joinpath("migrations")))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_folder()))
    config.attributes["connection"] = connection
    return config
