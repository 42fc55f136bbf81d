"""Running text of a LaTeX paper: paragraphs with their sections, and references resolved to figure numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from omnisci_etl.papers.latex import names
from omnisci_etl.papers.latex.floats import Floats, Target
from omnisci_etl.papers.latex.macros import Macros
from omnisci_etl.papers.latex.scan import Source
from omnisci_etl.papers.latex.structure import Env, Structure
from omnisci_etl.papers.latex.text import BOLD, NO_BOLD, PLACE, convert, plain
from omnisci_etl.papers.model import Link, Paragraph, clean

MAX_REFERENCES = 60_000

# What is longer is no title, but text behind a brace that never closes where it should.
_LONGEST_TITLE = 5000

_REFERENCE = re.compile(
    r"\\(?P<name>" + "|".join(sorted(names.REFERENCES - {"hyperref"}, key=len, reverse=True)) + r")(?![A-Za-z])\*?\s*"
    r"(?:\[[^\[\]]{0,200}\]\s*)?\{(?P<keys>[^{}]{0,2000})\}(?:\s*\{(?P<last>[^{}]{0,200})\})?"
)
_HYPERREF = re.compile(r"\\hyperref\s*\[(?P<key>[^\[\]]{0,200})\]\s*\{(?P<text>[^{}]{0,200})\}")
_BREAK = re.compile(
    r"\n[ \t]*\n\s*|\\(?:par|bigskip|medskip|smallskip|newpage|clearpage|maketitle)(?![A-Za-z])"
    r"|\\item(?![A-Za-z])|\\(?:begin|end)\s*\{(?:itemize|enumerate|description|quote|quotation|document)\}"
)
_HEADING = re.compile(r"\\(" + "|".join(names.SECTIONS) + r")(?![A-Za-z])\*?")
_FOOTNOTE = re.compile(r"\\footnote(?:text)?(?![A-Za-z])")
_SILENT = ("caption", "picture", "label", "format", "counter", "within", "folders", "extensions")
_MARK = re.compile(f"[{chr(PLACE)}-{chr(PLACE + 65000)}{BOLD}{NO_BOLD}]")
_WORDS = {
    "autoref": ("Figure", "Figures"),
    "Autoref": ("Figure", "Figures"),
    "cref": ("Fig.", "Figs."),
    "Cref": ("Figure", "Figures"),
    "crefrange": ("Figs.", "Figs."),
    "Crefrange": ("Figures", "Figures"),
    "vref": ("Figure", "Figures"),
    "Vref": ("Figure", "Figures"),
    "fref": ("Fig.", "Figs."),
    "Fref": ("Figure", "Figures"),
    "figref": ("Figure", "Figures"),
    "Figref": ("Figure", "Figures"),
    "zcref": ("Fig.", "Figs."),
    "prettyref": ("Figure", "Figures"),
}
_KINDS = {"table": "Table", "section": "Section", "algorithm": "Algorithm", "equation": "Equation"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of what a reference prints; target where it is a figure's number."""

    text: str
    target: Target | None = None


class Printed(NamedTuple):
    """A stretch of source as it is printed: its text, the links in it, and which stretches of it are bold."""

    text: str
    links: tuple[Link, ...]
    bold: tuple[tuple[int, int], ...]


@dataclass
class References:
    """Replaces references by single private-use characters, and those by what they print."""

    floats: Floats
    locators: dict[int, str]
    macros: Macros
    printed: list[list[Piece]] = field(default_factory=list)

    def mark(self, latex: str) -> str:
        """The source with a placeholder for each reference."""
        marked = _HYPERREF.sub(self._hyper, latex)
        return _REFERENCE.sub(self._reference, marked)

    def text(self, latex: str) -> tuple[str, tuple[Link, ...]]:
        """The plain text of a stretch of source with its references resolved, and the links in it."""
        printed = self._print(convert(self.mark(latex), self.macros))
        return printed.text, printed.links

    def caption(self, latex: str) -> Printed:
        """As text, with the stretches in bold type."""
        return self._print(convert(self.mark(latex), self.macros, bold=True))

    def _print(self, converted: str) -> Printed:
        flat = " ".join(converted.split())
        out: list[str] = []
        links: list[Link] = []
        bold: list[tuple[int, int]] = []
        opened: list[int] = []
        length = pos = 0
        for found in _MARK.finditer(flat):
            before = _printable(flat[pos : found.start()])
            out.append(before)
            length += len(before)
            pos = found.end()
            if found.group() == BOLD:
                opened.append(length)
            elif found.group() == NO_BOLD:
                bold += [(start, length) for start in opened[-1:]]
                del opened[-1:]
            else:
                for piece in self._pieces_at(ord(found.group()) - PLACE):
                    links += filter(None, [self._link(piece, length)])
                    bold += [(length, length + len(piece.text))] if _is_letter(piece) else []
                    out.append(piece.text)
                    length += len(piece.text)
        out.append(_printable(flat[pos:]))
        text = "".join(out).rstrip()
        return Printed(
            text, tuple(links), tuple(sorted((start, end) for start, end in bold if start < end <= len(text)))
        )

    def _pieces_at(self, index: int) -> Sequence[Piece]:
        return self.printed[index] if index < len(self.printed) else ()

    def _link(self, piece: Piece, start: int) -> Link | None:
        target = piece.target
        locator = self.locators.get(id(target.draft)) if target and target.draft else None
        if target is None or locator is None:
            return None
        return Link(start, start + len(piece.text), locator, target.part)

    def _add(self, pieces: list[Piece]) -> str:
        if len(self.printed) >= MAX_REFERENCES:
            return "".join(piece.text for piece in pieces)
        self.printed.append(pieces)
        return chr(PLACE + len(self.printed) - 1)

    def _hyper(self, found: re.Match[str]) -> str:
        target = self.floats.targets.get(found["key"].strip())
        if _REFERENCE.search(found["text"]) or target is None or target.draft is None:
            return found["text"]
        return self._add([Piece(plain(found["text"], self.macros), target)])

    def _reference(self, found: re.Match[str]) -> str:
        name = found["name"]
        keys = [key.strip() for key in found["keys"].split(",")]
        rest = ""
        if name.lower() == "crefrange" and found["last"] is not None:
            keys.append(found["last"].strip())
        elif found["last"] is not None:
            rest = found.group()[found.end("keys") - found.start() + 1 :]
        return self._add(self._pieces(name, keys)) + rest

    def _pieces(self, name: str, keys: list[str]) -> list[Piece]:
        if name in ("pageref", "cpageref", "nameref"):
            return [Piece("??" if name != "nameref" else "")]
        targets = [self.floats.targets.get(key) for key in keys]
        pieces: list[Piece] = []
        for index, target in enumerate(targets):
            if index:
                last = " to " if name.lower() == "crefrange" else " and "
                pieces.append(Piece(last if index == len(targets) - 1 else ", "))
            pieces += self._one(name, target, first=index == 0 or target is None, many=len(targets) > 1)
        return pieces

    def _one(self, name: str, target: Target | None, *, first: bool, many: bool) -> list[Piece]:
        if target is None:
            return [Piece("(??)" if name == "eqref" else "??")]
        number = Piece(target.part if name == "subref" and target.part else target.number + target.part)
        if target.kind == "figure":
            number = Piece(number.text, target)
        if name == "eqref":
            number = Piece(f"({number.text})", number.target)
        words = _WORDS.get(name)
        if words is None or not first:
            return [number]
        word = words[many] if target.kind == "figure" else _KINDS.get(target.kind, target.kind)
        return [Piece(word + " "), number]


def _is_letter(piece: Piece) -> bool:
    """Whether the letter of a part is printed alone (\\subref), which is as good as bold."""
    return piece.target is not None and piece.text == piece.target.part != ""


def _printable(text: str) -> str:
    return text if text.isprintable() else "".join(c for c in text if c.isprintable())


def paragraphs(
    structure: Structure, floats: Floats, references: References, *, all_of_them: bool = True
) -> Iterator[Paragraph]:
    """The paragraphs of the body in order, each footnote behind the paragraph that it hangs on.

    all_of_them False: those that could not mention a figure are passed over, where they make no abstract.
    """
    may_mention = _may_mention(references.macros)
    titles: dict[str, str] = {}
    for section, latex in _chunks(_cut(structure, floats)):
        if not all_of_them and not may_mention.search(latex) and "abstract" not in section.lower():
            continue
        title = titles.get(section)
        if title is None:
            title = titles[section] = clean(references.text(section)[0])
        main, notes = _without_footnotes(latex)
        for part in (main, *notes):
            text, links = references.text(part)
            if len(text) > 1:
                yield Paragraph(text, title, links)


def _may_mention(macros: Macros) -> re.Pattern[str]:
    """What a paragraph holds that mentions a figure: a reference, the word, or a macro that prints it."""
    words = [name for name, macro in macros.commands.items() if "fig" in macro.body.lower()]
    named = rf"|\\(?:{'|'.join(map(re.escape, words[:1000]))})(?![A-Za-z])" if words else ""
    return re.compile(rf"[Ff][Ii][Gg]|ref{named}")


def _cut(structure: Structure, floats: Floats) -> str:
    """The source of the body: from \\begin{document}, without floats and other text that is not running."""
    text = structure.source.text
    document = next((env for env in structure.envs if env.name == "document"), None)
    spans = [(env.start, env.end) for env in structure.envs if _is_cut(env)]
    spans += floats.outside
    spans += [(event.start, event.end) for event in structure.of_kind(*_SILENT)]
    start, end = (document.start, document.end) if document else (0, len(text))
    out: list[str] = []
    for cut_start, cut_end in sorted(spans):
        if cut_start >= end:
            break
        if cut_start > start:
            out.append(text[start:cut_start])
        start = max(start, cut_end)
    out.append(text[start:end])
    return " ".join(out)


def _is_cut(env: Env) -> bool:
    name = env.name
    return name in names.FLOATS or name in names.TABULARS or name in names.NOT_BODY or name in names.DRAWINGS


def _chunks(text: str) -> Iterator[tuple[str, str]]:
    """(section title, source) of each paragraph."""
    source = Source(text)
    section, pos = "", 0
    while found := _HEADING.search(text, pos):
        arg = source.group(source.skip_optionals(found.end(), 1))
        yield from ((section, part) for part in _BREAK.split(text[pos : found.start()]) if part.strip())
        if arg is None or arg.end - arg.start > _LONGEST_TITLE:
            pos = found.end()
        else:
            section, pos = source.get(arg), arg.after
    yield from ((section, part) for part in _BREAK.split(text[pos:]) if part.strip())


def _without_footnotes(latex: str) -> tuple[str, Sequence[str]]:
    if "\\footnote" not in latex:
        return latex, ()
    source = Source(latex)
    out: list[str] = []
    notes: list[str] = []
    pos = 0
    while found := _FOOTNOTE.search(latex, pos):
        arg = source.group(source.skip_optionals(found.end(), 1))
        out.append(latex[pos : found.start()])
        pos = arg.after if arg else found.end()
        if arg:
            notes.append(source.get(arg))
    out.append(latex[pos:])
    return "".join(out), notes
