"""Each panel's part of a caption, by the place of its letter in the sentence."""

from __future__ import annotations

import re

import pytest
from bold_text import marked
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.figures.panels import split_panels


def parts_of(text: str) -> dict[str, str]:
    return {panel.label: panel.text for panel in split_panels(*marked(text))[1]}


@pytest.mark.parametrize(
    ("caption", "parts"),
    [
        # A list that a preposition introduces: each letter stands before what it names.
        (
            "Drift. Trends of the load from (**a**) buoys, (**b**) ships and (**c**) planes.",
            {"a": "buoys", "b": "ships", "c": "planes."},
        ),
        (
            "Changes in **a** ice, **b** rain, and **c** snow of the coast.",
            {"a": "ice", "b": "rain", "c": "snow of the coast."},
        ),
        # Of a later sentence, what stands before its letters is said of each of them, and not of the panel before.
        (
            "Sea. **a** Map of the bay. Ships pass there. Profiles of **b** salt and **c** heat. **d** Key.",
            {
                "a": "Map of the bay. Ships pass there.",
                "b": "Profiles of salt",
                "c": "Profiles of heat.",
                "d": "Key.",
            },
        ),
        (
            "**a** The cell. It is cold. The winds (**b**) are weak at night.",
            {"a": "The cell. It is cold.", "b": "The winds are weak at night."},
        ),
        (
            "Sky. **a** View of it. Mean flux of dust (**b**) and soot (**c**) by month.",
            {"a": "View of it.", "b": "Mean flux of dust by month", "c": "soot by month"},
        ),
        # Subjects with a letter behind, each with what is said of it.
        (
            "Mice. The iron in blood (**a**) was found by mass and the sugar (**b**) was found by light. Mean of six.",
            {"a": "The iron in blood was found by mass", "b": "the sugar was found by light."},
        ),
        (
            "Stars. The count of the halo (left) compared with Lee (2001) and that of the disc (right) compared with Roe (2002).",
            {
                "Left": "The count of the halo compared with Lee (2001)",
                "Right": "that of the disc compared with Roe (2002).",
            },
        ),
        (
            "Land. Dunes since 1900 (**A**) compared with lakes inland (**B**) and on the shore (**C**).",
            {
                "A": "Dunes since 1900",
                "B": "compared with lakes inland",
                "C": "on the shore",
            },
        ),
        # At the end of a bracket that says more.
        (
            "Rows show the mean heat (MH, **a**–**b**), the mean rain (MR, **c**), and wind (**d**).",
            {
                "a": "Rows show the mean heat (MH)",
                "b": "Rows show the mean heat (MH)",
                "c": "the mean rain (MR)",
                "d": "wind",
            },
        ),
        # A part of another panel's sentence.
        (
            "**a** Photograph of the film, with its spectrum (**b**) of June. **c** Sketch.",
            {"a": "Photograph of the film, with its spectrum", "b": "spectrum of June.", "c": "Sketch."},
        ),
        (
            "Series of **A** the speed, **B** the depth near the wall, salt (**C**) and heat (**D**) of it and **E** the load.",
            {"A": "the speed", "B": "the depth near the wall, salt", "C": "salt", "D": "heat of it", "E": "the load."},
        ),
        # Where a panel is only pointed at, the sentence says what it shows.
        (
            "**a** The rig. The dashed line is enlarged in panel **b**. More is known.",
            {"a": "The rig.", "b": "The dashed line is enlarged in panel b."},
        ),
        (
            "Two herds (outlined in **A**), which gave milk (**B**) or wool (**C**) in spring.",
            {
                "A": "Two herds (outlined in A), which gave milk (B) or wool (C) in spring.",
                "B": "which gave milk",
                "C": "wool in spring.",
            },
        ),
        # What others have named is only sorted anew.
        (
            "**a**–**b** Gains of it, and (**c**–**d**) the losses found for (**a**, **c**) Fe and (**b**, **d**) Ni.",
            {
                "a": "Gains of it",
                "b": "Gains of it",
                "c": "the losses found for (a, c) Fe and (b, d) Ni.",
                "d": "the losses found for (a, c) Fe and (b, d) Ni.",
            },
        ),
    ],
)
def test_each_panel_gets_its_part(caption: str, parts: dict[str, str]) -> None:
    assert parts_of(caption) == parts


def test_what_introduces_the_first_list_is_the_lead() -> None:
    lead, panels = split_panels(*marked("Drift. Trends of the load from (**a**) buoys and (**b**) ships."))
    assert lead == "Drift. Trends of the load from"
    assert [panel.text for panel in panels] == ["buoys", "ships."]


@pytest.mark.parametrize(
    ("caption", "labels"),
    [
        ("In panels (**A**) through (**C**), the flow grows. In panel (**D**) it falls.", "A B C D"),
        ("Gains, (a) through (c), and losses (d).", "a b c d"),
        # The last letters of a list in brackets, where somebody forgot the bold; other brackets are none of it.
        ("Rates of gas (**A**,**B**), of water (**C**,**D**), and of salt (E and F) in leaves.", "A B C D E F"),
        ("Weight of roots (**A**) and leaves (**B**) of plants with water (C) or without (D).", "A B"),
        ("**a** Sketch of it. **b** Images of rods (a, b) and rings (c, d) by kind.", "a b"),
        ("**a** Sketch of it. **b** Images. (c, d1) Further ones.", "a b c d1"),
        # A key to letters in the picture names no panels.
        ("Ranks of all models. The labels at the dots tell them apart: a) One, b) Two-X, c) Two-Y.", ""),
        ("Map of sites. Abbreviations used here: A) mill, B) weir, C) ford.", ""),
        ("Rates of it. The panel labels are: (a) dark and (b) light.", "a b"),
        ("Rates of it: (a) dark, (b) light.", "a b"),
        # A side within a row names a panel by both.
        (
            "Curves of Io (first row, left panel), Leda (first row, right panel) and Ananke (second row, left panel).",
            "First row left First row right Second row left",
        ),
        # Lists in no order and letters of both cases in one bracket are other things than panels.
        ("Residues are fat (A,C,V,L), ringed (H,F,Y,W), mild (S,T,N,Q) or charged (D,E,K,R).", ""),
        ("Slices of one space: the (t, w) plane (A), the (K, w) plane (B).", "A B"),
        # Items of a list that a comma or "and" joins.
        ("Shells. a. Three round ones and b. three with dents. c. All of them.", "a b c"),
        ("Shells. a. Grey ones, b. lit at the edge, c. turned and d. their depth by angle.", "a b c d"),
        ("Spread of trees by P. Quay and c. 1900 of herbs by R. Soto.", ""),
    ],
)
def test_letters_that_are_panels_and_others(caption: str, labels: str) -> None:
    assert " ".join(parts_of(caption)) == labels


PIECES = [
    "a",
    "b",
    "c",
    "(a)",
    "(b)",
    "(c, d)",
    "**a**",
    "**b**",
    "(**c**)",
    " in ",
    " is ",
    ", ",
    ". The ",
    " of ",
    ")",
    ";",
]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join))
def test_parts_are_of_the_caption(text: str) -> None:
    caption, bold = marked(text)
    lead, panels = split_panels(caption, bold)
    assert lead in caption
    for panel in panels:
        assert set(re.findall(r"\w+", panel.text)) <= set(re.findall(r"\w+", caption))


@pytest.mark.parametrize(
    ("caption", "parts"),
    [
        # What is said of several letters is a part of each of those that are told apart behind it.
        (
            "Soil. (A–C) Grains of it. Dark ones are iron. (A) Sand. (B) Silt, dry. (C) Clay. (D) Depth.",
            {
                "A": "Grains of it. Dark ones are iron. Sand.",
                "B": "Grains of it. Dark ones are iron. Silt, dry.",
                "C": "Grains of it. Dark ones are iron. Clay.",
                "D": "Depth.",
            },
        ),
        (
            "Yields. **a**, **b** Effect of **a** salt and **b** heat on it. **c** More.",
            {"a": "Effect of salt", "b": "Effect of heat on it.", "c": "More."},
        ),
        (
            "Views. (A–D) (A) Lens, (B) rod, and (C and D) foils.",
            {"A": "Lens", "B": "rod", "C": "foils.", "D": "foils."},
        ),
        # Sizes at the end, letters behind what they name and letters that are pointed at tell nothing apart.
        (
            "**a**–**c** Images of leaves. Bars, 5 µm (**a**), 2 µm (**b**) and 9 µm (**c**).",
            dict.fromkeys("abc", "Images of leaves. Bars, 5 µm (a), 2 µm (b) and 9 µm (c)."),
        ),
        (
            "**a**, **b** Rates for wet (**a**) and dry (**b**) soils.",
            dict.fromkeys("ab", "Rates for wet (a) and dry (b) soils."),
        ),
        (
            "(a,b) Rates of two. The dots in (a) and those in (b) differ.",
            dict.fromkeys("ab", "Rates of two. The dots in (a) and those in (b) differ."),
        ),
        # A name that ends in an abbreviation ends no sentence.
        (
            "Effects on Allium cepa L. (a, b) and on seeds of Lactuca sativa L. (c).",
            {
                "a": "Effects on Allium cepa L",
                "b": "Effects on Allium cepa L",
                "c": "on seeds of Lactuca sativa L",
            },
        ),
        ("Rates in layer V. (A) Rain. (B) Snow.", {"A": "Rain.", "B": "Snow."}),
        # The first naming of a panel opens a sentence, with its word.
        (
            "Panel (A) A slice of it. (B) A view. Bars: (A, B) 5 µm.",
            {"A": "A slice of it.", "B": "A view. Bars: (A, B) 5 µm."},
        ),
        (
            "(A) Rain when it is dry; and (B) snow. Panels (A) and (B) show no more.",
            {"A": "Rain when it is dry", "B": "snow. Panels (A) and (B) show no more."},
        ),
        # The side of a row before the letters.
        ("(Top; A,B) Rain. (Bottom; C,D) Snow.", {"A": "Rain.", "B": "Rain.", "C": "Snow.", "D": "Snow."}),
        # Brackets at the end stay whole.
        ("**a.** Trees (of 3 kinds). **b.** Herbs (of 2).", {"a": "Trees (of 3 kinds).", "b": "Herbs (of 2)."}),
    ],
)
def test_what_is_said_of_several(caption: str, parts: dict[str, str]) -> None:
    assert parts_of(caption) == parts
