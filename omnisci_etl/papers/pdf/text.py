"""Lines of a PDF joined to running text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from omnisci_etl.papers.model import clean
from omnisci_etl.papers.pdf.geometry import BOLD, NOT_BOLD, Line

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_BROKEN = re.compile(r"([^\W\d_]+)-$")
_MARKS = (BOLD, NOT_BOLD)
_FIRST_WORD = re.compile(r"[^\W\d_]+")


class Vocabulary:
    """The words of a document: they tell a hyphen that a line break brought from one that belongs."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.words = {word.lower() for line in lines for word in _WORD.findall(line.text)}

    def join(self, lines: Sequence[Line]) -> str:
        """The text of consecutive lines, words that a line break cut put together."""
        out = ""
        for line in lines:
            out = self.append(out, line.text)
        return clean(out)

    def join_marked(self, lines: Sequence[Line]) -> tuple[str, tuple[tuple[int, int], ...]]:
        """As join, with the (start, end) of its short bold stretches; none where a line break runs through one."""
        text, out = self.join(lines), ""
        for line in lines:
            out = self.append(out, line.marked or line.text)
        plain: list[str] = []
        spans: list[tuple[int, int]] = []
        start = 0
        for char in " ".join("".join(c for c in out if c.isprintable() or c.isspace() or c in _MARKS).split()):
            if char == BOLD:
                start = len(plain)
            elif char == NOT_BOLD:
                spans.append((start, len(plain)))
            else:
                plain.append(char)
        return text, tuple(spans) if "".join(plain) == text else ()

    def append(self, before: str, after: str) -> str:
        """before followed by after, as a line break between them means."""
        before, after = before.rstrip(), after.strip()
        broken, following = _BROKEN.search(before), _FIRST_WORD.match(after)
        if broken is None or following is None or not following.group()[0].islower():
            return f"{before} {after}" if before else after
        head, tail = broken.group(1).lower(), following.group().lower()
        keep = f"{head}-{tail}" in self.words and head + tail not in self.words
        return before + after if keep else before[:-1] + after
