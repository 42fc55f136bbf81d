from __future__ import annotations

import re
import time

import pytest
from bold_text import marked
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.figures.panels import split_panels


def panels_of(text: str) -> dict[str, str]:
    return {panel.label: panel.text for panel in split_panels(*marked(text))[1]}


def labels_of(text: str) -> str:
    return " ".join(panels_of(text))


def test_bold_letters_and_the_lead() -> None:
    caption, bold = marked("Setup of it. **a** Sketch of the tube. **b** The raw data.")
    lead, panels = split_panels(caption, bold)
    assert lead == "Setup of it."
    assert [(panel.label, panel.text) for panel in panels] == [("a", "Sketch of the tube."), ("b", "The raw data.")]


def test_a_caption_without_panels_is_all_lead() -> None:
    assert split_panels("Growth of a film on B doped silicon.") == ("Growth of a film on B doped silicon.", ())


@pytest.mark.parametrize(
    ("caption", "labels"),
    [
        ("T. **a**–**c** Glass beads; **d** quartz. **e** Rest.", "a b c d e"),
        ("T. **a**, **b** The force. **c**, **d** The same as in **a**, **b** for spheres.", "a b c d"),
        ("T. **a–c** Rates (**a**), powers (**b**), both (**c**). **d** Moments.", "a b c d"),
        ("T. **A** Editing of rings. **B** Examples.", "A B"),
        ("T. **a** Rings are drawn below the figure. **b** qPCR of both.", "a b"),
        ("Yield (**a**), and losses of both crops in spring.", "a"),
        ("T. **a** Root. **b2** The one did not open from **b1** the bud, and **b3** no seed was set.", "a b1 b2 b3"),
        ("T. **(A-B)** Before (A) and after (B). **(C)** Count.", "A B C"),
        ("T. The length (**a**) and width (**b**) of grains. **c** Map.", "a b c"),
        ("T. As a function of **a** wavelength and **b** pressure.", "a b"),
        ("T. The dots in **d** are coded. The line in **d** is a mean.", "d"),
        ("T. **a** Hulls; the line marks the section in **b**. **b** Sections.", "a b"),
        ("T. (**a**, **b**, top trace) Currents. (**a** and **b**, bottom) Power. **c** Fit.", "a b c"),
        ("T. **a** Rows with bar 1 mm **b** Columns", "a b"),
        ("T. **a** The vector **k** and the field **x** at rest. **b** Later.", "a b"),
        ("T. **(A)** One. (B) Two. **(C)** Three, with lysine (K).", "A B C"),
        ("T. (**A**–**C**) One. (**D**) Two.", "A B C D"),
        ("T. a, one thing. b, two. **c,** three.", "a b c"),
        ("T. (**A**) One. (**B**) Two. Bars in (**B**,**I**,**J**).", "A B"),
        ("The speed **v** of the field **k**.", ""),
    ],
)
def test_bold_styles(caption: str, labels: str) -> None:
    assert labels_of(caption) == labels


@pytest.mark.parametrize(
    ("caption", "labels"),
    [
        ("(a) TEM image; scale bar. (b) HR image (Ag). (c,d) Maps as in (a).", "a b c d"),
        ("(a–l) Sequence of images.", "a b c d e f g h i j k l"),
        ("Images of (a,b)—the first and (d,e) the hollow ones; sizes of (c) and (f).", "a b c d e f"),
        ("T. (a)-(c) Foo. (d) and (e) Bar.", "a b c d e"),
        ("Field as a function of (a) time and (b) space.", "a b"),
        ("[a] One. [b] Two.", "a b"),
        ("Panel A: one. Panel B: two.", "A B"),
        ("Panel a shows it. Panels b, c show more.", "a b c"),
        ("Maps of (panel a) one and (panels b, c) two.", "a b c"),
        ("(A) One, with (K) lysine and (D) acid. (B) Two.", "A B"),
        ("Curves of (B) yield, (C) power, and (D) loss.", "B C D"),
        ("(A) One. (B) Two. (i) sub one, (ii) sub two.", "A B"),
        ("T. (a) One. (d1–d3) Four.", "a"),
        ("(a) One. (b) Two. (c1–c3) Three.", "a b c1 c2 c3"),
        ("a Sketch of it. b, c The data; d more data.", "a b c d"),
        ("T. a, b show the trends. No others.", "a b"),
        ("T. a, the sketch. b, the data.", "a b"),
        ("T. A Editing of rings. B Examples.", "A B"),
        ("T. a Sketch. The bar (b) and the line (c) hold.", "a b c"),
        ("a) one thing, b) another", "a b"),
        ("A. One thing. B. Another.", "A B"),
        ("a: one. b: two.", "a b"),
        ("A) Map of the site B) plan of the church", "A B"),
        ("Motility in A) water B) oil C) air. Bars are means.", "A B C"),
        ("Marker genes (A: first, B: second) in plants.", "A B"),
        ("T. (a) One gene. (b) New genes, each with its first allele (A1 to D1, white). (c) Fitness.", "a b c"),
        ("What grew. A. the shoots in spring. B. the roots.", "A B"),
        ("Loss by metal. (A), Lead; (B), Zinc; (C), Tin. Small letters (a–e) mark groups.", "A B C"),
        ("Seeds (A), plants (B), cold (C1) and warm fields (C2), dry (D1) and wet soil (D2) later.", "A B C1 C2 D1 D2"),
        ("(A~C) Images. (D) Counts.", "A B C D"),
        ("(a) Locus. (b) Structure; base change (C to T). (c) Leaves.", "a b c"),
        ("(i) First thing; (ii) second thing.", "i ii"),
        ("(i)–(iii) First things. (iv) Last thing.", "i ii iii iv"),
        ("Curves (left)–(right) of it.", "Left Right"),
        ("Left: one. Right: two.", "Left Right"),
        ("Curves (left) and losses (right).", "Left Right"),
        ("The left panel shows it. The right panel shows more.", "Left Right"),
        ("Top left: one. Bottom right: two.", "Top left Bottom right"),
    ],
)
def test_plain_styles(caption: str, labels: str) -> None:
    assert labels_of(caption) == labels


@pytest.mark.parametrize(
    "caption",
    [
        "A sketch of the field. B cells grow.",
        "The lattice constant (a) of it.",
        "Energy (E) and time (t).",
        "Uptake in A. thaliana and B. subtilis. C. elegans is used.",
        "Substrate scope. a,b aIsolated yields. b Reaction conditions: none.",
        "Same as Fig. 2a but cold; see Fig. 1 (a) and Fig. (b).",
        "Values of item(s) and of f(a) and f(b).",
        "Seen from the left: nothing.",
        "Case (i) of two.",
        "Homologs were kept as follows: (i) one each, and (ii) no more.",
        "Shown for conditional (c) and unconditional (u) NDCs.",
        "Strains P, Q (P–S) and climate (N–W).",
        "The ratio (m/z) and the distance (D) [57].",
        "Yield (a), and losses of both crops in spring.",
        "Same rings as in the figure **b** of it.",
        "Seen in the wild. A. thaliana was first. B. napus was next.",
        "Genes that A1 and B1 share. They were 17 (A1) and 23 (B1) at first, 16 (A2) and 20 (B2) later.",
        "",
    ],
)
def test_what_is_no_panel(caption: str) -> None:
    assert labels_of(caption) == ""


def test_a_range_gives_each_letter_the_same_text() -> None:
    assert panels_of("T. **a–c** Glass beads. **d** Sand.") == {
        "a": "Glass beads.",
        "b": "Glass beads.",
        "c": "Glass beads.",
        "d": "Sand.",
    }


def test_markers_behind_what_they_name() -> None:
    caption, bold = marked("Grains. The length (**a**) and the width (**b**) of ten grains. **c** Map.")
    lead, panels = split_panels(caption, bold)
    assert lead == "Grains."
    assert [panel.text for panel in panels] == ["The length of ten grains", "the width of ten grains", "Map."]


def test_a_panel_that_is_only_pointed_at_has_its_sentence() -> None:
    assert panels_of("Ratios. The dots in **d** are coded. Others are not.") == {"d": "The dots in d are coded."}


def test_words_keep_the_order_of_the_caption() -> None:
    assert list(panels_of("Top: one. Bottom: two.")) == ["Top", "Bottom"]


TOKENS = ["a", "b", "c", "A", "B", "(left)", "(iii)", " ", "(", ")", *".,;:-–~|", " and ", "Fig. 1", "panel ", "Foo"]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(TOKENS), max_size=30).map("".join),
    st.lists(st.tuples(st.integers(0, 80), st.integers(0, 80))),
)
def test_any_text_and_any_spans_give_sound_panels(caption: str, spans: list[tuple[int, int]]) -> None:
    bold = [(start, end) for start, end in spans if start < end <= len(caption)]
    lead, panels = split_panels(caption, bold)
    labels = [panel.label for panel in panels]
    assert lead in caption
    assert len(labels) == len(set(labels))
    assert not panels or len(labels) > 1 or re.fullmatch(r"[A-Za-z]", labels[0])


@pytest.mark.parametrize("unit", ["(a) (b) ", "Fig. 1 (a) ", "a, ", "(", "a-z ", "left: "])
def test_hostile_captions_take_no_time(unit: str) -> None:
    started = time.perf_counter()
    split_panels(unit * (19_000 // len(unit)))
    split_panels(unit * 100_000)
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    ("caption", "labels"),
    [
        ("T. **a** sliding window over the chromosomes (a~i) of wheat.", "a"),
        ("T. (**a**) One. It is enlarged in panel (b). Others are compared in panel (d).", "a b d"),
        ("T. **a1**–**a3** Plants, **b1**–**b3** roots.", "a1 a2 a3 b1 b2 b3"),
        ("T. Leaves (**a**), roots (**b**) and **(c)** stems.", "a b c"),
        ("T. **a** One. **b**, **d** Two and four; **c** three.", "a b c d"),
        ("T. **b** Two. **a** One.", "a b"),
        ("T. (**a**) and (**b**) Leaves, (**c**) to (**e**) roots.", "a b c d e"),
    ],
)
def test_bold_letters_among_others(caption: str, labels: str) -> None:
    assert labels_of(caption) == labels


@pytest.mark.parametrize(
    ("caption", "labels"),
    [
        ("(a1–a3) Plants. (b1–b3) Roots.", "a1 a2 a3 b1 b2 b3"),
        ("Wheat (a), and rice (b1 and b2).", "a b1 b2"),
        ("Land of 2010 (a1 & b1) and of 2020 (a2 & b2).", "a1 a2 b1 b2"),
        ("(a1–c1) Maps of red; (a2–c2) maps of green.", "a1 a2 b1 b2 c1 c2"),
        ("(a) One. (a′) The same, closer. (b) Two.", "a b"),
        ("Legs (A–C, hip; D–F, knee; G–I, ankle) in motion.", "A B C D E F G H I"),
        ("Rates for a grain maize and b winter wheat.", "a b"),
        ("Changes in a OH b HO2 c O3 and d CO on land.", "a b c d"),
        ("T. a Low rates. b Weight, c shortening and d size. e Last.", "a b c d e"),
        ("Yield as a function of a wavelength and b pressure.", "a b"),
        ("It says “this.” Panel a shows one. It says “that.” Panel b shows two.", "a b"),
        ("a | One thing. b | Another.", "a b"),
        ("(Left) One. (Right) Two.", "Left Right"),
        ("[Left] and [Right] hands.", "Left Right"),
        ("Top row: one. Bottom row: two.", "Top Bottom"),
        ("Upper left: one. Lower right: two.", "Upper left Lower right"),
        ("Rods (left, yellow) and slabs (middle and right, blue).", "Left Middle Right"),
        ("One (left diagram) and two (right picture).", "Left Right"),
        ("The left panel is one, and the right panel is two.", "Left Right"),
        ("Maps from (A) six months (March) to (D) one month before. In (E) the residuals.", "A B C D E"),
        ("Spectra. (A-I) Raw one. (A-II) Smooth one. (B-I) Raw map. (B-II) Smooth map.", "A B"),
        ("Panels a) and b) show the density, c) and d) the temperature.", "a b c d"),
        ("The left-hand plots compare one. The right-hand plots show two.", "Left Right"),
        ("Rods (left) and slabs (right), where f = p; (a) on the left.", "Left Right"),
    ],
)
def test_more_plain_styles(caption: str, labels: str) -> None:
    assert labels_of(caption) == labels


@pytest.mark.parametrize(
    "caption",
    [
        "Bars with different letters (i.e. a, b, c and d) differ.",
        "The tree has eleven clades (A–I and S, U).",
        "The letters (A–C) mark the clusters.",
        "The acids E8 A: first isomer, E8 B: second isomer, E8 C: third one.",
        "Eugenol (E1–E5), cineole (C1–C5) and syrup (A).",
        "A wave with a constant b value of five and a mean of two.",
        "Marks (top right and bottom panels) trace the gas.",
        "The line in the top panel is a fit and that in the lower panel a mean.",
        "Sorted from left to right and top to bottom.",
        "Time series for 8 groups (A,C,D,E,F,G,H,K) of animals.",
        "Map of the area with the sites A and B. The scale bar is 10 m.",
    ],
)
def test_more_that_is_no_panel(caption: str) -> None:
    assert labels_of(caption) == ""


@pytest.mark.parametrize(
    ("caption", "lead", "texts"),
    [
        ("Strain one (A) and strain two (B). Both grow.", "", ["Strain one", "strain two"]),
        ("Cells grew first (A) while others did so later (B).", "", ["Cells grew first", "while others did so later"]),
        (
            "Title. At 0.6 μM it rises (a), but at 0.3 μM it falls (b).",
            "Title.",
            ["At 0.6 μM it rises", "but at 0.3 μM it falls"],
        ),
        (
            "(A) Control. Panels (B,C) are treated.",
            "",
            ["Control.", "are treated.", "are treated."],
        ),
        ("Both. (i) One, (ii) two.", "Both.", ["One", "two."]),
        ("Peaks. (a) (003) and (b) (104) of it.", "Peaks.", ["(003)", "(104) of it."]),
        ("T. Panels a) and b) show one, c) the other.", "T.", ["show one", "show one", "the other."]),
        ("T (Fig. 2 too). (a) One (b) Two (a) again.", "T (Fig. 2 too).", ["One", "Two (a) again."]),
        ("Legs (A, hip; B, knee).", "Legs", ["hip", "knee)."]),
        (
            "Top (A) and side (B) MR images show one and two (C).",
            "",
            ["Top", "side", "MR images show one and two"],
        ),
    ],
)
def test_the_parts_of_a_caption(caption: str, lead: str, texts: list[str]) -> None:
    found, panels = split_panels(caption)
    assert (found, [panel.text for panel in panels]) == (lead, texts)


def test_bold_letters_in_brackets_of_their_own_share_their_text() -> None:
    assert panels_of("T. (**A**) and (**B**) Leaves. (**C**) Roots.") == {"A": "Leaves.", "B": "Leaves.", "C": "Roots."}


def test_letters_with_a_stop_in_brackets() -> None:
    assert panels_of("T. (a.) Roots. (b.) Leaves.") == {"a": "Roots.", "b": "Leaves."}
