"""The path of one caption through the gate, with what every scorer found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from omnisci_etl.config import Settings
from omnisci_etl.errors import ConfigError
from omnisci_etl.judging import paid
from omnisci_etl.judging.gate import PAID, STAGES, Check
from omnisci_etl.judging.policy import Policy
from omnisci_etl.judging.subjects import load
from omnisci_etl.ledger.blobs import BlobStore
from omnisci_etl.ledger.database import Ledger, sql

_SQL = "omnisci_etl.judging.sql"


def explain(settings: Settings, ledger: Ledger, caption_id: int) -> dict[str, Any]:
    """The caption, its checks stage by stage under the present policy, and every decision there was (newest first).

    A check's state is passed, failed, unscored, or not reached; that of a stage also not due. outdated: the newest
    decision was made under another policy, or there is none. Raises ConfigError where there is no such caption.
    """
    with ledger.read() as connection:
        policy = Policy(settings, connection, BlobStore(settings.blob_url).get)
        subjects = load(connection, [caption_id])
        if not subjects:
            raise ConfigError(
                f"there is no caption {caption_id}; `omnisci sql 'SELECT caption_id FROM lineage'` lists them"
            )
        subject = subjects[0]
        scores = _scores(connection, caption_id, policy)
        decisions = [
            dict(row)
            for row in connection.execute(sql(_SQL, "explained_decisions"), {"caption_id": caption_id}).mappings()
        ]
    due = paid.due(caption_id, policy.shares)
    checks = policy.thresholds.checks(subject.features)
    newest = decisions[0] if decisions else None
    return {
        "caption_id": caption_id, "figure_id": subject.figure_id, **subject.features, "label": subject.evidence.label,
        "body": subject.candidate.body, "decision": newest and newest["outcome"], "slug": newest and newest["slug"],
        "gate_score": newest and newest["gate_score"],
        "outdated": newest is None or newest["policy_sha256"] != policy.thresholds.policy_sha256,
        "stages": list(_stages(scores, checks, due)),
        "not_gating": [row for name, row in scores.items() if name not in {check.scorer for check in checks}],
        "decisions": decisions,
    }  # fmt: skip


def _scores(connection: Connection, caption_id: int, policy: Policy) -> dict[str, dict[str, Any]]:
    parameters = {"caption_id": caption_id, "wanted": policy.bench.wanted}
    rows = connection.execute(sql(_SQL, "explained_scores"), parameters).mappings()
    return {row["scorer"]: dict(row) for row in rows}


def _stages(
    scores: Mapping[str, Mapping[str, Any]], checks: Sequence[Check], due: frozenset[str]
) -> Iterator[dict[str, Any]]:
    stopped = False
    for stage in STAGES:
        here = [check for check in checks if check.stage == stage]
        if stage in PAID and stage not in due:
            yield {"stage": stage, "state": "not due", "checks": [_check(check, scores, "not due") for check in here]}
            continue
        rows = [_check(check, scores, "not reached" if stopped else _state(check, scores)) for check in here]
        states = {row["state"] for row in rows}
        awaited = stage in PAID and "unscored" in states
        state = "not reached" if stopped else "awaited" if awaited else "failed" if "failed" in states else "passed"
        stopped = stopped or state in ("failed", "awaited")
        yield {"stage": stage, "state": state, "checks": rows}


def _state(check: Check, scores: Mapping[str, Mapping[str, Any]]) -> str:
    if check.scorer not in scores:
        return "unscored"
    return "passed" if scores[check.scorer]["value"] >= check.at_least else "failed"


def _check(check: Check, scores: Mapping[str, Mapping[str, Any]], state: str) -> dict[str, Any]:
    row = scores.get(check.scorer)
    return {
        "scorer": check.scorer, "state": state, "value": row and row["value"], "at_least": check.at_least,
        "band": check.band, "threshold_source": check.source, "slug": check.slug,
        "version": row and row["scorer_version"],
        "current": None if row is None or check.stage in PAID else row["current"], "detail": row and row["detail"],
    }  # fmt: skip
