"""Which captions, pictures and sub-captions of LaTeXML's pages make up a figure.

LaTeXML sets a float as <figure>, within a paragraph as <span>, and since it has versions of many years in use, one
LaTeX source has many shapes: sub-captions within or without a <figure> of their own, several numbered captions in one
float, the pictures of a caption that was typed behind them ("captionof") next to the float.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, groupby, islice, takewhile

from lxml import etree

from omnisci_etl.errors import HostileInput
from omnisci_etl.papers.flat import raw_text
from omnisci_etl.papers.latexml_text import classes, plain
from omnisci_etl.papers.mentions import figure_number, split_label
from omnisci_etl.papers.model import Picture
from omnisci_etl.papers.xml import select

# What LaTeXML found no file for has the address of the page itself where a browser saved it.
_NO_PICTURES = frozenset({"ltx_Math", "ltx_missing"})
_FLOATS = frozenset({"ltx_figure", "ltx_table", "ltx_float"})
_OTHER_CAPTIONS = "descendant::*[self::span or self::div][contains(concat(' ', @class, ' '), ' ltx_caption ')]"
_NESTED_CAPTIONS = "descendant::figcaption[ancestor::figcaption]"
_SECTIONS = frozenset({"section", "article", "main", "body", "li"})
_CLIMBS = 6
_CAPTION = b"ltx_caption"
_LONGEST_TAG = 1000
_MAX_SHARED = 1000
# Of figures, tables and their parts; each is looked at with those around it.
_MAX_CAPTIONS = 10_000
_MAX_BESIDE = 100
_WORD = re.compile(r"[^\W\d_]{3}")
_NUMBERED = re.compile(r"[^\W\d_]{3,}\D*\d")
_CONTINUED = re.compile(r"\W*(?:cont(?:inued|inuation|d|'d|’d)?\b.{0,80})?", re.I)
_PART_TAG = re.compile(r"\W*(?:\d+)?\W*([a-z]|[ivx]+)\W*", re.I)
_PART_START = re.compile(r"\(([a-z]|[ivx]+)\):?(?:\s+|$)", re.I)
_Own = dict[etree._Element, list[etree._Element]]
"""By <figure> the captions in it that stand in none of the <figure>s in it."""
_Nearest = dict[etree._Element, etree._Element | None]


@dataclass(slots=True)
class Found:
    """A numbered caption with the pictures and sub-captions that belong to it."""

    element: etree._Element
    label: str
    caption: etree._Element
    pictures: list[Picture] = field(default_factory=list)
    drawn: bool = False
    parts: dict[str, tuple[str, str]] = field(default_factory=dict)
    """By id of the sub-figure: its letter and its own caption."""


def read_floats(body: etree._Element, data: bytes) -> list[Found]:
    """The numbered figures of a page, each with its pictures and the captions of its parts; the page is changed.

    data: what the page was parsed from: it says in a fraction of the time whether floats are set in unusual ways.
    """
    if _has_other_captions(data):
        _unify(body)
    # Each would be read with all that is in it, at a cost of the cube of the depth.
    for caption in select(body, _NESTED_CAPTIONS):
        caption.tag = "span"
    captions = list(islice(body.iter("figcaption"), _MAX_CAPTIONS + 1))
    if len(captions) > _MAX_CAPTIONS:
        raise HostileInput("too-large", f"more than {_MAX_CAPTIONS} captions")
    outer = dict.fromkeys(map(_outermost, captions))
    found = [figure for node in outer for figure in _read_float(node)]
    taken: set[etree._Element] = set()
    for figure in found:
        if not (figure.pictures or figure.drawn or figure.parts):
            _take(figure, _beside(figure, taken), {})
    return _joined(found)


def _has_other_captions(data: bytes) -> bool:
    """Whether something else than <figcaption> can be a caption."""
    at = data.find(_CAPTION)
    while at >= 0:
        tag = data.rfind(b"<", max(0, at - _LONGEST_TAG), at)
        if tag < 0 or data[tag + 1 : tag + 5].lower() in {b"span", b"div "}:
            return True
        at = data.find(_CAPTION, at + 1)
    return b"\0" in data[:4]


def _unify(body: etree._Element) -> None:
    """Makes <figure> and <figcaption> of the floats that the page sets otherwise: as <span> within a paragraph."""
    for caption in select(body, _OTHER_CAPTIONS):
        caption.tag = "figcaption"
        around = next((up for up in caption.iterancestors() if not _FLOATS.isdisjoint(classes(up))), None)
        if around is not None:
            around.tag = "figure"


def _outermost(caption: etree._Element) -> etree._Element:
    """The outermost <figure> around a caption; the caption itself where it stands in none."""
    figures = list(caption.iterancestors("figure"))
    return figures[-1] if figures else caption


def _read_float(outer: etree._Element) -> list[Found]:
    """The numbered figures of an outermost <figure>: none (a table, an algorithm), one, or several set side by side.

    Pictures and sub-captions belong to the numbered caption that has a box with them for its own; those in a box that
    several captions share are shared out.
    """
    own: _Own = {}
    for node in outer.iter("figcaption"):
        own.setdefault(_owner(node, outer), []).append(node)
    numbered = {node: label for node in outer.iter("figcaption") if _NUMBERED.match(label := _label(node))}
    captions = _once(numbered)
    boxes = _boxes(outer, captions)
    nearest: _Nearest = {}
    found = {node: Found(_owner(node, outer), label, node) for node, label in captions.items() if figure_number(label)}
    sharing = set(captions).difference(boxes.values())
    shared: list[etree._Element] = []
    for node in outer.iter(etree.Element):
        if node in sharing:
            shared.append(node)
        elif node in numbered or not _is_content(node, outer, numbered, own):
            continue
        elif (box := _nearest(node, boxes, nearest)) is not None:
            _take(found.get(boxes[box]), [node], own)
        else:
            shared.append(node)
    for caption, content in _shared_out(shared, sharing, found):
        _take(found.get(caption), content, own)
    return list(found.values())


def _nearest(node: etree._Element, wanted: Container[etree._Element], known: _Nearest) -> etree._Element | None:
    """The nearest of the wanted among an element and those around it; known: what was found, of each on the way.

    Very many pictures can stand very deep, so that no way is gone twice.
    """
    way = []
    found: etree._Element | None = None
    for up in chain((node,), node.iterancestors()):
        if up in known:
            found = known[up]
            break
        way.append(up)
        if up in wanted:
            found = up
            break
    known.update(dict.fromkeys(way, found))
    return found


def _once(numbered: dict[etree._Element, str]) -> dict[etree._Element, str]:
    """The captions without those that come again: LaTeXML may repeat the first of several above the float."""
    last = {(label, raw_text(node)): node for node, label in numbered.items()}
    kept = set(last.values())
    return {node: label for node, label in numbered.items() if node in kept}


def _boxes(outer: etree._Element, captions: Iterable[etree._Element]) -> dict[etree._Element, etree._Element]:
    """By the largest element around it that holds no other numbered caption, each caption that has one to itself."""
    paths = {node: list(takewhile(lambda up: up is not outer.getparent(), node.iterancestors())) for node in captions}
    shared = Counter(up for path in paths.values() for up in path)
    alone = {node: [up for up in path if shared[up] == 1] for node, path in paths.items()}
    return {ups[-1]: node for node, ups in alone.items() if ups}


def _shared_out(
    items: list[etree._Element], sharing: Container[etree._Element], figures: Container[etree._Element]
) -> Iterator[tuple[etree._Element, list[etree._Element]]]:
    """By caption the content between captions that share a box: it belongs to the next ones, or to those before it
    where the first stands above it.
    """
    runs = [list(nodes) for _, nodes in groupby(items, lambda node: node in sharing)]
    if not runs or runs[0][0] in sharing:
        pairs = list(zip(runs[0::2], runs[1::2], strict=False))
    else:
        pairs = list(zip(runs[1::2], runs[0::2], strict=False))
        if len(runs) > 2 and len(runs) % 2:
            pairs.append(([runs[-2][-1]], runs[-1]))
    for captions, content in pairs:
        takers = [caption for caption in captions if caption in figures] or captions
        groups = _groups(content) if len(takers) > 1 else []
        each = len(groups) // len(takers)
        if not groups or each * len(takers) != len(groups):
            yield takers[0], content
            continue
        for place, taker in enumerate(takers):
            yield taker, [node for group in groups[place * each : (place + 1) * each] for node in group]


def _groups(content: list[etree._Element]) -> list[list[etree._Element]]:
    """The content by the cells, minipages or the like that it stands in, side by side."""
    if len(content) > _MAX_SHARED:
        return []
    paths = [[*reversed(list(node.iterancestors())), node] for node in content]
    depth = sum(1 for _ in takewhile(lambda level: len(set(level)) == 1, zip(*paths, strict=False)))
    places = [path[min(depth, len(path) - 1)] for path in paths]
    return [[content[n] for n in numbers] for _, numbers in groupby(range(len(content)), lambda n: places[n])]


def _is_content(node: etree._Element, outer: etree._Element, captions: Container[etree._Element], own: _Own) -> bool:
    """Whether the element is a picture, a drawing, a sub-figure or the caption of a part that is no sub-figure."""
    if node.tag == "figure":
        return node is not outer and not any(caption in captions for caption in own.get(node, ()))
    if node.tag == "figcaption":
        owner = _owner(node, outer)
        return owner is outer or own[owner][0] is not node or any(caption in captions for caption in own[owner])
    return _is_drawn(node) and next(node.iterancestors("figcaption"), None) is None


def _is_drawn(node: etree._Element) -> bool:
    return node.tag == "svg" or bool(_picture(node))


def _take(figure: Found | None, content: list[etree._Element], own: _Own) -> None:
    """Gives the content to the figure; what belongs to a table or an algorithm is left out."""
    if figure is None:
        return
    for node in content:
        if node.tag == "figure":
            figure.parts[node.get("id") or f"part{len(figure.parts)}"] = _part(next(iter(own.get(node, ())), None))
        elif node.tag == "figcaption":
            figure.parts[f"part{len(figure.parts)}"] = _part(node)
        figure.drawn = figure.drawn or node.tag == "svg"
        figure.pictures.extend(_picture(node))


def _beside(figure: Found, taken: set[etree._Element]) -> list[etree._Element]:
    """The pictures next to a float that has nothing but its caption: those before it, else those behind it."""
    outer = _outermost(figure.caption)
    outside = raw_text(outer).replace(raw_text(figure.caption), "", 1)
    if _WORD.search(outside) or sum(1 for _ in outer.iter("figcaption")) != 1:
        return []
    pictures = [node for node in _before(outer) if node not in taken] or [
        node for node in _behind(outer) if node not in taken
    ]
    taken.update(pictures)
    return pictures


def _before(outer: etree._Element) -> list[etree._Element]:
    """The pictures before an element up to the next words, a further float or the beginning of the section."""
    found: list[etree._Element] = []
    node = outer
    for _ in range(_CLIMBS):
        parent = node.getparent()
        if parent is None:
            break
        for sibling in islice(node.itersiblings(preceding=True), _MAX_BESIDE):
            if _WORD.search(sibling.tail or ""):
                return found
            pictures, ended = _last_pictures(sibling)
            found = pictures + found
            if ended:
                return found
        if found or parent.tag in _SECTIONS or "ltx_document" in classes(parent) or _WORD.search(parent.text or ""):
            break
        node = parent
    return found


def _last_pictures(element: etree._Element) -> tuple[list[etree._Element], bool]:
    """The pictures at the end of an element, behind its last words, and whether there are words or floats before."""
    found: list[etree._Element] = []
    if not _is_worded(element):
        return _pictures_in(element), False
    for _ in range(_CLIMBS):
        if element.tag in {"figure", "figcaption"} or not len(element):
            return found, True
        for child in islice(reversed(element), _MAX_BESIDE):
            if _WORD.search(child.tail or ""):
                return found, True
            if _is_worded(child):
                element = child
                break
            found = _pictures_in(child) + found
        else:
            break
    return found, True


def _behind(outer: etree._Element) -> list[etree._Element]:
    """The pictures in what directly follows an element, where that has no words."""
    following = outer.getnext()
    if following is None or _WORD.search(outer.tail or "") or _is_worded(following):
        return []
    return _pictures_in(following)


def _is_worded(element: etree._Element) -> bool:
    """Whether an element has words or a caption; letters that name panels are no words."""
    return next(element.iter("figcaption"), None) is not None or bool(_WORD.search(raw_text(element)))


def _pictures_in(element: etree._Element) -> list[etree._Element]:
    return list(islice((node for node in element.iter("img", "embed", "object") if _picture(node)), _MAX_BESIDE))


def _joined(found: Iterable[Found]) -> list[Found]:
    """The figures with what stands under a repeated number and no caption of its own ("continued") joined to them."""
    joined: dict[str, Found] = {}
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


def _words(figure: Found) -> str:
    """The caption without its label."""
    text = plain(figure.caption)
    return text[split_label(text)[1] :]


def _owner(caption: etree._Element, outer: etree._Element) -> etree._Element:
    return next((up for up in caption.iterancestors() if up.tag == "figure"), outer)


def _label(caption: etree._Element) -> str:
    """The tag of a caption ("Figure 3", "(a)", "Algorithm 1"); of a caption without one the label it begins with."""
    tag = next((node for node in caption.iter("span") if "ltx_tag" in classes(node)), None)
    if tag is None:
        return split_label(plain(caption))[0]
    return " ".join(str(piece) for piece in tag.itertext()).strip().rstrip(" .:|–—")


def _part(caption: etree._Element | None) -> tuple[str, str]:
    """The letter and the text of the caption of a part; ("", "") where it has none."""
    if caption is None:
        return "", ""
    text = plain(caption)
    letter = _PART_TAG.fullmatch(_label(caption))
    if letter is None and (letter := _PART_START.match(text)):
        text = text[letter.end() :]
    return (letter[1] if letter else ""), text


def _picture(node: etree._Element) -> list[Picture]:
    source = node.get("src") if node.tag in {"img", "embed"} else node.get("data") if node.tag == "object" else None
    name = (source or "").strip()
    return [Picture(name)] if name and not name.startswith("data:") and _NO_PICTURES.isdisjoint(classes(node)) else []
