"""The one client: polite, allow-listed, capped, and each request it makes is a row of the ledger."""

from __future__ import annotations

import random
import re
import threading
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import httpx

from omnisci_etl.context import Context
from omnisci_etl.errors import BadInput, HostileInput, ServiceError
from omnisci_etl.ledger.blobs import BlobMissing
from omnisci_etl.ledger.database import sql
from omnisci_etl.sources.hosts import Hosts, Origin, is_loopback, is_proxied
from omnisci_etl.sources.limiter import LONGEST_WAIT_S, Limit, Limiter, Slot

Purpose = Literal["discovery", "metadata", "document", "picture", "check"]
Check = Callable[[bytes], None]

MAX_HOPS = 5
# A body may trickle for so many times the time limit of one read.
_BODY_TIMEOUTS = 10
_LONGEST_BACKOFF_S = 30.0
# What a server asks for beyond LONGEST_WAIT_S is not waited for, but kept by the runs that follow, up to this.
_LONGEST_PAUSE_S = 3600.0
_KEPT_PURPOSES = frozenset({"metadata", "document", "picture"})
_SECRET_PARAMETERS = frozenset({"mailto", "email", "key", "api_key", "apikey", "token", "access_token"})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}")
_SQL = "omnisci_etl.sources.sql"


@dataclass(frozen=True, slots=True)
class Response:
    """A usable answer. headers: names in lower case; sha256: where the body was kept as a blob; url: after redirects."""

    status: int
    headers: Mapping[str, str]
    data: bytes
    sha256: str | None
    url: str


@dataclass(frozen=True, slots=True)
class _Wanted:
    service: str
    purpose: Purpose
    limit: Limit | None
    max_bytes: int
    accept_statuses: Collection[int]
    headers: Mapping[str, str]
    check: Check | None


@dataclass(frozen=True, slots=True)
class _Fault:
    """Why a try gave nothing usable. wait_s: how long the server asked to be left alone."""

    slug: str
    reason: str
    again: bool
    wait_s: float | None = None


class HttpClient:
    """GET requests to the configured services; may be shared by threads. Close it, or use it as a context manager."""

    def __init__(self, context: Context, *, backoff_s: float = 1.0) -> None:
        self.settings = context.settings
        self._context = context
        self._hosts = Hosts(context.settings)
        self._limiter = Limiter(context.ledger)
        self._clients = _Clients(context.settings.http_timeout)
        self._backoff_s = backoff_s

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes all connections."""
        for client in self._clients.made.values():
            client.close()
        self._limiter.close()

    def get(
        self,
        url: str,
        *,
        service: str,
        purpose: Purpose,
        limit: Limit | None,
        max_bytes: int,
        accept_statuses: Collection[int] = (),
        headers: Mapping[str, str] | None = None,
        check: Check | None = None,
        reuse: bool = False,
    ) -> Response:
        """The answer of a service: status 2xx, or one of accept_statuses.

        max_bytes caps the body as decoded. check raises BadInput for a body that is not what the service speaks,
        which is then asked for again like a 5xx. reuse: the URL always stands for the same bytes; where they were
        fetched before, they come from the blob store.
        Raises ServiceError once all tries are used up, HostileInput("too-large") over the cap and
        HostileInput("forbidden-host") where the URL or a redirect leads to a host that no setting names.
        """
        self._hosts.check(url)
        if reuse and (kept := self._kept(url, service, check)) is not None:
            return kept
        wanted = _Wanted(service, purpose, limit, max_bytes, accept_statuses, headers or {}, check)
        fault = _Fault("unreachable", "was not asked", again=False)
        for number in range(self.settings.http_tries):
            if number:
                self._pause(number, fault, limit)
            found = self._follow(wanted, url)
            if isinstance(found, Response):
                return found
            fault = found
            if not fault.again or (fault.wait_s or 0.0) > LONGEST_WAIT_S:
                break
        raise self._explain(service, url, fault)

    def _pause(self, number: int, fault: _Fault, limit: Limit | None) -> None:
        """Waits before a further try; a pause that the server asked for is the limiter's where there is one."""
        if fault.wait_s is not None and limit is not None:
            return
        backoff = min(self._backoff_s * 2 ** (number - 1), _LONGEST_BACKOFF_S) * random.uniform(0.8, 1.2)  # noqa: S311
        time.sleep(backoff if fault.wait_s is None else fault.wait_s)

    def _follow(self, wanted: _Wanted, url: str) -> Response | _Fault:
        for _ in range(MAX_HOPS + 1):
            found = self._hop(wanted, url)
            if not isinstance(found, str):
                return found
            url = found
        return _Fault("http-error", f"redirects more than {MAX_HOPS} times", again=False)

    def _hop(self, wanted: _Wanted, url: str) -> Response | _Fault | str:
        """One request and its row: the answer, what is wrong with it, or the URL that it redirects to."""
        origin = self._hosts.check(url)
        answer: Answer | None = None
        with self._limiter.slot(wanted.limit) as slot:
            started_at, clock = datetime.now(UTC), time.monotonic()
            try:
                answer = self._send(wanted, url, origin, slot)
                fault = self._judge(wanted, url, answer)
            except httpx.DecodingError as error:
                fault = _Fault("garbled", f"answered with a body that cannot be decoded ({error})", again=True)
            except (httpx.RequestError, OSError) as error:
                self._hosts.avoid(origin[1])
                fault = _Fault("unreachable", f"cannot be reached ({_reason(error)})", again=True)
            duration_ms = round((time.monotonic() - clock) * 1000)
            if fault is not None and fault.wait_s is not None:
                slot.hold_off(fault.wait_s)
        slug = fault.slug if fault else ("not-found" if answer and answer.status in (404, 410) else None)
        sha256 = self._record(wanted, url, answer, slug, started_at, duration_ms)
        if fault is not None:
            _raise_hostile(fault)
            return fault
        assert answer is not None
        if answer.status in _REDIRECTS:
            return urljoin(url, answer.headers["location"])
        return Response(answer.status, answer.headers, answer.data, sha256, url)

    def _judge(self, wanted: _Wanted, url: str, answer: Answer) -> _Fault | None:
        status = answer.status
        if status in _TRANSIENT and status not in wanted.accept_statuses:
            return _Fault("http-error", f"answers {status}", again=True, wait_s=_retry_after(answer.headers))
        if status in _REDIRECTS:
            return self._judge_redirect(url, answer)
        if not 200 <= status < 300:
            return None if status in wanted.accept_statuses else _Fault(*_refusal(status), again=False)
        if answer.over_cap:
            return _Fault("over-cap", f"answered with more than {wanted.max_bytes} bytes", again=False)
        try:
            if wanted.check is not None:
                wanted.check(answer.data)
        except BadInput as error:
            return _Fault("garbled", f"answered with something else than it should ({error})", again=True)
        return None

    def _judge_redirect(self, url: str, answer: Answer) -> _Fault | None:
        try:
            self._hosts.check(urljoin(url, answer.headers.get("location", "")))
        except (HostileInput, ValueError) as error:
            return _Fault("forbidden-host", f"redirects to a place that is not allowed ({error})", again=False)
        return None

    def _record(
        self,
        wanted: _Wanted,
        url: str,
        answer: Answer | None,
        slug: str | None,
        started_at: datetime,
        duration_ms: int,
    ) -> str | None:
        context, sha256 = self._context, None
        keep = answer is not None and slug is None and 200 <= answer.status < 300 and wanted.purpose in _KEPT_PURPOSES
        with context.ledger.begin() as connection:
            if answer is not None and keep:
                media_type = _media_type(answer.headers)
                sha256 = context.blobs.register(connection, answer.data, media_type, context.run.key)
            row = {
                "run_key": context.run.key, "service": wanted.service, "purpose": wanted.purpose, "url": public_url(url),
                "status": answer.status if answer else None, "slug": slug, "sha256": sha256,
                "bytes": len(answer.data) if answer and not answer.over_cap else None,
                "etag": answer.headers.get("etag", "")[:200] or None if answer else None,
                "started_at": started_at, "duration_ms": duration_ms,
            }  # fmt: skip
            connection.execute(sql(_SQL, "insert_fetch"), row)
        return sha256

    def _kept(self, url: str, service: str, check: Check | None) -> Response | None:
        with self._context.ledger.begin() as connection:
            sha256 = connection.execute(sql(_SQL, "fetched"), {"url": public_url(url), "service": service}).scalar()
        if sha256 is None:
            return None
        try:
            data = self._context.blobs.get(sha256)
            if check is not None:
                check(data)
        except (BlobMissing, BadInput):
            return None
        return Response(200, {}, data, sha256, url)

    def _explain(self, service: str, url: str, fault: _Fault) -> ServiceError:
        origin = self._hosts.check(url)
        if fault.wait_s is not None and fault.wait_s > LONGEST_WAIT_S:
            minutes = round(fault.wait_s / 60)
            return ServiceError(
                f"{service}: {origin[1]} asks for a pause: try again in {minutes} minutes", "unreachable"
            )
        advice = "run the same command again later" if fault.again else "see the fetch table for the request"
        return ServiceError(
            f"{service}: {origin[1]} {fault.reason}: check {self._hosts.setting(origin)}, or {advice}",
            fault.slug if fault.slug in ("unreachable", "garbled") else "http-error",
        )


def public_url(url: str) -> str:
    """The URL as it is stored: without user, password, keys and addresses of persons."""
    parts = urlsplit(url)
    netloc = parts.netloc.rpartition("@")[2]
    query = parts.query
    if any(f"{name}=" in query.lower() for name in _SECRET_PARAMETERS):
        pairs = parse_qsl(query, keep_blank_values=True)
        query = urlencode([(name, value) for name, value in pairs if name.lower() not in _SECRET_PARAMETERS])
    return urlunsplit((parts.scheme, netloc, parts.path, query, ""))


def _raise_hostile(fault: _Fault) -> None:
    if fault.slug == "over-cap":
        raise HostileInput("too-large", fault.reason)
    if fault.slug == "forbidden-host":
        raise HostileInput("forbidden-host", fault.reason)


def _refusal(status: int) -> tuple[str, str]:
    return ("not-found" if status in (404, 410) else "http-error", f"answers {status}")
