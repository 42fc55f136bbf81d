"""The lanes of a run and what they share: threads for database and pictures, grouped transactions, counts."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from pydantic import SecretStr
from sqlalchemy.exc import OperationalError

from omnisci_etl.captions import costs, providers
from omnisci_etl.captions.calls import CallDesk, Claim, Intent, Settlement
from omnisci_etl.captions.clerk import Clerk, Order
from omnisci_etl.captions.concurrency import Grouped
from omnisci_etl.captions.figures import FigureRow, load_figures
from omnisci_etl.captions.lane import Job, Lane, Ready
from omnisci_etl.captions.limits import Pace
from omnisci_etl.captions.planning import Planner
from omnisci_etl.captions.requests import make_request
from omnisci_etl.captions.spool import FOLDER, Spool
from omnisci_etl.context import Context
from omnisci_etl.ledger.blobs import BlobMissing

_SETTLE_TRIES = 6


class Crew:
    """Asks models for the orders of a clerk. tally counts what came of them, reasons why figures were left."""

    def __init__(self, context: Context, planner: Planner, clerk: Clerk, keys: dict[str, SecretStr | None]) -> None:
        self._context = context
        self._planner = planner
        self._clerk = clerk
        self._keys = keys
        self._desk = CallDesk(context, planner.routes.budget)
        self._spool = Spool(context.settings.home_dir / FOLDER)
        self._rooms = ThreadPoolExecutor(8, "captions-ledger"), ThreadPoolExecutor(2, "captions-pictures")
        self._load: Grouped[int, FigureRow] = Grouped(self._figures, self._rooms[0])
        self._claim = Grouped(self._desk.claim, self._rooms[0])
        self._settle = Grouped(self._settle_surely, self._rooms[0])
        self._adopt = Grouped(self._desk.adopt, self._rooms[0])
        self._paces: dict[str, tuple[Pace, Grouped[int, float]]] = {}
        self.settlements = 0
        self._settled = asyncio.Event()
        self._jobs: dict[int, Job] = {}
        self._done: set[int] = set()
        self.lanes: dict[str, Lane] = {}
        self.tally: Counter[str] = Counter()
        self.reasons: Counter[str] = Counter()

    async def run(self, chunks: Iterator[list[Order]]) -> None:
        """Plans and asks until nothing is left to do. Stopped or failed, it waits for the answers under way."""
        self.tally["captioned"] += self._spool.adopt(self._desk)
        planning = asyncio.create_task(self._plan(chunks))
        try:
            await self._until_done(planning)
            await self._late_figures()
        finally:
            planning.cancel()
            await self._land()
            for lane in self.lanes.values():
                await lane.provider.close()
            for room in self._rooms:
                room.shutdown(cancel_futures=True)

    async def _plan(self, chunks: Iterator[list[Order]]) -> None:
        loop = asyncio.get_running_loop()
        while (orders := await loop.run_in_executor(self._rooms[0], next, chunks, None)) is not None:
            for order in orders:
                await self._take(order)
            self._tell()
        for lane in self.lanes.values():
            lane.close()

    async def _take(self, order: Order) -> None:
        job = self._jobs.get(order.call_id)
        if job is not None:
            job.figures += 1
            return
        self._jobs[order.call_id] = job = Job(order.call_id, order.figure_id)
        if order.model not in self.lanes:
            await self._open_lane(order.model)
        self.lanes[order.model].add(job, order.delay)

    async def _open_lane(self, name: str) -> None:
        """In a thread, as it loads an SDK, which would hold up the answers of other lanes."""
        spec = self._planner.routes.models[name]
        provider, key = self._planner.routes.providers[spec.provider], self._keys[spec.provider]
        settings = self._context.settings
        build = partial(providers.build, provider, key, settings.call_timeout)
        client = await asyncio.get_running_loop().run_in_executor(self._rooms[1], build)
        pace = Pace(self._context.ledger, spec)
        self._paces[name] = pace, Grouped(pace.reserve, self._rooms[0])
        self.lanes[name] = Lane(name, spec, client, settings, self)

    async def _until_done(self, planning: asyncio.Task[None]) -> None:
        while True:
            running = {task for lane in self.lanes.values() for task in lane.tasks if not task.done()}
            running |= {planning} if not planning.done() else set()
            if not running:
                return
            finished, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in finished:
                task.result()

    async def _land(self) -> None:
        """Lets requests under way come to their end, so that what is paid for is stored; none after a whole run."""
        for lane in self.lanes.values():
            lane.abandon()
        self.settlements += 1
        self._settled.set()
        tasks = [task for lane in self.lanes.values() for task in lane.tasks]
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _late_figures(self) -> None:
        """Captions figures that came to a call after its answer had been stored."""
        shared = [job.call_id for job in self._jobs.values() if job.figures > 1 and job.call_id in self._done]
        for call_id in shared:
            self.tally["captioned"] += await self._adopt(call_id)

    def _figures(self, ids: Sequence[int]) -> list[FigureRow]:
        with self._context.ledger.begin() as connection:
            found = {figure.figure_id: figure for figure in load_figures(connection, ids)}
        return [found[figure_id] for figure_id in ids]

    async def prepare(self, job: Job, lane: Lane) -> Ready | str:
        """The request of a job, made in a thread; a text where the picture cannot be read now."""
        figure = await self._load(job.figure_id)
        return await asyncio.get_running_loop().run_in_executor(self._rooms[1], self._ready, job, lane, figure)

    def _ready(self, job: Job, lane: Lane, figure: FigureRow) -> Ready | str:
        try:
            made = make_request(self._context, self._planner, lane.name, figure)
        except BlobMissing as error:
            return str(error)
        prices = lane.spec.prices
        intent = Intent(job.call_id, costs.snapshot(prices), made.worst_case(prices), made.image_sha256)
        return Ready(made.request, intent, made.tokens, made.fault)

    async def pace(self, lane: Lane, tokens: int) -> float:
        """Seconds to wait for the model's limits."""
        pace, reserve = self._paces[lane.name]
        return 0.0 if pace.unlimited else await reserve(tokens)

    async def claim(self, intent: Intent) -> Claim:
        """Commits the intent, with those of other lanes."""
        return await self._claim(intent)

    async def settle(self, settlement: Settlement) -> int:
        """Stores the outcome, with those of other lanes; the captions that it gave."""
        owner = self._context.run.owner
        self._spool.put(settlement, owner)
        if settlement.answer.raw is not None:
            # Each in a thread of its own, so that the transaction of all of them finds the bytes written.
            store = partial(self._context.blobs.put, settlement.answer.raw)
            await asyncio.get_running_loop().run_in_executor(self._rooms[0], store)
        captions = await self._settle(settlement)
        self._spool.drop([(settlement.attempt_id, owner)])
        self.settlements += 1
        self._settled.set()
        return captions

    async def settlement(self, since: int) -> None:
        """Waits until lanes have stored more than `since` outcomes."""
        while self.settlements <= since:
            self._settled.clear()
            await self._settled.wait()

    async def adopt(self, call_id: int) -> int:
        """Captions from an answer that is there already; how many."""
        return await self._adopt(call_id)

    def _settle_surely(self, settlements: Sequence[Settlement]) -> list[int]:
        """Stores what was paid for, again and again while the database is away for a moment."""
        for number in range(_SETTLE_TRIES - 1):
            try:
                return self._desk.settle(settlements)
            except OperationalError:
                time.sleep(0.25 * 2**number)
        return self._desk.settle(settlements)

    def unsettled(self) -> int:
        """Open attempts in all lanes."""
        return sum(lane.unsettled for lane in self.lanes.values())

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
        self.tally["failed"] += job.figures
        self._tell()

    def left(self, job: Job, reason: str) -> None:
        """Counts figures that are left to a later run."""
        self.tally["waiting"] += job.figures
        self.reasons[reason] += job.figures
        self._tell()

    def _tell(self) -> None:
        tell(self._context, self._clerk, self.tally)


def tell(context: Context, clerk: Clerk, tally: Counter[str]) -> None:
    """Says how many figures are through, of those that clerk and crew know of."""
    done = sum(clerk.tally[name] + tally[name] for name in ("captioned", "failed", "waiting"))
    context.progress.update(done, max(done, clerk.total), "figures")
