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
from omnisci_etl.papers.latex.conditions import decide, is_conditional
from omnisci_etl.papers.latex.definitions import ANYWHERE, HANDLERS
from omnisci_etl.papers.latex.macros import Macro, Macros
from omnisci_etl.papers.latex.scan import CONTROL, Source, control_words
from omnisci_etl.papers.latex.source import TEX_EXTENSIONS, declared_encoding, decode, read_tex, strip_comments

MAX_CHARS = 8 << 20

_MAX_DEPTH = 40
_MAX_CALLS = 40_000
_MAX_INPUTS = 1000
_MAX_STYLE = 400_000
_MAX_DRAWING, _DRAWING_HEAD = 300_000, 20_000
_DRAWING = re.compile(rb"\\begin\{(?:tikzpicture|pgfpicture|axis)\}|\\pgfpathmoveto|\\addplot")
_SHORTHANDS = dict(
    zip(
        "aouAOUszSZ`'<>-=~|",
        ("ä", "ö", "ü", "Ä", "Ö", "Ü", "ß", "ß", "SS", "SZ", "„", "“", "«", "»", "", "-", "-", ""),
        strict=True,
    )
)
_SHORTHAND = re.compile(r"\"([aouAOUszSZ`'<>=~|-])")
_PARAMETER = re.compile(r"##|#([1-9])")
_COMMAND_END = re.compile(r"\\[A-Za-z@]+$")
_WHOLE_PAPER = re.compile(r"\\document(?:class|style)\b.*?\\begin\s*\{document\}", re.DOTALL)
_END_OF_PAPER = re.compile(r"\\end\s*\{document\}")


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
        self.tight = False
        self.out: list[str] = []
        self.folders: list[str] = [""]
        self.open: list[str] = []
        self.styles: set[str] = set()
        self.read = 0
        self.level = 0
        self.generation = macros.generation
        self.plain: set[str] = set()
        self.only: frozenset[str] | None = None
        self.encoding = "cp1252"
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
        if "\\" not in text:
            self.emit(text)
            return
        source = Source(text)
        start = pos = 0
        while found := CONTROL.search(text, pos):
            if self._is_plain(found.group(1)):
                pos = found.end()
                continue
            self.emit(text[start : found.start()])
            start = pos = self._control(source, found, depth)
        self.emit(text[start:])

    def _is_plain(self, name: str) -> bool:
        """Whether a command is none that the walk has to do with; known anew after each definition."""
        if self.generation != self.macros.generation:
            self.generation = self.macros.generation
            self.plain.clear()
        if name in self.plain:
            return True
        plain = not (
            name in HANDLERS
            or name in ("begin", "end", "else", "fi", "or")
            or name.startswith("if")
            or name in self.macros.commands
            or self._switched(name)
        )
        if plain:
            self.plain.add(name)
        return plain

    def _control(self, source: Source, found: re.Match[str], depth: int) -> int:
        name, after = found.group(1), found.end()
        if self.decide and is_conditional(name, self.macros, source.text, after):
            return self._condition(source, name, after)
        if self.hidden:
            return after
        switch = self._switched(name)
        if switch:
            self.macros.switches[switch] = name.endswith("true")
            return after
        handler = HANDLERS.get(name)
        if handler and (self.package or name in ANYWHERE):
            self.level = depth
            end = handler(self, source, after, name)
        else:
            end = None
        if end is None and name in ("begin", "end") and self.package:
            end = self._environment(source, after, name, depth)
        if end is None and name in self.macros.commands:
            end = self._call(source, after, name, depth)
        if end is None:
            self.emit(found.group())
            return after
        return end

    def _condition(self, source: Source, name: str, after: int) -> int:
        if name == "fi":
            self.branches.pop()
        elif name == "else":
            self.branches.flip()
        elif self.hidden:
            self.branches.push(True)
        else:
            taken, after = decide(name, self.macros, source.text, after)
            self.branches.push(taken)
        return after

    def branch(self, text: str) -> None:
        """Walk what a command with arguments prints."""
        if self.level < _MAX_DEPTH and self.calls > 0:
            self.calls -= 1
            self.run(text, self.level + 1)

    def exists(self, name: str) -> bool:
        """Whether \\input would find a file."""
        return self._look_up(name, None) is not None

    def _switched(self, name: str) -> str:
        """The switch that \\xtrue or \\xfalse sets, else ""."""
        for ending in ("true", "false"):
            if name.endswith(ending) and name[: -len(ending)] in self.macros.switches:
                return name[: -len(ending)]
        return ""

    def _call(self, source: Source, after: int, name: str, depth: int) -> int | None:
        if self.package and not self.macros.is_structural(name):
            return None
        called = self.called(source, after, self.macros.commands[name])
        if called is None or depth >= _MAX_DEPTH or self.calls <= 0:
            return None
        self.calls -= 1
        body, end = called
        if body.startswith("\\") and body[-1:].isalpha() and source.text[end : end + 1].isalpha():
            body += " "
        self.run(body, depth + 1)
        return source.blanks(end) if self.tight and not self.macros.commands[name].args else end

    def called(self, source: Source, after: int, macro: Macro) -> tuple[str, int] | None:
        """The macro's body with its arguments in place, and where the call ends; None where arguments lack."""
        called = macro.arguments(source, after)
        if called is None:
            return None
        values, pos = called
        if len(macro.body) + macro.body.count("#") * max(map(len, values), default=0) > MAX_CHARS:
            raise HostileInput("too-large", "a macro that blows up")
        return substitute(macro.body, values), pos

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
        called = self.called(source, arg.after, begin)
        if called is None:
            return None
        self.run(called[0], depth + 1)
        return called[1]

    def include(self, name: str, folder: str | None = None) -> None:
        """Walk a file of the package, looked up as TeX would; folder: the one that \\import names."""
        if self.package is None or self.inputs <= 0 or len(self.folders) > _MAX_DEPTH:
            return
        here = self.folders[-1]
        found = self._look_up(name, folder)
        if found is None or found in self.open:
            return
        self.inputs -= 1
        if folder is not None:
            self.picture_folders.append(posixpath.join(here, folder))
        self.folders.append(posixpath.join(here, folder) if folder is not None else here)
        self.open.append(found)
        self.run(self._text(found))
        self.open.pop()
        self.folders.pop()

    def _look_up(self, name: str, folder: str | None) -> str | None:
        if self.package is None:
            return None
        if "\\" in name:
            name = expand_text(name, self.macros, calls=20, tight=True)
        paths = (posixpath.join(self.folders[-1], folder or "", name), posixpath.join(self.folders[0], name), name)
        return next((hit for path in paths if (hit := self.package.find(path, TEX_EXTENSIONS))), None)

    def _text(self, name: str) -> str:
        """What a file that is included adds: of one that is a paper itself, what stands between begin and end.

        Counted against the cap on what is read, printed or not.
        """
        assert self.package is not None
        data = self.package.read(name)
        if len(data) > _MAX_DRAWING and _DRAWING.search(data[:_DRAWING_HEAD]):
            return "\\begin{pgfpicture}\\end{pgfpicture}"
        text = strip_comments(decode(data, self.encoding))
        self.read += len(text)
        if self.read > 2 * MAX_CHARS:
            raise HostileInput("too-large", "files that are included again and again")
        head = _WHOLE_PAPER.search(text)
        end = _END_OF_PAPER.search(text, head.end()) if head else None
        return text[head.end() : end.start() if end else len(text)] if head else text

    def load_style(self, name: str) -> None:
        """Take the definitions of a style file that lies in the package, once; what it would print is dropped."""
        if self.package is None or len(self.folders) > _MAX_DEPTH or self.inputs <= 0:
            return
        found = self.package.find(posixpath.join(self.folders[0], name), (".sty",))
        if found is None or not found.lower().endswith(".sty") or found in self.styles:
            return
        self.styles.add(found)
        self.inputs -= 1
        text = read_tex(self.package, found)
        if len(text) > _MAX_STYLE:
            return
        branches, self.branches = self.branches, _Branches()
        self.muted += 1
        self.run(text)
        self.muted -= 1
        self.branches = branches


def substitute(body: str, values: list[str]) -> str:
    """The body of a macro with its arguments; commands and the letters behind them never grow together."""
    return _PARAMETER.sub(lambda hit: _value(hit, values, body), body)


def _value(hit: re.Match[str], values: list[str], body: str) -> str:
    if hit.group() == "##":
        return "#"
    number = int(hit.group(1))
    value = values[number - 1] if number <= len(values) else ""
    if body[hit.end() : hit.end() + 1].isalpha() and _COMMAND_END.search(value):
        value += " "
    if value[:1].isalpha() and _COMMAND_END.search(body, max(0, hit.start() - 60), hit.start()):
        return " " + value
    return value


@dataclass(frozen=True, slots=True)
class Flat:
    """A paper as one text, with its macros and the folders in which \\import looks for pictures."""

    text: str
    macros: Macros
    picture_folders: tuple[str, ...]


def flatten(package: Package, top: str) -> Flat:
    """Expand the paper whose top file is top; where a conditional never ends, all branches are kept."""
    for decided in (True, False):
        walk = Expander(package, Macros(), decide=decided)
        walk.folders = [posixpath.dirname(top)]
        walk.open = [top]
        walk.encoding = declared_encoding(package.read(top))
        walk.macros.commands["jobname"] = Macro(posixpath.splitext(posixpath.basename(top))[0])
        walk.run(strip_comments(decode(package.read(top), walk.encoding)))
        if not walk.hidden:
            break
    return Flat(
        _plain_shorthands("".join(walk.out), walk.macros.language),
        walk.macros,
        (walk.folders[0], *walk.picture_folders),
    )


def _plain_shorthands(text: str, language: str) -> str:
    """German shorthands as the letters that they print ("a is ä), where the paper's main language has them."""
    if "german" not in language and "austrian" not in language:
        return text
    return _SHORTHAND.sub(lambda hit: _SHORTHANDS[hit.group(1)], text)


def expand_text(latex: str, macros: Macros, *, calls: int = 2000, tight: bool = False) -> str:
    """The text with every macro of the paper expanded; past the budget macros are left as they stand.

    tight: blanks behind a macro go, as TeX has it; sentences read better with them.
    """
    if not any(_concerns(word, macros) for word in control_words(latex)):
        return latex
    walk = Expander(None, macros, calls=calls)
    walk.tight = tight
    walk.run(latex)
    return latex if walk.hidden else "".join(walk.out)


def _concerns(word: str, macros: Macros) -> bool:
    """Whether the expansion of text has to do with a command."""
    return word in macros.commands or word in ANYWHERE or word.startswith("if") or word in ("else", "fi")
