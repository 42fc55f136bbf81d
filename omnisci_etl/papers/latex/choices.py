"""Commands that print one of their arguments, another text or nothing: \\ifthenelse, \\iftoggle, boxes, acronyms.

Handlers as in definitions.py.
"""

from __future__ import annotations

import re

from omnisci_etl.papers.latex.conditions import holds, is_known
from omnisci_etl.papers.latex.scan import Arg, Source
from omnisci_etl.papers.latex.walk import Handler, Walk

_SHORT = re.compile(r"(?:^|,)\s*(?:short|name|text)\s*=\s*(?:\{([^{}]*)\}|([^,{}]*))")


def _groups(source: Source, pos: int, count: int) -> list[Arg] | None:
    found: list[Arg] = []
    while len(found) < count:
        arg = source.group(pos)
        if arg is None:
            return None
        found.append(arg)
        pos = arg.after
    return found


def _choose(walk: Walk, source: Source, pos: int, word: str) -> int | None:
    """\\command{condition}{yes}{no}"""
    args = _groups(source, pos, 3)
    if args is None:
        return None
    condition = source.get(args[0]).strip()
    walk.branch(source.get(args[1] if _decided(walk, word, condition) else args[2]))
    return args[2].after


def _decided(walk: Walk, word: str, condition: str) -> bool:
    if word == "ifthenelse":
        return holds(condition, walk.macros)
    if word == "IfFileExists":
        return walk.exists(condition)
    if word in ("ifdef", "ifcsdef"):
        return is_known(walk.macros, condition.lstrip("\\"))
    if word in ("ifundef", "ifcsundef", "@ifundefined"):
        return not is_known(walk.macros, condition.lstrip("\\"))
    return walk.macros.switches.get(condition, False) != word.startswith("not")


def _compare(walk: Walk, source: Source, pos: int, word: str) -> int | None:
    """\\ifstrequal{a}{b}{yes}{no}, \\IfStrEq{a}{b}{yes}{no}, \\ifblank{a}{yes}{no}"""
    count = 3 if word in ("ifblank", "ifstrempty") else 4
    args = _groups(source, pos, count)
    if args is None:
        return None
    texts = [_flat(walk, source.get(arg)) for arg in args[: count - 2]]
    equal = texts[0] == (texts[1] if len(texts) > 1 else "")
    walk.branch(source.get(args[-2] if equal else args[-1]))
    return args[-1].after


def _cases(walk: Walk, source: Source, pos: int, word: str) -> int | None:
    """\\IfStrEqCase{text}{{a}{yes}{b}{yes}}[no]"""
    args = _groups(source, source.blanks(pos), 2)
    if args is None:
        return None
    other = source.optional(args[1].after)
    wanted, inner, place = _flat(walk, source.get(args[0])), Source(source.get(args[1])), 0
    chosen = source.get(other)
    while pair := _groups(inner, inner.blanks(place), 2):
        if _flat(walk, inner.get(pair[0])) == wanted:
            chosen = inner.get(pair[1])
            break
        place = pair[1].after
    walk.branch(chosen)
    return other.after if other else args[1].after


def _flat(walk: Walk, text: str) -> str:
    macro = walk.macros.commands.get(text.strip()[1:]) if text.strip().startswith("\\") else None
    return (macro.body if macro else text).strip()


def _input_if_exists(walk: Walk, source: Source, pos: int, word: str) -> int | None:
    args = _groups(source, pos, 3)
    if args is None:
        return None
    name = source.get(args[0]).strip()
    exists = walk.exists(name)
    walk.branch(source.get(args[1] if exists else args[2]))
    if exists:
        walk.include(name)
    return args[2].after


def _switch(walk: Walk, source: Source, pos: int, word: str) -> int | None:
    """\\newtoggle{x}, \\toggletrue{x}, \\setboolean{x}{true} and their like."""
    name = source.group(pos)
    value = source.group(name.after) if name and word.startswith("set") else None
    if name is None:
        return None
    key = source.get(name).strip()
    walk.macros.changed()
    if word.startswith(("new", "provide")):
        walk.macros.switches.setdefault(key, False)
    else:
        walk.macros.switches[key] = source.get(value).strip() == "true" if value else word.endswith("true")
    return value.after if value else name.after


def _include_only(walk: Walk, source: Source, pos: int, word: str) -> int | None:
    arg = source.group(pos)
    if arg is None:
        return None
    walk.only = frozenset(name.strip() for name in source.get(arg).split(","))
    return arg.after


def _store_box(walk: Walk, source: Source, pos: int, word: str) -> int | None:
    name = source.token(pos)
    content = source.group(source.skip_optionals(name.after, 2)) if name else None
    if name is None or content is None:
        return None
    walk.macros.boxes[source.get(name).strip()] = source.get(content)
    return content.after


def _use_box(walk: Walk, source: Source, pos: int, word: str) -> int | None:
    name = source.token(pos)
    content = walk.macros.boxes.get(source.get(name).strip()) if name else None
    if name is None or content is None:
        return None
    walk.branch(content)
    return name.after


def _new_acronym(walk: Walk, source: Source, pos: int, word: str) -> int | None:
    """\\newacronym{key}{short}{long}, \\acro{key}[short]{long}, \\DeclareAcronym{key}{short=...}"""
    key = source.group(source.skip_optionals(pos, 1))
    if key is None:
        return None
    option = source.optional(key.after)
    rest = source.group(option.after if option else key.after)
    if rest is None:
        return None
    short = source.get(option) if option else source.get(key)
    if word == "newacronym":
        short = source.get(rest)
        long = source.group(rest.after)
        rest = long or rest
    elif word in ("DeclareAcronym", "newglossaryentry"):
        named = _SHORT.search(source.get(rest))
        short = (named[1] or named[2] or "").strip() if named else short
    walk.macros.acronyms[source.get(key).strip()] = short
    return rest.after


def _acronym(walk: Walk, source: Source, pos: int, word: str) -> int | None:
    """The short form of an acronym, where text is made; elsewhere the source is kept."""
    key = source.group(source.skip_optionals(pos + 1 if source.text[pos : pos + 1] == "*" else pos, 1))
    short = walk.macros.acronyms.get(source.get(key).strip()) if key and walk.package is None else None
    if key is None or short is None:
        return None
    walk.branch(short + ("s" if word in ("acp", "acfp", "acsp", "glspl", "Glspl", "acrshortpl") else ""))
    return key.after


_TESTS = ("ifthenelse", "IfFileExists", "ifdef", "ifcsdef", "ifundef", "ifcsundef", "@ifundefined", "iftoggle",
          "ifbool", "nottoggle", "notbool")  # fmt: skip
_SWITCHES = ("newboolean", "provideboolean", "setboolean", "newtoggle", "providetoggle", "toggletrue", "togglefalse",
             "settoggle", "newbool", "providebool", "booltrue", "boolfalse", "setbool")  # fmt: skip
_ACRONYMS = ("ac", "acs", "acl", "acf", "acp", "acfp", "acsp", "Ac", "gls", "Gls", "glspl", "Glspl", "acrshort",
             "acrshortpl", "acrlong", "acrfull")  # fmt: skip
_COMPARISONS = ("ifstrequal", "IfStrEq", "ifblank", "ifstrempty")
HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(_TESTS, _choose),
    **dict.fromkeys(_COMPARISONS, _compare),
    **dict.fromkeys(("IfStrEqCase", "IfEqCase"), _cases),
    **dict.fromkeys(_SWITCHES, _switch),
    **dict.fromkeys(("sbox", "savebox"), _store_box),
    **dict.fromkeys(("usebox", "copy", "box"), _use_box),
    **dict.fromkeys(("newacronym", "acro", "acrodef", "DeclareAcronym", "newglossaryentry"), _new_acronym),
    **dict.fromkeys(_ACRONYMS, _acronym),
    "InputIfFileExists": _input_if_exists,
    "includeonly": _include_only,
}
# Those that make text too, and not only a document.
ANYWHERE = frozenset((*_TESTS, *_COMPARISONS, "IfStrEqCase", "IfEqCase", *_ACRONYMS))
