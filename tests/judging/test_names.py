from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.judging.grounds import Grounds
from omnisci_etl.judging.names import find_names, normalised


def names(text: str) -> list[str]:
    return [name.text for name in find_names(normalised(text))]


def grounded(name: str, evidence: str) -> bool:
    """Whether the only name of "with NAME here" stands in the evidence."""
    found = list(find_names(normalised(f"measured with {name} here")))
    assert found, name
    return all(Grounds(evidence).have(one) for one in found)


@pytest.mark.parametrize(
    "text",
    [
        "The bars are blue; the y axis runs upward; a legend stands in the upper right.",
        "X-axis and Y-axis are logarithmic. Left: wide view. Right: close-up. Panel A is dark.",
        "Values rise from 10 mM to 5 kHz, at 300 K and 2.5 GPa (mA cm−2), over 3 h.",
        "Figure 2b and panels (c–e) hold Table S1, Eq. 3, stage II and type IV.",
        "Each point is a sample; n = 3, P < 0.05, R² = 0.9, 1st and 2nd runs, 20 × 20.",
        "Open circles, filled squares and dashed lines mark the three groups.",
        "A twentyfold rise follows. Student-like spread. Warm air lies above cold water.",
    ],
)
def test_what_is_seen_is_no_name(text: str) -> None:
    assert [one for one in find_names(normalised(text)) if one.weight > 0.25] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("expressed in HEK293T cells", "HEK293T"),
        ("loss of p53 was seen", "p53"),
        ("films of Fe₂O₃ grew", "Fe2O3"),
        ("made of CH3NH3PbI3 crystals", "CH3NH3PbI3"),
        ("cut by CRISPR-Cas9 twice", "CRISPR"),
        ("colonies of E. coli grew", "E. coli"),
        ("blocked by IL-17 alone", "IL-17"),
        ("rainfall over Kenya fell", "Kenya"),
        ("a layer of graphene on top", "graphene"),
        ("the brains of mice were cut", "mice"),
        ("seen by flow cytometry then", "flow cytometry"),
        ("a LSTM network learns", "LSTM"),
        ("doses of rapamycin rise", "rapamycin"),
        ("a Hubbard model on a square", "Hubbard"),
        ("ions of lithium move", "lithium"),
    ],
)
def test_names_are_told_by_their_shape_and_by_short_lists(text: str, found: str) -> None:
    assert found in names(text)
    (name,) = (one for one in find_names(normalised(text)) if one.text == found)
    assert normalised(text)[name.start : name.end] == found
    assert name.weight == 0.5


@pytest.mark.parametrize(
    ("name", "evidence"),
    [
        ("Fe2O3", "nanorods of Fe 2 O 3 were"),
        ("Fe2O3", "nanorods of Fe_{2}O_{3} were"),
        ("Fe₂O₃", "nanorods of Fe2O3 were"),
        ("TiO2", "coated with titanium dioxide"),
        ("H2O", "in liquid water"),
        ("TNF-α", "the cytokine TNF-alpha"),
        ("TNFα", "the cytokine TNF-α"),
        ("Cas9", "the nuclease Cas-9"),
        ("LEDs", "an LED was lit"),
        ("LED", "two LEDs were lit"),
        ("RMSE", "the root-mean-square error of"),
        ("XRD", "by X-ray diffraction of"),
        ("HEK293T", "cells of HEK 293T"),
        ("mice", "a mouse was trained"),
        ("humans", "of twelve patients"),
        ("lithium", "in Li metal"),
        ("Li", "lithium metal"),
        ("iron", "grains of Fe2O3"),
        ("nitrogen", "the N2 isotherm"),
        ("nitrogen", "labelled with 15N"),
        ("potassium", "in KCl"),
        ("sulphate", "of the sulfate ion"),
        ("adrenaline", "epinephrine was given"),
        ("methane", "emissions of CH4"),
        ("western blots", "by Western blotting"),
        ("E. coli", "cells of Escherichia coli were"),
        ("flow cytometry", "by cytometric flow"),
        ("mass spectrometry", "by MS of"),
        ("ellipsometry", "the ellipsometric angle"),
        ("luminescence", "its photoluminescence"),
        ("CNN-based", "the CNN learns"),
        ("anti-CD3", "CD3 was added"),
        ("Kenyan", "over Kenya"),
        ("SVMs", "the SVM"),
    ],
)
def test_a_name_in_another_spelling_is_the_same_name(name: str, evidence: str) -> None:
    assert grounded(name, evidence)


@pytest.mark.parametrize(
    ("name", "evidence"),
    [
        ("Fe2O3", "nanorods of Fe3O4 were"),
        ("IL-17", "the cytokine IL-6"),
        ("TNF-β", "the cytokine TNF-alpha"),
        ("Cas12", "the nuclease Cas9"),
        ("RMSE", "the mean absolute error"),
        ("ATM", "after treatment of the cells"),
        ("E. coli", "cells of Bacillus subtilis and colitis"),
        ("rats", "a mouse was trained"),
        ("sodium", "in Li metal"),
        ("nitrogen", "N = 6 mice"),
        ("potassium", "at 300 K"),
        ("hydrogen", "a hydrophobic glass"),
        ("ethanol", "in acetone only"),
        ("glucose", "of dopamine"),
        ("Germany", "over Kenya"),
        ("flow cytometry", "mass spectrometry of the flow"),
        ("ResNet-50", "the ResNet-18"),
        ("LSTM", "a convolutional network"),
        ("WO3", "tungsten was deposited"),
    ],
)
def test_another_name_is_not_grounded(name: str, evidence: str) -> None:
    assert not grounded(name, evidence)


def test_normalising_keeps_positions() -> None:
    text = "α‐Fe₂O₃ of 10⁻³ m’s"
    assert len(normalised(text)) == len(text)
    assert normalised(text) == "α-Fe2O3 of 10-3 m's"


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="aB2- .(αΔ₂O'/_é\n", max_size=60))
def test_names_lie_in_their_text_and_ground_themselves(text: str) -> None:
    plain = normalised(text)
    grounds = Grounds(text)
    for name in find_names(plain):
        assert plain[name.start : name.end] == name.text
        assert grounds.have(name)


def test_plurals_of_methods_and_contractions() -> None:
    assert names("seen in western blots") == ["western blots"]
    assert names("it didn't rise and can't fall") == []


def test_methods_are_named_side_by_side() -> None:
    evidence = "Scanning of the tip; electrons were counted."
    assert not grounded("scanning electron", evidence)
    assert grounded("scanning electron", "by scanning and transmission electron microscopes")
