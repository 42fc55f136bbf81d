"""What follows on the outcome of an attempt: the view retry_policy, for who decides between two looks at the ledger.

Both are functions of statuses.yaml; a test holds them together.
"""

from __future__ import annotations

from typing import Literal

from omnisci_etl.ledger.statuses import statuses

Step = Literal["use", "strike", "retry", "stop", "fail"]
STRIKES_OUT = "strikes-out"


def _step(kind: str, retryable: bool, billable: bool) -> Step:
    if kind == "ok":
        return "use"
    if billable:
        return "strike"
    if not retryable:
        return "fail"
    return "retry" if kind == "transient" else "stop"


STEPS: dict[str, Step] = {
    slug: _step(kind, retryable, billable)
    for slug, stage, kind, retryable, billable, _, _ in statuses()
    if stage == "call" or slug == "unreachable"
}


def _with(step: Step) -> frozenset[str]:
    return frozenset(slug for slug, found in STEPS.items() if found == step)


# Charged for, and of no use: asked again until the strike cap.
STRIKES = _with("strike") - {STRIKES_OUT}
# Time may mend it: asked again after a wait.
TRANSIENT = _with("retry")
# It would meet every request alike: the model is asked nothing more in this run.
STOPS = _with("stop")
# Never asked again.
FAILED = _with("fail") | {STRIKES_OUT}
