"""Examining captions claim by claim: split, judge, store, and score faithfulness and coverage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from omnisci_etl.captions import prompts
from omnisci_etl.captions.identity import model_identity
from omnisci_etl.captions.questions import Asker, Question, Reply
from omnisci_etl.captions.routes import Routes
from omnisci_etl.context import Context, Counts
from omnisci_etl.hashing import canonical_sha256
from omnisci_etl.judging import subjects
from omnisci_etl.judging.claims import questions
from omnisci_etl.judging.claims.matching import Source
from omnisci_etl.judging.claims.measures import coverage, faithfulness
from omnisci_etl.judging.claims.splitting import Claim, Split, by_sentences, of_answer
from omnisci_etl.judging.claims.verdicts import Finding, TextJudge
from omnisci_etl.judging.claims.verdicts import of_answer as findings_of
from omnisci_etl.judging.records import ScoreRow, store_scores
from omnisci_etl.judging.subjects import Subject
from omnisci_etl.ledger.database import dumps, sql

VERSION = "1"
FAITHFUL, COVERED = "claims-faithful", "claims-covered"
# Captions whose questions are asked side by side, and whose rows are committed together.
CHUNK = 100
_SQL = "omnisci_etl.judging.claims.sql"


@dataclass(slots=True)
class _Case:
    """A caption on its way through the examination."""

    subject: Subject
    model: str | None
    config: str
    split: Split | None = None
    split_call: int | None = None
    findings: list[Finding] = field(default_factory=list)
    odd: Counter[str] = field(default_factory=Counter)
    left: bool = False


def examine(context: Context, routes: Routes, captions: Sequence[int], ask: Asker) -> Counts:
    """Examines the captions of these ids that were not examined by the present judge, prompts and code.

    Split and verdicts come from the first model of judges.claims of another family than the captioner's; without one,
    or where no answer will come, from the wording alone. Counts: captions examined, claims, and captions left for a
    later run, for whom an answer can still be had. Raises ConfigError where only models of the captioner's own family
    are named.
    """
    counts: Counter[str] = Counter(examined=0, claims=0, left=0)
    for start in range(0, len(captions), CHUNK):
        cases = _cases(context, routes, captions[start : start + CHUNK])
        _split(cases, ask)
        _judge(cases, ask)
        ready = [case for case in cases if not case.left]
        _store(context, ready)
        counts.update(
            examined=len(ready), claims=sum(len(case.findings) for case in ready), left=len(cases) - len(ready)
        )
        context.progress.update(min(start + CHUNK, len(captions)), len(captions), "captions examined")
    return dict(counts)


def config_sha256(routes: Routes, model: str | None) -> str:
    """The hash of what an examination depends on but the caption: code version, prompts and the judging model."""
    used = [prompts.load(name).sha256 for name in (questions.SPLIT, questions.VERDICTS)] if model else []
    judge = model_identity(routes, model) if model else None
    return canonical_sha256({"name": "claims", "version": VERSION, "prompts": used, "judge": judge})


def config_of(routes: Routes, family: str) -> str:
    """The hash for captions of this family. Raises ConfigError where they have no judge."""
    return config_sha256(routes, judge_of(routes, family))


def judge_of(routes: Routes, family: str) -> str | None:
    """The model that examines captions of this family; None where the routes file names none at all."""
    return routes.judge_for("claims", [family]) if routes.judges.claims else None


def unexamined(connection: Connection, routes: Routes, captions: Mapping[int, str]) -> set[int]:
    """Those of the captions (with their families) that were not examined by the present judge, prompts and code."""
    configs = {family: config_sha256(routes, judge_of(routes, family)) for family in set(captions.values())}
    parameters = {"captions": list(captions), "configs": list(set(configs.values()))}
    done = {(row.caption_id, row.config_sha256) for row in connection.execute(sql(_SQL, "checked"), parameters)}
    return {caption for caption, family in captions.items() if (caption, configs[family]) not in done}


def _cases(context: Context, routes: Routes, captions: Sequence[int]) -> list[_Case]:
    with context.ledger.begin() as connection:
        loaded = subjects.load(connection, captions)
        due = unexamined(connection, routes, {subject.caption_id: subject.family for subject in loaded})
    judges = {family: judge_of(routes, family) for family in {subject.family for subject in loaded}}
    return [
        _Case(one, judges[one.family], config_sha256(routes, judges[one.family]))
        for one in loaded
        if one.caption_id in due
    ]


def _split(cases: Sequence[_Case], ask: Asker) -> None:
    with_model = [case for case in cases if case.model]
    asked = [questions.to_split(case.subject, case.model) for case in with_model if case.model]
    for case, reply in zip(with_model, _replies(asked, ask), strict=True):
        case.split_call = reply.call_id
        if reply.state == "left":
            case.left = True
        elif reply.content is not None:
            case.split = of_answer(reply.content, case.subject.candidate)
    for case in cases:
        case.split = case.split or by_sentences(case.subject.candidate)
        case.odd.update({f"dropped-{reason}": count for reason, count in case.split.dropped.items()})
        case.odd.update({"added": case.split.added} if case.split.added else {})


def _judge(cases: Sequence[_Case], ask: Asker) -> None:
    """Verdicts on all claims: of models where one is named and answers, else by the text."""
    orders = list(_verdict_orders(cases))
    for (case, claims, _), reply in zip(orders, _replies([order[2] for order in orders], ask), strict=True):
        if reply.state == "left":
            case.left = True
        elif reply.content is not None:
            evidence = case.subject.candidate.evidence
            seen = bool(evidence.image_sha256)
            found, odd = findings_of(reply.content, claims, Source(evidence.text), reply.call_id, has_picture=seen)
            case.findings += found
            case.odd.update(odd)
    for case in cases:
        if not case.left:
            _fill_up(case)


def _verdict_orders(cases: Sequence[_Case]) -> Iterator[tuple[_Case, Sequence[Claim], Question]]:
    for case in cases:
        if case.model and case.split and not case.left:
            for claims in questions.portions(case.split.claims):
                yield case, claims, questions.to_judge(case.subject, claims, case.model)


def _fill_up(case: _Case) -> None:
    """Judges by the text what no model judged."""
    assert case.split is not None
    judged = {finding.claim.n for finding in case.findings}
    if len(judged) < len(case.split.claims):
        judge = TextJudge(case.subject.candidate.evidence)
        case.findings += [judge.judge(claim) for claim in case.split.claims if claim.n not in judged]
    case.findings.sort(key=lambda finding: finding.claim.n)


def _replies(asked: Sequence[Question], ask: Asker) -> list[Reply]:
    return ask(asked) if asked else []


def _store(context: Context, cases: Sequence[_Case]) -> None:
    if not cases:
        return
    run_key = context.run.key
    with context.ledger.begin() as connection:
        rows = dumps([_row(case) for case in cases])
        connection.execute(sql(_SQL, "insert_checks"), {"rows": rows, "run_key": run_key})
        store_scores(connection, [row for case in cases for row in _scores(case)], run_key)


def _row(case: _Case) -> dict[str, Any]:
    assert case.split is not None
    return {
        "caption_id": case.subject.caption_id, "config_sha256": case.config, "split_method": case.split.method,
        "split_call_id": case.split_call, "odd": dict(case.odd), "claims": [_claim(one) for one in case.findings],
    }  # fmt: skip


def _claim(finding: Finding) -> dict[str, Any]:
    return {
        "n": finding.claim.n, "text": finding.claim.text, "span": finding.claim.span, "verdict": finding.verdict,
        "evidence_kind": finding.kind, "quote": finding.quote, "note": finding.note, "call_id": finding.call_id,
        "method": finding.method,
    }  # fmt: skip


def _scores(case: _Case) -> Iterator[ScoreRow]:
    """The score rows of an examined caption; a measure that is not defined for it has none."""
    found = {
        FAITHFUL: faithfulness(case.findings),
        COVERED: coverage(case.subject.candidate, case.findings),
    }
    unknown = found[FAITHFUL][1]["unknown_share"]
    for scorer, (value, detail) in found.items():
        if value is not None:
            full = {"unknown_share": unknown, "odd": dict(case.odd), "judge": case.model, **detail}
            yield ScoreRow(case.subject.caption_id, scorer, VERSION, case.config, False, value, full)
