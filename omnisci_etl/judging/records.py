"""Score rows: one for each caption, scorer, version and configuration, written once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from omnisci_etl.ledger.database import copy_into, sql

_SQL = "omnisci_etl.judging.sql"
_SCORE = {
    "caption_id": "bigint", "scorer": "text", "scorer_version": "text", "config_sha256": "text",
    "deterministic": "boolean", "value": "double precision", "detail": "jsonb", "run_key": "bigint",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """A scorer's number (0 worst, 1 best) for a caption; config_sha256 names all that the number depends on but it."""

    caption_id: int
    scorer: str
    version: str
    config_sha256: str
    deterministic: bool
    value: float
    detail: Mapping[str, Any]


def store_scores(connection: Connection, rows: Iterable[ScoreRow], run_key: int) -> int:
    """Writes score rows, those that exist left as they are; how many were written."""
    values = (
        (row.caption_id, row.scorer, row.version, row.config_sha256, row.deterministic, row.value, row.detail, run_key)
        for row in rows
    )
    copy_into(connection, "score_stage", _SCORE, values)
    return int(connection.execute(sql(_SQL, "insert_scores")).rowcount)
