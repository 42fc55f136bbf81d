"""The captioner without a model."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.captions.drafts import MAX_BODY, MAX_PANELS, Draft
from omnisci_etl.captions.evidence import Evidence, MentionText, PanelText
from omnisci_etl.captions.pointers import OWN, pointers
from omnisci_etl.captions.providers.extractive import MAX_SENTENCES, compose
from omnisci_etl.judging.evidence import Candidate
from omnisci_etl.judging.evidence import Evidence as JudgedEvidence
from omnisci_etl.judging.gate import THRESHOLD
from omnisci_etl.judging.scorers import default_scorers


def figure(caption, *mentions, panels=()):
    return Evidence(
        "Fig. 2",
        caption,
        "A title",
        panels=tuple(PanelText(*p) for p in panels),
        mentions=tuple(MentionText(m) for m in mentions),
    )


def test_caption_panels_and_mentions_become_one_text():
    draft = compose(figure(
        "Growth of cells. a Growth rate over 5 days (data from Table 1). b Density [3]",
        "We measured growth. Fig. 2a shows a rate of 0.3 per day (Fig. 1). Rates fell later (Supplementary Fig. 4).",
        "Densities agree with theory (Fig. 2b). As in Fig. 3, the density of Fig. 2b is low.",
        panels=[("a", "Growth rate over 5 days (data from Table 1)."), ("b", "Density [3]")],
    ))  # fmt: skip
    assert draft.body == (
        "Growth of cells. a Growth rate over 5 days. b Density. Panel a shows a rate of 0.3 per day. "
        "Densities agree with theory (panel b)."
    )
    assert draft.panels == (("a", "Growth rate over 5 days."), ("b", "Density."))


def test_the_same_evidence_gives_the_same_text():
    one = figure("Growth of cells.", "Fig. 2 shows growth.")
    assert compose(one) == compose(one)


def test_a_sentence_is_said_once_and_not_too_many():
    many = [f"Fig. 2 has the property number {n} of the list." for n in range(40)]
    draft = compose(
        figure("Growth of cells.", "Growth of cells.", "In Fig. 2 it grows. In Fig. 2 it grows.", " ".join(many))
    )
    assert draft.body.count("In this figure it grows.") == 1
    assert draft.body.count("property number") == MAX_SENTENCES - 1
    assert draft.body.count("Growth of cells.") == 1


def test_a_caption_that_only_points_elsewhere_is_kept_in_words():
    assert (
        compose(figure("Same as Fig. 1 for the second data set.")).body
        == "Same as another figure for the second data set."
    )


@pytest.mark.parametrize("caption", ["", " ", "(a) (b)", "[1]", "5"])
def test_nothing_to_say_is_an_empty_draft(caption):
    assert compose(figure(caption)).body == ""


def test_what_it_says_passes_the_gate():
    evidence = figure(
        "Growth of cells. (a) Growth rate over 5 days (see Fig. 1). (b) Density.", "The rate reaches 0.3 per day (Fig. 2a; Fig. 4).",
        panels=[("a", "Growth rate over 5 days (see Fig. 1)."), ("b", "Density.")],
    )  # fmt: skip
    draft = compose(evidence)
    known = JudgedEvidence(
        author_caption=evidence.author_caption,
        panel_labels=("a", "b"),
        mentions=tuple(m.text for m in evidence.mentions),
        label="Fig. 2",
    )
    for scorer in default_scorers():
        (score,) = scorer.score([Candidate(draft.body, draft.panels, known)])
        assert score.value >= THRESHOLD, (scorer.name, score.detail)


def test_drafts_are_cleaned_and_capped():
    draft = Draft.of("x" * (MAX_BODY + 5) + "\x00", [("a" * 50, " one\ud800 "), ("b", "  "), *[("c", "t")] * 100])
    assert len(draft.body) == MAX_BODY
    assert draft.panels[0] == ("a" * 20, "one?")
    assert all(text for _, text in draft.panels)
    assert len(draft.panels) <= MAX_PANELS
    assert draft.panel_rows()[0] == {"label": "a" * 20, "text": "one?"}
    assert len(draft.sha256) == 64


WORDS = st.lists(
    st.sampled_from(
        ["Fig. 2a", "Fig. 3", "growth", "rate", "5 %", "(", ")", "Table 1", ".", "Cells", "[4]", "see", "The"]
    ),
    max_size=25,
).map(" ".join)


@settings(max_examples=80, deadline=None)
@given(WORDS, st.lists(WORDS, max_size=3))
def test_whatever_the_paper_says_the_text_adds_nothing(caption, mentions):
    draft = compose(figure(caption, *mentions))
    source = " ".join([caption, *mentions]).lower()
    ours = {"panel", "panels", "this", "figure", "another", "a", "and", "table"}
    for word in draft.body.lower().replace("(", " ").replace(")", " ").replace(".", " ").replace(",", " ").split():
        assert word in ours or word in source
    for sentence in draft.body.split(". ")[len(caption) :]:
        assert not [p for p in pointers(sentence, "Fig. 2") if p.what != OWN]
