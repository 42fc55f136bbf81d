"""A PDF page as geometry: text lines, the layout model's boxes, and where there is ink that is no text.

PyMuPDF is touched only here and in figures/images.py.
"""

from __future__ import annotations

import importlib
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from omnisci_etl.figures.images import import_pymupdf, render_area
from omnisci_etl.papers.pdf.geometry import BOLD, NOT_BOLD, Box, Line, Rect
from omnisci_etl.papers.pdf.ink import stretches, white_column, white_row

_MARGIN = 0.075
_MANY_DRAWINGS = 5000
_MAX_FURNITURE = 60
_MIN_TURNED = 200
_LONGEST_MARK = 12
_TALLEST_MARGIN = 0.4
_RAISED = 0.9
_MIN_LINES, _TALLEST_EDGE = 4, 45.0
_JOINT, _LABEL_JOINT, _TIGHT = 0.5, 2.5, 0.1
_CAPTION = re.compile(r"fig(?:ure|\.)?\s*\w{1,4}\s*[.:|–—]\s*\S+\s+\S+", re.IGNORECASE)
_LABEL = re.compile(r"fig(?:ure|\.)?\s*\w{1,4}[.:]?", re.IGNORECASE)
_MAX_UNPACKED = 16_000_000
"""Pixels of all pictures of a page."""
_PICTURES = 4
"""PyMuPDF's TEXT_PRESERVE_IMAGES."""
_BOLD_FONT = re.compile(r"bold|black|heavy|cmbx|-b$|(?-i:[a-z]B$)", re.IGNORECASE)
_TURNS = {(0, -1): 90, (0, 1): 270}
_TEXT_FLAGS = 1 | 2 | 64 | 128
"""PyMuPDF's TEXT_PRESERVELIGATURES, _WHITESPACE, _MEDIABOX_CLIP and _CID_FOR_UNKNOWN_UNICODE: no pictures."""

_LIGATURES = ("ff", "fi", "fl", "ffi", "ffl")
LIGATURES = str.maketrans(
    {chr(0xFB00 + n): text for n, text in enumerate((*_LIGATURES, "st", "st"))}
    | {chr(start + n): text for start in (0x0B, 0x1B) for n, text in enumerate(_LIGATURES)}
    | {"\u00ad": "-", "\ufffd": ""}
)
"""Ligatures as letters; also where a TeX font of old leaves their places in its encoding (OT1, T1) as control codes."""


@dataclass(eq=False)
class Page:
    """A page with its boxes in reading order.

    Loose lines stand in no box; marginal holds what belongs to no text and no figure: line numbers and text set
    upright in the margin. A page whose text is set sideways is read turned: turned leads back to the page as it is.
    """

    number: int
    rect: Rect
    boxes: list[Box]
    loose: list[Line]
    source: Any
    marginal: list[Rect] = field(default_factory=list)
    turned: Any = None

    def lines(self) -> Iterator[Line]:
        """All lines, box by box."""
        for box in self.boxes:
            yield from box.lines
        yield from self.loose

    def render(self, area: Rect) -> bytes:
        """An area of the page as PNG."""
        return render_area(self.source, (area.x0, area.y0, area.x1, area.y1))

    def as_printed(self, area: Rect) -> Rect:
        """An area in the coordinates of the page as the file shows it."""
        return area if self.turned is None else Rect(*(import_pymupdf().Rect(area) * self.turned))

    def ink(self, without: Sequence[Rect], with_: Sequence[Rect], captions: Sequence[Rect] = ()) -> list[Rect]:
        """Connected stretches of ink outside of the areas in without, and all of those in with_."""
        return stretches(self.source, without, with_, captions)

    def gutter(self, area: Rect) -> float:
        """The middle of the widest upright stretch of an area that has no ink."""
        return white_column(self.source, area)

    def first_gap(self, area: Rect) -> float | None:
        """Where the first clear space between two rows of ink of an area ends."""
        return white_row(self.source, area)


def activate_layout_model() -> bool:
    """Switch on PyMuPDF's layout model, without its warnings of boxes of no size; False where it is not installed."""
    if import_pymupdf() is None:
        return False
    try:
        layout = importlib.import_module("pymupdf.layout")
    except ImportError:
        return False
    layout.activate()
    warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"pymupdf\.layout")
    return True


def drop_structure_tree(source: Any) -> None:
    """Take the tags of a tagged PDF off the open document: MuPDF crashes on some when it looks for tables."""
    catalog = source.pdf_catalog()
    if catalog and source.xref_get_key(catalog, "StructTreeRoot")[0] != "null":
        source.xref_set_key(catalog, "StructTreeRoot", "null")


def read_page(source: Any, *, with_layout: bool) -> Page:
    """The geometry of a PyMuPDF page; without the layout model its text blocks stand for boxes."""
    if source.rotation:
        source.remove_rotation()
    text = source.get_textpage(flags=_TEXT_FLAGS)
    turned = _turn_upright(source, text)
    if turned is not None:
        text = source.get_textpage(flags=_TEXT_FLAGS)
    frame = Rect(*source.rect)
    lines, marginal = _lines(text, frame)
    blocks = [Box(Rect(*found[:4]), "text") for found in text.extractBLOCKS() if found[6] == 0]
    if with_layout:
        boxes = []
        for box in _model_boxes(source):
            boxes += _within(box.rect, blocks) if _is_no_margin(box, frame) else [box]
    else:
        boxes = _within(frame, blocks)
    loose: list[Line] = []
    for line in lines:
        holders = [box for box in boxes if box.rect.holds_middle(line.rect)]
        (min(holders, key=_rank).lines if holders else loose).append(line)
    for box in boxes:
        box.lines = in_rows(box.lines)
        box.kind = _kind(box)
    return Page(source.number + 1, frame, boxes, loose, source, marginal, turned)


def _kind(box: Box) -> str:
    """What a box is: a paragraph is no header or footer, and what has a caption in it no formula."""
    tall = len(box.lines) >= _MIN_LINES and box.rect.height > _TALLEST_EDGE
    if tall and box.kind in ("page-header", "page-footer"):
        return "text"
    captioned = box.kind == "formula" and any(_CAPTION.match(line.text.strip()) for line in box.lines)
    return "picture" if captioned else box.kind


def _model_boxes(source: Any) -> list[Box]:
    """The boxes of the layout model.

    Of the pictures in its text page the model unpacks all and looks at none, which takes 4 bytes a pixel: pages with
    large ones are shown without. MuPDF keeps up to 256 MB of what it decoded for the pages before, which is given back.
    """
    pymupdf = import_pymupdf()
    pymupdf.TOOLS.store_shrink(100)
    if sum(width * height for _, _, width, height, *_ in source.get_images(full=True)) > _MAX_UNPACKED:
        source.get_textpage = lambda flags: pymupdf.Page.get_textpage(source, flags=flags & ~_PICTURES)
    source.get_layout()
    return [Box(Rect(*found[:4]), found[4]) for found in source.layout_information or ()]


def _is_no_margin(box: Box, frame: Rect) -> bool:
    """Whether the model takes a whole column for a header or footer, as beside numbered lines."""
    return box.kind in ("page-header", "page-footer") and box.rect.height > _TALLEST_MARGIN * frame.height


def _within(area: Rect, blocks: Iterable[Box]) -> list[Box]:
    return [block for block in blocks if area.holds_middle(block.rect)]


def furniture(sources: Iterable[Any]) -> list[Rect]:
    """What is drawn at the same place on many of the pages: bars, rules and logos of the journal."""
    seen: Counter[tuple[int, ...]] = Counter()
    pages = 0
    for source in sources:
        pages += 1
        drawn = {tuple(round(value) for value in rect) for kind, rect in source.get_bboxlog() if "text" not in kind}
        seen.update(drawn if len(drawn) < _MANY_DRAWINGS else ())
    often = max(3, pages * 0.3)
    return [Rect(*map(float, place)) for place, count in seen.items() if count >= often and _is_marginal(place)]


def _is_marginal(place: tuple[int, ...]) -> bool:
    """Whether something is flat or small: no background of a page and no figure."""
    width, height = place[2] - place[0], place[3] - place[1]
    return min(width, height) < _MAX_FURNITURE and width * height < _MAX_FURNITURE**2 * 10


def _rank(box: Box) -> tuple[bool, float]:
    """Where boxes overlap a line goes to the caption, else to the smallest."""
    return box.kind != "caption", box.rect.area


def _turn_upright(source: Any, text: Any) -> Any:
    """Turn a page whose text is set sideways; the way back where it was turned."""
    ways = Counter[tuple[int, int]]()
    for block in text.extractDICT()["blocks"]:
        for line in block.get("lines", ()):
            x, y = line["dir"]
            ways[round(x), round(y)] += sum(len(span["text"]) for span in line["spans"])
    (way, count), *_ = ways.most_common(1) or [((1, 0), 0)]
    if way not in _TURNS or count < 0.7 * ways.total() or count < _MIN_TURNED:
        return None
    source.set_rotation(_TURNS[way])
    return source.remove_rotation()


def in_rows(lines: Iterable[Line]) -> list[Line]:
    """Lines from top to bottom; pieces of one row from left to right."""
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: line.rect.y0):
        if rows and _is_level(line.rect, rows[-1][0].rect) and not _is_under(line.rect, rows[-1][-1].rect):
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda line: line.rect.x0)]


def _is_level(one: Rect, other: Rect) -> bool:
    return one.overlap_y(other) > 0.6 * min(one.height, other.height)


def _is_under(line: Rect, other: Rect) -> bool:
    """Whether two lines are one below the other although their rectangles overlap, as those with roots do."""
    return line.overlap_x(other) > 0.5 * min(line.width, other.width) and line.y0 - other.y0 > 0.25 * other.height


def _lines(text: Any, frame: Rect) -> tuple[list[Line], list[Rect]]:
    """The lines of running text, and the places of line numbers and of upright text in the margins."""
    lines: list[Line] = []
    marginal: list[Rect] = []
    seen: set[tuple[int, int, str]] = set()
    for block in text.extractDICT()["blocks"]:
        for line in block.get("lines", ()):
            spans = [span for span in line["spans"] if span["text"].strip()]
            rect = Rect(*line["bbox"])
            if not spans or rect.overlap_x(frame) <= 0 or rect.overlap_y(frame) <= 0:
                continue
            if line["dir"][0] > 0.9:
                main = max(spans, key=lambda span: len(span["text"]))
                marked = _line_text(line["spans"]).replace(NOT_BOLD + BOLD, "")
                text = marked.replace(BOLD, "").replace(NOT_BOLD, "")
                place = (round(rect.x0 / 3), round(rect.y0 / 3), text)
                if text.strip() and place not in seen:
                    seen.add(place)
                    lines.append(Line(rect, text, main["size"], main["font"], marked if BOLD in marked else ""))
            elif rect.x1 < _MARGIN * frame.width or rect.x0 > (1 - _MARGIN) * frame.width:
                marginal.append(rect)
    numbers = _line_numbers(lines, frame)
    marginal += [line.rect for line in numbers]
    return _joined(line for line in lines if line not in numbers), marginal


def _joined(lines: Iterable[Line]) -> list[Line]:
    """The lines, with the pieces put together that old fonts and wide spaces leave of one; a label with its caption."""
    out: list[Line] = []
    for line in lines:
        last = out[-1] if out else None
        if last is not None and _goes_on_in_row(last, line):
            out[-1] = _join(last, line)
        else:
            out.append(line)
    return out


def _goes_on_in_row(last: Line, line: Line) -> bool:
    gap, height = line.rect.x0 - last.rect.x1, max(last.rect.height, line.rect.height)
    if line.rect.overlap_y(last.rect) < 0.7 * height:
        return False
    most = _LABEL_JOINT if _LABEL.fullmatch(last.text.strip()) else _JOINT
    return -_JOINT * height < gap < most * height


def _join(last: Line, line: Line) -> Line:
    space = "" if line.rect.x0 - last.rect.x1 < _TIGHT * last.rect.height or last.text.endswith(" ") else " "
    main = max(last, line, key=lambda piece: len(piece.text))
    marked = (last.marked or last.text) + space + (line.marked or line.text) if last.marked or line.marked else ""
    rect = Rect(last.rect.x0, min(last.rect.y0, line.rect.y0), line.rect.x1, max(last.rect.y1, line.rect.y1))
    return Line(rect, last.text + space + line.text, main.size, main.font, marked)


def _line_numbers(lines: Sequence[Line], frame: Rect) -> set[Line]:
    """Numbers in the margin that count the lines of a manuscript."""
    columns: dict[bool, list[Line]] = {}
    for line in lines:
        if line.text.strip().isdecimal() and len(line.text.strip()) < 5:
            if line.rect.x1 < 2 * _MARGIN * frame.width:
                columns.setdefault(True, []).append(line)
            elif line.rect.x0 > (1 - 2 * _MARGIN) * frame.width:
                columns.setdefault(False, []).append(line)
    found: set[Line] = set()
    for column in columns.values():
        column.sort(key=lambda line: line.rect.y0)
        values = [int(line.text) for line in column]
        steps = Counter(after - before for before, after in pairwise(values))
        step, count = steps.most_common(1)[0] if steps else (0, 0)
        if step in (1, 5) and count >= max(5, 0.7 * (len(values) - 1)):
            found.update(column)
    return found


def _line_text(spans: Sequence[dict[str, Any]]) -> str:
    """The text of a line, its short bold stretches marked.

    Raised numbers behind a word are citation marks and go, other raised text follows a ^. What is as large as the rest
    is not raised: it stands higher than what the line begins with.
    """
    out, largest = "", max((span["size"] for span in spans if span["text"].strip()), default=0.0)
    for span in spans:
        text = span["text"].translate(LIGATURES)
        core = text.strip()
        if 0 < len(core) <= _LONGEST_MARK and (span["flags"] & 16 or _BOLD_FONT.search(span["font"])):
            out += text.replace(core, f"{BOLD}{core}{NOT_BOLD}", 1)
            continue
        if span["flags"] & 1 and span["size"] < _RAISED * largest and text.strip() and out.strip():
            mark = text.strip().strip(",–-").replace(",", "").replace("–", "").replace("-", "")
            word = out.rstrip()[-3:]
            if mark.isdecimal() and (word.isalpha() or word[-1:] in (".", ",", ";", ")", "]")):
                continue
            text = "^" + text.lstrip()
        out += text
    return out
