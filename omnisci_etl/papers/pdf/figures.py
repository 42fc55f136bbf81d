"""Figures of a PDF page: captions by their labels, and the ink that each of them belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from omnisci_etl.papers.mentions import split_label
from omnisci_etl.papers.pdf.page import Box, Line, Page, Rect, union
from omnisci_etl.papers.pdf.text import Vocabulary

_MIN_SIDE = 24.0
_RULE = 6.0
_FAR = 420.0
_ASIDE, _BELOW, _BESIDE = 20.0, 40.0, 60.0
_STRAY_GAP = 48.0
_NOT_CAPTIONS = frozenset(("picture", "page-header", "page-footer", "formula"))


@dataclass(eq=False)
class Caption:
    """A caption found on a page: its lines in reading order, the label and text that they make, and their frame."""

    label: str
    text: str
    lines: list[Line]
    rect: Rect


def find_captions(page: Page, vocabulary: Vocabulary, body_size: float) -> list[Caption]:
    """The figure captions of a page from top to bottom."""
    found: list[Caption] = []
    starts = {line for box in page.boxes if box.kind not in _NOT_CAPTIONS for line in _starts(box)}
    for box in page.boxes:
        for index, line in enumerate(box.lines):
            if line not in starts:
                continue
            lines = _run(box, index, starts)
            lines += _other_column(page, box, lines, starts, body_size)
            text = vocabulary.join(lines)
            label, offset = split_label(text)
            if label:
                found.append(Caption(label, text[offset:], lines, union(line.rect for line in lines)))
    return sorted(found, key=lambda caption: (caption.rect.y0, caption.rect.x0))


def _starts(box: Box) -> Iterator[Line]:
    """Lines that begin a caption: with a label, first in their box or set apart from the line above."""
    for index, line in enumerate(box.lines):
        label, _ = split_label(line.text + " " + (box.lines[index + 1].text if index + 1 < len(box.lines) else ""))
        if not label:
            continue
        above = [other for other in box.lines[:index] if other.rect.overlap_x(line.rect) > 0]
        if not above or box.kind == "caption" or line.rect.y0 - above[-1].rect.y1 > 0.5 * line.rect.height:
            yield line


def _run(box: Box, first: int, starts: set[Line]) -> list[Line]:
    """The lines of a caption that begins at a line of a box: all below it that go on in its column and font size."""
    start = box.lines[first]
    lines = [start]
    for line in box.lines[first + 1 :]:
        if line in starts:
            break
        in_column = line.rect.overlap_x(start.rect) > 0 or line.rect.overlap_y(lines[-1].rect) > 0
        gap = line.rect.y0 - max(other.rect.y1 for other in lines)
        small = abs(line.size - start.size) > 0.6 and len(line.text.strip()) > 3
        if box.kind != "caption" and (not in_column or small):
            continue
        if gap > 1.2 * start.rect.height:
            break
        lines.append(line)
    return lines


def _other_column(page: Page, box: Box, lines: list[Line], starts: set[Line], body_size: float) -> list[Line]:
    """A caption set in two columns goes on in a box to the right that begins at the same height, in the same size."""
    size, rect = lines[0].size, union(line.rect for line in lines)
    for other in page.boxes:
        if other is box or not other.lines or other.lines[0] in starts or other.kind not in ("caption", "text"):
            continue
        level = abs(other.lines[0].rect.y0 - rect.y0) < 0.5 * lines[0].rect.height
        right = 0 < other.rect.x0 - rect.x1 < 0.1 * page.rect.width
        same = abs(other.lines[0].size - size) < 0.3
        if level and right and same and (other.kind == "caption" or abs(size - body_size) > 0.3):
            return other.lines
    return []


def find_areas(page: Page, captions: Sequence[Caption]) -> dict[Caption, Rect]:
    """The part of the page that shows the figure of each caption; captions without one are not in the result."""
    for with_tables in (False, True):
        pieces = _pieces(page, captions, with_tables=with_tables)
        areas = _assign(page, captions, pieces)
        if len(areas) == len(captions):
            break
    return areas


def _pieces(page: Page, captions: Sequence[Caption], *, with_tables: bool) -> list[Rect]:
    """Ink that is neither running text nor caption nor page furniture, nor (unless with_tables) a table."""
    own = {line for caption in captions for line in caption.lines}
    pictures = [box.rect for box in page.boxes if box.kind == "picture" and box.rect.height >= _MIN_SIDE]
    hidden = [_padded(line.rect) for line in own]
    for box in page.boxes:
        if box.kind in ("page-header", "page-footer", "formula") or (box.kind == "table" and not with_tables):
            hidden.append(_padded(box.rect))
        elif box.kind != "picture":
            hidden += [_padded(line.rect) for line in box.lines if _is_running(line, box)]
    ink = page.ink(hidden, [_without_captions(picture, captions) for picture in pictures])
    return [piece for piece in ink if min(piece.width, piece.height) > _RULE]


def _is_running(line: Line, box: Box) -> bool:
    """Whether a line is set as most of its box is; labels of a drawing that the box covers are not."""
    sizes = sorted(other.size for other in box.lines)
    return abs(line.size - sizes[len(sizes) // 2]) < 0.15 * line.size


def _padded(rect: Rect) -> Rect:
    return Rect(rect.x0 - 2, rect.y0 - 1, rect.x1 + 2, rect.y1 + 1)


def _without_captions(picture: Rect, captions: Sequence[Caption]) -> Rect:
    """The picture box, cut where it runs into a caption below or above it."""
    for caption in captions:
        if picture.overlap_x(caption.rect) > 0 and picture.overlap_y(caption.rect) > 0:
            if caption.rect.y0 > picture.y0 + picture.height / 2:
                picture = picture._replace(y1=caption.rect.y0 - 1)
            elif caption.rect.y1 < picture.y0 + picture.height / 2:
                picture = picture._replace(y0=caption.rect.y1 + 1)
    return picture


def _assign(page: Page, captions: Sequence[Caption], pieces: Sequence[Rect]) -> dict[Caption, Rect]:
    """Each piece goes to the caption that is cheapest to reach; the pieces of a caption make its area."""
    text = [
        line.rect for box in page.boxes if box.kind in ("text", "list-item", "section-header") for line in box.lines
    ]
    own = {line.rect for caption in captions for line in caption.lines}
    walls = [rect for rect in text if rect not in own and rect.width > 60]
    columns = [_column(page, caption) for caption in captions]
    taken: dict[Caption, list[tuple[float, Rect]]] = {}
    for piece in pieces:
        costs: list[tuple[float, int]] = []
        for index, caption in enumerate(captions):
            cost = _cost(piece, caption, columns[index], captions, walls)
            if cost is not None:
                costs.append((cost, index))
        if costs:
            cost, index = min(costs)
            taken.setdefault(captions[index], []).append((cost, piece))
    areas = {caption: _area(found) for caption, found in taken.items()}
    return {
        caption: _trimmed(area, caption, page, walls)
        for caption, area in areas.items()
        if min(area.width, area.height) >= _MIN_SIDE
    }


def _column(page: Page, caption: Caption) -> Rect:
    """The caption's frame as wide as its column: as the narrowest text around its middle, else as the page."""
    middle = (caption.rect.x0 + caption.rect.x1) / 2
    around = [
        box.rect
        for box in page.boxes
        if box.kind == "text" and box.rect.x0 <= middle <= box.rect.x1 and box.rect.width > 0.9 * caption.rect.width
    ]
    column = min(around, key=lambda rect: rect.width, default=page.rect)
    return caption.rect._replace(x0=min(column.x0, caption.rect.x0), x1=max(column.x1, caption.rect.x1))


def _cost(
    piece: Rect, caption: Caption, column: Rect, captions: Sequence[Caption], walls: Sequence[Rect]
) -> float | None:
    """How far a piece is from a caption; None where it cannot belong to it."""
    rect, aside = caption.rect, 0.0
    enough = 0.2 * min(piece.width, rect.width)
    if piece.overlap_x(rect) <= enough < piece.overlap_x(column) and piece.overlap_y(rect) <= 0:
        rect, aside = column, _ASIDE
    if piece.overlap_x(rect) > 0.2 * min(piece.width, rect.width):
        gap, extra = (rect.y0 - piece.y1, aside) if piece.y1 <= rect.y0 + 8 else (piece.y0 - rect.y1, aside + _BELOW)
        between = Rect(max(piece.x0, rect.x0), min(piece.y1, rect.y1), min(piece.x1, rect.x1), max(piece.y0, rect.y0))
    elif piece.overlap_y(rect) > 0.3 * min(piece.height, rect.height):
        gap, extra = -piece.overlap_x(rect), _BESIDE
        between = Rect(min(piece.x1, rect.x1), max(piece.y0, rect.y0), max(piece.x0, rect.x0), min(piece.y1, rect.y1))
        if gap > 2 * _STRAY_GAP:
            return None
    else:
        return None
    if gap < -8 or gap > _FAR:
        return None
    others = [other.rect for other in captions if other is not caption]
    if sum(_crosses(between, wall) for wall in walls) > 1 or any(_crosses(between, other) for other in others):
        return None
    return max(gap, 0.0) + extra


def _crosses(between: Rect, wall: Rect) -> bool:
    return between.overlap_x(wall) > 4 and between.overlap_y(wall) > 2


def _area(found: Sequence[tuple[float, Rect]]) -> Rect:
    """The frame of the pieces of a caption, without small ones that stand far from the rest."""
    pieces = sorted(found, key=lambda entry: -entry[1].area)
    area = pieces[0][1]
    rest = [piece for _, piece in pieces[1:]]
    while True:
        near = [p for p in rest if p.overlap_x(area) > -_STRAY_GAP and p.overlap_y(area) > -_STRAY_GAP]
        if not near:
            return area
        area = union([area, *near])
        rest = [piece for piece in rest if piece not in near]


def _trimmed(area: Rect, caption: Caption, page: Page, walls: Sequence[Rect]) -> Rect:
    """The area a little wider than its ink, but not into the caption, nor into text beside it."""
    area = Rect(
        max(area.x0 - 3, 0), max(area.y0 - 3, 0), min(area.x1 + 3, page.rect.x1), min(area.y1 + 3, page.rect.y1)
    )
    for rect in (caption.rect, *walls):
        if area.overlap_x(rect) <= 0 or area.overlap_y(rect) <= 0:
            continue
        cuts = [
            (area.y1 - rect.y0, area._replace(y1=rect.y0 - 1)),
            (rect.y1 - area.y0, area._replace(y0=rect.y1 + 1)),
            (area.x1 - rect.x0, area._replace(x1=rect.x0 - 1)),
            (rect.x1 - area.x0, area._replace(x0=rect.x1 + 1)),
        ]
        loss, cut = min(cuts, key=lambda entry: entry[0])
        if loss < 0.25 * min(area.width, area.height):
            area = cut
    return area
