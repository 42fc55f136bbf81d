from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.judging.evidence import Candidate, Evidence
from omnisci_etl.judging.gate import THRESHOLD
from omnisci_etl.judging.scorers.base import Score
from omnisci_etl.judging.scorers.readability import LIMITS, Readability

PLAIN = "Growth of yeast at 30 °C. Circles are cells in glucose, squares cells in galactose; bars are standard errors."


def score(body: str, panels: tuple[tuple[str, str], ...] = ()) -> Score:
    return Readability().score([Candidate(body, panels, Evidence("Anything."))])[0]


UNREADABLE = {
    "spaced": "T h e r e s u l t s a r e s h o w n h e r e",
    "glued": "Theresultsareshownhereandtheyareverygoodsothatwecanread them",
    "broken": "The tempÃ©rature â€“ 5 Â°C â€œgoodâ€ was Ã¼ber the limit of the experiment",
    "symbols": "| a | b | c |\n|---|---|---|\n| 1 | 2 | 3 |\n| 4 | 5 | 6 |",
    "wall": "the rate of growth of the cells " * 30,
    "fragments": "Red. Blue. Green. Axis. Plot. Data. Cells. Rate. Time.",
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_cannot_be_read_falls(kind: str) -> None:
    found = score(UNREADABLE[kind])
    assert found.value < THRESHOLD
    assert kind in found.detail["off"]


@pytest.mark.parametrize(
    "body",
    [
        '{"caption": "x", "panels": [{"label": "a", "text": "b"}]}',
        "The rate grows (cid:12)(cid:13)(cid:14) with &lt;i&gt;T&lt;/i&gt; &amp; <b>p</b>.",
        "Growth of \ufffd\ufffd at \ufffd\ufffd.",
        "In 2006 nearly two thirds of ||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||||",
        "",
        " \n ",
    ],
)
def test_further_texts_that_cannot_be_read(body: str) -> None:
    assert score(body).value < THRESHOLD


@pytest.mark.parametrize(
    "body",
    [
        PLAIN,
        "Scheme of the reactor.",
        "a) Yield. b) Rate. c) Loss. (d) Ratio of b) to a).",
        "Plot of f ( d , m ) for d = 1 , 2 , 3 , 5 and m = 4 .",
        "Spectra for x = 0.1, 0.2, 0.3, 0.4, 0.5 and T = 4 K, 77 K, 300 K (α = 5°, β = 7°, γ = 9°).",
        "2,2′-Bis(diphenylphosphino)-1,1′-binaphthyl; poly(3,4-ethylenedioxythiophene)-poly(styrenesulfonate).",
        "Façade, naïve, Ångström, Åland, São Paulo, Île-de-France, œuvre, Ørsted; 5 µm × 3 µm, ±0.1 °C.",
        "Donaudampfschifffahrtsgesellschaft und Überprüfung der Größe.",
        "图显示了在不同温度下的细胞生长速率，蓝色为对照组。",
        "Рост клеток при 37 градусах в течение 5 часов после обработки.",
        "Ελάχιστη θερμοκρασία και Ïδια τιμή σε βαθμούς.",
    ],
)
def test_what_can_be_read_passes(body: str) -> None:
    assert score(body).value >= THRESHOLD


def test_captions_that_are_as_they_should_be_pass(pair: Candidate) -> None:
    assert Readability().score([pair])[0].value > 0.8


def test_a_few_faults_are_taken_off_but_do_not_decide() -> None:
    one = score(PLAIN + " At 5 Â°C they stop.")
    assert THRESHOLD < one.value < 1.0
    assert list(one.detail["off"]) == ["broken"]
    open_bracket = score("Growth of yeast (circles in glucose [squares in galactose.")
    assert open_bracket.detail["off"] == {"brackets": 0.06}


def test_each_more_of_a_fault_takes_more_off() -> None:
    values = [score(PLAIN + " \ufffd" * k).value for k in range(12)]
    assert values == sorted(values, reverse=True)
    assert values[0] > values[2] > values[4]


def test_long_sentences_are_hard_but_semicolons_end_them() -> None:
    chain = [f"sample {i} was heated in argon to {300 + i} degrees" for i in range(30)]
    wall, listed = score(" and ".join(chain) + "."), score("; ".join(chain) + ".")
    assert wall.detail["longest"] > 200
    assert wall.value < THRESHOLD < listed.value
    assert listed.detail["longest"] < 20


def test_blanks_are_no_words() -> None:
    assert score(PLAIN.replace(" ", "   ")).detail == score(PLAIN).detail


def test_panels_are_read_too() -> None:
    assert score(PLAIN, (("a", UNREADABLE["glued"]),)).value < THRESHOLD


def test_the_index_is_that_of_its_definition() -> None:
    found = score("Words of length. Another sentence here; and more words.")
    assert found.detail["lix"] == pytest.approx(9 / 3 + 100 * 3 / 9, abs=0.05)


@settings(max_examples=80, deadline=None)
@given(body=st.text(max_size=400))
def test_any_text_has_a_score(body: str) -> None:
    found = score(body)
    assert found == score(body)
    assert set(found.detail.get("off", {})) <= set(LIMITS)


@pytest.mark.parametrize(
    "text",
    ["a " * 10**6, "a" * 10**6, "(" * 10**6, "<a" * 10**6, "&a" * 10**6, "Ã" * 10**6, "a) " * 10**6, " " * 10**6, ". " * 10**6],
    ids=["apart", "glued", "brackets", "tags", "codes", "mojibake", "lists", "blanks", "stops"],
)  # fmt: skip
def test_hostile_length_costs_little(text: str) -> None:
    start = time.process_time()
    score(text, (("a", text),) * 200)
    assert time.process_time() - start < 3
