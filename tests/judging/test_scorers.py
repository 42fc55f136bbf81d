from __future__ import annotations

import hashlib
import math
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnisci_etl.judging.evidence import MAX_EVIDENCE, MAX_PART, Candidate, Evidence
from omnisci_etl.judging.gate import DEFAULT_CHECKS, THRESHOLD
from omnisci_etl.judging.scorers import (
    Score,
    Scorer,
    config_sha256,
    default_scorers,
    embedding_missing,
    embedding_scorers,
)


class _Constant:
    name, version, deterministic = "constant", "1", True

    def __init__(self, **settings: object) -> None:
        self.settings = settings

    def config(self) -> Mapping[str, object]:
        return self.settings

    def score(self, candidates: Sequence[Candidate]) -> list[Score]:
        return [Score(1.0) for _ in candidates]


def test_the_default_scorers() -> None:
    assert {s.name for s in default_scorers()} == {c.scorer for c in DEFAULT_CHECKS if c.stage == "text"}
    assert all(s.deterministic for s in default_scorers())


def test_each_fault_drops_its_own_scorer(pairs: list[Candidate]) -> None:
    def values(candidate: Candidate) -> dict[str, float]:
        return {s.name: s.score([candidate])[0].value for s in default_scorers()}

    def dropped(candidate: Candidate) -> list[str]:
        after = values(candidate)
        return [name for name, value in before.items() if after[name] < value - 0.15]

    for pair in pairs:
        before = values(pair)
        assert min(before.values()) >= THRESHOLD
        assert dropped(replace(pair, body=pair.body + " The value is 77,777 nm.")) == ["numbers-grounded"]
        assert dropped(replace(pair, body=pair.body + " For more see Fig. 99.")) == ["self-contained"]
        assert "on-topic" in dropped(replace(pair, body=pair.body + " Cuneiform tablets of Babylonian scribes."))
        assert dropped(replace(pair, finish_reason="length")) == ["structure"]
        if pair.panels:
            assert dropped(replace(pair, panels=pair.panels[1:])) == ["panels-covered"]


def test_scoring_twice_gives_the_same(pairs: list[Candidate]) -> None:
    for scorer in default_scorers():
        assert scorer.score(pairs) == scorer.score(pairs) == [scorer.score([pair])[0] for pair in pairs]


def test_the_config_hash_is_that_of_canonical_json() -> None:
    scorer: Scorer = _Constant(b=1, a="µ")
    assert (
        config_sha256(scorer)
        == hashlib.sha256('{"config":{"a":"µ","b":1},"name":"constant","version":"1"}'.encode()).hexdigest()
    )
    assert config_sha256(_Constant(a="µ", b=1)) == config_sha256(scorer)


def test_the_config_hash_tells_scorers_and_settings_apart() -> None:
    hashes = [config_sha256(s) for s in (*default_scorers(), _Constant(), _Constant(a=1), _Constant(a=2))]
    assert len(set(hashes)) == len(hashes)


def test_the_config_hash_is_the_same_in_another_process() -> None:
    code = "from omnisci_etl.judging.scorers import *; print(*map(config_sha256, default_scorers()))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.split() == [config_sha256(s) for s in default_scorers()]


@pytest.mark.parametrize("value", [-0.1, 1.1, math.nan, math.inf])
def test_a_score_lies_between_0_and_1(value: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Score(value)


def test_evidence_text_joins_what_there_is_and_is_capped() -> None:
    assert Evidence("one", mentions=("two", "", "three"), title="four").text == "one\ntwo\nthree\nfour"
    assert len(Evidence("x" * MAX_EVIDENCE, mentions=("y" * MAX_EVIDENCE,)).text) == MAX_EVIDENCE


def test_parts_of_a_caption_are_capped() -> None:
    parts = list(Candidate("x" * (MAX_PART + 1), tuple(("a" * 50, "y") for _ in range(500)), Evidence("")).parts)
    assert len(parts[0][1]) == MAX_PART
    assert len(parts) < 200
    assert max(len(name) for name, _ in parts) < 40


def test_the_embedding_scorers_say_why_they_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omnisci_etl.judging.embedding.find_spec", lambda name: None)
    assert embedding_scorers() == ()
    reason = embedding_missing()
    assert reason is not None
    assert "sentence-transformers" in reason
    assert "[embed]" in reason


def test_embedding_scorers_are_no_gate_scorers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omnisci_etl.judging.embedding.find_spec", lambda name: object())
    assert embedding_missing() is None
    assert [(s.name, s.deterministic) for s in embedding_scorers()] == [("similarity", False)]


def test_what_is_quoted_is_blanked_in_its_place() -> None:
    evidence = Evidence(
        "Yield of the salts at a concentration of 5 mM. Rates of the film rise to 0.5 per day. Short one."
    )
    text = "Short one. Yield of the salts at a concentration of 5 mM. Rates of the film rise to 0.7 per day."
    rest = Candidate(text, (("a", "Rates of the film rise to 0.5 per day."),), evidence).unquoted
    assert rest.body == "Short one. " + " " * 47 + "Rates of the film rise to 0.7 per day."
    assert rest.panels[0][1].strip() == ""


def test_a_caption_that_quotes_nothing_is_all_its_own() -> None:
    candidate = Candidate("Yield of the salts rises to 5 mM.", (), Evidence("Another thing altogether."))
    assert candidate.unquoted is candidate


def test_the_sides_of_an_endless_caption_have_its_parts() -> None:
    said = "Yield of the salts at a concentration of 5 mM. "
    text = said * 450
    candidate = Candidate(text, tuple((str(n), text) for n in range(30)), Evidence(said))
    assert len(list(candidate.parts)) < 31
    for side in (candidate.unquoted, candidate.quoted):
        assert len(list(side.parts)) == len(list(candidate.parts))


@given(body=st.text("ab. ;5\n", max_size=120), said=st.text("ab. ;5\n", max_size=120))
def test_blanks_change_no_place(body: str, said: str) -> None:
    candidate = Candidate(body + said, (("a", said),), Evidence(said))
    sides = zip(candidate.parts, candidate.unquoted.parts, candidate.quoted.parts, strict=True)
    for (_, whole), (_, own), (_, quoted) in sides:
        pairs = zip(own.ljust(len(whole)), quoted.ljust(len(whole)), strict=True)
        assert "".join(left if left != " " else right for left, right in pairs).rstrip() == whole.rstrip()
