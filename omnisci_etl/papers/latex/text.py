"""LaTeX to plain Unicode, in one pass that no input can make fail: unknown commands go, their arguments stay."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from omnisci_etl.papers.latex import names
from omnisci_etl.papers.latex.expand import expand_text
from omnisci_etl.papers.latex.macros import Macros
from omnisci_etl.papers.latex.scan import Arg, Source
from omnisci_etl.papers.model import clean

# References stand in the source as private-use characters from here on while it is converted (body.py).
PLACE = 0xF0000
# Where bold type begins and ends, for those who ask for it.
BOLD, NO_BOLD = "\U00100000", "\U00100001"

_MAX_DEPTH = 30
_TOKEN = re.compile(r"\\([A-Za-z@]+)\*?|\\(.)|(\$+|[{}&~_^]|-{2,3}|``|''|`|')", re.DOTALL)
_LENGTH = re.compile(r"\s*=?\s*(?:-?[\d.]+\s*(?:true)?\s*(?:pt|cm|mm|in|em|ex|pc|bp|mu|sp|dd)?|\\[A-Za-z]+)")
_GLUE = re.compile(r"(?:\s*(?:plus|minus)\s*-?[\d.]+\s*(?:pt|cm|mm|in|em|ex|fil+))+")
_ROW_SKIP = re.compile(r"\*?\s*\[\s*-?[\d.]+\s*[a-z]+\s*\]")
_COMPOUND = re.compile(r"[ +\-−×/=<>·,∗±_^]")
_PLAIN = {"---": "—", "--": "–", "``": "“", "''": "”", "`": "'", "'": "'", "&": " ", "~": " "}
_ATOMS = re.compile(r"(?<=[A-Za-z)\]])(\d+)")
_FENCES = frozenset("|‖⟨⌈⌊([{")
_POWERS = {"squared": "^2", "cubed": "^3"}
_POWERS_BEFORE = {"square": "^2", "cubic": "^3"}
_BIG = re.compile(r"(?:left|right|middle|[bB]igg?[lrm]?)$")


def plain(latex: str, macros: Macros | None = None) -> str:
    """The text that LaTeX prints, white space collapsed; formulas as x^2, a/b, √x; citations as [citation]."""
    return clean(convert(latex, macros))


def convert(latex: str, macros: Macros | None = None, *, bold: bool = False) -> str:
    """As plain, but with white space and private-use characters left as they are; bold: with BOLD and NO_BOLD."""
    expanded = expand_text(latex, macros) if macros else latex
    writer = _Writer(Source(expanded), 0, len(expanded), bold=bold)
    writer.write()
    return unicodedata.normalize("NFC", "".join(writer.out))


class _Writer:
    """Converts text[start:end] of a source; math says whether the place is inside a formula.

    Arguments are read only as far as end, so that nested stretches are converted once. bold: bold type is marked;
    groups then holds, for the stretch and each open brace in it, whether bold type was switched on there.
    """

    def __init__(
        self, source: Source, start: int, end: int, *, math: bool = False, depth: int = 0, bold: bool = False
    ) -> None:
        self.source = source
        self.start = start
        self.end = end
        self.math = math
        self.display = False
        self.depth = depth
        self.bold = bold
        self.groups = [False]
        self.out: list[str] = []

    def write(self) -> None:
        text, pos = self.source.text, self.start
        while (found := _TOKEN.search(text, pos, self.end)) is not None:
            self.out.append(text[pos : found.start()])
            if found.group(3):
                pos = self._mark(found.group(3), found.end())
            else:
                pos = min(self._command(found.group(1) or found.group(2), found.end()), self.end)
        self.out.append(text[pos : self.end])
        self._switch_off(len(self.groups))

    def inner(self, arg: Arg | None, *, math: bool | None = None) -> str:
        """The converted content of an argument."""
        if arg is None:
            return ""
        if self.depth >= _MAX_DEPTH:
            return re.sub(r"[{}\\]", "", self.source.get(arg))
        inside = self.math if math is None else math
        writer = _Writer(self.source, arg.start, arg.end, math=inside, depth=self.depth + 1, bold=self.bold)
        writer.write()
        return "".join(writer.out)

    def group(self, pos: int) -> Arg | None:
        """A brace group inside the stretch."""
        arg = self.source.group(pos)
        return arg if arg and arg.after <= self.end else None

    def token(self, pos: int) -> Arg | None:
        """A group, character or command; a command that takes an argument keeps it (x^\\mathrm{eff})."""
        arg = self.source.token(pos)
        if arg is None or arg.after > self.end:
            return None
        name = self.source.text[arg.start + 1 : arg.end]
        if self.source.text[arg.start] == "\\" and name.isalpha() and name not in names.symbols():
            group = self.group(arg.end)
            return Arg(arg.start, group.after, group.after) if group else arg
        return arg

    def follows(self, pos: int) -> str:
        """The character at pos, "" at the end."""
        return self.source.text[pos : pos + 1] if pos < self.end else ""

    def _mark(self, mark: str, after: int) -> int:
        if mark[0] == "$":
            self._dollars(len(mark))
        elif mark in "_^":
            return self._script(mark, after)
        elif mark == "'" and self.math:
            self.out.append("′")
        elif mark in "{}":
            if self.bold:
                self._brace(mark)
        else:
            self.out.append(mark if self.math and mark.startswith("-") else _PLAIN.get(mark, mark))
        return after

    def _brace(self, mark: str) -> None:
        if mark == "{":
            self.groups.append(False)
        elif len(self.groups) > 1:
            self._switch_off(1)
            self.groups.pop()

    def _switch_off(self, count: int) -> None:
        """End the bold type of the innermost groups."""
        for place in range(len(self.groups) - count, len(self.groups)):
            if self.groups[place]:
                self.groups[place] = False
                self.out.append(NO_BOLD)

    def _dollars(self, count: int) -> None:
        """$$ inside an inline formula ends it and begins the next one."""
        if count == 2 and (self.display or not self.math):
            self.math = self.display = not self.display
        elif count % 2:
            self.math, self.display = not self.math, False

    def _script(self, mark: str, after: int) -> int:
        arg = self.token(after) if self.math else None
        if arg is None:
            self.out.append(mark)
            return after
        self.out.append(script(mark, self.inner(arg).strip()))
        return arg.after

    def _command(self, name: str, after: int) -> int:
        handler = _COMMANDS.get(name)
        if handler:
            return handler(self, name, after)
        if name in names.ACCENTS:
            return self._accent(name, after)
        if name in names.DROPPED:
            return self._drop(names.DROPPED[name], after)
        printed = names.symbols().get(name)
        if printed is not None:
            return self._symbol(name, printed, after)
        if name in names.ASSIGNED:
            return self._length(after)
        if _BIG.match(name):
            return after + 1 if self.follows(after) == "." else after
        return self._unknown(name, after)

    def _symbol(self, name: str, printed: str, after: int) -> int:
        before = self.out[-1][-1:] if self.out else ""
        if name in names.OPERATORS:
            self.out.append(f" {printed}" if before.isalnum() else printed)
            return self._operator_end(after)
        self.out.append(printed)
        keeps_blank = (
            self.math and before in ("", " ") and not printed.isalpha() and printed not in _FENCES
        ) or name == "xspace"
        return self.source.blanks(after) if name[0].isalpha() and not keeps_blank else after

    def _operator_end(self, after: int) -> int:
        following = self.follows(after)
        if following.isalnum() or following == "\\":
            self.out.append(" ")
        return after

    def _accent(self, name: str, after: int) -> int:
        arg = self.token(after)
        base = self.inner(arg).strip().replace("ı", "i").replace("ȷ", "j")
        if arg is None:
            return after
        self.out.append(base[:1] + names.ACCENTS[name] if len(base) == 1 else base)
        return arg.after

    def _drop(self, count: int, after: int) -> int:
        pos = self.source.skip_optionals(after)
        for _ in range(count):
            arg = self.group(pos)
            if arg is None:
                break
            pos = arg.after
        return pos

    def _length(self, after: int) -> int:
        found = _LENGTH.match(self.source.text, after)
        if found is None:
            return after
        glue = _GLUE.match(self.source.text, found.end())
        return glue.end() if glue else found.end()

    def _unknown(self, name: str, after: int) -> int:
        following = self.follows(after)
        if following == "[":
            option = self.source.optional(after)
            return option.after if option else after
        if self.math and len(name) > 1 and following != "{" and "@" not in name and name not in names.SILENT_IN_MATH:
            self.out.append(name)
        return self.source.blanks(after) if name[0].isalpha() else after

    # Commands with a form of their own. Each takes the name and the place after it, and returns where to go on.

    def text(self, name: str, after: int) -> int:
        """\\text and the like: their argument is not a formula."""
        arg = self.group(self.source.skip_optionals(after, 2))
        if arg is None:
            return after
        inner = self.inner(arg, math=False)
        self.out.append(f"{BOLD}{inner}{NO_BOLD}" if self.bold and name == "textbf" and not self.math else inner)
        return self._operator_end(arg.after) if name == "operatorname" else arg.after

    def switch(self, name: str, after: int) -> int:
        """\\bf and its like hold to the end of the group."""
        if self.bold and not self.math:
            if name not in ("bf", "bfseries"):
                self._switch_off(1)
            elif not self.groups[-1]:
                self.groups[-1] = True
                self.out.append(BOLD)
        return self._unknown(name, after)

    def super_or_sub(self, name: str, after: int) -> int:
        """\\textsuperscript{2} is ^2, \\textsuperscript{th} is th."""
        arg = self.token(after)
        inner = self.inner(arg).strip()
        mark = "_" if name in ("textsubscript", "sb") else "^"
        self.out.append(inner if inner.isalpha() and mark == "^" and len(inner) == 2 else script(mark, inner))
        return arg.after if arg else after

    def fraction(self, name: str, after: int) -> int:
        """a/b, with brackets where a part is compound."""
        over = self.token(after)
        under = self.token(over.after) if over else None
        if over is None or under is None:
            return after
        self.out.append(f"{_bracket(self.inner(over))}/{_bracket(self.inner(under))}")
        return under.after

    def binomial(self, name: str, after: int) -> int:
        """(n choose k)"""
        over = self.token(after)
        under = self.token(over.after) if over else None
        if over is None or under is None:
            return after
        self.out.append(f"({self.inner(over)} choose {self.inner(under)})")
        return under.after

    def chemistry(self, name: str, after: int) -> int:
        """mhchem: digits behind an element or a bracket are its number in the molecule."""
        arg = self.group(after)
        if arg is None:
            return after
        inner = self.inner(arg, math=True).replace("->", " → ").replace("<=>", " ⇌ ")
        self.out.append(" ".join(_ATOMS.sub(r"_\1", inner).split()))
        return arg.after

    def root(self, name: str, after: int) -> int:
        """√x; the index of a higher root before it."""
        index = self.source.optional(after)
        arg = self.token(index.after if index else after)
        self.out.append(f"{self.inner(index)}√{_bracket(self.inner(arg))}")
        return arg.after if arg else after

    def double_struck(self, name: str, after: int) -> int:
        """\\mathbb: letters that have a double-struck form take it."""
        arg = self.token(after)
        inner = self.inner(arg)
        self.out.append(names.DOUBLE_STRUCK.get(inner, inner))
        return arg.after if arg else after

    def first_of_two(self, name: str, after: int) -> int:
        """\\texorpdfstring: what is printed, not what goes into bookmarks."""
        first = self.group(after)
        second = self.group(first.after) if first else None
        if first is None or second is None:
            return after
        self.out.append(self.inner(first))
        return second.after

    def negate(self, name: str, after: int) -> int:
        """\\not="""
        arg = self.token(after)
        self.out.append(self.inner(arg)[:1] + "\u0338" if arg else "")
        return arg.after if arg else after

    def cite(self, name: str, after: int) -> int:
        """Citations print as [citation]: which key stands behind one says nothing to a reader.

        Of their notes those are printed that refer to something in the paper ("Figure 2 and ...").
        """
        arg = self.group(self.source.skip_optionals(after))
        if arg is None:
            return after
        first = self.source.optional(after)
        second = self.source.optional(first.after) if first else None
        before, behind = (self._note(first), self._note(second)) if second else ("", self._note(first))
        printed = "" if name == "nocite" else "[citation]"
        self.out.append(f"{before} {printed}".lstrip() + (f", {behind}" if behind else ""))
        return arg.after

    def _note(self, arg: Arg | None) -> str:
        return self.inner(arg) if any(ord(char) >= PLACE for char in self.source.get(arg)) else ""

    def environment(self, name: str, after: int) -> int:
        """\\begin{x} and \\end{x} are blanks; the arguments of tables and boxes go with them."""
        arg = self.group(after)
        self.out.append(" ")
        if arg is None or name == "end":
            return arg.after if arg else after
        return self._drop(names.ENVIRONMENT_ARGUMENTS.get(self.source.get(arg), 0), arg.after)

    def row(self, name: str, after: int) -> int:
        """\\\\ with its optional skip is a blank."""
        self.out.append(" ")
        skip = _ROW_SKIP.match(self.source.text, after)
        return skip.end() if skip else after

    def formula(self, name: str, after: int) -> int:
        """\\( \\) \\[ \\]"""
        self.math = name in "(["
        if name in "[]":
            self.out.append(" ")
        return after

    def number(self, name: str, after: int) -> int:
        """siunitx: a number, an angle, a range, with or without a unit."""
        pos = self.source.skip_optionals(after, 1)
        parts: list[str] = []
        for _ in range(2 if name.endswith("range") else 1):
            arg = self.group(pos)
            if arg is None:
                return after
            parts.append(_si_number(self.inner(arg, math=True)))
            pos = arg.after
        self.out.append("–".join(parts))
        if name == "ang":
            self.out.append("°")
        if not name.startswith(("SI", "qty")):
            return pos
        unit = self.group(pos)
        self.out.append(" " + _unit(self.source.get(unit)) if unit else "")
        return unit.after if unit else pos

    def unit(self, name: str, after: int) -> int:
        """siunitx: a unit alone."""
        arg = self.group(self.source.skip_optionals(after, 1))
        self.out.append(_unit(self.source.get(arg)))
        return arg.after if arg else after


def script(mark: str, inner: str) -> str:
    """A superscript or subscript: x^2, x_(i,j); degree signs and primes stand alone."""
    if mark == "^" and (inner in ("°", "∘") or set(inner) <= {"′", "'"}):
        return inner.replace("∘", "°").replace("'", "′")
    return f"{mark}({inner})" if _COMPOUND.search(inner[1:]) else f"{mark}{inner}"


def _bracket(inner: str) -> str:
    inner = inner.strip()
    return f"({inner})" if _COMPOUND.search(inner) else inner


def _si_number(text: str) -> str:
    found = re.fullmatch(r"\s*([+-]?[\d.,]*)\s*[eE]\s*([+-]?\d+)\s*", text)
    if found is None:
        return text.replace("+-", "±").strip()
    mantissa, exponent = found.groups()
    return f"{mantissa}×10^{exponent}" if mantissa else f"10^{exponent}"


def _unit(latex: str) -> str:
    """A siunitx unit: \\micro\\meter\\per\\second is µm/s."""
    out: list[str] = []
    power = ""
    prefixed = False
    for found in re.finditer(r"\\([A-Za-z]+)(?:\{([^{}]*)\})?|[^\\]", latex.replace("~", " ").replace(".", " ")):
        word = found.group(1)
        if word is None:
            out.append(found.group())
        elif word == "per":
            out.append("/")
        elif word in _POWERS_BEFORE:
            power = _POWERS_BEFORE[word]
        elif word in _POWERS or word == "tothe":
            out.append(_POWERS.get(word) or f"^{found.group(2)}")
        elif word in names.UNIT_PREFIXES:
            out.append(("" if not out or out[-1] == "/" else " ") + names.UNIT_PREFIXES[word])
            prefixed = True
        else:
            joint = "" if prefixed or not out or out[-1] in ("/", " ") else " "
            out.append(joint + names.UNITS.get(word, word) + power)
            power, prefixed = "", False
    return "".join(out)


_Handler = Callable[[_Writer, str, int], int]
_COMMANDS: dict[str, _Handler] = {
    **dict.fromkeys(names.TEXT_IN_MATH, _Writer.text),
    **dict.fromkeys(("bf", "bfseries", "it", "itshape", "mdseries", "normalfont", "rm", "sl"), _Writer.switch),
    **dict.fromkeys(("textsuperscript", "textsubscript", "sp", "sb"), _Writer.super_or_sub),
    **dict.fromkeys(("frac", "dfrac", "tfrac", "nicefrac", "sfrac", "cfrac"), _Writer.fraction),
    **dict.fromkeys(names.CITES, _Writer.cite),
    **dict.fromkeys(("begin", "end"), _Writer.environment),
    **dict.fromkeys("()[]", _Writer.formula),
    **dict.fromkeys(("SI", "SIrange", "qty", "qtyrange", "num", "numrange", "ang"), _Writer.number),
    **dict.fromkeys(("si", "unit"), _Writer.unit),
    **dict.fromkeys(("\\", "tabularnewline", "cr"), _Writer.row),
    **dict.fromkeys(("binom", "dbinom", "tbinom"), _Writer.binomial),
    "sqrt": _Writer.root,
    "ce": _Writer.chemistry,
    "mathbb": _Writer.double_struck,
    "Bbb": _Writer.double_struck,
    "not": _Writer.negate,
    "texorpdfstring": _Writer.first_of_two,
}
