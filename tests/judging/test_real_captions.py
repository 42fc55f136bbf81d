"""The scorers on the captions of real articles, whose own text is their evidence."""

from __future__ import annotations

import random
import re
from dataclasses import replace
from pathlib import Path

import pytest
from lxml import etree

from omnisci_etl.judging.evidence import Candidate, Evidence
from omnisci_etl.judging.numbers import find_quantities
from omnisci_etl.judging.scorers.numbers_grounded import NumbersGrounded
from omnisci_etl.judging.scorers.self_contained import SelfContained

pytestmark = pytest.mark.realdata
DIGIT = re.compile(r"[0-9]")
NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*")


def text_of(element: etree._Element) -> str:
    return " ".join("".join(str(piece) for piece in element.itertext()).split())


def captions_of(path: Path) -> list[Candidate]:
    tree = etree.parse(str(path), etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False))
    for formula in tree.iter("{*}tex-math"):
        formula.text = ""
    paragraphs = [text_of(p) for p in tree.iter("{*}p")]
    found = []
    for number, figure in enumerate(tree.iter("{*}fig"), 1):
        caption = figure.find("{*}caption")
        if caption is not None:
            mentions = tuple(p for p in paragraphs if re.search(rf"Fig\. {number}[^0-9]", p))[:4]
            found.append(
                Candidate(text_of(caption), (), Evidence(text_of(caption), (), mentions, label=f"Fig. {number}"))
            )
    return found


@pytest.fixture(scope="module")
def captions(realdata: Path) -> list[Candidate]:
    found = [c for path in sorted(realdata.glob("natcomms_jats/*/*.xml")) for c in captions_of(path)]
    assert len(found) > 100
    return found


def test_every_number_of_an_author_caption_is_grounded_in_it(captions: list[Candidate]) -> None:
    assert all(score.value == 1.0 for score in NumbersGrounded().score(captions))
    for caption in captions:
        # As if no sentence were quoted, so that every number is looked up.
        caption.__dict__["_sides"] = caption, replace(caption, body="", panels=())
    scores = NumbersGrounded().score(captions)
    assert sum(score.detail["stated"] for score in scores) > 1000
    assert all(score.value == 1.0 for score in scores)


def test_digits_changed_to_numbers_that_stand_nowhere_are_found(captions: list[Candidate]) -> None:
    chooser = random.Random(5)
    spoiled = []
    for caption in captions:
        sure = [q for q in find_quantities(caption.body) if q.sure]
        for quantity in chooser.sample(sure, min(3, len(sure))):
            digit = DIGIT.search(caption.body, quantity.start, quantity.end)
            if digit:
                other = str((int(digit[0]) + chooser.randint(1, 8)) % 10)
                body = caption.body[: digit.start()] + other + caption.body[digit.end() :]
                number = NUMBER.match(body, quantity.start)
                if number and number[0] not in NUMBER.findall(caption.evidence.text):
                    spoiled.append(replace(caption, body=body))
    values = [score.value for score in NumbersGrounded().score(spoiled)]
    assert len(values) > 150
    assert sum(value < 1.0 for value in values) / len(values) > 0.95


def test_author_captions_are_not_taken_for_cut_ones(captions: list[Candidate]) -> None:
    kinds = [f["kind"] for score in SelfContained().score(captions) for f in score.detail["findings"]]
    assert "cut-off" not in kinds
    assert "latex" not in kinds
    assert {"other-figure", "supplement", "bibliography"} <= set(kinds)
