"""The built-in test of a judge: anchors in versions of known worth, asked, measured and stored."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from omnisci_etl.captions import costs, prompts
from omnisci_etl.captions import routes as routes_file
from omnisci_etl.captions.asking import asker
from omnisci_etl.captions.identity import model_identity
from omnisci_etl.captions.questions import Asker, Question, Reply
from omnisci_etl.captions.routes import Routes
from omnisci_etl.config import Settings
from omnisci_etl.context import Context, Counts
from omnisci_etl.errors import ConfigError, LeftOver
from omnisci_etl.hashing import canonical_sha256
from omnisci_etl.judging import subjects
from omnisci_etl.judging.evidence import Candidate
from omnisci_etl.judging.judge import anchors, biases, marks, pairs, rubric
from omnisci_etl.judging.judge.anchors import Item
from omnisci_etl.judging.judge.biases import Asked, Finding
from omnisci_etl.judging.judge.pairs import Comparison
from omnisci_etl.ledger.database import Ledger, dumps, sql

VERSION = "1"
ITEMS = 12
MARKED = ("good", "longer", "longest", "faulty", "pleading", "remarking")
AGAIN = "again"
COMPARED = ("reworded", "longer", "faulty")
# Gate scores that count as equal where a judge compares its own family with others, and the most such pairs.
TOLERANCE, MAX_OWN_PAIRS = 0.05, 40
_LIKELY_MARKS, _LIKELY_PAIR = 500, 150
# The side of a picture that costs are guessed with, in pixels.
_PICTURE_SIDE = 1024
_SQL = "omnisci_etl.judging.judge.sql"


@dataclass(frozen=True, slots=True)
class Plan:
    """What an audit of one judge asks. generation counts the provider's versions of the model that were seen so far.

    own_pairs: stored captions of the judge's own family and of another, of the same figure; why_none: why there are
    none of them.
    """

    model: str
    items: int
    judge_sha256: str
    anchors_sha256: str
    generation: int
    own_pairs: tuple[tuple[int, int], ...]
    why_none: str

    @property
    def sha256(self) -> str:
        """What an audit is known by: nothing is stored twice under it."""
        return canonical_sha256([self.judge_sha256, self.anchors_sha256, self.items, self.own_pairs])


def judges(routes: Routes, model: str | None) -> list[str]:
    """The model itself, or the judges of what the routes file's captioners write, each once.

    Raises ConfigError where they may judge no captioner: all are of its own family.
    """
    families = routes.captioning_families
    if model is None:
        return list(dict.fromkeys(routes.judge_for("caption", [family]) for family in families))
    if model not in routes.models:
        raise ConfigError(f"there is no model {model!r} in the routes file; known are {', '.join(routes.models)}")
    if routes.is_extractive(model):
        raise ConfigError(f"models.{model} only composes captions: name a model that answers questions")
    family = routes.family_of(model)
    if not routes.allow_same_family_judge and all(one == family for one in families):
        raise ConfigError(
            f"models.{model} is of the captioner's own family {family!r} and may judge no caption: name a model of "
            "another family, or set allow_same_family_judge: true"
        )
    return [model]


def plan(connection: Connection, routes: Routes, model: str, items: int) -> Plan:
    """What an audit of this model would ask now."""
    spec, provider = routes.models[model], routes.provider_of(model)
    parameters = {"provider": spec.provider, "base_url": provider.url, "model": spec.model}
    seen = len(connection.execute(sql(_SQL, "resolved"), parameters).all())
    used = [prompts.load(name).sha256 for name in (marks.PROMPT, pairs.PROMPT)]
    judge = {
        "identity": model_identity(routes, model), "prompts": used,
        "rubric": rubric.load().sha256, "generation": max(0, seen - 1), "version": VERSION,
    }  # fmt: skip
    own, why_none = _own_pairs(connection, routes, model)
    anchors_sha256 = anchors.sha256(len(anchors.load()))
    return Plan(model, items, canonical_sha256(judge), anchors_sha256, max(0, seen - 1), own, why_none)


def _own_pairs(connection: Connection, routes: Routes, model: str) -> tuple[tuple[tuple[int, int], ...], str]:
    if not routes.allow_same_family_judge:
        return (), "it judges no caption of its own family (allow_same_family_judge is false)"
    parameters = {"family": routes.family_of(model), "tolerance": TOLERANCE, "limit": MAX_OWN_PAIRS}
    found = tuple((row.own, row.other) for row in connection.execute(sql(_SQL, "family_pairs"), parameters))
    return found, "" if found else "no figure has scored captions of its own family and of another"


def run(context: Context, *, model: str | None = None, items: int = ITEMS) -> Counts:
    """Audits judges and stores what was found, once for the same judge, anchors and pairs.

    Counts: judges, questions, findings, and biases among them. Raises LeftOver where answers are left for a later run:
    what was answered is kept and not paid again.
    """
    routes = routes_file.load(context.settings)
    names = judges(routes, model)
    ask = asker(context, routes)
    counts = {"judges": len(names), "questions": 0, "findings": 0, "biases": 0}
    for name in names:
        with context.ledger.begin() as connection:
            planned = plan(connection, routes, name, items)
        found, questions = examine(context, routes, planned, ask)
        _store(context, routes, planned, found)
        counts["questions"] += questions
        counts["findings"] += len(found)
        counts["biases"] += sum(one.outcome == "biased" for one in found)
    return counts


def examine(context: Context, routes: Routes, planned: Plan, ask: Asker) -> tuple[list[Finding], int]:
    """The findings on one judge, and how many questions they took. Raises LeftOver where answers are missing."""
    anchors.store_pictures(context)
    versions = anchors.items(planned.items)
    orders = list(_orders(versions, planned))
    with context.ledger.begin() as connection:
        own = _own_questions(connection, planned)
    questions = [question for _, _, asked in orders for question in asked] + [one for pair in own for one in pair]
    replies = ask(questions)
    left = [reply for reply in replies if reply.state == "left"]
    if left:
        raise LeftOver(
            f"{len(left)} of {len(replies)} answers of {planned.model} are left ({left[0].reason}): run it again"
        )
    answers = iter(replies)
    asked = _asked(versions, [(name, what, [next(answers) for _ in some]) for name, what, some in orders])
    compared = [pairs.of_replies(next(answers), next(answers)) for _ in own]
    with context.ledger.begin() as connection:
        findings = _findings(connection, routes, planned, asked, [one for one in compared if one], context.run.key)
    return findings, len(questions)


def _findings(
    connection: Connection, routes: Routes, planned: Plan, asked: Asked, own: Sequence[Comparison], run_key: int
) -> list[Finding]:
    spec = routes.models[planned.model]
    parameters = {
        "anchors": planned.anchors_sha256, "judge": planned.judge_sha256, "provider": spec.provider,
        "model": spec.model, "run_key": run_key,
    }  # fmt: skip
    earlier = connection.execute(sql(_SQL, "previous_audit"), parameters).first()
    before = earlier.detail["marks"] if earlier else {}
    whose = f"{earlier.model_resolved or earlier.model} of {earlier.audited_at:%Y-%m-%d}" if earlier else ""
    measures = (
        biases.position, biases.length_in_pairs, biases.length_in_marks, biases.leniency, biases.discernment,
        biases.obedience, biases.consistency,
    )  # fmt: skip
    return [
        *(measure(asked) for measure in measures),
        biases.self_preference(own, planned.why_none),
        biases.drift(biases.anchor_marks(asked), before, whose),
    ]


def _orders(versions: Iterable[Item], planned: Plan) -> Iterator[tuple[str, str, list[Question]]]:
    """(item, what is asked, its questions): marks of each version, of the good one twice, and comparisons with it."""
    model, draw = planned.model, 2 * planned.generation
    for item in versions:
        for version in MARKED:
            yield item.name, f"mark {version}", [marks.to_judge(getattr(item, version), None, model, draw)]
        yield item.name, f"mark {AGAIN}", [marks.to_judge(item.good, None, model, draw + 1)]
        for version in COMPARED:
            yield item.name, f"pair {version}", pairs.to_compare(item.good, getattr(item, version), None, model, draw)


def _asked(versions: Sequence[Item], answers: Iterable[tuple[str, str, list[Reply]]]) -> Asked:
    given: dict[str, dict[str, Any]] = {item.name: {} for item in versions}
    compared: dict[str, dict[str, Comparison]] = {item.name: {} for item in versions}
    by_name = {item.name: item for item in versions}
    for name, what, replies in answers:
        kind, _, version = what.partition(" ")
        if kind == "mark":
            found = marks.of_reply(replies[0], by_name[name].good)
            given[name].update({version: found} if found else {})
        elif comparison := pairs.of_replies(replies[0], replies[1]):
            compared[name][version] = comparison
    words = {item.name: {version: _words(getattr(item, version)) for version in MARKED} for item in versions}
    return Asked(given, compared, words)


def _words(candidate: Candidate) -> int:
    return sum(len(text.split()) for _, text in candidate.parts)


def _own_questions(connection: Connection, planned: Plan) -> list[list[Question]]:
    ids = [caption for pair in planned.own_pairs for caption in pair]
    by_id = {subject.caption_id: subject for subject in subjects.load(connection, ids)} if ids else {}
    return [
        pairs.to_compare(
            by_id[own].candidate, by_id[other].candidate, by_id[own].figure_id, planned.model, 2 * planned.generation
        )
        for own, other in planned.own_pairs
    ]


def _store(context: Context, routes: Routes, planned: Plan, findings: Sequence[Finding]) -> None:
    spec, provider = routes.models[planned.model], routes.provider_of(planned.model)
    with context.ledger.begin() as connection:
        named = {"provider": spec.provider, "base_url": provider.url, "model": spec.model}
        resolved = list(connection.execute(sql(_SQL, "resolved"), named).scalars())
        parameters = {
            "audit": planned.sha256, "judge": planned.judge_sha256, "anchors": planned.anchors_sha256,
            "provider": spec.provider, "model": spec.model, "resolved": resolved[-1] if resolved else None,
            "items": planned.items, "run_key": context.run.key, "rows": dumps([_row(one) for one in findings]),
        }  # fmt: skip
        connection.execute(sql(_SQL, "insert_audit"), parameters)


def _row(finding: Finding) -> dict[str, Any]:
    estimate = finding.estimate
    return {
        "bias": finding.bias, "outcome": finding.outcome, "verdict": finding.text, "detail": dict(finding.detail),
        "value": estimate and estimate.value, "low": estimate and estimate.low, "high": estimate and estimate.high,
        "n": estimate.n if estimate else 0,
    }  # fmt: skip


def plans(settings: Settings, ledger: Ledger, model: str | None, items: int) -> list[tuple[Plan, int, Decimal]]:
    """What run() would ask of each judge: the plan, questions and likely US dollars, answered ones included."""
    routes = routes_file.load(settings)
    found = []
    with ledger.begin() as connection:
        for name in judges(routes, model):
            planned = plan(connection, routes, name, items)
            asked = [one for _, _, some in _orders(anchors.items(items), planned) for one in some]
            asked += [one for pair in _own_questions(connection, planned) for one in pair]
            found.append((planned, len(asked), sum((likely_cost(routes, one) for one in asked), Decimal(0))))
    return found


def likely_cost(routes: Routes, question: Question) -> Decimal:
    """US dollars that a question is likely to cost."""
    spec, prompt = routes.models[question.model], question.prompt
    size = len((prompt.system + question.user + dumps(prompt.output_schema)).encode())
    side = _PICTURE_SIDE if question.image_sha256 else 0
    answer = _LIKELY_PAIR if prompt.name == pairs.PROMPT else _LIKELY_MARKS
    tokens = costs.likely_input_tokens(size, side, side)
    return costs.likely_cost(spec.prices, tokens, min(answer, spec.max_output_tokens))


def stored(ledger: Ledger, audits: Sequence[str]) -> list[Mapping[str, Any]]:
    """The rows of audits, by their sha256."""
    with ledger.read() as connection:
        return [dict(row) for row in connection.execute(sql(_SQL, "audit"), {"audits": list(audits)}).mappings()]
