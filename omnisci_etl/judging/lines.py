"""Scores as lines for COPY, made where the scores are made: neither objects nor details travel between processes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omnisci_etl.judging.evidence import Candidate
from omnisci_etl.judging.scorers import Scorer
from omnisci_etl.ledger.copying import csv_line

COLUMNS = {
    "caption_id": "bigint", "scorer": "text", "scorer_version": "text", "config_sha256": "text",
    "deterministic": "boolean", "value": "double precision", "detail": "jsonb",
}  # fmt: skip
_TYPES = list(COLUMNS.values())

Key = tuple[Scorer, str]
"""A scorer with the hash of its configuration."""


@dataclass(frozen=True, slots=True)
class Scored:
    """seen: by scorer, value and slug of each caption asked for, in order. lines: their rows."""

    seen: Mapping[str, Sequence[tuple[float, str]]]
    lines: bytes


def score_line(
    caption_id: int,
    scorer: str,
    version: str,
    config: str,
    deterministic: bool,
    value: float,
    detail: Mapping[str, Any],
) -> str:
    """A row of COLUMNS."""
    return csv_line((caption_id, scorer, version, config, deterministic, float(value), detail), _TYPES)


def score_lines(keys: Sequence[Key], captions: Sequence[int], candidates: Sequence[Candidate]) -> Scored:
    """The captions of these ids, scored by each scorer."""
    seen: dict[str, list[tuple[float, str]]] = {}
    lines: list[str] = []
    for scorer, config in keys:
        name, version, deterministic = scorer.name, scorer.version, scorer.deterministic
        scores = scorer.score(candidates)
        seen[name] = [(float(score.value), str(score.detail.get("slug") or "")) for score in scores]
        lines += [
            score_line(caption, name, version, config, deterministic, score.value, score.detail)
            for caption, score in zip(captions, scores, strict=True)
        ]
    return Scored(seen, "".join(lines).encode("utf-8", "replace"))
