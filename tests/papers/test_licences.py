from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.papers.licences import licence_class, licence_uri

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
        ("https://creativecommons.org/licenses/CC-BY/4.0", "cc-by"),
        ("http://creativecommons.org/licenses/CC BY-NC/4.0", "cc-by-nc"),
        ("https://creativecommons.org/license/by-nd/4.0/", "cc-by-nd"),
        ("https://creativecommons.org/share-your-work/public-domain/cc0/", "cc0"),
        ("arXiv.org perpetual non-exclusive license", "arxiv-nonexclusive"),
        ("arXiv's non-exclusive license to distribute", "arxiv-nonexclusive"),
        ("nonexclusive-distrib/1.0", "arxiv-nonexclusive"),
        ("License: Assumed 1991-2003", "arxiv-nonexclusive"),
        ("License: Public Domain", "cc0"),
        ("public-domain", "cc0"),
        ("The work is in the public domain in the US.", "unknown"),
        ("Creative Commons CC0 1.0 Universal", "cc0"),
        ("Creative Commons Zero", "cc0"),
        ("Creative Commons Attribution\u2010NonCommercial\u2010NoDerivs License", "cc-by-nc-nd"),
        ("Creative Commons License Deed CC BY NC ND 4.0", "cc-by-nc-nd"),
        ("Creative Commons CC-BY-NC 3.0 License", "cc-by-nc"),
        ("Attribution-NonCommercial 4.0 International (CC BY-NC 4.0)", "cc-by-nc"),
        (
            "This article is licensed under a Creative Commons Attribution-NonCommercial-NoDerivatives 4.0 International License, "
            "which permits any non-commercial use. You do not have permission to share adapted material.",
            "cc-by-nc-nd",
        ),
        (
            "This work is licensed under a Creative Commons Attribution-NonCommercial-Share Alike 3.0 Unported License.",
            "cc-by-nc-sa",
        ),
        ("under an AuthorChoice License, which permits copying for non-commercial purposes", "unknown"),
        ("Users may view, print, copy, and download text for the purposes of academic research.", "unknown"),
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


def test_a_waiver_behind_a_licence_is_about_the_data() -> None:
    named = "Creative Commons Attribution 4.0 International License. The waiver (http://creativecommons.org/publicdomain/zero/1.0/) applies to the data."
    assert (licence_class(named), licence_uri(named)) == ("cc-by", "https://creativecommons.org/licenses/by/4.0/")
    short = "CC BY 4.0; data CC0"
    assert (licence_class(short), licence_uri(short)) == ("cc-by", "https://creativecommons.org/licenses/by/4.0/")
    waived = "Creative Commons CC0 dedication, see http://creativecommons.org/publicdomain/zero/1.0/"
    assert (licence_class(waived), licence_uri(waived)) == ("cc0", "http://creativecommons.org/publicdomain/zero/1.0/")


def test_a_link_is_more_exact_than_the_words_before_it() -> None:
    text = "the Creative Commons Attribution License (http://creativecommons.org/licenses/by-nc/2.0/uk/)"
    assert licence_class(text) == "cc-by-nc"


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
        ("License: Assumed 1991-2003", "http://arxiv.org/licenses/assumed-1991-2003/"),
        ("creativecommons.org/licenses/CC BY-NC/4.0", "https://creativecommons.org/licenses/by-nc/4.0/"),
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
