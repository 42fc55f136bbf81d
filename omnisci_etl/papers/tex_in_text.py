"""TeX that was left in running text, as the text that it prints."""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate

from omnisci_etl.papers.flat import Flat
from omnisci_etl.papers.latex.text import plain
from omnisci_etl.papers.model import Link

FRAMED = re.compile(r"\\begin\{document\}(.*?)\\end\{document\}", re.S)
# No price ("$5 and $6") is a formula: one has TeX in it, and no blank within its dollar signs at either end.
_BARE = re.compile(
    r"\\documentclass\b(?:(?!\\begin\{document\}).){0,2000}\\begin\{document\}(?P<framed>.{0,2000}?)\\end\{document\}"
    r"|\\\((?P<round>(?:[^\\$]|\\[^()]){1,400})\\\)"
    r"|(?<![\\$])\$\$?(?P<dollars>(?![\s$])(?=[^$\\_^]{0,100}[\\_^])(?:[^\\$]|\\.){1,400}(?<!\s))\$\$?(?!\d)",
    re.S,
)
_DELIMITERS = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"))
_LONGEST = 20_000


def formula_of_tex(tex: str) -> str:
    """The text of a formula in TeX, which may stand between its delimiters."""
    body = tex.strip()
    for first, last in _DELIMITERS:
        if body.startswith(first) and body.endswith(last):
            body = body[len(first) : -len(last)].strip()
            break
    return plain(f"${body}$") if body else ""


def without_tex(flat: Flat) -> Flat:
    """The text with its TeX formulas as they print; the same one where it has none, or is too long for a caption."""
    text = flat.text
    if ("$" not in text and "\\" not in text) or len(text) > _LONGEST:
        return flat
    found = [(tex.start(), tex.end(), formula_of_tex(tex[tex.lastgroup or 0])) for tex in _BARE.finditer(text)]
    if not found:
        return flat
    ends = [0, *[end for _, end, _ in found]]
    shifts = [0, *accumulate(len(new) - (end - start) for start, end, new in found)]

    def moved(position: int) -> int:
        n = bisect_right(ends, position) - 1
        inside = n < len(found) and found[n][0] < position
        return (found[n][0] if inside else position) + shifts[n]

    pieces = [text[begin:start] + new for begin, (start, _, new) in zip(ends, found, strict=False)]
    return Flat(
        "".join([*pieces, text[ends[-1] :]]),
        tuple((moved(start), moved(end)) for start, end in flat.bold),
        tuple(Link(moved(link.start), moved(link.end), link.target, link.panel) for link in flat.links),
    )
