"""The structure of a flat text: which command means what, in the order of the text."""

from __future__ import annotations

import re

from omnisci_etl.papers.latex import captions, names, pictures
from omnisci_etl.papers.latex.scan import CONTROL
from omnisci_etl.papers.latex.structure import Handler, Scan, Structure

_TYPE = re.compile(r"(?:^|,)\s*type\s*=\s*\{?\s*(\w+)")
_STEPS = {"setcounter": "set", "addtocounter": "add", "stepcounter": "step", "refstepcounter": "step"}


def analyse(text: str) -> Structure:
    """The structure of a flat text, up to \\end{document}. Environments that never end, end with the text."""
    scan = Scan(text)
    pos = 0
    while found := CONTROL.search(text, pos):
        pos = found.end()
        while scan.limits and found.start() >= scan.limits[-1]:
            scan.leave(scan.limits[-1])
        handler = _HANDLERS.get(found.group(1))
        if handler:
            end = handler(scan, found.group(1), found.start(), pos)
            if end is None:
                break
            pos = end
    return scan.found


def _begin(scan: Scan, name: str, start: int, after: int) -> int | None:
    arg = scan.source.group(after)
    env = scan.source.get(arg).strip()
    if arg is None:
        return after
    if env in names.FIGURES:
        scan.close_figure(start)
    if env == "thebibliography":
        scan.add("appendix", start, arg.after, value="references")
    if env in names.DRAWINGS:
        scan.add("drawing", start, arg.after)
    elif env in ("appendix", "appendices", "subappendices"):
        scan.add("appendix", start, arg.after)
    scan.enter(env, start)
    return pictures.picture(scan, "overpic", start, arg.after) if env in ("overpic", "overpic*") else arg.after


def _end(scan: Scan, name: str, start: int, after: int) -> int | None:
    arg = scan.source.group(after)
    env = scan.source.get(arg).strip()
    if arg is None:
        return after
    if env == "document":
        while scan.env.parent:
            scan.close(start)
        return None
    floor = next((e for e in scan.env.chain() if e.closed), None)
    for outer in scan.env.chain():
        if outer is floor:
            break
        if outer.name == env:
            while scan.env is not outer:
                scan.close(start)
            scan.close(arg.after)
            break
    return arg.after


def _item(scan: Scan, name: str, start: int, after: int) -> int:
    """An \\item that counts."""
    if scan.env.name in names.NUMBERED_LISTS and not scan.text.startswith("[", scan.source.blanks(after)):
        scan.add("item", start, after)
    return after


def _label(scan: Scan, name: str, start: int, after: int) -> int:
    arg = scan.source.group(after)
    if arg is None:
        return after
    scan.add("label", start, arg.after, value=scan.source.get(arg).strip())
    return arg.after


def _section(scan: Scan, name: str, start: int, after: int) -> int:
    starred, pos = scan.star(after)
    arg = scan.source.group(scan.source.skip_optionals(pos, 1))
    if arg is None:
        return after
    scan.close_figure(start)
    scan.add("section", start, arg.after, value=str(names.SECTIONS[name]), arg=arg, starred=starred)
    scan.labels(arg)
    return arg.after


def _appendix(scan: Scan, name: str, start: int, after: int) -> int:
    scan.add("appendix", start, after)
    return after


def _numbers_of_appendix(scan: Scan, name: str, start: int, after: int) -> int:
    scan.add("appendix", start, after, value=names.APPENDIX_COMMANDS[name])
    return after


def _counter(scan: Scan, name: str, start: int, after: int) -> int:
    which = scan.source.group(after)
    amount = scan.source.group(which.after) if which and _STEPS[name] != "step" else None
    if which is None:
        return after
    end = amount.after if amount else which.after
    option = f"{_STEPS[name]} {scan.source.get(amount).strip() or '1'}"
    scan.add("counter", start, end, value=scan.source.get(which).strip(), option=option)
    return end


def _within(scan: Scan, name: str, start: int, after: int) -> int:
    _, pos = scan.star(after)
    inner = scan.source.group(scan.source.skip_optionals(pos, 1))
    outer = scan.source.group(inner.after) if inner else None
    if inner is None or outer is None:
        return after
    value = "" if name == "counterwithout" else scan.source.get(outer).strip()
    scan.add("within", start, outer.after, value=scan.source.get(inner).strip(), option=value)
    return outer.after


def _format(scan: Scan, name: str, start: int, after: int) -> int:
    which = scan.source.group(after)
    body = scan.source.group(which.after) if which else None
    if which is None or body is None:
        return after
    scan.add("format", start, body.after, value=scan.source.get(which).strip("\\ "), option=scan.source.get(body))
    return body.after


def _captionsetup(scan: Scan, name: str, start: int, after: int) -> int:
    arg = scan.source.group(scan.source.skip_optionals(after, 1))
    found = _TYPE.search(scan.source.get(arg))
    if found and scan.env.parent and scan.env.name != "document":
        scan.env.captype = found.group(1)
    return arg.after if arg else after


_HANDLERS: dict[str, Handler] = {
    **dict.fromkeys(names.DRAWING_COMMANDS, pictures.drawing),
    **dict.fromkeys(names.PICTURES, pictures.picture),
    **dict.fromkeys(names.SUBFLOATS, captions.subfloat),
    **dict.fromkeys(("includesvg", "includestandalone"), pictures.drawn_file),
    **dict.fromkeys(("ffigbox", "ttabbox", "fcapside", "floatbox"), captions.float_box),
    **dict.fromkeys(("phantomsubcaption", "phantomcaption"), captions.phantom),
    **dict.fromkeys(names.SECTIONS, _section),
    **dict.fromkeys(_STEPS, _counter),
    **dict.fromkeys(("caption", "captionof", "figcaption", "captionbox", "bicaption"), captions.caption),
    **dict.fromkeys(("numberwithin", "counterwithin", "counterwithout"), _within),
    "tablecaption": captions.table_caption,
    "appendcaption": captions.numbered_caption,
    "Figure": captions.figure,
    "item": _item,
    "contcaption": captions.continued_caption,
    "subcaption": captions.subcaption,
    "subcaptionbox": captions.subcaptionbox,
    "begin": _begin,
    "end": _end,
    "label": _label,
    "ContinuedFloat": captions.continued,
    **dict.fromkeys(("appendix", "appendixstart"), _appendix),
    **dict.fromkeys(names.APPENDIX_COMMANDS, _numbers_of_appendix),
    "renewcommand": _format,
    "captionsetup": _captionsetup,
    "graphicspath": pictures.folders,
    "DeclareGraphicsExtensions": pictures.extensions,
}
