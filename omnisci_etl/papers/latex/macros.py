"""The macros that a paper defines, and which of them matter for finding its figures."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from omnisci_etl.papers.latex import names
from omnisci_etl.papers.latex.scan import Arg, Source, control_words

_MAX_ARGUMENT = 20_000


@dataclass(frozen=True, slots=True)
class Macro:
    """A macro of the paper: body with #1..#9, number of arguments, default of the first where it is optional.

    starred: a star behind the name is part of the call.
    between: for \\def\\m#1 [#2]\\par{...} what stands before the first and behind each argument, else empty.
    """

    body: str
    args: int = 0
    default: str | None = None
    between: tuple[str, ...] = ()
    starred: bool = False

    def arguments(self, source: Source, pos: int) -> tuple[list[str], int] | None:
        """The values of the arguments of a call at pos, and where it ends; None where arguments lack.

        TeX takes the end of a paragraph for the argument that an author has left out.
        """
        values: list[str] = []
        if self.between:
            return _delimited(self.between, source, pos)
        if self.starred and source.text[pos : pos + 1] == "*":
            pos += 1
        if self.default is not None:
            option = source.optional(pos)
            values.append(source.get(option) if option else self.default)
            pos = option.after if option else pos
        while len(values) < self.args:
            arg = source.token(pos)
            if arg is None and not (values and source.ends_paragraph(pos)):
                return None
            values.append(source.get(arg))
            pos = arg.after if arg else pos
        return values, pos


def _delimited(between: tuple[str, ...], source: Source, pos: int) -> tuple[list[str], int] | None:
    values: list[str] = []
    pos = source.blanks(pos)
    start = _delimiter(between[0]).match(source.text, pos) if between[0] else None
    if between[0] and start is None:
        return None
    pos = start.end() if start else pos
    for text in between[1:]:
        arg = _until(_delimiter(text), source, pos) if text else source.token(pos)
        if arg is None:
            return None
        values.append(source.get(arg))
        pos = arg.after
    return values, pos


def _delimiter(text: str) -> re.Pattern[str]:
    """The text between two arguments; any white space matches a blank, an empty line matches \\par."""
    parts = (re.escape(part) for part in re.split(r"\s+", text))
    return re.compile(r"\s+".join(parts).replace(r"\\par", r"(?:\\par(?![A-Za-z])|\n[ \t]*\n)"))


def _until(delimiter: re.Pattern[str], source: Source, pos: int) -> Arg | None:
    """The argument that ends before a delimiter; braces hide what is in them."""
    limit, here = pos + _MAX_ARGUMENT, pos
    while found := delimiter.search(source.text, here, limit):
        opening = source.text.find("{", here, found.start())
        if opening < 0:
            return Arg(pos, found.start(), found.end())
        here = source.partner.get(opening, opening) + 1
    return None


@dataclass(frozen=True, slots=True)
class Statement:
    """An environment that \\newtheorem declares: its title, its counter ("": none) and what that counts within."""

    title: str
    counter: str
    within: str = ""


@dataclass
class Macros:
    """Everything that the paper defines: commands, environments (begin, end), switches of \\newif, statements.

    aliases: further names of counters.
    """

    commands: dict[str, Macro] = field(default_factory=dict)
    environments: dict[str, tuple[Macro, str]] = field(default_factory=dict)
    switches: dict[str, bool] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    boxes: dict[str, str] = field(default_factory=dict)
    acronyms: dict[str, str] = field(default_factory=dict)
    statements: dict[str, Statement] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    structural: dict[str, bool] = field(default_factory=dict)
    generation: int = 0
    language: str = ""

    def changed(self) -> None:
        """Forget what was concluded from the definitions so far."""
        self.structural.clear()
        self.generation += 1

    def define(self, name: str, macro: Macro | None, *, keep: bool = False) -> None:
        """Set or (None: a form that is not expanded here) forget a command; keep: not where it is defined."""
        self.changed()
        if (name in names.PROTECTED and not _is_reference(name, macro)) or (keep and name in self.commands):
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


def _is_reference(name: str, macro: Macro | None) -> bool:
    """Whether the authors make one command of reference out of another (\\eqref of \\ref{eq:#1})."""
    if macro is None or name not in names.REFERENCES:
        return False
    words = control_words(macro.body)
    return name not in words and not words.isdisjoint(names.REFERENCES)


def hides_argument(macro: Macro) -> bool:
    """Whether an argument of the macro never appears in its body, so that whatever stands there is not printed."""
    first = 1 if macro.default is None else 2
    return any(f"#{n}" not in macro.body for n in range(first, macro.args + 1))
