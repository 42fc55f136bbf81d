"""Panels of a figure as its caption names them: "(a) ...", bold letters, "a, b ...", "A. ...", "(i) ...", "Left: ...".

Every place that could mark a panel becomes a marker; the letters must form a plausible run (from "a" on, small
gaps); of the markers of one letter the first that opens a sentence defines the panel and the others only refer to it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence

from omnisci_etl.figures.panel_markers import ALPHABETS, Marker, Style, join, opens_sentence, styles
from omnisci_etl.figures.panel_parts import cut, letter_of, pointed_at
from omnisci_etl.figures.panel_words import STOPS, before
from omnisci_etl.papers.figure_references import find_lists
from omnisci_etl.papers.model import Panel
from omnisci_etl.papers.panel_lists import ROMAN, ROMAN_CAPITALS

_MAX_CAPTION = 20_000
_MARKS = STOPS | {";", ":"}
_FIGURE = re.compile(r"(?<![-\w])(?:figs?\.?|figures?)\s*$", re.I)
_REFERS = re.compile(r"(?:\b(?:in|of|from|see|to|as|with|by|than|panels?|shown|insets?|like)|\bfor)\s*[(\[]?$", re.I)
_PANEL_WORD = re.compile(r"\b[Pp]anels?\s*[(\[]?$|^[(\[]?\s*[Pp]anels?\b")
_PANEL_HEAD = re.compile(r"\b[Pp]anels?\s$")
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
_STOPPED = re.compile(r"\s*\.(?:\s|$)")
_KEY = re.compile(r"(?<!panel )\b(?:labels|letters|symbols|abbreviations)\b(?!\W+panels)[^.:;]*:\s*$", re.I)
_LONGEST_KEY = 120
# A letter before, with "and" or a comma, says that the next one too stands behind what it names.
_LISTED_BEFORE = re.compile(r"\([A-Za-z]\)(?:,|\s(?:and|or)\b)[^().;:]+[\w%]\s$")
_LONGEST_LISTED = 60
# A full stop that ends no sentence: "Allium cepa L. (a) and Lactuca sp. (b)".
_ABBREVIATED = re.compile(r"(?:\b[A-Z]|\b(?:al|sp|spp|var|subsp|cf|ca|No|Inc|Ltd|Co))\.\s$")
_SENTENCE_END = re.compile(r"[.!?]\s+[^\Wa-z]")
_NEXT_OF_LIST = re.compile(r"(?:[,;:]\s*(?:(?:and|or)\s)?|\b(?:and|or)\s)$")
_TRAILS = re.compile(r"\s*(?:[,;]|(?:and|or)\b|\.?\s*$)")
# No panel c: "(c) 2014".
_COPYRIGHT = re.compile(r"\s*(?:\d{4}\b|copyright|the authors?\b)", re.I)
_EARLY = frozenset("bcdefghBCDEFGH")
_NUMERALS = (ROMAN, ROMAN_CAPITALS)


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
        markers = _weighed(caption, join(caption, _own(caption, style.markers, others)))
        chosen = _choose(markers, style, caption) if markers else []
        if style.trusted and _count(chosen) > 1 and _begins_with_a(chosen):
            return cut(caption, chosen)
        if _rank(chosen) > _rank(best):
            best = chosen
    return cut(caption, best) if best else (caption, ())


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


def _weighed(caption: str, markers: list[Marker]) -> list[Marker]:
    """The markers with whether each opens a sentence; "Panel (a) shows" does, where it is the first to name a panel."""
    weighed: list[Marker] = []
    named: set[str] = set()
    for marker in markers:
        head = _PANEL_HEAD.search(caption, max(0, marker.start - 9), marker.start) if marker.closed else None
        if head and before(caption, head.start()) in _MARKS and named.isdisjoint(marker.labels):
            weighed.append(marker._replace(start=head.start(), strong=True))
        else:
            weighed.append(marker._replace(strong=_strong(caption, marker)))
        named.update(marker.labels)
    return weighed


def _strong(caption: str, marker: Marker) -> bool:
    if _begins(caption, marker):
        return not (marker.closed and _follows_abbreviation(caption, marker))
    if _is_item(caption, marker):
        return True
    refers = _REFERS.search(caption[max(0, marker.start - 13) : marker.start].rstrip())
    if refers is not None or not opens_sentence(caption, marker.end):
        return False
    return not (marker.closed and _LISTED_BEFORE.search(caption, max(0, marker.start - _LONGEST_LISTED), marker.start))


def _is_item(caption: str, marker: Marker) -> bool:
    """Whether a small letter with a full stop goes on with a list: "a. Rods, b. films and c. balls"."""
    if not marker.labels[0].islower() or not caption.startswith(".", marker.end - 1):
        return False
    return _NEXT_OF_LIST.search(caption, max(0, marker.start - 8), marker.start) is not None


def _follows_abbreviation(caption: str, marker: Marker) -> bool:
    """Whether what a marker names stands before it and ends in an abbreviation."""
    if _ABBREVIATED.search(caption, max(0, marker.start - 8), marker.start) is None:
        return False
    return _TRAILS.match(caption, marker.end) is not None


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
            letter = letter_of(label)
            strength[letter] = strength.get(letter, False) or credible
    runs = [found for alphabet in ALPHABETS if (found := _run(strength, alphabet, style))]
    run: Sequence[str] = runs[0] if len(runs) == 1 else _clearest(runs, markers)
    if not run and style.alone:
        run = max((_run_without_a(markers, upper, caption) for upper in (False, True)), key=len)
    chosen = _chosen(run, markers, style, caption)
    # Small letters may mark groups, and capitals the panels.
    others = (_chosen(other, markers, style, caption) for other in runs if other != run)
    chosen = chosen or next(filter(None, others), [])
    return _of_both_cases(caption, markers, _count(chosen)) or _with_inner(caption, chosen, markers)


def _of_both_cases(caption: str, markers: list[Marker], count: int) -> list[Marker]:
    """The markers of a run of more than count letters whose case changes: "A: one; b: two".

    Each begins something, they stand in order, and no letter stands in both cases, as those of parts within panels do.
    """
    labels = {label for marker in markers for label in marker.labels if len(label) == 1}
    if len({label.islower() for label in labels}) < 2 or any([label.swapcase() in labels for label in labels]):
        return []
    run: list[Marker] = []
    expected = "a"
    for marker in sorted(markers, key=lambda m: m.start):
        if "".join(marker.labels).lower()[:1] != expected or not _begins(caption, marker):
            continue
        if marker.labels[0] == "c" and _COPYRIGHT.match(caption, marker.end):
            continue
        run.append(marker)
        expected = chr(ord(marker.labels[-1][0].lower()) + 1)
    cases = {label.islower() for marker in run for label in marker.labels}
    return run if len(cases) > 1 and _count(run) > count else []


def _with_inner(caption: str, chosen: list[Marker], markers: list[Marker]) -> list[Marker]:
    """The chosen markers, those of several letters with the ones behind them that tell these apart."""
    if all([len(marker.labels) == 1 for marker in chosen]):
        return chosen
    markers = sorted(markers, key=lambda m: m.start)
    starts = [marker.start for marker in markers]
    found = []
    for marker, following in zip(chosen, [*[m.start for m in chosen[1:]], len(caption)], strict=True):
        if len(marker.labels) > 1 and marker.strong:
            behind = markers[bisect_right(starts, marker.start) : bisect_left(starts, following)]
            marker = marker._replace(inner=tuple(_telling_apart(caption, marker, behind)))
        found.append(marker)
    return found


def _telling_apart(caption: str, marker: Marker, behind: list[Marker]) -> list[Marker]:
    """The markers behind one of several labels that name each of these, in order; none where they do not name all.

    Each opens a sentence, or follows on a comma or a joining word, as those behind what they name do not.
    """
    inner: list[Marker] = []
    named = 0
    for one in behind:
        if one.labels != marker.labels[named : named + len(one.labels)] or pointed_at(caption, one):
            continue
        if not one.closed and caption.startswith(")", one.end):
            return []
        inner.append(one)
        named += len(one.labels)
    if named < len(marker.labels) or len(inner) < 2:
        return []
    listed = all([one.strong or _NEXT_OF_LIST.search(caption, max(0, one.start - 8), one.start) for one in inner[1:]])
    return inner if listed and _begins_list(caption, marker.end, inner[0]) else []


def _begins_list(caption: str, start: int, marker: Marker) -> bool:
    """Whether a marker opens a sentence, or stands right behind a word of the first one from start."""
    if marker.strong:
        return True
    return before(caption, marker.start).isalnum() and not _SENTENCE_END.search(caption, start, marker.start)


def _clearest(runs: list[list[str]], markers: list[Marker]) -> Sequence[str]:
    """The longest of the runs that open a sentence somewhere, without such the longest; of two the one begun first."""
    strong = {letter_of(label) for marker in markers if marker.strong for label in marker.labels}
    first = {label: -marker.start for marker in reversed(markers) for label in marker.labels}
    return max(runs, key=lambda run: (not strong.isdisjoint(run), len(run), first.get(run[0], 0)), default=())


def _chosen(run: Sequence[str], markers: list[Marker], style: Style, caption: str) -> list[Marker]:
    if not run or (len(run) == 1 and not _alone(run[0], markers, style, caption)):
        return []
    chosen = _defining(caption, _unregrouped(caption, markers), run)
    if chosen and _is_key(caption, chosen[0]):
        return []
    if not any(marker.strong for marker in chosen) and all(_stand_for_others(caption, marker) for marker in chosen):
        return []
    return chosen


def _unregrouped(caption: str, markers: list[Marker]) -> list[Marker]:
    """The markers, weak those in mid-sentence that sort anew what others named: "(a–c) ... (d–f) for (b, e) Ni"."""
    if len(markers) < 3 or not any([len(marker.labels) > 1 for marker in markers]):
        return markers
    first: dict[str, int] = {}
    found = []
    for marker in markers:
        places = {first.setdefault(label, marker.start) for label in marker.labels}
        anew = len(marker.labels) > 1 and len(places) == len(marker.labels) and marker.start not in places
        if anew and marker.strong and not _begins(caption, marker):
            marker = marker._replace(strong=False)
        found.append(marker)
    return found


def _is_key(caption: str, marker: Marker) -> bool:
    """Whether a list begins that says what letters in the picture stand for: "The labels are: a) ..."."""
    if before(caption, marker.start) != ":":
        return False
    return _KEY.search(caption, max(0, marker.start - _LONGEST_KEY), marker.start) is not None


def _last_of_trailing(caption: str, markers: list[Marker], run: Sequence[str]) -> int:
    """Where the last of the panels stands that end sentences: "... were weighed (A). ... were counted (B). ... (C)."

    Where most do, a letter that opens a sentence behind them only begins a note: "A, C: P < 0.05."
    """
    if not any([marker.closed and not marker.strong for marker in markers]):
        return len(caption)
    first: dict[str, Marker] = {}
    for marker in sorted(markers, key=lambda m: m.start):
        for label in marker.labels:
            if letter_of(label) in run:
                first.setdefault(label, marker)
    starts = {marker.start for marker in first.values()}
    ending = {m.start for m in first.values() if m.closed and not m.strong and _STOPPED.match(caption, m.end)}
    return max(ending) if len(ending) > 2 and 2 * len(ending) > len(starts) else len(caption)


def _defining(caption: str, markers: list[Marker], run: Sequence[str]) -> list[Marker]:
    defined: dict[str, Marker] = {}
    late = _last_of_trailing(caption, markers, run)
    for marker in sorted(markers, key=lambda m: (not m.strong or m.start > late, m.start)):
        for label in marker.labels:
            if letter_of(label) in run:
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
    marked = [(label, marker) for marker in markers for label in marker.labels if letter_of(label) != label]
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
    kept = (m._replace(labels=tuple(x for x in m.labels if letter_of(x) == x or x in panels)) for m in markers)
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
    good = {label for m in own if _begins(caption, m, STOPS) or pointed_at(caption, m) for label in m.labels}
    fine = (
        run
        for run in runs
        if (run[0] in "bcdBCD" and len(run) > 2 and len(own) > 1) or (run[-1] in _EARLY and not good.isdisjoint(run))
    )
    return max(fine, key=len, default=[])


def _credible(caption: str, marker: Marker) -> bool:
    """Whether the marker alone can carry a run over a gap: it begins something, lists letters or is called a panel."""
    if marker.strong or (len(marker.labels) > 1 and not pointed_at(caption, marker)):
        return True
    return _PANEL_WORD.search(caption, max(0, marker.start - 10), marker.start + 1) is not None


def _alone(label: str, markers: list[Marker], style: Style, caption: str) -> bool:
    """Whether a caption can name this one panel only: "(a)" in mid-sentence may be a length if not bold."""
    own = [marker for marker in markers if label in marker.labels]
    if style.trusted and label in {"a", "A"} and any(marker.closed for marker in own):
        return True
    return style.alone and any(marker.strong or pointed_at(caption, marker) for marker in own)
