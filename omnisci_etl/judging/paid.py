"""The stages of the gate that ask models: which captions are due for them, and who examines those."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from importlib import import_module
from typing import Any

from omnisci_etl.captions import costs
from omnisci_etl.captions.questions import Asker
from omnisci_etl.captions.routes import JUDGES_OF_GATE, Routes
from omnisci_etl.context import Context, Counts
from omnisci_etl.judging.gate import PAID

Examine = Callable[[Context, Routes, Sequence[int], Asker], Counts]

_EXAMINERS = {
    "claims": "omnisci_etl.judging.claims.stage",
    "judge": "omnisci_etl.judging.judge.stage",
    "qa": "omnisci_etl.judging.qa.stage",
}


def shares(routes: Routes) -> dict[str, float]:
    """The share of captions that each paid stage is to see, those with none left out."""
    wanted = {stage: getattr(routes.gate, stage) for stage in PAID}
    return {stage: share for stage, share in wanted.items() if share > 0}


def due(caption_id: int, wanted: dict[str, float]) -> frozenset[str]:
    """The stages that a caption is drawn for: the same ones at each time, and for a larger share never fewer."""
    return frozenset(stage for stage, share in wanted.items() if _draw(stage, caption_id) < share)


def _draw(stage: str, caption_id: int) -> float:
    digest = sha256(f"{stage} {caption_id}".encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48


# Questions to a model that one caption takes, with their likely tokens in and out (evidence and a picture among them).
_QUESTIONS = {"claims": 2, "judge": 1, "qa": 36}
_TOKENS = {"claims": (3500, 700), "judge": (3500, 500), "qa": (1500, 40)}


def estimate(routes: Routes, stage: str, share: float, captions: int) -> dict[str, Any]:
    """A line of the plan: how many captions a stage would see at most, and about what that costs in US dollars."""
    seen = round(captions * share)
    task = JUDGES_OF_GATE[stage][-1]
    prices = routes.models[getattr(routes.judges, task)[0]].prices
    dollars = costs.likely_cost(prices, *_TOKENS[stage]) * _QUESTIONS[stage] * seen
    return {"scorer": stage, "captions": seen, "cost_usd": round(float(dollars), 6)}


def examine(stage: str, context: Context, routes: Routes, captions: Sequence[int], ask: Asker) -> Counts:
    """Lets the models of a stage judge captions; their scores are rows when it returns."""
    run: Examine = import_module(_EXAMINERS[stage]).examine
    return run(context, routes, captions, ask)
