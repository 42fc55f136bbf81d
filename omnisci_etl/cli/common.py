"""What every command shares: running a stage with a progress bar, printing for people or for machines."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from omnisci_etl import config
from omnisci_etl.context import Context, Counts, Silent, run_stage
from omnisci_etl.errors import ConfigError
from omnisci_etl.ledger.database import Ledger, dumps
from omnisci_etl.ledger.runs import RunIdentity

Json = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
Discipline = Annotated[str | None, typer.Option(help="Only papers of this discipline of the taxonomy.")]
Limit = Annotated[int | None, typer.Option(min=1, help="At most this many.")]

PIPE_WIDTH = 1 << 16
# What rich takes for a tag stands behind the bracket, or does not.
_BRACKET = re.compile(r"(\\*)\[(?=([a-z#/@][^\[]*?\])?)")
out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False)


class _Bar:
    """A progress bar on standard error."""

    def __init__(self, progress: Progress, title: str) -> None:
        self._progress = progress
        self._task = progress.add_task(title, total=None, note="")

    def update(self, done: int, total: int | None = None, note: str = "") -> None:
        """Moves the bar."""
        self._progress.update(self._task, completed=done, total=total, note=note[:60])


@contextmanager
def progress_bar(title: str) -> Iterator[_Bar | Silent]:
    """A bar where a person watches, silence where none does."""
    if not err.is_terminal:
        yield Silent()
        return
    columns = (
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("[dim]{task.fields[note]}"),
    )  # fmt: skip
    with Progress(*columns, console=err, transient=True) as progress:
        yield _Bar(progress, title)


def stage(command: str, function: Callable[[Context], Counts], as_json: bool, **parameters: Any) -> Counts:
    """Runs a stage as this command and prints its counts."""
    with progress_bar(command) as progress:
        given = {k: str(v) for k, v in parameters.items() if v is not None}
        counts = run_stage(RunIdentity.of_command(command), function, parameters=given, progress=progress)
    if as_json:
        print_json(counts)
    else:
        words = [
            f"{name.replace('_', ' ')} {value}" for name, value in counts.items() if value or name == next(iter(counts))
        ]
        out.print(f"[bold]{command}[/bold]: {', '.join(words) or 'nothing to do'}")
    return counts


@contextmanager
def ledger() -> Iterator[Ledger]:
    """The configured ledger, closed at the end."""
    opened = Ledger.open(config.load())
    try:
        yield opened
    finally:
        opened.close()


def parse_date(value: str | None, option: str) -> date | None:
    """A date of the form YYYY-MM-DD. Raises ConfigError naming the option."""
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ConfigError(f"{option} {value!r} is not a date: write YYYY-MM-DD") from None


def print_json(value: Any) -> None:
    """JSON on standard output, one document."""
    sys.stdout.write(json.dumps(json.loads(dumps(_plain(value))), ensure_ascii=False, indent=1) + "\n")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list | tuple) else value


def print_rows(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], *, as_json: bool = False, as_csv: bool = False
) -> None:
    """Rows as a table, as a JSON array of objects, or as CSV."""
    if as_json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
    elif as_csv:
        buffer = io.StringIO()
        writer = csv.writer(buffer, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([[_cell(value) for value in row] for row in rows])
        sys.stdout.write(buffer.getvalue())
    else:
        table = Table(box=None, header_style="bold", pad_edge=False)
        for name in columns:
            table.add_column(name, overflow="fold")
        for row in rows:
            table.add_row(*(escape(_cell(value)) for value in row))
        print_table(table)


def print_table(table: Table) -> None:
    """A table as wide as the terminal; into a pipe nothing is folded: a row stays a line."""
    Console(highlight=False, width=None if out.is_terminal else PIPE_WIDTH).print(table)


def escape(value: str) -> str:
    """Text that rich prints as it is, cut where it is long."""
    shown = _BRACKET.sub(_escaped, value if len(value) <= 300 else value[:299] + "…")
    return f"{shown}\\" if shown.endswith("\\") else shown


def _escaped(bracket: re.Match[str]) -> str:
    """A bracket as rich prints it; rich's own escape loses the backslash of one that opens no tag (of a formula)."""
    before, tag = bracket[1], bracket[2]
    return f"{2 * before}\\[" if tag else f"{before}{before[:1]}["


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    return dumps(value) if isinstance(value, dict | list) else str(value)
