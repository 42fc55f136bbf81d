"""Which captions experts see: a seeded stratified draw whose inclusion probabilities are known exactly.

The draw orders captions by hashes of seed and id (permanent random numbers), so it depends neither on the order of its
input nor on a random generator's version, and any machine can repeat it.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, variance


@dataclass(frozen=True, slots=True)
class FrameItem:
    """A caption that may be drawn, and the name of the one stratum that it belongs to."""

    caption_id: int
    stratum: str


@dataclass(frozen=True, slots=True)
class DrawnItem:
    """A drawn caption with the chance that it had; ordinal: its 1-based place, in random order over all strata."""

    caption_id: int
    stratum: str
    inclusion_probability: float
    ordinal: int


@dataclass(frozen=True, slots=True)
class Draw:
    """A sample and its design.

    strata: the variables whose values name an item's stratum. allocation: (items, drawn) by stratum.
    stratified: False where there were fewer places than strata, so that one systematic draw went through all of them.
    """

    items: tuple[DrawnItem, ...]
    allocation: Mapping[str, tuple[int, int]]
    seed: int
    floor: float
    strata: tuple[str, ...]
    stratified: bool


def _hash(*parts: object) -> int:
    """64 random bits that depend on nothing but the parts."""
    return int.from_bytes(hashlib.sha256("\x00".join(map(str, parts)).encode()).digest()[:8])


def _within_bounds(
    size: int, weights: Mapping[str, float], sizes: Mapping[str, int]
) -> tuple[dict[str, int], dict[str, float]]:
    """Shares of size in proportion to the weights, none below 1 or above the stratum's size: (fixed at a bound, open).

    Lower bounds first: what they take comes off the large shares; what upper bounds then free can only raise others.
    """
    fixed: dict[str, int] = {}
    while True:
        left = size - sum(fixed.values())
        total = math.fsum(weight for name, weight in weights.items() if name not in fixed)
        shares = {name: left * weight / total for name, weight in weights.items() if name not in fixed}
        low = {name: 1 for name, share in shares.items() if share < 1}
        high = {name: sizes[name] for name, share in shares.items() if share > sizes[name]}
        if not low and not high:
            return fixed, shares
        fixed |= low or high


def allocate(sizes: Mapping[str, int], size: int, floor: float) -> dict[str, int]:
    """How many to draw from each stratum: size in all, at least 1 and at most all of its items each.

    The share floor of size goes to the strata in proportion to their sizes, the rest in proportion to the square roots
    of their sizes: small strata are seen, and large ones not left to chance. Largest remainders, ties by name.
    ValueError: fewer places than strata, or more than items.
    """
    total = sum(sizes.values())
    if not len(sizes) <= size <= total or not all(sizes.values()):
        raise ValueError(f"{size} places do not fit {len(sizes)} strata of {total} items")
    roots = math.fsum(math.sqrt(count) for count in sizes.values())
    weights = {
        name: floor * count / total + (1 - floor) * math.sqrt(count) / roots for name, count in sorted(sizes.items())
    }
    fixed, shares = _within_bounds(size, weights, sizes)
    counts = fixed | {name: int(share) for name, share in shares.items()}
    by_remainder = sorted(shares, key=lambda name: (counts[name] - shares[name], name))
    for name in by_remainder[: size - sum(counts.values())]:
        counts[name] += 1
    return counts


def _systematic(groups: Mapping[str, Sequence[int]], size: int, seed: int) -> list[tuple[int, str, float]]:
    """Every (N/size)-th caption along the strata from a random start: probability size/N for each, exactly."""
    line = [(caption_id, name) for name in sorted(groups) for caption_id in groups[name]]
    start = _hash("start", seed)
    places = [((start + (k << 64)) * len(line) // size) >> 64 for k in range(size)]
    return [(*line[place], size / len(line)) for place in places]


def _groups(frame: Sequence[FrameItem], seed: int) -> dict[str, list[int]]:
    """The captions of each stratum in the order of their hashes."""
    groups: defaultdict[str, list[int]] = defaultdict(list)
    for item in frame:
        groups[item.stratum].append(item.caption_id)
    for ids in groups.values():
        ids.sort(key=lambda caption_id: (_hash("draw", seed, caption_id), caption_id))
    return groups


def draw(frame: Sequence[FrameItem], *, size: int, seed: int, strata: Sequence[str], floor: float = 0.2) -> Draw:
    """min(size, len(frame)) captions without replacement: the same for the same seed and frame, in whatever order.

    Within a stratum a simple random sample of n_h of its N_h captions, each with probability n_h/N_h (see allocate).
    With fewer places than strata, a systematic draw along the strata in which every caption has the same probability:
    no caption is ever out of reach, so the estimates stay unbiased.
    ValueError: size or floor out of range, a caption twice in the frame.
    """
    if size < 0 or not 0 <= floor <= 1:
        raise ValueError(f"size must not be negative and floor must lie between 0 and 1, not {size} and {floor}")
    if len({item.caption_id for item in frame}) < len(frame):
        raise ValueError("a caption stands twice in the frame")
    groups = _groups(frame, seed)
    size = min(size, len(frame))
    stratified = size >= len(groups)
    if stratified:
        counts = allocate({name: len(ids) for name, ids in groups.items()}, size, floor) if groups else {}
        chosen = [(i, name, n / len(groups[name])) for name, n in counts.items() for i in groups[name][:n]]
    else:
        chosen = _systematic(groups, size, seed) if size else []
    chosen.sort(key=lambda one: (_hash("order", seed, one[0]), one[0]))
    items = tuple(DrawnItem(i, name, chance, k) for k, (i, name, chance) in enumerate(chosen, 1))
    drawn = Counter(item.stratum for item in items)
    allocation = {name: (len(ids), drawn[name]) for name, ids in sorted(groups.items())}
    return Draw(items, allocation, seed, floor, tuple(strata), stratified)


def estimate_mean(
    values: Sequence[float], probabilities: Sequence[float], population: int, strata: Sequence[str] | None = None
) -> tuple[float, float]:
    """The Horvitz-Thompson estimate of the population's mean and its standard error, from a value for each drawn item.

    population: the size of the frame. strata: the items' strata; without them the error is that of a draw with
    replacement, which is too large rather than too small. A stratum with a single item, whose spread cannot be seen,
    takes the pooled variance of the others. The error is infinite where nothing can be said of it.
    """
    if not values or not len(values) == len(probabilities) == len(values if strata is None else strata):
        raise ValueError("values, probabilities and strata must be as many, and at least one")
    if not all(0 < p <= 1 for p in probabilities):
        raise ValueError("inclusion probabilities lie in (0, 1]")
    terms = [value / p / population for value, p in zip(values, probabilities, strict=True)]
    estimate = math.fsum(terms)
    if strata is None:
        return estimate, math.sqrt(len(terms) * variance(terms)) if len(terms) > 1 else math.inf
    return estimate, math.sqrt(_stratified_variance(values, probabilities, strata, population))


def _stratified_variance(
    values: Sequence[float], probabilities: Sequence[float], strata: Sequence[str], population: int
) -> float:
    """Sum over strata of (N_h/N)^2 (1 - n_h/N_h) s_h^2 / n_h, with N_h = n_h / pi_h."""
    groups: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for value, probability, stratum in zip(values, probabilities, strata, strict=True):
        groups[stratum].append((value, probability))
    spreads = {name: variance([v for v, _ in pairs]) for name, pairs in groups.items() if len(pairs) > 1}
    freedom = sum(len(groups[name]) - 1 for name in spreads)
    pooled = math.fsum(s * (len(groups[name]) - 1) for name, s in spreads.items()) / freedom if freedom else math.inf
    total = 0.0
    for name, pairs in groups.items():
        probability = fmean(p for _, p in pairs)
        if probability < 1:
            share = len(pairs) / probability / population
            total += share**2 * (1 - probability) * spreads.get(name, pooled) / len(pairs)
    return total
