"""The gate as a pure function: stages, thresholds, bands, paid stages."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnisci_etl.errors import ConfigError
from omnisci_etl.judging import gate, paid
from omnisci_etl.judging.gate import DEFAULT_CHECKS, PAID, Seen
from omnisci_etl.judging.thresholds import Calibrated, Thresholds

TEXTS = [check.scorer for check in DEFAULT_CHECKS if check.stage == "text"]
EVERYTHING = {check.scorer: Seen(1.0) for check in DEFAULT_CHECKS}


def seen(**values: float) -> dict[str, Seen]:
    return {name.replace("_", "-"): Seen(value) for name, value in values.items()}


@given(scores=st.dictionaries(st.sampled_from(TEXTS), st.floats(0, 1), min_size=1))
def test_the_weakest_text_score_decides(scores: dict[str, float]) -> None:
    verdict = gate.decide({name: Seen(value) for name, value in scores.items()}, DEFAULT_CHECKS)
    assert verdict.gate_score == min(scores.values())
    assert (verdict.outcome == "accept") == (verdict.gate_score >= gate.THRESHOLD)
    assert verdict.reason["scores"] == scores
    if verdict.outcome == "reject":
        weakest = next(check for check in DEFAULT_CHECKS if check.scorer == verdict.reason["weakest"])
        assert verdict.slug == weakest.slug
        assert scores[weakest.scorer] == verdict.gate_score


def test_of_several_that_fail_alike_the_first_check_names_the_reason() -> None:
    scores = EVERYTHING | seen(unsteered=0.0, panels_covered=0.0, numbers_grounded=0.0)
    assert gate.decide(scores, DEFAULT_CHECKS).slug == "steered"


def test_no_text_score_is_no_verdict() -> None:
    with pytest.raises(ValueError, match="at least one"):
        gate.decide(seen(similarity=1.0), DEFAULT_CHECKS)


def test_it_stops_at_the_first_stage_that_fails() -> None:
    scores = EVERYTHING | seen(structure=0.1, similarity=0.0, judge=0.0)
    verdict = gate.decide(scores, DEFAULT_CHECKS, PAID)
    assert (verdict.outcome, verdict.slug, verdict.reason["stopped_at"]) == ("reject", "malformed", "text")
    assert "similarity" not in verdict.reason["scores"]
    later = gate.decide(scores | seen(structure=1.0), DEFAULT_CHECKS, PAID)
    assert (later.slug, later.reason["stopped_at"]) == ("caption-mismatch", "embedding")
    last = gate.decide(scores | seen(structure=1.0, similarity=1.0), DEFAULT_CHECKS, PAID)
    assert (last.slug, last.reason["stopped_at"], last.gate_score) == ("judge-low", "judge", 1.0)


@given(
    scores=st.dictionaries(st.sampled_from(sorted(EVERYTHING)), st.floats(0, 1), min_size=1),
    due=st.sets(st.sampled_from(PAID)), silent=st.sets(st.sampled_from(PAID)),
)  # fmt: skip
def test_the_walk_and_the_verdict_say_the_same(scores: dict[str, float], due: set[str], silent: set[str]) -> None:
    scored = {name: Seen(value) for name, value in scores.items()} | seen(structure=0.9)
    steps = gate.walk(scored, DEFAULT_CHECKS, due, silent)
    verdict = gate.decide(scored, DEFAULT_CHECKS, due, silent)
    assert [step.stage for step in steps] == list(gate.STAGES)
    ends = [step for step in steps if step.state in ("failed", "awaited", "no verdict")]
    assert len(ends) == (verdict.outcome != "accept")
    for end in ends:
        outcome = {"failed": ("reject", ""), "awaited": ("abstain", end.stage), "no verdict": ("abstain", "")}[
            end.state
        ]
        assert (verdict.outcome, verdict.awaits) == outcome
        assert verdict.reason["stopped_at"] == end.stage
        later = steps[steps.index(end) + 1 :]
        assert {step.state for step in later} <= {"not due", "not reached"}
    for step in steps:
        states = {check.scorer: step.state_of(check) for check in step.checks}
        assert ("failed" in states.values()) == (step.state == "failed")
        assert (step.state == "not due") == (step.stage in PAID and step.stage not in due)


def test_a_score_names_its_own_fault() -> None:
    scores = EVERYTHING | {"structure": Seen(0.0, "refusal")}
    assert gate.decide(scores, DEFAULT_CHECKS).slug == "refusal"


@pytest.mark.parametrize("stage", PAID)
def test_a_stage_that_is_due_is_awaited(stage: str) -> None:
    names = [check.scorer for check in DEFAULT_CHECKS if check.stage == stage]
    scores = {name: score for name, score in EVERYTHING.items() if name != names[-1]}
    verdict = gate.decide(scores, DEFAULT_CHECKS, {stage})
    assert (verdict.outcome, verdict.slug, verdict.awaits) == ("abstain", "verdict-awaited", stage)
    assert gate.decide(EVERYTHING, DEFAULT_CHECKS, {stage}).outcome == "accept"


def test_a_stage_that_will_not_say_more() -> None:
    scores = {name: score for name, score in EVERYTHING.items() if name not in ("judge", "caption-qa")}
    verdict = gate.decide(scores, DEFAULT_CHECKS, {"judge", "qa"}, {"judge", "qa"})
    assert (verdict.outcome, verdict.slug, verdict.awaits) == ("abstain", "no-verdict", "")
    assert gate.decide(scores, DEFAULT_CHECKS, {"qa"}, {"qa"}).outcome == "accept"


def test_a_stage_that_is_not_due_does_not_count() -> None:
    assert gate.decide(EVERYTHING | seen(judge=0.0), DEFAULT_CHECKS, {"qa"}).outcome == "accept"


def test_just_under_the_threshold_asks_for_another_look() -> None:
    checks = [replace(check, band=0.1) for check in DEFAULT_CHECKS]
    near = gate.decide(EVERYTHING | seen(structure=0.55), checks)
    assert (near.outcome, near.slug) == ("escalate", "in-the-band")
    assert gate.decide(EVERYTHING | seen(structure=0.45), checks).outcome == "reject"
    both = gate.decide(EVERYTHING | {"structure": Seen(0.55), "density": Seen(0.2)}, checks)
    assert (both.outcome, both.slug) == ("reject", "says-little")


def test_the_narrowest_calibration_holds() -> None:
    rows = [
        Calibrated("structure", {}, 0.7, 0.0, "calibration 1"),
        Calibrated("structure", {"kind": "chart"}, 0.8, 0.05, "calibration 2"),
        Calibrated("structure", {"kind": "chart", "discipline": "physics"}, 0.9, 0.0, "calibration 3"),
    ]
    thresholds = Thresholds({}, rows)

    def threshold(**features: str) -> tuple[float, str]:
        check = next(c for c in thresholds.checks(features) if c.scorer == "structure")
        return check.at_least, check.source

    assert threshold(kind="map", discipline="physics") == (0.7, "calibration 1")
    assert threshold(kind="chart", discipline="biology") == (0.8, "calibration 2")
    assert threshold(kind="chart", discipline="physics") == (0.9, "calibration 3")
    assert thresholds.policy == "calibrated-gate"
    verdict = gate.decide(EVERYTHING | seen(structure=0.75), thresholds.checks({"kind": "chart", "discipline": "x"}))
    assert (verdict.outcome, verdict.reason["threshold_source"]) == ("escalate", "calibration 2")
    assert verdict.reason["sources"] == {"structure": "calibration 2"}


def test_of_two_strata_as_narrow_the_newer_calibration_holds() -> None:
    rows = [
        Calibrated("structure", {"discipline": "physics"}, 0.8, 0.0, "calibration 10"),
        Calibrated("structure", {"kind": "chart"}, 0.7, 0.0, "calibration 9"),
    ]
    checks = Thresholds({}, rows).checks({"kind": "chart", "discipline": "physics"})
    assert next(c for c in checks if c.scorer == "structure").source == "calibration 10"


def test_the_calibration_of_a_judge_holds_for_the_families_that_it_judges() -> None:
    rows = [
        Calibrated("judge", {}, 0.9, 0.0, "calibration 2", frozenset({"gpt", "qwen"})),
        Calibrated("judge", {}, 0.3, 0.0, "calibration 1", frozenset({"claude"})),
    ]
    thresholds = Thresholds({}, rows)

    def least(family: str) -> float:
        return next(c.at_least for c in thresholds.checks({"family": family}) if c.scorer == "judge")

    assert [least(family) for family in ("gpt", "claude", "gemini")] == [0.9, 0.3, 0.6]


def test_a_stated_threshold_holds_whatever_calibrations_say() -> None:
    rows = [Calibrated("numbers-grounded", {}, 0.3, 0.0, "calibration 1")]
    thresholds = Thresholds({}, rows, stated={"numbers-grounded": 0.65})
    checks = thresholds.checks({"kind": "chart"})
    slip = gate.decide(EVERYTHING | seen(numbers_grounded=0.62), checks)
    assert (slip.outcome, slip.slug, slip.reason["threshold_source"]) == ("reject", "numbers-ungrounded", "routes file")
    assert gate.decide(EVERYTHING | seen(numbers_grounded=0.62), Thresholds({}).checks({})).outcome == "accept"
    assert thresholds.policy_sha256 != Thresholds({}, rows).policy_sha256
    with pytest.raises(ConfigError, match="did you mean 'numbers-grounded'"):
        Thresholds({}, stated={"numbers-ground": 0.5})


def test_the_hash_of_the_policy_follows_all_that_decisions_rest_on() -> None:
    hashes = {
        Thresholds({}).policy_sha256,
        Thresholds({"structure": "1"}).policy_sha256,
        Thresholds({}, settings={"shares": {"judge": 0.1}}).policy_sha256,
        Thresholds({}, band=0.1).policy_sha256,
        Thresholds({}, [Calibrated("structure", {}, 0.7, 0.0, "calibration 1")]).policy_sha256,
    }
    assert len(hashes) == 5
    assert Thresholds({"a": "1", "b": "2"}).policy_sha256 == Thresholds({"b": "2", "a": "1"}).policy_sha256


def test_a_larger_share_only_adds() -> None:
    few = {n for n in range(2000) if paid.due(n, {"judge": 0.1})}
    many = {n for n in range(2000) if paid.due(n, {"judge": 0.3})}
    assert few < many
    assert 150 < len(few) < 250
    assert all(paid.due(n, {"judge": 1.0}) == {"judge"} for n in range(50))


def test_each_scorer_has_one_check() -> None:
    names = [check.scorer for check in DEFAULT_CHECKS]
    assert sorted(set(names)) == sorted(names)
