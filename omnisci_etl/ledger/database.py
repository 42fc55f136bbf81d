"""Connections to the ledger, SQL kept in files, and bulk loading by COPY."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import Any

import psycopg2
from sqlalchemy import Connection, Engine, TextClause, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from omnisci_etl.config import Settings
from omnisci_etl.errors import ConfigError, ServiceError
from omnisci_etl.ledger import revisions
from omnisci_etl.ledger.copying import csv_line, dumps
from omnisci_etl.ledger.embedded import EmbeddedServer

__all__ = ["Ledger", "Row", "copy_into", "copy_lines", "database_url", "dumps", "embedded_server", "reason", "sql"]

Row = Mapping[str, Any]


def embedded_server(settings: Settings) -> EmbeddedServer:
    """The embedded server of this home."""
    return EmbeddedServer(settings.home_dir / "postgres", pg_bin=settings.pg_bin)


def database_url(settings: Settings) -> URL:
    """The ledger's URL with the driver named; starts the embedded server where no other is configured."""
    if settings.database_url is None:
        return make_url(embedded_server(settings).url())
    url = make_url(settings.database_url.get_secret_value())
    return url.set(drivername="postgresql+psycopg2")


class Ledger:
    """The provenance database. Every connection works as omnisci_writer, or as omnisci_reader where said."""

    def __init__(self, url: URL | str, *, pool_size: int = 5) -> None:
        self.url = make_url(url)
        self.engine: Engine = create_engine(
            self.url, pool_size=pool_size, max_overflow=20, pool_pre_ping=True, json_serializer=dumps,
            connect_args={"application_name": "omnisci", "connect_timeout": 10},
        )  # fmt: skip
        event.listen(self.engine, "connect", _prepare)

    @classmethod
    def open(cls, settings: Settings) -> Ledger:
        """The configured ledger. Raises ServiceError when it is not reachable, ConfigError when it is behind the code.

        The embedded server is ours alone, so its schema is brought up to date here.
        """
        ledger = cls(database_url(settings))
        try:
            if revisions.current(ledger) != revisions.head():
                if settings.database_url is not None:
                    raise ConfigError("the database's schema is not the one this code needs: run `omnisci db upgrade`")
                from omnisci_etl.ledger import migrate

                migrate.upgrade(ledger)
        except OperationalError as error:
            raise ServiceError(f"the database is not reachable: {reason(error)}") from None
        return ledger

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction as omnisci_writer: committed at the end, rolled back on an error."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql("SET LOCAL ROLE omnisci_writer")
            yield connection

    @contextmanager
    def read(self, *, timeout_s: float = 60.0) -> Iterator[Connection]:
        """A read-only transaction as omnisci_reader, cancelled after timeout_s seconds a statement."""
        with self.engine.connect() as connection:
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            connection.exec_driver_sql("SET LOCAL ROLE omnisci_reader")
            connection.exec_driver_sql(f"SET LOCAL statement_timeout = {int(timeout_s * 1000)}")
            yield connection
            connection.rollback()

    def close(self) -> None:
        """Gives the connections back."""
        self.engine.dispose()


def _prepare(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET search_path = omnisci, public")
        cursor.execute("SET TIME ZONE 'UTC'")
    connection.commit()


def reason(error: DBAPIError) -> str:
    """The driver's message in one line; it never holds the password."""
    return " ".join(str(error.orig).split())


@cache
def sql(package: str, name: str) -> TextClause:
    """The statement in the file `name`.sql of a package's folder: one statement a file, parameters as :name."""
    return text(files(package).joinpath(f"{name}.sql").read_text(encoding="utf-8"))


def copy_into(connection: Connection, table: str, columns: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> int:
    """Loads rows by COPY into a temporary table that lives until the end of the transaction; their number.

    columns maps names to SQL types, in the order of the rows' values. dict and list values of jsonb
    columns are written as JSON, lists of other columns as arrays.
    """
    types = list(columns.values())
    lines = [csv_line(row, types) for row in rows]
    copy_lines(connection, table, columns, "".join(lines).encode("utf-8", "replace"))
    return len(lines)


def copy_lines(connection: Connection, table: str, columns: Mapping[str, str], lines: bytes) -> None:
    """Loads the lines that csv_line gave, as copy_into does."""
    definition = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
    connection.exec_driver_sql(f'DROP TABLE IF EXISTS pg_temp."{table}"')
    connection.exec_driver_sql(f'CREATE TEMPORARY TABLE "{table}" ({definition}) ON COMMIT DROP')
    driver: Any = connection.connection.driver_connection
    statement = f'COPY pg_temp."{table}" FROM STDIN (FORMAT csv)'
    try:
        with driver.cursor() as cursor:
            cursor.copy_expert(statement, io.BytesIO(lines))
    except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
        # As SQLAlchemy says it of every other statement.
        if driver.closed:
            connection.invalidate(error)
        raise OperationalError(statement, {}, error) from None
