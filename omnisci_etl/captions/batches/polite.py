"""Patience with vendors: what time can mend is asked again a few times, with growing pauses."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

from omnisci_etl.captions import lane
from omnisci_etl.captions.policy import TRANSIENT
from omnisci_etl.captions.providers.batching import Trouble

T = TypeVar("T")


def politely(ask: Callable[[], T], tries: int, *, again: Callable[[Trouble], bool] | None = None) -> T:
    """What ask gives. Raises its Trouble where that is not transient (or not for `again`), or stays after all tries."""
    for number in range(1, tries + 1):
        try:
            return ask()
        except Trouble as trouble:
            wait = trouble.answer.retry_after or 0.0
            mendable = trouble.answer.slug in TRANSIENT and (again is None or again(trouble))
            if not mendable or number == tries or wait > lane.LONGEST_WAIT:
                raise
            backoff = min(lane.MAX_BACKOFF, lane.BACKOFF * 2 ** (number - 1)) * random.uniform(0.75, 1.25)  # noqa: S311
            time.sleep(max(wait, backoff))
    raise AssertionError("unreachable: tries is at least 1")


@contextmanager
def undisturbed() -> Iterator[None]:
    """Puts an interrupt off until the end of the block: between a submission and its record is no place to stop."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[tuple[int, FrameType | None]] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: came.append((number, frame)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if came and callable(before):
        before(*came[0])
