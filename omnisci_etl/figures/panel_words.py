"""Places of a figure that its caption names as panels: "Left: ...", "(top right)", "The upper panels show ...".

A panel that is only pointed at ("the line in the left panel") is named by nothing.
"""

from __future__ import annotations

import re
from typing import NamedTuple

STOPS = frozenset({"", ".", "!", "?"})
SEGMENT = frozenset("".join(STOPS) + ",;:(") | {""}

_ACROSS = r"(?:left|right|middle|cent(?:er|re)|central)"
_UPRIGHT = r"(?:top|upper|bottom|lower)"
_SIDE = (
    rf"(?:{_UPRIGHT}(?:-?most)?(?:[\s‐‑-]?{_ACROSS})?"
    rf"|{_ACROSS}(?:-?most)?(?:[\s‐‑-]?(?:{_UPRIGHT}|{_ACROSS}))?)\b"
)
_NOUNS = "rows?|columns?|images?|pictures?|diagrams?|graphs?|maps?|figures?"
_HAND = r"(?:[\s-]hand)?(?:\sside)?"
# Rows and columns that are counted: "second row", "first and third columns", "2nd row, left".
_ORDINAL = r"(?:first|second|third|fourth|fifth|last|1st|2nd|3rd|4th|5th)"
_COUNTED = re.compile(
    rf"(?P<which>{_ORDINAL}(?:(?:,\s(?:and\s)?|\sand\s){_ORDINAL}){{0,4}})\s(?P<noun>row|column|panel)s?\b"
    rf"(?:,?\s(?P<side>{_ACROSS}|{_UPRIGHT})(?=\s(?:panel|plot)s?\b))?",
    re.I,
)
_COUNTS = re.compile(r"\b(?:[Ff]irst|[Ss]econd|[Tt]hird|[Ff]ourth|[Ff]ifth|[Ll]ast|1st|2nd|3rd|[45]th)\b")
_EACH_COUNT = re.compile(_ORDINAL, re.I)
_FIRSTS = ("First", "1st")
_COUNTED_NOUNS = (" row", " column", " panel")
_NUMBER = r"(?:\s(?:two|three|four|five|six|\d)(?=\s))?"
_PART = rf"{_HAND}(?:{_NUMBER}\s(?:panels?|plots?|{_NOUNS}|col\.|sub-?plots?|half))?"
_SHOWS = (
    r"\s(?:is|are|was|shows?|displays?|depicts?|presents?|illustrates?|gives?|represents?|corresponds?|contains?|plots?"
    r"|compares?|reports?|has|have|indicates?|describes?|refers?|differ)\b|,?\srespectively\b"
)
# The first word of a place, in a form that is found fast.
_BEGINS = re.compile(
    r"[LlRrTtBbUuMmCc](?<![^\W_].)(?:eft|EFT|ight|IGHT|op|OP|ottom|OTTOM|pper|PPER|ower|OWER|iddle|IDDLE|ent(?:er|re|ral))"
)
_COUNTED_SHOWS = re.compile(rf"(?P<other>)(?!\sof\b)(?=(?P<verb>{_SHOWS})?)", re.I)
_SIDE_ALONE = re.compile(_SIDE, re.I)
_SIDES = re.compile(rf"{_SIDE}(?:(?:\s+and\s+|,\s+(?:and\s+)?|\s*&\s*){_SIDE}){{0,5}}", re.I)
_CORNER = re.compile(rf"{_UPRIGHT},\s{_ACROSS}", re.I)
_CLOSING = re.compile(rf"{_PART}(?:[,;]\s[^()\[\]]{{1,40}})?\s*[)\]]:?", re.I)
_HEADING = re.compile(rf"{_PART}(?::|\s?[|]|\.(?=\s(?-i:[^\W\d_a-z])))", re.I)
_COMMA = re.compile(rf"{_PART},(?=\s)(?!\s(?:and|or|but|the\s(?:left|right|top|bottom))\b)", re.I)
_HEADED = frozenset(".;:!?,)]”") | {""}
_PANEL = re.compile(
    rf"(?:\s\((?P<other>{_SIDE})\))?{_HAND}{_NUMBER}\s"
    rf"(?:(?:panels?|plots?)\b:?|(?:{_NOUNS})\b(?=\s(?:shows?|displays?|depicts?)\b))(?=(?P<verb>{_SHOWS})?)",
    re.I,
)
_ALONE = re.compile(r"\s(?:shows|displays|depicts|presents|illustrates)\b")
_PLACED = re.compile(r"(?:^|(?<=[.;!?,]\s)|(?<=,\sand\s))(?:on|at|in|to)\s(?:the\s)?$", re.I)
_PLACE_OF = re.compile(
    rf"{_HAND}(?:\s(?i:panels?|plots?|{_NOUNS})\b|(?=,|\s(?:is|are|we|the|an?|[A-Z0-9][\w-]*)\b))",
)
_TAIL = re.compile(rf"{_PART}\)", re.I)
_LONGEST_TAIL = 60
_ROW = re.compile(r"\b(?:row|column)\b", re.I)
_POINTS = re.compile(r"\b(?:in|of|from|to|on|with|by|at|near|along)\s+$")
_CLAUSE = re.compile(r"\b(?:while|whereas|and)\s+$")
_SHOWN = re.compile(r"\b(?:shown|displayed|plotted|presented|given|depicted|illustrated)\s(?:in|on)\s+$")
_IN_SENTENCE = re.compile(r"[^.;:!?]{0,120}")


class Place(NamedTuple):
    """caption[start:end] names places; closed: in brackets; shown, placed: only as where something is or is told.

    comma: at the head of a sentence with nothing but a comma behind.
    """

    start: int
    end: int
    labels: tuple[str, ...]
    closed: bool = False
    shown: bool = False
    placed: bool = False
    comma: bool = False


def before(caption: str, position: int) -> str:
    """The last character before position that is no blank, "" at the beginning."""
    while position and caption[position - 1].isspace():
        position -= 1
    return caption[position - 1 : position]


def places(caption: str) -> list[Place]:
    """The places that the caption names as panels, in order."""
    found: list[Place] = []
    seen = shown = -1
    for start in _beginnings(caption):
        sides = (_SIDES.match(caption, start) or _COUNTED.match(caption, start)) if start >= seen else None
        if sides is None:
            continue
        seen = sides.end()
        place = _closed(caption, sides) or _placed(caption, sides) or _heading(caption, sides)
        place = place or _tail(caption, sides) or _panel(caption, sides, shown) or _alone(caption, sides)
        place = place or _before_comma(caption, sides)
        if place:
            found.append(place)
            seen = max(seen, place.end)
            shown = place.end if place.shown else shown
    found = _without_repeats(_counted_from_first(caption, _with_commas(found)))
    heads = [place for place in found if not place.closed and not place.shown]
    if len(heads) > 1 and _repeat([place for place in found if place.closed]):
        return heads
    named = [place for place in found if not place.shown]
    return named if len(named) > 1 and all(place.closed for place in named) else found


def _beginnings(caption: str) -> list[int]:
    starts = [begins.start() for begins in _BEGINS.finditer(caption)]
    if "row" in caption or "olumn" in caption or "anel" in caption:
        starts = sorted([*starts, *[counts.start() for counts in _COUNTS.finditer(caption)]])
    return starts


def _counted_from_first(caption: str, places: list[Place]) -> list[Place]:
    """The places with the rows or columns that are counted only where all that the caption speaks of are told.

    Where panels are named by their sides too, rows and columns say of what is in these.
    """
    labels = {label for place in places for label in place.labels}
    counted = {label for label in labels if _COUNTS.match(label)}
    if not counted:
        return places
    spoken = {name for found in _COUNTED.finditer(caption) for name in _counted(found)} if len(counted) > 1 else set()
    fine = len(labels) - len(counted) < 2 and spoken and spoken <= counted and _begin_with_first(counted)
    if fine:
        return places
    kept = [place._replace(labels=tuple(label for label in place.labels if label not in counted)) for place in places]
    return [place for place in kept if place.labels]


def _begin_with_first(counted: set[str]) -> bool:
    """Whether of each kind, rows or columns or panels, there are several, the first one among them."""
    kinds = [{label for label in counted if noun in label} for noun in _COUNTED_NOUNS]
    return all(len(kind) > 1 and any(label.startswith(_FIRSTS) for label in kind) for kind in kinds if kind)


def _without_repeats(places: list[Place]) -> list[Place]:
    """The places without those that say more of what brackets named: "A (top), B (bottom). In the top panel, ..."."""
    named = {label for place in places if place.closed for label in place.labels}
    return [place for place in places if not ((place.placed or place.comma) and named.issuperset(place.labels))]


def _with_commas(places: list[Place]) -> list[Place]:
    """The places without a single one that only a comma follows: "Left, the first. Right, the last."."""
    commas = {label for place in places if place.comma for label in place.labels}
    return places if len(commas) > 1 else [place for place in places if not place.comma]


def _repeat(places: list[Place]) -> bool:
    """Whether a place is named again: "Top row: A (left), B (right). Bottom row: C (left), D (right)."."""
    labels = [label for place in places for label in place.labels]
    return len(labels) > len(set(labels))


def _place(sides: re.Match[str], start: int, end: int, *, closed: bool = False, shown: bool = False) -> Place:
    if sides.re is _SIDES and _CORNER.fullmatch(sides[0]):
        return Place(start, end, (_named(sides[0].replace(",", "")),), closed, shown)
    labels = dict.fromkeys(_counted(sides) if sides.re is _COUNTED else map(_named, _SIDE_ALONE.findall(sides[0])))
    return Place(start, end, tuple(labels), closed, shown)


def _named(side: str) -> str:
    return side.capitalize().replace("Central", "Center")


def _counted(counted: re.Match[str]) -> list[str]:
    tail = f" {counted['noun'].lower()}" + (f" {counted['side'].lower()}" if counted["side"] else "")
    return [f"{which.capitalize()}{tail}" for which in _EACH_COUNT.findall(counted["which"])]


def _closed(caption: str, sides: re.Match[str]) -> Place | None:
    """ "(left)", "[Top and bottom rows]", "(right; blue)" """
    if before(caption, sides.start()) not in ("(", "["):
        return None
    end = _CLOSING.match(caption, sides.end())
    start = max(caption.rfind("(", 0, sides.start()), caption.rfind("[", 0, sides.start()))
    return _place(sides, start, end.end(), closed=True) if end else None


def _placed(caption: str, sides: re.Match[str]) -> Place | None:
    """ "On the left, ...", "In the top panel the ..." """
    start = _PLACED.search(caption, max(0, sides.start() - 8), sides.start())
    end = _PLACE_OF.match(caption, sides.end()) if start else None
    return _place(sides, start.start(), end.end())._replace(placed=True) if start and end else None


def _heading(caption: str, sides: re.Match[str]) -> Place | None:
    """ "Left: ...", "Top row | ...", "Left. The ..." """
    end = _HEADING.match(caption, sides.end())
    if end is None:
        return None
    last = before(caption, sides.start())
    if end[0].endswith("."):
        return _place(sides, sides.start(), end.end()) if sides[0][0].isupper() and last in STOPS else None
    heads = last in _HEADED or caption.endswith(" and ", 0, sides.start())
    return _place(sides, sides.start(), end.end()) if heads else None


def _before_comma(caption: str, sides: re.Match[str]) -> Place | None:
    """ "Left, the first of them. Right, ..." """
    last = before(caption, sides.start())
    end = _COMMA.match(caption, sides.end()) if last == ";" or (last in STOPS and sides[0][0].isupper()) else None
    return _place(sides, sides.start(), end.end())._replace(comma=True) if end else None


def _panel(caption: str, sides: re.Match[str], shown: int) -> Place | None:
    """ "The left panel shows ...", "A is shown in the top panel, B in the lower panel"; shown: the end of the first."""
    end = (_COUNTED_SHOWS if sides.re is _COUNTED else _PANEL).match(caption, sides.end())
    if end is None or _is_of_row(caption, sides.start()):
        return None
    start = _with_article(caption, sides.start())
    shows = _SHOWN.search(caption, max(0, start - 20), start) is not None
    too = shown >= 0 and _IN_SENTENCE.fullmatch(caption, shown, start) is not None
    if not (shows or too or _says_something(caption, start, end)):
        return None
    place = _place(sides, start, end.end(), shown=shows or (too and not end["verb"]))
    other = (end["other"].capitalize(),) if end["other"] else ()
    return place._replace(labels=tuple(dict.fromkeys(place.labels + other)))


def _alone(caption: str, sides: re.Match[str]) -> Place | None:
    """ "The left shows ..." """
    start = _with_article(caption, sides.start())
    pointed_at = _POINTS.search(caption, max(0, start - 8), start)
    if start == sides.start() or pointed_at or not _ALONE.match(caption, sides.end()):
        return None
    return _place(sides, start, sides.end())


def _tail(caption: str, sides: re.Match[str]) -> Place | None:
    """ "the mass (in grams; left) and the size (in m; right)" """
    start = sides.start()
    end = _TAIL.match(caption, sides.end()) if caption[max(0, start - 2) : start] in (", ", "; ") else None
    opening = _opening(caption, start) if end else -1
    if end is None or opening < 0 or _is_of_row(caption, start):
        return None
    return _place(sides, opening, end.end(), closed=True)


def _is_of_row(caption: str, start: int) -> bool:
    """Whether a bracket tells the row before the side: "(second row, left panel)"; the side alone names no panel."""
    if caption[max(0, start - 2) : start] not in (", ", "; "):
        return False
    opening = _opening(caption, start)
    return opening >= 0 and _ROW.search(caption, opening, start) is not None


def _opening(caption: str, position: int) -> int:
    """Where the bracket opens that is open at a position; -1 where none is, or far away."""
    depth = 0
    for place in range(position - 1, max(-1, position - _LONGEST_TAIL), -1):
        if caption[place] == ")":
            depth += 1
        elif caption[place] == "(":
            if depth == 0:
                return place
            depth -= 1
    return -1


def _with_article(caption: str, start: int) -> int:
    return start - 4 if caption[max(0, start - 4) : start].lower() == "the " else start


def _says_something(caption: str, start: int, end: re.Match[str]) -> bool:
    """Whether "the left panel" begins a statement: at the head of a clause, or before a verb."""
    if before(caption, start) in SEGMENT or _CLAUSE.search(caption, max(0, start - 9), start):
        return True
    return bool(end["verb"]) and not _POINTS.search(caption, max(0, start - 8), start)
