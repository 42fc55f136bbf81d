"""How many requests are under way at once, and how work of many tasks becomes few transactions."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Generic, TypeVar

A = TypeVar("A")
B = TypeVar("B")

# After a 429 the limit stays where it is for so long, then grows again.
HOLD = 10.0


class Gate:
    """Lets so many requests through at once as the vendor bears: a 429 lowers the limit, answers raise it again."""

    def __init__(self, ceiling: int) -> None:
        self._ceiling = ceiling
        self._limit = float(ceiling)
        self._inside = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._resume_at = 0.0
        self._refused_at = -HOLD
        self._refusals = 0

    @property
    def inside(self) -> int:
        """Requests under way."""
        return self._inside

    @property
    def limit(self) -> int:
        """How many may be under way."""
        return int(self._limit)

    async def enter(self) -> None:
        """Waits until one more request may go."""
        while True:
            pause = self._resume_at - time.monotonic()
            if pause > 0:
                await asyncio.sleep(pause)
            elif self._inside < self.limit:
                self._inside += 1
                return
            else:
                turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                self._waiting.append(turn)
                await turn

    def leave(self) -> None:
        """One request less."""
        self._inside -= 1
        self._wake(1)

    def answered(self) -> None:
        """The vendor gave an answer: with a quiet time since the last 429 the limit grows, doubling at first."""
        self._refusals = 0
        if time.monotonic() - self._refused_at >= HOLD and self._limit < self._ceiling:
            self._limit = min(self._ceiling, self._limit + (1 if self._limit < self._ceiling / 2 else 1 / self._limit))
            self._wake(self.limit - self._inside)

    def _wake(self, places: int) -> None:
        while self._waiting and places > 0:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                places -= 1

    def refused(self, wait: float) -> None:
        """A 429: one fewer at once. A second one with no answer between them stops every request for `wait` seconds."""
        now = time.monotonic()
        self._refused_at = now
        self._refusals += 1
        self._limit = max(1.0, self._limit - 1)
        if self._refusals > 1:
            self._resume_at = max(self._resume_at, now + wait)


class Grouped(Generic[A, B]):
    """Runs a blocking function on all items that came while it was busy, so that many tasks share a transaction."""

    def __init__(self, function: Callable[[Sequence[A]], Sequence[B]], executor: Executor, most: int = 64) -> None:
        self._function = function
        self._executor = executor
        self._most = most
        self._pending: list[tuple[A, asyncio.Future[B]]] = []
        self._runner: asyncio.Task[None] | None = None

    async def __call__(self, item: A) -> B:
        """What the function gives for the item; raises what the function raised for its group."""
        result: asyncio.Future[B] = asyncio.get_running_loop().create_future()
        self._pending.append((item, result))
        if self._runner is None or self._runner.done():
            self._runner = asyncio.create_task(self._run())
        return await result

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._pending:
            group, self._pending = self._pending[: self._most], self._pending[self._most :]
            items = [item for item, _ in group]
            done = await asyncio.gather(
                loop.run_in_executor(self._executor, self._function, items), return_exceptions=True
            )
            self._hand_out([result for _, result in group], done[0])

    @staticmethod
    def _hand_out(results: Sequence[asyncio.Future[B]], outcome: Sequence[B] | BaseException) -> None:
        for number, result in enumerate(results):
            if result.done():
                continue
            if isinstance(outcome, BaseException):
                result.set_exception(outcome)
            else:
                result.set_result(outcome[number])
