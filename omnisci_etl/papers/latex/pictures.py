"""Commands that show a picture, or draw one."""

from __future__ import annotations

import re

from omnisci_etl.papers.latex import names
from omnisci_etl.papers.latex.scan import Arg
from omnisci_etl.papers.latex.structure import Scan

_KEY_FILE = re.compile(r"(?:^|,)\s*(?:figure|file)\s*=\s*([^,]*)")
_SPECIAL_FILE = re.compile(r"psfile\s*=\s*[\"']?([^\s\"',]+)")
_OPTION = re.compile(r"(?:^|,)\s*(page|angle)\s*=\s*\{?\s*(-?\d+)")


def picture(scan: Scan, name: str, start: int, after: int) -> int:
    """\\includegraphics and its like."""
    if name in names.ONLY_IN_FIGURES and not any(env.name in names.FIGURES for env in scan.env.chain()):
        return after
    _, pos = scan.star(after)
    option = scan.source.optional(pos)
    pos = scan.source.skip_optionals(pos)
    args: list[Arg] = []
    for _ in range(2 if name == "plottwo" else names.PICTURES.get(name, 1)):
        arg = scan.source.group(pos)
        if arg is None:
            return after
        args.append(arg)
        pos = arg.after
    for arg in args if name == "plottwo" else args[-1:]:
        file = _file(name, scan.source.get(arg)) if name in names.KEYED_PICTURES else scan.source.get(arg)
        if file:
            scan.add("picture", start, pos, value=file, option=_fragment(scan.source.get(option)))
    return _aas_caption(scan, pos) if name in ("fig", "leftfig", "rightfig", "boxedfig", "rotatefig") else pos


def _aas_caption(scan: Scan, pos: int) -> int:
    """AASTeX: \\fig{file}{width}{sub-caption}"""
    width = scan.source.group(pos)
    caption = scan.source.group(width.after) if width else None
    if caption is None:
        return pos
    scan.add("subcaption", pos, caption.after, arg=caption)
    return caption.after


def _file(name: str, arg: str) -> str:
    found = _SPECIAL_FILE.search(arg) if name == "special" else _KEY_FILE.search(arg)
    if found:
        return found.group(1)
    return "" if name == "special" or "=" in arg else arg


def drawing(scan: Scan, name: str, start: int, after: int) -> int:
    """A picture that only TeX can draw."""
    scan.add("drawing", start, after)
    return after


def drawn_file(scan: Scan, name: str, start: int, after: int) -> int:
    """\\includesvg, \\includestandalone: a drawing, and perhaps a file that TeX made of it."""
    arg = scan.source.group(scan.source.skip_optionals(scan.star(after)[1]))
    scan.add("drawing", start, after)
    if arg is None:
        return after
    scan.add("picture", start, arg.after, value=scan.source.get(arg), starred=True)
    return arg.after


def extensions(scan: Scan, name: str, start: int, after: int) -> int:
    """\\DeclareGraphicsExtensions: what names of files may lack."""
    return _told(scan, "extensions", start, after)


def folders(scan: Scan, name: str, start: int, after: int) -> int:
    """\\graphicspath: where pictures are looked for."""
    return _told(scan, "folders", start, after)


def _told(scan: Scan, kind: str, start: int, after: int) -> int:
    arg = scan.source.group(after)
    if arg is None:
        return after
    scan.add(kind, start, arg.after, value=scan.source.get(arg))
    return arg.after


def _fragment(options: str) -> str:
    """The page and the angle of \\includegraphics as the end of a picture's name: "#page=2&angle=90"."""
    found = dict(_OPTION.findall(options))
    parts = [
        f"{key}={found[key]}"
        for key in ("page", "angle")
        if int(found.get(key, 0)) not in (0, 1 if key == "page" else 0)
    ]
    return "#" + "&".join(parts) if parts else ""
