"""Questions to models by the paid-call protocol: written down, asked by lanes, and read again from the ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar

from pydantic import SecretStr
from sqlalchemy import Row

from omnisci_etl.captions import prompts
from omnisci_etl.captions.calls import CallDesk
from omnisci_etl.captions.concurrency import surely
from omnisci_etl.captions.drafts import Draft
from omnisci_etl.captions.identity import fingerprint, identity, register_model
from omnisci_etl.captions.lane import Job, Lane, Ready
from omnisci_etl.captions.lanes import Lanes, check_refused
from omnisci_etl.captions.planning import CallState, call_states, known_calls, set_limits
from omnisci_etl.captions.providers import key_of
from omnisci_etl.captions.providers.base import ANSWERED, Answer
from omnisci_etl.captions.questions import Asker, Question, Reply
from omnisci_etl.captions.replay import reread
from omnisci_etl.captions.requests import request_of
from omnisci_etl.captions.routes import Routes
from omnisci_etl.context import Context
from omnisci_etl.errors import ConfigError
from omnisci_etl.hashing import sha256_hex
from omnisci_etl.ledger.blobs import BlobMissing
from omnisci_etl.ledger.database import copy_into, sql

A = TypeVar("A")
R = TypeVar("R")
CHUNK = 500
_SQL = "omnisci_etl.captions.sql"
_STAGE = {
    "figure_id": "bigint", "fingerprint": "text", "purpose": "text", "prompt_sha256": "text", "model_id": "bigint",
    "sent_image_sha256": "text", "evidence_sha256": "text", "draw": "integer", "run_key": "bigint",
}  # fmt: skip


def asker(context: Context, routes: Routes) -> Asker:
    """Asks under the run of this context. What has been answered once, in whatever run, comes from the ledger.

    It raises ConfigError where a question names no model that can be asked, or a vendor refuses its key or model, once
    the answers under way are stored.
    """
    return _Register(context, routes).ask


@dataclass(frozen=True, slots=True)
class _End:
    """What came of a call, as a reply says it."""

    state: Literal["answered", "failed", "left"]
    slug: str
    content: Mapping[str, Any] | None = None
    reason: str = ""


class _Register:
    """Writes questions down as calls, and reads what came of them."""

    def __init__(self, context: Context, routes: Routes) -> None:
        self._context = context
        self._routes = routes

    def ask(self, questions: Sequence[Question]) -> list[Reply]:
        """A reply for each question, in their order."""
        for name in dict.fromkeys(question.model for question in questions):
            self._check(name)
        # What a process that is gone has left on this machine, before anything is asked again.
        desk = CallDesk(self._context, self._routes.budget)
        surely(lambda _: desk.take_in())
        calls = [call_id for written in _by_parts(self._write, questions) for call_id in written]
        of_call: dict[int, Question] = {}
        for call_id, question in zip(calls, questions, strict=True):
            of_call.setdefault(call_id, question)
        left = self._ask(of_call)
        ends = {i: end for read in _by_parts(partial(self._read, left), list(of_call)) for i, end in read.items()}
        return [_reply(question, call_id, ends[call_id]) for question, call_id in zip(questions, calls, strict=True)]

    def _check(self, name: str) -> None:
        if name not in self._routes.models:
            raise ConfigError(f"there is no model {name!r} in the routes file: name one of it under judges")
        if self._routes.is_extractive(name):
            raise ConfigError(f"models.{name} only composes captions: name a model that can be asked under judges")

    def _write(self, questions: Sequence[Question]) -> list[int]:
        """Writes the calls of questions and the figures that they are about; the call of each."""
        run_key = self._context.run.key
        marks = [self._mark(question) for question in questions]
        with self._context.ledger.begin() as connection:
            # In order, so that two processes never wait for each other in a circle.
            for _, prompt in sorted({question.prompt.sha256: question.prompt for question in questions}.items()):
                prompts.register(connection, prompt, run_key)
            names = sorted({question.model for question in questions})
            models = {name: register_model(connection, self._routes, name, run_key) for name in names}
            rows = (
                (
                    question.figure_id, mark, question.purpose, question.prompt.sha256, models[question.model], None,
                    sha256_hex(question.user), question.draw, run_key,
                )
                for question, mark in zip(questions, marks, strict=True)
            )  # fmt: skip
            copy_into(connection, "plan_stage", _STAGE, rows)
            connection.execute(sql(_SQL, "insert_calls"))
            connection.execute(sql(_SQL, "insert_questions"))
            known = known_calls(connection, marks)
        return [known[mark] for mark in marks]

    def _mark(self, question: Question) -> str:
        known = identity(self._routes, question.model, question.prompt, question.purpose, question.draw)
        return fingerprint(known, question.image_sha256, sha256_hex(question.user))

    def _ask(self, of_call: Mapping[int, Question]) -> dict[int, _End]:
        """Asks what has no answer and may have one; what is left to a later run."""
        settings = self._context.settings
        states = {i: state for found in _by_parts(self._states, list(of_call)) for i, state in found.items()}
        wanted = {i: question for i, question in of_call.items() if states[i].state not in ("answered", "failed")}
        if not wanted:
            return {}
        names = {self._routes.models[question.model].provider for question in wanted.values()}
        keys = {name: key_of(settings, self._routes, name) for name in names}
        questions = _Questions(self._context, self._routes, keys, wanted, done=len(of_call) - len(wanted))
        asyncio.run(questions.run(states))
        check_refused((lane.stop_slug, lane.stopped) for lane in questions.lanes.values())
        return questions.ends

    def _states(self, calls: Sequence[int]) -> dict[int, CallState]:
        with self._context.ledger.begin() as connection:
            return call_states(connection, calls, self._context.run.owner, self._context.settings)

    def _read(self, left: Mapping[int, _End], calls: Sequence[int]) -> dict[int, _End]:
        """What came of calls; contents are read of the stored bytes, however long ago these came."""
        with self._context.ledger.begin() as connection:
            set_limits(connection, self._context.settings)
            rows = connection.execute(sql(_SQL, "replies"), {"calls": list(calls)}).all()
        return {row.call_id: left.get(row.call_id) or self._end(row) for row in rows}

    def _end(self, row: Row[Any]) -> _End:
        if row.response_sha256 is None:
            return _End("failed", row.slug or "", reason=row.error or row.why)
        try:
            raw = self._context.blobs.get(row.response_sha256)
        except BlobMissing as error:
            return _End("left", row.slug, reason=str(error))
        answer = reread(raw, row.api, row.requested, row.output_schema)
        if answer.slug != ANSWERED:
            return _End("failed", answer.slug, reason=answer.error or answer.slug)
        return _End("answered", ANSWERED, answer.content)


class _Questions(Lanes):
    """Asks models. ends says of what is left to a later run why it is."""

    def __init__(
        self, context: Context, routes: Routes, keys: Mapping[str, SecretStr | None], wanted: Mapping[int, Question],
        done: int,
    ) -> None:  # fmt: skip
        super().__init__(context, routes, keys)
        self._wanted = wanted
        self._over = done
        self._total = done + len(wanted)
        self.ends: dict[int, _End] = {}

    async def run(self, states: Mapping[int, CallState]) -> None:
        """Asks until nothing is left to do. Stopped or failed, it waits for the answers under way."""
        try:
            await self.work(self._feed(states))
        finally:
            self.leave_rooms()

    async def _feed(self, states: Mapping[int, CallState]) -> None:
        for call_id, question in self._wanted.items():
            await self.add(question.model, Job(call_id), states[call_id].wait_s)
        self.close()

    async def prepare(self, job: Job, lane: Lane) -> Ready | str:
        """The request of a question; a text where its picture cannot be read now."""
        asked = self._wanted[job.call_id]
        make = partial(request_of, self._context, lane.spec, asked.prompt, asked.user, asked.image_sha256)
        return await self.ready(job, lane, make)

    def drafted(self, answer: Answer) -> tuple[Answer, Draft | None]:
        """The answer: it is no caption."""
        return answer, None

    async def adopt(self, call_id: int) -> int:
        """Nothing: the answer is read when all are there."""
        return 0

    def attempted(self, job: Job) -> None:
        """Nothing: the ledger counts attempts."""

    def done(self, job: Job, captions: int) -> None:
        """Says how many questions are through."""
        self._tell()

    def failed(self, job: Job) -> None:
        """Says how many questions are through."""
        self._tell()

    def left(self, job: Job, reason: str, slug: str) -> None:
        """Notes why the question has no answer yet."""
        self.ends[job.call_id] = _End("left", slug, reason=reason)
        self._tell()

    def _tell(self) -> None:
        self._over += 1
        self._context.progress.update(self._over, self._total, "questions")


def _reply(question: Question, call_id: int, end: _End) -> Reply:
    return Reply(question, end.state, end.slug, call_id, end.content, end.reason)


def _by_parts(act: Callable[[Sequence[A]], R], items: Sequence[A]) -> Iterator[R]:
    """What act gives for each portion of the items."""
    for start in range(0, len(items), CHUNK):
        part = items[start : start + CHUNK]
        yield surely(lambda _: act(part))  # noqa: B023  (it is called at once)
