"""Quotations and the texts that they are looked up in."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.judging.claims.matching import Source, content_words, names, negated, share

TEXT = "The mean diameter of 400 grains grew from 310\u202fnm to 540 nm — “as shown” in films <2 µm & more."


@pytest.mark.parametrize(
    "quote",
    [
        "mean diameter of 400 grains",
        "THE MEAN DIAMETER",
        '"grew from 310 nm to 540 nm"',
        "the mean diameter … 540 nm",
        "The mean diameter [...] to 540 nm.",
        'nm - "as shown" in films',
        "films &lt;2 μm &amp; more",
        "  mean\n diameter ",
    ],
)
def test_a_quotation_stands_however_it_is_typeset(quote: str) -> None:
    assert Source(TEXT).holds(quote)


@pytest.mark.parametrize(
    "quote",
    [
        "", "…", "nm", "a", "ean diameter", "mean diamete", "grew from 310 nm to 640 nm", "540 nm … 310 nm", "31 nm",
        "grains of 400", "to 54",
    ],
)  # fmt: skip
def test_what_does_not_stand_there_is_no_quotation(quote: str) -> None:
    assert not Source(TEXT).holds(quote)


@given(st.text(min_size=1, max_size=60), st.text(max_size=30), st.text(max_size=30))
@settings(max_examples=60, deadline=None)
def test_looking_up_never_fails_and_places_lie_in_the_text(text: str, before: str, quote: str) -> None:
    source = Source(before + text)
    assert all(0 <= start < end <= len(source.text) for start, end in source.places(quote))


def test_words_names_and_negations() -> None:
    assert content_words("The grains grew to 540 nm in the films") == {"grains", "grew", "films"}
    assert content_words("growing") == content_words("Growingly")
    assert names("SEM of TiO2 and pH by Smith") == {"sem", "tio2", "ph"}
    assert negated("It did not change") != negated("It changed")
    assert negated("It isn't so") == negated("It is not so")
    assert share(frozenset(), frozenset("a")) == 0.0
