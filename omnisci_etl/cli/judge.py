"""`omnisci judge`: models that judge captions, and the test of how far they can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Annotated, Any

import typer

from omnisci_etl import config, stages
from omnisci_etl.cli.common import (
    Discipline,
    Json,
    Limit,
    err,
    escape,
    ledger,
    out,
    print_json,
    print_rows,
    progress_bar,
    stage,
)
from omnisci_etl.context import Context, Counts, run_stage
from omnisci_etl.errors import ConfigError
from omnisci_etl.ledger.database import sql
from omnisci_etl.ledger.runs import RunIdentity

app = typer.Typer(help="Models that judge captions: run, audit, compare, show.", no_args_is_help=True)
_SQL = "omnisci_etl.judging.judge.sql"
_MARKS = {"clean": "[green]ok[/green]  ", "biased": "[yellow]bias[/yellow]", "not-measured": "[dim]--[/dim]  "}


def _asked(target: str, **options: Any) -> Callable[[Context], Counts]:
    """The stage in a process of its own, which sees the answers under way through."""

    def work(context: Context) -> Counts:
        from omnisci_etl.captions.process import run

        return run(context, target, options)

    return work


@app.command("run")
def run_judges(
    discipline: Discipline = None,
    limit: Limit = None,
    claims: Annotated[bool, typer.Option(help="Also check captions claim by claim.")] = True,
    rejected: Annotated[bool, typer.Option(help="Also captions that the gate has rejected.")] = False,
    json: Json = False,
) -> None:
    """Have captions judged, and their claims checked, by models of another family than the captioner's."""
    stages.known_discipline(discipline)
    work = _asked(
        "omnisci_etl.judging.judge.stage:run", discipline=discipline, limit=limit, claims=claims, rejected=rejected
    )
    stage("judge run", work, json, discipline=discipline, limit=limit, claims=claims, rejected=rejected)


@app.command()
def audit(
    model: Annotated[
        str | None, typer.Option(help="A model of the routes file; without it those that would judge captions.")
    ] = None,
    items: Annotated[int, typer.Option(min=2, max=200, help="Captions of known worth to ask about.")] = 12,
    json: Json = False,
) -> None:
    """Test a judge for bias of position, length and family, leniency, obedience, consistency and drift.

    A bias is a warning, not a failure: the exit code is 0.
    """
    from omnisci_etl.judging.judge import audit as audits

    with ledger() as opened:
        plans = audits.plans(config.load(), opened, model, items)
        likely = sum((usd for _, _, usd in plans), Decimal(0))
        if not json:
            for plan, questions, usd in plans:
                err.print(f"{escape(plan.model)}: {questions} questions, about ${usd:.4f}; answered ones cost nothing")
        with progress_bar("judge audit") as progress:
            counts = run_stage(
                RunIdentity.of_command("judge audit"),
                _asked("omnisci_etl.judging.judge.audit:run", model=model, items=items),
                parameters={"model": model, "items": items}, progress=progress,
            )  # fmt: skip
        rows = audits.stored(opened, [plan.sha256 for plan, _, _ in plans])
    if json:
        print_json({**counts, "estimated_usd": float(likely), "findings": rows})
    else:
        _show_audit(rows)


def _show_audit(rows: list[Mapping[str, Any]]) -> None:
    shown = ""
    for row in rows:
        if row["model"] != shown:
            shown = row["model"]
            resolved = f" ({escape(row['model_resolved'])})" if row["model_resolved"] else ""
            out.print(f"[bold]{escape(row['provider'])}/{escape(shown)}[/bold]{resolved}, {row['items']} items")
        out.print(f"  {_MARKS[row['outcome']]} {escape(row['verdict'])}")
    biased = sum(row["outcome"] == "biased" for row in rows)
    found = f"[yellow]{biased} {'bias' if biased == 1 else 'biases'} found[/yellow]"
    out.print(found if biased else "[green]no bias found[/green]")


@app.command()
def compare(
    discipline: Discipline = None,
    limit: Annotated[int, typer.Option(min=1, help="At most this many pairs.")] = 50,
    json: Json = False,
) -> None:
    """Compare captioners on the figures that several captioned, in pairs and in both orders."""
    from omnisci_etl.judging.judge.compare import standings

    stages.known_discipline(discipline)
    with progress_bar("judge compare") as progress:
        counts = run_stage(
            RunIdentity.of_command("judge compare"),
            _asked("omnisci_etl.judging.judge.compare:run", discipline=discipline, limit=limit),
            parameters={"discipline": discipline, "limit": limit}, progress=progress,
        )  # fmt: skip
    with ledger() as opened:
        found = standings(opened)
    columns = ["model", "comparisons", "ties", "win_rate", "low", "high", "strength"]
    rows = [
        [
            one.model, one.comparisons, one.ties,
            *(round(v, 4) for v in (one.wins.value, one.wins.low, one.wins.high, one.strength)),
        ]
        for one in found
    ]  # fmt: skip
    if json:
        print_json({**counts, "standings": [dict(zip(columns, row, strict=True)) for row in rows]})
    elif rows:
        print_rows(columns, rows)
    else:
        out.print("nothing to compare: no figure has captions by two models")


@app.command()
def show(
    caption: Annotated[int, typer.Argument(metavar="CAPTION_ID", help="A caption id.")], json: Json = False
) -> None:
    """Show what judges said of a caption: marks with their rationales, and each claim with its verdict."""
    with ledger() as opened, opened.read() as connection:
        head = connection.execute(sql(_SQL, "caption"), {"caption": caption}).mappings().first()
        if head is None:
            raise ConfigError(
                f"there is no caption {caption}; `omnisci sql 'SELECT caption_id FROM lineage'` lists them"
            )
        marks = [dict(r) for r in connection.execute(sql(_SQL, "judgements_of"), {"caption": caption}).mappings()]
        claims = [dict(r) for r in connection.execute(sql(_SQL, "claims_of"), {"caption": caption}).mappings()]
    if json:
        print_json({**head, "judgements": marks, "claims": claims})
        return
    out.print(f"[bold]caption {caption}[/bold] of figure {head['figure_id']} by {escape(head['captioner'])}")
    out.print(head["body"], markup=False)
    for name, value in head["scores"].items():
        out.print(f"  {name} {value:.2f}")
    for row in marks:
        out.print(f"  {row['value']} {row['dimension']} ({escape(row['judge'])}): {escape(row['rationale'])}")
    for row in claims:
        quoted = f': "{escape(row["quote"])}"' if row["quote"] else ""
        out.print(f"  {row['n']}. {row['verdict']}: {escape(row['text'])}{quoted}")
    if not marks and not claims:
        out.print("  not judged yet: run `omnisci judge run`")
