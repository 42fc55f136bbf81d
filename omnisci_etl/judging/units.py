"""Units of measurement: reads one behind a number and reduces it to a factor and its base dimensions.

Only exact conversions are made (prefixes, SI-derived units, minutes to seconds, litres to cubic metres). Units whose
relation is affine, empirical or a matter of definition (°C and K, eV and J, years and days, % and 1) stay apart.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

Dimensions = tuple[tuple[str, int], ...]


class Unit(NamedTuple):
    """factor times the base units; dimensions as ((base, exponent), ...) sorted by base, () for a bare number."""

    factor: Fraction
    dimensions: Dimensions


BARE = Unit(Fraction(1), ())

_PREFIXES = {"f": -15, "p": -12, "n": -9, "µ": -6, "u": -6, "m": -3, "c": -2, "d": -1, "h": 2}
_PREFIXES |= {"k": 3, "K": 3, "M": 6, "G": 9, "T": 12, "P": 15}
_PREFIX_WORDS = {"femto": -15, "pico": -12, "nano": -9, "micro": -6, "milli": -3, "centi": -2}
_PREFIX_WORDS |= {"kilo": 3, "mega": 6, "giga": 9, "tera": 12}

# symbol: (factor, dimensions, prefixes it takes). A leading "-" in the prefixes: the bare symbol is not a unit.
_SYMBOLS: dict[str, tuple[Fraction | int, dict[str, int], str]] = {
    "m": (1, {"m": 1}, "fpnµumcdk"),
    "g": (1, {"g": 1}, "fpnµumkMGTP"),
    "s": (1, {"s": 1}, "fpnµumk"),
    "A": (1, {"A": 1}, "fpnµumk"),
    "K": (1, {"K": 1}, "nµumk"),
    "mol": (1, {"mol": 1}, "fpnµumk"),
    "cd": (1, {"cd": 1}, ""),
    "Hz": (1, {"s": -1}, "µumkMGTP"),
    "N": (1000, {"g": 1, "m": 1, "s": -2}, "pnµumkM"),
    "Pa": (1000, {"g": 1, "m": -1, "s": -2}, "µumhkMG"),
    "bar": (10**8, {"g": 1, "m": -1, "s": -2}, "µumk"),
    "J": (1000, {"g": 1, "m": 2, "s": -2}, "fpnµumkMGTP"),
    "W": (1000, {"g": 1, "m": 2, "s": -3}, "fpnµumkMGTP"),
    "Wh": (3_600_000, {"g": 1, "m": 2, "s": -2}, "mkMGT"),
    "C": (1, {"A": 1, "s": 1}, "pnµum"),
    "Ah": (3600, {"A": 1, "s": 1}, "mµuk"),
    "V": (1000, {"A": -1, "g": 1, "m": 2, "s": -3}, "nµumkM"),
    "Ω": (1000, {"A": -2, "g": 1, "m": 2, "s": -3}, "µumkMG"),
    "S": (Fraction(1, 1000), {"A": 2, "g": -1, "m": -2, "s": 3}, "pnµum"),
    "F": (Fraction(1, 1000), {"A": 2, "g": -1, "m": -2, "s": 4}, "fpnµum"),
    "H": (1000, {"A": -2, "g": 1, "m": 2, "s": -2}, "nµum"),
    "Wb": (1000, {"A": -1, "g": 1, "m": 2, "s": -2}, "µum"),
    "T": (1000, {"A": -1, "g": 1, "s": -2}, "fpnµum"),
    "L": (Fraction(1, 1000), {"m": 3}, "fpnµumcdhkMG"),
    "M": (1000, {"m": -3, "mol": 1}, "fpnµum"),
    "eV": (1, {"eV": 1}, "nµumkMGT"),
    "Da": (1, {"Da": 1}, "kM"),
    "Å": (Fraction(1, 10**10), {"m": 1}, ""),
    "min": (60, {"s": 1}, ""),
    "h": (3600, {"s": 1}, ""),
    "d": (86400, {"s": 1}, ""),
    "yr": (1, {"yr": 1}, "kMG"),
    "a": (1, {"yr": 1}, "-kMG"),
    "ha": (10_000, {"m": 2}, "kM"),
    "t": (10**6, {"g": 1}, "-kMG"),
    "bp": (1, {"bp": 1}, "kMG"),
    "b": (1, {"bp": 1}, "-kMG"),
    "nt": (1, {"nt": 1}, "k"),
    "B": (1, {"byte": 1}, "-kKMGTP"),
    "FLOPS": (1, {"FLOPS": 1}, "MGTP"),
    "FLOPs": (1, {"FLOPS": 1}, "MGTP"),
    "pc": (1, {"pc": 1}, "mkMG"),
    "cal": (1, {"cal": 1}, "k"),
    "Gy": (1, {"Gy": 1}, "mc"),
    "Sv": (1, {"Sv": 1}, "nµum"),
    "Bq": (1, {"s": -1}, "mkMGT"),
    "Ci": (1, {"Ci": 1}, "nµum"),
    "U": (1, {"U": 1}, "mkµ"),
    "IU": (1, {"IU": 1}, "mk"),
    "Torr": (1, {"Torr": 1}, "mµ"),
    "G": (1, {"gauss": 1}, "mkµ"),
    "Oe": (1, {"Oe": 1}, "k"),
    "Jy": (1, {"Jy": 1}, "nµum"),
    "lm": (1, {"lm": 1}, ""),
    "lx": (1, {"lx": 1}, "k"),
    "px": (1, {"px": 1}, "M"),
    "rad": (1, {"rad": 1}, "nµum"),
    "deg": (1, {"deg": 1}, "m"),
    "as": (1, {"arcsec": 1}, "-mµ"),
    "in": (Fraction(254, 10_000), {"m": 1}, "-"),
    "ft": (Fraction(3048, 10_000), {"m": 1}, ""),
}
_OWN = (
    "ppm", "ppb", "ppt", "ppmv", "ppbv", "rpm", "cps", "fps", "dpi", "dB", "dBm", "dBi", "atm", "psi", "mmHg", "AU",
    "ly", "%", "‰", "wt%", "vol%", "at%", "mol%", "°C", "°F", "σ", "fold", "sr", "dex", "CFU", "week", "month", "M⊙",
    "L⊙", "R⊙", "arcmin", "arcsec", "mag", "fb", "pb",
)  # fmt: skip

# Other spellings and words; "s" is added to the words by itself.
_ALIASES = {
    "l": "L", "ml": "mL", "µl": "µL", "ul": "µL", "nl": "nL", "dl": "dL", "hr": "h", "hrs": "h", "sec": "s",
    "secs": "s", "mins": "min", "yrs": "yr", "y": "yr", "wks": "week", "wk": "week", "mo": "month", "KHz": "kHz",
    "Kg": "kg", "KDa": "kDa", "kd": "kDa", "°": "deg", "″": "arcsec", "℃": "°C", "×": "fold", "times": "fold",
    "cfu": "CFU", "sigma": "σ", "au": "AU", "msec": "ms", "µsec": "µs",
}  # fmt: skip
_WORDS = {
    "metre": "m", "meter": "m", "gram": "g", "second": "s", "litre": "L", "liter": "L", "mole": "mol", "volt": "V",
    "ampere": "A", "amp": "A", "watt": "W", "joule": "J", "newton": "N", "pascal": "Pa", "tesla": "T", "ohm": "Ω",
    "farad": "F", "dalton": "Da", "electronvolt": "eV", "byte": "B", "parsec": "pc", "molar": "M", "hertz": "Hz",
    "siemens": "S", "kelvin": "K", "radian": "rad", "minute": "min", "hour": "h", "day": "d", "week": "week",
    "month": "month", "year": "yr", "micron": "µm", "degree": "deg", "percent": "%", "percentage": "%", "pixel": "px",
    "hectare": "ha", "tonne": "Mg", "gauss": "G", "angstrom": "Å", "ångström": "Å", "ångstrom": "Å", "feet": "ft",
    "foot": "ft", "inch": "in", "inches": "in", "arcsecond": "arcsec", "arcminute": "arcmin",
}  # fmt: skip
_PREFIXABLE_WORDS = list(_WORDS)[: list(_WORDS).index("radian")]

# A single letter that touches the number is as often a name (13C, 2D, 5G, 18F, 3d) as a unit.
_NAMES_WHEN_GLUED = frozenset("CFHDGBNPSAUdhag")
_NO_EXPONENT = frozenset({"fold", "%", "°C", "deg", "σ"})


def _power(unit: Unit, exponent: int) -> Unit:
    if exponent == 1:
        return unit
    return Unit(unit.factor**exponent, tuple((base, power * exponent) for base, power in unit.dimensions))


def _times(left: Unit, right: Unit) -> Unit:
    powers = dict(left.dimensions)
    for base, power in right.dimensions:
        powers[base] = powers.get(base, 0) + power
    return Unit(left.factor * right.factor, tuple(sorted((b, p) for b, p in powers.items() if p)))


def _scaled(unit: Unit, exponent: int) -> Unit:
    return Unit(unit.factor * Fraction(10) ** exponent, unit.dimensions)


def _table() -> dict[str, Unit]:
    """Every spelling of every unit; a plain symbol wins over a prefixed one (min, cd, Pa)."""
    table: dict[str, Unit] = {}
    bases = {s: Unit(Fraction(factor), tuple(sorted(dims.items()))) for s, (factor, dims, _) in _SYMBOLS.items()}
    for symbol, (_, _, prefixes) in _SYMBOLS.items():
        table.update({p + symbol: _scaled(bases[symbol], _PREFIXES[p]) for p in prefixes if p != "-"})
    table.update({s: unit for s, unit in bases.items() if not _SYMBOLS.get(s, (0, {}, ""))[2].startswith("-")})
    table.update({name: Unit(Fraction(1), ((name, 1),)) for name in _OWN})
    table.update({alias: table[symbol] for alias, symbol in _ALIASES.items()})
    words = {word: table.get(symbol) or bases[symbol] for word, symbol in _WORDS.items()}
    for word in _PREFIXABLE_WORDS:
        words |= {p + word: _scaled(words[word], power) for p, power in _PREFIX_WORDS.items()}
    return table | words | {word + "s": unit for word, unit in words.items() if not word.endswith("s")}


_TABLE = _table()

_SPECIAL = (
    r"°\s?[CF](?![a-z])|degrees?\s[Cc]elsius|per\scent|\\?%|[‰°″℃]|[×x](?!\s?[0-9]|[^\W_])|(?:wt|vol|at|mol|w)\.?\s?%"
)
# \w takes raised digits for letters.
_LETTER = r"[^\W\d_⁰¹²³⁴-⁹]"
_SYMBOL = re.compile(rf"(?P<special>{_SPECIAL})|{_LETTER}{{1,14}}⊙?(?!{_LETTER})")
_SUPERSCRIPTS = str.maketrans("⁻⁺¹²³⁴⁵⁶", "-+123456")
_EXPONENT = re.compile(
    r"(?P<caret>\s?(?:\^|\*\*)\s?[{(]?\s?[-−–]?[1-6]\s?[})]?)"
    r"|(?P<flat>\s?−[1-6]|[-–][1-6]|[2-4])(?![0-9A-Za-z]|\.[0-9])"
    r"|(?P<raised>[⁻⁺]?[¹²³⁴⁵⁶])"
)
_DIGIT = re.compile(r"[1-6]")
_JOIN = re.compile(r"\s?(?P<over>/|per\s)\s?|\s?[·⋅∙*]\s?|\s(?=[^\W\d_])")
_PERCENTS = {"wt": "wt%", "w": "wt%", "vo": "vol%", "at": "at%", "mo": "mol%"}


def _special(text: str) -> Unit:
    """The unit of a spelling with blanks, dots or signs in it."""
    if "°" in text and len(text) > 1:
        return _TABLE[text[0] + text[-1]]
    if text.startswith("degree"):
        return _TABLE["°C"]
    if text.endswith(("%", "cent")):
        return _TABLE[_PERCENTS.get(text[:2].rstrip(".% "), "%")]
    return _TABLE[text.replace("x", "×")]


def _symbol_at(text: str, position: int) -> tuple[Unit, int] | None:
    match = _SYMBOL.match(text, position)
    if match is None:
        return None
    if match["special"]:
        return _special(match[0]), match.end()
    unit = _TABLE.get(match[0])
    return None if unit is None else (unit, match.end())


def _exponent_at(text: str, position: int) -> tuple[int, int]:
    """(exponent, end) behind a symbol; (1, position) where none stands. "5 mm–3 mm" is a range, not mm to the -3."""
    match = _EXPONENT.match(text, position)
    if match is None:
        return 1, position
    digits = match[0].translate(_SUPERSCRIPTS)
    negative = any(sign in digits for sign in "-−–")
    if match["flat"] and negative and "−" not in digits:
        following = _symbol_at(text, match.end() + (text[match.end() : match.end() + 1] == " "))
        if following and _exponent_at(text, following[1])[0] > 0:
            return 1, position
    power = int(_DIGIT.search(digits)[0])  # type: ignore[index]
    return -power if negative else power, match.end()


def _factor_at(text: str, position: int) -> tuple[Unit, int, int] | None:
    """(unit, exponent, end) of a symbol with its exponent."""
    found = _symbol_at(text, position)
    if found is None:
        return None
    unit, end = found
    if len(unit.dimensions) == 1 and unit.dimensions[0][0] in _NO_EXPONENT:
        return unit, 1, end
    exponent, end = _exponent_at(text, end)
    return unit, exponent, end


def _next_factor(text: str, position: int) -> tuple[Unit, int] | None:
    """The next factor of a compound unit ("m s−1", "mg/kg", "W·h"); behind a blank only with a negative exponent."""
    join = _JOIN.match(text, position)
    found = _factor_at(text, join.end()) if join else None
    if join is None or found is None:
        return None
    unit, exponent, end = found
    if join["over"]:
        return (_power(unit, -exponent), end) if exponent > 0 else None
    if join[0] == " " and exponent > 0:
        return None
    return _power(unit, exponent), end


def parse_unit(text: str, position: int) -> tuple[Unit, int, bool] | None:
    """The unit behind a number that ends at position: (unit, its end, sure), None where none stands.

    sure is False where the letters touch the number and may as well be a name ("13C", "3d").
    """
    start = position
    if text[position : position + 1] in (" ", "-", "‐", "‑"):
        start += 1
    found = _factor_at(text, start)
    if found is None:
        return None
    unit, exponent, end = found
    sure = start > position or end - start > 1 or text[start] not in _NAMES_WHEN_GLUED
    unit = _power(unit, exponent)
    while following := _next_factor(text, end):
        unit, end = _times(unit, following[0]), following[1]
    return unit, end, sure
