"""Places that a caption lists in an order: "From left to right: A, B and C", "Clockwise from top left: A, B, C, D".

Only an order whose list has a place for each thing names panels: two or three of them in a line, four around.
"""

from __future__ import annotations

import re
from itertools import pairwise

from omnisci_etl.figures.panel_words import STOPS, Place, before
from omnisci_etl.papers.sentences import sentences

_LINE = r"(?P<first>left|right|top|bottom)[\s‐‑-]to[\s‐‑-](?P<last>left|right|top|bottom)"
_AROUND = (
    r"(?P<turn>(?:(?:counter|anti)[\s-]?)?clockwise),?\sfrom\s(?:the\s)?"
    r"(?P<high>top|upper|bottom|lower)(?P<joint>[\s‐‑-])(?P<side>left|right)"
)
_ORDER = re.compile(
    rf"\b(?:from\s)?(?:{_LINE}|{_AROUND})(?:\s(?:panels?|plots?|columns?|rows?|images?|maps?|corner))?"
    r"(?:,?\s(?:(?:the\spanels\s)?(?:are|show|display|depict)s?(?:\sshown)?|we\s(?:show|plot|display)))?"
    r"(?P<mark>[:,]?)\s(?=\S)",
    re.I,
)
# What is told apart within one panel.
_WITHIN = re.compile(
    r"\b(?:lines?|curves?|peaks?|bars?|lanes?|bands?|traces?|tracks?|contours?|dots?|points?|symbols?|wells?|spectra|bubbles?"
    r"|arrows?|boxes|columns\sof|histograms?|series)\b[^.;:]*$",
    re.I,
)
_LONGEST_BEFORE = 60
_LONGEST_LIST = 1_500
_LONGEST_ITEM = 250
_SEPARATOR = re.compile(r"[()\[\]]|;\s(?:and\s)?|,\s(?:and\s)?|\sand\s")
_NO_ITEM = re.compile(r"(?:which|where|when|with|while|whereas|as|each|such|for|in|at|the\slatter)\b", re.I)
_RESPECTIVELY = re.compile(r",?\srespectively\b", re.I)
_OPPOSITE = {"left": "right", "right": "left", "top": "bottom", "bottom": "top", "upper": "lower", "lower": "upper"}
_FEWEST_WITHOUT_MARK = 3


def ordered(caption: str) -> list[Place]:
    """The places of the one list of the caption that tells them by their order; none where it has several."""
    found = [order for order in _ORDER.finditer(caption) if _introduces(caption, order)]
    if len(found) != 1:
        return []
    order = found[0]
    parts = _parted(caption, order.end(), _end(caption, order))
    if len(parts) < (2 if order["mark"] == ":" else _FEWEST_WITHOUT_MARK):
        return []
    labels = _around(order) if order["turn"] else _in_line(order, len(parts))
    if len(labels) != len(parts):
        return []
    starts = [(order.start(), order.end()), *[(last, first) for (_, last), (first, _) in pairwise(parts)]]
    return [Place(start, end, (label,)) for (start, end), label in zip(starts, labels, strict=True)]


def _introduces(caption: str, order: re.Match[str]) -> bool:
    if order["first"] and _OPPOSITE[order["first"].lower()] != order["last"].lower():
        return False
    if _WITHIN.search(caption, max(0, order.start() - _LONGEST_BEFORE), order.start()):
        return False
    return order["mark"] == ":" or before(caption, order.start()) in STOPS


def _end(caption: str, order: re.Match[str]) -> int:
    """Where the sentence of the list ends, without its full stop."""
    text = caption[order.start() : order.end() + _LONGEST_LIST]
    end = order.start() + next((last for _, last in sentences(text)), len(text))
    found = _RESPECTIVELY.search(caption, order.end(), end)
    return found.start() if found else end


def _parted(caption: str, start: int, end: int) -> list[tuple[int, int]]:
    """The things of a list, as (start, end); none where it is none."""
    marks = [mark for mark in _outside(caption, start, end)]
    kinds = {mark[0].strip() for mark in marks}
    if any(kind.startswith(";") for kind in kinds):
        marks = [mark for mark in marks if mark[0].startswith(";")]
    elif ", and" in kinds:
        marks = [mark for mark in marks if mark[0].startswith(",")]
    elif "and" in kinds:
        last = max(n for n, mark in enumerate(marks) if mark[0].strip() == "and")
        marks = [mark for n, mark in enumerate(marks) if n == last or mark[0].startswith(",")]
    else:
        return []
    starts = [start, *[mark.end() for mark in marks]]
    parts = list(zip(starts, [*[mark.start() for mark in marks], end], strict=True))
    fine = all(first < last <= first + _LONGEST_ITEM and not _NO_ITEM.match(caption, first) for first, last in parts)
    return parts if fine else []


def _outside(caption: str, start: int, end: int) -> list[re.Match[str]]:
    """What parts a list, outside brackets."""
    depth = 0
    found = []
    for mark in _SEPARATOR.finditer(caption, start, end):
        if mark[0] in "([":
            depth += 1
        elif mark[0] in ")]":
            depth = max(0, depth - 1)
        elif depth == 0:
            found.append(mark)
    return found


def _in_line(order: re.Match[str], count: int) -> list[str]:
    first, last = order["first"].capitalize(), order["last"].capitalize()
    return {2: [first, last], 3: [first, "Middle", last]}.get(count, [])


def _around(order: re.Match[str]) -> list[str]:
    """The corners in the order of a turn, in the words that the caption has for the first."""
    high, side = order["high"].lower(), order["side"].lower()
    corners = [(high, side), (high, _OPPOSITE[side]), (_OPPOSITE[high], _OPPOSITE[side]), (_OPPOSITE[high], side)]
    on_top, on_left = high in {"top", "upper"}, side == "left"
    if (on_top == on_left) != (order["turn"].lower() == "clockwise"):
        corners = [corners[0], *reversed(corners[1:])]
    return [f"{one.capitalize()}{order['joint']}{other}" for one, other in corners]
