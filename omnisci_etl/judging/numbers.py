"""Quantities in running text: finds numbers with their units, reduces them to exact values and looks them up.

Text that lost its markup is read as what it can have been: "10−3" and "5 × 105" are powers of ten, "106" may be one,
"1 000" may be two numbers. Such a quantity has several readings, and any one of them grounds it.
Figure, table and reference numbers, ordinals and digits inside names (H2O, p53, GPT-4, 13C) are not quantities.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from math import gcd
from operator import attrgetter
from typing import NamedTuple

from omnisci_etl.judging.references import find_references
from omnisci_etl.judging.units import BARE, Dimensions, Unit, parse_unit
from omnisci_etl.papers.letter_runs import letter_runs, words

# Longer runs of digits and larger exponents are not measurements, and exact arithmetic on them is a way to stall.
_MAX_DIGITS = 40
_MAX_EXPONENT = 400

# One code point for one, so that offsets stay those of the original text.
_SAME = {
    "\u03bc": "\u00b5",
    "\u2126": "\u03a9",
    "\u212b": "\u00c5",
    "\u00ba": "\u00b0",
    "\u02da": "\u00b0",
    "\uff05": "%",
}
_SAME |= {"\u2012": "–", "\ufe63": "-", "\u223c": "~", "\u2715": "×", "\u2a2f": "×"}
_SAME |= dict.fromkeys("\u00a0\u2002\u2003\u2005\u2007\u2008\u2009\u200a\u202f\t\n\r", " ")
_VARIANT = re.compile(f"[{''.join(_SAME)}]")
_RAISED = str.maketrans("⁻⁺⁰¹²³⁴⁵⁶⁷⁸⁹−–", "-+0123456789--")

_EXPONENT = (
    r"\s?\^\s?[{(]?\s?[-−–+]?\s?[0-9]{1,4}[})]?|\*\*\s?[-−–+]?[0-9]{1,4}|[⁻⁺]?[⁰¹²³⁴-⁹]{1,4}"
    r"|\s?−\s?[0-9]{1,3}(?![0-9.])|[-–][0-9]{1,3}(?![0-9.])"
)
_NUMBER = re.compile(
    rf"[0-9](?:(?<=1)0(?P<power>{_EXPONENT})"
    r"|(?P<rest>[0-9]*(?:(?:(?<![0-9]{4}),[0-9]{3}(?![0-9]))+|(?:(?<![0-9]{4}) [0-9]{3}(?![0-9,]))+)?"
    r"(?:\.[0-9]+|·(?!10[^0-9])[0-9]+)?))"
    r"(?:(?=[eE ×xX*·⋅∙\\])(?:[eE](?P<e>[-−–+]?[0-9]{1,4})(?![^\W_])"
    rf"| ?(?:[×xX*·⋅∙]|\\times) ?10(?P<scale>{_EXPONENT}|[0-9]{{1,2}}(?![0-9.,]))))?"
)
_FLATTENED_POWER = re.compile(r"10([2-9]|1[0-9]|2[0-4])$")
_MULTIPLIER = re.compile(
    r"\s?(?P<word>thousand|million|billion|trillion|dozen|hundred)\b|(?P<letter>bn|[kKMB])(?![^\W_])"
)
_MULTIPLIERS = {"dozen": 12, "hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_MULTIPLIERS |= {"k": 10**3, "K": 10**3, "M": 10**6, "B": 10**9, "bn": 10**9}

_ONES = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_TEENS = ("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
_WORDS = {word: value for value, word in enumerate((*_ONES, *_TEENS), 1)}
_DECADES = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_WORDS |= {word: 10 * value for value, word in enumerate(_DECADES, 2)}
_NUMBER_WORDS = words(" ".join(_WORDS))
_WORD = re.compile(
    r"[ONTEFSonetfs](?<![^\W_].)"
    rf"(?:{'|'.join(word[1:] for word in sorted(_WORDS, key=len, reverse=True))})"
    rf"(?:[- ](?:{'|'.join(_ONES)}))?(?![^\W_])"
)

_RANGE = re.compile(r" ?(?:[-–—−~]|to|±|\+/-|\+/−|\+-|∓) ?[-−]?")
_SERIES = re.compile(r" ?(?:,|;|/|:|&|×|x|,? ?and|,? ?or|by|versus|vs\.?) ?[-−]?")
_PLUS_MINUS = re.compile(r" ?(?:±|\+/-|\+/−|\+-) ?")
_TIMES = re.compile(r"[xX] ?[0-9]")
_RANGED = frozenset(("-", "–", "—", "−", "to", "and", "±"))
_SCALE = re.compile(rf"(?:[×xX*·⋅∙]|\\times) ?10(?P<power>{_EXPONENT}|[0-9]{{1,2}}(?![0-9.,]))")
_LONGEST_JOIN = 10
_DECADE = re.compile(r"(?:1[89]|20)[0-9]0")
_NO_UNIT = frozenset(("", *".,;:)]=<>?!"))
_JOINS_NAMES = frozenset("-‐‑.x/_")
_DASHES = "-–—−"
# Numerator and denominator hash far faster than a Fraction.
Key = tuple[int, int, Dimensions]
_OPENERS = frozenset(" ([{=<>≤≥≈~,;:/$|±×")


class Amount(NamedTuple):
    """A number with the unit that it is stated in; unit is BARE (the very object) where it has none."""

    value: Fraction
    unit: Unit

    @property
    def reduced(self) -> Key:
        """The amount in base units: equal for 5 mM and 0.005 mol/L."""
        above, below = self.value.as_integer_ratio()
        if self.unit is not BARE:
            # By hand, because arithmetic of fractions takes several times as long.
            up, down = self.unit.factor.as_integer_ratio()
            above, below = above * up, below * down
            common = gcd(above, below)
            above, below = above // common, below // common
        return above, below, self.unit.dimensions


Reading = tuple[Amount, ...]
Options = tuple[tuple[Fraction, ...], ...]


# Not frozen, as that makes it take twice as long to make one, of which there are many.
@dataclass(slots=True)
class Quantity:
    """A quantity that stands at text[start:end].

    readings: what it can mean; a reading of several amounts stands for all of them ("10-20" as 10 and 20).
    sure: False where it may be no quantity at all; such a one grounds others, but needs no ground itself.
    """

    start: int
    end: int
    readings: tuple[Reading, ...]
    sure: bool = True


def _decimal(digits: str, exponent: int = 0) -> Fraction:
    """The exact value of plain digits ("1,000", "0.50", "1 000") times a power of ten."""
    whole, _, decimals = digits.replace(",", "").replace(" ", "").replace("·", ".").partition(".")
    number, power = int(whole + decimals), exponent - len(decimals)
    return Fraction(number * 10**power) if power >= 0 else Fraction(number, 10**-power)


def _exponent(text: str) -> int:
    return int("".join(c for c in text.translate(_RAISED) if c in "-0123456789"))


def _power_values(text: str) -> Options:
    """ "10" with what follows it: a power, and for a plain dash with more than 10 behind it also the range from 10."""
    exponent = _exponent(text)
    values: Options = ((_decimal("1", exponent),),) if abs(exponent) <= _MAX_EXPONENT else ()
    if exponent < -10 and text.strip()[0] in _DASHES:
        values += ((_decimal("10"), _decimal(str(-exponent))),)
    return values


def _scaled_values(digits: str, scale: str) -> Options:
    """ "5 × 10…": a power of ten; a bare "5 × 105" may also be two numbers."""
    exponent = _exponent(scale)
    if abs(exponent) > _MAX_EXPONENT:
        return ()
    values: Options = ((_decimal(digits, exponent),),)
    if scale.isascii() and scale.isdigit():
        values += ((_decimal(digits), _decimal("10" + scale)),)
    return values


@lru_cache(maxsize=16384)
def _plain_values(digits: str, listed: bool) -> Options:
    """The readings of plain digits; groups of three may be several numbers, above all where listed (behind "1,")."""
    values: Options = ((_decimal(digits),),)
    flattened = _FLATTENED_POWER.match(digits)
    if flattened:
        values += ((_decimal("1", int(flattened[1])),),)
    parts = digits.replace(",", " ").split(" ")
    ambiguous = len(parts) > 1 and (listed or " " in digits or len(parts[0]) == 3)
    if ambiguous and not any(part.startswith("0") for part in parts):
        values += (tuple(_decimal(part) for part in parts),)
    return values


def _values(match: re.Match[str]) -> Options:
    """The readings of a matched number as plain values; none where it is too large to be a measurement."""
    start, end = match.span()
    if end - start > _MAX_DIGITS:
        return ()
    power, _, exponent, scale = match.groups()
    if power:
        return _power_values(power)
    digits = match.string[start : match.end("rest")]
    if scale or exponent:
        return _scaled_values(digits, scale or "+" + exponent)
    return _plain_values(digits, match.string[start - 1 : start] == ",")


def _inside_a_name(text: str, start: int, previous_end: int) -> bool:
    """Whether the number at start belongs to a word before it: p53, GPT-4, v1.2, x_1, cm^2."""
    if start == 0 or start == previous_end:
        return False
    before = text[start - 1]
    second = text[start - 2 : start - 1]
    if before.isalpha():
        multiplied = before in "xX" and not second.isalpha()
        return not multiplied and text[start - 2 : start] != "pH"
    if before in "-‐‑–−./" and start - 1 != previous_end:
        return second.isalpha() or (before == "." and second.isdigit())
    return before in "_^" or (before == "{" and second in "_^")


def _signs(text: str, start: int, previous_end: int) -> tuple[int, ...]:
    """The signs that the number behind a dash can have."""
    if text[previous_end : start - 1].strip() == "" and previous_end:
        return (1, -1) if start - 1 > previous_end else (1,)
    return (-1,) if start == 1 or text[start - 2] in _OPENERS else (1,)


def _is_name(text: str, end: int) -> bool:
    """Whether what follows a number without a unit makes it a name, an ordinal, a version or a prime: 3a, 1st, 5′."""
    following = text[end : end + 2]
    if following[:1].isalpha():
        return _TIMES.match(text, end) is None
    return following[:1] in ("′", "'", "_") or (following[:1] == "." and following[1:].isdigit())


def _multiplied(text: str, start: int, options: Options, multiplier: re.Match[str]) -> Quantity | None:
    """A number with a word of magnitude behind it: "5 million years", "350M" (which may be molar too)."""
    factor = Fraction(_MULTIPLIERS[multiplier["word"] or multiplier["letter"]])
    multiplied = tuple(tuple(value * factor for value in option) for option in options)
    if multiplier["word"]:
        return _measured(text, start, multiplier.end(), multiplied)
    found = parse_unit(text, multiplier.start())
    as_unit = _with_unit(options, found[0]) if found else ()
    return Quantity(start, multiplier.end(), _with_unit(multiplied, BARE) + as_unit)


def _measured(text: str, start: int, end: int, options: Options) -> Quantity | None:
    """A number at text[start:end] with its unit, None where what follows makes it part of a name."""
    found = None if text[end : end + 1] in _NO_UNIT else parse_unit(text, end)
    if found is None:
        return None if _is_name(text, end) else Quantity(start, end, _with_unit(options, BARE))
    unit, unit_end, sure = found
    if text[end:unit_end] == "s" and _DECADE.fullmatch(text, start, end):
        sure = False
    return Quantity(start, unit_end, _with_unit(options, unit), sure)


def _with_unit(options: Options, unit: Unit) -> tuple[Reading, ...]:
    if len(options) == 1 and len(options[0]) == 1:
        return ((Amount(options[0][0], unit),),)
    return tuple([tuple([Amount(value, unit) for value in option]) for option in options])


def _quantity(text: str, start: int, end: int, options: Options) -> Quantity | None:
    multiplier = _MULTIPLIER.match(text, end)
    return _multiplied(text, start, options, multiplier) if multiplier else _measured(text, start, end, options)


def _signed(text: str, start: int, previous_end: int, options: Options) -> Options:
    """The options of a number behind a dash, with each sign that it can have."""
    signs = _signs(text, start, previous_end)
    return tuple(tuple(sign * value for value in option) for option in options for sign in signs)


def _figures(text: str) -> Iterator[Quantity]:
    """Quantities written in digits, by position."""
    previous_end = name_end = 0
    for match in _NUMBER.finditer(text):
        start, end = match.span()
        if _inside_a_name(text, start, previous_end) or (name_end and text[name_end:start] in _JOINS_NAMES):
            name_end = end
            continue
        options = _values(match)
        before = text[start - 1 : start]
        if before == "." and (start < 2 or not text[start - 2].isalnum()):
            options = ((_decimal("0." + match[0]),),) if match[0].isdigit() and options else ()
            start, before = start - 1, text[start - 2 : start - 1]
        if before and before in "-−–":
            options = _signed(text, start, previous_end, options)
        quantity = _quantity(text, start, end, options) if options else None
        if quantity:
            yield quantity
            previous_end = quantity.end


def _spelled(text: str) -> Iterator[Quantity]:
    """Quantities in words. Only with a unit ("five minutes") are they sure: "three curves" counts what is seen."""
    if _NUMBER_WORDS.isdisjoint(letter_runs(text)):
        return
    for match in _WORD.finditer(text):
        values = [_WORDS.get(word) for word in match[0].lower().replace("-", " ").split(" ")]
        if None in values:
            continue
        total = Fraction(sum(value for value in values if value))
        quantity = _quantity(text, match.start(), match.end(), ((total,),))
        if quantity:
            bare = quantity.readings[0][0].unit is BARE
            yield Quantity(quantity.start, quantity.end, quantity.readings, sure=not bare)


def _shared(quantity: Quantity, unit: Unit, certain: bool) -> Quantity:
    """A bare quantity with the unit of its neighbour: instead of none where certain, else as one more reading."""
    shared = tuple(tuple(Amount(amount.value, unit) for amount in reading) for reading in quantity.readings)
    return replace(quantity, readings=shared if certain else quantity.readings + shared)


def _is_range(text: str, start: int, end: int) -> bool:
    return end - start <= _LONGEST_JOIN and text[start:end].strip() in _RANGED


def _scaled_as(quantity: Quantity, text: str, right: Quantity) -> Quantity:
    """A number that begins a range, also with the power of ten at the range's end ("2–6 × 10²²"), if there is one."""
    scale = _SCALE.search(text, right.start, right.end)
    if scale is None or _SCALE.search(text, quantity.start, quantity.end):
        return quantity
    exponent = _exponent(scale[1])
    if abs(exponent) > _MAX_EXPONENT:
        return quantity
    factor = Fraction(10) ** exponent
    scaled = tuple(
        tuple(Amount(amount.value * factor, amount.unit) for amount in reading) for reading in quantity.readings
    )
    return replace(quantity, readings=scaled + quantity.readings)


def _share_units(text: str, quantities: list[Quantity]) -> None:
    """Give bare numbers the unit of the range or series that they stand in ("5–10 mM", "1, 2 and 5 mM", "5 mM ± 1")."""
    unit = BARE
    for i in range(len(quantities) - 1, -1, -1):
        own = quantities[i].readings[0][0].unit
        right = quantities[i + 1] if i + 1 < len(quantities) else None
        if right and _is_range(text, quantities[i].end, right.start):
            quantities[i] = _scaled_as(quantities[i], text, right)
        if right and (own is BARE) != (unit is BARE):
            between = text[quantities[i].end : right.start][:_LONGEST_JOIN]
            certain = _RANGE.fullmatch(between) is not None
            if own is BARE and (certain or _SERIES.fullmatch(between)):
                quantities[i] = _shared(quantities[i], unit, certain)
                continue
            if own is not BARE and _PLUS_MINUS.fullmatch(between):
                quantities[i + 1] = _shared(right, own, certain=True)
        unit = own


def _outside(quantities: list[Quantity], spans: list[tuple[int, int]]) -> list[Quantity]:
    """The quantities that start in none of the spans; both lists are in order."""
    kept: list[Quantity] = []
    position = 0
    for quantity in quantities:
        while position < len(spans) and spans[position][1] <= quantity.start:
            position += 1
        if position == len(spans) or quantity.start < spans[position][0]:
            kept.append(quantity)
    return kept


def find_quantities(text: str) -> list[Quantity]:
    """Every quantity of the text, by position. Offsets count code points of the text as given."""
    text = _VARIANT.sub(lambda match: _SAME[match[0]], text)
    quantities = list(_figures(text))
    if spelled := list(_spelled(text)):
        quantities = sorted([*quantities, *spelled], key=attrgetter("start"))
    if not quantities:
        return []
    spans = [(r.start, r.end) for r in find_references(text) if r.kind != "panel" or r.items[0].isdigit()]
    quantities = _outside(quantities, spans) if spans else quantities
    _share_units(text, quantities)
    return quantities


def offered(text: str) -> frozenset[Key]:
    """The keys of every amount that the text states: reduced with its unit, and its bare value under no unit."""
    keys: set[Key] = set()
    for quantity in find_quantities(text):
        for reading in quantity.readings:
            for amount in reading:
                keys.add((*amount.value.as_integer_ratio(), BARE.dimensions))
                if amount.unit is not BARE:
                    keys.add(amount.reduced)
    return frozenset(keys)


def grounds(offers: Sequence[frozenset[Key]], quantity: Quantity) -> bool:
    """Whether texts with these offers state the quantity, in the same unit or in one that converts to it exactly.

    A number without a unit is at home wherever its value stands.
    """
    readings = quantity.readings
    if len(readings) == len(readings[0]) == len(offers) == 1:
        return readings[0][0].reduced in offers[0]
    return any(all(any(amount.reduced in keys for keys in offers) for amount in reading) for reading in readings)
