from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.judging.evidence import Candidate, Evidence
from omnisci_etl.judging.scorers.base import Score
from omnisci_etl.judging.scorers.panels_covered import PanelsCovered

LABELS = ("a", "b", "c", "d")


def score(candidate: Candidate) -> Score:
    return PanelsCovered().score([candidate])[0]


def of(body: str, *panels: str, labels: tuple[str, ...] = LABELS, label: str = "Fig. 2") -> Score:
    return score(Candidate(body, tuple((p, f"Panel text of {p}.") for p in panels), Evidence("x", labels, label=label)))


def test_good_captions_cover_their_panels(pair: Candidate) -> None:
    found = score(pair)
    assert found.value == 1.0
    assert found.detail["missing"] == found.detail["extra"] == []


def test_every_dropped_panel_is_found(pairs: list[Candidate]) -> None:
    planted = 0
    for pair in pairs:
        for i, (label, _) in enumerate(pair.panels):
            found = score(replace(pair, panels=(*pair.panels[:i], *pair.panels[i + 1 :])))
            assert found.detail["missing"] == [label.lower()]
            assert found.value == pytest.approx(1 - 1 / len(pair.panels))
            planted += 1
    assert planted >= 40


def test_a_panel_that_does_not_exist_lowers_the_score(pairs: list[Candidate]) -> None:
    for pair in pairs:
        if pair.panels:
            found = score(replace(pair, panels=(*pair.panels, ("z", "An invented panel."))))
            assert found.detail["extra"] == ["z"]
            assert found.value == pytest.approx(len(pair.panels) / (len(pair.panels) + 1))


def test_figures_without_panels_are_covered() -> None:
    assert of("A single plot.", labels=()).value == 1.0
    assert of("A single plot.", "a", labels=()).value == 1.0


@pytest.mark.parametrize(
    "body",
    [
        "(a) Sketch. (b) Force. (c) Depth. (d) Speed.",
        "Sketch (a), force (b), depth (c) and speed (d).",
        "Sketch and force (a, b); depth and speed (c and d).",
        "Four views (a–d) of the set-up.",
        "Panel a shows the sketch, panels b and c show force and depth, and panel d speed.",
        "Panels a–d show the set-up.",
        "a Sketch. b Force on the rod. c, d Depth and speed.",
        "a, Sketch. b, Force. c, Depth. d, Speed.",
        "A: sketch. B: force. C: depth. D: speed.",
        "a) Sketch. b) Force. c) Depth. d) Speed.",
        "Sketch in Fig. 2a, force in Fig. 2b,c and speed in Figure 2d.",
    ],
)
def test_ways_of_naming_panels_in_the_body(body: str) -> None:
    found = of(body)
    assert found.detail["missing"] == []
    assert found.value == 1.0


@pytest.mark.parametrize(
    ("panels", "missing"),
    [
        (("a", "b", "c", "d"), []),
        (("A", "B", "C", "D"), []),
        (("(a)", "(b)", "c)", "d."), []),
        (("Panel a", "panel b", "Panels c and d"), []),
        (("a–d",), []),
        (("a,b", "c & d"), []),
        (("a", "d"), ["b", "c"]),
        ((), ["a", "b", "c", "d"]),
    ],
)
def test_labels_of_panel_entries(panels: tuple[str, ...], missing: list[str]) -> None:
    found = of("The set-up and what it measured.", *panels)
    assert found.detail["missing"] == missing
    assert found.detail["extra"] == []


@pytest.mark.parametrize(
    "body",
    [
        "a rod is pushed into a bed of sand.",
        "The set-up is a rod. A bed of sand holds it.",
        "The force (n = 5) and the speed (s) were taken with a cell.",
        "Fig. 3a,b show something else.",
        "Vitamin d and factor b.",
    ],
)
def test_letters_that_name_no_panel(body: str) -> None:
    assert of(body).detail["covered"] == []


def test_panel_entries_without_words_cover_nothing() -> None:
    evidence = Evidence("x", ("a", "b"))
    found = score(Candidate("Two views.", (("a", "  … "), ("b", "Force.")), evidence))
    assert found.detail["covered"] == ["b"]


def test_an_invented_panel_in_the_body() -> None:
    assert of("Panels a, b, c and d and panel f.").detail["extra"] == ["f"]
    assert of("Panels a–d at a size (n) and a scale (s).").detail["extra"] == []


def test_roman_labels() -> None:
    found = of("(i) Snapshots, (ii) forces and (iii) rates.", labels=("i", "ii", "iii"))
    assert found.value == 1.0
    assert of("Panel ii shows forces.", "i", labels=("i", "ii", "iii")).detail["missing"] == ["iii"]


@given(
    st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1), st.lists(st.sampled_from("abcdefgh"), unique=True)
)
@settings(max_examples=100, deadline=None)
def test_the_score_is_the_overlap_of_the_two_sets(expected: list[str], given_: list[str]) -> None:
    found = of("Several views of the same sample.", *given_, labels=tuple(expected))
    assert found.value == pytest.approx(len({*expected} & {*given_}) / len({*expected} | {*given_}))


@given(st.text(max_size=60), st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=5))
@settings(max_examples=150, deadline=None)
def test_any_caption_has_a_score(body: str, panels: list[tuple[str, str]]) -> None:
    found = score(Candidate(body, tuple(panels), Evidence("x", LABELS)))
    assert 0 <= found.value <= 1
    assert len(found.detail["covered"]) + len(found.detail["missing"]) == len(LABELS)
