"""Faithfulness and coverage."""

from __future__ import annotations

from dataclasses import replace

import pytest

from omnisci_etl.judging.claims.measures import coverage, faithfulness
from omnisci_etl.judging.claims.splitting import Claim
from omnisci_etl.judging.claims.verdicts import Finding, Verdict
from omnisci_etl.judging.evidence import Candidate, Evidence

EVIDENCE = Evidence(
    "Growth of films. a Micrograph of the reference film. b Diameters of 400 grains before and after annealing.",
    panel_labels=("a", "b"),
)


def found(verdict: Verdict, quote: str = "") -> Finding:
    return Finding(Claim(1, "x", "x"), verdict, "none", quote, "text")


def test_faithfulness_leaves_out_what_is_unknown() -> None:
    verdicts: list[Verdict] = ["supported-by-text", "supported-by-picture", "contradicted", "not-visible", "unknown"]
    value, detail = faithfulness([found(verdict) for verdict in verdicts])
    assert value == pytest.approx(0.5)
    assert (detail["n"], detail["decided"], detail["unknown_share"]) == (5, 4, 0.2)


def test_faithfulness_of_nothing_decided_is_not_defined() -> None:
    assert faithfulness([found("unknown")])[0] is None
    assert faithfulness([])[0] is None


def test_coverage_counts_statements_and_panels() -> None:
    full = Candidate(
        "A micrograph of the reference film and the diameters of 400 grains before and after annealing.",
        (("a", "Micrograph of the reference film."), ("b", "Diameters of 400 grains before and after annealing.")),
        EVIDENCE,
    )
    assert coverage(full, [])[0] == 1.0
    value, detail = coverage(replace(full, body="A micrograph of the reference film.", panels=full.panels[:1]), [])
    assert value == pytest.approx(2 / 4)
    assert detail["missing_panels"] == ["b"]
    assert detail["missing"] == ["b Diameters of 400 grains before and after annealing."]


def test_a_changed_number_does_not_cover_a_statement_but_a_quotation_does() -> None:
    wrong = Candidate("The diameters of 900 grains before and after annealing.", (), EVIDENCE)
    before, _ = coverage(wrong, [])
    after, _ = coverage(wrong, [found("supported-by-text", "Diameters of 400 grains before and after annealing")])
    assert after == pytest.approx(before + 1 / 4)
    assert coverage(wrong, [found("contradicted", "Diameters of 400 grains before and after annealing")])[0] == before


def test_an_empty_author_caption_leaves_nothing_to_cover() -> None:
    assert coverage(Candidate("A line.", (), Evidence("")), []) == (1.0, {
        "n": 0, "statements": 0, "panels": 0, "missing": [], "missing_panels": [],
    })  # fmt: skip
