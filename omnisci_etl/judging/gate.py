"""The gate: conditions in order of price, the first stage that one of them fails decides."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from omnisci_etl.hashing import canonical_sha256

DEFAULT_POLICY = "default-gate"
CALIBRATED_POLICY = "calibrated-gate"
VERSION = "2.1.0"
DEFAULT_SOURCE = f"{DEFAULT_POLICY} {VERSION}"
# Every deterministic scorer is scaled so that this is the least that passes.
THRESHOLD = 0.6

Stage = Literal["text", "embedding", "claims", "judge", "qa"]
# From what costs nothing to what costs most.
STAGES: tuple[Stage, ...] = ("text", "embedding", "claims", "judge", "qa")
# Those that ask models; a caption comes to one only where it is due for it.
PAID: tuple[Stage, ...] = ("claims", "judge", "qa")

ACCEPTED = "above-threshold"
UNCERTAIN = "in-the-band"
AWAITED = "verdict-awaited"
NO_VERDICT = "no-verdict"
# A figure about which no question stands the filters cannot be asked about: that says nothing against its captions.
PASSED_OVER: frozenset[Stage] = frozenset({"qa"})


@dataclass(frozen=True, slots=True)
class Check:
    """A score has to reach at_least. Within `band` below it the gate does not reject, but asks for another look.

    slug is what a rejection is stored under, unless the score itself names one. source: where the threshold is from.
    """

    scorer: str
    stage: Stage
    at_least: float
    slug: str
    band: float = 0.0
    source: str = DEFAULT_SOURCE


# docs/scorers.md says what each measures and why its threshold is what it is.
DEFAULT_CHECKS: tuple[Check, ...] = (
    Check("structure", "text", THRESHOLD, "malformed"),
    Check("unsteered", "text", THRESHOLD, "steered"),
    Check("numbers-grounded", "text", THRESHOLD, "numbers-ungrounded"),
    Check("names-grounded", "text", THRESHOLD, "names-ungrounded"),
    Check("panels-covered", "text", THRESHOLD, "panels-missing"),
    Check("self-contained", "text", THRESHOLD, "not-self-contained"),
    Check("on-topic", "text", THRESHOLD, "off-topic"),
    Check("density", "text", THRESHOLD, "says-little"),
    Check("readability", "text", THRESHOLD, "unreadable"),
    Check("similarity", "embedding", 0.3, "caption-mismatch"),
    Check("claims-faithful", "claims", 0.8, "claims-unfaithful"),
    Check("claims-covered", "claims", 0.5, "claims-uncovered"),
    Check("judge", "judge", 0.6, "judge-low"),
    Check("caption-qa", "qa", 0.5, "not-useful"),
)


@dataclass(frozen=True, slots=True)
class Seen:
    """A stored score; slug is the worst fault that the scorer itself names, "" where it names none."""

    value: float
    slug: str = ""


StepState = Literal["passed", "failed", "awaited", "no verdict", "passed over", "not due", "not reached"]
# What ends a caption's way.
_ENDS: frozenset[StepState] = frozenset({"failed", "awaited", "no verdict"})


@dataclass(frozen=True, slots=True)
class Step:
    """A stage on the way of a caption. present: its checks that had a score; failed: those under their threshold.

    awaited: a paid stage that has not said all; no verdict: it will not; passed over: no score, and none is needed.
    """

    stage: Stage
    state: StepState
    checks: tuple[Check, ...]
    present: tuple[Check, ...] = ()
    failed: tuple[Check, ...] = ()

    def state_of(self, check: Check) -> str:
        """How one of its checks ended."""
        if self.state in ("not due", "not reached"):
            return self.state
        if check in self.failed:
            return "failed"
        return "passed" if check in self.present else "unscored"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of a caption; reason holds every score it saw, the thresholds and where it stopped.

    awaits: the paid stage whose scores it would need to go on, "" where it is at its end.
    """

    outcome: Literal["accept", "reject", "abstain", "escalate"]
    slug: str
    gate_score: float
    reason: Mapping[str, Any]
    awaits: str = ""


def walk(
    scores: Mapping[str, Seen], checks: Sequence[Check], due: Collection[str] = (), silent: Collection[str] = ()
) -> list[Step]:
    """The way of a caption through all stages, in order of price, to the first that one of its scores fails.

    due: paid stages that the caption has to pass as well. silent: those of them that have been asked and will not say
    more. A scorer that is not present is passed over, but for paid stages: these are gone through only where they are
    due, and then no score of theirs may lack.
    """
    by_stage: dict[Stage, list[Check]] = {stage: [] for stage in STAGES}
    for check in checks:
        by_stage[check.stage].append(check)
    steps: list[Step] = []
    is_over = False
    for stage, named in by_stage.items():
        here = tuple(named)
        if stage in PAID and stage not in due:
            step = Step(stage, "not due", here)
        elif is_over:
            step = Step(stage, "not reached", here)
        else:
            step = _step(stage, here, scores, silent)
            is_over = step.state in _ENDS
        steps.append(step)
    return steps


def _step(stage: Stage, here: tuple[Check, ...], scores: Mapping[str, Seen], silent: Collection[str]) -> Step:
    present = tuple([check for check in here if check.scorer in scores])
    is_short = stage in PAID and len(present) < len(here)
    if is_short and stage not in silent:
        return Step(stage, "awaited", here, present)
    if is_short and stage not in PASSED_OVER:
        return Step(stage, "no verdict", here, present)
    failed = tuple([check for check in present if scores[check.scorer].value < check.at_least])
    return Step(stage, "failed" if failed else "passed" if present else "passed over", here, present, failed)


def decide(
    scores: Mapping[str, Seen], checks: Sequence[Check], due: Collection[str] = (), silent: Collection[str] = ()
) -> Verdict:
    """The verdict on scores by scorer name, by the walk that these are given for.

    Of the scores that fail in the stage where it ends the weakest (relative to its threshold) decides. Where a paid
    stage lacks a score the gate abstains.
    The gate score is the minimum of the scores of stage text. Raises ValueError where there is none of these.
    """
    steps = walk(scores, checks, due, silent)
    texts = [scores[check.scorer].value for check in steps[0].present]
    if not texts:
        raise ValueError("a gate needs at least one score")
    return _verdict(scores, steps, sorted(silent), min(texts))


def _verdict(scores: Mapping[str, Seen], steps: Sequence[Step], silent: Sequence[str], gate_score: float) -> Verdict:
    last = next((step for step in steps if step.state in _ENDS), None)
    judged = [step for step in steps if step.state in ("passed", "failed", "passed over")]
    seen = [check for step in judged for check in step.present]
    extra: dict[str, Any] = {"silent": silent} if silent else {}
    if last is None:
        reason = _reason(scores, seen, STAGES[-1], _weakest(scores, seen))
        return Verdict("accept", ACCEPTED, gate_score, reason | extra)
    if last.state != "failed":
        reason = _reason(scores, seen, last.stage, None) | extra | {"awaits": last.stage}
        if last.state == "no verdict":
            return Verdict("abstain", NO_VERDICT, gate_score, reason)
        return Verdict("abstain", AWAITED, gate_score, reason, awaits=last.stage)
    worst = _weakest(scores, last.failed)
    reason = _reason(scores, seen, last.stage, worst) | extra
    if all(scores[check.scorer].value >= check.at_least - check.band for check in last.failed):
        return Verdict("escalate", UNCERTAIN, gate_score, reason)
    return Verdict("reject", scores[worst.scorer].slug or worst.slug, gate_score, reason)


def _weakest(scores: Mapping[str, Seen], checks: Iterable[Check]) -> Check:
    """The score that is farthest under its threshold; of several the one whose check is named first."""

    def rank(check: Check) -> tuple[float, float]:
        value = scores[check.scorer].value
        return value - check.at_least, value

    return min(checks, key=rank)


def _reason(scores: Mapping[str, Seen], seen: Sequence[Check], stage: Stage, worst: Check | None) -> dict[str, Any]:
    """What is stored: sources are named where they are not the defaults of this version."""
    reason: dict[str, Any] = {
        "scores": {check.scorer: scores[check.scorer].value for check in seen},
        "thresholds": {check.scorer: check.at_least for check in seen},
        "sources": {check.scorer: check.source for check in seen if check.source != DEFAULT_SOURCE},
        "stopped_at": stage,
    }
    if worst is not None:
        reason |= {"weakest": worst.scorer, "threshold": worst.at_least, "threshold_source": worst.source}
    return reason


def inputs_sha256(
    scores: Mapping[str, Seen], checks: Sequence[Check], due: Collection[str], silent: Collection[str] = ()
) -> str:
    """The hash of what a verdict was given."""
    seen = {name: [repr(score.value), score.slug] for name, score in scores.items()}
    thresholds = {check.scorer: [check.at_least, check.band, check.source] for check in checks}
    return canonical_sha256({"scores": seen, "checks": thresholds, "due": sorted(due), "silent": sorted(silent)})
