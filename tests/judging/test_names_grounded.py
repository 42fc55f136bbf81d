from __future__ import annotations

import time
from dataclasses import replace

import pytest

from omnisci_etl.judging.evidence import Candidate, Evidence
from omnisci_etl.judging.scorers.base import SLIPS, SLIPS_OUT, config_sha256
from omnisci_etl.judging.scorers.names_grounded import MOST_SLIGHT, NamesGrounded

EVIDENCE = Evidence(
    "Uptake of MoS2 flakes by HEK293T cells. a Raman spectra. b TEM image.",
    mentions=("Cells of mice took up MoS2 (Fig. 1a), as flow cytometry shows; silenced p53 had no effect.",),
    label="Fig. 1",
    title="Flakes of molybdenum disulfide in cells",
)


def score(body: str, **changes: str) -> float:
    return NamesGrounded().score([Candidate(body, (), replace(EVIDENCE, **changes))])[0].value


@pytest.mark.parametrize(
    "body",
    [
        "Mouse cells and HEK293T cells take up flakes of MoS₂. The bars are blue; the y axis runs upward.",
        "Molybdenum flakes in murine cells by cytometry. Arrows mark the left edge; three curves are drawn in red.",
        "A p53-silenced cell. The legend lists five entries. Values rise from 5 nM to 10 µM within 3 h.",
        "",
    ],
)
def test_true_captions_lose_nothing(body: str) -> None:
    assert score(body) == 1.0


@pytest.mark.parametrize(
    ("true", "foreign"),
    [
        ("MoS2", "WS2"),
        ("HEK293T", "HeLa"),
        ("mice", "rats"),
        ("p53", "p38"),
        ("p53", "BRCA1"),
        ("TEM", "ELISA"),
        ("flow cytometry", "electrophoresis"),
    ],
)
def test_a_name_in_the_place_of_another_fails_a_caption(true: str, foreign: str) -> None:
    body = " ".join(EVIDENCE.texts[:2]).replace("(Fig. 1a), ", "")
    assert score(body) == 1.0
    assert score(body.replace(true, foreign, 1)) < SLIPS_OUT
    said_otherwise = (
        "TEM image of HEK293T cells that take up MoS2 flakes. Cells of mice took MoS2 up, flow cytometry shows. "
        "Silenced p53 had no effect."
    )
    assert score(said_otherwise) == 1.0
    assert score(said_otherwise.replace(true, foreign)) < SLIPS_OUT


def test_a_name_that_can_be_a_label_raises_a_doubt() -> None:
    one = score("The red curve in the right panel is labelled BRCA1.")
    more = score("The red curve is labelled BRCA1. Blue stands for PTEN, green for NLRP3, grey for GAPDH.")
    assert 1.0 > one > more == 1.0 - MOST_SLIGHT


def test_what_was_read_off_the_picture_is_evidence() -> None:
    read = NamesGrounded(ocr=("reader", "1"))
    labelled = Candidate(
        "The curve for BRCA1 is red, that for PTEN blue.", (), replace(EVIDENCE, picture_text="0 20\nBRCA1\nPTEN")
    )
    assert [scorer.score([labelled])[0].value for scorer in (NamesGrounded(), read)] == [SLIPS_OUT, 1.0]
    otherwise = replace(labelled, evidence=replace(EVIDENCE, picture_text="Time (s)\nTP63"))
    assert read.score([otherwise])[0].value < SLIPS_OUT
    assert config_sha256(read) != config_sha256(NamesGrounded())


def test_slight_names_fail_no_caption_by_themselves() -> None:
    body = "A SEM image with UV light, a Gaussian, a Venn diagram, T1 and T2 of the flakes."
    assert score(body) == 1.0 - MOST_SLIGHT
    assert score(body + " Silenced BRCA1 had no effect.") < SLIPS_OUT


def test_a_name_counts_once() -> None:
    assert score("Silenced BRCA1 had no effect.") == score("Silenced BRCA1 had no effect. Silenced BRCA1, and BRCA1.")


def test_details_say_where_each_name_stands() -> None:
    candidate = Candidate("Flakes.", (("a", "Lines with BRCA1."),), EVIDENCE)
    detail = NamesGrounded().score([candidate])[0].detail
    assert detail["ungrounded"] == [
        {"text": "BRCA1", "kind": "code", "weight": 0.2, "part": "panel a", "start": 11, "end": 16}
    ]


def test_hostile_texts_are_read_in_time() -> None:
    for text in ("A-" * 10_000, "Aa1" * 7_000, "E. " * 7_000, "A. aaaa " * 2_500, "x" * 20_000, "É-1 " * 5_000):
        assert 0.0 <= score(text) <= 1.0
        assert 0.0 <= score("BRCA1 and E. coli", author_caption=text * 5) <= 1.0


def test_thousands_of_foreign_names_are_weighed_in_time() -> None:
    evidence = "the cell of the red cell line cell " * 6_000
    body = " ".join(f"cell XYZ{number}Q cell line." for number in range(800))
    begun = time.process_time()
    assert score(body, author_caption=evidence) == 0.0
    assert time.process_time() - begun < 10


def test_an_element_with_a_count_beside_it() -> None:
    assert score("The signal of 4Cl rises.", author_caption="Four chlorine atoms.") == 1.0
    assert score("The signal of 4Cl rises.", author_caption="Nothing of the kind.") < 1.0


def test_one_foreign_name_among_many_is_a_slip() -> None:
    body = "Cells of mice took up MoS2. " * 3
    assert score(body) == 1.0
    assert SLIPS[0] <= score(body + "Silenced BRCA1 had no effect.") < SLIPS[1]
    assert score("Cells took up MoS2. Silenced BRCA1 had no effect.") < SLIPS[0]


@pytest.mark.parametrize(("true", "foreign"), [("acetone", "ethanol"), ("dopamine", "glucose"), ("silver", "starch")])
def test_substances_with_everyday_names_are_names(true: str, foreign: str) -> None:
    evidence = f"Peak amplitude of {true} transients in three regions of the chip."
    body = f"The peak amplitude of {true} transients differs."
    assert score(body, author_caption=evidence) == 1.0
    assert score(body.replace(true, foreign), author_caption=evidence) < SLIPS_OUT


def test_a_label_beside_names_of_the_evidence_that_the_caption_has_too_is_no_contradiction() -> None:
    evidence = "The latency of RADIX grows faster than that of the other sorts."
    own = "The latency of RADIX is red. The latency of TIMSORT grows more slowly."
    assert score(own, author_caption=evidence) >= SLIPS_OUT
    assert score("The latency of TIMSORT grows more slowly.", author_caption=evidence) < SLIPS_OUT


def test_an_acronym_that_the_caption_explains_is_no_foreign_name() -> None:
    evidence = "Accuracy with layer and batch normalization."
    body = "Accuracy with {} normalization ({}, dashed)."
    assert score(body.format("batch", "BN"), author_caption=evidence) == 1.0
    assert score(body.format("batch", "LQ"), author_caption=evidence) < 1.0
