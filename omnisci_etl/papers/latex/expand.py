"""One flat text of a LaTeX paper: files included, conditionals decided, own structural macros expanded.

Macros that only make text (a name, a unit) stay as they are, so that captions keep their source; text.py
expands them with the same class. Expansion is bounded in depth, count and size.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

from omnisci_etl.errors import HostileInput
from omnisci_etl.papers.archive import Package
from omnisci_etl.papers.latex import names
from omnisci_etl.papers.latex.definitions import HANDLERS
from omnisci_etl.papers.latex.macros import Macro, Macros
from omnisci_etl.papers.latex.scan import CONTROL, Source
from omnisci_etl.papers.latex.source import TEX_EXTENSIONS, read_tex

MAX_CHARS = 8 << 20

_MAX_DEPTH = 40
_MAX_CALLS = 100_000
_MAX_INPUTS = 1000
_MAX_STYLE = 400_000
_PARAMETER = re.compile(r"##|#([1-9])")
_TEST = re.compile(
    r"(?<=\\if)\s*\S\s*\S|(?<=\\ifx)(?:\s*(?:\\[A-Za-z@]+|\\?\S)){2}|(?<=\\ifdefined)\s*\\[A-Za-z@]+"
    r"|(?<=\\if(?:num|dim|odd))[^\n]*?(?=\s|$)|(?<=\\ifcsname)[^\n]{0,100}?\\endcsname"
)


class _Branches:
    """The conditionals that are open, True where their printed branch is being walked."""

    def __init__(self) -> None:
        self.taken: list[bool] = []
        self.hidden = 0

    def push(self, taken: bool) -> None:
        self.taken.append(taken)
        self.hidden += not taken

    def flip(self) -> None:
        if self.taken:
            self.push(not self.pop())

    def pop(self) -> bool:
        taken = self.taken.pop() if self.taken else True
        self.hidden -= not taken
        return taken


class Expander:
    """Walks TeX text from left to right, keeping definitions and conditionals, and collects what is printed.

    package None: nothing is included and every macro is expanded (text of captions and titles).
    decide False: conditionals are ignored and all their branches kept.
    """

    def __init__(self, package: Package | None, macros: Macros, *, decide: bool = True, calls: int = _MAX_CALLS):
        self.package = package
        self.macros = macros
        self.decide = decide
        self.calls = calls
        self.inputs = _MAX_INPUTS
        self.branches = _Branches()
        self.muted = 0
        self.size = 0
        self.out: list[str] = []
        self.folders: list[str] = [""]
        self.open: list[str] = []
        self.read = 0
        self.picture_folders: list[str] = []

    @property
    def hidden(self) -> bool:
        """Whether the walk is in a branch that is not printed."""
        return self.branches.hidden > 0

    def emit(self, text: str) -> None:
        """Add to the output, unless hidden or muted."""
        if self.muted or self.hidden or not text:
            return
        self.size += len(text)
        if self.size > MAX_CHARS:
            raise HostileInput("too-large", f"more than {MAX_CHARS} characters of TeX")
        self.out.append(text)

    def run(self, text: str, depth: int = 0) -> None:
        """Walk text and emit what it prints."""
        source = Source(text)
        pos = 0
        while found := CONTROL.search(text, pos):
            self.emit(text[pos : found.start()])
            pos = self._control(source, found, depth)
        self.emit(text[pos:])

    def _control(self, source: Source, found: re.Match[str], depth: int) -> int:
        name, after = found.group(1), found.end()
        if self.decide and self._is_conditional(name):
            return self._condition(source, name, after)
        if self.hidden:
            return after
        if self._switch(name):
            return after
        handler = HANDLERS.get(name)
        end = handler(self, source, after, name) if handler and self.package else None
        if end is None and name in ("begin", "end") and self.package:
            end = self._environment(source, after, name, depth)
        if end is None and name in self.macros.commands:
            end = self._call(source, after, name, depth)
        if end is None:
            self.emit(found.group())
            return after
        return end

    def _is_conditional(self, name: str) -> bool:
        return name in names.CONDITIONALS or (name.startswith("if") and name[2:] in self.macros.switches)

    def _condition(self, source: Source, name: str, after: int) -> int:
        if name == "fi":
            self.branches.pop()
        elif name == "else":
            self.branches.flip()
        elif name == "iffalse" or (name == "ifmmode" and not self.hidden):
            self.branches.push(False)
        else:
            self.branches.push(self.macros.switches.get(name[2:], True))
            test = _TEST.match(source.text, after)
            return test.end() if test else after
        return after

    def _switch(self, name: str) -> bool:
        for ending, value in (("true", True), ("false", False)):
            if name.endswith(ending) and name[: -len(ending)] in self.macros.switches:
                self.macros.switches[name[: -len(ending)]] = value
                return True
        return False

    def _call(self, source: Source, after: int, name: str, depth: int) -> int | None:
        if self.package and not self.macros.is_structural(name):
            return None
        called = self._body(source, after, self.macros.commands[name])
        if called is None or depth >= _MAX_DEPTH or self.calls <= 0:
            return None
        self.calls -= 1
        body, end = called
        if body.startswith("\\") and body[-1:].isalpha() and source.text[end : end + 1].isalpha():
            body += " "
        self.run(body, depth + 1)
        return end

    def _body(self, source: Source, after: int, macro: Macro) -> tuple[str, int] | None:
        """The macro's body with its arguments in place, and where the call ends; None where arguments lack."""
        called = macro.arguments(source, after)
        if called is None:
            return None
        values, pos = called
        if len(macro.body) + macro.body.count("#") * max(map(len, values), default=0) > MAX_CHARS:
            raise HostileInput("too-large", "a macro that blows up")
        return _PARAMETER.sub(lambda hit: _value(hit, values, macro.body), macro.body), pos

    def _environment(self, source: Source, after: int, edge: str, depth: int) -> int | None:
        arg = source.group(after)
        if arg is None:
            return None
        name = source.get(arg).strip()
        if edge == "begin" and name in self.macros.dropped:
            close = source.text.find(f"\\end{{{name}}}", arg.after)
            return len(source.text) if close < 0 else close + len(name) + 6
        if name not in self.macros.environments or depth >= _MAX_DEPTH or self.calls <= 0:
            return None
        begin, end_body = self.macros.environments[name]
        if not self.macros.makes_structure(begin.body + end_body):
            return None
        self.calls -= 1
        if edge == "end":
            self.run(end_body, depth + 1)
            return arg.after
        called = self._body(source, arg.after, begin)
        if called is None:
            return None
        self.run(called[0], depth + 1)
        return called[1]

    def include(self, name: str, folder: str | None = None) -> None:
        """Walk a file of the package, looked up as TeX would; folder: the one that \\import names."""
        if self.package is None or self.inputs <= 0 or len(self.folders) > _MAX_DEPTH:
            return
        here = self.folders[-1]
        paths = [posixpath.join(here, folder or "", name), posixpath.join(self.folders[0], name), name]
        found = next((hit for path in paths if (hit := self.package.find(path, TEX_EXTENSIONS))), None)
        if found is None or found in self.open:
            return
        self.inputs -= 1
        if folder is not None:
            self.picture_folders.append(posixpath.join(here, folder))
        self.folders.append(posixpath.join(here, folder) if folder is not None else here)
        self.open.append(found)
        self.run(self._text(read_tex(self.package, found)))
        self.open.pop()
        self.folders.pop()

    def _text(self, text: str) -> str:
        """Text of a file, counted against the cap on what is read, printed or not."""
        self.read += len(text)
        if self.read > 2 * MAX_CHARS:
            raise HostileInput("too-large", "files that are included again and again")
        return text

    def load_style(self, name: str) -> None:
        """Take the definitions of a style file that lies in the package; what it would print is dropped."""
        if self.package is None or len(self.folders) > _MAX_DEPTH or self.inputs <= 0:
            return
        found = self.package.find(posixpath.join(self.folders[0], name), (".sty",))
        if found is None or not found.lower().endswith(".sty"):
            return
        self.inputs -= 1
        text = read_tex(self.package, found)
        if len(text) > _MAX_STYLE:
            return
        branches, self.branches = self.branches, _Branches()
        self.muted += 1
        self.run(text)
        self.muted -= 1
        self.branches = branches


def _value(hit: re.Match[str], values: list[str], body: str) -> str:
    if hit.group() == "##":
        return "#"
    number = int(hit.group(1))
    value = values[number - 1] if number <= len(values) else ""
    if body[hit.end() : hit.end() + 1].isalpha() and re.search(r"\\[A-Za-z@]+$", value):
        return value + " "
    return value


@dataclass(frozen=True, slots=True)
class Flat:
    """A paper as one text, with its macros and the folders in which \\import looks for pictures."""

    text: str
    macros: Macros
    picture_folders: tuple[str, ...]


def flatten(package: Package, top: str) -> Flat:
    """Expand the paper whose top file is top; where a conditional never ends, all branches are kept."""
    for decide in (True, False):
        walk = Expander(package, Macros(), decide=decide)
        walk.folders = [posixpath.dirname(top)]
        walk.open = [top]
        walk.run(read_tex(package, top))
        if not walk.hidden:
            break
    return Flat("".join(walk.out), walk.macros, (walk.folders[0], *walk.picture_folders))


def expand_text(latex: str, macros: Macros, *, calls: int = 2000) -> str:
    """The text with every macro of the paper expanded; past the budget macros are left as they stand."""
    walk = Expander(None, macros, calls=calls)
    walk.run(latex)
    return latex if walk.hidden else "".join(walk.out)
