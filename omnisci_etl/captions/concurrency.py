"""How many requests are under way at once, how work of many tasks becomes few transactions, and what these outlast."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Generic, TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError

A = TypeVar("A")
B = TypeVar("B")
R = TypeVar("R")

# After a 429 the limit stays where it is for so long, then feels its way up; after a long quiet it grows fast.
HOLD, LONG_HOLD = 10.0, 30.0
# The first pause after failures in a row; each further one is twice as long.
PAUSE, LONGEST_PAUSE = 0.5, 60.0
# What the driver says while the database restarts; half a minute of tries, seconds apart, in which it comes back.
AWAY = (OperationalError, InterfaceError)
TRIES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0, 8.0)


class Gate:
    """Lets so many requests through at once as the vendor bears.

    A 429 takes one place away, answers without a 429 for a while give it back. After two failures in a row nobody
    goes for a while; then one request at a time tries, with ever longer pauses, until there is an answer.
    """

    def __init__(self, ceiling: int) -> None:
        self._ceiling = ceiling
        self._limit = float(ceiling)
        self._inside = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._refused_at = -HOLD
        self._failures = 0
        self._paused = False
        self._opened = False
        self.pauses = 0

    @property
    def inside(self) -> int:
        """Requests under way."""
        return self._inside

    @property
    def limit(self) -> int:
        """How many may be under way."""
        return 1 if self.pauses else int(self._limit)

    async def enter(self) -> None:
        """Waits until one more request may go."""
        while not self._opened and (self._paused or self._inside >= self.limit):
            turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.append(turn)
            await turn
        self._inside += 1

    def leave(self) -> None:
        """One request less."""
        self._inside -= 1
        self._wake(1)

    def answered(self) -> None:
        """The vendor answered: pauses are over. After a quiet time the limit grows by one a round, later it doubles."""
        self._failures = self.pauses = 0
        quiet = time.monotonic() - self._refused_at
        if self._limit < self._ceiling and quiet >= HOLD:
            fast = quiet >= LONG_HOLD and self._limit < self._ceiling / 2
            self._limit = min(self._ceiling, self._limit + (1 if fast else 1 / self._limit))
        self._wake(self.limit - self._inside)

    def failed(self, *, refused: bool, wait: float = 0.0) -> None:
        """The vendor did not answer, or refused one request too many (429), and asks to wait so many seconds."""
        self._failures += 1
        if refused:
            self._refused_at = time.monotonic()
            self._limit = max(1.0, self._limit - 1)
        if self._failures > 1 and not self._paused:
            self.pauses += 1
            self._paused = True
            pause = min(LONGEST_PAUSE, PAUSE * 2 ** (self.pauses - 1))
            asyncio.get_running_loop().call_later(max(wait, pause), self._resume)

    def open(self) -> None:
        """Ends every wait: who comes through then finds out that there is nothing more to do."""
        self._opened = True
        self._wake(len(self._waiting))

    def _resume(self) -> None:
        self._paused = False
        self._wake(self.limit - self._inside)

    def _wake(self, places: int) -> None:
        while self._waiting and places > 0:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                places -= 1


class Patience:
    """Tries again what fails while the database is away for a moment; after it was away too long, only once."""

    def __init__(self) -> None:
        self._spent = False

    def __call__(self, act: Callable[[bool], R]) -> R:
        """What act gives; it is told whether it is tried again."""
        for number, pause in enumerate(TRIES):
            try:
                return act(number > 0)
            except AWAY:
                if self._spent:
                    raise
                time.sleep(pause)
        try:
            return act(bool(TRIES))
        except AWAY:
            self._spent = True
            raise


def surely(act: Callable[[bool], R]) -> R:
    """What act gives, tried again while the database is away for a moment."""
    return Patience()(act)


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
