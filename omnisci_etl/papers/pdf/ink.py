"""Where there is ink on a page: a map of coarse cells, and its connected stretches."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from PIL import Image, ImageDraw

from omnisci_etl.figures.images import import_pymupdf
from omnisci_etl.papers.pdf.geometry import Rect

CELL = 4.0
"""Points a side of a cell of the ink map."""

_INK_DPI = 36
_WHITE = 246
_MAX_FRAMES = 2
_BORDER = 2
_PARTING = 8


def stretches(source: Any, without: Sequence[Rect], with_: Sequence[Rect], captions: Sequence[Rect] = ()) -> list[Rect]:
    """Connected stretches of ink: what is not white outside of the areas in without, and all of those in with_.

    Frames drawn around a figure and its caption are taken off, so that what is inside falls apart.
    """
    page = Rect(*source.rect)
    cells = _ink_map(source, without, with_)
    pieces = _components([bytearray(row) for row in cells], page)
    for _ in range(_MAX_FRAMES):
        frames = [piece for piece in pieces if any(_encloses(piece, caption) for caption in captions)]
        if not frames:
            break
        for frame in frames:
            _erase_border(cells, frame)
        pieces = _components([bytearray(row) for row in cells], page)
    return pieces


def _ink_map(source: Any, without: Sequence[Rect], with_: Sequence[Rect]) -> list[bytearray]:
    """Rows of cells, 1 where there is ink."""
    pymupdf = import_pymupdf()
    zoom = _INK_DPI / 72
    pixels = source.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), alpha=False, colorspace=pymupdf.csGRAY)
    image = Image.frombytes("L", (pixels.width, pixels.height), pixels.samples)
    image = image.point([255 if value < _WHITE else 0 for value in range(256)])
    draw = ImageDraw.Draw(image)
    for areas, color in ((without, 0), (with_, 255)):
        for area in areas:
            draw.rectangle([value * zoom for value in area], fill=color)
    cell = int(CELL * zoom)
    reduced = image.reduce(cell)
    data = reduced.tobytes()
    return [
        bytearray(1 if value else 0 for value in data[row * reduced.width : (row + 1) * reduced.width])
        for row in range(reduced.height)
    ]


def _inked(source: Any, area: Rect) -> Image.Image | None:
    """An area in pixels of one point, 255 where there is ink; None where it has no extent."""
    pymupdf = import_pymupdf()
    pixels = source.get_pixmap(clip=pymupdf.Rect(area), alpha=False, colorspace=pymupdf.csGRAY)
    if not pixels.width or not pixels.height:
        return None
    image = Image.frombytes("L", (pixels.width, pixels.height), pixels.samples)
    return image.point([255 if value < _WHITE else 0 for value in range(256)])


def white_row(source: Any, area: Rect) -> float | None:
    """Where the first level stretch without ink ends that parts an area in two."""
    image = _inked(source, area)
    if image is None:
        return None
    rows = image.resize((1, image.height), Image.Resampling.BOX, reducing_gap=None).tobytes()
    parting = re.search(rb"[^\0]\0{%d,}(?=[^\0])" % _PARTING, rows)
    return area.y0 + parting.end() if parting else None


def white_column(source: Any, area: Rect) -> float:
    """The middle of the widest upright stretch of an area that has no ink; of the area where there is none."""
    image = _inked(source, area)
    if image is None:
        return (area.x0 + area.x1) / 2
    columns = image.resize((image.width, 1), Image.Resampling.BOX, reducing_gap=None).tobytes()
    runs = [found.span() for found in re.finditer(rb"\0+", columns)]
    start, end = max(runs, key=lambda run: run[1] - run[0], default=(0, image.width))
    return area.x0 + (start + end) / 2


def _encloses(piece: Rect, caption: Rect) -> bool:
    return (
        piece.x0 <= caption.x0 + 2 and piece.x1 >= caption.x1 - 2
        and piece.y0 <= caption.y0 + 2 and piece.y1 >= caption.y1 - 2
    )  # fmt: skip


def _erase_border(cells: list[bytearray], frame: Rect) -> None:
    """White out the outermost cells of a stretch of ink."""
    x0, y0, x1, y1 = (int(value / CELL) for value in frame)
    x1, y1 = min(x1, len(cells[0])), min(y1, len(cells))
    for y in range(y0, y1):
        row = cells[y]
        if y < y0 + _BORDER or y >= y1 - _BORDER:
            row[x0:x1] = bytes(x1 - x0)
        else:
            row[x0 : x0 + _BORDER] = bytes(len(row[x0 : x0 + _BORDER]))
            row[x1 - _BORDER : x1] = bytes(len(row[x1 - _BORDER : x1]))


def _components(cells: list[bytearray], page: Rect) -> list[Rect]:
    """Rectangles around the connected cells, with gaps of up to two cells bridged."""
    found: list[Rect] = []
    height, width = len(cells), len(cells[0]) if cells else 0
    for y in range(height):
        for x in range(width):
            if not cells[y][x]:
                continue
            cells[y][x] = 0
            stack, x0, y0, x1, y1 = [(x, y)], x, y, x, y
            while stack:
                here_x, here_y = stack.pop()
                x0, y0, x1, y1 = min(x0, here_x), min(y0, here_y), max(x1, here_x), max(y1, here_y)
                for near_y in range(max(0, here_y - 2), min(height, here_y + 3)):
                    row = cells[near_y]
                    for near_x in range(max(0, here_x - 2), min(width, here_x + 3)):
                        if row[near_x]:
                            row[near_x] = 0
                            stack.append((near_x, near_y))
            found.append(Rect(x0 * CELL, y0 * CELL, min((x1 + 1) * CELL, page.x1), min((y1 + 1) * CELL, page.y1)))
    return found
