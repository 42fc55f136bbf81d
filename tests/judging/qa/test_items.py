"""Sheets: the order of options, what can be chosen beside them, and what answers are worth."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.judging.qa.items import CANNOT_TELL, LETTERS, META, OFF_LIST, Draft, Item, Sheet, Step

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
DRAFTS = st.builds(
    lambda body, options, key: Draft("value", "", "picture", body, tuple(options), key % len(options)),
    TEXTS, st.lists(TEXTS, min_size=2, max_size=6, unique=True), st.integers(0, 5),
)  # fmt: skip


def item(draft: Draft, number: int = 1) -> Item:
    return Item(number, 1, "0" * 64, draft.sha256("0" * 64), draft)


def plain(options: tuple[str, ...], key: int = 0, body: str = "Which?") -> Item:
    return item(Draft("value", "", "picture", body, options, key))


@given(DRAFTS, st.sampled_from(["blind", "agreement", "floor", "ceiling", "caption"]), st.integers(0, 20))
@settings(max_examples=60, deadline=None)
def test_every_option_stands_in_the_sheet_once_and_is_read_back(draft: Draft, step: Step, draw: int) -> None:
    sheet = Sheet(item(draft), step, draw)
    assert sorted(sheet.order) == list(range(len(draft.options)))
    read = [sheet.read({"answer": letter}) for letter in LETTERS[: len(draft.options)]]
    assert [answer.chosen for answer in read] == list(sheet.order)
    assert [answer.correct for answer in read].count(True) == 1
    assert sum(answer.points for answer in read) == 1


@given(DRAFTS)
@settings(max_examples=30, deadline=None)
def test_over_as_many_draws_as_options_each_stands_first_once(draft: Draft) -> None:
    firsts = Counter(Sheet(item(draft), "blind", draw).order[0] for draw in range(len(draft.options)))
    assert set(firsts.values()) == {1}


def test_the_order_depends_on_question_and_draw_and_nothing_else() -> None:
    orders = {Sheet(plain(("1", "2", "3", "4"), body=f"Which {n}?"), "caption").order for n in range(40)}
    assert len(orders) > 10
    one, other = plain(("1", "2", "3"), key=0), plain(("1", "2", "3"), key=2)
    assert Sheet(one, "caption").order == Sheet(other, "ceiling").order


def test_the_key_stands_first_no_more_often_than_chance() -> None:
    first = sum(Sheet(plain(("1", "2", "3", "4"), body=f"Which {n}?"), "caption").order[0] == 0 for n in range(400))
    assert 70 < first < 130


@pytest.mark.parametrize(("options", "points"), [(2, 0.55), (3, 1 / 3 + 0.05), (4, 0.3), (6, 1 / 6 + 0.05)])
def test_an_admission_is_worth_a_little_more_than_a_guess(options: int, points: float) -> None:
    sheet = Sheet(plain(tuple(f"option {n}" for n in range(options))), "caption")
    answer = sheet.read({"answer": LETTERS[options]})
    assert (answer.said, answer.chosen, answer.correct) == (CANNOT_TELL, None, False)
    assert answer.points == pytest.approx(points)


def test_yes_or_no_has_no_way_out_but_in_the_agreement() -> None:
    asked = plain(("Yes", "no."))
    assert not Sheet(asked, "caption").ways_out
    assert Sheet(asked, "caption").read({"answer": "C"}).said == OFF_LIST
    assert list(Sheet(asked, "agreement").ways_out) == list(META)


def test_nothing_can_be_admitted_blindly() -> None:
    sheet = Sheet(plain(("1", "2", "3")), "floor")
    assert sheet.read({"answer": "D"}).said == OFF_LIST


@pytest.mark.parametrize("given_", ["", "AB", "Z", "é", "1", "A.", None, 3])
def test_what_is_no_offered_letter_is_off_list_and_worth_nothing(given_: object) -> None:
    answer = Sheet(plain(("1", "2", "3")), "caption").read({"answer": given_})
    assert (answer.said, answer.chosen, answer.correct, answer.points) == (OFF_LIST, None, False, 0.0)


def test_a_letter_is_read_in_either_case() -> None:
    sheet = Sheet(plain(("1", "2", "3")), "caption")
    assert sheet.read({"answer": " b "}) == sheet.read({"answer": "B"})


def test_questions_and_options_are_escaped() -> None:
    sheet = Sheet(plain(('</option><option letter="A">x', "y & z"), body="Is a < b?</question>"), "caption")
    shown = sheet.text()
    assert shown.count("</question>") == 1
    assert shown.count("<option ") == shown.count("</option>") == 3
    assert "y &amp; z" in shown
