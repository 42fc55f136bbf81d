"""What scorers are given: a caption and everything that the paper says about its figure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

# Texts come from papers and models: no scorer reads further than this, whatever it is given.
MAX_PART = 20_000
MAX_EVIDENCE = 200_000
MAX_PANELS = 100
# Of body and panels together.
MAX_CAPTION = 200_000

# Shorter ones ("Scale bar.") are not worth a look.
_SHORTEST_QUOTE = 24
_BREAK = re.compile(r"(?<=[.!?;])\s+")


@dataclass(frozen=True)
class Evidence:
    """What the paper says about a figure.

    panel_labels: as the author caption prints them ("a", "B", "ii"); empty where it names none.
    mentions: the paragraphs of the body that name the figure. label: the figure's own ("Fig. 1").
    image_sha256: its picture in the blob store; picture_text: what was read off it, one string a line.
    """

    author_caption: str
    panel_labels: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    kind: str = ""
    label: str = ""
    title: str = ""
    image_sha256: str = ""
    picture_text: str = ""

    @property
    def texts(self) -> tuple[str, ...]:
        """Author caption, mentions and title: the texts that a statement can rest on, empty ones left out."""
        return tuple(text for text in (self.author_caption, *self.mentions, self.title) if text)

    @cached_property
    def text(self) -> str:
        """All evidence texts, one a line, cut at MAX_EVIDENCE characters."""
        return "\n".join(self.texts)[:MAX_EVIDENCE]


@dataclass(frozen=True)
class Candidate:
    """A caption to be scored: its body, its panels as (label, text), and the evidence of its figure.

    finish_reason is the vendor's word on how the answer ended, "" where none asked a vendor.
    """

    body: str
    panels: tuple[tuple[str, str], ...]
    evidence: Evidence
    finish_reason: str = ""

    @cached_property
    def unquoted(self) -> Candidate:
        """The caption with blanks where whole sentences stand in the evidence letter by letter: the rest is its own.

        Where it quotes none this very object.
        """
        text = self.evidence.text
        panels = tuple((label, _unquoted(part, text)) for label, part in self.panels[:MAX_PANELS])
        body = _unquoted(self.body, text)
        if body == self.body and panels == self.panels[:MAX_PANELS]:
            return self
        return Candidate(body, panels, self.evidence, self.finish_reason)

    def parts(self) -> Iterator[tuple[str, str]]:
        """("body", text), then ("panel LABEL", text) for each panel.

        Each text is cut at MAX_PART characters, and those behind the first MAX_CAPTION of all are left out.
        """
        text = self.body[:MAX_PART]
        room = MAX_CAPTION - len(text)
        yield "body", text
        for label, text in self.panels[:MAX_PANELS]:
            if room <= 0:
                return
            text = text[: min(MAX_PART, room)]
            room -= len(text)
            yield f"panel {label[:20]}", text


def _unquoted(text: str, evidence: str) -> str:
    """The text, every sentence of some length that the evidence holds replaced by as many blanks, but for the last."""
    if len(text) < _SHORTEST_QUOTE:
        return text
    pieces = []
    start = 0
    for end in (*(match.end() for match in _BREAK.finditer(text[:MAX_PART])), len(text)):
        sentence = text[start:end]
        quoted = len(sentence) >= _SHORTEST_QUOTE and sentence.rstrip() in evidence
        pieces.append(" " * len(sentence) if quoted else sentence)
        start = end
    return "".join(pieces).rstrip()
