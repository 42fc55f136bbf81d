"""Is the caption a finished text of the right length, in English, that is nothing but a caption?"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple

from omnisci_etl.captions.language import ENGLISH, language
from omnisci_etl.hashing import canonical_sha256
from omnisci_etl.judging.boilerplate import Pattern, find_boilerplate, patterns
from omnisci_etl.judging.evidence import MAX_PART, REMEMBERED, Candidate
from omnisci_etl.judging.scorers.base import MAX_LISTED, Score, quote
from omnisci_etl.judging.terms import vocabulary

# Words of body and panels: fewer are no caption; more are more than any figure needs, or many more.
LEAST_WORDS, LONG_WORDS, MOST_WORDS = 8, 1200, 2000
# The share of four-word runs that may come again, where there are so many.
MOST_REPEATED, ENOUGH_RUNS = 0.5, 40
# A run of four words that comes so often is a loop where loops make up this share.
LOOPS, LOOPED = 4, 0.3
# Sentences of so many words count; those that were there before make up this share where they are a loop.
SENTENCE_WORDS, AGAIN = 6, 0.3
# The share of the body that stands in the author's caption word for word from which on it is a copy.
COPIED = 0.9
VALUES: Mapping[str, float] = {
    "unfinished": 0.0,
    "too-short": 0.4,
    "too-long": 0.4,
    "long": 0.8,
    "wrong-language": 0.2,
    "degenerate": 0.2,
    "repeated": 0.8,
    "verbatim-copy": 0.8,
}

_FOREIGN_SHARE = 0.12
_OTHER_SCRIPT = 0.3
_LATIN_LETTERS = string.ascii_letters.encode()
_FEW_WORDS = 8
# Where one word of so many is one of the four commonest there is no doubt of the language.
_SURELY = 12
_LONGEST_RUN = 12
_LATIN_END = "\u0250"
_SENTENCE = re.compile(r"[.!?]\s+|\n+")
_RUN = re.compile(r"(?P<sign>[^\s0-9])(?P=sign){11,}|(?P<digit>[0-9])(?P=digit){24,}|[^\s/]{150,}")


class _Finding(NamedTuple):
    slug: str
    value: float
    part: str
    text: str


@cache
def _lists() -> Mapping[str, frozenset[str]]:
    return {name: frozenset(vocabulary()[name].split()) for name in ("foreign", "unfinished", "refused")}


def _other_script(text: str) -> bool:
    """Whether many letters are neither Latin nor the Greek ones of formulae."""
    coded = text.encode("latin-1", "ignore")
    # Enough letters of the Latin alphabet outweigh whatever the other characters are, which is told far faster.
    if len(text) - len(coded) <= _OTHER_SCRIPT * (len(coded) - len(coded.translate(None, _LATIN_LETTERS))):
        return False
    other = sum(1 for c in text if c > _LATIN_END and c.isalpha() and not "\u0370" <= c <= "\u03ff")
    return other > _OTHER_SCRIPT * sum(map(str.isalpha, text))


def _foreign(text: str, small: str, words: Sequence[str]) -> bool:
    """Whether the text is in another language or script than English."""
    if _other_script(text):
        return True
    surely = small.count(" the ") + small.count(" of ") + small.count(" and ") + small.count(" in ")
    if len(words) < _FEW_WORDS or _SURELY * surely >= len(words) or language(text) == ENGLISH:
        return False
    return sum(word in _lists()["foreign"] for word in words) >= _FOREIGN_SHARE * len(words)


def _loops(words: Sequence[str]) -> bool:
    """Whether runs of four words come again and again."""
    total = len(words) - 3
    if total < 2 * LOOPS:
        return False
    runs = list(zip(words, words[1:], words[2:], words[3:], strict=False))
    different = len(set(runs))
    if total >= ENOUGH_RUNS and different < (1 - MOST_REPEATED) * total:
        return True
    if total - different < LOOPS:
        return False
    looped = sum(count for count in Counter(runs).values() if count >= LOOPS)
    return looped >= max(2 * LOOPS, LOOPED * total)


def _again(small: str) -> float:
    """The share of the words that stand in longer sentences which were there before."""
    lengths: dict[str, int] = {}
    again = total = 0
    for sentence in _SENTENCE.split(small):
        length = sentence.count(" ") + 1
        total += length
        if length >= SENTENCE_WORDS:
            again += length if sentence in lengths else 0
            lengths[sentence] = length
    return again / total if total else 0.0


class _Form(NamedTuple):
    """What a text is like: how many words, whether in another language than English, value and quotation of a loop."""

    words: int
    is_foreign: bool
    loop: tuple[float, str] | None


@lru_cache(maxsize=REMEMBERED)
def _form(text: str) -> _Form:
    small = text.lower()
    words = small.split()
    run = _run(words)
    again = _again(small)
    loop = None
    if run or again >= AGAIN or _loops(words):
        loop = VALUES["degenerate"], run or quote(text, 0, len(text))
    elif again:
        loop = VALUES["repeated"], "a sentence comes twice"
    return _Form(len(words), _foreign(text, small, words), loop)


def _in_part(part: str, text: str, english: Callable[[], bool]) -> Iterator[_Finding]:
    """What is found in one part by itself."""
    form = _form(text)
    if form.is_foreign and english():
        yield _Finding("wrong-language", VALUES["wrong-language"], part, quote(text, 0, len(text)))
    if form.loop:
        value, quoted = form.loop
        yield _Finding("degenerate", value, part, quoted)


def _run(words: Sequence[str]) -> str:
    """A run of one sign, or of characters without a blank, that no text has."""
    for word in words:
        if len(word) >= _LONGEST_RUN and (run := _RUN.search(word)):
            return quote(word, *run.span())
    return ""


def _boilerplate(parts: Sequence[tuple[str, str]]) -> Iterator[_Finding]:
    """What find_boilerplate finds in the parts: of each pattern the first place."""
    found: dict[Pattern, _Finding] = {}
    for part, text in parts:
        for pattern, start, end in find_boilerplate(text):
            quoted = quote(text, start, end).strip()
            found.setdefault(pattern, _Finding(pattern.slug, pattern.at_most, part, quoted))
    yield from found.values()


def _length(words: int) -> Iterator[_Finding]:
    if words < LEAST_WORDS:
        yield _Finding("too-short", VALUES["too-short"] if words else 0.0, "body", f"{words} words")
    elif words > LONG_WORDS:
        yield _Finding("too-long", VALUES["too-long" if words > MOST_WORDS else "long"], "body", f"{words} words")


def _ending(reason: str) -> Iterator[_Finding]:
    small = reason.casefold()
    if small in _lists()["refused"]:
        yield _Finding("refusal", 0.0, "body", reason[:40])
    elif small in _lists()["unfinished"]:
        yield _Finding("unfinished", VALUES["unfinished"], "body", reason[:40])


def _copied(candidate: Candidate) -> float:
    """The share of the body, by characters, whose sentences stand in the author's caption."""
    source = candidate.evidence.author_caption[:MAX_PART]
    sentences = [one.strip().rstrip(".") for one in _SENTENCE.split(candidate.body[:MAX_PART])]
    total = sum(map(len, sentences))
    return sum(len(one) for one in sentences if one in source) / total if total else 0.0


class Structure:
    """1 where nothing is wrong with the text as a text; the worst finding decides.

    Found are: an answer that its vendor cut off, too few or far too many words, another language than the evidence's,
    refusals, addresses, chat, leftovers of mark-up, loops; and, as a slight fault alone, a copy of the author's caption
    where the paper says more about the figure. Orders to whoever reads the caption are what unsteered asks for.
    """

    name = "structure"
    version = "3"
    deterministic = True

    def config(self) -> Mapping[str, object]:
        """The limits, what each finding leaves, and the patterns."""
        return {
            "values": dict(VALUES),
            "words": [LEAST_WORDS, LONG_WORDS, MOST_WORDS],
            "repeats": [MOST_REPEATED, ENOUGH_RUNS, LOOPS, LOOPED, SENTENCE_WORDS, AGAIN],
            "copied": COPIED,
            "patterns": canonical_sha256([[p.slug, p.at_most, p.pattern.pattern] for p in patterns()]),
        }

    def score(self, candidates: Sequence[Candidate]) -> list[Score]:
        """Details: slug (of the worst finding, "" where there is none), words, copied (share), findings."""
        return [_score(candidate) for candidate in candidates]


def _score(candidate: Candidate) -> Score:
    evidence = candidate.evidence
    parts = candidate.parts
    words = sum(_form(text).words for _, text in parts)
    copied = round(_copied(candidate), 3)
    found = [*_ending(candidate.finish_reason), *_length(words), *_boilerplate(parts)]
    for part, text in parts:
        found.extend(_in_part(part, text, lambda: language(evidence.text) == ENGLISH))
    if copied >= COPIED and evidence.mentions:
        found.append(_Finding("verbatim-copy", VALUES["verbatim-copy"], "body", f"{copied:.0%}"))
    found.sort(key=lambda finding: finding.value)
    listed: list[dict[str, Any]] = [finding._asdict() for finding in found[:MAX_LISTED]]
    detail = {"slug": found[0].slug if found else "", "words": words, "copied": copied, "findings": listed}
    return Score(found[0].value if found else 1.0, detail)
