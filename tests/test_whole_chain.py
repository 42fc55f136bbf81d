"""From papers to a release through the command line, with a fake vendor behind every model, and all of it twice."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import text

from omnisci_etl import cli
from omnisci_etl.config import Settings
from omnisci_etl.demo.run import papers_folder
from omnisci_etl.ledger.database import Ledger

KEYS = {
    "OPENAI_API_KEY": "sk-canary-openai-1",
    "ANTHROPIC_API_KEY": "sk-canary-claude-2",
    "VLLM_API_KEY": "sk-canary-vllm-3",
}
STEPS = (["caption"], ["score"], ["sample", "--size", "8"], ["export"])
CHOSEN = ("natcomms/perovskite-cycling", "natcomms/sweat-patch", "arxiv/menu-costs", "arxiv/foam-jamming.tar.gz")


@pytest.fixture
def vendor() -> Iterator[Any]:
    """The fake vendor of all three APIs; it keeps its own bill."""
    path = Path(__file__).parent / "fakes" / "llm_server.py"
    spec = importlib.util.spec_from_file_location("whole_chain_llm_server", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    server = module.LLMServer()
    yield server
    server.close()


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """Some of the bundled papers, as a folder of their own."""
    folder = tmp_path / "papers"
    for name in CHOSEN:
        source = papers_folder() / name
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        _copy(source, folder / name)
        sidecar = Path(f"{source}.yaml")
        if sidecar.exists():
            _copy(sidecar, Path(f"{folder / name}.yaml"))
    return folder


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        target.mkdir(parents=True)
        for one in source.iterdir():
            _copy(one, target / one.name)
    else:
        target.write_bytes(source.read_bytes())


@pytest.fixture
def omnisci(
    settings: Settings, vendor: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Any]:
    """Runs a command with the routes of this test; its JSON."""
    base = vendor.url.rstrip("/")
    routes = {
        "providers": {
            "openai": {"api": "openai", "api_key_env": "OPENAI_API_KEY", "base_url": f"{base}/v1"},
            "claude": {"api": "anthropic", "api_key_env": "ANTHROPIC_API_KEY", "base_url": base},
            "box": {"api": "openai-compatible", "api_key_env": "VLLM_API_KEY", "base_url": f"{base}/v1"},
        },
        "models": {
            "cheap": {"provider": "openai", "model": "small", "family": "gpt", "usd_per_mtok": {"input": 1, "cached_input": 0.1, "output": 2}},
            "strong": {"provider": "claude", "model": "large", "family": "claude", "usd_per_mtok": {"input": 4, "output": 20}},
            "local": {"provider": "box", "model": "open", "family": "qwen", "usd_per_mtok": {"input": 0.5, "output": 1}},
        },
        "policy": {
            "name": "test", "mode": "rules", "default": "cheap",
            "rules": [{"when": {"discipline": ["economics"]}, "use": "local"}, {"when": {"panels_at_least": 2}, "use": "strong"}],
        },
    }  # fmt: skip
    (tmp_path / "routes.yaml").write_text(yaml.safe_dump(routes))
    monkeypatch.setenv("OMNISCI_ROUTES", str(tmp_path / "routes.yaml"))
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)

    def run(*arguments: str) -> Any:
        monkeypatch.setattr(sys, "argv", ["omnisci", *arguments, "--json"])
        cli.app(standalone_mode=False)
        return json.loads(capsys.readouterr().out)

    return run


def test_everything_twice(
    omnisci: Callable[..., Any], papers: Path, vendor: Any, ledger: Ledger, table_hashes: Callable[[], dict[str, str]]
) -> None:
    ingested = omnisci("ingest", "folder", "--path", str(papers))
    assert (ingested["read"], ingested.get("figures_rejected", 0)) == (len(CHOSEN), 0)
    planned = omnisci("plan", "caption")
    first = {step[0]: omnisci(*step) for step in STEPS}
    figures = ingested["figures_kept"]
    assert first["caption"]["captioned"] == figures
    assert sum(row["calls"] for row in planned) == len(vendor.answered()) == figures
    assert first["export"]["rows"] == first["score"]["accepted"] > 0

    with ledger.read() as connection:
        lineage = [dict(row) for row in connection.execute(text("SELECT * FROM lineage")).mappings()]
        spend = {
            row.model: (row.i, row.o)
            for row in connection.execute(
                text(
                    "SELECT model, sum(input_tokens)::bigint AS i, sum(output_tokens)::bigint AS o FROM spend GROUP BY model"
                )
            )
        }
        exported = connection.execute(
            text("SELECT count(*), count(DISTINCT (shard, row_no)) FROM export_lineage")
        ).one()
    wanted = (
        "provider",
        "model_requested",
        "model_resolved",
        "prompt_sha256",
        "call_id",
        "request_id",
        "run_id",
        "cost_usd",
        "decision",
    )
    assert not [row["caption_id"] for row in lineage if any(row[name] is None for name in wanted)]
    assert {row["model_requested"] for row in lineage} == {"small", "large", "open"}
    assert spend == bill(vendor)
    assert tuple(exported) == (first["export"]["rows"],) * 2

    before = table_hashes()
    assert omnisci("ingest", "folder", "--path", str(papers)).get("read", 0) == 0
    second = {step[0]: omnisci(*step) for step in STEPS}
    assert table_hashes() == before
    assert len(vendor.answered()) == figures
    assert (second["caption"]["figures"], second["score"]["captions"]) == (0, 0)
    assert second["export"]["export_id"] == first["export"]["export_id"]
    assert omnisci("verify")["faults"] == []


def bill(vendor: Any) -> dict[str, tuple[int, int]]:
    """Tokens in and out by model as the vendor charged them."""
    into: Counter[str] = Counter()
    out: Counter[str] = Counter()
    for row in vendor.answered():
        into[row["model"]] += row["input_tokens"]
        out[row["model"]] += row["output_tokens"]
    return {model: (into[model], out[model]) for model in into}


def test_no_key_is_written_anywhere(
    omnisci: Callable[..., Any], papers: Path, ledger: Ledger, settings: Settings
) -> None:
    omnisci("ingest", "folder", "--path", str(papers))
    for step in STEPS:
        omnisci(*step)
    with ledger.engine.connect() as connection:
        tables = (
            connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'omnisci'")).scalars().all()
        )
        for table in tables:
            found = connection.execute(
                text(f"SELECT count(*) FROM omnisci.{table} t WHERE t::text LIKE '%sk-canary%'")
            ).scalar()
            assert found == 0, table
    for path in settings.home_dir.rglob("*"):
        assert not path.is_file() or b"sk-canary" not in path.read_bytes(), path
