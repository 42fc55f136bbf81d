"""Intervals for shares and means of few observations (95 %, two-sided)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, stdev

Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval, from n observations."""

    value: float
    low: float
    high: float
    n: int


def share(hits: float, n: int) -> Estimate | None:
    """A share with Wilson's score interval; hits may hold halves. None of no observations."""
    if n == 0:
        return None
    p, square = hits / n, Z * Z
    middle = (p + square / (2 * n)) / (1 + square / n)
    half = Z * math.sqrt(p * (1 - p) / n + square / (4 * n * n)) / (1 + square / n)
    return Estimate(p, max(0.0, middle - half), min(1.0, middle + half), n)


def mean(values: Sequence[float]) -> Estimate | None:
    """A mean with Student's interval. None of fewer than two observations."""
    n = len(values)
    if n < 2:
        return None
    middle, half = fmean(values), quantile_t(n - 1) * standard_error(values)
    return Estimate(middle, middle - half, middle + half, n)


def standard_error(values: Sequence[float]) -> float:
    """The standard error of the mean of at least two values."""
    return stdev(values) / math.sqrt(len(values))


def quantile_t(freedom: int) -> float:
    """The 97.5 % quantile of Student's t (exact for 1 and 2 degrees of freedom).

    Else by the expansion of Abramowitz and Stegun 26.7.5 to its fourth term, within 0.01 of the true value.
    """
    if freedom == 1:
        return 12.706205
    if freedom == 2:
        return 4.302653
    z, v = Z, freedom
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return float(z + sum(term / v**power for power, term in enumerate(terms, 1)))


def correlation(xs: Sequence[float], ys: Sequence[float]) -> float:
    """Pearson's correlation; 0 where one of the two does not vary."""
    x_mean, y_mean = fmean(xs), fmean(ys)
    xx = sum((x - x_mean) ** 2 for x in xs)
    yy = sum((y - y_mean) ** 2 for y in ys)
    # Marks that are equal differ by rounding once a mean is taken off them.
    if min(xx, yy) < 1e-12:
        return 0.0
    return sum((x - x_mean) * (y - y_mean) for x, y in zip(xs, ys, strict=True)) / math.sqrt(xx * yy)
