"""Places in a text that point at something: at the figure itself, or at what its reader does not have.

A caption stands alone, so what points out of it (other figures, tables, equations, the supplement, citations,
addresses) is taken out of the evidence before a model sees it, and out of what the extractive captioner says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from omnisci_etl.papers.mentions import Reference, figure_number, find_references

OWN = "own"
CITATION = ""

_AND = r"\s?(?:,|;|&|[-–—]|\band\b|\bto\b)\s?(?:and\s)?"
_NUMBER = r"(?:S|[A-Z]\.)?[0-9]{1,3}(?:\.[0-9]{1,2})?[a-z]?(?![^\W_])"
_NUMBERS = rf"{_NUMBER}(?:{_AND}{_NUMBER}){{0,20}}"
_SUPPLEMENT = r"(?:[Ss]upplement(?:ary|al)|[Ss]uppl?\.|[Ss]upporting|[Ee]xtended\s[Dd]ata)"
_THINGS = (
    r"(?:[Tt]ables?|[Nn]otes?|[Mm]ovies?|[Vv]ideos?|[Dd]ata(?:\s?[Ss]ets?)?|[Mm]ethods?|[Tt]exts?|[Ss]ections?"
    r"|[Ii]nformation|[Mm]aterials?|[Dd]iscussion|[Ff]iles?|[Aa]ppendix|[Ss]chemes?)"
)
_SECTIONS = r"(?:[Ss]ections?|[Ss]ecs?\.|[Cc]hapters?|[Aa]ppendix|[Ss]chemes?|[Aa]lgorithms?|[Mm]ovies?|[Vv]ideos?)"
_NAME = r"[A-Z][\w'’-]{1,30}"
_PATH = r"[^\s<>()]+(?:\([^\s<>()]*\)[^\s<>()]*){0,5}"
_YEAR = r"(?:19|20)[0-9]{2}[a-z]?"
# Each with what can stand in its place in running text (a citation mark is simply left out), and with pieces of text
# of which one must be there, as they are much faster to look for than the pattern.
_PATTERNS: tuple[tuple[str, tuple[str, ...], re.Pattern[str]], ...] = (
    (
        "the supplement", ("uppl", "upporting", "xtended"),
        re.compile(rf"\b{_SUPPLEMENT}\s(?:[Oo]nline\s)?{_THINGS}(?:\s{_NUMBERS})?"),
    ),
    (
        "a table", ("able", "ABLE", "ab.", "abs."),
        re.compile(rf"\b(?:[Tt]ables?|TABLES?|[Tt]abs?\.)\s(?:{_NUMBERS}|[IVX]{{1,4}}\b)"),
    ),
    (
        "an equation", ("quation", "Eq", "eq"),
        re.compile(rf"\b(?:[Ee]quations?|[Ee]qn?s?\.?)\s?(?:\({_NUMBER}\)(?:{_AND}\({_NUMBER}\)){{0,10}}|{_NUMBERS})"),
    ),
    (
        "another section", ("ection", "ec.", "ecs.", "hapter", "ppendix", "cheme", "lgorithm", "ovie", "ideo", "§"),
        re.compile(rf"(?:\b{_SECTIONS}\s|§\s?)(?:{_NUMBERS}|[A-Z]\b)"),
    ),
    (
        "another work", ("ef",),
        re.compile(rf"\b(?:[Rr]efs?\.?|[Rr]eferences?)\s(?:\[[0-9, –-]{{1,60}}\]|{_NUMBERS})"),
    ),
    ("another work", (" et al",), re.compile(rf"\b{_NAME}\set\sal\.?(?:,?\s?[(\[]?{_YEAR}[)\]]?)?")),
    (
        "another work", ("(19", "(20", "[19", "[20"),
        re.compile(rf"\b{_NAME}\s(?:(?:and|&)\s{_NAME}\s)?[(\[]{_YEAR}[)\]]"),
    ),
    (
        "a web address", ("://", "www.", "10."),
        re.compile(rf"(?:https?://|www\.){_PATH}(?<![.,;:])|\b(?:doi:?\s?)?10\.[0-9]{{4,9}}/{_PATH}(?<![.,;:])"),
    ),
    (CITATION, ("[",), re.compile(r"\s?\[[1-9][0-9]{0,3}(?:\s?[,;–-]\s?[1-9][0-9]{0,3}){0,40}\]")),
    (
        CITATION, (" 19", " 20"),
        re.compile(rf"(?<=[(;]\s|.\()(?:see\s)?{_NAME}(?:\s(?:and|&)\s{_NAME})?,?\s{_YEAR}(?=[);,])"),
    ),
)  # fmt: skip
# Starts with a set of letters, which the engine skips to, and looks behind for the start of the word.
_ELSEWHERE = re.compile(
    r"[acdegmsr](?<![^\W_].)(?:"
    r"(?:ee|f\.|escribed|iscussed|etailed|etails|efined|xplained|iven|eported|hown)\s(?:also\s)?(?:in\s)?(?:the\s)?(?:online\s)?"
    r"(?:methods?|materials\sand\smethods|main\stext|text|discussion|results|appendix)\b"
    r"|(?:s|ee|escribed|entioned|iscussed|hown|efined)\s(?:above|below)\b|lsewhere\b)"
    r"|[pnfo](?<![^\W_].)(?:revious|receding|ext|ollowing|ther)\s(?:figures?|tables?|sections?|panels?)\b",
    re.IGNORECASE,
)
_INTERVAL_BEFORE = re.compile(r"(?:\b(?:in|range|interval|between|from|over|within|of|by)|[=∈×±<>≤≥])\s*$")
_BETWEEN = re.compile(r"\s?(?:,|&|/|[-‐‑‒–—−])?\s?(?:and|or|to|through|as well as)?\s?")
_PANELS_OF = re.compile(r"\b[Pp]anels?\s[^.;:()]{1,40}?\s(?:of|in|from)\s(?:the\s)?$")
_ARTICLE = re.compile(r"\b[Tt]he\s$")
# What may stand beside a pointer without saying anything itself.
_CUES = re.compile(
    r"\b(?:see|also|cf|e\.?g|i\.?e|and|or|for|in|as|shown|details|example|both|to|left|right|top|bottom|middle|inset|panels?)\b",
    re.IGNORECASE,
)
_SENTENCE_START = re.compile(r"(?:^|[.!?:]\s)$")
_MAX_BRACKET = 400


@dataclass(frozen=True, slots=True)
class Pointer:
    """text[start:end] points at the figure itself (what is OWN; panels named), or at something outside.

    printed: how the figure itself is named there, without the other figures of the same list (mixed).
    """

    start: int
    end: int
    what: str
    panels: tuple[str, ...] = ()
    printed: str = ""
    mixed: bool = False


def pointers(text: str, label: str) -> list[Pointer]:
    """Every pointer of the text, by position, no two overlapping; label is the figure's own ("Fig. 1")."""
    found = [*_figures(text, label), *_others(text)]
    kept: list[Pointer] = []
    for pointer in sorted(found, key=lambda p: (p.start, -p.end)):
        if not kept or pointer.start >= kept[-1].end:
            kept.append(pointer)
    return kept


def _figures(text: str, label: str) -> Iterator[Pointer]:
    own = _number(label)
    for group in _groups(text):
        start, end = min(r.start for r in group), max(r.end for r in group)
        mine = [r for r in group if r.number == own]
        panels = tuple(dict.fromkeys(panel for r in mine for panel in r.panels))
        before = _PANELS_OF.search(text, max(0, start - 60), start) if group[0].panels else None
        before = before or _ARTICLE.search(text, max(0, start - 4), start)
        start = before.start() if before else start
        mixed = 0 < len(mine) < len(group)
        printed = f"{label}{', '.join(panels)}" if mixed else text[start:end]
        yield Pointer(start, end, OWN if mine else "another figure", panels, printed, mixed)


@lru_cache(maxsize=1024)
def _number(label: str) -> str | None:
    return figure_number(label)


def names_figure(text: str, label: str) -> bool:
    """Whether the text names the figure of this label."""
    return any(pointer.what == OWN for pointer in _figures(text, label))


def _groups(text: str) -> list[list[Reference]]:
    """References that stand in one list ("Figs 1a, b and 3")."""
    groups: list[list[Reference]] = []
    if "ig" not in text and "IG" not in text:
        return groups
    for reference in find_references(text):
        last = max((r.end for r in groups[-1]), default=0) if groups else 0
        if groups and _BETWEEN.fullmatch(text, last, max(last, reference.start)):
            groups[-1].append(reference)
        else:
            groups.append([reference])
    return groups


def _others(text: str) -> Iterator[Pointer]:
    for what, hints, pattern in _PATTERNS:
        if not any(hint in text for hint in hints):
            continue
        for match in pattern.finditer(text):
            if what or not _INTERVAL_BEFORE.search(text, max(0, match.start() - 12), match.start()):
                yield Pointer(match.start(), match.end(), what)


def rewrite(text: str, label: str, *, resolve: bool) -> tuple[str, bool]:
    """The text without what points out of it, and whether it still leans on something outside.

    In brackets such a pointer goes; in a sentence it becomes words ("another figure"), and the sentence leans. With
    resolve the figure's own label becomes "this figure" or "panels a and b"; without, it stays as printed.
    """
    away = [match.span() for match in _ELSEWHERE.finditer(text)]
    units = _units(text, pointers(text, label), away)
    leans = any(
        not any(a <= start and end <= b for a, b, inside in units if isinstance(inside, list)) for start, end in away
    )
    made: list[str] = []
    position = 0
    for start, end, inside in units:
        made.append(text[position:start])
        if isinstance(inside, Pointer):
            made.append(_words(text, inside, resolve))
            leans = leans or inside.mixed or inside.what not in (OWN, CITATION)
        else:
            made.append(_bracket(text, start, end, inside, resolve))
        position = end
    made.append(text[position:])
    return (_tidy("".join(made)) if units else text), leans


def _units(
    text: str, found: Sequence[Pointer], away: Sequence[tuple[int, int]]
) -> list[tuple[int, int, Pointer | list[Pointer]]]:
    """What is to be replaced, by position: a pointer in running text, or a bracket with the pointers in it."""
    units: list[tuple[int, int, Pointer | list[Pointer]]] = []
    if not found and not away:
        return units
    taken: set[Pointer] = set()
    for start, end in _brackets(text):
        inside = [p for p in found if start < p.start and p.end < end]
        leads_away = any(start < a and b < end for a, b in away)
        if inside or (leads_away and not any(p.start <= start < p.end for p in found)):
            units.append((start, end, inside))
            taken.update(inside)
    units.extend((p.start, p.end, p) for p in found if p not in taken)
    return sorted(units, key=lambda unit: unit[0])


def _brackets(text: str) -> list[tuple[int, int]]:
    """The outermost pairs of round brackets; what is longer than _MAX_BRACKET counts as running text."""
    pairs: list[tuple[int, int]] = []
    opened: list[int] = []
    for match in re.finditer(r"[()]", text):
        position = match.start()
        if match[0] == "(":
            opened.append(position)
        elif opened:
            start = opened.pop()
            if position - start < _MAX_BRACKET:
                while pairs and pairs[-1][0] > start:
                    pairs.pop()
                pairs.append((start, position + 1))
    return pairs


def _words(text: str, pointer: Pointer, resolve: bool) -> str:
    if pointer.what != OWN:
        return _capital(text, pointer, pointer.what)
    if not resolve:
        return pointer.printed
    return _capital(text, pointer, _panel_words(pointer.panels) or "this figure")


def _panel_words(panels: Sequence[str]) -> str:
    if len(panels) > 1:
        return f"panels {', '.join(panels[:-1])} and {panels[-1]}"
    return f"panel {panels[0]}" if panels else ""


def _capital(text: str, pointer: Pointer, words: str) -> str:
    opens = _SENTENCE_START.search(text, max(0, pointer.start - 2), pointer.start)
    return words[:1].upper() + words[1:] if opens else words


def _bracket(text: str, start: int, end: int, inside: Sequence[Pointer], resolve: bool) -> str:
    kept = ""
    position = start + 1
    while position < end:
        stop = _segment_end(text, position, end - 1, inside)
        mine = [p for p in inside if position <= p.start and p.end <= stop]
        segment = _segment(text, position, stop, mine, resolve)
        if segment:
            kept += (text[position - 1] + " " if kept else "") + segment
        position = stop + 1
    return f"({kept})" if kept else ""


def _segment_end(text: str, position: int, limit: int, inside: Sequence[Pointer]) -> int:
    for match in re.finditer(r"[;,]", text[position:limit]):
        at = position + match.start()
        if not any(p.start <= at < p.end for p in inside):
            return at
    return limit


def _segment(text: str, start: int, end: int, inside: Sequence[Pointer], resolve: bool) -> str:
    if not inside:
        return "" if _ELSEWHERE.search(text, start, end) else text[start:end].strip()
    said, bare, position = "", "", start
    for pointer in inside:
        between = text[position : pointer.start]
        said += between + _words(text, pointer, resolve)
        bare += between
        position = pointer.end
    said, bare = said + text[position:end], bare + text[position:end]
    outside = any(p.what != OWN or p.mixed for p in inside)
    if re.search(r"[0-9]" if outside else r"[^\W_]", _CUES.sub("", bare)):
        return said.strip()
    own = [p for p in inside if p.what == OWN]
    if not resolve:
        return "; ".join(p.printed for p in own)
    return _panel_words(tuple(dict.fromkeys(panel for p in own for panel in p.panels)))


def _tidy(text: str) -> str:
    text = re.sub(r"\s+([,.;:)\]!?])", r"\1", re.sub(r"\(\s*\)|\[\s*\]", "", text))
    return " ".join(re.sub(r"([,;:])(?:\s*[,;:])+", r"\1", text).split())
