from __future__ import annotations

import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.judging.numbers import Quantity, find_quantities, grounds, offered


def stated(text: str) -> list[str]:
    return [text[q.start : q.end] for q in find_quantities(text) if q.sure]


def holds(evidence: str, caption: str) -> bool:
    """Whether the evidence grounds every quantity of the caption."""
    quantities = [q for q in find_quantities(caption) if q.sure]
    assert quantities, f"no quantity in {caption!r}"
    return all(grounds([offered(evidence)], q) for q in quantities)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("5 mM and 0.50 M", ["5 mM", "0.50 M"]),
        ("1,000 cycles and 12 000 cells", ["1,000", "12 000"]),
        ("n = 3, P < 0.05", ["3", "0.05"]),
        ("pH 7.4 or pH7.4", ["7.4", "7.4"]),
        ("224x224 px", ["224", "224 px"]),
        ("10k steps, 7B parameters", ["10k", "7B"]),
        ("5 million years", ["5 million years"]),
        ("five minutes, three curves", ["five minutes"]),
        ("twenty-four hours", ["twenty-four hours"]),
        (".5 and 0.5", [".5", "0.5"]),
        ("a 5.9-kb region", ["5.9-kb"]),
        ("1:10 dilution", ["1", "10"]),
        ("10−3, 10^-3, 1e-3, 10⁻³, 10^{-3}", ["10−3", "10^-3", "1e-3", "10⁻³", "10^{-3}"]),
    ],
)
def test_quantities_of_a_text(text: str, found: list[str]) -> None:
    assert stated(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "H2O, CO2 and Ti3C2Tx", "p53 and Cas9", "GPT-4 and IL-6", "SARS-CoV-2", "Llama-3.1-70B and Mixtral-8x7B", "13C NMR", "the 3′ end",
        "1st, 2nd and 25th", "Fig. 2 and Figs. 3a, 4", "panel 3", "ref. 12 and refs. 4,8", "as before [12]", "Smith et al. (2019)",
        "Table 3", "Eq. (5)", "version v1.2.3", "the 1990s", "x_1 and x^2", "2D and 3D", "https://example.org/2019/10",
        "lines d14-2 and Thbs1/2/3", "F2 plants", "compound 3a",
    ],
)  # fmt: skip
def test_digits_that_state_no_quantity(text: str) -> None:
    assert stated(text) == []


@pytest.mark.parametrize(
    ("evidence", "caption"),
    [
        ("at 5 mM", "at 0.005 M"),
        ("at 0.5 V", "at 0.50 V"),
        ("a 1,000-fold rise", "1000-fold"),
        ("1 000 cells", "1,000 cells"),
        ("10−3 M", "1e-3 M"),
        ("10^{-3} M", "1 mM"),
        ("5.75\\times10^{-2}", "0.0575"),
        ("2 × 10−8 A", "20 nA"),
        ("5 × 105 cells", "5×10^5 cells"),
        ("106 cells", "10^6 cells"),
        ("1.19 × 10 −7", "1.19e-7"),
        ("between 5 and 10 mM", "5–10 mM"),
        ("5–10 mM", "10 mM or 5 mM"),
        ("5-10 mM", "5 mM to 10 mM"),
        ("10-20 nm", "between 10 nm and 20 nm"),
        ("1, 2 and 5 µm", "2 µm"),
        ("5.0 ± 0.3 mM", "5 mM ± 0.3 mM"),
        ("5 mM ± 0.3", "0.3 mM"),
        ("−20 °C", "-20°C"),
        ("at -80 ºC", "−80 °C"),
        ("37 °C", "37 degrees Celsius"),
        ("50 %", "50 percent"),
        ("three replicates", "n = 3"),
        ("24 h", "one day"),
        ("five minutes", "300 s"),
        ("350M parameters", "350 million parameters"),
        ("3,000 μm", "3 mm"),
        ("5 mm–8 mm", "8 mm"),
        ("300 mm min−1", "300 mm/min"),
        ("1.0 cm² aperture", "1 cm2"),
        ("5 k\u2126", "5 k\u03a9"),
        ("2 \u212b", "0.2 nm"),
        ("2 \u03bcm", "2 \u00b5m"),
        ("2 \u00b5m", "2 um"),
        ("0·05", "0.05"),
        ("from 5\u2009mM", "5 mM"),
        ("30° and 2θ", "30 degrees"),
        ("100,200,300 ms", "100, 200 and 300 ms"),
    ],
)
def test_the_same_amount_in_other_words(evidence: str, caption: str) -> None:
    assert holds(evidence, caption)


@pytest.mark.parametrize(
    ("evidence", "caption"),
    [
        ("5 mM", "5 µM"),
        ("5 mM", "50 mM"),
        ("5 mM", "5 mM or 6 mM"),
        ("37 °C", "37 K"),
        ("−20 °C", "20 °C"),
        ("20 °C", "−20 °C"),
        ("10−3 M and n = 5", "10−5 M"),
        ("1,500 cells", "1,700 cells"),
        ("1,500 cells", "15,000 cells"),
        ("5–10 mM", "5–10 µM"),
        ("between 10 and 20", "10-25"),
        ("50%", "50-fold"),
        ("24 h", "24 min"),
        ("5 mA cm−2", "5 mA"),
        ("Fig. 7 and ref. 9", "7 cells"),
        ("p53", "53 cells"),
        ("H2O", "2 cells"),
        ("as before [12]", "12 cells"),
        ("0.5", "0.05"),
        ("350M", "350 billion"),
        ("", "5 mM"),
    ],
)
def test_another_amount_is_not_grounded(evidence: str, caption: str) -> None:
    assert not holds(evidence, caption)


def test_a_number_without_unit_is_at_home_wherever_its_value_stands() -> None:
    assert holds("kept at 300 K", "a temperature of 300")


def test_offsets_are_those_of_the_text_as_given() -> None:
    text = "Å-wide, 5\u2009μm pores at −20 ºC (\u212b) in 1\u202f000 cells"
    assert stated(text) == ["5\u2009μm", "20 ºC", "1\u202f000"]


def test_spelled_counts_ground_but_need_no_ground() -> None:
    (quantity,) = find_quantities("three curves")
    assert not quantity.sure
    assert quantity.readings[0][0].value == 3


@pytest.mark.parametrize("number", ["9" * 5000, "1e9999", "10^9999", "5 × 10^4001", "10−999999", "1" + ",000" * 2000])
def test_absurd_numbers_are_left_out(number: str) -> None:
    start = time.process_time()
    assert [q for q in find_quantities(f"value {number} units") if q.end - q.start > 45] == []
    assert time.process_time() - start < 3


@pytest.mark.parametrize(
    "piece", ["1 ", "1,", "1,000", "10^", "5 × ", "5 mM, ", "1-", "twenty-", "1 000 ", "5 m/s/", "[1,", "·1", "1e1"]
)
def test_time_grows_with_length_only(piece: str) -> None:
    text = piece * (60_000 // len(piece))
    start = time.process_time()
    find_quantities(text)
    assert time.process_time() - start < 4


UNITS = ["mM", "µm", "K", "°C", "%", "mA cm−2", "s", "GPa", "kHz", "mg kg−1", ""]
decimals = st.decimals(min_value="0.001", max_value="999999", places=3).filter(
    lambda d: not str(d.normalize()).startswith("10")
)


def spellings(value: str, unit: str) -> list[str]:
    space = "" if unit in ("%", "") else " "
    exact = Fraction(value)
    return [
        f"{value}{space}{unit}",
        f"{float(exact):,.3f}{space}{unit}",
        f"{value}0{space}{unit}",
        f"~{value}{space}{unit}",
    ]


@given(decimals, st.sampled_from(UNITS), st.integers(0, 3), st.integers(0, 3))
@settings(max_examples=150, deadline=None)
def test_each_spelling_grounds_each_other(value: object, unit: str, i: int, j: int) -> None:
    one, other = spellings(str(value), unit)[i], spellings(str(value), unit)[j]
    assert holds(f"It was {one} in all cases.", f"a value of {other}")


@given(decimals, decimals, st.sampled_from(UNITS))
@settings(max_examples=150, deadline=None)
def test_another_value_grounds_nothing(value: object, other: object, unit: str) -> None:
    assert holds(f"It was {value} {unit}", f"it was {other} {unit}") == (value == other)


@given(st.text(alphabet="0123456789., ×x^{}−-–±~%eE10mMKµm/()[]Fig", max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_grounds_itself(text: str) -> None:
    quantities = find_quantities(text)
    own = [offered(text)]
    assert all(0 <= q.start < q.end <= len(text) and q.readings for q in quantities)
    assert all(grounds(own, q) for q in quantities)
    assert [q.start for q in quantities] == sorted(q.start for q in quantities)


def test_a_reading_of_several_amounts_needs_all_of_them() -> None:
    quantity: Quantity
    (quantity,) = find_quantities("10-25")
    assert grounds([offered("10 and 25")], quantity)
    assert not grounds([offered("10 and 20")], quantity)


@pytest.mark.parametrize("power", ["10⁵", "10^5", "10**5", "105"])
def test_powers_behind_a_times_sign_are_read_in_any_spelling(power: str) -> None:
    assert holds("They grew 500,000 cells.", f"About 5 × {power} cells were grown.")


@pytest.mark.parametrize("text", ["2–6 × 10²² kg", "between 2 and 6 × 10^22 kg", "2 to 6 x 10^22 kg"])
def test_the_power_at_the_end_of_a_range_is_that_of_its_beginning(text: str) -> None:
    assert holds("Masses of 2 × 10^22 kg and 6 × 10^22 kg occur.", text)
    assert holds("Values of 2 and 6 × 10^22 kg occur.", "2 holes in a body of 6 × 10^22 kg")


@given(st.text(alphabet="0123456789 ×x^10⁰¹²³⁴⁵⁶⁷⁸⁹⁻−–-±.,()kgm", max_size=60))
@settings(max_examples=150, deadline=None)
def test_no_mixture_of_digits_and_raised_ones_breaks_the_reading(text: str) -> None:
    for quantity in find_quantities(text):
        assert text[quantity.start : quantity.end]
