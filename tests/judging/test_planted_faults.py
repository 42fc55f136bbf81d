"""Faults planted in true captions: what the scorers of numbers, panels and pointers must find, and must not flag."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import fault_corpus
import pytest
from fault_rates import ALARMS, Rates, alarms, rates, share_below, threshold, together
from faults import FAULTS, GROUPS, Case, Library, plant, planted
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.judging.evidence import Candidate, Evidence
from omnisci_etl.judging.scorers import Scorer
from omnisci_etl.judging.scorers.numbers_grounded import NumbersGrounded
from omnisci_etl.judging.scorers.panels_covered import PanelsCovered
from omnisci_etl.judging.scorers.self_contained import SelfContained

SCORERS: tuple[Scorer, ...] = (NumbersGrounded(), PanelsCovered(), SelfContained())
OWN = {
    "number changed": "numbers-grounded", "numbers exchanged": "numbers-grounded", "unit swapped": "numbers-grounded",
    "panel dropped": "panels-covered", "panels swapped": "panels-covered", "dangling reference": "self-contained",
}  # fmt: skip
# Least shares found, by the gate and at 5 % false alarms.
PAPERS = {
    "number changed": (0.97, 0.98), "numbers exchanged": (0.98, 0.98), "unit swapped": (0.98, 0.98),
    "panel dropped": (1.0, 1.0), "panels swapped": (0.9, 0.9), "dangling reference": (1.0, 1.0),
}  # fmt: skip
# Written in words of their own, so that a changed number rarely stands in a sentence of the evidence.
WRITTEN = {
    "number changed": (0.74, 0.98), "numbers exchanged": (0.65, 0.8), "unit swapped": (0.86, 0.96),
    "panel dropped": (1.0, 1.0), "panels swapped": (0.9, 0.9), "dangling reference": (1.0, 1.0),
}  # fmt: skip
REAL = {
    "number changed": (0.95, 0.95), "numbers exchanged": (0.97, 0.97), "unit swapped": (0.95, 0.97),
    "panel dropped": (0.95, 0.95), "panels swapped": (0.8, 0.8), "dangling reference": (0.99, 0.99),
}  # fmt: skip


def measured(cases: Sequence[Case], library: Library, *, each: int = 1) -> dict[str, Rates]:
    names = [name for group in OWN for name in GROUPS[group]]
    found = rates(SCORERS, cases, library, names, each=each)
    return {group: whole for group in OWN if (whole := together(found, GROUPS[group]))}


def too_low(found: dict[str, Rates], least: dict[str, tuple[float, float]]) -> list[str]:
    return [
        f"{group}: {rate.at_gate[OWN[group]]:.3f} {rate.at_alarms[OWN[group]]:.3f} of {rate.count}"
        for group, rate in found.items()
        if rate.at_gate[OWN[group]] < least[group][0] or rate.at_alarms[OWN[group]] < least[group][1]
    ]


@pytest.fixture(scope="module")
def samples() -> list[Case]:
    found = fault_corpus.without_pointers(fault_corpus.samples())
    assert len(found) > 100
    return found


def test_true_captions_of_the_samples_pass(samples: list[Case]) -> None:
    flagged = alarms(SCORERS, samples)
    assert {name: share for name, share in flagged.items() if share > 0.01} == {}


@pytest.mark.parametrize(("written", "least"), [(False, PAPERS), (True, WRITTEN)])
def test_faults_in_the_samples_are_found(
    written: bool, least: dict[str, tuple[float, float]], samples: list[Case]
) -> None:
    found = measured([case for case in samples if (case.style == "written") == written], Library.of(samples), each=2)
    assert {group: rate.count >= 20 for group, rate in found.items()} == dict.fromkeys(OWN, True)
    assert too_low(found, least) == []


def test_scores_do_not_depend_on_company_or_order(samples: list[Case]) -> None:
    library = Library.of(samples)
    candidates = [one for name in FAULTS for _, one in planted(name, samples[:12], library)]
    shuffled = random.Random(3).sample(range(len(candidates)), len(candidates))
    for scorer in SCORERS:
        together_ = scorer.score([candidates[i] for i in shuffled])
        assert [score.value for score in together_] == [scorer.score([candidates[i]])[0].value for i in shuffled]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_the_same_for_the_same_seed_and_spares_the_evidence(fault: str, samples: list[Case]) -> None:
    library = Library.of(samples)
    made = [(case, plant(fault, case, seed, library)) for case in samples for seed in (1, 2)]
    assert [one for _, one in made] == [plant(fault, case, seed, library) for case in samples for seed in (1, 2)]
    for case, one in made:
        if one is not None:
            assert one.evidence is case.candidate.evidence
            assert (one.body, one.panels) != (case.candidate.body, case.candidate.panels)


def test_a_fault_without_a_place_is_not_planted() -> None:
    bare = Case("p", "written", Candidate("A sketch of the apparatus", (), Evidence("A sketch of the apparatus")))
    library = Library.of([bare])
    planted_at_all = {fault for fault in FAULTS if plant(fault, bare, 1, library)}
    assert planted_at_all == {"dangling reference"}


@given(st.lists(st.sampled_from([0.0, 0.2, 0.6, 0.8, 1.0]), min_size=1, max_size=80))
@settings(max_examples=100, deadline=None)
def test_the_threshold_flags_no_more_than_it_may(values: list[float]) -> None:
    limit = threshold(values)
    assert share_below(values, limit) <= ALARMS
    above = [value for value in values if value > limit]
    assert not above or share_below(values, min(above)) > ALARMS


@given(st.text(max_size=120), st.text(max_size=120), st.sampled_from(["a", "B", "ii", "Left", "", "é", "(c)"]))
@settings(max_examples=150, deadline=None)
def test_any_caption_has_scores(body: str, author: str, label: str) -> None:
    evidence = Evidence(author, (label, "b"), (body + author,), label="Fig. 2", picture_text=author[::-1])
    candidate = Candidate(body, ((label, author), ("b", body)), evidence)
    for scorer in SCORERS:
        assert 0.0 <= scorer.score([candidate])[0].value <= 1.0


@pytest.mark.realdata
@pytest.mark.slow
def test_faults_in_real_papers_kept_back_are_found(realdata: Path) -> None:
    real = fault_corpus.real(realdata)
    clean = [case for case in fault_corpus.without_pointers(real) if fault_corpus.kept_back(case)]
    library = Library.of(real)
    flagged = alarms(SCORERS, clean)
    assert {name: share for name, share in flagged.items() if share > 0.03} == {}
    for styles in (("author", "composed"), ("respelled", "by panels")):
        found = measured([case for case in clean if case.style in styles], library)
        assert too_low(found, REAL) == [], styles
