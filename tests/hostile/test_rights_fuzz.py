"""Rights statements, credit lines and subjects that mean harm: no crash, no long search, always one of the known answers."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.papers.credits import credit
from omnisci_etl.papers.disciplines import load
from omnisci_etl.papers.licences import licence_class, licence_uri

_TEXT = (
    "reproduced adapted modified from after with permission of Smith et al. (2010) [12] [citation] ref. 5 Figure 3 image photo map © "
    "(c) 2019 Copyright the authors BioRender Source: Credit: courtesy CC BY NC-ND 4.0 creative commons attribution zero "
    "https://creativecommons.org/licenses/by/ http://arxiv.org/licenses/ public domain data values software version ; . ( ) \x00 \ud7ff"
)
WORDS = _TEXT.split(" ")
CLASSES = {"cc-by", "cc-by-sa", "cc0", "cc-by-nc", "cc-by-nc-sa", "cc-by-nd", "cc-by-nc-nd", "arxiv-nonexclusive", "all-rights-reserved",
           "unknown"}  # fmt: skip
SECONDS = 4.0


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=6), max_size=30).map(" ".join))
def test_any_text_has_an_answer(text: str) -> None:
    assert licence_class(text) in CLASSES
    uri = licence_uri(text)
    assert uri is None or licence_class(uri) == licence_class(text)
    found = credit(text)
    assert found is None or found.sentence in text
    assert {one.discipline for one in load().classify(subjects=[text], codes=[text], openalex_fields=[text])} <= set(
        load().names
    )


@pytest.mark.parametrize(
    "unit",
    [
        "reproduced ", "image ", "image from ", "© ", "reproduced from A ", "Adapted from ", "Van ", "source: ", "modified and ",
        "picture by ", "adapted from Van De ", "(c) 2019 ", "figure 1 of ", "credits to ", "software ", "permission ", "used ", "from ",
        "version 1 ", " [", "http://", "A.", "matlab copyright ", "cc by ", "creative commons attribution ", "CC BY-NC-", "non", "arxiv ",
        "creativecommons.org/licenses/", "1-", "a\u2010", "((((", "\u00a0", "Xx, ",
    ],
)  # fmt: skip
def test_repetition_costs_no_time(unit: str) -> None:
    text = unit * (400_000 // len(unit))
    started = time.perf_counter()
    credit(text)
    licence_class(text)
    licence_uri(text)
    assert time.perf_counter() - started < SECONDS


def test_a_caption_of_ten_megabytes_is_searched_at_both_ends() -> None:
    filler = "The sample was measured again at 5 K. " * 260_000
    started = time.perf_counter()
    assert credit(f"Created with BioRender. {filler}") is not None
    assert credit(f"{filler}Reproduced with permission from Elsevier.") is not None
    assert credit(filler) is None
    assert time.perf_counter() - started < SECONDS
