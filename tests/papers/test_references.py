from __future__ import annotations

import time

import pytest

from omnisci_etl.papers.references import find_pointers


def seen(text: str) -> list[tuple[str, str]]:
    return [(pointer.kind, text[pointer.start : pointer.end]) for pointer in find_pointers(text)]


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("in Figs 2a, b and 4 the", "figure", "Figs 2a, b and 4"),
        ("see Fig. 2 of ref. x", "figure", "Fig. 2"),
        ("panels a, b and d–f show", "panel", "panels a, b and d–f"),
        ("(Tables 3 or 4)", "table", "Tables 3 or 4"),
        ("in Table II and", "table", "Table II"),
        ("in Tab. 1a and b,", "table", "Tab. 1a and b"),
        ("in Table1 (left)", "table", "Table1"),
        ("(Table 5; P < 0.01)", "table", "Table 5"),
        ("Table 2, 5 of them", "table", "Table 2"),
        ("by Eqs (1)–(3) and", "equation", "Eqs (1)–(3)"),
        ("by Eqs. (1) and (5), as", "equation", "Eqs. (1) and (5)"),
        ("by Eqs (5a) – (7b),", "equation", "Eqs (5a) – (7b)"),
        ("see Appendix A for it", "section", "Appendix A"),
        ("(§ 3.2)", "section", "§ 3.2"),
        ("by Lemma 1.13 there", "statement", "Lemma 1.13"),
        ("Theorems 1.3 to 1.4,", "statement", "Theorems 1.3 to 1.4"),
        ("(ref. 9,36,)", "bibliography", "ref. 9,36"),
        ("from refs. [5,23] that", "bibliography", "refs. [5,23]"),
        ("as shown in [12] and", "bibliography", "[12]"),
        ("as seen before [12].", "citation", "[12]"),
        ("Supp. Note 1 has", "section", "Supp. Note 1"),
        ("Supplementary Data 3 and 4 have", "section", "Supplementary Data 3 and 4"),
        ("Supplementary Table 7; P = 0.1", "table", "Supplementary Table 7"),
        ("Supplementary file 1 has", "supplement", "Supplementary file 1"),
        ("the Supporting Information has", "supplement", "Supporting Information"),
        ("grown in medium (Wolf et al., 2015b) but", "work", "Wolf et al., 2015b"),
        ("by De Iaco et al. (2017) for", "work", "De Iaco et al. (2017)"),
        ("(see Smith and Jones, 2019)", "work", "Smith and Jones, 2019"),
        ("(Smith & Jones 2019; n = 5)", "work", "Smith & Jones 2019"),
        ("as Smith and De Marsily (1976) found", "work", "Smith and De Marsily (1976)"),
        ("at www.example.org/a_(b).", "address", "www.example.org/a_(b)"),
        ("(https://example.org/);", "address", "https://example.org/"),
        ("doi: 10.1038/s41467-018-0001.", "address", "doi: 10.1038/s41467-018-0001"),
    ],
)
def test_what_a_text_points_at(text: str, kind: str, found: str) -> None:
    assert (kind, found) in seen(text)
    assert len(seen(text)) == 1 or "ref. x" in text


@pytest.mark.parametrize(
    "text",
    [
        "cables 3 m long, a note 3 days old, data 5",
        "in the interval [1, 2] and by [10, 20] nm",
        "along the [123] direction",
        "(SIRIUS 2015, S2) and (May 2019)",
        "a table of the sections",
        "a reference to the equation",
    ],
)
def test_what_only_looks_alike(text: str) -> None:
    assert seen(text) == []


def test_figures_of_other_works_are_pointed_at_but_not_own() -> None:
    pointer = find_pointers("see Fig. 2 of ref. 12 and Fig. 3")[0]
    assert (pointer.kind, pointer.figures) == ("figure", ())
    assert [p.figures[0].number for p in find_pointers("Figs 3a and S4")] == ["3"]


@pytest.mark.parametrize(
    ("text", "lies"), [("Supplementary Table 1", True), ("Extended Data Fig. 1", True), ("Table 1", False)]
)
def test_what_lies_in_the_supplement(text: str, lies: bool) -> None:
    (pointer,) = find_pointers(text)
    assert pointer.supplement is lies


@pytest.mark.parametrize(
    "unit", ["Table 1, ", "Tables 1 and ", "ref. 1,", "et al. ", "De la ", "(Smith, 2019; ", "[1,", "www.a("]
)
def test_hostile_text_takes_no_time(unit: str) -> None:
    started = time.process_time()
    find_pointers(unit * (60_000 // len(unit)))
    assert time.process_time() - started < 3
