"""Whether a quotation stands in a text, and which words two texts share, however they were typeset."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterator

MIN_QUOTED = 3
_SAME = str.maketrans(
    dict.fromkeys("‐‑‒–—―−﹣-", "-") | dict.fromkeys("‘’‚‛′`´", "'") | dict.fromkeys("“”„‟″«»", '"') | {"\u00ad": ""}
)
_OMISSION = re.compile(r"\[?(?:…|\.{3,})\]?")
_AROUND = " \t\n\"'.,;:"
_WORD = re.compile(r"[^\W_]+")
_NAME = re.compile(
    r"(?<![^\W_])(?=[^\W_]*[A-Z])(?:[A-Z]{2,}[^\W_]*|[^\W_]+[A-Z][^\W_]*|[A-Z][a-z]*[0-9]+[^\W_]*)(?![^\W_])"
)
_NEGATION = re.compile(r"\b(?:no|not|never|neither|nor|none|without|cannot|hardly|lacks?|[a-z]+n't)\b")
# Words that say nothing of what a statement is about.
_COMMON = frozenset(
    _WORD.findall("""
    the a an and or of in on at to for from by with as is are was were be been being that this these those it its which
    while whereas than then there their they each all both between within into over under after before about figure
    panel panels shows show shown showing indicates indicate depicts displays presents has have had not no can one also
    very more most other such where when who whose but so if out up per via only same
""")
)


def normal(text: str) -> str:
    """The text in lower case with compatibility forms, dashes, quotation marks, entities and white space made equal."""
    folded = unicodedata.normalize("NFKC", html.unescape(text)).translate(_SAME).casefold()
    return " ".join(folded.split())


class Source:
    """A text to look quotations up in."""

    def __init__(self, text: str) -> None:
        self.text = normal(text)

    def places(self, quote: str) -> list[tuple[int, int]]:
        """Where the quotation stands in the normalised text, at the borders of words; every place of it.

        Marks of omission split it: its pieces have to stand there in their order, and the span holds all of them.
        """
        pieces = [piece for part in _OMISSION.split(normal(quote)) if (piece := part.strip(_AROUND))]
        if sum(map(str.isalnum, "".join(pieces))) < MIN_QUOTED:
            return []
        if len(pieces) == 1:
            return list(self._found(pieces[0], 0))
        start = end = -1
        for piece in pieces:
            found = next(self._found(piece, max(end, 0)), None)
            if found is None:
                return []
            start, end = (found[0] if start < 0 else start), found[1]
        return [(start, end)]

    def holds(self, quote: str) -> bool:
        """Whether the quotation stands in the text."""
        return bool(self.places(quote))

    def _found(self, piece: str, start: int) -> Iterator[tuple[int, int]]:
        at = self.text.find(piece, start)
        while at >= 0:
            end = at + len(piece)
            inside = (at > 0 and self.text[at - 1].isalnum() and piece[0].isalnum()) or (
                piece[-1].isalnum() and self.text[end : end + 1].isalnum()
            )
            if not inside:
                yield at, end
            at = self.text.find(piece, end)


def content_words(text: str) -> frozenset[str]:
    """The words that carry the meaning, numbers left out; of a long word its first six letters, so that forms agree."""
    words = _WORD.findall(normal(text))
    return frozenset(w[:6] for w in words if len(w) > 2 and w not in _COMMON and not w[0].isdigit())


def names(text: str) -> frozenset[str]:
    """Acronyms, formulae and names with digits (SEM, H2O, p53's kin), in lower case."""
    return frozenset(match[0].casefold() for match in _NAME.finditer(unicodedata.normalize("NFKC", text)))


def negated(text: str) -> bool:
    """Whether an odd number of negations stands in the text."""
    return len(_NEGATION.findall(normal(text))) % 2 == 1


def share(part: frozenset[str], whole: frozenset[str]) -> float:
    """The share of a set of words that another holds; 0 of an empty set."""
    return len(part & whole) / len(part) if part else 0.0
