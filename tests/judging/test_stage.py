"""Scoring as rows, and the gate's decisions on them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from omnisci_etl.context import Context
from omnisci_etl.errors import ConfigError
from omnisci_etl.judging import paid, stage
from omnisci_etl.judging.explain import explain
from omnisci_etl.judging.records import ScoreRow, store_scores
from omnisci_etl.judging.scorers import default_scorers
from omnisci_etl.judging.stage import plan, score


@pytest.fixture
def judged(context: Context, library: Any) -> dict[str, int]:
    """A faithful caption, one with an invented number, one without its panels, one that leans on another figure."""
    caption = "Yield of samples at 5 mM. a, Yield at 20 °C was 81%. b, Yield at 40 °C was 93%."
    panels = [("a", "Yield at 20 °C was 81%."), ("b", "Yield at 40 °C was 93%.")]
    figure = [
        library.figure(
            caption=caption, panels=panels, mentions=["At 5 mM the yield rises from 81% to 93% (Fig. 1a, b)."]
        )
        for _ in range(4)
    ]
    return {
        "good": library.caption(
            figure[0], "The chart shows the yield of samples at 5 mM, which rises from 81% to 93%.", panels
        ),
        "numbers": library.caption(
            figure[1], "The chart shows the yield of samples at 7 mM, from 11% to 12% and 19 kg.", panels
        ),
        "panels": library.caption(
            figure[2], "The chart shows the yield of samples at 5 mM, which rises with temperature."
        ),
        "leaning": library.caption(
            figure[3], "As in Fig. 3 and Figure 7, see above and https://example.org, the yield [12] of ref. 9", panels
        ),
    }


def test_captions_are_scored_and_decided_once(
    context: Context, judged: dict[str, int], table_hashes: Callable[[], dict[str, str]]
) -> None:
    counts = score(context)
    assert (counts["captions"], counts["accepted"], counts["rejected"]) == (4, 1, 3)
    with context.ledger.read() as connection:
        rows = dict(
            connection.execute(text("SELECT caption_id, decision || ' ' || decision_reason FROM lineage")).all()
        )
        scorers = connection.execute(text("SELECT count(DISTINCT scorer) FROM score WHERE deterministic")).scalar()
    assert rows[judged["good"]] == "accept above-threshold"
    assert rows[judged["numbers"]] == "reject numbers-ungrounded"
    assert rows[judged["panels"]] == "reject panels-missing"
    assert rows[judged["leaning"]] == "reject not-self-contained"
    assert scorers == len(default_scorers())
    before = table_hashes()
    assert score(context)["captions"] == 0
    assert table_hashes() == before


def test_limit_and_discipline(context: Context, judged: dict[str, int]) -> None:
    assert score(context, discipline="physics")["captions"] == 0
    assert score(context, limit=3)["captions"] == 3
    assert score(context, discipline="chemistry")["captions"] == 1


def test_plan_counts_and_writes_nothing(
    context: Context, judged: dict[str, int], table_hashes: Callable[[], dict[str, str]]
) -> None:
    before = table_hashes()
    assert {row["captions"] for row in plan(context.settings, context.ledger)} == {4}
    score(context)
    assert {row["captions"] for row in plan(context.settings, context.ledger)} == {0}
    assert table_hashes() != before


def test_sub_captions_beside_the_caption_are_evidence(context: Context, library: Any) -> None:
    panels = [("a", "Foam at a packing fraction of 0.82."), ("b", "Foam at 0.88.")]
    figure = library.figure(caption="Snapshots of foams.", panels=panels)
    library.caption(figure, "Snapshots of foams at packing fractions of 0.82 and 0.88.", panels)
    assert score(context)["accepted"] == 1
    with context.ledger.read() as connection:
        value = connection.execute(text("SELECT value FROM score WHERE scorer = 'numbers-grounded'")).scalar()
    assert value == 1


def rows_of(context: Context, query: str) -> list[Any]:
    with context.ledger.read() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def test_many_captions_go_through_processes_with_the_same_scores(
    context: Context, library: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure = library.figure(caption="Yield of samples at 5 mM and 20 °C.", mentions=["The yield is 81% (Fig. 1)."])
    bodies = [f"The chart shows a yield of {n % 100}% of samples at 5 mM and 20 °C." for n in range(700)]
    monkeypatch.setattr(stage, "BATCH", 600)
    for body in bodies:
        library.caption(figure, body)
    assert score(context)["captions"] == 700
    wanted = {body: [s.score([_alone(context, body)])[0].value for s in default_scorers()] for body in bodies[:100]}
    names = [s.name for s in default_scorers()]
    stored: dict[str, dict[str, float]] = {}
    for body, scorer, value in rows_of(
        context, "SELECT body, scorer, value FROM score JOIN caption USING (caption_id)"
    ):
        stored.setdefault(body, {})[scorer] = value
    assert all([stored[body][name] for name in names] == values for body, values in wanted.items())


def _alone(context: Context, body: str) -> Any:
    ids = [row[0] for row in rows_of(context, "SELECT caption_id FROM caption ORDER BY caption_id LIMIT 100")]
    with context.ledger.begin() as connection:
        return next(s.candidate for s in stage.load(connection, ids) if s.candidate.body == body)


@pytest.fixture
def judges(monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any) -> list[tuple[str, int]]:
    """Routes that send every caption to the paid stages, and examiners that write what a test puts into MARKS."""
    asked: list[tuple[str, int]] = []
    monkeypatch.setattr(paid, "shares", lambda routes: {"judge": 1.0, "qa": 1.0})
    monkeypatch.setattr(stage._Session, "_asker", None)

    def examine(name: str, context: Context, routes: Any, captions: Any, ask: Any) -> dict[str, int]:
        asked.extend((name, caption_id) for caption_id in captions)
        scorer = {"judge": "judge", "qa": "caption-qa"}[name]
        rows = [
            ScoreRow(caption_id, scorer, "1", "0" * 64, False, MARKS[name], {"why": name})
            for caption_id in captions
            if MARKS[name] is not None
        ]
        with context.ledger.begin() as connection:
            written = store_scores(connection, rows, context.run.key)
        return {"scores": written, "left": len(captions) - len(rows)}

    monkeypatch.setattr(paid, "examine", examine)
    MARKS.update(judge=0.9, qa=0.9)
    return asked


MARKS: dict[str, Any] = {}


def test_paid_stages_see_only_what_cheaper_ones_let_through(
    context: Context, judged: dict[str, int], judges: list[tuple[str, int]]
) -> None:
    MARKS["judge"] = 0.2
    counts = score(context)
    assert judges == [("judge", judged["good"])]
    assert (counts["accepted"], counts["rejected"], counts["judge_scores"]) == (0, 4, 1)
    found = rows_of(
        context, f"SELECT outcome, slug FROM decision WHERE caption_id = {judged['good']} ORDER BY decision_id"
    )
    assert found == [("abstain", "verdict-awaited"), ("reject", "judge-low")]
    assert score(context)["captions"] == 0


def test_what_a_model_could_not_judge_is_looked_at_again(
    context: Context, judged: dict[str, int], judges: list[tuple[str, int]], table_hashes: Callable[[], dict[str, str]]
) -> None:
    MARKS["qa"] = None
    assert score(context)["abstained"] == 1
    before = table_hashes()
    assert score(context)["abstained"] == 1
    assert table_hashes() == before
    MARKS["qa"] = 0.8
    assert score(context)["accepted"] == 1
    assert judges == [("judge", judged["good"]), *[("qa", judged["good"])] * 3]


def test_a_calibration_changes_the_decision_and_says_so(context: Context, judged: dict[str, int]) -> None:
    score(context)
    with context.ledger.begin() as connection:
        statement = text(
            "INSERT INTO omnisci.calibration (scorer, config_sha256, stratum, at_least, method, n, run_key) "
            "SELECT scorer, config_sha256, '{}', 0, 'test', 10, :run FROM omnisci.score "
            "WHERE scorer = 'panels-covered' LIMIT 1"
        )
        connection.execute(statement, {"run": context.run.key})
    score(context)
    found = rows_of(
        context,
        "SELECT DISTINCT ON (caption_id) policy, outcome FROM decision "
        f"WHERE caption_id = {judged['panels']} ORDER BY caption_id, decision_id DESC",
    )
    assert found == [("calibrated-gate", "accept")]


def test_the_whole_path_of_a_caption(
    context: Context, judged: dict[str, int], judges: list[tuple[str, int]], settings: Any
) -> None:
    score(context)
    told = explain(settings, context.ledger, judged["good"])
    assert [stage["state"] for stage in told["stages"]] == ["passed", "passed", "not due", "passed", "passed"]
    assert (told["decision"], told["slug"], told["outdated"]) == ("accept", "above-threshold", False)
    assert [row["slug"] for row in told["decisions"]] == ["above-threshold", "verdict-awaited", "verdict-awaited"]
    judge = told["stages"][3]["checks"][0]
    assert (judge["value"], judge["at_least"], judge["detail"]) == (0.9, 0.6, {"why": "judge"})
    bad = explain(settings, context.ledger, judged["panels"])
    checks = {check["scorer"]: check for check in bad["stages"][0]["checks"]}
    assert bad["stages"][0]["state"] == "failed"
    assert checks["panels-covered"]["state"] == "failed"
    assert checks["panels-covered"]["detail"]["missing"] == ["a", "b"]
    assert {stage["state"] for stage in bad["stages"][1:]} <= {"not reached", "not due"}


def test_a_caption_that_is_not_there_cannot_be_explained(context: Context, settings: Any) -> None:
    with pytest.raises(ConfigError, match="no caption 77"):
        explain(settings, context.ledger, 77)
