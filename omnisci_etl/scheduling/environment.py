"""The environment of every Airflow process of this home; no file of it holds a setting or key of the caller."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from pydantic import SecretStr
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

import omnisci_etl
from omnisci_etl.config import ENV_FILE, Settings
from omnisci_etl.errors import ConfigError, ServiceError
from omnisci_etl.ledger.database import database_url
from omnisci_etl.ledger.embedded import write_private

USER = "admin"
METADATA_SETTING = "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"
DAGS_SETTING = "AIRFLOW__CORE__DAGS_FOLDER"

# Chosen for one small machine; the user's own AIRFLOW__ variables win over them.
TUNING = {
    "AIRFLOW__CORE__PARALLELISM": "8",
    "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
    "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
    # These two say at each parsing of each DAG when it would run next.
    "AIRFLOW__LOGGING__NAMESPACE_LEVELS": "airflow.models.dag=WARNING airflow.serialization.definitions.dag=WARNING",
    # A task that starts before the api-server does, or while that is started again, waits about two minutes for it.
    "AIRFLOW__WORKERS__EXECUTION_API_RETRIES": "9",
    "AIRFLOW__API__INSTANCE_NAME": "omnisci",
}


@dataclass(frozen=True, slots=True)
class Secrets:
    """Generated once for a home and kept, readable by its owner only."""

    password: str
    jwt_secret: str
    api_secret: str
    fernet_key: str

    @classmethod
    def of_home(cls, folder: Path) -> Secrets:
        """The secrets of an Airflow home; made when they are missing."""
        path = folder / "secrets.json"
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            made = {
                "password": secrets.token_urlsafe(12),
                "jwt_secret": secrets.token_urlsafe(64),
                "api_secret": secrets.token_urlsafe(32),
                "fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            }
            write_private(path, json.dumps(made))
        return cls(**json.loads(path.read_text()))


def airflow_home(settings: Settings) -> Path:
    """Where Airflow keeps its own files."""
    return settings.home_dir / "airflow"


def dags_folder() -> Path:
    """The DAG files: AIRFLOW__CORE__DAGS_FOLDER, else beside the package. Raises ConfigError where there are none."""
    configured = os.environ.get(DAGS_SETTING)
    folder = Path(configured) if configured else Path(omnisci_etl.__file__).resolve().parent.parent / "dags"
    if not folder.is_dir():
        raise ConfigError(
            f"there is no folder of DAG files at {folder}: set {DAGS_SETTING} to the repository's dags folder"
        )
    return folder.absolute()


def plugins_folder() -> Path:
    """The plugin files, which are part of the package."""
    return Path(__file__).resolve().parent / "plugins"


def airflow_environment(settings: Settings, *, database: str, port: int) -> dict[str, str]:
    """The whole environment of an Airflow process.

    database: URL of Airflow's metadata database. port: of the api-server, on loopback. Processes may have
    any working folder: settings and keys of the start folder's .env file are carried over, paths made absolute.
    """
    home = airflow_home(settings)
    own = Secrets.of_home(home)
    write_passwords(home, own.password)
    base_url = f"http://127.0.0.1:{port}"
    fixed = {
        "AIRFLOW_HOME": str(home),
        DAGS_SETTING: str(dags_folder()),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(plugins_folder()),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__FERNET_KEY": own.fernet_key,
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(home / "passwords.json"),
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{base_url}/execution/",
        METADATA_SETTING: database,
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": base_url,
        "AIRFLOW__API__SECRET_KEY": own.api_secret,
        "AIRFLOW__API_AUTH__JWT_SECRET": own.jwt_secret,
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__LOGGING__DAG_PROCESSOR_CHILD_PROCESS_LOG_DIRECTORY": str(home / "logs" / "dag_processor"),
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
    }
    return {**TUNING, **os.environ, **_start_folder(), **_settings(settings), **fixed}


def write_passwords(home: Path, password: str) -> None:
    """The password file of Airflow's simple auth manager, which compares plain text."""
    write_private(home / "passwords.json", json.dumps({USER: password}) + "\n")


def _start_folder() -> dict[str, str]:
    """What the .env file adds to the environment: API keys have names that the routes file chooses."""
    return {name: value for name, value in dotenv_values(ENV_FILE).items() if value and name not in os.environ}


def _settings(settings: Settings) -> dict[str, str]:
    """Every setting that somebody made, as variables; OMNISCI_HOME always."""
    made = {name: getattr(settings, name) for name in settings.model_fields_set}
    made["home"] = settings.home_dir
    if settings.blobs and "://" not in settings.blobs:
        made["blobs"] = Path(settings.blobs)
    return {f"OMNISCI_{name.upper()}": _variable(value) for name, value in made.items() if value is not None}


def _variable(value: Any) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, Path):
        return str(value.expanduser().absolute())
    return str(value)


def metadata_url(settings: Settings, environment: Mapping[str, str] | None = None) -> str:
    """Airflow's metadata database: its own setting, else `<ledger>_airflow` on the ledger's server, made if missing.

    The name follows the ledger's, so that an Airflow that somebody already has on that server is left alone.
    Raises ConfigError where the database may not be made.
    """
    configured = (os.environ if environment is None else environment).get(METADATA_SETTING)
    if configured:
        return configured
    ledger = database_url(settings)
    url = ledger.set(database=f"{ledger.database}_airflow")
    _create_database(ledger, str(url.database))
    return url.render_as_string(hide_password=False)


def _create_database(server: URL, name: str) -> None:
    engine = create_engine(make_url(server), isolation_level="AUTOCOMMIT", connect_args={"connect_timeout": 10})
    try:
        with engine.connect() as connection:
            found = connection.execute(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}).scalar()
            if not found:
                quoted = engine.dialect.identifier_preparer.quote_identifier(name)
                connection.exec_driver_sql(f"CREATE DATABASE {quoted}")
    except DBAPIError as error:
        message = " ".join(str(error.orig).split())
        if error.connection_invalidated or "connect" in message:
            raise ServiceError(f"the database is not reachable: {message}") from None
        raise ConfigError(
            f"cannot make the database {name} for Airflow ({message}): make it, or set {METADATA_SETTING}"
        ) from None
    finally:
        engine.dispose()
