"""The kind of a figure from the words of its caption."""

from __future__ import annotations

import re

# The first kind with the most hits wins; order settles ties, the specific before the general.
_WORDS: tuple[tuple[str, str], ...] = (
    ("gel", r"\b(western blots?|immunoblots?|blots?|gels?|SDS-PAGE|electrophores\w+)\b"),
    (
        "microscopy",
        r"\b(micrographs?|microscop\w+|S?TEM|SEM|AFM|HAADF|confocal|immunofluorescen\w+|fluorescence images?|"
        r"scale bars?|staining|stained|histolog\w+|EBSD|tomogra\w+)\b",
    ),
    ("map", r"\b(maps? of|geographic\w*|locations? of|latitude|longitude|spatial distribution|study area|satellite)\b"),
    (
        "chemical-structure",
        r"\b(reaction schemes?|synthe(?:sis|tic route) of|molecular structures?|crystal structures?|substrate scope)\b",
    ),
    (
        "schematic",
        r"\b(schematics?|diagrams?|illustrat\w+|overview of|workflow|architecture|pipeline|sketch|cartoon|"
        r"flow ?charts?|set-?up|concept\w*|framework|model architecture)\b",
    ),
    ("photo", r"\b(photographs?|photos?|pictures? of)\b"),
    (
        "chart",
        r"\b(plots?|curves?|histograms?|bar (?:charts?|graphs?)|box ?plots?|scatter|heat ?maps?|spectr\w+|versus|vs\.?|"
        r"as a function of|distribution\w*|time course|error bars?|mean ?(?:±|\+/-)|s\.[de]\.m?\.?|dashed lines?|"
        r"solid lines?|fit(?:ted|s)?|axis|axes|comparison of|dependence|performance|accuracy|rates?|n ?= ?\d+|P ?[<=])",
    ),
)  # fmt: skip
_PATTERNS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _WORDS)
COMPOSITE_PANELS = 4
KINDS = (*(kind for kind, _ in _WORDS), "composite", "other")


def kind_of(caption: str, panels: int) -> str:
    """One of KINDS: the kind with most words in the caption, composite for many panels of several kinds, else other."""
    hits = [(len(pattern.findall(caption)), kind) for kind, pattern in _PATTERNS]
    best, kind = max(hits, key=lambda hit: hit[0])
    if best == 0:
        return "other"
    strong = [one for count, one in hits if count * 2 >= best]
    return "composite" if panels >= COMPOSITE_PANELS and len(strong) >= 2 else kind
