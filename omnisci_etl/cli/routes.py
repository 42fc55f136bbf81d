"""`omnisci routes`: what the router did and why."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from omnisci_etl import config
from omnisci_etl.cli.common import Json, escape, ledger, out, print_json, print_rows
from omnisci_etl.ledger.database import dumps

app = typer.Typer(help="The router: what its models did, and why a figure went to one of them.", no_args_is_help=True)


@app.command()
def report(
    model: Annotated[str | None, typer.Option(help="Only this model, as it was requested.")] = None,
    json: Json = False,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
) -> None:
    """Calls, quality, cost and cost per accepted caption, by model, kind of figure and discipline."""
    from omnisci_etl.captions import route_reports

    with ledger() as opened:
        columns, rows = route_reports.report(opened, model)
    print_rows(columns, rows, as_json=json, as_csv=csv)


@app.command()
def explain(figure: Annotated[int, typer.Argument(metavar="FIGURE", help="A figure id.")], json: Json = False) -> None:
    """Which rule sent a figure to which model, at what price, and where the present routes file would send it."""
    from omnisci_etl.captions import route_reports
    from omnisci_etl.captions import routes as routes_file
    from omnisci_etl.captions.planning import Planner

    planner = Planner(routes_file.load(config.load()))
    with ledger() as opened:
        found = route_reports.explain(opened, planner, figure)
    print_json(found) if json else _show(found)


def _show(found: dict[str, Any]) -> None:
    out.print(f"[bold]figure {found['figure_id']}[/bold] {escape(found['label'])}")
    for made in found["decisions"]:
        gate = f", gate {made['decision']} {made['gate_score']:.2f}" if made["decision"] else ""
        cost = f"${made['cost_usd']:.6f}" if made["cost_usd"] is not None else "not charged"
        out.print(
            f"{made['decided_at']:%Y-%m-%d %H:%M} {escape(made['policy'])}: {escape(made['provider'])}/"
            f"{escape(made['model'])} by {escape(dumps(made['reason']))}, p = {made['probability']:g}; "
            f"{made['state']}, {cost}{gate}"
        )
    now = found["now"]
    out.print(
        f"now {escape(now['policy'])}: {escape(now['provider'])}/{escape(now['model'])} by "
        f"{escape(dumps(now['reason']))}; {now['standing']}, about ${now['usd']:.6f}"
    )
    for number, rule in enumerate(now["rules"]):
        verdict = "fits" if rule["fits"] else f"not by {', '.join(rule['missed'])}"
        out.print(f"  rule {number} {escape(dumps(rule['when']))} -> {escape(rule['use'])}: {verdict}")
    features = ", ".join(f"{name} {dumps(value)}" for name, value in now["features"].items())
    out.print(f"  features: {escape(features)}")
