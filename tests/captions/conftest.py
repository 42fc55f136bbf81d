"""Papers with figures straight into the ledger, a fake vendor, and routes that point at it."""

from __future__ import annotations

import hashlib
import importlib.util
import io
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text

from omnisci_etl.captions import concurrency, lane
from omnisci_etl.captions.batches import collecting, rounds
from omnisci_etl.config import Settings
from omnisci_etl.context import Context
from omnisci_etl.ledger.blobs import BlobStore
from omnisci_etl.ledger.database import Ledger, dumps
from omnisci_etl.ledger.runs import Run, RunIdentity


def _fake(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parents[1] / "fakes" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


llm_server, llm_batches = _fake("llm_server"), _fake("llm_batches")
KEY = "sk-canary-0123456789abcdef"


@pytest.fixture
def fault() -> type:
    """The faults that the fake vendor understands."""
    return llm_server.Fault


@pytest.fixture
def llm() -> Iterator[Any]:
    """The fake vendor."""
    server = llm_server.LLMServer()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "VLLM_API_KEY"):
        monkeypatch.setenv(name, KEY)


@pytest.fixture(autouse=True)
def _short_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lane, "BACKOFF", 0.05)
    monkeypatch.setattr(concurrency, "PAUSE", 0.05)


def png(seed: int = 0, size: tuple[int, int] = (64, 48)) -> bytes:
    """A small picture that no other seed gives."""
    image = Image.new("RGB", size, (seed % 256, seed // 256 % 256, 7))
    data = io.BytesIO()
    image.save(data, format="PNG")
    return data.getvalue()


class Library:
    """Writes papers and figures as ingestion would."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._papers = 0

    def _one(self, statement: str, **parameters: Any) -> Any:
        with self._context.ledger.begin() as connection:
            return connection.execute(text(statement), {"run_key": self._context.run.key, **parameters}).scalar()

    def paper(
        self, name: str = "", *, version: int = 1, discipline: str = "materials-science", paper_id: int | None = None
    ) -> int:
        """A paper (or a further version of one); the id of its extraction."""
        self._papers += 1
        if paper_id is None:
            paper_id = self._one(
                "INSERT INTO paper (source, external_id, run_key) VALUES ('arxiv', :name, :run_key) RETURNING paper_id",
                name=name or f"2601.{self._papers:05d}",
            )
            self._one(
                "INSERT INTO paper_discipline (paper_id, taxonomy_version, discipline, is_primary, evidence_kind, evidence, run_key) "
                "VALUES (:paper_id, '1', :discipline, true, 'arxiv-category', 'x', :run_key) RETURNING paper_id",
                paper_id=paper_id, discipline=discipline,
            )  # fmt: skip
        version_id = self._one(
            "INSERT INTO paper_version (paper_id, version, run_key) VALUES (:paper_id, :version, :run_key) RETURNING paper_version_id",
            paper_id=paper_id, version=version,
        )  # fmt: skip
        self.state(version_id, "current")
        return self.extraction(version_id)

    def state(self, version_id: int, status: str) -> None:
        """A new state of the metadata."""
        self._one(
            "INSERT INTO paper_state (paper_version_id, title, license_class, status, state_sha256, run_key) "
            "VALUES (:id, 'A paper', 'cc-by', :status, :sha, :run_key) RETURNING 1",
            id=version_id, status=status, sha=hashlib.sha256(f"{version_id}{status}".encode()).hexdigest(),
        )  # fmt: skip

    def extraction(self, version_id: int, extractor_version: str = "1") -> int:
        """A reading of a paper version; its id."""
        document = self._blob(f"{version_id} {extractor_version}".encode(), "text/xml")
        return int(self._one(
            "INSERT INTO extraction (paper_version_id, outcome, document_sha256, extractor, extractor_version, title, run_key) "
            "VALUES (:id, 'extracted', :sha, 'jats', :version, 'A paper', :run_key) RETURNING extraction_id",
            id=version_id, sha=document, version=extractor_version,
        ))  # fmt: skip

    def version_of(self, extraction_id: int) -> int:
        """The paper version of an extraction."""
        return int(self._one("SELECT paper_version_id FROM extraction WHERE extraction_id = :id", id=extraction_id))

    def paper_of(self, extraction_id: int) -> int:
        """The paper of an extraction."""
        return int(
            self._one(
                "SELECT paper_id FROM paper_version JOIN extraction USING (paper_version_id) WHERE extraction_id = :id",
                id=extraction_id,
            )
        )

    def _blob(self, data: bytes, media_type: str) -> str:
        with self._context.ledger.begin() as connection:
            return self._context.blobs.register(connection, data, media_type, self._context.run.key)

    def figure(
        self, extraction_id: int, number: int = 1, *, caption: str = "", panels: Sequence[tuple[str, str]] = (),
        mentions: Sequence[str] = (), picture: bytes | None = None, kind: str = "chart", reject_slug: str | None = None,
        media_type: str = "image/png",
    ) -> int:  # fmt: skip
        """A figure with its picture; its id."""
        caption = caption or f"Yield over time in sample {number}."
        data = picture if picture is not None else png(number)
        image = self._blob(data, media_type)
        with Image.open(io.BytesIO(data)) as opened:
            width, height = opened.size
        self._one(
            "INSERT INTO picture (image_sha256, media_type, width, height, original_sha256, run_key) "
            "VALUES (:sha, :type, :width, :height, ARRAY[:sha], :run_key) ON CONFLICT DO NOTHING RETURNING 1",
            sha=image, type=media_type, width=width, height=height,
        )  # fmt: skip
        evidence = hashlib.sha256(dumps([number, caption, panels, mentions]).encode()).hexdigest()
        figure_id = self._one(
            "INSERT INTO figure (extraction_id, paper_version_id, locator, ordinal, label, author_caption, kind, image_sha256, reject_slug, "
            "evidence_sha256, extractor, extractor_version) SELECT extraction_id, paper_version_id, :locator, :number, :label, :caption, :kind, "
            ":image, :slug, :evidence, extractor, extractor_version FROM extraction WHERE extraction_id = :extraction RETURNING figure_id",
            extraction=extraction_id, locator=f"F{number}", number=number, label=f"Fig. {number}", caption=caption, kind=kind,
            image=image, slug=reject_slug, evidence=evidence,
        )  # fmt: skip
        for ordinal, (label, body) in enumerate(panels, 1):
            self._one("INSERT INTO panel (figure_id, ordinal, label, body) VALUES (:id, :n, :label, :body) RETURNING 1",
                      id=figure_id, n=ordinal, label=label, body=body)  # fmt: skip
        for ordinal, body in enumerate(mentions, 1):
            self._one("INSERT INTO mention (figure_id, ordinal, body, sentence, section, panels) VALUES (:id, :n, :body, '', 'Results', '{}') RETURNING 1",
                      id=figure_id, n=ordinal, body=body)  # fmt: skip
        return int(figure_id)

    def figures(self, count: int, **options: Any) -> list[int]:
        """A paper with so many figures, each with a picture of its own."""
        extraction = self.paper(**options)
        return [self.figure(extraction, number) for number in range(1, count + 1)]


@pytest.fixture
def library(context: Context) -> Library:
    """A builder of papers."""
    return Library(context)


class Office:
    """Runs stages on the test's ledger, each as a run of its own, and reads what is there."""

    def __init__(self, settings: Settings, ledger: Ledger) -> None:
        self.settings = settings
        self.ledger = ledger

    def run(self, stage: Any, **changes: Any) -> Any:
        """What a stage gives under a run of its own; changes are settings."""
        settings = self.settings.model_copy(update=changes)
        run = Run.start(self.ledger, RunIdentity.of_command("caption"))
        try:
            return stage(Context(settings, self.ledger, BlobStore(settings.blob_url), run))
        finally:
            run.finish("done")

    def rows(self, statement: str, **parameters: Any) -> list[dict[str, Any]]:
        """Rows of a query."""
        with self.ledger.begin() as connection:
            return [dict(row) for row in connection.execute(text(statement), parameters).mappings()]

    def counts(self) -> dict[str, int]:
        """Rows of every table that captioning writes."""
        tables = ("prompt", "model", "call", "route", "attempt", "attempt_outcome", "caption", "blob", "call_lease")
        return {name: self.rows(f"SELECT count(*) AS n FROM {name}")[0]["n"] for name in tables}


@pytest.fixture
def routed(tmp_path: Path, settings: Settings, ledger: Ledger, llm: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes an office whose routes send every figure to one model of the fake vendor (api, fields of the model)."""

    def make(
        api: str = "openai",
        *,
        budget: dict[str, Any] | None = None,
        rules: Sequence[Any] = (),
        settings_: dict[str, Any] | None = None,
        **model: Any,
    ) -> Office:
        base = llm.url if api == "anthropic" else f"{llm.url}/v1"
        prices = {"input": 2, "cached_input": 0.5, "cache_write": 3, "output": 10}
        content = {
            "providers": {"vendor": {"api": api, "base_url": base, "api_key_env": "VLLM_API_KEY"}, "offline": {"api": "extractive"}},
            "models": {
                "main": {"provider": "vendor", "model": "m-1", "family": "m", "usd_per_mtok": prices, "max_in_flight": 4} | model,
                "extract": {"provider": "offline", "model": "extractive-1", "family": "none"},
            },
            "policy": {"name": "test", "rules": list(rules), "default": "main"},
            "budget": budget or {},
        }  # fmt: skip
        path = tmp_path / "routes.yaml"
        path.write_text(json.dumps(content))
        monkeypatch.setenv("OMNISCI_ROUTES", str(path))
        changes = {"routes": path, "unknown_grace": 0.2, "call_timeout": 20.0} | (settings_ or {})
        return Office(settings.model_copy(update=changes), ledger)

    return make


@pytest.fixture
def offline(settings: Settings, ledger: Ledger) -> Office:
    """An office without a routes file."""
    return Office(settings, ledger)


@pytest.fixture
def depot() -> Iterator[Any]:
    """The fake vendor of batches."""
    server = llm_batches.BatchServer()
    yield server
    server.close()


@pytest.fixture
def batch_fault() -> type:
    """The faults that the fake vendor of batches understands."""
    return llm_batches.BatchFault


@pytest.fixture
def batched(tmp_path: Path, settings: Settings, ledger: Ledger, depot: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes an office whose routes send every figure to one model of the fake vendor of batches."""
    monkeypatch.setattr(rounds, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(collecting, "READ_AGAIN", 0.05)

    def make(api: str = "openai", *, budget: Any = None, rules: Sequence[Any] = (), **settings_: Any) -> Office:
        prices = {"input": 2, "cached_input": 0.5, "output": 10, "batch_factor": 0.5}
        models = {
            name: {"provider": "vendor", "model": name, "usd_per_mtok": prices, "max_output_tokens": 500}
            for name in ("m-1", "m-2")
        }
        content = {
            "providers": {
                "vendor": {
                    "api": api,
                    "base_url": depot.url if api == "anthropic" else f"{depot.url}/v1",
                    "api_key_env": "VLLM_API_KEY",
                },
                "offline": {"api": "extractive"},
            },
            "models": models | {"extract": {"provider": "offline", "model": "extractive-1", "family": "none"}},
            "policy": {"name": "test", "rules": list(rules), "default": "m-1"},
            "budget": budget or {},
        }
        path = tmp_path / "routes.yaml"
        path.write_text(json.dumps(content))
        monkeypatch.setenv("OMNISCI_ROUTES", str(path))
        changes = {"routes": path, "unknown_grace": 0.2, "call_timeout": 20.0} | settings_
        for name, value in changes.items():
            monkeypatch.setenv(f"OMNISCI_{name.upper()}", str(value))
        return Office(settings.model_copy(update=changes), ledger)

    return make
