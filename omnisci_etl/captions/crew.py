"""Captioning on line: the orders of a clerk become jobs of lanes, and their answers captions."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import partial

from pydantic import SecretStr

from omnisci_etl.captions.clerk import Clerk, Order
from omnisci_etl.captions.concurrency import Grouped
from omnisci_etl.captions.drafts import Draft, drafted
from omnisci_etl.captions.figures import FigureRow, load_figures
from omnisci_etl.captions.lane import Job, Lane, Ready
from omnisci_etl.captions.lanes import Lanes
from omnisci_etl.captions.planning import Planner
from omnisci_etl.captions.providers.base import Answer
from omnisci_etl.captions.requests import make_request
from omnisci_etl.context import Context


class Crew(Lanes):
    """Asks models for the orders of a clerk. tally counts what came of them, reasons why figures were left."""

    def __init__(self, context: Context, planner: Planner, clerk: Clerk, keys: Mapping[str, SecretStr | None]) -> None:
        super().__init__(context, planner.routes, keys)
        self._planner = planner
        self._clerk = clerk
        self._load = Grouped[int, FigureRow](lambda ids: self._surely(lambda _: self._figures(ids)), self._rooms[0])
        self._adopt = Grouped[int, int](lambda calls: self._surely(lambda _: self._desk.adopt(calls)), self._rooms[0])
        self._jobs: dict[int, tuple[Job, int]] = {}
        self._done: set[int] = set()
        self.tally: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()

    async def run(self, chunks: Iterator[list[Order]]) -> None:
        """Plans and asks until nothing is left to do. Stopped or failed, it waits for the answers under way."""
        try:
            await self.work(self._plan(chunks))
            await self._late_figures()
        finally:
            self.leave_rooms()

    async def _plan(self, chunks: Iterator[list[Order]]) -> None:
        loop = asyncio.get_running_loop()
        while (orders := await loop.run_in_executor(self._rooms[0], next, chunks, None)) is not None:
            for order in orders:
                await self._take(order)
            self._tell()
        self.close()

    async def _take(self, order: Order) -> None:
        if order.call_id in self._jobs:
            self._jobs[order.call_id][0].wanted += 1
            return
        job = Job(order.call_id)
        self._jobs[order.call_id] = job, order.figure_id
        await self.add(order.model, job, order.delay)

    async def _late_figures(self) -> None:
        """Captions figures that came to a call after its answer had been stored."""
        shared = [job.call_id for job, _ in self._jobs.values() if job.wanted > 1 and job.call_id in self._done]
        for call_id in shared:
            self.tally["captioned"] += await self._adopt(call_id)

    def _figures(self, ids: Sequence[int]) -> list[FigureRow]:
        with self._context.ledger.begin() as connection:
            found = {figure.figure_id: figure for figure in load_figures(connection, ids)}
        return [found[figure_id] for figure_id in ids]

    async def prepare(self, job: Job, lane: Lane) -> Ready | str:
        """The request of a job; a text where its picture cannot be read now."""
        figure = await self._load(self._jobs[job.call_id][1])
        return await self.ready(job, lane, partial(make_request, self._context, self._planner, lane.name, figure))

    def drafted(self, answer: Answer) -> tuple[Answer, Draft | None]:
        """The answer with its caption."""
        return drafted(answer)

    async def adopt(self, call_id: int) -> int:
        """Captions from an answer that is there already; how many."""
        return await self._adopt(call_id)

    def attempted(self, job: Job) -> None:
        """Counts an attempt; the first of a job is a call, too."""
        self.tally.update(attempts=1, calls=0 if job.asked else 1)
        job.asked = True

    def done(self, job: Job, captions: int) -> None:
        """Counts captions."""
        self._done.add(job.call_id)
        self.tally["captioned"] += captions
        self._tell()

    def failed(self, job: Job) -> None:
        """Counts figures that get no caption."""
        self.tally["failed"] += job.wanted
        self._tell()

    def left(self, job: Job, reason: str, slug: str) -> None:
        """Counts figures that are left to a later run."""
        self.tally["waiting"] += job.wanted
        self.reasons[reason] += job.wanted
        self._tell()

    def _tell(self) -> None:
        tell(self._context, self._clerk, self.tally)


def tell(context: Context, clerk: Clerk, tally: Counter[str]) -> None:
    """Says how many figures are through, of those that clerk and crew know of."""
    done = sum(clerk.tally[name] + tally[name] for name in ("captioned", "failed", "waiting"))
    context.progress.update(done, max(done, clerk.total), "figures")
