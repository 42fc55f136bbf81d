"""Caption and evidence pairs of pairs.yaml: every test that asks for `pair` runs once for each."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from omnisci_etl.judging.evidence import Candidate, Evidence


def _share(name: str) -> None:
    """Makes a module beside this one importable by its bare name, which importlib mode does not."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec
    assert spec.loader
    sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[name])


for shared in ("faults", "fault_corpus", "fault_rates"):
    _share(shared)

ENTRIES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "pairs.yaml").read_text(encoding="utf-8"))


def _candidate(entry: dict[str, Any]) -> Candidate:
    evidence = Evidence(
        author_caption=entry["author_caption"],
        panel_labels=tuple(entry.get("panel_labels", ())),
        mentions=tuple(entry["mentions"]),
        label=entry["label"],
        title=entry["title"],
    )
    return Candidate(entry["body"], tuple(entry.get("panels", {}).items()), evidence)


PAIRS = {entry["id"]: _candidate(entry) for entry in ENTRIES}


@pytest.fixture
def pairs() -> list[Candidate]:
    return list(PAIRS.values())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "pair" in metafunc.fixturenames:
        metafunc.parametrize("pair", PAIRS.values(), ids=PAIRS)
