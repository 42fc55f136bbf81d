"""`omnisci judge`: in a process of its own, over real HTTP."""

from __future__ import annotations

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from omnisci_etl import cli

Run = Callable[..., tuple[int, str, str]]


def _fake(name: str) -> Any:
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, Path(__file__).parents[1] / "fakes" / f"{name}.py")
        assert spec
        assert spec.loader
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


llm_server, judges = _fake("llm_server"), _fake("judges")


@pytest.fixture
def llm() -> Iterator[Any]:
    server = llm_server.LLMServer()
    server.content_of = judges.over_http(judges.FakeJudge())
    yield server
    server.close()


@pytest.fixture
def omnisci(
    settings: Any, llm: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Run:
    """Runs a command with a routes file whose judge is of the given family; exit code, output and errors."""

    def run(*arguments: str, family: str = "j") -> tuple[int, str, str]:
        vendor = {"provider": "vendor", "usd_per_mtok": {"input": 1, "output": 2}, "max_in_flight": 8}
        path = tmp_path / "routes.yaml"
        path.write_text(json.dumps({
            "providers": {"vendor": {"api": "openai-compatible", "base_url": f"{llm.url}/v1"}, "offline": {"api": "extractive"}},
            "models": {"extract": {"provider": "offline", "model": "e", "family": "none"},
                       "judge": {**vendor, "model": "j-1", "family": family}},
            "policy": {"name": "p", "default": "extract"}, "judges": {"caption": ["judge"], "claims": ["judge"]},
        }))  # fmt: skip
        monkeypatch.setenv("OMNISCI_ROUTES", str(path))
        monkeypatch.setattr("sys.argv", ["omnisci", *arguments])
        with pytest.raises(SystemExit) as end:
            cli.main()
        said = capsys.readouterr()
        return int(end.value.code or 0), said.out, said.err

    return run


@pytest.fixture
def one(library: Any) -> int:
    return int(library.caption(library.figure(), "Yield of 5 mM samples. The yield of the blank is 900 mM."))


def test_a_caption_is_judged_and_shown(omnisci: Run, one: int, llm: Any) -> None:
    code, said, _ = omnisci("judge", "show", str(one))
    assert (code, "not judged yet" in said) == (0, True)
    code, said, error = omnisci("judge", "run", "--json")
    assert (code, error) == (0, "")
    assert json.loads(said) == {"captions": 1, "examined": 1, "claims": 2, "left": 0, "judged": 1, "failed": 0}
    assert len(llm.bill) == 3
    code, said, _ = omnisci("judge", "show", str(one))
    assert "4 factual_accuracy (j-1): Of factual_accuracy." in said
    assert '2. contradicted: The yield of the blank is 900 mM.: "another number is given"' in said
    code, said, _ = omnisci("judge", "show", str(one), "--json")
    shown = json.loads(said)
    assert [claim["verdict"] for claim in shown["claims"]] == ["supported-by-text", "contradicted"]
    assert set(shown["scores"]) == {"judge", "claims-faithful", "claims-covered"}
    assert omnisci("judge", "run")[1] == "judge run: captions 0\n"
    assert omnisci("judge", "show", "12345")[0] == 2


def test_an_honest_judge_gets_a_clean_bill(omnisci: Run) -> None:
    code, said, error = omnisci("judge", "audit", "--items", "6")
    assert code == 0
    assert "judge: 78 questions, about $" in error
    assert "no bias found" in said
    assert "vendor/j-1 (j-1-2026-08-01), 6 items" in said


@pytest.mark.parametrize(
    ("habit", "words"), [("first", "position bias: prefers the first"), ("longest", "prefers the longer")]
)
def test_a_biased_judge_is_called_so_and_the_command_ends_well(omnisci: Run, llm: Any, habit: str, words: str) -> None:
    llm.content_of = judges.over_http(judges.FakeJudge(habit))
    code, said, _ = omnisci("judge", "audit", "--items", "6", "--json")
    told = json.loads(said)
    assert code == 0
    assert told["biases"] >= 1
    assert told["estimated_usd"] > 0
    assert any(words in row["verdict"] and row["outcome"] == "biased" for row in told["findings"])


@pytest.mark.parametrize("command", [["run"], ["audit"], ["audit", "--model", "judge"], ["compare"]])
def test_a_judge_of_the_captioners_own_family_is_refused(omnisci: Run, one: int, llm: Any, command: list[str]) -> None:
    code, said, error = omnisci("judge", *command, family="none")
    assert (code, said) == (2, "")
    assert error.count("\n") == 1
    assert "own family 'none'" in error
    assert llm.asked == []


def test_captioners_are_compared(omnisci: Run, library: Any) -> None:
    assert "nothing to compare" in omnisci("judge", "compare")[1]
    figure = library.figure()
    library.caption(figure, "Yield of 5 mM samples.", model="good")
    library.caption(figure, "Yield of 900 mM samples.", model="bad")
    code, said, _ = omnisci("judge", "compare", "--json")
    assert code == 0
    told = json.loads(said)
    assert told["compared"] == 1
    assert [(row["model"], row["win_rate"]) for row in told["standings"]] == [("good", 1.0), ("bad", 0.0)]
