from __future__ import annotations

import itertools
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.judging.references import find_references


def seen(text: str) -> list[tuple[str, str]]:
    return [(r.kind, text[r.start : r.end]) for r in find_references(text)]


@pytest.mark.parametrize(
    ("text", "kind", "found"),
    [
        ("as Fig. 2 shows", "figure", "Fig. 2"),
        ("as Fig. 3a shows", "figure", "Fig. 3a"),
        ("see Fig. 2a,b and 5 mM", "figure", "Fig. 2a,b"),
        ("in Figs. 2 and 3 the", "figure", "Figs. 2 and 3"),
        ("in FIG. 2 the", "figure", "FIG. 2"),
        ("Figure 3(b)", "figure", "Figure 3(b)"),
        ("in figures 2–4, 6 and 8.", "figure", "figures 2–4, 6 and 8"),
        ("Fig. 1c, d, f and a cell", "figure", "Fig. 1c, d, f"),
        ("Figure S1 and", "figure", "Figure S1"),
        ("Fig. A.3", "figure", "Fig. A.3"),
        ("(Table 2)", "table", "Table 2"),
        ("from Eq. (3),", "section", "Eq. (3)"),
        ("Section 4.2 has", "section", "Section 4.2"),
        ("in refs. 4,8,21 at", "bibliography", "refs. 4,8,21"),
        ("panels a, b and d–f show", "panel", "panels a, b and d–f"),
        ("panel 3", "panel", "panel 3"),
        ("as before [3,5–7].", "citation", "[3,5–7]"),
        ("(Smith, 2019)", "citation", "(Smith, 2019)"),
        ("(Smith and Jones, 2019; Lee et al., 2020)", "citation", "(Smith and Jones, 2019; Lee et al., 2020)"),
        ("Smith et al. (2019a)", "citation", "et al. (2019a)"),
        ("https://example.org/a?b=1 and", "address", "https://example.org/a?b=1"),
        ("doi:10.1038/s41467-018-0001", "address", "doi:10.1038/s41467-018-0001"),
        ("(Smith et al., 2019b) and", "citation", "et al., 2019b)"),
        ("as Smith & Hu (2012) saw", "citation", "Smith & Hu (2012)"),
        ("(Table 5; P < 0.01)", "table", "Table 5"),
        ("in Fig. 2 of their paper", "figure", "Fig. 2"),
    ],
)
def test_references_and_where_they_end(text: str, kind: str, found: str) -> None:
    assert seen(text) == [(kind, found)]


@pytest.mark.parametrize(
    "text", ["Supplementary Fig. 4b", "Extended Data Fig. 2", "Suppl. Table 1", "Supplementary Note 3"]
)
def test_the_supplement(text: str) -> None:
    (reference,) = find_references("see " + text)
    assert reference.supplement
    assert (reference.start, reference.end) == (4, 4 + len(text))


@pytest.mark.parametrize(
    "text",
    [
        "cables 3 m",
        "note 3 values",
        "this figure shows",
        "a reference (1×) value",
        "[0, 1]",
        "(May, 2019)",
        "(2019)",
        "data 5",
        "table a",
    ],
)
def test_what_only_looks_like_a_reference(text: str) -> None:
    assert seen(text) == []


def test_a_unit_ends_a_list() -> None:
    assert seen("in Figs. 2, 3 mm apart") == [("figure", "Figs. 2")]
    assert seen("in Fig. 2 and 3 of them") == [("figure", "Fig. 2")]
    assert seen("in Figs. 2 and 3.5 of them") == [("figure", "Figs. 2")]


def test_numbers_of_a_reference() -> None:
    (reference,) = find_references("Figs. 2a,b and 3–5")
    assert reference.numbers == {"2", "3", "5"}
    (reference,) = find_references("Figure S12c")
    assert reference.numbers == {"S12"}


@given(st.text(alphabet="Figs. 123ab,–-and()[]S et al2019", max_size=80))
@settings(max_examples=200, deadline=None)
def test_spans_are_ordered_and_apart(text: str) -> None:
    found = find_references(text)
    assert all(0 <= r.start < r.end <= len(text) for r in found)
    assert all(left.end <= right.start for left, right in itertools.pairwise(found))


@pytest.mark.parametrize("piece", ["Figs. 1, ", "[1,", "(Smith, 2019; ", "fig. 1a,", "((((", "1 to ", "et al "])
def test_time_grows_with_length_only(piece: str) -> None:
    text = piece * (60_000 // len(piece))
    start = time.process_time()
    find_references(text)
    assert time.process_time() - start < 2
