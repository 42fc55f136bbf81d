"""The grammar of references to figures: heads ("Fig.", "Supplementary Figs"), lists of numbers, lists of panels.

"Figs 2a–c, 3 (b) and 4" is a head with a list of numbers and, for each number, a list of panels. Numbers are normal
forms: "1", "S2" (supplementary), "ED3" (extended data), "A1" (appendix), "2-S1" (a figure supplement), so that a
supplementary figure never counts for a main one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from omnisci_etl.papers.panel_lists import DASH, expand, panel_list, panels_after


class Reference(NamedTuple):
    """A figure named in text[start:end]; panels as the text prints them, ranges written out."""

    start: int
    end: int
    number: str
    panels: tuple[str, ...] = ()


class ReferenceList(NamedTuple):
    """What one head governs: text[start:end], with the numbers and panels in text[items:end].

    supplement: the head says so. elsewhere: the figures are another work's.
    """

    start: int
    end: int
    items: int
    references: tuple[Reference, ...]
    supplement: bool = False
    elsewhere: bool = False


class _Head(NamedTuple):
    start: int
    end: int
    prefix: str
    plural: bool


class _Item(NamedTuple):
    end: int
    prefix: str
    number: int
    minor: str
    panels: tuple[str, ...]
    bracketed: bool = False

    @property
    def name(self) -> str:
        return f"{self.prefix}{self.number}{self.minor}"


_AFTER_FIG = r"(?:[Uu][Rr][Ee])?(?:\.?(?P<plural>s|S(?!\d)))?\.?\s*(?:[Nn][Oo]\.\s*)?"
_WORD = re.compile(r"[Ff](?<![^\W\d_].)[Ii][Gg]" + _AFTER_FIG)
# What begins with letters is found at several times the speed, as the engine skips to them.
_CAPITAL = re.compile(r"Fig(?<![^\W\d_]...)" + _AFTER_FIG)
_SMALL = re.compile(r"ig(?<=[Ff]ig)(?<![^\W\d_]...)" + _AFTER_FIG)
_LARGE = re.compile(r"I[Gg]")
_KIND = re.compile(
    r"(?<![^\W\d_])(?P<kind>"
    rf"(?:(?:extended|expanded)(?:\s|{DASH})?(?:data|view)|supplement(?:ary|al)?|supp?l?|supporting|additional(?!\s[a-eg-z])|(?:online\s)?appendix"
    r"|(?-i:SI|ED|EV))\b"
    rf"|(?-i:S){DASH})"
    r"\.?\s*(?:(?:info\.|(?:information|info|materials?|data|online|appendix)[,:]?|(?:files?|materials?|data)\s?S?\d{1,2}:)\s*)?$",
    re.I,
)
_LONGEST_KIND = 48
_OFTEN = re.compile(r"(?<![^\W\d_])[Ss]upplementary\s")
_OFTEN_LENGTH = len("supplementary ")
_KIND_ENDS = (
    *("ata", "iew", "ary", "tal", "ent", "sup", "Sup", "upp", "ppl", "ing", "dix", "ion", "nfo", "ial", "als", "ine"),
    *("nal", "ATA", "IEW", "ARY", "TAL", "ENT", "SUP", "UPP", "PPL", "ING", "DIX", "SI", "ED", "EV", "NAL"),
    *(f"S{dash}" for dash in "-‐‑–"),
)
_KIND_MARKS = " \xa0\u2009\u202f\t\n.,:"
_PLAIN_LABEL = re.compile(r"Fig(?:\.|ure)\s(?P<number>[0-9]{1,3})")
_GLUED = re.compile(r"^(fig)s(?=\d)", re.I)
_NUMBER = re.compile(
    r"(?P<open>\()?(?P<prefix>[Ss][Uu][Pp][Pp]?|[Ee][DdVv]|[Ss][Ii]|s|[A-Z])?(?P<gap>[.\-]?)(?P<number>[0-9]{1,3})(?!\d)"
    r"(?P<minor>\.[0-9]{1,2}(?!\d))?(?(open)\))"
)
# "Supplementary Note 1 and Fig. 3": the adjective is said once for both. Not so behind "Supplementary Table 2, ": where
# such figures are linked, they are the paper's own.
_SHARED_KIND = re.compile(
    r"\b(?:(?:supplement(?:ary|al)?|supporting)\s(?:(?:notes?|methods?|texts?|sections?|discussions?)(?:\s[\dA-Z][\w.–-]{0,6})?"
    r"|(?:tables?|data|movies?|videos?|information|materials?)(?:\s\(tables?\s[\dA-Z][\w.–-]{0,6})?)"
    r"|supplement\stables?\s[\dA-Z][\w.–-]{0,6})(?:\sand|\s&|,|;|,\sand)\s$",
    re.I,
)
_LONGEST_SHARED = 48
# Most lists are one number, perhaps with one letter, and end there ("Fig. 1a)", "Fig. 2 shows"): this says the same of
# them as the patterns of each step would.
_ALONE = re.compile(
    rf"(?P<number>[0-9]{{1,3}})(?:(?P<panel>[A-Za-z])(?=\)(?!\s*(?:,|and|&|{DASH})\s*[A-Za-z]\))|\.(?![a-z]\b)|\s[A-Za-z])"
    r"|(?=\)|\.(?!\d)|\s[A-Za-z]))"
    r"(?!\s(?:to|through|and|or|as|vs|of|in|from|by|therein|[Pp]anels?|[ivxIVX]*|[A-Za-z])(?![^\W\d_]))"
)
_SUPPLEMENT = re.compile(rf"\s*{DASH}\s*(?P<kind>figure supplement|source data|source code|video|animation)s?\s*", re.I)
_ITEM_SEP = re.compile(
    rf"\s*(?:(?P<dash>{DASH}|(?<=\s)(?:to|through)(?=\s))|[,;&/+]\s*(?:(?:and|or|to)(?=\s))?"
    r"|(?:and|or|as well as|vs\.?)(?=\s))\s*"
)
_LABEL_END = re.compile(
    r"\s*(?:[.:|–—]+\s*|$|(?<=\s)(?=[(\[]?[^\W_a-z]"
    r"|(?:[(\[][^()\[\]]{1,12}[)\]]:?|[a-z](?:\s?[,–-]\s?[a-z])*)\s+[^\W_a-z]))"
)
_PANEL_OF = re.compile(r"[Pp]anels?\s+(?P<list>[^.;:]{1,40}?)\s+(?:of|in|from)\s+(?:the\s+)?$")
_LONGEST_PANEL_OF = 60
_OF_WORK = (
    r"(?:our\s+)?(?:the\s+)?[Rr]efs?\b|Papers?\s+[IVX]{1,4}\b|[Rr]eferences?\b|\[(?:\d|[\w.+-]{1,24}\])|(?:their|that|his|her)\s|the\s+(?:same\s+)?(?:companion|cited|original)\s"
    r"|[A-Z][\w'’-]+\s+(?:et\s+al|(?:and|&)\s+[A-Z][\w'’-]+(?:\s*[(\[]|,?\s(?:19|20)\d\d)|[(\[](?:19|20)?\d)"
)
_ELSEWHERE = re.compile(
    r"\s*,?\s*(?:(?:of|in|from|by)\s+(?:(?P<supplement>(?:the\s+)?(?:online\s+)?(?:[Ss]upplement|[Ss]upporting|SI\b|appendix))"
    rf"|{_OF_WORK})|therein\b"
    r"|[(\[](?P<aside>(?:online\s)?(?:[Ss]upplement(?:ary\s\w+)?|[Ss]upporting\s[Ii]nformation|SI|[Aa]ppendix))[)\]])"
)
_THEIRS = re.compile(
    r"(?:\b[Tt]heir|(?:\s\[|(?<![^\W_])[Rr]efs?\.\s?\[?)\d{1,3}(?:(?:,|\s?[–-])\s?\d{1,3}){0,9}(?:\](?!,)|,)(?:\s(?:see|cf\.))?)\s?$"
)
_LONGEST_THEIRS = 60
_THEIRS_ENDS = (",", "r", "]", "e", ".")
_COUNTED = re.compile(r"[1-4]D\b(?=\s+[a-z])|\d+(?:[dhs]\s+(?:after|before|post|later|of)\b)")
_QUANTITY = re.compile(rf"{DASH}[^\W\d_]{{2}}|\.\d")
UNIT = re.compile(
    r"\s*(?:[%°µμΩÅ×±=<>]|(?:[kcdmnpf]?m|[kmnp]?g|[mnpf]s|[mnpf]M|m[Ll]|[kMG]?Hz|[kM]?(?:eV|Pa|V|W)|kDa|min|h|hours?|days?"
    r"|weeks?|months?|years?|K|of\s+(?:them|these|those|which|whom))(?![^\W_]))"
)
_AFTER_ITEM = re.compile(r"(?P<space>\s*)(?P<word>[^\W\d_][\w'-]*)")
_GOES_ON = re.compile(
    r"(?:and|or|to|with|for|from|by|where|which|when|while|whereas|that|as|in|on|at|of|we|the|this|these|an?|is|are|was"
    r"|were|can|could|may|also|but|see|using|it|they|our|both|has|have|had|do|does|respectively|clearly)$"
    r"|(?:show|illustrat|demonstrat|present|depict|display|indicat|reveal|giv|report|plot|compar|summari|describ|represent"
    r"|provid|confirm|suggest|correspond|contain|highlight|visuali|support|exhibit)\w*$",
    re.I,
)


def figure_number(label: str) -> str | None:
    """The number of a figure's label in its normal form ("Fig. S3" -> "S3"), None for what is no figure's label."""
    text = label.strip()
    if text.isdecimal():
        return str(int(text)) if len(text) <= 3 else None
    if plain := _PLAIN_LABEL.fullmatch(text):
        return str(int(plain["number"]))
    text = _GLUED.sub(r"\1 S", text)
    head = _head_at_start(text)
    item = _item(text, head.end, head.prefix) if head else None
    if item is None:
        return None
    supplement = _SUPPLEMENT.match(text, item.end)
    number = _NUMBER.match(text, supplement.end()) if supplement else None
    return f"{item.name}-S{number['number']}" if number else item.name


def split_label(caption: str) -> tuple[str, int]:
    """The label that a caption begins with ("Fig. 1 | Title" -> "Fig. 1") and where the caption proper starts.

    ("", 0) where the caption begins with none, or with a sentence about the figure ("Figure 1 shows ...").
    """
    head = _head_at_start(caption)
    number = _NUMBER.match(caption, head.end) if head else None
    if number is None:
        return "", 0
    supplement = _SUPPLEMENT.match(caption, number.end())
    number = (_NUMBER.match(caption, supplement.end()) if supplement else None) or number
    after = _LABEL_END.match(caption, number.end())
    return (caption[: number.end()], after.end()) if after else ("", 0)


def names_figures(text: str) -> bool:
    """Whether the word "figure" can be in the text at all: far cheaper than to look for references."""
    # One letter is found many times as fast as a word.
    return ("F" in text and ("Fig" in text or "FIG" in text)) or "fig" in text


def find_references(text: str) -> list[Reference]:
    """Every figure that the text names, in order; a list or a range gives one reference for each of its numbers.

    Figures of other works ("Fig. 2 of ref. 12") are left out.
    """
    return [reference for found in find_lists(text) for reference in found.references]


def find_lists(text: str) -> Iterator[ReferenceList]:
    """The references in the text, head by head; "FIG4", all in capitals and in one, is a gene's name."""
    if not names_figures(text):
        return
    position = 0
    for start, end, plural in _words(text):
        if start < position or (end - start == 3 and text[start:end] == "FIG" and text[end : end + 1].isdigit()):
            continue
        found = _list(text, _head(text, start, end, plural, position))
        if found is not None:
            position = found.end
            yield found


def _words(text: str) -> Iterator[tuple[int, int, bool]]:
    """(start, end, whether it is plural) of each word "figure" with the stop and the blanks after it."""
    first = 0
    if ("I" in text and _LARGE.search(text)) or ("G" in text and "iG" in text):
        pattern = _WORD
    elif "fig" in text:
        # Finds the word from its second letter on.
        pattern, first = _SMALL, 1
    else:
        pattern = _CAPITAL
    for word in pattern.finditer(text):
        start, end = word.span()
        yield start - first, end, word["plural"] is not None


def bare_panels(anchor: str) -> tuple[str, ...]:
    """The panels in the anchor of a link that stands without a head: "2b", "b, c"."""
    item = _item(anchor, 0, "")
    return item.panels if item else panel_list(anchor)


def _head_at_start(text: str) -> _Head | None:
    word = _WORD.search(text, 0, _LONGEST_KIND + 24)
    head = _head(text, word.start(), word.end(), bool(word["plural"]), 0) if word else None
    return head if head and head.start == 0 else None


def _head(text: str, start: int, end: int, plural: bool, floor: int) -> _Head:
    """The head around the word "figure" in text[start:end]; what stands before floor belongs to another one."""
    if text[start - 1 : start] == "(":
        return _Head(start, end, "", plural)
    if _OFTEN.match(text, max(floor, start - _OFTEN_LENGTH), start):
        return _Head(start - _OFTEN_LENGTH, end, "S", plural)
    kind = None
    near = text[max(floor, start - 8) : start]
    if near.endswith(": ") or near.rstrip(_KIND_MARKS).endswith(_KIND_ENDS):
        kind = _KIND.search(text, max(floor, start - _LONGEST_KIND), start)
    if kind is None:
        before = text[max(floor, start - _LONGEST_SHARED) : start]
        prefix = "S" if "upp" in before and _SHARED_KIND.search(before) else ""
        return _Head(start, end, prefix, plural)
    said = kind["kind"].lower()
    prefix = "ED" if said.startswith("e") else "A" if said.startswith("appendix") else "S"
    return _Head(kind.start(), end, prefix, plural)


def _list(text: str, head: _Head) -> ReferenceList | None:
    """The list of a head, None where no number follows."""
    if alone := _ALONE.match(text, head.end):
        return _single(text, head, alone)
    first = _item(text, head.end, head.prefix)
    if first is None:
        return None
    supplement = _SUPPLEMENT.match(text, first.end)
    if supplement is not None:
        return _figure_supplement(text, head, first, supplement)
    found = [Reference(head.start, first.end, first.name, _panels_before(text, head.start) + first.panels)]
    last, distinct = first, 1
    while separator := _ITEM_SEP.match(text, last.end):
        prefix = last.prefix if separator["dash"] else first.prefix
        item = _next_item(text, separator, prefix, strict=not head.plural or distinct > 1)
        # "Figure 7 (a), (1) for the first": numbers of something else, unless the first stands in brackets, too.
        if (
            item is None
            or item.bracketed > first.bracketed
            or not _is_figure(item, last, separator, prefix, plural=head.plural)
        ):
            break
        _append(found, last, item, separator)
        distinct += item.name != last.name
        last = item
    return _at_home(text, head, found, last)


def _single(text: str, head: _Head, alone: re.Match[str]) -> ReferenceList:
    start, items, prefix, _ = head
    number, panel = alone.groups()
    end = alone.end()
    panels = _panels_before(text, start) + ((panel,) if panel else ())
    theirs = _is_theirs(text, start)
    found = () if theirs else (Reference(start, end, f"{prefix}{int(number)}", panels),)
    return ReferenceList(start, end, items, found, prefix in {"S", "ED"}, theirs)


def _next_item(text: str, separator: re.Match[str], prefix: str, *, strict: bool) -> _Item | None:
    position = separator.end()
    if separator["dash"] and (again := _WORD.match(text, position)):
        position = again.end()
    item = _item(text, position, prefix)
    if item is None or (text[separator.end() : position] == "" and not _plausible(text, separator, item, strict)):
        return None
    return item


def _plausible(text: str, separator: re.Match[str], item: _Item, strict: bool) -> bool:
    """Whether a further number of a list is a figure's and not a count or a measure ("in Fig. 3, 40 cells were")."""
    if _COUNTED.match(text, separator.end()):
        return False
    if not item.panels and (UNIT.match(text, item.end) or _QUANTITY.match(text, item.end)):
        return False
    # "72 h" reads as panel h.
    if strict and item.panels and text[item.end - 2].isspace() and UNIT.match(text, item.end - 2):
        return False
    after = _AFTER_ITEM.match(text, item.end)
    if after is None or item.panels:
        return True
    return bool(after["space"]) and (not strict or bool(_GOES_ON.match(after["word"])))


def _is_figure(item: _Item, last: _Item, separator: re.Match[str], prefix: str, *, plural: bool) -> bool:
    """Whether a further number is no numbered panel ("Fig. 2, A1–C3", "Fig. 4b—4, 5") and no quantity behind a singular
    ("Fig. 3, F1,94 = 5", "Fig. 1; 7").
    """
    if separator["dash"] and last.panels and not item.panels and item.number <= last.number:
        return False
    if item.prefix != prefix and item.prefix not in {"S", "ED"}:
        return plural and not (last.panels and last.panels[-1].isupper())
    return plural or bool(item.panels) or ";" not in separator[0]


def _append(found: list[Reference], last: _Item, item: _Item, separator: re.Match[str]) -> None:
    previous = found[-1]
    if separator["dash"] and item.name == last.name and last.panels and item.panels:
        panels = previous.panels + expand(last.panels[-1], item.panels[0])[1:] + item.panels[1:]
        found[-1] = previous._replace(end=item.end, panels=panels)
        return
    if separator["dash"] and item.prefix == last.prefix and not item.minor and item.number <= last.number + 50:
        between = range(last.number + 1, item.number)
        found.extend(Reference(previous.start, item.end, f"{item.prefix}{number}") for number in between)
    found.append(Reference(separator.end(), item.end, item.name, item.panels))


def _at_home(text: str, head: _Head, found: list[Reference], last: _Item) -> ReferenceList:
    """The list; the words around may give it to another work (no references are left), or to the supplement (S)."""
    whole = ReferenceList(head.start, last.end, head.end, tuple(found), head.prefix in {"S", "ED"})
    elsewhere = _ELSEWHERE.match(text, last.end)
    if elsewhere is not None and (elsewhere["supplement"] or elsewhere["aside"]):
        named = (r if r.number[0].isalpha() else r._replace(number=f"S{r.number}") for r in found)
        return whole._replace(references=tuple(named), supplement=True)
    if elsewhere is not None or _is_theirs(text, head.start):
        return whole._replace(references=(), elsewhere=True)
    return whole


def _is_theirs(text: str, position: int) -> bool:
    """Whether the words before give the figure to another work: "their Fig. 2", "[12, Fig. 3]"."""
    if text[position - 1 : position] == "(" or not text[max(0, position - 2) : position].rstrip().endswith(
        _THEIRS_ENDS
    ):
        return False
    return _THEIRS.search(text, max(0, position - _LONGEST_THEIRS), position) is not None


def _figure_supplement(text: str, head: _Head, parent: _Item, supplement: re.Match[str]) -> ReferenceList:
    item = _item(text, supplement.end(), "")
    end = item.end if item else supplement.end()
    named: tuple[Reference, ...] = ()
    if item is not None and supplement["kind"].lower() == "figure supplement":
        named = (Reference(head.start, end, f"{parent.name}-S{item.number}", item.panels),)
    return ReferenceList(head.start, end, head.end, named, supplement=True)


def _item(text: str, position: int, kind: str) -> _Item | None:
    match = _NUMBER.match(text, position)
    if match is None:
        return None
    opened, prefix, gap, number, minor = match.groups("")
    if gap and not prefix:
        return None
    prefix = prefix.upper()
    prefix = "S" if prefix in {"SUP", "SUPP", "SI"} else "ED" if prefix == "EV" else prefix
    if prefix and kind and prefix not in {"S", "ED"} and kind[0] in "SE":
        prefix = f"{'S' if kind[0] == 'S' else 'ED'}{prefix}"
    panels, end = panels_after(text, match.end())
    return _Item(end, prefix or kind, int(number), minor, panels, bool(opened))


def _panels_before(text: str, position: int) -> tuple[str, ...]:
    """The panels of "panels a and b of Fig. 1"."""
    if text[position - 1 : position] == "(":
        return ()
    floor = max(0, position - _LONGEST_PANEL_OF)
    if text.find("anel", floor, position) < 0:
        return ()
    match = _PANEL_OF.search(text, floor, position)
    return panel_list(match["list"]) if match else ()
