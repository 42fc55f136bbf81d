"""The kind of a figure from the words of its caption and the numbers of its picture.

A multinomial logistic regression on these (and the squares of the latter), its weights in kind_model.yaml, fitted by
tools/fit_kinds.py to figures that people looked at. docs/pictures.md says how often it is right.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

KINDS = (
    "chart", "schematic", "microscopy", "gel", "map", "table-image", "chemical-structure", "photo", "composite",
    "other",
)  # fmt: skip
COMPOSITE_PANELS = 4
_OPENING = 90

# The specific before the general: without a picture, the first kind with the most hits wins.
_WORDS: tuple[tuple[str, str], ...] = (
    (
        "gel",
        r"\b(western blots?|immunoblots?|blot(?:s|ting)?|gels?|(?:SDS-)?PAGE|electrophore\w+|"
        r"RT-PCR|lanes?|zymogra\w+)\b",
    ),
    (
        "microscopy",
        r"\b(micrographs?|photomicrographs?|microscop\w+|S?TEM|SEM|AFM|HAADF|confocal|immunofluorescen\w+|"
        r"fluorescence images?|scale bars?|staining|stained|histolog\w+|histopatholog\w+|morpholog\w+|EBSD|EDS|"
        r"tomogra\w+|magnification|radiographs?|X-ray images?|MRI|bars? ?[=:,])",
    ),
    (
        "map",
        r"\b(maps? (?:of|show\w*)|geographic\w*|locations? of|latitude|longitude|spatial distribution|"
        r"study (?:area|sites?)|satellite|sampling sites?|countr(?:y|ies)|regions? of)\b",
    ),
    ("table-image", r"\b(tabular|tables?|list of|compounds identified|composition of)\b"),
    (
        "chemical-structure",
        r"\b(reaction schemes?|synthe(?:sis|tic route) of|(?:molecular|chemical|crystal) structures?|structures? of|"
        r"structural formulas?|substrate scope|biosynthe\w+|docking|unit cell)\b",
    ),
    (
        "schematic",
        r"\b(schem(?:e|es|atics?)|diagrams?|illustrat\w+|overview of|workflow|architecture|pipeline|sketch|cartoon|"
        r"flow ?charts?|set-?up|concept\w*|framework|pathways?|networks?|mechanisms?|process)\b",
    ),
    ("photo", r"\b(photographs?|photos?|pictures? of|digital images?|appearance|visual)\b"),
    (
        "chart",
        r"\b(plots?|curves?|histograms?|bar (?:charts?|graphs?)|box ?plots?|scatter|heat ?maps?|spectr\w+|versus|vs\.?|"
        r"as a function of|distribution\w*|time course|error bars?|mean ?(?:±|\+/-)|s\.[de]\.m?\.?|dashed lines?|"
        r"solid lines?|fit(?:ted|s)?|axis|axes|comparison of|dependence|performance|accuracy|rates?|n ?= ?\d+|P ?[<=]|"
        r"effects? of|chromatogra\w+|dendrogram|phylogen\w+|values)",
    ),
)  # fmt: skip
_PATTERNS = tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _WORDS)


@dataclass(frozen=True, slots=True)
class Kind:
    """One of KINDS, and how probable it is; None where only the words of the caption were at hand."""

    name: str
    confidence: float | None


def classify(caption: str, panels: int, statistics: Mapping[str, float] | None) -> Kind:
    """The kind of a figure with that caption, so many panels in it, and a picture of these numbers (None: none)."""
    if statistics is None:
        return Kind(kind_of(caption, panels), None)
    chances = probabilities({**words(caption, panels), **statistics})
    name = max(chances, key=lambda kind: chances[kind])
    return Kind(name, round(chances[name], 4))


def probabilities(features: Mapping[str, float]) -> dict[str, float]:
    """How probable each kind is by the fitted model; features as words() and statistics() give them."""
    model = _model()
    scaled = _scaled([features[name] for name in model["features"]], model["scaling"])
    squares = [value * value for name, value in zip(model["features"], scaled, strict=True) if has_square(name)]
    inputs = [1.0, *scaled, *_scaled(squares, model["scaling_of_squares"])]
    scores = {
        kind: math.fsum(weight * value for weight, value in zip(row, inputs, strict=True))
        for kind, row in model["weights"].items()
    }
    top = max(scores.values())
    shares = {kind: math.exp(score - top) for kind, score in scores.items()}
    total = math.fsum(shares.values())
    return {kind: share / total for kind, share in shares.items()}


def _scaled(values: Sequence[float], scaling: Mapping[str, Sequence[float]]) -> list[float]:
    numbers = zip(values, scaling["mean"], scaling["scale"], strict=True)
    return [max(-4.0, min(4.0, (value - mean) / scale)) for value, mean, scale in numbers]


def has_square(feature: str) -> bool:
    """Whether the model takes the square of a feature too: of the picture's numbers, whose middle can tell most."""
    return not feature.startswith(("words_", "opens_", "panels", "kinds_"))


def words(caption: str, panels: int) -> dict[str, float]:
    """What the caption says of the kind: hits of each kind's words (in all and at its start), panels, kinds named."""
    hits = {kind: len(pattern.findall(caption)) for kind, pattern in _PATTERNS}
    found = {f"words_{kind}": math.log1p(count) for kind, count in hits.items()}
    opening = {f"opens_{kind}": float(bool(pattern.search(caption[:_OPENING]))) for kind, pattern in _PATTERNS}
    named = sum(count > 0 for count in hits.values())
    features = found | opening | {"panels": math.log1p(panels), "kinds_named": float(named)}
    return {name: round(value, 4) for name, value in features.items()}


def kind_of(caption: str, panels: int) -> str:
    """The kind by words alone: that with most words in the caption, composite for many panels of several kinds."""
    hits = [(len(pattern.findall(caption)), kind) for kind, pattern in _PATTERNS]
    best, kind = max(hits, key=lambda hit: hit[0])
    if best == 0:
        return "other"
    strong = [one for count, one in hits if count * 2 >= best]
    return "composite" if panels >= COMPOSITE_PANELS and len(strong) >= 2 else kind


@cache
def _model() -> dict[str, Any]:
    model: dict[str, Any] = yaml.safe_load(files("omnisci_etl.figures").joinpath("kind_model.yaml").read_text("utf-8"))
    return model
