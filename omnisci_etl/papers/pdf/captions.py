"""Figure captions of a PDF page: found by their labels, put together over boxes, columns and pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low

from omnisci_etl.papers.mentions import split_label
from omnisci_etl.papers.pdf.geometry import Box, Line, Rect, union
from omnisci_etl.papers.pdf.page import Page
from omnisci_etl.papers.pdf.text import Vocabulary

_UNLIKELY = frozenset(("page-header", "page-footer", "picture", "table", "loose"))
_GOES_ON_IN = frozenset(("caption", "text", "list-item", "footnote"))
_SAME_SIZE = 0.3
_STRICT_LABEL = re.compile(r"fig(?:ure)?s?\.?\s*\w{1,4}\s*[.:|–—]\s*\S+\s+\S+", re.IGNORECASE)
_ELSEWHERE = re.compile(
    r"\W*(?:(?:see|for)\b.{0,30}\b(?:legend|caption)|see\s+next\s+page|(?:legend|caption)\s+(?:on|over)\b|\(?cont(?:inued|\.|d))",
    re.IGNORECASE,
)
_OTHER_LABEL = re.compile(r"\W*(?:table|scheme|box|algorithm|plate|chart)\s*[\dIVX]", re.IGNORECASE)
_OTHER_CAPTION = re.compile(r"(?:Table|Scheme|Algorithm)\s*[\dIVX]+[.:|]?\s+[A-Z]")
_PLURAL = re.compile(r"fig(?:ure)?s\b", re.IGNORECASE)
_SENTENCE_END = (".", "?", "!", ")", "”")
_LEADERS = re.compile(r"(?:\.\s?){3,}\d+$")
_MOST_LEADERS, _LAST = 2, 60
_BARE_GAP = 2.0
_INDENT, _INSET = 15, 36


@dataclass(eq=False)
class Caption:
    """A caption found on a page: its lines in reading order, the label and text that they make, and their frame.

    certain: the layout model takes it for a caption too. bold: where the text is set bold, short stretches only.
    """

    label: str
    text: str
    lines: list[Line]
    rect: Rect
    certain: bool = False
    bold: tuple[tuple[int, int], ...] = ()

    @property
    def is_stub(self) -> bool:
        """Whether the caption proper stands elsewhere: "(see legend on next page)", "(continued)", a bare label."""
        return len(self.text) < 3 or (len(self.text) < 80 and _ELSEWHERE.match(self.text) is not None)


def find_captions(page: Page, vocabulary: Vocabulary, body_size: float) -> list[Caption]:
    """The figure captions of a page from top to bottom; none on a page that lists the figures of a book."""
    found: list[Caption] = []
    boxes = [box for box in page.boxes if box.kind != "formula"]
    boxes += [Box(line.rect, "loose", [line]) for line in page.loose]
    starts = {line for box in boxes for line in _starts(box)}
    for box in boxes:
        for index, line in enumerate(box.lines):
            if line not in starts:
                continue
            lines = _collect(page, box, index, starts, body_size)
            text, spans = vocabulary.join_marked(lines)
            label, offset = split_label(text)
            if label:
                frame = union(line.rect for line in lines)
                bold = tuple((start - offset, end - offset) for start, end in spans if start >= offset)
                found.append(Caption(label, text[offset:], lines, frame, box.kind == "caption", bold))
    if sum(_LEADERS.search(caption.text[-_LAST:]) is not None for caption in found) > _MOST_LEADERS:
        return []
    return sorted(found, key=lambda caption: (caption.rect.y0, caption.rect.x0))


def continue_over_pages(
    caption: Caption, page: Page, following: Page, vocabulary: Vocabulary, body_size: float
) -> list[Line]:
    """The lines on the next page with which an unfinished caption, set smaller than the text, goes on."""
    size = caption.lines[0].size
    if caption.is_stub or caption.text.endswith(_SENTENCE_END) or abs(size - body_size) <= _SAME_SIZE:
        return []
    own = set(caption.lines)
    below = [line for box in page.boxes for line in box.lines if box.kind in _GOES_ON_IN and line not in own]
    if any(line.rect.y0 > caption.rect.y1 and line.rect.overlap_x(caption.rect) > 0 for line in below):
        return []
    boxes = [box for box in following.boxes if box.kind in _GOES_ON_IN and box.lines]
    first = min(boxes, key=lambda box: box.rect.y0, default=None)
    if first is None or any(_starts(first)) or _OTHER_LABEL.match(first.lines[0].text):
        return []
    if abs(first.lines[0].size - size) > _SAME_SIZE:
        return []
    caption.text = vocabulary.append(caption.text, vocabulary.join(first.lines))
    return first.lines


def _starts(box: Box) -> Iterator[Line]:
    """Lines that begin a caption: with a label, first in their box or set apart from the line above.

    In pictures, tables, headers and footers, and outside of all boxes, only a label with its mark and words is one, and
    at the top of a page a label alone.
    """
    for index, line in enumerate(box.lines):
        text = line.text + " " + (box.lines[index + 1].text if index + 1 < len(box.lines) else "")
        label = split_label(text)[0]
        if not label or _PLURAL.search(label):
            continue
        alone = label.strip() == line.text.strip(" .:|")
        if box.kind in _UNLIKELY:
            if _STRICT_LABEL.match(text.strip()) or (alone and box.kind == "page-header"):
                yield line
            continue
        above = [other for other in box.lines[:index] if other.rect.overlap_x(line.rect) > 0]
        apart = max(0.5 * line.rect.height, 1.3 * _leading(box.lines))
        ended = bool(above) and above[-1].text.rstrip().endswith(_SENTENCE_END)
        centred = min(line.rect.x0 - box.rect.x0, box.rect.x1 - line.rect.x1) > _INSET and _STRICT_LABEL.match(
            text.strip()
        )
        if (
            centred
            or not above
            or (box.kind == "caption" and (ended or alone))
            or line.rect.y0 - above[-1].rect.y1 > apart
        ):
            yield line


def _leading(lines: Sequence[Line]) -> float:
    """The usual space between two lines of a column: what single or double spacing leaves."""
    gaps = [below.rect.y0 - above.rect.y1 for above, below in pairwise(lines)]
    return median_low([gap for gap in gaps if gap > 0.1 * lines[0].rect.height] or [0.0])


def _collect(page: Page, box: Box, first: int, starts: set[Line], body_size: float) -> list[Line]:
    """All lines of the caption that begins at a line of a box."""
    lines = _run(box, first, starts)
    used = [box]
    _go_on_below(page, lines, used, starts, body_size)
    right = _other_column(page, used, lines, starts, body_size)
    if right is not None:
        used.append(right)
        more = list(right.lines)
        _go_on_below(page, more, used, starts, body_size)
        lines += more
    return lines


def _run(box: Box, first: int, starts: set[Line]) -> list[Line]:
    """The lines of a caption that begins at a line of a box: all below it that go on in its column and font size."""
    start = box.lines[first]
    rivals = [
        line for line in box.lines if line in starts and line is not start and line.rect.overlap_y(start.rect) > 0
    ]
    lines = [start]
    most = max(1.2 * start.rect.height, (1.8 if box.kind == "caption" else 1.3) * _leading(box.lines[first:]))
    for line in box.lines[first + 1 :]:
        aside = box.kind in ("picture", "table") and abs(line.rect.x0 - start.rect.x0) > _INDENT
        if (
            (aside and not _is_next(line, lines[-1]))
            or line in rivals
            or any(_is_nearer(line, rival, start) for rival in rivals)
        ):
            continue
        if line in starts or _OTHER_CAPTION.match(line.text):
            break
        so_far = union(other.rect for other in lines)
        in_column = line.rect.overlap_x(so_far) > 0 or line.rect.overlap_y(lines[-1].rect) > 0
        gap = line.rect.y0 - so_far.y1
        small = abs(line.size - start.size) > 0.6 and len(line.text.strip()) > 3
        if box.kind != "caption" and (not in_column or small):
            continue
        if gap > most:
            break
        lines.append(line)
    return lines


def _is_next(line: Line, last: Line) -> bool:
    """Whether a piece of text goes on with the row of the one before."""
    return line.rect.overlap_y(last.rect) > 0 and 0 <= line.rect.x0 - last.rect.x1 < 2 * last.size


def _is_nearer(line: Line, rival: Line, start: Line) -> bool:
    """Whether a line stands under another caption that begins in the same row."""
    return abs(line.rect.x0 - rival.rect.x0) < abs(line.rect.x0 - start.rect.x0)


def _go_on_below(page: Page, lines: list[Line], used: list[Box], starts: set[Line], body_size: float) -> None:
    """Add the boxes below that go on with a caption: notes and paragraphs in its size, set right under it."""
    while True:
        rect = union(line.rect for line in lines)
        bare = bool(re.fullmatch(r"\W*[^\W\d_]+\W*\w{1,4}\W*", lines[0].text)) and len(lines) == 1
        for box in page.boxes:
            if box in used or not box.lines or box.kind not in _GOES_ON_IN or any(line in starts for line in box.lines):
                continue
            if _goes_on(rect, lines[-1], box, body_size, bare=bare) and not _OTHER_LABEL.match(box.lines[0].text):
                used.append(box)
                lines += box.lines
                break
        else:
            return


def _goes_on(rect: Rect, last: Line, box: Box, body_size: float, *, bare: bool) -> bool:
    first = box.lines[0]
    gap = first.rect.y0 - rect.y1
    if bare:
        beside = first.rect.overlap_y(rect) > 0 and 0 < first.rect.x0 - rect.x1 < 40
        return beside or (-2 < gap <= _BARE_GAP * first.rect.height and first.rect.overlap_x(rect) > 0)
    centred = box.kind == "caption" and abs(first.rect.x0 + first.rect.x1 - rect.x0 - rect.x1) < _INDENT
    if not -2 < gap <= 0.8 * first.rect.height or not (centred or abs(first.rect.x0 - rect.x0) <= _INDENT):
        return False
    same = abs(first.size - last.size) <= _SAME_SIZE
    return same and (box.kind == "caption" or abs(first.size - body_size) > _SAME_SIZE)


def _other_column(page: Page, used: list[Box], lines: list[Line], starts: set[Line], body_size: float) -> Box | None:
    """A caption set in two columns goes on in a box to the right that begins at the same height, in the same size."""
    size, rect = lines[0].size, union(line.rect for line in lines)
    for other in page.boxes:
        if other in used or not other.lines or other.lines[0] in starts or other.kind not in ("caption", "text"):
            continue
        if _OTHER_LABEL.match(other.lines[0].text):
            continue
        level = abs(other.lines[0].rect.y0 - rect.y0) < 0.5 * lines[0].rect.height
        right = 0 < other.rect.x0 - rect.x1 < 0.1 * page.rect.width
        same = abs(other.lines[0].size - size) < _SAME_SIZE
        if level and right and same and (other.kind == "caption" or abs(size - body_size) > _SAME_SIZE):
            return other
    return None
