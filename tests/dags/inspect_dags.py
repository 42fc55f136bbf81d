"""Parses a folder of DAG files in an environment of its own and prints what a policy may ask about, as JSON.

Arguments: the folder, and a JSON list of [dag id, conf] whose validity is asked.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

HEAVY = ("pandas", "pyarrow", "lxml", "pymupdf", "fitz", "PIL", "openai", "anthropic", "psycopg2.extensions")
PARTS = ("sources", "figures", "captions", "judging", "alignment", "exports", "ledger", "cli")


def main(folder: Path, questions: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    from airflow.dag_processing.dagbag import DagBag

    before = set(sys.modules)
    began = time.perf_counter()
    bag = DagBag(folder)
    seconds = time.perf_counter() - began
    loaded = set(sys.modules) - before
    return {
        "import_errors": bag.import_errors,
        "parse_seconds": seconds,
        "file_seconds": {stat.file: stat.duration.total_seconds() for stat in bag.dagbag_stats},
        "heavy_imports": sorted(name for name in HEAVY if name in loaded),
        "our_imports": sorted(p for p in PARTS if any(name.startswith(f"omnisci_etl.{p}.") for name in loaded)),
        "dags": {dag_id: facts(dag) for dag_id, dag in bag.dags.items()},
        "answers": [refusal(bag.dags[dag_id], conf) for dag_id, conf in questions],
        "same_when_parsed_again": serialized(bag) == serialized(DagBag(folder)),
        "backfill": backfill_facts(bag),
        "fresh_daily": fresh_daily(),
    }


def serialized(bag: Any) -> dict[str, str]:
    from airflow.serialization.serialized_objects import DagSerialization

    def text(dag: Any) -> str:
        return json.dumps(DagSerialization.to_dict(dag), sort_keys=True, default=str)

    return {dag_id: text(dag) for dag_id, dag in bag.dags.items()}


def facts(dag: Any) -> dict[str, Any]:
    return {
        "file": Path(dag.fileloc).name,
        "tags": sorted(dag.tags),
        "doc": dag.doc_md,
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "start_date": dag.start_date,
        "paused": dag.is_paused_upon_creation,
        "schedule": type(dag.timetable).__name__,
        "cron": getattr(dag.timetable, "expression", None),
        "assets": [asset.name for asset in dag.timetable.asset_condition.objects]
        if type(dag.timetable).__name__ == "AssetTriggeredTimetable"
        else [],
        "params": {name: form_field(dag.params.get_param(name)) for name in dag.params},
        "tasks": [task_facts(task) for task in dag.tasks],
    }


def form_field(param: Any) -> dict[str, Any]:
    return {**param.schema, "description": param.description}


def task_facts(task: Any) -> dict[str, Any]:
    return {
        "id": task.task_id,
        "owner": task.owner,
        "pool": task.pool,
        "retries": task.retries,
        "backoff": task.retry_exponential_backoff,
        "timeout": task.execution_timeout.total_seconds(),
        "outlets": [asset.name for asset in task.outlets],
        "inlets": len(task.inlets),
        "mapped": task.is_mapped if hasattr(task, "is_mapped") else False,
        "decisions": decisions(task),
    }


def decisions(task: Any) -> dict[str, str]:
    """What the retry policy says of each of our errors."""
    from omnisci_etl import errors

    raised = {
        "ConfigError": errors.ConfigError("x"),
        "HostileInput": errors.HostileInput("x"),
        "ServiceError": errors.ServiceError("x"),
        "LeftOver": errors.LeftOver("x"),
        "KeyError": KeyError("x"),
    }
    return {name: task.retry_policy.evaluate(error, 1, 3).action.value for name, error in raised.items()}


def refusal(dag: Any, conf: dict[str, Any]) -> str | None:
    """Why the API would refuse a run with this conf."""
    from airflow.serialization.serialized_objects import DagSerialization

    params = DagSerialization.from_dict(DagSerialization.to_dict(dag)).params.deep_merge(conf)
    try:
        params.validate()
    except ValueError as error:
        return str(error).splitlines()[0]
    return None


def backfill_facts(bag: Any) -> dict[str, Any]:
    """What Airflow makes of three days, and of the scheduler's question for the next run."""
    from airflow.serialization.serialized_objects import DagSerialization

    dag_id = next(dag_id for dag_id in bag.dags if dag_id.startswith("backfill_"))
    dag = DagSerialization.from_dict(DagSerialization.to_dict(bag.dags[dag_id]))
    three = dag.iter_dagrun_infos_between(datetime(2026, 2, 27, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))
    uneven = dag.iter_dagrun_infos_between(datetime(2026, 2, 27, 9, tzinfo=UTC), datetime(2026, 2, 28, 9, tzinfo=UTC))
    return {
        "periodic": dag.timetable.periodic,
        "summary": dag.timetable.summary,
        "scheduled": dag.next_dagrun_info(last_automated_run_info=None),
        "days": [
            [i.run_after.isoformat(), i.data_interval.start.isoformat(), i.data_interval.end.isoformat()] for i in three
        ],
        "uneven": [info.data_interval.start.isoformat() for info in uneven],
    }


def fresh_daily() -> dict[str, Any]:
    """When a DAG that has never run would run first, its time of day having just gone by."""
    from airflow.sdk import DAG
    from airflow.serialization.serialized_objects import DagSerialization

    from omnisci_etl.scheduling.wiring import dag_arguments, daily

    now = datetime.now(UTC)
    past = now - timedelta(minutes=7)
    with DAG("fresh", schedule=daily(past.hour, past.minute), **dag_arguments(None)) as dag:
        pass
    info = DagSerialization.from_dict(DagSerialization.to_dict(dag)).next_dagrun_info(last_automated_run_info=None)
    return {"hours_ahead": (info.run_after - now).total_seconds() / 3600}


if __name__ == "__main__":
    result = main(Path(sys.argv[1]), json.loads(sys.argv[2]))
    Path(sys.argv[3]).write_text(json.dumps(result, default=str))
