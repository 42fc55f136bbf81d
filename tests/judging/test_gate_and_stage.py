"""The gate's decisions, and scoring as rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from omnisci_etl.context import Context
from omnisci_etl.judging import gate
from omnisci_etl.judging.stage import plan, score

NAMES = sorted(gate.REJECTS)
SCORES = st.fixed_dictionaries(dict.fromkeys(NAMES, st.floats(0, 1)))


@given(scores=SCORES)
def test_the_weakest_score_decides(scores: dict[str, float]) -> None:
    verdict = gate.decide(scores)
    assert verdict.gate_score == min(scores.values())
    assert (verdict.outcome == "accept") == (verdict.gate_score >= gate.THRESHOLD)
    assert verdict.reason["scores"] == scores
    if verdict.outcome == "reject":
        assert verdict.slug == gate.REJECTS[verdict.reason["weakest"]]


def test_no_score_is_no_verdict() -> None:
    with pytest.raises(ValueError, match="at least one"):
        gate.decide({})


def test_policy_hash_follows_the_scorers() -> None:
    assert gate.policy_sha256({"a": "1"}) != gate.policy_sha256({"a": "2"})
    assert gate.policy_sha256({"a": "1", "b": "2"}) == gate.policy_sha256({"b": "2", "a": "1"})


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
    assert scorers == 3
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
    assert {row["captions"] for row in plan(context.ledger)} == {4}
    score(context)
    assert {row["captions"] for row in plan(context.ledger)} == {0}
    assert table_hashes() != before


def test_sub_captions_beside_the_caption_are_evidence(context: Context, library: Any) -> None:
    panels = [("a", "Foam at a packing fraction of 0.82."), ("b", "Foam at 0.88.")]
    figure = library.figure(caption="Snapshots of foams.", panels=panels)
    library.caption(figure, "Snapshots of foams at packing fractions of 0.82 and 0.88.", panels)
    assert score(context)["accepted"] == 1
    with context.ledger.read() as connection:
        value = connection.execute(text("SELECT value FROM score WHERE scorer = 'numbers-grounded'")).scalar()
    assert value == 1
