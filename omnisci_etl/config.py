"""Settings from the environment or a .env file (prefix OMNISCI_); nothing is read at import time."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import dotenv_values
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from omnisci_etl.errors import ConfigError

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
ENV_FILE = ".env"


class Settings(BaseSettings):
    """One frozen tree of settings; see the README for what each means. Build it with load()."""

    model_config = SettingsConfigDict(env_prefix="OMNISCI_", env_file=ENV_FILE, extra="ignore", frozen=True)

    home: Path = Path(".omnisci")
    database_url: SecretStr | None = None
    pg_bin: Path | None = None
    blobs: str | None = None
    routes: Path | None = None
    contact: str | None = None
    arxiv_oai_url: str = "https://oaipmh.arxiv.org/oai"
    arxiv_url: str = "https://arxiv.org"
    arxiv_api_url: str = "https://export.arxiv.org/api/query"
    arxiv_interval: float = Field(3.0, ge=0)
    crossref_url: str = "https://api.crossref.org/v1"
    europepmc_url: str = "https://www.ebi.ac.uk/europepmc/webservices/rest"
    pmc_url: str = "https://pmc-oa-opendata.s3.amazonaws.com"
    nature_url: str = "https://www.nature.com"
    nature_interval: float = Field(1.0, ge=0)
    nature_media_url: str = "https://media.springernature.com"
    openalex_url: str = "https://api.openalex.org"
    http_timeout: float = Field(60.0, gt=0)
    http_tries: int = Field(4, ge=1, le=10)
    call_timeout: float = Field(600.0, gt=0)
    call_tries: int = Field(5, ge=1, le=20)
    unknown_grace: float = Field(10.0, ge=0)
    strike_cap: int = Field(3, ge=1, le=20)
    unknown_cap: int = Field(10, ge=1, le=100)
    batch_requests: int = Field(20_000, ge=1, le=50_000)
    batch_bytes: int = Field(64_000_000, ge=1, le=190_000_000)
    picture_model: str | None = None
    picture_model_trust_code: bool = False
    folder_path: Path | None = None
    export_path: Path | None = None

    @field_validator(
        "database_url", "pg_bin", "blobs", "routes", "contact", "picture_model", "folder_path", "export_path",
        mode="before",
    )  # fmt: skip
    @classmethod
    def _blank_is_unset(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator(
        "arxiv_oai_url", "arxiv_url", "arxiv_api_url", "crossref_url", "europepmc_url", "pmc_url",
        "nature_url", "nature_media_url", "openalex_url",
    )  # fmt: skip
    @classmethod
    def _base_url(cls, value: str) -> str:
        return check_base_url(value)

    @field_validator("database_url")
    @classmethod
    def _database_url(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and urlsplit(value.get_secret_value()).scheme.split("+")[0] not in (
            "postgresql",
            "postgres",
        ):
            raise ValueError("must be a PostgreSQL URL such as postgresql+psycopg2://user:password@host:5432/name")
        return value

    @property
    def home_dir(self) -> Path:
        """The absolute folder under which everything local lives."""
        return self.home.expanduser().absolute()

    @property
    def blob_url(self) -> str:
        """Where blobs are kept: a folder or an fsspec URL."""
        return self.blobs or str(self.home_dir / "blobs")

    @property
    def user_agent(self) -> str:
        """What we call ourselves to the sources, with the contact address where one is set."""
        from omnisci_etl import __version__

        contact = f" (mailto:{self.contact})" if self.contact else ""
        return f"omnisci_etl/{__version__}{contact}"

    def secret(self, name: str) -> SecretStr | None:
        """An API key by the name of its environment variable, from the environment or the .env file."""
        value = os.environ.get(name) or dotenv_values(ENV_FILE).get(name)
        return SecretStr(value) if value else None


def check_base_url(value: str) -> str:
    """The URL without its trailing slash. Raises ValueError unless it is https, or http on loopback."""
    parts = urlsplit(value)
    if not parts.hostname or parts.scheme not in ("http", "https"):
        raise ValueError("must be an absolute http(s) URL")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("must be https (plain http is allowed on loopback only)")
    return value.rstrip("/")


def load() -> Settings:
    """The settings. Raises ConfigError with one line that names each wrong variable."""
    try:
        return Settings()  # type: ignore[call-arg]
    except ValidationError as error:
        raise ConfigError(explain(error, prefix="OMNISCI_")) from None


def explain(error: ValidationError, prefix: str = "") -> str:
    """A pydantic error as one line, without the values (they may be secrets)."""
    faults = []
    for fault in error.errors(include_url=False, include_input=False, include_context=False):
        where = ".".join(str(step) for step in fault["loc"])
        name = f"{prefix}{where.upper()}" if prefix else where or "the file"
        faults.append(f"{name}: {fault['msg'].removeprefix('Value error, ')}")
    return "; ".join(faults)
