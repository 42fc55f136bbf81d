"""Score rows: one for each caption, scorer, version and configuration, written once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from omnisci_etl.judging.lines import COLUMNS, score_line
from omnisci_etl.ledger.database import copy_lines, sql

_SQL = "omnisci_etl.judging.sql"


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
    lines = [
        score_line(row.caption_id, row.scorer, row.version, row.config_sha256, row.deterministic, row.value, row.detail)
        for row in rows
    ]
    return store_lines(connection, "".join(lines).encode("utf-8", "replace"), run_key)


def store_lines(connection: Connection, lines: bytes, run_key: int) -> int:
    """The same for rows as score_line writes them."""
    copy_lines(connection, "score_stage", COLUMNS, lines)
    return int(connection.execute(sql(_SQL, "insert_scores"), {"run_key": run_key}).rowcount)
