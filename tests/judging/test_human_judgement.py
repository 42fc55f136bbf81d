"""The tool that correlates scorers with people: its statistics against plain computations, its overlaps against hand-made ones."""

from __future__ import annotations

import importlib.util
import itertools
import json
import math
import random
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from omnisci_etl.judging.evidence import Evidence
from omnisci_etl.judging.gate import DEFAULT_CHECKS
from omnisci_etl.judging.scorers import default_scorers

ROOT = Path(__file__).resolve().parents[2]


@cache
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("human_judgement", ROOT / "tools" / "human_judgement.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def tau_b(first: list[float], second: list[float]) -> float:
    """Kendall's tau-b pair by pair."""
    agree = ties_first = ties_second = total = 0
    for (a, b), (c, d) in itertools.combinations(zip(first, second, strict=True), 2):
        total += 1
        ties_first += a == c
        ties_second += b == d
        agree += int(np.sign(a - c) * np.sign(b - d))
    return agree / math.sqrt((total - ties_first) * (total - ties_second))


def sample(seed: int, size: int = 120, items: int = 14) -> tuple[list[float], list[float], list[int]]:
    draw = random.Random(seed)
    first = [float(draw.randint(0, 6)) for _ in range(size)]
    return first, [value + draw.randint(0, 4) for value in first], [draw.randrange(items) for _ in range(size)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_tau_is_that_of_its_definition_overall_and_within_items(seed: int) -> None:
    first, second, items = sample(seed)
    places = np.unique(items, return_inverse=True)[1]
    pairs = tool().Concordance(np.array(first), np.array(second), places)
    ones = np.ones((1, places.max() + 1))
    assert pairs.overall(ones)[0] == pytest.approx(tau_b(first, second))
    taus = []
    for item in set(items):
        mine = [n for n, other in enumerate(items) if other == item]
        x, y = [first[n] for n in mine], [second[n] for n in mine]
        if len(set(x)) > 1 and len(set(y)) > 1:
            taus.append(tau_b(x, y))
    assert pairs.within(ones)[0] == pytest.approx(np.mean(taus))


def test_a_drawn_item_counts_as_often_as_it_is_drawn() -> None:
    first, second, items = sample(4)
    places = np.unique(items, return_inverse=True)[1]
    weights = np.array([n % 3 for n in range(places.max() + 1)], dtype=float)
    again = [n for n, place in enumerate(places) for _ in range(int(weights[place]))]
    pairs = tool().Concordance(np.array(first), np.array(second), places)
    expected = tau_b([first[n] for n in again], [second[n] for n in again])
    assert pairs.overall(weights[None])[0] == pytest.approx(expected)


def test_rho_is_the_correlation_of_ranks() -> None:
    first, second, _ = sample(5)
    assert tool().ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [3.5, 1.0, 3.5, 2.0]
    ranks = [tool().ranks(np.array(values)) for values in (first, second)]
    found = tool().spearman(np.array(first), np.array(second), np.ones((1, len(first))))[0]
    assert found == pytest.approx(np.corrcoef(*ranks)[0, 1])


def test_intervals_are_the_same_each_time_and_hold_the_value() -> None:
    first, second, items = sample(6)
    judged = tool().Judged("x", [str(n) for n in items], [""] * len(items), [()] * len(items), {"said": second})
    rows = [
        tool().correlate(judged, {"first": lambda _: np.array(first), "flat": lambda _: np.ones(120)}) for _ in range(2)
    ]
    assert [row.measure for row in rows[0]] == ["first"]
    for statistic in ("overall", "within", "rho"):
        one, other = (found[0].interval(statistic) for found in rows)
        assert one == other
        assert one.low < one.value < one.high


def test_plain_overlaps() -> None:
    t = tool()
    text, reference = "the red cell grows", "The red cells grow."
    assert t.rouge_n(text, reference, 1) == pytest.approx(2 * 2 / 8)
    assert t.rouge_n(text, reference, 2) == pytest.approx(2 * 1 / 6)
    assert t.rouge_l("a b c d", "a x c b d") == pytest.approx(2 * 3 / 9)
    assert t.bleu("a b c d e", ["a b c d e"]) == pytest.approx(1.0)
    assert 0 < t.bleu("a b x d e", ["a b c d e"]) < 0.7
    assert t.bleu("a b", ["a b c d e f"]) < t.bleu("a b", ["a b c"])
    assert t.chrf("abc def", "abc def") == pytest.approx(1.0)
    assert t.chrf("abcdefgh", "abcdefgx") > t.chrf("abcdefgh", "axcxexgx") > t.chrf("abc", "xyz") == 0.0
    for measure in (t.rouge_l, t.chrf, lambda a, b: t.bleu(a, [b]), lambda a, b: t.rouge_n(a, b, 2)):
        assert measure("", "x") == 0.0


def test_a_measure_that_knows_its_own_tells_figures_apart() -> None:
    described = [(f"figure {n}", Evidence(f"figure {n}")) for n in range(30)]

    def knows(judged: object) -> np.ndarray:
        return np.array([float(text == refs[0]) for text, refs in judged.pairs])  # type: ignore[attr-defined]

    found = tool().mismatch(described, {"knows": knows, "blind": lambda judged: np.zeros(30)})
    assert (found["knows"].value, found["blind"].value) == (1.0, 0.5)


def test_charts_of_several_systems_are_compared_with_the_others(tmp_path: Path) -> None:
    rows = [
        {"image_path": "a", "sentences": ["One.", "Two."], "labels": [[], ["value_error"]]},
        {"image_path": "a", "sentences": ["Three."], "labels": [[]]},
        {"image_path": "b", "sentences": ["Four."], "labels": [["label_error"]]},
    ]
    (tmp_path / "c.json").write_text(json.dumps(rows), encoding="utf-8")
    several = tool().load_chocolate(tmp_path / "c.json", "x", with_others=True)
    assert several.pairs == [("One. Two.", ["Three."]), ("Three.", ["One. Two."])]
    assert list(several.ratings.values()) == [[0.5, 1.0]]
    alone = tool().load_chocolate(tmp_path / "c.json", "x", with_others=False)
    assert (len(alone.texts), alone.ratings["sentences without an error"]) == (3, [0.5, 1.0, 0.0])


def test_tables_replace_tables_and_nothing_else() -> None:
    t = tool()
    page = f"# Head\n\n{t.BEGIN}\nold\n{t.END}\n\n## Tail\n"
    once = t.write(page, "| a |\n")
    assert once == t.write(once, "| a |\n")
    assert once.startswith("# Head\n\n")
    assert once.endswith("\n\n## Tail\n")
    assert "old" not in once


def test_the_page_describes_every_scorer_with_its_threshold() -> None:
    page = (ROOT / "docs" / "scorers.md").read_text(encoding="utf-8")
    thresholds = {check.scorer: check.at_least for check in DEFAULT_CHECKS}
    for name in [*(scorer.name for scorer in default_scorers()), "similarity", "picture-similarity"]:
        assert f"### `{name}`" in page, name
        if name in thresholds:
            assert f"| `{name}` | {thresholds[name]} |" in page, name
    assert tool().BEGIN in page
    assert tool().END in page


@pytest.mark.realdata
def test_the_page_holds_no_text_of_the_data(realdata: Path) -> None:
    t = tool()
    page = (ROOT / "docs" / "scorers.md").read_text(encoding="utf-8")
    tables = " ".join(t.words(page.partition(t.BEGIN)[2].partition(t.END)[0]))
    texts = [text for text, _ in t.load_anafig(realdata / "human_judgement" / "anafig")]
    texts += t.load_chocolate(
        realdata / "human_judgement" / "chocolate" / "chocolate.json", "x", with_others=False
    ).texts
    assert len(texts) > 1000
    assert not any(" ".join(t.words(text)[:6]) in tables for text in texts if len(t.words(text)) >= 6)


@pytest.mark.realdata
def test_coverage_goes_with_people_better_than_plain_overlap_does(realdata: Path) -> None:
    """On captions of photographs, within a picture; without the embedding model, which makes it better still."""
    t = tool()
    folder = realdata / "human_judgement" / "thumb_mscoco"
    judged = t.load_thumb(folder, "x", "mscoco", ["human_score"])
    measures = {name: measure for name, measure in t.plain_measures().items() if name != "chrF"}
    rows = t.correlate(judged, measures | {"coverage": t.reference_measures()["its coverage"]})
    ours = next(row for row in rows if row.measure == "coverage").statistics["within"]
    for row in rows[:-1]:
        assert np.percentile(ours - row.statistics["within"], 2.5) > 0
