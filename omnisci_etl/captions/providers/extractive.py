"""The captioner without a model: the paper's own sentences about the figure, made to stand alone.

An honest baseline: it adds nothing, sees no picture, and gives the same text for the same evidence for ever. A change
of what it says needs a new MODEL name or a new version of the prompt `extractive`, whose template says what it does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from omnisci_etl.captions.drafts import Draft
from omnisci_etl.captions.evidence import Evidence
from omnisci_etl.captions.pointers import names_figure, rewrite
from omnisci_etl.papers.mentions import sentences

MODEL = "extractive-1"
MAX_SENTENCES = 12
MAX_MENTIONS = 3_000
MAX_SOURCE = 20_000
_END = re.compile(r"[.!?][)\]\"”’']*$")
_WORD = re.compile(r"[^\W\d_]{2}")


def compose(evidence: Evidence) -> Draft:
    """The caption of a figure; its body is empty where the paper says nothing that could stand alone."""
    label = evidence.label
    said = list(_own_words(evidence.author_caption, label))
    body = [*said, *_mentioned(evidence, {sentence.casefold() for sentence in said})]
    panels = [(panel.label, " ".join(_own_words(panel.text, label))) for panel in evidence.panels]
    return Draft.of(" ".join(body), panels)


def _own_words(text: str, label: str) -> Iterator[str]:
    """The sentences of a caption that stand alone; where none does, all of them with the pointers in words."""
    made = [rewrite(sentence, label, resolve=True) for sentence in _sentences(text)]
    kept = [sentence for sentence, leans in made if not leans and _WORD.search(sentence)]
    for sentence in kept or [sentence for sentence, _ in made if _WORD.search(sentence)]:
        yield _closed(sentence)


def _mentioned(evidence: Evidence, known: set[str]) -> Iterator[str]:
    """Sentences that name the figure and stand alone, each once, up to MAX_SENTENCES."""
    count, room = 0, MAX_MENTIONS
    for mention in evidence.mentions:
        for sentence in _sentences(mention.text):
            if count == MAX_SENTENCES:
                return
            if not names_figure(sentence, evidence.label):
                continue
            text, leans = rewrite(sentence, evidence.label, resolve=True)
            text = _closed(text)
            if leans or not _WORD.search(text) or text.casefold() in known or len(text) > room:
                continue
            known.add(text.casefold())
            count, room = count + 1, room - len(text)
            yield text


def _sentences(text: str) -> Iterator[str]:
    text = text[:MAX_SOURCE]
    for start, end in sentences(text):
        yield text[start:end]


def _closed(sentence: str) -> str:
    """The sentence with a full stop, so that the next one does not run into it."""
    return sentence if _END.search(sentence) else sentence.rstrip(" ,;:–-") + "."
