"""The rubric that captions are judged by: its dimensions, what each mark means, and how marks make one number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from omnisci_etl.hashing import canonical_sha256

LOWEST, HIGHEST = 1, 5
FACTUAL = "factual_accuracy"
PANELS = "panel_coverage"


@dataclass(frozen=True, slots=True)
class Dimension:
    """One question of the rubric; marks says what each mark means."""

    name: str
    question: str
    weight: float
    marks: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Rubric:
    """A rubric; sha256 is the hash of all of its content, so a changed word is another rubric."""

    name: str
    version: str
    dimensions: tuple[Dimension, ...]
    content: Mapping[str, Any]
    sha256: str

    def as_text(self) -> str:
        """The rubric as a judge reads it."""
        blocks = []
        for dimension in self.dimensions:
            marks = "\n".join(f"  {mark}: {said}" for mark, said in sorted(dimension.marks.items(), reverse=True))
            blocks.append(f"{dimension.name}: {dimension.question}\n{marks}")
        return "\n".join(blocks)

    def overall(self, marks: Mapping[str, int], *, has_panels: bool) -> float:
        """One number from 0 to 1: the weighted mean of (mark - 1) / 4, but no more than factual accuracy has by itself.

        What is false is not made good by its style. Panel coverage counts only where the evidence names panels.
        """
        counted = [d for d in self.dimensions if d.name != PANELS or has_panels]
        total = sum(dimension.weight for dimension in counted)
        mean = sum(dimension.weight * unit(marks[dimension.name]) for dimension in counted) / total
        return min(mean, unit(marks[FACTUAL]))


def unit(mark: float) -> float:
    """A mark on the scale from 0 to 1."""
    return (mark - LOWEST) / (HIGHEST - LOWEST)


@cache
def load() -> Rubric:
    """The rubric of the package."""
    resource = files("omnisci_etl.judging.judge").joinpath("rubric.yaml")
    content = yaml.safe_load(resource.read_text(encoding="utf-8"))
    dimensions = tuple(Dimension(name, **fields) for name, fields in content["dimensions"].items())
    return Rubric(content["name"], content["version"], dimensions, content, canonical_sha256(content))
