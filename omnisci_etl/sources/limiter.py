"""One polite queue a service, over all threads, processes and machines that share the ledger.

Whoever asks a service holds its advisory lock for the whole request, so that one request is in flight, and leaves
in the ledger when the next one may start. A killed process loses its connection and with it the lock.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import OperationalError

from omnisci_etl.config import LOOPBACK, Settings
from omnisci_etl.errors import ServiceError
from omnisci_etl.ledger.database import Ledger, sql

# Against the jitter of clocks and schedulers.
MARGIN_S = 0.02
# A request reaches the server between its sending and the answer. The gap to the next one is counted from the answer,
# which is the latest that the server can have seen it; but not longer than this, or the interval, after the sending.
LONGEST_WAY_S = 1.0
# The longest pause that a service may ask for and still be waited for.
LONGEST_WAIT_S = 120.0
# How long one wait for the lock blocks the thread in the driver, where no signal reaches it.
_LOCK_TIMEOUT = "10s"
_LOCK_NOT_AVAILABLE = "55P03"
_SQL = "omnisci_etl.sources.sql"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most one request in flight to a service, and interval_s seconds from start to start."""

    service: str
    interval_s: float


def limit_of(settings: Settings, service: str) -> Limit | None:
    """The limit of a service by its name in the fetch table; None for the PMC bucket, which has none."""
    intervals = {
        "arxiv": settings.arxiv_interval,
        "nature": settings.nature_interval,
        "crossref": _unless_loopback(settings.crossref_url, 0.2),
        "europepmc": _unless_loopback(settings.europepmc_url, 0.1),
        "openalex": _unless_loopback(settings.openalex_url, 0.1),
    }
    return Limit(service, intervals[service]) if service in intervals else None


def _unless_loopback(base_url: str, interval_s: float) -> float:
    return 0.0 if urlsplit(base_url).hostname in LOOPBACK else interval_s


class Slot:
    """The right to send one request now. Trace events of httpcore say how far it is."""

    def __init__(self) -> None:
        self._sent_at = time.monotonic()
        self._answered_at: float | None = None
        self.pause_s = 0.0

    def trace(self, event: str, _details: object) -> None:
        """Notes when the request goes out, which opening a connection delays, and when the answer begins."""
        if event.endswith("send_request_headers.started"):
            self._sent_at, self._answered_at = time.monotonic(), None
        elif event.endswith("receive_response_headers.complete"):
            self._answered_at = time.monotonic()

    def hold_off(self, seconds: float) -> None:
        """Keeps every process away from the service for so long, from the end of this request."""
        self.pause_s = max(self.pause_s, seconds)

    def ahead(self, interval_s: float) -> float:
        """Seconds from now until the next request may start."""
        now = time.monotonic()
        arrived = min(self._answered_at or now, self._sent_at + max(interval_s, LONGEST_WAY_S))
        return max(arrived + interval_s + MARGIN_S - now if interval_s else 0.0, self.pause_s)


class Limiter:
    """Hands out slots; may be shared by threads."""

    def __init__(self, ledger: Ledger) -> None:
        self._engine = create_engine(
            ledger.url, pool_size=2, max_overflow=8, isolation_level="AUTOCOMMIT", pool_pre_ping=True
        )
        event.listen(self._engine, "connect", _prepare)
        self._locks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)
        self._guard = threading.Lock()

    def close(self) -> None:
        """Gives the connections back."""
        self._engine.dispose()

    @contextmanager
    def slot(self, limit: Limit | None) -> Iterator[Slot]:
        """Waits for its turn, then holds the service until the block ends.

        Raises ServiceError where the service has asked for a pause that is too long to wait for.
        """
        if limit is None:
            yield Slot()
            return
        with (
            self._thread_lock(limit.service),
            self._engine.connect() as connection,
            self._process_lock(connection, limit.service),
        ):
            _wait(connection, limit)
            yield from _held(connection, limit)

    def _thread_lock(self, service: str) -> threading.Lock:
        with self._guard:
            return self._locks[service]

    @contextmanager
    def _process_lock(self, connection: Connection, service: str) -> Iterator[None]:
        while not _taken(connection, service):
            pass
        try:
            yield
        except BaseException:
            # The session may be broken, or in the middle of an answer; closing it is what surely frees the lock.
            connection.invalidate()
            raise
        connection.execute(sql(_SQL, "limit_free"), {"service": service})


def _held(connection: Connection, limit: Limit) -> Iterator[Slot]:
    """The slot. The next start is written down before it, for the case that this process is killed, and after it."""
    slot = Slot()
    if limit.interval_s:
        _push(connection, limit, LONGEST_WAY_S + limit.interval_s + MARGIN_S)
    try:
        yield slot
    finally:
        seconds = slot.ahead(limit.interval_s)
        if limit.interval_s or seconds > 0:
            _push(connection, limit, seconds)


def _taken(connection: Connection, service: str) -> bool:
    try:
        connection.execute(sql(_SQL, "limit_take"), {"service": service})
    except OperationalError as error:
        if getattr(error.orig, "pgcode", None) == _LOCK_NOT_AVAILABLE:
            return False
        raise
    return True


def _wait(connection: Connection, limit: Limit) -> None:
    while (wait := float(connection.execute(sql(_SQL, "limit_wait"), {"service": limit.service}).scalar_one())) > 0:
        if wait > LONGEST_WAIT_S + limit.interval_s:
            minutes = round(wait / 60) or 1
            raise ServiceError(f"{limit.service} has asked for a pause: try again in {minutes} minutes", "unreachable")
        time.sleep(wait)


def _push(connection: Connection, limit: Limit, seconds: float) -> None:
    connection.execute(sql(_SQL, "limit_push"), {"service": limit.service, "seconds": seconds})


def _prepare(connection: Any, _record: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE omnisci_writer")
        cursor.execute("SET lock_timeout = %s", (_LOCK_TIMEOUT,))
    connection.commit()
