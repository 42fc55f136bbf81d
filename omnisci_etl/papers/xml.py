"""The one way that bytes from outside become a tree, and a tree becomes text.

Nothing is resolved or loaded: no entity, no DTD, no network. A DOCTYPE that only names an external DTD is
normal in JATS and harmless so; one that declares entities of its own is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.entities import html5

from lxml import etree

from omnisci_etl.errors import BadInput, HostileInput
from omnisci_etl.papers.model import Link

MAX_BYTES = 64 * 1024 * 1024
_ENTITY_DECLARATION = re.compile(rb"<\0{0,3}!\0{0,3}E\0{0,3}N\0{0,3}T\0{0,3}I\0{0,3}T\0{0,3}Y")
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.I)


def parse_xml(data: bytes) -> etree._Element:
    """The root of an XML document, without comments and processing instructions.

    Raises HostileInput("too-large") over 64 MB, HostileInput("hostile-xml") where it declares entities, and
    BadInput("malformed-document") where it is not well-formed.
    """
    _check_size(data)
    if _ENTITY_DECLARATION.search(data):
        raise HostileInput("hostile-xml", "the document declares entities of its own")
    parser = etree.XMLParser(
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadInput("malformed-document", f"not well-formed XML: {error}") from error
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and any(True for _ in dtd.iterentities()):  # type: ignore[union-attr]
        raise HostileInput("hostile-xml", "the document declares entities of its own")
    return root


def parse_html(data: bytes) -> etree._Element:
    """The root element of an HTML page, read as leniently as browsers do; the errors are those of parse_xml."""
    _check_size(data)
    parser = etree.HTMLParser(
        encoding=_html_encoding(data), no_network=True, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadInput("malformed-document", f"not HTML: {error}") from error
    if root is None:
        raise BadInput("malformed-document", "an empty page")
    return root


def local_names(root: etree._Element) -> etree._Element:
    """The same tree with every element's name without its namespace."""
    for element in root.iter(etree.Element):
        if element.tag.startswith("{"):
            element.tag = element.tag.rpartition("}")[2]
    return root


def select(element: etree._Element, path: str) -> list[etree._Element]:
    """The elements that an XPath expression finds, in document order."""
    found = element.xpath(path)
    return [node for node in found if isinstance(node, etree._Element)] if isinstance(found, list) else []


@dataclass(frozen=True, slots=True)
class Flat:
    """Text of an element with the stretches of it that are bold or link to a figure."""

    text: str
    bold: tuple[tuple[int, int], ...] = ()
    links: tuple[Link, ...] = ()


class Dialect:
    """What flatten has to know of a format; each format overrides what it has."""

    blocks: frozenset[str] = frozenset()
    """Names of elements that are set apart from what stands before and after them."""

    def instead(self, element: etree._Element) -> str | None:
        """A text to take instead of the element's content ("" drops it), or None to read the content."""
        return None

    def is_bold(self, element: etree._Element) -> bool:
        """Whether the element is set in bold."""
        return False

    def targets(self, element: etree._Element) -> Iterable[tuple[str, str]]:
        """(locator, panel) of each figure that the element links to."""
        return ()


def flatten(elements: etree._Element | Iterable[etree._Element], dialect: Dialect) -> Flat:
    """The text of the elements, white space collapsed; several are set apart by a blank."""
    out = _Text()
    for element in [elements] if isinstance(elements, etree._Element) else elements:
        out.blank = True
        _read(element, dialect, out)
    spans = sorted(reversed(out.spans), key=lambda span: span[:2])
    return Flat(
        "".join(out.parts),
        tuple((start, end) for start, end, name in spans if name is None),
        tuple(Link(start, end, *name) for start, end, name in spans if name is not None),
    )


def formula_text(element: etree._Element) -> str:
    """The symbols of a formula as it is shown: no annotation, no TeX twin, no white space between symbols."""
    pieces: list[str] = []
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, node in walk:
        if event == "start" and node.tag in {"annotation", "annotation-xml", "tex-math"}:
            walk.skip_subtree()
        elif event == "start":
            pieces.append((node.text or "") if isinstance(node.tag, str) else _entity(node))
        if event == "end" and node is not element:
            pieces.append(node.tail or "")
    return "".join(piece.strip(" \t\r\n") for piece in pieces)


@dataclass(slots=True, eq=False)
class _Span:
    """A bold stretch (no target) or a link; start is None until its first character comes."""

    element: etree._Element
    target: tuple[str, str] | None = None
    start: int | None = None


@dataclass(slots=True)
class _Text:
    """Text under construction; blank: a blank is due before the next character."""

    parts: list[str] = field(default_factory=list)
    length: int = 0
    blank: bool = False
    opened: list[_Span] = field(default_factory=list)
    waiting: list[_Span] = field(default_factory=list)
    spans: list[tuple[int, int, tuple[str, str] | None]] = field(default_factory=list)

    def open(self, span: _Span) -> None:
        self.opened.append(span)
        self.waiting.append(span)

    def add(self, text: str | None) -> None:
        if not text:
            return
        if not text.isprintable():
            text = "".join(c if c.isprintable() or c.isspace() else "" for c in text)
        words = text.split()
        self.blank = self.blank or text[:1].isspace()
        if not words:
            return
        if self.blank and self.length:
            words[0] = f" {words[0]}"
        for span in self.waiting:
            span.start = self.length + words[0].startswith(" ")
        self.waiting.clear()
        joined = " ".join(words)
        self.parts.append(joined)
        self.length += len(joined)
        self.blank = text[-1:].isspace()

    def close(self, element: etree._Element) -> None:
        while self.opened and self.opened[-1].element is element:
            span = self.opened.pop()
            if span.start is None:
                self.waiting.remove(span)
            else:
                self.spans.append((span.start, self.length, span.target))


def _read(root: etree._Element, dialect: Dialect, out: _Text) -> None:
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        if event == "start":
            _open(element, dialect, out, walk)
            continue
        out.close(element)
        out.blank = out.blank or element.tag in dialect.blocks
        if element is not root:
            out.add(element.tail)


def _open(element: etree._Element, dialect: Dialect, out: _Text, walk: etree.iterwalk) -> None:
    if not isinstance(element.tag, str):
        out.add(_entity(element))
        return
    out.blank = out.blank or element.tag in dialect.blocks
    if dialect.is_bold(element):
        out.open(_Span(element))
    for target in dialect.targets(element):
        out.open(_Span(element, target))
    instead = dialect.instead(element)
    if instead is None:
        out.add(element.text)
    else:
        out.add(instead)
        walk.skip_subtree()


def _entity(node: etree._Element) -> str:
    """The character of an entity that nobody declared, as its HTML name gives it; the reference itself without one."""
    return html5.get((node.text or "").removeprefix("&"), node.text or "")


def _check_size(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise HostileInput("too-large", f"{len(data)} bytes, more than {MAX_BYTES}")


def _html_encoding(data: bytes) -> str | None:
    """UTF-8 where the bytes are that, whatever the page says; else None, for the parser to find out."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return "utf-16"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return None if _META_CHARSET.search(data[:4096]) else "cp1252"
    return "utf-8"
