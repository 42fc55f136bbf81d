"""Does the caption say anything, and what does it add to the author's own?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from omnisci_etl.judging.evidence import MAX_EVIDENCE, REMEMBERED, Candidate
from omnisci_etl.judging.scorers.base import MAX_LISTED, Score

# What a term is worth: from the author's caption; from the rest of the evidence (the caption adds it); from neither.
KNOWN, ADDED, OWN = 1.0, 1.5, 0.5
# What a number, a name or a relation is worth beside its term, and a panel with a text of its own.
FACT = 0.5
# The information per 100 words at which the score is one half; 1.5 times that is the least that passes.
HALF = 8.0
# Words are compared by their beginnings: "increasing" says what "increased" says.
STEM = 6
# What was said so many words ago may be said again: long captions are no padding because their terms come back.
WINDOW = 100

_STOP = (
    "a about across after again against all along also although always among an and another any are as at"
    " back be because been before being below between both but by can cannot could did do does doing down during"
    " each either even ever every few for from further had has have having he her here hers him his how however i"
    " if in indeed into is it its itself just least let like made make makes many may me might most much"
    " must my near neither no nor not now of off often on once one only onto or other our ours out over own per"
    " quite rather really same see seen she should since so some still such that the their them then there"
    " thereby these they this those through thus to together too toward towards under until up upon us use used"
    " uses using very via was we well were what when where whether which while who whole whose why will with"
    " within without would yet you your"
)
# Words that any caption of any figure can hold.
_GENERIC = (
    "additional analysis appear aspect author caption capture case clear comprehensive contain content context"
    " contribute data demonstrate depict describe description detail different display emphasize essential example"
    " experiment explain figure finding following fundamental furthermore general give given good graph graphic"
    " help highlight illustrate illustration image important importantly include indicate indication information"
    " insight interesting key main manuscript meaningful moreover nature notable notably note noteworthy nuance"
    " observe obtain offer outcome overall overview panel paper particular picture plot point portray potential"
    " present presentation provide publication reader relate related relevant report represent representation"
    " research result reveal scientific several show shown significance significant significantly similar specific"
    " study suggest summarize summary support text thing topic understand understanding useful valuable value"
    " variety various view viewer visual visualization visualize visually way work worth"
)
# Words that say how two things stand to each other.
_RELATIONS = (
    "above accelerate approach below bigger compare comparison constant converge correlate correlation decay"
    " decline decrease depend dependence differ difference dominate double drop elevate enhance equal exceed"
    " exponential fall faster fewer function greater grow halve higher improve increase inhibit invariant inverse"
    " larger less linear longer lower maximum minimum monotonic more normalize opposite outperform peak"
    " proportional quadratic ratio reduce relative rise saturate scale shift shorter slower smaller steeper"
    " stronger superior suppress than threshold trend upregulate vary versus vs weaker wider"
)


# A generic word is taken as a whole: "figure" is none of "figurine", "present" none of "presence".
_FORMS = ("{0}", "{0}s", "{0}d", "{0}ed", "{0}ing", "{1}ing", "{1}ies")
_EMPTY = frozenset(_STOP.encode().split()) | frozenset(
    form.format(word, word[:-1]).encode() for word in _GENERIC.split() for form in _FORMS
)
_RELATION_STEMS = frozenset(word[:STEM].encode() for word in _RELATIONS.split())
_ALL = bytes(range(256))
_ASCII_BREAKS = bytes(c for c in range(128) if not chr(c).isalnum() and c != 0x2E)
_LATIN_BREAKS = _ASCII_BREAKS + bytes(
    (*range(0x80, 0xAA), *range(0xAB, 0xB2), 0xB4, 0xB6, 0xB7, 0xB8, 0xBB, 0xBF, 0xD7, 0xF7)
)
_LATIN = bytes.maketrans(_LATIN_BREAKS, b" " * len(_LATIN_BREAKS))
_OTHER = bytes.maketrans(_ASCII_BREAKS, b" " * len(_ASCII_BREAKS))
# A text of which a larger share than this is outside Latin-1 is written in another script.
_FOREIGN = 0.1


def _words(text: str) -> list[bytes]:
    """The words and numbers of a text, as bytes, because splitting those is five times as fast.

    Dashes, signs and letters outside Latin-1 break words, alike in caption and evidence; a text in another script is
    read as UTF-8, broken at ASCII signs alone.
    """
    coded = text.encode("latin-1", "replace")
    if not text.isascii() and coded.count(b"?") > _FOREIGN * len(coded) + text.count("?"):
        return text.encode("utf-8", "replace").translate(_OTHER).replace(b". ", b" ").rstrip(b". ").split()
    return coded.translate(_LATIN).replace(b". ", b" ").rstrip(b". ").split()


def _stems(text: str) -> set[bytes]:
    return {word[:STEM].lower() for word in set(_words(text))}


@lru_cache(maxsize=128)
def _known(author: str, evidence: str) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """The beginnings of the words of the author's caption, and of those that only the texts behind it have."""
    own = frozenset(_stems(author))
    return own, frozenset(_stems(evidence[len(author) :]) - own)


def terms_of(text: str) -> set[bytes]:
    """The beginnings of the words of a text that not every caption could hold."""
    return {word[:STEM] for word in {word.lower() for word in _words(text)} - _EMPTY}


def _named(words: set[bytes]) -> int:
    """How many of the words hold capitals behind their first letter or digits: acronyms, formulae, genes, types."""
    return sum(
        1 for word in words if not word[1:].islower() and word[:1].isalpha() and len(word) > 1 and not word.islower()
    )


class _Window(NamedTuple):
    """What WINDOW words of a text tell, whatever the evidence is."""

    stems: frozenset[bytes]
    relations: int
    numbers: int
    names: int


def _window(words: Sequence[bytes]) -> _Window:
    written = set(words)
    plain = {word.lower() for word in written}
    stems = frozenset([word[:STEM] for word in plain - _EMPTY])
    numbers = sum([stem[:1].isdigit() for stem in stems])
    return _Window(stems, len(stems & _RELATION_STEMS), numbers, _named(written - plain))


@lru_cache(maxsize=REMEMBERED)
def _read(text: str) -> tuple[int, tuple[_Window, ...]]:
    """A text's words, counted, and its windows. A sentence that comes again adds to its length and to nothing else."""
    sentences = text.split(". ")
    fresh = dict.fromkeys(sentences)
    words = _words(text)
    told = _words(". ".join(fresh)) if len(fresh) < len(sentences) else words
    return len(words), tuple(_window(told[start : start + WINDOW]) for start in range(0, len(told), WINDOW))


class _Count:
    """What a caption tells: terms by where they come from, facts by kind; each once in WINDOW words of a text."""

    def __init__(self, author: frozenset[bytes], others: frozenset[bytes]) -> None:
        self.author = author
        self.others = others
        self.words = self.terms = self.known = self.numbers = self.names = self.relations = 0
        self.added: list[bytes] = []

    def read(self, text: str) -> None:
        """Counts a text."""
        words, windows = _read(text)
        self.words += words
        for window in windows:
            self.terms += len(window.stems)
            self.known += len(window.stems & self.author)
            self.added += window.stems & self.others
            self.relations += window.relations
            self.numbers += window.numbers
            self.names += window.names

    def information(self, panels: int) -> float:
        """What the caption tells, per 100 words."""
        own = self.terms - self.known - len(self.added)
        terms = KNOWN * self.known + ADDED * len(self.added) + OWN * own
        facts = FACT * (self.numbers + self.names + self.relations + panels)
        return 100 * (terms + facts) / self.words if self.words else 0.0


class Density:
    """Information per 100 words, mapped to 0..1 as x / (x + HALF); body and panels are two texts.

    Each distinct word that not every caption could hold counts: fully where the author's caption has it, more where it
    comes from the rest of the evidence (the caption adds it), half where it comes from nowhere in the text (the picture
    may show it). Numbers, names, words of comparison and panels count on top. Everything else, and whatever is said
    again, is length. It cannot tell whether what is said is true.
    """

    name = "density"
    version = "1"
    deterministic = True

    def config(self) -> Mapping[str, object]:
        """The weights and lists of words."""
        return {
            "weights": {"known": KNOWN, "added": ADDED, "own": OWN, "fact": FACT}, "half": HALF, "stem": STEM,
            "window": WINDOW, "stop": _STOP, "generic": _GENERIC, "relations": _RELATIONS, "max_evidence": MAX_EVIDENCE,
        }  # fmt: skip

    def score(self, candidates: Sequence[Candidate]) -> list[Score]:
        """Details: words, terms, per_100_words, added_share (of the terms), added (their beginnings), facts by kind."""
        return [_score(candidate) for candidate in candidates]


def _score(candidate: Candidate) -> Score:
    evidence = candidate.evidence
    count = _Count(*_known(evidence.author_caption[:MAX_EVIDENCE], evidence.text))
    (_, body), *parts = candidate.parts
    count.read(body)
    texts = [text for _, text in parts if text.strip()]
    count.read("\n".join(texts))
    return _scored(count, min(len(texts), len(evidence.panel_labels)))


def _shown(stem: bytes) -> str:
    """The beginning of a word as text, of whichever coding it is."""
    try:
        return stem.decode("utf-8")
    except UnicodeDecodeError:
        return stem.decode("latin-1")


def _scored(count: _Count, panels: int) -> Score:
    information = count.information(panels)
    added = sorted(set(count.added))
    detail: dict[str, Any] = {
        "words": count.words,
        "terms": count.terms,
        "per_100_words": round(information, 2),
        "added_share": round(len(count.added) / count.terms, 4) if count.terms else 0.0,
        "added": [_shown(stem) for stem in added[:MAX_LISTED]],
        "numbers": count.numbers,
        "names": count.names,
        "relations": count.relations,
        "panels": panels,
    }
    return Score(round(information / (information + HALF), 6), detail)
