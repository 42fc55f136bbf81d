"""arXiv's HTML, as LaTeXML and the renderers built on it write it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from lxml import etree

from omnisci_etl.errors import BadInput
from omnisci_etl.figures.panels import split_panels
from omnisci_etl.papers.licences import licence_uri
from omnisci_etl.papers.mentions import figure_number, mentions, split_label
from omnisci_etl.papers.model import Document, Figure, Panel, Paragraph, Picture
from omnisci_etl.papers.xml import Dialect, flatten, formula_text, parse_html, select

EXTRACTOR = "latexml"
VERSION = "1.0.0"

_BLOCKS = frozenset({"p", "div", "li", "br", "h1", "h2", "h3", "h4", "h5", "h6", "figcaption", "td", "tr", "table"})
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
        if element.tag != "a":
            return ()
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
        (node for name in ("ltx_document", "ltx_page_content", "ltx_page_main") for node in _of(root, name)), None
    )
    if body is None:
        raise BadInput("unsupported-document", "no page that LaTeXML wrote")
    published, subjects = _watermark(root)
    return Document(
        extractor=EXTRACTOR,
        extractor_version=VERSION,
        title=next((_plain(node) for node in _of(root, "ltx_title_document")), ""),
        abstract=" ".join(_plain(node) for box in _of(root, "ltx_abstract") for node in box.iter("p")),
        published_on=published,
        license_uri=next((licence_uri(_plain(node)) for node in select(root, "//*[@id='license-tr']")), None),
        authors=tuple(name for node in _of(root, "ltx_personname") for name in _names(node)),
        subjects=subjects,
        figures=_figures(body),
    )


def _classes(element: etree._Element) -> set[str]:
    return set((element.get("class") or "").split())


def _of(root: etree._Element, name: str) -> Iterator[etree._Element]:
    """The elements of a class."""
    return (node for node in root.iter(etree.Element) if name in _classes(node))


def _plain(element: etree._Element) -> str:
    return flatten(element, _Reader()).text


def _names(element: etree._Element) -> list[str]:
    """The names in an author box, up to the first line break, behind which affiliations stand."""
    line = flatten(element, _Names()).text.partition("|")[0]
    names = (re.sub(r"[\d*†‡§¶,\s]+$", "", name).strip() for name in re.split(r"\s*(?:,|;|&|\band\b)\s+", line))
    return [name for name in names if name and not name.isdecimal()]


def _watermark(root: etree._Element) -> tuple[date | None, tuple[str, ...]]:
    """The day (of a first version only) and the category that arXiv prints in the margin."""
    for node in select(root, "//*[@id='watermark-tr']"):
        if found := _WATERMARK.search(_plain(node)):
            return _first_version(found), (found["subject"],)
    return None, ()


def _first_version(found: re.Match[str]) -> date | None:
    try:
        return datetime.strptime(found["date"], "%d %b %Y").date() if found["version"] == "1" else None
    except ValueError:
        return None


def _figures(body: etree._Element) -> tuple[Figure, ...]:
    found = [figure for node in body.iter("figure") if _is_outermost(node) for figure in _read_figure(node)]
    locators = _locators(found)
    targets: dict[str, tuple[str, str]] = {}
    for figure, locator in zip(found, locators, strict=True):
        targets.update({part: (locator, letter) for part, (letter, _) in figure.parts.items()})
        targets[figure.element.get("id") or locator] = (locator, "")
    labels = {locator: figure.label for figure, locator in zip(found, locators, strict=True)}
    named = mentions(_paragraphs(body, _Reader(targets)), labels)
    figures = []
    for ordinal, (figure, locator) in enumerate(zip(found, locators, strict=True), 1):
        caption, panels = _caption(figure)
        slug = _reject(figure) or (None if caption else "no-caption")
        pictures = tuple(dict.fromkeys(figure.pictures))
        figures.append(
            Figure(locator, ordinal, figure.label, caption, panels, named[locator], pictures, reject_slug=slug)
        )
    return tuple(figures)


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

    Pictures and sub-captions belong to the figure element that holds them and has a number; those of an element
    with several numbers belong to the next caption, the last ones to the last.
    """
    found: list[_Found] = []
    pictures: list[Picture] = []
    parts: dict[str, tuple[str, str]] = {}
    drawn = False
    for node in outer.iter(etree.Element):
        drawn = drawn or node.tag == "svg"
        pictures.extend(_picture(node))
        if node.tag == "figure" and node is not outer and not _number(node):
            parts[node.get("id") or f"part{len(parts)}"] = _part(node)
        elif node.tag == "figcaption" and (label := _label(node)) and figure_number(label):
            found.append(_Found(_owner(node, outer), label, node, pictures, drawn, parts))
            pictures, parts, drawn = [], {}, False
    if found:
        found[-1].pictures.extend(pictures)
        found[-1].parts.update(parts)
        found[-1].drawn = found[-1].drawn or drawn
    return found


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


def _number(figure: etree._Element) -> str | None:
    caption = _own_caption(figure)
    return figure_number(_label(caption)) if caption is not None else None


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
    return [Picture(name)] if name and not name.startswith("data:") else []


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
    """The paragraphs of sections and appendices under their innermost headings."""
    sections: dict[str, str] = {}
    walk = etree.iterwalk(body, events=("start",))
    for _, element in walk:
        if not isinstance(element.tag, str):
            continue
        classes = _classes(element)
        if element.tag in _HEADINGS:
            if "ltx_runin" not in classes:
                sections = {level: text for level, text in sections.items() if level < element.tag}
                sections[element.tag] = _plain(element)
        elif element.tag == "p":
            flat = flatten(element, reader)
            if flat.text:
                yield Paragraph(flat.text, list(sections.values())[-1] if sections else "", flat.links)
        elif element.tag not in _NO_BODY_TAGS and _NO_BODY.isdisjoint(classes):
            continue
        walk.skip_subtree()
