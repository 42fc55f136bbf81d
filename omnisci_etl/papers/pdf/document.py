"""A PDF as a Document."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from omnisci_etl.errors import BadInput, HostileInput
from omnisci_etl.figures.images import faults_of_mupdf, import_pymupdf
from omnisci_etl.figures.panels import split_panels
from omnisci_etl.papers.licences import licence_uri
from omnisci_etl.papers.mentions import figure_number, survey_figures
from omnisci_etl.papers.model import Document, Figure, Paragraph, Picture, clean
from omnisci_etl.papers.pdf.areas import Area, find_areas, whole_page
from omnisci_etl.papers.pdf.captions import Caption, continue_over_pages, find_captions
from omnisci_etl.papers.pdf.geometry import Box, Line, Rect
from omnisci_etl.papers.pdf.page import (
    LIGATURES,
    Page,
    activate_layout_model,
    drop_structure_tree,
    furniture,
    read_page,
)
from omnisci_etl.papers.pdf.pieces import Style
from omnisci_etl.papers.pdf.text import Vocabulary

EXTRACTOR = "pdf"
VERSION = "1.2.4"
MAX_BYTES = 256 << 20
MAX_PAGES = 400
MAX_MODELLED = 32
MAX_SIDE = 14_400
"""Points a side of a page: what PDF readers have agreed on, 200 inches."""

Found = dict[Page, dict[Caption, Area | None]]
"""The captions of each page with the area of the figure, where one was found."""

_LABEL_LINE = re.compile(r"^[ \t]*fig(?:ure|\.)?[ \t]*[A-Z]?\d[\d.]*[ \t]*(?:[.:|–—]|$)", re.IGNORECASE | re.MULTILINE)
_DOI = re.compile(r"(?:doi\.org/|doi:?\s*)(10\.\d{4,9}/[^\s\"<>]+)", re.IGNORECASE)
_ONLINE = re.compile(r"Published\s+online:?\s*(?P<date>\d{1,2}\s+[A-Z][a-z]+\s+\d{4})")
_STAMP = re.compile(
    r"arXiv:\S+?(?P<later>v[2-9]|v\d\d+)?\s+\[(?P<category>[\w.\-]+)\]\s+(?P<date>\d{1,2}\s+[A-Z][a-z]{2}\s+\d{4})"
)
_LICENCE = re.compile(r"licen[sc]ed\s+under\s+(?:a|the)\s+Creative\s+Commons")
_REFERENCES = re.compile(r"(?:\d+\.?\s*)?(?:references|bibliography|literature cited)\W*$", re.IGNORECASE)
_SENTENCE_END = (".", "?", "!", ":", ";", "”", ")")
_MIN_WORDS, _MAX_BARE = 10, 300
_TEXT_KINDS = ("text", "list-item", "footnote")


def parse(data: bytes) -> Document:
    """The figures of a PDF, each with its part of the page rendered.

    Raises BadInput("malformed-document") for what MuPDF cannot read, "unsupported-document" for encrypted files
    and where PyMuPDF is not installed, HostileInput("too-large") over 400 pages or pages over 200 inches a side,
    MemoryError where MuPDF gets none.
    """
    pymupdf = import_pymupdf()
    if pymupdf is None:
        raise BadInput("unsupported-document", "PDFs need PyMuPDF")
    if len(data) > MAX_BYTES:
        raise HostileInput("too-large", f"a PDF of {len(data)} bytes")
    if b"%PDF-" not in data[:1024]:
        raise BadInput("malformed-document", "no PDF header")
    with faults_of_mupdf("malformed-document"), pymupdf.open(stream=data, filetype="pdf") as source:
        return _parse(source)


def _parse(source: Any) -> Document:
    if source.needs_pass:
        raise BadInput("unsupported-document", "an encrypted PDF")
    if not source.page_count:
        raise BadInput("malformed-document", "a PDF without pages")
    if source.page_count > MAX_PAGES:
        raise HostileInput("too-large", f"{source.page_count} pages")
    for page in source:
        if max(page.rect.width, page.rect.height) > MAX_SIDE:
            raise HostileInput("too-large", f"a page of {page.rect.width:.0f} x {page.rect.height:.0f} points")
    texts = [source[number].get_text().translate(LIGATURES) for number in range(source.page_count)]
    if sum(len(text.split()) for text in texts) < _MIN_WORDS * len(texts) and all(map(_is_scan, source)):
        raise BadInput("no-text-layer", "a scanned PDF without a text layer")
    drop_structure_tree(source)
    with_layout = activate_layout_model()
    named = [number for number, text in enumerate(texts) if re.search(r"\bfig", text, re.IGNORECASE)]
    modelled = _modelled(texts, named) if with_layout else frozenset()
    pages = [read_page(source[number], with_layout=number in modelled) for number in named]
    vocabulary = Vocabulary(line for page in pages for line in page.lines())
    style = _style(pages, furniture(source))
    captions = _captions(pages, vocabulary, style.size)
    found = _find_all(captions, style)
    drawn = {page.number for page, areas in found.items() if areas}
    bare = [number for number, text in enumerate(texts) if len(text) < _MAX_BARE and number + 1 not in drawn]
    figures = tuple(_figures(found, _bare_pages(source, bare, found, style, with_layout=with_layout)))
    paragraphs = list(_paragraphs(found, vocabulary))
    said, missing = survey_figures(paragraphs, figures)
    whole = "\n".join(texts)
    return Document(
        extractor=EXTRACTOR,
        extractor_version=VERSION,
        title=_title(source),
        abstract=" ".join(p.text for p in paragraphs if p.section.lower().strip(" .:") == "abstract"),
        doi=_doi(texts[0]),
        published_on=_published(texts[0]),
        license_uri=_licence(whole),
        subjects=tuple(found["category"] for found in _STAMP.finditer(texts[0])),
        figures=tuple(dataclasses.replace(figure, mentions=said[figure.locator]) for figure in figures),
        missing=missing,
    )


def _modelled(texts: Sequence[str], named: Sequence[int]) -> frozenset[int]:
    """The pages for which the layout model is asked: all, but of a book those where a caption can begin come first.

    The model takes half a second a page; the text blocks of the others do for the paragraphs that mention figures.
    """
    if len(named) <= MAX_MODELLED:
        return frozenset(named)
    first = [number for number in named if _LABEL_LINE.search(texts[number])]
    return frozenset(first[:MAX_MODELLED])


def _is_scan(page: Any) -> bool:
    """Whether pictures cover most of a page."""
    return any(Rect(*info["bbox"]).area > 0.5 * abs(page.rect.get_area()) for info in page.get_image_info())


def _style(pages: Sequence[Page], drawn_on_many: list[Rect]) -> Style:
    """The font in which most text of the document is set, and what is drawn on many of its pages."""
    sizes, fonts = Counter[float](), Counter[str]()
    for page in pages:
        for box in page.boxes:
            if box.kind == "text":
                for line in box.lines:
                    sizes[round(line.size, 1)] += len(line.text)
                    fonts[line.font] += len(line.text)
    size = sizes.most_common(1)[0][0] if sizes else 0.0
    return Style(size, fonts.most_common(1)[0][0] if fonts else "", tuple(drawn_on_many))


def _captions(pages: Sequence[Page], vocabulary: Vocabulary, body_size: float) -> dict[Page, list[Caption]]:
    captions = {page: find_captions(page, vocabulary, body_size) for page in pages}
    for page, following in pairwise(pages):
        if captions[page] and following.number == page.number + 1:
            last = max(captions[page], key=lambda caption: caption.rect.y1)
            last.lines += continue_over_pages(last, page, following, vocabulary, body_size)
    return captions


def _find_all(captions: dict[Page, list[Caption]], style: Style) -> Found:
    """The areas of all captions; once more with the captions above the figures where most of them stand so."""
    found = _areas(captions, style)
    sides = Counter(area.side for areas in found.values() for area in areas.values() if area)
    if sides["below"] > max(1, 2 * sides["above"]):
        found = _areas(captions, dataclasses.replace(style, captions_on_top=True))
    return found


def _areas(captions: dict[Page, list[Caption]], style: Style) -> Found:
    found: Found = {}
    for page, those in captions.items():
        areas = find_areas(page, those, style) if those else {}
        found[page] = {caption: areas.get(caption) for caption in those}
    return found


def _bare_pages(
    source: Any, numbers: Sequence[int], found: Found, style: Style, *, with_layout: bool
) -> dict[str, tuple[Page, Rect]]:
    """Manuscripts with their pictures at the end, one a page without caption: page and area by figure number."""
    placed = {caption.label for areas in found.values() for caption, area in areas.items() if area}
    captioned = {page.number: [one.label for one in areas if one.label not in placed] for page, areas in found.items()}
    wanting = [label for labels in captioned.values() for label in labels]
    first = min((number for number, labels in captioned.items() if labels), default=0)
    if not wanting or len(wanting) != len(numbers) or numbers[0] + 1 <= first:
        return {}
    pages = [read_page(source[number], with_layout=with_layout) for number in numbers]
    rects = [whole_page(page, style) for page in pages]
    return {
        figure_number(label) or "": (page, rect)
        for label, page, rect in zip(wanting, pages, rects, strict=True)
        if rect is not None
    }


def _figures(found: Found, elsewhere: dict[str, tuple[Page, Rect]]) -> Iterator[Figure]:
    """One figure for each number: captions of the same number are one figure continued, or its legend apart from it."""
    numbers: dict[str, list[tuple[Page, Caption, Area | None]]] = {}
    for page, areas in found.items():
        for caption, area in areas.items():
            if number := figure_number(caption.label):
                numbers.setdefault(number, []).append((page, caption, area))
    for ordinal, (number, those) in enumerate(numbers.items(), start=1):
        _, best, _ = min(those, key=lambda one: (one[1].is_stub, not one[1].certain, one[2] is None))
        ranked = sorted((one for one in those if one[2]), key=lambda one: one[1] is not best and not one[1].is_stub)
        page, rect = elsewhere.get(number, (those[0][0], None))
        if ranked and ranked[0][2]:
            page, rect = ranked[0][0], ranked[0][2].rect
        yield _figure(page, best, rect, ordinal, number)


def _figure(page: Page, caption: Caption, area: Rect | None, ordinal: int, number: str) -> Figure:
    name = f"page{page.number}-fig{number}.png"
    printed = page.as_printed(area) if area else None
    x0, y0, x1, y1 = (round(value, 1) for value in printed) if printed else (0.0, 0.0, 0.0, 0.0)
    return Figure(
        locator=f"fig{number}",
        ordinal=ordinal,
        label=caption.label,
        caption=caption.text,
        panels=split_panels(caption.text, caption.bold)[1],
        pictures=(Picture(name, page.render(area)),) if area else (),
        page=page.number,
        bbox=(x0, y0, x1, y1) if area else None,
        reject_slug=None if area else "no-picture",
    )


def _paragraphs(found: Found, vocabulary: Vocabulary) -> Iterator[Paragraph]:
    """Running text in reading order; a paragraph that a column or page breaks is put together."""
    section, pending = "", ""
    for page, areas in found.items():
        own = {line for caption in areas for line in caption.lines}
        drawn = [area.rect for area in areas.values() if area]
        for box in under_headings(page):
            lines = [line for line in box.lines if line not in own]
            if not lines or any(rect.holds_middle(box.rect) for rect in drawn):
                continue
            if box.kind in ("section-header", "title"):
                if pending:
                    yield Paragraph(clean(pending), section)
                section, pending = vocabulary.join(lines), ""
            elif box.kind in _TEXT_KINDS and not _REFERENCES.match(section):
                text = vocabulary.join(lines)
                if pending and (text[:1].islower() or not pending.endswith(_SENTENCE_END)):
                    pending = vocabulary.append(pending, text)
                    continue
                if pending:
                    yield Paragraph(clean(pending), section)
                pending = text
    if pending:
        yield Paragraph(clean(pending), section)


def under_headings(page: Page) -> list[Box]:
    """The boxes of a page in reading order: what stands above a heading set across the columns is read before it."""
    boxes, middle = list(page.boxes), (page.rect.x0 + page.rect.x1) / 2
    for heading in [box for box in boxes if box.kind == "section-header" and box.rect.x0 < middle < box.rect.x1]:
        place = boxes.index(heading)
        later = boxes[place + 1 :]
        above = [box for box in later if box.rect.y1 <= heading.rect.y0 + 2]
        moved = set(above)
        boxes[place:] = [*above, heading, *(box for box in later if box not in moved)]
    return boxes


def _title(source: Any) -> str:
    """The largest text in the upper half of the first page."""
    lines: list[Line] = [
        line
        for box in read_page(source[0], with_layout=False).boxes
        for line in box.lines
        if line.rect.y1 < source[0].rect.height * 0.55 and sum(c.isalpha() for c in line.text) > 3
    ]
    if not lines:
        return ""
    largest = max(line.size for line in lines)
    return Vocabulary(lines).join([line for line in lines if line.size > 0.95 * largest])


def _doi(text: str) -> str | None:
    found = _DOI.search(text)
    return found.group(1).rstrip(".,;)]") if found else None


def _published(text: str) -> date | None:
    """The day of publication; arXiv stamps each version with a day of its own, and that of the first counts."""
    for pattern, form in ((_ONLINE, "%d %B %Y"), (_STAMP, "%d %b %Y")):
        found = pattern.search(text)
        if found and not found.groupdict().get("later"):
            try:
                return datetime.strptime(" ".join(found["date"].split()), form).date()
            except ValueError:
                continue
    return None


def _licence(text: str) -> str | None:
    """The licence that the document states for itself, behind the words "licensed under a Creative Commons"."""
    stated = _LICENCE.search(text)
    return licence_uri(text[stated.start() : stated.start() + 200]) if stated else None
