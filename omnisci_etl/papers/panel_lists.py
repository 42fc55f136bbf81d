"""The grammar of lists of panels in text: "b", "a–c", "(a) and (b)", "A, B", "iii", "abc"."""

from __future__ import annotations

import re
from itertools import pairwise

DASH = r"[-‐‑‒–—−~∼～]"
ROMAN = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")
ROMAN_CAPITALS = tuple(numeral.upper() for numeral in ROMAN)
_PANEL = re.compile(
    r"(?:(?P<roman>viii|vii|vi|iv|ix|xii|xi|iii|ii)|(?P<letter>[A-Za-z])(?P<digits>[0-9]{1,2}(?![\d.]\d))?)['′″]{0,2}"
    rf"(?![^\W_])(?!\s?(?:[=<>≤≥±×]|~\s?\d))(?!{DASH}[^\W\d_]{{2}})(?!\.[a-z]\b)",
)
_PANEL_SEP = re.compile(
    rf"\s*(?:(?P<dash>{DASH}|(?<=\s)(?:to|through)(?=\s))|[,;&/+]\s*(?:(?:and|or)(?=\s))?|(?:and|or|vs\.?)(?=\s))\s*"
)
_LEAD_IN = re.compile(r"\s*,?\s*(?P<bracket>\()?[Pp]anels?\s+")
_LONGEST_LEAD_IN = 12
_APART = re.compile(r",\s+(?=[A-Z](?![^\W_]))")
_SUB_PANEL = re.compile(rf"\s?\((?:[ivx]+|\d)(?:\s*(?:,|and|{DASH})\s*(?:[ivx]+|\d))*\)")
_HALF_BRACKET = re.compile(rf"\)(?=\s*(?:,|and|&|{DASH})\s*[A-Za-z]\))")
_NO_PANELS = frozenset({"", ".", ":", ";", ")", "]"})
_RUN = re.compile(r"(?:[a-z]{2,4}|[A-Z]{2,4})(?![^\W_])")
_BLANKS = re.compile(r"[\s▸]*")
_CLAUSE_END = re.compile(r"\s*(?:[,;.:)\]]|$|(?:and|vs\.?)\s\d)")
_NEXT_WORD = re.compile(r"\s+(?!(?:and|or|to)\b)[^\W\d_]")


_NUMBERED = re.compile(r"(?P<letter>[A-Za-z])?(?P<digits>[0-9]{1,2})?(?![^\W_])")
_LEAD_TO_NUMBERED = re.compile(rf"\s?(?:[,;:]\s?|{DASH}|(?:[,;]\s?)?[(\[])?")
_MAX_NUMBERED = 100


def expand(first: str, last: str) -> tuple[str, ...]:
    """The panel labels from first to last, both included; just the two where they make no range."""
    if len(first) == len(last) == 1 and first.islower() == last.islower() and 0 < ord(last) - ord(first) < 26:
        return tuple(chr(code) for code in range(ord(first), ord(last) + 1))
    if first in ROMAN and last in ROMAN and ROMAN.index(first) < ROMAN.index(last):
        return ROMAN[ROMAN.index(first) : ROMAN.index(last) + 1]
    return (first, last)


def numbered_panels(text: str, position: int) -> tuple[str, ...]:
    """The labels after a number, where panels are numbered: "d1, d2", "A1–C1", "(b1,2)", ", W1–3", "-A1"."""
    labels: list[str] = []
    start, dash = _LEAD_TO_NUMBERED.match(text, position).end(), False  # type: ignore[union-attr]
    while (found := _NUMBERED.match(text, start)) and found[0] and len(labels) < _MAX_NUMBERED:
        if not found["letter"] and not labels:
            break
        label = f"{found['letter'] or labels[-1][0]}{found['digits'] or ''}"
        labels.extend(_between(labels[-1], label) if dash else ())
        labels.append(label)
        separator = _PANEL_SEP.match(text, found.end())
        if separator is None:
            break
        start, dash = separator.end(), bool(separator["dash"])
    return tuple(labels)


def _between(first: str, last: str) -> tuple[str, ...]:
    """The labels between two that share the letter or the number; between others there are none."""
    if first[0] == last[0] and first[1:] and last[1:]:
        return tuple(f"{first[0]}{number}" for number in range(int(first[1:]) + 1, int(last[1:])))
    return tuple(f"{letter}{last[1:]}" for letter in expand(first[0], last[0])[1:-1]) if first[1:] == last[1:] else ()


def panel_list(text: str) -> tuple[str, ...]:
    """The panels that the whole text lists ("b, c and e–g"), () where it is anything else."""
    panels, end = _panel_list(text, 0)
    return panels if end == len(text) else ()


def panels_after(text: str, position: int) -> tuple[tuple[str, ...], int]:
    """The panels named right after a number, and the position after them."""
    following = text[position : position + 1]
    if following in _NO_PANELS:
        return (), position
    if not following.isalpha() and text.find("anel", position, position + _LONGEST_LEAD_IN) >= 0:
        found = _after_word(text, position)
        if found:
            return found
    if following == "," and (apart := _APART.match(text, position)):
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


def _after_word(text: str, position: int) -> tuple[tuple[str, ...], int] | None:
    """The panels of ", panels b–d" and "(panel b)"."""
    lead_in = _LEAD_IN.match(text, position)
    panels, end = _panel_list(text, lead_in.end()) if lead_in else ((), position)
    if not lead_in or not panels:
        return None
    return panels, end + (1 if lead_in["bracket"] and text[end : end + 1] == ")" else 0)


def _panel_list(text: str, position: int, *, nested: bool = False) -> tuple[tuple[str, ...], int]:
    """The list of panels, bare or in brackets, that begins at position; ((), position) where none does."""
    panels: list[str] = []
    end = position
    start, dash = position, False
    while group := _group(text, start, panels, nested):
        named, end = group
        panels.extend(expand(panels[-1], named[0])[1:-1] if dash and panels else ())
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
    # Most of what is asked about is a word: it need not be tried.
    if text[position + 1 : position + 2].isalpha() and text[position] not in "ivx":
        return None
    match = _PANEL.match(text, position)
    if match is None:
        return None
    label = match["roman"] or match["letter"]
    if before and match["digits"] and label.isupper():
        return None
    if before and not _goes_with(text, match.end(), label, before[-1]):
        return None
    end = match.end()
    rest = _HALF_BRACKET.match(text, end) if text[end : end + 1] == ")" else _SUB_PANEL.match(text, end)
    return [label], rest.end() if rest else end


def _goes_with(text: str, end: int, label: str, last: str) -> bool:
    """Whether a further label belongs to the list and is no word of the sentence ("Fig. 1b, a strong signal")."""
    if label.islower() != last.islower():
        return False
    return label not in {"a", "A", "I"} or not _NEXT_WORD.match(text, end)
