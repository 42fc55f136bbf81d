"""Commands that answer: sql, lineage, status."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from rich.table import Table

from omnisci_etl.cli.common import Json, escape, ledger, out, print_json, print_rows
from omnisci_etl.errors import ConfigError
from omnisci_etl.ledger import query as queries
from omnisci_etl.ledger.database import Ledger, dumps
from omnisci_etl.ledger.database import sql as sql_file


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    for function in (sql, lineage, status):
        app.command()(function)


def sql(
    query: Annotated[
        str | None, typer.Argument(help="A named query or SQL; without it the named queries are listed.")
    ] = None,
    param: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="Parameter of a named query.")] = None,
    timeout: Annotated[float, typer.Option(help="Seconds after which the statement is cancelled.")] = 60.0,
    json: Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """Ask the ledger in SQL, read-only (role omnisci_reader, schema omnisci)."""
    if query is None:
        named = queries.named_queries()
        print_rows(["name", "answers"], list(named.items()), as_json=json, as_csv=csv)
        return
    with ledger() as opened:
        columns, rows = queries.run_query(opened, query, _parameters(param or []), timeout_s=timeout)
    print_rows(columns, rows, as_json=json, as_csv=csv)


def _parameters(given: list[str]) -> dict[str, str]:
    pairs = [one.partition("=") for one in given]
    if faulty := [name for name, equals, _ in pairs if not equals]:
        raise ConfigError(f"--param {faulty[0]} lacks a value: write NAME=VALUE")
    return {name: value for name, _, value in pairs}


def lineage(
    ident: Annotated[
        str, typer.Argument(metavar="ID", help="A caption id, or an exported row EXPORT_ID:SHARD:ROW_NO.")
    ],
    json: Json = False,
) -> None:
    """Show the whole provenance of a caption or of an exported row."""
    with ledger() as opened:
        row = queries.lineage(opened, ident)
    if json:
        print_json(row)
    else:
        show_lineage(row)


def show_lineage(row: dict[str, Any]) -> None:
    """A lineage row as a two-column table."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in row.items():
        shown = "" if value is None else dumps(value) if isinstance(value, dict | list) else str(value)
        table.add_row(name, escape(shown) if name in ("mentions", "params") else shown.replace("[", "\\["))
    out.print(table)


def status(json: Json = False) -> None:
    """Show the funnel, what was spent, and what waits."""
    with ledger() as opened:
        parts = status_parts(opened)
    if json:
        print_json(
            {name: [dict(zip(columns, row, strict=True)) for row in rows] for name, (columns, rows) in parts.items()}
        )
        return
    for name, (columns, rows) in parts.items():
        out.print(f"\n[bold]{name}[/bold]")
        if rows:
            print_rows(columns, rows)
        else:
            out.print("  none")


_STATUS = ("funnel", "spend", "waiting", "cursors", "exports")


def status_parts(opened: Ledger) -> dict[str, queries.Rows]:
    """The parts of `omnisci status`: columns and rows by name."""
    parts: dict[str, queries.Rows] = {}
    with opened.read() as connection:
        for name in _STATUS:
            result = connection.execute(sql_file("omnisci_etl.cli.sql", name))
            parts[name] = (list(result.keys()), [tuple(row) for row in result])
    return parts
