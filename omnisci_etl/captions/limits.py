"""Limits of a vendor over all our processes: a leaky bucket per model, kept in the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from omnisci_etl.captions.routes import Model
from omnisci_etl.ledger.database import Ledger, sql


class Pace:
    """Spaces the requests of a model evenly, so that no minute holds more requests or tokens than it allows."""

    def __init__(self, ledger: Ledger, spec: Model) -> None:
        self._ledger = ledger
        self._requests = spec.requests_per_minute
        self._tokens = spec.tokens_per_minute
        self._service = f"llm:{spec.provider}/{spec.model}"

    @property
    def unlimited(self) -> bool:
        """Whether there is nothing to wait for."""
        return self._requests is None and self._tokens is None

    def reserve(self, tokens: Sequence[int]) -> list[float]:
        """Takes a place for each request of so many tokens; the seconds that each has to wait from now on."""
        waits = [0.0] * len(tokens)
        if self._requests is not None:
            waits = _later(waits, self._take(":rpm", [60 / self._requests] * len(tokens)))
        if self._tokens is not None:
            waits = _later(waits, self._take(":tpm", [60 * count / self._tokens for count in tokens]))
        return waits

    def _take(self, suffix: str, costs: list[float]) -> list[float]:
        """Moves the bucket on by the sum of the costs (seconds); when each of them may start."""
        parameters = {"service": self._service + suffix, "seconds": sum(costs)}
        with self._ledger.begin() as connection:
            start = float(connection.execute(sql("omnisci_etl.captions.sql", "reserve"), parameters).scalar_one())
        waits = []
        for cost in costs:
            waits.append(max(0.0, start))
            start += cost
        return waits


def _later(one: list[float], other: list[float]) -> list[float]:
    return [max(a, b) for a, b in zip(one, other, strict=True)]
