"""What the router did, and what it would do with one figure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from omnisci_etl.captions import costs, outlook
from omnisci_etl.captions.conditions import holds
from omnisci_etl.captions.figures import FigureRow, load_figures
from omnisci_etl.captions.planning import Planner, Want
from omnisci_etl.captions.routes import Rule
from omnisci_etl.errors import ConfigError
from omnisci_etl.ledger.database import Ledger, sql

_SQL = "omnisci_etl.captions.sql"


def report(ledger: Ledger, model: str | None = None) -> tuple[list[str], Sequence[Sequence[Any]]]:
    """Columns and rows by provider, model, kind and discipline: calls, quality, cost, cost per accepted caption."""
    with ledger.read(timeout_s=600) as connection:
        result = connection.execute(sql(_SQL, "routes_report"), {"model": model})
        return list(result.keys()), [tuple(row) for row in result]


def explain(ledger: Ledger, planner: Planner, figure_id: int) -> dict[str, Any]:
    """Past decisions on a figure, and the one that the present routes file gives. Raises ConfigError for none such."""
    with ledger.read() as connection:
        found = load_figures(connection, [figure_id])
        if not found:
            raise ConfigError(f"figure {figure_id} does not exist or has no picture; see the view triplets")
        planner.outlook = outlook.load(connection, planner.routes, 0)
        return {
            "figure_id": figure_id,
            "label": found[0].evidence.label,
            "decisions": _decisions(connection, figure_id),
            "now": _now(planner, found[0]),
        }


def _decisions(connection: Connection, figure_id: int) -> list[dict[str, Any]]:
    rows = connection.execute(sql(_SQL, "routes_of_figure"), {"figure_id": figure_id}).mappings()
    return [dict(row) for row in rows]


def _now(planner: Planner, figure: FigureRow) -> dict[str, Any]:
    want = planner.want(figure)
    spec = planner.routes.models[want.decision.model]
    return {
        "policy": planner.routes.policy.name,
        "use": want.decision.model,
        "provider": spec.provider,
        "model": spec.model,
        "reason": dict(want.decision.reason),
        "probability": want.decision.probability,
        "standing": want.standing,
        "stale_by": list(want.stale_by),
        "features": dict(want.decision.features),
        "rules": [_judged(rule, want.decision.features) for rule in planner.routes.policy.rules],
        "price": costs.snapshot(spec.prices),
    } | _estimate(planner, want)


def _judged(rule: Rule, found: Mapping[str, Any]) -> dict[str, Any]:
    """A rule and the conditions of it that do not hold; it fits where there are none."""
    missed = [key for key, wanted in rule.when.items() if not holds(key, wanted, found)]
    return {"when": rule.when, "use": rule.use, "fits": not missed, "missed": missed}


def _estimate(planner: Planner, want: Want) -> dict[str, Any]:
    """Tokens and US dollars that the call would likely take."""
    tokens, answer, dollars = planner.estimate(want)
    return {"input_tokens": tokens, "output_tokens": answer, "usd": float(round(dollars, 6))}
