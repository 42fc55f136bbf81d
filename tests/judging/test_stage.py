"""Scoring as rows, and the gate's decisions on them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from omnisci_etl.captions import routes as routes_file
from omnisci_etl.context import Context
from omnisci_etl.errors import ConfigError, LeftOver
from omnisci_etl.judging import gate, paid, stage
from omnisci_etl.judging.explain import explain
from omnisci_etl.judging.policy import Policy
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
    monkeypatch.setattr(paid, "require_judges", lambda *_: None)
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


def test_the_plan_counts_what_paid_stages_would_still_see(
    context: Context,
    judged: dict[str, int],
    judges: list[tuple[str, int]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vendor = {"provider": "v", "usd_per_mtok": {"input": 1, "output": 1}}
    path = tmp_path / "routes.yaml"
    path.write_text(json.dumps({
        "providers": {"v": {"api": "openai-compatible", "base_url": "http://127.0.0.1:9/v1"}},
        "models": {name: {**vendor, "model": name} for name in ("one", "two")}, "policy": {"name": "p", "default": "one"},
        "judges": {"caption": ["two"], "qa_writer": ["two"], "qa_answerer": ["one", "two"]},
    }))  # fmt: skip
    settings = context.settings.model_copy(update={"routes": path})

    def seen(**limits: Any) -> dict[str, int]:
        rows = plan(settings, context.ledger, **limits)
        assert all((row["cost_usd"] > 0) == (row["captions"] > 0) for row in rows if row["scorer"] in gate.PAID)
        return {row["scorer"]: row["captions"] for row in rows if row["scorer"] in gate.PAID}

    assert seen() == {"judge": 4, "qa": 4}
    assert seen(limit=3) == {"judge": 3, "qa": 3}
    assert seen(discipline="physics") == {"judge": 0, "qa": 0}
    score(context)
    assert seen() == {"judge": 0, "qa": 0}
    monkeypatch.setattr("omnisci_etl.judging.thresholds.VERSION", "changed")
    assert seen() == {"judge": 3, "qa": 3}, "the one that was examined has its scores"


def test_a_judge_of_the_captioners_family_is_refused_before_anything_is_written(
    context: Context, judged: dict[str, int], tmp_path: Path, table_hashes: Callable[[], dict[str, str]]
) -> None:
    vendor = {"provider": "v", "usd_per_mtok": {"input": 1, "output": 1}}
    family = rows_of(
        context, "SELECT DISTINCT family FROM lineage JOIN caption USING (caption_id) JOIN model USING (model_id)"
    )[0][0]
    content: dict[str, Any] = {
        "providers": {"v": {"api": "openai-compatible", "base_url": "http://127.0.0.1:9/v1"}},
        "models": {"kin": {**vendor, "model": "k", "family": family}, "other": {**vendor, "model": "o"}},
        "policy": {"name": "p", "default": "kin"},
    }
    before = table_hashes()
    for gates, judges, said in (
        ({"claims": 1}, {"claims": ["kin"]}, "judges.claims: name one of another family"),
        ({"judge": 0.01}, {"caption": ["kin"]}, "judges.caption: name one of another family"),
        ({"qa": 1}, {"qa_writer": ["other"], "qa_answerer": ["kin"]}, "judges.qa_answerer: name one of another family"),
        ({"qa": 1}, {"qa_writer": ["other"], "qa_answerer": ["other"]}, "name two under judges.qa_answerer"),
    ):
        path = tmp_path / "routes.yaml"
        path.write_text(json.dumps(content | {"gate": gates, "judges": judges}))
        settings = context.settings.model_copy(update={"routes": path})
        with pytest.raises(ConfigError, match=said):
            score(replace(context, settings=settings))
        assert table_hashes() == before


def test_what_a_model_could_not_judge_is_looked_at_again(
    context: Context, judged: dict[str, int], judges: list[tuple[str, int]], table_hashes: Callable[[], dict[str, str]]
) -> None:
    MARKS["qa"] = None
    hashes = []
    for _ in range(2):
        with pytest.raises(LeftOver, match="1 of them await a verdict") as left:
            score(context)
        assert (left.value.exit_code, left.value.counts["abstained"]) == (1, 1)
        hashes.append(table_hashes())
    assert hashes[0] == hashes[1]
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


def test_a_policy_that_comes_back_decides_again(
    context: Context, judged: dict[str, int], table_hashes: Callable[[], dict[str, str]]
) -> None:
    def calibrate(at_least: float | None) -> None:
        with context.ledger.begin() as connection:
            statement = text(
                "INSERT INTO omnisci.calibration (scorer, config_sha256, stratum, at_least, method, n, run_key) "
                "SELECT scorer, config_sha256, '{}', CAST(:least AS float), 'test', 10, :run FROM omnisci.score "
                "WHERE scorer = 'panels-covered' LIMIT 1"
            )
            connection.execute(statement, {"run": context.run.key, "least": at_least})

    def newest() -> tuple[str, str]:
        rows = rows_of(context, "SELECT caption_id, policy, outcome FROM decision ORDER BY decision_id DESC")
        return next(tuple(row[1:]) for row in rows if row[0] == judged["panels"])

    score(context)
    for _ in range(2):
        calibrate(0.0)
        assert score(context)["captions"] == 4
        assert newest() == ("calibrated-gate", "accept")
        calibrate(None)
        assert score(context)["captions"] == 4
        assert newest() == ("default-gate", "reject")
        before = table_hashes()
        assert score(context)["captions"] == 0
        assert table_hashes() == before


def states(told: dict[str, Any]) -> list[str]:
    """How the stages ended; embeddings have scores only where a model is installed."""
    return [stage["state"] for stage in told["stages"] if stage["stage"] != "embedding"]


def test_the_whole_path_of_a_caption(
    context: Context, judged: dict[str, int], judges: list[tuple[str, int]], settings: Any
) -> None:
    score(context)
    told = explain(settings, context.ledger, judged["good"])
    assert states(told) == ["passed", "not due", "passed", "passed"]
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


def test_calibrations_of_judges_are_found_by_the_judge_that_the_routes_file_names(
    context: Context, judged: dict[str, int], tmp_path: Path
) -> None:
    vendor = {"provider": "v", "usd_per_mtok": {"input": 1, "output": 1}}
    content: dict[str, Any] = {
        "providers": {"v": {"api": "openai-compatible", "base_url": "http://127.0.0.1:9/v1"}},
        "models": {name: {**vendor, "model": name} for name in ("one", "two")},
        "policy": {"name": "p", "default": "one"}, "gate": {"claims": 1, "judge": 1, "qa": 1},
        "judges": {"caption": ["two"], "claims": ["two"], "qa_writer": ["two"], "qa_answerer": ["one", "two"]},
    }  # fmt: skip
    path = tmp_path / "routes.yaml"
    path.write_text(json.dumps(content))
    settings = context.settings.model_copy(update={"routes": path})
    routes = routes_file.load(settings)
    configs = paid.configs(routes, paid.shares(routes), ["none"])
    assert {scorer for scorer, _ in configs} == {"claims-faithful", "claims-covered", "judge", "caption-qa"}
    with context.ledger.begin() as connection:
        for scorer, config in [*configs, ("judge", "0" * 64)]:
            statement = text(
                "INSERT INTO omnisci.calibration (scorer, config_sha256, stratum, at_least, band, method, n, run_key) "
                "VALUES (:scorer, :config, '{}', 0.11, 0.05, 'test', 10, :run)"
            )
            connection.execute(statement, {"scorer": scorer, "config": config, "run": context.run.key})
        policy = Policy(settings, connection, context.blobs.get)
    family = rows_of(context, "SELECT DISTINCT family FROM model")[0][0]
    assert family == "none"
    found = {check.scorer: (check.at_least, check.band) for check in policy.thresholds.checks({"family": family})}
    assert {name for name, threshold in found.items() if threshold == (0.11, 0.05)} == {scorer for scorer, _ in configs}
    assert policy.thresholds.policy == "calibrated-gate"


def test_the_path_of_a_caption_without_questions_ends_as_its_decision_does(
    context: Context,
    judged: dict[str, int],
    judges: list[tuple[str, int]],
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(paid, "examine", lambda *_: {"left": 0})
    monkeypatch.setattr(paid, "shares", lambda routes: {"qa": 1.0})
    assert score(context)["accepted"] == 1
    told = explain(settings, context.ledger, judged["good"])
    assert states(told) == ["passed", "not due", "not due", "passed over"]
    assert [check["state"] for check in told["stages"][-1]["checks"]] == ["unscored"]
    assert told["decision"] == "accept"
    monkeypatch.setattr(paid, "shares", lambda routes: {"judge": 1.0})
    assert score(context)["abstained"] == 1
    told = explain(settings, context.ledger, judged["good"])
    assert states(told) == ["passed", "not due", "no verdict", "not due"]
    assert (told["decision"], told["slug"]) == ("abstain", "no-verdict")


def test_a_caption_that_is_not_there_cannot_be_explained(context: Context, settings: Any) -> None:
    for caption_id in (77, -1, 2**63):
        with pytest.raises(ConfigError, match=f"no caption {caption_id}"):
            explain(settings, context.ledger, caption_id)
