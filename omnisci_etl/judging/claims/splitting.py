"""From a caption to statements that can be checked one by one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

from omnisci_etl.judging.claims.matching import Source, normal
from omnisci_etl.judging.evidence import Candidate
from omnisci_etl.judging.numbers import Key, find_quantities, grounds, offered
from omnisci_etl.papers.sentences import sentences

MAX_CLAIMS = 60
MAX_CLAIM = 600
MIN_WORDS = 3
_CLAUSE = re.compile(r";\s+|,\s+(?=(?:while|whereas|but)\b)", re.IGNORECASE)
# Where a panel's part of an author caption begins: "… grains. b Diameters of", "… films. (c, d) Maps".
_PANEL = re.compile(r"(?<=[.;:])\s+(?=\(?[a-z](?: ?[,–-] ?[a-z]){0,20}\)?[,:.]?\s+[A-Z0-9])")
_LINKS = re.compile(r"^(?:while|whereas|but|and)\s+", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]{2,}")

Method = Literal["model", "sentences"]


@dataclass(frozen=True, slots=True)
class Claim:
    """A statement of a caption. span is the caption's own wording that it rests on."""

    n: int
    text: str
    span: str


@dataclass(frozen=True, slots=True)
class Split:
    """The claims of a caption. dropped: how many statements of a model were not used, by reason.

    added: how many clauses of the caption no statement of the model rested on, and which became claims as they stand.
    """

    claims: tuple[Claim, ...]
    method: Method
    dropped: Mapping[str, int] = field(default_factory=dict)
    added: int = 0


def by_sentences(candidate: Candidate) -> Split:
    """Every clause of body and panels as a claim, each wording once, MAX_CLAIMS at most. It needs no model."""
    clauses = islice(_clauses(candidate), MAX_CLAIMS)
    return Split(tuple(Claim(n, text, span) for n, (text, span) in enumerate(clauses, 1)), "sentences")


def clauses_of(text: str) -> Iterator[str]:
    """The clauses of a text that are long enough to state something.

    These are its sentences, cut where a panel's part begins, at semicolons and at contrasts.
    """
    for start, end in sentences(text):
        for clause in (clause for part in _PANEL.split(text[start:end]) for clause in _CLAUSE.split(part)):
            stated = clause.strip()
            if len(_WORD.findall(stated)) >= MIN_WORDS:
                yield stated[:MAX_CLAIM]


def _clauses(candidate: Candidate) -> Iterator[tuple[str, str]]:
    """(claim, its wording in the caption), each wording once; a claim of a panel's text says which panel."""
    seen: set[str] = set()
    for part, text in candidate.parts:
        for span in clauses_of(text):
            key = normal(span)
            if key not in seen:
                seen.add(key)
                said = _LINKS.sub("", span)
                yield (said if part == "body" else f"{part[0].upper()}{part[1:]}: {said}"), span


def of_answer(content: Mapping[str, Any], candidate: Candidate) -> Split:
    """The statements of a model's answer that the caption makes, and the clauses that it left out.

    A statement is dropped where its span does not stand in the caption (ungrounded), where it states an amount that the
    caption does not (number), where it says again what another said (repeated), or beyond MAX_CLAIMS (too-many).
    With none left the split is that by sentences.
    """
    texts = [text for _, text in candidate.parts]
    caption, offers = Source("\n".join(texts)), [offered(text) for text in texts]
    dropped: Counter[str] = Counter()
    kept: dict[str, tuple[str, str]] = {}
    for item in content["claims"]:
        text, span = " ".join(item["text"].split()), item["span"]
        reason = _fault(text, span, caption, offers, kept)
        if reason:
            dropped[reason] += 1
        else:
            kept[normal(text)] = text, span
    if not kept:
        plain = by_sentences(candidate)
        return Split(plain.claims, plain.method, dict(dropped))
    spans = [span for _, span in kept.values()]
    left_out = list(islice(_untouched(candidate, caption, spans), MAX_CLAIMS - len(kept)))
    both = enumerate([*kept.values(), *left_out], 1)
    return Split(tuple(Claim(n, text, span) for n, (text, span) in both), "model", dict(dropped), len(left_out))


def _fault(text: str, span: str, caption: Source, offers: list[frozenset[Key]], kept: Mapping[str, Any]) -> str:
    if len(text) > MAX_CLAIM or not _WORD.search(text) or not caption.holds(span):
        return "ungrounded"
    if not all(grounds(offers, quantity) for quantity in find_quantities(text) if quantity.sure):
        return "number"
    if normal(text) in kept:
        return "repeated"
    return "too-many" if len(kept) >= MAX_CLAIMS else ""


def _untouched(candidate: Candidate, caption: Source, spans: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Clauses of the caption that none of the spans lies on: a split that leaves out a sentence hides what it says."""
    taken = [place for span in spans for place in caption.places(span)]
    for text, clause in _clauses(candidate):
        places = caption.places(clause)
        if not any(start < end_ and start_ < end for start, end in places for start_, end_ in taken):
            yield text, clause
