"""What a text has at all: told far faster than a pattern is looked for, which is tried at every letter."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

# Letters as small ones, and blanks for all else.
_SMALL = bytes(ord(chr(code).lower()) if code < 128 and chr(code).isalpha() else 32 for code in range(256))
# What IGNORECASE takes for s, k and i.
_ALIKE = str.maketrans("ſ\u212aıİ", "skii")


@lru_cache(maxsize=1024)
def letter_runs(text: str) -> frozenset[bytes]:
    """Every run of letters A to Z, in small ones, that stands between other characters.

    Remembered, because many ask this of the same text.
    """
    if not text.isascii() and any(chr(letter) in text for letter in _ALIKE):
        text = text.translate(_ALIKE)
    return frozenset(text.encode("ascii", "replace").translate(_SMALL).split())


def words(listed: str) -> frozenset[bytes]:
    """Words with blanks between, as letter_runs has them."""
    return frozenset(listed.encode().split())


class _Group(NamedTuple):
    words: frozenset[bytes]
    signs: tuple[str, ...]

    def has_one(self, runs: frozenset[bytes], text: str) -> bool:
        return not self.words.isdisjoint(runs) or any(sign in text for sign in self.signs)


class Needs(NamedTuple):
    """What a text has to have for a pattern to be worth a look: of one line a word or sign of every group.

    first: the words of the first groups, of which it has one in any case; None where signs stand among them.
    """

    lines: tuple[tuple[_Group, ...], ...]
    first: frozenset[bytes] | None

    @classmethod
    def of(cls, lines: Iterable[Iterable[str]]) -> Needs:
        """Lines of groups; a group is what stands between its blanks: words in small letters, and signs."""
        read = tuple(tuple(map(_group, line)) for line in lines)
        begun = [line[0] for line in read]
        has_signs = any(group.signs for group in begun)
        return cls(read, None if has_signs else frozenset().union(*(group.words for group in begun)))

    def are_met_by(self, text: str) -> bool:
        """Whether a text can match the pattern."""
        runs = letter_runs(text)
        if self.first is not None and self.first.isdisjoint(runs):
            return False
        return any(all(group.has_one(runs, text) for group in line) for line in self.lines)


def _group(listed: str) -> _Group:
    members = listed.split()
    plain = [member for member in members if member.isascii() and member.isalpha()]
    return _Group(words(" ".join(plain)), tuple(member for member in members if member not in plain))
