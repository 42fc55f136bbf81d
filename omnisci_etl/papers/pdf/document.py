"""A PDF as a Document."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from omnisci_etl.errors import BadInput, HostileInput
from omnisci_etl.figures.images import import_pymupdf
from omnisci_etl.figures.panels import split_panels
from omnisci_etl.papers.licences import licence_uri
from omnisci_etl.papers.mentions import figure_number, mentions
from omnisci_etl.papers.model import Document, Figure, Paragraph, Picture, clean
from omnisci_etl.papers.pdf.figures import Caption, find_areas, find_captions
from omnisci_etl.papers.pdf.page import Line, Page, Rect, activate_layout_model, read_page
from omnisci_etl.papers.pdf.text import Vocabulary

EXTRACTOR = "pdf"
VERSION = "1.0.0"
MAX_BYTES = 256 << 20
MAX_PAGES = 400

_DOI = re.compile(r"(?:doi\.org/|doi:?\s*)(10\.\d{4,9}/[^\s\"<>]+)", re.IGNORECASE)
_ONLINE = re.compile(r"Published\s+online:?\s*(\d{1,2}\s+[A-Z][a-z]+\s+\d{4})")
_STAMP = re.compile(r"arXiv:\S+\s+\[[\w.\-]+\]\s+(\d{1,2}\s+[A-Z][a-z]{2}\s+\d{4})")
_LICENCE = re.compile(r"licen[sc]ed\s+under\s+(?:a|the)\s+Creative\s+Commons")
_REFERENCES = re.compile(r"(?:\d+\.?\s*)?(?:references|bibliography|literature cited)\W*$", re.IGNORECASE)
_SENTENCE_END = (".", "?", "!", ":", ";", "”", ")")
_TEXT_KINDS = ("text", "list-item", "footnote")


def parse(data: bytes) -> Document:
    """The figures of a PDF, each with its part of the page rendered.

    Raises BadInput("malformed-document") for what MuPDF cannot read, "unsupported-document" for encrypted files
    and where PyMuPDF is not installed, HostileInput("too-large") over 400 pages.
    """
    pymupdf = import_pymupdf()
    if pymupdf is None:
        raise BadInput("unsupported-document", "PDFs need PyMuPDF")
    if len(data) > MAX_BYTES:
        raise HostileInput("too-large", f"a PDF of {len(data)} bytes")
    if b"%PDF-" not in data[:1024]:
        raise BadInput("malformed-document", "no PDF header")
    try:
        with pymupdf.open(stream=data, filetype="pdf") as source:
            return _parse(source)
    except (RuntimeError, ValueError, TypeError, KeyError, IndexError) as e:
        raise BadInput("malformed-document", f"PDF: {e}") from e


def _parse(source: Any) -> Document:
    if source.needs_pass:
        raise BadInput("unsupported-document", "an encrypted PDF")
    if not 0 < source.page_count <= MAX_PAGES:
        raise HostileInput("too-large", f"{source.page_count} pages")
    texts = [source[number].get_text() for number in range(source.page_count)]
    with_layout = activate_layout_model()
    named = [number for number, text in enumerate(texts) if re.search(r"\bfig", text, re.IGNORECASE)]
    pages = [read_page(source[number], with_layout=with_layout) for number in named]
    vocabulary = Vocabulary(line for page in pages for line in page.lines())
    body_size = _body_size(pages)
    captions = {page: find_captions(page, vocabulary, body_size) for page in pages}
    figures = tuple(_figures(captions))
    paragraphs = list(_paragraphs(captions, vocabulary))
    said = mentions(paragraphs, {figure.locator: figure.label for figure in figures})
    whole = "\n".join(texts)
    return Document(
        extractor=EXTRACTOR,
        extractor_version=VERSION,
        title=_title(source),
        abstract=" ".join(p.text for p in paragraphs if p.section.lower().strip(" .:") == "abstract"),
        doi=_doi(texts[0]),
        published_on=_published(texts[0]),
        license_uri=_licence(whole),
        figures=tuple(dataclasses.replace(figure, mentions=said[figure.locator]) for figure in figures),
    )


def _body_size(pages: Sequence[Page]) -> float:
    """The font size in which most text of the document is set."""
    sizes = Counter[float]()
    for page in pages:
        for box in page.boxes:
            if box.kind == "text":
                for line in box.lines:
                    sizes[round(line.size, 1)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _figures(captions: dict[Page, list[Caption]]) -> Iterator[Figure]:
    seen: set[str] = set()
    for page, found in captions.items():
        areas = find_areas(page, found) if found else {}
        for caption in found:
            number = figure_number(caption.label)
            if number is None or number in seen:
                continue
            seen.add(number)
            yield _figure(page, caption, areas.get(caption), len(seen), number)


def _figure(page: Page, caption: Caption, area: Rect | None, ordinal: int, number: str) -> Figure:
    name = f"page{page.number}-fig{number}.png"
    return Figure(
        locator=f"fig{number}",
        ordinal=ordinal,
        label=caption.label,
        caption=caption.text,
        panels=split_panels(caption.text)[1],
        pictures=(Picture(name, page.render(area)),) if area else (),
        page=page.number,
        bbox=(round(area.x0, 1), round(area.y0, 1), round(area.x1, 1), round(area.y1, 1)) if area else None,
        reject_slug=None if area else "no-picture",
    )


def _paragraphs(captions: dict[Page, list[Caption]], vocabulary: Vocabulary) -> Iterator[Paragraph]:
    """Running text in reading order; a paragraph that a column or page breaks is put together."""
    section, pending = "", ""
    for page, found in captions.items():
        own = {line for caption in found for line in caption.lines}
        for box in page.boxes:
            lines = [line for line in box.lines if line not in own]
            if box.kind in ("section-header", "title") and lines:
                if pending:
                    yield Paragraph(clean(pending), section)
                section, pending = vocabulary.join(lines), ""
            elif box.kind in _TEXT_KINDS and lines and not _REFERENCES.match(section):
                text = vocabulary.join(lines)
                if pending and (text[0].islower() or not pending.endswith(_SENTENCE_END)):
                    pending = vocabulary.append(pending, text)
                    continue
                if pending:
                    yield Paragraph(clean(pending), section)
                pending = text
    if pending:
        yield Paragraph(clean(pending), section)


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
    for pattern, form in ((_ONLINE, "%d %B %Y"), (_STAMP, "%d %b %Y")):
        found = pattern.search(text)
        if found:
            try:
                return datetime.strptime(" ".join(found.group(1).split()), form).date()
            except ValueError:
                continue
    return None


def _licence(text: str) -> str | None:
    """The licence that the document states for itself, behind the words "licensed under a Creative Commons"."""
    stated = _LICENCE.search(text)
    return licence_uri(text[stated.start() : stated.start() + 200]) if stated else None
