"""What `omnisci doctor` checks: one polite request to each source, one free request to each provider with a key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Literal

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from omnisci_etl.config import Settings
from omnisci_etl.context import Context, Counts, run_stage
from omnisci_etl.errors import ConfigError, OmnisciError, ServiceError
from omnisci_etl.ledger import revisions
from omnisci_etl.ledger.blobs import BlobStore
from omnisci_etl.ledger.database import Ledger, database_url
from omnisci_etl.ledger.runs import RunIdentity

State = Literal["ok", "warning", "away", "wrong"]
MIN_POSTGRES = 15


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the check-up."""

    what: str
    state: State
    text: str

    def as_dict(self) -> dict[str, str]:
        """For --json."""
        return asdict(self)


def checkup(settings: Settings) -> list[Finding]:
    """Every finding, in the order in which a set-up is made."""
    findings = [*_settings(settings), _guard("blobs", lambda: _blobs(settings)), *_database(settings)]
    findings.extend(_routes(settings))
    if all(f.state != "wrong" and f.state != "away" for f in findings if f.what in ("database", "migrations")):
        findings.extend(_sources(settings))
    findings.extend(_judging(settings))
    return findings


def _guard(what: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding(what, "ok", check())
    except ServiceError as error:
        return Finding(what, "away", str(error))
    except OmnisciError as error:
        return Finding(what, "wrong", str(error))


def _settings(settings: Settings) -> Iterator[Finding]:
    yield Finding("home", "ok", str(settings.home_dir))
    if settings.contact:
        yield Finding("contact", "ok", settings.user_agent)
    else:
        yield Finding(
            "contact", "warning", "set OMNISCI_CONTACT to an e-mail address, so that the sources can reach you"
        )


def _blobs(settings: Settings) -> str:
    BlobStore(settings.blob_url).check_writable()
    return settings.blob_url


def _database(settings: Settings) -> Iterator[Finding]:
    try:
        ledger = Ledger(database_url(settings))
        with ledger.engine.connect() as connection:
            version = int(connection.execute(text("SHOW server_version_num")).scalar_one()) // 10000
    except OmnisciError as error:
        yield Finding("database", "away" if isinstance(error, ServiceError) else "wrong", str(error))
        return
    except DBAPIError as error:
        yield Finding("database", "away", " ".join(str(error.orig).split()))
        return
    state: State = "ok" if version >= MIN_POSTGRES else "wrong"
    where = ledger.url.render_as_string(hide_password=True)
    yield Finding(
        "database",
        state,
        f"PostgreSQL {version} at {where}" + ("" if state == "ok" else f"; {MIN_POSTGRES} or later is needed"),
    )
    if settings.database_url is None:
        from omnisci_etl.ledger import migrate

        migrate.upgrade(ledger)
    current = revisions.current(ledger)
    ledger.close()
    if current == revisions.head():
        yield Finding("migrations", "ok", f"revision {current}")
    else:
        yield Finding(
            "migrations",
            "wrong",
            f"at {current or 'none'}, the code needs {revisions.head()}: run `omnisci db upgrade`",
        )


def _routes(settings: Settings) -> Iterator[Finding]:
    from omnisci_etl.captions.providers import check_provider
    from omnisci_etl.captions.routes import load, warnings

    try:
        routes = load(settings)
    except ConfigError as error:
        yield Finding("routes", "wrong", str(error))
        return
    yield Finding("routes", "ok", f"policy {routes.policy.name}: models {', '.join(routes.models)}")
    for warning in warnings(routes, date.today()):
        yield Finding("retirement", "warning", warning)
    for name, provider in routes.providers.items():
        if provider.api == "extractive":
            continue
        if provider.api_key_env and settings.secret(provider.api_key_env) is None:
            yield Finding(f"provider {name}", "warning", f"no key: set {provider.api_key_env}")
        else:
            yield _guard(f"provider {name}", lambda name=name: check_provider(settings, routes, name))  # type: ignore[misc]


def _sources(settings: Settings) -> Iterator[Finding]:
    findings: list[Finding] = []

    def ask(context: Context) -> Counts:
        from omnisci_etl.sources.discovery import check_sources

        findings.extend(
            Finding(what, "ok" if fault is None else "away", fault or "answers")
            for what, fault in check_sources(context)
        )
        return {"sources": len(findings)}

    run_stage(RunIdentity.of_command("doctor"), ask, settings=settings)
    yield from findings


def _judging(settings: Settings) -> Iterator[Finding]:
    from omnisci_etl.judging.reading import reading_missing
    from omnisci_etl.judging.scorers import embedding_missing
    from omnisci_etl.judging.scorers.picture_similarity import picture_similarity_missing

    found = (
        ("embeddings", embedding_missing(), "the similarity scorer is at hand"),
        ("picture model", picture_similarity_missing(settings.picture_model), str(settings.picture_model)),
        ("picture text", reading_missing(), "text in pictures is read"),
    )
    for what, missing, there in found:
        yield Finding(what, "warning" if missing else "ok", missing or there)
