from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.papers.licences import licence_class, licence_uri, third_party_credit

CLASSES = {
    "cc-by",
    "cc-by-sa",
    "cc0",
    "cc-by-nc",
    "cc-by-nc-sa",
    "cc-by-nd",
    "cc-by-nc-nd",
    "arxiv-nonexclusive",
    "all-rights-reserved",
    "unknown",
}


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("http://creativecommons.org/licenses/by/4.0/", "cc-by"),
        ("https://creativecommons.org/licenses/by/4.0", "cc-by"),
        ("https://www.creativecommons.org/licenses/by/3.0/deed.en", "cc-by"),
        ("HTTPS://CREATIVECOMMONS.ORG/LICENSES/BY/2.0/UK/", "cc-by"),
        ("http://creativecommons.org/licenses/by-sa/4.0/", "cc-by-sa"),
        ("http://creativecommons.org/licenses/by-nc/1.0/", "cc-by-nc"),
        ("http://creativecommons.org/licenses/by-nc-sa/3.0/", "cc-by-nc-sa"),
        ("http://creativecommons.org/licenses/by-nd/4.0/", "cc-by-nd"),
        ("http://creativecommons.org/licenses/by-nc-nd/4.0/legalcode", "cc-by-nc-nd"),
        ("http://creativecommons.org/licenses/by-nd-nc/1.0/", "cc-by-nc-nd"),
        ("http://creativecommons.org/publicdomain/zero/1.0/", "cc0"),
        ("http://creativecommons.org/licenses/publicdomain/", "cc0"),
        ("http://creativecommons.org/licenses/nc/1.0/", "unknown"),
        ("http://arxiv.org/licenses/nonexclusive-distrib/1.0/", "arxiv-nonexclusive"),
        ("http://arxiv.org/licenses/assumed-1991-2003/", "arxiv-nonexclusive"),
        ("arXiv.org perpetual non-exclusive license", "arxiv-nonexclusive"),
        ("https://www.springer.com/tdm", "unknown"),
        ("CC BY", "cc-by"),
        ("cc by", "cc-by"),
        ("CC-BY-4.0", "cc-by"),
        ("CC BY-NC-ND 4.0", "cc-by-nc-nd"),
        ("cc_by_nc_sa", "cc-by-nc-sa"),
        ("CC0", "cc0"),
        ("Creative Commons Attribution 4.0 International License", "cc-by"),
        ("Creative Commons Attribution-ShareAlike 4.0", "cc-by-sa"),
        ("Creative Commons Attribution Non-Commercial License", "cc-by-nc"),
        ("Creative Commons Attribution-NonCommercial-NoDerivs 3.0 Unported License", "cc-by-nc-nd"),
        ("Creative Commons Attribution-Noncommercial-No Derivative Works 3.0", "cc-by-nc-nd"),
        ("a Creative Commons Attribution License for non-commercial use", "cc-by-nc"),
        ("a Creative Commons Attribution License for commercial and non-commercial use", "cc-by"),
        ("© 2014 A Publisher. All Rights Reserved.", "all-rights-reserved"),
        ("© The Author(s), under exclusive licence to A Publisher", "unknown"),
        ("CC BYE", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_classes(stated: str | None, expected: str) -> None:
    assert licence_class(stated) == expected


def test_the_first_licence_of_a_text_counts() -> None:
    text = "Under https://creativecommons.org/licenses/by-nc/4.0/; the data under http://creativecommons.org/publicdomain/zero/1.0/."
    assert licence_class(text) == "cc-by-nc"
    assert licence_uri(text) == "https://creativecommons.org/licenses/by-nc/4.0/"


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        (
            "To view it, visit http://creativecommons.org/licenses/by/4.0/.",
            "http://creativecommons.org/licenses/by/4.0/",
        ),
        ("(creativecommons.org/licenses/by/4.0)", "https://creativecommons.org/licenses/by/4.0"),
        (
            "See http://arxiv.org/licenses/nonexclusive-distrib/1.0/",
            "http://arxiv.org/licenses/nonexclusive-distrib/1.0/",
        ),
        ("License: arXiv.org perpetual non-exclusive license", "http://arxiv.org/licenses/nonexclusive-distrib/1.0/"),
        ("License: CC BY-NC-SA 4.0", "https://creativecommons.org/licenses/by-nc-sa/4.0/"),
        ("Creative Commons Attribution 3.0 License", "https://creativecommons.org/licenses/by/3.0/"),
        ("the Creative Commons Attribution License", "https://creativecommons.org/licenses/by/"),
        ("License: CC Zero", "https://creativecommons.org/publicdomain/zero/1.0/"),
        ("All rights reserved.", None),
        ("Reprints and permissions information is available online.", None),
    ],
)
def test_the_licence_of_a_rights_paragraph(text: str, uri: str | None) -> None:
    assert licence_uri(text) == uri


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="CBYcreativomns ATNDS-.0/4:", max_size=80))
def test_the_class_of_a_text_is_that_of_its_licence(text: str) -> None:
    assert licence_class(text) in CLASSES
    if uri := licence_uri(text):
        assert licence_class(uri) == licence_class(text)


@pytest.mark.parametrize(
    "sentence",
    [
        "Reproduced with permission from ref. 12.",
        "Adapted with permission from the American Chemical Society.",
        "Panel a is reprinted from ref. 5.",
        "Adapted from ref. 12 under CC BY.",
        "Reproduced from [12], licensed under CC BY-NC 4.0.",
        "The map shows the sites (modified from Smith et al., 2010).",
        "Used by kind permission of the publisher.",
        "Copyright 2019 Elsevier.",
        "Map data © OpenStreetMap contributors.",
        "Copyright © Esri.",
        "All rights reserved.",
        "Created with BioRender.com.",
        "This figure was drawn in BioRender.",
        "Image courtesy of NASA.",
        "Photo credit: J. Smith.",
        "Satellite image from Google Earth.",
    ],
)
def test_credits_of_third_parties(sentence: str) -> None:
    assert third_party_credit(f"Growth of it. {sentence} Bars are errors.") == sentence


@pytest.mark.parametrize(
    "caption",
    [
        "A map of the sites. Bars are errors.",
        "Samples were collected with permission from the Ministry.",
        "Parameters adapted from ref. 5 give the line.",
        "The medium was modified after the first step.",
        "Values are taken from Fig. 3.",
        "© The Author(s) 2019.",
        "Copyright 2019 the authors.",
        "Icons from Wikimedia Commons, released under public domain.",
        "(c) 2019 data of the site.",
        "The model was modified from the one of last year.",
        "",
    ],
)
def test_no_false_alarm(caption: str) -> None:
    assert third_party_credit(caption) is None


@pytest.mark.parametrize("unit", ["reproduced ", "image ", "cc by ", "creative commons attribution ", "© "])
def test_hostile_texts_take_no_time(unit: str) -> None:
    started = time.perf_counter()
    third_party_credit(unit * 20_000)
    licence_uri(unit * 20_000)
    assert time.perf_counter() - started < 3
