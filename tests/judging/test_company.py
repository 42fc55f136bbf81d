"""A number that keeps its company is held against what the evidence has in that company."""

from __future__ import annotations

import pytest

from omnisci_etl.judging.company import in_other_company
from omnisci_etl.judging.contexts import Context, read

EVIDENCE = (
    "Transits arrived 81.6 ± 11.7 seconds early, with a 95% interval of 3.89–4.46 Ga.",
    "Core galaxies have Γ = 0.1 and cusp galaxies Γ = 0.8; the sample has n = 23 stars.",
    "The tendencies were taken near the 369 hPa level of the model.",
)


def other(caption: str, number: str, evidence: tuple[str, ...] = EVIDENCE) -> str:
    """What the evidence has in the place of the number that begins so; "" where nothing contradicts it."""
    told = read(caption)
    index = next(i for i, one in enumerate(told.quantities) if caption[one.start :].startswith(number))
    stated = frozenset().union(*(one.keys for one in told.amounts))
    match = in_other_company(Context(evidence), told, index, stated)
    return match.text[match.quantity.start : match.quantity.end] if match else ""


@pytest.mark.parametrize(
    ("caption", "number", "found"),
    [
        ("A red band marks the mean offset of 86.1 ± 11.7 s.", "86.1", "81.6"),
        ("A red band marks the mean offset of 81.6 ± 17.1 s.", "17.1", "11.7 seconds"),
        ("Dotted lines bound the range (3.89–4.64 Ga).", "4.64", "4.46 Ga"),
        ("Thin curves stand for Γ = 0.9, thick ones for Γ = 0.1.", "0.9", "0.8"),
        ("Dots are stars (n = 32).", "32", "23"),
        ("The spectrum holds for the level near 36.9 hPa.", "36.9", "369 hPa"),
    ],
)
def test_another_number_in_the_same_company_is_found(caption: str, number: str, found: str) -> None:
    assert other(caption, number).strip() == found


@pytest.mark.parametrize(
    ("caption", "number"),
    [
        ("The axis runs from 10 to 50 s.", "10"),
        ("The axis runs from 10 to 50 s.", "50"),
        ("A mean offset of 81.6 ± 11.7 s and one of 95.2 ± 11.7 s.", "95.2"),
        ("Curves are drawn for Γ = 0.5.", "0.5"),
        ("The test gives p = 0.3.", "0.3"),
        ("The map is 36.9 km wide.", "36.9"),
    ],
)
def test_a_number_that_the_picture_may_show_is_left_alone(caption: str, number: str) -> None:
    evidence = (*EVIDENCE, "A line of 10 to 60 s was kept, p = 0.04.")
    assert other(caption, number, evidence) == ""
