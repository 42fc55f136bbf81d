"""Caption QA in the ledger: questions, verdicts of the filters, answers, captions from elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from omnisci_etl.hashing import sha256_hex
from omnisci_etl.judging.qa.items import Answer, Draft, Item, Sheet
from omnisci_etl.ledger.database import copy_into, dumps, sql

_SQL = "omnisci_etl.judging.qa.sql"
_QUESTION = {
    "writing_id": "bigint", "ordinal": "integer", "sort": "text", "panel": "text", "basis": "text", "body": "text",
    "options": "text[]", "key_index": "smallint", "grounds": "text", "content_sha256": "text",
}  # fmt: skip
_FILTER = {
    "question_id": "bigint", "config_sha256": "text", "filter": "text", "outcome": "text", "slug": "text",
    "detail": "jsonb", "run_key": "bigint",
}  # fmt: skip
_ANSWER = {
    "question_id": "bigint", "step": "text", "caption_id": "bigint", "outside_caption_id": "bigint", "draw": "integer",
    "config_sha256": "text", "option_order": "smallint[]", "said": "text", "chosen": "smallint", "correct": "boolean",
    "points": "double precision", "call_id": "bigint", "run_key": "bigint",
}  # fmt: skip
_OUTSIDE = {
    "figure_id": "bigint", "captioner": "text", "family": "text", "body": "text", "body_sha256": "text",
    "run_key": "bigint",
}  # fmt: skip

Key = tuple[int, str, int | None, int | None, int, str]


@dataclass(frozen=True, slots=True)
class Configs:
    """The hashes that name what a caption's score, its questions and their verdicts are made by."""

    score: str
    writing: str
    filter: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the filters made of a question."""

    filter: str
    outcome: str
    slug: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Given:
    """An answer with what it answers; key says which question, shown what, in which draw and by whom."""

    key: Key
    sheet: Sheet
    answer: Answer
    call_id: int


@dataclass(frozen=True, slots=True)
class Outside:
    """A caption from elsewhere, for a figure of the ledger."""

    figure_id: int
    captioner: str
    family: str
    body: str


def store_writing(
    connection: Connection,
    figure_id: int,
    image_sha256: str,
    config_sha256: str,
    call_id: int,
    drafts: Sequence[Draft],
    run_key: int,
) -> None:
    """Writes the questions of a figure, unless another process has."""
    parameters = {
        "figure_id": figure_id, "config_sha256": config_sha256, "call_id": call_id, "questions": len(drafts),
        "run_key": run_key,
    }  # fmt: skip
    writing = connection.execute(sql(_SQL, "insert_writing"), parameters).scalar()
    if writing is None:
        return
    rows = (
        (writing, place, d.sort, d.panel, d.basis, d.body, list(d.options), d.key, d.grounds, d.sha256(image_sha256))
        for place, d in enumerate(drafts, 1)
    )
    copy_into(connection, "question_stage", _QUESTION, rows)
    connection.execute(sql(_SQL, "insert_questions"))


def written(connection: Connection, figures: Iterable[int], config_sha256: str) -> set[int]:
    """The figures among these whose questions have been written."""
    parameters = {"figures": list(figures), "config_sha256": config_sha256}
    return set(connection.execute(sql(_SQL, "written"), parameters).scalars())


def questions(
    connection: Connection, figures: Iterable[int], config_sha256: str, filter_sha256: str
) -> dict[Item, str | None]:
    """The questions of figures, in the order of figures and writing, each with the filters' outcome or None."""
    parameters = {"figures": list(figures), "config_sha256": config_sha256, "filter_sha256": filter_sha256}
    rows = connection.execute(sql(_SQL, "questions"), parameters).mappings()
    return {_item(row): row["outcome"] for row in rows}


def _item(row: Mapping[Any, Any]) -> Item:
    draft = Draft(
        row["sort"], row["panel"], row["basis"], row["body"], tuple(row["options"]), row["key_index"], row["grounds"]
    )
    return Item(row["question_id"], row["figure_id"], row["image_sha256"], row["content_sha256"], draft)


def store_verdicts(connection: Connection, verdicts: Mapping[int, Verdict], config_sha256: str, run_key: int) -> None:
    """Writes verdicts by question, those that exist left as they are."""
    rows = (
        (question, config_sha256, v.filter, v.outcome, v.slug, dict(v.detail), run_key)
        for question, v in verdicts.items()
    )
    copy_into(connection, "filter_stage", _FILTER, rows)
    connection.execute(sql(_SQL, "insert_filters"))


def store_answers(connection: Connection, answers: Iterable[Given], run_key: int) -> int:
    """Writes answers, those that exist left as they are; how many were written."""
    rows = (
        (
            *given.key, list(given.sheet.order), given.answer.said, given.answer.chosen, given.answer.correct,
            given.answer.points, given.call_id, run_key,
        )
        for given in answers
    )  # fmt: skip
    copy_into(connection, "answer_stage", _ANSWER, rows)
    return int(connection.execute(sql(_SQL, "insert_answers")).rowcount)


def answers(connection: Connection, keys: Iterable[Key]) -> dict[Key, Answer]:
    """The stored answers among these."""
    wanted = set(keys)
    parameters = {"questions": sorted({key[0] for key in wanted}), "configs": sorted({key[5] for key in wanted})}
    found = {}
    for row in connection.execute(sql(_SQL, "answers"), parameters):
        key = (row.question_id, row.step, row.caption_id, row.outside_caption_id, row.draw, row.config_sha256)
        if key in wanted:
            found[key] = Answer(row.said, row.chosen, row.correct, row.points)
    return found


def store_outside(connection: Connection, captions: Iterable[Outside], run_key: int) -> None:
    """Writes captions from elsewhere, each once."""
    _stage_outside(connection, captions, run_key)
    connection.execute(sql(_SQL, "insert_outside"))


def outside_ids(connection: Connection, captions: Iterable[Outside]) -> dict[Outside, int]:
    """The ids of the captions from elsewhere that are stored."""
    listed = _stage_outside(connection, captions, 0)
    ids = {
        (row.figure_id, row.captioner, row.body_sha256): row.outside_caption_id
        for row in connection.execute(sql(_SQL, "outside_of_stage"))
    }
    found = ((c, ids.get((c.figure_id, c.captioner, sha256_hex(c.body)))) for c in listed)
    return {caption: number for caption, number in found if number is not None}


def _stage_outside(connection: Connection, captions: Iterable[Outside], run_key: int) -> list[Outside]:
    listed = list(dict.fromkeys(captions))
    rows = ((c.figure_id, c.captioner, c.family, c.body, sha256_hex(c.body), run_key) for c in listed)
    copy_into(connection, "outside_stage", _OUTSIDE, rows)
    return listed


def settled(connection: Connection, captions: Mapping[int, Configs]) -> set[int]:
    """The captions that have their score, or can have none as the filters kept no question about their figure."""
    listed = [[caption, c.score, c.writing, c.filter] for caption, c in captions.items()]
    return set(connection.execute(sql(_SQL, "settled"), {"captions": dumps(listed)}).scalars())
