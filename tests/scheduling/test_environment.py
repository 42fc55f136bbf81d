from __future__ import annotations

import importlib.util
import json
import os
import stat
from pathlib import Path

import pytest
import yaml
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from omnisci_etl.config import Settings, load
from omnisci_etl.errors import ConfigError, ServiceError
from omnisci_etl.scheduling import environment
from omnisci_etl.scheduling.environment import Secrets, airflow_environment, dags_folder, metadata_url

ROOT = Path(__file__).resolve().parents[2]
DATABASE = "postgresql+psycopg2://someone@127.0.0.1:1/airflow"


def build(settings: Settings, port: int = 8080) -> dict[str, str]:
    return airflow_environment(settings, database=DATABASE, port=port)


def test_every_variable_of_ours_is_an_option_of_the_installed_airflow() -> None:
    spec = importlib.util.find_spec("airflow")
    assert spec is not None
    sections = yaml.safe_load((Path(str(spec.origin)).parent / "config_templates" / "config.yml").read_text())
    known = {f"AIRFLOW__{s.upper()}__{o.upper()}" for s, body in sections.items() for o in body["options"]}
    ours = {name for name in build(load()) if name.startswith("AIRFLOW__")}
    assert len(ours) > 15
    assert ours - known == set()


def test_everything_local_lives_under_the_home_and_binds_loopback(tmp_path: Path) -> None:
    made = build(load(), port=8123)
    home = str(tmp_path / ".omnisci" / "airflow")
    assert made["AIRFLOW_HOME"] == home
    assert made["AIRFLOW__LOGGING__BASE_LOG_FOLDER"].startswith(home)
    assert made["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert made["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:8123/execution/"
    assert made["AIRFLOW__CORE__LOAD_EXAMPLES"] == "False"
    assert made["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] == DATABASE
    assert Path(made["AIRFLOW__CORE__DAGS_FOLDER"]) == ROOT / "dags"
    assert list(Path(made["AIRFLOW__CORE__PLUGINS_FOLDER"]).glob("*.py"))


def test_secrets_are_made_once_and_only_the_owner_can_read_them(tmp_path: Path) -> None:
    first, second = build(load()), build(load(), port=9000)
    for name in ("AIRFLOW__API_AUTH__JWT_SECRET", "AIRFLOW__API__SECRET_KEY", "AIRFLOW__CORE__FERNET_KEY"):
        assert first[name] == second[name]
        assert len(first[name]) >= 32
    home = tmp_path / ".omnisci" / "airflow"
    for name in ("secrets.json", "passwords.json"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600
    passwords = json.loads(Path(first["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE"]).read_text())
    assert passwords == {"admin": Secrets.of_home(home).password}
    assert first["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS"] == "admin:admin"


def test_two_homes_have_different_secrets(tmp_path: Path) -> None:
    assert Secrets.of_home(tmp_path / "a") != Secrets.of_home(tmp_path / "b")


def test_settings_and_keys_of_the_start_folder_reach_processes_that_run_elsewhere(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(
        "OMNISCI_HOME=work\nOMNISCI_CONTACT=me@example.org\nOMNISCI_ROUTES=routes.yaml\nMY_MODEL_KEY=sk-1\nEMPTY=\n"
    )
    made = build(load())
    assert made["OMNISCI_HOME"] == str(tmp_path / "work")
    assert made["OMNISCI_CONTACT"] == "me@example.org"
    assert made["OMNISCI_ROUTES"] == str(tmp_path / "routes.yaml")
    assert made["MY_MODEL_KEY"] == "sk-1"
    assert "EMPTY" not in made


def test_the_environment_wins_over_the_env_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("MY_MODEL_KEY=from-file\nOMNISCI_CONTACT=from-file\n")
    monkeypatch.setenv("MY_MODEL_KEY", "from-shell")
    monkeypatch.setenv("OMNISCI_CONTACT", "from-shell")
    made = build(load())
    assert (made["MY_MODEL_KEY"], made["OMNISCI_CONTACT"]) == ("from-shell", "from-shell")


def test_no_key_or_setting_of_the_caller_is_written_anywhere(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("MY_MODEL_KEY=sk-very-secret\nOMNISCI_DATABASE_URL=postgresql://u:pw-secret@h/d\n")
    made = build(load())
    assert made["OMNISCI_DATABASE_URL"] == "postgresql://u:pw-secret@h/d"
    written = [path.read_text() for path in (tmp_path / ".omnisci").rglob("*") if path.is_file()]
    assert written
    assert not any("secret@" in text or "sk-very" in text for text in written)


def test_a_folder_of_blobs_is_made_absolute_and_an_object_store_left_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNISCI_BLOBS", "blobs")
    assert build(load())["OMNISCI_BLOBS"] == str(Path.cwd() / "blobs")
    monkeypatch.setenv("OMNISCI_BLOBS", "s3://bucket/blobs")
    assert build(load())["OMNISCI_BLOBS"] == "s3://bucket/blobs"


def test_a_setting_nobody_made_is_not_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMNISCI_ARXIV_INTERVAL", "0.5")
    made = build(load())
    assert made["OMNISCI_ARXIV_INTERVAL"] == "0.5"
    assert "OMNISCI_NATURE_INTERVAL" not in made


def test_the_users_own_tuning_wins_but_not_over_what_the_launcher_relies_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__PARALLELISM", "3")
    monkeypatch.setenv("AIRFLOW_HOME", "/somewhere/else")
    monkeypatch.setenv("AIRFLOW__API__HOST", "0.0.0.0")
    made = build(load())
    assert made["AIRFLOW__CORE__PARALLELISM"] == "3"
    assert made["AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME"] == "0.1"
    assert made["AIRFLOW_HOME"] != "/somewhere/else"
    assert made["AIRFLOW__API__HOST"] == "127.0.0.1"


def test_a_missing_dags_folder_is_explained(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AIRFLOW__CORE__DAGS_FOLDER", str(tmp_path / "none"))
    with pytest.raises(ConfigError, match="AIRFLOW__CORE__DAGS_FOLDER"):
        dags_folder()
    (tmp_path / "none").mkdir()
    assert dags_folder() == tmp_path / "none"


def test_airflow_gets_a_database_of_its_own_on_the_ledgers_server(settings: Settings, database: str) -> None:
    url = metadata_url(settings)
    assert make_url(url).database == f"{make_url(database).database}_airflow"
    assert metadata_url(settings) == url
    engine = create_engine(url)
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM pg_tables WHERE schemaname = 'omnisci'")).scalar() == 0
    engine.dispose()


def test_airflows_own_setting_names_another_database(settings: Settings) -> None:
    assert metadata_url(settings, {environment.METADATA_SETTING: DATABASE}) == DATABASE


def test_a_server_that_is_away_and_one_that_refuses_are_told_apart(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, database: str
) -> None:
    engine = create_engine(database, isolation_level="AUTOCOMMIT")
    role = f"weak_{os.getpid()}"
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN PASSWORD 'weak'")
    weak = make_url(database).set(username=role, password="weak")
    try:
        monkeypatch.setenv("OMNISCI_DATABASE_URL", weak.render_as_string(hide_password=False))
        with pytest.raises(ConfigError, match=r"permission denied.*AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"):
            metadata_url(load())
    finally:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"DROP ROLE {role}")
        engine.dispose()
    monkeypatch.setenv("OMNISCI_DATABASE_URL", "postgresql://u:hidden-word@127.0.0.1:9/omnisci")
    with pytest.raises(ServiceError, match="not reachable") as caught:
        metadata_url(load())
    assert "hidden-word" not in str(caught.value)
