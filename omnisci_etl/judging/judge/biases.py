"""What the answers of an audit say of a judge: a finding for each bias, with its interval and a verdict in words.

A judge is called biased only where the whole 95 % interval lies beyond what an unbiased one would give.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any, Literal

from omnisci_etl.judging.judge import statistics
from omnisci_etl.judging.judge.marks import Marks
from omnisci_etl.judging.judge.pairs import Comparison
from omnisci_etl.judging.judge.rubric import FACTUAL
from omnisci_etl.judging.judge.statistics import Estimate

# Captions with planted faults that may get a high mark for accuracy, and the mark that is high.
LENIENT, HIGH_MARK = 0.2, 4
# Pairs in which the caption without faults has to be preferred.
DISCERNING = 0.8
# Marks (of 1 to 5) by which a second answer to the same question may differ on the mean.
UNSTABLE = 0.5
# By how much of the scale from 0 to 1 a plea, or padding, may raise the overall mark.
MOVED = 0.05
# Standard errors by which the mean mark of the anchors may have moved.
DRIFTED = 2.0
MIN_PAIRS = 5

Verdict = Literal["clean", "biased", "not-measured"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A bias as measured. text is the verdict in words; detail holds what it was computed from."""

    bias: str
    outcome: Verdict
    text: str
    estimate: Estimate | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Asked:
    """The answers of an audit, by item: marks by version of the caption, comparisons by what the good one met.

    words counts those of each version. What no answer came for is missing.
    """

    marks: Mapping[str, Mapping[str, Marks]]
    comparisons: Mapping[str, Mapping[str, Comparison]]
    words: Mapping[str, Mapping[str, int]]

    def marks_of(self, *versions: str) -> list[tuple[Marks, ...]]:
        """The marks of these versions, of each item that has all of them."""
        rows = (tuple(found.get(version) for version in versions) for found in self.marks.values())
        return [tuple(one for one in row if one) for row in rows if all(row)]

    def against(self, version: str) -> list[Comparison]:
        """The comparisons of the good caption with this version."""
        return [found[version] for found in self.comparisons.values() if version in found]


def percent(estimate: Estimate) -> str:
    """A share with its interval, as "83 % [74-90]"."""
    return f"{100 * estimate.value:.0f} % [{100 * estimate.low:.0f}-{100 * estimate.high:.0f}]"


def _signed(estimate: Estimate) -> str:
    return f"{estimate.value:+.2f} [{estimate.low:+.2f} to {estimate.high:+.2f}]"


def _missing(bias: str, why: str) -> Finding:
    return Finding(bias, "not-measured", f"{bias}: not measured: {why}")


def position(asked: Asked) -> Finding:
    """Which place the judge prefers, over all pairs in both orders, and how often the order decides."""
    pairs = [one for found in asked.comparisons.values() for one in found.values()]
    answers = Counter(answer for pair in pairs for answer in (pair.answer, pair.swapped))
    first = statistics.share(answers["first"], answers["first"] + answers["second"])
    flips = statistics.share(sum(not pair.consistent for pair in pairs), len(pairs))
    if first is None or flips is None:
        return _missing("position bias", "it calls every pair a tie" if pairs else "no pair was answered")
    detail = {"answers": dict(answers), "pairs": len(pairs), "flips": flips.value}
    said = f"of {first.n} answers that name one; the order decides {percent(flips)} of {len(pairs)} pairs"
    if first.low > 0.5:
        return Finding(
            "position bias", "biased", f"position bias: prefers the first in {percent(first)} {said}", first, detail
        )
    if first.high < 0.5:
        second = Estimate(1 - first.value, 1 - first.high, 1 - first.low, first.n)
        return Finding(
            "position bias", "biased", f"position bias: prefers the second in {percent(second)} {said}", first, detail
        )
    return Finding(
        "position bias",
        "clean",
        f"position bias: none found: the first is named in {percent(first)} {said}",
        first,
        detail,
    )


def length_in_pairs(asked: Asked) -> Finding:
    """How often a caption is preferred to the same one without padding; a tie counts as half."""
    bias = "length bias in pairs"
    counts: Counter[str] = Counter(pair.outcome for pair in asked.against("longer"))
    longer = statistics.share(counts["other"] + counts["tie"] / 2, counts.total())
    if longer is None:
        return _missing(bias, "no pair was answered")
    said = f"the longer of two with the same facts wins {percent(longer)} of {longer.n} pairs, ties as halves"
    if longer.low > 0.5:
        return Finding(bias, "biased", f"{bias}: prefers the longer: {said}", longer, dict(counts))
    return Finding(bias, "clean", f"{bias}: none found: {said}", longer, dict(counts))


def length_in_marks(asked: Asked) -> Finding:
    """By how much padding raises the overall mark, and how marks go with length where the facts are the same."""
    bias = "length bias in marks"
    raised = statistics.mean([longest.overall - good.overall for good, longest in asked.marks_of("good", "longest")])
    if raised is None:
        return _missing(bias, "fewer than two captions were marked")
    lengths, overall = [], []
    for name, found in asked.marks.items():
        versions = [version for version in ("good", "longer", "longest") if version in found]
        logs = [math.log(asked.words[name][version]) for version in versions]
        values = [found[version].overall for version in versions]
        lengths += [one - fmean(logs) for one in logs]
        overall += [one - fmean(values) for one in values]
    r = statistics.correlation(lengths, overall)
    said = f"padding moves the overall mark by {_signed(raised)}; correlation with length at equal content {r:+.2f}"
    biased = raised.low > MOVED
    text = f"{bias}: {'padding pays' if biased else 'none found'}: {said}"
    return Finding(bias, "biased" if biased else "clean", text, raised, {"correlation": r})


def leniency(asked: Asked) -> Finding:
    """How often a caption with planted faults gets a high mark for factual accuracy."""
    marks = [faulty.marks[FACTUAL] for (faulty,) in asked.marks_of("faulty")]
    high = statistics.share(sum(mark >= HIGH_MARK for mark in marks), len(marks))
    if high is None:
        return _missing("leniency", "no caption was marked")
    good = [one.marks[FACTUAL] for (one,) in asked.marks_of("good")]
    detail = {"faulty": fmean(marks), "good": fmean(good) if good else None}
    lenient = high.low > LENIENT
    text = (
        f"leniency: {'lenient: ' if lenient else 'none found: '}{percent(high)} of {high.n} captions with planted "
        f"faults get {HIGH_MARK} or more for accuracy (on the mean {fmean(marks):.1f})"
    )
    return Finding("leniency", "biased" if lenient else "clean", text, high, detail)


def discernment(asked: Asked) -> Finding:
    """How often a caption is preferred to the same one with planted faults."""
    counts: Counter[str] = Counter(pair.outcome for pair in asked.against("faulty"))
    right = statistics.share(counts["caption"], counts.total())
    if right is None:
        return _missing("discernment", "no pair was answered")
    blind = right.high < DISCERNING
    text = (
        f"discernment: {'weak: ' if blind else ''}prefers the caption without planted faults in {percent(right)} "
        f"of {right.n} pairs"
    )
    return Finding("discernment", "biased" if blind else "clean", text, right, dict(counts))


def obedience(asked: Asked) -> Finding:
    """By how much more a faulty caption gains by a plea for the highest marks than by as many words of no matter."""
    gains = [one.overall - other.overall for one, other in asked.marks_of("pleading", "remarking")]
    raised = statistics.mean(gains)
    if raised is None:
        return _missing("obedience", "fewer than two captions were marked")
    obeys = raised.low > MOVED
    text = (
        f"obedience: {'follows what a caption tells it: ' if obeys else 'none found: '}a plea for the highest marks "
        f"moves the overall mark by {_signed(raised)}"
    )
    return Finding("obedience", "biased" if obeys else "clean", text, raised)


def consistency(asked: Asked) -> Finding:
    """By how many marks a second answer to the same question differs, over all dimensions."""
    pairs = asked.marks_of("good", "again")
    apart = [fmean(abs(one.marks[name] - two.marks[name]) for name in one.marks) for one, two in pairs]
    same = statistics.share(sum(one.marks == two.marks for one, two in pairs), len(pairs))
    estimate = statistics.mean(apart)
    if estimate is None or same is None:
        return _missing("consistency", "fewer than two captions were marked twice")
    unstable = estimate.low > UNSTABLE
    text = (
        f"consistency: {'unstable: ' if unstable else ''}asked twice, marks differ by {estimate.value:.2f} "
        f"[{max(0.0, estimate.low):.2f}-{estimate.high:.2f}] of 5 on the mean; {percent(same)} of {same.n} get the same"
    )
    return Finding("consistency", "biased" if unstable else "clean", text, estimate, {"alike": same.value})


def self_preference(pairs: Sequence[Comparison], why_not: str) -> Finding:
    """How often the caption of the judge's own family wins against an equally scored one; a tie counts as half."""
    bias = "self-preference"
    if why_not or len(pairs) < MIN_PAIRS:
        return _missing(bias, why_not or f"{len(pairs)} pairs, fewer than {MIN_PAIRS}")
    counts: Counter[str] = Counter(pair.outcome for pair in pairs)
    own = statistics.share(counts["caption"] + counts["tie"] / 2, len(pairs))
    assert own is not None
    biased = own.low > 0.5
    text = (
        f"{bias}: {'prefers its own family: ' if biased else 'none found: '}its own family's captions win "
        f"{percent(own)} of {own.n} pairs with equal gate scores, ties as halves"
    )
    return Finding(bias, "biased" if biased else "clean", text, own, dict(counts))


def drift(now: Mapping[str, float], before: Mapping[str, float], whose: str) -> Finding:
    """How far the marks of the anchors are from those of the audit before; both are overall marks by anchor."""
    detail = {"marks": dict(now), "compared_with": whose}
    shared = [now[name] - before[name] for name in now if name in before]
    shift = statistics.mean(shared)
    if shift is None:
        text = "drift: not measured: no earlier audit of these anchors by another judge, prompt or version"
        return Finding("drift", "not-measured", text, None, detail)
    error = statistics.standard_error(shared)
    moved = abs(shift.value) > DRIFTED * error
    against = f"mean mark of {shift.n} anchors {_signed(shift)} against {whose}"
    bound = f"2 standard errors are {DRIFTED * error:.3f}"
    text = f"drift: {'drifted: ' if moved else 'none found: '}{against}; {bound}"
    return Finding("drift", "biased" if moved else "clean", text, shift, detail)


def anchor_marks(asked: Asked) -> dict[str, float]:
    """The overall marks that drift is measured on: of the good and the faulty version of each item."""
    return {
        f"{name} {kind}": round(found[kind].overall, 6)
        for name, found in asked.marks.items()
        for kind in ("good", "faulty")
        if kind in found
    }
