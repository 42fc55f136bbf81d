from __future__ import annotations

import ast
import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from omnisci_etl.papers import disciplines
from omnisci_etl.scheduling.pools import POOLS

ROOT = Path(__file__).resolve().parents[2]
FILES = sorted((ROOT / "dags").glob("*.py"))
PIPELINE = {
    "ingest_arxiv", "ingest_natcomms", "ingest_folder", "caption", "caption_batch", "score", "sample", "export_nightly",
}  # fmt: skip
BACKFILLS = {f"backfill_{source}__{name}" for source in ("arxiv", "natcomms") for name in disciplines.load().names}

GOOD: list[tuple[str, dict[str, Any]]] = [
    ("ingest_arxiv", {}),
    ("ingest_arxiv", {"discipline": "physics", "since": "2026-11-01", "until": "2026-11-20", "limit": 10}),
    ("ingest_natcomms", {"discipline": None, "since": None}),
    ("ingest_folder", {"path": "/papers", "limit": 1}),
    ("caption", {"discipline": "unknown", "refresh": True}),
    ("caption_batch", {"limit": 1000}),
    ("sample", {"size": 10, "seed": 3}),
    ("export_nightly", {"form": "parquet", "profile": "non-commercial"}),
    ("backfill_natcomms__physics", {"since": "2026-11-01", "until": "2026-11-20"}),
]
BAD: list[tuple[str, dict[str, Any], str]] = [
    ("ingest_arxiv", {"discipline": "alchemy"}, "alchemy"),
    ("ingest_arxiv", {"since": "last week"}, "since"),
    ("ingest_arxiv", {"until": "2026-02-30"}, "until"),
    ("ingest_natcomms", {"limit": 0}, "limit"),
    ("ingest_natcomms", {"limit": "many"}, "limit"),
    ("ingest_folder", {"path": "papers"}, "path"),
    ("caption", {"refresh": "yes"}, "refresh"),
    ("sample", {"size": 0}, "size"),
    ("sample", {"seed": -1}, "seed"),
    ("export_nightly", {"form": "../../etc"}, "form"),
    ("backfill_arxiv__physics", {"since": "01.11.2026"}, "since"),
]


@pytest.fixture(scope="session")
def inspected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The facts of the DAG files, parsed in a process whose metadata database cannot be reached."""
    folder = tmp_path_factory.mktemp("airflow")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "OMNISCI_"))},
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "omnisci_etl" / "scheduling" / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql+psycopg2://nobody@127.0.0.1:9/none",
        "AIRFLOW__CORE__DAGBAG_IMPORT_ERROR_TRACEBACK_DEPTH": "10",
    }
    questions = [*GOOD, *[(dag_id, conf) for dag_id, conf, _ in BAD]]
    script = str(Path(__file__).parent / "inspect_dags.py")
    command = [sys.executable, script, str(ROOT / "dags"), json.dumps(questions), str(folder / "facts.json")]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stderr[-3000:]
    facts: dict[str, Any] = json.loads((folder / "facts.json").read_text())
    return facts


@pytest.fixture(scope="session")
def dags(inspected: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = inspected["dags"]
    return found


def test_every_file_can_be_imported_without_a_database(inspected: dict[str, Any]) -> None:
    assert inspected["import_errors"] == {}


def test_the_dag_ids_are_the_agreed_ones(dags: dict[str, Any]) -> None:
    assert set(dags) == PIPELINE | BACKFILLS


def test_parsing_is_fast_and_imports_nothing_heavy(inspected: dict[str, Any]) -> None:
    assert inspected["parse_seconds"] < 5
    assert inspected["heavy_imports"] == []
    assert inspected["our_imports"] == []


def test_a_parsed_dag_is_the_same_each_time(inspected: dict[str, Any]) -> None:
    assert inspected["same_when_parsed_again"] is True


def test_every_dag_says_who_owns_it_and_what_it_is_for(dags: dict[str, Any]) -> None:
    for dag_id, dag in dags.items():
        assert len(dag["doc"]) > 40, dag_id
        assert len(dag["tags"]) >= 2, dag_id
        assert {task["owner"] for task in dag["tasks"]} == {"omnisci"}, dag_id
    assert {dag_id for dag_id, dag in dags.items() if "pipeline" in dag["tags"]} == PIPELINE
    for dag_id in BACKFILLS:
        source, discipline = dag_id.removeprefix("backfill_").split("__")
        assert {source, discipline, "backfill"} == set(dags[dag_id]["tags"])


def test_nothing_starts_for_the_past_or_twice_at_once(dags: dict[str, Any]) -> None:
    for dag_id, dag in dags.items():
        assert dag["catchup"] is False, dag_id
        assert dag["max_active_runs"] == 1, dag_id
        assert dag["start_date"] is None, dag_id


def test_schedules(dags: dict[str, Any]) -> None:
    crons = {dag_id: dag["cron"] for dag_id, dag in dags.items() if dag["cron"]}
    assert crons == {"ingest_arxiv": "0 5 * * *", "ingest_natcomms": "30 5 * * *", "export_nightly": "30 2 * * *"}
    assets = {dag_id: dag["assets"] for dag_id, dag in dags.items() if dag["assets"]}
    assert assets == {"caption": ["papers", "escalations"], "score": ["captions"], "sample": ["scores"]}
    assert dags["ingest_folder"]["schedule"] == dags["caption_batch"]["schedule"] == "NullTimetable"
    assert {dags[dag_id]["schedule"] for dag_id in BACKFILLS} == {"BackfillOnly"}


def test_a_fresh_installation_waits_for_the_next_day(inspected: dict[str, Any]) -> None:
    assert 23 < inspected["fresh_daily"]["hours_ahead"] < 24


def test_every_ingestion_announces_papers_and_every_asset_has_a_maker(dags: dict[str, Any]) -> None:
    made = {dag_id: [name for task in dag["tasks"] for name in task["outlets"]] for dag_id, dag in dags.items()}
    assert all(made[dag_id] == ["papers"] for dag_id in dags if dag_id.startswith(("ingest_", "backfill_")))
    assert (made["caption"], made["score"], made["sample"]) == (["captions"], ["scores", "to-escalate"], [])
    assert all(task["inlets"] == 0 for dag in dags.values() for task in dag["tasks"])


def test_a_task_has_a_fixed_shape(dags: dict[str, Any]) -> None:
    for dag_id, dag in dags.items():
        assert [task["mapped"] for task in dag["tasks"]] == [False], dag_id


def test_pools_are_those_that_the_launcher_makes(dags: dict[str, Any]) -> None:
    pools = {dag_id: dag["tasks"][0]["pool"] for dag_id, dag in dags.items()}
    assert set(pools.values()) <= {*POOLS, "default_pool"}
    assert {pools[dag_id] for dag_id in dags if "arxiv" in dag_id} == {"arxiv"}
    assert {pools[dag_id] for dag_id in dags if "natcomms" in dag_id} == {"natcomms"}
    assert pools["caption"] == pools["caption_batch"] == "llm"
    assert POOLS["arxiv"][0] == 1


def test_what_time_can_mend_is_tried_again_and_what_a_person_must_mend_is_not(dags: dict[str, Any]) -> None:
    for dag_id, dag in dags.items():
        task = dag["tasks"][0]
        assert task["retries"] == 3, dag_id
        assert task["backoff"] == 2.0, dag_id
        assert 3600 <= task["timeout"] <= 86400, dag_id
        assert task["decisions"] == {
            "ConfigError": "fail", "HostileInput": "fail", "ServiceError": "retry", "LeftOver": "retry",
            "KeyError": "default",
        }, dag_id  # fmt: skip


def test_the_forms_have_the_fields_of_the_commands(dags: dict[str, Any]) -> None:
    fields = {dag_id: set(dag["params"]) for dag_id, dag in dags.items()}
    assert fields["ingest_arxiv"] == fields["ingest_natcomms"] == {"discipline", "since", "until", "limit", "refresh"}
    assert fields["ingest_folder"] == {"path", "discipline", "limit", "refresh"}
    assert fields["caption"] == fields["caption_batch"] == {"discipline", "limit", "refresh"}
    assert fields["score"] == {"discipline", "limit"}
    assert fields["sample"] == {"discipline", "size", "seed"}
    assert fields["export_nightly"] == {"form", "profile"}
    assert all(fields[dag_id] == {"since", "until", "limit"} for dag_id in BACKFILLS)
    assert dags["ingest_arxiv"]["params"]["since"]["format"] == "date"
    assert set(dags["caption"]["params"]["discipline"]["enum"]) == {None, "unknown", *disciplines.load().names}
    assert all(schema.get("description") for dag in dags.values() for schema in dag["params"].values())


@pytest.mark.parametrize("index", range(len(GOOD)), ids=[f"{dag_id}-{conf}" for dag_id, conf in GOOD])
def test_a_sensible_form_is_accepted(inspected: dict[str, Any], index: int) -> None:
    assert inspected["answers"][index] is None


@pytest.mark.parametrize("index", range(len(BAD)), ids=[f"{dag_id}-{conf}" for dag_id, conf, _ in BAD])
def test_a_wrong_form_is_refused_with_the_name_of_the_field(inspected: dict[str, Any], index: int) -> None:
    answer = inspected["answers"][len(GOOD) + index]
    assert answer is not None
    assert BAD[index][2] in answer


def test_a_backfill_names_each_day_and_the_scheduler_none(inspected: dict[str, Any]) -> None:
    facts = inspected["backfill"]
    assert (facts["periodic"], facts["scheduled"]) == (True, None)
    assert facts["summary"] == "backfill only"
    days = ["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"]
    midnights = [f"{day}T00:00:00+00:00" for day in days]
    assert facts["days"] == [[day, day, after] for day, after in itertools.pairwise(midnights)]
    assert facts["uneven"] == ["2026-02-28T00:00:00+00:00"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_dag_file_is_short_and_only_wires(path: Path) -> None:
    source = path.read_text()
    assert len(source.splitlines()) <= 60
    assert not re.search(r"\b(SELECT|INSERT|UPDATE|DELETE|Variable\.get|requests|httpx|os\.environ)\b", source)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module and not node.module.startswith("__future__"):
            allowed = ("airflow.sdk", "omnisci_etl.scheduling", "omnisci_etl.papers.disciplines")
            assert node.module.startswith(allowed), node.module
        assert not isinstance(node, ast.Import), "DAG files import names, not modules"


def test_the_package_never_imports_the_dag_files_nor_airflow_outside_its_room() -> None:
    for path in (ROOT / "omnisci_etl").rglob("*.py"):
        inside = "scheduling" in path.relative_to(ROOT / "omnisci_etl").parts
        for node in ast.walk(ast.parse(path.read_text())):
            names = []
            if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                names = [node.module]
            elif isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            tops = {name.split(".")[0] for name in names}
            assert "dags" not in tops, path
            assert inside or "airflow" not in tops, path
