"""Commands that caption a figure or a part of one."""

from __future__ import annotations

from omnisci_etl.papers.latex import names
from omnisci_etl.papers.latex.scan import Arg
from omnisci_etl.papers.latex.structure import Scan

# How many characters the skips around a \\Figure may take.
_MOST_SKIPS = 500


def caption(scan: Scan, name: str, start: int, after: int) -> int:
    """\\caption and its like; \\captionof and \\figcaption say themselves what they caption."""
    starred, pos = scan.star(after)
    kind = ""
    if name == "captionof":
        group = scan.source.group(pos)
        kind, pos = (scan.source.get(group).strip(), group.after) if group else ("", pos)
    option = scan.source.optional(pos)
    arg = scan.long_argument(scan.source.skip_optionals(pos))
    if arg is None:
        return after
    if name == "figcaption":
        kind = "figure"
        _named_files(scan, option, start)
    scan.add("caption", start, arg.after, value=kind, arg=arg, starred=starred)
    scan.labels(arg)
    return arg.after


def _named_files(scan: Scan, option: Arg | None, start: int) -> None:
    for name in scan.source.get(option).split(","):
        if "." in name:
            scan.add("picture", start, start, value=name)


def continued_caption(scan: Scan, name: str, start: int, after: int) -> int:
    """\\contcaption: a caption that counts no new figure."""
    scan.add("continued", start, start)
    return caption(scan, name, start, after)


def continued(scan: Scan, name: str, start: int, after: int) -> int:
    """\\ContinuedFloat: the float goes on with the figure before it."""
    scan.add("continued", start, after)
    return after


def table_caption(scan: Scan, name: str, start: int, after: int) -> int:
    """\\tablecaption of AASTeX and of tables that run over pages: a \\caption."""
    arg = scan.long_argument(scan.source.skip_optionals(after))
    if arg is None:
        return after
    scan.add("caption", start, arg.after, value="table", arg=arg)
    scan.labels(arg)
    return arg.after


def numbered_caption(scan: Scan, name: str, start: int, after: int) -> int:
    """\\appendcaption{A1}{caption} of ametsoc: the authors number the floats of appendices themselves."""
    number = scan.source.group(after)
    arg = scan.long_argument(number.after) if number else None
    if number is None or arg is None:
        return after
    scan.add("caption", start, arg.after, option=scan.source.get(number).strip(), arg=arg)
    scan.labels(arg)
    return arg.after


def figure(scan: Scan, name: str, start: int, after: int) -> int:
    """\\Figure[placement](skips)[options]{file}{caption} of ieeeaccess: a whole figure."""
    pos = scan.source.blanks(after)
    if scan.text[pos : pos + 1] not in ("[", "("):
        return after
    pos = scan.source.blanks(scan.source.skip_optionals(pos, 1))
    close = scan.text.find(")", pos, pos + _MOST_SKIPS) if scan.text[pos : pos + 1] == "(" else pos - 1
    option = scan.source.optional(close + 1)
    file = scan.source.group(option.after if option else close + 1) if close >= 0 else None
    arg = scan.source.group(file.after) if file else None
    if file is None or arg is None:
        return after
    scan.close_figure(start)
    scan.enter("figure", start, arg.after)
    scan.add("picture", start, file.after, value=scan.source.get(file))
    scan.add("caption", file.after, arg.after, arg=arg)
    scan.labels(arg)
    return arg.after


def subcaption(scan: Scan, name: str, start: int, after: int) -> int:
    """\\subcaption{caption} of a lettered part."""
    starred, pos = scan.star(after)
    arg = scan.long_argument(scan.source.skip_optionals(pos))
    if arg is None:
        return after
    scan.add("subcaption", start, arg.after, arg=arg, starred=starred)
    scan.labels(arg)
    return arg.after


def subcaptionbox(scan: Scan, name: str, start: int, after: int) -> int:
    """\\subcaptionbox{caption}{content}"""
    starred, pos = scan.star(after)
    arg = scan.source.group(scan.source.skip_optionals(pos))
    content = scan.source.group(scan.source.skip_optionals(arg.after)) if arg else None
    if arg is None or content is None:
        return after
    scan.enter("subfloat", start, content.after)
    scan.add("subcaption", start, arg.after, arg=arg, starred=starred)
    scan.labels(arg)
    return content.start


def subfloat(scan: Scan, name: str, start: int, after: int) -> int:
    """\\subfloat[caption]{content}, where a second optional argument is the caption and the first its short form."""
    starred, pos = scan.star(after)
    first = scan.source.optional(pos)
    second = scan.source.optional(first.after) if first else None
    content = scan.source.group(second.after if second else first.after if first else pos)
    if content is None:
        return after
    caption = second or first
    scan.enter("subfloat", start, content.after)
    scan.add("subcaption", start, content.start, arg=caption, starred=starred)
    if caption:
        scan.labels(caption)
    return content.start


def float_box(scan: Scan, name: str, start: int, after: int) -> int:
    """floatrow: \\ffigbox[width]{caption}{picture}, in either order; \\floatbox names its type first."""
    pos = scan.source.skip_optionals(scan.star(after)[1])
    kind = scan.source.group(pos) if name == "floatbox" else None
    first = scan.source.group(scan.source.skip_optionals(kind.after) if kind else pos)
    second = scan.source.group(first.after) if first else None
    if first is None or second is None:
        return after
    scan.enter("floatbox", start, second.after)
    scan.env.captype = scan.source.get(kind).strip() if kind else "table" if name == "ttabbox" else "figure"
    return first.start


def phantom(scan: Scan, name: str, start: int, after: int) -> int:
    """A lettered part that prints no caption of its own."""
    if name == "phantomsubcaption" or any(env.name in names.SUBFIGURES for env in scan.env.chain()):
        scan.add("subcaption", start, after)
    return after
