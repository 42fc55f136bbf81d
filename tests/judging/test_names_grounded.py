from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from omnisci_etl.judging.evidence import Candidate, Evidence
from omnisci_etl.judging.grounds import Grounds, Place
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


@pytest.mark.parametrize("name", ["mouse-3", "α-human", "cow-1", "rat-β", "maize-7"])
def test_an_organism_with_a_number_or_a_greek_letter_is_grounded_as_the_organism(name: str) -> None:
    organism = next(part for part in name.split("-") if len(part) > 1)
    assert score(f"Cells of {name}.", author_caption=f"Cells of {organism}.") == 1.0
    assert score(f"Cells of {name}.", author_caption="Flakes.", mentions=(), title="Flakes") < 1.0


def test_a_common_acronym_in_the_place_of_another_name_is_wrong() -> None:
    """By itself a reader of a picture may say SEM where the paper does not."""
    caption = "XRD patterns of nickel foam and flowers of sulfide on it, before and behind the furnace."
    body = "{} patterns of nickel foam and flowers of sulfide on it."
    assert score(body.format("XRD"), author_caption=caption, mentions=(), title="") == 1.0
    assert score(body.format("SEM"), author_caption=caption, mentions=(), title="") < SLIPS_OUT
    assert score("Nickel foam. The SEM frame is grey.", author_caption=caption, mentions=(), title="") > SLIPS_OUT


def test_lines_of_hydrogen_are_names() -> None:
    caption = "Images of four dwarf galaxies in the r band and, with the continuum subtracted, in Hα."
    body = "Four dwarf galaxies in the r band and, with the continuum subtracted, in {}."
    assert score(body.format("Hα"), author_caption=caption, mentions=(), title="") == 1.0
    assert score(body.format("H-alpha"), author_caption=caption, mentions=(), title="") == 1.0
    assert score(body.format("Hβ"), author_caption=caption, mentions=(), title="") < SLIPS_OUT


@pytest.mark.parametrize(
    ("said", "also", "other"),
    [
        ("liver", "hepatic", "renal"),
        ("brains", "cerebral", "spleen"),
        ("leaves", "leaf", "roots"),
        ("the anode", "anodes", "the cathode"),
        ("fibroblasts", "fibroblast", "astrocytes"),
    ],
)
def test_parts_of_the_body_and_of_cells_are_names(said: str, also: str, other: str) -> None:
    caption = f"Transcripts of two receptors in {said} of treated males, normalised to the control."
    body = "Transcripts of two receptors in {} of treated males."
    for true in (said, also):
        assert score(body.format(true), author_caption=caption, mentions=(), title="") == 1.0
    assert score(body.format(other), author_caption=caption, mentions=(), title="") < SLIPS_OUT


def test_months_may_be_cut() -> None:
    caption, body = "Light curves of the star in the J band, taken in {}.", "Light curves of the star in {}."
    for one, other in (("2016 Feb", "February"), ("February", "Feb 2016")):
        found = [
            score(body.format(said), author_caption=caption.format(one), mentions=(), title="")
            for said in (one, other, "August")
        ]
        assert found[0] == found[1] == 1.0 > found[2]


def test_a_name_in_an_entry_is_held_against_what_the_author_says_of_its_panel() -> None:
    caption = "Micrographs of (a) bare graphene and of (b) LiFePO4/graphene and (c) SnO2/graphene."
    evidence = Evidence(caption, ("a", "b", "c"), panel_texts=("bare graphene", "LiFePO4/graphene", "SnO2/graphene"))

    def of(entry: str) -> float:
        panels = (("a", "Bare graphene."), ("b", entry), ("c", "SnO2/graphene."))
        return NamesGrounded().score([Candidate("Micrographs of LiFePO4 and graphene.", panels, evidence)])[0].value

    assert of("LiFePO4/graphene.") == 1.0
    assert of("ZnO/graphene.") < SLIPS_OUT
    assert of("LiFePO4/graphene; a label reads ZnO.") > SLIPS_OUT


def test_initials_that_meet_by_chance_ground_no_acronym_in_the_place_of_another() -> None:
    caption = "The MIC was defined as the least dose that stops growth of the culture; fixed ends are attached."
    body = "{} was defined as the least dose that stops growth."
    assert score(body.format("MIC"), author_caption=caption, mentions=(), title="") == 1.0
    assert score(body.format("FEA"), author_caption=caption, mentions=(), title="") < SLIPS_OUT
    assert score("FEA and MIC of the culture.", author_caption=caption, mentions=(), title="") == 1.0
    spelled = "The principal component analysis of all spectra separates both growth phases."
    assert score(spelled.replace("principal component analysis", "PCA"), author_caption=spelled) == 1.0


def test_the_places_of_few_acronyms_that_only_initials_ground_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0
    place_of = Grounds.place_of

    def counted(*given: Any) -> Place:
        nonlocal asked
        asked += 1
        return place_of(*given)

    monkeypatch.setattr(Grounds, "place_of", counted)
    letters = "BDFGHKLMNPQRSTVWXZ"
    acronyms = [a + b + c for a in letters[:7] for b in letters[7:12] for c in letters[12:]]
    evidence = ". ".join(" ".join(f"{letter.lower()}orate" for letter in acronym) for acronym in acronyms)
    body = ". ".join(f"Here {acronym} is drawn" for acronym in acronyms)
    NamesGrounded().score([Candidate(body, (), Evidence(evidence))])
    assert 0 < asked <= 50


LIGHT = Evidence(
    "Transits of the hot Jupiter observed by TESS. The core level shift (CLS) of the TESS band is given.",
    mentions=("We fit the TESS data with a linear ephemeris. TESS transits come early.", "The CLS becomes smaller."),
    title="A planet arrived early for the TESS mission",
)


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ("Close-up of the individual JWST transits with error bars.", True),
        ("Close-up of the individual TESS transits; JWST is printed in a corner.", False),
        ("Close-up of the transits of the TESS mission; the calculated core level shift (GFP) is on the axis.", True),
        ("Close-up of the transits of the TESS mission; the fruit fly (GFP) is drawn on the left.", False),
    ],
)
def test_a_name_for_a_leading_one_or_for_an_abbreviation_counts_in_full(body: str, wrong: bool) -> None:
    value = NamesGrounded().score([Candidate(body, (), LIGHT)])[0].value
    assert (value < SLIPS_OUT) == wrong


def test_a_verb_is_no_part_of_a_plant() -> None:
    assert score("The new correction leaves residuals of the cells of mice, and the curve leaves the plot.") == 1.0
