"""The sample papers as data, and the small inline markup of their text.

Markup: **bold**, *italic*, ~sub~, ^sup^, and [[1a]], [[1a,b]], [[1a-c]], [[1;3]], [[1L]], [[1R]] for a mention of
figure 1's panel a, panels a and b, panels a to c, of figures 1 and 3, and of the left or right part of figure 1.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml

CONTENT = Path(__file__).with_name("content")
NOTE = (
    "This is a synthetic sample paper. It was written for the demo of the omnisci_etl project; "
    "its authors are invented and its data were simulated."
)
JOURNAL = "Sample Communications"
SIDES = {"L": "left", "R": "right"}
_TOKEN = re.compile(
    r"\[\[(?P<ref>[^\]]+)\]\]|\*\*(?P<bold>.+?)\*\*|\*(?P<italic>.+?)\*|~(?P<sub>.+?)~|\^(?P<sup>.+?)\^"
)


@dataclass(frozen=True)
class Ref:
    """One figure of a mention: its number, its panels in order, and how they are joined ("," or "-")."""

    number: int
    panels: tuple[str, ...] = ()
    side: str = ""
    ranged: bool = False

    @property
    def suffix(self) -> str:
        """The panels as journals print them after the number: "a, b", "a–c"."""
        return "–".join((self.panels[0], self.panels[-1])) if self.ranged else ", ".join(self.panels)


@dataclass(frozen=True)
class Figure:
    """A figure: names of its drawings, its caption in parts, and the paragraph after which it stands."""

    number: int
    pictures: tuple[str, ...]
    title: str
    after: tuple[int, int]
    panels: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    name: str = ""
    layout: str = "single"
    encoder: str = "png"
    third_party: bool = False


@dataclass(frozen=True)
class Section:
    """A section; file is where a LaTeX package keeps it."""

    title: str
    paragraphs: tuple[str, ...]
    file: str = ""


@dataclass(frozen=True)
class Paper:
    """A sample paper, independent of the format it is written in; fields as in content/*.yaml."""

    id: str
    format: str
    path: str
    title: str
    authors: tuple[tuple[str, str], ...]
    published_on: str
    license: str
    disciplines: tuple[str, ...]
    sections: tuple[Section, ...]
    figures: tuple[Figure, ...]
    abstract: str = ""
    doi: str = ""
    number: int = 0
    arxiv_id: str = ""
    article_type: str = "research-article"
    corrects: str = ""
    caption_title: bool = True
    style: str = ""
    columns: int = 1
    subjects: tuple[str, ...] = ()
    arxiv_categories: tuple[str, ...] = ()
    table: Mapping[str, Any] | None = None

    def figures_after(self, section: int, paragraph: int) -> list[Figure]:
        """The figures that stand after a paragraph."""
        return [f for f in self.figures if f.after == (section, paragraph)]

    def mentions(self, number: int) -> list[tuple[str, ...]]:
        """For each body paragraph that names the figure: the panels it names."""
        found = []
        for section in self.sections:
            for paragraph in section.paragraphs:
                named = [ref for ref in refs_in(paragraph) if ref.number == number]
                if named:
                    found.append(tuple(dict.fromkeys(p for ref in named for p in ref.panels)))
        return found


@dataclass(frozen=True)
class Dialect:
    """How one format writes the markup: escape plain text, wrap styled text, write a mention."""

    escape: Callable[[str], str]
    styles: Mapping[str, Callable[[str], str]]
    refs: Callable[[Sequence[Ref]], str]

    def render(self, text: str) -> str:
        """The text in the format."""
        out, position = [], 0
        for match in _TOKEN.finditer(text):
            out.append(self.escape(text[position : match.start()]))
            kind = str(match.lastgroup)
            out.append(
                self.refs(parse_refs(match[kind])) if kind == "ref" else self.styles[kind](self.escape(match[kind]))
            )
            position = match.end()
        return "".join([*out, self.escape(text[position:])])


@cache
def template(name: str) -> str:
    """A file of templates/, for str.format."""
    return (CONTENT.parent / "templates" / name).read_text(encoding="utf-8")


def parse_refs(text: str) -> list[Ref]:
    """The figures that a mention names."""
    found = []
    for item in text.split(";"):
        number, rest = re.fullmatch(r"(\d+)(.*)", item.strip()).groups()  # type: ignore[union-attr]
        if rest in SIDES:
            found.append(Ref(int(number), side=SIDES[rest]))
        elif "-" in rest:
            first, last = rest.split("-")
            found.append(Ref(int(number), tuple(map(chr, range(ord(first), ord(last) + 1))), ranged=True))
        else:
            found.append(Ref(int(number), tuple(p for p in rest.split(",") if p)))
    return found


def refs_in(text: str) -> list[Ref]:
    """Every figure that a paragraph names."""
    return [ref for match in _TOKEN.finditer(text) if match["ref"] for ref in parse_refs(match["ref"])]


def load() -> list[Paper]:
    """All sample papers, by path."""
    return sorted((_paper(path) for path in CONTENT.glob("*.yaml")), key=lambda paper: paper.path)


def _paper(path: Path) -> Paper:
    raw: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    raw["id"] = path.stem
    raw["published_on"] = str(raw["published_on"])
    raw["authors"] = tuple(map(tuple, raw["authors"]))
    raw["sections"] = tuple(
        Section(s["title"], tuple(p.strip() for p in s["paragraphs"]), s.get("file", "")) for s in raw["sections"]
    )
    raw["figures"] = tuple(
        Figure(number=n, **{**f, "pictures": tuple(f["pictures"]), "after": tuple(f["after"])})
        for n, f in enumerate(raw["figures"], start=1)
    )
    for key in ("disciplines", "subjects", "arxiv_categories"):
        raw[key] = tuple(raw.get(key, ()))
    return Paper(**raw)
