"""Places in a text that point at something: at the figure itself, or at what its reader does not have.

A caption stands alone, so what points out of it (other figures, tables, equations, the supplement, citations,
addresses) is taken out of the evidence before a model sees it, and out of what the extractive captioner says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from omnisci_etl.papers import references
from omnisci_etl.papers.figure_references import figure_number, find_references
from omnisci_etl.papers.references import Kind

OWN = "own"
CITATION = ""

# What can stand in the place of a pointer in running text; a citation mark is simply left out.
_WORDS: dict[Kind, str] = {
    "figure": "another figure",
    "table": "a table",
    "equation": "an equation",
    "section": "another section",
    "statement": "another result",
    "bibliography": "another work",
    "work": "another work",
    "supplement": "the supplement",
    "address": "a web address",
    "citation": CITATION,
}
# Starts with a set of letters, which the engine skips to, and looks behind for the start of the word.
_ELSEWHERE = re.compile(
    r"[acdegmsr](?<![^\W_].)(?:"
    r"(?:ee|f\.|escribed|iscussed|etailed|etails|efined|xplained|iven|eported|hown)\s(?:also\s)?(?:in\s)?(?:the\s)?(?:online\s)?"
    r"(?:methods?|materials\sand\smethods|main\stext|text|discussion|results|appendix)\b"
    r"|(?:s|ee|escribed|entioned|iscussed|hown|efined)\s(?:above|below)\b|lsewhere\b)"
    r"|[pnfo](?<![^\W_].)(?:revious|receding|ext|ollowing|ther)\s(?:figures?|tables?|sections?|panels?)\b",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s?(?:,|&|/|[-‐‑‒–—−])?\s?(?:and|or|to|through|as well as)?\s?")
_CITATION_BLANK = re.compile(r"\s$")
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
    own = _number(label)
    found: list[Pointer] = []
    figures: list[references.Pointer] = []
    for pointer in references.find_pointers(text):
        if pointer.kind == "figure":
            if figures and not _BETWEEN.fullmatch(text, figures[-1].end, pointer.start):
                found.append(_figures(text, figures, own, label))
                figures = []
            figures.append(pointer)
        elif pointer.kind in _WORDS:
            mark = _CITATION_BLANK.search(text, max(0, pointer.start - 1), pointer.start)
            start = mark.start() if mark and pointer.kind == "citation" else pointer.start
            what = "the supplement" if pointer.supplement else _WORDS[pointer.kind]
            found.append(Pointer(start, pointer.end, what))
    if figures:
        found.append(_figures(text, figures, own, label))
    return _apart(found)


def _apart(found: list[Pointer]) -> list[Pointer]:
    kept: list[Pointer] = []
    for pointer in sorted(found, key=lambda p: (p.start, -p.end)):
        if not kept or pointer.start >= kept[-1].end:
            kept.append(pointer)
    return kept


def _figures(text: str, named: Sequence[references.Pointer], own: str | None, label: str) -> Pointer:
    """What a list of figures ("Figs 1a, b and Fig. 3") points at."""
    start, end = named[0].start, named[-1].end
    every = [figure for pointer in named for figure in pointer.figures]
    mine = [figure for figure in every if figure.number == own]
    panels = tuple(dict.fromkeys(panel for figure in mine for panel in figure.panels))
    before = _PANELS_OF.search(text, max(0, start - 60), start) if every and every[0].panels else None
    before = before or _ARTICLE.search(text, max(0, start - 4), start)
    start = before.start() if before else start
    mixed = bool(mine) and (len(mine) < len(every) or not all(pointer.figures for pointer in named))
    printed = f"{label}{', '.join(panels)}" if mixed else text[start:end]
    return Pointer(start, end, OWN if mine else _WORDS["figure"], panels, printed, mixed)


@lru_cache(maxsize=1024)
def _number(label: str) -> str | None:
    return figure_number(label)


def names_figure(text: str, label: str) -> bool:
    """Whether the text names the figure of this label."""
    own = _number(label)
    return any(reference.number == own for reference in find_references(text))


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
        glued = pointer.what and pointer.start > 0 and text[pointer.start - 1].isalpha()
        return f"{' ' if glued else ''}{_capital(text, pointer, pointer.what)}"
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
