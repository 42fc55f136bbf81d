"""Names in running text, told by their shape and by short word lists: no model of language takes part.

Names are acronyms, symbols of genes and proteins, chemical formulae, codes (HEK293T, ResNet-50), words with a capital
that are not written small elsewhere, species, organisms, elements, methods, and rare technical words. Numbers, units,
labels of panels, single letters and the words of pictures are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import Literal, NamedTuple

from omnisci_etl.judging.terms import RARE, WORD, level, plain_stems, stem, vocabulary
from omnisci_etl.judging.units import parse_unit

Kind = Literal[
    "code", "acronym", "formula", "capital", "place", "species", "organism", "element", "substance", "method", "term",
    "gloss",
]  # fmt: skip

# What a name takes off that nothing grounds: one clear name fails a caption, one slight one does not.
CLEAR, HALF, SLIGHT = 0.5, 0.4, 0.25

_SAME = dict(zip("₀₁₂₃₄₅₆₇₈₉⁰¹²³⁴⁵⁶⁷⁸⁹", "01234567890123456789", strict=True))
_SAME |= dict.fromkeys("‐‑‒–−⁻", "-") | {"’": "'"} | dict.fromkeys("\u00a0\u2009\u202f", " ")
_VARIANT = re.compile(f"[{''.join(_SAME)}]")

_TOKEN = re.compile(r"[^\W_](?:\w|[-'](?=[^\W_])|(?<=[0-9])\.(?=[0-9]))*")
_CONTRACTED = re.compile(r"[a-z]+'[a-z]{1,2}")
_POSSESSIVE = re.compile(r"'s?$")
_ELEMENT = "|".join(sorted(vocabulary()["elements"], key=len, reverse=True))
_FORMULA = re.compile(rf"(?:(?:{_ELEMENT})[0-9]{{0,3}}){{2,8}}|(?:{_ELEMENT})[0-9]{{1,2}}")
_ROMAN = re.compile(r"[IVX]{1,5}[a-c]?|[ivx]{1,5}")
_POWER = re.compile(r"[^\W\d_]{1,4}-[1-9]")
_SIGN_NUMBER = re.compile(r"[A-Z]{1,3}-[0-9]{1,3}")
_NOTED = re.compile(r"(?P<word>[a-z]{4,})[0-9]{1,3}")
_COUNTED = re.compile(r"[0-9.]+(?:st|nd|rd|th|s|x|X|k|K|M)?")
_LEADING_NUMBER = re.compile(r"[0-9][0-9.,-]*")
_VARIABLE = re.compile(r"[A-Za-z\u0370-\u03ff]'?[0-9]?|[a-oq-z][0-9]{2}")
_GREEK = re.compile(r"[\u0370-\u03ff]")
_SPECIES = re.compile(r"[A-Z](?<![\w.].)\. ?(?P<epithet>[a-z]{4,16})(?![\w-])")
_POINTS_AT = re.compile(
    r"(?:figs?\.?|figures?|tables?|tab\.|eqs?\.?|equations?|panels?|sections?|sec\.|refs?\.?|rows?|columns?|schemes?|appendix"
    r"|notes?|movies?|videos?|steps?|stages?|phases?|types?|groups?|classes|class|labels?|points?)$",
    re.IGNORECASE,
)
_LONGEST_POINTER = 12
_OPENS = frozenset(".!?:;([{“\"‘'•|\n/–-")
# Endings of methods; and of compounds, drugs, enzymes, diseases and materials.
_METHOD = re.compile(r"[a-z]{3,}(?:metry|metric|scop(?:y|ic)|graphy|phoresis|omics|blot(?:s|ting)?|assays?)")
_TECHNICAL = re.compile(
    r"[a-z]{3,}(?:ases?|enes?|anes?|ynes?|[aeiou]nines?|amines?|idines?|ides?|oses?|ols?|mabs?|nibs?|mycins?|cillins?|azoles?|statins?|ites?"
    r"|oids?|itis|emia|omas?|osis|virus(?:es)?|globulins?|peptides?|proteins?|receptors?|glycans?|lectins?|tenins?|kines?|sterols?|ones?)"
)
_COMMON = 2
# Words with such endings are built from others: capitals do not make names of them.
_DERIVED = re.compile(r".{3,}(?:ing|ed|ness|ment|tion|sion|ive|ous|able|ful|less|ally|ical|ity|ized|ised)s?")
_LONG_TERM = 7
_COMMON_ENDINGS = ("fold", "wise", "like", "shaped", "sized", "coded")


class Name(NamedTuple):
    """text[start:end], what kind of name it is, and what it takes off where nothing grounds it."""

    text: str
    start: int
    end: int
    kind: Kind
    weight: float


_Shape = tuple[Kind, float]


@cache
def _lists() -> Mapping[str, frozenset[str]]:
    """The short lists, as sets of words."""
    words = vocabulary()
    elements = {name for names in words["elements"].values() for name in names.split()}
    return {
        "acronyms": frozenset(words["acronyms"].split()),
        "eponyms": frozenset(words["eponyms"].casefold().split()),
        "places": frozenset(words["places"].split()),
        "no-methods": frozenset(words["no-methods"].split()),
        "organisms": frozenset(word for group in words["organisms"] for word in group.partition("|")[0].split()),
        "substances": frozenset(words["substances"].replace("/", " ").split()),
        "elements": frozenset(name for name in elements - {"lead", "mercury", "tin"} if not _visual(name)),
    }


def _visual(word: str) -> bool:
    return level(stem(word)) == 0


@cache
def _methods() -> Mapping[str, tuple[str, ...]]:
    """The names of methods by their first word."""
    found: dict[str, tuple[str, ...]] = {}
    for name in vocabulary()["methods"]:
        first = _first(name)
        found[first] = (*found.get(first, ()), name)
    return found


def _first(name: str) -> str:
    match = _TOKEN.match(name)
    return match[0] if match else name


@lru_cache(maxsize=1024)
def normalised(text: str) -> str:
    """The text with raised and lowered digits, dashes and blanks as plain ones; as many characters as before."""
    return text if text.isascii() else _VARIANT.sub(lambda match: _SAME[match[0]], text)


@lru_cache(maxsize=65536)
def is_unit(token: str) -> bool:
    """Whether the whole token is a unit of measurement."""
    found = parse_unit(token, 0)
    return found is not None and found[1] == len(token)


@lru_cache(maxsize=65536)
def pieces(token: str) -> tuple[tuple[str, Kind, float], ...]:
    """The pieces of a token between hyphens that are names by themselves, with kind and weight.

    Where a number stands between hyphens (IL-17, ResNet-50) the token is one piece.
    """
    token = _POSSESSIVE.sub("", token)
    parts = token.split("-")
    if _POWER.fullmatch(token) and is_unit(parts[0]):
        return ()
    if len(parts) > 1 and any(part.isdigit() or _GREEK.fullmatch(part) for part in parts):
        return _numbered(token, parts)
    return tuple((part, *shape) for part in parts if (shape := _shape(part)))


def _numbered(token: str, parts: list[str]) -> tuple[tuple[str, Kind, float], ...]:
    """The one piece of a token with a number or a Greek letter between hyphens: IL-17 is not IL, TNF-α not TNF."""
    shapes = [shape for part in parts if (shape := _shape(part))]
    if shapes:
        kind, weight = max(shapes, key=lambda shape: shape[1])
        return ((token, kind, CLEAR if weight == HALF else weight),)
    return ((token, "code", SLIGHT),) if _SIGN_NUMBER.fullmatch(token) else ()


def _shape(part: str) -> _Shape | None:
    """Kind and weight of a word without hyphens; None of what is no name."""
    part = part.strip("_")
    if part.islower() and (part.isalpha() or _CONTRACTED.fullmatch(part)):
        return _small(part)
    if _COUNTED.fullmatch(part) or _ROMAN.fullmatch(part):
        return None
    if part in _lists()["acronyms"] or part.rstrip("s") in _lists()["acronyms"]:
        return "acronym", SLIGHT
    if part[0].isdigit():
        rest = _LEADING_NUMBER.sub("", part)
        return None if len(rest) < 2 or is_unit(rest) or rest.islower() else _shape(rest)
    if _VARIABLE.fullmatch(part):
        return ("code", SLIGHT) if len(part) > 1 else None
    return _marked(part)


def _marked(part: str) -> _Shape | None:
    """The shape of a word with capitals or digits in it."""
    if _FORMULA.fullmatch(part) and not part.isalpha():
        return "formula", CLEAR
    if part.isalpha() and part[0].isupper() and part[1:].islower():
        return _capital(part)
    if part.isalpha() and part.rstrip("s").isupper():
        if _visual(part) and len(part) > 3:
            return None
        return "acronym", CLEAR if len(part.rstrip("s")) > 2 else HALF
    noted = _NOTED.fullmatch(part)
    if is_unit(part) or not any(c.isalpha() for c in part) or (noted and stem(noted["word"]) in plain_stems()):
        return None
    return "code", CLEAR


def _capital(part: str) -> _Shape | None:
    """The shape of a word with a capital in front."""
    small = part.casefold()
    lists = _lists()
    if small in lists["places"]:
        return "place", CLEAR
    if small in lists["eponyms"]:
        return "capital", SLIGHT
    if len(part) == 2 and part in vocabulary()["elements"] and part not in ("As", "At", "Be", "He", "In", "No"):
        return "element", CLEAR
    if len(part) == 2 and _GREEK.fullmatch(part[1]):
        return "code", CLEAR
    if small in lists["organisms"] or small in lists["elements"] or small in lists["substances"]:
        return _small(small)
    if len(part) < 3 or stem(part) in plain_stems() or is_unit(part):
        return None
    return "capital", SLIGHT if _DERIVED.fullmatch(small) else CLEAR


def _small(word: str) -> _Shape | None:
    """The shape of a word in small letters."""
    lists = _lists()
    if word in lists["organisms"]:
        return "organism", CLEAR
    if word in lists["elements"]:
        return "element", CLEAR
    if word in lists["substances"]:
        return "substance", CLEAR
    if len(word) < _LONG_TERM or word.endswith(_COMMON_ENDINGS):
        return None
    if _METHOD.fullmatch(word):
        return None if word in lists["no-methods"] or _visual(word) else ("method", CLEAR)
    if level(stem(word)) != RARE:
        return None
    return "term", CLEAR if _TECHNICAL.fullmatch(word) else SLIGHT


def find_names(text: str) -> Iterator[Name]:
    """Every name of the text, by position but for species, which come first. The text is a normalised one."""
    taken = set()
    for match in _SPECIES.finditer(text) if ". " in text else ():
        if level(stem(match["epithet"])) > _COMMON:
            taken.add(match.start("epithet"))
            yield Name(match[0], match.start(), match.end(), "species", CLEAR)
    until = end = 0
    for token in _TOKEN.findall(text):
        # Nothing but tokens begins with a letter or digit, so the next place of these characters is the token's own.
        start = text.find(token, end)
        end = start + len(token)
        known = _known(token)
        if known is None or start < until:
            continue
        shapes, methods = known
        if methods and (name := _method_at(text, start, methods)):
            until = name.end
            yield name
        elif shapes and start not in taken and not _is_label(text, start, token):
            yield from _names(text, start, shapes)


@lru_cache(maxsize=65536)
def _known(token: str) -> tuple[tuple[tuple[str, Kind, float], ...], tuple[str, ...]] | None:
    """The pieces of a token that are names, and the methods that begin with it; None where there are neither."""
    shapes, methods = pieces(token), _methods().get(token if token.islower() else token.lower(), ())
    return (shapes, methods) if shapes or methods else None


def _names(text: str, start: int, shapes: tuple[tuple[str, Kind, float], ...]) -> Iterator[Name]:
    at = start
    for part, kind, weight in shapes:
        at = text.find(part, at)
        if kind == "capital" and weight == CLEAR and _opens_sentence(text, start):
            kind, weight = "gloss", SLIGHT
        yield Name(part, at, at + len(part), kind, weight)


def _method_at(text: str, start: int, names: tuple[str, ...]) -> Name | None:
    for name in names:
        end = start + len(name)
        end += text[end : end + 1] == "s"
        if text[start:end].lower().removesuffix("s") == name.removesuffix("s") and not text[end : end + 1].isalnum():
            return Name(text[start:end], start, end, "method", CLEAR)
    return None


def _opens_sentence(text: str, start: int) -> bool:
    """Whether a capital at start is that of a sentence, a bracket or a quotation."""
    before = text[max(0, start - 3) : start].rstrip()
    return not before or before[-1] in _OPENS or before[-1].isdigit() or start < 2


@lru_cache(maxsize=8192)
def _points(word: str) -> bool:
    """Whether a word in front of a label points at a figure, a panel or the like."""
    return _POINTS_AT.search(word) is not None


def _is_label(text: str, start: int, token: str) -> bool:
    """Whether the token is a unit behind a number, another unit or a bracket, or the number of a figure or panel."""
    before = text[max(0, start - _LONGEST_POINTER) : start]
    if len(token) <= 4 and _points(before.removesuffix("(").removesuffix(" ").rpartition(" ")[2]):
        return True
    return is_unit(token) and before.rstrip(" -")[-1:] in "0123456789([/·%"


def words_of(name: str) -> list[str]:
    """The words of a name of several, of three letters and more."""
    return WORD.findall(name)
