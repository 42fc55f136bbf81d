"""Does each sentence of the caption speak of what the evidence speaks of?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from math import sqrt
from typing import Any

from omnisci_etl.judging.evidence import REMEMBERED, SHORTEST_QUOTE, Candidate
from omnisci_etl.judging.names import normalised
from omnisci_etl.judging.scorers.base import MAX_LISTED, Score, own_words_first, quote
from omnisci_etl.judging.terms import VISUAL, level, stem, stems, terms, vocabulary, words_sha256

# What a term of each level weighs for a sentence where the evidence has it, and against it where it has not. Logarithms
# of how much likelier that is in a true sentence than in one of another paper, rounded.
FOUND = (0.0, 0.3, 0.75, 1.5, 2.25, 2.25)
MISSING = (0.0, 0.4, 0.7, 0.9, 0.85, 0.6)
# What a number is worth for its sentence: what is read off a picture comes in numbers.
NUMBER, MOST_NUMBERS = 0.1, 4
# A capital inside a sentence is often a label that only the picture shows, and a list of labels is one such thing.
CAPITAL, MOST_CAPITALS = 0.7, 1.2
# Where nothing rarer is missing than words of any paper, they count so much in all: they tell how a picture looks.
GENERAL, MOST_GENERAL = MISSING[1], 0.4
# Evidence of fewer terms leaves out more that is true: a sentence counts by the square root of their share of so many.
ENOUGH = 60
# A sentence at minus this passes just so: one everyday word that nobody else says condemns no sentence.
LEAST = 0.8
_PASSES = 0.6

# A sentence begins with a capital or a digit, or with a name that has one soon ("miR-21", "qPCR"); signs of
# significance may stand before it.
_BREAK = re.compile(r"[.!?][)\]\"”’']*\s+(?=[\"“‘'(\[*†‡#]{0,4}(?:[^\W_a-z]|[a-z]{1,3}[A-Z])|\([a-z]{1,3}\))|\n")
# Where a sentence of the evidence was blanked; the two beside it must not become one.
_BLANKED = " " * SHORTEST_QUOTE
_NUMBER = re.compile(r"[0-9]+(?:[.,][0-9]+)*")


@cache
def _otherwise() -> Mapping[str, str]:
    """The stem of the other number of words that form it otherwise, by that of the one (leaf, leaves)."""
    pairs = [[stem(word) for word in pair.split("/")] for pair in vocabulary()["irregular"].split()]
    return {one: other for pair in pairs for one, other in (pair, pair[::-1])}


@lru_cache(maxsize=65536)
def _term(word: str) -> tuple[str, int, str]:
    """(stem, level, stem of its other number) of a word."""
    found = stem(word)
    return found, level(found), _otherwise().get(found, found)


class OnTopic:
    """1 where every sentence is about what the evidence is about; the worst sentence decides.

    A sentence is weighed by its terms: those that the evidence has speak for it, those that it has not against it, rare
    ones more than common ones; words that describe a picture do neither, nor terms that another sentence of the caption
    has too. A sentence that more speaks for than against has 1; the score falls to 0.6 at LEAST, and from there with
    what speaks against the sentence. What is missing from short evidence counts less, as do lists of names.
    """

    name = "on-topic"
    version = "5"
    deterministic = True

    def __init__(self, ocr: tuple[str, str] | None = None) -> None:
        """`ocr`: name and version of what read Evidence.picture_text; None: that text is not looked at."""
        self._ocr = ocr

    def config(self) -> Mapping[str, object]:
        """The weights, and the lists of words that they rest on."""
        return {
            "found": list(FOUND),
            "missing": list(MISSING),
            "numbers": [NUMBER, MOST_NUMBERS],
            "capital": [CAPITAL, MOST_CAPITALS],
            "general": MOST_GENERAL,
            "enough": ENOUGH,
            "least": LEAST,
            "words": words_sha256(),
            "evidence": ["author_caption", "mentions", "title", *(["picture_text"] if self._ocr else [])],
            "ocr": list(self._ocr) if self._ocr else None,
        }

    def score(self, candidates: Sequence[Candidate]) -> list[Score]:
        """Details: sentences (count), and off_topic as [{part, text, weight, missing}], the worst first."""
        return [own_words_first(candidate, self._score) for candidate in candidates]

    def _score(self, candidate: Candidate) -> Score:
        return _score(candidate, candidate.evidence.picture_text if self._ocr else "")


class _Sentence:
    """A sentence with its terms: missing are those that the evidence has not, found what the others speak for it."""

    def __init__(self, text: str, evidence: frozenset[str]) -> None:
        self.text = text
        self.found = 0.0
        self.missing: dict[str, tuple[str, float, bool]] = {}
        self.terms: set[str] = set()
        self.numbers = NUMBER * min(MOST_NUMBERS, len(_NUMBER.findall(text)))
        for position, word in enumerate(terms(text)):
            term, rarity, other = _term(word)
            if rarity == VISUAL or term in self.terms:
                continue
            self.terms.add(term)
            if term in evidence or other in evidence:
                self.found += FOUND[rarity]
            else:
                self.missing[term] = word, MISSING[rarity], position > 0 and not word.islower()

    def weight(self, told: Mapping[str, int]) -> float:
        """What speaks for the sentence less what speaks against it; a term that another sentence has too does not."""
        small = capitals = 0.0
        for term, (_, weight, capital) in self.missing.items():
            if told[term] > 1:
                continue
            if capital:
                capitals += weight * CAPITAL
            else:
                small += weight
        against = small + min(capitals, MOST_CAPITALS)
        if against > MOST_GENERAL and self.found < against and self._misses_general_ones(told):
            against = MOST_GENERAL
        return self.found + self.numbers - against

    def _misses_general_ones(self, told: Mapping[str, int]) -> bool:
        return all(weight == GENERAL for term, (_, weight, _) in self.missing.items() if told[term] < 2)


@lru_cache(maxsize=REMEMBERED)
def _sentences(text: str, evidence: frozenset[str]) -> tuple[_Sentence, ...]:
    between = [piece for piece in normalised(text).split(_BLANKED) if piece]
    return tuple(_Sentence(sentence, evidence) for piece in between for sentence in _BREAK.split(piece))


def _weighed(candidate: Candidate, evidence: frozenset[str]) -> list[tuple[str, _Sentence, float]]:
    """Every sentence with its part and its weight."""
    sentences = [(part, one) for part, text in candidate.parts for one in _sentences(text, evidence)]
    told = Counter(term for _, sentence in sentences for term in sentence.missing)
    known = min(1.0, sqrt(len(evidence) / ENOUGH))
    return [(part, sentence, known * sentence.weight(told)) for part, sentence in sentences]


def _score(candidate: Candidate, shown: str) -> Score:
    evidence = stems(normalised(candidate.evidence.text))
    weighed = _weighed(candidate, evidence | stems(normalised(shown)) if shown else evidence)
    off = sorted((weight, number) for number, (_, _, weight) in enumerate(weighed) if weight < 0)
    against = -off[0][0] / LEAST if off else 0.0
    value = 1.0 - (1.0 - _PASSES) * against if against <= 1.0 else _PASSES / against
    listed = [_listed(*weighed[number]) for _, number in off[:MAX_LISTED]]
    return Score(round(value, 6), {"sentences": len(weighed), "off_topic": listed})


def _listed(part: str, sentence: _Sentence, weight: float) -> dict[str, Any]:
    missing = [word for word, _, _ in sentence.missing.values()][:MAX_LISTED]
    text = quote(sentence.text, 0, len(sentence.text))
    return {"part": part, "text": text, "weight": round(weight, 2), "missing": missing}
