"""The lanes of one piece of work and what they share: threads for database and pictures, grouped transactions."""

from __future__ import annotations

import asyncio
import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from pydantic import SecretStr

from omnisci_etl.captions import costs, providers
from omnisci_etl.captions.calls import CallDesk, Claim, Intent
from omnisci_etl.captions.concurrency import AWAY, Grouped, Patience
from omnisci_etl.captions.drafts import Draft
from omnisci_etl.captions.lane import Job, Lane, Ready
from omnisci_etl.captions.limits import Pace
from omnisci_etl.captions.providers.base import Answer
from omnisci_etl.captions.requests import MadeRequest
from omnisci_etl.captions.routes import Routes
from omnisci_etl.captions.spool import Settlement
from omnisci_etl.context import Context
from omnisci_etl.errors import ConfigError
from omnisci_etl.ledger.blobs import BlobMissing

# Seconds between looks whether the lock of this run is still held.
WATCH = 2.0
_MISCONFIGURED = frozenset({"wrong-key", "model-not-found"})


def check_refused(stops: Iterable[tuple[str, str]]) -> None:
    """Raises ConfigError where a lane (its stop_slug and why it stopped) was refused its key or its model."""
    if refused := [text for slug, text in stops if slug in _MISCONFIGURED]:
        raise ConfigError(f"{'; '.join(refused)}; mend the key or the routes file and run it again")


class Lanes(ABC):
    """Asks models for jobs. Subclasses make the requests, and say what becomes of jobs that are over.

    settlements counts the outcomes that were stored.
    """

    def __init__(self, context: Context, routes: Routes, keys: Mapping[str, SecretStr | None]) -> None:
        self._context = context
        self._routes = routes
        self._keys = keys
        self._desk = CallDesk(context, routes.budget)
        self._surely = Patience()
        self._rooms = ThreadPoolExecutor(8, "calls-ledger"), ThreadPoolExecutor(2, "calls-pictures")
        self._claim = Grouped[Intent, Claim](
            lambda intents: self._surely(lambda again: self._desk.claim(intents, again=again)), self._rooms[0]
        )
        self._settle = Grouped[Settlement, int](
            lambda settlements: self._surely(lambda _: self._desk.settle(settlements)), self._rooms[0]
        )
        self._paces: dict[str, tuple[Pace, Grouped[int, float]]] = {}
        self._settled = asyncio.Event()
        self.settlements = 0
        self.lanes: dict[str, Lane] = {}

    @abstractmethod
    async def prepare(self, job: Job, lane: Lane) -> Ready | str:
        """The request of a job; a text where it cannot be made now."""

    @abstractmethod
    def drafted(self, answer: Answer) -> tuple[Answer, Draft | None]:
        """The answer as it is to be judged, with its caption where it is to give one."""

    @abstractmethod
    async def adopt(self, call_id: int) -> int:
        """Uses an answer that is there already; the captions that it gave."""

    @abstractmethod
    def attempted(self, job: Job) -> None:
        """An attempt was made."""

    @abstractmethod
    def done(self, job: Job, captions: int) -> None:
        """The job has its answer, which gave so many captions."""

    @abstractmethod
    def failed(self, job: Job) -> None:
        """The job gets no answer."""

    @abstractmethod
    def left(self, job: Job, reason: str, slug: str) -> None:
        """The job is left to a later run; slug is why, where it has one."""

    async def work(self, feed: Coroutine[None, None, None]) -> None:
        """Runs what feeds the lanes, and them to their end. Stopped or failed, it waits for the answers under way."""
        feeding, watching = asyncio.create_task(feed), asyncio.create_task(self._watch())
        try:
            await self._until_done(feeding)
        finally:
            feeding.cancel()
            await self._land()
            watching.cancel()
            for lane in self.lanes.values():
                await lane.provider.close()

    def leave_rooms(self) -> None:
        """Ends the threads."""
        for room in self._rooms:
            room.shutdown(cancel_futures=True)

    async def add(self, model: str, job: Job, delay: float = 0.0) -> None:
        """Takes a job on for a model of the routes file, to be tried after `delay` seconds."""
        if model not in self.lanes:
            await self._open_lane(model)
        self.lanes[model].add(job, delay)

    def close(self) -> None:
        """No more jobs will come."""
        for lane in self.lanes.values():
            lane.close()

    async def _open_lane(self, name: str) -> None:
        """In a thread, as it loads an SDK, which would hold up the answers of other lanes."""
        spec, settings = self._routes.models[name], self._context.settings
        build = partial(
            providers.build, self._routes.provider_of(name), self._keys[spec.provider], settings.call_timeout
        )
        client = await asyncio.get_running_loop().run_in_executor(self._rooms[1], build)
        pace = Pace(self._context.ledger, spec)
        reserve = Grouped[int, float](lambda tokens: self._surely(lambda _: pace.reserve(tokens)), self._rooms[0])
        self._paces[name] = pace, reserve
        self.lanes[name] = Lane(name, spec, client, settings, self)

    async def _until_done(self, feeding: asyncio.Task[None]) -> None:
        while True:
            running = {task for lane in self.lanes.values() for task in lane.tasks if not task.done()}
            running |= {feeding} if not feeding.done() else set()
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

    async def _watch(self) -> None:
        """Keeps this process known as living through a restart of the database, as its requests may take long."""
        while True:
            await asyncio.sleep(WATCH)
            with contextlib.suppress(*AWAY):
                await asyncio.get_running_loop().run_in_executor(self._rooms[0], self._context.run.hold)

    async def ready(self, job: Job, lane: Lane, make: Callable[[], MadeRequest]) -> Ready | str:
        """The request of a job, made in a thread; a text where its picture cannot be read now."""
        return await asyncio.get_running_loop().run_in_executor(self._rooms[1], _ready, job, lane, make)

    async def pace(self, lane: Lane, tokens: int) -> float:
        """Seconds to wait for the model's limits."""
        pace, reserve = self._paces[lane.name]
        return 0.0 if pace.unlimited else await reserve(tokens)

    async def claim(self, intent: Intent) -> Claim:
        """Commits the intent, with those of other lanes."""
        return await self._claim(intent)

    async def settle(self, settlement: Settlement) -> int:
        """Stores the outcome, with those of other lanes; the captions that it gave."""
        self._desk.keep(settlement)
        if settlement.answer.raw is not None:
            # Each in a thread of its own, so that the transaction of all of them finds the bytes written.
            store = partial(self._context.blobs.put, settlement.answer.raw)
            await asyncio.get_running_loop().run_in_executor(self._rooms[0], store)
        captions = await self._settle(settlement)
        self.settlements += 1
        self._settled.set()
        return captions

    async def settlement(self, since: int) -> None:
        """Waits until lanes have stored more than `since` outcomes."""
        while self.settlements <= since:
            self._settled.clear()
            await self._settled.wait()

    def unsettled(self) -> int:
        """Open attempts in all lanes."""
        return sum(lane.unsettled for lane in self.lanes.values())


def _ready(job: Job, lane: Lane, make: Callable[[], MadeRequest]) -> Ready | str:
    try:
        made = make()
    except BlobMissing as error:
        return str(error)
    prices = lane.spec.prices
    intent = Intent(job.call_id, costs.snapshot(prices), made.worst_case(prices), made.image_sha256)
    return Ready(made.request, intent, made.tokens, made.fault)
