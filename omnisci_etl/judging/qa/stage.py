"""Caption QA as a stage: questions written for figures, captions examined by them, captioners compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from omnisci_etl.captions import routes as routes_file
from omnisci_etl.captions.asking import asker
from omnisci_etl.captions.figures import candidates
from omnisci_etl.captions.questions import Asker
from omnisci_etl.captions.routes import Routes
from omnisci_etl.context import Context, Counts
from omnisci_etl.errors import ConfigError, LeftOver
from omnisci_etl.judging import subjects
from omnisci_etl.judging.qa import contest, ledger
from omnisci_etl.judging.qa.exam import Exam
from omnisci_etl.judging.qa.protocol import CAPTIONS, DRAWS, Protocol
from omnisci_etl.judging.qa.roles import (
    Roles,
    cast,
    checkers_for,
    configs_of,
    filter_sha256,
    writer_for,
    writing_sha256,
)
from omnisci_etl.judging.qa.steps import Sitter
from omnisci_etl.ledger.database import sql

# So many figures are asked about at once: enough to keep many models busy, few enough to lose little when killed.
CHUNK = 32
# So many captions at once are looked for among the scores.
LOOKED_UP = 10_000
_SQL = "omnisci_etl.judging.qa.sql"
_NO_COUNTS = dict.fromkeys(("questions", "kept", "dropped", "for_review", "answers"), 0)
T = TypeVar("T")


def write(context: Context, *, discipline: str | None = None, limit: int | None = None, draws: int = DRAWS) -> Counts:
    """Has questions written and filtered for at most `limit` figures that lack them, by models that may judge them.

    Raises LeftOver where answers are left to a later run.
    """
    routes, protocol = routes_file.load(context.settings), Protocol(draws)
    writer_for(routes, ())
    with context.ledger.begin() as connection:
        figures = candidates(connection, discipline=discipline, captioned=True)
        rows = connection.execute(sql(_SQL, "captioned_by"), {"figures": figures})
        families = {row.figure_id: tuple(row.families) for row in rows}
    by_writer: dict[str, list[int]] = defaultdict(list)
    for figure in figures:
        wanted = {writer_for(routes, {family}) for family in families.get(figure, ())} or {writer_for(routes, ())}
        for writer in sorted(wanted):
            by_writer[writer].append(figure)
    checkers = {writer: checkers_for(routes, writer) for writer in by_writer}
    exam = Exam(context, routes, protocol, asker(context, routes))
    exam.counts.update({"figures": 0, **_NO_COUNTS})
    for writer, listed in by_writer.items():
        for part in _parts(_unready(context, routes, protocol, writer, listed)[: _room(exam, limit)]):
            exam.counts["figures"] += len(exam.questions(part, writer, checkers[writer]))
            if exam.desk.is_stuck:
                break
    return _over(exam)


def _room(exam: Exam, limit: int | None) -> int | None:
    return None if limit is None else max(0, limit - exam.counts["figures"])


def _unready(context: Context, routes: Routes, protocol: Protocol, writer: str, figures: Sequence[int]) -> list[int]:
    """The figures that lack questions of this writer, or whose questions lack a verdict."""
    parameters = {
        "figures": list(figures), "config_sha256": writing_sha256(routes, writer),
        "filter_sha256": filter_sha256(routes, checkers_for(routes, writer), protocol),
    }  # fmt: skip
    with context.ledger.begin() as connection:
        return list(connection.execute(sql(_SQL, "unready"), parameters).scalars())


def run(
    context: Context,
    *,
    captions: str = "sample",
    discipline: str | None = None,
    limit: int | None = None,
    draws: int = DRAWS,
) -> Counts:
    """Examines at most `limit` captions that lack their score: those of the newest sample, accepted ones, or all.

    Raises ConfigError where no sample has been drawn, LeftOver where answers are left to a later run.
    """
    routes, protocol = routes_file.load(context.settings), Protocol(draws)
    if captions not in CAPTIONS:
        raise ConfigError(f"cannot examine {captions!r} captions: use one of {', '.join(CAPTIONS)}")
    with context.ledger.begin() as connection:
        if captions == "sample" and connection.execute(sql(_SQL, "newest_sample")).scalar() is None:
            raise ConfigError("no sample has been drawn: run `omnisci sample`, or use --captions accepted or all")
        rows = connection.execute(sql(_SQL, "captions"), {"which": captions, "discipline": discipline}).all()
    families = {row.caption_id: row.family for row in rows}
    due: dict[int, Roles] = {}
    for part in _parts(families, LOOKED_UP):
        if limit is None or len(due) < limit:
            due |= _due(context, routes, protocol, {caption: families[caption] for caption in part})
    picked = dict(islice(due.items(), limit))
    return _over(_examined(context, routes, protocol, picked, asker(context, routes)))


def config_of(routes: Routes, family: str) -> str:
    """The hash of the gate's score for captions of this family. Raises ConfigError where they have no judge."""
    return configs_of(routes, cast(routes, {family}), Protocol()).score


def examine(
    context: Context, routes: Routes, captions: Sequence[int], ask: Asker, protocol: Protocol | None = None
) -> Counts:
    """Examines these captions, those apart that have the score; the score of each is stored as `caption-qa`.

    Raises ConfigError before anything is asked where a caption has no judge of another family. Captions about whose
    figure the filters kept no question get no score; they are counted as without_questions when that is found out.
    """
    protocol = protocol or Protocol()
    with context.ledger.begin() as connection:
        rows = connection.execute(sql(_SQL, "families"), {"captions": list(captions)})
        families = {row.caption_id: row.family for row in rows}
    due = _due(context, routes, protocol, families)
    return dict(_examined(context, routes, protocol, due, ask).counts)


def _due(context: Context, routes: Routes, protocol: Protocol, families: Mapping[int, str]) -> dict[int, Roles]:
    """The captions that lack a score and may get one, with who is to examine them."""
    roles = {family: cast(routes, {family}) for family in sorted(set(families.values()))}
    configs = {family: configs_of(routes, one, protocol) for family, one in roles.items()}
    with context.ledger.begin() as connection:
        done = ledger.settled(connection, {caption: configs[family] for caption, family in families.items()})
    return {caption: roles[family] for caption, family in families.items() if caption not in done}


def _examined(context: Context, routes: Routes, protocol: Protocol, due: Mapping[int, Roles], ask: Asker) -> Exam:
    exam = Exam(context, routes, protocol, ask)
    exam.counts.update({"captions": 0, **_NO_COUNTS, "scores": 0})
    by_roles: dict[Roles, list[int]] = defaultdict(list)
    for caption, roles in due.items():
        by_roles[roles].append(caption)
    for roles, captions in by_roles.items():
        for part in _parts(captions):
            if exam.desk.is_stuck:
                return exam
            exam.sit(_sitters(context, part), roles)
    return exam


def _sitters(context: Context, captions: Sequence[int]) -> list[Sitter]:
    with context.ledger.begin() as connection:
        loaded = subjects.load(connection, captions)
    return [Sitter(one.figure_id, contest.text_of(one.candidate), one.caption_id) for one in loaded]


def benchmark(context: Context, *, entry: contest.Entry, limit: int | None = None, draws: int = DRAWS) -> Counts:
    """Asks the same questions of the captions that several captioners wrote for the same figures, at most `limit`.

    Raises ConfigError where the captioners have no figure in common, LeftOver where answers are left to a later run.
    """
    routes, protocol = routes_file.load(context.settings), Protocol(draws)
    held = contest.hold(context, routes, entry, limit)
    exam = Exam(context, routes, protocol, asker(context, routes))
    exam.counts.update({"figures": len(held.figures), "captions": 0, **_NO_COUNTS})
    for part in _parts(held.figures):
        exam.sit(held.sitters(context, part), held.roles)
        if exam.desk.is_stuck:
            break
    return _over(exam)


def _over(exam: Exam) -> Counts:
    counts = dict(exam.counts)
    if left := counts.get("left"):
        raise LeftOver(f"{left} questions are left to a later run: {exam.desk.reason}", counts)
    return counts


def _parts(items: Iterable[T], size: int | None = None) -> Iterator[list[T]]:
    iterator = iter(items)
    while part := list(islice(iterator, size or CHUNK)):
        yield part
