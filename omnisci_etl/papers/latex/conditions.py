"""What TeX's conditionals decide, as far as the text of a paper tells; where it does not, the first branch counts."""

from __future__ import annotations

import re

from omnisci_etl.papers.latex import names
from omnisci_etl.papers.latex.macros import Macros
from omnisci_etl.papers.latex.scan import CONTROL

_EXPANSIONS = 5
_UNDEFINED = frozenset(("undefined", "@undefined", "relax"))
_BLANKS = re.compile(r"\s*")
_NUMBERS = re.compile(
    r"\s*(?P<left>-?\d+|\\[A-Za-z@]+)\s*(?P<sign>[<>=])\s*(?P<right>-?\d+|\\[A-Za-z@]+)(?:\s|\\relax(?![A-Za-z]))?"
)
_CSNAME = re.compile(r"([^\n]{0,100}?)\\endcsname")
_REST_OF_TEST = re.compile(r"[^\n]*?(?=\s|$)")
_FALSE = re.compile(
    r"if(?:false|mmode|vmode|eof|void|CLASSOPTION(?:compsoc|captionsoff|peerreview|draftcls|onecolumn)\w*"
    r"|xetex|luatex|XeTeX|LuaTeX|tutex)$"
)
_CALL = re.compile(r"\s*\\(?P<name>NOT|not|boolean|equal)\b\s*")


def is_conditional(name: str, macros: Macros, text: str, after: int) -> bool:
    """Whether the command opens, turns or ends a conditional; \\ifsomething{ is a command with arguments."""
    if name in names.CONDITIONALS or (name.startswith("if") and name[2:] in macros.switches):
        return True
    return (
        name.startswith("if")
        and len(name) > 3
        and name not in macros.commands
        and text[after : after + 1] not in ("{", "*")
        and text.find("\\fi", after) > 0
    )


def decide(name: str, macros: Macros, text: str, after: int) -> tuple[bool, int]:
    """Whether the first branch of a conditional is printed, and where its test ends."""
    test = _TESTS.get(name)
    if test:
        return test(macros, text, after)
    if name[2:] in macros.switches:
        return macros.switches[name[2:]], after
    return _FALSE.match(name) is None, after


def _token(macros: Macros, text: str, pos: int, *, expand: bool = True) -> tuple[str, int]:
    """A token as "\\name" or one character, macros without arguments replaced by the first of their body."""
    control = CONTROL.match(text, pos)
    if control is None:
        return text[pos : pos + 1], pos + 1
    token = control.group()
    for _ in range(_EXPANSIONS if expand else 0):
        macro = macros.commands.get(token[1:])
        if macro is None or macro.args or not macro.body:
            break
        inner = CONTROL.match(macro.body)
        token = inner.group() if inner else macro.body[0]
        if not inner:
            break
    return token, control.end()


def _same_character(macros: Macros, text: str, after: int) -> tuple[bool, int]:
    """\\if: a command that is not the paper's own is no character, and stays."""
    start = _BLANKS.match(text, after).end()  # type: ignore[union-attr]
    left, middle = _token(macros, text, start)
    right, end = _token(macros, text, middle)
    if len(right) > 1:
        return False, middle
    return left == right and len(left) == 1, end


def _same_meaning(macros: Macros, text: str, after: int) -> tuple[bool, int]:
    """\\ifx"""
    start = _BLANKS.match(text, after).end()  # type: ignore[union-attr]
    left, middle = _token(macros, text, start, expand=False)
    middle = _BLANKS.match(text, middle).end() if len(left) > 1 else middle  # type: ignore[union-attr]
    right, end = _token(macros, text, middle, expand=False)
    return _meaning(macros, left) == _meaning(macros, right), end


def _meaning(macros: Macros, token: str) -> str | tuple[str, int]:
    name = token[1:]
    macro = macros.commands.get(name) if len(token) > 1 else None
    if macro:
        return macro.body, macro.args
    if len(token) == 1 or is_known(macros, name):
        return token
    return ("", 0) if name in ("empty", "@empty") else "undefined"


def is_known(macros: Macros, name: str) -> bool:
    """Whether a command has a meaning: the paper's own, or one that LaTeX is known to have."""
    if name in _UNDEFINED:
        return False
    return (
        name in macros.commands
        or name.startswith("pdf")
        or name in names.STRUCTURAL
        or name in names.DROPPED
        or name in names.symbols()
    )


def _is_defined(macros: Macros, text: str, after: int) -> tuple[bool, int]:
    start = _BLANKS.match(text, after).end()  # type: ignore[union-attr]
    token, end = _token(macros, text, start, expand=False)
    return is_known(macros, token[1:]), end


def _has_name(macros: Macros, text: str, after: int) -> tuple[bool, int]:
    found = _CSNAME.match(text, after)
    return (is_known(macros, found.group(1).strip()), found.end()) if found else (True, after)


def _compare(macros: Macros, text: str, after: int) -> tuple[bool, int]:
    """\\ifnum; numbers that only a run of TeX knows count as true."""
    found = _NUMBERS.match(text, after)
    if found is None:
        return _unknown_test(macros, text, after)
    left, right = (_number(macros, found[side]) for side in ("left", "right"))
    if left is None or right is None:
        return True, found.end()
    return {"<": left < right, ">": left > right, "=": left == right}[found["sign"]], found.end()


def _number(macros: Macros, text: str) -> int | None:
    macro = macros.commands.get(text[1:]) if text.startswith("\\") else None
    digits = macro.body.strip() if macro else text
    return int(digits) if re.fullmatch(r"-?\d{1,9}", digits) else None


def _unknown_test(macros: Macros, text: str, after: int) -> tuple[bool, int]:
    found = _REST_OF_TEST.match(text, after)
    return True, found.end() if found else after


_TESTS = {
    "if": _same_character,
    "ifcat": _same_character,
    "ifx": _same_meaning,
    "ifdefined": _is_defined,
    "ifcsname": _has_name,
    "ifnum": _compare,
    "ifdim": _unknown_test,
    "ifodd": _unknown_test,
}


def holds(condition: str, macros: Macros) -> bool:
    """The condition of \\ifthenelse: \\boolean{x}, \\equal{a}{b}, \\NOT; any other holds."""
    negated, pos = False, 0
    while found := _CALL.match(condition, pos):
        pos = found.end()
        if found["name"].lower() == "not":
            negated = not negated
            continue
        groups = re.findall(r"\{([^{}]{0,200})\}", condition[pos : pos + 600])
        value = True
        if found["name"] == "boolean" and groups:
            value = macros.switches.get(groups[0].strip(), False)
        elif found["name"] == "equal" and len(groups) > 1:
            value = _flat(macros, groups[0]) == _flat(macros, groups[1])
        return value != negated
    return not negated


def _flat(macros: Macros, text: str) -> str:
    macro = macros.commands.get(text.strip()[1:]) if text.strip().startswith("\\") else None
    return (macro.body if macro else text).strip()
