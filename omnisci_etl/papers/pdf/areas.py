"""The part of a PDF page that shows the figure of each caption."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from omnisci_etl.papers.pdf.captions import Caption
from omnisci_etl.papers.pdf.geometry import Box, Rect, union
from omnisci_etl.papers.pdf.page import Page
from omnisci_etl.papers.pdf.pieces import MIN_SIDE, WALL, Style, find_pieces, is_label, is_sub_caption

Side = Literal["above", "below", "beside"]

_ASIDE, _WRONG_SIDE, _BESIDE = 20.0, 40.0, 60.0
_STRAY_GAP, _PANEL_GAP = 48.0, 120.0
_TEXT_GAP, _LISTING_GAP = 30.0, 45.0
_NOTES = 60.0
_ENOUGH, _ENOUGH_BEFORE_FAR = 0.25, 0.05


class Area(NamedTuple):
    """The frame of a figure, and on which side of its caption it stands."""

    rect: Rect
    side: Side


class _Reach(NamedTuple):
    """A piece of ink that a caption can claim: how far it is, and where."""

    cost: float
    side: Side
    piece: Rect


class _Obstacles(NamedTuple):
    """Lines of text, of which a figure may run into one, and what it never does."""

    walls: list[Rect]
    barriers: list[Rect]


def find_areas(page: Page, captions: Sequence[Caption], style: Style) -> dict[Caption, Area]:
    """The area of each caption; captions without one are not in the result.

    Tables count as figures only for captions that find nothing else, and text set like a listing only after them.
    """
    areas = _assign(page, captions, find_pieces(page, captions, style, with_tables=False), style)
    if len(areas) < len(captions):
        wider = _assign(page, captions, find_pieces(page, captions, style, with_tables=True), style)
        areas = {**wider, **areas}
    for caption in captions:
        if caption not in areas and (other := _listing(page, caption, captions, style)):
            areas[caption] = other
    for caption in captions:
        if caption not in areas and (above := _over_notes(page, caption, captions, areas, style)):
            areas[caption] = above
    return areas


def _over_notes(
    page: Page, caption: Caption, captions: Sequence[Caption], areas: dict[Caption, Area], style: Style
) -> Area | None:
    """A drawing that is parted from its caption by a few lines of notes, set as the text is."""
    barriers = _obstacles(page, captions, style).barriers
    for piece in sorted(find_pieces(page, captions, style, with_tables=False), key=lambda piece: -piece.y1):
        gap = caption.rect.y0 - piece.y1
        if not 0 < gap < _NOTES or piece.overlap_x(caption.rect) < 0.5 * min(piece.width, caption.rect.width):
            continue
        between = Rect(caption.rect.x0, piece.y1, caption.rect.x1, caption.rect.y0)
        taken = any(_crosses(piece, area.rect) for area in areas.values())
        if min(piece.width, piece.height) < 2 * MIN_SIDE or taken or any(_crosses(between, one) for one in barriers):
            continue
        return Area(piece, "above")
    return None


def whole_page(page: Page, style: Style) -> Rect | None:
    """All that is drawn on a page without captions."""
    pieces = find_pieces(page, (), style, with_tables=True)
    area = union(pieces) if pieces else None
    return area if area and min(area.width, area.height) >= MIN_SIDE else None


def _assign(page: Page, captions: Sequence[Caption], pieces: Sequence[Rect], style: Style) -> dict[Caption, Area]:
    """Each piece goes to the caption that is cheapest to reach; the pieces of a caption make its area.

    What a caption leaves, because its figure stands on another side, is offered to those that have none yet.
    """
    obstacles = _obstacles(page, captions, style)
    areas: dict[Caption, Area] = {}
    free, wanting = list(pieces), list(captions)
    while wanting and free:
        used: set[Rect] = set()
        for caption, reaches in _claims(page, free, wanting, obstacles, style).items():
            side, own = _one_side(reaches, on_top=style.captions_on_top)
            area = union(own)
            if min(area.width, area.height) >= MIN_SIDE:
                areas[caption] = Area(area, side)
                used.update(own)
        if not used:
            break
        free = [piece for piece in free if piece not in used]
        wanting = [caption for caption in wanting if caption not in areas]
    _grow(areas, free, obstacles)
    return {
        caption: Area(_trimmed(area, caption, captions, page, obstacles.walls), side)
        for caption, (area, side) in areas.items()
    }


def _claims(
    page: Page,
    pieces: Sequence[Rect],
    wanting: Sequence[Caption],
    obstacles: _Obstacles,
    style: Style,
) -> dict[Caption, list[_Reach]]:
    columns = [_column(page, caption) for caption in wanting]
    taken: dict[Caption, list[_Reach]] = {}
    for piece in pieces:
        reached: list[tuple[float, int, _Reach]] = []
        for index, caption in enumerate(wanting):
            reach = _reach(piece, caption, columns[index], obstacles, style)
            if reach is not None:
                reached.append((reach.cost, index, reach))
        if reached:
            _, index, reach = min(reached)
            taken.setdefault(wanting[index], []).append(reach)
    return taken


def _obstacles(page: Page, captions: Sequence[Caption], style: Style) -> _Obstacles:
    """What no figure reaches across: lines of running text, tables and their captions."""
    own = {line for caption in captions for line in caption.lines}
    walls, barriers = [], [caption.rect for caption in captions]
    for box in page.boxes:
        if box.kind == "caption" and box.lines and not own.intersection(box.lines) and not is_sub_caption(box, style):
            barriers.append(box.rect)
        if box.kind in ("text", "list-item", "section-header", "caption") and not is_label(box, page, style):
            walls += [line.rect for line in box.lines if line not in own and line.rect.width > WALL]
    return _Obstacles(walls, barriers)


def _grow(areas: dict[Caption, Area], free: Sequence[Rect], obstacles: _Obstacles) -> None:
    """Add pieces that no caption reaches, because they stand wide of it, to the area that they stand close to."""
    rest = list(free)
    grown = True
    while grown:
        grown = False
        for caption, (area, side) in areas.items():
            others = [other.rect for key, other in areas.items() if key is not caption]
            for piece in [piece for piece in rest if _is_near(piece, area)]:
                whole = area.union(piece)
                if not any(_crosses(whole, rect) for rect in (*obstacles.walls, *obstacles.barriers, *others)):
                    area, grown = whole, True
                    rest.remove(piece)
            areas[caption] = Area(area, side)


def _is_near(piece: Rect, area: Rect) -> bool:
    return piece.overlap_x(area) > -_STRAY_GAP and piece.overlap_y(area) > -_STRAY_GAP


def _is_another_panel(piece: Rect, area: Rect) -> bool:
    """Whether a piece is as a panel is, in a row or a column with the others."""
    large = piece.height >= 2 * MIN_SIDE and piece.width >= 2 * MIN_SIDE
    apart = max(-piece.overlap_x(area), -piece.overlap_y(area))
    return large and apart < _PANEL_GAP and (piece.overlap_x(area) > 0 or piece.overlap_y(area) > 0)


def _column(page: Page, caption: Caption) -> Rect:
    """The caption's frame as wide as its column: as the narrowest text around its middle, else as the page."""
    middle, own = (caption.rect.x0 + caption.rect.x1) / 2, set(caption.lines)
    texts = [box.rect for box in page.boxes if box.kind == "text" and not own.intersection(box.lines)]
    around = [rect for rect in texts if rect.x0 <= middle <= rect.x1 and rect.width > 0.9 * caption.rect.width]
    column = min(around, key=lambda rect: rect.width, default=page.rect)
    return caption.rect._replace(x0=min(column.x0, caption.rect.x0), x1=max(column.x1, caption.rect.x1))


def _reach(piece: Rect, caption: Caption, column: Rect, obstacles: _Obstacles, style: Style) -> _Reach | None:
    """How a caption reaches a piece; None where it cannot belong to it."""
    rect, aside = caption.rect, 0.0
    enough = 0.2 * min(piece.width, rect.width)
    if piece.overlap_x(rect) <= enough < piece.overlap_x(column) and piece.overlap_y(rect) <= 0:
        rect, aside = column, _ASIDE
    side: Side = "beside"
    if piece.overlap_x(rect) > 0.2 * min(piece.width, rect.width):
        side = "above" if piece.y1 <= rect.y0 + 8 else "below"
        gap = rect.y0 - piece.y1 if side == "above" else piece.y0 - rect.y1
        extra = aside + (_WRONG_SIDE if (side == "below") != style.captions_on_top else 0.0)
        between = Rect(max(piece.x0, rect.x0), min(piece.y1, rect.y1), min(piece.x1, rect.x1), max(piece.y0, rect.y0))
    elif piece.overlap_y(rect) > 0.3 * min(piece.height, rect.height):
        gap, extra = -piece.overlap_x(rect), _BESIDE
        between = Rect(min(piece.x1, rect.x1), max(piece.y0, rect.y0), max(piece.x0, rect.x0), min(piece.y1, rect.y1))
        if gap > 2 * _STRAY_GAP:
            return None
    else:
        return None
    if gap < -8:
        return None
    if sum(_crosses(between, wall) for wall in obstacles.walls) > 1:
        return None
    if any(_crosses(between, other) for other in obstacles.barriers if other is not caption.rect):
        return None
    return _Reach(max(gap, 0.0) + extra, side, piece)


def _crosses(between: Rect, wall: Rect) -> bool:
    return between.overlap_x(wall) > 4 and between.overlap_y(wall) > 2


def _one_side(reaches: Sequence[_Reach], *, on_top: bool) -> tuple[Side, list[Rect]]:
    """The pieces of a caption that stand on one side of it, without those that stand far from the rest.

    What stands close on the side where figures stand in this document is not given up for something larger.
    """
    sides: dict[Side, list[_Reach]] = {}
    for reach in reaches:
        sides.setdefault(reach.side, []).append(reach)
    if any(side != "beside" and _is_right_there(those) for side, those in sides.items()):
        sides.pop("beside", None)
    side, chosen = max(sides.items(), key=lambda item: _weight(item[1]))
    usual = sides.get("below" if on_top else "above", [])
    enough = _ENOUGH if min(reach.cost for reach in chosen) < _TEXT_GAP + _WRONG_SIDE else _ENOUGH_BEFORE_FAR
    if side != "beside" and usual and _is_right_there(usual) and _ink(usual) > enough * _ink(chosen):
        side, chosen = usual[0].side, usual
    pieces = sorted((reach.piece for reach in chosen), key=lambda piece: -piece.area)
    own, rest = [pieces[0]], pieces[1:]
    area = pieces[0]
    while near := [piece for piece in rest if _is_near(piece, area) or _is_another_panel(piece, area)]:
        area = union([area, *near])
        own += near
        rest = [piece for piece in rest if piece not in near]
    return side, own


def _is_right_there(reaches: Sequence[_Reach]) -> bool:
    """Whether a figure stands so close over or under a caption that nothing in another column is meant."""
    area = union(reach.piece for reach in reaches)
    return min(area.width, area.height) >= MIN_SIDE and min(reach.cost for reach in reaches) < _TEXT_GAP


def _weight(reaches: Sequence[_Reach]) -> float:
    """Much ink close to the caption outweighs little ink, or ink far from it."""
    return _ink(reaches) / (50 + min(reach.cost for reach in reaches))


def _ink(reaches: Sequence[_Reach]) -> float:
    return sum(reach.piece.area for reach in reaches)


def _trimmed(area: Rect, caption: Caption, captions: Sequence[Caption], page: Page, walls: Sequence[Rect]) -> Rect:
    """The area a little wider than its ink, but not into a caption, nor into text beside it."""
    area = Rect(
        max(area.x0 - 3, 0), max(area.y0 - 3, 0), min(area.x1 + 3, page.rect.x1), min(area.y1 + 3, page.rect.y1)
    )
    others = [other.rect for other in captions if other is not caption]
    for rect, most in [(caption.rect, 0.5), *((rect, 0.4) for rect in others), *((rect, 0.25) for rect in walls)]:
        if area.overlap_x(rect) <= 0 or area.overlap_y(rect) <= 0:
            continue
        cuts = [
            (area.y1 - rect.y0, area._replace(y1=rect.y0 - 1)),
            (rect.y1 - area.y0, area._replace(y0=rect.y1 + 1)),
            (area.x1 - rect.x0, area._replace(x1=rect.x0 - 1)),
            (rect.x1 - area.x0, area._replace(x0=rect.x1 + 1)),
        ]
        loss, cut = min(cuts, key=lambda entry: entry[0])
        if loss < most * min(area.width, area.height):
            area = cut
    return area


def _listing(page: Page, caption: Caption, captions: Sequence[Caption], style: Style) -> Area | None:
    """A figure made of text only: boxes next to the caption that are not set as the body is."""
    others = {line for other in captions for line in other.lines}
    boxes = [box for box in page.boxes if box.lines and not others.intersection(box.lines) and _is_foreign(box, style)]
    sides: tuple[Side, ...] = ("below", "above") if style.captions_on_top else ("above", "below")
    column = _column(page, caption)
    for side in sides:
        area: Rect | None = None
        while True:
            edge = caption.rect if area is None else area
            near = [box for box in boxes if box.rect.overlap_x(column) > 0 and _gap(box.rect, edge, side)]
            if not near:
                break
            area = union([*(box.rect for box in near), *([area] if area else [])])
            boxes = [box for box in boxes if box not in near]
        if area and min(area.width, area.height) >= MIN_SIDE:
            return Area(area, side)
    return None


def _is_foreign(box: Box, style: Style) -> bool:
    """Whether a box is set in another font than the body."""
    if box.kind in ("page-header", "page-footer", "caption", "section-header", "title"):
        return False
    foreign = sum(len(line.text) for line in box.lines if line.font != style.font)
    return foreign > 0.7 * sum(len(line.text) for line in box.lines)


def _gap(rect: Rect, edge: Rect, side: Side) -> bool:
    gap = edge.y0 - rect.y1 if side == "above" else rect.y0 - edge.y1
    return -4 < gap < _LISTING_GAP
