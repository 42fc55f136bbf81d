"""Text of any kind: the functions that read captions and paragraphs stay sound, and their time grows with length only."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.captions.pointers import rewrite
from omnisci_etl.figures.panels import split_panels
from omnisci_etl.judging.references import find_references as counted
from omnisci_etl.papers.figure_references import figure_number, find_lists, find_references, split_label
from omnisci_etl.papers.mentions import mentions, survey
from omnisci_etl.papers.model import Link, Paragraph
from omnisci_etl.papers.references import find_pointers
from omnisci_etl.papers.sentences import sentence_at, sentences

PIECES = st.sampled_from([
    "Fig. 1", "Figs", "figure", "FIG.", "Supplementary ", "Extended Data ", "1", "23", "a", "b", "A", "B", "c1", "i", "iii", "S",
    "(", ")", "[", "]", "-", "–", "~", ",", ";", ".", ":", "|", "′", " and ", " to ", " of ", " in ", "Left", "(right)", "Top: ",
    "panel ", "Panels", " ref. ", "[12]", "et al. 2019", "Table ", "Eq. (", "https://x.y/", "10.1234/", "\xa0", " ", " ", "Word",
    "word ", "µm", "0.5", "\n", "\x00", "\u202e", "\ud7ff", "日", "é",
])  # fmt: skip
TEXT = st.lists(PIECES, max_size=60).map("".join) | st.text(max_size=200)
SPANS = st.lists(st.tuples(st.integers(0, 200), st.integers(0, 200)), max_size=12)
MANY = settings(max_examples=150, deadline=None)


@MANY
@given(TEXT, SPANS)
def test_panels_are_parts_of_the_caption(caption: str, spans: list[tuple[int, int]]) -> None:
    lead, panels = split_panels(caption, [(start, end) for start, end in spans if start < end <= len(caption)])
    labels = [panel.label for panel in panels]
    assert lead in caption
    assert len(labels) == len(set(labels))
    letters = [label for label in labels if len(label) == 1]
    assert letters == sorted(letters)
    for text in (panel.text for panel in panels):
        assert any(text[:n].strip() in caption and text[n:].strip() in caption for n in range(len(text) + 1))
    if not panels:
        assert lead == caption


@MANY
@given(TEXT)
def test_references_lie_apart_and_in_order(text: str) -> None:
    lists = list(find_lists(text))
    assert all(0 <= found.start < found.items <= found.end <= len(text) for found in lists)
    assert all(first.end <= second.start for first, second in pairwise(lists))
    for found in lists:
        assert all(found.start <= ref.start < ref.end <= found.end for ref in found.references)
    assert find_references(text) == [ref for found in lists for ref in found.references]
    pointers = find_pointers(text)
    assert all(0 <= pointer.start < pointer.end <= len(text) for pointer in pointers)
    assert all(first.end <= second.start for first, second in pairwise(pointers))
    references = counted(text)
    assert all(0 <= reference.start < reference.end <= len(text) for reference in references)
    assert all(first.end <= second.start for first, second in pairwise(references))


@MANY
@given(TEXT)
def test_sentences_follow_one_another(text: str) -> None:
    found = list(sentences(text))
    assert all(start < end for start, end in found)
    assert all(first[1] <= second[0] for first, second in pairwise(found))
    kept = "".join(text[start:end] for start, end in found)
    assert "".join(kept.split()) == "".join(text.split())
    label, start = split_label(text)
    assert text.startswith(label)
    assert 0 <= start <= len(text)
    assert figure_number(text) is None or figure_number(text) != ""


@MANY
@given(st.lists(TEXT, max_size=4), SPANS)
def test_mentions_hold_their_sentence(texts: list[str], spans: list[tuple[int, int]]) -> None:
    links = tuple(Link(start, end, "F1") for start, end in spans if start < end <= 40)
    paragraphs = [Paragraph(text, "Results", links if len(text) >= 40 else ()) for text in texts]
    found = mentions(paragraphs, {"F1": "Fig. 1", "F2": "Figure 23"})
    assert set(found) == {"F1", "F2"}
    for those in found.values():
        assert len(those) <= len(paragraphs)
        assert all(mention.text in texts and mention.sentence in mention.text for mention in those)
        assert all(len(mention.panels) == len(set(mention.panels)) for mention in those)
    seen = survey(paragraphs, {})[1]
    assert len(seen) == len(set(seen))
    assert not any(number.startswith(("S", "ED")) for number in seen)


@MANY
@given(TEXT, st.booleans())
def test_rewriting_leaves_no_bracket_open(text: str, resolve: bool) -> None:
    plain = text.replace("(", " ").replace(")", " ").replace("[", " ").replace("]", " ")
    made, _ = rewrite(plain, "Fig. 1", resolve=resolve)
    assert made.count("(") == made.count(")") == 0


UNITS = (
    "Fig. 1, ", "Fig. 1a,b-", "Figs 1-", "Fig. ", "fig", "Supplementary ", "Extended Data Fig. ", "Fig. 1 of ", "panels a and b of ",
    "Fig. 1(", "(a) ", "(a", "a, ", "a-", "((", "[[", "[1,", "[12] ", "(i) ", "left: ", "(left) ", "the left panel is ", "a b c ",
    "A. ", "Fig. 1. A ", ". ", "!)", "1.1,1,", " ", "ref. 12, ", "et al. 2019 ", "Smith ", "(Smith, 2019; ", "Table 1, ", "Eq. (1), ",
    "https://a.b/(", "10.1234/x(", "\xa0", "see ", "their Fig", "\u0660", "ﬁg. 1 ",
)  # fmt: skip


def _figures_of(text: str) -> object:
    return mentions([Paragraph(text)], {f"F{n}": f"Fig. {n}" for n in range(1, 40)})


READERS: dict[str, Callable[[str], object]] = {
    "panels": split_panels,
    "panels-bold": lambda text: split_panels(text[:19_999], [(n, n + 1) for n in range(0, 19_000, 3)]),
    "mentions": _figures_of,
    "labels": lambda text: survey([Paragraph(text)], {}),
    "label": lambda text: (figure_number(text), split_label(text)),
    "pointers": find_pointers,
    "counted": counted,
    "sentences": lambda text: list(sentences(text)),
    "sentence": lambda text: sentence_at(text, len(text) // 2),
    "rewrite": lambda text: rewrite(text[:20_000], "Fig. 1", resolve=True),
}


def _seconds(reader: str, unit: str, size: int) -> float:
    text = (unit * (size // len(unit) + 1))[:size]
    started = time.process_time()
    READERS[reader](text)
    return time.process_time() - started


@pytest.mark.parametrize("reader", READERS)
def test_the_time_grows_with_length_only(reader: str) -> None:
    taken = {unit: _seconds(reader, unit, 20_000) for unit in UNITS}
    assert max(taken.values()) < 2, max(taken, key=lambda unit: taken[unit])


@pytest.mark.parametrize("reader", ["panels", "mentions", "label", "pointers", "sentences", "sentence"])
def test_a_million_characters_take_bounded_time(reader: str) -> None:
    assert _seconds(reader, "".join(UNITS), 1_000_000) < 20
