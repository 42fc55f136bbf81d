"""Commands that define macros or bring in files: \\newcommand, \\def, \\input, \\usepackage and their like.

Each handler takes the walk, the source, the place after the command's name and the name; it returns where to
go on, or None where the command is not written as expected and stays in the text.
"""

from __future__ import annotations

import posixpath
import re

from omnisci_etl.papers.latex import choices, csnames, declarations, inserts, names
from omnisci_etl.papers.latex.macros import Macro
from omnisci_etl.papers.latex.scan import CONTROL, Source
from omnisci_etl.papers.latex.walk import Handler, Walk

_INPUT_WORD = re.compile(r"\s*([^\s{}\\%]{1,200})")
_NEWIF = re.compile(r"\s*\{?\s*\\if([A-Za-z@]+)\s*\}?")
_LET = re.compile(r"\s*\\([A-Za-z@]+)\s*=?\s*\\([A-Za-z@]+)")


def _name_of(source: Source, pos: int) -> tuple[str, int] | None:
    """The control sequence that a definition names, in braces or bare."""
    arg = source.token(pos)
    found = CONTROL.fullmatch(source.get(arg).strip()) if arg else None
    return (found.group(1), arg.after) if found and arg else None


def _starless(source: Source, pos: int) -> int:
    pos = source.blanks(pos)
    return pos + 1 if source.text[pos : pos + 1] == "*" else pos


def _store(walk: Walk, name: str, macro: Macro | None, *, keep: bool = False) -> None:
    if macro and (name in names.KEPT_DEFINITIONS or _prints_statement(walk, name)):
        walk.emit(f"\\renewcommand{{\\{name}}}{{{macro.body}}}")
    elif name == "@captype" and macro:
        walk.emit(f"\\captionsetup{{type={macro.body}}}")
    elif not (walk.muted and macro and _is_internal(name, macro.body)):
        walk.macros.define(name, macro, keep=keep)


def _prints_statement(walk: Walk, name: str) -> bool:
    """Whether the command prints the number of theorems or their like."""
    return name.startswith("the") and any(name[3:] == known.counter for known in walk.macros.statements.values())


def _is_internal(name: str, body: str) -> bool:
    """Whether a definition in a style file is none of the authors' own shorthands: it uses or replaces what TeX has."""
    return "@" in name + body or name in names.symbols() or name in names.DROPPED or name in names.CITES


def _count(source: Source, pos: int) -> tuple[int, int]:
    number = source.optional(pos)
    digits = source.get(number).strip()
    return (int(digits), number.after) if number and digits in tuple("0123456789") else (0, pos)


def _newcommand(walk: Walk, source: Source, pos: int, word: str) -> int | None:
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


def _operator(walk: Walk, source: Source, pos: int, word: str) -> int | None:
    named = _name_of(source, _starless(source, pos))
    body = source.token(named[1]) if named else None
    if named is None or body is None:
        return None
    _store(walk, named[0], Macro(f"\\operatorname{{{source.get(body)}}}"))
    return body.after


def _document_command(walk: Walk, source: Source, pos: int, word: str) -> int | None:
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


def _def(walk: Walk, source: Source, pos: int, word: str) -> int | None:
    found = CONTROL.match(source.text, source.blanks(pos))
    if found is None:
        return None
    opening = source.text.find("{", found.end(), found.end() + 200)
    body = source.group(opening) if opening >= 0 else None
    if body is None:
        return None
    parameters = source.text[found.end() : opening]
    count = parameters.count("#")
    plain = re.fullmatch(r"\s*(?:#[1-9]\s*)*", parameters)
    between = () if plain else tuple(re.split(r"#[1-9]", parameters.lstrip()))
    _store(walk, found.group(1), Macro(source.get(body), count, None, between))
    return body.after


def _let(walk: Walk, source: Source, pos: int, word: str) -> int | None:
    found = _LET.match(source.text, pos)
    if found is None:
        return None
    name, meaning = found.groups()
    known = walk.macros.commands.get(meaning)
    usable = meaning not in ("relax", "undefined") and "@" not in meaning
    _store(walk, name, known or (Macro(f"\\{meaning}") if usable and name != meaning else None))
    return found.end()


def _newenvironment(walk: Walk, source: Source, pos: int, word: str) -> int | None:
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
    if "\\comment" in source.get(begin):
        walk.macros.dropped.add(key)
    elif key not in names.PROTECTED_ENVIRONMENTS and not (walk.muted and "@" in source.get(begin) + source.get(end)):
        macro = Macro(source.get(begin), args, source.get(default) if default else None)
        walk.macros.environments[key] = (macro, source.get(end))
        walk.macros.changed()
    return end.after


def _delimiters(walk: Walk, source: Source, pos: int, word: str) -> int | None:
    """\\DeclarePairedDelimiter{\\norm}{\\lVert}{\\rVert}, called as \\norm{x}, \\norm*{x} or \\norm[\\big]{x}"""
    named = _name_of(source, pos)
    left = source.group(named[1]) if named else None
    right = source.group(left.after) if left else None
    if named is None or left is None or right is None:
        return None
    macro = Macro(f"{source.get(left)}#2{source.get(right)}", 2, default="", starred=True)
    _store(walk, named[0], macro)
    return right.after


def _newif(walk: Walk, source: Source, pos: int, word: str) -> int | None:
    found = _NEWIF.match(source.text, pos)
    if found is None:
        return None
    walk.macros.switches.setdefault(found.group(1), False)
    walk.macros.changed()
    return found.end()


def _input(walk: Walk, source: Source, pos: int, word: str) -> int | None:
    arg = source.group(pos)
    if arg is None:
        bare = _INPUT_WORD.match(source.text, pos) if word == "input" else None
        if bare is None:
            return None
        walk.include(bare.group(1))
        return bare.end()
    name = source.get(arg).strip().strip('"')
    if word == "include" and walk.only is not None and name not in walk.only:
        return arg.after
    if word.startswith("subfile"):
        walk.include(posixpath.basename(name), posixpath.dirname(name))
    else:
        walk.include(name)
    return arg.after


def _import(walk: Walk, source: Source, pos: int, word: str) -> int | None:
    folder = source.group(_starless(source, pos))
    name = source.group(folder.after) if folder else None
    if folder is None or name is None:
        return None
    walk.include(source.get(name).strip(), source.get(folder).strip())
    return name.after


def _usepackage(walk: Walk, source: Source, pos: int, word: str) -> int | None:
    option = source.optional(pos)
    arg = source.group(option.after if option else pos)
    if arg is None:
        return None
    if source.get(arg).strip() == "babel":
        walk.macros.language = source.get(option).strip(" ,\n").rpartition(",")[2].strip()
    for name in source.get(arg).split(",")[:100]:
        walk.load_style(name.strip())
    return arg.after


def _excludecomment(walk: Walk, source: Source, pos: int, word: str) -> int | None:
    arg = source.group(pos)
    if arg is None:
        return None
    walk.macros.dropped.add(source.get(arg).strip())
    return arg.after


ANYWHERE = choices.ANYWHERE | csnames.ANYWHERE
HANDLERS: dict[str, Handler] = {
    **choices.HANDLERS,
    **csnames.HANDLERS,
    **inserts.HANDLERS,
    **declarations.HANDLERS,
    **dict.fromkeys(
        (
            "newcommand",
            "renewcommand",
            "providecommand",
            "DeclareRobustCommand",
            "newrobustcmd",
            "renewrobustcmd",
            "providerobustcmd",
        ),
        _newcommand,
    ),
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
    "excludeversion": _excludecomment,
    "DeclarePairedDelimiter": _delimiters,
}
