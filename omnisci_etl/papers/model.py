"""What a parser hands back: a document with its figures, their captions, panels and mentions.

Text fields hold plain Unicode with white space collapsed to single blanks and no markup; character
offsets (Link, bold spans) count code points of that text.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple


class Link(NamedTuple):
    """A link in a paragraph that points at a figure: text[start:end] is its anchor.

    target is the locator of the figure (Figure.locator); panel the label of the panel where the link
    itself names one (a LaTeX \\ref to a sub-figure), else "" and the panel, if any, stands in the text.
    """

    start: int
    end: int
    target: str
    panel: str = ""


class Paragraph(NamedTuple):
    """A paragraph of the body (never a caption), with the title of the section it stands in."""

    text: str
    section: str = ""
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Panel:
    """A lettered part of a figure: label as the caption prints it ("a", "B", "ii"), text its part of the caption."""

    label: str
    text: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A body paragraph that names the figure; sentence is the first sentence of it that does so.

    namings: how often it does; a list or range that holds the figure is one, and so is each link to it.
    """

    text: str
    section: str
    panels: tuple[str, ...]
    sentence: str = ""
    namings: int = 1


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of a figure: name as the document gives it (href, file name in the package); data where at hand."""

    name: str
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A numbered figure of the paper. Tables, schemes without a figure number and algorithms are not figures.

    locator: unique in the document and stable over parses (an id, else "figN").
    ordinal: 1-based place in the document.
    pictures: in document order; several where the authors set several files side by side.
    page (1-based) and bbox (x0, y0, x1, y1 in points, origin top left): PDF only.
    reject_slug: set where the parser itself finds that the figure cannot be used.
    """

    locator: str
    ordinal: int
    label: str
    caption: str
    panels: tuple[Panel, ...] = ()
    mentions: tuple[Mention, ...] = ()
    pictures: tuple[Picture, ...] = ()
    caption_source: str = ""
    page: int | None = None
    bbox: tuple[float, float, float, float] | None = None
    reject_slug: str | None = None


@dataclass(frozen=True, slots=True)
class Related:
    """A paper that this one corrects, retracts or comments on; kind as JATS names it."""

    kind: str
    doi: str


@dataclass(frozen=True, slots=True)
class Document:
    """One parsed document. None or "" means that the document does not say.

    article_type: "research-article", "correction", "retraction", "comment", "review", "other".
    license_uri: the licence of this article as the document states it in its rights section.
    subjects: subject names or publisher codes ("/639/638/403"), as found.
    missing: numbers of own figures that the text names and the document does not hold.
    """

    extractor: str
    extractor_version: str
    title: str = ""
    abstract: str = ""
    doi: str | None = None
    article_type: str = "research-article"
    published_on: date | None = None
    license_uri: str | None = None
    authors: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    related: tuple[Related, ...] = ()
    figures: tuple[Figure, ...] = ()
    missing: tuple[str, ...] = ()


def clean(text: str | Iterable[str]) -> str:
    """Text with every run of white space (no-break and thin blanks too) as one blank, control characters dropped."""
    joined = text if isinstance(text, str) else "".join(text)
    kept = "".join(c if c.isprintable() or c.isspace() else "" for c in joined)
    return " ".join(kept.split())
