"""What the ledger knows at the moment of a decision: health of models, budget left, and how they did so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from omnisci_etl.captions.routes import Routes
from omnisci_etl.ledger.database import sql

# A circuit is open when so large a share of so many attempts within the last minutes met a vendor in trouble.
MINUTES, FEWEST_ATTEMPTS, MOST_FAILURES = 15, 20, 0.5
# The share of accepted captions is believed from so many decisions on.
FEWEST_DECISIONS = 20
_SQL = "omnisci_etl.captions.sql"


@dataclass(frozen=True, slots=True)
class Outlook:
    """By model (name in the routes file): attempts and failures of late; by (model, kind): accepted and decided."""

    health: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    history: Mapping[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    budget_left: Decimal | None = None

    def is_healthy(self, model: str) -> bool:
        """Whether the model's circuit is closed."""
        attempts, failures = self.health.get(model, (0, 0))
        return attempts < FEWEST_ATTEMPTS or failures < MOST_FAILURES * attempts

    def acceptance(self, model: str, kind: str) -> float | None:
        """The share of the model's captions of such figures that the gate accepted; None where too few were judged."""
        accepted, decided = self.history.get((model, kind), (0, 0))
        return accepted / decided if decided >= FEWEST_DECISIONS else None

    def features(self, kind: str) -> dict[str, Any]:
        """What of it bears on a figure of a kind, as the decision keeps it."""
        return {
            "health": {model: list(counts) for model, counts in sorted(self.health.items())},
            "history": {model: list(n) for (model, of), n in sorted(self.history.items()) if of == kind},
            "budget_left_usd": None if self.budget_left is None else float(self.budget_left),
        }


def load(connection: Connection, routes: Routes, run_key: int) -> Outlook:
    """The outlook for a run, now."""
    names = {(spec.provider, spec.model): name for name, spec in routes.models.items()}
    health = {
        names[row.provider, row.requested]: (row.attempts, row.failures)
        for row in connection.execute(sql(_SQL, "health"), {"minutes": MINUTES})
        if (row.provider, row.requested) in names
    }
    history = {
        (names[row.provider, row.requested], row.kind): (row.accepted, row.decided)
        for row in connection.execute(sql(_SQL, "history"))
        if (row.provider, row.requested) in names
    }
    return Outlook(health, history, _left(connection, routes, run_key))


def _left(connection: Connection, routes: Routes, run_key: int) -> Decimal | None:
    budget = routes.budget
    if budget.usd_per_day is None and budget.usd_per_run is None:
        return None
    spent = connection.execute(sql(_SQL, "committed"), {"run_key": run_key}).one()
    limits: tuple[tuple[Decimal | None, Decimal], ...] = (
        (budget.usd_per_day, spent.day), (budget.usd_per_run, spent.run),
    )  # fmt: skip
    return max(Decimal(0), min(limit - used for limit, used in limits if limit is not None))
