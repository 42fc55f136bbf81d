"""What captions tell, in tables: accuracy, mean score, what cannot be told, with intervals by figure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from omnisci_etl.captions.routes import Routes
from omnisci_etl.judging.qa.contest import Captioner, Contest
from omnisci_etl.judging.qa.intervals import Array, Estimate, of_sums, ratio
from omnisci_etl.judging.qa.protocol import Protocol
from omnisci_etl.judging.qa.roles import answering_sha256, filter_sha256, writing_sha256
from omnisci_etl.ledger.database import Ledger, sql

# Shuffled options keep a small leaning from mattering.
EXCESS = 0.1
# A report over everything sorts every answer there is.
_PATIENCE_S = 900.0
_SQL = "omnisci_etl.judging.qa.sql"
_SUMS = ("answers", "correct", "cannot_tell", "points", "framed", "framed_points", "floor", "ceiling")
_ANSWERS, _CORRECT, _CANNOT, _POINTS, _FRAMED, _FRAMED_POINTS, _FLOOR, _CEILING = range(len(_SUMS))
Table = list[dict[str, Any]]


def results(opened: Ledger, by: str) -> Table:
    """Answers from captions grouped by one of BY (model is that of the caption, sort of the question), and answerer.

    Raises KeyError for a grouping that there is not.
    """
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = defaultdict(list)
    with opened.read(timeout_s=_PATIENCE_S) as connection:
        for row in connection.execute(sql(_SQL, "report")).mappings():
            groups[row[by], row["answerer"]].append(dict(row))
    return [
        {by: name, "answerer": answerer, "captions": len({c for row in rows for c in row["captions"]})} | _summary(rows)
        for (name, answerer), rows in sorted(groups.items())
    ]


def places(opened: Ledger) -> Table:
    """How much more often than it was the key each answerer took the option shown first.

    biased: by EXCESS at least, either way, and not by chance.
    """
    rows_of: dict[str, list[Any]] = defaultdict(list)
    with opened.read(timeout_s=_PATIENCE_S) as connection:
        for row in connection.execute(sql(_SQL, "places")):
            rows_of[row.answerer].append(row)
    return [_place(answerer, rows) for answerer, rows in rows_of.items()]


def _place(answerer: str, rows: Sequence[Any]) -> dict[str, Any]:
    took, first, answers = (_column(rows, name) for name in ("took_first", "key_first", "answers"))
    excess = ratio(took - first, answers)
    low, high = excess.low or 0.0, excess.high or 0.0
    return {
        "answerer": answerer, "answers": int(answers.sum()), **ratio(took, answers).row("took_first"),
        "key_first": ratio(first, answers).row("key_first")["key_first"], **excess.row("excess"),
        "biased": (low > 0 or high < 0) and abs(excess.value or 0.0) >= EXCESS,
    }  # fmt: skip


def _column(rows: Sequence[Any], name: str) -> Array:
    return np.array([float(getattr(row, name)) for row in rows])


def _summary(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    sums = _by_figure(rows)
    return {
        "figures": sums.shape[1], "answers": int(sums[_ANSWERS].sum()),
        **ratio(sums[_CORRECT], sums[_ANSWERS]).row("accuracy"),
        **ratio(sums[_POINTS], sums[_ANSWERS]).row("mean_score"),
        "cannot_tell": int(sums[_CANNOT].sum()),
        "floor": ratio(sums[_FLOOR], sums[_FRAMED]).row("floor")["floor"],
        "ceiling": ratio(sums[_CEILING], sums[_FRAMED]).row("ceiling")["ceiling"],
        **_normalised(sums).row("normalised"),
    }  # fmt: skip


def _normalised(sums: Array) -> Estimate:
    """Where the mean lies between floor and ceiling; nothing where the ceiling is not above the floor."""

    def statistic(found: Array) -> Array:
        span = found[_CEILING] - found[_FLOOR]
        return np.where(span > 0, (found[_FRAMED_POINTS] - found[_FLOOR]) / span, np.nan)

    return of_sums(sums, statistic)


def _by_figure(rows: Iterable[Mapping[str, Any]]) -> Array:
    """The sums of each figure, a column each."""
    columns: dict[int, Array] = {}
    for row in rows:
        values = np.array([float(row[name]) for name in _SUMS])
        columns[row["figure_id"]] = columns.get(row["figure_id"], 0) + values
    return np.stack(list(columns.values()), axis=1) if columns else np.zeros((len(_SUMS), 0))


@dataclass(frozen=True, slots=True)
class Comparison:
    """A benchmark: a row for each captioner, and for each but the first how far it lies from the first."""

    results: Table
    differences: Table


def compare(opened: Ledger, routes: Routes, contest: Contest, protocol: Protocol, by: str | None = None) -> Comparison:
    """The captioners of a contest by the questions that all of them were asked and have an answer for.

    by: kind, discipline or sort, a row for each of these instead. Differences are paired: question by question.
    """
    answered = _answered(opened, routes, contest, protocol)
    shared = set.intersection(*(set(rows) for rows in answered.values())) if answered else set()
    parts: dict[str, list[int]] = defaultdict(list)
    for question in sorted(shared):
        parts[str(answered[contest.captioners[0].name][question][by]) if by else ""].append(question)
    results: Table = []
    differences: Table = []
    first = contest.captioners[0].name
    for part, questions in sorted(parts.items()):
        named = {by: part} if by else {}
        for name, rows in answered.items():
            results.append({"captioner": name, **named, **_summary(rows[question] for question in questions)})
            if name != first:
                gap = _difference([rows[q] for q in questions], [answered[first][q] for q in questions])
                differences.append({"captioner": name, "against": first, **named, **gap})
    return Comparison(results, differences)


def _difference(ours: Sequence[Mapping[str, Any]], theirs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    one, two = _by_figure(ours), _by_figure(theirs)
    return {
        "figures": one.shape[1], "questions": int(one[_ANSWERS].sum()),
        **ratio(one[_CORRECT] - two[_CORRECT], one[_ANSWERS]).row("accuracy"),
        **ratio(one[_POINTS] - two[_POINTS], one[_ANSWERS]).row("mean_score"),
    }  # fmt: skip


def _answered(
    opened: Ledger, routes: Routes, contest: Contest, protocol: Protocol
) -> dict[str, dict[int, Mapping[str, Any]]]:
    """By captioner and question, the answer from its caption as a row of sums."""
    roles = contest.roles
    parameters = {
        "floor": answering_sha256(routes, roles.answerer, "floor"), "draw": protocol.draws,
        "ceiling": answering_sha256(routes, roles.answerer, "ceiling"),
        "answering": answering_sha256(routes, roles.answerer, "caption"),
        "writing": writing_sha256(routes, roles.writer), "filter": filter_sha256(routes, roles.checkers, protocol),
        "figures": list(contest.figures), "captions": _numbers(contest, outside=False),
        "outside": _numbers(contest, outside=True),
    }  # fmt: skip
    who = {
        _signed(one, one.captions[f]): one.name
        for one in contest.captioners
        for f in contest.figures
        if f in one.captions
    }
    answered: dict[str, dict[int, Mapping[str, Any]]] = {one.name: {} for one in contest.captioners}
    with opened.read(timeout_s=_PATIENCE_S) as connection:
        for row in connection.execute(sql(_SQL, "contest"), parameters).mappings():
            if name := who.get(row["caption"]):
                answered[name][row["question_id"]] = _as_sums(row)
    return answered


def _signed(captioner: Captioner, number: int) -> int:
    return number if captioner.texts is None else -number


def _numbers(contest: Contest, *, outside: bool) -> list[int]:
    return [
        one.captions[figure]
        for one in contest.captioners if (one.texts is not None) == outside
        for figure in contest.figures if figure in one.captions
    ]  # fmt: skip


def _as_sums(row: Mapping[Any, Any]) -> dict[str, Any]:
    framed = row["floor"] is not None and row["ceiling"] is not None
    return {
        **row, "answers": 1, "framed": int(framed), "framed_points": row["points"] if framed else 0.0,
        "floor": row["floor"] if framed else 0.0, "ceiling": row["ceiling"] if framed else 0.0,
    }  # fmt: skip
