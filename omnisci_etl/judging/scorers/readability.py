"""Can the text be read: sentences of bearable length, whole words, whole characters?"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from omnisci_etl.judging.evidence import Candidate
from omnisci_etl.judging.scorers.base import Score

# What is taken off for each point of what is measured above its limit, and the most that it takes off.
# hard: points of LIX. wall: words of the longest sentence. broken: broken places in 100 words. brackets: without
# a partner. glued, spaced, symbols: per cent of the characters, of the words, of the characters.
LIMITS: Mapping[str, tuple[float, float, float]] = {
    "hard": (60.0, 0.0025, 0.25),
    "wall": (100.0, 0.005, 0.6),
    "broken": (0.0, 0.03, 0.8),
    "brackets": (0.0, 0.03, 0.12),
    "glued": (0.0, 0.02, 0.8),
    "spaced": (10.0, 0.01, 0.8),
    "symbols": (35.0, 0.04, 0.8),
    "fragments": (0.0, 0.45, 0.45),
}
# LIX counts words of more letters than this as long.
LONG = 6
# Chemical names are long; but nobody runs so many letters together, without a sign between.
GLUED = 40
# Fewer words a sentence than this, in more sentences than that, are no sentences.
FRAGMENT, FRAGMENTS = 2.0, 8
# Letters apart are a broken word where so many follow each other, not the symbols of a formula.
SPACED = 6

_BLANKS = re.compile(" +")
_SENTENCE = re.compile(r"[.!?;:][)\]\"'”’]*\s+|\n+")
_LETTERS = re.compile(rf"[A-Za-z]{{{GLUED + 1},}}")
# The first characters of what follows, looked for first because the engine skips to a set of characters.
_SUSPECT = re.compile("[\u00c2\u00c3\u00ce\u00cf\u00e2\u00ef\ufffd\ufffe\uffff\ue000-\uf8ff\u0080-\u009f]")
# UTF-8 read as Latin-1 or Windows-1252, and what such a reading leaves of quotation marks, dashes and degrees.
_MOJIBAKE = re.compile(
    r"\u00e2(?:\u20ac|\u201a|\u02c6|\u2030|[\u0080-\u009f])[^\s\w]?|[\u00c2\u00c3\u00ce\u00cf][\u0080-\u00bf\u0152\u0153\u0160\u0161"
    r"\u0178\u017d\u017e\u0192\u02c6\u02dc\u2013\u2014\u2018-\u201e\u2020-\u2022\u2026\u2030\u2039\u203a\u20ac\u2122]"
    r"|\u00ef\u00bf\u00bd|[\ufffd\ufffe\uffff\ue000-\uf8ff\u0080-\u009f]"
)
_CODES = re.compile(
    r"\(cid:[0-9]{1,6}\)|&(?:#x?[0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});|</?[a-zA-Z][^<>]{0,80}>|\\u[0-9a-fA-F]{4}"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_SPACED = re.compile(rf"(?<![^\W_])(?:[^\W\d_] ){{{SPACED - 1},}}[^\W\d_](?![^\W_])")
_APART = bytes([1] * SPACED)
_LIST_MARK = re.compile(r"(?:^|[\s,;(–-])(?:[A-Za-z]|[0-9]{1,2}|[ivx]{1,4})\)")
_PAIRS = (("(", ")"), ("[", "]"), ("{", "}"))
_WRITTEN = bytes(c for c in range(256) if chr(c).isalnum() or chr(c).isspace())


@dataclass(frozen=True, slots=True)
class _Shape:
    """Counts of a text; characters without blanks."""

    words: int
    sentences: int
    longest: int
    long: int

    @property
    def mean(self) -> float:
        """Words a sentence."""
        return self.words / max(1, self.sentences)

    @property
    def lix(self) -> float:
        """Words a sentence plus the percentage of long words (Björnsson's readability index)."""
        return self.mean + 100 * self.long / self.words


def _shape(text: str, letters: Sequence[int]) -> _Shape:
    """The shape of a text, given the length of each of its words."""
    lengths = [length for piece in _SENTENCE.split(text) if (length := piece.count(" ") + 1 if piece.strip() else 0)]
    long = sum(map(LONG.__lt__, letters))
    return _Shape(len(letters), len(lengths), max(lengths, default=0), long)


def _broken(text: str) -> int:
    """Places where characters were lost: replacement signs, text decoded wrongly, codes in place of characters."""
    count = len(_CONTROLS.findall(text)) if not text.isprintable() else 0
    if not text.isascii() and _SUSPECT.search(text):
        count += len(_MOJIBAKE.findall(text))
    if "&" in text or "<" in text or "\\u" in text or "(cid:" in text:
        count += len(_CODES.findall(text))
    return count


def _unpaired(text: str) -> int:
    """Brackets without a partner; the one behind the letter or number of a list ("a)") needs none."""
    missing = 0
    for opening, closing in _PAIRS:
        difference = text.count(closing) - text.count(opening)
        if difference > 0 and opening == "(":
            difference = max(0, difference - len(_LIST_MARK.findall(text)))
        missing += abs(difference)
    return missing


def _symbols(text: str, characters: int) -> float:
    """The percentage of characters that are neither letters nor digits, in any script."""
    coded = text.encode("latin-1", "replace")
    signs = len(coded.translate(None, _WRITTEN))
    if 100 * signs <= LIMITS["symbols"][0] * characters or text.isascii():
        return 100 * signs / characters
    return 100 * sum(1 for c in text if not c.isalnum() and not c.isspace()) / characters


def _measured(text: str, letters: Sequence[int], shape: _Shape) -> Iterator[tuple[str, float]]:
    """(kind, how much of it) for all that is taken off."""
    characters = sum(letters)
    yield "hard", shape.lix
    yield "wall", shape.longest
    yield "broken", 100 * _broken(text) / max(20, shape.words)
    yield "brackets", _unpaired(text)
    if max(letters) > GLUED:
        yield "glued", 100 * sum(map(len, _LETTERS.findall(text))) / characters
    if letters.count(1) >= SPACED and _APART in bytes([1 if letter == 1 else 2 for letter in letters]):
        yield "spaced", 50 * sum(map(len, _SPACED.findall(text))) / shape.words
    yield "symbols", _symbols(text, characters)
    yield "fragments", float(shape.sentences >= FRAGMENTS and shape.mean < FRAGMENT)


class Readability:
    """1 minus what stands in a reader's way, not below 0; 0 for no text.

    Taken off is, as LIMITS says: a readability index (LIX) above that of research papers, one endless sentence, broken
    characters and codes in place of characters, brackets without a partner, words run together or apart, more signs
    than words, fragments in place of sentences. A semicolon, a colon and a line end close a sentence, as they do for a
    reader of captions. Whether the words mean anything is not seen, nor in which language they are.
    """

    name = "readability"
    version = "1"
    deterministic = True

    def config(self) -> Mapping[str, object]:
        """The limits and weights."""
        return {
            "limits": {kind: list(limit) for kind, limit in LIMITS.items()}, "long": LONG, "glued": GLUED,
            "fragments": [FRAGMENT, FRAGMENTS], "spaced": SPACED,
        }  # fmt: skip

    def score(self, candidates: Sequence[Candidate]) -> list[Score]:
        """Details: words, sentences, longest (sentence, in words), lix, and off as {kind: what it took off}."""
        return [_score("\n".join(text for _, text in candidate.parts)) for candidate in candidates]


def _score(text: str) -> Score:
    words = text.split()
    if "  " in text:
        text = _BLANKS.sub(" ", text)
    if not words:
        return Score(0.0, {"words": 0})
    letters = list(map(len, words))
    shape = _shape(text, letters)
    off = {}
    for kind, measured in _measured(text, letters, shape):
        limit, weight, most = LIMITS[kind]
        if measured > limit:
            off[kind] = round(min(most, weight * (measured - limit)), 4)
    detail = {
        "words": shape.words,
        "sentences": shape.sentences,
        "longest": shape.longest,
        "lix": round(shape.lix, 1),
        "off": off,
    }
    return Score(round(max(0.0, 1.0 - sum(off.values())), 6), detail)
