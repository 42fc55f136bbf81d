"""JATS as text: captions, paragraphs, titles and formulas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lxml import etree

from omnisci_etl.papers import xml
from omnisci_etl.papers.figure_references import names_figures
from omnisci_etl.papers.flat import Dialect, Flat, citation, flatten, formula_text, raw_text, squeeze
from omnisci_etl.papers.tex_in_text import FRAMED, formula_of_tex, without_tex

XLINK = f"{{{xml.XLINK}}}href"
FLOATS = frozenset(
    {
        "fig",
        "fig-group",
        "table-wrap",
        "table-wrap-group",
        "supplementary-material",
        "media",
        "graphic",
        "fn",
        "fn-group",
        "ref-list",
        "ref",
        "sub-article",
        "response",
        "floats-group",
    }
)
MATHS = frozenset({"inline-formula", "disp-formula", "alternatives"})
_DROPPED = frozenset({"inline-graphic", "graphic", "media", "object-id", "alt-text", "long-desc", "annotation"})
_BLOCKS = frozenset(
    {
        "p",
        "title",
        "label",
        "list",
        "list-item",
        "def-list",
        "def-item",
        "def",
        "disp-formula",
        "disp-quote",
        "sec",
        "caption",
        "tr",
        "td",
        "th",
        "break",
        "attrib",
        "permissions",
    }
)


class CaptionReader(Dialect):
    """Reads titles and captions: each formula once, no floats and no pictures."""

    blocks = _BLOCKS
    replaced = MATHS | _DROPPED | FLOATS | {"math", "tex-math"}
    bold = frozenset({"bold", "b"})
    linking = frozenset()

    def __init__(self) -> None:
        self._worded: dict[etree._Element, bool] = {}

    def instead(self, element: etree._Element) -> str | None:
        """Formulas as one rendering, floats and pictures as nothing."""
        if element.tag in MATHS:
            return _formula(element)
        if element.tag == "math":
            return formula_text(element)
        if element.tag == "tex-math":
            return "" if self._has_twin(element) else _tex(element)
        return "" if element.tag in _DROPPED or element.tag in FLOATS else None

    def is_bold(self, element: etree._Element) -> bool:
        """Always: bold are the elements of these names."""
        return True

    def _has_twin(self, tex: etree._Element) -> bool:
        """Whether a text twin stands next to TeX in its formula, which may hold any number of pieces of TeX."""
        parent = tex.getparent()
        if parent is None or parent.tag not in {"inline-formula", "disp-formula"}:
            return False
        if parent not in self._worded:
            self._worded[parent] = _has_text_twin(parent)
        return self._worded[parent]


class SourceReader(CaptionReader):
    """Reads captions with the TeX of their formulas between dollar signs, where they have any."""

    def instead(self, element: etree._Element) -> str | None:
        """As of a caption, but of the twins of a formula its TeX."""
        tex = element if element.tag == "tex-math" else element.find(".//tex-math") if element.tag in MATHS else None
        body = _tex_body(tex) if tex is not None else ""
        return f"${body}$" if body else super().instead(element)


class BodyReader(CaptionReader):
    """Reads paragraphs: citation marks in brackets, links to figures by (locator, panel) of their targets."""

    replaced = CaptionReader.replaced | {"sup"}
    bold = frozenset()
    linking = frozenset({"xref"})

    def __init__(self, targets: dict[str, tuple[str, str]]) -> None:
        super().__init__()
        self._targets = targets

    def instead(self, element: etree._Element) -> str | None:
        """Raised citation numbers in brackets, so that they do not grow into the figure number before them."""
        if element.tag != "sup":
            return super().instead(element)
        # Most hold one link and nothing else, and to take that costs a fraction of a search.
        if len(element) == 1:
            only = element[0]
            if only.tag == "xref" and only.get("ref-type") == "bibr":
                return citation(element, only)
        # All that is in a raised stretch was looked at when it began.
        if next(element.iterancestors("sup"), None) is None:
            for node in element.iter("xref"):
                if node.get("ref-type") == "bibr":
                    return citation(element, node)
        return None

    def concerns_figure(self, paragraph: etree._Element) -> bool:
        """As of any format; but most that do hold a link, and to look for one costs less than to read the text."""
        return self.links_figure(paragraph) or names_figures(raw_text(paragraph))

    def links_figure(self, paragraph: etree._Element) -> bool:
        """Whether targets names a figure for any cross-reference of the paragraph."""
        known = self._targets
        for node in paragraph.iter("xref"):
            rids = node.get("rid") or ""
            if rids in known or (" " in rids and self.targets(node)):
                return True
        return False

    def targets(self, element: etree._Element) -> Iterable[tuple[str, str]]:
        """The figures among the ids that a cross-reference names."""
        rids = element.get("rid") or ""
        if target := self._targets.get(rids):
            return (target,)
        named = dict.fromkeys(rids.split()) if " " in rids else ()
        return [self._targets[rid] for rid in named if rid in self._targets]


def plain(element: etree._Element | None) -> str:
    """The text of an element, "" for none."""
    if element is None:
        return ""
    return flatten(element, CaptionReader()).text if len(element) else squeeze(element.text or "")


def caption_text(elements: Sequence[etree._Element]) -> tuple[Flat, str]:
    """The elements of a caption as text, and the same with its TeX as it is; "" where it has none."""
    flat = flatten(elements, CaptionReader())
    read = without_tex(flat)
    if read is flat and all(next(element.iter("tex-math"), None) is None for element in elements):
        return flat, ""
    return read, flatten(elements, SourceReader()).text


def _formula(element: etree._Element) -> str | None:
    """One rendering of a formula: the text of its MathML, else of any other twin, else its TeX as text."""
    maths = element.find(".//math")
    if maths is not None:
        return formula_text(maths)
    if element.tag != "alternatives" or next(element.iterancestors("alternatives"), None) is not None:
        return None
    twins = [node for node in element if node.tag not in _DROPPED]
    text = next((plain(node) for node in twins if node.tag != "tex-math"), "")
    return text or next((_tex(node) for node in twins), "")


def _tex(element: etree._Element) -> str:
    """The TeX as text."""
    return formula_of_tex(_tex_body(element))


def _tex_body(element: etree._Element) -> str:
    """The TeX between \\begin{document} and \\end{document}, else all of it, without its dollar signs."""
    source = "".join(str(piece) for piece in element.itertext())
    body = FRAMED.search(source)
    return (body[1] if body else source).strip().strip("$").strip()


def _has_text_twin(formula: etree._Element) -> bool:
    others = [node for node in formula if node.tag not in {"tex-math", "label", *_DROPPED}]
    texts = [formula.text, *(formula_text(node) for node in others), *(node.tail for node in formula)]
    return any(text and text.strip() for text in texts)
