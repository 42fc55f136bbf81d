"""Panels of a figure as its caption names them: "(a) ...", bold letters, "a, b ...", "A. ...", "(i) ...", "Left: ...".

Every place that could mark a panel becomes a marker; the letters must form a plausible run (from "a" on, small
gaps); of the markers of one letter the first that opens a sentence defines the panel and the others only refer to it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise

from omnisci_etl.figures.panel_markers import ALPHABETS, Marker, Style, join, opens_sentence, styles
from omnisci_etl.figures.panel_words import STOPS, before
from omnisci_etl.papers.figure_references import find_lists
from omnisci_etl.papers.model import Panel
from omnisci_etl.papers.panel_lists import ROMAN, ROMAN_CAPITALS
from omnisci_etl.papers.sentences import sentences

_MAX_CAPTION = 20_000
_MARKS = STOPS | {";", ":"}
_FIGURE = re.compile(r"(?<![-\w])(?:figs?\.?|figures?)\s*$", re.I)
_REFERS = re.compile(r"(?:\b(?:in|of|from|see|to|as|with|by|than|panels?|shown|insets?|like)|\bfor)\s*[(\[]?$", re.I)
_IN_PANEL = re.compile(r"(?:\b(?:in|see|from|panels?|insets?))\s*[(\[]?$", re.I)
_PANEL_WORD = re.compile(r"\b[Pp]anels?\s*[(\[]?$|^[(\[]?\s*[Pp]anels?\b")
# What letters stand for where they are no panels: "the letters (A–C) mark clusters", "groups (A, B)".
_OTHER_LETTERS = re.compile(
    r"\b(?:letters?|clades?|(?:sub|haplo)?groups?|clusters?|classes|isomers?|types|lineages?|subfamil(?:y|ies)|categories"
    r"|cases?)\s*[(\[]?$",
    re.I,
)
# Two in one bracket may be the ends, and more may be named in the picture.
_OTHER_LISTS = re.compile(
    r"\b(?:(?:base)?pairs?|intervals?|points?|vertices|edges?|nodes?|coordinates?|parameters?|(?:sub)?regions?|stations?)\s*$",
    re.I,
)
_TRAILS = re.compile(r"\s*(?:[,.;:)]|and\b|&|or\b|$)")
_WORD = re.compile(r"[^\W_]")
_JOINING_END = re.compile(r"(?:^|\s)(?:and|or|[Pp]anels?)$")
_JOINING_ENDS = ("and", "or", "anel", "anels")
_JOINING_START = re.compile(r"^(?:and|or)\s+")
_EARLY = frozenset("bcdefghBCDEFGH")
_NUMERALS = (ROMAN, ROMAN_CAPITALS)
_EDGE = " ,;:.|–—-"


def split_panels(caption: str, bold: Sequence[tuple[int, int]] = ()) -> tuple[str, tuple[Panel, ...]]:
    """The shared lead of a caption and its panels in the order of their labels.

    bold holds the (start, end) of the bold stretches of the caption, where the format tells. A range such as
    "a-c" gives one panel per letter, all with the same text. Without panels the lead is the whole caption; text
    too long for a caption is not searched.
    """
    if len(caption) > _MAX_CAPTION:
        return caption, ()
    others = [(found.start, found.end) for found in find_lists(caption)]
    best: list[Marker] = []
    for style in styles(caption, bold):
        if style.last and _count(best) > 1:
            break
        markers = [_weighed(caption, marker) for marker in join(caption, _own(caption, style.markers, others))]
        chosen = _choose(markers, style, caption) if markers else []
        if style.trusted and _count(chosen) > 1 and _begins_with_a(chosen):
            return _cut(caption, chosen)
        if _rank(chosen) > _rank(best):
            best = chosen
    return _cut(caption, best) if best else (caption, ())


def _own(caption: str, markers: list[Marker], others: list[tuple[int, int]]) -> list[Marker]:
    """The markers that are no part of a reference to another figure; others stand in order and apart."""
    ends = [end for _, end in others]

    def is_other(marker: Marker) -> bool:
        n = bisect_right(ends, marker.start)
        return n < len(others) and others[n][0] < marker.end

    return [marker for marker in markers if not is_other(marker) and not _follows_figure(caption, marker.start)]


def _follows_figure(caption: str, position: int) -> bool:
    """Whether the word right before names a figure; at the head of a sentence it means a part of this one."""
    word = caption[max(0, position - 9) : position]
    found = _FIGURE.search(word) if "ig" in word.lower() else None
    return found is not None and (position < 9 or before(caption, position - 9 + found.start()) not in STOPS)


def _begins_with_a(markers: list[Marker]) -> bool:
    return any([label[0] in "aA" for marker in markers for label in marker.labels])


def _count(markers: list[Marker]) -> int:
    return sum([len(marker.labels) for marker in markers])


def _rank(markers: list[Marker]) -> tuple[bool, int]:
    """Letters in mid-sentence alone give way to one that opens a sentence, else the most panels win."""
    return len(markers) > 1 or any([marker.strong for marker in markers]), _count(markers)


def _weighed(caption: str, marker: Marker) -> Marker:
    start, end, labels, _, closed = marker
    return Marker(start, end, labels, _strong(caption, marker), closed)


def _strong(caption: str, marker: Marker) -> bool:
    if _begins(caption, marker):
        return True
    refers = _REFERS.search(caption[max(0, marker.start - 13) : marker.start].rstrip())
    return refers is None and opens_sentence(caption, marker.end)


def _begins(caption: str, marker: Marker, marks: frozenset[str] = _MARKS) -> bool:
    """Whether one of the punctuation marks, or nothing, stands before the marker."""
    return before(caption, marker.start) in marks


def _choose(markers: list[Marker], style: Style, caption: str) -> list[Marker]:
    """The markers that define panels, each with the labels that it defines, in the order of the text."""
    markers = _numbered(markers, caption)
    strength: dict[str, bool] = {}
    for marker in markers:
        credible = _credible(caption, marker)
        for label in marker.labels:
            letter = _letter(label)
            strength[letter] = strength.get(letter, False) or credible
    runs = [found for alphabet in ALPHABETS if (found := _run(strength, alphabet, style))]
    run: Sequence[str] = runs[0] if len(runs) == 1 else _clearest(runs, markers)
    if not run and style.alone:
        run = max((_run_without_a(markers, upper, caption) for upper in (False, True)), key=len)
    chosen = _chosen(run, markers, style, caption)
    # Small letters may mark groups, and capitals the panels.
    return chosen or next(filter(None, [_chosen(other, markers, style, caption) for other in runs if other != run]), [])


def _clearest(runs: list[list[str]], markers: list[Marker]) -> Sequence[str]:
    """The longest of the runs that open a sentence somewhere; without such the longest."""
    strong = {_letter(label) for marker in markers if marker.strong for label in marker.labels}
    return max(runs, key=lambda run: (not strong.isdisjoint(run), len(run)), default=())


def _chosen(run: Sequence[str], markers: list[Marker], style: Style, caption: str) -> list[Marker]:
    if not run or (len(run) == 1 and not _alone(run[0], markers, style, caption)):
        return []
    chosen = _defining(markers, run)
    if not any(marker.strong for marker in chosen) and all(_stand_for_others(caption, marker) for marker in chosen):
        return []
    return chosen


def _defining(markers: list[Marker], run: Sequence[str]) -> list[Marker]:
    defined: dict[str, Marker] = {}
    for marker in sorted(markers, key=lambda m: (not m.strong, m.start)):
        for label in marker.labels:
            if _letter(label) in run:
                defined.setdefault(label, marker)
    chosen = []
    for _, marker in sorted({m.start: m for m in defined.values()}.items()):
        if len(marker.labels) == 1:
            chosen.append(marker)
            continue
        labels = tuple([label for label in marker.labels if defined.get(label) == marker])
        chosen.append(marker if labels == marker.labels else marker._replace(labels=labels))
    return chosen


def _stand_for_others(caption: str, marker: Marker) -> bool:
    if caption.count("(", marker.start, marker.end) > 1:
        return False
    start = max(0, marker.start - 16)
    if _OTHER_LETTERS.search(caption, start, marker.start):
        return True
    return len(marker.labels) > 1 and _OTHER_LISTS.search(caption, start, marker.start) is not None


def _numbered(markers: list[Marker], caption: str) -> list[Marker]:
    """The markers without the numbered labels ("b1") that are no panels.

    They are panels where their letter is not one itself, 1 or a prime is among them, and one of them begins a sentence
    or that one stands in a list, or always in brackets and 2 too, and goes on from the letter before.
    """
    plain = {label for marker in markers for label in marker.labels if len(label) == 1}
    marked = [(label, marker) for marker in markers for label in marker.labels if _letter(label) != label]
    if not marked:
        return markers
    letters = plain.union(label[0] for label, _ in marked)
    strong = {label[0] for label, marker in marked if marker.strong}
    firsts = {
        label[0]
        for label, marker in marked
        if label[1] not in "23456789"
        and (label[0] in strong or (_listed(label, marker, marked, caption) and _follows(label[0], letters)))
    }
    panels = {label for label, _ in marked if label[0] in firsts - plain}
    kept = (m._replace(labels=tuple(x for x in m.labels if _letter(x) == x or x in panels)) for m in markers)
    return [marker for marker in kept if marker.labels]


def _listed(label: str, marker: Marker, marked: list[tuple[str, Marker]], caption: str) -> bool:
    if len(marker.labels) > 1:
        return True
    second = f"{label[0]}2"
    if not marker.closed or not any(two == second and other.closed for two, other in marked):
        return False
    return re.search(rf"(?<![(\[\w]){label}(?![)\]\w])", caption) is None


def _follows(letter: str, letters: Collection[str]) -> bool:
    return letter in "aA" or chr(ord(letter) - 1) in letters


def _letter(label: str) -> str:
    """The letter of "b1" and "b′"; any other label itself."""
    return label[0] if len(label) == 2 and not label[1].isalpha() else label


def _run(strength: dict[str, bool], alphabet: Sequence[str], style: Style) -> list[str]:
    """The labels that go on from the first of the alphabet with no gap wider than the style allows."""
    if alphabet[0] not in strength:
        return _places(strength) if alphabet is ROMAN else []
    run, missing = [], 0
    for label in alphabet:
        if label in strength and (strength[label] or missing <= style.weak_gap):
            run.append(label)
            missing = 0
            continue
        missing += 1
        if missing > style.gap:
            break
    return [] if alphabet in _NUMERALS and len(run) < 2 else run


def _places(labels: Iterable[str]) -> list[str]:
    """Left, Right and their like: at least two of them."""
    words = sorted(label for label in labels if len(label) > 2 and label.lower() not in ROMAN)
    return words if len(words) > 1 else []


def _run_without_a(markers: list[Marker], upper: bool, caption: str) -> list[str]:
    """Three neighbouring letters, or fewer of which one begins a sentence or is pointed at ("the dots in d")."""
    own = [m for m in markers if m.labels[0][0].isupper() == upper]
    if any(label in {"a", "A"} for m in own for label in m.labels):
        return []
    labels = sorted({label for m in own for label in m.labels if len(label) == 1})
    runs: list[list[str]] = []
    for label in labels:
        if runs and ord(label) - ord(runs[-1][-1]) == 1:
            runs[-1].append(label)
        else:
            runs.append([label])
    good = {label for m in own if _begins(caption, m, STOPS) or _pointed_at(caption, m) for label in m.labels}
    fine = (
        run
        for run in runs
        if (run[0] in "bcdBCD" and len(run) > 2 and len(own) > 1) or (run[-1] in _EARLY and not good.isdisjoint(run))
    )
    return max(fine, key=len, default=[])


def _credible(caption: str, marker: Marker) -> bool:
    """Whether the marker alone can carry a run over a gap: it begins something, lists letters or is called a panel."""
    if marker.strong or (len(marker.labels) > 1 and not _pointed_at(caption, marker)):
        return True
    return _PANEL_WORD.search(caption, max(0, marker.start - 10), marker.start + 1) is not None


def _pointed_at(caption: str, marker: Marker) -> bool:
    return not marker.strong and _IN_PANEL.search(caption, max(0, marker.start - 12), marker.start) is not None


def _alone(label: str, markers: list[Marker], style: Style, caption: str) -> bool:
    """Whether a caption can name this one panel only: "(a)" in mid-sentence may be a length if not bold."""
    own = [marker for marker in markers if label in marker.labels]
    if style.trusted and label in {"a", "A"} and any(marker.closed for marker in own):
        return True
    return style.alone and any(marker.strong or _pointed_at(caption, marker) for marker in own)


def _cut(caption: str, markers: list[Marker]) -> tuple[str, tuple[Panel, ...]]:
    texts: dict[str, str] = {}
    lead_end = len(caption)
    next_starts = dict(pairwise([*[marker.start for marker in markers], len(caption)]))
    for (first, last), group in _by_sentence(caption, markers):
        trailing = _trailing(caption, group, first, last)
        for index, marker in enumerate(group):
            trailing = trailing and marker.closed
            behind = group[index - 1].end if index else first
            following = caption[marker.end : next_starts[marker.start]]
            if trailing:
                start = behind
                text = f"{caption[start : marker.start].strip(_EDGE)} {caption[group[-1].end : last].strip(_EDGE)}"
            elif not marker.strong and _pointed_at(caption, marker):
                start, text = first, caption[first:last]
            elif _WORD.search(following):
                start, text = marker.start, following
            else:
                start, text = behind, caption[behind : marker.start]
            lead_end = min(lead_end, start)
            texts.update(dict.fromkeys(marker.labels, _trim(text)))
    panels = tuple([Panel(label, texts[label]) for label in _in_order(texts)])
    return caption[:lead_end].rstrip(" ,;(").lstrip(), panels


def _by_sentence(caption: str, markers: list[Marker]) -> list[tuple[tuple[int, int], list[Marker]]]:
    """The markers of each sentence, with its bounds; a marker that opens a sentence may begin with a small letter."""
    strong = [marker.start for marker in markers if marker.strong]
    starts = {0, *strong}
    if len(strong) < len(markers):
        starts.update([start for start, _ in sentences(caption)])
    bounds = [*sorted(starts), len(caption)]
    groups: dict[int, list[Marker]] = {}
    for marker in markers:
        groups.setdefault(bisect_right(bounds, marker.start), []).append(marker)
    return [((bounds[n - 1], bounds[n]), group) for n, group in groups.items()]


def _trailing(caption: str, group: list[Marker], first: int, last: int) -> bool:
    """Whether the markers of a sentence stand behind what they name: "The length (a) and width (b) of ..."."""
    marker = group[0]
    if not marker.closed or marker.strong or not caption[first : marker.start].strip(_EDGE):
        return False
    return bool(_TRAILS.match(caption, marker.end)) or not caption[group[-1].end : last].strip(_EDGE)


def _trim(text: str) -> str:
    edge = " ,;:|—–" if text.count("(") == text.count(")") else " ,;:(|—–"
    text = text.strip(" .,;:)|—–" if text[:1] in ".)" else edge)
    if text.endswith(_JOINING_ENDS):
        text = _JOINING_END.sub("", text)
    text = text.strip(edge)
    return _JOINING_START.sub("", text).strip() if text.startswith(("and", "or")) else text.strip()


def _in_order(labels: Iterable[str]) -> list[str]:
    """Letters and numerals in the order of their run; words such as "Left" in that of the caption."""
    given = list(labels)
    if all([len(_letter(label)) == 1 for label in given]):
        return sorted(given)
    for numerals in _NUMERALS:
        if set(given) <= set(numerals):
            return sorted(given, key=numerals.index)
    return given
