"""The one way that bytes from outside become a tree, and a tree becomes text.

Nothing is resolved or loaded: no entity, no DTD, no network. A DOCTYPE that only names an external DTD is
normal in JATS and harmless so; one that declares entities of its own is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from html.entities import html5

from lxml import etree

from omnisci_etl.errors import BadInput, HostileInput
from omnisci_etl.papers.model import Link, clean

MAX_BYTES = 32 * 1024 * 1024
MAX_TAGS = 1_500_000
"""Of opening and closing tags: a tree takes up to 60 times the room of the tags that it is made of."""
MAX_ATTRIBUTES = 10_000
MAX_FIGURES = 1_000
MAX_PARAGRAPHS = 3_000
"""Of the paragraphs that name a figure, those that are read."""
_ENTITY_DECLARATION = re.compile(rb"<\0{0,3}!\0{0,3}E\0{0,3}N\0{0,3}T\0{0,3}I\0{0,3}T\0{0,3}Y")
_MATHML = "http://www.w3.org/1998/Math/MathML"
_SPACED = etree.XPath(
    f"descendant-or-self::*[namespace-uri() and (namespace-uri() != '{_MATHML}' or local-name() = 'math')]"
)
_TWINS = frozenset(
    {"annotation", "annotation-xml", "tex-math", f"{{{_MATHML}}}annotation", f"{{{_MATHML}}}annotation-xml"}
)
_STRING = etree.XPath("string()", smart_strings=False)
_LONG_PIECE = re.compile(rb"(?:\A|>)[^>]{%d}" % (2 * MAX_ATTRIBUTES))
_TAG = re.compile(rb"<[a-zA-Z]")
_QUOTED = re.compile(rb"=\s*+(?:\"[^\"]*\"|'[^']*')")
_BETWEEN = re.compile(rb"[\s/]+")
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.I)


def parse_xml(data: bytes) -> etree._Element:
    """The root of an XML document, without comments and processing instructions.

    Raises HostileInput("too-large") over the limits above, HostileInput("hostile-xml") where it declares entities,
    and BadInput("malformed-document") where it is not well-formed.
    """
    _check_size(data)
    # A search for fixed bytes is many times as fast as the pattern, and nearly every document ends here.
    if (b"ENTITY" in data or b"\0" in data) and _ENTITY_DECLARATION.search(data):
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
    _check_attributes(data)
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


def squeeze(text: str) -> str:
    """The same as clean(text), faster where nothing is to be dropped."""
    joined = " ".join(text.split())
    return joined if joined.isprintable() else clean(text)


def local_names(root: etree._Element) -> etree._Element:
    """The same tree with every element's name without its namespace; what is within a formula keeps it."""
    for element in _elements(_SPACED(root)):
        element.tag = element.tag.rpartition("}")[2]
    return root


def select(element: etree._Element, path: str) -> list[etree._Element]:
    """The elements that an XPath expression finds, in document order."""
    return _elements(_compiled(path)(element))


@cache
def _compiled(path: str) -> etree.XPath:
    return etree.XPath(path)


def raw_text(element: etree._Element) -> str:
    """All characters within an element, as they stand."""
    return str(_STRING(element))


def of_class(root: etree._Element, name: str, *tags: str) -> list[etree._Element]:
    """The elements of an HTML class among those of the tags, in document order."""
    return [node for node in root.iter(*tags) if name in (node.get("class") or "").split()]


def _elements(found: object) -> list[etree._Element]:
    """The elements in the result of an XPath expression."""
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
    special: frozenset[str] | None = None
    """Names of the only elements that the methods below are asked about; None: about all."""
    link: str = "a"
    """Name of the elements that can link to a figure."""

    def instead(self, element: etree._Element) -> str | None:
        """A text to take instead of the element's content ("" drops it), or None to read the content."""
        return None

    def is_bold(self, element: etree._Element) -> bool:
        """Whether the element is set in bold."""
        return False

    def targets(self, element: etree._Element) -> Iterable[tuple[str, str]]:
        """(locator, panel) of each figure that the element links to."""
        return ()

    def concerns_figure(self, paragraph: etree._Element) -> bool:
        """Whether the paragraph could mention a figure: it has the letters "fig" in a row, or a link to one.

        Few paragraphs have, and this is asked in a fraction of the time that reading them takes.
        """
        named = "fig" in raw_text(paragraph).lower()
        return named or any(self.targets(node) for node in paragraph.iter(self.link))


def flatten(elements: etree._Element | Iterable[etree._Element], dialect: Dialect) -> Flat:
    """The text of the elements, white space collapsed; several are set apart by a blank."""
    out = _Text()
    for element in [elements] if isinstance(elements, etree._Element) else elements:
        out.pending.append(" ")
        _read(element, dialect, out)
    out.flush()
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
        if event == "start" and node.tag in _TWINS:
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
    """Text under construction; pending: pieces as read; blank: a blank is due before the next character."""

    pending: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)
    length: int = 0
    blank: bool = False
    opened: list[_Span] = field(default_factory=list)
    waiting: list[_Span] = field(default_factory=list)
    spans: list[tuple[int, int, tuple[str, str] | None]] = field(default_factory=list)

    def flush(self) -> None:
        """Moves what is pending to the text: due wherever a position in the text counts."""
        text = "".join(self.pending)
        self.pending.clear()
        joined = " ".join(text.split())
        if not joined.isprintable():
            text = "".join(c for c in text if c.isprintable() or c.isspace())
            joined = " ".join(text.split())
        if not joined:
            self.blank = self.blank or bool(text)
            return
        blank = (self.blank or text[0].isspace()) and self.length > 0
        for span in self.waiting:
            span.start = self.length + blank
        self.waiting.clear()
        self.parts.append(f" {joined}" if blank else joined)
        self.length += len(joined) + blank
        self.blank = text[-1].isspace()

    def open(self, span: _Span) -> None:
        self.flush()
        self.opened.append(span)
        self.waiting.append(span)

    def close(self, element: etree._Element) -> None:
        if self.opened[-1].element is element:
            self.flush()
        while self.opened and self.opened[-1].element is element:
            span = self.opened.pop()
            if span.start is None:
                self.waiting.pop()
            else:
                self.spans.append((span.start, self.length, span.target))


def _read(root: etree._Element, dialect: Dialect, out: _Text) -> None:
    blocks, special, add = dialect.blocks, dialect.special, out.pending.append
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        tag = element.tag
        if tag in blocks:
            add(" ")
        if event == "start":
            if not isinstance(tag, str):
                add(_entity(element))
            elif special is None or tag in special:
                _open(element, dialect, out, walk)
            else:
                add(element.text or "")
            continue
        if out.opened:
            out.close(element)
        if element is not root:
            add(element.tail or "")


def _open(element: etree._Element, dialect: Dialect, out: _Text, walk: etree.iterwalk) -> None:
    """What the dialect has to say of an element at its start."""
    if dialect.is_bold(element):
        out.open(_Span(element))
    for target in dialect.targets(element):
        out.open(_Span(element, target))
    instead = dialect.instead(element)
    out.pending.append((element.text or "") if instead is None else instead)
    if instead is not None:
        walk.skip_subtree()


def _entity(node: etree._Element) -> str:
    """The character of an entity that nobody declared, as its HTML name gives it; the reference itself without one."""
    return html5.get((node.text or "").removeprefix("&"), node.text or "")


def check_figures(count: int) -> None:
    """Raises HostileInput("too-large") where a document has more figures than any paper."""
    if count > MAX_FIGURES:
        raise HostileInput("too-large", f"{count} figures, more than {MAX_FIGURES}")


def _check_size(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise HostileInput("too-large", f"{len(data)} bytes, more than {MAX_BYTES}")
    if (tags := data.count(b"<")) > MAX_TAGS:
        raise HostileInput("too-large", f"{tags} tags, more than {MAX_TAGS}")


def _check_attributes(data: bytes) -> None:
    """Refuses a tag with very many attributes, as the HTML parser compares each with all before it."""
    if not _LONG_PIECE.search(data):
        return
    for piece in data.split(b">"):
        if len(piece) < 2 * MAX_ATTRIBUTES or (tag := _TAG.search(piece)) is None:
            continue
        if len(_BETWEEN.findall(_QUOTED.sub(b" ", piece[tag.start() :]))) > MAX_ATTRIBUTES:
            raise HostileInput("too-large", f"a tag with more than {MAX_ATTRIBUTES} attributes")


def _html_encoding(data: bytes) -> str | None:
    """UTF-8 where the bytes are that, whatever the page says; else None, for the parser to find out."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return "utf-16"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return None if _META_CHARSET.search(data[:4096]) else "cp1252"
    return "utf-8"
