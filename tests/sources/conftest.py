"""A small web server on loopback that answers as it is told, fails on command and remembers what it was asked."""

from __future__ import annotations

import dataclasses
import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from omnisci_etl.config import Settings
from omnisci_etl.context import Context
from omnisci_etl.ledger import migrate
from omnisci_etl.ledger.blobs import BlobStore
from omnisci_etl.ledger.database import Ledger
from omnisci_etl.ledger.embedded import EmbeddedServer
from omnisci_etl.ledger.runs import Run, RunIdentity
from omnisci_etl.sources.http import HttpClient


@dataclass(frozen=True)
class Asked:
    """One request as the server saw it."""

    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    at: float


@dataclass(frozen=True)
class Reply:
    """What to answer. do: "reset" or "truncate" breaks the connection before or within the body."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    do: str = ""
    delay: float = 0.0


Answer = Callable[[Asked], Reply | None]


class FakeServer:
    """routes: pattern of the whole path -> answer. faults: (pattern, replies), used up one by one before routes."""

    Reply = Reply

    def __init__(self) -> None:
        self.routes: dict[str, Answer] = {}
        self.faults: list[tuple[str, list[Reply]]] = []
        self.asked: list[Asked] = []
        self.in_flight = self.peak = 0
        self.lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Header and body in two packets would each wait 40 ms for the other side's delayed acknowledgement.
            disable_nagle_algorithm = True

            def log_message(self, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                outer.serve(self)

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}"
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def route(self, pattern: str, answer: Answer | Reply | bytes) -> None:
        if isinstance(answer, bytes):
            answer = Reply(answer)
        self.routes[pattern] = answer if callable(answer) else lambda _, reply=answer: reply

    def fail(self, pattern: str, *replies: Reply) -> None:
        self.faults.append((pattern, list(replies)))

    def paths(self, pattern: str = "") -> list[str]:
        return [one.path for one in self.asked if re.search(pattern, one.path)]

    def serve(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        query = {k: v[0] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
        headers = {k.lower(): v for k, v in handler.headers.items()}
        asked = Asked(unquote(parts.path), query, headers, time.monotonic())
        with self.lock:
            self.asked.append(asked)
            self.in_flight += 1
            self.peak = max(self.peak, self.in_flight)
            reply = self._fault(handler.path) or self._answer(asked)
        try:
            time.sleep(reply.delay)
        finally:
            with self.lock:
                self.in_flight -= 1
        self._send(handler, reply)

    def _fault(self, path: str) -> Reply | None:
        for pattern, replies in self.faults:
            if replies and re.search(pattern, path):
                return replies.pop(0)
        return None

    def _answer(self, asked: Asked) -> Reply:
        for pattern, answer in self.routes.items():
            if re.fullmatch(pattern, asked.path):
                return answer(asked) or Reply(b"not found", 404)
        return Reply(b"not found", 404)

    def _send(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        if reply.do == "reset":
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        handler.send_response(reply.status)
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(reply.body)))
        handler.end_headers()
        if reply.do == "truncate":
            handler.wfile.write(reply.body[: len(reply.body) // 2])
            handler.close_connection = True
        else:
            handler.wfile.write(reply.body)


_EMPTY = """
DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'omnisci'
              AND tablename NOT IN ('status', 'license_class', 'alembic_version') LOOP
    EXECUTE 'DELETE FROM omnisci.' || quote_ident(name);
  END LOOP;
END $$
"""


@pytest.fixture(scope="session")
def emptied(server: EmbeddedServer) -> Iterator[Callable[[], str]]:
    """Empties one database and gives its URL: much faster than a database a test, of which there are many here."""
    url = server.create_database(f"sources_{os.getpid()}")
    ledger = Ledger(url)
    migrate.upgrade(ledger)

    def empty() -> str:
        with ledger.engine.begin() as connection:
            # The owner of the server may switch off the triggers that refuse this to everybody else.
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            connection.exec_driver_sql(_EMPTY)
        return url

    yield empty
    ledger.close()


@pytest.fixture
def database(emptied: Callable[[], str]) -> str:
    """The URL of a migrated database without rows."""
    return emptied()


@pytest.fixture
def web() -> Iterator[FakeServer]:
    """A running fake server."""
    server = FakeServer()
    yield server
    server.http.shutdown()
    server.http.server_close()


@pytest.fixture
def settings(settings: Settings, web: FakeServer) -> Settings:
    """Settings that lead every source to the fake server, without pauses."""
    return settings.model_copy(
        update={
            "arxiv_oai_url": f"{web.url}/oai", "arxiv_url": f"{web.url}/arxiv", "arxiv_interval": 0.0,
            "arxiv_api_url": f"{web.url}/api", "crossref_url": f"{web.url}/crossref", "pmc_url": f"{web.url}/pmc",
            "europepmc_url": f"{web.url}/europepmc", "openalex_url": f"{web.url}/openalex",
            "nature_url": f"{web.url}/nature", "nature_media_url": f"{web.url}/media", "nature_interval": 0.0,
            "http_timeout": 5.0,
        }
    )  # fmt: skip


@pytest.fixture
def http(context: Context) -> Iterator[HttpClient]:
    """A client that hardly waits between tries."""
    with HttpClient(context, backoff_s=0.001) as client:
        yield client


@pytest.fixture
def new_run(settings: Settings, ledger: Ledger) -> Iterator[Callable[[], Context]]:
    """Starts further runs on the same ledger, as later commands would."""
    runs: list[Run] = []

    def start() -> Context:
        run = Run.start(ledger, RunIdentity.of_command("test"))
        runs.append(run)
        return Context(settings, ledger, BlobStore(settings.blob_url), run)

    yield start
    for run in runs:
        if not run._lock.closed:
            run.finish("done")


@pytest.fixture
def with_settings(context: Context) -> Callable[..., Context]:
    """The context with some settings changed."""
    return lambda **changes: dataclasses.replace(context, settings=context.settings.model_copy(update=changes))


# What a second run may add to.
_RUN_TABLES = ("fetch", "run", "run_end", "alembic_version")


@pytest.fixture
def snapshot(ledger: Ledger) -> Callable[[], dict[str, tuple[int, str]]]:
    """Every table of the ledger by its number of rows and the hash of all of them with their place and writer."""

    def take() -> dict[str, tuple[int, str]]:
        found = {}
        with ledger.engine.connect() as connection:
            names = connection.exec_driver_sql(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'omnisci' ORDER BY tablename"
            ).scalars()
            for name in [name for name in names if name not in _RUN_TABLES]:
                row = connection.exec_driver_sql(
                    "SELECT count(*), coalesce(md5(string_agg(t.ctid::text || t.xmin::text || t::text, '|' "
                    f"ORDER BY t.ctid)), '') FROM omnisci.{name} t"
                ).one()
                found[name] = (row[0], row[1])
        return found

    return take


@pytest.fixture
def rows(ledger: Ledger) -> Callable[..., list[dict[str, object]]]:
    """The rows of a query as dictionaries."""

    def ask(query: str, *parameters: object) -> list[dict[str, object]]:
        with ledger.engine.connect() as connection:
            return [dict(row) for row in connection.exec_driver_sql(query, tuple(parameters)).mappings()]

    return ask
