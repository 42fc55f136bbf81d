"""arXiv's HTML, as LaTeXML and the renderers built on it write it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime
from itertools import islice

from lxml import etree

from omnisci_etl.errors import BadInput
from omnisci_etl.figures.panels import split_panels
from omnisci_etl.papers.flat import flatten
from omnisci_etl.papers.latexml_floats import Found, read_floats
from omnisci_etl.papers.latexml_text import Reader, classes, plain
from omnisci_etl.papers.licences import licence_uri
from omnisci_etl.papers.mentions import split_label, survey
from omnisci_etl.papers.model import Document, Figure, Panel, Paragraph
from omnisci_etl.papers.xml import (
    MAX_PARAGRAPHS,
    check_figures,
    of_class,
    outermost,
    parse_html,
)

EXTRACTOR = "latexml"
VERSION = "1.2.1"

_BODIES = ("ltx_document", "ltx_page_content", "ltx_page_main")
_BOXES = ("article", "section", "div")
_HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})
_NO_BODY_TAGS = frozenset(
    {"figure", "figcaption", "nav", "header", "footer", "script", "style", "noscript", "table", "form", "dialog"}
)
_NO_BODY = frozenset(
    {
        "ltx_bibliography",
        "ltx_abstract",
        "ltx_authors",
        "ltx_TOC",
        "ltx_note",
        "ltx_page_footer",
        "ltx_page_header",
        "ltx_page_navbar",
        "ltx_classification",
        "ltx_keywords",
        "ltx_dates",
        "ltx_index",
    }
)
_FLOAT_ID = re.compile(r"(?P<float>.{0,200}\.F(?P<number>\d{1,4}))(?:\..{1,200})?")
_LAST_NUMBER = re.compile(r"\d+$")
_WATERMARK = re.compile(r"arXiv:\S+?v(?P<version>\d+)\s+\[(?P<subject>[\w.-]+)\]\s+(?P<date>\d{1,2} \w{3} \d{4})")


class _Names(Reader):
    def instead(self, element: etree._Element) -> str | None:
        if element.tag == "br":
            return "|"
        return "" if element.tag in {"sup", "math"} or "ltx_Math" in classes(element) else super().instead(element)


def parse(data: bytes) -> Document:
    """The paper in a LaTeXML page; pictures are named as the page names them, relative to it.

    Raises BadInput: malformed-document, unsupported-document (no LaTeXML page), too-large.
    """
    root = parse_html(data)
    body = next(
        (
            node
            for name in ("ltx_document", "ltx_page_content", "ltx_page_main")
            for node in of_class(root, name, *_BOXES)
        ),
        None,
    )
    if body is None:
        raise BadInput("unsupported-document", "no page that LaTeXML wrote")
    published, subjects = _watermark(root)
    figures, missing = _figures(body, data)
    return Document(
        extractor=EXTRACTOR,
        extractor_version=VERSION,
        title=next((plain(node) for node in of_class(root, "ltx_title_document", "h1")), ""),
        abstract=_abstract(root),
        published_on=published,
        license_uri=next((licence_uri(plain(node)) for node in _named(root, "license-tr")), None),
        authors=tuple(
            name for node in outermost(of_class(root, "ltx_personname", "span", "div")) for name in _names(node)
        ),
        subjects=subjects,
        figures=figures,
        missing=missing,
    )


def _named(root: etree._Element, ident: str) -> list[etree._Element]:
    """What arXiv adds to the page under an id."""
    return outermost(node for node in root.iter("div", "a") if node.get("id") == ident)


def _abstract(root: etree._Element) -> str:
    boxes = outermost(of_class(root, "ltx_abstract", *_BOXES))
    return " ".join(plain(node) for box in boxes for node in outermost(box.iter("p")))


def _names(element: etree._Element) -> list[str]:
    """The names in an author box, up to the first line break, behind which affiliations stand."""
    line = flatten(element, _Names()).text.partition("|")[0]
    names = (re.sub(r"[\d*†‡§¶,\s]+$", "", name).strip() for name in re.split(r"\s*(?:,|;|&|\band\b)\s+", line))
    return [name for name in names if name and not name.isdecimal()]


def _watermark(root: etree._Element) -> tuple[date | None, tuple[str, ...]]:
    """The day (of a first version only) and the category that arXiv prints in the margin."""
    for node in _named(root, "watermark-tr"):
        if found := _WATERMARK.search(plain(node)):
            return _first_version(found), (found["subject"],)
    return None, ()


def _first_version(found: re.Match[str]) -> date | None:
    try:
        return datetime.strptime(found["date"], "%d %b %Y").date() if found["version"] == "1" else None
    except ValueError:
        return None


def _figures(body: etree._Element, data: bytes) -> tuple[tuple[Figure, ...], tuple[str, ...]]:
    """The figures, and the numbers of those that the text names besides."""
    found = read_floats(body, data)
    check_figures(len(found))
    locators = _locators(found)
    targets = _targets(found, locators)
    labels = {locator: figure.label for figure, locator in zip(found, locators, strict=True)}
    captions = {locator: _caption(figure) for figure, locator in zip(found, locators, strict=True)}
    paragraphs = islice(_paragraphs(body, Reader(targets)), MAX_PARAGRAPHS)
    named, missing = survey(paragraphs, labels, {locator: panels for locator, (_, panels) in captions.items()})
    figures = []
    for ordinal, (figure, locator) in enumerate(zip(found, locators, strict=True), 1):
        caption, panels = captions[locator]
        slug = _reject(figure) or (None if caption else "no-caption")
        pictures = tuple(dict.fromkeys(figure.pictures))
        figures.append(
            Figure(locator, ordinal, figure.label, caption, panels, named[locator], pictures, reject_slug=slug)
        )
    return tuple(figures), missing


def _reject(figure: Found) -> str | None:
    if figure.pictures:
        return None
    return "picture-unsupported" if figure.drawn else "no-picture"


def _targets(found: list[Found], locators: list[str]) -> dict[str, tuple[str, str]]:
    """(locator, panel) by the id that links name: of a figure, of a sub-figure, of a float that holds several."""
    targets: dict[str, tuple[str, str]] = {}
    for figure, locator in zip(found, locators, strict=True):
        whole = _FLOAT_ID.fullmatch(figure.element.get("id") or "")
        number = _LAST_NUMBER.search(figure.label)
        if whole and number and whole["number"] == number[0]:
            targets[whole["float"]] = (locator, "")
    for figure, locator in zip(found, locators, strict=True):
        targets.update({part: (locator, letter) for part, (letter, _) in figure.parts.items()})
        targets[figure.element.get("id") or locator] = (locator, "")
    return targets


def _locators(found: list[Found]) -> list[str]:
    """The id of each figure, "figN" for those without one and for the further ones that share an element."""
    locators: list[str] = []
    for ordinal, figure in enumerate(found, 1):
        own = figure.element.get("id")
        locators.append(own if own and own not in locators else f"fig{ordinal}")
    return locators


def _caption(figure: Found) -> tuple[str, tuple[Panel, ...]]:
    """The caption, and its panels: the sub-figures' own captions, completed by what the caption says of each letter.

    Sub-figures that have letters and no words are no panels where the caption names others ("left", "right").
    """
    flat = flatten(figure.caption, Reader())
    start = split_label(flat.text)[1]
    whole, bold = flat.text[start:], [(a - start, b - start) for a, b in flat.bold if a >= start]
    _, named = split_panels(whole, bold)
    panels = {panel.label: panel.text for panel in named}
    own = {letter: text for letter, text in figure.parts.values() if letter}
    if panels and not any(text or letter in panels for letter, text in own.items()):
        own = {}
    merged = {letter: text or panels.get(letter, "") for letter, text in own.items()} | {
        letter: text for letter, text in panels.items() if letter not in own
    }
    caption = whole or " ".join(f"({letter}) {text}" for letter, text in own.items() if text)
    return caption, tuple(Panel(letter, text) for letter, text in merged.items())


def _paragraphs(body: etree._Element, reader: Reader) -> Iterator[Paragraph]:
    """The paragraphs and headings of sections and appendices that name or link a figure, under innermost headings."""
    sections: dict[str, str] = {}
    walk = etree.iterwalk(body, events=("start",))
    for _, element in walk:
        if not isinstance(element.tag, str):
            continue
        own = classes(element)
        if element.tag in _HEADINGS and "ltx_runin" not in own:
            sections = {level: text for level, text in sections.items() if level < element.tag}
            sections[element.tag] = plain(element)
        if _is_paragraph(element) or element.tag in _HEADINGS:
            pieces = _whole(element)
            if any(reader.concerns_figure(piece) for piece in pieces):
                # A page whose text stands in a box of the author's has its sections within a paragraph.
                if next(element.iter("section"), None) is not None:
                    continue
                flat = flatten(pieces, reader)
                yield Paragraph(flat.text, list(sections.values())[-1] if sections else "", flat.links)
        elif element.tag not in _NO_BODY_TAGS and _NO_BODY.isdisjoint(own):
            continue
        walk.skip_subtree()


def _is_paragraph(element: etree._Element) -> bool:
    """Whether an element is a paragraph; those of an inline box are <span>s."""
    return element.tag == "p" or (element.tag == "span" and "ltx_p" in classes(element))


def _whole(element: etree._Element) -> list[etree._Element]:
    """The pieces of a paragraph that displayed formulas or lists divide, at the first; at each other nothing."""
    parent = element.getparent()
    if parent is None or element.tag in _HEADINGS or "ltx_para" not in classes(parent):
        return [element]
    if any(_is_paragraph(before) for before in element.itersiblings(element.tag, preceding=True)):
        return []
    return [element, *filter(_is_paragraph, element.itersiblings(element.tag))]
