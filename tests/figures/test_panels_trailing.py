"""Letters behind what they name, with more in their brackets, with citation marks, and with notes behind them all."""

from __future__ import annotations

import re

import pytest

from omnisci_etl.figures.panels import split_panels
from omnisci_etl.papers.model import Panel


def parts(marked: str) -> dict[str, str]:
    """The panels of a caption in which asterisks stand around what is bold."""
    caption = marked.replace("*", "")
    bold = [(m.start() - 2 * n, m.end() - 2 * n - 2) for n, m in enumerate(re.finditer(r"\*[^*]*\*", marked))]
    panels: tuple[Panel, ...] = split_panels(caption, bold)[1]
    return {panel.label: panel.text for panel in panels}


def test_a_bracket_that_says_more_than_the_letter() -> None:
    found = parts("Growth. Image of a film (*a*, scale bar 5 nm), its map (*b*) and its spectrum (*c*) after a day.")
    assert list(found) == ["a", "b", "c"]
    assert found["a"].startswith("Image of a film")
    assert found["b"] == "its map after a day"
    assert found["c"].startswith("its spectrum")


def test_semicolons_part_what_shares_an_end() -> None:
    found = parts(
        "Growth. Images of films (*a*) and wires (*b*) after a day (n = 3; twice); bars are 5 nm; spectra of cubic (*c*) "
        "and round (*d*) Ni rods; their mass (*e*)."
    )
    assert found["a"] == "Images of films after a day (n = 3; twice)"
    assert found["b"] == "wires after a day (n = 3; twice)"
    assert found["c"].endswith("spectra of cubic Ni rods")
    assert found["d"] == "round Ni rods"
    assert found["e"].startswith("their mass")


def test_bold_letters_without_brackets_behind_what_they_name() -> None:
    found = parts("Growth. Amounts of iron *a*, cobalt *b*, and nickel *c* after a day. Their mass *d*, and width *e*.")
    assert found["a"] == "Amounts of iron after a day"
    assert found["b"] == "cobalt after a day"
    assert found["c"].endswith("nickel after a day")
    assert found["d"] == "Their mass"


@pytest.mark.parametrize(
    "caption",
    [
        "Spectra at *a* 5 nm and *b* 9 nm.",
        "Films of *a*, iron, and *b*, cobalt.",
        "Maps showing *a*, iron and *b*, tin.",
    ],
)
def test_bold_letters_without_brackets_before_what_they_name(caption: str) -> None:
    found = parts(f"Growth. {caption}")
    assert any(word in found["a"] for word in ("5 nm", "iron"))
    assert any(word in found["b"] for word in ("9 nm", "cobalt", "tin"))


def test_a_list_in_a_bracket_says_nothing_else() -> None:
    assert parts("Growth. Images of films (*a*, *b*) and wires (*c*, *d*).") == {
        "a": "Images of films",
        "b": "Images of films",
        "c": "wires",
        "d": "wires",
    }


def test_a_bracket_of_two_panels_is_not_one() -> None:
    found = parts("Growth. Images of films (*a*, left; *b*, right). *c*, Spectra.")
    assert list(found) == ["a", "b", "c"]
    assert found["c"] == "Spectra."


def test_a_citation_mark_does_not_open_a_sentence() -> None:
    found = parts("Growth. Structures of a thin film (*a*), and a wire (*b*)36, 37, the axes are drawn as lines.")
    assert found["a"].startswith("Structures of a thin film")
    assert found["b"].startswith("a wire")


@pytest.mark.parametrize(
    "note",
    ["A–C: *p < 0.05 by a test.", "D The test was one of ranks.", "Dots are mice (A: n = 5; B, C, and D: n = 3)."],
)
def test_notes_behind_all_panels_define_none(note: str) -> None:
    caption = "Growth. Films were weighed (A). Their width was taken (B). Wires were cut (C). All were burnt (D)."
    found = {panel.label: panel.text for panel in split_panels(f"{caption} {note}")[1]}
    assert found["B"] == "Their width was taken"
    assert found["C"] == "Wires were cut"
    assert found["A"].startswith("Films were weighed")
    assert found["D"].startswith("All were burnt")


def test_a_panel_that_only_a_later_sentence_names() -> None:
    caption = "Growth. Films were weighed (A). Their width was taken (B). Wires were cut (C). D, Spectra of wires."
    assert {panel.label: panel.text for panel in split_panels(caption)[1]}["D"] == "Spectra of wires."


def test_what_a_place_says_begins_behind_its_noun() -> None:
    found = {
        panel.label: panel.text
        for panel in split_panels("Model. In left panel, films rest. In right panel, they grow.")[1]
    }
    assert found == {"Left": "films rest.", "Right": "they grow."}


def test_places_within_rows_are_no_panels_of_their_own() -> None:
    caption = "Rain. Top row: Means of one model (left) and another (right). Bottom row: Errors of one (left) and both (right)."
    found = {panel.label: panel.text for panel in split_panels(caption)[1]}
    assert list(found) == ["Top", "Bottom"]
    assert found["Bottom"].startswith("Errors of one (left) and both")
