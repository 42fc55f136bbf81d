"""Whether a text is English, by its small words."""

from __future__ import annotations

import re

ENGLISH, OTHER = "en", "other"
_COMMON = frozenset({
    "the", "of", "and", "in", "to", "a", "is", "for", "with", "by", "as", "on", "are", "that", "from", "at", "was",
    "be", "were", "an", "this", "which", "or", "we", "it", "not", "our", "each", "between", "have", "has", "its",
    "than", "can", "these", "their", "using", "shows", "show",
})  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_MOST_WORDS = 400
_SHARE = 0.12


def language(text: str) -> str:
    """ "en", or "other". A tenth of English running text and more is made of its commonest words; no words: "en"."""
    words = [word.casefold() for word in _WORD.findall(text[: _MOST_WORDS * 12])[:_MOST_WORDS]]
    if not words:
        return ENGLISH
    return ENGLISH if sum(word in _COMMON for word in words) >= _SHARE * len(words) else OTHER
