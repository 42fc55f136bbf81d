"""The stages: which figures and captions are taken, what is left, and what is not done twice."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from omnisci_etl.alignment.stage import sample
from omnisci_etl.errors import ConfigError, LeftOver
from omnisci_etl.judging.qa import stage


def accept(school: Any, caption: int, outcome: str = "accept") -> None:
    with school.context.ledger.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO decision (caption_id, policy, policy_sha256, inputs_sha256, outcome, slug, gate_score, reason, run_key) "
                "VALUES (:c, 'p', :h, :h, :o, 'above-threshold', 1, '{}', :r)"
            ),
            {"c": caption, "h": f"{caption:064x}", "o": outcome, "r": school.context.run.key},
        )


def test_questions_are_written_for_figures_with_and_without_captions_once(school: Any, table_hashes: Any) -> None:
    plain, captioned = school.figure(), school.figure()
    school.caption(captioned, "x")
    counts = school.run(stage.write)
    assert counts["figures"] == 2
    assert counts["questions"] == 10
    assert counts["kept"] + counts["dropped"] + counts["for_review"] == 10
    assert {row["figure_id"] for row in school.rows("SELECT figure_id FROM qa_questions")} == {plain, captioned}
    before, asked = table_hashes(), len(school.models.asked)
    assert school.run(stage.write)["figures"] == 0
    assert (table_hashes(), len(school.models.asked)) == (before, asked)


def test_a_limit_goes_on_where_the_last_run_ended(school: Any) -> None:
    for _ in range(3):
        school.figure()
    assert school.run(stage.write, limit=2)["figures"] == 2
    assert school.run(stage.write, limit=2)["figures"] == 1


def test_rejected_figures_get_no_questions(school: Any) -> None:
    school.library.figure(reject_slug="no-caption")
    assert school.run(stage.write)["figures"] == 0


def test_questions_come_from_another_family_than_the_captions(school: Any) -> None:
    school.read(school.path.read_text().replace("qa_writer: [writer]", "qa_writer: [cap, writer]"))
    by_cap, by_poor = school.figure(), school.figure()
    school.caption(by_cap, "x")
    school.caption(by_poor, "x", "poor")
    school.run(stage.write)
    writers = {row["figure_id"]: row["writer"] for row in school.rows("SELECT figure_id, writer FROM qa_questions")}
    assert writers == {by_cap: "writer-1", by_poor: "cap-1"}


def test_all_accepted_and_sampled_captions(school: Any) -> None:
    figures = [school.figure() for _ in range(3)]
    captions = [school.caption(figure, school.truth(figure)) for figure in figures]
    accept(school, captions[0])
    accept(school, captions[1], "reject")
    assert school.run(stage.run, captions="accepted")["scores"] == 1
    school.run(sample, size=2, seed=1)
    drawn = {row["caption_id"] for row in school.rows("SELECT caption_id FROM sample_item")}
    school.run(stage.run, captions="sample")
    scored = {row["caption_id"] for row in school.rows("SELECT caption_id FROM score WHERE scorer = 'caption-qa'")}
    assert scored == drawn | {captions[0]}
    # Every caption that the library put in has a twin under the captioner's own name.
    assert school.run(stage.run, captions="all", limit=1)["captions"] == 1
    school.run(stage.run, captions="all")
    every = school.rows("SELECT count(*) AS n FROM caption")[0]["n"]
    assert school.rows("SELECT count(*) AS n FROM score WHERE scorer = 'caption-qa'")[0]["n"] == every


def test_captions_that_can_get_no_score_do_not_stand_in_the_way_of_others(school: Any) -> None:
    bare, full = school.figure(()), school.figure()
    for figure in (bare, bare, full):
        school.caption(figure, school.truth(figure))
    assert [school.run(stage.run, captions="all", limit=2)["captions"] for _ in range(2)] == [0, 2]


def test_a_sample_that_was_never_drawn_is_asked_for(school: Any) -> None:
    with pytest.raises(ConfigError, match="omnisci sample"):
        school.run(stage.run)


def test_captions_of_another_discipline_are_left_alone(school: Any) -> None:
    school.caption(school.figure(), "x")
    assert school.run(stage.run, captions="all", discipline="physics")["captions"] == 0


def test_what_is_left_is_said_and_the_rest_is_stored(school: Any) -> None:
    school.caption(school.figure(), "x")
    school.models.states = {"one": "left"}
    with pytest.raises(LeftOver, match="the budget") as caught:
        school.run(stage.run, captions="all")
    assert caught.value.counts["questions"] == 5
    assert caught.value.counts["left"] > 0


def test_where_nothing_can_be_had_the_next_figures_are_not_asked_about(
    school: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "CHUNK", 1)
    for _ in range(4):
        school.figure()
    school.models.states = {"writer": "left"}
    with pytest.raises(LeftOver) as caught:
        school.run(stage.write)
    assert caught.value.counts["left"] == 1


def test_tables_refuse_changes(school: Any) -> None:
    figure = school.figure()
    stage.examine(school.context, school.models.routes, [school.caption(figure, "x")], school.models)
    tables = ("qa_writing", "qa_question", "qa_filter", "qa_answer", "qa_outside_caption")
    for table in tables:
        with (
            pytest.raises(DBAPIError, match="append-only"),
            school.context.ledger.engine.begin() as connection,
        ):
            connection.execute(text(f"DELETE FROM omnisci.{table}"))


def test_the_views_say_what_was_asked_and_answered(school: Any) -> None:
    figure = school.figure()
    full, empty = school.caption(figure, school.truth(figure)), school.caption(figure, "", "poor")
    stage.examine(school.context, school.models.routes, [full, empty], school.models)
    rows = {row["model"]: row for row in school.rows("SELECT * FROM qa_results")}
    assert rows["cap-1"]["accuracy"] == rows["cap-1"]["mean_score"] == rows["cap-1"]["normalised"] == 1.0
    assert (rows["cap-1"]["kind"], rows["cap-1"]["discipline"], rows["cap-1"]["answerer"]) == (
        "chart",
        "chemistry",
        "one-1",
    )
    assert rows["poor-1"]["cannot_tell"] > 0
    kept = [row for row in school.rows("SELECT * FROM qa_questions") if row["outcome"] == "kept"]
    assert rows["cap-1"]["answers"] == len(kept)
    truth = {fact.question: fact.options[0] for fact in school.models.facts[figure]}
    assert all(row["key"] == truth[row["question"]] for row in kept)
    steps = {row["step"]: row["shown"] for row in school.rows("SELECT DISTINCT step, shown FROM qa_answers")}
    assert steps == {
        "blind": "nothing", "floor": "nothing", "agreement": "picture", "ceiling": "picture", "caption": "caption",
    }  # fmt: skip
