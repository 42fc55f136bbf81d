"""Sample papers as arXiv e-prints: a gzipped tar of LaTeX sources and picture files."""

from __future__ import annotations

import gzip
import io
import re
import tarfile
from collections.abc import Sequence

from demo_papers.drawings import draw
from demo_papers.model import NOTE, Dialect, Figure, Paper, Ref

PREAMBLES = {
    "inputs": r"""\documentclass[aps,pre,twocolumn,superscriptaddress]{revtex4-2}
\usepackage{graphicx}
\usepackage{subcaption}
\usepackage{xspace}
\graphicspath{{figs/}}
% packing fraction at jamming
\newcommand{\phij}{\ensuremath{\varphi_{\mathrm{J}}}\xspace}
""",
    "single": r"""\documentclass[11pt,a4paper]{article}
\usepackage[utf8]{inputenc}
\usepackage{graphicx}
\usepackage{subfig}
\usepackage{hyperref}
\newcommand{\figpath}{figures}
""",
}
SPECIAL = {
    "%": r"\%", "&": r"\&", "#": r"\#", "_": r"\_", "°": r"$^\circ$", "±": r"$\pm$",
    "µ": r"$\mu$", "−": "$-$", "×": r"$\times$",
    "–": "--", "—": "---", "’": "'", "\u00a0": "~",
}  # fmt: skip
UNUSED_FIGURE = r"""% \begin{figure}
%   \includegraphics{figures/first_attempt}
%   \caption{First attempt, to be redone.}
%   \label{fig:first}
% \end{figure}
"""


def _escape(text: str) -> str:
    return re.sub("|".join(map(re.escape, SPECIAL)), lambda m: SPECIAL[m[0]], text)


class Writer:
    """The sources of one paper."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        self.inputs = paper.style == "inputs"
        self.dialect = Dialect(
            escape=_escape,
            styles={
                "bold": r"\textbf{{{}}}".format,
                "italic": r"\emph{{{}}}".format,
                "sub": lambda text: f"$_{{{text.replace('$-$', '-')}}}$",
                "sup": lambda text: f"$^{{{text.replace('$-$', '-')}}}$",
            },
            refs=self._refs,
        )

    def sources(self) -> dict[str, bytes]:
        """File name in the package -> bytes."""
        files: dict[str, str] = {}
        parts = [PREAMBLES[self.paper.style], self._front()]
        for index, section in enumerate(self.paper.sections):
            text = self._section(index)
            if section.file:
                files[f"{section.file}.tex"] = text
                parts.append(f"\\input{{{section.file}}}\n")
            else:
                parts.append(text)
        parts.append(f"\\section*{{Note}}\n{NOTE.replace('_', chr(92) + '_')}\n\n\\end{{document}}\n")
        files["main.tex"] = "\n".join(parts)
        sources = {name: text.encode() for name, text in files.items()}
        for figure in self.paper.figures:
            for picture in figure.pictures:
                sources[f"{self._folder()}/{picture}.{figure.encoder}"] = draw(picture, figure.encoder)
        return sources

    def _folder(self) -> str:
        return "figs" if self.inputs else "figures"

    def _front(self) -> str:
        paper = self.paper
        title = f"\\title{{{_escape(paper.title)}}}\n"
        abstract = f"\\begin{{abstract}}\n{self.dialect.render(paper.abstract)}\n\\end{{abstract}}\n"
        if self.inputs:
            people = "".join(f"\\author{{{given} {family}}}\n" for given, family in paper.authors)
            people += "\\affiliation{Institute of Sample Data}\n"
            return f"\\begin{{document}}\n{title}{people}\\date{{\\today}}\n{abstract}\\maketitle\n"
        people = "\\author{" + " \\and ".join(f"{given} {family}" for given, family in paper.authors) + "}\n"
        return f"{title}{people}\\date{{}}\n\\begin{{document}}\n\\maketitle\n{abstract}"

    def _section(self, index: int) -> str:
        section = self.paper.sections[index]
        out = [f"\\section{{{section.title}}}\n"]
        for j, paragraph in enumerate(section.paragraphs):
            out.append(self.dialect.render(paragraph) + "\n")
            out += [self._figure(f) for f in self.paper.figures_after(index, j)]
        if not self.inputs and index == 1:
            out.append(UNUSED_FIGURE)
        return "\n".join(out)

    def _figure(self, figure: Figure) -> str:
        body = {
            "single": self._single,
            "subfigure": self._subfigures,
            "subfloat": self._subfloats,
            "leftright": self._left_right,
        }[figure.layout](figure)
        environment = "figure*" if figure.layout in {"leftright", "subfigure"} else "figure"
        head = f"\\begin{{{environment}}}[t]\n  \\centering\n"
        return f"{head}{body}  \\label{{fig:{figure.name}}}\n\\end{{{environment}}}\n"

    def _include(self, name: str, figure: Figure, width: str) -> str:
        path = name if self.inputs else f"\\figpath/{name}.{figure.encoder}"
        return f"\\includegraphics[width={width}]{{{path}}}"

    def _caption(self, text: str) -> str:
        return f"  \\caption{{{text.strip()}}}\n"

    def _single(self, figure: Figure) -> str:
        panels = " ".join(f"({letter}) {self.dialect.render(text)}" for letter, text in figure.panels.items())
        text = " ".join(filter(None, [self.dialect.render(figure.title), panels, self.dialect.render(figure.text)]))
        return f"  {self._include(figure.pictures[0], figure, chr(92) + 'linewidth')}\n{self._caption(text)}"

    def _subfigures(self, figure: Figure) -> str:
        share = f"{0.96 / len(figure.pictures):.2f}\\textwidth"
        out = []
        for picture, (letter, text) in zip(figure.pictures, figure.panels.items(), strict=True):
            include = self._include(picture, figure, "\\linewidth")
            out.append(
                f"  \\begin{{subfigure}}{{{share}}}\n    {include}\n    \\caption{{{self.dialect.render(text)}}}\n"
                f"    \\label{{fig:{figure.name}-{letter}}}\n  \\end{{subfigure}}\\hfill\n"
            )
        return "".join(out) + self._caption(self.dialect.render(figure.title))

    def _subfloats(self, figure: Figure) -> str:
        out = []
        for picture, (letter, text) in zip(figure.pictures, figure.panels.items(), strict=True):
            label = f"\\label{{fig:{figure.name}-{letter}}}"
            include = self._include(picture, figure, "0.48\\textwidth")
            out.append(f"  \\subfloat[{self.dialect.render(text)}{label}]{{{include}}}\n")
        return "".join(out) + self._caption(self.dialect.render(figure.title))

    def _left_right(self, figure: Figure) -> str:
        pictures = "\\hspace{1em}%\n".join(
            f"  {self._include(p, figure, '0.45' + chr(92) + 'textwidth')}" for p in figure.pictures
        )
        sides = " ".join(f"\\textbf{{{side}:}} {self.dialect.render(text)}" for side, text in figure.panels.items())
        return f"{pictures}\n{self._caption(f'{self.dialect.render(figure.title)} {sides}')}"

    def _refs(self, refs: Sequence[Ref]) -> str:
        return " and ".join(map(self._ref, refs))

    def _ref(self, ref: Ref) -> str:
        figure = self.paper.figures[ref.number - 1]
        word = "Figure" if self.paper.style == "single" else "Fig."
        if figure.layout in {"subfigure", "subfloat"} and len(ref.panels) == 1:
            return f"{word}~\\ref{{fig:{figure.name}-{ref.panels[0]}}}"
        side = f", {ref.side}" if ref.side else ""
        panels = f"({ref.suffix})" if ref.panels else ""
        return f"{word}~\\ref{{fig:{figure.name}}}{_escape(panels)}{side}"


def package(files: dict[str, bytes]) -> bytes:
    """A tar.gz without times, owners or a name in its header."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name in sorted(files):
            info = tarfile.TarInfo(name)
            info.size = len(files[name])
            tar.addfile(info, io.BytesIO(files[name]))
    return gzip.compress(buffer.getvalue(), compresslevel=9, mtime=0)


def write(paper: Paper) -> dict[str, bytes]:
    """The files of the paper by their path below the papers folder."""
    return {paper.path: package(Writer(paper).sources())}
