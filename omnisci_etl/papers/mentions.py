"""Figure references in running text: their grammar, and the paragraphs that mention each figure.

A reference is a head ("Fig.", "Supplementary Figs"), a list of numbers and, for each number, a list of
panels: "Figs 2a–c, 3 (b) and 4". Numbers are normal forms: "1", "S2" (supplementary), "ED3" (extended data),
"A1" (appendix), "2-S1" (a figure supplement), so that a supplementary figure never counts for a main one.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from omnisci_etl.papers.model import Link, Mention, Paragraph


@dataclass(frozen=True, slots=True)
class Reference:
    """A figure named in text[start:end]; panels as the text prints them, ranges written out."""

    start: int
    end: int
    number: str
    panels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Item:
    end: int
    prefix: str
    number: int
    minor: str
    panels: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.prefix}{self.number}{self.minor}"


_DASH = r"[-‐‑‒–—−~∼～]"
_ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
_HEAD = re.compile(
    r"(?<![^\W\d_])(?:(?P<kind>"
    rf"(?:extended|expanded)(?:\s|{_DASH})?(?:data|view)|supplement(?:ary|al)?|suppl?|supporting|appendix|(?-i:SI|ED|EV))\b"
    r"\.?\s*(?:(?:information|info|materials?|data|online|appendix)[.,:]?\s*)?)?"
    r"(?P<word>fig(?:ure)?(?:\.?(?P<plural>(?-i:s|S(?!\d))))?\.?)\s*(?:no\.\s*)?",
    re.I,
)
_GLUED = re.compile(r"^(fig)s(?=\d)", re.I)
_NUMBER = re.compile(
    r"(?P<open>\()?(?P<prefix>supp?|ed|ev|si|s|(?-i:[A-Z]))?(?P<gap>[.\-]?)(?P<number>\d{1,3})(?!\d)"
    r"(?P<minor>\.\d{1,2}(?!\d))?(?(open)\))",
    re.I,
)
_SUPPLEMENT = re.compile(
    rf"\s*{_DASH}\s*(?P<kind>figure supplement|source data|source code|video|animation)s?\s*", re.I
)
_PANEL = re.compile(
    r"(?:(?P<roman>viii|vii|vi|iv|ix|xii|xi|iii|ii)|(?P<letter>[A-Za-z])(?P<digits>\d{1,2}(?![\d.]\d))?)['′″]{0,2}"
    rf"(?![^\W_])(?!\s?[=<>≤≥~±×])(?!{_DASH}[^\W\d_]{{2}})(?!\.[a-z]\b)",
)
_PANEL_SEP = re.compile(
    rf"\s*(?:(?P<dash>{_DASH}|(?<=\s)(?:to|through)(?=\s))|[,;&/+]\s*(?:(?:and|or)(?=\s))?|(?:and|or|vs\.?)(?=\s))\s*",
    re.I,
)
_ITEM_SEP = re.compile(
    rf"\s*(?:(?P<dash>{_DASH}|(?<=\s)(?:to|through)(?=\s))|[,;&/+]\s*(?:(?:and|or|to)(?=\s))?"
    r"|(?:and|or|as well as|vs\.?)(?=\s))\s*",
    re.I,
)
_LEAD_IN = re.compile(r"\s*,?\s*(?P<bracket>\()?panels?\s+", re.I)
_APART = re.compile(r",\s+(?=[A-Z](?![^\W_]))")
_SUB_PANEL = re.compile(rf"\s?\((?:[ivx]+|\d)(?:\s*(?:,|and|{_DASH})\s*(?:[ivx]+|\d))*\)")
_HALF_BRACKET = re.compile(rf"\)(?=\s*(?:,|and|&|{_DASH})\s*[A-Za-z]\))")
_RUN = re.compile(r"(?:[a-z]{2,4}|[A-Z]{2,4})(?![^\W_])")
_BLANKS = re.compile(r"[\s▸]*")
_CLAUSE_END = re.compile(r"\s*(?:[,;.:)\]]|$|(?:and|vs\.?)\s\d)")
_NEXT_WORD = re.compile(r"\s+(?!(?:and|or|to)\b)[^\W\d_]")
_LABEL_END = re.compile(
    r"\s*(?:[.:|–—]+\s*|$|(?<=\s)(?=[(\[]?[^\W_a-z]"
    r"|(?:[(\[][^()\[\]]{1,12}[)\]]:?|[a-z](?:\s?[,–-]\s?[a-z])*)\s+[^\W_a-z]))"
)
_PANEL_OF = re.compile(r"panels?\s+(?P<list>[^.;:]{1,40}?)\s+(?:of|in|from)\s+(?:the\s+)?$", re.I)
_ELSEWHERE = re.compile(
    r"\s*,?\s*(?:of|in|from)\s+(?:(?P<supplement>(?:the\s+)?(?:online\s+)?(?:[Ss]upplement|[Ss]upporting|SI\b|appendix))"
    r"|(?:our\s+)?(?:the\s+)?refs?\b|references?\b|\[\d|[A-Z][\w'-]+\s+(?:et\s+al|(?:and|&)\s+[A-Z][\w'-]+\s*[(\[]))"
)
_QUANTITY = re.compile(r"[1-4]D\b(?=\s+[a-z])|\d+(?:[dhs]\s+(?:after|before|post|later|of)\b)")
_AFTER_ITEM = re.compile(r"(?P<space>\s*)(?:(?P<unit>[%°µμΩÅ×±=<>])|(?P<word>[^\W\d_][\w'-]*))")
_GOES_ON = re.compile(
    r"(?:and|or|to|with|for|from|by|where|which|when|while|whereas|that|as|in|on|at|of|we|the|this|these|an?|is|are|was"
    r"|were|can|could|may|also|but|see|using|it|they|our|both|has|have|had|do|does|respectively|clearly)$"
    r"|(?:show|illustrat|demonstrat|present|depict|display|indicat|reveal|giv|report|plot|compar|summari|describ|represent"
    r"|provid|confirm|suggest|correspond|contain|highlight|visuali|support|exhibit)\w*$",
    re.I,
)
_BOUNDARY = re.compile(r"[.!?][)\]\"”’']*(?:\d{1,3}(?:[,–-]\d{1,3})*)?\s+(?=[\"“‘'(\[]?[^\W_a-z])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:figs?|refs?|eqs?|eqns?|tabs?|secs?|sect|no|nos|vol|vs|cf|ca|approx|suppl?|ext|e\.g|i\.e|et al|resp|dr"
    r"|prof|mrs?|ms|st|inc|ltd|co|corp|sp|spp|ver|dept|univ)|(?<![^\W_])(?-i:[A-Z]))$",
    re.I,
)


def figure_number(label: str) -> str | None:
    """The number of a figure's label in its normal form ("Fig. S3" -> "S3"), None for what is no figure's label."""
    text = label.strip()
    if text.isdecimal():
        return str(int(text)) if len(text) <= 3 else None
    head = _HEAD.match(_GLUED.sub(r"\1 S", text))
    if head is None:
        return None
    text = head.string
    item = _item(text, head.end(), _kind(head))
    if item is None:
        return None
    supplement = _SUPPLEMENT.match(text, item.end)
    if supplement is None:
        return item.name
    number = _NUMBER.match(text, supplement.end())
    return f"{item.name}-S{number['number']}" if number else item.name


def split_label(caption: str) -> tuple[str, int]:
    """The label that a caption begins with ("Fig. 1 | Title" -> "Fig. 1") and where the caption proper starts.

    ("", 0) where the caption begins with none, or with a sentence about the figure ("Figure 1 shows ...").
    """
    head = _HEAD.match(caption)
    number = _NUMBER.match(caption, head.end()) if head else None
    if head is None or number is None:
        return "", 0
    supplement = _SUPPLEMENT.match(caption, number.end())
    number = (_NUMBER.match(caption, supplement.end()) if supplement else None) or number
    after = _LABEL_END.match(caption, number.end())
    return (caption[: number.end()], after.end()) if after else ("", 0)


def find_references(text: str) -> list[Reference]:
    """Every figure that the text names, in order; a list or a range gives one reference for each of its numbers.

    Figures of other works ("Fig. 2 of ref. 12") are left out.
    """
    found: list[Reference] = []
    position = 0
    while head := _HEAD.search(text, position):
        references, position = _list(text, head)
        found.extend(references)
        position = max(position, head.end())
    return found


def mentions(paragraphs: Iterable[Paragraph], figures: Mapping[str, str]) -> dict[str, tuple[Mention, ...]]:
    """The mentions of each figure: at most one per paragraph, with the panels that the paragraph names.

    figures maps the locator of each figure to its label; every locator is a key of the result.
    """
    numbers: dict[str, str] = {}
    for locator, label in figures.items():
        if number := figure_number(label):
            numbers.setdefault(number, locator)
    found: dict[str, list[Mention]] = {locator: [] for locator in figures}
    for paragraph in paragraphs:
        for locator, hits in _hits(paragraph, numbers, figures).items():
            panels = tuple(dict.fromkeys(panel for _, named in hits for panel in named))
            sentence = sentence_at(paragraph.text, min(start for start, _ in hits))
            found[locator].append(Mention(paragraph.text, paragraph.section, panels, sentence))
    return {locator: tuple(those) for locator, those in found.items()}


def sentences(text: str) -> Iterator[tuple[int, int]]:
    """The (start, end) of each sentence; abbreviations such as "Fig.", "et al." and initials do not end one."""
    start = 0
    for boundary in _BOUNDARY.finditer(text):
        before = text[max(start, boundary.start() - 12) : boundary.start()]
        if text[boundary.start()] == "." and _ABBREVIATION.search(before):
            continue
        yield start, boundary.end() - (len(boundary[0]) - len(boundary[0].rstrip()))
        start = boundary.end()
    if start < len(text):
        yield start, len(text)


def sentence_at(text: str, position: int) -> str:
    """The sentence that holds the character at position."""
    for start, end in sentences(text):
        if position < end:
            return text[start:end]
    return text


def _kind(head: re.Match[str]) -> str:
    """The prefix of the numbers after a head: "S", "ED", "A" or none."""
    kind = (head["kind"] or "").lower()
    if not kind:
        return ""
    return "ED" if kind.startswith("e") else "A" if kind.startswith("appendix") else "S"


def _list(text: str, head: re.Match[str]) -> tuple[list[Reference], int]:
    """The references of one head and the position after them."""
    first = _item(text, head.end(), _kind(head))
    if first is None:
        return [], head.end()
    supplement = _SUPPLEMENT.match(text, first.end)
    if supplement is not None:
        return _figure_supplement(text, head.start(), first, supplement)
    found = [Reference(head.start(), first.end, first.name, _panels_before(text, head.start()) + first.panels)]
    last, distinct = first, 1
    while separator := _ITEM_SEP.match(text, last.end):
        prefix = last.prefix if separator["dash"] else first.prefix
        item = _next_item(text, separator, prefix, strict=not head["plural"] or distinct > 1)
        if item is None:
            break
        _append(found, last, item, separator)
        distinct += item.name != last.name
        last = item
    return _at_home(text, found, last), last.end


def _next_item(text: str, separator: re.Match[str], prefix: str, *, strict: bool) -> _Item | None:
    position = separator.end()
    if separator["dash"] and (again := _HEAD.match(text, position)):
        position = again.end()
    item = _item(text, position, prefix)
    if item is None or (text[separator.end() : position] == "" and not _plausible(text, separator, item, strict)):
        return None
    return item


def _plausible(text: str, separator: re.Match[str], item: _Item, strict: bool) -> bool:
    """Whether a further number of a list is a figure's and not a count or a measure ("in Fig. 3, 40 cells were")."""
    after = _AFTER_ITEM.match(text, item.end)
    if after is None:
        return True
    if after["unit"] or _QUANTITY.match(text, separator.end()):
        return False
    if item.panels or not strict:
        return bool(after["space"]) or bool(item.panels)
    return bool(after["space"]) and bool(_GOES_ON.match(after["word"]))


def _append(found: list[Reference], last: _Item, item: _Item, separator: re.Match[str]) -> None:
    previous = found[-1]
    if separator["dash"] and item.name == last.name and last.panels and item.panels:
        panels = previous.panels + _range(last.panels[-1], item.panels[0])[1:] + item.panels[1:]
        found[-1] = Reference(previous.start, item.end, previous.number, panels)
        return
    if separator["dash"] and item.prefix == last.prefix and not item.minor and item.number <= last.number + 50:
        between = range(last.number + 1, item.number)
        found.extend(Reference(previous.start, item.end, f"{item.prefix}{number}") for number in between)
    found.append(Reference(separator.end(), item.end, item.name, item.panels))


def _at_home(text: str, found: list[Reference], last: _Item) -> list[Reference]:
    """The references without those that the next words give to another work; to the supplement's they add an S."""
    elsewhere = _ELSEWHERE.match(text, last.end)
    if elsewhere is None:
        return found
    if not elsewhere["supplement"]:
        return []
    return [
        Reference(ref.start, ref.end, ref.number if ref.number[0].isalpha() else f"S{ref.number}", ref.panels)
        for ref in found
    ]


def _figure_supplement(text: str, start: int, parent: _Item, supplement: re.Match[str]) -> tuple[list[Reference], int]:
    item = _item(text, supplement.end(), "")
    if item is None or supplement["kind"].lower() != "figure supplement":
        return [], item.end if item else supplement.end()
    return [Reference(start, item.end, f"{parent.name}-S{item.number}", item.panels)], item.end


def _item(text: str, position: int, kind: str) -> _Item | None:
    match = _NUMBER.match(text, position)
    if match is None:
        return None
    prefix = (match["prefix"] or "").upper()
    if not prefix and match["gap"]:
        return None
    prefix = "S" if prefix in {"SUP", "SUPP", "SI"} else "ED" if prefix == "EV" else prefix
    panels, end = _panels(text, match.end())
    return _Item(end, prefix or kind, int(match["number"]), match["minor"] or "", panels)


def _panels(text: str, position: int) -> tuple[tuple[str, ...], int]:
    """The panels named right after a number, and the position after them."""
    if lead_in := _LEAD_IN.match(text, position):
        panels, end = _panel_list(text, lead_in.end())
        if panels:
            return panels, end + (1 if lead_in["bracket"] and text[end : end + 1] == ")" else 0)
    if apart := _APART.match(text, position):
        panels, end = _panel_list(text, apart.end())
        if panels and (len(panels) > 1 or text[end : end + 1] in {",", ";", ")", "]"}):
            return panels, end
    run = _RUN.match(text, position)
    if run and all(ord(b) - ord(a) == 1 for a, b in pairwise(run[0])):
        return tuple(run[0]), run.end()
    start = _BLANKS.match(text, position).end()  # type: ignore[union-attr]
    panels, end = _panel_list(text, start)
    bare = start > position and text[start : start + 1] != "("
    if not panels or (bare and len(panels) == 1 and not _CLAUSE_END.match(text, end)):
        return (), position
    return panels, end


def _panel_list(text: str, position: int, *, nested: bool = False) -> tuple[tuple[str, ...], int]:
    """The list of panels, bare or in brackets, that begins at position; ((), position) where none does."""
    panels: list[str] = []
    end = position
    start, dash = position, False
    while group := _group(text, start, panels, nested):
        named, end = group
        panels.extend(_range(panels[-1], named[0])[1:-1] if dash and panels else ())
        panels.extend(named)
        separator = _PANEL_SEP.match(text, end)
        if separator is None:
            break
        start, dash = separator.end(), bool(separator["dash"])
    return tuple(panels), end


def _group(text: str, position: int, before: list[str], nested: bool) -> tuple[list[str], int] | None:
    """One panel, or one bracket of panels, and the position after it."""
    if text[position : position + 1] != "(":
        return _bare(text, position, before)
    if nested:
        return None
    inside, end = _panel_list(text, position + 1, nested=True)
    return (list(inside), end + 1) if inside and text[end : end + 1] == ")" else None


def _bare(text: str, position: int, before: list[str]) -> tuple[list[str], int] | None:
    match = _PANEL.match(text, position)
    if match is None:
        return None
    label = match["roman"] or match["letter"]
    if before and match["digits"] and label.isupper():
        return None
    if before and not _goes_with(text, match.end(), label, before[-1]):
        return None
    rest = _SUB_PANEL.match(text, match.end()) or _HALF_BRACKET.match(text, match.end())
    return [label], rest.end() if rest else match.end()


def _goes_with(text: str, end: int, label: str, last: str) -> bool:
    """Whether a further label belongs to the list and is no word of the sentence ("Fig. 1b, a strong signal")."""
    if label.islower() != last.islower():
        return False
    return label not in {"a", "A", "I"} or not _NEXT_WORD.match(text, end)


def _range(first: str, last: str) -> tuple[str, ...]:
    """The labels from first to last, both included; just the two where they make no range."""
    if len(first) == len(last) == 1 and first.islower() == last.islower() and 0 < ord(last) - ord(first) < 26:
        return tuple(chr(code) for code in range(ord(first), ord(last) + 1))
    if first in _ROMAN and last in _ROMAN and _ROMAN.index(first) < _ROMAN.index(last):
        return _ROMAN[_ROMAN.index(first) : _ROMAN.index(last) + 1]
    return (first, last)


def _panels_before(text: str, position: int) -> tuple[str, ...]:
    """The panels of "panels a and b of Fig. 1"."""
    match = _PANEL_OF.search(text, max(0, position - 60), position)
    if match is None:
        return ()
    panels, end = _panel_list(match["list"], 0)
    return panels if end == len(match["list"]) else ()


def _hits(
    paragraph: Paragraph, numbers: Mapping[str, str], figures: Mapping[str, str]
) -> dict[str, list[tuple[int, tuple[str, ...]]]]:
    """(start, panels) of each naming of each figure in the paragraph, linked or not, in the order of the text.

    Where a link and the number in its anchor disagree, the link is right.
    """
    named = [(ref, _locator(ref.number, numbers)) for ref in find_references(paragraph.text)]
    starts, ends = [ref.start for ref, _ in named], [ref.end for ref, _ in named]
    hits: list[tuple[int, str, tuple[str, ...]]] = []
    wrong: set[int] = set()
    for link in paragraph.links:
        if link.target not in figures:
            continue
        over = range(bisect_right(ends, link.start), bisect_left(starts, link.end))
        if any(named[n][1] == link.target for n in over):
            over = range(0)
        wrong.update(over)
        panels = tuple(panel for n in over for panel in named[n][0].panels) or _anchor_panels(paragraph.text, link)
        hits.append((link.start, link.target, (link.panel,) if link.panel else panels))
    hits.extend(
        (ref.start, locator, ref.panels) for n, (ref, locator) in enumerate(named) if locator and n not in wrong
    )
    grouped: dict[str, list[tuple[int, tuple[str, ...]]]] = {}
    for start, locator, panels in sorted(hits, key=lambda hit: hit[0]):
        grouped.setdefault(locator, []).append((start, panels))
    return grouped


def _locator(number: str, numbers: Mapping[str, str]) -> str | None:
    """The figure of a number; "2.34" is figure 2 and a citation mark where there is no figure 2.34."""
    return numbers.get(number) or numbers.get(number.partition(".")[0])


def _anchor_panels(text: str, link: Link) -> tuple[str, ...]:
    """The panels in the anchor of a link that stands without a head: "2b", "b, c"."""
    anchor = text[link.start : link.end].strip()
    item = _item(anchor, 0, "")
    if item is not None:
        return item.panels
    panels, end = _panel_list(anchor, 0)
    return panels if end == len(anchor) else ()
