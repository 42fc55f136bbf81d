"""A LaTeX package as a Document."""

from __future__ import annotations

import dataclasses
import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from omnisci_etl.errors import HostileInput
from omnisci_etl.figures.panels import split_panels
from omnisci_etl.papers.archive import Package
from omnisci_etl.papers.latex import names
from omnisci_etl.papers.latex.body import References, paragraphs
from omnisci_etl.papers.latex.expand import Flat, expand_text, flatten
from omnisci_etl.papers.latex.floats import Draft, Floats, collect
from omnisci_etl.papers.latex.source import TEX_EXTENSIONS, top_file
from omnisci_etl.papers.latex.structure import Structure, analyse
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
        figures=tuple(dataclasses.replace(figure, mentions=found[figure.locator]) for figure in figures),
    )


def read(package: Package) -> Reading:
    """Flatten and analyse a package."""
    flat = flatten(package, top_file(package))
    structure = analyse(flat.text)
    floats = collect(structure)
    floats.drafts = [draft for draft in floats.drafts if not _is_table(structure, draft)]
    references = References(floats, _locators(floats.drafts), flat.macros)
    return Reading(flat, structure, floats, references, tuple(paragraphs(structure, floats, references)))


def _is_table(structure: Structure, draft: Draft) -> bool:
    """Whether a figure environment holds only a table, an algorithm or a listing."""
    if draft.pictures or draft.drawn:
        return False
    return any(env.name in names.TABULARS and draft.start <= env.start < draft.end for env in structure.envs)


def _locators(drafts: Sequence[Draft]) -> dict[int, str]:
    """id of a draft -> its locator: the first label that no other figure has taken, else figN."""
    found: dict[int, str] = {}
    for ordinal, draft in enumerate(drafts, 1):
        taken = found.values()
        free = next((label for label in draft.labels if label not in taken), None)
        found[id(draft)] = free or next(name for name in _numbered(ordinal) if name not in taken)
    return found


def _numbered(ordinal: int) -> Iterator[str]:
    yield f"fig{ordinal}"
    yield from (f"fig{ordinal}-{n}" for n in range(2, ordinal + 3))


def _figures(package: Package, reading: Reading) -> Iterator[Figure]:
    album = _Album(package, reading)
    for ordinal, draft in enumerate(reading.floats.drafts, 1):
        source = reading.structure.source.get(draft.caption).strip()
        if len(source) > MAX_CAPTION:
            raise HostileInput("too-large", f"a caption of {len(source)} characters")
        caption, _ = reading.references.text(source)
        pictures, slug = album.pictures(draft)
        yield Figure(
            locator=reading.references.locators[id(draft)],
            ordinal=ordinal,
            label=f"Figure {draft.number}",
            caption=caption,
            panels=_panels(reading, draft, caption),
            pictures=pictures,
            caption_source=source,
            reject_slug=slug or (None if caption else "no-caption"),
        )


def _panels(reading: Reading, draft: Draft, caption: str) -> tuple[Panel, ...]:
    """The sub-captions; where they say nothing but their letters, the panels that the main caption names."""
    found: list[Panel] = []
    for part in draft.parts:
        source = reading.structure.source.get(part.caption)[:MAX_CAPTION]
        text = _LEADING_LETTER.sub("", reading.references.text(source)[0])
        if len(text.strip("().: ")) > 1:
            found.append(Panel(part.letter, text))
    return tuple(found) if found else split_panels(caption)[1]


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


class _Album:
    """Finds the files that the picture commands of a paper name."""

    def __init__(self, package: Package, reading: Reading) -> None:
        self.package = package
        self.macros = reading.flat.macros
        folders = [
            folder
            for event in reading.structure.of_kind("folders")
            for folder in _FOLDER.findall(event.value) or [event.value]
        ]
        base = reading.flat.picture_folders
        self.folders = [*base, *(posixpath.join(base[0], folder) for folder in folders), *folders]

    def pictures(self, draft: Draft) -> tuple[tuple[Picture, ...], str | None]:
        """The pictures of a figure, each file once, and the reason why there are none."""
        found: dict[str, Picture] = {}
        reasons: list[str] = []
        for event in draft.pictures:
            name = self._find(event.value)
            if name in self.package.names:
                shown = name + event.option
                found.setdefault(shown, Picture(shown, self.package.read(name)))
            else:
                reasons.append("picture-too-large" if name in self.package.skipped else "picture-missing")
        if found:
            return tuple(found.values()), None
        if draft.drawn:
            return (), "picture-unsupported"
        return (), reasons[0] if reasons else "no-picture"

    def _find(self, raw: str) -> str:
        """The member that a picture command names; the bare name where there is none."""
        name = _SPOILED.sub("", expand_text(raw, self.macros)).strip()
        for wanted in (name, posixpath.splitext(name)[0]):
            for folder in self.folders:
                found = self.package.find(posixpath.join(folder, wanted)) if wanted else None
                if found and not found.lower().endswith(TEX_EXTENSIONS):
                    return self._converted(found)
        return posixpath.normpath(name)

    def _converted(self, name: str) -> str:
        """Beside an EPS file there may be the PDF that the authors' own run made of it."""
        stem, extension = posixpath.splitext(name)
        twin = f"{stem}-eps-converted-to.pdf"
        return twin if extension.lower() in (".eps", ".ps") and twin in self.package.names else name
