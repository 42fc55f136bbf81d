"""Words of both spellings of English are one, and words that are alike by chance are not."""

from __future__ import annotations

import pytest

from omnisci_etl.judging.terms import VISUAL, level, stem


@pytest.mark.parametrize(
    ("british", "american"),
    [
        ("behaviours", "behaviors"), ("neighbouring", "neighboring"), ("tumour", "tumor"), ("centred", "centered"),
        ("pericentre", "pericenter"), ("fibres", "fibers"), ("modelling", "modeling"), ("haemoglobin", "hemoglobin"),
        ("oestrogen", "estrogen"), ("sulphate", "sulfate"), ("catalysed", "catalyzed"), ("normalised", "normalized"),
    ],
)  # fmt: skip
def test_british_and_american_words_have_one_stem(british: str, american: str) -> None:
    assert stem(british) == stem(american)


@pytest.mark.parametrize(
    ("one", "other"), [("four", "for"), ("source", "sore"), ("cell", "cel"), ("genre", "gener"), ("hour", "hor")]
)
def test_other_words_keep_their_letters(one: str, other: str) -> None:
    assert stem(one) != stem(other)


@pytest.mark.parametrize(
    "word", ["southern", "rim", "ascending", "indistinguishable", "fades", "screenshot", "eighteen"]
)
def test_words_of_what_is_seen_say_nothing_of_a_topic(word: str) -> None:
    assert level(stem(word)) == VISUAL
