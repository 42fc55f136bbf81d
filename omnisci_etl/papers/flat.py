"""A tree as text: inline markup, blocks, formulas and links become one string and the stretches of it that count."""

from __future__ import annotations

from collections.abc import Iterable
from html.entities import html5
from itertools import accumulate
from operator import itemgetter
from typing import NamedTuple

from lxml import etree

from omnisci_etl.papers.figure_references import names_figures
from omnisci_etl.papers.model import Link, clean

MATHML = "http://www.w3.org/1998/Math/MathML"
_TWINS = frozenset(
    {"annotation", "annotation-xml", "tex-math", f"{{{MATHML}}}annotation", f"{{{MATHML}}}annotation-xml"}
)
# No character of a parsed tree, so that it can stand in the text where a stretch begins or ends.
_MARK = "\0"
_BLOCK, _REPLACED, _BOLD, _LINK, _NODE = 1, 2, 4, 8, 16
_POSITION = itemgetter(0, 1)

_Target = tuple[str, str]
_Span = tuple[int, int, _Target | None]
_Mark = tuple[_Target | None] | tuple[()]
_KNOWN: dict[type[Dialect], tuple[dict[object, int], int]] = {}


def squeeze(text: str) -> str:
    """The same as clean(text), faster where nothing is to be dropped."""
    if not text.isprintable():
        spaced = _blanks(text)
        if not spaced.isprintable():
            joined = " ".join(text.split())
            return joined if joined.isprintable() else clean(text)
        text = spaced
    # Where all is printable, there is no white space but blanks.
    return _single(text)


def _blanks(text: str) -> str:
    """The text with blanks for the other kinds of white space that are common."""
    return text.replace("\xa0", " ").replace("\u2009", " ").replace("\n", " ")


def _single(text: str) -> str:
    """The text with each run of blanks as one, none at its ends."""
    text = text.strip(" ")
    while "  " in text:
        text = text.replace("  ", " ")
    return text


def raw_text(element: etree._Element) -> str:
    """All characters within an element, as they stand."""
    return etree.tostring(element, method="text", encoding="unicode", with_tail=False)


class Flat(NamedTuple):
    """Text of an element with the stretches of it that are bold or link to a figure."""

    text: str
    bold: tuple[tuple[int, int], ...] = ()
    links: tuple[Link, ...] = ()


class Dialect:
    """What flatten has to know of a format; each format overrides what it has.

    `replaced`, `bold` and `linking` name the elements that instead, is_bold and targets are asked about; None: all.
    """

    blocks: frozenset[str] = frozenset()
    """Names of elements that are set apart from what stands before and after them."""
    replaced: frozenset[str] | None = None
    bold: frozenset[str] | None = None
    linking: frozenset[str] | None = None

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
        return names_figures(raw_text(paragraph)) or self.links_figure(paragraph)

    def links_figure(self, paragraph: etree._Element) -> bool:
        """Whether the paragraph holds a link to a figure."""
        for node in paragraph.iter(*(self.linking or ())):  # noqa: SIM110
            if self.targets(node):
                return True
        return False


def flatten(elements: etree._Element | Iterable[etree._Element], dialect: Dialect) -> Flat:
    """The text of the elements, white space collapsed; several are set apart by a blank."""
    pieces = _Pieces(dialect)
    for element in [elements] if isinstance(elements, etree._Element) else elements:
        pieces.text.append(" ")
        pieces.add(element)
    text = "".join(pieces.text)
    if not pieces.marks:
        return Flat(squeeze(text))
    text, spans = _squeezed(text, pieces.marks)
    bold = [(start, end) for start, end, target in spans if target is None]
    links = [Link(start, end, *target) for start, end, target in spans if target is not None]
    return Flat(text, tuple(bold), tuple(links))


def citation(raised: etree._Element, mark: etree._Element) -> str:
    """Raised citation numbers in brackets, so that they do not grow into the figure number before them.

    mark: one that the element holds; most hold that one and nothing else.
    """
    if len(raised) == 1 and len(mark) == 0 and mark.getparent() is raised:
        text = f"{raised.text or ''}{mark.text or ''}{mark.tail or ''}"
    else:
        text = raw_text(raised)
    return f"[{text if text.isalnum() else squeeze(text).strip('[]')}]"


def formula_text(element: etree._Element) -> str:
    """The symbols of a formula as it is shown: no annotation, no TeX twin, no white space between symbols."""
    pieces: list[str] = []
    _symbols(element, pieces)
    return "".join(piece.strip(" \t\r\n") for piece in pieces)


def _symbols(element: etree._Element, pieces: list[str]) -> None:
    if element.tag in _TWINS:
        return
    pieces.append((element.text or "") if isinstance(element.tag, str) else _character(element))
    for child in element:
        _symbols(child, pieces)
        pieces.append(child.tail or "")


class _Pieces:
    """The pieces of text of some elements in order, a mark wherever a stretch begins or ends.

    marks has an entry for each mark: a pair that holds the target of what begins (None: bold), () where one ends.
    """

    __slots__ = ("_dialect", "_others", "_roles", "marks", "text")

    def __init__(self, dialect: Dialect) -> None:
        self.text: list[str] = []
        self.marks: list[_Mark] = []
        self._dialect = dialect
        self._roles, self._others = _roles(type(dialect))

    def add(self, element: etree._Element) -> None:
        """Reads the element, without what stands behind it."""
        self._special(element, self._roles.get(element.tag, self._others))

    def _content(self, parent: etree._Element) -> None:
        add, role_of, others, instead_of = self.text.append, self._roles.get, self._others, self._dialect.instead
        if text := parent.text:
            add(text)
        for child in parent:
            if role := role_of(child.tag, others):
                # Many are citation marks: what is asked of those costs no call besides.
                if role != _REPLACED:
                    self._special(child, role)
                elif (instead := instead_of(child)) is not None:
                    add(instead)
                else:
                    self._content(child)
            elif len(child):
                self._content(child)
            elif text := child.text:
                add(text)
            if tail := child.tail:
                add(tail)

    def _special(self, element: etree._Element, role: int) -> None:
        if role & _NODE:
            self.text.append(_character(element))
            return
        if role & _BLOCK:
            self.text.append(" ")
        opened = self._open(element, role) if role & (_BOLD | _LINK) else 0
        if role & _REPLACED:
            self._replace(element)
        elif len(element):
            self._content(element)
        elif text := element.text:
            self.text.append(text)
        if role & _BLOCK:
            self.text.append(" ")
        for _ in range(opened):
            self.text.append(_MARK)
            self.marks.append(())

    def _replace(self, element: etree._Element) -> None:
        instead = self._dialect.instead(element)
        if instead is None:
            self._content(element)
        else:
            self.text.append(instead)

    def _open(self, element: etree._Element, role: int) -> int:
        """The number of stretches that begin with the element."""
        opened = 0
        if role & _BOLD and self._dialect.is_bold(element):
            self.marks.append((None,))
            opened = 1
        if role & _LINK:
            for target in self._dialect.targets(element):
                self.marks.append((target,))
                opened += 1
        if opened:
            self.text.append(_MARK * opened)
        return opened


def _roles(dialect: type[Dialect]) -> tuple[dict[object, int], int]:
    """What is asked about elements by their names, and what about those of any other name; found once a dialect."""
    if dialect not in _KNOWN:
        _KNOWN[dialect] = _asked(dialect)
    return _KNOWN[dialect]


def _asked(dialect: type[Dialect]) -> tuple[dict[object, int], int]:
    asked = ((dialect.replaced, _REPLACED), (dialect.bold, _BOLD), (dialect.linking, _LINK))
    others = sum(role for names, role in asked if names is None)
    named = dialect.blocks.union(*(names for names, _ in asked if names is not None))
    roles: dict[object, int] = {
        name: others
        | sum(role for names, role in asked if names is not None and name in names)
        | (_BLOCK if name in dialect.blocks else 0)
        for name in named
    }
    return roles | dict.fromkeys((etree.Entity, etree.Comment, etree.ProcessingInstruction), _NODE), others


def _squeezed(text: str, marks: list[_Mark]) -> tuple[str, list[_Span]]:
    """squeeze(text) without its marks, and the stretches in the order of their starts."""
    spaced = _blanks(text).strip(" ")
    pieces = spaced.split(_MARK)
    plain = "".join(pieces)
    if plain.isprintable():
        # Nearly all is in order but for its marks.
        if "  " not in plain and not plain.startswith(" ") and not plain.endswith(" "):
            return plain, _stretches(plain, accumulate(map(len, pieces)), marks)
        return _unmarked(_single(spaced), marks)
    joined = " ".join(text.split())
    if not joined.replace(_MARK, "").isprintable():
        joined = " ".join("".join(c for c in text if c.isprintable() or c.isspace() or c == _MARK).split())
    return _unmarked(joined, marks)


def _stretches(text: str, places: Iterable[int], marks: list[_Mark]) -> list[_Span]:
    """The stretches between marks that stood at these places of the text; a blank at either end is no part of one."""
    opened: list[tuple[int, _Target | None]] = []
    spans: list[_Span] = []
    for place, mark in zip(places, marks, strict=False):
        if mark:
            opened.append((place + (text[place : place + 1] == " "), mark[0]))
        else:
            start, target = opened.pop()
            end = place - (text[place - 1 : place] == " ")
            if start < end:
                spans.append((start, end, target))
    return sorted(reversed(spans), key=_POSITION)


def _unmarked(text: str, marks: list[_Mark]) -> tuple[str, list[_Span]]:
    """The text without its marks, and the stretches in the order of their starts; those without a character are none.

    A blank on either side of a mark stands before the next word, outside of a stretch that begins or ends between.
    """
    parts: list[str] = []
    starts: list[int] = []
    length, blank = 0, False
    opened: list[tuple[int, _Target | None]] = []
    spans: list[_Span] = []
    for piece, mark in zip(text.split(_MARK), (*marks, None), strict=True):
        if word := piece.strip(" "):
            if length and (blank or piece[0] == " "):
                parts.append(" ")
                length += 1
            starts.append(length)
            parts.append(word)
            length += len(word)
            blank = piece[-1] == " "
        elif piece:
            blank = True
        if mark:
            opened.append((len(starts), mark[0]))
        elif mark is not None:
            first, target = opened.pop()
            if first < len(starts):
                spans.append((starts[first], length, target))
    return "".join(parts), sorted(reversed(spans), key=_POSITION)


def _character(node: etree._Element) -> str:
    """The character of an entity that nobody declared, as its HTML name gives it; the reference itself without one."""
    return html5.get((node.text or "").removeprefix("&"), node.text or "")
