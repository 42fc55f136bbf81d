"""One request over the wire: pinned to a checked address, without redirects, its body capped while it comes in."""

from __future__ import annotations

import re
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from urllib.parse import urlsplit, urlunsplit

import httpx

from omnisci_etl.sources.hosts import Hosts, is_loopback, is_proxied

Trace = Callable[[str, object], None]

# A body may trickle for so many times the time limit of one read.
_BODY_TIMEOUTS = 10
_MEDIA_TYPE = re.compile(r"[\w.+-]{1,60}/[\w.+-]{1,60}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. headers: names in lower case; over_cap: the body was longer than asked for and is left out."""

    status: int
    headers: Mapping[str, str]
    data: bytes = b""
    over_cap: bool = False

    @property
    def ok(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300

    @property
    def media_type(self) -> str:
        """The media type that the server states, without parameters."""
        found = _MEDIA_TYPE.match(self.headers.get("content-type", ""))
        return found[0].lower() if found else "application/octet-stream"

    @property
    def retry_after(self) -> float | None:
        """Seconds that the server asks to wait (it gives a number or a date); None where it does not say."""
        value = self.headers.get("retry-after", "").strip()
        try:
            seconds = float(value) if value[:1].isdigit() else _seconds_until(value)
        except (ValueError, TypeError):
            return None
        return seconds if seconds > 0 else None


def _seconds_until(http_date: str) -> float:
    moment = parsedate_to_datetime(http_date)
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.now(UTC)).total_seconds()


@cache
def ssl_context() -> ssl.SSLContext:
    """The authorities that certificates are checked against; reading them takes long enough to do it once."""
    return httpx.create_ssl_context()


class Transport:
    """Sends GET requests; may be shared by threads."""

    def __init__(self, hosts: Hosts, timeout_s: float) -> None:
        self._hosts = hosts
        self._timeout_s = timeout_s
        # A pool a host: a pool shared by names at one address would mix up their certificates.
        self._clients: dict[tuple[str, bool], httpx.Client] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Closes all connections."""
        for client in self._clients.values():
            client.close()

    def send(self, url: str, headers: Mapping[str, str], max_bytes: int, trace: Trace) -> Answer:
        """The answer to one GET request; trace is told of its progress (httpcore's trace extension).

        The URL's host must have passed Hosts.check. Raises httpx.RequestError, OSError or httpx.InvalidURL where
        there is no whole answer, HostileInput where the host's name leads into a private network.
        """
        _, host, port = self._hosts.check(url)
        proxied = not is_loopback(host) and is_proxied(host)
        sent = dict(headers)
        extensions: dict[str, object] = {"trace": trace}
        if not is_loopback(host) and not proxied:
            sent["Host"] = host if port == 443 else f"{host}:{port}"
            extensions["sni_hostname"] = host
            url = _at(url, self._hosts.address(host), port)
        client = self._client(host, proxied)
        response = client.send(client.build_request("GET", url, headers=sent, extensions=extensions), stream=True)
        try:
            return self._read(response, max_bytes)
        finally:
            response.close()

    def _read(self, response: httpx.Response, max_bytes: int) -> Answer:
        headers = {name.lower(): value for name, value in response.headers.items()}
        deadline = time.monotonic() + _BODY_TIMEOUTS * self._timeout_s
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > max_bytes:
                return Answer(response.status_code, headers, over_cap=True)
            if time.monotonic() > deadline:
                raise httpx.ReadTimeout("the body trickles too slowly", request=response.request)
        return Answer(response.status_code, headers, bytes(body))

    def _client(self, host: str, proxied: bool) -> httpx.Client:
        with self._lock:
            client = self._clients.get((host, proxied))
            if client is None:
                client = httpx.Client(
                    verify=ssl_context(),
                    trust_env=proxied,
                    timeout=self._timeout_s,
                    follow_redirects=False,
                )
                self._clients[host, proxied] = client
            return client


def _at(url: str, address: str, port: int) -> str:
    """The URL with its host replaced by an IP address."""
    netloc = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    return urlunsplit((urlsplit(url).scheme, netloc, *urlsplit(url)[2:]))
