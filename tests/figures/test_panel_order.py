"""Panels that captions name by places in an order, by counted rows and columns, and in letters of both cases."""

from __future__ import annotations

import time
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.figures.panel_order import ordered
from omnisci_etl.figures.panels import split_panels


def parts_of(caption: str) -> dict[str, str]:
    return {panel.label: panel.text for panel in split_panels(caption)[1]}


@pytest.mark.parametrize(
    ("caption", "parts"),
    [
        (
            "Maps of a lake. From left to right: the depth, the salt (in g, see text), and the heat of it.",
            {"Left": "the depth", "Middle": "the salt (in g, see text)", "Right": "the heat of it."},
        ),
        ("Maps of lakes, from left to right: Como and Garda.", {"Left": "Como", "Right": "Garda."}),
        ("Top to bottom: rain; snow, wet; and hail.", {"Top": "rain", "Middle": "snow, wet", "Bottom": "hail."}),
        (
            "Left to right show rivers, lakes and seas. Dots are towns.",
            {"Left": "rivers", "Middle": "lakes", "Right": "seas. Dots are towns."},
        ),
        (
            "Slices at noon. Clockwise from the upper left: heat, wind, rain, and snow. Time runs on.",
            {
                "Upper left": "heat",
                "Upper right": "wind",
                "Lower right": "rain",
                "Lower left": "snow. Time runs on.",
            },
        ),
        (
            "Counter-clockwise, from bottom-right: heat, wind, rain and snow, respectively.",
            {"Bottom-right": "heat", "Top-right": "wind", "Top-left": "rain", "Bottom-left": "snow, respectively."},
        ),
    ],
)
def test_the_things_of_an_order(caption: str, parts: dict[str, str]) -> None:
    assert parts_of(caption) == parts


@pytest.mark.parametrize(
    "caption",
    [
        "From left to right, each map shows a later day.",
        "From left to right, the depth falls and the salt rises.",
        "Lines from top to bottom: 5 K, 10 K, and 20 K.",
        "Lanes, from left to right: marker, sample, and control.",
        # Four in a line have no names that anybody would know.
        "From left to right: rain, snow, hail, and fog.",
        "Clockwise from top left: rain, snow, and hail.",
        "From left to top: rain and snow.",
        "From left to right: rain, which is wet, and snow.",
        "First line. From left to right: rain and snow. From left to right: hail and fog.",
        "Patches are read from left to right and from top to bottom.",
    ],
)
def test_an_order_that_names_no_panels(caption: str) -> None:
    assert parts_of(caption) == {}


def test_letters_come_before_an_order() -> None:
    assert list(parts_of("(a) Maps, from left to right: rain and snow. (b) Hail.")) == ["a", "b"]


@pytest.mark.parametrize(
    ("caption", "parts"),
    [
        (
            "Best fits. First row: all rates. Second and third rows: rates by day.",
            {"First row": "all rates.", "Second row": "rates by day.", "Third row": "rates by day."},
        ),
        (
            "Wet leaves (1st row) and dry leaves (2nd row).",
            {"1st row": "Wet leaves", "2nd row": "dry leaves"},
        ),
        (
            "The first column shows the depth and the second column the salt.",
            {"First column": "shows the depth", "Second column": "the salt."},
        ),
        (
            "Stain of one (in green, first column) and two (in red, second column). The third column shows both.",
            {"First column": "Stain of one", "Second column": "two", "Third column": "shows both."},
        ),
        (
            "Fits. First row left panel: mass. First row right panel: size. Second row left panel: age.",
            {"First row left": "mass.", "First row right": "size.", "Second row left": "age."},
        ),
        ("First panel: rain. Second panel: snow.", {"First panel": "rain.", "Second panel": "snow."}),
    ],
)
def test_rows_and_columns_that_are_counted(caption: str, parts: dict[str, str]) -> None:
    assert parts_of(caption) == parts


@pytest.mark.parametrize(
    "caption",
    [
        "The last column lists how many there were.",
        "The first row of the table is its head, and the second row of it a blank.",
        "Wet leaves (1st row) and dry leaves (2nd row) are stained, both in the 3rd row.",
        "The second row shows rain and the third row shows snow.",
    ],
)
def test_rows_and_columns_that_are_no_panels(caption: str) -> None:
    assert parts_of(caption) == {}


def test_sides_leave_rows_to_themselves() -> None:
    caption = "Left: mass. Right: size. The first row shows dwarfs, the second row shows giants."
    assert list(parts_of(caption)) == ["Left", "Right"]


@pytest.mark.parametrize(
    ("caption", "parts"),
    [
        # What says more of a panel does not name it anew.
        (
            "Rates of rain (top panel) and of snow (bottom panel). In the top panel, dots are towns.",
            {"Top": "Rates of rain", "Bottom": "of snow"},
        ),
        ("Size (in m; left panel) and mass (right panel).", {"Left": "Size", "Right": "mass"}),
        # So with sizes.
        (
            "Cuts of skin (left) and of bone (right). Scale bars; left column, 5 mm; right column, 2 mm.",
            {"Left": "Cuts of skin", "Right": "of bone"},
        ),
        (
            "(Top) Rain. (Bottom, left) Snow. (Bottom, right) Hail.",
            {"Top": "Rain.", "Bottom left": "Snow.", "Bottom right": "Hail."},
        ),
    ],
)
def test_places_in_brackets(caption: str, parts: dict[str, str]) -> None:
    assert parts_of(caption) == parts


@pytest.mark.parametrize(
    ("caption", "parts"),
    [
        (
            "Survival. Left, all of them. Right, those with drugs.",
            {"Left": "all of them.", "Right": "those with drugs."},
        ),
        (
            "Rates. Left, men; right, women. Top, by age.",
            {"Left": "men", "Right": "women.", "Top": "by age."},
        ),
        ("Rates of men. Left, those who smoke.", {}),
        ("Left, right and central parts of it.", {}),
        ("Dots. The sum, left, and the mean, right, of it.", {}),
    ],
)
def test_places_before_a_comma(caption: str, parts: dict[str, str]) -> None:
    assert parts_of(caption) == parts


def test_a_range_without_a_mark_goes_on_from_letters_with_one() -> None:
    parts = parts_of("Mice. A. Left panel: young. B–D tissue of old ones. E. Their age.")
    assert list(parts) == ["A", "B", "C", "D", "E"]
    assert parts["C"] == "tissue of old ones."


def test_a_joining_word_at_the_end_is_none_of_a_part() -> None:
    parts = parts_of("The left panel shows rain while the right panel shows snow, and (see text) hail.")
    assert parts == {"Left": "shows rain", "Right": "shows snow, and (see text) hail."}


@pytest.mark.parametrize(
    ("caption", "labels"),
    [
        ("Genes that change. A: more of it; b: less of it.", "A b"),
        ("(A) Rain. (b) Snow. (C) Hail.", "A b C"),
        ("(a, b) Rain. (C) Snow.", "a b C"),
        ("a) Rain. B) Snow. c) Hail.", "a B c"),
        # A letter that stands in both cases is one of a part, and "(c) 2014" is no letter at all.
        ("(A) Rain: (a) wet, (b) dry. (B) Snow.", "A B"),
        ("(A) Rain. (B) Snow. (c) 2014 The Authors.", "A B"),
        ("(a) Rain in amperes (A). (b) Snow at the current (C).", "a b"),
        ("(A) Rain. (B) Snow at a rate (c).", "A B"),
    ],
)
def test_letters_of_both_cases(caption: str, labels: str) -> None:
    assert " ".join(parts_of(caption)) == labels


WORDS = [
    "from ",
    "left to right",
    "clockwise from top left",
    ": ",
    ", ",
    "and ",
    "; ",
    "rain",
    "(",
    ")",
    ". ",
    "second row ",
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=24).map("".join))
def test_the_places_of_an_order_lie_apart(caption: str) -> None:
    found = ordered(caption)
    assert all(0 <= place.start < place.end <= len(caption) for place in found)
    assert all(one.end <= two.start for one, two in pairwise(found))
    assert len(found) in {0, 2, 3, 4}


@pytest.mark.parametrize(
    "unit",
    [
        "from left to right: ",
        "clockwise from top left: a, ",
        "second and third rows, ",
        "(first row) ",
        "(a–c) (a) x. (b) y. ",
    ],
)
def test_hostile_captions_do_not_stall(unit: str) -> None:
    caption = unit * (19_000 // len(unit))
    assert min(seconds(caption) for _ in range(3)) < 2


def seconds(caption: str) -> float:
    started = time.process_time()
    split_panels(caption)
    return time.process_time() - started
