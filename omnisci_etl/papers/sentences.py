"""Where sentences begin and end."""

from __future__ import annotations

import re
from collections.abc import Iterator

_BOUNDARY = re.compile(r"[.!?][)\]\"”’']*(?:\d{1,3}(?:[,–-]\d{1,3})*)?\s+(?=[\"“‘'(\[]?[^\W_a-z])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:figs?|refs?|eqs?|eqns?|tabs?|secs?|sect|no|nos|vol|vs|cf|ca|approx|suppl?|ext|e\.g|i\.e|et al|resp|dr"
    r"|prof|mrs?|ms|st|inc|ltd|co|corp|sp|spp|ver|dept|univ)|(?<![^\W_])(?-i:[A-Z]))$",
    re.I,
)
_LONGEST_ABBREVIATION = 12
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
    ends = _boundaries(text, max(0, position - _LONGEST_END), limit)
    return text[_start(text, position) : next((end for end, _ in ends if end > position), limit)]


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
    before = (start for end, start in _boundaries(text, floor, position + _LONGEST_END) if end <= position)
    return max(before, default=0)


def _boundaries(text: str, start: int, stop: int) -> Iterator[tuple[int, int]]:
    """(end of a sentence, start of the next) for each boundary in text[start:stop]."""
    for boundary in _BOUNDARY.finditer(text, start, stop):
        at = boundary.start()
        if text[at] == "." and _goes_on(text, at):
            continue
        blanks = len(boundary[0]) - len(boundary[0].rstrip())
        yield boundary.end() - blanks, boundary.end()


def _goes_on(text: str, at: int) -> bool:
    """Whether the full stop ends an abbreviation or stands in a decimal number."""
    if text[at - 1 : at].isdigit() and text[at + 1 : at + 2].isdigit():
        return True
    return _ABBREVIATION.search(text, max(0, at - _LONGEST_ABBREVIATION), at) is not None
