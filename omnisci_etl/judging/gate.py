"""The gate: conditions in order of price, the first stage that one of them fails decides."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from omnisci_etl.hashing import canonical_sha256

DEFAULT_POLICY = "default-gate"
CALIBRATED_POLICY = "calibrated-gate"
VERSION = "2.0.0"
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


def decide(
    scores: Mapping[str, Seen], checks: Sequence[Check], due: Collection[str] = (), silent: Collection[str] = ()
) -> Verdict:
    """The verdict on scores by scorer name. due: paid stages that the caption has to pass as well.

    silent: those of them that have been asked and will not say more; where scores of theirs lack, the gate abstains.

    The stages are gone through in order of price, and the first with a score under its threshold ends the way: its
    weakest score (relative to the threshold) decides. A scorer that is not present is passed over, but for paid stages:
    these are gone through only where they are due, and then no score of theirs may lack.
    The gate score is the minimum of the scores of stage text. Raises ValueError where there is none of these.
    """
    texts = {c.scorer: scores[c.scorer].value for c in checks if c.stage == "text" and c.scorer in scores}
    if not texts:
        raise ValueError("a gate needs at least one score")
    gate_score = min(texts.values())
    seen: list[Check] = []
    for stage in STAGES:
        if stage in PAID and stage not in due:
            continue
        here = [check for check in checks if check.stage == stage]
        present = [check for check in here if check.scorer in scores]
        if stage in PAID and len(present) < len(here) and not (stage in silent and stage in PASSED_OVER):
            reason = _reason(scores, seen, stage, None) | {"awaits": stage}
            if stage in silent:
                return Verdict("abstain", NO_VERDICT, gate_score, reason)
            return Verdict("abstain", AWAITED, gate_score, reason, awaits=stage)
        seen += present
        failed = [check for check in present if scores[check.scorer].value < check.at_least]
        if failed:
            return _failure(scores, seen, failed, stage, gate_score)
    return Verdict("accept", ACCEPTED, gate_score, _reason(scores, seen, STAGES[-1], _weakest(scores, seen)))


def _failure(
    scores: Mapping[str, Seen], seen: Sequence[Check], failed: Sequence[Check], stage: Stage, gate_score: float
) -> Verdict:
    worst = _weakest(scores, failed)
    reason = _reason(scores, seen, stage, worst)
    if all(scores[check.scorer].value >= check.at_least - check.band for check in failed):
        return Verdict("escalate", UNCERTAIN, gate_score, reason)
    return Verdict("reject", scores[worst.scorer].slug or worst.slug, gate_score, reason)


def _weakest(scores: Mapping[str, Seen], checks: Iterable[Check]) -> Check:
    def rank(check: Check) -> tuple[float, float, str]:
        value = scores[check.scorer].value
        return value - check.at_least, value, check.scorer

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
