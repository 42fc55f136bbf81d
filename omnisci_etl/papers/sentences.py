"""Where sentences begin and end."""

from __future__ import annotations

import re
from collections.abc import Iterator

# Between the stop and the blank may stand the mark of a citation, raised ("fell.12 The") or not ("fell.[3–5] The").
_RAISED = r"\d{1,3}(?:[,–-]\d{1,3}){0,40}"
_BRACKETED = r"\[\d{1,3}(?:\s?[,–-]\s?\d{1,3}){0,40}\]"
_BOUNDARY = re.compile(rf"[.!?][)\]\"”’']*(?:{_RAISED}|{_BRACKETED})?\s+(?=[\"“‘'(\[]?[^\W_a-z])")
_ABBREVIATIONS = (
    "et al", "fig", "figs", "ref", "refs", "eq", "eqs", "eqn", "eqns", "tab", "tabs", "sec", "secs", "sect", "no",
    "nos", "vol", "vs", "cf", "ca", "approx", "supp", "suppl", "ext", "e.g", "i.e", "resp", "dr", "prof", "mr", "mrs",
    "ms", "st", "inc", "ltd", "co", "corp", "sp", "spp", "ver", "dept", "univ",
)  # fmt: skip
_LONGEST_ABBREVIATION = max(map(len, _ABBREVIATIONS))
# Far fewer words end so than are looked at.
_ENDINGS = frozenset(one[-2:] for one in _ABBREVIATIONS)
_LONGEST_END = 40
_STEP = 240
_MAX_SENTENCE = 4_000


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """The (start, end) of each sentence; abbreviations such as "Fig.", "et al." and initials do not end one."""
    start = 0
    for end, following in _boundaries(text, 0, len(text)):
        yield start, end
        start = following
    if start < len(text):
        yield start, len(text)


def sentence_at(text: str, position: int) -> str:
    """The sentence that holds the character at position, no more than a few thousand characters of it."""
    limit = min(len(text), position + _MAX_SENTENCE)
    found = _BOUNDARY.finditer(text, max(0, position - _LONGEST_END), limit)
    for boundary in found:
        if boundary.end() > position and (end := _end(boundary)) > position and not _goes_on(text, boundary.start()):
            limit = end
            break
    return text[_start(text, position) : limit]


def _start(text: str, position: int) -> int:
    """Where the sentence begins, looked for in growing steps back from the position."""
    step = _STEP
    while step < min(position, _MAX_SENTENCE):
        found = _last(text, position - step, position)
        if found:
            return found
        step *= 2
    return _last(text, max(0, position - _MAX_SENTENCE), position) or max(0, position - _MAX_SENTENCE)


def _last(text: str, floor: int, position: int) -> int:
    for boundary in reversed(list(_BOUNDARY.finditer(text, floor, position + _LONGEST_END))):
        if (boundary.end() <= position or _end(boundary) <= position) and not _goes_on(text, boundary.start()):
            return boundary.end()
    return 0


def _boundaries(text: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """(end of a sentence, start of the next) for each boundary in text[start:stop]."""
    for boundary in _BOUNDARY.finditer(text, start, stop):
        if not _goes_on(text, boundary.start()):
            yield _end(boundary), boundary.end()


def _end(boundary: re.Match[str]) -> int:
    """Where the sentence before the boundary ends, without the blanks after it."""
    return boundary.start() + len(boundary[0].rstrip())


def _goes_on(text: str, at: int) -> bool:
    """Whether what stands there is a full stop that ends an abbreviation or stands in a decimal number."""
    if text[at] != ".":
        return False
    before = text[at - 1 : at]
    if before.isdigit():
        return text[at + 1 : at + 2].isdigit()
    if before.isupper() and not text[at - 2 : at - 1].isalnum():
        return before.isascii()
    return text[at - 2 : at].lower() in _ENDINGS and _abbreviated(text[max(0, at - _LONGEST_ABBREVIATION - 1) : at])


def _abbreviated(before: str) -> bool:
    """Whether the text ends in an abbreviation that is a word of its own."""
    before = before.lower()
    if not before.endswith(_ABBREVIATIONS):
        return False
    for one in _ABBREVIATIONS:
        if before.endswith(one):
            ahead = before[-len(one) - 1 : -len(one)]
            if not (ahead.isalnum() or ahead == "_"):
                return True
    return False
