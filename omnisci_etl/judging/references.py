"""Places in a text that point at something outside it, as the scorers count them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from omnisci_etl.papers.references import Kind as PointerKind
from omnisci_etl.papers.references import Pointer, find_pointers

Kind = Literal["figure", "table", "section", "panel", "bibliography", "citation", "address"]

# The supplement without a number is a matter of words, which the scorer of self-contained captions looks for itself.
_KINDS: dict[PointerKind, Kind] = {
    "figure": "figure",
    "panel": "panel",
    "table": "table",
    "equation": "section",
    "section": "section",
    "statement": "section",
    "bibliography": "bibliography",
    "work": "citation",
    "citation": "citation",
    "address": "address",
}
_FIGURE_NUMBER = re.compile(r"(?:S|[A-Z]\.)?[0-9]{1,3}(?:\.[0-9]{1,2})?|[A-Z][0-9]{1,2}")
_DIGITS = re.compile(r"[0-9]{1,4}")
_FEW = 3
_OPENED = re.compile(r"\((?:see\s|cf\.\s|e\.g\.,?\s)?$")
_REST = re.compile(r"(?:[;,][^()]{0,200})?\)")


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


@lru_cache(maxsize=2048)
def find_references(text: str) -> tuple[Reference, ...]:
    """Every reference in the text, by position, no two overlapping (of two that do, the earlier stands).

    Remembered, because several scorers ask this of the same captions.
    """
    found: list[Reference] = []
    for pointer in find_pointers(text):
        reference = _counted(text, pointer)
        if reference is not None and (not found or reference.start >= found[-1].end):
            found.append(reference)
    return tuple(found)


def _counted(text: str, pointer: Pointer) -> Reference | None:
    """The pointer as a reference; the name of a work that has no year is none, nor are numbers in no order."""
    kind = _KINDS.get(pointer.kind)
    if kind is None or (pointer.kind == "work" and not pointer.dated):
        return None
    if kind == "citation" and not _is_ascending(text[pointer.start : pointer.end]):
        return None
    start, end = _citation(text, pointer) if pointer.kind == "work" else (pointer.start, pointer.end)
    return Reference(kind, start, end, pointer.supplement, pointer.items)


def _is_ascending(mark: str) -> bool:
    """Whether the numbers of a bracket rise, as those of works do: "[8, 5, 5]" is a vector."""
    numbers = [int(number) for number in _DIGITS.findall(mark)]
    return len(numbers) < _FEW or all(a < b for a, b in pairwise(numbers))


def _citation(text: str, pointer: Pointer) -> tuple[int, int]:
    """A bracket of works as a whole; of "Smith et al., 2019" what is no name."""
    et_al = text.find("et al", pointer.start, pointer.end)
    if et_al >= 0:
        closes = text[pointer.end : pointer.end + 1] in (")", "]") and text[pointer.end - 1].isalnum()
        return et_al, pointer.end + closes
    opened = _OPENED.search(text, max(0, pointer.start - 8), pointer.start)
    rest = _REST.match(text, pointer.end) if opened else None
    return (opened.start(), rest.end()) if opened and rest else (pointer.start, pointer.end)
