"""Reading arguments in TeX text: brace groups, optional arguments, single tokens.

Partners of braces are found once for the whole text, so that a brace without one costs no search.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import NamedTuple

CONTROL = re.compile(r"\\([A-Za-z@]+|.)", re.DOTALL)

# A brace that no backslash escapes; of several backslashes before it, two make a line break.
_BRACE = r"[{}](?:(?<!\\.)|(?<=[^\\]\\\\.)|(?<=^\\\\.))"
_BRACES = re.compile(_BRACE)
_BRACES_AND_FLOATS = re.compile(
    r"\\(?P<edge>begin|end)\s*\{\s*(?P<name>\w*(?:figure|table|algorithm)\w*\*?)\s*\}|" + _BRACE
)
_BLANKS = re.compile(r"[ \t]*(?:\n[ \t]*(?!\n))?")
_MAX_OPTIONAL = 5000


class Arg(NamedTuple):
    """An argument: text[start:end] is its content, after the place behind its closing delimiter."""

    start: int
    end: int
    after: int


class Source:
    """TeX text without comments, with the partner of each brace.

    floors: braces inside a float never pair with braces outside of it, so that a brace too many or too few does
    not reach beyond its float. Not for text that still has definitions, whose halves of floats are no floats.
    """

    def __init__(self, text: str, *, floors: bool = False) -> None:
        self.text = text
        self.floors = floors

    @cached_property
    def partner(self) -> dict[int, int]:
        """Where the brace that opens at a place closes; found when first asked for, as most short texts never ask."""
        return _partners(self.text, _BRACES_AND_FLOATS if self.floors else _BRACES)

    def blanks(self, pos: int) -> int:
        """The place after white space, at most one line end included."""
        found = _BLANKS.match(self.text, pos)
        return found.end() if found else pos

    def group(self, pos: int) -> Arg | None:
        """The brace group that starts at pos or after blanks; None where there is none or it never ends."""
        pos = self.blanks(pos)
        if self.text[pos : pos + 1] != "{" or pos not in self.partner:
            return None
        end = self.partner[pos]
        return Arg(pos + 1, end, end + 1)

    def optional(self, pos: int) -> Arg | None:
        """The [optional argument] at pos or after blanks; brackets inside braces do not end it."""
        pos = self.blanks(pos)
        if self.text[pos : pos + 1] != "[":
            return None
        depth, here = 0, pos
        limit = self.text.rfind("]", pos, pos + _MAX_OPTIONAL) + 1
        while here < limit:
            char = self.text[here]
            if char == "\\":
                here += 1
            elif char == "{":
                here = self.partner.get(here, here)
            elif char == "[":
                depth += 1
            elif char == "]":
                depth -= 1
                if depth == 0:
                    return Arg(pos + 1, here, here + 1)
            here += 1
        return None

    def token(self, pos: int) -> Arg | None:
        """What TeX takes as an undelimited argument: a group, a control sequence or one character."""
        group = self.group(pos)
        if group:
            return group
        pos = self.blanks(pos)
        control = CONTROL.match(self.text, pos)
        if control:
            return Arg(pos, control.end(), control.end())
        if pos >= len(self.text) or self.text[pos] in "{}\n":
            return None
        return Arg(pos, pos + 1, pos + 1)

    def ends_paragraph(self, pos: int) -> bool:
        """Whether a blank line follows at pos or after blanks."""
        return self.text.startswith("\n", self.blanks(pos))

    def get(self, arg: Arg | None) -> str:
        """The content of an argument, "" for none."""
        return self.text[arg.start : arg.end] if arg else ""

    def skip_optionals(self, pos: int, at_most: int = 4) -> int:
        """The place after up to at_most optional arguments."""
        for _ in range(at_most):
            arg = self.optional(pos)
            if arg is None:
                return pos
            pos = arg.after
        return pos


def _partners(text: str, pattern: re.Pattern[str]) -> dict[int, int]:
    partner: dict[int, int] = {}
    stack: list[int] = []
    floors: list[tuple[str, int]] = []
    for found in pattern.finditer(text):
        mark = found.group()
        if mark == "{":
            stack.append(found.start())
        elif mark == "}":
            if len(stack) > (floors[-1][1] if floors else 0):
                partner[stack.pop()] = found.start()
        else:
            partner[text.index("{", found.start())] = found.end() - 1
            _cross_float(found["edge"], found["name"], stack, floors)
    return partner


def _cross_float(edge: str, name: str, stack: list[int], floors: list[tuple[str, int]]) -> None:
    if edge == "begin":
        floors.append((name, len(stack)))
    elif any(name == open_name for open_name, _ in floors):
        while floors:
            open_name, depth = floors.pop()
            if open_name == name:
                del stack[depth:]
                return


def control_words(text: str) -> set[str]:
    """Names of the control sequences in text."""
    return {found.group(1) for found in CONTROL.finditer(text)}
