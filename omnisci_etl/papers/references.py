"""The grammar of references in text: to figures, tables, sections, equations, other works, citations and addresses.

Figures have a grammar of their own (figure_references); whoever asks what a text points at asks here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

from omnisci_etl.papers.figure_references import UNIT, Reference, find_lists
from omnisci_etl.papers.letter_runs import letter_runs, words

Kind = Literal[
    "figure", "panel", "table", "equation", "section", "statement",
    "bibliography", "supplement", "work", "citation", "address",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pointer:
    """text[start:end] points at something.

    items: what follows the noun ("2a,b", "1–3"), "" where there is no noun. supplement: it lies in the supplement.
    figures: the paper's own figures among those named, none where they are another work's. dated: with the work's year.
    """

    kind: Kind
    start: int
    end: int
    items: str = ""
    supplement: bool = False
    figures: tuple[Reference, ...] = ()
    dated: bool = False


_NOUNS: dict[str, Kind] = {
    **dict.fromkeys(("panel", "subpanel"), "panel"),
    **dict.fromkeys(("table", "tab"), "table"),
    **dict.fromkeys(("ref", "reference"), "bibliography"),
    **dict.fromkeys(("eq", "eqn", "equation"), "equation"),
    **dict.fromkeys(("section", "sec", "chapter", "appendix", "scheme", "movie", "video", "algorithm"), "section"),
    **dict.fromkeys(("note", "data", "data set", "dataset", "§"), "section"),
    **dict.fromkeys(("theorem", "lemma"), "statement"),
}
_ONLY_IN_SUPPLEMENTS = frozenset({"note", "data", "data set", "dataset"})

# Patterns that run over whole articles start with a literal or a set of characters, to which the engine skips; with a
# leading \b, an alternation of words or IGNORECASE it cannot.
_SECTION_SIGN = re.compile(r"§\s?(?=[0-9A-Z])")
_NOUN_WORDS = words(" ".join(f"{noun} {noun}s" for noun in _NOUNS if noun.isalpha()))
_SUPPLEMENT = re.compile(r"\b(?:supplementary|supplemental|suppl?\.?|supporting|extended\sdata)\s$", re.IGNORECASE)
_LONGEST_SUPPLEMENT = 15
# The supplement named by a part of it, without a number.
_PART = re.compile(
    r"[SsE](?<![^\W_].)(?:upplementa(?:ry|l)|uppl?\.|upporting|xtended\s[Dd]ata)\s(?:[Oo]nline\s)?"
    r"(?:[Tt]ables?|[Nn]otes?|[Mm]ovies?|[Vv]ideos?|[Dd]ata(?:\s?[Ss]ets?)?|[Mm]ethods?|[Tt]exts?|[Ss]ections?"
    r"|[Ii]nformation|[Mm]aterials?|[Dd]iscussion|[Ff]iles?|[Aa]ppendix|[Ss]chemes?)\b(?:\s?S?[0-9]{1,3}(?![^\W_]))?"
)
_PART_HINTS = ("uppl", "upporting", "xtended")

_NUMBER = r"(?:(?:S-?|[A-Z]\.)?[0-9]{1,3}(?:\.[0-9]{1,2})?|[A-Z][0-9]{1,2})"
_LETTER = r"(?:[a-zA-Z](?![^\W_])|\([a-zA-Z]\))"
_LIST = r"(?:,\s?and\b|,\s?or\b|\band\b|\bor\b|&|,|;)"
_TO = r"(?:[-–—−]|\bto\b)"
_ITEM = re.compile(rf"{_NUMBER}(?:{_LETTER}|\s{_LETTER}(?!\s[a-z]))?(?![^\W_])")
_ITEMS: dict[Kind, re.Pattern[str]] = {
    "equation": re.compile(rf"\({_NUMBER}[a-z]?\)"),
    "panel": re.compile(rf"{_LETTER}|[ivxIVX]{{2,4}}\b"),
    "table": re.compile(r"[IVX]{1,4}\b"),
    "section": re.compile(r"[A-Z]\b"),
    "bibliography": re.compile(r"\[[0-9][0-9, –-]{0,60}\]"),
}
# What surely goes on with a list: the end of a range, a number with a letter, behind a letter another one. A bare
# number does only after a plural ("Tables 2 and 3") and within the supplement: after a singular, and with a unit behind
# it, it starts a statement of its own. A lone "a" between words is the article.
_MORE = re.compile(
    rf"\s?{_TO}\s?(?:{_NUMBER}{_LETTER}?(?![^\W_])|{_LETTER}|\({_NUMBER}[a-z]?\))"
    rf"|\s?{_LIST}\s?(?:{_NUMBER}{_LETTER}|\({_NUMBER}[a-z]?\))"
    rf"|(?<=[A-Za-z)])\s?{_LIST}\s?(?:{_LETTER}(?<!\sa)(?!\s?[=<>≤≥±×])|a(?=\)|[,;]\s?[a-z]\b|\s?[-–]))"
)
_MORE_NUMBER = re.compile(rf"\s?{_LIST}\s?S?[0-9]{{1,3}}(?![^\W_]|\.[0-9])")
_AND_NUMBER = re.compile(r"\s?(?:\band\b|&)\s?S?[0-9]{1,3}(?![^\W_]|\.[0-9])")
_GLUED_NUMBER = re.compile(r"[,–-][0-9]{1,3}(?![^\W_]|\.[0-9])")
_MAX_ITEMS = 40

_PARTICLES = r"(?:(?:[Dd]e|[Dd]el|[Dd]er|[Dd]en|[Dd]i|[Ll]a|[Ll]e|[Vv]an|[Vv]on)\s){0,3}"
_NO_NAMES = r"(?!Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Spring|Summer|Autumn|Winter)"
_NAME = rf"{_NO_NAMES}{_PARTICLES}[A-Z][\w'’-]{{1,30}}"
_YEAR = r"(?:19|20)[0-9]{2}[a-z]?"
_ET_AL = re.compile(rf"et al\.?(?P<dated>,?\s?(?:[(\[]{_YEAR}[)\]]|{_YEAR}))?")
_NAME_BEFORE = re.compile(rf"(?<![^\W_]){_NAME}\s$")
_LONGEST_NAMES = 80
# "(Smith, 2019; Jones & Doe 2020)"; a name in capitals without a comma is a program's or a model's ("(SIRIUS 2015)").
_AUTHOR_YEAR = re.compile(
    rf"[(;]\s?(?:(?:see|cf\.|e\.g\.,?)\s)?"
    rf"(?P<work>{_NAME}(?:(?:,?\s(?:and|&)\s{_NAME})?,|\s(?:and|&)\s{_NAME}|(?<=[a-z]))\s{_YEAR})(?=[);,])"
)
_BRACKETED_YEAR = re.compile(rf"[(\[]{_YEAR}[)\]]")
_AUTHORS_BEFORE = re.compile(rf"(?<![^\W_]){_NAME}\s(?:(?:and|&)\s{_NAME}\s)?$")
_CITATION = re.compile(
    r"\[[1-9][0-9]{0,3}(?:\s?[,;–-]\s?[1-9][0-9]{0,3}){0,40}\](?!\s(?:direction|ax[ie]s|zone|plane|orientation|facet|projection))"
)
_INTERVAL = re.compile(r"(?:\b(?:in|range|interval|between|from|over|within|of|by)|[=∈×±<>≤≥])\s*$")
# A mark that the sentence needs: "as shown in [12]". Raised marks that follow a word directly come this way too.
_NEEDED = re.compile(r"\b(?:(?:in|of|from)\s?|(?:by|with|than|to)\s)$")
_PATH = r"[^\s<>()]+(?:\([^\s<>()]*\)[^\s<>()]*){0,5}"
_ADDRESS = re.compile(
    rf"[hwdD1](?<![^\W_].)(?:ttps?://{_PATH}|ww\.{_PATH}|(?:oi|OI):\s?{_PATH}|0\.[0-9]{{4,9}}/{_PATH})"
)


def find_pointers(text: str) -> list[Pointer]:
    """Everything that the text points at, by position, no two overlapping (of two that do, the earlier stands)."""
    return list(_pointers(text))


@lru_cache(maxsize=512)
def _pointers(text: str) -> tuple[Pointer, ...]:
    """Remembered, because whoever judges a text asks this several times."""
    found = [*_figures(text), *_objects(text), *_works(text), *_marks(text)]
    kept: list[Pointer] = []
    for pointer in sorted(found, key=lambda p: (p.start, -p.end)):
        if not kept or pointer.start >= kept[-1].end:
            kept.append(pointer)
    return tuple(kept)


def _figures(text: str) -> Iterator[Pointer]:
    for found in find_lists(text):
        items = text[found.items : found.end]
        yield Pointer("figure", found.start, found.end, items, found.supplement, found.references)


def _objects(text: str) -> Iterator[Pointer]:
    for word in _NOUN_WORDS.intersection(letter_runs(text)):
        yield from filter(None, (_object_at(text, match) for match in _noun(word.decode()).finditer(text)))
    if "§" in text:
        yield from filter(None, (_object_at(text, match) for match in _SECTION_SIGN.finditer(text)))
    if any(hint in text for hint in _PART_HINTS):
        for match in _PART.finditer(text):
            yield Pointer("supplement", match.start(), match.end(), supplement=True)


@cache
def _noun(word: str) -> re.Pattern[str]:
    """The word with a small or a large first letter, or all in large ones, where an item follows."""
    first, rest = f"[{word[0].upper()}{word[0]}]", word[1:]
    sets = "(?: ?sets?)?" if word == "data" else ""
    return re.compile(
        rf"{first}(?<![^\W_].)(?:{rest}{sets}|{rest.upper()})(?:\b\.?\s?|(?=[0-9]))"
        r"(?=[(\[]?(?:S|[A-Z]\.?)?[0-9]|\(?(?:[A-Za-z]|[ivxIVX]{2,4})\b)"
    )


def _object_at(text: str, match: re.Match[str]) -> Pointer | None:
    noun = match[0].rstrip(" .\t\n").lower()
    plural = noun.endswith(("s", "§"))
    noun = noun.removesuffix("s")
    kind = _NOUNS.get(noun)
    if kind is None:
        return None
    item = _ITEM.match(text, match.end()) or (_ITEMS[kind].match(text, match.end()) if kind in _ITEMS else None)
    supplement = _SUPPLEMENT.search(text, max(0, match.start() - _LONGEST_SUPPLEMENT), match.start())
    if item is None or (noun in _ONLY_IN_SUPPLEMENTS and supplement is None):
        return None
    number = _MORE_NUMBER if plural else _AND_NUMBER if supplement else _GLUED_NUMBER
    end = _end_of_list(text, item.end(), number)
    start = supplement.start() if supplement else match.start()
    return Pointer(kind, start, end, text[item.start() : end], supplement is not None)


def _end_of_list(text: str, end: int, number: re.Pattern[str]) -> int:
    """Where a list ends that may go on with a bare number of this pattern."""
    for _ in range(_MAX_ITEMS):
        more = _MORE.match(text, end)
        if more is None:
            more = number.match(text, end)
            more = None if more and UNIT.match(text, more.end()) else more
        if more is None:
            break
        end = more.end()
    return end


def _works(text: str) -> Iterator[Pointer]:
    for match in _ET_AL.finditer(text):
        name = _NAME_BEFORE.search(text, max(0, match.start() - _LONGEST_NAMES), match.start())
        if name or match["dated"]:
            start = name.start() if name else match.start()
            yield Pointer("work", start, match.end(), dated=bool(match["dated"]))
    if "19" not in text and "20" not in text:
        return
    for match in _AUTHOR_YEAR.finditer(text):
        yield Pointer("work", match.start("work"), match.end("work"), dated=True)
    for match in _BRACKETED_YEAR.finditer(text):
        names = _AUTHORS_BEFORE.search(text, max(0, match.start() - _LONGEST_NAMES), match.start())
        if names:
            yield Pointer("work", names.start(), match.end(), dated=True)


def _marks(text: str) -> Iterator[Pointer]:
    for match in _ADDRESS.finditer(text):
        length = len(match[0].rstrip(".,;:"))
        yield Pointer("address", match.start(), match.start() + length)
    for match in _CITATION.finditer(text):
        floor = max(0, match.start() - 12)
        if match[0].count(",") == 1 and _INTERVAL.search(text, floor, match.start()):
            continue
        needed = _NEEDED.search(text, floor, match.start())
        yield Pointer("bibliography" if needed else "citation", match.start(), match.end())
