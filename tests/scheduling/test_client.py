from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from omnisci_etl.errors import ServiceError
from omnisci_etl.scheduling.client import AirflowClient

Answer = tuple[int, Any]


class Fake:
    """An api-server that answers by method and path, and keeps what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer | Callable[[str], Answer]] = {"POST /auth/token": (201, {"access_token": "t"})}
        self.asked: list[tuple[str, str | None, Any]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                outer.asked.append((f"{self.command} {self.path}", self.headers.get("Authorization"), body))
                answer = outer.answers.get(
                    f"{self.command} {self.path.split('?')[0]}", (404, {"detail": "no such thing"})
                )
                status, value = answer(self.path) if callable(answer) else answer
                data = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_POST = do_GET

            def log_message(self, *_arguments: Any) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()


@pytest.fixture
def fake() -> Iterator[Fake]:
    made = Fake()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def client(fake: Fake, monkeypatch: pytest.MonkeyPatch) -> AirflowClient:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    return AirflowClient(fake.url, "word")


def test_one_token_serves_all_requests(fake: Fake, client: AirflowClient) -> None:
    fake.answers["POST /api/v2/dags/d/dagRuns"] = (200, {"dag_run_id": "r1"})
    assert [client.trigger("d", {"limit": 1}), client.trigger("d")] == ["r1", "r1"]
    assert fake.asked == [
        ("POST /auth/token", None, {"username": "admin", "password": "word"}),
        ("POST /api/v2/dags/d/dagRuns", "Bearer t", {"logical_date": None, "conf": {"limit": 1}}),
        ("POST /api/v2/dags/d/dagRuns", "Bearer t", {"logical_date": None, "conf": {}}),
    ]


def test_all_pages_of_dags_are_read(fake: Fake, client: AirflowClient) -> None:
    names = [f"d{number}" for number in range(5)]

    def page(path: str) -> Answer:
        first = int(path.split("offset=")[1])
        return 200, {"dags": [{"dag_id": name} for name in names[first : first + 2]], "total_entries": 5}

    fake.answers["GET /api/v2/dags"] = page
    assert client.dag_ids() == set(names)


def test_dags_that_vanish_between_pages_end_the_reading(fake: Fake, client: AirflowClient) -> None:
    fake.answers["GET /api/v2/dags"] = (200, {"dags": [], "total_entries": 5})
    assert client.dag_ids() == set()


def test_waiting_ends_with_the_run(fake: Fake, client: AirflowClient) -> None:
    states = iter(["queued", "running", "failed"])
    fake.answers["GET /api/v2/dags/d/dagRuns/r"] = lambda _: (200, {"state": next(states)})
    assert client.wait("d", "r", timeout_s=10) == "failed"


def test_waiting_has_an_end(fake: Fake, client: AirflowClient) -> None:
    fake.answers["GET /api/v2/dags/d/dagRuns/r"] = (200, {"state": "running"})
    with pytest.raises(ServiceError, match=r"run r of d has not finished within 0\.3 seconds"):
        client.wait("d", "r", timeout_s=0.3)


def test_a_backfill_names_its_first_and_last_day(fake: Fake, client: AirflowClient) -> None:
    fake.answers["POST /api/v2/backfills"] = (200, {"id": 7})
    assert client.backfill("d", "2026-11-01", "2026-11-03") == 7
    assert fake.asked[-1][2] == {
        "dag_id": "d", "from_date": "2026-11-01T00:00:00Z", "to_date": "2026-11-03T00:00:00Z",
    }  # fmt: skip


def test_a_refusal_carries_airflows_own_words_but_no_password(fake: Fake, client: AirflowClient) -> None:
    with pytest.raises(ServiceError, match=r"refused GET /api/v2/dags/x: 404 .*no such thing"):
        client.call("GET", "/dags/x")
    fake.answers["POST /auth/token"] = (401, {"detail": "Invalid credentials"})
    with pytest.raises(ServiceError, match="401") as caught:
        AirflowClient(fake.url, "my-word").dag_ids()
    assert "my-word" not in str(caught.value)


def test_health_is_known_without_a_token_and_unknown_without_a_server(fake: Fake, client: AirflowClient) -> None:
    parts = {"metadatabase": {"status": "healthy"}, "scheduler": {"status": "unhealthy"}, "triggerer": {"status": None}}
    fake.answers["GET /api/v2/monitor/health"] = (200, parts)
    assert client.health() == {"metadatabase": "healthy", "scheduler": "unhealthy", "triggerer": ""}
    assert fake.asked == [("GET /api/v2/monitor/health", None, None)]
    fake.answers["GET /api/v2/monitor/health"] = (503, {})
    assert client.health() == {}


def test_an_api_server_that_is_away_is_an_error_with_its_address() -> None:
    nobody = AirflowClient("http://127.0.0.1:9", "word")
    assert nobody.health() == {}
    with pytest.raises(ServiceError, match=r"does not answer at http://127\.0\.0\.1:9"):
        nobody.dag_ids()
