"""Prompts: files with a version and a content hash, and how evidence is put into them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar
from xml.sax.saxutils import escape, quoteattr

import yaml
from sqlalchemy import Connection

from omnisci_etl.captions.evidence import Evidence
from omnisci_etl.captions.pointers import rewrite
from omnisci_etl.errors import ConfigError
from omnisci_etl.hashing import canonical_sha256
from omnisci_etl.ledger.database import dumps, sql

FIGURE_CAPTION = "figure-caption"
EXTRACTIVE = "extractive"

# Characters of the paper that a prompt holds at most: in all, and of each part. Author caption and panels come first,
# mentions fill what is left in the order of the paper.
MAX_TOTAL = 24_000
MAX_TITLE = 300
MAX_CAPTION = 8_000
MAX_PANELS = 8_000
MAX_MENTION = 3_000
CUT = " […]"
T = TypeVar("T")
# What the hash of a prompt covers.
KEYS = ("name", "version", "purpose", "system", "template", "output_schema")


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt; sha256 is the hash of everything else in it, so a changed prompt is another one."""

    name: str
    version: str
    purpose: str
    system: str
    template: str
    output_schema: Mapping[str, Any]
    sha256: str


@cache
def load(name: str) -> Prompt:
    """The prompt of the file `name`.yaml in the package. Raises ConfigError where there is none or it lacks a part."""
    resource = files("omnisci_etl.captions").joinpath("prompts", f"{name}.yaml")
    if not resource.is_file():
        raise ConfigError(f"there is no prompt {name!r}")
    return parse(yaml.safe_load(resource.read_text(encoding="utf-8")), name)


def parse(content: Any, name: str) -> Prompt:
    """A prompt from the content of its file."""
    if not isinstance(content, dict) or set(content) != set(KEYS):
        raise ConfigError(f"prompt {name!r}: it must hold exactly {', '.join(KEYS)}")
    return Prompt(**content, sha256=canonical_sha256(content))


def register(connection: Connection, prompt: Prompt, run_key: int) -> None:
    """Writes the prompt's row, once for each content."""
    parameters = {
        "prompt_sha256": prompt.sha256, "name": prompt.name, "version": prompt.version, "purpose": prompt.purpose,
        "system": prompt.system, "template": prompt.template, "output_schema": dumps(prompt.output_schema),
        "run_key": run_key,
    }  # fmt: skip
    connection.execute(sql("omnisci_etl.captions.sql", "insert_prompt"), parameters)


def render(prompt: Prompt, evidence: Evidence) -> str:
    """The user text of a request: the template with the evidence as escaped, delimited data.

    Every character of the paper is escaped, so no text can close or open an element. What points to other figures,
    tables, sections or works is taken out or named in words, so the only figure number in it is the figure's own.
    """
    return prompt.template.replace("{evidence}", "\n".join(_lines(evidence)))


def _lines(evidence: Evidence) -> Iterator[str]:
    room = MAX_TOTAL
    yield f"<figure label={quoteattr(evidence.label[:60])}>"
    for tag, text, most in (
        ("paper-title", evidence.title, MAX_TITLE),
        ("author-caption", evidence.author_caption, MAX_CAPTION),
    ):
        cut = clipped(_neutral(text, evidence), most)
        room -= len(cut)
        yield from _element(tag, {}, cut)
    panels = _within(((p, _neutral(p.text, evidence)) for p in evidence.panels), MAX_PANELS, MAX_PANELS)
    for panel, text in panels:
        room -= len(text)
        # A panel that the authors only letter is to be described all the same.
        yield from _element("panel", {"label": panel.label[:20]}, text, always=bool(panel.label))
    for mention, text in _within(((m, _neutral(m.text, evidence)) for m in evidence.mentions), room, MAX_MENTION):
        section = _element("section", {}, " ".join(mention.section.split())[:120])
        yield from _element("mention", {"panels": ",".join(mention.panels)[:120]}, text, inner=section)
    yield "</figure>"


def _neutral(text: str, evidence: Evidence) -> str:
    return rewrite(text[:MAX_TOTAL], evidence.label, resolve=False)[0]


def _within(items: Iterable[tuple[T, str]], room: int, most: int) -> Iterator[tuple[T, str]]:
    """Items while there is room for their text; the last is cut, and those after it are left out."""
    for item, text in items:
        if room <= len(CUT):
            return
        cut = clipped(text, min(most, room))
        room -= len(cut)
        yield item, cut


def clipped(text: str, most: int) -> str:
    """The text, or as many whole words of it as `most` characters hold, with a mark of the cut."""
    return text if len(text) <= most else text[: most - len(CUT)].rsplit(" ", 1)[0] + CUT


def start_tag(tag: str, attributes: Mapping[str, str]) -> str:
    """A start tag; attributes without a value are left out, and none can close it."""
    named = "".join(f" {name}={quoteattr(value)}" for name, value in attributes.items() if value)
    return f"<{tag}{named}>"


def _element(
    tag: str, attributes: Mapping[str, str], text: str, *, always: bool = False, inner: Iterable[str] = ()
) -> Iterator[str]:
    """The lines of an element; `inner` are those of what stands in it before its text."""
    if text or always:
        yield start_tag(tag, attributes)
        yield from inner
        yield escape(text)
        yield f"</{tag}>"
