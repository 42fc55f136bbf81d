"""Judging captions by the rubric: examine() for given captions, run() for those that are due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from omnisci_etl.captions import routes as routes_file
from omnisci_etl.captions.asking import asker
from omnisci_etl.captions.questions import Asker, Reply
from omnisci_etl.captions.routes import Routes
from omnisci_etl.context import Context, Counts
from omnisci_etl.errors import LeftOver
from omnisci_etl.judging import subjects
from omnisci_etl.judging.claims import stage as claims_stage
from omnisci_etl.judging.judge import marks, rubric
from omnisci_etl.judging.judge.marks import Marks
from omnisci_etl.judging.records import ScoreRow, store_scores
from omnisci_etl.judging.subjects import Subject
from omnisci_etl.ledger.database import dumps, sql

TASK = "caption"
# Captions whose questions are asked side by side, and whose rows are committed together.
CHUNK = 200
_SQL = "omnisci_etl.judging.judge.sql"


@dataclass(frozen=True, slots=True)
class _Judged:
    subject: Subject
    model: str
    config: str
    marks: Marks


def examine(context: Context, routes: Routes, captions: Sequence[int], ask: Asker) -> Counts:
    """Has the captions of these ids judged that the present judge, prompt and rubric have not judged.

    The judge is the first model of judges.caption of another family than the captioner's. Counts: captions judged,
    failed (no answer will come; the attempts say why), and left for a later run. Raises ConfigError where only models
    of the captioner's own family are named.
    """
    counts: Counter[str] = Counter(judged=0, failed=0, left=0)
    for start in range(0, len(captions), CHUNK):
        orders = _due(context, routes, captions[start : start + CHUNK])
        questions = [marks.to_judge(s.candidate, s.figure_id, model) for s, model, _ in orders]
        replies = ask(questions) if questions else []
        judged = [
            _Judged(subject, model, config, found)
            for (subject, model, config), reply in zip(orders, replies, strict=True)
            if (found := marks.of_reply(reply, subject.candidate))
        ]
        _store(context, judged)
        counts.update(judged=len(judged), **_unanswered(replies))
        context.progress.update(min(start + CHUNK, len(captions)), len(captions), "captions judged")
    return dict(counts)


def config_of(routes: Routes, family: str) -> str:
    """The hash of the score for captions of this family. Raises ConfigError where they have no judge."""
    return marks.config_sha256(routes, routes.judge_for(TASK, [family]))


def _unanswered(replies: Sequence[Reply]) -> Counts:
    states = Counter(reply.state for reply in replies)
    return {"failed": states["failed"], "left": states["left"]}


def _due(context: Context, routes: Routes, captions: Sequence[int]) -> list[tuple[Subject, str, str]]:
    """The captions without a score of their judge, with that judge and the hash of its configuration."""
    with context.ledger.begin() as connection:
        loaded = subjects.load(connection, captions)
        families = {subject.caption_id: subject.family for subject in loaded}
        judges = {family: routes.judge_for(TASK, [family]) for family in set(families.values())}
        due = _unjudged(connection, routes, families, judges)
    configs = {family: marks.config_sha256(routes, model) for family, model in judges.items()}
    return [(one, judges[one.family], configs[one.family]) for one in loaded if one.caption_id in due]


def _store(context: Context, judged: Sequence[_Judged]) -> None:
    if not judged:
        return
    run_key, used = context.run.key, rubric.load()
    with context.ledger.begin() as connection:
        parameters = {"rubric_sha256": used.sha256, "name": used.name, "version": used.version, "run_key": run_key}
        connection.execute(sql(_SQL, "insert_rubric"), {**parameters, "content": dumps(used.content)})
        rows = dumps([row for one in judged for row in _rows(one, used.sha256)])
        connection.execute(sql(_SQL, "insert_judgements"), {"rows": rows, "run_key": run_key})
        store_scores(connection, [_score(one, used.sha256) for one in judged], run_key)


def _rows(one: _Judged, rubric_sha256: str) -> list[dict[str, Any]]:
    return [
        {
            "caption_id": one.subject.caption_id, "call_id": one.marks.call_id, "rubric_sha256": rubric_sha256,
            "dimension": name, "value": mark, "rationale": one.marks.rationales[name],
        }
        for name, mark in one.marks.marks.items()
    ]  # fmt: skip


def _score(one: _Judged, rubric_sha256: str) -> ScoreRow:
    detail = {
        "judge": one.model, "call_id": one.marks.call_id, "rubric_sha256": rubric_sha256,
        "marks": dict(one.marks.marks), "panels": len(one.subject.candidate.evidence.panel_labels),
    }  # fmt: skip
    caption_id = one.subject.caption_id
    return ScoreRow(caption_id, marks.SCORER, marks.VERSION, one.config, False, one.marks.overall, detail)


def run(
    context: Context,
    *,
    discipline: str | None = None,
    limit: int | None = None,
    claims: bool = True,
    rejected: bool = False,
) -> Counts:
    """Judges captions that lack the present judge's marks, and with claims examines them claim by claim first.

    Captions that the gate has rejected are left out unless `rejected`. Raises LeftOver where a later run can do more,
    ConfigError before anything is asked where captions are of the judges' own family.
    """
    routes = routes_file.load(context.settings)
    due = _due_captions(context, routes, discipline, claims=claims, rejected=rejected)
    ask = asker(context, routes)
    counts: Counter[str] = Counter(captions=0, judged=0, failed=0, left=0)
    if claims:
        counts.update(examined=0, claims=0)
    # What can have no answer is looked at again at every run, and must not use up the limit.
    while due and (limit is None or counts["captions"] < limit):
        size = CHUNK if limit is None else min(CHUNK, limit - counts["captions"])
        part, due = due[:size], due[size:]
        counts.update(_work(context, routes, part, ask, claims=claims))
    if counts["left"]:
        raise LeftOver(
            f"{counts['judged']} captions judged, {counts['left']} are left: `omnisci status` shows what was spent and "
            "what waits; run it again when the budget or the vendor allows",
            dict(counts),
        )
    return dict(counts)


def _work(context: Context, routes: Routes, captions: Sequence[int], ask: Asker, *, claims: bool) -> Counts:
    """Examines and judges some captions; captions are those that something came of, or still may."""
    counts = claims_stage.examine(context, routes, captions, ask) if claims else {}
    judged = examine(context, routes, captions, ask)
    left = max(counts.get("left", 0), judged["left"])
    return {**counts, **judged, "left": left, "captions": len(captions) - judged["failed"]}


def _due_captions(
    context: Context, routes: Routes, discipline: str | None, *, claims: bool, rejected: bool
) -> list[int]:
    """Captions without a score of their judge, and with claims those that were not examined; oldest first."""
    with context.ledger.begin() as connection:
        rows = connection.execute(sql(_SQL, "captions"), {"discipline": discipline, "rejected": rejected})
        found = {row.caption_id: row.family for row in rows}
        judges = {
            family: routes.judge_for(TASK, [family])
            for family in set(found.values()) or set(routes.captioning_families)
        }
        unjudged = _unjudged(connection, routes, found, judges)
        if claims:
            unjudged |= claims_stage.unexamined(connection, routes, found)
    return sorted(unjudged)


def _unjudged(
    connection: Connection, routes: Routes, captions: Mapping[int, str], judges: Mapping[str, str]
) -> set[int]:
    """Those of the captions (with their families) that have no score of their family's judge."""
    configs = {family: marks.config_sha256(routes, model) for family, model in judges.items()}
    parameters = {"captions": list(captions), "scorer": marks.SCORER, "configs": list(set(configs.values()))}
    done = {(row.caption_id, row.config_sha256) for row in connection.execute(sql(_SQL, "scored"), parameters)}
    return {caption for caption, family in captions.items() if (caption, configs[family]) not in done}
