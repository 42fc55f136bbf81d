from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.judging.evidence import Candidate, Evidence
from omnisci_etl.judging.scorers.base import Score
from omnisci_etl.judging.scorers.panels_covered import EXTRA_AT_LEAST, MISSING_AT_MOST, PanelsCovered

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
            assert found.value == pytest.approx(MISSING_AT_MOST * (1 - 1 / len(pair.panels)))
            planted += 1
    assert planted >= 40


def test_a_panel_that_does_not_exist_lowers_the_score(pairs: list[Candidate]) -> None:
    for pair in pairs:
        if pair.panels:
            found = score(replace(pair, panels=(*pair.panels, ("z", "An invented panel."))))
            assert found.detail["extra"] == ["z"]
            assert EXTRA_AT_LEAST <= found.value < 1.0


def test_a_panel_that_only_the_mentions_name_is_no_invention(pairs: list[Candidate]) -> None:
    evidence = Evidence("Dots in d are coloured.", ("d",), ("The ratio falls (Fig. 2a, c).",), label="Fig. 2")
    entries = (("a", "Ratio."), ("c", "Depth."), ("d", "Dots."))
    assert score(Candidate("Ratio, depth and dots of all samples.", entries, evidence)).value == 1.0
    assert score(Candidate("Dots.", (*entries, ("f", "Time.")), evidence)).detail["extra"] == ["f"]


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
    assert of("Panel ii shows forces.", labels=("i", "ii", "iii")).detail["missing"] == ["i", "iii"]
    assert of("Snapshots.", "i", "iii", labels=("i", "ii", "iii")).detail["missing"] == ["ii"]


def test_a_letter_in_passing_is_no_entry() -> None:
    body = "The force rises (panel b) and falls with depth (c). The speed is constant in d."
    assert of(body, "a", "c", "d").detail["missing"] == ["b"]
    assert of(body, "a", "b", "c", "d").detail["missing"] == []


AUTHOR = (
    "Growth of the crystals. a Photograph of the furnace with quartz tube. b Temperature against time during cooling. "
    "c Diffraction pattern, with the reflections of the substrate in grey."
)
TEXTS = {
    "a": "The furnace and its quartz tube in a photograph.",
    "b": "Temperature of the melt while it is cooling, against time.",
    "c": "Diffraction pattern; reflections of the substrate are grey.",
}


@pytest.mark.parametrize("pair_of", [("a", "b"), ("b", "c"), ("a", "c")])
def test_exchanged_texts_are_found(pair_of: tuple[str, str]) -> None:
    evidence = Evidence(AUTHOR, tuple(TEXTS))
    true = tuple(TEXTS.items())
    assert score(Candidate("Growth of crystals.", true, evidence)).value == 1.0
    one, other = pair_of
    names = {one: other, other: one}
    found = score(Candidate("Growth of crystals.", tuple((names.get(p, p), text) for p, text in true), evidence))
    assert [sorted(labels) for labels in found.detail["exchanged"]] == [sorted(pair_of)]
    assert found.value < 0.6


def test_exchanged_parts_of_a_body_are_found() -> None:
    evidence = Evidence(AUTHOR, tuple(TEXTS))
    swapped = AUTHOR.replace("a Photograph", "@ Photograph").replace("b Temperature", "a Temperature").replace("@", "b")
    assert score(Candidate(AUTHOR, (), evidence)).value == 1.0
    assert score(Candidate(swapped, (), evidence)).value < 0.6


def test_a_part_that_the_body_leaves_out_is_missing_though_its_letter_is_named() -> None:
    evidence = Evidence(AUTHOR, tuple(TEXTS))
    body = AUTHOR.replace("b Temperature against time during cooling. ", "") + " The peaks grow as in b."
    assert score(Candidate(body, (), evidence)).detail["missing"] == ["b"]


@pytest.mark.parametrize(
    "body",
    [
        "Yields against a wavelength of light and b pressure at room temperature.",
        "a Family 34, b family 1908, c family 1909.",
        "a Sketch. The scale bar is 1 mm b Features of the mycelium.",
        "Left plot a shows the ensemble, while b is a close-up.",
    ],
)
def test_letters_in_running_text_mark_panels_where_no_entry_does(body: str) -> None:
    labels = ("a", "b", "c") if "c family" in body else ("a", "b")
    assert of(body, labels=labels).detail["missing"] == []


def test_words_as_labels() -> None:
    for body in (
        "(left) Attention. (right) Several heads.",
        "Pressure [Left] and mass [Right].",
        "Left: heads. Right: all.",
    ):
        assert of(body, labels=("Left", "Right")).value == 1.0
    assert of("Pressure on the left.", labels=("Left", "Right")).detail["missing"] == ["right"]


@given(
    st.lists(st.sampled_from("abcdefgh"), unique=True, min_size=1), st.lists(st.sampled_from("abcdefgh"), unique=True)
)
@settings(max_examples=100, deadline=None)
def test_the_score_counts_missing_and_invented_panels(expected: list[str], given_: list[str]) -> None:
    found = of("Several views of the same sample.", *given_, labels=tuple(expected))
    assert found.detail["missing"] == [label for label in expected if label not in given_]
    assert found.detail["extra"] == sorted({*given_}.difference(expected))
    assert (found.value == 1.0) == ({*expected} == {*given_})
    assert (found.value < 0.6) == bool(found.detail["missing"])


@given(st.text(max_size=60), st.lists(st.tuples(st.text(max_size=8), st.text(max_size=8)), max_size=5))
@settings(max_examples=150, deadline=None)
def test_any_caption_has_a_score(body: str, panels: list[tuple[str, str]]) -> None:
    found = score(Candidate(body, tuple(panels), Evidence("x", LABELS)))
    assert 0 <= found.value <= 1
    assert len(found.detail["covered"]) + len(found.detail["missing"]) == len(LABELS)


FILMS = (
    "Growth of the films. a Sketch of the furnace with its gas inlet. b Micrograph of the surface after annealing. "
    "c Spectra of the emitted light. d Resistance against temperature."
)
SAID = (
    "a sketch of the furnace and its gas inlet", "a micrograph of the annealed surface",
    "spectra of the light that is emitted", "the resistance against temperature",
)  # fmt: skip


def headed(parts: tuple[str, ...], style: str = "Panel {} shows {}.") -> Score:
    body = " ".join(style.format(label, part) for label, part in zip(LABELS, parts, strict=False))
    return score(Candidate(f"Films are grown. {body} The films adhere well.", (), Evidence(FILMS, LABELS)))


@pytest.mark.parametrize("style", ["Panel {} shows {}.", "In panel {}: {}.", "In the panel {}, one sees {}."])
def test_sentences_that_begin_with_their_panel_are_its_part(style: str) -> None:
    assert headed(SAID, style).value == 1.0
    for i, j in ((0, 1), (1, 3)):
        swapped = list(SAID)
        swapped[i], swapped[j] = swapped[j], swapped[i]
        assert headed(tuple(swapped), style).detail["exchanged"] == [[LABELS[i], LABELS[j]]]
    assert headed((*SAID[1:], SAID[0]), style).value < MISSING_AT_MOST
    assert headed(SAID[:3], style).detail["missing"] == ["d"]


def test_parts_in_a_ring_are_exchanged() -> None:
    entries = tuple(zip(LABELS, (*SAID[1:], SAID[0]), strict=True))
    found = score(Candidate("Films are grown.", entries, Evidence(FILMS, LABELS)))
    assert found.detail["exchanged"] == [["a", "b"], ["a", "d"], ["b", "c"], ["c", "d"]]


def test_the_same_text_for_every_panel_is_no_exchange() -> None:
    entries = tuple((label, " ".join(SAID)) for label in LABELS)
    assert score(Candidate("Films are grown.", entries, Evidence(FILMS, LABELS))).value == 1.0


def test_panels_named_outright_count_beside_quoted_ones() -> None:
    body = "a Sketch of the furnace with its gas inlet. b Micrograph of the surface after annealing. Panel c shows {}."
    whole = f"{body.format(SAID[2])} Panel d shows {SAID[3]}."
    assert score(Candidate(whole, (), Evidence(FILMS, LABELS))).value == 1.0
    less = score(Candidate(body.format(SAID[2]), (), Evidence(FILMS, LABELS)))
    assert less.detail["missing"] == ["d"]


def test_texts_of_panels_that_the_caption_does_not_mark_are_those_of_the_evidence() -> None:
    evidence = Evidence(
        "Growth of maize in two seasons. Height of plants. Mass of roots.",
        ("a", "b"),
        label="Fig. 1",
        panel_texts=("Height of plants.", "Mass of roots."),
    )
    right = (("a", "The height of the plants."), ("b", "The mass of the roots."))
    wrong = (("a", "The mass of the roots."), ("b", "The height of the plants."))
    scores = PanelsCovered().score([Candidate("Growth of maize.", panels, evidence) for panels in (right, wrong)])
    assert [score.detail["exchanged"] for score in scores] == [[], [["a", "b"]]]


@pytest.mark.parametrize(
    ("caption", "labels"),
    [
        ("Charge curves and cycling of a,b) coin cells and c,d) pouch cells in the same electrolyte.", LABELS),
        ("Fossil plants, ( a) Bell leaves, ( b) seeds, ( c) broad cones and ( d) bark, at one scale.", LABELS),
        ("(a)–(c) Structure factor for three fillings. (d) Measured peaks.", LABELS),
        ("The structure factor is drawn in (a) to (d) for four fillings.", LABELS),
        ("Patterns of the powder in (a) air. Images of (b) wet and (c) dry grains, and (d) of dust.", LABELS),
        (
            "Spread of sizes (radii; left panel), shifts (middle panel) and colours (right panel).",
            ("left", "middle", "right"),
        ),
    ],
)
def test_the_authors_own_marks_cover_their_panels_however_they_stand(caption: str, labels: tuple[str, ...]) -> None:
    assert score(Candidate(caption, (), Evidence(caption, labels))).value == 1.0


def test_marks_behind_what_they_name_cover_their_panels() -> None:
    caption = "Age of cells by place: the old harbour (a), Marsh (b), Inner Arm (c), Sands (d), at the mouth (f) and Creek (e)."
    body = "Ages of cells are mapped at the old harbour (a), Marsh (b), Inner Arm (c), the Sands (d), the mouths of a creek (e) and of an arm at its mouth (f)."
    found = score(Candidate(body, (), Evidence(caption, tuple("abcdef"), label="Fig. 2")))
    assert found.detail["missing"] == []
