"""The kind of a figure from the words of its caption and the numbers of its picture.

A multinomial logistic regression on these (and the squares of the latter), its weights in kind_model.yaml, fitted by
tools/fit_kinds.py to figures that were looked at one by one. docs/pictures.md says how often it is right.
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
        r"\b(western[- ]blot\w*|immuno-?blot\w*|blot(?:s|ting|ted)?|gels?|(?:SDS-)?PAGE|electrophore(?:sis|tic)|RT-PCR|"
        r"PCR (?:products?|amplif\w+)|lanes?|zymogra\w+|thin[- ]layer|TLC|EMSA|kDa|molecular[- ]weight markers?)\b",
    ),
    (
        "microscopy",
        r"\b(micrographs?|photomicrographs?|microscop\w+|S?TEM|SEM|AFM|HAADF|confocal|immunofluorescen\w+|"
        r"fluorescen(?:t|ce) images?|scale bars?|staining|stained|stains?|ha?ematoxylin|H ?& ?E|immunohistochem\w+|"
        r"histolog\w+|histopatholog\w+|morpholog\w+|EBSD|EDS|(?:micro)?tomogra\w+|CTA?|magnification|"
        r"(?:radio|angio|mammo|sono)gra(?:m|ph|phy|phs|ms|phic)|ultraso\w+|(?:chest )?X-rays?(?: images?| findings?)|"
        r"chest X-rays?|MRI|MR imag\w+|T[12]-weighted|PET|endoscop\w+|bars? ?[=:,])",
    ),
    (
        "map",
        r"\b(maps? (?:of|show\w*|depict\w*|with)|geographic\w*|locations? (?:of|in)|"
        r"(?:study|survey|field|sampling) (?:areas?|sites?|regions?|stations?|locations?)|latitude|longitude|"
        r"spatial distribution|satellite|countr(?:y|ies)|regions? of|worldwide|global distribution|provinces?|"
        r"districts?|municipalit\w+|count(?:y|ies)|national park)\b",
    ),
    (
        "table-image",
        r"\b(tabular|tables?|list of|compounds identified|composition of|checklists?|questionnaires?|"
        r"risk of bias summary|schedule of|calendar|diary)\b",
    ),
    (
        "chemical-structure",
        r"\b(reaction schemes?|synthe(?:sis|tic routes?) of|substrate scope|biosynthe\w+|docking|unit cells?|"
        r"(?:molecular|chemical|crystal|optimi[sz]ed|X-ray) structures?|structures? of|structural formulas?|"
        r"thermal ellipsoids?|ORTEP|orbitals?|isomers?|conformations?|conformers?|atoms?|ligands?|"
        r"binding (?:modes?|sites?|pockets?)|residues?|moiet(?:y|ies)|derivatives?)\b",
    ),
    (
        "schematic",
        r"\b(schem(?:e|es|as?|atic\w*)|diagrams?|illustrat\w+|overview of|workflow|architecture|pipeline|sketch|"
        r"cartoon|flow[- ]?(?:charts?|diagrams?)|PRISMA|CONSORT|set-?up|concept\w*|framework|pathways?|networks?|"
        r"mechanisms?|process|procedures?|algorithms?)\b",
    ),
    (
        "photo",
        r"\b(photographs?|photographic|photos?|pictures? of|digital images?|appearance|visual|macroscopic|"
        r"intra-?oral|intra-?operative|"
        r"(?:clinical|gross|facial|frontal) (?:pictures?|views?|aspects?|images?|findings?))\b",
    ),
    (
        "chart",
        r"\b(plots?|curves?|histograms?|bar (?:charts?|graphs?)|pie charts?|box ?plots?|scatter|heat ?maps?|spectr\w+|"
        r"versus|vs\.?|as a function of|distribution\w*|time course|error bars?|mean ?(?:±|\+/-)|s\.[de]\.m?\.?|"
        r"dashed lines?|solid lines?|fit(?:ted|s)?|axis|axes|comparison of|dependence|performance|accuracy|rates?|"
        r"n ?= ?\d+|P ?[<=]|effects? of|chromatogra\w+|dendrogram|phylogen\w+|values|number of|percent\w*|"
        r"proportions?|incidence|correlation\w*|confidence intervals?|forest|funnel|meta-analys\w+|average\w*|"
        r"estimate\w*|changes? in|levels?|concentrations?)",
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
