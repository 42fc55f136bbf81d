"""What arXiv serves as the source of a paper: LaTeX packages mostly, but also PDF, old HTML and PostScript."""

from __future__ import annotations

import dataclasses
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lxml import etree

from omnisci_etl.errors import BadInput
from omnisci_etl.figures.panels import split_panels
from omnisci_etl.papers import latex, registry
from omnisci_etl.papers.archive import Package, open_package, sniff
from omnisci_etl.papers.latex.source import read_tex, top_file
from omnisci_etl.papers.mentions import split_label, survey_figures
from omnisci_etl.papers.model import Document, Figure, Paragraph, Picture, clean
from omnisci_etl.papers.xml import parse_html

HTML_EXTRACTOR = "html-eprint"
HTML_VERSION = "1.0.3"

_HTML = (".html", ".htm")
_WEB_PICTURES = (".gif", ".jpg", ".jpeg", ".png")
_INCLUDE_PDF = re.compile(r"\\includepdf\s*(?:\[[^\[\]]{0,500}\])?\s*\{([^{}]{1,300})\}")
_SHELL_CHARACTERS = 4000
_BLOCKS = frozenset(
    (
        "p",
        "div",
        "center",
        "blockquote",
        "li",
        "td",
        "th",
        "tr",
        "table",
        "dd",
        "dt",
        "pre",
        "hr",
        "br",
        "body",
        "ul",
        "ol",
    )
)
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_SILENT = frozenset(("script", "style", "title", "noscript"))
_LONGEST_TITLE = 300
_SMALLEST_FILE, _SMALLEST_SIDE = 2000, 100


def parse(data: bytes) -> Document:
    """The document in an e-print, whatever it is made of. PDFs are read in a worker process.

    Raises BadInput("no-document-class") for a package with nothing that could be the paper,
    BadInput("unsupported-document") for PostScript and word processors' files, and what the parsers raise.
    """
    if sniff(data) == "pdf":
        return registry.parse("pdf", data)
    package = open_package(data)
    try:
        document = latex.parse(package)
    except BadInput as error:
        if error.slug != "no-document-class":
            raise
        return _parse_other(package, error)
    wrapped = None if document.figures else _wrapped_pdf(package)
    return registry.parse("pdf", wrapped) if wrapped else document


def _wrapped_pdf(package: Package) -> bytes | None:
    """The PDF of a paper whose TeX file is only a shell around it."""
    text = read_tex(package, top_file(package))
    found = _INCLUDE_PDF.search(text)
    body = text.partition("\\begin{document}")[2]
    name = package.find(found.group(1)) if found and len(body) < _SHELL_CHARACTERS else None
    return package.read(name) if name and name.lower().endswith(".pdf") else None


def _parse_other(package: Package, error: BadInput) -> Document:
    pages = _pages(package)
    if pages:
        return _parse_pages(package, pages)
    kinds = {name: sniff(package.read(name)) for name in package.names if "/" not in name}
    pdfs = [name for name, kind in kinds.items() if kind == "pdf"]
    if len(pdfs) == 1:
        return registry.parse("pdf", package.read(pdfs[0]))
    extensions = {posixpath.splitext(name)[1].lower() for name in package.names}
    if "postscript" in kinds.values() or pdfs or extensions & {".docx", ".doc", ".odt", ".rtf", ".ps"}:
        raise BadInput("unsupported-document", "a package without LaTeX, HTML or a single PDF") from error
    raise error


def _pages(package: Package) -> list[str]:
    """The HTML pages of a package, the one that others start from first."""
    pages = [name for name in package.names if name.lower().endswith(_HTML) and not name.startswith("anc/")]
    return sorted(pages, key=lambda name: (posixpath.splitext(posixpath.basename(name))[0].lower() != "index", name))


@dataclass(frozen=True, slots=True)
class _Item:
    """A stretch of a page: a picture (its file), or text; level 0 for running text, else that of a heading."""

    text: str
    level: int = 0
    picture: str = ""


@dataclass(frozen=True, slots=True)
class _Found:
    pictures: tuple[str, ...]
    label: str
    caption: str


def _parse_pages(package: Package, pages: Sequence[str]) -> Document:
    title = ""
    items: list[_Item] = []
    for page in pages:
        root = parse_html(package.read(page))
        title = title or clean(root.findtext(".//title") or "")
        items += _items(package, root, posixpath.dirname(page))
    found = list(_labelled(items)) or list(_unlabelled(package, items))
    figures = tuple(_figure(package, ordinal, one) for ordinal, one in enumerate(found, 1))
    said, missing = survey_figures(_paragraphs(items, found), figures)
    return Document(
        extractor=HTML_EXTRACTOR,
        extractor_version=HTML_VERSION,
        title=title,
        figures=tuple(dataclasses.replace(figure, mentions=said[figure.locator]) for figure in figures),
        missing=missing,
    )


def _items(package: Package, root: etree._Element, folder: str) -> Iterator[_Item]:
    buffer: list[str] = []
    silent = 0
    level = 0

    def text() -> Iterator[_Item]:
        joined = clean(buffer)
        buffer.clear()
        if joined:
            yield _Item(joined, level)

    for event, element in etree.iterwalk(root, events=("start", "end")):
        tag = element.tag
        if tag in _BLOCKS or tag in _HEADINGS or tag == "img":
            yield from text()
        if event == "start":
            silent += tag in _SILENT
            level = int(tag[1]) if tag in _HEADINGS else level
            if tag == "img" and not _is_small(element):
                name = package.find(posixpath.join(folder, element.get("src") or "?"), ())
                if name and name.lower().endswith(_WEB_PICTURES):
                    yield _Item("", picture=name)
            buffer.append(element.text or "" if not silent else "")
        else:
            silent -= tag in _SILENT
            level = 0 if tag in _HEADINGS else level
            buffer.append(element.tail or "" if not silent else "")
    yield from text()


def _is_small(image: etree._Element) -> bool:
    """Whether the page itself shows the picture too small for a figure: an icon, a rule, an inline formula."""
    sides = [int(value) for value in (image.get("width"), image.get("height")) if value and value.isdecimal()]
    return any(side < _SMALLEST_SIDE for side in sides)


def _runs(items: Sequence[_Item]) -> Iterator[tuple[int, int]]:
    """(start, end) of each run of pictures without text between them."""
    start = 0
    while start < len(items):
        end = start
        while end < len(items) and items[end].picture:
            end += 1
        if end > start:
            yield start, end
        start = max(end, start + 1)


def _labelled(items: Sequence[_Item]) -> Iterator[_Found]:
    """Pictures with a text "Figure N ..." right behind or before them."""
    taken: set[int] = set()
    for start, end in _runs(items):
        for index in (end, end + 1, start - 1):
            if not 0 <= index < len(items) or index in taken or items[index].picture:
                continue
            label, offset = split_label(items[index].text)
            if label:
                taken.add(index)
                pictures = tuple(dict.fromkeys(item.picture for item in items[start:end]))
                yield _Found(pictures, label, items[index].text[offset:])
                break


def _unlabelled(package: Package, items: Sequence[_Item]) -> Iterator[_Found]:
    """Where a paper labels none of its figures: its large pictures, with the short text behind them as title."""
    number = 0
    for start, end in _runs(items):
        pictures = [item.picture for item in items[start:end] if len(package.read(item.picture)) >= _SMALLEST_FILE]
        if not pictures:
            continue
        number += 1
        behind = items[end] if end < len(items) else _Item("")
        yield _Found(tuple(pictures), f"Figure {number}", behind.text if len(behind.text) <= _LONGEST_TITLE else "")


def _figure(package: Package, ordinal: int, found: _Found) -> Figure:
    return Figure(
        locator=f"fig{ordinal}",
        ordinal=ordinal,
        label=found.label,
        caption=found.caption,
        panels=split_panels(found.caption)[1],
        pictures=tuple(Picture(name, package.read(name)) for name in found.pictures),
        reject_slug=None if found.caption else "no-caption",
    )


def _paragraphs(items: Sequence[_Item], found: Sequence[_Found]) -> Iterator[Paragraph]:
    captions = {one.caption for one in found}
    section = ""
    for item in items:
        if item.level:
            section = item.text
        elif item.text and item.text[split_label(item.text)[1] :] not in captions:
            yield Paragraph(item.text, section)
