"""Judges that answer in process or over real HTTP, and routes that name them."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from omnisci_etl.captions import lane
from omnisci_etl.config import Settings
from omnisci_etl.context import Context
from omnisci_etl.ledger.blobs import BlobStore
from omnisci_etl.ledger.database import Ledger
from omnisci_etl.ledger.runs import Run, RunIdentity


def _fake(name: str) -> Any:
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, Path(__file__).parents[2] / "fakes" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


llm_server, fake_judges = _fake("llm_server"), _fake("judges")


@pytest.fixture
def judges() -> Any:
    """The module of fake judges."""
    return fake_judges


@pytest.fixture
def llm() -> Iterator[Any]:
    """A fake vendor."""
    server = llm_server.LLMServer()
    yield server
    server.close()


@pytest.fixture
def routes_file(settings: Settings, llm: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Writes a routes file: captioner `writer` (family w), judges `judge` (family j) and `kin` (family none)."""
    monkeypatch.setenv("VLLM_API_KEY", "sk-canary-0123456789abcdef")
    monkeypatch.setattr(lane, "BACKOFF", 0.05)

    def write(**changes: Any) -> Path:
        prices = {"input": 2, "output": 10}
        vendor = {"provider": "vendor", "usd_per_mtok": prices, "max_in_flight": 8}
        content = {
            "providers": {
                "vendor": {"api": "openai-compatible", "base_url": f"{llm.url}/v1", "api_key_env": "VLLM_API_KEY"},
                "offline": {"api": "extractive"},
            },
            "models": {
                "writer": {**vendor, "model": "w-1", "family": "w"}, "judge": {**vendor, "model": "j-1", "family": "j"},
                "kin": {**vendor, "model": "k-1", "family": "none"},
                "extract": {"provider": "offline", "model": "extractive-1", "family": "none"},
            },
            "policy": {"name": "test", "default": "extract"},
            "judges": {"caption": ["judge"], "claims": ["judge"]},
        } | changes  # fmt: skip
        path = tmp_path / "routes.yaml"
        path.write_text(json.dumps(content))
        monkeypatch.setenv("OMNISCI_ROUTES", str(path))
        return path

    return write


@pytest.fixture
def at_work(settings: Settings, ledger: Ledger) -> Callable[..., Any]:
    """Runs a stage under a run of its own, with the routes file given."""

    def work(stage: Callable[[Context], Any], routes: Path) -> Any:
        changed = settings.model_copy(update={"routes": routes, "call_timeout": 20.0, "unknown_grace": 0.2})
        run = Run.start(ledger, RunIdentity.of_command("judge"))
        try:
            return stage(Context(changed, ledger, BlobStore(changed.blob_url), run))
        finally:
            run.finish("done")

    return work
