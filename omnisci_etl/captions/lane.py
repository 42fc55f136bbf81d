"""A lane asks one model: it prepares requests, keeps to the limits, and tries again what may be tried again."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Protocol

from omnisci_etl.captions import costs
from omnisci_etl.captions.calls import Claim, Intent, last_strike
from omnisci_etl.captions.concurrency import Gate
from omnisci_etl.captions.drafts import Draft
from omnisci_etl.captions.policy import FAILED, STOPS, STRIKES, TRANSIENT
from omnisci_etl.captions.providers.base import ANSWERED, Answer, ModelRequest, Provider
from omnisci_etl.captions.routes import Model
from omnisci_etl.captions.spool import Settlement
from omnisci_etl.config import Settings

IN_BATCH = "their call is in a batch that is not over (`caption --batch` collects it)"
# Requests that are made ready while max_in_flight others are under way.
AHEAD = 16
BACKOFF, MAX_BACKOFF = 0.5, 60.0
LONGEST_WAIT = 300.0
_POLL = 0.5


@dataclass(slots=True, eq=False)
class Job:
    """A call to be made, whose answer `wanted` figures or questions of this run wait for.

    crowded: other processes have all of its model's places in flight.
    """

    call_id: int
    wanted: int = 1
    tries: int = 0
    polls: int = 0
    asked: bool = False
    crowded: bool = False
    settlements: int = 0


@dataclass(frozen=True, slots=True)
class Ready:
    """A request as it will be sent, with what it may cost. fault: why it cannot be sent at all."""

    request: ModelRequest
    intent: Intent
    tokens: int
    fault: str = ""


class Office(Protocol):
    """What lanes need of the run that they belong to; every coroutine shares its transactions between lanes.

    settlements counts the outcomes that were stored.
    """

    settlements: int

    async def prepare(self, job: Job, lane: Lane) -> Ready | str:
        """The request of a job; a text where it cannot be made now."""

    async def pace(self, lane: Lane, tokens: int) -> float:
        """Seconds to wait before a request of so many tokens."""

    async def claim(self, intent: Intent) -> Claim:
        """Commits the intent."""

    def drafted(self, answer: Answer) -> tuple[Answer, Draft | None]:
        """The answer as it is to be judged, with its caption where it is to give one."""

    async def settle(self, settlement: Settlement) -> int:
        """Stores the outcome; the captions that it gave."""

    async def adopt(self, call_id: int) -> int:
        """Uses an answer that is there already; the captions that it gave."""

    def unsettled(self) -> int:
        """Open attempts in all lanes, whose worst cases may yet turn into less."""

    async def settlement(self, since: int) -> None:
        """Waits until there have been more than `since` settlements."""

    def done(self, job: Job, captions: int) -> None:
        """The job has its answer, which gave so many captions."""

    def failed(self, job: Job) -> None:
        """The job gets no answer."""

    def left(self, job: Job, reason: str, slug: str) -> None:
        """The job is left to a later run; slug is why, where it has one."""

    def attempted(self, job: Job) -> None:
        """An attempt was made."""


@dataclass(eq=False)
class Lane:
    """Jobs of one model. stopped and stop_slug say why it makes no more requests; unsettled are its open attempts."""

    name: str
    spec: Model
    provider: Provider
    settings: Settings
    office: Office
    stopped: str = ""
    stop_slug: str = ""
    unsettled: int = 0
    _queue: asyncio.Queue[Job | None] = field(default_factory=asyncio.Queue)
    _later: dict[Job, asyncio.TimerHandle] = field(default_factory=dict)
    _pending: int = 0
    _closed: bool = False

    def __post_init__(self) -> None:
        self.gate = Gate(self.spec.max_in_flight)
        self._stopping = asyncio.Event()
        self._price = costs.snapshot(self.spec.prices)
        self._workers: list[asyncio.Task[None]] = []

    def add(self, job: Job, delay: float = 0.0) -> None:
        """Takes a job on, to be tried after `delay` seconds."""
        self._pending += 1
        self._again(job, delay)
        if len(self._workers) < min(self._pending, self.spec.max_in_flight + AHEAD):
            self._workers.append(asyncio.create_task(self._work()))

    def close(self) -> None:
        """No more jobs will come."""
        self._closed = True
        self._end_if_empty()

    def stop(self, reason: str, slug: str = "") -> None:
        """Makes no further request; those under way are waited for, the rest is left."""
        if not self.stopped:
            self.stopped, self.stop_slug = reason, slug
        self.gate.open()
        self._stopping.set()
        for job, timer in list(self._later.items()):
            timer.cancel()
            self._queue.put_nowait(job)
        self._later.clear()

    def abandon(self) -> None:
        """Ends the lane whatever is left in it; requests under way are still brought to their end."""
        self.stop("the run was stopped")
        for _ in self._workers:
            self._queue.put_nowait(None)

    @property
    def tasks(self) -> Sequence[asyncio.Task[None]]:
        """The tasks that do the work; they end when the lane is closed and empty."""
        return self._workers

    def _end_if_empty(self) -> None:
        if self._closed and self._pending == 0:
            for _ in self._workers:
                self._queue.put_nowait(None)

    def _finish(self) -> None:
        self._pending -= 1
        self._end_if_empty()

    def _again(self, job: Job, delay: float) -> None:
        def put() -> None:
            self._later.pop(job, None)
            self._queue.put_nowait(job)

        if self.stopped or delay <= 0:
            self._queue.put_nowait(job)
        else:
            self._later[job] = asyncio.get_running_loop().call_later(delay, put)

    async def _work(self) -> None:
        while (job := await self._queue.get()) is not None:
            if self.stopped:
                self._leave(job, self.stopped, self.stop_slug)
                continue
            ready = await self.office.prepare(job, self)
            if isinstance(ready, str):
                self._leave(job, ready)
                continue
            while await self._ask(job, ready):
                await self._turn(job)

    async def _turn(self, job: Job) -> None:
        """Waits until there may be room: after an outcome of this run, or after some of other processes."""
        if job.crowded:
            job.crowded = False
            await self._rest(_POLL * random.uniform(0.5, 1.5))  # noqa: S311
        else:
            await self.office.settlement(job.settlements)

    def _leave(self, job: Job, reason: str, slug: str = "") -> None:
        self.office.left(job, reason, slug)
        self._finish()

    async def _ask(self, job: Job, ready: Ready) -> bool:
        """One attempt, from the place in the queue of the vendor to the stored outcome.

        True where the budget has no room now, but may have when an open attempt has cost less than its worst case.
        """
        await self.gate.enter()
        try:
            await self._keep_pace(ready)
            job.settlements = self.office.settlements
            # With what is inside here, others may have so many under way that max_in_flight holds over all.
            intent = replace(ready.intent, rivals=self.spec.max_in_flight - self.gate.inside)
            claim = None if self.stopped else await self.office.claim(intent)
            if claim is None or claim.state != "sent":
                return await self._not_sent(job, claim)
            self.unsettled += 1
            started = time.monotonic()
            answer = await self._send(ready)
            latency = time.monotonic() - started
        finally:
            self.gate.leave()
        self._watch(answer)
        answer, draft = self.office.drafted(answer)
        answer = last_strike(answer, claim.strikes, self.settings.strike_cap)
        dollars = self._cost(answer, ready.intent)
        captions = await self.office.settle(Settlement(job.call_id, claim.attempt_id, answer, dollars, latency, draft))
        self.unsettled -= 1
        self.office.attempted(job)
        self._next(job, answer, captions)
        return False

    async def _keep_pace(self, ready: Ready) -> None:
        wait = await self.office.pace(self, ready.tokens)
        if wait > 0:
            await self._rest(wait)

    async def _rest(self, seconds: float) -> None:
        """Waits, but not beyond the end of the lane."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()

    async def _send(self, ready: Ready) -> Answer:
        if ready.fault:
            return Answer("bad-request", error=ready.fault)
        return await self.provider.complete(ready.request)

    def _cost(self, answer: Answer, intent: Intent) -> Decimal:
        """Reported tokens at the model's price; an answer without a report counts at its worst case, never as free."""
        return intent.worst_case if answer.usage is None else costs.cost(self.spec.prices, answer.usage)

    def _watch(self, answer: Answer) -> None:
        """Lets the answer act on the other requests of the lane."""
        text = f"{self.spec.provider}/{self.spec.model}: {answer.slug}: {answer.error}"
        if answer.slug in STOPS:
            self.stop(text, answer.slug)
        elif answer.slug not in TRANSIENT:
            self.gate.answered()
        elif (answer.retry_after or 0) > LONGEST_WAIT:
            self.stop(f"{text}; asks to wait {answer.retry_after:.0f} s", answer.slug)
        elif self.gate.pauses >= self.settings.call_tries:
            self.stop(text, answer.slug)
        else:
            self.gate.failed(refused=answer.slug == "rate-limited", wait=answer.retry_after or 0)

    async def _not_sent(self, job: Job, claim: Claim | None) -> bool:
        """What follows where no attempt was made; whether to try again after the next settlement."""
        if claim is None:
            self._again(job, 0)
        elif claim.state == "answered":
            self.office.done(job, await self.office.adopt(job.call_id))
            self._finish()
        elif claim.state == "failed":
            self.office.failed(job)
            self._finish()
        elif claim.state == "batched":
            self._leave(job, IN_BATCH)
        elif claim.state == "budget":
            if self.office.unsettled() > 0 or self.office.settlements > job.settlements:
                return True
            self.stop(claim.limit, "budget")
            self._again(job, 0)
        elif claim.state == "full":
            job.crowded = True
            return True
        elif claim.state == "grace":
            self._again(job, claim.wait_s + 0.05)
        else:
            job.polls += 1
            self._again(job, min(_POLL * job.polls, 5.0))
        return False

    def _next(self, job: Job, answer: Answer, captions: int) -> None:
        if answer.slug == ANSWERED:
            self.office.done(job, captions)
            self._finish()
        elif answer.slug in FAILED:
            self.office.failed(job)
            self._finish()
        elif answer.slug in STRIKES or answer.slug in STOPS:
            self._again(job, 0)
        else:
            self._after_transient(job, answer)

    def _after_transient(self, job: Job, answer: Answer) -> None:
        job.tries += 1
        if job.tries >= self.settings.call_tries:
            self._leave(job, f"{self.spec.provider}/{self.spec.model}: {answer.slug}: {answer.error}", answer.slug)
            return
        backoff = min(MAX_BACKOFF, BACKOFF * 2 ** (job.tries - 1)) * random.uniform(0.75, 1.25)  # noqa: S311
        self._again(job, max(answer.retry_after or 0, backoff))
