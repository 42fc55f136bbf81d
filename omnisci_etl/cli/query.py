"""Commands that answer: sql, lineage, replay, routes, prompts, status."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

import typer
from rich.table import Table

from omnisci_etl import config
from omnisci_etl.cli import judge, prompts, qa, report, routes
from omnisci_etl.cli.common import Json, ledger, out, print_json, print_rows, progress_bar
from omnisci_etl.errors import ConfigError, LeftOver
from omnisci_etl.ledger import query as queries
from omnisci_etl.ledger.blobs import BlobStore
from omnisci_etl.ledger.database import Ledger, dumps
from omnisci_etl.ledger.database import sql as sql_file


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    for function in (sql, lineage, replay, status):
        app.command()(function)
    app.add_typer(routes.app, name="routes")
    app.add_typer(prompts.app, name="prompts")
    app.add_typer(report.app, name="report")
    app.add_typer(judge.app, name="judge")
    app.add_typer(qa.app, name="qa")


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
        table.add_row(name, shown.replace("[", "\\["))
    out.print(table)


def replay(
    caption: Annotated[int | None, typer.Argument(metavar="CAPTION", help="A caption id; without it all.")] = None,
    json: Json = False,
) -> None:
    """Rebuild captions from the stored answers, without any request, and compare them byte for byte.

    Exit code 1 where one came out different or its stored answer is gone.
    """
    from omnisci_etl.captions import replay as replaying

    with ledger() as opened, progress_bar("replay") as progress:
        done = []
        for one in replaying.replay(opened, BlobStore(config.load().blob_url), caption):
            done.append(one)
            progress.update(len(done), None, "captions")
    if caption is not None and not done:
        raise ConfigError(f"there is no caption {caption}")
    faults = [one for one in done if one.outcome in ("different", "missing")]
    counts = replaying.summary(done)
    if json:
        print_json(counts | {"faults": [dataclasses.asdict(one) for one in faults]})
    else:
        out.print(", ".join(f"{name} {count}" for name, count in counts.items()))
        if caption is not None:
            out.print(done[0].body or done[0].detail, markup=False)
    if faults:
        raise LeftOver(f"{len(faults)} captions are not what their stored answers give: see --json", counts)


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
