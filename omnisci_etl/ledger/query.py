"""Reading the ledger for people: named queries, free read-only SQL, and the lineage of one caption."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from omnisci_etl.errors import ConfigError
from omnisci_etl.ledger.database import Ledger

_FOLDER = "omnisci_etl.ledger.queries"
_EXPORTED = re.compile(r"(\d+)[:/](.+)[:/](\d+)")
Rows = tuple[list[str], Sequence[Sequence[Any]]]


def named_queries() -> dict[str, str]:
    """Every named query with the line that says what it answers."""
    found = sorted(f.name for f in files(_FOLDER).iterdir() if f.name.endswith(".sql"))
    return {
        name.removesuffix(".sql").replace("_", "-"): _text(name).splitlines()[0].removeprefix("-- ") for name in found
    }


def _text(file_name: str) -> str:
    return files(_FOLDER).joinpath(file_name).read_text(encoding="utf-8")


def run_query(
    ledger: Ledger, query: str, parameters: Mapping[str, str] | None = None, *, timeout_s: float = 60.0
) -> Rows:
    """Columns and rows of a named query or of free SQL, read-only. Raises ConfigError for SQL that fails."""
    name = query.strip().replace("-", "_") + ".sql"
    if re.fullmatch(r"[\w-]+", query.strip()):
        if query.strip().replace("_", "-") not in named_queries():
            raise ConfigError(f"no query named {query!r}: `omnisci sql` lists them")
        statement = text(_text(name))
        wanted = set(statement._bindparams)
        given = dict(parameters or {})
        if unknown := set(given) - wanted:
            raise ConfigError(f"{query} has no parameter {', '.join(sorted(unknown))}")
        missing = wanted - set(given) - {"run_id"}
        if missing:
            raise ConfigError(f"{query} needs --param {' --param '.join(f'{m}=...' for m in sorted(missing))}")
        return _execute(ledger, statement, {"run_id": ""} | given if "run_id" in wanted else given, timeout_s)
    return _execute(ledger, None, query, timeout_s)


def _execute(ledger: Ledger, statement: Any, given: Any, timeout_s: float) -> Rows:
    try:
        with ledger.read(timeout_s=timeout_s) as connection:
            if statement is None:
                result = connection.exec_driver_sql(given.replace("%", "%%"))
            else:
                result = connection.execute(statement, given)
            if not result.returns_rows:
                raise ConfigError("the statement returns no rows; the ledger is read-only here")
            return list(result.keys()), [tuple(row) for row in result]
    except DBAPIError as error:
        raise ConfigError(f"SQL: {' '.join(str(error.orig).split())}") from None


def caption_of(ledger: Ledger, ident: str) -> tuple[int, dict[str, Any]]:
    """(caption id, where it was exported) of "17" or of an exported row "EXPORT:SHARD:ROW". Raises ConfigError."""
    if ident.isdigit():
        return int(ident), {}
    match = _EXPORTED.fullmatch(ident)
    if match is None:
        raise ConfigError(f"{ident!r} is neither a caption id nor an exported row EXPORT_ID:SHARD:ROW_NO")
    wanted = {"export_id": int(match[1]), "shard": match[2], "row_no": int(match[3])}
    with ledger.read() as connection:
        found = connection.execute(
            text("SELECT caption_id FROM export_row WHERE (export_id, shard, row_no) = (:export_id, :shard, :row_no)"),
            wanted,
        ).scalar()
    if found is None:
        raise ConfigError(f"no exported row {ident!r}")
    return int(found), wanted


def lineage(ledger: Ledger, ident: str) -> dict[str, Any]:
    """The lineage row of a caption or exported row with its exports. Raises ConfigError when there is none."""
    caption_id, exported = caption_of(ledger, ident)
    with ledger.read() as connection:
        row = (
            connection.execute(text("SELECT * FROM lineage WHERE caption_id = :id"), {"id": caption_id})
            .mappings()
            .first()
        )
        if row is None:
            raise ConfigError(f"there is no caption {caption_id}")
        exports = connection.execute(
            text("SELECT export_id, shard, row_no FROM export_row WHERE caption_id = :id ORDER BY export_id"),
            {"id": caption_id},
        ).mappings().all()  # fmt: skip
    return exported | dict(row) | {"exports": [dict(e) for e in exports]}
