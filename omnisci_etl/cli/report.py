"""`omnisci report`: what is best seen as pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from omnisci_etl import config, stages
from omnisci_etl.cli.common import Discipline, Json, err, ledger, out, print_json

app = typer.Typer(help="Plots of what the ledger holds, as PNG and one HTML page.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Plots of what the ledger holds, as PNG and one HTML page."""


@app.command("scores")
def scores(
    out_dir: Annotated[
        Path | None, typer.Option("--out", help="The folder to write; reports/scores in the home by default.")
    ] = None,
    discipline: Discipline = None,
    json: Json = False,
) -> None:
    """How each score spreads by model, kind and discipline, why captions are rejected, what each threshold lets in."""
    from omnisci_etl.judging.reports.scores import write_report

    stages.known_discipline(discipline)
    folder = out_dir or config.load().home_dir / "reports" / "scores"
    with ledger() as opened, err.status("drawing"):
        page = write_report(opened, folder, discipline=discipline)
    print_json({"page": str(page)}) if json else out.print(f"written to {page}")
