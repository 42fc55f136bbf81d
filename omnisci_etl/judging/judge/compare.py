"""Comparing captioners: their captions of the same figures, judged in pairs and in both orders."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from omnisci_etl.captions import routes as routes_file
from omnisci_etl.captions.asking import asker
from omnisci_etl.captions.questions import Asker, Reply
from omnisci_etl.captions.routes import Routes
from omnisci_etl.context import Context, Counts
from omnisci_etl.errors import LeftOver
from omnisci_etl.judging import subjects
from omnisci_etl.judging.judge import pairs
from omnisci_etl.judging.judge.marks import MAX_RATIONALE
from omnisci_etl.judging.judge.pairs import Standing
from omnisci_etl.judging.subjects import Subject
from omnisci_etl.ledger.database import Ledger, dumps, sql

LIMIT = 50
CHUNK = 200
_SQL = "omnisci_etl.judging.judge.sql"
Pair = tuple[Subject, Subject]


def run(context: Context, *, discipline: str | None = None, limit: int = LIMIT) -> Counts:
    """Compares captions of the same figure by different models, `limit` pairs at most, and stores what came of it.

    The judge of a pair is the first model of judges.caption of another family than both captioners. The same pairs are
    taken every time, and what was answered is not asked again. Counts: pairs, compared, failed, left. Raises LeftOver
    where a later run can do more, ConfigError where no judge is of another family.
    """
    routes = routes_file.load(context.settings)
    with context.ledger.begin() as connection:
        rows = connection.execute(sql(_SQL, "pairs_due"), {"discipline": discipline}).all()[:limit]
    if not rows:
        routes.judge_for("caption", routes.captioning_families[:1])
    judges = {both: routes.judge_for("caption", both) for both in {(row.family, row.other_family) for row in rows}}
    ask = asker(context, routes)
    counts: Counter[str] = Counter(pairs=len(rows), compared=0, failed=0, left=0)
    for start in range(0, len(rows), CHUNK):
        part = rows[start : start + CHUNK]
        named = [judges[row.family, row.other_family] for row in part]
        counts.update(examine(context, routes, [(row.caption_id, row.other_caption_id) for row in part], named, ask))
    if counts["left"]:
        raise LeftOver(f"{counts['compared']} pairs compared, {counts['left']} are left: run it again", dict(counts))
    return dict(counts)


def examine(
    context: Context, routes: Routes, couples: Sequence[tuple[int, int]], judges: Sequence[str], ask: Asker
) -> Counts:
    """Compares pairs of captions, each by its judge, and stores those that were answered both ways."""
    with context.ledger.begin() as connection:
        found = subjects.load(connection, sorted({caption for couple in couples for caption in couple}))
    by_id = {subject.caption_id: subject for subject in found}
    loaded: list[Pair] = [(by_id[one], by_id[other]) for one, other in couples]
    questions = [
        question
        for (one, other), model in zip(loaded, judges, strict=True)
        for question in pairs.to_compare(one.candidate, other.candidate, one.figure_id, model)
    ]
    replies = ask(questions) if questions else []
    rows, counts = [], Counter[str]()
    for (one, other), reply, swapped in zip(loaded, replies[::2], replies[1::2], strict=True):
        row = _row(one, other, reply, swapped)
        states = {reply.state, swapped.state}
        counts["compared" if row else "left" if "left" in states else "failed"] += 1
        rows += [row] if row else []
    with context.ledger.begin() as connection:
        connection.execute(sql(_SQL, "insert_pairs"), {"rows": dumps(rows), "run_key": context.run.key})
    return dict(counts)


def _row(one: Subject, other: Subject, reply: Reply, swapped: Reply) -> dict[str, Any] | None:
    comparison = pairs.of_replies(reply, swapped)
    if comparison is None or reply.content is None or swapped.content is None:
        return None
    return {
        "caption_id": one.caption_id, "other_caption_id": other.caption_id, "call_id": reply.call_id,
        "swapped_call_id": swapped.call_id, "answer": comparison.answer, "swapped_answer": comparison.swapped,
        "outcome": comparison.outcome, "consistent": comparison.consistent,
        "rationale": reply.content["rationale"][:MAX_RATIONALE],
        "swapped_rationale": swapped.content["rationale"][:MAX_RATIONALE],
    }  # fmt: skip


def standings(ledger: Ledger) -> list[Standing]:
    """How the captioners stand by all stored comparisons, the newest of each pair."""
    with ledger.read() as connection:
        rows = connection.execute(sql(_SQL, "compared")).all()
    return pairs.standings((row.model, row.other_model, row.outcome) for row in rows)
