"""Rectangles on a page, and the lines and boxes of text that fill them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

BOLD, NOT_BOLD = "\ue000", "\ue001"


class Rect(NamedTuple):
    """A rectangle in points, origin top left."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def width(self) -> float:
        """Its extent in x."""
        return self.x1 - self.x0

    @property
    def height(self) -> float:
        """Its extent in y."""
        return self.y1 - self.y0

    @property
    def area(self) -> float:
        """Its area, 0 where it is turned inside out."""
        return max(self.width, 0.0) * max(self.height, 0.0)

    def holds_middle(self, other: Rect) -> bool:
        """Whether the middle of other lies inside."""
        x, y = (other.x0 + other.x1) / 2, (other.y0 + other.y1) / 2
        return self.x0 <= x <= self.x1 and self.y0 <= y <= self.y1

    def overlap_x(self, other: Rect) -> float:
        """Length of the common stretch in x, negative for a gap."""
        return min(self.x1, other.x1) - max(self.x0, other.x0)

    def overlap_y(self, other: Rect) -> float:
        """Length of the common stretch in y, negative for a gap."""
        return min(self.y1, other.y1) - max(self.y0, other.y0)

    def union(self, other: Rect) -> Rect:
        """The least rectangle around both."""
        return Rect(min(self.x0, other.x0), min(self.y0, other.y0), max(self.x1, other.x1), max(self.y1, other.y1))


def union(rects: Iterable[Rect]) -> Rect:
    """The least rectangle around all."""
    first, *rest = rects
    for rect in rest:
        first = first.union(rect)
    return first


@dataclass(eq=False)
class Line:
    """A line of text as set: size and font are those of most of it.

    marked: the text with BOLD and NOT_BOLD around its short bold stretches, "" where it has none.
    """

    rect: Rect
    text: str
    size: float
    font: str = ""
    marked: str = ""


@dataclass(eq=False)
class Box:
    """A region of the page by the layout model, with the lines that stand in it; kind as the model names it."""

    rect: Rect
    kind: str
    lines: list[Line] = field(default_factory=list)
