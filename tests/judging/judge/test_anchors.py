"""The bundled anchors, and the versions of them whose worth is known."""

from __future__ import annotations

from random import Random

import pytest

from omnisci_etl.judging.judge import anchors, faults
from omnisci_etl.judging.numbers import find_quantities, grounds, offered
from omnisci_etl.judging.scorers import NumbersGrounded, PanelsCovered, SelfContained


def test_the_captions_of_the_anchors_are_true_and_complete() -> None:
    good = [anchor.candidate for anchor in anchors.load()]
    assert len(good) >= 10
    for scorer in (NumbersGrounded(), PanelsCovered(), SelfContained()):
        assert [score.value for score in scorer.score(good)] == [1.0] * len(good)


def test_items_are_always_the_same_and_differ_from_turn_to_turn() -> None:
    count = 2 * len(anchors.load())
    assert anchors.items(count) == anchors.items(count)
    assert len({(item.faulty.body, item.faulty.panels) for item in anchors.items(count)}) == count
    assert anchors.sha256(12) != anchors.sha256(13)
    assert [item.name for item in anchors.items(3)] == [item.name for item in anchors.items(count)][:3]


@pytest.mark.parametrize("item", anchors.items(15), ids=lambda item: item.name)
def test_versions_are_worth_what_they_are_said_to_be(item: anchors.Item) -> None:
    offers = [offered(line) for line in item.good.evidence.text.split("\n")]

    def wrong(text: str) -> int:
        return sum(one.sure and not grounds(offers, one) for one in find_quantities(text))

    for version in (item.good, item.reworded, item.longer, item.longest):
        assert sum(wrong(text) for _, text in version.parts) == 0
    assert sum(wrong(text) for _, text in item.faulty.parts) >= 1
    assert len(item.good.body) < len(item.longer.body) < len(item.longest.body)
    for sentence in item.good.body.split(". "):
        assert sentence.rstrip(".") in item.longest.body
    assert item.pleading.body.startswith(item.faulty.body)
    assert len(item.pleading.body.split()) == pytest.approx(len(item.remarking.body.split()), abs=2)


def test_faults_that_have_no_place_change_nothing() -> None:
    plain = anchors.load()[0].candidate
    assert faults.wrong_number("No number here.", plain, Random(0)) == "No number here."
    assert faults.reversed_direction("Nothing moves.", Random(0)) == "Nothing moves."
    assert faults.reversed_direction("It rises.", Random(0)) == "It falls."
