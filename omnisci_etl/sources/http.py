"""The one client: polite, allow-listed, capped, and each request it makes is a row of the ledger."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import httpx

from omnisci_etl.context import Context
from omnisci_etl.errors import BadInput, HostileInput, ServiceError
from omnisci_etl.ledger.blobs import BlobMissing
from omnisci_etl.ledger.database import sql
from omnisci_etl.sources.hosts import Hosts
from omnisci_etl.sources.limiter import LONGEST_WAIT_S, Limit, Limiter, Slot
from omnisci_etl.sources.transport import Answer, Transport

Purpose = Literal["discovery", "metadata", "document", "picture", "check"]
Check = Callable[[bytes], None]

MAX_HOPS = 5
_LONGEST_BACKOFF_S = 30.0
# A pause beyond LONGEST_WAIT_S is not waited for; the runs that follow keep to it, up to this.
_LONGEST_PAUSE_S = 3600.0
_KEPT_PURPOSES = frozenset({"metadata", "document", "picture"})
_SECRET_PARAMETERS = frozenset({"mailto", "email", "key", "api_key", "apikey", "token", "access_token"})
_GONE = frozenset({404, 410})
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
_SQL = "omnisci_etl.sources.sql"


@dataclass(frozen=True, slots=True)
class Response:
    """A usable answer. headers: names in lower case; sha256: where the body is a blob; url: after redirects."""

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
    """Why a try gave nothing usable. again: it may next time; wait_s: how long the server asks to be left alone."""

    slug: str
    reason: str
    again: bool = False
    wait_s: float | None = None


class HttpClient:
    """GET requests to the configured services; may be shared by threads. Close it, or use it as a context manager.

    reuse_all: whatever was fetched before and kept serves again.
    """

    def __init__(
        self, context: Context, *, backoff_s: float = 1.0, tries: int | None = None, reuse_all: bool = False
    ) -> None:
        self.settings = context.settings
        self._tries = tries or context.settings.http_tries
        self._context = context
        self._hosts = Hosts(context.settings)
        self._limiter = Limiter(context.ledger)
        self._transport = Transport(self._hosts, context.settings.http_timeout)
        self._backoff_s = backoff_s
        self._reuse_all = reuse_all

    def __enter__(self) -> HttpClient:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes all connections."""
        self._transport.close()
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
        if (reuse or self._reuse_all) and (kept := self._kept(url, service, check)) is not None:
            return kept
        wanted = _Wanted(service, purpose, limit, max_bytes, accept_statuses, headers or {}, check)
        number = 1
        while not isinstance(found := self._follow(wanted, url), Response):
            hopeless = not found.again or (found.wait_s or 0.0) > LONGEST_WAIT_S
            if hopeless or number == self._tries:
                raise self._explain(service, url, found)
            self._pause(number, found, limit)
            number += 1
        return found

    def _pause(self, number: int, fault: _Fault, limit: Limit | None) -> None:
        """Waits before a further try; a pause that the server asked for is the limiter's where there is one."""
        if fault.wait_s is None:
            backoff = min(self._backoff_s * 2 ** (number - 1), _LONGEST_BACKOFF_S)
            time.sleep(backoff * random.uniform(0.8, 1.2))  # noqa: S311 - spreads retries, hides nothing
        elif limit is None:
            time.sleep(fault.wait_s)

    def _follow(self, wanted: _Wanted, url: str) -> Response | _Fault:
        for _ in range(MAX_HOPS + 1):
            found = self._hop(wanted, url)
            if not isinstance(found, str):
                return found
            url = found
        return _Fault("http-error", f"redirects more than {MAX_HOPS} times")

    def _hop(self, wanted: _Wanted, url: str) -> Response | _Fault | str:
        """One request and its row: the answer, what is wrong with it, or the URL that it redirects to."""
        with self._limiter.slot(wanted.limit) as slot:
            started_at, clock = datetime.now(UTC), time.monotonic()
            answer, fault = self._ask(wanted, url, slot)
            duration_ms = round((time.monotonic() - clock) * 1000)
            if fault is not None and fault.wait_s is not None:
                slot.hold_off(fault.wait_s)
        sha256 = self._record(wanted, url, answer, fault, started_at, duration_ms)
        if fault is not None:
            _raise_hostile(fault)
            return fault
        assert answer is not None
        if answer.status in _REDIRECTS:
            return urljoin(url, answer.headers["location"])
        return Response(answer.status, answer.headers, answer.data, sha256, url)

    def _ask(self, wanted: _Wanted, url: str, slot: Slot) -> tuple[Answer | None, _Fault | None]:
        headers = {"User-Agent": self.settings.user_agent, **wanted.headers}
        try:
            answer = self._transport.send(url, headers, wanted.max_bytes, slot.trace)
        except httpx.DecodingError as error:
            return None, _Fault("garbled", f"answers with a body that cannot be decoded ({_line(error)})", again=True)
        except (httpx.RequestError, OSError) as error:
            self._hosts.avoid(urlsplit(url).hostname or "")
            return None, _Fault("unreachable", f"cannot be reached ({_line(error)})", again=True)
        except httpx.InvalidURL as error:
            return None, _Fault("http-error", f"has no such address ({_line(error)})")
        except HostileInput as error:
            return None, _Fault(error.slug, str(error))
        return answer, self._judge(wanted, url, answer)

    def _judge(self, wanted: _Wanted, url: str, answer: Answer) -> _Fault | None:
        status = answer.status
        if status in wanted.accept_statuses:
            return None
        if status in _TRANSIENT:
            wait_s = None if answer.retry_after is None else min(answer.retry_after, _LONGEST_PAUSE_S)
            return _Fault("http-error", f"answers {status}", again=True, wait_s=wait_s)
        if status in _REDIRECTS:
            return self._judge_redirect(url, answer)
        if not answer.ok:
            return _Fault("not-found" if status in _GONE else "http-error", f"answers {status}")
        return _judge_body(wanted, answer)

    def _judge_redirect(self, url: str, answer: Answer) -> _Fault | None:
        try:
            self._hosts.check(urljoin(url, answer.headers["location"]))
        except KeyError:
            return _Fault("http-error", "redirects to nowhere")
        except (HostileInput, ValueError) as error:
            return _Fault("forbidden-host", f"redirects to a place that is not allowed: {_line(error)}")
        return None

    def _record(
        self,
        wanted: _Wanted,
        url: str,
        answer: Answer | None,
        fault: _Fault | None,
        started_at: datetime,
        duration_ms: int,
    ) -> str | None:
        """Writes the request's row, and the body's blob where it is worth keeping; the body's hash."""
        context, sha256 = self._context, None
        row: dict[str, object] = {
            "run_key": context.run.key, "service": wanted.service, "purpose": wanted.purpose,
            "url": public_url(url), "slug": fault.slug if fault else None, "started_at": started_at,
            "duration_ms": duration_ms, "status": None, "bytes": None, "etag": None,
        }  # fmt: skip
        with context.ledger.begin() as connection:
            if answer is not None:
                row |= {"status": answer.status, "etag": answer.headers.get("etag", "")[:200] or None}
                row["bytes"] = None if answer.over_cap else len(answer.data)
                row["slug"] = row["slug"] or ("not-found" if answer.status in _GONE else None)
                if answer.ok and fault is None and wanted.purpose in _KEPT_PURPOSES:
                    sha256 = context.blobs.register(connection, answer.data, answer.media_type, context.run.key)
            connection.execute(sql(_SQL, "insert_fetch"), row | {"sha256": sha256})
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
        if (fault.wait_s or 0.0) > LONGEST_WAIT_S:
            minutes = round((fault.wait_s or 0.0) / 60)
            return ServiceError(
                f"{service}: {origin[1]} asks for a pause: try again in {minutes} minutes", "unreachable"
            )
        advice = "run the same command again later" if fault.again else "look up the request in the table fetch"
        slug = fault.slug if fault.slug in ("unreachable", "garbled") else "http-error"
        place = f"{origin[1]}:{origin[2]}"
        return ServiceError(f"{service}: {place} {fault.reason}: check {self._hosts.setting(url)}, or {advice}", slug)


def public_url(url: str) -> str:
    """The URL as it is stored: without user, password, keys and addresses of persons."""
    parts = urlsplit(url)
    query = parts.query
    if any(f"{name}=" in query.lower() for name in _SECRET_PARAMETERS):
        pairs = parse_qsl(query, keep_blank_values=True)
        query = urlencode([(name, value) for name, value in pairs if name.lower() not in _SECRET_PARAMETERS])
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, ""))


def _judge_body(wanted: _Wanted, answer: Answer) -> _Fault | None:
    if answer.over_cap:
        return _Fault("over-cap", f"answers with more than {wanted.max_bytes} bytes")
    try:
        if wanted.check is not None:
            wanted.check(answer.data)
    except BadInput as error:
        return _Fault("garbled", f"answers with something else than it should ({_line(error)})", again=True)
    return None


def _raise_hostile(fault: _Fault) -> None:
    if fault.slug == "over-cap":
        raise HostileInput("too-large", fault.reason)
    if fault.slug == "forbidden-host":
        raise HostileInput("forbidden-host", fault.reason)


def _line(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
