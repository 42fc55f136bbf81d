from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.judging.units import parse_unit


def read(text: str) -> tuple[Fraction, dict[str, int]] | None:
    """Factor and dimensions of the unit behind the number that the text starts with."""
    end = next(i for i, c in enumerate(text + " ") if not (c.isdigit() and c.isascii()))
    found = parse_unit(text, end)
    return None if found is None else (found[0].factor, dict(found[0].dimensions))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("5 mA cm−2", "5 mA/cm2"),
        ("5 mA cm⁻²", "5 mA cm-2"),
        ("5 mA cm^{-2}", "5 mA cm–2"),
        ("5 m s−1", "5 m/s"),
        ("5 micrometres", "5 µm"),
        ("5 um", "5 µm"),
        ("5 kHz", "5 kilohertz"),
        ("5 mg kg−1 day−1", "5 mg/kg/d"),
        ("5 mg per kg", "5 mg kg-1"),
        ("5 kg m−3", "5 g/L"),
        ("5 mM", "5 mol/m3"),
        ("5 °C", "5°C"),
        ("5 degrees Celsius", "5 ℃"),
        ("5%", "5 per cent"),
        ("5 percent", "5 %"),
        ("5-nm", "5 nm"),
        ("5 W·h", "5 Wh"),
        ("5 hours", "5 h"),
        ("5 days", "5 d"),
        ("5-fold", "5×"),
        ("5 times", "5 fold"),
        ("5 µm²", "5 µm2"),
        ("5 s−1", "5 Hz"),
        ("5 J", "5 N·m"),
    ],
)
def test_two_spellings_of_one_unit(left: str, right: str) -> None:
    assert read(left) is not None
    assert read(left) == read(right)


@pytest.mark.parametrize(
    ("small", "large", "ratio"),
    [
        ("1 mM", "1 M", 1000),
        ("1 nm", "1 Å", Fraction(1, 10)),
        ("1 min", "1 h", 60),
        ("1 h", "1 d", 24),
        ("1 µg mL−1", "1 mg/L", 1),
        ("1 kPa", "1 bar", 100),
        ("1 bp", "1 Mb", 10**6),
        ("1 meV", "1 keV", 10**6),
        ("1 mL", "1 cm3", 1),
        ("1 kg", "1 tonne", 1000),
        ("1 mAh", "1 C", Fraction(10, 36)),
    ],
)
def test_exact_conversions(small: str, large: str, ratio: Fraction | int) -> None:
    (little, dimensions), (big, same) = read(small) or (0, {}), read(large) or (1, {"": 0})
    assert dimensions == same
    assert big == little * ratio


@pytest.mark.parametrize(
    ("one", "other"),
    [("5 °C", "5 K"), ("5 eV", "5 J"), ("5 years", "5 days"), ("5%", "5 wt%"), ("5 bp", "5 nt"), ("5 mM", "5 mm")],
)
def test_units_that_no_exact_factor_joins_stay_apart(one: str, other: str) -> None:
    left, right = read(one), read(other)
    assert left is not None
    assert right is not None
    assert left[1] != right[1]


@pytest.mark.parametrize(
    "text",
    ["5 as shown", "5 in the", "5 at", "5 mice", "5 minuets", "5", "5.", "5, m", "5 a", "5 – m"],
)
def test_words_are_no_units(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize("text", ["13C", "18F", "5G", "3d", "15N"])
def test_letters_that_touch_the_number_may_be_a_name(text: str) -> None:
    found = parse_unit(text, len(text) - 1)
    assert found is None or not found[2]


def test_letters_that_touch_the_number_and_are_no_name() -> None:
    glued, spaced = parse_unit("300K", 3), parse_unit("300 K", 3)
    assert glued is not None
    assert spaced is not None
    assert (glued[0], glued[2]) == (spaced[0], True)


def test_a_range_is_no_exponent() -> None:
    found = parse_unit("5 mm-3 mm", 1)
    assert found is not None
    assert found[1] == len("5 mm")
    found = parse_unit("1700 cm-1 band", 4)
    assert found is not None
    assert found[1] == len("1700 cm-1")


@pytest.mark.parametrize(
    ("text", "unit"), [("5 cm2 area", " cm2"), ("5 mm 3 times", " mm"), ("5 K 2 K", " K"), ("5% 3", "%")]
)
def test_where_a_unit_ends(text: str, unit: str) -> None:
    found = parse_unit(text, 1)
    assert found is not None
    assert text[1 : found[1]] == unit


@given(st.text(alphabet="mgskKMµ°C%/·^{}−-–² 123per", max_size=40), st.integers(0, 40))
@settings(max_examples=200, deadline=None)
def test_any_text_is_read_within_its_bounds(text: str, position: int) -> None:
    position = min(position, len(text))
    found = parse_unit(text, position)
    assert found is None or (position < found[1] <= len(text) and found[0].factor > 0)


@pytest.mark.parametrize("unit", ["au", "mag", "fb", "pb"])
def test_units_of_the_sky_and_of_colliders(unit: str) -> None:
    """Each stands apart from all others: what is 20 au is not 20 pc."""
    found = read(f"20 {unit}")
    assert found is not None
    assert found[1] not in ({}, read("20 pc")[1])  # type: ignore[index]
