"""Places in a caption that could mark a panel, style by style: bold letters, "(a)", "a,", "A.", "(i)", "Left:".

A marker only says that letters stand where a panel could begin; which of them do is decided over the whole caption.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from string import ascii_letters, ascii_lowercase
from typing import NamedTuple

from omnisci_etl.figures.panel_order import ordered
from omnisci_etl.figures.panel_words import SEGMENT, STOPS, before, places
from omnisci_etl.papers.panel_lists import DASH, ROMAN, ROMAN_CAPITALS


class Marker(NamedTuple):
    """caption[start:end] names labels; strong: it opens a sentence; closed: it stands in brackets.

    inner: of several labels, the markers behind it that tell them apart: "(a, b) Maps of (a) ice and (b) snow".
    """

    start: int
    end: int
    labels: tuple[str, ...]
    strong: bool = False
    closed: bool = False
    inner: tuple[Marker, ...] = ()


class Style(NamedTuple):
    """gap: how many letters a run may leave out; weak_gap: and still go on with a marker that opens no sentence.

    alone: whether one panel, or a run without "a", can be true. Of the styles the one with the most panels is taken;
    a trusted one at once where its run begins with "a"; a last one if no other finds more than one panel.
    """

    markers: list[Marker]
    gap: int = 0
    weak_gap: int = 0
    alone: bool = False
    trusted: bool = False
    last: bool = False


ALPHABETS = (tuple("abcdefghijklmnopqrstuvwxyz"), tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), ROMAN, ROMAN_CAPITALS)
_SEP = rf"(?:\s*(?:[,;&]|{DASH})\s*(?:and\s+)?|\s+(?:and|to|through)\s+)"
_LABEL = r"[A-Za-z](?:[1-9](?!\d)|['′’])?"
_LETTERS = rf"[A-Za-z](?:{_SEP}[A-Za-z]){{0,25}}"
_LABELS = rf"{_LABEL}(?:{_SEP}{_LABEL}){{0,25}}"
_BETWEEN = re.compile(_SEP)
_LONGEST_JOINT = 16
# What else a bracket says behind the letter in it: "(**a**, scale bar 5 nm)".
_ASIDE = re.compile(r"[,;:]\s[^()\[\]]{1,120}[)\]]")
_DASHED = re.compile(rf"{DASH}|\b(?:to|through)\b")
_ALL_LABELS = re.compile(_LABELS)
_PIECE = re.compile(rf"(?P<sep>{_SEP})?(?P<label>{_LABEL})")
_PANEL_WORD = r"(?:(?i:panels?|plots?|sub-?fig(?:ure)?s?\.?)\s+)"
_ROW_FIRST = r"(?:(?i:top|bottom|left|right|upper|lower|middle)(?:\s(?:row|column|panel)s?)?[;:,]\s)"
_BRACKET = re.compile(
    rf"[(\[](?:(?<![^\W\d_].)|(?<=anel.)|(?<=anels.))\s*{_ROW_FIRST}?{_PANEL_WORD}?(?P<list>{_LABELS})\.?\s*"
    r"(?:[,;:]\s[^()\[\];]{1,40})?[)\]]:?"
)
# "[a] = ...": what stands in the brackets is an operand.
_EQUATED = re.compile(r"\s?[=<>≤≥∈]")
# Bold letters and words: "**C, left**", "**b) Weight.**".
_BOLD_LEAD = re.compile(rf"(?P<list>{_LABELS})[,;:)]\s")
_NAMED = re.compile(rf"(?<![^\W_])(?i:panels?|sub-?(?:figure|plot|panel)s?)\s+\(?(?P<list>{_LETTERS})(?![^\W_])\)?")
# "(A-I) ... (A-II)": parts of panel A that are numbered, and no range from A to I.
_PARTED = re.compile(rf"[(\[][A-Za-z]{DASH}(?:II|ii)[)\]]")
_FIRST_PART = re.compile(rf"[A-Za-z]{DASH}[Ii]")
_SPAN = re.compile(r"\s[^.;:!?]*\s(?:to|through)\s")
_LONGEST_SPAN = 80
# "a" and capitals could be words; what follows tells. A minus or an equals sign tells that the letter is a quantity.
_BARE = re.compile(
    rf"(?:^|(?<=[.;:!?)”\"]\s)(?<!i\.e\.\s)(?<!e\.g\.\s)|(?<=[;,]\sand\s)|(?<=\()(?=[^()]{{1,80}};)){_PANEL_WORD}?(?P<list>{_LETTERS})"
    r"(?P<comma>,?)\s+(?![=<>≤≥±~]|[a-z][A-Z][a-z])"
)
# Letters within a sentence ("shown for a grain maize and b winter wheat"); a letter that is spoken of is none of them.
_LOOSE = re.compile(
    r"[a-z](?<=\s.)(?<!\bin\s.)(?<!\bof\s.)(?<!\bto\s.)(?<!\bby\s.)(?<!\bfor\s.)(?<!\bwith\s.)(?<!\bfrom\s.)(?<!\bpanel\s.)"
    r"\s+(?!(?:and|or|is|are|was|were|for|in|of|to|at|with|as|from|on|by|vs|can|has|have|that|which|show|shows)\b)(?=[\w(])"
)
_ARTICLE = re.compile(r"a(?<=\s.)\s+(?=[\w(])")
_LONGEST_FIRST = 300
_LISTED = re.compile(r"(?:[,;:]|\band)\s$")
_LOST_STOP = re.compile(r"[b-z](?<=[\w%)]\s.)\s+(?=[A-Z][a-z]+\s)")
_CLOSING = re.compile(
    rf"(?:^|(?<=\s)|(?<=\()(?=[^)]:)){_PANEL_WORD}?(?P<list>{_LETTERS})(?:(?P<mark>[).:])|\s?[|])\s*(?=\S)"
)
# What each match of _CLOSING holds: a letter of its own with a mark behind it, or a bar. It is found far faster.
_CLOSES = re.compile(
    rf"[).:|](?:(?<=[|])|(?<=[A-Za-z].)(?<![^{DASH[1:-1]}\s,;&(][A-Za-z].)(?<![(][A-Za-z][).]))",
)
_NUMERAL = r"(?:viii|vii|vi|iv|v|ix|xii|xi|x|iii|ii|i|VIII|VII|VI|IV|V|IX|XII|XI|X|III|II|I)"
_NUMERALS = re.compile(_NUMERAL)
_ROMAN_BRACKET = re.compile(rf"\((?<![^\W_].){_PANEL_WORD}?(?P<list>{_NUMERAL}(?:{_SEP}{_NUMERAL}){{0,11}})\)")
_ROMAN_CLOSED = re.compile(rf"(?:^|(?<=[.;:!?,]\s)|(?<=\sand\s))(?P<list>{_NUMERAL})(?P<mark>[.):])\s+(?=\S)")
_LONGEST_ASIDE = 80
# What is numbered with capital numerals, in the picture or elsewhere.
_STAGES = re.compile(
    r"\b(?:regions?|phases?|types?|stages?|steps?|zones?|states?|modes?|class(?:es)?|cases?|regimes?)\s$", re.I
)
_OPENS = re.compile(r"[\"“'‘(\[]?(?:[^\W_a-z]|[a-z]{1,3}[A-Z]{2}|pH\b)")
_LETTER = frozenset(ascii_letters)
_OPEN, _CLOSE = frozenset("(["), frozenset(")]")
# What no genus, whose name is cut to a capital, is followed by.
_NO_NAME = re.compile(r"(?:the|an?|in|of|for|from|with)\s")
# Initials of people: "photo by A. F. Smith and B. T. Jones".
_INITIAL = re.compile(r"[A-Z]\.")
_NAMES = re.compile(r"\b(?:by|and|from|of|with|de|van|courtesy)\s+$|&\s+$")
_SMALL = frozenset(ascii_lowercase)
_NO_WORDS = frozenset("bcdefghijklmnopqrstuvwxyz")


def styles(caption: str, bold: Sequence[tuple[int, int]]) -> Iterator[Style]:
    """The markers of the caption by style, the surest first; each style is looked for only when it is asked for."""
    if marked := _bold_markers(caption, bold):
        yield Style(_filled(caption, marked), gap=3, weak_gap=1, alone=True, trusted=True)
    brackets = _brackets(caption)
    yield Style(brackets, gap=1, alone=True)
    bare = _bare_markers(caption)
    if len(bare) > 1:
        lost = [Marker(m.start(), m.end(), (m[0][0],)) for m in _LOST_STOP.finditer(caption)]
        bare = sorted([*bare, *lost], key=lambda marker: marker.start)
    if bare:
        yield Style(sorted([*bare, *brackets], key=lambda marker: marker.start))
    if not any(label in {"a", "b"} for marker in brackets for label in marker.labels):
        yield Style(_chain(caption, bare))
    yield Style(_with_ranges(_closing_markers(caption), bare))
    yield Style(_roman_markers(caption), last=True)
    yield Style(_named_panels(caption), last=True)
    yield Style(_word_markers(caption), last=True)


def join(caption: str, markers: list[Marker]) -> list[Marker]:
    """Markers with nothing but a separator between them as one ("(a) and (b)", bold a – bold c), brackets included."""
    if ")" not in caption and "]" not in caption:
        return _joined(caption, markers)
    joined = _joined(caption, [_with_brackets(caption, marker) for marker in markers])
    starts = [*[marker.start for marker in joined[1:]], len(caption)]
    return [_with_aside(caption, _with_brackets(caption, m), end) for m, end in zip(joined, starts, strict=False)]


def _joined(caption: str, markers: list[Marker]) -> list[Marker]:
    joined: list[Marker] = []
    end = -_LONGEST_JOINT
    for marker in markers:
        if marker.start - end < _LONGEST_JOINT and _goes_on(caption, joined[-1], marker):
            last = joined[-1]
            dashed = _DASHED.search(caption, last.end, marker.start)
            middle = between(last.labels[-1], marker.labels[0]) if dashed else ()
            joined[-1] = last._replace(end=marker.end, labels=last.labels + middle + marker.labels)
        else:
            joined.append(marker)
        end = marker.end
    return joined


def between(first: str, last: str) -> tuple[str, ...]:
    """The labels strictly between two letters, two numerals or two numbers of one letter; none between others."""
    if len(first) == len(last) == 1 and ord(last) - ord(first) == 1:
        return ()
    if len(first) == len(last) == 2 and first[1].isdigit() and last[1].isdigit():
        if first[0] == last[0]:
            return tuple(f"{first[0]}{digit}" for digit in range(int(first[1]) + 1, int(last[1])))
        return tuple(f"{letter}{first[1]}" for letter in between(first[0], last[0])) if first[1] == last[1] else ()
    for alphabet in ALPHABETS:
        if first in alphabet and last in alphabet:
            return alphabet[alphabet.index(first) + 1 : alphabet.index(last)]
    return ()


def opens_sentence(caption: str, position: int) -> bool:
    """Whether what stands at position looks like the first word of a sentence; a number that sticks to it cites."""
    if caption[position : position + 1].isdigit():
        return False
    while caption[position : position + 1].isspace():
        position += 1
    return _OPENS.match(caption, position) is not None


def _goes_on(caption: str, last: Marker, marker: Marker) -> bool:
    same_case = last.labels[-1][0].islower() == marker.labels[0][0].islower()
    return same_case and bool(_BETWEEN.fullmatch(caption, last.end, marker.start))


def _with_brackets(caption: str, marker: Marker) -> Marker:
    end = marker.end
    if caption[end : end + 1] not in _CLOSE or before(caption, marker.start) not in _OPEN:
        return marker
    return marker._replace(start=_opened(caption, marker), end=end + 1, closed=True)


def _with_aside(caption: str, marker: Marker, limit: int) -> Marker:
    """The marker with its bracket and what else that says, up to where the next marker begins."""
    if marker.closed or before(caption, marker.start) not in _OPEN:
        return marker
    aside = _ASIDE.match(caption, marker.end, limit)
    if aside is None:
        return marker
    return marker._replace(start=_opened(caption, marker), end=aside.end(), closed=True)


def _opened(caption: str, marker: Marker) -> int:
    return max(caption.rfind("(", 0, marker.start), caption.rfind("[", 0, marker.start))


def _labels(text: str) -> tuple[str, ...]:
    """The labels of a list, ranges written out."""
    if len(text) == 1:
        return (text,)
    labels: list[str] = []
    for piece in _PIECE.finditer(text):
        label = piece["label"]
        if labels and piece["sep"] and _DASHED.search(piece["sep"]):
            labels.extend(between(labels[-1], label))
        labels.append(label)
    return tuple(dict.fromkeys(labels))


def _bold_markers(caption: str, bold: Sequence[tuple[int, int]]) -> list[Marker]:
    markers = []
    for start, end in sorted(bold):
        inner = caption[start:end].strip(" ()[].,:;|")
        if inner not in _LETTER and not (inner and _ALL_LABELS.fullmatch(inner)):
            lead = _BOLD_LEAD.match(inner)
            inner = lead["list"] if lead else ""
        if inner:
            start = caption.index(inner, start)
            markers.append(Marker(start, start + len(inner), _labels(inner)))
    return markers


def _filled(caption: str, bold: list[Marker]) -> list[Marker]:
    """Bold letters, and those that fill gaps between them or go on from the last: somebody forgot the bold."""
    known = sorted({label for marker in bold for label in marker.labels if len(label) == 1})
    missing = {label for first, last in pairwise(known) for label in between(first, last)}
    end = max((marker.end for marker in bold), default=0)
    following = _following(caption, known, end)
    if not missing and not following:
        return bold
    apart = _apart(bold, _brackets(caption))
    filling = [m._replace(labels=tuple(label for label in m.labels if label in missing)) for m in apart]
    filling = [marker for marker in filling if marker.labels]
    if following:
        bracketed = before(caption, bold[0].start) in _OPEN
        further = [*apart, *_apart(bold, _bare_markers(caption))]
        filling += _going_on(caption, end, following, further, bracketed=bracketed)
    return sorted([*bold, *filling], key=lambda marker: marker.start)


def _apart(bold: list[Marker], markers: list[Marker]) -> list[Marker]:
    return [m for m in markers if not any(b.start < m.end and m.start < b.end for b in bold)]


def _following(caption: str, known: list[str], end: int) -> str:
    """The letter after those known from "a" on, where it stands by itself behind end; else none."""
    if len(known) < 2 or known[0] not in "aA" or not known[-1].isalpha() or known[-1] in "zZ":
        return ""
    letter = chr(ord(known[-1]) + 1)
    return letter if re.search(rf"(?<![^\W_]){letter}(?![^\W_])", caption[end:]) else ""


def _going_on(caption: str, end: int, expected: str, markers: list[Marker], *, bracketed: bool) -> list[Marker]:
    """The letters behind end that go on from the expected one: at heads of sentences, and where the others stand in
    brackets several in one ("(G and H)"; one alone may stand for anything).
    """
    found = []
    for marker in sorted(markers, key=lambda m: m.start):
        if marker.start <= end or marker.labels[0] != expected:
            continue
        if before(caption, marker.start) in STOPS or (bracketed and marker.closed and _is_run(marker.labels)):
            found.append(marker)
            expected, end = chr(ord(marker.labels[-1][0]) + 1), marker.end
    return found


def _is_run(labels: Sequence[str]) -> bool:
    """Whether these are several letters that follow one another."""
    return len(labels) > 1 and "".join(labels) in ascii_letters


def _brackets(caption: str) -> list[Marker]:
    parted = bool(_PARTED.search(caption))
    markers: list[Marker] = []
    glued: list[Marker] = []
    for match in _BRACKET.finditer(caption):
        labels = _labels(match["list"])
        if parted and _FIRST_PART.fullmatch(match["list"]):
            labels = labels[:1]
        elif markers and len(labels) == 1 and _spans(caption, markers[-1].end, match.start()):
            labels = between(markers[-1].labels[-1], labels[0]) + labels
        if _is_no_list(labels):
            continue
        if caption[match.start() - 1 : match.start()].isdigit():
            glued.append(Marker(match.start(), match.end(), labels, closed=True))
        elif caption[match.start()] == "(" or not _EQUATED.match(caption, match.end()):
            markers.append(Marker(match.start(), match.end(), labels, closed=True))
    return _with_glued(markers, glued) if glued else markers


def _is_no_list(labels: tuple[str, ...]) -> bool:
    """Whether these are letters of both cases, or several in no order, as no panels are: "(K, w)", "(S, T, N, Q)"."""
    if len(labels) < 2 or any([len(label) > 1 for label in labels]):
        return False
    return len({label.islower() for label in labels}) > 1 or (len(labels) > 2 and list(labels) != sorted(labels))


def _with_glued(markers: list[Marker], glued: list[Marker]) -> list[Marker]:
    """The markers, and of those right behind a digit ("N = 600(B)") the ones that fill a gap between them."""
    known = sorted({label for marker in markers for label in marker.labels if len(label) == 1})
    missing = {label for first, last in pairwise(known) for label in between(first, last)}
    filling = [marker for marker in glued if missing.issuperset(marker.labels)]
    return sorted([*markers, *filling], key=lambda marker: marker.start)


def _spans(caption: str, start: int, end: int) -> bool:
    """Whether the words between two brackets make a range of them: "(A) six months to (F) one month before"."""
    return end - start <= _LONGEST_SPAN and _SPAN.fullmatch(caption, start, end) is not None


def _bare_markers(caption: str) -> list[Marker]:
    """Letters that open a sentence; "a" and capitals need a comma, a list or a capital next."""
    return [
        Marker(m.start(), m.end(), _labels(m["list"]))
        for m in _BARE.finditer(caption)
        if len(m["list"]) > 1
        or m["comma"]
        or m.start("list") > m.start()
        or m["list"] in _NO_WORDS
        or _OPENS.match(caption, m.end())
    ]


def _chain(caption: str, bare: list[Marker]) -> list[Marker]:
    """Letters in mid-sentence that continue one another from "a" on; those at the heads of sentences take part.

    The "a" is the last one before the "b", as the ones before it are articles.
    """
    known = {marker.start for marker in bare}
    loose = [Marker(m.start(), m.end(), (m[0][0],)) for m in _LOOSE.finditer(caption) if m.start() not in known]
    second = next((marker for marker in loose if marker.labels == ("b",)), None)
    if second is not None and not any("a" in marker.labels for marker in bare):
        floor = max(0, second.start - _LONGEST_FIRST)
        articles = [Marker(m.start(), m.end(), ("a",)) for m in _ARTICLE.finditer(caption, floor, second.start)]
        bare = [*bare, *articles[-1:]]
    chain: list[Marker] = []
    for marker in sorted([*bare, *loose], key=lambda m: m.start):
        expected = chr(ord(chain[-1].labels[-1]) + 1) if chain else "a"
        if marker.labels[0] == expected:
            chain.append(marker)
    last = chain[-1].start if len(chain) == 2 else -1
    if last in known or last < 0 or _LISTED.search(caption, max(0, last - 8), last):
        return chain
    return []


def _closing_markers(caption: str) -> list[Marker]:
    """ "a) ...", "A. ..."; a capital with a full stop could be an initial or a genus and needs a capital after it."""
    if not _CLOSES.search(caption):
        return []
    return [
        Marker(m.start(), m.end("mark") if m["mark"] else m.end(), _labels(m["list"]))
        for m in _CLOSING.finditer(caption)
        if _opens_segment(caption, m)
    ]


def _with_ranges(closing: list[Marker], bare: list[Marker]) -> list[Marker]:
    """The markers, and with them ranges at the heads of sentences, which need no mark: "A. Maps. B–E their means"."""
    if not closing:
        return closing
    ranges = _apart(closing, [marker for marker in bare if len(marker.labels) > 1])
    return sorted([*closing, *ranges], key=lambda marker: marker.start) if ranges else closing


def _opens_segment(caption: str, match: re.Match[str]) -> bool:
    if match["mark"] == ")":
        return caption.rfind("(", max(0, match.start() - _LONGEST_ASIDE), match.start()) <= caption.rfind(
            ")", 0, match.start()
        )
    if (
        match["mark"] == "."
        and match["list"].isupper()
        and (_INITIAL.match(caption, match.end()) or _NAMES.search(caption, max(0, match.start() - 9), match.start()))
    ):
        return False
    if match["mark"] == "." and not _OPENS.match(caption, match.end()):
        if match["list"] in _SMALL and caption[match.end()].islower():
            return _LISTED.search(caption, max(0, match.start() - 6), match.start()) is not None
        return before(caption, match.start()) in STOPS and bool(_NO_NAME.match(caption, match.end()))
    if match["mark"] == "." and len(match["list"]) == 1:
        return True
    return before(caption, match.start()) in SEGMENT


def _roman_markers(caption: str) -> list[Marker]:
    """ "(i) ...", "II. ..."; small ones only where the first begins a sentence, as criteria are numbered so too."""
    if not any(first in caption for first in ("ii", "II", "(i", "(I")):
        return []
    for pattern, closed in ((_ROMAN_BRACKET, True), (_ROMAN_CLOSED, False)):
        markers = [Marker(m.start(), m.end(), _numerals(m["list"]), closed=closed) for m in pattern.finditer(caption)]
        if len(markers) > 1:
            return markers if _opens_list(caption, markers[0]) else []
    return []


def _numerals(text: str) -> tuple[str, ...]:
    """The numerals of a list, ranges written out."""
    found = _NUMERALS.findall(text)
    for alphabet in (ROMAN, ROMAN_CAPITALS):
        if len(found) == 2 and _DASHED.search(text) and set(found) <= set(alphabet):
            return alphabet[alphabet.index(found[0]) : alphabet.index(found[1]) + 1] or tuple(found)
    return tuple(dict.fromkeys(found))


def _opens_list(caption: str, first: Marker) -> bool:
    if before(caption, first.start) in STOPS:
        return True
    return (
        first.closed and first.labels[0] == "I" and not _STAGES.search(caption, max(0, first.start - 12), first.start)
    )


def _named_panels(caption: str) -> list[Marker]:
    """Letters that are only called panels: "Patterns of panel A and B. Panel C has more."."""
    if "anel" not in caption and "ubfig" not in caption and "ubplot" not in caption:
        return []
    return [Marker(m.start(), m.end(), _labels(m["list"])) for m in _NAMED.finditer(caption)]


def _word_markers(caption: str) -> list[Marker]:
    """Left, right and their like, where there are several."""
    named, listed = places(caption), ordered(caption)
    if sum(len(place.labels) for place in listed) > len({label for place in named for label in place.labels}):
        named = listed
    markers = [Marker(place.start, place.end, place.labels, closed=place.closed) for place in named]
    several = len(markers) > 1 or any(len(m.labels) > 1 and not m.closed for m in markers)
    return markers if several else []
