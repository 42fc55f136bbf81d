"""A PDF page as geometry: text lines, the layout model's boxes, and where there is ink that is no text.

PyMuPDF is touched only here and in figures/images.py.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from PIL import Image, ImageDraw

from omnisci_etl.figures.images import import_pymupdf, render_area

CELL = 4.0
"""Points a side of a cell of the ink map."""

_INK_DPI = 36
_WHITE = 246
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "\u00ad": "-", "\ufffd": ""}
)


class Rect(NamedTuple):
    """A rectangle in points, origin top left."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """Its extent in x."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Its extent in y."""
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        """Its area, 0 where it is turned inside out."""
        return max(self.width, 0.0) * max(self.height, 0.0)

    def holds_middle(self, other: Rect) -> bool:
        """Whether the middle of other lies inside."""
        x, y = (other.x0 + other.x1) / 2, (other.y0 + other.y1) / 2
        return self.x0 <= x <= self.x1 and self.y0 <= y <= self.y1

    def overlap_x(self, other: Rect) -> float:
        """Length of the common stretch in x, negative for a gap."""
        return min(self.x1, other.x1) - max(self.x0, other.x0)

    def overlap_y(self, other: Rect) -> float:
        """Length of the common stretch in y, negative for a gap."""
        return min(self.y1, other.y1) - max(self.y0, other.y0)

    def union(self, other: Rect) -> Rect:
        """The least rectangle around both."""
        return Rect(min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1))


def union(rects: Iterable[Rect]) -> Rect:
    """The least rectangle around all."""
    first, *rest = rects
    for rect in rest:
        first = first.union(rect)
    return first


@dataclass(eq=False)
class Line:
    """A line of text as set: size is the font size of most of it."""

    rect: Rect
    text: str
    size: float


@dataclass(eq=False)
class Box:
    """A region of the page by the layout model, with the lines that stand in it; kind as the model names it."""

    rect: Rect
    kind: str
    lines: list[Line] = field(default_factory=list)


@dataclass(eq=False)
class Page:
    """A page with its boxes in reading order; loose lines stand in no box."""

    number: int
    rect: Rect
    boxes: list[Box]
    loose: list[Line]
    source: Any

    def lines(self) -> Iterator[Line]:
        """All lines, box by box."""
        for box in self.boxes:
            yield from box.lines
        yield from self.loose

    def render(self, area: Rect) -> bytes:
        """An area of the page as PNG."""
        return render_area(self.source, (area.x0, area.y0, area.x1, area.y1))

    def ink(self, without: Sequence[Rect], with_: Sequence[Rect]) -> list[Rect]:
        """Connected stretches of ink: what is not white outside of the areas in without, and all of those in with_."""
        return _components(_ink_map(self, without, with_), self.rect)


def activate_layout_model() -> bool:
    """Switch on PyMuPDF's layout model; False where it is not installed."""
    if import_pymupdf() is None:
        return False
    try:
        layout = importlib.import_module("pymupdf.layout")
    except ImportError:
        return False
    layout.activate()
    return True


def read_page(source: Any, *, with_layout: bool) -> Page:
    """The geometry of a PyMuPDF page; without the layout model its text blocks stand for boxes."""
    lines = list(_lines(source))
    if with_layout:
        source.get_layout()
        boxes = [Box(Rect(*found[:4]), found[4]) for found in source.layout_information or ()]
    else:
        boxes = [Box(Rect(*found[:4]), "text") for found in source.get_text("blocks") if found[6] == 0]
    loose: list[Line] = []
    for line in lines:
        holders = [box for box in boxes if box.rect.holds_middle(line.rect)]
        (min(holders, key=_rank).lines if holders else loose).append(line)
    for box in boxes:
        box.lines = in_rows(box.lines)
    return Page(source.number + 1, Rect(*source.rect), boxes, loose, source)


def _rank(box: Box) -> tuple[bool, float]:
    """Where boxes overlap a line goes to the caption, else to the smallest."""
    return box.kind != "caption", box.rect.area


def in_rows(lines: Iterable[Line]) -> list[Line]:
    """Lines from top to bottom; pieces of one row from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.rect.y0):
        if rows and line.rect.overlap_y(rows[-1][0].rect) > 0.6 * min(line.rect.height, rows[-1][0].rect.height):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: line.rect.x0)]


def _lines(source: Any) -> Iterator[Line]:
    for block in source.get_text("dict")["blocks"]:
        for line in block.get("lines", ()):
            spans = [span for span in line["spans"] if span["text"].strip()]
            if spans and line["dir"][0] > 0.9:
                main = max(spans, key=lambda span: len(span["text"]))
                yield Line(Rect(*line["bbox"]), _line_text(line["spans"]), main["size"])


def _line_text(spans: Sequence[dict[str, Any]]) -> str:
    """The text of a line; raised numbers behind a word are citation marks and go, other raised text follows a ^."""
    out = ""
    for span in spans:
        text = span["text"].translate(_LIGATURES)
        if span["flags"] & 1 and text.strip() and out.strip():
            mark = text.strip().strip(",–-").replace(",", "").replace("–", "").replace("-", "")
            word = out.rstrip()[-3:]
            if mark.isdecimal() and (word.isalpha() or word[-1:] in ".,;)]"):
                continue
            text = "^" + text.lstrip()
        out += text
    return out


def _ink_map(page: Page, without: Sequence[Rect], with_: Sequence[Rect]) -> list[bytearray]:
    """Rows of cells, 1 where there is ink."""
    pymupdf = import_pymupdf()
    zoom = _INK_DPI / 72
    pixels = page.source.get_pixmap(matrix=pymupdf.Matrix(zoom, zoom), alpha=False, colorspace=pymupdf.csGRAY)
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
