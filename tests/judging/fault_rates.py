"""How often scorers find planted faults, at no more than a stated share of false alarms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from faults import FAULTS, Case, Library, planted

from omnisci_etl.judging.evidence import Candidate
from omnisci_etl.judging.scorers import Scorer
from omnisci_etl.judging.scorers.base import SLIPS_OUT

GATE = SLIPS_OUT
ALARMS = 0.05
WHOLE = "all"
"""The weakest of the scores, as the gate reads it."""


def threshold(values: Iterable[float], alarms: float = ALARMS) -> float:
    """The largest score below which no more than this share of the values lies; ties lie above it."""
    ordered = sorted(values)
    return ordered[int(len(ordered) * alarms)]


def share_below(values: Sequence[float], limit: float) -> float:
    return sum(value < limit for value in values) / len(values)


def scores(scorers: Sequence[Scorer], candidates: Sequence[Candidate]) -> dict[str, list[float]]:
    """The values of each scorer, and of WHOLE their minimum."""
    found = {scorer.name: [one.value for one in scorer.score(candidates)] for scorer in scorers}
    return found | {WHOLE: [min(values) for values in zip(*found.values(), strict=True)]}


@dataclass(frozen=True)
class Rates:
    """Of one fault: how many were planted, the share that falls below a gate without slips, and below each own threshold."""

    count: int
    at_gate: dict[str, float]
    at_alarms: dict[str, float]


def alarms(scorers: Sequence[Scorer], cases: Sequence[Case]) -> dict[str, float]:
    """The share of true captions that each scorer, and WHOLE, puts below that gate."""
    found = scores(scorers, [case.candidate for case in cases])
    return {name: share_below(values, GATE) for name, values in found.items()}


def rates(
    scorers: Sequence[Scorer], cases: Sequence[Case], library: Library, names: Iterable[str] = FAULTS, *, each: int = 1
) -> dict[str, Rates]:
    """The rates of each fault that has a place in the cases; thresholds come from the same cases without faults."""
    true = scores(scorers, [case.candidate for case in cases])
    limits = {name: threshold(values) for name, values in true.items()}
    found = {}
    for fault in names:
        spoiled = [candidate for _, candidate in planted(fault, cases, library, each=each)]
        if spoiled:
            values = scores(scorers, spoiled)
            found[fault] = Rates(
                len(spoiled),
                {name: share_below(one, GATE) for name, one in values.items()},
                {name: share_below(one, limits[name]) for name, one in values.items()},
            )
    return found


def together(found: dict[str, Rates], names: Sequence[str]) -> Rates | None:
    """The rates of several faults as one, each weighted by how often it was planted."""
    parts = [found[name] for name in names if name in found]
    total = sum(part.count for part in parts)
    if not total:
        return None

    def mean(which: str) -> dict[str, float]:
        shares = [getattr(part, which) for part in parts]
        return {
            name: sum(part.count * share[name] for part, share in zip(parts, shares, strict=True)) / total
            for name in shares[0]
        }

    return Rates(total, mean("at_gate"), mean("at_alarms"))
