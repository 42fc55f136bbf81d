"""Means of answers with bootstrap intervals by figure: questions about one figure stand and fall together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Statistic = Callable[[Array], Array]
RESAMPLES = 1000
LEVEL = 0.95
_SEED = 20251122
_BLOCK = 50


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its interval; the interval is None of a single figure, both are where nothing can be said."""

    value: float | None
    low: float | None = None
    high: float | None = None

    def row(self, name: str) -> dict[str, float | None]:
        """Its three numbers, under names of their own."""
        shown = (None if one is None else round(one, 4) for one in (self.value, self.low, self.high))
        return dict(zip((name, f"{name}_low", f"{name}_high"), shown, strict=True))


def ratio(above: Array, below: Array) -> Estimate:
    """sum(above) / sum(below) over figures, with the percentile interval of resampled figures."""
    return of_sums(np.stack([above, below]), lambda sums: sums[0] / sums[1])


def of_sums(columns: Array, statistic: Statistic) -> Estimate:
    """A statistic of the sums of columns over figures (columns x figures), with its interval.

    statistic maps sums (columns x resamples) to values; what is not finite there counts as not there.
    """
    figures = columns.shape[1]
    if figures == 0:
        return Estimate(None)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = float(statistic(columns.sum(axis=1, keepdims=True))[0])
        found = statistic(_resampled(columns)) if figures > 1 else np.empty(0)
    found = found[np.isfinite(found)]
    if not np.isfinite(value):
        return Estimate(None)
    if found.size == 0:
        return Estimate(value)
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(found, [tail, 1 - tail])
    return Estimate(value, float(low), float(high))


def _resampled(columns: Array) -> Array:
    """The columns' sums over RESAMPLES draws of as many figures, with replacement; the same draws at each time."""
    figures = columns.shape[1]
    random = np.random.default_rng(_SEED)
    blocks = []
    for _ in range(0, RESAMPLES, _BLOCK):
        weights = random.multinomial(figures, np.full(figures, 1 / figures), size=_BLOCK)
        blocks.append(columns @ weights.T)
    return np.concatenate(blocks, axis=1)
