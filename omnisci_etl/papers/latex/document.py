"""A LaTeX package as a Document."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from omnisci_etl.errors import HostileInput
from omnisci_etl.figures.panels import split_panels
from omnisci_etl.papers.archive import Package
from omnisci_etl.papers.latex.body import References, paragraphs
from omnisci_etl.papers.latex.expand import Flat, expand_text, flatten
from omnisci_etl.papers.latex.floats import Draft, Floats, collect
from omnisci_etl.papers.latex.scan import Source
from omnisci_etl.papers.latex.source import top_file
from omnisci_etl.papers.latex.structure import Event, Structure, analyse
from omnisci_etl.papers.latex.text import plain
from omnisci_etl.papers.mentions import mentions
from omnisci_etl.papers.model import Document, Figure, Panel, Paragraph, Picture

EXTRACTOR = "latex"
VERSION = "1.0.0"
MAX_CAPTION = 50_000

_TITLE = re.compile(r"\\(?:title|Title|icmltitle|papertitle|aistatstitle|ArticleTitle)(?![A-Za-z])\*?")
_ABSTRACT = re.compile(r"\\(?:abstract|abstracts|Abstract)(?![A-Za-z])(?=\s*\{)")
_FOLDER = re.compile(r"\{([^{}]*)\}")
_LEADING_LETTER = re.compile(r"^\(?\s*([A-Za-z]|[ivx]{1,4})\s*[).:]\s*")
_SPOILED = re.compile(r'["{}]|\\(?:detokenize|string|unexpanded|expandafter)\s*')


@dataclass
class Reading:
    """A paper as read, before it becomes a Document: what tests and other readers look into."""

    flat: Flat
    structure: Structure
    floats: Floats
    references: References
    paragraphs: tuple[Paragraph, ...]


def parse(package: Package) -> Document:
    """The figures of a LaTeX paper, with their pictures out of the package.

    Raises BadInput("no-document-class") without a top-level file and HostileInput("too-large") over the caps.
    """
    reading = read(package)
    figures = tuple(_figures(package, reading))
    found = mentions(reading.paragraphs, {figure.locator: figure.label for figure in figures})
    return Document(
        extractor=EXTRACTOR,
        extractor_version=VERSION,
        title=_title(reading),
        abstract=_abstract(reading),
        figures=tuple(_with_mentions(figure, found[figure.locator]) for figure in figures),
    )


def read(package: Package) -> Reading:
    """Flatten and analyse a package."""
    flat = flatten(package, top_file(package))
    structure = analyse(flat.text)
    floats = collect(structure)
    floats.drafts = [draft for draft in floats.drafts if not _is_table(structure, draft)]
    references = References(floats, _locators(floats.drafts), flat.macros)
    return Reading(flat, structure, floats, references, tuple(paragraphs(structure, floats, references)))
