"""Figures without \\caption: "Figure 1. ..." typed as a paragraph beside a picture, or in a list of legends."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from omnisci_etl.papers.latex import names
from omnisci_etl.papers.latex.floats import MAX_CAPTIONS, Draft, Floats
from omnisci_etl.papers.latex.scan import Arg
from omnisci_etl.papers.latex.structure import Env, Event, Structure
from omnisci_etl.papers.latex.text import plain
from omnisci_etl.papers.mentions import figure_number, split_label

_BREAK = re.compile(
    r"\n[ \t]*\n|\\\\|\\(?:par|newpage|clearpage|pagebreak|vfill|eject|vfil|bigskip|medskip|smallskip|item|maketitle"
    r"|begin\s*\{\w+\*?\}|end\s*\{\w+\*?\}|(?:top|mid|page|end)insert|endcaption|hrule|bye|centerline"
    r"|includegraphics|" + "|".join(names.SECTIONS) + r")(?![A-Za-z])"
)
_NAMES_FIGURE = re.compile(r"[Ff][Ii][Gg]")
_HEAD_LENGTH = 400
# A label in a group of its own ends with the group, whatever stands behind it.
_OWN_GROUP = re.compile(
    r"(?:\{\s*\\(?:bf|bfseries|it|itshape|sl|sc|em|rm)(?![A-Za-z])|\\(?:textbf|textit|textsc|emph|textsl|(?:bot|top)caption)\s*\{)"
    r"\s*(?:\\\w+\s+)?(?P<label>[Ff][Ii][Gg][^{}\\]{1,30}?)\s*[.:]?\s*\}"
)
_COMMAND = re.compile(
    r"\\[A-Za-z@]+\*?(?:\s*\[[^\[\]]{0,200}\])?|-?[\d.]{1,20}\s?(?:true)?(?:pt|in|cm|mm|em|ex|bp|pc)\b|\\."
)
_FILE = re.compile(
    r"\\(?:" + "|".join(names.PICTURES) + r")(?![A-Za-z])\s*(?:\[[^\[\]]{0,500}\]\s*)?(?:\{[^{}]{0,500}\})+"
)
_LENGTH = re.compile(r"\\(?:[vh]space\*?|label|setlength|begin|end|rule|vbox|thispagestyle)\s*(?:\{[^{}]{0,100}\})+")
_LEGENDS = re.compile(r"\bfig(?:ures?|s)?\b|legend|caption", re.IGNORECASE)
_LEGENDS_HERE = re.compile(
    r"fig(?:ure|s|\.)?s?\s+(?:captions?|legends?)|(?:captions?|legends?)\s+(?:to|of|for)\s+(?:the\s+)?fig",
    re.IGNORECASE,
)
_PRINTED = re.compile(r"\S")
_FEW_LETTERS = 12
_LONGEST_GAP = 3000


@dataclass(eq=False)
class _Legend:
    """A paragraph text[start:end] that begins with the label of a figure; listed: under a heading for legends."""

    number: str
    start: int
    end: int
    listed: bool = False


@dataclass(eq=False)
class _Insert:
    """A float without a caption, or pictures in a row outside of floats."""

    start: int
    end: int
    events: list[Event]


def add_by_hand(structure: Structure, floats: Floats) -> None:
    """Where a paper captions none of its figures, those that it labels in plain text.

    Each label goes with the picture around, before or behind it; where few stand beside a picture and both are as many,
    in order. Legends in a list of their own are figures even where the pictures are not in the paper.
    """
    if floats.drafts:
        return
    legends = list(_legends(structure))
    inserts = list(_inserts(structure))
    pairs = _pairs(structure, legends, inserts)
    for legend in legends:
        insert = pairs.get(legend)
        if insert or legend.listed:
            floats.drafts.append(_draft(legend, insert))
            floats.outside.append((legend.start, legend.end))


def _draft(legend: _Legend, insert: _Insert | None) -> Draft:
    events = insert.events if insert else []
    caption = Arg(legend.start, legend.end, legend.end)
    pictures = [event for event in events if event.kind == "picture"]
    drawn = any(event.kind == "drawing" for event in events)
    return Draft(legend.number, "", caption, legend.start, legend.end, pictures=pictures, drawn=drawn)


def _legends(structure: Structure) -> Iterator[_Legend]:
    """The labelled paragraphs; of several with one number the longest, as the others only stand over the pictures."""
    best: dict[str, _Legend] = {}
    for legend in (*_paragraphs(structure), *_headed(structure)):
        other = best.get(legend.number)
        if other is None or legend.end - legend.start > other.end - other.start:
            best[legend.number] = legend
    yield from sorted(best.values(), key=lambda legend: legend.start)[:MAX_CAPTIONS]


def _paragraphs(structure: Structure) -> Iterator[_Legend]:
    text = structure.source.text
    headings = [(event.start, _LEGENDS.search(structure.source.get(event.arg)) is not None)
                for event in structure.of_kind("section")]  # fmt: skip
    headings += [(found.start(), True) for found in _LEGENDS_HERE.finditer(text)]
    headings.sort()
    for start, end in _pieces(structure):
        head = text[start : min(end, start + _HEAD_LENGTH)]
        if _NAMES_FIGURE.search(head):
            number = figure_number(_label(head))
            if number:
                heading = bisect_left(headings, (start,)) - 1
                yield _Legend(number, start, end, heading >= 0 and headings[heading][1])


def _label(head: str) -> str:
    """The label that a paragraph begins with, else ""."""
    own = _OWN_GROUP.search(head)
    if own and not _words(head[: own.start()]):
        return own["label"]
    return split_label(plain(head).lstrip(" {}"))[0]


def _pieces(structure: Structure) -> Iterator[tuple[int, int]]:
    """(start, end) of the stretches of text between breaks and headings."""
    text = structure.source.text
    document = next((env for env in structure.envs if env.name == "document"), None)
    start, stop = (document.start, document.end) if document else (0, len(text))
    headings = {event.start: event.end for event in structure.of_kind("section")}
    for found in _BREAK.finditer(text, start, stop):
        if found.start() >= start:
            yield start, found.start()
            start = headings.get(found.start(), found.end())
    yield start, stop


def _headed(structure: Structure) -> Iterator[_Legend]:
    """Headings that are the label of a figure, with the paragraph behind them."""
    text = structure.source.text
    for number, end in _labelling_headings(structure):
        printed = _PRINTED.search(text, end)
        start = printed.start() if printed else len(text)
        found = _BREAK.search(text, start)
        if found and _words(text[start : found.start()], few=1):
            yield _Legend(number, start, found.start(), listed=True)


def _labelling_headings(structure: Structure) -> Iterator[tuple[str, int]]:
    """(number, end) of the headings that are the label of a figure."""
    for event in structure.of_kind("section"):
        heading = structure.source.get(event.arg)[:_HEAD_LENGTH]
        number = figure_number(plain(heading).strip(" .:")) if _NAMES_FIGURE.search(heading) else None
        if number:
            yield number, event.end


def _words(latex: str, few: int = _FEW_LETTERS) -> bool:
    """Whether a stretch of source prints more than a few letters."""
    if len(latex) > _LONGEST_GAP:
        return True
    bare = _COMMAND.sub(" ", _LENGTH.sub(" ", _FILE.sub(" ", latex)))
    return sum(map(str.isalpha, bare)) > few


def _inserts(structure: Structure) -> Iterator[_Insert]:
    text = structure.source.text
    floats: dict[Env, _Insert] = {}
    loose: _Insert | None = None
    for event in structure.of_kind("picture", "drawing"):
        chain = [env for env in event.env.chain() if env.name in names.FLOATS]
        if chain:
            outer = chain[-1]
            insert = floats.setdefault(outer, _Insert(outer.start, outer.end, []))
            insert.events.append(event)
        elif loose and not _words(text[loose.end : event.start]):
            loose.end = max(loose.end, event.end)
            loose.events.append(event)
        else:
            if loose:
                yield loose
            loose = _Insert(event.start, event.end, [event])
    if loose:
        yield loose
    yield from floats.values()


def _pairs(structure: Structure, legends: Sequence[_Legend], inserts: Sequence[_Insert]) -> dict[_Legend, _Insert]:
    inserts = sorted(inserts, key=lambda insert: insert.start)
    around = {legend: insert for legend in legends for insert in inserts if insert.start <= legend.start < insert.end}
    behind = around | _adjacent(structure, legends, inserts, below=True)
    before = around | _adjacent(structure, legends, inserts, below=False)
    pairs = max(behind, before, around | _under_headings(structure, legends, inserts), key=len)
    if 2 * len(pairs) > len(legends):
        return pairs
    return dict(zip(legends, inserts, strict=True)) if len(legends) == len(inserts) else {}


def _under_headings(
    structure: Structure, legends: Sequence[_Legend], inserts: Sequence[_Insert]
) -> dict[_Legend, _Insert]:
    """Legends whose number is also the heading of a float or a row of pictures."""
    numbered: dict[str, _Insert] = {}
    starts = [insert.start for insert in inserts]
    for number, end in _labelling_headings(structure):
        index = bisect_left(starts, end)
        if index == len(inserts) or starts[index] - end > _LONGEST_GAP:
            continue
        if not _words(structure.source.text[end : starts[index]], few=1):
            numbered.setdefault(number, inserts[index])
    return {legend: numbered[legend.number] for legend in legends if legend.number in numbered}


def _adjacent(
    structure: Structure, legends: Sequence[_Legend], inserts: Sequence[_Insert], *, below: bool
) -> dict[_Legend, _Insert]:
    """Legends right below (or above) a float or a row of pictures, with no other words between."""
    text = structure.source.text
    found: dict[_Legend, _Insert] = {}
    starts = [insert.start for insert in inserts]
    for legend in legends:
        index = bisect_left(starts, legend.start) - (1 if below else 0)
        if not 0 <= index < len(inserts) or inserts[index] in found.values():
            continue
        insert = inserts[index]
        gap = text[insert.end : legend.start] if below else text[legend.end : insert.start]
        if not _words(gap):
            found[legend] = insert
    return found
