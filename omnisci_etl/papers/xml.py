"""The one way that bytes from outside become a tree.

Nothing is resolved or loaded: no entity, no DTD, no network. A DOCTYPE that only names an external DTD is
normal in JATS and harmless so; one that declares entities of its own is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice

from lxml import etree

from omnisci_etl.errors import BadInput, HostileInput
from omnisci_etl.papers.flat import MATHML

XLINK = "http://www.w3.org/1999/xlink"
"""The namespace of attributes that link; no element is in it."""
MAX_BYTES = 32 * 1024 * 1024
MAX_TAGS = 1_500_000
"""Of opening and closing tags: a tree takes up to 60 times the room of the tags that it is made of."""
MAX_ATTRIBUTES = 10_000
MAX_FIGURES = 1_000
MAX_PARAGRAPHS = 3_000
"""Of the paragraphs that name a figure, those that are read."""
_MAX_MARKS = 100
_DEEPEST = 4
_ENTITY_DECLARATION = re.compile(rb"<\0{0,3}!\0{0,3}E\0{0,3}N\0{0,3}T\0{0,3}I\0{0,3}T\0{0,3}Y")
# The letters stand first, as the engine skips to them at several times the speed of a search in bytes.
_DECLARED = re.compile(rb"xmlns(?:(?::[\w.-]{1,100})?\s{0,100}=\s{0,100}(?:\"([^\"<&]*)\"|'([^'<&]*)'))?")
_SPACED = etree.XPath(
    f"descendant-or-self::*[namespace-uri() and (namespace-uri() != '{MATHML}' or local-name() = 'math')]"
)
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
    if (_has_entity(data) or b"\0" in data) and _ENTITY_DECLARATION.search(data):
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


def local_names(root: etree._Element, data: bytes = b"") -> etree._Element:
    """The same tree with every element's name without its namespace; what is within a formula keeps it.

    data: what the tree was parsed from, if at hand: to look for the namespaces that it declares is several times as
    fast as to look at each element.
    """
    spaces = _namespaces(data)
    found = _elements(_SPACED(root)) if spaces is None else list(root.iter(*map(_all_of, spaces))) if spaces else []
    for element in found:
        element.tag = element.tag.rpartition("}")[2]
    return root


def _namespaces(data: bytes) -> set[str] | None:
    """The namespaces that the bytes of a document declare; None where that is not sure."""
    declared = list(_DECLARED.finditer(data))
    if not declared or b"\0" in data:
        return None
    try:
        spaces = {found[found.lastindex].decode("ascii") if found.lastindex else None for found in declared}
    except UnicodeDecodeError:
        return None
    return None if None in spaces else {space for space in spaces if space} - {XLINK}


def _all_of(namespace: str) -> str:
    return f"{{{namespace}}}{'math' if namespace == MATHML else '*'}"


def select(element: etree._Element, path: str) -> list[etree._Element]:
    """The elements that an XPath expression finds, in document order."""
    return _elements(_compiled(path)(element))


@cache
def _compiled(path: str) -> etree.XPath:
    return etree.XPath(path)


def of_class(root: etree._Element, name: str, *tags: str) -> list[etree._Element]:
    """The elements of an HTML class among those of the tags, in document order."""
    # Most have no class that holds the name, and to split those says the same at several times the cost.
    return [
        node for node in root.iter(*tags) if name in (classes := node.get("class") or "") and name in classes.split()
    ]


def is_too_deep(node: etree._Element, *tags: str) -> bool:
    """Whether elements of these tags stand around one so many times that it is none of a paper's figures.

    Each figure is read with those within it.
    """
    return sum(1 for _ in islice(node.iterancestors(*tags), _DEEPEST)) == _DEEPEST


def outermost(nodes: Iterable[etree._Element]) -> list[etree._Element]:
    """The elements that stand in none of the others, in order: each is read with all that is in it, and that once."""
    known = dict.fromkeys(nodes)
    return [node for node in known if not any(up in known for up in node.iterancestors())]


def _elements(found: object) -> list[etree._Element]:
    """The elements in the result of an XPath expression."""
    return [node for node in found if isinstance(node, etree._Element)] if isinstance(found, list) else []


def check_figures(count: int) -> None:
    """Raises HostileInput("too-large") where a document has more figures than any paper."""
    if count > MAX_FIGURES:
        raise HostileInput("too-large", f"{count} figures, more than {MAX_FIGURES}")


def _has_entity(data: bytes) -> bool:
    """Whether the bytes hold "!ENTITY"; few documents hold many of its first byte, which is found far faster."""
    at = -1
    for _ in range(_MAX_MARKS):
        at = data.find(b"!", at + 1)
        if at < 0 or data.startswith(b"ENTITY", at + 1):
            return at >= 0
    return data.find(b"!ENTITY", at) >= 0


def _check_size(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise HostileInput("too-large", f"{len(data)} bytes, more than {MAX_BYTES}")
    if len(data) > MAX_TAGS and (tags := data.count(b"<")) > MAX_TAGS:
        raise HostileInput("too-large", f"{tags} tags, more than {MAX_TAGS}")


def _check_attributes(data: bytes) -> None:
    """Refuses a tag with very many attributes, as the HTML parser compares each with all before it."""
    for piece in _long_pieces(data):
        tag = _TAG.search(piece)
        if tag and len(_BETWEEN.findall(_QUOTED.sub(b" ", piece[tag.start() :]))) > MAX_ATTRIBUTES:
            raise HostileInput("too-large", f"a tag with more than {MAX_ATTRIBUTES} attributes")


def _long_pieces(data: bytes) -> Iterator[bytes]:
    """What stands between two ">" that are so far apart that so many attributes could stand between them."""
    start = 0
    while start < len(data):
        last = data.rfind(b">", start, start + 2 * MAX_ATTRIBUTES)
        if last < 0:
            last = data.find(b">", start)
            yield data[start : last if last >= 0 else len(data)]
        start = last + 1 if last >= 0 else len(data)


def _html_encoding(data: bytes) -> str | None:
    """UTF-8 where the bytes are that, whatever the page says; else None, for the parser to find out."""
    if data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return "utf-16"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return None if _META_CHARSET.search(data[:4096]) else "cp1252"
    return "utf-8"
