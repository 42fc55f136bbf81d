"""arXiv's HTML, as LaTeXML and the renderers built on it write it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice, takewhile

from lxml import etree

from omnisci_etl.errors import BadInput
from omnisci_etl.figures.panels import split_panels
from omnisci_etl.papers.flat import Dialect, flatten, formula_text
from omnisci_etl.papers.licences import licence_uri
from omnisci_etl.papers.mentions import figure_number, split_label, survey
from omnisci_etl.papers.model import Document, Figure, Panel, Paragraph, Picture
from omnisci_etl.papers.xml import (
    MAX_PARAGRAPHS,
    check_figures,
    of_class,
    parse_html,
)

EXTRACTOR = "latexml"
VERSION = "1.1.2"

_BLOCKS = frozenset({"p", "div", "li", "br", "h1", "h2", "h3", "h4", "h5", "h6", "figcaption", "td", "tr", "table"})
_BODIES = ("ltx_document", "ltx_page_content", "ltx_page_main")
_BOXES = ("article", "section", "div")
_HEADINGS = frozenset({"h2", "h3", "h4", "h5", "h6"})
_DROPPED = frozenset({"script", "style", "noscript", "svg", "button", "figure", "img", "object"})
_DROPPED_CLASSES = frozenset({"ltx_note", "ltx_tag", "ltx_ERROR", "ltx_contact", "ltx_rule"})
_NO_BODY_TAGS = frozenset(
    {"figure", "nav", "header", "footer", "script", "style", "noscript", "table", "form", "dialog"}
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
_NUMBERED = re.compile(r"[^\W\d_]{3,}\D*\d")
_CONTINUED = re.compile(r"\W*(?:cont(?:inued|inuation|d|'d|’d)?\b.{0,80})?", re.I)
_PART_TAG = re.compile(r"\W*(?:\d+)?\W*([a-z]|[ivx]+)\W*", re.I)
_PART_START = re.compile(r"\(([a-z]|[ivx]+)\):?(?:\s+|$)", re.I)
_WATERMARK = re.compile(r"arXiv:\S+?v(?P<version>\d+)\s+\[(?P<subject>[\w.-]+)\]\s+(?P<date>\d{1,2} \w{3} \d{4})")


@dataclass(slots=True)
class _Found:
    """A numbered caption with the pictures and sub-captions that belong to it."""

    element: etree._Element
    label: str
    caption: etree._Element
    pictures: list[Picture] = field(default_factory=list)
    drawn: bool = False
    parts: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By id of the sub-figure: its letter and its own caption."""


class _Reader(Dialect):
    blocks = _BLOCKS
    linking = frozenset({"a"})

    def __init__(self, targets: dict[str, tuple[str, str]] | None = None) -> None:
        self._targets = targets or {}

    def instead(self, element: etree._Element) -> str | None:
        classes = _classes(element)
        if element.tag == "math" or "ltx_Math" in classes:
            return formula_text(element)
        return "" if element.tag in _DROPPED or not _DROPPED_CLASSES.isdisjoint(classes) else None

    def is_bold(self, element: etree._Element) -> bool:
        classes = _classes(element)
        return (element.tag in {"b", "strong"} or "ltx_font_bold" in classes) and "ltx_markedasmath" not in classes

    def targets(self, element: etree._Element) -> Iterable[tuple[str, str]]:
        target = self._targets.get((element.get("href") or "").rpartition("#")[2])
        return [target] if target else []


class _Names(_Reader):
    def instead(self, element: etree._Element) -> str | None:
        if element.tag == "br":
            return "|"
        return "" if element.tag in {"sup", "math"} or "ltx_Math" in _classes(element) else super().instead(element)


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
    figures, missing = _figures(body)
    return Document(
        extractor=EXTRACTOR,
        extractor_version=VERSION,
        title=next((_plain(node) for node in of_class(root, "ltx_title_document", "h1")), ""),
        abstract=" ".join(_plain(node) for box in of_class(root, "ltx_abstract", *_BOXES) for node in box.iter("p")),
        published_on=published,
        license_uri=next((licence_uri(_plain(node)) for node in _named(root, "license-tr")), None),
        authors=tuple(name for node in of_class(root, "ltx_personname", "span", "div") for name in _names(node)),
        subjects=subjects,
        figures=figures,
        missing=missing,
    )


def _named(root: etree._Element, ident: str) -> list[etree._Element]:
    """What arXiv adds to the page under an id."""
    return [node for node in root.iter("div", "a") if node.get("id") == ident]


def _classes(element: etree._Element) -> set[str]:
    return set((element.get("class") or "").split())


def _plain(element: etree._Element) -> str:
    return flatten(element, _Reader()).text


def _names(element: etree._Element) -> list[str]:
    """The names in an author box, up to the first line break, behind which affiliations stand."""
    line = flatten(element, _Names()).text.partition("|")[0]
    names = (re.sub(r"[\d*†‡§¶,\s]+$", "", name).strip() for name in re.split(r"\s*(?:,|;|&|\band\b)\s+", line))
    return [name for name in names if name and not name.isdecimal()]


def _watermark(root: etree._Element) -> tuple[date | None, tuple[str, ...]]:
    """The day (of a first version only) and the category that arXiv prints in the margin."""
    for node in _named(root, "watermark-tr"):
        if found := _WATERMARK.search(_plain(node)):
            return _first_version(found), (found["subject"],)
    return None, ()


def _first_version(found: re.Match[str]) -> date | None:
    try:
        return datetime.strptime(found["date"], "%d %b %Y").date() if found["version"] == "1" else None
    except ValueError:
        return None


def _figures(body: etree._Element) -> tuple[tuple[Figure, ...], tuple[str, ...]]:
    """The figures, and the numbers of those that the text names besides."""
    found = _joined(figure for node in body.iter("figure") if _is_outermost(node) for figure in _read_figure(node))
    check_figures(len(found))
    locators = _locators(found)
    targets: dict[str, tuple[str, str]] = {}
    for figure, locator in zip(found, locators, strict=True):
        targets.update({part: (locator, letter) for part, (letter, _) in figure.parts.items()})
        targets[figure.element.get("id") or locator] = (locator, "")
    labels = {locator: figure.label for figure, locator in zip(found, locators, strict=True)}
    captions = {locator: _caption(figure) for figure, locator in zip(found, locators, strict=True)}
    paragraphs = islice(_paragraphs(body, _Reader(targets)), MAX_PARAGRAPHS)
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


def _reject(figure: _Found) -> str | None:
    if figure.pictures:
        return None
    return "picture-unsupported" if figure.drawn else "no-picture"


def _is_outermost(figure: etree._Element) -> bool:
    return not any(up.tag == "figure" for up in figure.iterancestors())


def _locators(found: list[_Found]) -> list[str]:
    """The id of each figure, "figN" for those without one and for the further ones that share an element."""
    locators: list[str] = []
    for ordinal, figure in enumerate(found, 1):
        own = figure.element.get("id")
        locators.append(own if own and own not in locators else f"fig{ordinal}")
    return locators


def _read_figure(outer: etree._Element) -> list[_Found]:
    """The numbered figures of an outermost <figure>: none (a table, an algorithm), one, or several set side by side.

    Pictures and sub-captions belong to the numbered caption that has a box with them for its own. In a box that
    several captions share they belong to the next caption, or to the last where the first stands above them.
    """
    captions = {node: label for node in outer.iter("figcaption") if _NUMBERED.match(label := _label(node))}
    boxes = _boxes(outer, captions)
    sharing = set(captions).difference(boxes.values())
    found = {node: _Found(_owner(node, outer), label, node) for node, label in captions.items() if figure_number(label)}
    pending: list[etree._Element] = []
    last: etree._Element | None = None
    above = False
    for node in outer.iter(etree.Element):
        if node in sharing:
            above = above or (last is None and not pending)
            last = node
        elif node in captions or not _is_content(node, outer, captions):
            continue
        elif (box := next((up for up in (node, *node.iterancestors()) if up in boxes), None)) is not None:
            _take(found.get(boxes[box]), [node])
            continue
        else:
            pending.append(node)
        if last is not None and (above or last is node):
            _take(found.get(last), pending)
            pending = []
    _take(found.get(last) if last is not None else None, pending)
    return list(found.values())


def _boxes(outer: etree._Element, captions: Iterable[etree._Element]) -> dict[etree._Element, etree._Element]:
    """By the largest element around it that holds no other numbered caption, each caption that has one to itself."""
    paths = {node: list(takewhile(lambda up: up is not outer.getparent(), node.iterancestors())) for node in captions}
    shared = Counter(up for path in paths.values() for up in path)
    alone = {node: [up for up in path if shared[up] == 1] for node, path in paths.items()}
    return {ups[-1]: node for node, ups in alone.items() if ups}


def _is_content(node: etree._Element, outer: etree._Element, captions: Container[etree._Element]) -> bool:
    """Whether the element is a picture, a drawing or a sub-figure."""
    if node.tag == "figure":
        return node is not outer and _own_caption(node) not in captions
    drawn = node.tag == "svg" or bool(_picture(node))
    return drawn and not any(up.tag == "figcaption" for up in node.iterancestors())


def _take(figure: _Found | None, content: list[etree._Element]) -> None:
    """Gives the content to the figure; what belongs to a table or an algorithm is left out."""
    if figure is None:
        return
    for node in content:
        if node.tag == "figure":
            figure.parts[node.get("id") or f"part{len(figure.parts)}"] = _part(node)
        figure.drawn = figure.drawn or node.tag == "svg"
        figure.pictures.extend(_picture(node))


def _joined(found: Iterable[_Found]) -> list[_Found]:
    """The figures with what stands under a repeated number and no caption of its own ("continued") joined to them."""
    joined: dict[str, _Found] = {}
    figures = []
    for figure in found:
        first = joined.setdefault(figure.label, figure)
        if first is figure or not _CONTINUED.fullmatch(_words(figure)):
            figures.append(figure)
            continue
        first.pictures.extend(figure.pictures)
        first.drawn = first.drawn or figure.drawn
        first.parts.update(figure.parts)
        first.parts[figure.element.get("id") or f"part{len(first.parts)}"] = "", ""
    return figures


def _words(figure: _Found) -> str:
    """The caption without its label."""
    text = _plain(figure.caption)
    return text[split_label(text)[1] :]


def _owner(caption: etree._Element, outer: etree._Element) -> etree._Element:
    return next((up for up in caption.iterancestors() if up.tag == "figure"), outer)


def _label(caption: etree._Element) -> str:
    """The tag of a caption ("Figure 3", "(a)", "Algorithm 1"); of a caption without one the label it begins with."""
    tag = next((node for node in caption.iter("span") if "ltx_tag" in _classes(node)), None)
    if tag is None:
        return split_label(_plain(caption))[0]
    return " ".join(str(piece) for piece in tag.itertext()).strip().rstrip(" .:|")


def _own_caption(figure: etree._Element) -> etree._Element | None:
    return next((node for node in figure.iter("figcaption") if _owner(node, figure) is figure), None)


def _part(figure: etree._Element) -> tuple[str, str]:
    """The letter and the text of a sub-figure's caption; ("", "") where it has none."""
    caption = _own_caption(figure)
    if caption is None:
        return "", ""
    text = _plain(caption)
    letter = _PART_TAG.fullmatch(_label(caption))
    if letter is None and (letter := _PART_START.match(text)):
        text = text[letter.end() :]
    return (letter[1] if letter else ""), text


def _picture(node: etree._Element) -> list[Picture]:
    source = node.get("src") if node.tag in {"img", "embed"} else node.get("data") if node.tag == "object" else None
    name = (source or "").strip()
    return [Picture(name)] if name and not name.startswith("data:") and "ltx_Math" not in _classes(node) else []


def _caption(figure: _Found) -> tuple[str, tuple[Panel, ...]]:
    """The caption, and its panels: the sub-figures' own captions, completed by what the caption says of each letter."""
    flat = flatten(figure.caption, _Reader())
    start = split_label(flat.text)[1]
    whole, bold = flat.text[start:], [(a - start, b - start) for a, b in flat.bold if a >= start]
    _, named = split_panels(whole, bold)
    panels = {panel.label: panel.text for panel in named}
    own = {letter: text for letter, text in figure.parts.values() if letter}
    merged = {letter: text or panels.get(letter, "") for letter, text in own.items()} | {
        letter: text for letter, text in panels.items() if letter not in own
    }
    caption = whole or " ".join(f"({letter}) {text}" for letter, text in own.items() if text)
    return caption, tuple(Panel(letter, text) for letter, text in merged.items())


def _paragraphs(body: etree._Element, reader: _Reader) -> Iterator[Paragraph]:
    """The paragraphs and headings of sections and appendices that name or link a figure, under innermost headings."""
    sections: dict[str, str] = {}
    walk = etree.iterwalk(body, events=("start",))
    for _, element in walk:
        if not isinstance(element.tag, str):
            continue
        classes = _classes(element)
        if element.tag in _HEADINGS and "ltx_runin" not in classes:
            sections = {level: text for level, text in sections.items() if level < element.tag}
            sections[element.tag] = _plain(element)
        if element.tag == "p" or element.tag in _HEADINGS:
            if reader.concerns_figure(element):
                flat = flatten(element, reader)
                yield Paragraph(flat.text, list(sections.values())[-1] if sections else "", flat.links)
        elif element.tag not in _NO_BODY_TAGS and _NO_BODY.isdisjoint(classes):
            continue
        walk.skip_subtree()
