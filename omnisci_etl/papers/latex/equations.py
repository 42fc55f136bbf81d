"""The numbers of equations, so that text and captions that point at them can say which."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from omnisci_etl.papers.latex import names
from omnisci_etl.papers.latex.counters import Counters, letter
from omnisci_etl.papers.latex.structure import Env, Structure
from omnisci_etl.papers.latex.text import plain

_ROW_END = re.compile(r"\\\\\*?")
_LABEL = re.compile(r"\\label\s*\{([^{}]*)\}")
_TAG = re.compile(r"\\tag\*?\s*\{([^{}]{0,100})\}")
_UNNUMBERED = re.compile(r"\\(?:nonumber|notag)(?![A-Za-z])")


class Equations:
    """Counts the equations of a structure; feed it each environment of names.NUMBERED in order."""

    def __init__(self, structure: Structure, counters: Counters) -> None:
        self.text = structure.source.text
        self.envs = structure.envs
        self.starts = [env.start for env in structure.envs]
        self.counters = counters
        self.numbers: dict[str, str] = {}
        self.groups: dict[Env, str] = {}
        self.group: Env | None = None
        self.within = 0

    def feed(self, env: Env) -> None:
        """Number the rows of an environment; \\begin{subequations} opens a group of one number."""
        if env.name == "subequations":
            self.group, self.within = env, 0
            self.groups[env] = self.counters.step("equation")
            self._aim(self.text[env.start : self._inner(env)], self.groups[env])
            return
        rows = self._rows(env) if env.name in names.ROWS_OF_EQUATIONS else iter((self.text[env.start : env.end],))
        for row in rows:
            tag = _TAG.search(row)
            if tag:
                self._aim(row, plain(tag.group(1)))
            elif not _UNNUMBERED.search(row):
                self._aim(row, self._next(env))

    def _next(self, env: Env) -> str:
        if self.group is None or not env.inside(self.group):
            return self.counters.step("equation")
        self.within += 1
        return self.counters.printed("equation") + letter(self.within)

    def _aim(self, text: str, number: str) -> None:
        for found in _LABEL.finditer(text):
            self.numbers.setdefault(found.group(1).strip(), number)

    def _inner(self, env: Env) -> int:
        """Where the first environment inside starts."""
        inside = self._inside(env)
        return inside[0].start if inside else env.end

    def _inside(self, env: Env) -> Sequence[Env]:
        return self.envs[bisect_right(self.starts, env.start) : bisect_left(self.starts, env.end)]

    def _rows(self, env: Env) -> Iterator[str]:
        """The rows that are not empty; line breaks of environments inside (cases, arrays) end none."""
        start = row = env.start
        inside = [(inner.start, inner.end) for inner in self._inside(env) if inner.parent is env]
        for found in _ROW_END.finditer(self.text, start, env.end):
            if any(low <= found.start() < high for low, high in inside):
                continue
            yield self.text[row : found.start()]
            row = found.end()
        last = self.text[row : env.end]
        if last.rpartition("\\end")[0].strip():
            yield last
