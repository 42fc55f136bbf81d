"""Shared fixtures: one embedded server a session (per worker), a fresh ledger database per test from a template."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import hypothesis
import pytest
from PIL import Image
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.engine import make_url

from omnisci_etl.config import Settings
from omnisci_etl.context import Context
from omnisci_etl.ledger import migrate
from omnisci_etl.ledger.blobs import BlobStore
from omnisci_etl.ledger.database import Ledger
from omnisci_etl.ledger.embedded import EmbeddedServer
from omnisci_etl.ledger.runs import Run, RunIdentity

ROOT = Path(__file__).resolve().parent.parent
REALDATA = Path(os.environ.get("OMNISCI_REALDATA", ROOT.parent / "shared" / "data" / "real"))
_numbers = itertools.count(1)


# The same examples in every run, so that a change is judged by itself; OMNISCI_FUZZ=1 looks for further ones.
hypothesis.settings.register_profile("fixed", derandomize=True, database=None)
if "OMNISCI_FUZZ" not in os.environ:
    hypothesis.settings.load_profile("fixed")


def pytest_configure() -> None:
    """A process in the background of a shell ignores the interrupt, and so would all that tests start."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if not REALDATA.is_dir():
        skip = pytest.mark.skip(reason=f"no real documents at {REALDATA}: set OMNISCI_REALDATA")
        for item in items:
            if "realdata" in item.keywords:
                item.add_marker(skip)


@pytest.fixture(scope="session")
def realdata() -> Path:
    """The folder of real documents."""
    return REALDATA


@pytest.fixture(autouse=True)
def _no_settings_of_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tests see no OMNISCI_ variable and no .env file of the person who runs them."""
    for name in list(os.environ):
        if name.startswith("OMNISCI_") and name not in ("OMNISCI_REALDATA", "OMNISCI_PG_BIN"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def server() -> Iterator[EmbeddedServer]:
    """A running server without durability; its template database has the newest schema."""
    folder = Path(tempfile.mkdtemp(prefix="omnisci-test-pg-"))
    running = EmbeddedServer(folder / "postgres", fast=True)
    template = Ledger(running.create_database("template_ledger"))
    migrate.upgrade(template)
    template.close()
    yield running
    running.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def database(server: EmbeddedServer) -> Iterator[str]:
    """The URL of a fresh, migrated database."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    admin = create_engine(make_url(server.url("postgres")), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name} TEMPLATE template_ledger")
    yield server.url(name)
    with admin.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    admin.dispose()


@pytest.fixture
def ledger(database: str) -> Iterator[Ledger]:
    """An open ledger on a fresh database."""
    opened = Ledger(database)
    yield opened
    opened.close()


@pytest.fixture
def settings(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a fresh home and database, in the environment too, so that commands see the same."""
    monkeypatch.setenv("OMNISCI_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OMNISCI_DATABASE_URL", database)
    return Settings()  # type: ignore[call-arg]


@pytest.fixture
def context(settings: Settings, ledger: Ledger) -> Iterator[Context]:
    """The surroundings of a stage, under a run of its own."""
    run = Run.start(ledger, RunIdentity.of_command("test"))
    yield Context(settings, ledger, BlobStore(settings.blob_url), run)
    run.finish("done")


class Library:
    """Puts papers, figures and captions straight into the ledger, each with only what a test says of it."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._numbers = itertools.count(1)

    def figure(
        self, *, paper: str | None = None, source: str = "natcomms", license_class: str = "cc-by", caption: str = "Yield of 5 mM samples.",
        panels: Sequence[tuple[str, str]] = (), mentions: Sequence[str] = (), credit: str | None = None,
        reject_slug: str | None = None, discipline: str | None = "chemistry", status: str = "current", kind: str = "chart",
    ) -> int:  # fmt: skip
        """Stores a paper with one figure; the figure's id."""
        number = next(self._numbers)
        values = {
            "source": source, "paper": paper or f"10.1038/s41467-026-{number:05d}-0", "license": license_class, "status": status,
            "uri": "http://creativecommons.org/licenses/by/4.0/" if license_class == "cc-by" else None, "caption": caption,
            "credit": credit, "reject": reject_slug, "kept": int(reject_slug is None), "kind": kind, "number": number,
            "run": self.context.run.key, "hash": hashlib.sha256(f"{number} {caption}".encode()).hexdigest(), "discipline": discipline,
        }  # fmt: skip
        with self.context.ledger.begin() as connection:
            image = self._picture(connection, number)
            figure = int(connection.execute(_FIGURE, values | {"image": None if reject_slug else image}).scalar_one())
            for place, (label, body) in enumerate(panels, 1):
                connection.execute(
                    text("INSERT INTO panel VALUES (:f, :n, :l, :b)"), {"f": figure, "n": place, "l": label, "b": body}
                )
            for place, body in enumerate(mentions, 1):
                connection.execute(
                    text("INSERT INTO mention VALUES (:f, :n, :b, :b, 'Results', '{}')"),
                    {"f": figure, "n": place, "b": body},
                )
        return figure

    def _picture(self, connection: Connection, number: int) -> str:
        buffer = io.BytesIO()
        Image.new("RGB", (64, 48), (number % 256, 90, 160)).save(buffer, "PNG")
        sha256 = self.context.blobs.register(connection, buffer.getvalue(), "image/png", self.context.run.key)
        connection.execute(
            text(
                "INSERT INTO picture VALUES (:h, 'image/png', 64, 48, ARRAY[CAST(:h AS sha256_hex)], :r) ON CONFLICT DO NOTHING"
            ),
            {"h": sha256, "r": self.context.run.key},
        )
        return sha256

    def caption(
        self, figure_id: int, body: str, panels: Sequence[tuple[str, str]] = (), *, cost: float = 0.0, model: str = "m",
        family: str = "none",
    ) -> int:  # fmt: skip
        """Stores a caption of a figure with a call, route and answered attempt of its own; its id."""
        number = next(self._numbers)
        values = {
            "figure": figure_id, "body": body, "panels": json.dumps([{"label": a, "text": b} for a, b in panels]), "cost": cost,
            "run": self.context.run.key, "hash": hashlib.sha256(f"call {number}".encode()).hexdigest(), "model": model, "family": family,
            "body_hash": hashlib.sha256(body.encode()).hexdigest(),
        }  # fmt: skip
        with self.context.ledger.begin() as connection:
            return int(connection.execute(_CAPTION, values).scalar_one())


_FIGURE = text("""
WITH p AS (INSERT INTO paper (source, external_id, run_key) VALUES (:source, :paper, :run) RETURNING paper_id),
v AS (INSERT INTO paper_version (paper_id, version, run_key) SELECT paper_id, 1, :run FROM p RETURNING paper_version_id, paper_id),
s AS (INSERT INTO paper_state (paper_version_id, title, published_on, license_uri, license_class, status, state_sha256, run_key)
      SELECT paper_version_id, 'Paper ' || :number, '2026-11-01', :uri, :license, :status, :hash, :run FROM v),
d AS (INSERT INTO paper_discipline (paper_id, taxonomy_version, discipline, is_primary, evidence_kind, evidence, run_key)
      SELECT paper_id, '1', :discipline, true, 'subject', 'x', :run FROM p WHERE CAST(:discipline AS text) IS NOT NULL),
e AS (INSERT INTO extraction (paper_version_id, outcome, document_sha256, extractor, extractor_version, figures_found, figures_kept,
                              figures_rejected, title, run_key)
      SELECT paper_version_id, 'extracted', (SELECT max(sha256) FROM blob), 'jats', '1', 1, :kept, 1 - :kept, 'Paper ' || :number, :run
      FROM v RETURNING extraction_id, paper_version_id)
INSERT INTO figure (extraction_id, paper_version_id, locator, ordinal, label, author_caption, kind, image_sha256, third_party_credit,
                    reject_slug, evidence_sha256, extractor, extractor_version)
SELECT extraction_id, paper_version_id, 'Fig1', 1, 'Fig. 1', :caption, :kind, :image, :credit, :reject, :hash, 'jats', '1'
FROM e RETURNING figure_id
""")
_CAPTION = text("""
WITH q AS (INSERT INTO prompt VALUES (:hash, 'figure-caption', '1', 'caption', '', '', '{}', :run) RETURNING prompt_sha256),
m AS (INSERT INTO model (provider, api, requested, family, base_url, params, run_key)
      VALUES ('test', 'extractive', :model, :family, :hash, '{}', :run) RETURNING model_id),
k AS (INSERT INTO call (fingerprint, purpose, prompt_sha256, model_id, evidence_sha256, run_key)
      SELECT :hash, 'caption', prompt_sha256, model_id, :hash, :run FROM q, m RETURNING call_id, prompt_sha256, model_id),
r AS (INSERT INTO route (figure_id, call_id, policy, policy_sha256, reason, features, candidates, probability, run_key)
      SELECT :figure, call_id, 'p', :hash, '{"rule": "default"}', '{}', '[]', 1, :run FROM k RETURNING route_id),
a AS (INSERT INTO attempt (call_id, ordinal, run_key, owner, price, worst_case_usd, lease_until)
      SELECT call_id, 1, :run, 1, '{}', 1, now() FROM k RETURNING attempt_id),
o AS (INSERT INTO attempt_outcome (attempt_id, slug, model_resolved, input_tokens, output_tokens, cost_usd, latency_ms)
      SELECT attempt_id, 'answered', :model, 100, 50, :cost, 5 FROM a RETURNING attempt_id)
INSERT INTO caption (figure_id, call_id, attempt_id, route_id, prompt_sha256, model_id, run_key, body, panels, body_sha256)
SELECT :figure, k.call_id, o.attempt_id, r.route_id, k.prompt_sha256, k.model_id, :run, :body, CAST(:panels AS jsonb), :body_hash
FROM k, o, r RETURNING caption_id
""")


@pytest.fixture
def library(context: Context) -> Library:
    """A builder of papers, figures and captions."""
    return Library(context)


@pytest.fixture
def table_hashes(ledger: Ledger) -> Callable[[], dict[str, str]]:
    """A function that hashes every row of every table, those of runs and discovery requests apart."""

    def hashes() -> dict[str, str]:
        with ledger.engine.connect() as connection:
            names = (
                connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'omnisci'")).scalars().all()
            )
            found = {}
            for name in sorted(set(names) - {"run", "run_end", "rate_limit"}):
                where = "WHERE purpose <> 'discovery'" if name == "fetch" else ""
                query = f"SELECT coalesce(md5(string_agg(t.xmin || t::text, '|' ORDER BY t::text)), '') FROM omnisci.{name} t {where}"
                found[name] = str(connection.execute(text(query)).scalar())
            return found

    return hashes
