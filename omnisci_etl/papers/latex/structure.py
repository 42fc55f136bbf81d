"""What a flat LaTeX text is made of: nested environments, and the commands that matter for figures, in order."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from omnisci_etl.errors import HostileInput
from omnisci_etl.papers.latex import names
from omnisci_etl.papers.latex.scan import CONTROL, Arg, Source

MAX_DEPTH = 500

_CAPTION_ENDS = re.compile(r"\n[ \t]*\n|\\(?:label|end|begin|includegraphics|caption)\b")
_LABEL = re.compile(r"\\label\s*\{([^{}]*)\}")
_KEY_FILE = re.compile(r"(?:^|,)\s*(?:figure|file)\s*=\s*([^,]*)")
_SPECIAL_FILE = re.compile(r"psfile\s*=\s*[\"']?([^\s\"',]+)")
_TYPE = re.compile(r"(?:^|,)\s*type\s*=\s*\{?\s*(\w+)")
_OPTION = re.compile(r"(?:^|,)\s*(page|angle)\s*=\s*\{?\s*(-?\d+)")
_STEPS = {"setcounter": "set", "addtocounter": "add", "stepcounter": "step", "refstepcounter": "step"}


@dataclass(eq=False)
class Env:
    """An environment, or the content of a \\subfloat; text[start:end] with its \\begin and \\end."""

    name: str
    start: int
    end: int
    parent: Env | None
    closed: bool = False
    captype: str = ""

    def chain(self) -> Iterator[Env]:
        """This environment and those around it, innermost first."""
        env: Env | None = self
        while env:
            yield env
            env = env.parent

    def inside(self, outer: Env) -> bool:
        """Whether outer is this environment or one around it."""
        return any(env is outer for env in self.chain())


@dataclass(eq=False)
class Event:
    """A command at text[start:end]; arg is its main argument, value and option what the kind makes of the others.

    Kinds: caption (value: the type that the command itself names), subcaption, picture (value: the file, option: page
    and angle), drawing, label, section (value: its level), item (of a numbered list), continued, counter, format,
    within, appendix, folders, extensions. A starred picture is one that TeX makes of a drawing: its file may lack.
    """

    kind: str
    start: int
    end: int
    env: Env
    value: str = ""
    option: str = ""
    arg: Arg | None = None
    starred: bool = False


@dataclass
class Structure:
    """The events of a text in order, and its environments in the order in which they begin."""

    source: Source
    events: list[Event] = field(default_factory=list)
    envs: list[Env] = field(default_factory=list)

    def of_kind(self, *kinds: str) -> Iterator[Event]:
        """The events of some kinds, in order."""
        return (event for event in self.events if event.kind in kinds)


def analyse(text: str) -> Structure:
    """The structure of a flat text, up to \\end{document}. Environments that never end, end with the text."""
    return _Scanner(text).run()


class _Scanner:
    def __init__(self, text: str) -> None:
        self.source = Source(text, floors=True)
        self.text = text
        self.found = Structure(self.source)
        self.env = Env("", 0, len(text), None)
        self.depth = 0
        self.limits: list[int] = []

    def run(self) -> Structure:
        pos = 0
        while found := CONTROL.search(self.text, pos):
            pos = found.end()
            while self.limits and found.start() >= self.limits[-1]:
                self._leave(self.limits[-1])
            handler = _HANDLERS.get(found.group(1))
            if handler:
                end = handler(self, found.group(1), found.start(), pos)
                if end is None:
                    break
                pos = end
        return self.found

    def add(self, kind: str, start: int, end: int, **more: str | Arg | bool | None) -> None:
        self.found.events.append(Event(kind, start, end, self.env, **more))  # type: ignore[arg-type]

    def enter(self, name: str, start: int, end: int | None = None) -> None:
        """Go into an environment; end where it is known."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise HostileInput("too-large", f"environments nested more than {MAX_DEPTH} deep")
        self.env = Env(name, start, len(self.text) if end is None else end, self.env)
        self.found.envs.append(self.env)
        if end is not None:
            self.env.closed = True
            self.limits.append(end)

    def _leave(self, limit: int) -> None:
        """Leave the innermost argument, and whatever was begun in it."""
        self.limits.pop()
        while self.env.parent and not (self.env.closed and self.env.end == limit):
            self._close(limit)
        self._close(limit)

    def _close(self, place: int) -> None:
        if not self.env.closed:
            self.env.end, self.env.closed = place, True
        if self.env.parent:
            self.env = self.env.parent
            self.depth -= 1

    def close_figure(self, place: int) -> None:
        """Where a heading or a new figure comes while a figure is open, its \\end is missing."""
        while any(env.name in names.FIGURES for env in self.env.chain()):
            if self.limits and self.env.closed:
                self._leave(self.limits[-1])
            else:
                self._close(place)

    # Handlers take the command's name, where it starts and where its name ends; they return where to go on,
    # None to stop.

    def begin(self, name: str, start: int, after: int) -> int | None:
        arg = self.source.group(after)
        env = self.source.get(arg).strip()
        if arg is None:
            return after
        if env in names.FIGURES:
            self.close_figure(start)
        if env in names.DRAWINGS:
            self.add("drawing", start, arg.after)
        elif env in ("appendix", "appendices", "subappendices"):
            self.add("appendix", start, arg.after)
        self.enter(env, start)
        return self.picture("overpic", start, arg.after) if env in ("overpic", "overpic*") else arg.after

    def end(self, name: str, start: int, after: int) -> int | None:
        arg = self.source.group(after)
        env = self.source.get(arg).strip()
        if arg is None:
            return after
        if env == "document":
            while self.env.parent:
                self._close(start)
            return None
        floor = next((e for e in self.env.chain() if e.closed), None)
        for outer in self.env.chain():
            if outer is floor:
                break
            if outer.name == env:
                while self.env is not outer:
                    self._close(start)
                self._close(arg.after)
                break
        return arg.after

    def caption(self, name: str, start: int, after: int) -> int:
        starred, pos = self._star(after)
        kind = ""
        if name == "captionof":
            group = self.source.group(pos)
            kind, pos = (self.source.get(group).strip(), group.after) if group else ("", pos)
        option = self.source.optional(pos)
        arg = self._long_argument(self.source.skip_optionals(pos))
        if arg is None:
            return after
        if name == "figcaption":
            kind = "figure"
            self._named_files(option, start)
        self.add("caption", start, arg.after, value=kind, arg=arg, starred=starred)
        self._labels(arg)
        return arg.after

    def continued_caption(self, name: str, start: int, after: int) -> int:
        """\\contcaption: a caption that counts no new figure."""
        self.add("continued", start, start)
        return self.caption(name, start, after)

    def table_caption(self, name: str, start: int, after: int) -> int:
        """\\tablecaption of AASTeX and of tables that run over pages: a \\caption."""
        arg = self._long_argument(self.source.skip_optionals(after))
        if arg is None:
            return after
        self.add("caption", start, arg.after, value="table", arg=arg)
        self._labels(arg)
        return arg.after

    def item(self, name: str, start: int, after: int) -> int:
        """An \\item that counts."""
        if self.env.name in names.NUMBERED_LISTS and not self.text.startswith("[", self.source.blanks(after)):
            self.add("item", start, after)
        return after

    def subcaption(self, name: str, start: int, after: int) -> int:
        starred, pos = self._star(after)
        arg = self._long_argument(self.source.skip_optionals(pos))
        if arg is None:
            return after
        self.add("subcaption", start, arg.after, arg=arg, starred=starred)
        self._labels(arg)
        return arg.after

    def subcaptionbox(self, name: str, start: int, after: int) -> int:
        starred, pos = self._star(after)
        arg = self.source.group(self.source.skip_optionals(pos))
        content = self.source.group(self.source.skip_optionals(arg.after)) if arg else None
        if arg is None or content is None:
            return after
        self.enter("subfloat", start, content.after)
        self.add("subcaption", start, arg.after, arg=arg, starred=starred)
        self._labels(arg)
        return content.start

    def subfloat(self, name: str, start: int, after: int) -> int:
        starred, pos = self._star(after)
        first = self.source.optional(pos)
        second = self.source.optional(first.after) if first else None
        content = self.source.group(second.after if second else first.after if first else pos)
        if content is None:
            return after
        caption = second or first
        self.enter("subfloat", start, content.after)
        self.add("subcaption", start, content.start, arg=caption, starred=starred)
        if caption:
            self._labels(caption)
        return content.start

    def picture(self, name: str, start: int, after: int) -> int:
        if name in names.ONLY_IN_FIGURES and not any(env.name in names.FIGURES for env in self.env.chain()):
            return after
        _, pos = self._star(after)
        option = self.source.optional(pos)
        pos = self.source.skip_optionals(pos)
        args: list[Arg] = []
        for _ in range(2 if name == "plottwo" else names.PICTURES.get(name, 1)):
            arg = self.source.group(pos)
            if arg is None:
                return after
            args.append(arg)
            pos = arg.after
        for arg in args if name == "plottwo" else args[-1:]:
            file = self._file(name, self.source.get(arg)) if name in names.KEYED_PICTURES else self.source.get(arg)
            if file:
                self.add("picture", start, pos, value=file, option=_fragment(self.source.get(option)))
        return self._aas_caption(pos) if name in ("fig", "leftfig", "rightfig", "boxedfig", "rotatefig") else pos

    def _aas_caption(self, pos: int) -> int:
        """AASTeX: \\fig{file}{width}{sub-caption}"""
        width = self.source.group(pos)
        caption = self.source.group(width.after) if width else None
        if caption is None:
            return pos
        self.add("subcaption", pos, caption.after, arg=caption)
        return caption.after

    def _file(self, name: str, arg: str) -> str:
        found = _SPECIAL_FILE.search(arg) if name == "special" else _KEY_FILE.search(arg)
        if found:
            return found.group(1)
        return "" if name == "special" or "=" in arg else arg

    def drawing(self, name: str, start: int, after: int) -> int:
        self.add("drawing", start, after)
        return after

    def drawn_file(self, name: str, start: int, after: int) -> int:
        """\\includesvg, \\includestandalone: a drawing, and perhaps a file that TeX made of it."""
        arg = self.source.group(self.source.skip_optionals(self._star(after)[1]))
        self.add("drawing", start, after)
        if arg is None:
            return after
        self.add("picture", start, arg.after, value=self.source.get(arg), starred=True)
        return arg.after

    def float_box(self, name: str, start: int, after: int) -> int:
        """floatrow: \\ffigbox[width]{caption}{picture}, in either order; \\floatbox names its type first."""
        pos = self.source.skip_optionals(self._star(after)[1])
        kind = self.source.group(pos) if name == "floatbox" else None
        first = self.source.group(self.source.skip_optionals(kind.after) if kind else pos)
        second = self.source.group(first.after) if first else None
        if first is None or second is None:
            return after
        self.enter("floatbox", start, second.after)
        self.env.captype = self.source.get(kind).strip() if kind else "table" if name == "ttabbox" else "figure"
        return first.start

    def phantom(self, name: str, start: int, after: int) -> int:
        """A lettered part that prints no caption of its own."""
        if name == "phantomsubcaption" or any(env.name in names.SUBFIGURES for env in self.env.chain()):
            self.add("subcaption", start, after)
        return after

    def extensions(self, name: str, start: int, after: int) -> int:
        arg = self.source.group(after)
        if arg is None:
            return after
        self.add("extensions", start, arg.after, value=self.source.get(arg))
        return arg.after

    def label(self, name: str, start: int, after: int) -> int:
        arg = self.source.group(after)
        if arg is None:
            return after
        self.add("label", start, arg.after, value=self.source.get(arg).strip())
        return arg.after

    def section(self, name: str, start: int, after: int) -> int:
        starred, pos = self._star(after)
        arg = self.source.group(self.source.skip_optionals(pos, 1))
        if arg is None:
            return after
        self.close_figure(start)
        self.add("section", start, arg.after, value=str(names.SECTIONS[name]), arg=arg, starred=starred)
        self._labels(arg)
        return arg.after

    def continued(self, name: str, start: int, after: int) -> int:
        self.add("continued", start, after)
        return after

    def appendix(self, name: str, start: int, after: int) -> int:
        self.add("appendix", start, after)
        return after

    def counter(self, name: str, start: int, after: int) -> int:
        which = self.source.group(after)
        amount = self.source.group(which.after) if which and _STEPS[name] != "step" else None
        if which is None:
            return after
        end = amount.after if amount else which.after
        option = f"{_STEPS[name]} {self.source.get(amount).strip() or '1'}"
        self.add("counter", start, end, value=self.source.get(which).strip(), option=option)
        return end

    def within(self, name: str, start: int, after: int) -> int:
        _, pos = self._star(after)
        inner = self.source.group(self.source.skip_optionals(pos, 1))
        outer = self.source.group(inner.after) if inner else None
        if inner is None or outer is None:
            return after
        value = "" if name == "counterwithout" else self.source.get(outer).strip()
        self.add("within", start, outer.after, value=self.source.get(inner).strip(), option=value)
        return outer.after

    def format(self, name: str, start: int, after: int) -> int:
        which = self.source.group(after)
        body = self.source.group(which.after) if which else None
        if which is None or body is None:
            return after
        self.add("format", start, body.after, value=self.source.get(which).strip("\\ "), option=self.source.get(body))
        return body.after

    def captionsetup(self, name: str, start: int, after: int) -> int:
        arg = self.source.group(self.source.skip_optionals(after, 1))
        found = _TYPE.search(self.source.get(arg))
        if found and self.env.parent and self.env.name != "document":
            self.env.captype = found.group(1)
        return arg.after if arg else after

    def folders(self, name: str, start: int, after: int) -> int:
        arg = self.source.group(after)
        if arg is None:
            return after
        self.add("folders", start, arg.after, value=self.source.get(arg))
        return arg.after

    def _star(self, pos: int) -> tuple[bool, int]:
        return (True, pos + 1) if self.text[pos : pos + 1] == "*" else (False, pos)

    def _long_argument(self, pos: int) -> Arg | None:
        """A group; where its brace never closes, as far as the next paragraph or command of a float."""
        arg = self.source.group(pos)
        pos = self.source.blanks(pos)
        if arg or self.text[pos : pos + 1] != "{":
            return arg
        found = _CAPTION_ENDS.search(self.text, pos)
        end = found.start() if found else len(self.text)
        return Arg(pos + 1, end, end)

    def _labels(self, arg: Arg) -> None:
        for found in _LABEL.finditer(self.text, arg.start, arg.end):
            self.add("label", found.start(), found.end(), value=found.group(1).strip())

    def _named_files(self, option: Arg | None, start: int) -> None:
        for name in self.source.get(option).split(","):
            if "." in name:
                self.add("picture", start, start, value=name)


def _fragment(options: str) -> str:
    """The page and the angle of \\includegraphics as the end of a picture's name: "#page=2&angle=90"."""
    found = dict(_OPTION.findall(options))
    parts = [
        f"{key}={found[key]}"
        for key in ("page", "angle")
        if int(found.get(key, 0)) not in (0, 1 if key == "page" else 0)
    ]
    return "#" + "&".join(parts) if parts else ""


_Handler = Callable[[_Scanner, str, int, int], int | None]
_HANDLERS: dict[str, _Handler] = {
    **dict.fromkeys(names.DRAWING_COMMANDS, _Scanner.drawing),
    **dict.fromkeys(names.PICTURES, _Scanner.picture),
    **dict.fromkeys(names.SUBFLOATS, _Scanner.subfloat),
    **dict.fromkeys(("includesvg", "includestandalone"), _Scanner.drawn_file),
    **dict.fromkeys(("ffigbox", "ttabbox", "fcapside", "floatbox"), _Scanner.float_box),
    **dict.fromkeys(("phantomsubcaption", "phantomcaption"), _Scanner.phantom),
    **dict.fromkeys(names.SECTIONS, _Scanner.section),
    **dict.fromkeys(_STEPS, _Scanner.counter),
    **dict.fromkeys(("caption", "captionof", "figcaption", "captionbox", "bicaption"), _Scanner.caption),
    **dict.fromkeys(("numberwithin", "counterwithin", "counterwithout"), _Scanner.within),
    "tablecaption": _Scanner.table_caption,
    "item": _Scanner.item,
    "contcaption": _Scanner.continued_caption,
    "subcaption": _Scanner.subcaption,
    "subcaptionbox": _Scanner.subcaptionbox,
    "begin": _Scanner.begin,
    "end": _Scanner.end,
    "label": _Scanner.label,
    "ContinuedFloat": _Scanner.continued,
    **dict.fromkeys(("appendix", "appendixstart"), _Scanner.appendix),
    "renewcommand": _Scanner.format,
    "captionsetup": _Scanner.captionsetup,
    "graphicspath": _Scanner.folders,
    "DeclareGraphicsExtensions": _Scanner.extensions,
}
