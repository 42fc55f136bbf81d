"""Intervals, comparisons in both orders, and the strength of models."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.judging.judge import statistics
from omnisci_etl.judging.judge.pairs import Comparison, Outcome, bradley_terry, standings


def test_shares_have_wilsons_interval() -> None:
    found = statistics.share(8, 10)
    assert found is not None
    # Wilson (1927) for 8 of 10.
    assert (found.low, found.high) == (pytest.approx(0.4902, abs=1e-4), pytest.approx(0.9433, abs=1e-4))
    assert statistics.share(0, 0) is None


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(1, 12.706), (2, 4.303), (3, 3.182), (5, 2.571), (11, 2.201), (30, 2.042), (1000, 1.962)]
)
def test_students_quantile_is_that_of_the_tables(freedom: int, quantile: float) -> None:
    assert statistics.quantile_t(freedom) == pytest.approx(quantile, abs=0.01)


def test_means_have_students_interval() -> None:
    found = statistics.mean([1.0, 2.0, 3.0])
    assert found is not None
    assert (found.value, found.high) == (2.0, pytest.approx(2 + 4.303 / math.sqrt(3), abs=1e-3))
    assert statistics.mean([1.0]) is None
    assert statistics.correlation([1, 2, 3], [0.1 + 0.2, 0.3, 0.3]) == 0.0
    assert statistics.correlation([1, 2, 3], [2, 4, 6]) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("answer", "swapped", "outcome", "consistent"),
    [
        ("first", "second", "caption", True), ("second", "first", "other", True), ("tie", "tie", "tie", True),
        ("first", "first", "tie", False), ("second", "second", "tie", False), ("first", "tie", "tie", False),
        ("tie", "second", "tie", False),
    ],
)  # fmt: skip
def test_answers_that_name_different_captions_are_a_tie(answer, swapped, outcome, consistent) -> None:
    comparison = Comparison(answer, swapped)
    assert (comparison.outcome, comparison.consistent) == (outcome, consistent)


def test_strengths_are_found_again() -> None:
    strengths = {"a": 1.0, "b": 0.0, "c": -1.0}
    rng = random.Random(7)
    games: list[tuple[str, str, Outcome]] = []
    for _ in range(3000):
        one, other = rng.sample(sorted(strengths), 2)
        p = 1 / (1 + math.exp(strengths[other] - strengths[one]))
        games.append((one, other, "caption" if rng.random() < p else "other"))
    found = {row.model: row for row in standings(games)}
    assert [row.model for row in standings(games)] == ["a", "b", "c"]
    assert all(found[name].strength == pytest.approx(value, abs=0.15) for name, value in strengths.items())
    # The mean of its chances against b and c: 0.731 and 0.881.
    assert found["a"].wins.low < 0.806 < found["a"].wins.high


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from("xyz"), st.sampled_from(["caption", "other", "tie"])),
        max_size=30,
    )
)
@settings(max_examples=40, deadline=None)
def test_strengths_are_finite_and_their_mean_is_0(games: list[tuple[str, str, Outcome]]) -> None:
    rows = standings(games)
    assert all(math.isfinite(row.strength) for row in rows)
    assert sum(row.strength for row in rows) == pytest.approx(0, abs=1e-6)
    assert all(0 <= row.wins.value <= 1 for row in rows)


def test_a_model_that_never_lost_has_a_finite_strength() -> None:
    found = bradley_terry(["a", "b"], {("a", "b"): 10.0, ("b", "a"): 0.0})
    assert 1 < found["a"] < 5
    assert standings([]) == []
