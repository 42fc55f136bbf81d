"""Declarations of theorems and their like: \\newtheorem and what packages and classes have in its place.

Handlers as in definitions.py; each takes note of a declaration and leaves it in the text.
"""

from __future__ import annotations

from omnisci_etl.papers.latex.macros import Statement
from omnisci_etl.papers.latex.scan import Source
from omnisci_etl.papers.latex.walk import Handler, Walk

_MOST_STATEMENTS = 500


def _declare(walk: Walk, name: str, statement: Statement) -> None:
    if len(walk.macros.statements) < _MOST_STATEMENTS:
        walk.macros.statements[name] = statement


def _newtheorem(walk: Walk, source: Source, pos: int, word: str) -> None:
    """\\newtheorem{name}[shared]{Title}[within]; with a star nothing is counted."""
    pos = source.blanks(pos)
    starred = source.text[pos : pos + 1] == "*"
    name = source.group(pos + starred)
    shared = source.optional(name.after) if name else None
    title = source.group(shared.after if shared else name.after) if name else None
    if name and title:
        key = source.get(name).strip()
        counter = "" if starred else source.get(shared).strip() or key
        within = "" if shared or starred else source.get(source.optional(title.after)).strip()
        _declare(walk, key, Statement(source.get(title), counter, within))


def _declaretheorem(walk: Walk, source: Source, pos: int, word: str) -> None:
    """\\declaretheorem[name=Title, sibling=shared, within=section]{name}; the options before or behind."""
    before = source.optional(pos)
    name = source.group(before.after if before else pos)
    if name is None:
        return
    key = source.get(name).strip()
    listed = f"{source.get(before)},{source.get(source.optional(name.after))}".split(",")
    options = {left.strip(): right.strip(" {}\n\t") for left, _, right in (part.partition("=") for part in listed)}
    shared = _first(options, "sibling", "numberlike", "sharenumber", "sharecounter")
    counter = "" if options.get("numbered") in ("no", "false", "unless unique") else shared or key
    within = "" if shared else _first(options, "within", "numberwithin", "parent")
    _declare(walk, key, Statement(_first(options, "name", "title") or key.capitalize(), counter, within))


def _first(options: dict[str, str], *keys: str) -> str:
    return next((options[key] for key in keys if options.get(key)), "")


def _newaliascnt(walk: Walk, source: Source, pos: int, word: str) -> None:
    """\\newaliascnt{lemma}{theorem}: one counter of two names."""
    alias = source.group(pos)
    counter = source.group(alias.after) if alias else None
    if counter:
        walk.macros.aliases[source.get(alias).strip()] = source.get(counter).strip()


HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(("newtheorem", "spnewtheorem", "newdefinition", "newtheoremrep"), _newtheorem),
    "declaretheorem": _declaretheorem,
    "newaliascnt": _newaliascnt,
}
