"""A LaTeX package as a Document."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from omnisci_etl.errors import HostileInput
from omnisci_etl.figures.panels import split_panels
from omnisci_etl.papers.archive import Package
from omnisci_etl.papers.latex.album import Album
from omnisci_etl.papers.latex.analyse import analyse
from omnisci_etl.papers.latex.body import References, paragraphs
from omnisci_etl.papers.latex.expand import Flat, flatten
from omnisci_etl.papers.latex.floats import Draft, Floats, collect
from omnisci_etl.papers.latex.handmade import add_by_hand
from omnisci_etl.papers.latex.source import top_file
from omnisci_etl.papers.latex.structure import Structure
from omnisci_etl.papers.latex.text import plain
from omnisci_etl.papers.mentions import figure_number, find_references, split_label, survey_figures
from omnisci_etl.papers.model import Document, Figure, Mention, Panel, Paragraph

EXTRACTOR = "latex"
VERSION = "1.3.2"
MAX_CAPTION = 50_000

# PLOS gives its title no command of its own.
_TITLE = re.compile(
    r"\\(?:title|Title|icmltitle|papertitle|aistatstitle|ArticleTitle)(?![A-Za-z])\*?|\\textbf\s*\\newline(?=\s*\{)"
)
_ABSTRACT = re.compile(r"\\(?:abstract|abstracts|Abstract)(?![A-Za-z])(?=\s*\{)")
_ABSTRACT_HERE = re.compile(r"\\begin\s*\{abstract\}|\\abstract\s*\{")
_LEADING_LETTER = re.compile(r"^\(?\s*([A-Za-z]|[ivx]{1,4})\s*[).:]\s*")


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
    reading = read(package, all_paragraphs=False)
    figures = tuple(_figures(package, reading))
    found, missing = _meant(reading.paragraphs, figures)
    return Document(
        extractor=EXTRACTOR,
        extractor_version=VERSION,
        title=_title(reading),
        abstract=_abstract(reading),
        figures=tuple(dataclasses.replace(figure, mentions=found[figure.locator]) for figure in figures),
        missing=missing,
    )


def read(package: Package, *, all_paragraphs: bool = True) -> Reading:
    """Flatten and analyse a package; all_paragraphs False: only those that can matter for its figures."""
    flat = flatten(package, top_file(package))
    structure = analyse(flat.text)
    floats = collect(structure, flat.macros)
    add_by_hand(structure, floats)
    references = References(floats, _locators(floats.drafts), flat.macros)
    wanted = all_paragraphs or floats.drafts or not _ABSTRACT_HERE.search(flat.text)
    body = paragraphs(structure, floats, references, all_of_them=all_paragraphs) if wanted else ()
    return Reading(flat, structure, floats, references, tuple(body))


def _meant(
    paragraphs: Sequence[Paragraph], figures: Sequence[Figure]
) -> tuple[dict[str, tuple[Mention, ...]], tuple[str, ...]]:
    """The mentions of each figure without those of other works' figures, and the numbers of figures that are not there.

    Whoever points at a figure with \\ref does not type its number elsewhere: "Figure 2" typed is one of a cited
    paper, or an example, unless links stand around it ("Figs. 1-3" of two links).
    """
    found, missing = survey_figures(paragraphs, figures)
    linked = {link.target for paragraph in paragraphs for link in paragraph.links}
    meant: dict[str, set[str]] = {}
    for paragraph in paragraphs:
        meant.setdefault(paragraph.text, set()).update(_pointed_at(paragraph))
    for figure in figures:
        if figure.locator in linked:
            own = {figure.locator, f"number {figure_number(figure.label)}"}
            found[figure.locator] = tuple(m for m in found[figure.locator] if not own.isdisjoint(meant[m.text]))
    return found, () if linked else missing


def _pointed_at(paragraph: Paragraph) -> Iterator[str]:
    """The figures that links of the paragraph mean, and the numbers between the links of a range."""
    yield from (link.target for link in paragraph.links)
    for reference in find_references(paragraph.text):
        if any(link.start < reference.end and reference.start < link.end for link in paragraph.links):
            yield f"number {reference.number}"


def _locators(drafts: Sequence[Draft]) -> dict[int, str]:
    """id of a draft -> its locator: the first label that no other figure has taken, else figN."""
    found: dict[int, str] = {}
    taken: set[str] = set()
    for ordinal, draft in enumerate(drafts, 1):
        free = next((label for label in draft.labels if label not in taken), None)
        found[id(draft)] = free or next(name for name in _numbered(ordinal) if name not in taken)
        taken.add(found[id(draft)])
    return found


def _numbered(ordinal: int) -> Iterator[str]:
    yield f"fig{ordinal}"
    yield from (f"fig{ordinal}-{n}" for n in range(2, ordinal + 3))


def _figures(package: Package, reading: Reading) -> Iterator[Figure]:
    album = Album(package, reading.structure, reading.flat)
    for ordinal, draft in enumerate(reading.floats.drafts, 1):
        source = reading.structure.source.get(draft.caption).strip()
        if len(source) > MAX_CAPTION:
            raise HostileInput("too-large", f"a caption of {len(source)} characters")
        caption, bold = _caption(reading, draft, source)
        pictures, slug = album.pictures(draft)
        yield Figure(
            locator=reading.references.locators[id(draft)],
            ordinal=ordinal,
            label=_label(draft),
            caption=caption,
            panels=_panels(reading, draft, caption, bold),
            pictures=pictures,
            caption_source=source,
            reject_slug=slug or (None if caption else "no-caption"),
        )


def _label(draft: Draft) -> str:
    """What the caption is printed behind: the authors' word for figures where it sets these apart from the others."""
    if "fig" in draft.number.lower():
        return draft.number
    named = f"{plain(draft.name).strip(' .:')} {draft.number}"
    return named if figure_number(named) not in (None, draft.number) else f"Figure {draft.number}"


def _caption(reading: Reading, draft: Draft, source: str) -> tuple[str, list[tuple[int, int]]]:
    """The caption without a label of its own, and its bold stretches."""
    caption, _, bold = reading.references.caption(source)
    label, behind = split_label(caption)
    if figure_number(label) != draft.number:
        behind = 0
    return caption[behind:], [(start - behind, end - behind) for start, end in bold if start >= behind]


def _panels(reading: Reading, draft: Draft, caption: str, bold: Sequence[tuple[int, int]]) -> tuple[Panel, ...]:
    """The sub-captions, each with what the main caption says of the part; else the panels of the main caption.

    Parts that print a letter and no more are panels too, with no text.
    """
    named = {panel.label: panel.text for panel in split_panels(caption, bold)[1]}
    found: dict[str, str] = {}
    for part in draft.parts:
        if part.caption:
            source = reading.structure.source.get(part.caption)[:MAX_CAPTION]
            text = _LEADING_LETTER.sub("", reading.references.text(source)[0])
            found[part.letter] = text if len(text.strip("().: ")) > 1 else ""
    if not any(found.values()) and (len(named) > 1 or len(found) < 2):
        return tuple(Panel(label, text) for label, text in named.items())
    if set(found) & set(named):
        for label, text in named.items():
            found[label] = f"{found[label]}: {text}" if found.get(label) else text
        found = dict(sorted(found.items())) if all(len(label) == 1 for label in found) else found
    return tuple(Panel(label, text) for label, text in found.items())


def _title(reading: Reading) -> str:
    source = reading.structure.source
    for found in _TITLE.finditer(source.text):
        arg = source.group(source.skip_optionals(found.end(), 1))
        title = plain(source.get(arg)[:MAX_CAPTION], reading.flat.macros)
        if title:
            return title
    return ""


def _abstract(reading: Reading) -> str:
    source = reading.structure.source
    env = next((env for env in reading.structure.envs if env.name.rstrip("*") in ("abstract", "onecolabstract")), None)
    if env:
        return reading.references.text(source.text[env.start : env.end][:MAX_CAPTION])[0].strip()
    found = _ABSTRACT.search(source.text)
    arg = source.group(found.end()) if found else None
    if arg:
        return reading.references.text(source.get(arg)[:MAX_CAPTION])[0].strip()
    return " ".join(p.text for p in reading.paragraphs if p.section.lower().strip(" .:") == "abstract")
