"""From the content of a paper to figures with pictures: parse the best document, gather what it points at."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from omnisci_etl.errors import BadInput
from omnisci_etl.figures.images import LoadedPicture, compose, load_picture
from omnisci_etl.figures.look import Look, look_at
from omnisci_etl.papers import registry
from omnisci_etl.papers.mentions import figure_number
from omnisci_etl.papers.model import Document, Figure, Picture
from omnisci_etl.sources.base import Content, SourceDocument

# Notices about other papers: what figures they hold belong to the paper that they are about.
NOTICES = frozenset({"correction", "retraction"})
MIN_CAPTION_WORDS = 1
MAX_MISSING = 100


@dataclass(frozen=True, slots=True)
class ReadFigure:
    """A figure with its loaded picture; originals are the files as served that the picture was made of."""

    figure: Figure
    picture: LoadedPicture | None
    originals: tuple[LoadedPicture, ...]
    reject_slug: str | None
    look: Look | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of a paper's content. faults: (document kind, slug, message) of documents that could not be read."""

    outcome: str
    document: Document | None
    source: SourceDocument | None
    figures: tuple[ReadFigure, ...]
    faults: tuple[tuple[str, str, str], ...]
    cross_check: dict[str, int]


def read(content: Content) -> Reading:
    """Reads the best document that can be read; faults of the others are kept. Never raises BadInput."""
    if not content.documents:
        return Reading(content.outcome or "no-full-text", None, None, (), (), {})
    parsed, faults = _parse_all(content.documents)
    if not parsed:
        return Reading(faults[0][1], None, content.documents[0], (), tuple(faults), {})
    source, document = parsed[0]
    cross_check: dict[str, int] = {kind.kind: len(other.figures) for kind, other in parsed}
    if document.article_type in NOTICES:
        return Reading("not-an-article", document, source, (), tuple(faults), cross_check)
    if len(parsed) > 1:
        document = with_pictures_of(document, parsed[1][1])
    figures = (*(_read_figure(figure, content.picture) for figure in document.figures), *_missing(document))
    return Reading("extracted" if figures else "no-figures", document, source, figures, tuple(faults), cross_check)


def _parse_all(
    documents: Iterable[SourceDocument],
) -> tuple[list[tuple[SourceDocument, Document]], list[tuple[str, str, str]]]:
    parsed: list[tuple[SourceDocument, Document]] = []
    faults: list[tuple[str, str, str]] = []
    for source in documents:
        try:
            parsed.append((source, registry.parse(source.kind, source.data)))
        except BadInput as error:
            faults.append((source.kind, error.slug, str(error)[:500]))
    return parsed, faults


def with_pictures_of(document: Document, package: Document) -> Document:
    """The document with the pictures that the author's package holds for the same figure numbers.

    A rendered page shows the authors' pictures converted and scaled down; the package has the originals,
    and in one download. A figure whose number the package lacks keeps its own pictures.
    """
    by_number = {figure_number(f.label): f for f in package.figures if any(p.data for p in f.pictures)}
    figures = []
    for figure in document.figures:
        other = by_number.get(figure_number(figure.label))
        if other is None:
            figures.append(figure)
            continue
        slug = None if figure.reject_slug in ("no-picture", "picture-missing") else figure.reject_slug
        figures.append(dataclasses.replace(figure, pictures=other.pictures, reject_slug=slug))
    return dataclasses.replace(document, figures=tuple(figures))


def _missing(document: Document) -> Iterator[ReadFigure]:
    """A rejected figure for each that the text names and the document lacks, so that all figures are accounted for."""
    for ordinal, number in enumerate(document.missing[:MAX_MISSING], len(document.figures) + 1):
        yield ReadFigure(Figure(f"missing-{number}", ordinal, f"Fig. {number}", ""), None, (), "figure-missing")


def _read_figure(figure: Figure, fetch: Callable[[str], bytes]) -> ReadFigure:
    if figure.reject_slug:
        return ReadFigure(figure, None, (), figure.reject_slug)
    if not figure.pictures:
        return ReadFigure(figure, None, (), "no-picture")
    try:
        loaded = tuple(load_picture(_bytes_of(one, fetch), name=one.name) for one in figure.pictures)
        picture = loaded[0] if len(loaded) == 1 else compose(loaded)
        look = look_at(picture.bytes_)
    except BadInput as error:
        return ReadFigure(figure, None, (), error.slug)
    slug = None if len(figure.caption.split()) >= MIN_CAPTION_WORDS else "no-caption"
    return ReadFigure(figure, picture, loaded, slug, look)


def _bytes_of(picture: Picture, fetch: Callable[[str], bytes]) -> bytes:
    return picture.data if picture.data is not None else fetch(picture.name)
