"""TeX that was left in the text of a caption."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.papers.flat import Flat
from omnisci_etl.papers.model import Link
from omnisci_etl.papers.tex_in_text import formula_of_tex, without_tex

FRAME = r"\documentclass[12pt]{minimal} \usepackage{amsmath} \begin{document}$$k_\alpha$$\end{document}"


@pytest.mark.parametrize(
    ("tex", "text"),
    [
        (r"{\omega }_{\nu 1}", "ω_ν1"),
        (r"\(2.8^\circ\)", "2.8°"),
        (r"$$x_1$$", "x_1"),
        (r"\[x^2\]", "x^2"),
        ("$", ""),
        (" ", ""),
    ],
)
def test_a_formula(tex: str, text: str) -> None:
    assert formula_of_tex(tex) == text


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (rf"A rate of {FRAME} here.", "A rate of k_α here."),
        (r"A rate of \(k_\alpha\) here.", "A rate of k_α here."),
        (r"A rate of $k_\alpha$ and $$\beta$$.", "A rate of k_α and β."),
        (r"Costs of $5, then of $x_1$ each.", "Costs of $5, then of x_1 each."),
        # Prices, and what could be any word.
        ("Prices from 40 $/t to 100 $/t of it.", None),
        ("Costs of $5 for CO_2 and $6 for it.", None),
        (r"A path C:\data and a half \( of it.", None),
        ("Plain text.", None),
    ],
)
def test_tex_between_words(text: str, read: str | None) -> None:
    flat = Flat(text)
    found = without_tex(flat)
    assert found.text == (text if read is None else read)
    assert (found is flat) == (read is None)


def test_bold_stretches_and_links_move_along() -> None:
    text = r"a At $\alpha$ b and $\beta_1$ c."
    spans = [(text.index(f"{letter} "), text.index(f"{letter} ") + 1) for letter in ("a", "b")]
    last = text.index("c.")
    found = without_tex(Flat(text, (*spans, (last, last + 1)), (Link(last, last + 2, "F1"),)))
    assert found.text == "a At α b and β_1 c."
    assert [found.text[start:end] for start, end in found.bold] == ["a", "b", "c"]
    assert [found.text[link.start : link.end] for link in found.links] == ["c."]


def test_a_stretch_within_a_formula_is_cut_to_it() -> None:
    text = r"At $\alpha_b$ now."
    found = without_tex(Flat(text, ((6, 8), (3, len(text)))))
    assert found.text == "At α_b now."
    assert found.bold == ((3, 3), (3, 11))


PIECES = [
    "$",
    "\\",
    "(",
    ")",
    "_",
    "x",
    " ",
    r"\alpha",
    r"\documentclass",
    r"\begin{document}",
    r"\end{document}",
    "{",
    "}",
]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join), st.integers(0, 60), st.integers(0, 60))
def test_any_text_keeps_its_stretches_inside(text: str, one: int, two: int) -> None:
    start, end = sorted((min(one, len(text)), min(two, len(text))))
    found = without_tex(Flat(text, ((start, end),)))
    assert all(0 <= first <= last <= len(found.text) for first, last in found.bold)


@pytest.mark.parametrize("unit", [r"\documentclass\begin{document}", r"\documentclass ", "$_", r"\(x", r"$a\b$ ", "$"])
def test_hostile_text_does_not_stall(unit: str) -> None:
    flat = Flat(unit * (19_000 // len(unit)))
    assert min(seconds(flat) for _ in range(3)) < 2


def seconds(flat: Flat) -> float:
    started = time.process_time()
    without_tex(flat)
    return time.process_time() - started
