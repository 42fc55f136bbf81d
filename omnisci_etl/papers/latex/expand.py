"""One flat text of a LaTeX paper: files included, conditionals decided, own structural macros expanded.

Macros that only make text (a name, a unit) stay as they are, so that captions keep their source; text.py
expands them with the same class. Expansion is bounded in depth, count and size.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from omnisci_etl.errors import HostileInput
from omnisci_etl.papers.archive import Package
from omnisci_etl.papers.latex import names
from omnisci_etl.papers.latex.scan import CONTROL, Source, control_words
from omnisci_etl.papers.latex.source import TEX_EXTENSIONS, read_tex

MAX_CHARS = 8 << 20

_MAX_DEPTH = 40
_MAX_CALLS = 100_000
_MAX_INPUTS = 1000
_MAX_STYLE = 400_000
_PARAMETER = re.compile(r"##|#([1-9])")
_INPUT_WORD = re.compile(r"\s*([^\s{}\\%]{1,200})")
_TEST = re.compile(
    r"(?<=\\if)\s*\S\s*\S|(?<=\\ifx)(?:\s*(?:\\[A-Za-z@]+|\\?\S)){2}|(?<=\\ifdefined)\s*\\[A-Za-z@]+"
    r"|(?<=\\if(?:num|dim|odd))[^\n]*?(?=\s|$)|(?<=\\ifcsname)[^\n]{0,100}?\\endcsname"
)


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro of the paper: body with #1..#9, number of arguments, default of the first where it is optional."""

    body: str
    args: int = 0
    default: str | None = None


@dataclass
class Macros:
    """Everything that the paper defines: commands, environments (begin, end), switches of \\newif."""

    commands: dict[str, Macro] = field(default_factory=dict)
    environments: dict[str, tuple[Macro, str]] = field(default_factory=dict)
    switches: dict[str, bool] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    structural: dict[str, bool] = field(default_factory=dict)

    def define(self, name: str, macro: Macro | None, *, keep: bool = False) -> None:
        """Set or (None: a form that is not expanded here) forget a command; keep: not where it is defined."""
        self.structural.clear()
        if name in names.PROTECTED or (keep and name in self.commands):
            return
        if macro is None:
            self.commands.pop(name, None)
        else:
            self.commands[name] = macro

    def is_structural(self, name: str) -> bool:
        """Whether the command makes or hides figures, captions, labels, references or headings."""
        known = self.structural.get(name)
        if known is None:
            self.structural[name] = False
            macro = self.commands[name]
            known = hides_argument(macro) or self.makes_structure(macro.body)
            self.structural[name] = known
        return known

    def makes_structure(self, body: str) -> bool:
        """Whether a macro body holds structural commands, directly or through other macros."""
        words = control_words(body)
        return not words.isdisjoint(names.STRUCTURAL) or any(
            self.is_structural(word) for word in words if word in self.commands
        )


def hides_argument(macro: Macro) -> bool:
    """Whether an argument of the macro never appears in its body, so that whatever stands there is not printed."""
    return any(f"#{n}" not in macro.body for n in range(1, macro.args + 1))


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
        self.conditions: list[bool] = []
        self.muted = 0
        self.size = 0
        self.out: list[str] = []
        self.folders: list[str] = [""]
        self.picture_folders: list[str] = []

    @property
    def hidden(self) -> bool:
        """Whether the walk is in a branch that is not printed."""
        return not all(self.conditions)

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
        handler = _HANDLERS.get(name)
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
            if self.conditions:
                self.conditions.pop()
        elif name == "else":
            if self.conditions:
                self.conditions[-1] = not self.conditions[-1]
        elif name == "iffalse" or (name == "ifmmode" and not self.hidden):
            self.conditions.append(False)
        else:
            self.conditions.append(self.macros.switches.get(name[2:], True))
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
        values: list[str] = []
        pos = after
        if macro.default is not None:
            option = source.optional(pos)
            values.append(source.get(option) if option else macro.default)
            pos = option.after if option else pos
        while len(values) < macro.args:
            arg = source.token(pos)
            if arg is None:
                return None
            values.append(source.get(arg))
            pos = arg.after
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
        if found is None:
            return
        self.inputs -= 1
        if folder is not None:
            self.picture_folders.append(posixpath.join(here, folder))
        self.folders.append(posixpath.join(here, folder) if folder is not None else here)
        self.run(read_tex(self.package, found))
        self.folders.pop()

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
        conditions, self.conditions = self.conditions, []
        self.muted += 1
        self.run(text)
        self.muted -= 1
        self.conditions = conditions


def _value(hit: re.Match[str], values: list[str], body: str) -> str:
    if hit.group() == "##":
        return "#"
    number = int(hit.group(1))
    value = values[number - 1] if number <= len(values) else ""
    if body[hit.end() : hit.end() + 1].isalpha() and re.search(r"\\[A-Za-z@]+$", value):
        return value + " "
    return value


def _name_of(source: Source, pos: int) -> tuple[str, int] | None:
    """The control sequence that a definition names, in braces or bare."""
    arg = source.token(pos)
    found = CONTROL.fullmatch(source.get(arg).strip()) if arg else None
    return (found.group(1), arg.after) if found and arg else None


def _starless(source: Source, pos: int) -> int:
    pos = source.blanks(pos)
    return pos + 1 if source.text[pos : pos + 1] == "*" else pos


def _store(walk: Expander, name: str, macro: Macro | None, *, keep: bool = False) -> None:
    if name in names.KEPT_DEFINITIONS and macro:
        walk.emit(f"\\renewcommand{{\\{name}}}{{{macro.body}}}")
    elif name == "@captype" and macro:
        walk.emit(f"\\captionsetup{{type={macro.body}}}")
    elif not (walk.muted and macro and "@" in name + macro.body):
        walk.macros.define(name, macro, keep=keep)


def _count(source: Source, pos: int) -> tuple[int, int]:
    number = source.optional(pos)
    digits = source.get(number).strip()
    return (int(digits), number.after) if number and digits in tuple("0123456789") else (0, pos)


def _newcommand(walk: Expander, source: Source, pos: int, word: str) -> int | None:
    named = _name_of(source, _starless(source, pos))
    if named is None:
        return None
    name, pos = named
    args, pos = _count(source, pos)
    default = source.optional(pos)
    pos = default.after if default else pos
    body = source.token(pos)
    if body is None:
        return None
    macro = Macro(source.get(body), args, source.get(default) if default else None)
    _store(walk, name, macro, keep=word == "providecommand")
    return body.after


def _operator(walk: Expander, source: Source, pos: int, word: str) -> int | None:
    named = _name_of(source, _starless(source, pos))
    body = source.token(named[1]) if named else None
    if named is None or body is None:
        return None
    _store(walk, named[0], Macro(f"\\operatorname{{{source.get(body)}}}"))
    return body.after


def _document_command(walk: Expander, source: Source, pos: int, word: str) -> int | None:
    named = _name_of(source, pos)
    spec = source.group(named[1]) if named else None
    body = source.group(spec.after) if spec else None
    if named is None or spec is None or body is None:
        return None
    shape = re.fullmatch(r"(?:o|O\s*\{(?P<default>[^{}]*)\})?(?P<plain>m*)", re.sub(r"[\s+]", "", source.get(spec)))
    macro = None
    if shape:
        optional = source.get(spec).lstrip().lower().startswith("o")
        default = (shape["default"] or "") if optional else None
        macro = Macro(source.get(body), len(shape["plain"]) + optional, default)
    _store(walk, named[0], macro)
    return body.after


def _def(walk: Expander, source: Source, pos: int, word: str) -> int | None:
    found = CONTROL.match(source.text, source.blanks(pos))
    if found is None:
        return None
    opening = source.text.find("{", found.end(), found.end() + 200)
    body = source.group(opening) if opening >= 0 else None
    if body is None:
        return None
    parameters = source.text[found.end() : opening].strip()
    plain = re.fullmatch(r"(?:#[1-9]\s*)*", parameters)
    _store(walk, found.group(1), Macro(source.get(body), parameters.count("#")) if plain else None)
    return body.after


def _let(walk: Expander, source: Source, pos: int, word: str) -> int | None:
    found = re.compile(r"\s*\\([A-Za-z@]+)\s*=?\s*\\([A-Za-z@]+)").match(source.text, pos)
    if found is None:
        return None
    name, meaning = found.groups()
    known = walk.macros.commands.get(meaning)
    usable = meaning not in ("relax", "undefined") and "@" not in meaning
    _store(walk, name, known or (Macro(f"\\{meaning}") if usable and name != meaning else None))
    return found.end()


def _newenvironment(walk: Expander, source: Source, pos: int, word: str) -> int | None:
    name = source.group(_starless(source, pos))
    if name is None:
        return None
    args, pos = _count(source, name.after)
    default = source.optional(pos)
    begin = source.group(default.after if default else pos)
    end = source.group(begin.after) if begin else None
    if begin is None or end is None:
        return None
    key = source.get(name).strip()
    if key not in names.PROTECTED_ENVIRONMENTS and not (walk.muted and "@" in source.get(begin) + source.get(end)):
        macro = Macro(source.get(begin), args, source.get(default) if default else None)
        walk.macros.environments[key] = (macro, source.get(end))
        walk.macros.structural.clear()
    return end.after


def _newif(walk: Expander, source: Source, pos: int, word: str) -> int | None:
    found = re.compile(r"\s*\{?\s*\\if([A-Za-z@]+)\s*\}?").match(source.text, pos)
    if found is None:
        return None
    walk.macros.switches.setdefault(found.group(1), False)
    return found.end()


def _input(walk: Expander, source: Source, pos: int, word: str) -> int | None:
    arg = source.group(pos)
    if arg is None:
        bare = _INPUT_WORD.match(source.text, pos) if word == "input" else None
        if bare is None:
            return None
        walk.include(bare.group(1))
        return bare.end()
    name = source.get(arg).strip().strip('"')
    if word.startswith("subfile"):
        walk.include(posixpath.basename(name), posixpath.dirname(name))
    else:
        walk.include(name)
    return arg.after


def _import(walk: Expander, source: Source, pos: int, word: str) -> int | None:
    folder = source.group(_starless(source, pos))
    name = source.group(folder.after) if folder else None
    if folder is None or name is None:
        return None
    walk.include(source.get(name).strip(), source.get(folder).strip())
    return name.after


def _usepackage(walk: Expander, source: Source, pos: int, word: str) -> int | None:
    arg = source.group(source.skip_optionals(pos, 1))
    if arg is None:
        return None
    for name in source.get(arg).split(",")[:100]:
        walk.load_style(name.strip())
    return arg.after


def _excludecomment(walk: Expander, source: Source, pos: int, word: str) -> int | None:
    arg = source.group(pos)
    if arg is None:
        return None
    walk.macros.dropped.add(source.get(arg).strip())
    return arg.after


_Handler = Callable[[Expander, Source, int, str], int | None]
_HANDLERS: dict[str, _Handler] = {
    **dict.fromkeys(("newcommand", "renewcommand", "providecommand", "DeclareRobustCommand"), _newcommand),
    **dict.fromkeys(("def", "gdef", "edef", "xdef"), _def),
    **dict.fromkeys(("newenvironment", "renewenvironment"), _newenvironment),
    **dict.fromkeys(("input", "include", "subfile", "subfileinclude"), _input),
    **dict.fromkeys(("import", "subimport", "inputfrom", "includefrom"), _import),
    **dict.fromkeys(("usepackage", "RequirePackage"), _usepackage),
    **dict.fromkeys(
        ("NewDocumentCommand", "RenewDocumentCommand", "ProvideDocumentCommand", "DeclareDocumentCommand"),
        _document_command,
    ),
    **dict.fromkeys(("DeclareMathOperator", "DeclareMathOperator*"), _operator),
    "let": _let,
    "newif": _newif,
    "excludecomment": _excludecomment,
}


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
        walk.run(read_tex(package, top))
        if not walk.hidden:
            break
    return Flat("".join(walk.out), walk.macros, (walk.folders[0], *walk.picture_folders))


def expand_text(latex: str, macros: Macros, *, calls: int = 2000) -> str:
    """The text with every macro of the paper expanded; past the budget macros are left as they stand."""
    walk = Expander(None, macros, calls=calls)
    walk.run(latex)
    return latex if walk.hidden else "".join(walk.out)
