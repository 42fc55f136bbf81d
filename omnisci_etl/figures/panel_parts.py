"""Each panel's part of a caption, cut at the markers that define the panels."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from itertools import pairwise, takewhile
from typing import NamedTuple

from omnisci_etl.figures.panel_markers import Marker
from omnisci_etl.figures.panel_words import before
from omnisci_etl.papers.model import Panel
from omnisci_etl.papers.panel_lists import ROMAN, ROMAN_CAPITALS
from omnisci_etl.papers.sentences import sentences

_POINTS = re.compile(r"(?:\b(?:in|see|from|panels?|insets?))\s*[(\[]?$", re.I)
_TRAILS = re.compile(r"\s*(?:[,.;:)]|and\b|&|or\b|$)")
# What is said of the thing before the marker: a clause does not begin with it.
_SAID = re.compile(
    r"\s(?:is|are|was|were|has|have|had|shows?|showed|indicates?|represents?|illustrates?|compared|obtained|measured|recorded)\b"
)
_GOES_ON = re.compile(rf"{_SAID.pattern}|\s(?:of|for)\b")
_NEXT_CLAUSE = re.compile(r"[,;]\s|\b(?:and|while|whereas|but)\s")
_NEXT_NAME = re.compile(r"[,;:(]\s|\b(?:and|or|by|in|with|from|of|for|on|the|its|their|at|to|vs\.?)\s")
_CLAUSE = re.compile(r"(?:\b(?:where|which|while|whereas|and|or|but|that|here|both)\s*|[^\w\s)]\s*)$", re.I)
_TO_SEMICOLON = re.compile(r"[^;()]*(?:\([^()]*\)[^;()]*){0,20};")
_ASIDE = re.compile(r"\W*[A-Za-z][1-9]?\s*[,;:]\s(?P<text>[^()]+)\)")
_LIST = re.compile(r"\s*(?:[,;]|and\b)")
_ENUMERATES = re.compile(r"\s*[,;:]")
# What no letter without brackets stands behind that is named by what is before it.
_NO_NOUN = re.compile(
    r"(?:\b(?:a|an|and|as|at|between|by|for|from|in|like|of|on|or|panels?|see|shown|than|the|to|under|using|via|with)"
    r"|\w{3}ing|[^\w\s)\]])\s*$"
)
_WORD = re.compile(r"[^\W_]")
_WORDS = re.compile(r"\w\W+\w")
_JOINING_END = re.compile(r"(?:^|\s)(?:(?:(?:and|or)\s)?[Pp]anels?|and|or|while|whereas)$")
_JOINING_ENDS = ("and", "or", "anel", "anels", "while", "whereas")
_JOINING_START = re.compile(r"^(?:and|or)\s+")
_NUMERALS = (ROMAN, ROMAN_CAPITALS)
_EDGE = " ,;:.|–—-"
_OPENING = " .,;:|)–—-"
_STOPS = frozenset({"", *".,;:"})
_LONGEST_NAME = 80
_LONGEST_IN = 15


class _Group(NamedTuple):
    """The markers of one sentence, caption[first:last]; end: where the first sentence of the next group begins."""

    first: int
    last: int
    markers: list[Marker]
    end: int


def pointed_at(caption: str, marker: Marker) -> bool:
    """Whether a marker in mid-sentence is only where something is seen: "the dots in d"."""
    return not marker.strong and _POINTS.search(caption, max(0, marker.start - 12), marker.start) is not None


def cut(caption: str, markers: list[Marker]) -> tuple[str, tuple[Panel, ...]]:
    """The shared lead of a caption, and the panels that the markers define in the order of their labels."""
    texts: dict[str, str] = {}
    lead_end = markers[0].start
    for group in _groups(caption, markers):
        marker = group.markers[0]
        if marker.strong and len(group.markers) == 1:
            parts = [caption[marker.end : group.end]]
            if marker.inner and marker.inner[-1].end <= group.end:
                texts.update(_told_apart(parts[0], marker))
                continue
        else:
            start, parts = _parts(caption, group, leads=marker is markers[0])
            lead_end = min(lead_end, start)
        for marker, text in zip(group.markers, parts, strict=True):
            texts.update(dict.fromkeys(marker.labels, _trim(text)))
    panels = tuple([Panel(label, texts[label]) for label in _in_order(texts)])
    return caption[:lead_end].rstrip(" ,;(").lstrip(), panels


def _told_apart(text: str, marker: Marker) -> dict[str, str]:
    """The texts of the panels of one marker, of which each is told behind what is said of them all."""
    inner = [one._replace(start=one.start - marker.end, end=one.end - marker.end) for one in marker.inner]
    lead, panels = cut(text, inner)
    return {panel.label: f"{lead.lstrip(_OPENING)} {panel.text}".strip() for panel in panels}


def _groups(caption: str, markers: list[Marker]) -> list[_Group]:
    """The markers by sentence; a marker that opens a sentence may begin with a small letter."""
    strong = [marker.start for marker in markers if marker.strong]
    if len(strong) == len(markers):
        return [_Group(m.start, end, [m], end) for m, end in zip(markers, [*strong[1:], len(caption)], strict=True)]
    # A letter right behind an abbreviation begins no sentence.
    within = {marker.start for marker in markers if marker.closed and not marker.strong}
    bounds = [*sorted({0, *strong, *[start for start, _ in sentences(caption) if start not in within]}), len(caption)]
    found: dict[int, list[Marker]] = {}
    for marker in markers:
        found.setdefault(bisect_right(bounds, marker.start), []).append(marker)
    ends = [*[bounds[n - 1] for n in found][1:], len(caption)]
    groups = [_Group(bounds[n - 1], bounds[n], found[n], end) for n, end in zip(found, ends, strict=True)]
    return [segment for group in groups for segment in _segments(caption, group)]


def _segments(caption: str, group: _Group) -> list[_Group]:
    """A sentence whose letters stand behind what they name, parted at semicolons: "Films (a) of Ni; rods (b) of Fe"."""
    markers = group.markers
    if len(markers) < 2 or caption.find(";", group.first, group.last) < 0 or _trailing(caption, group) < len(markers):
        return [group]
    found = []
    first, begin = group.first, 0
    for n, (marker, following) in enumerate(pairwise(markers), 1):
        if end := _TO_SEMICOLON.match(caption, marker.end, following.start):
            found.append(_Group(first, end.end() - 1, markers[begin:n], end.end() - 1))
            first, begin = end.end(), n
    return [*found, group._replace(first=first, markers=markers[begin:])]


def _parts(caption: str, group: _Group, *, leads: bool) -> tuple[int, list[str]]:
    """Where the text of a group's first panel begins, and the text of each of its markers.

    leads: what stands before the first marker is the lead of the whole caption; else it is that of these panels.
    """
    first, last, markers, end = group
    if markers[0].strong:
        return first, _after(caption, group, "")
    if trailing := _trailing(caption, group):
        return first, _before(caption, group, trailing)
    if _WORDS.search(caption, first, markers[0].start) and _is_subject(caption, markers[0]):
        return first, _clauses(caption, group)
    if all([pointed_at(caption, marker) for marker in markers]):
        return first, [caption[first:last]] * len(markers)
    lead = caption[first : markers[0].start].rstrip(" (") if _WORDS.search(caption, first, markers[0].start) else ""
    if len(lead) > _LONGEST_IN and pointed_at(caption, markers[0]) and _TRAILS.match(caption, markers[0].end):
        return first, [caption[first:last], *_after(caption, group, "")[1:]]
    following = caption[markers[0].end : markers[1].start if len(markers) > 1 else end]
    if leads and (len(markers) > 1 or not _is_behind(caption, markers[0])):
        return markers[0].start if _WORD.search(following) else first, _after(caption, group, "")
    return first, _after(caption, group, lead)


def _after(caption: str, group: _Group, lead: str) -> list[str]:
    """The texts of markers that stand before what they name, each with what the sentence says before all of them."""
    parts = []
    behind = group.first
    starts = [*[marker.start for marker in group.markers[1:]], group.end]
    for index, (marker, start) in enumerate(zip(group.markers, starts, strict=True)):
        text = caption[marker.end : start]
        if not _WORD.search(text):
            text = caption[behind : marker.start]
        elif index and pointed_at(caption, marker) and _TRAILS.match(caption, marker.end):
            text = caption[group.first : group.last]
        elif lead:
            text = _joined(lead, text)
        elif index and not marker.strong:
            text = _within(caption, group, index, text)
        parts.append(text)
        behind = marker.end
    return parts


def _joined(name: str, text: str) -> str:
    """What stands before a marker and what stands behind it, as if it were not there."""
    text = text.lstrip(" )")
    return f"{name.rstrip()}{'' if text[:1] in _STOPS else ' '}{text}"


def _within(caption: str, group: _Group, index: int, text: str) -> str:
    """The text of a marker in the sentence of another panel, which may name a part of that: "with its scale (b)"."""
    marker, last = group.markers[index], group.markers[index - 1]
    listed = index > 1 and _is_listed(caption, last) and _is_closed(caption, marker)
    if not listed and not _is_behind(caption, marker):
        return text
    floor = max(last.end, marker.start - _LONGEST_NAME)
    name = _NEXT_NAME.split(caption[floor : marker.start])[-1]
    following = group.markers[index + 1 : index + 2]
    alone = _is_listed(caption, marker) and all([_is_closed(caption, one) for one in following])
    return name if following and alone else _joined(name, text)


def _is_closed(caption: str, marker: Marker) -> bool:
    """Whether a marker in mid-sentence stands in brackets right behind a word."""
    if not marker.closed or marker.strong or pointed_at(caption, marker):
        return False
    last = before(caption, marker.start)
    return last.isalnum() or last == ")"


def _is_listed(caption: str, marker: Marker) -> bool:
    return _is_closed(caption, marker) and _TRAILS.match(caption, marker.end) is not None


def _is_behind(caption: str, marker: Marker) -> bool:
    """Whether a marker stands behind what it names."""
    return _is_listed(caption, marker) or (
        _is_closed(caption, marker) and _GOES_ON.match(caption, marker.end) is not None
    )


def _before(caption: str, group: _Group, trailing: int) -> list[str]:
    """The texts of the markers that stand behind what they name, each with how the sentence ends."""
    rest = caption[group.markers[-1].end : group.last] if trailing == len(group.markers) else ""
    parts = []
    behind = group.first
    for marker in group.markers[:trailing]:
        name = caption[behind : marker.start].lstrip(_OPENING).rstrip(_EDGE)
        if not marker.closed and caption[marker.end : marker.end + 1] == ")":
            name += ")"
        aside = _ASIDE.fullmatch(caption, marker.start, marker.end) if len(marker.labels) == 1 else None
        parts.append(" ".join(filter(None, (name, aside and aside["text"], rest.lstrip(_OPENING).rstrip(_EDGE)))))
        behind = marker.end
    others = group._replace(markers=group.markers[trailing:])
    return parts + _after(caption, others, "") if others.markers else parts


def _clauses(caption: str, group: _Group) -> list[str]:
    """The clauses that the markers stand in, each behind its subject: "The mean (a) is flat and the sum (b) grows"."""
    starts = [group.first]
    for last, marker in pairwise(group.markers):
        found = list(_NEXT_CLAUSE.finditer(caption, last.end, marker.start))
        starts.append(found[-1].end() if found and found[-1].end() < marker.start else last.end)
    bounds = zip(group.markers, starts, [*starts[1:], group.last], strict=True)
    return [_joined(caption[start : marker.start], caption[marker.end : end]) for marker, start, end in bounds]


def _trailing(caption: str, group: _Group) -> int:
    """How many markers, from the first, stand behind what they name: "The length (a) and width (b) of ..."."""
    marker = group.markers[0]
    behind = caption[group.first : marker.start].strip(_EDGE)
    if behind and _are_listed_bare(caption, group.markers):
        return len(group.markers)
    if not behind or not _closes(caption, marker) or (len(behind) < _LONGEST_IN and pointed_at(caption, marker)):
        return 0
    if not _TRAILS.match(caption, marker.end) and caption[group.markers[-1].end : group.last].strip(_EDGE):
        return 0
    return len(list(takewhile(lambda one: _closes(caption, one), group.markers)))


def _are_listed_bare(caption: str, markers: list[Marker]) -> bool:
    """Whether letters without brackets stand behind what they name: "The amounts of iron a, cobalt b, and nickel c"."""
    if len(markers) < 2 or any([marker.strong or marker.closed for marker in markers]):
        return False
    first, last = markers[0], markers[-1]
    if _NO_NOUN.search(caption, max(0, first.start - 16), first.start) or _ENUMERATES.match(caption, last.end):
        return False
    return all([_LIST.match(caption, marker.end) for marker in markers[:-1]])


def _closes(caption: str, marker: Marker) -> bool:
    """Whether a marker stands in brackets, or at the end of one: "the temperature (T, a)"."""
    if marker.closed:
        return True
    if caption[marker.end : marker.end + 1] != ")" or before(caption, marker.start) not in {",", ";"}:
        return False
    opening = caption.rfind("(", max(0, marker.start - _LONGEST_NAME), marker.start)
    return opening >= 0 and ")" not in caption[opening : marker.start]


def _is_subject(caption: str, marker: Marker) -> bool:
    """Whether what stands before the marker is the subject of what stands behind it: "The winds (d) are given"."""
    if not marker.closed or pointed_at(caption, marker) or not _SAID.match(caption, marker.end):
        return False
    return _CLAUSE.search(caption, max(0, marker.start - 10), marker.start) is None


def _trim(text: str) -> str:
    edge = " ,;:|—–" if text.count("(") == text.count(")") else " ,;:(|—–"
    text = text.lstrip(" .,;:)|—–" if text[:1] in ".)" else edge).rstrip(edge)
    if text.endswith(_JOINING_ENDS):
        text = _JOINING_END.sub("", text)
    text = text.strip(edge)
    return _JOINING_START.sub("", text).strip() if text.startswith(("and", "or")) else text.strip()


def letter_of(label: str) -> str:
    """The letter of "b1" and "b′"; any other label itself."""
    return label[0] if len(label) == 2 and not label[1].isalpha() else label


def _in_order(labels: Iterable[str]) -> list[str]:
    """Letters and numerals in the order of their run; words such as "Left" in that of the caption."""
    given = list(labels)
    if all([len(letter_of(label)) == 1 for label in given]):
        return sorted(given, key=lambda label: (label.lower(), label))
    for numerals in _NUMERALS:
        if set(given) <= set(numerals):
            return sorted(given, key=numerals.index)
    return given
