"""The files of a package that the picture commands of a paper name."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from omnisci_etl.papers.archive import PICTURE_EXTENSIONS, Package
from omnisci_etl.papers.latex import names
from omnisci_etl.papers.latex.expand import Flat, expand_text
from omnisci_etl.papers.latex.floats import Draft
from omnisci_etl.papers.latex.source import TEX_EXTENSIONS
from omnisci_etl.papers.latex.structure import Event, Structure
from omnisci_etl.papers.model import Picture

_FOLDER = re.compile(r"\{([^{}]*)\}")
_SPOILED = re.compile(r'["{}]|\\(?:detokenize|string|unexpanded|expandafter|relax)(?![A-Za-z])\s*|\\(?=_)')
_NUMBERED = re.compile(r"(?:.*[^a-z])?f(?:ig(?:ure|s)?)?[-_. ]?0*(?P<number>\d{1,3})[-_. ]?[a-z]?")
_SPACE = re.compile(r"\\space(?![A-Za-z])\s*|~")


class Album:
    """Finds pictures as TeX would: exact name, then with an extension, in the folders that the paper names.

    Where that fails, the one file of that name anywhere in the package: a path that only the authors' class knows.
    Of a paper that shows no picture, with its figures sent apart from the text, those that bear the figure's number.
    """

    def __init__(self, package: Package, structure: Structure, flat: Flat) -> None:
        self.package = package
        self.macros = flat.macros
        folders: list[str] = []
        declared: list[str] = []
        for event in structure.of_kind("folders", "extensions"):
            value = expand_text(event.value, flat.macros, tight=True)
            if event.kind == "folders":
                folders += _FOLDER.findall(value) or [value]
            else:
                declared += [extension.strip() for extension in value.split(",")]
        base = flat.picture_folders
        self.folders = list(dict.fromkeys((*base, *(posixpath.join(base[0], folder) for folder in folders), *folders)))
        known = (extension for extension in declared if extension.lower() in PICTURE_EXTENSIONS)
        self.extensions = tuple(dict.fromkeys((*known, *PICTURE_EXTENSIONS)))
        self.by_stem: dict[str, list[str]] = {}
        for name in package.names:
            stem, extension = posixpath.splitext(posixpath.basename(name).casefold())
            if extension in PICTURE_EXTENSIONS:
                self.by_stem.setdefault(stem, []).append(name)
        shown = any(structure.of_kind("picture", "drawing"))
        self.apart: dict[str, list[str]] = {} if shown else self._apart()

    def _apart(self) -> dict[str, list[str]]:
        """The files that are named for the number of a figure, by it: fig1.eps, f02a.ps."""
        found: dict[str, list[str]] = {}
        for stem, files in sorted(self.by_stem.items()):
            numbered = _NUMBERED.fullmatch(stem)
            if numbered and len(files) == 1:
                found.setdefault(numbered["number"], []).append(self._converted(files[0]))
        return found

    def pictures(self, draft: Draft) -> tuple[tuple[Picture, ...], str | None]:
        """The pictures of a figure, each file once, and the reason why there are none."""
        found: dict[str, Picture] = {}
        reasons: list[str] = []
        for event in draft.pictures:
            name = self._find(event)
            if name in self.package.names:
                layer = any(env.name in names.DRAWINGS for env in event.env.chain())
                shown = name if layer else name + event.option
                found.setdefault(shown, Picture(shown, self.package.read(name)))
            elif not event.starred:
                reasons.append("picture-too-large" if name in self.package.skipped else "picture-missing")
        if found:
            return tuple(found.values()), None
        if draft.drawn:
            return (), "picture-unsupported"
        if draft.number in self.apart:
            return tuple(Picture(name, self.package.read(name)) for name in self.apart[draft.number]), None
        return (), reasons[0] if reasons else "no-picture"

    def _find(self, event: Event) -> str:
        """The member that a picture command names; the bare name where there is none."""
        raw = _SPACE.sub(" ", expand_text(event.value, self.macros, tight=True))
        name = posixpath.normpath(_SPOILED.sub("", raw).strip().replace("\\", "/") or "?")
        for wanted in self._names(name, made=event.starred):
            for folder in self.folders:
                found = self.package.find(posixpath.join(folder, wanted), self.extensions)
                if found and not found.lower().endswith(TEX_EXTENSIONS):
                    return self._converted(found)
        return self._anywhere(name) or name

    def _names(self, name: str, *, made: bool) -> Iterator[str]:
        stem, extension = posixpath.splitext(name)
        if extension.lower() not in (*PICTURE_EXTENSIONS, *TEX_EXTENSIONS):
            stem = name
        if made:
            yield f"svg-inkscape/{posixpath.basename(stem)}_svg-tex.pdf"
            yield f"{stem}_svg-tex.pdf"
            yield f"{stem}.pdf"
        yield name
        yield stem

    def _anywhere(self, name: str) -> str | None:
        base = posixpath.basename(name).casefold()
        stem, extension = posixpath.splitext(base)
        if extension not in PICTURE_EXTENSIONS:
            stem = base
        found = self.by_stem.get(stem, [])
        exact = [one for one in found if posixpath.basename(one).casefold() == base]
        only = exact or found
        return self._converted(only[0]) if len(only) == 1 else None

    def _converted(self, name: str) -> str:
        """Beside an EPS file there may be the PDF that the authors' own run made of it."""
        stem, extension = posixpath.splitext(name)
        twin = f"{stem}-eps-converted-to.pdf"
        return twin if extension.lower() in (".eps", ".ps") and twin in self.package.names else name
