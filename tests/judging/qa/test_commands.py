"""`omnisci qa` as a user meets it."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pkgutil import resolve_name
from typing import Any

import pytest

from omnisci_etl import cli
from omnisci_etl.captions import process

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def omnisci(school: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command in this process, stages that ask models included: (exit code, output, errors)."""

    def in_process(context: Any, target: str, options: dict[str, Any]) -> Any:
        return resolve_name(target)(context, **options)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["omnisci", "qa", *arguments])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return int(ended.value.code or 0), said.out, said.err

    monkeypatch.setattr(process, "run", in_process)
    return run


def test_the_whole_way_from_questions_to_a_benchmark(school: Any, omnisci: Run) -> None:
    for _ in range(2):
        figure = school.figure()
        school.caption(figure, school.truth(figure))
        school.caption(figure, "Nothing of it.", "poor")
    code, said, _ = omnisci("report")
    assert (code, said.count("nothing answered yet")) == (0, 1)
    code, said, _ = omnisci("write", "--json")
    assert (code, json.loads(said)["figures"]) == (0, 2)
    code, said, _ = omnisci("run", "--captions", "all")
    assert code == 0
    assert "captions 8" in said
    code, said, _ = omnisci("report", "--by", "model", "--json")
    found = json.loads(said)
    assert {row["model"]: row["accuracy"] for row in found["results"]}["cap-1"] == 1.0
    assert {row["answerer"] for row in found["answerers"]} == {"one-1", "two-1"}
    assert "accuracy" in omnisci("report")[1]
    code, said, _ = omnisci("benchmark", "--model", "cap", "--model", "poor", "--json")
    found = json.loads(said)
    assert code == 0
    assert found["counts"]["answers"] == 0
    assert [row["captioner"] for row in found["results"]] == ["cap", "poor"]
    assert found["differences"][0]["mean_score"] < 0
    path = school.file("theirs.jsonl", [{"figure_id": figure, "caption": school.truth(figure)}])
    code, said, _ = omnisci("benchmark", "--model", "poor", "--captions", f"theirs={path.name}", "--by", "kind")
    assert code == 0
    assert "theirs" in said


def test_what_is_left_ends_with_one(school: Any, omnisci: Run) -> None:
    school.caption(school.figure(), "x")
    school.models.states = {"writer": "left"}
    code, said, error = omnisci("run", "--captions", "all")
    assert (code, said) == (1, "")
    assert error.startswith("omnisci: ")
    assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("run", "--captions", "some"), "use one of sample, accepted, all"),
        (("run",), "omnisci sample"),
        (("report", "--by", "colour"), "use one of model, kind, discipline, sort"),
        (("benchmark",), "nobody is named"),
        (("benchmark", "--model", "nobody"), "there is no model 'nobody'"),
        (("benchmark", "--captions", "file.jsonl"), "NAME=FILE"),
        (("benchmark", "--model", "cap", "--by", "model"), "use one of kind, discipline, sort"),
        (("write", "--discipline", "alchemy"), "alchemy"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else None,
)
def test_faults_are_one_line_and_end_with_two(omnisci: Run, arguments: tuple[str, ...], word: str) -> None:
    code, said, error = omnisci(*arguments)
    assert (code, said) == (2, "")
    assert word in error
    assert error.count("\n") == 1


def test_without_judges_the_routes_file_is_named(school: Any, omnisci: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    school.caption(school.figure(), "x")
    monkeypatch.delenv("OMNISCI_ROUTES")
    code, _, error = omnisci("run", "--captions", "all")
    assert code == 2
    assert "judges.qa_writer" in error
