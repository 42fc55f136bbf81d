"""What a flat LaTeX text is made of: nested environments, and the commands that matter for figures, in order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from omnisci_etl.errors import HostileInput
from omnisci_etl.papers.latex import names
from omnisci_etl.papers.latex.scan import Arg, Source

MAX_DEPTH = 500

_CAPTION_ENDS = re.compile(r"\n[ \t]*\n|\\(?:label|end|begin|includegraphics|caption)\b")
_LABEL = re.compile(r"\\label\s*\{([^{}]*)\}")


@dataclass(eq=False)
class Env:
    """An environment, or the content of a \\subfloat; text[start:end] with its \\begin and \\end."""

    name: str
    start: int
    end: int
    parent: Env | None
    closed: bool = False
    captype: str = ""

    def chain(self) -> Iterator[Env]:
        """This environment and those around it, innermost first."""
        env: Env | None = self
        while env:
            yield env
            env = env.parent

    def inside(self, outer: Env) -> bool:
        """Whether outer is this environment or one around it."""
        return any(env is outer for env in self.chain())


@dataclass(eq=False)
class Event:
    """A command at text[start:end]; arg is its main argument, value and option what the kind makes of the others.

    Kinds: caption (value: the type, option: the number that the command itself names), subcaption, picture (value:
    the file, option: page and angle), drawing, label, section (value: its level), item (of a numbered list), continued,
    counter, format, within, appendix (value: the command where it is not \\appendix), folders, extensions. A starred
    picture is one that TeX makes of a drawing: its file may lack.
    """

    kind: str
    start: int
    end: int
    env: Env
    value: str = ""
    option: str = ""
    arg: Arg | None = None
    starred: bool = False


@dataclass
class Structure:
    """The events of a text in order, and its environments in the order in which they begin."""

    source: Source
    events: list[Event] = field(default_factory=list)
    envs: list[Env] = field(default_factory=list)

    def of_kind(self, *kinds: str) -> Iterator[Event]:
        """The events of some kinds, in order."""
        return (event for event in self.events if event.kind in kinds)


class Scan:
    """A walk through a text: the environments that are open, and what has been found."""

    def __init__(self, text: str) -> None:
        self.source = Source(text, floors=True)
        self.text = text
        self.found = Structure(self.source)
        self.env = Env("", 0, len(text), None)
        self.depth = 0
        self.limits: list[int] = []

    def add(self, kind: str, start: int, end: int, **more: str | Arg | bool | None) -> None:
        """Take note of a command in the environment that is open."""
        self.found.events.append(Event(kind, start, end, self.env, **more))  # type: ignore[arg-type]

    def enter(self, name: str, start: int, end: int | None = None) -> None:
        """Go into an environment; end where it is known."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise HostileInput("too-large", f"environments nested more than {MAX_DEPTH} deep")
        self.env = Env(name, start, len(self.text) if end is None else end, self.env)
        self.found.envs.append(self.env)
        if end is not None:
            self.env.closed = True
            self.limits.append(end)

    def leave(self, limit: int) -> None:
        """Leave the innermost argument, and whatever was begun in it."""
        self.limits.pop()
        while self.env.parent and not (self.env.closed and self.env.end == limit):
            self.close(limit)
        self.close(limit)

    def close(self, place: int) -> None:
        """Go out of the innermost environment, which ends here unless its end was known."""
        if not self.env.closed:
            self.env.end, self.env.closed = place, True
        if self.env.parent:
            self.env = self.env.parent
            self.depth -= 1

    def close_figure(self, place: int) -> None:
        """Where a heading or a new figure comes while a figure is open, its \\end is missing."""
        while any(env.name in names.FIGURES for env in self.env.chain()):
            if self.limits and self.env.closed:
                self.leave(self.limits[-1])
            else:
                self.close(place)

    def star(self, pos: int) -> tuple[bool, int]:
        """Whether a star stands here, and the place behind it."""
        return (True, pos + 1) if self.text[pos : pos + 1] == "*" else (False, pos)

    def long_argument(self, pos: int) -> Arg | None:
        """A group; where its brace never closes, as far as the next paragraph or command of a float."""
        arg = self.source.group(pos)
        pos = self.source.blanks(pos)
        if arg or self.text[pos : pos + 1] != "{":
            return arg
        found = _CAPTION_ENDS.search(self.text, pos)
        end = found.start() if found else len(self.text)
        return Arg(pos + 1, end, end)

    def labels(self, arg: Arg) -> None:
        """Take note of the labels in an argument."""
        for found in _LABEL.finditer(self.text, arg.start, arg.end):
            self.add("label", found.start(), found.end(), value=found.group(1).strip())


# Takes the command's name, where it starts and where its name ends; returns where to go on, None to stop.
Handler = Callable[[Scan, str, int, int], int | None]
