"""Words by what they tell: nothing (how a picture looks), little (common in papers), or much (rare)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

import yaml

from omnisci_etl.hashing import canonical_sha256

VISUAL: Final = 0
# Words that few papers have on their figures: those of everyday English, and the others.
EVERYDAY: Final = 4
RARE: Final = 5
# The share of papers whose words on a figure hold a term, from which on the term has level 1, 2 and 3.
SHARES = (0.10, 0.03, 0.008)

WORD = re.compile(r"[^\W\d_]{3,}")
_RUN = re.compile(r"[^\W_]{3,}")
_LONGEST = 8
# What is left of a word has four letters at least.
_ENDING = re.compile(
    r"(?<=[^\W\d_]{4})(?:i[sz]ations?|i[sz]e[sd]?|i[sz]ing|ically|at(?:ions?|es?|ed|ing|ors?)|ities|ments?|ness|ingly|edly|ions?"
    r"|ings?|i?ed|i?es|s|ly|ical|ic|al|ive|ity|ers?|ors?|ous|able|[ae]nce|[ae]nt|y|e)$"
)


# British spellings that no ending takes away: behaviour, centre and centred; modelling (but not cell).
_OUR = re.compile(r"(?<=[^\W\d_]{2}[bdgilmnpv])our")
_RE = re.compile(r"(?<=[^\W\d_]{2}[bt])re(?=s?$)|(?<=[^\W\d_]{3}t)r(?=ed$)")
_DOUBLED = re.compile(r"(?<=[^\W\d_]{3}[aeiou])ll$")


def _american(word: str) -> str:
    """A word in small letters as Americans spell it, or nearly so: both spellings come out the same."""
    if "our" in word:
        word = _OUR.sub("or", word)
    if "tr" in word or "br" in word:
        word = _RE.sub("er", word)
    return word.replace("ae", "e").replace("oe", "e").replace("sulph", "sulf").replace("lyz", "lys")


def _undoubled(stem: str) -> str:
    return _DOUBLED.sub("l", stem) if stem.endswith("ll") else stem


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """A word without its endings, in lower case, at most _LONGEST letters: oscillates, oscillation → oscill."""
    return _undoubled(_ENDING.sub("", _ENDING.sub("", _american(word.casefold())))[:_LONGEST])


def terms(text: str) -> list[str]:
    """The words and codes (CH4, HEK293T) of three characters and more, but no numbers with their units."""
    return [run for run in _RUN.findall(text) if not run[0].isdecimal()]


@lru_cache(maxsize=1024)
def stems(text: str) -> frozenset[str]:
    """The stem of every word and code of three characters and more; remembered, as captions share their evidence."""
    return frozenset(map(stem, set(terms(text))))


def read_list(name: str) -> Mapping[str, Any]:
    """A list of this folder, which is YAML."""
    text = files("omnisci_etl.judging").joinpath(name).read_text(encoding="utf-8")
    loaded: Mapping[str, Any] = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    return loaded


@cache
def vocabulary() -> Mapping[str, Any]:
    """The lists of vocabulary.yaml, which are kept by hand."""
    return read_list("vocabulary.yaml")


@cache
def levels() -> Mapping[str, int]:
    """The level of each stem that is not rare: VISUAL, or 1 (in most papers) to 3 (in some)."""
    found: dict[str, int] = {}
    for level in (3, 2, 1):
        found.update(dict.fromkeys(_stems(f"level-{level}"), level))
    found.update({stem(word): 1 for word in WORD.findall(vocabulary()["general"])})
    found.update({stem(word): VISUAL for word in WORD.findall(vocabulary()["visual"])})
    return found


@cache
def _words() -> Mapping[str, str]:
    return read_list("words.yaml")


def _stems(name: str) -> Iterator[str]:
    """The stems of a list of words.yaml, in one spelling."""
    return (_undoubled(_american(one)) for one in _words()[name].split())


@cache
def plain_stems() -> frozenset[str]:
    """Stems of words that are written small, so that a capital does not make names of them."""
    return frozenset((*map(stem, WORD.findall(vocabulary()["visual"] + vocabulary()["general"])), *_stems("plain")))


@cache
def words_sha256() -> str:
    """The hash of both lists of words, for the settings of scorers that rest on them."""
    return canonical_sha256([dict(vocabulary()), dict(_words())])


def level(word_stem: str) -> int:
    """How rare a stem is, VISUAL to RARE."""
    found = levels().get(word_stem)
    if found is None:
        return EVERYDAY if word_stem in plain_stems() else RARE
    return found
