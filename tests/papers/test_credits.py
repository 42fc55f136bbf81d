"""Credit lines: each kind as captions word it, and what only looks like one."""

from __future__ import annotations

import pytest

from omnisci_etl.papers.credits import credit, figure_credit, third_party_credit

CREDITS = {
    "permission": [
        "Reproduced with permission from ref. 12.",
        "Adapted with permission from the American Chemical Society.",
        "Reproduced from [12], licensed under CC BY-NC 4.0.",
        "Used by kind permission of the publisher.",
        "Copyright (2017), with permission from Elsevier.",
        "Reprinted and adapted minimally from Belli et al. (2017b), Copyright (2017), with permission from Elsevier.",
        "(with permission of the publisher).",
        "The copyright holders gave permission to publish the images.",
        "Permission to reproduce this figure was granted.",
        "Photograph reproduced with the permission of the excavator.",
        "Image of the telescope (c) 2020 European Southern Observatory, reproduced with permission.",
    ],
    "adapted": [
        "Adapted/modified from: Ministry of Health, Guidelines.",
        "The pathway of thiamine (modified from Kyoto encyclopedia of genes and genomes).",
        "Panel a is reprinted from ref. 5.",
        "The map shows the sites (modified from Smith et al., 2010).",
        "Modified from [12].",
        "Modified from [citation].",
        "Figure adapted from [citation].",
        "The hierarchy of waste modified from [15].",
        "Adapted from (37).",
        "Figure adapted and redrawn from (D'Hont et al., 2008; Metcalfe et al., 2015).",
        "The image of the villus was adapted from Figure 3 of Pizarro-Cerda et al. (2012).",
        "The insect tree has been adapted from Misof et al. (2014).",
        "Redrawn after De Meyer et al. 12.",
        "Geological map of the area (after Van Rensburg & Crous, 2006).",
        "Pictures A, B taken from Crous et al. (2016b).",
        "Taken from He et al. (2013).",
        "Figure reproduced from https://example.org/figure1.",
        "Images from ref. 8.",
        "Adapted from 12.",
        "The figures were redrawn based on the previous reports [39].",
    ],
    "licence": [
        "Adapted from ref. 12 under CC BY.",
    ],
    "copyright": [
        "Google Earth© satellite view of the bay.",
        "Copyright 2019 Elsevier.",
        "Copyright 2019 American Chemical Society.",
        "Map data © OpenStreetMap contributors.",
        "Copyright © Esri.",
        "All rights reserved.",
        "(c) 2019 Elsevier B.V.",
    ],
    "service": [
        "Created with BioRender.com.",
        "This figure was drawn in BioRender.",
        "a, Schematic of the experiment, created in BioRender. Smith, J. (2024) https://BioRender.com/x12y345.",
        "Icons from Servier Medical Art, licensed under CC BY 3.0.",
        "USA map was downloaded from https://upload.wikimedia.org/x.svg.",
    ],
    "courtesy": [
        "Image courtesy of NASA.",
        "Courtesy: J. Smith, 2017.",
    ],
    "credit": [
        "Photo credit: J. Smith.",
        "Photo credit Daniel Ajaku (ICRISAT).",
        "Credit: NASA/JPL-Caltech.",
        "Credits to Salako et al. [30].",
    ],
    "agency": [
        "Satellite image from Google Earth.",
        "Map data: Google Earth, DigitalGlobe.",
        "The imagery was obtained from Google Earth Pro.",
        "Study area (modified from Google Earth).",
        "Image source: Wikipedia.",
    ],
    "source": [
        "Location map of the study area (source: http://www.example.org/maps/).",
        "Source: Google Earth.",
        "(Source: Smith et al. 2010).",
    ],
    "maker": [
        "Photo by Jane Smith.",
        "Photographs taken by A. Beraud.",
        "Figure by Celine Dewas.",
    ],
}
NO_CREDITS = [
    "A map of the sites. Bars are errors.",
    "Samples were collected with permission from the Ministry.",
    "Samples were collected (with permission from the Ministry of Environment).",
    "Parameters adapted from ref. 5 give the line.",
    "The medium was modified after the first step.",
    "Values are taken from Fig. 3.",
    "Values are taken from ref. 3.",
    "Data from ref. 3.",
    "Data are from Smith et al. 2010.",
    "Data reproduced from ref. 12.",
    "Data adapted from Schmidt et al. (16).",
    "The protocol was adapted from Smith et al. (2010).",
    "Cells were treated as in the protocol (adapted from ref. 12).",
    "© The Author(s) 2019.",
    "Copyright 2019 the authors.",
    "© 2019 by the authors.",
    "Icons from Wikimedia Commons, released under public domain.",
    "Icons are CC0.",
    "(c) 2019 data of the site.",
    "(c) 2015 Drought year.",
    "The model was modified from the one of last year.",
    "The experiment was reproduced in triplicate.",
    "The results were reproduced three times.",
    "Eyes adapted to light, and dark-adapted leaves.",
    "Lines modified from wild type.",
    "Sections taken from mice and rats.",
    "Images taken from three mice.",
    "Photographs taken from Patient 3.",
    "Images taken from the boxed region in Fig. 1a.",
    "Images from three experiments are shown.",
    "Representative images of cells from wild type.",
    "Figure drawn with ImageJ software, version 1.5 © 2015.",
    "Plots made in MATLAB © 2019 and Origin.",
    "ArcGIS software (copyright Esri) was used for analysis.",
    "Source data are provided as a Source Data file.",
    "Source: own calculations.",
    "Source: Authors' survey in 2017.",
    "Nitrogen source: 0.5 mM KNO3.",
    "Light source: LED lamp.",
    "Antibody courtesy of Dr Smith.",
    "Strain MG1655 was a courtesy of Dr Smith.",
    "Energies obtained from refs. 33-37.",
    "The simulated curve reproduces the data of ref. 12.",
    "Modified from the control (P < 0.05).",
    "Data taken after September 2010.",
    "The population (after May 2010) declined.",
    "Reproduced in all 12 samples.",
    "Shares are visualised in Google Earth.",
    "Credit supply to households.",
    "Taken together, the data show growth.",
    "After 2010, growth slowed.",
    "Photographs taken by Leica microscope.",
    "Images were taken by Olympus BX51.",
    "Pictures of leaves photographed at 14 days.",
    "Reads were mapped with a licensed program.",
    "The patients gave permission to take part.",
    "The structure was solved by molecular replacement (PDB 1abc).",
    "Results adapted to the new scale.",
    "Modified Bessel functions of order 2.",
    "",
    "a, b, c",
    "Creditors and their sources.",
    "The bar is 5 µm; copyrighted text was removed.",
]


@pytest.mark.parametrize(("kind", "sentence"), [(kind, one) for kind, group in CREDITS.items() for one in group])
def test_credits_of_third_parties(kind: str, sentence: str) -> None:
    found = credit(sentence)
    assert found is not None
    assert found.kind == kind
    assert sentence.startswith(found.sentence)


@pytest.mark.parametrize("caption", NO_CREDITS)
def test_no_false_alarm(caption: str) -> None:
    assert third_party_credit(caption) is None


@pytest.mark.parametrize(
    "sentence",
    [
        "Reproduced with permission from ref. 12.",
        "Created with BioRender.com.",
        "Photo credit: J. Smith.",
        "Copyright 2019 Elsevier.",
    ],
)
def test_the_sentence_is_found_among_others(sentence: str) -> None:
    assert third_party_credit(f"Growth of it (Fig. 2, see Smith et al. 2010). {sentence} Bars are errors.") == sentence


def test_a_missing_blank_hides_no_credit() -> None:
    assert third_party_credit("Map of the two deserts.Adapted from [1]") == "Adapted from [1]"


def test_the_subject_decides_what_is_taken_over() -> None:
    assert third_party_credit("The protocol was adapted from Smith et al. (2010).") is None
    assert third_party_credit("The protocol figure was adapted from Smith et al. (2010).") is not None
    assert third_party_credit("a, Spectra. Parameters (modified from ref. 3).") is None
    assert third_party_credit("The pathway in plants (modified from ref. 3).") is not None


def test_a_program_owns_no_figure() -> None:
    assert third_party_credit("Drawn with the Prism software (© 2019 A Company).") is None
    assert third_party_credit("Drawn with the Prism software. © 2019 A Company.") is not None


@pytest.mark.parametrize(
    ("sentence", "credited"),
    [
        ("Fig. 1a was created with BioRender.com.", True),
        ("Illustrations in Fig. 2 were created with BioRender.", True),
        ("Figure 6 is reproduced from Smith et al. (2013) by permission.", True),
        ("Figs. 1 and 2 were drawn by Jane Smith.", True),
        ("Fig. 3 shows the cells.", False),
        ("We used a model adapted from ref. 3 to compute the line of Fig. 2.", False),
        ("The data in Fig. 4 are from Smith et al. (2010).", False),
        ("As in ref. 5, the growth (Fig. 1) was reproduced with the medium adapted from ref. 6.", False),
    ],
)
def test_the_text_can_credit_a_figure(sentence: str, credited: bool) -> None:
    assert figure_credit("Growth of it.", ["See Fig. 1.", sentence]) == (sentence if credited else None)


def test_the_caption_credits_first() -> None:
    assert figure_credit("Created in BioRender.", ["Fig. 1 was drawn by Jane Smith."]) == "Created in BioRender."
