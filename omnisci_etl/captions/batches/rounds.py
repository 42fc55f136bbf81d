"""Rounds: what is wanted goes out in batches, what has come is taken in, until nothing is left to wait for."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from omnisci_etl.captions import costs
from omnisci_etl.captions.batches.desk import BatchDesk
from omnisci_etl.captions.batches.packing import Pack, Parcel, packs
from omnisci_etl.captions.batches.yard import Takings, Yard
from omnisci_etl.captions.calls import Intent
from omnisci_etl.captions.clerk import Order
from omnisci_etl.captions.figures import FigureRow, load_figures
from omnisci_etl.captions.planning import CallState, Planner, call_states
from omnisci_etl.captions.providers.base import Answer
from omnisci_etl.captions.requests import make_request
from omnisci_etl.captions.spool import Settlement
from omnisci_etl.context import Context
from omnisci_etl.ledger.blobs import BlobMissing

# Seconds between two visits to the vendors.
FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 1.0, 60.0, 1.5
_CHUNK = 100
_STATES = 5000
_OVER = frozenset({"answered", "failed"})


@dataclass(slots=True, eq=False)
class Job:
    """A call to be made in a batch, for `figures` figures of this run; figure_id is one of them.

    state is that of the call. reason: why it is left to a later run. blocked: why the budget has no room for it now.
    """

    call_id: int
    figure_id: int
    model: str
    figures: int = 1
    tries: int = 0
    fingerprint: str = ""
    blocked: str = ""
    reason: str = ""
    state: Literal["answered", "failed", "batched", "busy", "grace", "ready"] = "ready"


class Rounds:
    """The jobs of one run. tally counts what came of them, reasons why figures were left."""

    def __init__(self, context: Context, planner: Planner, yard: Yard, desk: BatchDesk) -> None:
        self._context = context
        self._planner = planner
        self._yard = yard
        self._desk = desk
        self._jobs: dict[int, Job] = {}
        self._last: dict[int, Answer] = {}
        self._moved = False
        self._stale = True
        self.tally: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()

    def take(self, orders: Iterable[Order]) -> None:
        """Takes on calls for models that have batches."""
        for order in orders:
            if (job := self._jobs.get(order.call_id)) is not None:
                job.figures += 1
            else:
                self._jobs[order.call_id] = Job(order.call_id, order.figure_id, order.model)

    def take_in(self) -> None:
        """Takes in what has come."""
        before = self._yard.open
        self._note(self._yard.take_in())
        # Another process may have taken in what was open here.
        if self._yard.open != before:
            self._moved = self._stale = True

    def go(self) -> bool:
        """One round: takes in what has come, sends what may be sent. Whether there is more to wait for."""
        self._moved = False
        self.take_in()
        self._review()
        self._send([job for job in self._undone("ready") if not job.blocked and not self._why_stopped(job)])
        self._review()
        return self._waits()

    def wait(self) -> None:
        """Goes round until all is over, with growing pauses."""
        pause = FIRST_PAUSE
        while True:
            self._context.progress.update(self._done, max(self._done, len(self._jobs)), "calls in batches")
            time.sleep(pause)
            pause = min(LONGEST_PAUSE, pause * GROWTH)
            over = not self.go()
            if self._moved:
                pause = FIRST_PAUSE
            if over:
                return

    def leave(self) -> None:
        """Counts what is left to a later run."""
        for job in self._undone():
            reason = job.reason or self._why_stopped(job) or job.blocked or "their batches are not over"
            self.tally["waiting"] += job.figures
            self.reasons[reason] += job.figures

    @property
    def _done(self) -> int:
        return sum(job.state in _OVER for job in self._jobs.values())

    def _undone(self, *states: str) -> Iterator[Job]:
        """Jobs that are not over; of these states, where some are named."""
        return (job for job in self._jobs.values() if job.state not in _OVER and (not states or job.state in states))

    def _waits(self) -> bool:
        """Whether time will bring something: open batches, other processes, tries that are left."""
        if self._yard.open:
            return True
        return any(
            job.state != "batched" and not (job.reason or job.blocked or self._why_stopped(job))
            for job in self._undone()
        )  # fmt: skip

    def _why_stopped(self, job: Job) -> str:
        spec = self._planner.routes.models[job.model]
        return self._yard.why_stopped(spec.provider, spec.model)

    def _note(self, takings: Takings) -> None:
        if takings.over:
            self._moved = self._stale = True
        self._last.update(takings.last)
        self.tally.update(captioned=takings.captions, attempts=takings.settled, calls=takings.calls)

    def _review(self) -> None:
        """Reads how the calls stand, where something may have changed."""
        if not self._stale and not any(self._undone("busy", "grace")):
            return
        self._stale = False
        run, settings = self._context.run, self._context.settings
        for jobs in _portions(list(self._undone()), _STATES):
            with self._context.ledger.begin() as connection:
                states = call_states(connection, [job.call_id for job in jobs], run.owner, settings)
            for job in jobs:
                self._stands(job, states[job.call_id])
            answered = [job.call_id for job in jobs if job.state == "answered"]
            self.tally["captioned"] += sum(self._desk.calls.adopt(answered)) if answered else 0

    def _stands(self, job: Job, state: CallState) -> None:
        job.state, job.fingerprint, job.blocked = state.state, state.fingerprint, ""
        if state.state == "failed":
            self.tally["failed"] += job.figures
        elif state.state == "ready" and job.tries >= self._context.settings.call_tries:
            last = self._last.get(job.call_id)
            job.reason = f"{job.model}: {last.slug}: {last.error}" if last else "too many tries"

    def _send(self, jobs: Sequence[Job]) -> None:
        settings = self._context.settings
        for model in dict.fromkeys(job.model for job in jobs if not job.reason):
            chosen = [job for job in jobs if job.model == model and not job.reason]
            parcels = self._parcels(model, chosen)
            for pack in packs(parcels, most_requests=settings.batch_requests, most_bytes=settings.batch_bytes):
                with pack.lines:
                    if self._why_stopped(chosen[0]):
                        break
                    self._dispatch(pack)

    def _dispatch(self, pack: Pack) -> None:
        """Commits the intent of a batch and submits it."""
        claims, batch_id = self._desk.claim(pack.intents, pack.sizes)
        sent: set[int] = set()
        for intent, claim in zip(pack.intents, claims, strict=True):
            job = self._jobs[intent.call_id]
            if claim.state == "sent":
                sent.add(job.call_id)
                job.state, job.tries = "batched", job.tries + 1
            elif claim.state == "budget":
                job.blocked = claim.limit
            else:
                self._stale = True
        if batch_id is not None:
            with pack.only(sent) as lines:
                self._note(self._yard.submit(batch_id, lines))

    def _parcels(self, model: str, jobs: Sequence[Job]) -> Iterator[Parcel]:
        """The requests of jobs. A picture that cannot be sent fails its call at once, one that is missing leaves it."""
        spec = self._planner.routes.models[model]
        prices, price = costs.in_batch(spec.prices), costs.batch_snapshot(spec.prices)
        vendor = self._yard.vendor(spec.provider)
        for portion in _portions(jobs, _CHUNK):
            figures = self._figures([job.figure_id for job in portion])
            for job in portion:
                try:
                    made = make_request(self._context, self._planner, model, figures[job.figure_id])
                except BlobMissing as error:
                    job.reason = str(error)
                    continue
                intent = Intent(job.call_id, price, made.worst_case(prices), made.image_sha256)
                if made.fault:
                    self._refuse(intent, made.fault)
                else:
                    yield Parcel(intent, vendor.line(job.fingerprint, made.request))

    def _figures(self, ids: Sequence[int]) -> dict[int, FigureRow]:
        with self._context.ledger.begin() as connection:
            return {figure.figure_id: figure for figure in load_figures(connection, ids)}

    def _refuse(self, intent: Intent, fault: str) -> None:
        """Fails a call whose request cannot be made, as an attempt that cost nothing."""
        self._stale = True
        (claim,) = self._desk.calls.claim([intent])
        if claim.state == "sent":
            answer = Answer("bad-request", error=fault)
            self._desk.calls.settle([Settlement(intent.call_id, claim.attempt_id, answer, Decimal(0), 0.0)])
            self._note(Takings(last={intent.call_id: answer}, settled=1, calls=1))


def _portions(jobs: Sequence[Job], size: int) -> Iterator[Sequence[Job]]:
    for start in range(0, len(jobs), size):
        yield jobs[start : start + size]
