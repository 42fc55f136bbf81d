from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.judging.evidence import Candidate, Evidence
from omnisci_etl.judging.gate import THRESHOLD
from omnisci_etl.judging.scorers.base import Score
from omnisci_etl.judging.scorers.density import Density

ZINC = Evidence(
    "Effect of Zn doping on photocatalytic degradation under 365 nm light.",
    mentions=(
        "Doping with 5% zinc increased the rate constant from 0.02 to 0.08 per minute compared with pure TiO2, an "
        "effect of the narrowed band gap.",
    ),
)
FILLER = (
    "It is important to note that the image provides valuable insights into the results, and overall the visual "
    "representation clearly highlights the key findings of this study for the reader. "
)


def score(body: str, evidence: Evidence = ZINC, panels: tuple[tuple[str, str], ...] = ()) -> Score:
    return Density().score([Candidate(body, panels, evidence)])[0]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "?!",
        "This figure shows the results of the study.",
        "A graph. A plot. A picture. An image.",
        "Same as in another figure.",
        FILLER,
        "The image shows various aspects of the data described in the paper, and the results are presented in "
        "different panels for the reader to see and understand what the authors have found in this work.",
        "Zn doping. " * 30,
        "Zn " * 200,
        "degradation of zinc by degradation of zinc by " * 20,
    ],
)
def test_what_says_nothing_falls(body: str) -> None:
    assert score(body).value < THRESHOLD


@pytest.mark.parametrize(
    "body",
    [
        "Photocatalytic degradation of the dye.",
        "Affinity versus number of steps in the quantum device.",
        "Plot of T(s) against s.",
        "Scheme of the reactor.",
        "Rate constants of samples with 0 to 5% zinc; error bars are standard deviations of three runs.",
        "图显示了在不同温度下的细胞生长速率，蓝色为对照组。",
        "Рост клеток при 37 градусах в течение 5 часов после обработки.",
    ],
)
def test_short_captions_that_say_something_pass(body: str) -> None:
    assert score(body, Evidence(body)).value >= THRESHOLD
    assert score(body).value >= THRESHOLD


def test_captions_that_are_as_they_should_be_pass(pair: Candidate) -> None:
    assert Density().score([pair])[0].value > 0.7
    copied = Candidate(pair.evidence.author_caption, (), pair.evidence)
    assert Density().score([copied])[0].value > 0.7


def test_padding_lowers_the_score_until_the_caption_falls() -> None:
    body = ZINC.author_caption
    values = [
        score(f"{body} {'However, ' * (k > 1)}{FILLER * 1}{' '.join(['that which it is'] * 10 * k)}.").value
        for k in range(8)
    ]
    assert values == sorted(values, reverse=True)
    assert values[0] < score(body).value
    assert values[-1] < THRESHOLD


def test_what_the_caption_adds_to_the_author_s_counts_more() -> None:
    copied = score(ZINC.author_caption)
    added = score("Effect of Zn doping: rate constant under 365 nm light with narrowed band gap.")
    invented = score("Effect of Zn doping: violet umbrella under 365 nm light with borrowed train set.")
    assert added.value > copied.value > invented.value
    assert copied.detail["added_share"] == 0
    assert set(added.detail["added"]) == {"rate", "consta", "narrow", "band", "gap"}
    assert added.detail["added_share"] > invented.detail["added_share"] == 0


def test_facts_are_counted_by_kind() -> None:
    detail = score("TiO2 and ZnO at 300 K decay faster than CdS at 4 K.", panels=(("a", "TiO2 film."),)).detail
    assert (detail["numbers"], detail["names"], detail["relations"]) == (2, 4, 3)
    assert detail["panels"] == 0
    labelled = replace(ZINC, panel_labels=("a", "b"))
    assert score("Two films.", labelled, (("a", "TiO2 film."), ("b", " "))).detail["panels"] == 1


def test_panels_that_say_again_what_the_body_says_are_no_padding() -> None:
    body = "Growth of yeast at 30 °C in glucose. Growth of yeast at 30 °C in galactose."
    panels = (("a", "Growth of yeast at 30 °C in glucose."), ("b", "Growth of yeast at 30 °C in galactose."))
    evidence = Evidence(body, panel_labels=("a", "b"))
    assert score(body, evidence, panels).value >= score(body, evidence).value - 0.05
    assert score(body, evidence, (("a", FILLER), ("b", FILLER * 3))).value < THRESHOLD


def test_a_long_caption_may_come_back_to_its_terms() -> None:
    step = "In step {0} the zinc film of batch {0} was heated to {1} K under argon and the band gap was measured. "
    text = "".join(step.format(i, 300 + 7 * i) for i in range(40))
    assert score(text, Evidence(text)).value > 0.7


def test_words_are_known_by_their_beginnings_but_generic_ones_as_a_whole() -> None:
    assert score("Increasing constants.", Evidence("Constant increase.")).detail["terms"] == 2
    assert score("Figurines.", Evidence("Figurine.")).value > THRESHOLD
    assert score("Figures.", Evidence("Figure.")).value == 0.0


@settings(max_examples=60, deadline=None)
@given(body=st.text(max_size=300), caption=st.text(max_size=200), panel=st.text(max_size=80))
def test_any_text_has_a_score(body: str, caption: str, panel: str) -> None:
    evidence = Evidence(caption, ("a",), (body,))
    one = Density().score([Candidate(body, (("a", panel),), evidence)])[0]
    assert one == Density().score([Candidate(body, (("a", panel),), evidence)])[0]
    assert 0 <= one.detail["added_share"] <= 1


@pytest.mark.parametrize("text", ["a" * 10**6, "a. " * 10**6, "é" * 10**6, "漢" * 10**6, "z9 " * 10**6, "." * 10**6])
def test_hostile_length_costs_little(text: str) -> None:
    start = time.process_time()
    score(text, Evidence(text, mentions=(text,)), (("a", text),) * 200)
    assert time.process_time() - start < 3


def test_added_words_are_shown_as_they_are_written() -> None:
    evidence = Evidence("Layers.", mentions=("Layers of 5 µm on façade glass, Größe.",))
    assert score("Layers of 5 µm on façade glass, Größe.", evidence).detail["added"] == [
        "5",
        "façade",
        "glass",
        "größe",
        "µm",
    ]
