"""The default gate: accepts a caption whose weakest deterministic score reaches the threshold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omnisci_etl.hashing import canonical_sha256

POLICY = "default-gate"
VERSION = "1.0.0"
THRESHOLD = 0.6
# The slug says which scorer held the caption back.
REJECTS = {
    "numbers-grounded": "numbers-ungrounded",
    "panels-covered": "panels-missing",
    "self-contained": "not-self-contained",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of a caption; reason holds every score it saw and the threshold."""

    outcome: str
    slug: str
    gate_score: float
    reason: Mapping[str, Any]


def decide(scores: Mapping[str, float]) -> Verdict:
    """The verdict on scores by scorer name; the gate score is their minimum. Raises ValueError without any."""
    if not scores:
        raise ValueError("a gate needs at least one score")
    weakest = min(scores, key=lambda name: (scores[name], name))
    value = scores[weakest]
    reason = {
        "scores": dict(scores),
        "threshold": THRESHOLD,
        "weakest": weakest,
        "threshold_source": f"{POLICY} {VERSION}",
    }
    if value >= THRESHOLD:
        return Verdict("accept", "above-threshold", value, reason)
    return Verdict("reject", REJECTS[weakest], value, reason)


def policy_sha256(scorers: Mapping[str, str]) -> str:
    """The hash of the policy: its version, threshold and the config hashes of the scorers it reads, by name."""
    return canonical_sha256({"policy": POLICY, "version": VERSION, "threshold": THRESHOLD, "scorers": dict(scorers)})


def inputs_sha256(scores: Mapping[str, float]) -> str:
    """The hash of what a verdict was given."""
    return canonical_sha256({name: repr(value) for name, value in scores.items()})
