"""JATS articles: Europe PMC's and the PMC bucket's files, the publisher's own feed, and JATS of other journals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice, takewhile
from typing import NamedTuple

from lxml import etree

from omnisci_etl.errors import BadInput
from omnisci_etl.figures.panels import split_panels
from omnisci_etl.papers import jats_front as front
from omnisci_etl.papers.article_types import article_type
from omnisci_etl.papers.figure_references import names_figures
from omnisci_etl.papers.flat import flatten
from omnisci_etl.papers.jats_text import FLOATS, MATHS, XLINK, BodyReader, caption_text, plain
from omnisci_etl.papers.mentions import figure_number, split_label, survey
from omnisci_etl.papers.model import Document, Figure, Panel, Paragraph, Picture
from omnisci_etl.papers.tex_in_text import without_tex
from omnisci_etl.papers.xml import MAX_PARAGRAPHS, check_figures, is_too_deep, local_names, outermost, parse_xml

EXTRACTOR = "jats"
VERSION = "1.3.0"

_SECTIONS = frozenset({"sec", "app", "boxed-text"})
_NO_SECTIONS = FLOATS | {"title"}
_THANKS = frozenset(
    {"acknowledgements", "acknowledgments", "author contributions", "authors’ contributions", "authors' contributions"}
)
_REFERENCES, _REFERENCES_END = b"<ref-list", b"</ref-list>"
# The blank before its identifier is missing in some files: not well-formed, and nothing that is read.
_DOCTYPE = re.compile(rb"<!DOCTYPE\s{1,9}[\w.:-]{1,60}\s{1,9}(?:PUBLIC|SYSTEM)(?=[\"'])")
_LONGEST_HEAD = 1_000
_FOREIGN = frozenset({"sub-article", "response", "supplementary-material", "front-stub"})


class _Found(NamedTuple):
    """A figure's element, its label, and the sub-figures within it."""

    element: etree._Element
    label: str
    parts: tuple[etree._Element, ...] = ()


def parse(data: bytes) -> Document:
    """The article in a JATS file, with its figures.

    A wrapper such as <pmc-articleset> is looked through for its first article. Raises BadInput:
    malformed-document, unsupported-document (XML, but no JATS article), too-large, hostile-xml.
    """
    root = _tree(data)
    article = root if root.tag == "article" else root.find(".//article")
    meta = article.find("front/article-meta") if article is not None else None
    if article is None or meta is None:
        raise BadInput("unsupported-document", f"<{root.tag}> holds no JATS article")
    stated = meta.findall(".//subj-group[@subj-group-type='heading']/subject")
    headings = [plain(node) for node in outermost(stated)]
    kind = article_type(article.get("article-type") or "", headings)
    doi = plain(meta.find("article-id[@pub-id-type='doi']"))
    figures, missing = _figures(article)
    return Document(
        extractor=EXTRACTOR,
        extractor_version=VERSION,
        title=plain(meta.find("title-group/article-title")),
        abstract=front.abstract(meta),
        doi=doi or None,
        article_type=kind,
        published_on=front.published(meta),
        license_uri=front.licence(meta),
        authors=tuple(front.authors(meta)),
        subjects=tuple(dict.fromkeys(front.subjects(meta))),
        related=tuple(front.related(article, kind, doi)),
        figures=figures,
        missing=missing,
    )


def _tree(data: bytes) -> etree._Element:
    """The tree of a file without its last list of references: nothing in it is read, and it is a third of most files.

    What is wrong within the list is not noticed so. Where it is not one piece, as it holds lists itself, the file is
    not well-formed without it, and is parsed whole.
    """
    if doctype := _DOCTYPE.search(data, 0, _LONGEST_HEAD):
        data = b" ".join((data[: doctype.end()], data[doctype.end() :]))
    end = data.rfind(_REFERENCES_END)
    if end >= 0 and data[max(0, end - 2 * len(_REFERENCES_END)) : end].rstrip().endswith(_REFERENCES_END):
        end = data.rfind(_REFERENCES_END, 0, end)
    start = data.rfind(_REFERENCES, 0, end) if end >= 0 else -1
    # Without this mark it holds no comment, within which its end could stand.
    if start >= 0 and data.find(b"!", start, end) < 0:
        with suppress(BadInput):
            rest = data[:start] + data[end + len(_REFERENCES_END) :]
            return local_names(parse_xml(rest), rest)
    return local_names(parse_xml(data), data)


def _figures(article: etree._Element) -> tuple[tuple[Figure, ...], tuple[str, ...]]:
    """The figures, and the numbers of those that the text names besides."""
    found = list(_find_figures(article))
    check_figures(len(found))
    locators = _locators(found)
    targets: dict[str, tuple[str, str]] = {}
    for figure, locator in zip(found, locators, strict=True):
        targets.update({node.get("id", ""): (locator, _part_label(node, n)) for n, node in enumerate(figure.parts)})
        targets[figure.element.get("id", "")] = (locator, "")
    targets.pop("", None)
    labels = {locator: figure.label for figure, locator in zip(found, locators, strict=True)}
    captions = {locator: _caption(figure) for figure, locator in zip(found, locators, strict=True)}
    paragraphs = islice(_paragraphs(article, BodyReader(targets)), MAX_PARAGRAPHS)
    named, missing = survey(paragraphs, labels, {locator: panels for locator, (_, _, panels) in captions.items()})
    figures = []
    for ordinal, (figure, locator) in enumerate(zip(found, locators, strict=True), 1):
        caption, source, panels = captions[locator]
        pictures = tuple(_pictures(figure))
        slug = "no-picture" if not pictures else None if caption else "no-caption"
        figures.append(
            Figure(locator, ordinal, figure.label, caption, panels, named[locator], pictures, source, reject_slug=slug)
        )
    return tuple(figures), missing


def _locators(found: list[_Found]) -> list[str]:
    """The id of each figure, "figN" for those without one or with one that stands twice."""
    taken: set[str] = set()
    locators = []
    for ordinal, figure in enumerate(found, 1):
        locator = figure.element.get("id") or f"fig{ordinal}"
        while locator in taken:
            locator = f"{locator}-{ordinal}"
        taken.add(locator)
        locators.append(locator)
    return locators


def _find_figures(article: etree._Element) -> Iterator[_Found]:
    """The main figures; what is within one of them is a part of it, or a figure supplement and left out."""
    for element in article.iter("fig", "fig-group"):
        label = _label(element)
        if not _is_main(label, figure_number(label)) or next(element.iterancestors(*_FOREIGN), None) is not None:
            continue
        if is_too_deep(element, "fig", "fig-group"):
            continue
        parts = [node for node in element.iter("fig") if node is not element]
        yield _Found(element, label, tuple(node for node in parts if not figure_number(_label(node))))


def _label(element: etree._Element) -> str:
    """The label of a figure; where it has none, the one that its caption begins with."""
    text = plain(next(element.iterchildren("label"), None)).rstrip(" .:|")
    if text:
        return text
    return split_label(plain(element.find("caption")))[0]


def _is_main(label: str, number: str | None) -> bool:
    if number is None:
        return re.fullmatch(r"fig(?:ure|\.)?", label, re.I) is not None
    return not (number.startswith(("S", "ED")) or "-S" in number)


def _caption(figure: _Found) -> tuple[str, str, tuple[Panel, ...]]:
    """The caption with its credit line, the same in TeX if it has any, its panels: those named, else sub-figures."""
    texts = [node for node in figure.element if node.tag in {"caption", "attrib", "permissions"}]
    flat, source = caption_text(texts)
    _, panels = split_panels(flat.text, flat.bold)
    parts = [(_part_label(node, n), plain(node.find("caption"))) for n, node in enumerate(figure.parts)]
    if not panels and len(parts) > 1:
        panels = tuple(Panel(label, text) for label, text in parts)
    caption = flat.text or " ".join(f"({label}) {text}" for label, text in parts if text)
    return caption, source, panels


def _part_label(part: etree._Element, index: int) -> str:
    """The label of a sub-figure as its letter; the letter of its place where it has none."""
    text = plain(part.find("label")).strip("() .:")
    return text if 0 < len(text) <= 4 else chr(ord("a") + index % 26)


def _pictures(figure: _Found) -> Iterator[Picture]:
    """The graphics of a figure; of alternatives the first. Formulas' pictures and figure supplements are left out."""
    whole, parts = figure.element, frozenset(figure.parts)
    for node in whole.iter("graphic"):
        name = (node.get(XLINK) or "").strip()
        around = takewhile(lambda up: up is not whole, node.iterancestors())
        if name and not any(_hides(up, node, parts) for up in around):
            yield Picture(name)


def _hides(above: etree._Element, graphic: etree._Element, parts: frozenset[etree._Element]) -> bool:
    """Whether a graphic is none of the figure's own for what stands between the two."""
    if above.tag == "alternatives":
        return next(above.iter("graphic"), None) is not graphic
    return above.tag in MATHS or above.tag in _FOREIGN or (above.tag == "fig" and above not in parts)


def _paragraphs(article: etree._Element, dialect: BodyReader) -> Iterator[Paragraph]:
    """The paragraphs and headings of the body and the appendices that name or link a figure.

    The rest of the back matter (notes on data, thanks, contributions) says nothing of what a figure shows.
    """
    appendices = article.findall("back//app")
    appendices.extend(node for node in article.iterfind("back/sec") if _is_appendix(node))
    stack = [(node, "") for node in [*reversed(outermost(appendices)), *article.findall("body")]]
    while stack:
        element, section = stack.pop()
        if element.tag == "p":
            if dialect.concerns_figure(element):
                flat = without_tex(flatten(element, dialect))
                yield Paragraph(flat.text, section, flat.links)
        elif len(element) and element.tag not in _NO_SECTIONS:
            if element.tag in _SECTIONS and (title := next(element.iterchildren("title"), None)) is not None:
                section = plain(title) or section
                if section.lower().rstrip(".:") in _THANKS:
                    continue
                if names_figures(section) or (len(title) and dialect.links_figure(title)):
                    flat = flatten(title, dialect)
                    yield Paragraph(flat.text, section, flat.links)
            stack.extend([(child, section) for child in reversed(element)])


def _is_appendix(section: etree._Element) -> bool:
    kind = section.get("sec-type") or plain(next(section.iterchildren("title"), None))
    return kind.lower().startswith(("appendix", "appendices"))
