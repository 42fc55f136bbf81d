"""Runs DAGs one after another without a scheduler, for demonstrations: the same DAG files, tasks and run rows.

The parent starts this module as a process of its own, because Airflow reads its environment when it is
imported. Steps come as JSON on standard input; a line of JSON goes out for each step, on the descriptor named
by the argument, because Airflow writes to standard output.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omnisci_etl.config import Settings
from omnisci_etl.errors import ConfigError, OmnisciError
from omnisci_etl.scheduling.environment import airflow_environment, airflow_home, metadata_url

UNUSED_PORT = 9
"""Tasks of dag.test() talk to Airflow in their own process, so nothing is ever asked of this port."""


@dataclass(frozen=True, slots=True)
class Step:
    """A finished run of a DAG: its tasks' results added up, and how long it took."""

    dag_id: str
    run_id: str
    counts: Mapping[str, int]
    seconds: float


def run_dags_once(
    settings: Settings,
    steps: Sequence[tuple[str, Mapping[str, Any]]],
    on_step: Callable[[Step], None] | None = None,
) -> list[Step]:
    """Runs DAGs (id, conf) in this order, each after the success of the one before.

    Airflow's own output goes to logs/dag_runs.log in its home. Raises OmnisciError that names the task that
    failed and its error (ConfigError where the task raised one).
    """
    environment = airflow_environment(settings, database=metadata_url(settings), port=UNUSED_PORT)
    log = airflow_home(settings) / "logs" / "dag_runs.log"
    done = []
    for report in _reports(environment, steps, log):
        if error := report.get("error"):
            kind = ConfigError if report["kind"] == "ConfigError" else OmnisciError
            raise kind(f"{report['dag_id']}: task {report['task_id']} failed: {error} (see {log})")
        done.append(Step(**report))
        if on_step:
            on_step(done[-1])
    if len(done) < len(steps):
        raise OmnisciError(f"Airflow ended before {steps[len(done)][0]} was done: see {log}")
    return done


def _reports(
    environment: Mapping[str, str], steps: Sequence[tuple[str, Mapping[str, Any]]], log: Path
) -> Iterator[dict[str, Any]]:
    log.parent.mkdir(parents=True, exist_ok=True)
    reading, writing = os.pipe()
    command = [sys.executable, "-P", "-m", __name__, str(writing)]
    with open(log, "ab") as output, os.fdopen(reading) as reports:
        child = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=output, env=dict(environment),
            cwd=environment["AIRFLOW_HOME"], pass_fds=[writing],
        )  # fmt: skip
        os.close(writing)
        try:
            assert child.stdin is not None
            # A child that is dead already sends no report, which says so.
            with suppress(BrokenPipeError), child.stdin as steps_in:
                steps_in.write(json.dumps(list(steps), default=str).encode())
            for line in reports:
                yield json.loads(line)
        finally:
            # All it did is committed by the time of its last report; only a slow tidying up is left.
            child.kill()
            child.wait()


def main(descriptor: int) -> None:
    """The child: prepares the metadata database, then runs each DAG until one fails."""
    from airflow.dag_processing.dagbag import DagBag

    from omnisci_etl.scheduling.metadata import prepare

    steps = json.load(sys.stdin)
    prepare()
    bag = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    with os.fdopen(descriptor, "w") as reports:
        for dag_id, conf in steps:
            report = _run(bag, dag_id, conf)
            reports.write(json.dumps(report) + "\n")
            reports.flush()
            if "error" in report:
                return


def _run(bag: Any, dag_id: str, conf: Mapping[str, Any]) -> dict[str, Any]:
    dag = bag.dags.get(dag_id)
    if dag is None:
        fault = next(iter(bag.import_errors.values()), "there is no such DAG")
        return {"dag_id": dag_id, "task_id": "-", "kind": "ConfigError", "error": _last_line(fault)}
    failures: list[dict[str, Any]] = []
    counts: dict[str, int] = {}
    for task in dag.tasks:
        _watch(task, failures, counts)
    started = time.monotonic()
    run = dag.test(run_conf=dict(conf))
    if run.state != "success":
        unknown = {"task_id": "-", "kind": "", "error": f"the run ended as {run.state}"}
        return {"dag_id": dag_id, **(failures[0] if failures else unknown)}
    return {
        "dag_id": dag_id, "run_id": run.run_id, "counts": counts, "seconds": round(time.monotonic() - started, 3),
    }  # fmt: skip


def _watch(task: Any, failures: list[dict[str, Any]], counts: dict[str, int]) -> None:
    """Notes why a task failed and what it returned; no second try, as nobody wants to wait for one here."""

    def failed(context: Mapping[str, Any]) -> None:
        error = context.get("exception")
        failures.append({"task_id": task.task_id, "kind": type(error).__name__, "error": _last_line(error)})

    def succeeded(context: Mapping[str, Any]) -> None:
        for name, count in (context["ti"].xcom_pull(task_ids=task.task_id) or {}).items():
            counts[name] = counts.get(name, 0) + count

    task.retries = 0
    task.on_failure_callback = [failed]
    task.on_success_callback = [succeeded]


def _last_line(error: object) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


if __name__ == "__main__":
    main(int(sys.argv[1]))
