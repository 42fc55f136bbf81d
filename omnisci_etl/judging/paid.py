"""The stages of the gate that ask models: which captions are due for them, and who examines those."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from hashlib import sha256
from importlib import import_module
from typing import Any

from sqlalchemy import Connection

from omnisci_etl.captions import costs
from omnisci_etl.captions.questions import Asker
from omnisci_etl.captions.routes import JUDGES_OF_GATE, Routes
from omnisci_etl.context import Context, Counts
from omnisci_etl.errors import ConfigError
from omnisci_etl.judging.gate import DEFAULT_CHECKS, PAID
from omnisci_etl.ledger.database import sql

_SQL = "omnisci_etl.judging.sql"
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


def plan(
    connection: Connection, routes: Routes, policy_sha256: str, *, discipline: str | None, limit: int | None
) -> list[dict[str, Any]]:
    """For each paid stage how many captions it would see at most, and about what that costs in US dollars.

    Those are the captions that wait for a decision, are drawn for the stage, and lack a score of it; the price is that
    of the model that judges captions of the first family among them. Raises ConfigError as require_judges does.
    """
    wanted = shares(routes)
    if not wanted:
        return []
    scorers = {stage: {check.scorer for check in DEFAULT_CHECKS if check.stage == stage} for stage in wanted}
    parameters = {"policy_sha256": policy_sha256, "discipline": discipline}
    waiting = connection.execute(sql(_SQL, "undecided"), {**parameters, "after": 0, "batch": limit}).scalars().all()
    families = connection.execute(sql(_SQL, "families_of_captions"), {"captions": list(waiting)}).scalars().all()
    require_judges(routes, wanted, families)
    asked = {"captions": list(waiting), "paid": sorted(set().union(*scorers.values()))}
    present = {(row.caption_id, row.scorer) for row in connection.execute(sql(_SQL, "paid_scores"), asked)}
    drawn = Counter(
        stage
        for caption_id in waiting
        for stage in due(caption_id, wanted)
        if any((caption_id, scorer) not in present for scorer in scorers[stage])
    )
    return [_estimate(routes, stage, drawn[stage], families[:1]) for stage in wanted]


def _estimate(routes: Routes, stage: str, captions: int, families: Sequence[str]) -> dict[str, Any]:
    model = routes.judge_for(JUDGES_OF_GATE[stage][-1], families)
    each = costs.likely_cost(routes.models[model].prices, *_TOKENS[stage]) * _QUESTIONS[stage]
    return {"scorer": stage, "captions": captions, "cost_usd": round(float(each * captions), 6)}


def configs(routes: Routes, stages: Iterable[str], families: Sequence[str]) -> dict[tuple[str, str], frozenset[str]]:
    """The scorers of these stages with the hashes of their present configurations, and whose captions each judges.

    Families without a judge have none.
    """
    found: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for stage in stages:
        config_of: Callable[[Routes, str], str] = import_module(_EXAMINERS[stage]).config_of
        for family in families:
            with suppress(ConfigError):
                config = config_of(routes, family)
                for check in DEFAULT_CHECKS:
                    if check.stage == stage:
                        found[check.scorer, config].add(family)
    return {key: frozenset(judged) for key, judged in found.items()}


def require_judges(routes: Routes, stages: Iterable[str], families: Sequence[str]) -> None:
    """Raises ConfigError, with the remedy, where a stage has no model that may judge captions of these families."""
    from omnisci_etl.judging.qa.roles import cast

    for stage in stages:
        for family in families:
            if stage == "qa":
                cast(routes, {family})
            else:
                routes.judge_for(JUDGES_OF_GATE[stage][0], [family])


def examine(stage: str, context: Context, routes: Routes, captions: Sequence[int], ask: Asker) -> Counts:
    """Lets the models of a stage judge captions; their scores are rows when it returns."""
    run: Examine = import_module(_EXAMINERS[stage]).examine
    return run(context, routes, captions, ask)
