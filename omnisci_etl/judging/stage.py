"""Scoring: every caption gets a row from each scorer, then a decision of the gate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from omnisci_etl.context import Context, Counts
from omnisci_etl.judging import gate
from omnisci_etl.judging.evidence import Candidate, Evidence
from omnisci_etl.judging.scorers import Scorer, config_sha256, default_scorers, embedding_scorers
from omnisci_etl.ledger.database import Ledger, copy_into, sql

BATCH = 1000
_SQL = "omnisci_etl.judging.sql"
_SCORE = {
    "caption_id": "bigint", "scorer": "text", "scorer_version": "text", "config_sha256": "text",
    "deterministic": "boolean", "value": "double precision", "detail": "jsonb", "run_key": "bigint",
}  # fmt: skip
_DECISION = {
    "caption_id": "bigint", "policy": "text", "policy_sha256": "text", "inputs_sha256": "text", "outcome": "text",
    "slug": "text", "gate_score": "double precision", "reason": "jsonb", "run_key": "bigint",
}  # fmt: skip


def score(context: Context, *, discipline: str | None = None, limit: int | None = None) -> Counts:
    """Scores what lacks a score and decides what lacks a decision, in batches that are each committed."""
    bench = _Bench()
    counts: Counter[str] = Counter(captions=0, scores=0, accepted=0, rejected=0)
    after = 0
    while limit is None or counts["captions"] < limit:
        size = BATCH if limit is None else min(BATCH, limit - counts["captions"])
        rows = bench.unscored(context, after, discipline, size)
        if not rows:
            break
        after = rows[-1]["caption_id"]
        counts.update(bench.work(context, rows))
        context.progress.update(counts["captions"], None, "captions scored")
    return dict(counts)


class _Bench:
    """The scorers at hand, with the hashes that say which of their rows exist."""

    def __init__(self) -> None:
        self.scorers: tuple[Scorer, ...] = (*default_scorers(), *embedding_scorers())
        self.keys = {s.name: config_sha256(s) for s in self.scorers}
        gate_keys = {s.name: self.keys[s.name] for s in self.scorers if s.deterministic}
        self.gate_wanted = [f"{name} {key}" for name, key in gate_keys.items()]
        self.policy = gate.policy_sha256(gate_keys)

    def unscored(self, context: Context, after: int, discipline: str | None, size: int) -> Sequence[Mapping[str, Any]]:
        parameters = {
            "after": after, "wanted": [f"{name} {key}" for name, key in self.keys.items()],
            "policy_sha256": self.policy, "discipline": discipline, "batch": size,
        }  # fmt: skip
        with context.ledger.begin() as connection:
            return [dict(row) for row in connection.execute(sql(_SQL, "unscored"), parameters).mappings()]

    def work(self, context: Context, rows: Sequence[Mapping[str, Any]]) -> Counts:
        scored = [score for scorer in self.scorers for score in self._scores(scorer, rows, context.run.key)]
        ids = [row["caption_id"] for row in rows]
        with context.ledger.begin() as connection:
            copy_into(connection, "score_stage", _SCORE, scored)
            written = connection.execute(sql(_SQL, "insert_scores")).rowcount
            parameters = {"captions": ids, "wanted": self.gate_wanted}
            found = connection.execute(sql(_SQL, "deterministic_scores"), parameters).all()
            decided = list(self._decisions(found, context.run.key))
            copy_into(connection, "decision_stage", _DECISION, decided)
            connection.execute(sql(_SQL, "insert_decisions"))
        outcomes = Counter(row[4] for row in decided)
        return {
            "captions": len(rows),
            "scores": written,
            "accepted": outcomes["accept"],
            "rejected": outcomes["reject"],
        }

    def _scores(self, scorer: Scorer, rows: Sequence[Mapping[str, Any]], run_key: int) -> list[tuple[Any, ...]]:
        key = self.keys[scorer.name]
        todo = [row for row in rows if f"{scorer.name} {key}" not in row["scored"]]
        values = scorer.score([candidate(row) for row in todo])
        return [
            (row["caption_id"], scorer.name, scorer.version, key, scorer.deterministic, one.value, one.detail, run_key)
            for row, one in zip(todo, values, strict=True)
        ]

    def _decisions(self, found: Sequence[Any], run_key: int) -> list[tuple[Any, ...]]:
        by_caption: dict[int, dict[str, float]] = {}
        for caption_id, scorer, _, value in found:
            by_caption.setdefault(caption_id, {})[scorer] = value
        rows = []
        for caption_id, scores in by_caption.items():
            verdict = gate.decide(scores)
            rows.append((
                caption_id, gate.POLICY, self.policy, gate.inputs_sha256(scores), verdict.outcome, verdict.slug,
                verdict.gate_score, verdict.reason, run_key,
            ))  # fmt: skip
        return rows


def candidate(row: Mapping[str, Any]) -> Candidate:
    """What the scorers see of a row of unscored.sql: sub-captions that stand beside the caption are part of it."""
    beside = [text for text in dict.fromkeys(row["panel_texts"]) if text not in row["author_caption"]]
    evidence = Evidence(
        author_caption=" ".join([row["author_caption"], *beside]),
        panel_labels=tuple(row["panel_labels"]),
        mentions=tuple(row["mentions"]),
        kind=row["kind"],
        label=row["label"],
        title=row["title"],
    )
    panels = tuple((str(p["label"]), str(p["text"])) for p in row["panels"])
    return Candidate(body=row["body"], panels=panels, evidence=evidence)


def plan(ledger: Ledger, *, discipline: str | None = None) -> list[dict[str, Any]]:
    """What score would do: captions without a score or decision, by scorer. It costs nothing but time."""
    bench = _Bench()
    statement = sql(_SQL, "count_unscored")
    rows = []
    with ledger.read() as connection:
        for name, key in bench.keys.items():
            parameters = {"wanted": f"{name} {key}", "discipline": discipline}
            captions = connection.execute(statement, parameters).scalar_one()
            rows.append({"scorer": name, "captions": captions, "cost_usd": 0})
    return rows
