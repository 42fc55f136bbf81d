from __future__ import annotations

import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from omnisci_etl.config import Settings
from omnisci_etl.errors import ConfigError, OmnisciError
from omnisci_etl.ledger.database import Ledger
from omnisci_etl.scheduling import once
from omnisci_etl.scheduling.environment import metadata_url
from omnisci_etl.scheduling.once import Step, run_dags_once

PROBES = Path(__file__).parent / "probe_dags"


@pytest.mark.airflow
@pytest.mark.slow
def test_dags_run_one_after_another_until_one_fails(
    settings: Settings, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__DAGS_FOLDER", str(PROBES))
    done: list[Step] = []
    steps: list[tuple[str, dict[str, Any]]] = [
        ("probe_counts", {"limit": 5}), ("probe_misconfigured", {}), ("probe_counts", {}),
    ]  # fmt: skip
    with pytest.raises(ConfigError, match=r"probe_misconfigured: task fail failed: .*set it to a routes file"):
        run_dags_once(settings, steps, on_step=done.append)
    assert [step.dag_id for step in done] == ["probe_counts"]
    assert done[0].counts == {"papers": 4, "figures": 8, "run_key_known": 2}
    assert 0 < done[0].seconds < 60
    check_runs(ledger, done[0].run_id)
    check_asset_event(settings)


def check_runs(ledger: Ledger, run_id: str) -> None:
    query = text(
        "SELECT dag_id, run_id, task_id, map_index, try_number, code_version, config, outcome, counts, error "
        "FROM omnisci.run LEFT JOIN omnisci.run_end USING (run_key) ORDER BY run_key"
    )
    with ledger.read() as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    assert [(row["dag_id"], row["task_id"]) for row in rows] == [
        ("probe_counts", "count"), ("probe_counts", "once_more"), ("probe_misconfigured", "fail"),
    ]  # fmt: skip
    assert all((row["map_index"], row["try_number"]) == (-1, 1) and row["code_version"] for row in rows)
    assert rows[0]["run_id"] == rows[1]["run_id"] == run_id
    assert rows[0]["config"] == {"upto": 3, "source": "folder"}
    assert (rows[0]["outcome"], rows[0]["counts"]) == ("done", {"papers": 3, "figures": 6, "run_key_known": 1})
    assert (rows[2]["outcome"], "OMNISCI_ROUTES" in rows[2]["error"]) == ("failed", True)


def check_asset_event(settings: Settings) -> None:
    """The counts travel with the event, and the pools are there."""
    engine = create_engine(metadata_url(settings))
    with engine.connect() as connection:
        extra = connection.execute(text("SELECT extra FROM asset_event")).scalars().all()
        pools = {row.pool: row.slots for row in connection.execute(text("SELECT pool, slots FROM slot_pool"))}
    engine.dispose()
    assert [{name: event[name] for name in ("papers", "figures")} for event in extra] == [{"papers": 3, "figures": 6}]
    assert pools["arxiv"] == 1
    assert {"natcomms", "llm"} <= set(pools)


def test_a_dag_that_is_not_there_is_named_with_the_fault_of_its_file() -> None:
    broken = SimpleNamespace(dags={}, import_errors={"caption.py": "Traceback\nNameError: name 'x' is not defined\n"})
    report = once._run(broken, "caption", {})
    assert report == {
        "dag_id": "caption", "task_id": "-", "kind": "ConfigError", "error": "NameError: name 'x' is not defined",
    }  # fmt: skip
    missing = once._run(SimpleNamespace(dags={}, import_errors={}), "captions", {})
    assert missing["error"] == "there is no such DAG"


def test_a_run_that_ends_without_a_failed_task_is_still_a_failure() -> None:
    class Dag:
        tasks = ()

        def test(self, run_conf: dict[str, Any]) -> SimpleNamespace:
            assert run_conf == {"limit": 1}
            return SimpleNamespace(state="failed", run_id="r")

    report = once._run(SimpleNamespace(dags={"d": Dag()}, import_errors={}), "d", {"limit": 1})
    assert report["error"] == "the run ended as failed"


def stub_child(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, body: str) -> None:
    """Puts a small program in the place of the child; it finds the descriptor in its arguments."""
    program = tmp_path / "child"
    program.write_text(f"#!/bin/bash\n{body}\n")
    program.chmod(0o700)
    monkeypatch.setattr(once.sys, "executable", str(program))


def reports_of(tmp_path: Path, steps: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    environment = {"AIRFLOW_HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    return list(once._reports(environment, steps, tmp_path / "logs" / "dag_runs.log"))


def test_reports_arrive_apart_from_what_airflow_prints(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stub_child(monkeypatch, tmp_path, 'cat; echo noise; echo "{\\"dag_id\\": \\"d\\"}" >&$4')
    assert reports_of(tmp_path, [("d", {"path": "/x"})]) == [{"dag_id": "d"}]
    assert (tmp_path / "logs" / "dag_runs.log").read_text() == '[["d", {"path": "/x"}]]noise\n'


def test_a_child_that_dies_before_all_is_done_is_an_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, settings: Settings
) -> None:
    stub_child(monkeypatch, tmp_path, "exit 3")
    with pytest.raises(OmnisciError, match=r"ended before caption was done: see .*dag_runs\.log"):
        run_dags_once(settings, [("caption", {})])


def test_the_child_ends_with_a_caller_who_stops_listening(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stub_child(monkeypatch, tmp_path, 'echo $$ > pid; echo "{}" >&$4; exec sleep 60')
    environment = {"AIRFLOW_HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    reports = once._reports(environment, [("d", {})], tmp_path / "log")
    assert next(reports) == {}
    began = time.monotonic()
    reports.close()  # type: ignore[attr-defined]
    assert time.monotonic() - began < 5
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
