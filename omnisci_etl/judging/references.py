"""Places in a text that point at something outside it: figures, tables, equations, references, addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from omnisci_etl.judging.units import parse_unit

Kind = Literal["figure", "table", "section", "panel", "bibliography", "citation", "address"]

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("fig", "figure"), "figure"),
    **dict.fromkeys(("panel", "subpanel"), "panel"),
    **dict.fromkeys(("ref", "reference"), "bibliography"),
    "table": "table",
    **dict.fromkeys(("eq", "eqn", "equation", "section", "chapter", "appendix", "scheme", "movie", "video"), "section"),
    **dict.fromkeys(("algorithm", "theorem", "lemma", "note", "data", "data set"), "section"),
}
_ONLY_IN_SUPPLEMENTS = frozenset({"note", "data", "data set"})

# Patterns that run over the evidence start with a literal or a set of characters, to which the engine skips; it cannot
# with a leading \b, an alternation of words or IGNORECASE. What only looks alike ("cables 3") _KINDS sorts out.
_ENDINGS = (
    "igures?|igs?|ables?|quations?|qns?|qs?|eferences?|efs?|ections?|chemes?|ovies?|ideos?|lgorithms?|ppendix|heorems?"
    "|emmas?|anels?|ubpanels?|hapters?|otes?|ata(?: sets?)?"
)
_NOUN = re.compile(
    rf"[FTERSMVALPCNDftersmvalpcnd](?<![^\W_].)(?:{_ENDINGS}|{_ENDINGS.upper().replace('(?: SETS?)', '')})"
    r"\b\.?\s?(?=\(?(?:S|[A-Z]\.?)?[0-9]|\(?(?:[A-Za-z]|[ivxIVX]{2,4})\b)"
)
_SUPPLEMENT = re.compile(r"\b(?:supplementary|supplemental|suppl?\.?|extended\sdata)\s$", re.IGNORECASE)
_LONGEST_SUPPLEMENT = 15

_NUMBER = r"(?:(?:S|[A-Z]\.)?[0-9]{1,3}(?:\.[0-9]{1,2})?|[A-Z][0-9]{1,2})"
_LETTER = r"(?:[a-zA-Z](?![^\W_])|\([a-zA-Z]\))"
_LIST = r"(?:,\s?and\b|,\s?or\b|\band\b|\bor\b|&|,|;)"
_TO = r"(?:[-–—−]|\bto\b)"
_ITEM = re.compile(rf"{_NUMBER}(?:{_LETTER}|\s{_LETTER}(?!\s[a-z]))?(?![^\W_])")
_EQUATION_ITEM = re.compile(rf"\({_NUMBER}[a-z]?\)")
_PANEL_ITEM = re.compile(rf"{_LETTER}|[ivxIVX]{{2,4}}\b")
# What surely goes on with a list: the end of a range, a number with a letter, a panel letter. A bare number does only
# after a plural ("Figs. 2 and 3"): after a singular, and with a unit behind it, it starts a statement of its own.
# A lone "a" between words is the article.
_MORE = re.compile(
    rf"\s?{_TO}\s?(?:{_NUMBER}{_LETTER}?(?![^\W_])|{_LETTER})"
    rf"|\s?{_LIST}\s?(?:{_NUMBER}{_LETTER}|{_LETTER}(?<!\sa)|a(?=\)|[,;]\s?[a-z]\b|\s?[-–]))"
)
_MORE_NUMBER = re.compile(rf"\s?{_LIST}\s?S?[0-9]{{1,3}}(?![^\W_]|\.[0-9])")
_MAX_ITEMS = 40

_BRACKETS = re.compile(r"\[[1-9][0-9]{0,3}(?:\s?[,;–-]\s?[1-9][0-9]{0,3}){0,40}\]")
_YEAR = r"(?:19|20)[0-9]{2}[a-z]?"
_NOT_A_NAME = r"(?!Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Spring|Summer|Autumn|Winter)"
_NAME = rf"{_NOT_A_NAME}[A-Z][^\W\d_]{{1,30}}(?:-[A-Z][^\W\d_]{{1,30}})?"
_ET_AL = re.compile(rf"et al\.?,?\s?[(\[]?{_YEAR}[)\]]?")
_AUTHOR_YEAR = re.compile(
    rf"\((?:see\s|cf\.\s|e\.g\.,?\s)?{_NAME}(?:,|\s(?:and|&)\s{_NAME},?)\s{_YEAR}(?:[;,][^()]{{0,200}})?\)"
)
_ADDRESS = re.compile(r"[hwdD1](?<![^\W_].)(?:ttps?://\S+|ww\.\S+|(?:oi|OI):\s?\S+|0\.[0-9]{4,9}/\S+)")
_FIGURE_NUMBER = re.compile(_NUMBER)


@dataclass(frozen=True, slots=True)
class Reference:
    """text[start:end] points at something outside the text.

    supplement: it lies in the supplement. items: what follows the noun ("2a,b", "1–3"), "" for addresses and citations.
    """

    kind: Kind
    start: int
    end: int
    supplement: bool = False
    items: str = ""

    @property
    def numbers(self) -> frozenset[str]:
        """The numbers that it names, without panel letters: "2a,b" gives {"2"}, "1–3" gives {"1", "3"}."""
        return frozenset(_FIGURE_NUMBER.findall(self.items))


def _end_of_list(text: str, end: int, plural: bool) -> int:
    for _ in range(_MAX_ITEMS):
        more = _MORE.match(text, end)
        if more is None and plural:
            more = _MORE_NUMBER.match(text, end)
            more = None if more and parse_unit(text, more.end()) else more
        if more is None:
            break
        end = more.end()
    return end


def _object_at(text: str, match: re.Match[str]) -> Reference | None:
    noun = match[0].rstrip(" .").lower()
    plural = noun.endswith("s")
    noun = noun.removesuffix("s")
    kind = _KINDS.get(noun)
    other = _PANEL_ITEM if kind == "panel" else _EQUATION_ITEM if noun.startswith("eq") else None
    item = _ITEM.match(text, match.end()) or (other.match(text, match.end()) if other else None)
    supplement = _SUPPLEMENT.search(text, max(0, match.start() - _LONGEST_SUPPLEMENT), match.start())
    if kind is None or item is None or (noun in _ONLY_IN_SUPPLEMENTS and supplement is None):
        return None
    end = _end_of_list(text, item.end(), plural)
    start = supplement.start() if supplement else match.start()
    return Reference(kind, start, end, supplement is not None, text[item.start() : end])


def _objects(text: str) -> Iterator[Reference]:
    for match in _NOUN.finditer(text):
        reference = _object_at(text, match)
        if reference is not None:
            yield reference


def _marks(text: str) -> Iterator[Reference]:
    for match in _ADDRESS.finditer(text):
        yield Reference("address", match.start(), match.end())
    for pattern in (_BRACKETS, _ET_AL, _AUTHOR_YEAR):
        for match in pattern.finditer(text):
            yield Reference("citation", match.start(), match.end())


def find_references(text: str) -> list[Reference]:
    """Every reference in the text, by position, no two overlapping (of two that do, the earlier stands)."""
    found: list[Reference] = []
    for reference in sorted([*_objects(text), *_marks(text)], key=lambda r: (r.start, -r.end)):
        if not found or reference.start >= found[-1].end:
            found.append(reference)
    return found
