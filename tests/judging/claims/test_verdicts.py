"""Verdicts: a model's answer is taken at its word only where the word stands in the evidence."""

from __future__ import annotations

from typing import Any

import pytest

from omnisci_etl.judging.claims.matching import Source
from omnisci_etl.judging.claims.splitting import Claim
from omnisci_etl.judging.claims.verdicts import Finding, TextJudge, of_answer
from omnisci_etl.judging.evidence import Evidence

EVIDENCE = Evidence(
    "Grain growth of TiO2 films. Scale bars, 1 µm.",
    mentions=("The mean diameter of the grains grew from 310 nm to 540 nm after ten cycles. Bradyrhizobium did not change.",),
)  # fmt: skip
CLAIMS = [Claim(n, f"Statement {n}.", f"Statement {n}.") for n in (1, 2, 3)]


def answer(*rows: tuple[int, str, str]) -> dict[str, Any]:
    return {"verdicts": [{"number": n, "quote": quote, "verdict": verdict} for n, quote, verdict in rows]}


def judged(*rows: tuple[int, str, str], has_picture: bool = True) -> tuple[list[tuple[str, str, str]], dict[str, int]]:
    findings, odd = of_answer(answer(*rows), CLAIMS, Source(EVIDENCE.text), 7, has_picture=has_picture)
    assert [finding.claim.n for finding in findings] == [1, 2, 3]
    assert all(finding.call_id == 7 and finding.method == "model" for finding in findings)
    return [(one.verdict, one.kind, one.note) for one in findings], dict(odd)


def test_each_number_is_answered_once() -> None:
    found, odd = judged(
        (1, "grew from 310 nm to 540 nm", "supported-by-text"), (3, "an axis", "supported-by-picture"),
        (3, "an axis", "supported-by-picture"), (1, "", "contradicted"), (9, "", "unknown"), (0, "", "unknown"),
    )  # fmt: skip
    assert found == [
        ("unknown", "none", "doubled"), ("unknown", "none", "missing"), ("supported-by-picture", "picture", ""),
    ]  # fmt: skip
    assert odd == {"doubled": 1, "missing": 1, "foreign": 2}


def test_support_by_text_needs_a_quotation_and_support_by_picture_a_picture() -> None:
    found, odd = judged(
        (1, "grew from 310 nm to 640 nm", "supported-by-text"), (2, "", "supported-by-text"),
        (3, "an axis", "supported-by-picture"), has_picture=False,
    )  # fmt: skip
    assert found == [("unknown", "none", "unquoted")] * 2 + [("unknown", "none", "no-picture")]
    assert odd == {"unquoted": 2, "no-picture": 1}


def test_what_a_contradiction_rests_on() -> None:
    found, _ = judged(
        (1, "to 540 nm after ten cycles", "contradicted"), (2, "the bar says 2", "contradicted"), (3, "", "not-visible")
    )
    assert found == [("contradicted", "text", ""), ("contradicted", "picture", ""), ("not-visible", "none", "")]


def by_text(text: str) -> Finding:
    return TextJudge(EVIDENCE).judge(Claim(1, text, text))


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("The mean diameter of the grains grew from 310 nm to 540 nm.", "supported-by-text"),
        ("After ten cycles the mean diameter of the grains grew to 0.54 µm.", "supported-by-text"),
        ("The mean diameter of the grains grew from 310 nm to 990 nm after ten cycles.", "contradicted"),
        ("The diameter of the grains was 990 nm.", "unknown"),
        ("Bradyrhizobium did not change.", "supported-by-text"),
        ("Bradyrhizobium did change.", "unknown"),
        ("Grain growth of ZnO4 films.", "unknown"),
        ("The curve is red.", "unknown"),
    ],
)
def test_without_a_model_only_the_wording_counts(text: str, verdict: str) -> None:
    found = by_text(text)
    assert (found.verdict, found.method, found.call_id) == (verdict, "text", None)
    assert (found.kind == "text") == (verdict != "unknown")
    if verdict != "unknown":
        assert Source(EVIDENCE.text).holds(found.quote)


def test_without_evidence_nothing_is_known() -> None:
    assert TextJudge(Evidence("")).judge(CLAIMS[0]).verdict == "unknown"
