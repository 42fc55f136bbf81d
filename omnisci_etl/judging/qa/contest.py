"""Captioners compared: the captions of each for the same figures, to be examined by the same questions and models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import Connection

from omnisci_etl.captions.routes import Routes
from omnisci_etl.context import Context
from omnisci_etl.errors import ConfigError
from omnisci_etl.hashing import sha256_hex
from omnisci_etl.judging import subjects
from omnisci_etl.judging.evidence import Candidate
from omnisci_etl.judging.qa import ledger, outside
from omnisci_etl.judging.qa.roles import Roles, cast
from omnisci_etl.judging.qa.steps import MAX_CAPTION, Sitter
from omnisci_etl.ledger.database import Ledger, sql

_SQL = "omnisci_etl.judging.qa.sql"


@dataclass(frozen=True, slots=True)
class Entry:
    """Who is compared: models of the routes file, files of captions as NAME=PATH, and the authors' own captions."""

    models: Sequence[str] = ()
    files: Sequence[str] = ()
    authors: bool = False


AUTHORS = "authors"


@dataclass(frozen=True, slots=True)
class Captioner:
    """One who is compared.

    captions: by figure the id of the caption, in the ledger or outside of it; texts: of captions from elsewhere.
    """

    name: str
    family: str
    captions: Mapping[int, int]
    texts: Mapping[int, ledger.Outside] | None = None

    @property
    def figures(self) -> frozenset[int]:
        """The figures that it captioned."""
        return frozenset(self.captions if self.texts is None else self.texts)


@dataclass(frozen=True, slots=True)
class Contest:
    """Captioners, the figures that all of them captioned, and the models that examine all of them."""

    captioners: Sequence[Captioner]
    figures: Sequence[int]
    roles: Roles

    def sitters(self, context: Context, figures: Sequence[int]) -> list[Sitter]:
        """Everybody's captions of these figures."""
        ours = [one.captions[f] for one in self.captioners if one.texts is None for f in figures]
        with context.ledger.begin() as connection:
            loaded = subjects.load(connection, ours)
        return [
            *(Sitter(one.figure_id, text_of(one.candidate), caption_id=one.caption_id) for one in loaded),
            *(
                Sitter(f, one.texts[f].body, outside_id=one.captions[f])
                for one in self.captioners if one.texts is not None for f in figures
            ),
        ]  # fmt: skip


def hold(context: Context, routes: Routes, entry: Entry, limit: int | None) -> Contest:
    """Brings captioners together; captions from elsewhere are stored. Raises ConfigError where that cannot be done."""
    with context.ledger.begin() as connection:
        captioners, figures, roles = _together(connection, routes, entry, limit)
        outside_of = [one.texts[f] for one in captioners if one.texts is not None for f in figures]
        ledger.store_outside(connection, outside_of, context.run.key)
        return Contest(_numbered(connection, captioners, figures), figures, roles)


def find(opened: Ledger, routes: Routes, entry: Entry, limit: int | None) -> Contest:
    """The contest as hold brought it together, with nothing stored."""
    with opened.begin() as connection:
        captioners, figures, roles = _together(connection, routes, entry, limit)
        return Contest(_numbered(connection, captioners, figures), figures, roles)


def text_of(candidate: Candidate) -> str:
    """A caption as an answerer reads it: its body, then a line for each panel."""
    return "\n".join(text if name == "body" else f"{name}: {text}" for name, text in candidate.parts)[:MAX_CAPTION]


def _together(
    connection: Connection, routes: Routes, entry: Entry, limit: int | None
) -> tuple[list[Captioner], list[int], Roles]:
    captioners = [
        *(_of_model(connection, routes, name) for name in dict.fromkeys(entry.models)),
        *(_of_file(connection, given) for given in entry.files),
        *([_of_authors(connection)] if entry.authors else []),
    ]
    names = [one.name for one in captioners]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ConfigError(f"two of the captioners are named {twice[0]!r}: give each file a name of its own")
    if not captioners:
        raise ConfigError("nobody is named to be compared: use --model, --captions NAME=FILE or --authors")
    shared = frozenset.intersection(*(one.figures for one in captioners))
    if not shared:
        told = ", ".join(f"{one.name} ({len(one.figures)} figures)" for one in captioners)
        raise ConfigError(f"there is no figure that all of these have captioned: {told}")
    # In an order that has nothing to do with the figures, so that the first of them are a sample.
    figures = sorted(shared, key=lambda figure: sha256_hex(str(figure)))[:limit]
    return captioners, figures, cast(routes, {one.family for one in captioners if one.family})


def _numbered(connection: Connection, captioners: Sequence[Captioner], figures: Sequence[int]) -> list[Captioner]:
    """The captioners with the ids of their captions from elsewhere, as far as these are stored."""
    numbered = []
    for one in captioners:
        if one.texts is not None:
            ids = ledger.outside_ids(connection, [one.texts[figure] for figure in figures])
            one = replace(one, captions={caption.figure_id: number for caption, number in ids.items()})
        numbered.append(one)
    return numbered


def _of_model(connection: Connection, routes: Routes, name: str) -> Captioner:
    if name not in routes.models:
        raise ConfigError(f"there is no model {name!r} in the routes file: use one of {', '.join(routes.models)}")
    spec = routes.models[name]
    parameters = {"provider": spec.provider, "requested": spec.model}
    rows = connection.execute(sql(_SQL, "captions_of_model"), parameters)
    return Captioner(name, routes.family_of(name), {row.figure_id: row.caption_id for row in rows})


def _of_file(connection: Connection, given: str) -> Captioner:
    name, _, path = given.partition("=")
    if not (name and path):
        raise ConfigError(f"{given!r}: a file of captions needs the name of its captioner: write NAME=FILE.jsonl")
    captions = outside.read(connection, name, Path(path).expanduser())
    families = sorted({one.family for one in captions if one.family})
    if len(families) > 1:
        raise ConfigError(f"{name}: its captions are of several families ({', '.join(families)}): split the file")
    return Captioner(name, "".join(families), {}, {one.figure_id: one for one in captions})


def _of_authors(connection: Connection) -> Captioner:
    rows = connection.execute(sql(_SQL, "author_captions"))
    texts = {row.figure_id: ledger.Outside(row.figure_id, AUTHORS, "", row.author_caption) for row in rows}
    return Captioner(AUTHORS, "", {}, texts)
