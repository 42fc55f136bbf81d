"""The discipline taxonomy: from a paper's metadata to its disciplines, and from a discipline to what to harvest."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cached_property, lru_cache
from importlib import resources
from typing import Any, Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from omnisci_etl.errors import ConfigError

EvidenceKind = Literal["arxiv-category", "publisher-code", "subject", "openalex-field"]
_CODE = re.compile(r"\s*(?:(?:631|639|692|70[46])|/\d+)(?:/\d+)*\s*")
_LONGEST_NAME = 200
UNKNOWN = "unknown"
"""What a caller stores for a paper that no evidence classifies; never a discipline of the taxonomy."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """A discipline of a paper and the piece of metadata that first put it there; evidence as the paper gives it."""

    discipline: str
    evidence_kind: EvidenceKind
    evidence: str
    primary: bool


class _Found(NamedTuple):
    discipline: str
    kind: EvidenceKind
    evidence: str
    further: bool
    """The evidence has its home elsewhere."""
    weight: int = 2


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Discipline(_Strict):
    """A discipline; slug is its name everywhere else, the other fields are described in taxonomy.yaml."""

    slug: str = Field(pattern=r"^[a-z]+(-[a-z]+)*$")
    title: str
    words: tuple[str, ...] = ()
    arxiv: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    broad: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    openalex_fields: tuple[str, ...] = ()


class ArxivScheme(_Strict):
    """arXiv's groups, archives and categories, as far as set names and completeness need them."""

    groups: dict[str, tuple[str, ...]]
    categories: dict[str, tuple[str, ...]]
    closed: dict[str, str] = {}

    @cached_property
    def group_of(self) -> Mapping[str, str]:
        """The group of each archive."""
        return {archive: group for group, archives in self.groups.items() for archive in archives}

    @cached_property
    def all(self) -> tuple[str, ...]:
        """Every category that a new paper can carry ("cs.CL", "hep-th")."""
        return tuple(name for archive in self.group_of for name in self.under(archive))

    def under(self, entry: str) -> tuple[str, ...]:
        """The categories of an archive; of anything else the entry itself."""
        return tuple(f"{entry}.{leaf}" for leaf in self.categories.get(entry, ())) or (entry,)

    def set_spec(self, entry: str) -> str:
        """The OAI-PMH set of an archive or category: cs -> cs, cs.CL -> cs:cs:CL, hep-th -> physics:hep-th."""
        archive, _, leaf = entry.partition(".")
        group = self.group_of[archive]
        if group == entry and len(self.groups[group]) == 1:
            return group
        return ":".join(part for part in (group, archive, leaf) if part)


class Taxonomy(_Strict):
    """The validated taxonomy; version is stored with each assignment."""

    version: str = Field(pattern=r"^\d{4}\.\d{2}(\.\d+)?$")
    disciplines: tuple[Discipline, ...]
    weak: tuple[str, ...] = ()
    arxiv: ArxivScheme

    @model_validator(mode="after")
    def _consistent(self) -> Taxonomy:
        _no_duplicates("discipline", [d.slug for d in self.disciplines])
        for field in ("arxiv", "words", "subjects", "broad", "codes", "openalex_fields"):
            _no_duplicates(field, [_key(field, value) for d in self.disciplines for value in getattr(d, field)])
        if stray := {e for d in self.disciplines for e in d.arxiv} - {*self.arxiv.all, *self.arxiv.group_of}:
            raise ValueError(f"not arXiv categories: {sorted(stray)}")
        if homeless := [c for c in self.arxiv.all if self._arxiv_home(c) is None]:
            raise ValueError(f"arXiv categories without a discipline: {homeless}")
        known = {slugify(name) for d in self.disciplines for name in d.subjects}
        named = {*self.weak, *(name for d in self.disciplines for name in d.also)}
        if stray := {name for name in named if slugify(name) not in known}:
            raise ValueError(f"'also' and 'weak' name subjects that have no home: {sorted(stray)}")
        return self

    @property
    def names(self) -> tuple[str, ...]:
        """The slugs, in the order of the file."""
        return tuple(d.slug for d in self.disciplines)

    def require(self, slug: str) -> Discipline:
        """The discipline of that slug; ConfigError that names the closest ones where there is none."""
        for discipline in self.disciplines:
            if discipline.slug == slug:
                return discipline
        close = get_close_matches(slugify(slug), self.names, n=3, cutoff=0.5)
        hint = f"did you mean {' or '.join(close)}?" if close else f"known are: {', '.join(self.names)}"
        raise ConfigError(f"unknown discipline {slug!r}: {hint}")

    def classify(
        self,
        *,
        arxiv_categories: Iterable[str] = (),
        subjects: Iterable[str] = (),
        codes: Iterable[str] = (),
        openalex_fields: Iterable[str] = (),
    ) -> tuple[Assignment, ...]:
        """Disciplines of a paper, the primary first; () where nothing matches, and the caller stores UNKNOWN.

        Kinds of evidence count in the order arXiv categories, publisher codes, subjects, OpenAlex fields. arXiv
        names the primary category first; codes and subjects come in no meaningful order, so there the discipline
        that most of them call home is the first, terms of objects and techniques counting half. Subjects may be
        names or slugs, and also what documents print in their place: arXiv categories and codes. A subject that the
        taxonomy does not list goes by its words. An OpenAlex name
        that is not one of its fields is tried as a subject.
        """
        arxiv_categories, codes, openalex_fields = list(arxiv_categories), list(codes), list(openalex_fields)
        names: list[str] = []
        for subject in subjects:
            (codes if _CODE.fullmatch(subject) else arxiv_categories if self._is_category(subject) else names).append(
                subject
            )
        found = [
            *self._found("arxiv-category", arxiv_categories, self._arxiv_homes),
            *_by_votes(self._found("publisher-code", codes, self._code_homes)),
            *_by_votes(self._found("subject", names, self._subject_homes)),
            *self._found("openalex-field", openalex_fields, self._field_homes),
        ]
        found = found or [
            *self._found("subject", names, self._broad_homes),
            *self._found("openalex-field", openalex_fields, self._broad_homes),
        ]
        firsts: dict[str, tuple[EvidenceKind, str]] = {}
        for one in sorted(found, key=lambda f: f.further):
            firsts.setdefault(one.discipline, (one.kind, one.evidence))
        return tuple(Assignment(home, *why, primary=i == 0) for i, (home, why) in enumerate(firsts.items()))

    def arxiv_sets(self, slug: str) -> tuple[str, ...]:
        """OAI-PMH set specs that together hold the discipline; () where arXiv has nothing of it.

        An archive whose categories all belong to the discipline is one set. Papers are cross-listed, so a set also
        holds papers whose primary discipline is another.
        """
        specs: list[str] = []
        for entry in self.require(slug).arxiv:
            mine = [c for c in self.arxiv.under(entry) if self._arxiv_home(c) == slug]
            whole = len(mine) == len(self.arxiv.under(entry))
            specs += [self.arxiv.set_spec(c) for c in ([entry] if whole else mine)]
        return tuple(specs)

    @cached_property
    def _index(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        """Per kind of entry: its key -> slugs of its disciplines, home first."""
        index: dict[str, dict[str, tuple[str, ...]]] = {}
        for field in ("arxiv", "words", "subjects", "also", "broad", "codes", "openalex_fields"):
            table = index.setdefault("subjects" if field == "also" else field, {})
            for discipline in self.disciplines:
                for value in getattr(discipline, field):
                    table[_key(field, value)] = (*table.get(_key(field, value), ()), discipline.slug)
        return index

    def _arxiv_home(self, category: str) -> str | None:
        category = self.arxiv.closed.get(category, category)
        table = self._index["arxiv"]
        homes = table.get(category) or table.get(category.partition(".")[0])
        return homes[0] if homes else None

    def _arxiv_homes(self, category: str) -> tuple[str, ...]:
        home = self._arxiv_home(category.strip())
        return (home,) if home else ()

    def _is_category(self, subject: str) -> bool:
        return bool(self._arxiv_homes(subject)) and slugify(subject) not in self._index["subjects"]

    def _subject_homes(self, name: str) -> tuple[str, ...]:
        slug = slugify(name)
        if homes := self._index["subjects"].get(slug):
            return homes
        return () if slug in self._index["broad"] else self._homes_by_words(slug[:_LONGEST_NAME].split("-"))

    def _homes_by_words(self, words: list[str]) -> tuple[str, ...]:
        table = self._index["words"]
        beginnings = ((word[:n] for n in range(len(word), 1, -1) if word[:n] in table) for word in words)
        homes = Counter(table[longest][0] for found in beginnings if (longest := next(found, None)))
        return tuple(home for home, _ in homes.most_common(1))

    def _broad_homes(self, name: str) -> tuple[str, ...]:
        return self._index["broad"].get(slugify(name), ())

    def _field_homes(self, name: str) -> tuple[str, ...]:
        return self._index["openalex_fields"].get(slugify(name)) or self._subject_homes(name)

    def _code_homes(self, code: str) -> tuple[str, ...]:
        parts = code.strip().strip("/").split("/")
        prefixes = ("/" + "/".join(parts[:n]) for n in range(len(parts), 0, -1))
        return next((homes for p in prefixes if (homes := self._index["codes"].get(p))), ())

    @cached_property
    def _weak(self) -> frozenset[str]:
        return frozenset(map(slugify, self.weak))

    def _found(
        self, kind: EvidenceKind, values: Iterable[str], homes_of: Callable[[str], tuple[str, ...]]
    ) -> list[_Found]:
        return [
            _Found(home, kind, value, i > 0, 1 if slugify(value) in self._weak else 2)
            for value in values
            for i, home in enumerate(homes_of(value))
        ]


def _by_votes(found: list[_Found]) -> list[_Found]:
    votes: Counter[str] = Counter()
    for one in found:
        votes[one.discipline] += 0 if one.further else one.weight
    return sorted(found, key=lambda f: -votes[f.discipline])


def _key(field: str, value: str) -> str:
    return value if field in {"arxiv", "codes"} else slugify(value)


def _no_duplicates(what: str, keys: list[str]) -> None:
    if twice := sorted(key for key, n in Counter(keys).items() if n > 1):
        raise ValueError(f"{what} listed twice: {twice}")


def slugify(name: str) -> str:
    """The slug that nature.com gives a subject: "Surfaces, interfaces & films" -> surfaces-interfaces-and-films."""
    plain = name.lower().replace("&", " and ").replace("'", "").replace("’", "")
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def parse(text: str) -> Taxonomy:
    """A taxonomy from YAML; ConfigError with the first thing that is wrong with it."""
    try:
        raw: Any = yaml.safe_load(text)
        raw["disciplines"] = [{"slug": slug, **body} for slug, body in raw["disciplines"].items()]
        return Taxonomy.model_validate(raw)
    except (yaml.YAMLError, ValidationError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(f"the taxonomy cannot be used: {error}") from error


@lru_cache(maxsize=1)
def load() -> Taxonomy:
    """The taxonomy that ships with the package, read once per process."""
    return parse(resources.files("omnisci_etl").joinpath("taxonomy.yaml").read_text(encoding="utf-8"))
