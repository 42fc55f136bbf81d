"""The first filter, near-duplicates and the blind limits, question by question."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import pytest

from omnisci_etl.captions import prompts
from omnisci_etl.figures.kinds import KINDS
from omnisci_etl.judging.qa import basic, blind, duplicates, filters, taxonomy
from omnisci_etl.judging.qa.items import Answer, Draft, Item
from omnisci_etl.judging.qa.roles import PROMPTS, WRITE
from omnisci_etl.judging.qa.writing import MAX_DRAFTS, drafts
from omnisci_etl.judging.scorers import similarity

GOOD = Draft("value", "", "picture", "At which temperature does the yield peak?", ("300 K", "350 K", "400 K"), 1)


def changed(**fields: object) -> Draft:
    return dataclasses.replace(GOOD, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "draft",
    [
        GOOD,
        changed(options=("Yes", "No"), body="Does the yield rise with temperature?"),
        changed(options=("10 mW", "10 MW")),
        changed(options=("-5 mV", "5 mV")),
        changed(options=("Not at all", "Weakly", "Strongly")),
        changed(options=("A and B", "C and D"), body="Which panels show the control?"),
        changed(body="Which panel shows the spectrum of sample 3?"),
        changed(body="What is the section thickness?", options=("5 µm", "10 µm")),
        changed(options=("None", "Error bars", "Shading"), body="How is the spread drawn?"),
    ],
    ids=lambda draft: draft.body + " " + "/".join(draft.options),
)
def test_sound_questions_pass(draft: Draft) -> None:
    assert basic.fault(draft) is None


@pytest.mark.parametrize(
    ("draft", "slug"),
    [
        (changed(body=""), "question-malformed"),
        (changed(options=("300 K", "")), "question-malformed"),
        (changed(body="x" * 700), "question-malformed"),
        (changed(key=None), "question-without-key"),
        (changed(options=("300 K",), key=0), "question-options"),
        (changed(options=tuple(f"{n} K" for n in range(7))), "question-options"),
        (changed(options=("300 K", "300  K")), "question-options"),
        (changed(options=("Increase", "increase.", "decrease")), "question-options"),
        (changed(options=("300 K", "350 K", "All of the above")), "question-meta-option"),
        (changed(options=("300 K", "350 K", "none of these")), "question-meta-option"),
        (changed(options=("300 K", "350 K", "Both A and B")), "question-meta-option"),
        (changed(options=("300 K", "350 K", "A and B")), "question-meta-option"),
        (changed(options=("300 K", "350 K", "Both")), "question-meta-option"),
        (changed(options=("300 K", "350 K", "It cannot be determined")), "question-meta-option"),
        (changed(options=("300 K", "350 K", "Not enough information")), "question-meta-option"),
        (changed(body="What does the rise imply about the catalyst?"), "question-speculative"),
        (changed(body="What can be inferred from the peak?"), "question-speculative"),
        (changed(body="Which mechanism is suggested by the curve?"), "question-speculative"),
        (changed(body="Which value is shown in Fig. 3?"), "question-points-away"),
        (changed(options=("as in Table 2", "as in the control")), "question-points-away"),
        (changed(body="Which line of Supplementary Figure S4 is red?"), "question-points-away"),
    ],
    ids=lambda one: one if isinstance(one, str) else one.body[:30] + " " + "/".join(one.options)[:40],
)
def test_faulty_questions_are_dropped_by_their_slug(draft: Draft, slug: str) -> None:
    assert basic.fault(draft) == slug


def items(*given: tuple[str, tuple[str, ...], str]) -> list[Item]:
    made = [Draft("value", panel, "picture", body, options, 0) for body, options, panel in given]
    return [Item(number, 7, "0" * 64, draft.sha256("0" * 64), draft) for number, draft in enumerate(made, 1)]


TWINS = [
    ("Which metal gives the highest yield?", ("palladium", "nickel"), ""),
    ("Which metal gives the highest yield in the figure?", ("palladium", "copper"), ""),
]


def test_a_question_that_repeats_an_earlier_one_is_found() -> None:
    assert duplicates.repeated(items(*TWINS)) == {2: (1, "jaccard", 1.0)}


@pytest.mark.parametrize(
    "second",
    [
        ("Which metal gives the highest yield?", ("nickel", "palladium"), ""),
        ("Which metal gives the lowest yield?", ("cobalt", "palladium"), ""),
        ("Which metal gives the highest yield at 300 K?", ("palladium", "nickel"), ""),
        ("Which metal gives the highest yield in panel b?", ("palladium", "nickel"), ""),
    ],
    ids=lambda one: one[0] + one[1][0],
)
def test_another_key_number_or_letter_makes_another_question(second: tuple[str, tuple[str, ...], str]) -> None:
    assert duplicates.repeated(items(TWINS[0], second)) == {}


def test_the_same_question_of_two_panels_is_no_repeat() -> None:
    body, options, _ = TWINS[0]
    assert duplicates.repeated(items((body, options, "a"), (body, options, "b"))) == {}
    assert duplicates.repeated(items((body, options, "a"), (body, options, "a"))) == {2: (1, "jaccard", 1.0)}


def test_the_sense_finds_what_the_words_do_not() -> None:
    asked = items(("Which quantity does the ordinate show?", ("yield", "time"), ""),
                  ("What is plotted vertically?", ("yield", "mass"), ""))  # fmt: skip
    assert duplicates.repeated(asked) == {}
    assert duplicates.repeated(asked, lambda one, two: 0.93) == {2: (1, "cosine", 0.93)}
    assert duplicates.repeated(asked, lambda one, two: 0.89) == {}


@pytest.mark.embed
@pytest.mark.skipif(similarity.embedding_missing() is not None, reason="the [embed] extra is not installed")
def test_with_the_embedding_model_other_words_for_the_same_are_found() -> None:
    asked = items(
        ("Which metal catalyst gives the highest yield?", ("palladium", "nickel"), ""),
        ("Which of the metal catalysts has the highest yield?", ("palladium", "cobalt"), ""),
        ("At which temperature does the curve peak?", ("300 K", "400 K"), ""),
    )
    cosine = filters.cosine_of(asked)
    assert cosine is not None
    assert set(duplicates.repeated(asked, cosine)) == {2}


def answers(hits: int, misses: int) -> Sequence[Answer]:
    return [*[Answer("option", 0, True, 1.0)] * hits, *[Answer("option", 1, False, 0.0)] * misses]


@pytest.mark.parametrize(
    ("options", "hits", "misses", "guessable"),
    [
        (2, 4, 0, True), (2, 3, 1, False), (3, 4, 1, True), (3, 3, 1, False), (4, 7, 3, True), (4, 2, 1, False),
        (4, 3, 1, True), (5, 3, 2, True), (5, 2, 2, False), (6, 6, 4, True), (6, 5, 5, False), (4, 0, 0, False),
    ],
)  # fmt: skip
def test_limits_of_blind_hits(options: int, hits: int, misses: int, guessable: bool) -> None:
    assert blind.is_guessable(answers(hits, misses), options) is guessable


def test_every_kind_of_figure_has_sorts_and_the_schema_knows_them_all() -> None:
    table = taxonomy.load()
    assert set(table.kinds) == set(KINDS)
    named = {sort for sorts in table.kinds.values() for sort in sorts}
    assert named == set(table.sorts)
    items_ = prompts.load(WRITE).output_schema["properties"]["questions"]["items"]
    assert set(items_["properties"]["sort"]["enum"]) == named
    assert table.of_kind("never heard of") == table.kinds["other"]
    assert table.count(0) < table.count(3) <= table.count(99) == table.most


def test_prompts_are_of_purpose_qa_and_their_schemas_strict() -> None:
    for name in {WRITE, *PROMPTS.values()}:
        prompt = prompts.load(name)
        assert prompt.purpose == "qa"
        schemas = [prompt.output_schema]
        if name == WRITE:
            schemas.append(prompt.output_schema["properties"]["questions"]["items"])
        for schema in schemas:
            assert schema["additionalProperties"] is False
            assert set(schema["required"]) == set(schema["properties"])


def written(**fields: object) -> dict[str, object]:
    return {"sort": "value", "about_panel": "(b)", "basis": "both", "question": "Which?", "options": ["1", "2"],
            "grounds": "seen", "key": "B"} | fields  # fmt: skip


def test_drafts_are_read_with_their_key() -> None:
    [draft] = drafts({"questions": [written()]})
    assert (draft.panel, draft.key, draft.options) == ("b", 1, ("1", "2"))


def test_a_key_beyond_the_options_is_none() -> None:
    assert drafts({"questions": [written(key="C")]})[0].key is None


def test_what_a_writer_pours_out_is_cut() -> None:
    made = drafts({"questions": [written(question="x y" * 9_999, options=["o" * 5000] * 40)] * 100})
    assert len(made) == MAX_DRAFTS
    assert len(made[0].body) <= 1_000
    assert all(len(option) <= 1_000 for option in made[0].options)
    assert basic.fault(made[0]) == "question-malformed"


def test_characters_that_cannot_be_stored_are_taken_out() -> None:
    [draft] = drafts({"questions": [written(question="Which\x00 \ud800one\n?", options=["a\ud800", "b"])]})
    assert draft.body == "Which one ?"
    assert draft.sha256("0" * 64)
