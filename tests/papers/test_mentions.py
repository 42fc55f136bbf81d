from __future__ import annotations

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.papers import figure_references
from omnisci_etl.papers.mentions import (
    figure_number,
    find_references,
    mentions,
    sentence_at,
    sentences,
    split_label,
    survey,
)
from omnisci_etl.papers.model import Link, Panel, Paragraph


def named(text: str) -> list[tuple[str, str]]:
    return [(reference.number, "".join(reference.panels)) for reference in find_references(text)]


@pytest.mark.parametrize(
    ("label", "number"),
    [
        ("Fig. 1", "1"),
        ("Fig. 12.", "12"),
        ("Figure 2a", "2"),
        ("FIG. S3", "S3"),
        ("fig s3", "S3"),
        ("FigS1", "S1"),
        ("figs1", "S1"),
        ("Fig. Sup5C", "S5"),
        ("Extended Data Fig. 1", "ED1"),
        ("ED Fig. 4", "ED4"),
        ("Supplementary Figure 2", "S2"),
        ("Supplementary Fig. S2", "S2"),
        ("Sup. Fig. 2", "S2"),
        ("Supp. Fig. 3", "S3"),
        ("Supporting Information Fig. 3", "S3"),
        ("Figure A.1", "A1"),
        ("Figure B2:", "B2"),
        ("Figure 3.1", "3.1"),
        ("Figure 2—figure supplement 1.", "2-S1"),
        ("Supplementary Fig. B2", "SB2"),
        ("Extended Data Fig. C1", "EDC1"),
        ("Additional Figure 4", "S4"),
        ("Online Appendix Figure 2", "S2"),
        ("Appendix Figure 2", "A2"),
        ("Fig.7", "7"),
        ("3", "3"),
        ("Table 1", None),
        ("Scheme 2", None),
        ("Algorithm 1", None),
        ("Figure", None),
        ("(a)", None),
        ("", None),
        ("20240101", None),
    ],
)
def test_the_number_of_a_label(label: str, number: str | None) -> None:
    assert figure_number(label) == number


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("as shown (Fig. 1).", [("1", "")]),
        ("Fig.1 shows", [("1", "")]),
        ("FIG. 2 and Figure 3", [("2", ""), ("3", "")]),
        ("(Figs 2-4)", [("2", ""), ("3", ""), ("4", "")]),
        ("Figures 2 to 4", [("2", ""), ("3", ""), ("4", "")]),
        ("Fig. 1 to Fig. 3", [("1", ""), ("2", ""), ("3", "")]),
        ("Fig. 1a,c and 3", [("1", "ac"), ("3", "")]),
        ("Figs. 3a, b, 4c–e and 5", [("3", "ab"), ("4", "cde"), ("5", "")]),
        ("Figs. 2c and d, 3, and 4a", [("2", "cd"), ("3", ""), ("4", "a")]),
        ("Figures 1 & 2", [("1", ""), ("2", "")]),
        ("Figure 6 and 7 show", [("6", ""), ("7", "")]),
        ("Fig. 1 as well as 2", [("1", ""), ("2", "")]),
        ("(Fig. 4b vs. 4d)", [("4", "b"), ("4", "d")]),
        ("Figures 2, 3(b) and 4a–c", [("2", ""), ("3", "b"), ("4", "abc")]),
        ("Fig 2g~i, k", [("2", "ghik")]),
        ("Figure\xa02 and\xa03 are", [("2", ""), ("3", "")]),
    ],
)
def test_singular_plural_lists_and_ranges(text: str, expected: list[tuple[str, str]]) -> None:
    assert named(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fig. 3a-c", [("3", "abc")]),
        ("Fig. 3a–c", [("3", "abc")]),
        ("Figure 2(b)", [("2", "b")]),
        ("Fig. 1 (a) and (b)", [("1", "ab")]),
        ("Fig. 1(a)-(c)", [("1", "abc")]),
        ("Fig. 1(a,b) and 2(c)", [("1", "ab"), ("2", "c")]),
        ("Fig. 1 a, b and c", [("1", "abc")]),
        ("Fig. 1 A–C", [("1", "ABC")]),
        ("Figure 5A-5B), and", [("5", "AB")]),
        ("Fig. 2abc", [("2", "abc")]),
        ("Fig. 3, panels b–d", [("3", "bcd")]),
        ("Fig. 3 (panel b)", [("3", "b")]),
        ("panels a and b of Fig. 2", [("2", "ab")]),
        ("(Fig. 3, A and B)", [("3", "AB")]),
        ("Fig. 2c(i–iii), d", [("2", "cd")]),
        ("Fig. 99d, 99d). Thus", [("99", "d"), ("99", "d")]),
        ("Fig. 1a) and b)", [("1", "ab")]),
        ("(Fig. 2b vs. c)", [("2", "bc")]),
        ("(Figure 1 A and 1B)", [("1", "A"), ("1", "B")]),
        ("Fig. 4(ii)", [("4", "ii")]),
    ],
)
def test_panels(text: str, expected: list[tuple[str, str]]) -> None:
    assert named(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("as in Fig. 1 a large peak", [("1", "")]),
        ("Fig. 1b, a strong signal", [("1", "b")]),
        ("Fig. 1a, n = 5", [("1", "a")]),
        ("Fig. 1a, p < 0.05", [("1", "a")]),
        ("Fig. 1a, t-test", [("1", "a")]),
        ("Fig. 1a, e.g. in mice", [("1", "a")]),
        ("Fig. 1a; inset: a zoom", [("1", "a")]),
        ("Fig. 3, A total of ten", [("3", "")]),
        ("in Fig. 3, 40 cells were", [("3", "")]),
        ("in Figs. 1 and 2, 40 cells were", [("1", ""), ("2", "")]),
        ("Fig. 4c, 5 min after", [("4", "c")]),
        ("Fig. 4, 50% of them", [("4", "")]),
        ("Fig. 1a, 3D model", [("1", "a")]),
        ("in Fig. 6a, 3h after release", [("6", "a")]),
        ("(Fig. 2b, 3D)", [("2", "b"), ("3", "D")]),
        ("Figure 1Three different", [("1", "")]),
        ("Fig. 3 (left)", [("3", "")]),
        ("Fig. 1d, Fisher’s test", [("1", "d")]),
        ("in Figs. 2, 3 mm apart", [("2", "")]),
        ("in Figs. 2 and 3 of them", [("2", "")]),
        ("Figs. 1 and 2 months later", [("1", "")]),
        ("the genes FIG4 and PIKFYVE", []),
        ("FIG 4 and FIG. 5", [("4", ""), ("5", "")]),
        ("configure 3 and a figure of two, Table 4", []),
        ("to figure a 10% drop", []),
        ("it fell (Fig. 3, F2,94 = 5.1, p < 0.01)", [("3", "")]),
        ("it fell (Fig. 3; F1,94 = 5.1)", [("3", "")]),
        ("(Fig. 1b; D0) and (Fig. 3c; D7–D0)", [("1", "b"), ("3", "c")]),
        ("as Figure 10, H2S acts", [("10", "")]),
        ("as in Fig. 1a, 10-day-old plants grew", [("1", "a")]),
        ("at 14 min (Fig 3D, 14.451 min)", [("3", "D")]),
        ("(24 h: F = 38, Fig 6A; 72 h: F = 30, Fig 6B)", [("6", "A"), ("6", "B")]),
        ("was done [Fig 1; 7, 23]", [("1", "")]),
        ("(Fig. 4b—4, 5, 6, in this order)", [("4", "b")]),
        ("(Fig. 1-B1, B2) and (Figs. 2C, D1, D2)", [("1", ""), ("2", "C")]),
        ("Figs. 1, A1 and A2", [("1", ""), ("A1", ""), ("A2", "")]),
        ("Figs. 2b–2d and 3a–c, 4", [("2", "bcd"), ("3", "abc"), ("4", "")]),
        ("(Fig. 1a; Fig. 2b; 3c)", [("1", "a"), ("2", "b"), ("3", "c")]),
    ],
)
def test_words_and_counts_are_no_panels_and_no_figures(text: str, expected: list[tuple[str, str]]) -> None:
    assert named(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Supplementary Fig. 2 and Fig. 3", [("S2", ""), ("3", "")]),
        ("Supp. Fig. 1a", [("S1", "a")]),
        ("Figs. 1–3 and Supplementary Figs. 4, 5", [("1", ""), ("2", ""), ("3", ""), ("S4", ""), ("S5", "")]),
        ("(~368.3 eV, Fig. 3b) and in the appendix, Fig. 2", [("3", "b"), ("2", "")]),
        ("Supplementary Information, Fig. 3", [("S3", "")]),
        ("Extended Data Fig. 3a, b and 4", [("ED3", "ab"), ("ED4", "")]),
        ("Figs. S1–3", [("S1", ""), ("S2", ""), ("S3", "")]),
        ("Fig. 1 and S2", [("1", ""), ("S2", "")]),
        ("(Figs. 1, 2, S2, S3 and 8)", [("1", ""), ("2", ""), ("S2", ""), ("S3", ""), ("8", "")]),
        ("(Figs 2A and S4, FigS5)", [("2", "A"), ("S4", ""), ("S5", "")]),
        ("(S-Fig. 1, S–Figs 2, 3)", [("S1", ""), ("S2", ""), ("S3", "")]),
        ("Fig. 1c (Supplementary Fig. 4)", [("1", "c"), ("S4", "")]),
        ("Fig. 2 in the Supplementary Information", [("S2", "")]),
        ("Figure 2 (online appendix) and Fig. 3 (SI) and Fig. 4 (SI units)", [("S2", ""), ("S3", ""), ("4", "")]),
        ("Supplementary Figs. B1, B2", [("SB1", ""), ("SB2", "")]),
        ("Additional file 3: Fig. 5 and Fig. 6", [("S5", ""), ("6", "")]),
        ("(Additional file 3: Figure S2; E1H3–E1H6)", [("S2", "")]),
        ("in Additional Figs. 7 and 8", [("S7", ""), ("S8", "")]),
        ("gave additional data. Figure 3 shows them", [("3", "")]),
        ("gave additional data, Figure 3", [("3", "")]),
        ("is in the Supplementary Information. Figure 3 shows more", [("3", "")]),
        ("(Suppl. Info. Fig. 3)", [("S3", "")]),
        ("the supplemental data (Tables 4–7 and Figs. 5–6)", [("S5", ""), ("S6", "")]),
        ("in Fig. 1 of Doe and Roe 2004", []),
        ("see Figure 1 in Doe and Roe, 2002", []),
        ("Fig. 1 in Paris and Rome shows it", [("1", "")]),
        ("Figure 9A and Figure 9—source data 1", [("9", "A")]),
        ("Figure 9—figure supplement 1D", [("9-S1", "D")]),
        ("Fig. 2 of ref. 12", []),
        ("Figure 4 in [12]", []),
        ("Fig. 3 in Smith et al.", []),
        ("In Fig. 3 of Paper II we", []),
        ("(see Fig. 4 in [S13])", []),
        ("Fig. 3 of paper", [("3", "")]),
        ("see Fig. 1 of Smith and Jones (2010)", []),
        ("Fig. 2 of Smith (2010)", []),
        ("Figs. 3 and 4 of their paper", []),
        ("within the range of their Fig. 3b", []),
        ("as proved in [12, Fig. 3]", []),
        ("(Smith [12] figure 9.13)", []),
        ("(ref. 12, Fig. 3)", []),
        ("as was seen.[12] Fig. 3 shows more", [("3", "")]),
        ("as was seen [12], Fig. 3 and others", [("3", "")]),
        ("(Smith et al. 2019; Fig. 3)", [("3", "")]),
        ("in Fig. 3 of the text", [("3", "")]),
    ],
)
def test_supplements_have_their_own_numbers_and_other_works_none(text: str, expected: list[tuple[str, str]]) -> None:
    assert named(text) == expected


def test_a_reference_knows_its_place() -> None:
    text = "See Figs. 2a, b and 4 there."
    assert [text[r.start : r.end] for r in find_references(text)] == ["Figs. 2a, b", "4"]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="Figures. SupplementaryED1234abcAB(),-–; \xa0and", max_size=120))
def test_references_lie_in_the_text_in_order(text: str) -> None:
    found = find_references(text)
    assert all(0 <= r.start < r.end <= len(text) for r in found)
    assert [r.start for r in found] == sorted(r.start for r in found)
    assert [r.end for r in found] == sorted(r.end for r in found)
    assert all(
        figure_number(f"Fig. {r.number}") for r in found if "-" not in r.number and not r.number.startswith("ED")
    )


@pytest.mark.parametrize("text", ["Fig. 1(" + "(" * 50_000, "Fig. " + "1, " * 20_000, "Fig. 1a" + ",b" * 20_000])
def test_hostile_lists_take_no_time(text: str) -> None:
    started = time.perf_counter()
    find_references(text)
    assert time.perf_counter() - started < 3


@pytest.mark.parametrize(
    ("caption", "label", "rest"),
    [
        ("Fig. 1 | Title", "Fig. 1", "Title"),
        ("Figure 1: Foo", "Figure 1", "Foo"),
        ("FIG. 1. (Color online) Foo", "FIG. 1", "(Color online) Foo"),
        ("Figure 1 (a) The process", "Figure 1", "(a) The process"),
        ("Figure 3 a Schematic", "Figure 3", "a Schematic"),
        ("Fig. 2", "Fig. 2", ""),
        ("Supplementary Fig. 1: x", "Supplementary Fig. 1", "x"),
        ("Figure 1—figure supplement 2. Foo", "Figure 1—figure supplement 2", "Foo"),
        ("Figure 1 shows the model.", "", "Figure 1 shows the model."),
        ("Figure 1 (a) shows it.", "", "Figure 1 (a) shows it."),
        ("Table 1: x", "", "Table 1: x"),
    ],
)
def test_the_label_that_a_caption_begins_with(caption: str, label: str, rest: str) -> None:
    found, start = split_label(caption)
    assert (found, caption[start:]) == (label, rest)


def test_sentences_are_not_cut_at_abbreviations() -> None:
    text = "As in Fig. 1 of A. Smith et al. It grew, e.g. Two times.12,13 In vitro (Fig. 2). (a) Next? Yes."
    assert [text[start:end] for start, end in sentences(text)] == [
        "As in Fig. 1 of A. Smith et al. It grew, e.g. Two times.12,13",
        "In vitro (Fig. 2). (a) Next?",
        "Yes.",
    ]
    assert sentence_at(text, text.index("vitro")) == "In vitro (Fig. 2). (a) Next?"


@pytest.mark.parametrize(
    "text",
    [
        "At 0.6 μM CHIR and 0.1 M KOH it grew (Fig. 1).",
        "It grew by 2.1 Mb, i.e. 3.5 Å on average (Fig. 1).",
    ],
)
def test_decimal_numbers_end_no_sentence(text: str) -> None:
    assert sentence_at(f"Before. {text} Later.", len("Before. ") + text.index("Fig.")) == text


def test_a_citation_mark_belongs_to_the_sentence_before_it() -> None:
    assert sentence_at("It grew.12,13 Then it fell.", 9) == "It grew.12,13"
    assert sentence_at("It grew.12,13 Then it fell.", 15) == "Then it fell."
    assert sentence_at("It grew (Fig. 1).[12, 13–15] Then it fell.", 9) == "It grew (Fig. 1).[12, 13–15]"


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["Fig. 1", "Figs. 2", "Supplementary Fig. 3", "Fig. 4", "a", "b", "c)", "(a", "A", "iv", " ", ",", ".", ")", "–", " and ",
             " to ", " of ", " in ", " shows", "3", "b)", "=", "'", "[12, ", "their ", " therein", " panels a", "S2", ".5"]
        ),
        max_size=12,
    ).map("".join)
)  # fmt: skip
def test_a_number_that_stands_alone_reads_as_any_list(text: str) -> None:
    shortcut = find_references(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figure_references, "_ALONE", re.compile(r"(?!)"))
        assert find_references(text) == shortcut


@pytest.mark.parametrize("word", ["fig", "Fig", "FIG", "Figure", "FIGURE", "fIG", "FiG"])
def test_the_word_is_found_in_any_case(word: str) -> None:
    assert [ref.start for ref in find_references(f"As fig. 1, Fig. 2 and ({word}. 3) show, config. 4 not.")] == [
        3,
        11,
        23,
    ]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="Ab. 1!?)Fig\xa0,", max_size=300), st.integers(0, 320))
def test_the_sentence_at_a_place_is_one_of_the_sentences(text: str, position: int) -> None:
    whole = [text[start:end] for start, end in sentences(text) if position < end]
    assert not whole or sentence_at(text, position) == whole[0]
    assert sentence_at(text, position) in text


def test_a_sentence_without_end_is_cut() -> None:
    text = "word " * 200_000
    assert 0 < len(sentence_at(text, 500_000)) < 10_000


def seen(*texts: str) -> list[str]:
    return list(survey((Paragraph(text) for text in texts), {})[1])


def test_the_labels_that_the_text_names() -> None:
    assert seen("See Figs 2-4 and Fig. 1b.", "Again Fig. 2; Fig. A1.") == ["2", "3", "4", "1", "A1"]
    assert seen("Nothing.", "Supplementary Fig. 1, Extended Data Fig. 2, Fig. S3, Figure 2—figure supplement 1.") == []
    assert seen("Fig. 7 of ref. 12 and Fig. 8 in [14]; see Fig. 9 of Smith et al.") == []


def test_citation_marks_make_no_labels_but_chapters_do() -> None:
    assert seen("It is in Fig. 1.34 and Fig. 2.") == ["1", "2"]
    assert seen("It is in Figure 2.1 and Figure 2.2.") == ["2.1", "2.2"]


def mention_of(paragraphs: list[Paragraph], figures: dict[str, str], locator: str = "F1") -> list[tuple[str, ...]]:
    return [mention.panels for mention in mentions(paragraphs, figures)[locator]]


def linked(text: str, anchor: str, target: str, panel: str = "") -> Paragraph:
    start = text.index(anchor)
    return Paragraph(text, "Results", (Link(start, start + len(anchor), target, panel),))


def test_one_mention_per_paragraph_with_all_its_panels() -> None:
    text = "Nothing here. We show it in Fig. 1b. Then Fig. 1a, b and Fig. 2 follow."
    found = mentions([Paragraph(text, "Results"), Paragraph("No figure.", "Methods")], {"F1": "Fig. 1", "F2": "Fig. 2"})
    (first,), (second,) = found["F1"], found["F2"]
    assert (first.text, first.section, first.panels) == (text, "Results", ("b", "a"))
    assert first.sentence == "We show it in Fig. 1b."
    assert (second.panels, second.sentence) == ((), "Then Fig. 1a, b and Fig. 2 follow.")


def test_figures_without_a_mention_are_keys_too() -> None:
    assert mentions([], {"F1": "Fig. 1"}) == {"F1": ()}


def test_a_supplementary_figure_is_no_mention_of_the_main_one() -> None:
    assert mention_of([Paragraph("See Supplementary Fig. 1 and Extended Data Fig. 1.")], {"F1": "Fig. 1"}) == []


def test_links_count_once_and_may_hold_the_number_only() -> None:
    assert mention_of([linked("see Fig. 1a–c.", "1a", "F1")], {"F1": "Fig. 1"}) == [("a", "b", "c")]


def test_a_link_without_words_around_it_counts() -> None:
    figures = {"F1": "Fig. 1"}
    assert mention_of([linked("as seen before (2b), too", "2b", "F1")], figures) == [("b",)]
    assert mention_of([linked("the same (b, c)", "b, c", "F1")], figures) == [("b", "c")]
    assert mention_of([linked("the plot above", "plot", "F1")], figures) == [()]


def test_a_link_to_a_panel_brings_the_panel() -> None:
    assert mention_of([linked("see Fig. 1.", "1", "F1", "c")], {"F1": "Fig. 1"}) == [("c",)]


def test_the_link_is_right_where_its_number_is_not() -> None:
    found = mentions([linked("see Fig. 2a.", "2a", "F1")], {"F1": "Fig. 1", "F2": "Fig. 2"})
    assert [m.panels for m in found["F1"]] == [("a",)]
    assert found["F2"] == ()


def test_a_link_over_two_figures_keeps_both() -> None:
    found = mentions([linked("see Figs 1 and 2.", "Figs 1 and 2", "F1")], {"F1": "Fig. 1", "F2": "Fig. 2"})
    assert len(found["F1"]) == len(found["F2"]) == 1


def test_links_to_what_is_no_figure_are_passed_over() -> None:
    assert mention_of([linked("see Table 1", "1", "T1")], {"F1": "Fig. 1"}) == []


def test_a_citation_mark_stuck_to_the_number() -> None:
    assert mention_of([Paragraph("It is in Fig. 1.34 We go on.")], {"F1": "Fig. 1"}) == [()]


def test_a_figure_without_number_is_found_by_its_links_only() -> None:
    assert mention_of([Paragraph("The figure."), linked("The Figure shows", "Figure", "F1")], {"F1": "Figure"}) == [()]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("It holds (Supplementary Note 1 and Fig. 3).", ["S3"]),
        ("It holds (Supplementary Table 2, Figs. 4 and 5).", ["4", "5"]),
        ("It holds (Supplementary Data 11; Fig. 9a).", ["9"]),
        ("It holds (Supplementary Tables and Figs. 4 and 5).", ["S4", "S5"]),
        ("It holds (supplement Table 4 and Fig. 5).", ["S5"]),
        ("It holds (Supplementary Information) and Fig. 3 shows it.", ["3"]),
        ("We support data and Fig. 3 shows it.", ["3"]),
        ("Supplementary Note 1 tells it, and Fig. 3 shows it.", ["3"]),
    ],
)
def test_an_adjective_that_is_said_once_for_two(text: str, numbers: list[str]) -> None:
    assert [found.number for found in find_references(text)] == numbers


def test_a_link_says_whose_figure_it_is_and_counts_once() -> None:
    text = "See Supplementary Note 1 and Fig. 3a, and Figs. 3b, 4."
    start, other = text.index("3a"), text.index("3b")
    links = (Link(start, start + 2, "F3"), Link(other, other + 2, "F3"))
    found = mentions([Paragraph(text, "", links)], {"F3": "Fig. 3", "F4": "Fig. 4"})
    assert [(m.namings, m.panels) for m in found["F3"]] == [(2, ("a", "b"))]
    assert [m.namings for m in found["F4"]] == [1]


def test_what_is_named_and_not_there_is_told() -> None:
    paragraphs = [Paragraph("Fig. 1 and Figs. 3–4 show it; Supplementary Fig. 9 and Fig. 7 of ref. 2 do not. Fig. 4b.")]
    found, missing = survey(paragraphs, {"a": "Fig. 1", "b": "Figure 2"})
    assert missing == ("3", "4")
    assert [m.namings for m in found["a"]] == [1]
    assert found["b"] == ()


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Figure 7 (a), (1) for the first and (2) for the second.", ["7"]),
        ("Figs. (1) and (2) show it.", ["1", "2"]),
        ("Figs. 1, 2 and (3) of the list.", ["1", "2"]),
        ("Figures 7 (a), (b) and 8 show it.", ["7", "8"]),
    ],
)
def test_a_number_in_brackets_is_a_figure_where_the_first_is_bracketed_too(text: str, numbers: list[str]) -> None:
    assert [found.number for found in find_references(text)] == numbers


def panels_named(text: str, labels: str, *links: Link) -> list[tuple[str, ...]]:
    own = {"F1": [Panel(label, "") for label in labels.split()]}
    found, missing = survey([Paragraph(text, "", links)], {"F1": "Fig. 1", "F2": "Fig. 2"}, own)
    assert missing == ()
    return [mention.panels for mention in found["F1"]]


@pytest.mark.parametrize(
    ("text", "labels", "panels"),
    [
        ("Seen in Fig. 1d1, d2, d3.", "a d1 d2 d3", "d1 d2 d3"),
        ("Seen in Fig. 1d1–d3.", "d1 d2 d3", "d1 d2 d3"),
        ("Seen in Fig. 1d1, d2.", "a b c d", "d"),
        ("Seen in Fig. 1d1, d2.", "", "d"),
        ("Seen in Fig. 1 (d1, 2) and later.", "d1 d2", "d1 d2"),
        ("Seen in Fig. 1, A1–C1.", "A1 A2 B1 B2 C1 C2", "A1 B1 C1"),
        ("Seen (Fig. 1-A1) and (Fig. 1-A2).", "A1 A2", "A1 A2"),
        ("Seen (Fig. 1, W1–3).", "W1 W2 W3", "W1 W2 W3"),
        ("Seen (Fig. 1, C1–C2).", "A B C", "C"),
        ("Seen (Fig. 1, F3,8 = 5.2).", "a b c", ""),
        ("Seen (Fig. 1, F3,8 = 5.2).", "", ""),
        ("Seen in Figs. 1a4 and b4.", "a b", "a b"),
        ("Seen in Figs. 2b and 1d2.", "a d1 d2", "d2"),
        ("Seen in Fig. 1a and d.", "a d1 d2", "a d"),
        ("Seen in Fig. 1 B6 mice.", "A B", ""),
    ],
)
def test_numbered_panels_are_named_as_their_figure_names_them(text: str, labels: str, panels: str) -> None:
    assert panels_named(text, labels) == [tuple(panels.split())]


def test_a_linked_number_has_its_numbered_panels_behind_it() -> None:
    text = "Seen in Fig. 1d1, d2."
    at = text.index("1d1")
    assert panels_named(text, "d1 d2", Link(at, at + 3, "F1")) == [("d1", "d2")]


def test_numbered_panels_without_end_take_no_time() -> None:
    start = time.process_time()
    panels_named("Fig. 1" + "a1, " * 30_000, "a1 a2")
    panels_named("Fig. 1, " + "A1–Z99" * 20_000, "A1")
    assert time.process_time() - start < 3


def test_what_a_link_puts_right_and_figure_zero_are_not_missing() -> None:
    text = "Seen in Fig. 0 and Figs. 2g–i and 7."
    wrong = Link(text.index("7"), text.index("7") + 1, "F2")
    assert survey([Paragraph(text, "", (wrong,))], {"F2": "Fig. 2"})[1] == ()
