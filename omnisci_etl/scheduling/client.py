"""A client of Airflow's REST API (v2) with the simple auth manager's token."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import httpx

from omnisci_etl.errors import ServiceError

FINISHED = ("success", "failed")


class AirflowClient:
    """Speaks as one user. Errors are ServiceError with Airflow's own explanation."""

    def __init__(self, base_url: str, password: str, user: str = "admin", *, timeout_s: float = 30.0) -> None:
        # Loopback is never asked for through a proxy.
        self._http = httpx.Client(base_url=base_url, timeout=timeout_s, trust_env=False)
        self._login = {"username": user, "password": password}

    def health(self) -> dict[str, str]:
        """Status per component ("healthy" or another word); empty while the api-server does not answer."""
        try:
            answer = self._http.get("/api/v2/monitor/health", timeout=5.0)
            parts: dict[str, dict[str, str]] = answer.json() if answer.is_success else {}
        except (httpx.HTTPError, ValueError):
            return {}
        return {name: part.get("status") or "" for name, part in parts.items()}

    def call(self, method: str, path: str, **arguments: Any) -> Any:
        """One request below /api/v2, with a token; the decoded answer."""
        if "authorization" not in self._http.headers:
            token = self._send("POST", "/auth/token", json=self._login)["access_token"]
            self._http.headers["authorization"] = f"Bearer {token}"
        return self._send(method, f"/api/v2{path}", **arguments)

    def dag_ids(self) -> set[str]:
        """The DAGs that Airflow has parsed and that are not stale."""
        found: set[str] = set()
        while True:
            page = self.call("GET", "/dags", params={"limit": 100, "offset": len(found)})
            found |= {dag["dag_id"] for dag in page["dags"]}
            if not page["dags"] or len(found) >= page["total_entries"]:
                return found

    def trigger(self, dag_id: str, conf: Mapping[str, Any] | None = None) -> str:
        """Starts a run; its id."""
        body = {"logical_date": None, "conf": dict(conf or {})}
        return str(self.call("POST", f"/dags/{dag_id}/dagRuns", json=body)["dag_run_id"])

    def wait(self, dag_id: str, run_id: str, *, timeout_s: float = 60.0) -> str:
        """Waits until a run has finished; its state. Raises ServiceError when it takes longer."""
        give_up = time.monotonic() + timeout_s
        while time.monotonic() < give_up:
            state = str(self.call("GET", f"/dags/{dag_id}/dagRuns/{run_id}")["state"])
            if state in FINISHED:
                return state
            time.sleep(0.2)
        raise ServiceError(f"run {run_id} of {dag_id} has not finished within {timeout_s:g} seconds")

    def backfill(self, dag_id: str, first: str, last: str) -> int:
        """Starts a backfill over days, both inclusive (2026-11-20); its id."""
        body = {"dag_id": dag_id, "from_date": f"{first}T00:00:00Z", "to_date": f"{last}T00:00:00Z"}
        return int(self.call("POST", "/backfills", json=body)["id"])

    def _send(self, method: str, path: str, **arguments: Any) -> Any:
        try:
            answer = self._http.request(method, path, **arguments)
        except httpx.HTTPError as error:
            raise ServiceError(f"Airflow does not answer at {self._http.base_url}: {error}") from None
        if not answer.is_success:
            raise ServiceError(f"Airflow refused {method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer.json()
