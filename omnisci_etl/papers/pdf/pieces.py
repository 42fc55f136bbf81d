"""Ink on a PDF page that can be part of a figure, cut at captions and at columns of text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from omnisci_etl.papers.pdf.captions import Caption
from omnisci_etl.papers.pdf.geometry import Box, Line, Rect, union
from omnisci_etl.papers.pdf.page import Page

MIN_SIDE = 24.0
"""Points a side of the smallest figure."""
WALL = 60.0
"""Points that a line of running text is wide at least."""

_RULE = 6.0
_EDGE = 0.09
_BELOW = 40.0
_ABOUT, _SLIVER = 4.0, 12.0
_UNDER = 24.0
_RULES = (10.0, 5.0)
"""How far the rules of a table reach over its cells."""
_TABLE = re.compile(r"\W*table\s*[\dIVX]", re.IGNORECASE)
_SMALL = 0.95
_MOST_TITLE_LINES, _LEAST_RUNNING = 2, 3
_PANEL_TITLE = re.compile(r"\([a-z]\)|\(?[a-z]\)\s|\([ivx]{1,4}\)", re.IGNORECASE)


@dataclass(frozen=True)
class Style:
    """How the document is set: size and font of most of its text, what is drawn on every page, where captions stand."""

    size: float = 0.0
    font: str = ""
    furniture: tuple[Rect, ...] = ()
    captions_on_top: bool = False


def find_pieces(page: Page, captions: Sequence[Caption], style: Style, *, with_tables: bool) -> list[Rect]:
    """Ink that is neither running text nor caption nor page furniture, nor (unless with_tables) a table."""
    own = {line for caption in captions for line in caption.lines}
    drawn = {box for box in page.boxes if box.kind == "picture" or _is_figure(box, page, captions)}
    pictures = [box.rect for box in page.boxes if box in drawn and box.rect.height >= MIN_SIDE]
    hidden = [_padded(line.rect) for line in own]
    hidden += [_padded(rect) for rect in (*style.furniture, *page.marginal)]
    for box in page.boxes:
        if box.kind == "page-header" and box.rect.y1 < _EDGE * page.rect.height:
            hidden.append(Rect(page.rect.x0, page.rect.y0, page.rect.x1, box.rect.y1 + 1))
        elif box.kind == "page-footer" and box.rect.y0 > (1 - _EDGE) * page.rect.height:
            hidden.append(Rect(page.rect.x0, box.rect.y0 - 1, page.rect.x1, page.rect.y1))
        elif box.kind == "table" and not with_tables and box not in drawn:
            hidden.append(_padded(box.rect, *_RULES))
        elif box.kind in ("page-header", "page-footer", "formula"):
            hidden.append(_padded(box.rect))
        elif box not in drawn and not is_label(box, page, style):
            hidden += [_padded(line.rect) for line in box.lines if _is_running(line, box)]
    pictures = [_without_text(picture, page, style) for picture in pictures]
    cut = [_without_captions(part, captions) for picture in pictures for part in _side_by_side(page, picture, captions)]
    tables = {} if with_tables else {part: table for part in cut if (table := _table_on_top(page, part))}
    hidden += tables.values()
    cut = [part._replace(y0=tables[part].y1) if part in tables else part for part in cut]
    ink = page.ink(hidden, cut, [caption.rect for caption in captions])
    parts = [part for whole in ink for part in _side_by_side(page, whole, captions)]
    return [piece for part in parts for piece in _split(part, captions) if min(piece.width, piece.height) > _RULE]


def _side_by_side(page: Page, piece: Rect, captions: Sequence[Caption]) -> list[Rect]:
    """A piece cut between captions that stand beside each other under it, or over it: each has its own figure."""
    near = [caption.rect for caption in captions if caption.rect.overlap_x(piece) > 0.5 * caption.rect.width]
    under = [rect for rect in near if rect.y0 > piece.y0 + piece.height / 2 and rect.y0 - piece.y1 < _BELOW]
    over = [rect for rect in near if rect.y1 < piece.y0 + piece.height / 2 and piece.y0 - rect.y1 < _BELOW]
    row = sorted(under if len(under) >= len(over) else over, key=lambda rect: rect.x0)
    if len(row) < 2 or any(right.x0 < left.x1 for left, right in pairwise(row)):
        return [piece]
    gutters = (page.gutter(piece._replace(x0=left.x1, x1=right.x0)) for left, right in pairwise(row))
    cuts = [piece.x0, *gutters, piece.x1]
    return [piece._replace(x0=x0, x1=x1) for x0, x1 in pairwise(cuts)]


def _is_running(line: Line, box: Box) -> bool:
    """Whether a line is set as most of its box is; labels of a drawing that the box covers are not."""
    sizes = sorted(other.size for other in box.lines)
    return abs(line.size - sizes[len(sizes) // 2]) < 0.15 * line.size


def is_label(box: Box, page: Page, style: Style) -> bool:
    """Whether a box of text belongs to a drawing: panel letters and their titles, small text in another font."""
    if is_sub_caption(box, style):
        return True
    if not box.lines or box.kind in ("caption", "table"):
        return False
    if all(len(line.text.strip()) <= 3 for line in box.lines):
        return True
    small = all(line.size < 0.92 * style.size and line.font != style.font for line in box.lines)
    return small and box.rect.width < 0.3 * page.rect.width


def is_sub_caption(box: Box, style: Style) -> bool:
    """Whether a box is the title of one panel: "(a) Observed", taken for a caption or set smaller than the text."""
    if not 0 < len(box.lines) <= _MOST_TITLE_LINES or _PANEL_TITLE.match(box.lines[0].text.strip()) is None:
        return False
    return box.kind == "caption" or (box.kind in ("text", "list-item") and box.lines[0].size < _SMALL * style.size)


def _is_figure(box: Box, page: Page, captions: Sequence[Caption]) -> bool:
    """Whether a table box is a figure: it stands right over the caption of one, and none of a table is near."""
    if box.kind != "table" or any(box.rect.holds_middle(caption.rect) for caption in captions):
        return False
    if not any(_is_right_under(caption.rect, box.rect) for caption in captions):
        return False
    titles = [other.rect for other in page.boxes if other.lines and _TABLE.match(other.lines[0].text)]
    return not any(_is_right_under(box.rect, title) or _is_right_under(title, box.rect) for title in titles)


def _padded(rect: Rect, x: float = 2, y: float = 1) -> Rect:
    return Rect(rect.x0 - x, rect.y0 - y, rect.x1 + x, rect.y1 + y)


def _without_text(picture: Rect, page: Page, style: Style) -> Rect:
    """The picture box, cut where it runs into a column of running text beside it."""
    running = [
        line.rect
        for box in page.boxes
        if box.kind in ("text", "list-item")
        for line in box.lines
        if line.font == style.font and line.rect.width > WALL and _runs_into(picture, line.rect)
    ]
    if len(running) < _LEAST_RUNNING:
        return picture
    column, middle = union(running), picture.x0 + picture.width / 2
    if column.x0 > middle:
        return picture._replace(x1=column.x0 - 2)
    return picture._replace(x0=column.x1 + 2) if column.x1 < middle else picture


def _runs_into(picture: Rect, line: Rect) -> bool:
    return picture.overlap_x(line) > _ABOUT and picture.overlap_y(line) > _ABOUT


def _table_on_top(page: Page, picture: Rect) -> Rect | None:
    """The table with which a picture box begins, right under a caption that belongs to no table above it."""
    for box in page.boxes:
        if box.kind != "caption" or not box.lines or not _TABLE.match(box.lines[0].text):
            continue
        if any(other.kind == "table" and _is_right_under(box.rect, other.rect) for other in page.boxes):
            continue
        below = page.first_gap(picture) if _is_right_under(picture, box.rect) else None
        if below is not None:
            return picture._replace(y1=below)
    return None


def _is_right_under(rect: Rect, upper: Rect) -> bool:
    return -_ABOUT < rect.y0 - upper.y1 < _UNDER and rect.overlap_x(upper) > 0.5 * min(rect.width, upper.width)


def _without_captions(picture: Rect, captions: Sequence[Caption]) -> Rect:
    """The picture box, cut where it runs into a caption below or above it, or beside it."""
    for caption in captions:
        if picture.overlap_x(caption.rect) > 0 and picture.overlap_y(caption.rect) > 0:
            rest = _beside(picture, caption.rect)
            if rest is not None:
                picture = rest
            elif caption.rect.y0 > picture.y0 + picture.height / 2:
                picture = picture._replace(y1=caption.rect.y0 - 1)
            elif caption.rect.y1 < picture.y0 + picture.height / 2:
                picture = picture._replace(y0=caption.rect.y1 + 1)
    return picture


def _beside(piece: Rect, caption: Rect) -> Rect | None:
    """What is left of a piece into whose left or right edge a tall caption runs; None for any other."""
    middle = piece.x0 + piece.width / 2
    if piece.overlap_x(caption) <= 0 or piece.overlap_y(caption) < 0.4 * piece.height:
        return None
    if caption.x1 < middle:
        return piece._replace(x0=caption.x1 + 1)
    return piece._replace(x1=caption.x0 - 1) if caption.x0 > middle else None


def _split(piece: Rect, captions: Sequence[Caption]) -> list[Rect]:
    """A piece cut at the captions that stand in it or run into it: what is left above and below, or beside each."""
    for caption in captions:
        rect = caption.rect
        rest = _beside(piece, rect)
        if rest is not None:
            return _split(rest, captions)
        across = piece.overlap_x(rect) > 0.6 * min(rect.width, piece.width)
        if across and piece.y0 < rect.y1 - 2 * _ABOUT and piece.y1 > rect.y0 + 2 * _ABOUT:
            parts = (piece._replace(y1=rect.y0 - 1), piece._replace(y0=rect.y1 + 1))
            return [part for half in parts if half.height > _SLIVER for part in _split(half, captions)]
    return [piece]
