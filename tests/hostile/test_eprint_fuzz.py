"""E-prints at random: mutated TeX, mutated containers, macros and files that never end.

Each ends with a document, BadInput or HostileInput, within seconds, and writes no file.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import time
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnisci_etl.errors import BadInput, HostileInput
from omnisci_etl.papers import latex
from omnisci_etl.papers.archive import Caps, open_package
from omnisci_etl.papers.latex.text import plain
from omnisci_etl.papers.model import Document

SECONDS = 10.0
CAPS = Caps(total=1 << 22, member=1 << 21, members=50, ratio_free=1 << 20)

PAPER = r"""\documentclass[a4paper]{article}
\usepackage[ngerman,english]{babel}\newif\ifdraft\drafttrue\graphicspath{{figs/}}
\newcommand{\both}[2][x]{#1 \emph{#2} \both{#2}}\def\pic#1 #2.{\includegraphics[#1]{#2}}\let\old=\both
\newenvironment{shot}[1]{\begin{figure}\label{#1}}{\end{figure}}\DeclarePairedDelimiter{\norm}{\lVert}{\rVert}
\title{Of \texorpdfstring{$x^2$}{x} plots}
\begin{document}\begin{abstract}Short.\end{abstract}
\section{One}\label{s} In Figs.~\ref{a}--\ref{b}, \cref{a,s:a}, \hyperref[b]{Fig.~\ref*{b}c} and \subref{s:a}.\footnote{And \ref{a}.}
\ifdraft\begin{figure}[t]\subfloat[Left $\norm{y}$.\label{s:a}]{\includegraphics[page=2]{one}}\subfigure[]{\input{drawing}}
\caption[Short]{A \both{caption} of 5\,\% (a) one, (b) \ce{H2O} \SI{3e4}{\micro\metre}.}\label{a}\end{figure}\else x\fi

\begin{shot}{b}\pic width=1cm two.\caption{B in \autoref{a} \cite{k}.}\end{shot}
\begin{figure}\ContinuedFloat\begin{subfigure}{1cm}\phantomsubcaption\label{s:b}\end{subfigure}\end{figure}
\begin{table}\begin{tabular}{l}c\end{tabular}\caption{T}\end{table}\appendix\section{Two}\renewcommand{\thefigure}{A\arabic{figure}}
\begin{verbatim}\end{x}\end{verbatim}\ifthenelse{\equal{a}{b}}{\begin{figure*}}{\begin{wrapfigure}{r}{1cm}}
\captionof{figure}{D}\end{wrapfigure}\include{part}\end{document}
"""
FILES = {"main.tex": PAPER, "part.tex": r"\input{main}\begin{figure}\caption*{Figure S1. P}\end{figure}",
         "drawing.tex": r"\begin{tikzpicture}\draw;\end{tikzpicture}", "figs/one.pdf": "%PDF-", "two.png": "x"}  # fmt: skip


def tar(files: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def zipped(files: Mapping[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def outcome(data: bytes) -> Document | str:
    """The document in a package or the slug of its refusal; fails where it takes too long or is anything else."""
    started = time.process_time()
    try:
        found: Document | str = latex.parse(open_package(data, caps=CAPS))
    except (BadInput, HostileInput) as error:
        found = error.slug
    assert time.process_time() - started < SECONDS
    if isinstance(found, Document):
        assert len({figure.locator for figure in found.figures}) == len(found.figures)
        assert all(figure.caption.isprintable() for figure in found.figures)
        assert all(bool(figure.pictures) or figure.reject_slug for figure in found.figures)
    return found


@pytest.fixture(autouse=True)
def _nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    yield
    assert not any(tmp_path.iterdir())


fuzz = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
EDITS = st.lists(
    st.tuples(st.sampled_from(["cut", "double", "insert", "move"]), st.integers(0, len(PAPER)), st.integers(0, 300),
              st.sampled_from(["{", "}", "\\", "%", "$", "\\begin{figure}", "\\end{document}", "\\caption{", "#1", "\\fi", "\\else",
                               "\\iffalse ", "\\input{main}", "\\both{", "[", "]", "&", "\x00", "\u202e", "\\def\\caption{", "\\\\"])),
    min_size=1, max_size=8,
)  # fmt: skip


def edited(text: str, edits: list[tuple[str, int, int, str]]) -> str:
    for kind, at, length, piece in edits:
        stretch = text[at : at + length]
        if kind == "cut":
            text = text[:at] + text[at + length :]
        elif kind == "double":
            text = text[:at] + stretch + text[at:]
        elif kind == "move":
            text = stretch + text[:at] + text[at + length :]
        else:
            text = text[:at] + piece + text[at:]
    return text


def test_the_paper_itself_parses() -> None:
    document = outcome(gzip.compress(tar(FILES), mtime=0))
    assert isinstance(document, Document)
    assert [figure.label for figure in document.figures] == ["Figure 1", "Figure 2", "Figure A3", "Figure S1"]
    assert [picture.name for picture in document.figures[0].pictures] == ["figs/one.pdf#page=2"]


@fuzz
@given(EDITS)
def test_mutated_tex(edits: list[tuple[str, int, int, str]]) -> None:
    outcome(tar(FILES | {"main.tex": edited(PAPER, edits)}))


@fuzz
@given(
    st.sampled_from(["tar", "tar.gz", "zip", "gz"]),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=12),
)
def test_mutated_containers(kind: str, changes: list[tuple[float, int]]) -> None:
    data = {
        "tar": tar(FILES),
        "tar.gz": gzip.compress(tar(FILES), mtime=0),
        "zip": zipped(FILES),
        "gz": gzip.compress(PAPER.encode(), mtime=0),
    }[kind]
    spoiled = bytearray(data)
    for place, value in changes:
        spoiled[int(place * (len(spoiled) - 1))] = value
    outcome(bytes(spoiled))


@fuzz
@given(st.sampled_from([tar(FILES), gzip.compress(tar(FILES), mtime=0), zipped(FILES)]), st.floats(0, 1))
def test_truncated_containers(data: bytes, share: float) -> None:
    outcome(data[: int(share * len(data))])


@fuzz
@given(st.text(alphabet="\\{}[]$%&_^~#\n abcefigu12", max_size=300))
def test_any_text(text: str) -> None:
    outcome(b"\\documentclass{a}\\begin{document}" + text.encode())
    plain(text)


def bomb(body: str, preamble: str = "", **files: str) -> bytes:
    return tar({"main.tex": f"\\documentclass{{a}}{preamble}\\begin{{document}}{body}\\end{{document}}", **files})


FIGURE = "\\begin{figure}\\caption{%s}\\end{figure}"
LADDER = (
    "".join(f"\\def\\{chr(97 + n)}{{{f'{chr(92)}{chr(98 + n)}' * 9}}}" for n in range(12)) + "\\def\\m{\\label{x}y}"
)
WORD_LADDER = LADDER.replace("\\label{x}", "")
BOMBS = {
    "a macro that calls itself": bomb(FIGURE % "\\x", "\\def\\x{\\x\\x\\label{q}}"),
    "two that call each other": bomb("\\x" + FIGURE % "\\y", "\\def\\x{\\y\\ref{q}}\\def\\y{\\x\\x}"),
    "exponential structure": bomb("\\a", LADDER),
    "exponential words": bomb(FIGURE % "\\a", WORD_LADDER),
    "doubling arguments": bomb(FIGURE % ("\\d{" * 30 + "x" + "}" * 30), "\\def\\d#1{#1#1\\label{x}}"),
    "redefinition in a loop": bomb("\\x", "\\def\\x{\\def\\y{\\x}\\y\\ref{a}}"),
    "an environment in itself": bomb(
        "\\begin{e}\\end{e}", "\\newenvironment{e}{\\begin{e}\\label{x}}{\\end{e}\\end{e}}"
    ),
    "a file that reads itself": bomb("\\input{a}", **{"a.tex": "\\input{a}\\input{a}x"}),
    "files that read each other": bomb(
        "\\input{a}",
        **{"a.tex": "\\input{b}\\input{b}", "b.tex": "\\input{a}\\input{c}", "c.tex": "x" * 9000 + "\\input{b}" * 99},
    ),
    "a tower of files": bomb("\\input{f0}", **{f"f{n}.tex": f"\\input{{f{n + 1}}}" * 30 for n in range(40)}),
    "open braces": bomb("{" * 200_000),
    "closed braces": bomb("}" * 200_000),
    "open brackets": bomb("\\includegraphics[" * 20_000),
    "open environments": bomb("\\begin{figure}" * 20_000),
    "nested boxes": bomb("\\subfloat[{" * 20_000),
    "conditionals": bomb("\\if" * 100_000),
    "conditionals in conditionals": bomb("\\ifx\\a\\b " * 30_000 + "\\fi" * 29_999),
    "choices in choices": bomb("\\ifthenelse{\\equal{a}{b}}{" * 3000 + "}{}" * 3000),
    "boxes in boxes": bomb("\\sbox{\\b}{\\usebox{\\b}\\usebox{\\b}\\label{x}}\\usebox{\\b}"),
    "cases": bomb("\\IfStrEqCase{x}{" + "{a}{b}" * 20_000 + "}"),
    "many labels": bomb("\\label{x}" * 30_000),
    "many captions": bomb("\\begin{figure}\\caption{c}\\end{figure}" * 3000),
    "continued floats": bomb("\\begin{figure}\\ContinuedFloat\\includegraphics{a}\\end{figure}" * 2000 + FIGURE % "c"),
    "captions in one float": bomb("\\begin{figure}" + "\\includegraphics{a}\\caption{c}" * 1500 + "\\end{figure}"),
    "a long caption": bomb(FIGURE % ("word " * 100_000)),
    "a long list of references": bomb(FIGURE % "c" + "\\cref{" + "a," * 30_000 + "}"),
    "fractions": bomb(FIGURE % ("$" + "\\frac" * 5000 + "{" * 5000)),
    "backslashes": bomb("\\" * 200_001),
    "comments": bomb("%\n" * 100_000),
    "verbatim": bomb("\\begin{verbatim}" * 20_000),
    "definitions": bomb(
        "", "".join(f"\\newcommand{{\\x{chr(97 + n % 26)}{'z' * (n // 26)}}}{{\\ref{{q}}}}" for n in range(2000))
    ),
    "delimited arguments": bomb("\\x " * 3000, "\\def\\x #1 #2.{#1\\label{a}}"),
    "readme": tar({"00README.json": "[" * 60_000, "main.tex": PAPER}),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_of_tex(name: str) -> None:
    outcome(BOMBS[name])


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(b"\\documentclass{a}" + b" " * (1 << 23), mtime=0),
        gzip.compress(tar({"main.tex": PAPER, "big": b"\0" * (1 << 22)}), mtime=0),
        zipped({"main.tex": PAPER + " " * (1 << 22)}),
        tar({f"{n}.tex": "\\documentclass{a}" for n in range(100)}),
    ],
    ids=["ratio", "member", "zip", "members"],
)
def test_bombs_of_containers(data: bytes) -> None:
    assert outcome(data) in ("too-large", "no-document-class")
