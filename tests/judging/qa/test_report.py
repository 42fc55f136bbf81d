"""Reports and the benchmark: captioners told apart by the same questions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omnisci_etl.errors import ConfigError
from omnisci_etl.judging.qa import outside, report, stage
from omnisci_etl.judging.qa.contest import Entry, find
from omnisci_etl.judging.qa.intervals import Estimate, of_sums, ratio
from omnisci_etl.judging.qa.protocol import BY, Protocol


def test_an_interval_holds_its_value_and_narrows_with_more_figures() -> None:
    few = ratio(np.array([1.0, 0, 1, 1]), np.ones(4))
    many = ratio(np.tile([1.0, 0, 1, 1], 50), np.ones(200))
    assert few.value == many.value == 0.75
    for one in (few, many):
        assert one.low is not None
        assert one.high is not None
        assert one.low <= 0.75 <= one.high
    assert (many.high or 0) - (many.low or 0) < (few.high or 0) - (few.low or 0)


def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    random = np.random.default_rng(3)
    covered = 0
    for _ in range(60):
        rate = random.beta(6, 4, size=60)
        found = ratio(random.binomial(8, rate).astype(float), np.full(60, 8.0))
        covered += found.low is not None and found.high is not None and found.low <= 0.6 <= found.high
    assert covered >= 52


def test_of_one_figure_there_is_no_interval_and_of_none_no_value() -> None:
    assert ratio(np.array([3.0]), np.array([4.0])) == Estimate(0.75)
    assert of_sums(np.zeros((2, 0)), lambda sums: sums[0]) == Estimate(None)
    assert ratio(np.zeros(3), np.zeros(3)) == Estimate(None)


@pytest.fixture
def compared(school: Any) -> Any:
    """Six figures with a true caption by cap and a poor one by poor, examined."""
    captions = []
    for _ in range(6):
        figure = school.figure()
        captions += [
            school.caption(figure, school.truth(figure)),
            school.caption(figure, school.truth(figure, 1), "poor"),
        ]
    stage.examine(school.context, school.models.routes, captions, school.models)
    return school


@pytest.fixture
def held(school: Any) -> Any:
    """A figure with a caption by cap; nothing is asked yet."""
    figure = school.figure()
    school.caption(figure, school.truth(figure))
    return school


def test_results_by_every_grouping(compared: Any) -> None:
    total = compared.rows("SELECT sum(answers) AS n FROM qa_results")[0]["n"]
    for by in BY:
        table = report.results(compared.context.ledger, by)
        assert sum(row["answers"] for row in table) == total
        for row in table:
            assert row["accuracy_low"] <= row["accuracy"] <= row["accuracy_high"]
            assert row["ceiling"] == 1.0
    values = {row["model"]: row for row in report.results(compared.context.ledger, "model")}
    assert values["cap-1"]["mean_score_low"] > values["poor-1"]["mean_score_high"]
    assert values["cap-1"]["captions"] == values["cap-1"]["figures"] == 6


def test_one_who_takes_the_first_option_shows_in_the_report(school: Any) -> None:
    school.read(school.path.read_text().replace("[one, two]", "[one, two, lazy]"))
    school.models.routes = school.read(school.path.read_text())
    school.behave(lazy="always_first")
    for number in range(8):
        facts = [school.fact(f"Which is {n} of {number}?", f"r{n}", "x", "y", "z") for n in range(4)]
        figure = school.figure(facts)
        for model in ("one", "two"):
            school.caption(figure, school.truth(figure), model)
    school.run(stage.benchmark, entry=Entry(("one", "two")))
    rows = {row["answerer"]: row for row in report.places(school.context.ledger)}
    assert rows["lazy-1"]["took_first"] == 1.0
    assert rows["lazy-1"]["biased"] is True
    assert rows["one-1"]["biased"] is rows["two-1"]["biased"] is False
    compared = report.compare(
        school.context.ledger, school.models.routes,
        find(school.context.ledger, school.models.routes, Entry(("one", "two")), None), Protocol(),
    )  # fmt: skip
    assert all(row["accuracy"] < 0.6 for row in compared.results)


def compare(school: Any, entry: Entry, by: str | None = None, limit: int | None = None) -> report.Comparison:
    school.run(stage.benchmark, entry=entry, limit=limit)
    ledger, routes = school.context.ledger, school.models.routes
    return report.compare(ledger, routes, find(ledger, routes, entry, limit), Protocol(), by)


def test_models_are_compared_on_the_figures_and_questions_they_share(compared: Any) -> None:
    alone = compared.figure()
    compared.caption(alone, compared.truth(alone))
    found = compare(compared, Entry(("cap", "poor")))
    values = {row["captioner"]: row for row in found.results}
    assert values["cap"]["figures"] == values["poor"]["figures"] == 6
    assert values["cap"]["answers"] == values["poor"]["answers"]
    [gap] = found.differences
    assert (gap["captioner"], gap["against"]) == ("poor", "cap")
    assert gap["mean_score_high"] < 0
    assert gap["mean_score"] == pytest.approx(values["poor"]["mean_score"] - values["cap"]["mean_score"], abs=2e-4)


def test_examined_captions_cost_a_benchmark_nothing(compared: Any, table_hashes: Any) -> None:
    before, asked = table_hashes(), len(compared.models.asked)
    compare(compared, Entry(("cap", "poor")))
    assert (table_hashes(), len(compared.models.asked)) == (before, asked)


def test_captions_from_elsewhere_by_figure_and_by_picture(compared: Any, table_hashes: Any) -> None:
    figures = sorted(compared.models.facts)
    images = {
        row["figure_id"]: row["image_sha256"] for row in compared.rows("SELECT figure_id, image_sha256 FROM figure")
    }
    full = compared.file("full.jsonl", [{"figure_id": f, "caption": compared.truth(f)} for f in figures[:4]])
    empty = compared.file(
        "empty.jsonl", [{"image_sha256": images[f], "caption": "", "family": "else"} for f in figures[1:]]
    )
    entry = Entry(("cap",), (f"full={full}", f"empty={empty}"))
    found = compare(compared, entry)
    values = {row["captioner"]: row for row in found.results}
    assert {row["figures"] for row in found.results} == {3}
    assert values["full"]["mean_score"] == values["cap"]["mean_score"] == 1.0
    assert values["empty"]["mean_score"] < 0.6
    assert {row["captioner"]: row["mean_score"] for row in found.differences}["full"] == 0.0
    before, asked = table_hashes(), len(compared.models.asked)
    assert compare(compared, entry) == found
    assert (table_hashes(), len(compared.models.asked)) == (before, asked)
    scores = compared.rows("SELECT count(*) AS n FROM score WHERE scorer = 'caption-qa'")
    assert scores == [{"n": 12}]


def test_authors_can_be_compared_with(compared: Any) -> None:
    found = compare(compared, Entry(("cap",), authors=True), limit=2)
    assert [row["captioner"] for row in found.results] == ["cap", "authors"]
    assert {row["figures"] for row in found.results} == {2}
    assert found.differences[0]["mean_score"] < 0


def test_a_benchmark_broken_down_by_sort(compared: Any) -> None:
    found = compare(compared, Entry(("cap", "poor")), by="sort")
    sorts = {row["sort"] for row in found.results}
    assert sorts == {row["sort"] for row in compared.rows("SELECT sort FROM qa_questions WHERE outcome = 'kept'")}
    assert len(found.results) == 2 * len(sorts)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("{}", "file.jsonl:1: caption"),
        ('{"caption": "x"}', "figure_id or image_sha256"),
        ('{"caption": "x", "figure_id": 1, "image_sha256": "' + "0" * 64 + '"}', "not both"),
        ('{"caption": "x", "image_sha256": "abc"}', "image_sha256"),
        ('{"caption": 7, "figure_id": 1}', "caption"),
        ('{"caption": "x", "figure_id": "1"}', "figure_id"),
        ("not json", "not a JSON object"),
        ("[" * 3000, "not a JSON object"),
    ],
)
def test_faulty_files_are_refused_by_their_line(tmp_path: Path, line: str, word: str) -> None:
    path = tmp_path / "file.jsonl"
    path.write_text(line + "\n")
    unused: Any = None
    with pytest.raises(ConfigError) as caught:
        outside.read(unused, "them", path)
    assert word in str(caught.value)
    assert "\n" not in str(caught.value)


def test_captions_for_figures_that_are_not_there_are_refused(held: Any) -> None:
    for lines in ([], [{"caption": "x", "figure_id": 999999}], [{"caption": "x", "figure_id": 10**30}]):
        path = held.file("far.jsonl", lines)
        with pytest.raises(ConfigError, match=f"none of its {len(lines)} captions"):
            held.run(stage.benchmark, entry=Entry((), (f"them={path}",)))


def test_texts_that_cannot_be_stored_as_they_are(held: Any) -> None:
    figure = min(held.models.facts)
    path = held.path.with_name("odd.jsonl")
    path.write_text(json.dumps({"caption": "a\x00b \ud800", "figure_id": figure}))
    held.run(stage.benchmark, entry=Entry((), (f"them={path}",)))
    assert held.rows("SELECT body FROM qa_outside_caption") == [{"body": "ab ?"}]


def test_entries_that_cannot_be_compared(held: Any) -> None:
    refused = [
        (Entry(), "nobody is named"),
        (Entry(("nobody",)), "there is no model 'nobody'"),
        (Entry(("cap", "lazy")), "no figure that all of these"),
        (Entry((), ("file.jsonl",)), "NAME=FILE"),
        (Entry((), ("a=missing.jsonl",)), "No such file"),
    ]
    for entry, word in refused:
        with pytest.raises(ConfigError, match=word):
            held.run(stage.benchmark, entry=entry)


def test_two_of_one_name_and_files_of_two_families_are_refused(held: Any, tmp_path: Path) -> None:
    figures = [*held.models.facts, held.figure()]
    path = held.file("a.jsonl", [{"figure_id": f, "caption": "x", "family": f"f{f}"} for f in figures])
    with pytest.raises(ConfigError, match="several families"):
        held.run(stage.benchmark, entry=Entry((), (f"them={path}",)))
    path = held.file("a.jsonl", [{"figure_id": f, "caption": "x"} for f in figures])
    with pytest.raises(ConfigError, match="two of the captioners are named 'cap'"):
        held.run(stage.benchmark, entry=Entry(("cap",), (f"cap={path}",)))


def test_a_file_of_the_judges_own_family_is_refused(held: Any) -> None:
    figure = min(held.models.facts)
    path = held.file("a.jsonl", [{"figure_id": figure, "caption": "x", "family": "writer"}])
    with pytest.raises(ConfigError, match="own family 'writer'"):
        held.run(stage.benchmark, entry=Entry((), (f"them={path}",)))
