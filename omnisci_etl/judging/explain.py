"""The path of one caption through the gate, with what every scorer found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from omnisci_etl.config import Settings
from omnisci_etl.errors import ConfigError
from omnisci_etl.judging import paid
from omnisci_etl.judging.gate import PAID, Check, Seen, walk
from omnisci_etl.judging.policy import Policy
from omnisci_etl.judging.subjects import load
from omnisci_etl.ledger.blobs import BlobStore
from omnisci_etl.ledger.database import Ledger, sql

_SQL = "omnisci_etl.judging.sql"


def explain(settings: Settings, ledger: Ledger, caption_id: int) -> dict[str, Any]:
    """The caption, its checks stage by stage under the present policy, and every decision there was (newest first).

    States are those of gate.Step. outdated: the newest decision was made under another policy, or there is none.
    Raises ConfigError where there is no such caption.
    """
    with ledger.read() as connection:
        policy = Policy(settings, connection, BlobStore(settings.blob_url).get)
        # No caption has an id that its column cannot hold.
        subjects = load(connection, [caption_id]) if caption_id < 2**63 else []
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
    outdated = newest is None or newest["policy_sha256"] != policy.thresholds.policy_sha256
    silent = () if newest is None or outdated else newest["reason"].get("silent", ())
    return {
        "caption_id": caption_id, "figure_id": subject.figure_id, **subject.features, "label": subject.evidence.label,
        "body": subject.candidate.body, "decision": newest and newest["outcome"], "slug": newest and newest["slug"],
        "gate_score": newest and newest["gate_score"],
        "outdated": outdated, "stages": _stages(scores, checks, due, silent),
        "not_gating": [row for name, row in scores.items() if name not in {check.scorer for check in checks}],
        "decisions": decisions,
    }  # fmt: skip


def _scores(connection: Connection, caption_id: int, policy: Policy) -> dict[str, dict[str, Any]]:
    parameters = {"caption_id": caption_id, "wanted": policy.bench.wanted}
    rows = connection.execute(sql(_SQL, "explained_scores"), parameters).mappings()
    return {row["scorer"]: dict(row) for row in rows}


def _stages(
    scores: Mapping[str, Mapping[str, Any]], checks: Sequence[Check], due: frozenset[str], silent: Sequence[str]
) -> list[dict[str, Any]]:
    """The gate's walk with these scores, every check with what its scorer found."""
    values = {name: Seen(row["value"]) for name, row in scores.items()}
    return [
        {
            "stage": step.stage, "state": step.state,
            "checks": [_check(check, scores, step.state_of(check)) for check in step.checks],
        }
        for step in walk(values, checks, due, silent)
    ]  # fmt: skip


def _check(check: Check, scores: Mapping[str, Mapping[str, Any]], state: str) -> dict[str, Any]:
    row = scores.get(check.scorer)
    return {
        "scorer": check.scorer, "state": state, "value": row and row["value"], "at_least": check.at_least,
        "band": check.band, "threshold_source": check.source, "slug": check.slug,
        "version": row and row["scorer_version"],
        "current": None if row is None or check.stage in PAID else row["current"], "detail": row and row["detail"],
    }  # fmt: skip
