from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.judging.contexts import Context
from omnisci_etl.judging.evidence import MAX_CAPTION, Candidate, Evidence
from omnisci_etl.judging.scorers.base import SLIPS, Score, config_sha256
from omnisci_etl.judging.scorers.numbers_grounded import (
    CONTRADICTED_AT_MOST,
    LEAST_UNCONTRADICTED,
    NumbersGrounded,
)

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
    assert len(spoiled.detail["ungrounded"]) == len(before.detail["ungrounded"]) + 1


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


EVIDENCE = Evidence(
    "Discharge of the cells. a Capacity over 1,200 cycles at 65 °C (n = 5 cells). Scale bar, 20 µm.",
    ("a",),
    (
        "The retention is 95.1% after 1,200 cycles (Fig. 3a), and the open-circuit voltage is 1.21 V at 25 °C.",
        "Electrodes with a thickness of 40 µm kept 80% of it; those of 80 µm lost 3.5 mg of lithium. The rates of the cells differ "
        "(P = 1.2 × 10−7).",
    ),
    label="Fig. 3",
    title="Cells that last",
)


def of(body: str, evidence: Evidence = EVIDENCE) -> Score:
    return score(Candidate(body, (), evidence))


@pytest.mark.parametrize(
    ("sentence", "wrong", "right"),
    [
        ("Capacity over 1,500 cycles at 65 °C.", "1,500", "1,200"),
        ("The retention is 59.1% after 1,200 cycles.", "59.1%", "95.1%"),
        ("The retention is 95.1‰ after 1,200 cycles.", "95.1‰", "95.1%"),
        ("Capacity over 1,200 cycles at 65 K.", "65 K", "65 °C"),
        ("Micrograph of the cells. Scale bar, 20 nm.", "20 nm", "20 µm"),
        ("The open-circuit voltage amounts to 1.12 V.", "1.12 V", "1.21 V"),
        ("Retention of 91.5 percent is seen after 1200 cycles.", "91.5 percent", "95.1%"),
        ("Capacity at 65 °C (n = 8 cells).", "8", "5"),
        ("The rates of the cells differ (P = 1.2 × 10−3).", "1.2 × 10−3", "1.2 × 10−7"),
    ],
)
def test_a_single_contradiction_is_never_as_good_as_none(sentence: str, wrong: str, right: str) -> None:
    many = " ".join(f"Cell {n} ran 1,200 cycles at 65 °C." for n in range(1, 6))
    for body in (sentence, f"{many} {sentence}"):
        found = of(body)
        assert found.value <= (CONTRADICTED_AT_MOST if body == sentence else SLIPS[1]) < LEAST_UNCONTRADICTED
        assert [(one["text"], one["evidence"]) for one in found.detail["contradicted"]] == [(wrong, right)]


@pytest.mark.parametrize(
    "sentence",
    [
        "The x axis runs from 0 to 250 in steps of 50.",
        "The tallest bar reaches about 400 mAh.",
        "A colour bar from 0.2 to 1.4 stands on the right.",
        "There are 17 markers on the upper curve, which ends near 83%.",
        "The peak at 3.3 V is 12 mV wide.",
    ],
)
def test_what_is_read_off_the_picture_is_no_contradiction(sentence: str) -> None:
    found = of(f"The retention is 95.1% after 1,200 cycles. {sentence}")
    assert found.detail["contradicted"] == []
    assert LEAST_UNCONTRADICTED <= found.value < 1.0


@pytest.mark.parametrize(
    "sentence",
    [
        "After 1200 cycles, 95.1 percent is retained at 65 degrees Celsius.",
        "At 25 °C the open-circuit voltage is 1.21 V.",
        "Electrodes that are 80 µm thick lose 3.5 mg of lithium, whereas 40 µm ones keep 80%.",
        "The retention is 95% after 1,200 cycles.",
        "The retention is about 96% after 1,200 cycles.",
        "The scale bar is 20 µm, or 0.02 mm.",
    ],
)
def test_the_same_in_other_words_is_no_contradiction(sentence: str) -> None:
    assert of(sentence).detail.get("contradicted") == []


def test_a_number_that_stands_elsewhere_in_the_evidence_is_wrong_where_another_is_quoted() -> None:
    found = of("Capacity over 1,200 cycles at 25 °C (n = 5 cells).")
    assert [(one["text"], one["evidence"]) for one in found.detail["contradicted"]] == [("25 °C", "65 °C")]


def test_exchanged_numbers_are_found() -> None:
    found = of("Electrodes with a thickness of 80 µm kept 40% of it; those of 80 µm lost 3.5 mg of lithium.")
    assert {one["text"] for one in found.detail["contradicted"]} == {"80 µm", "40%"}


def test_the_picture_grounds_what_was_read_off_it() -> None:
    body = "The retention is 95.1% after 1,200 cycles and ends at 77% behind 2,400 h."
    seen = Candidate(body, (), replace(EVIDENCE, picture_text="Retention (%)\n77\n2,400\nTime (h)"))
    unread = NumbersGrounded().score([seen])[0]
    read = NumbersGrounded(("tesseract", "5.3")).score([seen])[0]
    assert LEAST_UNCONTRADICTED <= unread.value < read.value == 1.0
    other = replace(seen, evidence=replace(EVIDENCE, picture_text="Retention (%)"))
    assert NumbersGrounded(("tesseract", "5.3")).score([other])[0].value < unread.value


def test_the_reader_of_pictures_is_part_of_the_configuration() -> None:
    hashes = {config_sha256(NumbersGrounded(ocr)) for ocr in (None, ("tesseract", "5.3"), ("tesseract", "5.4"))}
    assert len(hashes) == 3


def test_without_evidence_every_number_is_ungrounded() -> None:
    assert score(Candidate("It took 5 s.", (), Evidence(""))).value == 0.0


def test_the_title_and_each_mention_are_evidence() -> None:
    evidence = Evidence("Sketch.", mentions=("It weighs 5 kg.", "It is 3 m long."), title="A 7 T magnet")
    assert score(Candidate("A 7 T magnet of 5 kg, 3 m long.", (), evidence)).value == 1.0


def test_details_name_the_places_and_can_be_written_as_json() -> None:
    evidence = Evidence("Rates at 5 mM substrate after mixing. Length, 3 nm.")
    found = score(Candidate("It is 3 nm long.", (("b", "The rates at 6 mM substrate. It weighs 7 kg."),), evidence))
    assert found.value == pytest.approx(0.5 / 3, abs=1e-6)
    wrong = {"text": "6 mM", "part": "panel b", "start": 13, "end": 17}
    assert found.detail == {
        "stated": 3,
        "contradicted": [wrong | {"evidence": "5 mM"}],
        "ungrounded": [wrong, {"text": "7 kg", "part": "panel b", "start": 39, "end": 43}],
    }
    assert json.loads(json.dumps(found.detail, allow_nan=False)) == found.detail


def test_details_stay_small_whatever_the_caption_holds() -> None:
    hostile = Candidate("7 " * 100_000 + "9" * 100_000, tuple((str(i), "8 mM") for i in range(1000)), Evidence("none"))
    assert len(json.dumps(score(hostile).detail)) < 20_000


@pytest.mark.parametrize("piece", ["5 mM. ", "the same 5 mM at ", "n = 5, ", "5 "])
def test_time_grows_with_length_only(piece: str) -> None:
    evidence = Evidence(piece * (40_000 // len(piece)))
    caption = piece.replace("5", "6") * (8_000 // len(piece))
    start = time.process_time()
    score(Candidate(caption, (), evidence))
    assert time.process_time() - start < 8


def test_nothing_but_numbers_takes_little_time_however_many_panels_hold_them() -> None:
    numbers = ", ".join(f"{n * 37 % 9973 / 100:.2f}" for n in range(5000))
    panels = tuple((str(n), numbers[n:]) for n in range(100))
    start = time.process_time()
    found = score(Candidate(numbers, panels, Evidence("7 " * 100_000)))
    assert time.process_time() - start < 12
    assert 0 < found.detail["stated"] <= MAX_CAPTION / 5


def test_few_numbers_of_entries_are_held_against_what_the_author_says_of_their_panels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = 0
    nearest = Context.nearest

    def counted(*given: Any) -> Any:
        nonlocal asked
        asked += 1
        return nearest(*given)

    monkeypatch.setattr(Context, "nearest", counted)
    author, own = (" ".join(f"{n} mm" for n in range(start, start + 1500)) for start in (10_000, 20_000))
    score(Candidate("Lengths.", (("a", own),), Evidence(author, ("a",), panel_texts=(author,))))
    assert 0 < asked <= 400


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=40))
@settings(max_examples=150, deadline=None)
def test_any_caption_has_a_score(body: str, author: str, picture: str) -> None:
    candidate = Candidate(body, (("a", author),), Evidence(author, mentions=(body[::2],), picture_text=picture))
    for scorer in (NumbersGrounded(), NumbersGrounded(("tesseract", "5.3"))):
        found = scorer.score([candidate])[0]
        assert 0.0 <= found.value <= 1.0
        assert json.loads(json.dumps(found.detail)) == found.detail


def test_scores_come_in_the_order_of_the_captions(pairs: list[Candidate]) -> None:
    spoiled = [with_body(pair, pair.body + " It was 86,421 nm.") for pair in pairs]
    mixed = [one for both in zip(pairs, spoiled, strict=True) for one in both]
    values = [one.value for one in NumbersGrounded().score(mixed)]
    assert all(good == 1.0 for good in values[::2])
    assert all(bad < 1.0 for bad in values[1::2])
    assert NumbersGrounded().score([]) == []


COUNTED = Evidence(
    "Means of three independent experiments, n = 5, with four internal replicates, by 12 trained readers."
)


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("Mean values over eight independent experiments.", ["eight"]),
        ("Mean values over 3 independent experiments.", []),
        ("Mean values over 6 independent experiments.", ["6"]),
        ("Four independent experiments and three internal replicates gave the mean.", ["Four", "three"]),
        ("Twelve trained readers rated each, n = 5.", []),
        ("Each bar is a mean, n=7.", ["7"]),
        ("Nine curves and two insets are drawn.", []),
        ("It was repeated three times in seven steps.", []),
    ],
)
def test_counts_of_the_same_things_agree(body: str, found: list[str]) -> None:
    detail = score(Candidate(body, (), COUNTED)).detail
    assert [one["text"] for one in detail.get("contradicted", [])] == found


def test_the_evidence_may_round_what_the_caption_gives() -> None:
    evidence = Evidence("Between occupations the variance accounts for 43 % of the whole.")
    body = "Between occupations the variance accounts for {} % of the whole."
    assert score(Candidate(body.format("43.2"), (), evidence)).detail["contradicted"] == []
    assert score(Candidate(body.format("45.2"), (), evidence)).detail["contradicted"] != []


LEVELS = Evidence(
    "Yield of two soils. Bars with unlike letters differ, p < 0.05.", mentions=("Yields fell (p = 0.011).",)
)


@pytest.mark.parametrize("wrong", ["p < 0.02", "P ≤ 0.5", "p-values < 0.5", "P < 0.5, 0.01 and 0.001"])
def test_another_level_of_significance_contradicts_even_beside_what_is_seen(wrong: str) -> None:
    right = "Coloured bars with letters above them; unlike ones differ (p < 0.05)."
    assert score(Candidate(right, (), LEVELS)).value == 1.0
    found = score(Candidate(right.replace("p < 0.05", wrong), (), LEVELS))
    assert found.detail["contradicted"][0]["evidence"] == "0.05"


def test_further_levels_of_significance_may_be_read_off_the_picture() -> None:
    found = score(Candidate("Stars: *p < 0.05, **p < 0.01 and ***p < 0.001.", (), LEVELS))
    assert found.detail["contradicted"] == []
    assert found.value > LEAST_UNCONTRADICTED


def test_a_number_behind_a_sign_is_not_read_off_the_picture() -> None:
    evidence = Evidence("Cross section of pairs as a function of the mixing, for a gap of M = 25 GeV, and their decay.")
    right = "Two line plots on logarithmic axes show the cross section for a gap of M = 25 GeV."
    assert score(Candidate(right, (), evidence)).value == 1.0
    assert score(Candidate(right.replace("25", "55"), (), evidence)).detail["contradicted"]


def test_another_unit_of_a_number_contradicts_where_the_right_one_stands_elsewhere_in_the_caption() -> None:
    evidence = Evidence("Proteins of larvae at 72 hours, sorted by function.", mentions=("At 72 hours growth rests.",))
    body = "Proteins at 72 hours. Most of those found after {} belong to growth."
    assert score(Candidate(body.format("72 h"), (), evidence)).value == 1.0
    assert score(Candidate(body.format("72 minutes"), (), evidence)).detail["contradicted"]


@pytest.mark.parametrize(
    ("author", "right", "wrong"),
    [
        ("24 h", "24 h.", "29 h."),
        ("24 h", "24 hours.", "24 days."),
        ("60% charged", "60% charged. Thin error bars.", "6% charged. Thin error bars."),
        ("after pressing at a scale of 20 µm", "After pressing, 20 µm scale.", "After pressing, 22 µm scale."),
        ("4 fold slab", "4 fold slab.", "9 fold slab."),
    ],
)
def test_an_entry_is_held_against_what_the_author_says_of_its_panel(author: str, right: str, wrong: str) -> None:
    """The body states the right number too, so that among the words of the whole evidence none is missing."""
    caption = f"Cells at rest. (a) 11 s, (b) {author}."
    evidence = Evidence(caption, ("a", "b"), panel_texts=("11 s", author))
    body = f"Cells at rest, (a) at first and (b) {author}."
    assert score(Candidate(body, (("a", "11 s."), ("b", right)), evidence)).detail["contradicted"] == []
    assert score(Candidate(body, (("a", "11 s."), ("b", wrong)), evidence)).detail["contradicted"]
    assert score(Candidate(body, (("a", "11 s."), ("c", "The y axis ends at 400."),), evidence)).detail["contradicted"] == []  # fmt: skip


PLOT = Evidence(
    "Fidelity of states of up to 7 qubits. The dashed line marks the threshold of 0.020 nWBV.",
    mentions=(
        "Coverage is 23.7% on one cohort (n=38), far below the nominal 95 % level. The receiver has a noise temperature of 300 K,"
        " and P14 found the system to be at 550 K. The estimated inclination is -69.25595° and the declination -16.22821°.",
        "Error grows for four filters. We fix the bandwidth at h = 0.2 deg; bodies of 1.3 × 10^12 kg have 1 km.",
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        "One method stays above 0.8 up to five qubits, whereas the others decay.",
        "The histogram is centred on 0.0134 nWBV.",
        "Bars show errors of 50.0% (blue), 80.0% (orange), 90.0% and 90.7% (red) at nominal levels.",
        "Dotted lines give the level for a system temperature of 550 K.",
        "Computed with an inclination of −69.26° and a declination of −16.23°.",
        "The error attains 4.7 × 10⁻⁴ for the filter in blue.",
        "Black points are the stars used in the likelihood, clustered between l = 4° and 6°; squares were excluded.",
        "The frequency falls to about 10⁻¹⁰ at 10²³ kg.",
        "The bar for training is positive, about +0.004.",
    ],
)
def test_what_is_read_off_a_picture_contradicts_no_text(body: str) -> None:
    found = score(Candidate(body, (), PLOT))
    assert found.detail["contradicted"] == []
    assert found.value >= LEAST_UNCONTRADICTED


@pytest.mark.parametrize(
    "body",
    [
        "Fidelity of states of 9 qubits.",
        "The cohort has n = 83 members.",
        "Coverage is 73.2% on one cohort.",
        "The receiver has a noise temperature of 380 K.",
    ],
)
def test_a_wrong_number_in_another_s_words_contradicts(body: str) -> None:
    evidence = replace(PLOT, author_caption="States of 7 qubits were made. " + PLOT.author_caption)
    found = score(Candidate(body, (), evidence))
    assert found.value <= CONTRADICTED_AT_MOST
