"""Scoring: every caption gets a row from each scorer, then a decision of the gate."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from omnisci_etl.captions.questions import Asker
from omnisci_etl.config import Settings
from omnisci_etl.context import Context, Counts
from omnisci_etl.errors import LeftOver
from omnisci_etl.judging import gate, paid, reading
from omnisci_etl.judging.bench import Begun
from omnisci_etl.judging.gate import Seen, Verdict
from omnisci_etl.judging.policy import Policy
from omnisci_etl.judging.records import store_lines
from omnisci_etl.judging.subjects import Subject, load
from omnisci_etl.judging.workers import Workers, workers
from omnisci_etl.ledger.blobs import BlobStore
from omnisci_etl.ledger.database import Ledger, copy_into, sql

BATCH = 1000
# Batches whose texts are being scored while an earlier one is stored.
AHEAD = 2
_SQL = "omnisci_etl.judging.sql"
_DECISION = {
    "caption_id": "bigint", "policy": "text", "policy_sha256": "text", "inputs_sha256": "text", "outcome": "text",
    "slug": "text", "gate_score": "double precision", "reason": "jsonb", "run_key": "bigint",
}  # fmt: skip
_OUTCOMES = {"accept": "accepted", "reject": "rejected", "abstain": "abstained", "escalate": "escalated"}


def score(context: Context, *, discipline: str | None = None, limit: int | None = None) -> Counts:
    """Scores what lacks a score and decides what lacks a decision, in batches that are each committed.

    Counts: captions looked at, score rows written, decisions by outcome. Captions that a model could not judge now
    are abstained from and looked at again by the next run, which LeftOver says. Raises ConfigError before anything is
    written where a paid stage has no model that may judge some of them.
    """
    session = _Session(context)
    pages = session.pages(discipline, limit)
    first = next(pages, [])
    if first:
        session.require_judges(discipline)
    with workers(len(first)) as crew:
        waiting: deque[_Batch] = deque()
        for page in _chain(first, pages):
            waiting.append(session.begin(crew, page))
            if len(waiting) > AHEAD:
                session.finish(waiting.popleft())
        while waiting:
            session.finish(waiting.popleft())
    if session.awaiting:
        raise LeftOver(
            f"{session.counts['captions']} captions scored, {session.awaiting} of them await a verdict of a model: "
            "`omnisci status` shows what was spent; run it again when the budget or the vendor allows",
            dict(session.counts),
        )
    return dict(session.counts)


def is_due(context: Context, *, discipline: str | None = None) -> bool:
    """Whether there is a caption that score would look at."""
    return next(_Session(context).pages(discipline, 1), None) is not None


def _chain(first: list[int], rest: Iterator[list[int]]) -> Iterator[list[int]]:
    if first:
        yield first
        yield from rest


@dataclass(frozen=True, slots=True)
class _Batch:
    """Captions under way, and what waits for their scores."""

    subjects: Sequence[Subject]
    begun: Begun


class _Session:
    """What one run of scoring works with."""

    def __init__(self, context: Context) -> None:
        self._context = context
        with context.ledger.begin() as connection:
            self._policy = Policy(context.settings, connection, context.blobs.get)
        self._bench, self._thresholds = self._policy.bench, self._policy.thresholds
        names = ("captions", "scores", "accepted", "rejected", "abstained", "escalated")
        self.counts: Counter[str] = Counter(dict.fromkeys(names, 0))
        self.awaiting = 0

    def pages(self, discipline: str | None, limit: int | None) -> Iterator[list[int]]:
        """Ids of captions that are to be decided on."""
        after, room = 0, limit
        while room is None or room > 0:
            parameters = {
                "after": after, "policy_sha256": self._thresholds.policy_sha256, "discipline": discipline,
                "batch": BATCH if room is None else min(BATCH, room),
            }  # fmt: skip
            with self._context.ledger.begin() as connection:
                ids = list(connection.execute(sql(_SQL, "undecided"), parameters).scalars())
            if not ids:
                return
            after, room = ids[-1], None if room is None else room - len(ids)
            yield ids

    def require_judges(self, discipline: str | None) -> None:
        """Raises ConfigError where captions that are to be decided on have no judge of another family."""
        if not self._policy.shares:
            return
        parameters = {
            "policy_sha256": self._thresholds.policy_sha256, "discipline": discipline, "after": 0, "batch": None,
        }  # fmt: skip
        with self._context.ledger.begin() as connection:
            waiting = list(connection.execute(sql(_SQL, "undecided"), parameters).scalars())
            families = list(connection.execute(sql(_SQL, "families_of_captions"), {"captions": waiting}).scalars())
        paid.require_judges(self._policy.routes, self._policy.shares, families)

    def begin(self, crew: Workers, ids: Sequence[int]) -> _Batch:
        """Loads captions and lets the workers begin with them; the text of their pictures is read where it can be."""
        texts = self._picture_texts(ids) if self._policy.engine else {}
        with self._context.ledger.begin() as connection:
            subjects = load(connection, ids, texts)
            seen = self._bench.seen(connection, ids)
        return _Batch(subjects, self._bench.start(crew, subjects, seen))

    def _picture_texts(self, ids: Sequence[int]) -> dict[str, str]:
        with self._context.ledger.begin() as connection:
            pictures = list(connection.execute(sql(_SQL, "pictures_of_captions"), {"captions": list(ids)}).scalars())
        reading.ensure_picture_text(self._context, pictures, engine=self._policy.engine)
        with self._context.ledger.begin() as connection:
            return reading.load(connection, pictures, self._policy.ocr)

    def finish(self, batch: _Batch) -> None:
        """Stores the scores of a batch and the decisions on it in one transaction; models are asked after it."""
        found = batch.begun()
        with self._context.ledger.begin() as connection:
            written = store_lines(connection, found.lines, self._context.run.key)
            # Where another run wrote some of these rows, its own are what is stored.
            scores = found.scores if written == found.lines.count(b"\n") else self._stored(connection, batch.subjects)
            verdicts = self._decide(connection, batch.subjects, scores)
        self.counts["scores"] += written
        silent: set[str] = set()
        for stage in gate.PAID:
            awaiting = [caption_id for caption_id, verdict in verdicts.items() if verdict.awaits == stage]
            if awaiting:
                counts = paid.examine(stage, self._context, self._policy.routes, awaiting, self._asker)
                self.counts.update({f"{stage}_{name}": count for name, count in counts.items()})
                # What is not left to a later run and has no score will get none.
                silent |= {stage} if counts.get("left", 0) == 0 else set()
                again = [subject for subject in batch.subjects if subject.caption_id in set(awaiting)]
                with self._context.ledger.begin() as connection:
                    verdicts |= self._decide(connection, again, self._stored(connection, again), silent)
        self.counts["captions"] += len(verdicts)
        self.awaiting += sum(bool(verdict.awaits) for verdict in verdicts.values())
        self.counts.update(_OUTCOMES[verdict.outcome] for verdict in verdicts.values())
        self._context.progress.update(self.counts["captions"], None, "captions scored")

    @cached_property
    def _asker(self) -> Asker:
        from omnisci_etl.captions.asking import asker

        ask: Asker = asker(self._context, self._policy.routes)
        return ask

    def _stored(self, connection: Any, subjects: Sequence[Subject]) -> Mapping[int, Mapping[str, Seen]]:
        return self._bench.seen(connection, [subject.caption_id for subject in subjects])

    def _decide(
        self,
        connection: Any,
        subjects: Sequence[Subject],
        seen: Mapping[int, Mapping[str, Seen]],
        silent: Collection[str] = (),
    ) -> dict[int, Verdict]:
        """The verdicts on captions by their scores, written; by caption."""
        verdicts: dict[int, Verdict] = {}
        rows = []
        for subject in subjects:
            verdict, row = self._verdict(subject, seen[subject.caption_id], silent)
            verdicts[subject.caption_id] = verdict
            rows.append(row)
        copy_into(connection, "decision_stage", _DECISION, rows)
        connection.execute(sql(_SQL, "insert_decisions"))
        return verdicts

    def _verdict(
        self, subject: Subject, scores: Mapping[str, Seen], silent: Collection[str]
    ) -> tuple[Verdict, tuple[Any, ...]]:
        checks = self._thresholds.checks(subject.features)
        due = paid.due(subject.caption_id, self._policy.shares)
        silent = {check.stage for check in checks if check.stage in silent and check.scorer not in scores}
        verdict = gate.decide(scores, checks, due, silent)
        inputs = gate.inputs_sha256(scores, checks, due, silent)
        return verdict, (
            subject.caption_id, self._thresholds.policy, self._thresholds.policy_sha256, inputs, verdict.outcome,
            verdict.slug, verdict.gate_score, verdict.reason, self._context.run.key,
        )  # fmt: skip


def plan(
    settings: Settings, ledger: Ledger, *, discipline: str | None = None, limit: int | None = None
) -> list[dict[str, Any]]:
    """What score would do: captions without a score, by scorer, and at most how many paid stages would look at.

    Scorers cost nothing but time. Raises ConfigError where score would refuse.
    """
    rows: list[dict[str, Any]] = []
    with ledger.read(timeout_s=600) as connection:
        policy = Policy(settings, connection, BlobStore(settings.blob_url).get)
        for name, key in policy.bench.keys.items():
            parameters = {"wanted": f"{name} {key}", "discipline": discipline}
            captions = connection.execute(sql(_SQL, "count_unscored"), parameters).scalar_one()
            rows.append(
                {"scorer": name, "captions": captions if limit is None else min(captions, limit), "cost_usd": 0.0}
            )
        sha256 = policy.thresholds.policy_sha256
        return rows + paid.plan(connection, policy.routes, sha256, discipline=discipline, limit=limit)
