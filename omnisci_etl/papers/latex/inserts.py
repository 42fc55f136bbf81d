"""Figures of formats older than LaTeX's floats, rewritten as floats: harvmac's \\fig and \\ifig, IOP's \\Figure.

Handlers as in definitions.py. A command of that name that the paper defines itself is the paper's own.
"""

from __future__ import annotations

import re

from omnisci_etl.papers.latex.macros import Macro
from omnisci_etl.papers.latex.scan import Source
from omnisci_etl.papers.latex.walk import Handler, Walk

_NAME = re.compile(r"\s*\\([A-Za-z]+)\s*")


def _harvmac(walk: Walk, source: Source, pos: int, word: str) -> int | None:
    """\\fig\\name{caption} prints the number here and the caption at the end, \\ifig\\name{caption}{picture} both here.

    From here on \\name prints the number.
    """
    named = _NAME.match(source.text, pos)
    caption = source.group(named.end()) if named and word not in walk.macros.commands else None
    if named is None or caption is None:
        return None
    picture = None if word in ("fig", "Fig") else source.group(caption.after)
    label = f"insert:{named[1]}"
    walk.macros.define(named[1], Macro(f"Fig.~\\ref{{{label}}}"))
    before = f"Fig.~\\ref{{{label}}}" if picture is None else ""
    walk.branch(
        f"{before}\\begin{{figure}}{source.get(picture)}\\caption{{{source.get(caption)}}}\\label{{{label}}}\\end{{figure}}"
    )
    return picture.after if picture else caption.after


def _iop(walk: Walk, source: Source, pos: int, word: str) -> int | None:
    """\\Figure{caption}: the legend of a figure at the end of a manuscript."""
    caption = source.group(pos) if word not in walk.macros.commands else None
    if caption is None:
        return None
    walk.branch(f"\\begin{{figure}}\\caption{{{source.get(caption)}}}\\end{{figure}}")
    return caption.after


HANDLERS: dict[str, Handler] = {**dict.fromkeys(("fig", "Fig", "ifig", "xfig"), _harvmac), "Figure": _iop}
