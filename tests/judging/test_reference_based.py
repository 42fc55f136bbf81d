from __future__ import annotations

from importlib.util import find_spec

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.judging import reference_based as module
from omnisci_etl.judging.reference_based import coverage, nearness, reference_based
from omnisci_etl.judging.scorers.similarity import embedding_missing

needs_model = pytest.mark.skipif(embedding_missing() is not None, reason=str(embedding_missing()))
YEAST = ("Yeast cells in a dish.", "A dish with yeast.", "Round yeast colonies on agar.")
TRAIN = ("A red train at a platform.", "Train waits in the station.")


def test_coverage_weighs_terms_by_consensus_and_rarity() -> None:
    common, lone, none = coverage([("Yeast.", YEAST), ("Agar.", YEAST), ("Train.", YEAST)])
    assert common > lone > none == 0.0
    shared = ("Yeast on agar.", "Beads on agar.")
    rare, everywhere = coverage([("Beads.", shared), ("Agar.", shared), ("x", ("Agar gel.",)), ("x", ("Agar film.",))])[
        :2
    ]
    assert rare > everywhere / 2


def test_a_text_that_holds_all_terms_is_covered_and_more_is_not_worse() -> None:
    whole = " ".join(YEAST)
    exact, more = coverage([(whole, YEAST), (whole + " Taken with a phone in 2019.", YEAST)])
    assert exact == more == pytest.approx(1.0)


def test_without_references_or_terms_there_is_nothing_to_cover() -> None:
    assert coverage([("Yeast.", ()), ("Yeast.", ("",)), ("", YEAST)]) == [0.0, 0.0, 0.0]
    assert coverage([]) == []


@settings(max_examples=40, deadline=None)
@given(pairs=st.lists(st.tuples(st.text(max_size=40), st.lists(st.text(max_size=40), max_size=3)), max_size=5))
def test_coverage_lies_between_0_and_1(pairs: list[tuple[str, list[str]]]) -> None:
    assert all(0.0 <= value <= 1.0 + 1e-9 for value in coverage(pairs))


def test_without_the_extra_coverage_stands_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "embedding_missing", lambda: "no")
    pairs = [("Yeast in a dish.", YEAST)]
    assert reference_based(pairs) == coverage(pairs)


@pytest.mark.skipif(find_spec("sentence_transformers") is not None, reason="the extra is there")
def test_nearness_needs_the_extra() -> None:
    with pytest.raises(RuntimeError, match="embed"):
        nearness([("Yeast.", YEAST)])


@pytest.mark.embed
@needs_model
def test_nearness_knows_other_words_for_the_same() -> None:
    same, other, own = nearness(
        [
            ("Colonies of fungi growing in a petri dish.", YEAST),
            ("A locomotive on rails.", YEAST),
            (YEAST[0], YEAST[:1]),
        ]
    )
    assert 0.0 <= other < same < own
    assert own == pytest.approx(1.0, abs=2e-3)
    assert nearness([("", YEAST), ("Yeast.", ()), ("Yeast.", ("",))]) == [0.0, 0.0, 0.0]
    assert nearness([]) == []
    assert nearness([("", ("",))]) == [0.0]


@pytest.mark.embed
@needs_model
def test_own_references_are_nearer() -> None:
    values = reference_based([("A train in a station.", TRAIN), ("A train in a station.", YEAST)])
    assert 1.0 >= values[0] > values[1] >= 0.0
