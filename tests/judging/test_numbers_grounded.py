from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.judging.evidence import Candidate, Evidence
from omnisci_etl.judging.scorers.base import Score
from omnisci_etl.judging.scorers.numbers_grounded import NumbersGrounded

NUMBER = re.compile(r"(?<![\w.,^×−–-])(?<!× )\d[\d,]*(?:\.\d+)?(?![\w^,]|\.\d| ×|th\b)")
SWAPS = {
    "mm": "µm", "nm": "mm", "µm": "nm", "µM": "mM", "°C": "K", "K": "mK", "%": " ppm", "h": "min", "hours": "days", "days": "weeks",
    "Torr": "bar", "GPa": "MPa", "T": "mT", "Å": "nm", "N": "kN", "ms": "s", "ns": "ms", "kHz": "Hz", "km": "m", "eV": "keV", "Ω": "kΩ",
    "ppm": "%", "min": "h", "minutes": "hours", "s": "h", "V": "mV", "mA/cm2": "A/cm2", "Hz": "kHz", "kg": "g", "pc": "Mpc",
}  # fmt: skip
UNIT = re.compile(rf"(?<=\d) ?({'|'.join(sorted(SWAPS, key=len, reverse=True))})(?![\w/−⁻-])")
SENTENCE = re.compile(r"(?<=[a-z)]\.) (?=[A-Z])")


def score(candidate: Candidate) -> Score:
    return NumbersGrounded().score([candidate])[0]


def with_body(candidate: Candidate, body: str) -> Candidate:
    return replace(candidate, body=body)


def unseen(number: str, evidence: str) -> str:
    """A number of the same shape that the evidence does not hold."""
    digits = number.replace(",", "")
    places = len(digits.partition(".")[2])
    for step in (3, 7, 16, 27, 38, 53, 74):
        other = f"{float(digits) * 1.7 + step + 0.37 * (places > 0):.{places}f}"
        if not re.search(rf"(?<![\d.]){re.escape(other)}(?!\d)", evidence.replace(",", "")):
            return other
    raise AssertionError(number)


def test_good_captions_are_grounded(pair: Candidate) -> None:
    found = score(pair)
    assert found.detail.get("ungrounded") == []
    assert found.value == 1.0
    assert found.detail["stated"] >= 3


def test_a_caption_that_repeats_its_evidence_is_grounded(pair: Candidate) -> None:
    for text in pair.evidence.texts:
        assert score(with_body(pair, text)).value == 1.0


def test_every_changed_number_is_found(pair: Candidate) -> None:
    places = list(NUMBER.finditer(pair.body))
    assert places
    for match in places:
        other = unseen(match[0], pair.evidence.text)
        body = pair.body[: match.start()] + other + pair.body[match.end() :]
        found = score(with_body(pair, body))
        assert found.value < 1.0, body
        assert any(other in place["text"] for place in found.detail["ungrounded"]), (other, found.detail)


def test_every_swapped_unit_is_found(pairs: list[Candidate]) -> None:
    planted = 0
    for pair in pairs:
        for match in UNIT.finditer(pair.body):
            body = pair.body[: match.start(1)] + SWAPS[match[1]] + pair.body[match.end(1) :]
            planted += 1
            assert score(with_body(pair, body)).value < 1.0, body[match.start() - 20 : match.end() + 20]
    assert planted >= 15


def test_faults_in_panels_count_too(pairs: list[Candidate]) -> None:
    planted = 0
    for pair in pairs:
        for i, (label, text) in enumerate(pair.panels):
            match = NUMBER.search(text)
            if match:
                changed = text[: match.start()] + unseen(match[0], pair.evidence.text) + text[match.end() :]
                panels = (*pair.panels[:i], (label, changed), *pair.panels[i + 1 :])
                found = score(replace(pair, panels=panels))
                assert found.value < 1.0
                assert {place["part"] for place in found.detail["ungrounded"]} == {f"panel {label}"}
                planted += 1
    assert planted >= 15


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_caption_of_evidence_sentences_is_grounded(data: st.DataObject) -> None:
    pair = data.draw(st.sampled_from(_pairs()))
    sentences = [s for text in pair.evidence.texts for s in SENTENCE.split(text)]
    chosen = data.draw(st.lists(st.sampled_from(sentences), min_size=1, max_size=6))
    assert score(with_body(pair, " ".join(chosen))).value == 1.0


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_foreign_number_lowers_the_score(data: st.DataObject) -> None:
    pair = data.draw(st.sampled_from(_pairs()))
    value = data.draw(st.integers(10**7, 10**8 - 1).filter(lambda n: str(n) not in pair.evidence.text and n % 10**6))
    unit = data.draw(st.sampled_from(["", " mM", " nm", "%", " cells"]))
    spoiled = score(with_body(pair, f"{pair.body} The value is {value}{unit}."))
    before = score(pair)
    assert spoiled.value < before.value
    assert spoiled.value == pytest.approx(before.detail["stated"] / (before.detail["stated"] + 1))


def _pairs() -> list[Candidate]:
    evidence = Evidence(
        "Rates at 5, 10 and 50 µM, pH 7.4, 37 °C. Values are (3.1 ± 0.2) × 104 M−1 s−1. Scale bar, 5 mm.",
        mentions=(
            "The KM rises from 12 µM to 0.4 mM (Fig. 2b). It stays at 0.37 s−1 for 1,000 cycles.",
            "At −20 °C we see 3 × 10−4 of it, or 25–30%. Every two hours 5 mL were taken from 106 cells.",
        ),
        label="Fig. 2",
        title="Kinetics at 3 temperatures",
    )
    return [
        Candidate("Rates with 50 µM substrate at 37 °C.", (), evidence),
        Candidate("From 12 µM to 400 µM at pH 7.4, in 10^6 cells and 25 to 30%.", (("a", "5 mL at −20 °C"),), evidence),
    ]


def test_without_numbers_nothing_is_wrong() -> None:
    found = score(Candidate("A sketch of the apparatus.", (("a", "The load cell."),), Evidence("Anything.")))
    assert found == Score(1.0, {"stated": 0})


def test_without_evidence_every_number_is_ungrounded() -> None:
    assert score(Candidate("It took 5 s.", (), Evidence(""))).value == 0.0


def test_the_title_and_each_mention_are_evidence() -> None:
    evidence = Evidence("Sketch.", mentions=("It weighs 5 kg.", "It is 3 m long."), title="A 7 T magnet")
    assert score(Candidate("A 7 T magnet of 5 kg, 3 m long.", (), evidence)).value == 1.0


def test_details_name_the_places_and_can_be_written_as_json() -> None:
    found = score(Candidate("At 5 mM.", (("b", "At 6 mM."),), Evidence("At 5 mM.")))
    assert found.value == 0.5
    assert found.detail == {
        "stated": 2,
        "grounded": [{"text": "5 mM", "part": "body", "start": 3, "end": 7}],
        "ungrounded": [{"text": "6 mM", "part": "panel b", "start": 3, "end": 7}],
    }
    assert json.loads(json.dumps(found.detail, allow_nan=False)) == found.detail


def test_details_stay_small_whatever_the_caption_holds() -> None:
    hostile = Candidate("7 " * 100_000 + "9" * 100_000, tuple((str(i), "8 mM") for i in range(1000)), Evidence("none"))
    assert len(json.dumps(score(hostile).detail)) < 20_000


def test_scores_come_in_the_order_of_the_captions(pairs: list[Candidate]) -> None:
    spoiled = [with_body(pair, pair.body + " It was 86,421 nm.") for pair in pairs]
    mixed = [one for both in zip(pairs, spoiled, strict=True) for one in both]
    values = [one.value for one in NumbersGrounded().score(mixed)]
    assert all(good == 1.0 for good in values[::2])
    assert all(bad < 1.0 for bad in values[1::2])
    assert NumbersGrounded().score([]) == []
