from __future__ import annotations

import importlib.util
import json
import os
import re
import stat
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from omnisci_etl.config import Settings

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
AIRFLOW = {name: service for name, service in SERVICES.items() if name.startswith("airflow-")}
DOCKERFILE = (ROOT / "Dockerfile").read_text()

# Options of providers that only the [celery] extra installs.
PROVIDER_OPTIONS = {("celery", "result_backend"), ("celery", "broker_url"), ("celery", "worker_concurrency")}


def load_make_env() -> Any:
    spec = importlib.util.spec_from_file_location("make_env", ROOT / "docker" / "make_env.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def airflow_options() -> set[tuple[str, str]]:
    spec = importlib.util.find_spec("airflow")
    assert spec
    assert spec.origin
    sections = yaml.safe_load((Path(spec.origin).parent / "config_templates" / "config.yml").read_text())
    return {(section, option) for section, body in sections.items() for option in body["options"]}


def airflow_variables() -> set[str]:
    in_image = set(re.findall(r"^ +(\w+)=", DOCKERFILE, flags=re.MULTILINE))
    in_compose = {name for service in AIRFLOW.values() for name in service["environment"]}
    in_file = set(load_make_env().environments()["omnisci.env"])
    return in_image | in_compose | in_file


def test_every_airflow_variable_is_an_option_of_the_installed_airflow() -> None:
    known = airflow_options() | PROVIDER_OPTIONS
    wrong = []
    for name in airflow_variables():
        if name.startswith("AIRFLOW__"):
            _, section, option = name.lower().split("__", 2)
            if (section, option) not in known:
                wrong.append(name)
    assert wrong == []
    assert any(name.startswith("AIRFLOW__CELERY__") for name in airflow_variables())


def test_every_omnisci_variable_is_a_setting() -> None:
    settings = {f"OMNISCI_{name.upper()}" for name in Settings.model_fields}
    ours = {name for name in airflow_variables() if name.startswith("OMNISCI_")}
    assert ours - settings <= {"OMNISCI_COMMIT"}
    assert {"OMNISCI_DATABASE_URL", "OMNISCI_HOME"} <= ours


def test_the_services_of_the_deployment_are_there_and_depend_on_each_other() -> None:
    assert set(AIRFLOW) == {
        "airflow-init", "airflow-apiserver", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer",
        "airflow-worker",
    }  # fmt: skip
    assert {"postgres", "redis"} <= set(SERVICES)
    for service in SERVICES.values():
        assert set(service.get("depends_on", {})) <= set(SERVICES)
    for name, service in AIRFLOW.items():
        if name != "airflow-init":
            assert service["depends_on"]["airflow-init"]["condition"] == "service_completed_successfully"


def test_every_lasting_service_has_a_health_check_and_every_named_volume_is_declared() -> None:
    for name, service in SERVICES.items():
        if name != "airflow-init":
            assert service["healthcheck"]["test"], name
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert (ROOT / source).exists() if source.startswith(".") else source in COMPOSE["volumes"], volume


def test_workers_scale_out_and_share_the_blobs() -> None:
    worker = AIRFLOW["airflow-worker"]
    assert "container_name" not in worker
    assert "ports" not in worker
    assert worker["environment"]["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"
    shared = {volume for service in AIRFLOW.values() for volume in service["volumes"] if "omnisci-data" in volume}
    assert shared == {"omnisci-data:/opt/omnisci/data"}


def test_no_secret_is_in_the_compose_file_and_nothing_but_the_ui_is_published() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    assert not re.search(r"(PASSWORD|SECRET|FERNET_KEY|API_KEY)\s*:", text)
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["airflow-apiserver"]
    assert AIRFLOW["airflow-apiserver"]["ports"] == ["${OMNISCI_BIND:-127.0.0.1:8080}:8080"]
    assert all(service["env_file"] for service in SERVICES.values())


def test_the_image_runs_as_a_user_and_copies_only_what_exists() -> None:
    user = re.findall(r"^USER (\S+)", DOCKERFILE, flags=re.MULTILINE)[-1]
    assert user not in ("root", "0")
    assert DOCKERFILE.index("RUN pip install") < DOCKERFILE.index(f"USER {user}")
    allowed = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }  # fmt: skip
    for line in re.findall(r"^COPY (.+)", DOCKERFILE, flags=re.MULTILINE):
        for source in line.split()[:-1]:
            name = source.removeprefix("./")
            assert name in allowed, f"{name} is kept out by .dockerignore"
            assert (ROOT / name).exists(), name


def test_the_image_has_a_python_that_the_package_wants_and_plugins_where_it_says() -> None:
    version = re.search(r"FROM python:3\.(\d+)", DOCKERFILE)
    assert version
    assert int(version[1]) in (11, 12, 13)
    folder = re.search(r"PLUGINS_FOLDER=/opt/omnisci/(\S+)", DOCKERFILE)
    assert folder
    assert list((ROOT / folder[1]).glob("*.py"))


def test_the_celery_provider_meets_a_celery_that_it_can_import() -> None:
    """Provider 3.26 imports a name that celery 5.7 no longer has, and every Celery component with it."""
    pins = (ROOT / "constraints.txt").read_text()
    celery = re.search(r"^celery==(\d+)\.(\d+)", pins, flags=re.MULTILINE)
    provider = re.search(r"^apache-airflow-providers-celery==(\d+)\.(\d+)", pins, flags=re.MULTILINE)
    assert celery
    assert provider
    assert (int(celery[1]), int(celery[2])) < (5, 7) or (int(provider[1]), int(provider[2])) > (3, 26)
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["celery"]
    assert any(re.match(r"celery\b.*<5\.7", requirement) for requirement in extras)


@pytest.mark.airflow
def test_airflow_knows_every_command_of_the_deployment(tmp_path: Path) -> None:
    commands = [service["command"] for service in AIRFLOW.values() if service["command"][0] == "airflow"]
    commands += [line.split() for line in (ROOT / "docker" / "init.sh").read_text().splitlines()]
    checks = re.findall(r"airflow (jobs check [^\"'\]]+)", (ROOT / "docker-compose.yml").read_text())
    wanted = [words[1:] for words in commands if words[:1] == ["airflow"]] + [check.split() for check in checks]
    # These come with providers of the [celery] extra.
    core = [words for words in wanted if words[0] not in ("celery", "users")]
    assert [words[0] for words in core].count("jobs") == 2
    assert {"api-server", "scheduler", "dag-processor", "triggerer", "db"} <= {words[0] for words in core}
    code = (
        "import json, sys; from airflow.cli.cli_parser import get_parser; p = get_parser(); "
        "print([p.parse_args(words).func.__name__ for words in json.loads(sys.argv[1])])"
    )
    environment = {**os.environ, "AIRFLOW_HOME": str(tmp_path)}
    command = [sys.executable, "-c", code, json.dumps(core)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr[-500:]


def test_the_init_script_uses_our_own_commands_as_they_are() -> None:
    script = (ROOT / "docker" / "init.sh").read_text()
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert "omnisci" in scripts
    assert "\nomnisci db upgrade\n" in script
    module = re.search(r"^python -m (\S+)$", script, flags=re.MULTILINE)
    assert module
    assert importlib.util.find_spec(module[1])
    for path in (ROOT / "docker").glob("*.sh"):
        assert path.stat().st_mode & stat.S_IXUSR, f"{path.name} cannot be executed"
        assert subprocess.run(["bash", "-n", str(path)], check=False).returncode == 0


def test_make_env_writes_private_files_whose_passwords_agree(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_env = load_make_env()
    assert make_env.main(tmp_path) == 0
    files = {
        path.name: dict(line.split("=", 1) for line in path.read_text().splitlines()) for path in tmp_path.iterdir()
    }
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in tmp_path.iterdir())
    database, omnisci = files["database.env"], files["omnisci.env"]
    assert database["POSTGRES_PASSWORD"] in omnisci["OMNISCI_DATABASE_URL"]
    assert database["AIRFLOW_DB_PASSWORD"] in omnisci["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    assert database["AIRFLOW_DB_PASSWORD"] in omnisci["AIRFLOW__CELERY__RESULT_BACKEND"]
    assert database["REDIS_PASSWORD"] in omnisci["AIRFLOW__CELERY__BROKER_URL"]
    assert not any(secret in capsys.readouterr().out for secret in database.values() if len(secret) > 20)


def test_make_env_leaves_files_that_exist_alone(tmp_path: Path) -> None:
    make_env = load_make_env()
    make_env.main(tmp_path)
    before = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert make_env.main(tmp_path) == 0
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == before
    (tmp_path / "omnisci.env").unlink()
    assert make_env.main(tmp_path) == 2
    assert not (tmp_path / "omnisci.env").exists()


def test_the_scripts_name_variables_that_the_environment_files_define() -> None:
    files = load_make_env().environments()
    init = set(re.findall(r"\$\{(\w+)\}", (ROOT / "docker" / "init.sh").read_text()))
    assert init <= set(files["omnisci.env"])
    database = set(re.findall(r"\$\{(\w+)\}", (ROOT / "docker" / "10-airflow-database.sh").read_text()))
    assert database <= set(files["database.env"])
    in_commands = set(re.findall(r"\$\$(\w+)", (ROOT / "docker-compose.yml").read_text()))
    assert in_commands <= set(files["database.env"])
