"""What scorers are given: a caption and everything that the paper says about its figure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

# Texts come from papers and models: no scorer reads further than this, whatever it is given.
MAX_PART = 20_000
MAX_EVIDENCE = 200_000
MAX_PANELS = 100
# Of body and panels together.
MAX_CAPTION = 200_000

# Captions of one figure share texts of panels, and within one caption panels do: what scorers find in a part by itself
# they remember for so many texts.
REMEMBERED = 512

# Shorter ones ("Scale bar.") are not worth a look.
SHORTEST_QUOTE = 24
_BREAK = re.compile(r"(?<=[.!?;])\s+")


def bare_label(label: str) -> str:
    """A panel's label without what may be printed around it, in small letters: "(A)." is "a"."""
    return label.lower().strip("(). ")


@dataclass(frozen=True)
class Evidence:
    """What the paper says about a figure.

    panel_labels: as the author caption prints them ("a", "B", "ii"); empty where it names none.
    panel_texts: what it says of each, in the same order; empty where that is not known, and is read out of it.
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
    panel_texts: tuple[str, ...] = ()

    @cached_property
    def _panels(self) -> Mapping[str, str]:
        return dict(zip(map(bare_label, self.panel_labels), self.panel_texts, strict=False))

    def said_of(self, part: str) -> str:
        """What the author says of the panel that a part of a caption ("panel a") is the entry of; "" where none is."""
        label = part.removeprefix("panel ")
        return self._panels.get(bare_label(label), "") if label != part else ""

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

    @property
    def unquoted(self) -> Candidate:
        """The caption with blanks where whole sentences stand in the evidence letter by letter: the rest is its own.

        Where it quotes none this very object.
        """
        return self._sides[0]

    @property
    def quoted(self) -> Candidate:
        """The caption with blanks for all that unquoted has."""
        return self._sides[1]

    @cached_property
    def _sides(self) -> tuple[Candidate, Candidate]:
        sides = [_sides(text, self.evidence.text) for _, text in self.parts]
        own, quoted = (self._with(texts) for texts in zip(*sides, strict=True))
        is_quoting = quoted.body or any(text for _, text in quoted.panels)
        return (own if is_quoting else self), quoted

    def _with(self, texts: Sequence[str]) -> Candidate:
        """The same caption with other texts for body and panels."""
        labels = [label for label, _ in self.panels]
        panels = tuple(zip(labels, texts[1:], strict=False))
        return Candidate(texts[0], panels, self.evidence, self.finish_reason)

    @cached_property
    def parts(self) -> tuple[tuple[str, str], ...]:
        """("body", text), then ("panel LABEL", text) for each panel.

        Each text is cut at MAX_PART characters, and those behind the first MAX_CAPTION of all are left out.
        """
        text = self.body[:MAX_PART]
        room = MAX_CAPTION - len(text)
        parts = [("body", text)]
        for label, text in self.panels[:MAX_PANELS]:
            if room <= 0:
                break
            text = text[: min(MAX_PART, room)]
            room -= len(text)
            parts.append((f"panel {label[:20]}", text))
        return tuple(parts)


@lru_cache(maxsize=REMEMBERED)
def _sides(text: str, evidence: str) -> tuple[str, str]:
    """The text with blanks for every sentence of some length that the evidence holds, and with blanks for all others.

    Neither ends with blanks.
    """
    if len(text) < SHORTEST_QUOTE:
        return text, ""
    own: list[str] = []
    quoted: list[str] = []
    start = 0
    for end in (*(match.end() for match in _BREAK.finditer(text)), len(text)):
        sentence = text[start:end]
        is_quoted = len(sentence) >= SHORTEST_QUOTE and sentence.rstrip() in evidence
        (quoted if is_quoted else own).append(sentence)
        (own if is_quoted else quoted).append(" " * len(sentence))
        start = end
    return "".join(own).rstrip(), "".join(quoted).rstrip()
