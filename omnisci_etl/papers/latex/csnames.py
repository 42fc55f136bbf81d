"""Macros that are defined and called by a name that is text: \\csname figure-1\\endcsname and its like.

Handlers as in definitions.py.
"""

from __future__ import annotations

import re

from omnisci_etl.papers.latex.macros import Macro
from omnisci_etl.papers.latex.scan import Source
from omnisci_etl.papers.latex.walk import Handler, Walk

_NAME = re.compile(r"([^\\{}]{0,200}?)\s*\\endcsname(?![A-Za-z])")
_DEFINED = re.compile(
    r"\s*\\(?P<how>newcommand|renewcommand|providecommand|[gex]?def)(?![A-Za-z])\*?\s*\{?\s*"
    r"\\csname\s*(?P<name>[^\\{}]{1,200}?)\s*\\endcsname(?![A-Za-z])\s*\}?"
)
_COUNT = re.compile(r"\s*\[([0-9])\]|(?:\s*#[1-9])*")
_LETTERS = re.compile(r"[A-Za-z]+")


def _call(walk: Walk, source: Source, pos: int, word: str) -> int | None:
    """\\csname name\\endcsname: what the macro of that name prints; one that nobody defined prints nothing."""
    found = _NAME.match(source.text, source.blanks(pos))
    return _print(walk, source, found.group(1), found.end()) if found else None


def _use(walk: Walk, source: Source, pos: int, word: str) -> int | None:
    """\\@nameuse{name}, \\csuse{name}"""
    name = source.group(pos)
    return _print(walk, source, source.get(name).strip(), name.after) if name else None


def _print(walk: Walk, source: Source, name: str, end: int) -> int | None:
    macro = walk.macros.commands.get(name)
    if macro is None:
        walk.emit(f"\\{name} " if _LETTERS.fullmatch(name) else "")
        return end
    called = walk.called(source, end, macro)
    if called is None:
        return end
    walk.branch(called[0])
    return called[1]


def _define(walk: Walk, source: Source, pos: int, word: str) -> int | None:
    """\\@namedef{name}{body}, \\csdef{name}{body}"""
    name = source.group(pos)
    return _store(walk, source, source.get(name).strip(), name.after) if name else None


def _expand_after(walk: Walk, source: Source, pos: int, word: str) -> int | None:
    """\\expandafter\\def\\csname name\\endcsname{body}; any other \\expandafter stays."""
    found = _DEFINED.match(source.text, pos)
    return _store(walk, source, found["name"], found.end()) if found else None


def _store(walk: Walk, source: Source, name: str, pos: int) -> int | None:
    count = _COUNT.match(source.text, pos)
    args, pos = (int(count[1] or count.group().count("#")), count.end()) if count else (0, pos)
    body = source.group(pos)
    if body is None:
        return None
    if not (walk.muted and "@" in name + source.get(body)):
        walk.macros.define(name, Macro(source.get(body), args))
    return body.after


HANDLERS: dict[str, Handler] = {
    "csname": _call,
    "expandafter": _expand_after,
    **dict.fromkeys(("@nameuse", "csuse"), _use),
    **dict.fromkeys(("@namedef", "csdef", "csgdef"), _define),
}
# Those that make text too, and not only a document.
ANYWHERE = frozenset(("csname", "@nameuse", "csuse"))
