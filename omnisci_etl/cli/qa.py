"""`omnisci qa`: how much of a figure its caption tells, by questions that are answered from the caption alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from omnisci_etl import config, stages
from omnisci_etl.cli.common import (
    Discipline,
    Json,
    Limit,
    err,
    ledger,
    out,
    print_json,
    print_rows,
    progress_bar,
    stage,
)
from omnisci_etl.context import Context, Counts, run_stage
from omnisci_etl.errors import ConfigError
from omnisci_etl.judging.qa.protocol import BY, CAPTIONS, DRAWS, Protocol
from omnisci_etl.ledger.runs import RunIdentity

app = typer.Typer(help="Caption QA: questions about figures, answered from their captions alone.", no_args_is_help=True)
Draws = Annotated[
    int, typer.Option(min=1, max=100, help="How often each of two models tries to guess a question blindly.")
]


@app.command()
def write(discipline: Discipline = None, limit: Limit = None, draws: Draws = DRAWS, json: Json = False) -> None:
    """Have questions written for figures, and filter them; --limit counts figures."""
    stages.known_discipline(discipline)
    _stage("qa write", "write", json, discipline=discipline, limit=limit, draws=draws)


@app.command()
def run(
    captions: Annotated[
        str, typer.Option(help="sample (the newest drawn), accepted (by the gate now) or all.")
    ] = "sample",
    discipline: Discipline = None,
    limit: Limit = None,
    draws: Draws = DRAWS,
    json: Json = False,
) -> None:
    """Examine captions by the questions of their figures, and score them; --limit counts captions."""
    stages.known_discipline(discipline)
    if captions not in CAPTIONS:
        raise ConfigError(f"--captions {captions}: use one of {', '.join(CAPTIONS)}")
    _stage("qa run", "run", json, captions=captions, discipline=discipline, limit=limit, draws=draws)


@app.command()
def report(
    by: Annotated[str, typer.Option(help="model (of the caption), kind, discipline or sort (of question).")] = "model",
    json: Json = False,
) -> None:
    """Show accuracy, mean score and what cannot be told, with 95 % intervals by figure."""
    from omnisci_etl.judging.qa import report as reports

    if by not in BY:
        raise ConfigError(f"--by {by}: use one of {', '.join(BY)}")
    with ledger() as opened:
        found = {"results": reports.results(opened, by), "answerers": reports.places(opened)}
    if json:
        print_json(found)
        return
    _show(found["results"])
    if found["results"]:
        _show(found["answerers"])
    for row in found["answerers"]:
        if row["biased"]:
            err.print(
                f"{row['answerer']} takes the option shown first more or less often than it is right", markup=False
            )


@app.command()
def benchmark(
    model: Annotated[
        list[str] | None, typer.Option(help="A model of the routes file whose captions are in the ledger.")
    ] = None,
    captions: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FILE", help="Captions from elsewhere: JSON lines of figure_id or image_sha256, and caption."
        ),
    ] = None,
    authors: Annotated[bool, typer.Option("--authors", help="Compare with the authors' own captions, too.")] = False,
    by: Annotated[str | None, typer.Option(help="Break down by kind, discipline or sort.")] = None,
    limit: Limit = None,
    draws: Draws = DRAWS,
    json: Json = False,
) -> None:
    """Compare captioners by the same questions about the same figures; --limit counts figures."""
    from omnisci_etl.captions import routes as routes_file
    from omnisci_etl.judging.qa import contest
    from omnisci_etl.judging.qa import report as reports

    entry = contest.Entry(tuple(model or ()), tuple(_absolute(given) for given in captions or ()), authors)
    if by is not None and by not in BY[1:]:
        raise ConfigError(f"--by {by}: use one of {', '.join(BY[1:])}")
    work = _work("benchmark", entry=entry, limit=limit, draws=draws)
    given = {"model": str(entry.models), "captions": str(entry.files), "authors": str(authors), "limit": str(limit)}
    with progress_bar("qa benchmark") as progress:
        counts = run_stage(RunIdentity.of_command("qa benchmark"), work, parameters=given, progress=progress)
    routes = routes_file.load(config.load())
    with ledger() as opened:
        held = contest.find(opened, routes, entry, limit)
        found = reports.compare(opened, routes, held, Protocol(draws), by)
    if json:
        print_json({"counts": counts, "results": found.results, "differences": found.differences})
        return
    _show(found.results)
    _show(found.differences)


def _absolute(given: str) -> str:
    name, equals, path = given.partition("=")
    return f"{name}{equals}{Path(path).expanduser().absolute()}" if path else given


def _stage(command: str, function: str, json: bool, **options: Any) -> None:
    stage(command, _work(function, **options), json, **options)


def _work(function: str, **options: Any) -> Callable[[Context], Counts]:
    """A stage of caption QA, its requests made by a process of their own."""

    def work(context: Context) -> Counts:
        from omnisci_etl.captions import process

        return process.run(context, f"omnisci_etl.judging.qa.stage:{function}", options)

    return work


def _show(table: Sequence[dict[str, Any]]) -> None:
    """A table, with the ends of an interval in one cell."""
    if not table:
        out.print("nothing answered yet: run `omnisci qa run`")
        return
    columns = [name for name in table[0] if not name.endswith(("_low", "_high"))]
    print_rows(columns, [[_cell(row, name) for name in columns] for row in table])


def _cell(row: dict[str, Any], name: str) -> Any:
    value, low, high = row[name], row.get(f"{name}_low"), row.get(f"{name}_high")
    return value if low is None or high is None else f"{value:.3f} [{low:.3f}, {high:.3f}]"
