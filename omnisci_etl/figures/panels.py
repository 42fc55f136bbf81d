"""Panels of a figure as its caption names them: "(a) ...", bold letters, "a, b ...", "A. ...", "(i) ...", "Left: ...".

Every place that could mark a panel becomes a marker; the letters must form a plausible run (from "a" on, small
gaps); of the markers of one letter the first that opens a sentence defines the panel and the others only refer to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from omnisci_etl.papers.mentions import find_references, sentences
from omnisci_etl.papers.model import Panel


@dataclass(frozen=True, slots=True)
class _Marker:
    """caption[start:end] names labels; strong: it opens a sentence; closed: it stands in brackets."""

    start: int
    end: int
    labels: tuple[str, ...]
    strong: bool = False
    closed: bool = False


@dataclass(frozen=True, slots=True)
class _Style:
    """gap: how many letters a run may leave out; weak_gap: and still go on with a marker that opens no sentence.

    alone: whether one panel, or a run without "a", can be true. Of the styles the one with the most panels is taken;
    a trusted one at once where its run begins with "a"; a last one if no other finds any.
    """

    markers: list[_Marker]
    gap: int = 0
    weak_gap: int = 0
    alone: bool = False
    trusted: bool = False
    last: bool = False


_MAX_CAPTION = 20_000
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
_ALPHABETS = (
    tuple("abcdefghijklmnopqrstuvwxyz"),
    tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    _ROMAN,
)
_SEP = r"(?:\s*(?:[,;&]|[-‐‑‒–—−~∼～])\s*(?:and\s+)?|\s+(?:and|to)\s+)"
_LIST = rf"[A-Za-z](?:{_SEP}[A-Za-z]){{0,25}}"
_BETWEEN = re.compile(_SEP)
_DASHED = re.compile(r"[-‐‑‒–—−~∼～]|\bto\b")
_FULL_LIST = re.compile(rf"{_LIST}")
_PIECE = re.compile(rf"(?P<sep>{_SEP})?(?P<letter>[A-Za-z])")
_PANEL_WORD = r"(?:(?i:panels?|plots?|sub-?fig(?:ure)?s?\.?)\s+)"
_NUMBERED = rf"(?:{_LIST}|[A-Za-z]\d{{1,2}}(?:{_SEP}[A-Za-z]\d{{1,2}}){{1,25}})"
_BRACKET = re.compile(rf"(?<![^\W_])[(\[]\s*{_PANEL_WORD}?(?P<list>{_NUMBERED})\s*(?:[,;:]\s[^()\[\]]{{1,40}})?[)\]]:?")
_BARE = re.compile(
    rf"(?:(?<=^)|(?<=[.;:!?)]\s)|(?<=[;,]\sand\s)){_PANEL_WORD}?(?P<list>{_LIST})(?P<comma>,?)\s+(?![=<>≤≥±~]|[a-z][A-Z][a-z])"
)
_LOST_STOP = re.compile(r"(?<=[\w%)]\s)(?P<list>[b-z])\s+(?=[A-Z][a-z]+\s)")
_CLOSING = re.compile(rf"(?:(?<=^)|(?<=\s)|(?<=\()(?=[^)]:)){_PANEL_WORD}?(?P<list>{_LIST})(?P<mark>[).:|])\s*(?=\S)")
_ROMAN_BRACKET = re.compile(r"(?<![^\W_])\((?P<label>viii|vii|vi|iv|v|ix|xii|xi|x|iii|ii|i)\)")
_PLACE = r"(?:(?:top|upper|bottom|lower|middle|cent(?:er|re)|left|right)(?:[\s-](?:left|right|middle|cent(?:er|re)))?)"
_PART = r"(?:-hand)?(?:\s(?:panels?|rows?|columns?|plots?|images?|pictures?|side))?"
_WORD = re.compile(
    rf"(?:^|(?<=[.;:!?,]))\s*(?:(?P<bare>{_PLACE}){_PART}(?::|\s?[|])|(?:the\s)?(?P<panel>{_PLACE})(?:-hand)?\spanels?\b:?)"
    rf"|[(\[]\s*(?P<closed>{_PLACE}){_PART}\s*[)\]]:?",
    re.I,
)
_FIGURE = re.compile(r"(?<![-\w])fig(?:ure)?s?\.?\s*$", re.I)
_REFERS = re.compile(r"(?:\b(?:in|of|from|see|to|as|with|by|than|panels?|shown|insets?|like)|\bfor)\s*[(\[]?$", re.I)
_IN_PANEL = re.compile(r"(?:\b(?:in|see|from|panels?|insets?))\s*[(\[]?$", re.I)
_OPENS = re.compile(r"[\"“'‘(\[]?(?:[^\W_a-z]|[a-z]{1,3}[A-Z]{2}|pH\b)")
_TRAILS = re.compile(r"\s*(?:[,.;:)]|and\b|&|or\b|$)")
_NO_WORDS = frozenset("bcdefghijklmnopqrstuvwxyz")
_STOPS = frozenset({"", ".", "!", "?"})
_MARKS = _STOPS | {";", ":"}
_EARLY = frozenset("bcdefghBCDEFGH")
_EDGE = " ,;:.|–—-"


def split_panels(caption: str, bold: Sequence[tuple[int, int]] = ()) -> tuple[str, tuple[Panel, ...]]:
    """The shared lead of a caption and its panels in the order of their labels.

    bold holds the (start, end) of the bold stretches of the caption, where the format tells. A range such as
    "a-c" gives one panel per letter, all with the same text. Without panels the lead is the whole caption; text
    too long for a caption is not searched.
    """
    if len(caption) > _MAX_CAPTION:
        return caption, ()
    others = [(ref.start, ref.end) for ref in find_references(caption)]
    best: list[_Marker] = []
    for style in _styles(caption, bold):
        if style.last and best:
            break
        chosen = _choose(_join(caption, _own(caption, style.markers, others)), style, caption)
        if style.trusted and _count(chosen) > 1 and any("a" in m.labels or "A" in m.labels for m in chosen):
            return _cut(caption, chosen)
        if _count(chosen) > _count(best):
            best = chosen
    return _cut(caption, best) if best else (caption, ())


def _own(caption: str, markers: list[_Marker], others: list[tuple[int, int]]) -> list[_Marker]:
    """The markers that are no part of a reference to another figure."""
    return [
        marker
        for marker in markers
        if not any(start < marker.end and marker.start < end for start, end in others)
        and not _FIGURE.search(caption[max(0, marker.start - 9) : marker.start])
    ]


def _count(markers: list[_Marker]) -> int:
    return sum(len(marker.labels) for marker in markers)


def _styles(caption: str, bold: Sequence[tuple[int, int]]) -> Iterator[_Style]:
    brackets = _letters(caption, _BRACKET, closed=True)
    bare = _bare_markers(caption)
    if len(bare) > 1:
        bare = sorted([*bare, *_letters(caption, _LOST_STOP, closed=False)], key=lambda m: m.start)
    mixed = sorted([*bare, *brackets], key=lambda m: m.start)
    marked = _bold_markers(caption, bold)
    yield _Style(_filled(marked, brackets), gap=3, weak_gap=1, alone=True, trusted=True)
    yield _Style(brackets, gap=1, alone=True)
    yield _Style(mixed if bare else [])
    yield _Style(_closing_markers(caption))
    yield _Style(_roman_markers(caption), last=True)
    yield _Style(_word_markers(caption), last=True)


def _labels(text: str) -> tuple[str, ...]:
    """The letters of a list, ranges written out."""
    labels: list[str] = []
    for piece in _PIECE.finditer(text):
        letter = piece["letter"]
        if labels and piece["sep"] and _DASHED.search(piece["sep"]):
            labels.extend(_between(labels[-1], letter))
        labels.append(letter)
    return tuple(dict.fromkeys(labels))


def _between(first: str, last: str) -> tuple[str, ...]:
    """The labels strictly between two letters or two numerals; none between others."""
    for alphabet in _ALPHABETS:
        if first in alphabet and last in alphabet:
            return alphabet[alphabet.index(first) + 1 : alphabet.index(last)]
    return ()


def _bold_markers(caption: str, bold: Sequence[tuple[int, int]]) -> list[_Marker]:
    markers = []
    for start, end in sorted(bold):
        inner = caption[start:end].strip(" ()[].,:;|")
        if not inner or not _FULL_LIST.fullmatch(inner):
            continue
        start = caption.index(inner, start)
        markers.append(_Marker(start, start + len(inner), _labels(inner)))
    return markers


def _filled(bold: list[_Marker], brackets: list[_Marker]) -> list[_Marker]:
    """Bold letters, and the letters in brackets that fill gaps between them: somebody forgot the bold."""
    known = sorted({label for marker in bold for label in marker.labels})
    missing = {label for first, last in pairwise(known) for label in _between(first, last)}
    apart = (m for m in brackets if not any(b.start < m.end and m.start < b.end for b in bold))
    filling = (replace(m, labels=tuple(label for label in m.labels if label in missing)) for m in apart)
    return sorted([*bold, *(marker for marker in filling if marker.labels)], key=lambda marker: marker.start)


def _letters(caption: str, pattern: re.Pattern[str], *, closed: bool) -> list[_Marker]:
    return [_Marker(m.start(), m.end(), _labels(m["list"]), closed=closed) for m in pattern.finditer(caption)]


def _bare_markers(caption: str) -> list[_Marker]:
    """Letters that open a sentence; "a" and capitals could be words: they need a comma, a list or a capital next."""
    return [
        _Marker(m.start(), m.end(), _labels(m["list"]))
        for m in _BARE.finditer(caption)
        if len(m["list"]) > 1
        or m["comma"]
        or m.start("list") > m.start()
        or m["list"] in _NO_WORDS
        or _OPENS.match(caption, m.end())
    ]


def _closing_markers(caption: str) -> list[_Marker]:
    """ "a) ...", "A. ..."; a capital with a full stop could be an initial or a genus and needs a capital after it."""
    return [
        _Marker(m.start(), m.end(), _labels(m["list"]))
        for m in _CLOSING.finditer(caption)
        if m["mark"] != "." or _OPENS.match(caption, m.end())
    ]


def _roman_markers(caption: str) -> list[_Marker]:
    """Numerals in brackets; only where the first begins a sentence, as criteria and cases are numbered so too."""
    markers = [_Marker(m.start(), m.end(), (m["label"],), closed=True) for m in _ROMAN_BRACKET.finditer(caption)]
    return markers if markers and _begins(caption, markers[0], _STOPS) else []


def _word_markers(caption: str) -> list[_Marker]:
    return [
        _Marker(m.start(), m.end(), ((m["bare"] or m["panel"] or m["closed"]).capitalize(),), closed=bool(m["closed"]))
        for m in _WORD.finditer(caption)
    ]


def _join(caption: str, markers: list[_Marker]) -> list[_Marker]:
    """Markers with nothing but a separator between them as one ("(a) and (b)", bold a – bold c), finished."""
    joined: list[_Marker] = []
    for marker in markers:
        last = joined[-1] if joined else None
        gap = caption[last.end : marker.start] if last else ""
        if last and last.labels[-1].islower() == marker.labels[0].islower() and _BETWEEN.fullmatch(gap):
            middle = _between(last.labels[-1], marker.labels[0]) if _DASHED.search(gap) else ()
            joined[-1] = replace(last, end=marker.end, labels=last.labels + middle + marker.labels)
        else:
            joined.append(marker)
    return [_finished(caption, marker) for marker in joined]


def _finished(caption: str, marker: _Marker) -> _Marker:
    """The marker with the brackets around it, and with strong set."""
    before, after = caption[: marker.start].rstrip(), caption[marker.end : marker.end + 1]
    if before[-1:] in {"(", "["} and after in {")", "]"}:
        marker = replace(marker, start=len(before) - 1, end=marker.end + 1, closed=True)
    return replace(marker, strong=_strong(caption, marker))


def _strong(caption: str, marker: _Marker) -> bool:
    if _begins(caption, marker):
        return True
    opens = _OPENS.match(caption[marker.end : marker.end + 8].lstrip())
    return bool(opens) and not _REFERS.search(caption[max(0, marker.start - 13) : marker.start].rstrip())


def _begins(caption: str, marker: _Marker, marks: frozenset[str] = _MARKS) -> bool:
    """Whether one of the punctuation marks, or nothing, stands before the marker."""
    return caption[: marker.start].rstrip()[-1:] in marks


def _choose(markers: list[_Marker], style: _Style, caption: str) -> list[_Marker]:
    """The markers that define panels, each with the labels that it defines, in the order of the text."""
    strength: dict[str, bool] = {}
    for marker in markers:
        for label in marker.labels:
            strength[label] = strength.get(label, False) or _credible(caption, marker)
    runs = [_run(strength, alphabet, style) for alphabet in _ALPHABETS]
    run = max(runs, key=len)
    if not run and style.alone:
        run = max((_run_without_a(markers, upper, caption) for upper in (False, True)), key=len)
    if not run or (len(run) == 1 and not _alone(run[0], markers, style, caption)):
        return []
    defined: dict[str, _Marker] = {}
    for marker in sorted(markers, key=lambda m: (not m.strong, m.start)):
        for label in marker.labels:
            if label in run:
                defined.setdefault(label, marker)
    starts = {m.start: m for m in defined.values()}
    return [
        replace(marker, labels=tuple(label for label in run if defined.get(label) == marker))
        for _, marker in sorted(starts.items())
    ]


def _run(strength: dict[str, bool], alphabet: Sequence[str], style: _Style) -> list[str]:
    """The labels that go on from the first of the alphabet with no gap wider than the style allows."""
    if alphabet[0] not in strength:
        return _places(strength) if alphabet is _ROMAN else []
    run, missing = [], 0
    for label in alphabet:
        if label in strength and (strength[label] or missing <= style.weak_gap):
            run.append(label)
            missing = 0
            continue
        missing += 1
        if missing > style.gap:
            break
    return [] if alphabet is _ROMAN and len(run) < 2 else run


def _places(labels: Iterable[str]) -> list[str]:
    """Left, Right and their like: at least two of them."""
    words = sorted(label for label in labels if len(label) > 2 and label.lower() not in _ROMAN)
    return words if len(words) > 1 else []


def _run_without_a(markers: list[_Marker], upper: bool, caption: str) -> list[str]:
    """Three neighbouring letters, or fewer of which one begins a sentence or is pointed at ("the dots in d")."""
    own = [m for m in markers if m.labels[0].isupper() == upper]
    if any(label in {"a", "A"} for m in own for label in m.labels):
        return []
    labels = sorted({label for m in own for label in m.labels if len(label) == 1})
    runs: list[list[str]] = []
    for label in labels:
        if runs and ord(label) - ord(runs[-1][-1]) == 1:
            runs[-1].append(label)
        else:
            runs.append([label])
    good = {label for m in own if _begins(caption, m, _STOPS) or _pointed_at(caption, m) for label in m.labels}
    fine = (
        run
        for run in runs
        if (run[0] in "bcdBCD" and len(run) > 2 and len(own) > 1) or (run[-1] in _EARLY and not good.isdisjoint(run))
    )
    return max(fine, key=len, default=[])


def _credible(caption: str, marker: _Marker) -> bool:
    """Whether the marker alone can carry a run over a gap: it begins something or lists several letters."""
    return marker.strong or (len(marker.labels) > 1 and not _pointed_at(caption, marker))


def _pointed_at(caption: str, marker: _Marker) -> bool:
    return not marker.strong and _IN_PANEL.search(caption[max(0, marker.start - 12) : marker.start]) is not None


def _alone(label: str, markers: list[_Marker], style: _Style, caption: str) -> bool:
    """Whether a caption can name this one panel only: "(a)" in mid-sentence may be a length."""
    return style.alone and any(label in m.labels and (m.strong or _pointed_at(caption, m)) for m in markers)


def _cut(caption: str, markers: list[_Marker]) -> tuple[str, tuple[Panel, ...]]:
    bounds = _bounds(caption, markers)
    texts: dict[str, str] = {}
    lead_end = len(caption)
    trailing = False
    for index, marker in enumerate(markers):
        sentence = next((s for s in bounds if marker.start < s[1]), (0, len(caption)))
        same = index > 0 and markers[index - 1].start >= sentence[0]
        trailing = _trailing(caption, marker, sentence) if not same else trailing and marker.closed
        following = markers[index + 1].start if index + 1 < len(markers) else len(caption)
        if trailing:
            start = max(sentence[0], markers[index - 1].end if same else 0)
            text = f"{caption[start : marker.start].strip(_EDGE)} {_tail(caption, markers, index, sentence)}"
        elif _pointed_at(caption, marker):
            start, text = sentence[0], caption[sentence[0] : sentence[1]]
        else:
            start, text = marker.start, caption[marker.end : following]
        lead_end = min(lead_end, start)
        texts.update({label: _trim(text) for label in marker.labels})
    panels = tuple(Panel(label, texts[label]) for label in _in_order(texts))
    return caption[:lead_end].strip(" ,;("), panels


def _bounds(caption: str, markers: list[_Marker]) -> list[tuple[int, int]]:
    """The sentences of the caption; a marker that opens one may begin with a small letter."""
    starts = sorted({0, *(start for start, _ in sentences(caption)), *(m.start for m in markers if m.strong)})
    return list(zip(starts, [*starts[1:], len(caption)], strict=True))


def _trailing(caption: str, marker: _Marker, sentence: tuple[int, int]) -> bool:
    """Whether the marker stands behind what it names: "The length (a) and width (b) of ..."."""
    words = caption[sentence[0] : marker.start].strip(_EDGE)
    return marker.closed and not marker.strong and bool(words) and bool(_TRAILS.match(caption, marker.end))


def _tail(caption: str, markers: list[_Marker], index: int, sentence: tuple[int, int]) -> str:
    """What follows the last marker of the sentence: it holds for all of them."""
    last = max((m for m in markers[index:] if m.start < sentence[1]), key=lambda m: m.start)
    return caption[last.end : sentence[1]].strip(_EDGE)


def _trim(text: str) -> str:
    text = re.sub(r"(?:^|\s)(?:and|or)$", "", text.strip(" ,;:(|—–")).strip(" ,;:(|—–")
    return re.sub(r"^(?:and|or)\s+", "", text).strip()


def _in_order(labels: Iterable[str]) -> list[str]:
    """Letters and numerals in the order of their run; words such as "Left" in that of the caption."""
    given = list(labels)
    if all(len(label) == 1 for label in given):
        return sorted(given)
    return sorted(given, key=_ROMAN.index) if set(given) <= set(_ROMAN) else given
