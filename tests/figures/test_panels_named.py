"""Panels that captions name by places, by numerals or in words, and letters that stand for something else."""

from __future__ import annotations

import time

import pytest
from bold_text import marked
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.figures.panel_words import places
from omnisci_etl.figures.panels import split_panels


def labels_of(caption: str) -> str:
    """The labels, those of **bold** stretches among them."""
    return " ".join(panel.label for panel in split_panels(*marked(caption))[1])


@pytest.mark.parametrize(
    ("caption", "labels"),
    [
        ("(I) One. (II) Two. (III) Three.", "I II III"),
        ("Arrays from (I) films, (II) ribbons, and (III) wires.", "I II III"),
        ("I. One thing is here. II. Another thing is there.", "I II"),
        ("T. (I)–(III) Steps. (IV) Last.", "I II III IV"),
        ("Panel (I) shows it; panel (II) shows more.", "I II"),
        ("i) One, ii) two, iii) three.", "i ii iii"),
        ("T. (i, ii) Maps. (iii) Fit.", "i ii iii"),
        ("(i–v) Maps. (vi) Fit.", "i ii iii iv v vi"),
        ("(a) One: (i) this, (ii) that. (b) Two.", "a b"),
        ("(A) One, (I) this, (II) that. (B) Two.", "A B"),
        ("a) One (i) this (ii) that. b) Two (i) this (ii) that.", "a b"),
        ("Regions (I), (II) and (III) of the map.", ""),
        ("Cu(I) and Cu(II) are shown.", ""),
        ("Type I. Type II. Both.", ""),
        ("Two kinds of (i) cells and (ii) tissue.", ""),
    ],
)
def test_numerals(caption: str, labels: str) -> None:
    assert labels_of(caption) == labels


@pytest.mark.parametrize(
    ("caption", "labels"),
    [
        ("The upper two panels are runs of one kind and the lower two panels are runs of another.", "Upper Lower"),
        ("Frequencies (x, top) and activity (θ, bottom) in time.", "Top Bottom"),
        ("Density (ρ(r); left), mass (Σ(R); center), and shear (ΔΣ(R); right) of models.", "Left Center Right"),
        ("Two runs, displayed on the upper and lower panels, respectively.", "Upper Lower"),
        ("The left, center, and right plots show the effect of three of them.", "Left Center Right"),
        ("The top row shows the density, while the bottom row shows the count.", "Top Bottom"),
        ("Left hand panel shows an image, while the right hand panel shows the profile.", "Left Right"),
        ("The left (right) panel corresponds to the full (reduced) sample.", "Left Right"),
        ("Top left: one, bottom left: two and bottom right: three.", "Top left Bottom left Bottom right"),
        ("Scores of it. Left. The first of them. Right. The second.", "Left Right"),
        ("Time of it. (It is proportional.) Left: CPU time. Right: relative time.", "Left Right"),
        ("On the left, the spectrum. On the right, the data are closer.", "Left Right"),
        ("In the top panel the power is lower. The bottom panel shows the rest.", "Top Bottom"),
        ("The curve (left). On the right is an enlarged version.", "Left Right"),
        ("Leftmost panel: one. Center panel: two. Rightmost panel: three.", "Leftmost Center Rightmost"),
        ("Center: the points. Top and left: the true distribution.", "Center Top Left"),
        ("(Left-Top) One. (Right) Two. (Left-Bottom) Three.", "Left-top Right Left-bottom"),
        (
            "Heating (upper left) and cooling (upper right). The lower right shows both.",
            "Upper left Upper right Lower right",
        ),
        ("The galaxy is shown in the left panel and the star in the right panel.", "Left Right"),
        ("Gains (top) and losses (bottom two panels; see the text).", "Top Bottom"),
        ("Real (top) and imaginary parts (bottom), with the rest plotted in the lower panels.", "Top Bottom"),
    ],
)
def test_places(caption: str, labels: str) -> None:
    assert labels_of(caption) == labels


@pytest.mark.parametrize(
    "caption",
    [
        "Scores from left to right and from top to bottom.",
        "The scale on the left and the scale on the right.",
        "The size of the beam is shown in the lower left corner, the legend in the upper right corner.",
        "Bars (left axis, blue) and lines (right axis, red).",
        "The bound is lower on the right and higher on the left of the line.",
        "In the lower left inset the dots, in the upper right inset the lines.",
        "The left and right hemispheres are aligned.",
        "The central panel shows the field; the center is marked.",
        "The cross at the bottom shows a nova, and the large cross labeled at the top shows another.",
    ],
)
def test_places_that_are_no_panels(caption: str) -> None:
    assert labels_of(caption) == ""


@pytest.mark.parametrize(
    ("caption", "labels"),
    [
        ("Patterns Panel A and B. Rates of them. Panel C illustrates the odds.", "A B C"),
        ("Samples A-F (corresponding to panels a-f) of it. In panels e) and f) we see more.", "a b c d e f"),
        ("Plots of it (Panel (a)), of them (Panel (b)), and the rest (Panel(c)).", "a b c"),
        ("(a)-(c) show paths after one. Figures (d)-(e) show others.", "a b c d e"),
        ("Fits for N=200 (A), N=600(B), and N=900 (C).", "A B C"),
        ("**(A)** One thing. **B** Two things. C Three things are here. (D) The fourth is last.", "A B C D"),
        ("T. (**A,B**) Runs of it. (**C, left**) Times. (**C, right**) More times.", "A B C"),
        ("T. **(a)** One. **(b)** Two. See Fig. 1 (c) for more.", "a b"),
    ],
)
def test_letters(caption: str, labels: str) -> None:
    assert labels_of(caption) == labels


@pytest.mark.parametrize(
    "caption",
    [
        "From left, the class [a]=x of H; the class [b]=y of it.",
        "Spectra of three stars: RW Sex (A. F. Smith & B. T. Jones, private communication).",
        "The map of it. Photo by A. Smith and B. Jones.",
        "The line with the four subregions (A, B, C, D) described in the text.",
        "Merging of both on basepair (a,b)",
        "Elastic corresponds to case (a), tangent to case (b), and plastic to case (c).",
        "In each panel a line is drawn, and in each panel a dot.",
        "Same as Figure 2; see Figures (d)–(e) there.",
    ],
)
def test_letters_that_are_no_panels(caption: str) -> None:
    assert labels_of(caption) == ""


def test_points_may_be_of_panels() -> None:
    assert labels_of("Results for 1000 data points (a) and 5000 data points (b)") == "a b"


def test_the_texts_of_places() -> None:
    caption = "Spectra. On the left, the first of them. The right panel shows the second (in blue; as before)."
    lead, panels = split_panels(caption)
    assert lead == "Spectra."
    assert [panel.text for panel in panels] == ["the first of them.", "shows the second (in blue; as before)."]


WORDS = [
    "left",
    "Right",
    "top",
    "the ",
    "panel",
    " ",
    ", ",
    "; ",
    "(",
    ")",
    ". ",
    ":",
    "and ",
    "on ",
    "shown in ",
    "-",
    "shows",
]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=30).map("".join))
def test_places_lie_apart_and_in_order(caption: str) -> None:
    found = places(caption)
    assert all(0 <= place.start < place.end <= len(caption) and place.labels for place in found)
    assert [place.start for place in found] == sorted(place.start for place in found)


@pytest.mark.parametrize(
    "unit", ["left ", "(left ", "left, ", "((((a, left)", "shown in the left panel ", "on the top and ", "(i) "]
)
def test_hostile_captions_of_words_do_not_stall(unit: str) -> None:
    # The best of several runs: a collection of the whole process's garbage can fall into one.
    assert min(seconds(unit * (19_000 // len(unit))) for _ in range(3)) < 2


def seconds(caption: str) -> float:
    started = time.process_time()
    split_panels(caption)
    return time.process_time() - started
