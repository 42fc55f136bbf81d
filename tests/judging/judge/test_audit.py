"""The audit finds the habit that a judge has, and none in an honest one."""

from __future__ import annotations

import json
from typing import Any

import pytest

from omnisci_etl.captions import routes as routes_module
from omnisci_etl.errors import ConfigError, LeftOver
from omnisci_etl.judging.judge import anchors, audit, biases
from omnisci_etl.judging.judge.pairs import Comparison

HABITS = {
    "honest": set(), "harsh": set(),
    "first": {"position bias", "discernment"},
    "longest": {"length bias in pairs", "length bias in marks", "discernment"},
    "lenient": {"leniency", "discernment"},
    "obedient": {"obedience"},
    "erratic": {"consistency"},
}  # fmt: skip


def planned(items: int = 12, generation: int = 0) -> audit.Plan:
    return audit.Plan("judge", items, "0" * 64, "1" * 64, generation, (), "no pairs")


@pytest.mark.parametrize("habit", HABITS)
def test_a_habit_is_found_and_no_other(habit: str, context: Any, judges: Any) -> None:
    findings, questions = audit.examine(
        context, over(["a"], "b"), planned(), judges.in_process(judges.FakeJudge(habit))
    )
    assert questions == 13 * 12
    found = {one.bias for one in findings if one.outcome == "biased"}
    # A judge whose marks are drawn at random is whatever the draw makes it, besides being unstable.
    assert found >= HABITS[habit] if habit == "erratic" else found == HABITS[habit]
    assert {one.bias for one in findings if one.outcome == "not-measured"} <= {
        "self-preference",
        "drift",
        "position bias",
    }


def test_verdicts_are_said_with_their_interval(context: Any, judges: Any) -> None:
    findings, _ = audit.examine(context, over(["a"], "b"), planned(), judges.in_process(judges.FakeJudge("first")))
    text = next(one.text for one in findings if one.bias == "position bias")
    assert text.startswith("position bias: prefers the first in 100 % [95-100] of 72 answers")
    assert "the order decides 100 %" in text


def test_a_preference_for_the_second_is_one_too() -> None:
    asked = biases.Asked({}, {str(n): {"reworded": Comparison("second", "second")} for n in range(10)}, {})
    found = biases.position(asked)
    assert (found.outcome, found.text[:42]) == ("biased", "position bias: prefers the second in 100 %")


def test_without_answers_nothing_is_measured() -> None:
    empty = biases.Asked({}, {}, {})
    measures = (
        biases.position, biases.length_in_pairs, biases.length_in_marks, biases.leniency, biases.discernment,
        biases.obedience, biases.consistency,
    )  # fmt: skip
    assert {measure(empty).outcome for measure in measures} == {"not-measured"}


def test_self_preference_needs_pairs() -> None:
    own, tie = Comparison("first", "second"), Comparison("first", "first")
    assert biases.self_preference([own] * 4, "").outcome == "not-measured"
    assert biases.self_preference([own] * 10, "").outcome == "biased"
    assert biases.self_preference([tie] * 10, "").outcome == "clean"
    assert biases.self_preference([own] * 10, "not allowed").outcome == "not-measured"


def test_drift_is_a_shift_beyond_two_standard_errors() -> None:
    before = {str(n): 0.5 + 0.01 * (n % 3) for n in range(12)}
    assert biases.drift(before, before, "x").outcome == "clean"
    assert biases.drift({k: v - 0.25 for k, v in before.items()}, before, "x").outcome == "biased"
    noisy = {k: v + (0.1 if int(k) % 2 else -0.1) for k, v in before.items()}
    assert biases.drift(noisy, before, "x").outcome == "clean"
    assert biases.drift(before, {}, "").outcome == "not-measured"


def test_answers_that_are_left_are_work_left(context: Any, judges: Any) -> None:
    ask = judges.in_process(judges.FakeJudge())

    def poor(questions: Any) -> Any:
        replies = ask(questions)
        return [*replies[:-1], type(replies[-1])(questions[-1], "left", "over-budget", 1, None, "the budget is spent")]

    with pytest.raises(LeftOver, match=r"1 of 26 answers of judge are left \(the budget is spent\)"):
        audit.examine(context, over(["a"], "b"), planned(2), poor)


def over(families: list[str], judge: str, allowed: bool = False) -> routes_module.Routes:
    names = {f"m{n}": family for n, family in enumerate(families)} | {"judge": judge}
    return routes_module.Routes.model_validate({
        "providers": {"v": {"api": "openai-compatible", "base_url": "http://127.0.0.1:1/v1"}, "o": {"api": "extractive"}},
        "models": {
            name: {"provider": "v", "model": name, "family": family, "usd_per_mtok": {"input": 1, "output": 1}}
            for name, family in names.items()
        } | {"extract": {"provider": "o", "model": "e"}},
        "policy": {"name": "p", "default": "m0", "rules": [{"when": {"kind": "chart"}, "use": f"m{len(families) - 1}"}]},
        "judges": {"caption": ["judge"]}, "allow_same_family_judge": allowed,
    })  # fmt: skip


def test_a_judge_of_the_captioners_own_family_is_refused() -> None:
    for model in (None, "judge"):
        with pytest.raises(ConfigError, match="own family 'a'"):
            audit.judges(over(["a"], "a"), model)
    assert audit.judges(over(["a"], "a", allowed=True), "judge") == ["judge"]
    assert audit.judges(over(["a"], "b"), None) == ["judge"]
    assert audit.judges(over(["a", "b"], "a"), "judge") == ["judge"]
    with pytest.raises(ConfigError, match="no model 'nobody'"):
        audit.judges(over(["a"], "b"), "nobody")
    with pytest.raises(ConfigError, match="only composes captions"):
        audit.judges(over(["a"], "b"), "extract")


def test_an_audit_is_stored_once_and_the_next_judge_is_compared_with_it(
    routes_file: Any, at_work: Any, llm: Any, judges: Any, table_hashes: Any, ledger: Any
) -> None:
    llm.content_of = judges.over_http(judges.FakeJudge("honest"))
    path = routes_file()
    counts = at_work(lambda context: audit.run(context, items=3), path)
    assert counts == {"judges": 1, "questions": 39, "findings": 9, "biases": 0}
    # Equal captions make equal questions, which are asked once.
    asked = len(llm.bill)
    assert asked <= 39
    before = table_hashes()
    assert at_work(lambda context: audit.run(context, items=3), path) == counts
    assert table_hashes() == before
    assert len(llm.bill) == asked

    llm.content_of = judges.over_http(judges.FakeJudge("harsh"))
    content = json.loads(path.read_text())
    content["models"]["judge"]["model"] = "j-2"
    path.write_text(json.dumps(content))
    assert at_work(lambda context: audit.run(context, items=3), path)["biases"] == 1
    with ledger.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT model, outcome, verdict FROM judge_audit WHERE bias = 'drift' ORDER BY judge_audit_id"
        ).all()
    assert [(row.model, row.outcome) for row in rows] == [("j-1", "not-measured"), ("j-2", "biased")]
    assert "against j-1-2026-08-01" in rows[1].verdict


def test_a_new_version_of_the_same_model_is_asked_again(
    routes_file: Any, at_work: Any, llm: Any, judges: Any, ledger: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    llm.content_of = judges.over_http(judges.FakeJudge("honest"))
    path = routes_file()
    at_work(lambda context: audit.run(context, items=2), path)
    asked = len(llm.bill)
    with ledger.begin() as connection:
        before = audit.plan(connection, routes_module.parse(path.read_bytes(), path), "judge", 2)
        connection.exec_driver_sql(
            "WITH a AS (INSERT INTO attempt (call_id, ordinal, run_key, owner, price, worst_case_usd, lease_until) "
            "SELECT max(call_id), 9, max(run_key), 1, '{}', 0, now() FROM call RETURNING attempt_id) "
            "INSERT INTO attempt_outcome (attempt_id, slug, model_resolved, cost_usd, latency_ms) "
            "SELECT attempt_id, 'answered', 'j-1-2027-01-01', 0, 1 FROM a"
        )
        after = audit.plan(connection, routes_module.parse(path.read_bytes(), path), "judge", 2)
    assert (before.generation, after.generation) == (0, 1)
    assert before.judge_sha256 != after.judge_sha256
    at_work(lambda context: audit.run(context, items=2), path)
    assert len(llm.bill) == 2 * asked


def test_the_plan_says_what_an_audit_costs(routes_file: Any, settings: Any, ledger: Any) -> None:
    changed = settings.model_copy(update={"routes": routes_file()})
    ((plan, questions, usd),) = audit.plans(changed, ledger, None, 4)
    assert (plan.model, questions) == ("judge", 52)
    # 52 requests of some 1,500 tokens in and 150 to 500 out, with a picture, at 2 and 10 dollars a million.
    assert 0.2 < usd < 1.0
    assert len(anchors.load()) >= 4
