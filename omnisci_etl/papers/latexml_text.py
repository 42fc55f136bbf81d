"""The text of LaTeXML's pages."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lxml import etree

from omnisci_etl.papers.figure_references import find_lists, names_figures
from omnisci_etl.papers.flat import Dialect, flatten, formula_text, raw_text, squeeze

_BLOCKS = frozenset({"p", "div", "li", "br", "h1", "h2", "h3", "h4", "h5", "h6", "figcaption", "td", "tr", "table"})
_DROPPED = frozenset({"script", "style", "noscript", "svg", "button", "figure", "img", "object"})
_DROPPED_CLASSES = frozenset({"ltx_note", "ltx_tag", "ltx_ERROR", "ltx_contact", "ltx_rule", "ltx_pubnotes"})
_TWINS = frozenset({"annotation", "annotation-xml"})
_BLANK = " \t\r\n"
_OPERATOR = re.compile(r"(?<=.)[-+−±∓=<>≤≥/·×]")
# LaTeXML may give an algorithm or a table within a figure the number and the address of that figure.
_OTHER_KIND = re.compile(r"(?:\b(?:alg(?:orithm)?|tab(?:le)?|listing|eq(?:uation)?|sec(?:tion)?)s?\.?|§)\s*\(?$", re.I)
# "Fig. 4 of S13": a work that the authors gave a short name is told from other words by its link alone.
_OF_WORK = re.compile(r"\bfig(?:ure)?s?\.?\s[^;:]{0,12}\d[a-z]?\)?,?\s(?:of|in|from|by)\s(?:the\s)?$", re.I)
_OF = re.compile(r",?\s(?:of|in|from|by)\s")
_SEE = re.compile(r"[,;]\s(?:see|cf\.)(?:\salso)?\s$")
_SHORT_NAME = re.compile(r"[\w.+-]{1,24}")
_LONGEST_KIND = 40
_LONGEST_CITATION = 2000


class Reader(Dialect):
    """Reads paragraphs, titles and captions; links lead to the figures whose ids it is given."""

    blocks = _BLOCKS
    linking = frozenset({"a"})

    def __init__(self, targets: dict[str, tuple[str, str]] | None = None) -> None:
        self._targets = targets or {}

    def instead(self, element: etree._Element) -> str | None:
        """Formulas as they are shown; notes, tags, pictures and failures of LaTeXML as nothing."""
        own = classes(element)
        if element.tag == "math" or "ltx_Math" in own:
            return _formula(element)
        if element.tag == "cite" and self._targets and _is_outermost(element) and not self.links_figure(element):
            return _cited(element)
        return "" if element.tag in _DROPPED or not _DROPPED_CLASSES.isdisjoint(own) else None

    def is_bold(self, element: etree._Element) -> bool:
        """Not a letter of a formula, which is no panel's."""
        own = classes(element)
        return (element.tag in {"b", "strong"} or "ltx_font_bold" in own) and "ltx_markedasmath" not in own

    def targets(self, element: etree._Element) -> Iterable[tuple[str, str]]:
        """By the fragment of the address: ar5iv and arXiv write whole ones."""
        target = self._targets.get((element.get("href") or "").rpartition("#")[2])
        return [target] if target and not _OTHER_KIND.search(_text_before(element)) else []


def _is_outermost(element: etree._Element) -> bool:
    """Whether the element stands in none of its name; all that is in it is looked at, and that once."""
    return next(element.iterancestors(element.tag), None) is None


def _cited(element: etree._Element) -> str | None:
    """A citation that names a figure, or is named behind one, such that it is seen to be another work's; else None."""
    text = squeeze(raw_text(element))
    if len(text) < _LONGEST_CITATION and names_figures(text):
        return _with_work(text)
    return f"[{text}]" if _SHORT_NAME.fullmatch(text) and _OF_WORK.search(_text_before(element)) else None


def _with_work(text: str) -> str:
    """The text of a citation whose figures are said to be the work's that it cites; "see Fig. 1" is the paper's own."""
    for named in reversed([found for found in find_lists(text) if found.references]):
        of_work = _OF.match(text, named.end)
        if of_work is None and _SEE.search(text, max(0, named.start - _LONGEST_KIND), named.start):
            continue
        at = of_work.end() if of_work else named.end
        text = f"{text[:at]}{'ref. ' if of_work else ' therein'}{text[at:]}"
    return text


def _text_before(element: etree._Element) -> str:
    """The text between an element and the one before it."""
    previous, parent = element.getprevious(), element.getparent()
    text = previous.tail if previous is not None else parent.text if parent is not None else ""
    return (text or "")[-_LONGEST_KIND:]


def _formula(element: etree._Element) -> str:
    """The symbols of a formula as it is shown, with the strokes of fractions and the signs of roots."""
    if element.tag != "math":
        return formula_text(element)
    pieces: list[str] = []
    _symbols(element, pieces)
    return "".join(pieces)


def _symbols(element: etree._Element, pieces: list[str]) -> None:
    tag = element.tag
    if tag in _TWINS or not isinstance(tag, str):
        return
    if tag == "mfrac" and len(element) == 2 and (element.get("linethickness") or "1")[0] != "0":
        pieces.append(f"{_operand(element[0])}/{_operand(element[1])}")
        return
    if tag == "msqrt":
        content: list[str] = []
        _children(element, content)
        pieces.append(f"√{_bracketed(''.join(content))}")
        return
    _children(element, pieces)


def _children(element: etree._Element, pieces: list[str]) -> None:
    pieces.append((element.text or "").strip(_BLANK))
    for child in element:
        _symbols(child, pieces)
        pieces.append((child.tail or "").strip(_BLANK))


def _operand(element: etree._Element) -> str:
    pieces: list[str] = []
    _symbols(element, pieces)
    return _bracketed("".join(pieces))


def _bracketed(text: str) -> str:
    """What has operators in brackets, so that what belongs to a fraction or a root is told from the rest."""
    return f"({text})" if _OPERATOR.search(text) else text


def classes(element: etree._Element) -> set[str]:
    """The HTML classes of an element."""
    return set((element.get("class") or "").split())


def plain(element: etree._Element) -> str:
    """The text of an element without its notes, tags, pictures and what LaTeXML failed at."""
    return flatten(element, Reader()).text
