"""What references to statements, items, listings and tables print in captions, and bold letters of panels in them."""

from __future__ import annotations

import io
import tarfile
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.papers.archive import open_package
from omnisci_etl.papers.latex import parse
from omnisci_etl.papers.latex.body import References
from omnisci_etl.papers.latex.document import read
from omnisci_etl.papers.latex.floats import Floats
from omnisci_etl.papers.latex.macros import Macros
from omnisci_etl.papers.model import Figure


def only(body: str, caption: str, preamble: str = "", document_class: str = "article", **styles: str) -> Figure:
    """The one figure of a paper with that caption, behind the body."""
    float_ = f"\\begin{{figure}}\\includegraphics{{a}}\\caption{{{caption}}}\\end{{figure}}"
    text = (
        f"\\documentclass{{{document_class}}}\n{preamble}\n\\begin{{document}}\n{body}\n{float_}\n\\end{{document}}\n"
    )
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in {"main.tex": text, "a.png": "a", **styles}.items():
            info = tarfile.TarInfo(name)
            info.size = len(content.encode())
            archive.addfile(info, io.BytesIO(content.encode()))
    figures = parse(open_package(out.getvalue())).figures
    assert len(figures) == 1
    return figures[0]


def printed(body: str, references: str, preamble: str = "", document_class: str = "article", **styles: str) -> str:
    return only(body, references, preamble, document_class, **styles).caption


def statement(kind: str, label: str, content: str = "Text.") -> str:
    return f"\\begin{{{kind}}}\\label{{{label}}}{content}\\end{{{kind}}}\n"


SHARED = "\\newtheorem{thm}{Theorem}[section]\\newtheorem{lem}[thm]{Lemma}\\newtheorem{rem}{Remark}"


def test_statements_share_counters_and_begin_anew_in_sections() -> None:
    body = (
        "\\section{One}" + statement("thm", "t1") + statement("lem", "l1") + statement("rem", "r1")
        + "\\section{Two}" + statement("lem", "l2") + statement("rem", "r2")
    )  # fmt: skip
    references = "\\ref{t1}, \\ref{l1}, \\cref{l2}, \\ref{r1}, \\autoref{r2}, \\eqref{l2}"
    assert printed(body, references, SHARED) == "1.1, 1.2, Lemma 2.1, 1, Remark 2, (2.1)"


@pytest.mark.parametrize(
    ("preamble", "expected"),
    [
        ("\\newtheorem{lem}{Lemma}", "1 2"),
        ("\\spnewtheorem{lem}{Lemma}[section]{\\bfseries}{\\itshape}", "1.1 1.2"),
        ("\\newdefinition{lem}{Lemma}", "1 2"),
        ("\\declaretheorem[name=Lemma, numberwithin=section]{lem}", "1.1 1.2"),
        ("\\newtheorem{thm}{T}\\newaliascnt{lem}{thm}\\newtheorem{lem}[lem]{Lemma}", "1 2"),
        ("\\newtheorem{lem}{Lemma}\\numberwithin{lem}{section}", "1.1 1.2"),
        ("\\newtheorem{lem}{Lemma}\\renewcommand{\\thelem}{\\Alph{lem}}", "A B"),
        ("\\newtheorem*{lem}{Lemma}", "?? ??"),
        ("", "?? ??"),
    ],
)
def test_ways_to_declare_statements(preamble: str, expected: str) -> None:
    body = "\\section{One}" + statement("lem", "a") + "\\begin{lem}[A name]\\label{b}\\end{lem}"
    assert printed(body, "\\ref{a} \\ref{b}", preamble) == expected


def test_statements_of_a_style_file_and_of_classes() -> None:
    body = "\\section{One}" + statement("lemma", "l") + statement("theorem", "t")
    style = {"own.sty": "\\newtheorem{theorem}{Theorem}\\newtheorem{lemma}[theorem]{Lemma}"}
    assert printed(body, "\\cref{l}, \\ref{t}", "\\usepackage{own}", **style) == "Lemma 1, 2"
    assert printed(body, "\\ref{l}, \\ref{t}", document_class="llncs") == "1, 1"
    assert printed(body, "\\ref{l}, \\ref{t}", document_class="acmart") == "1.1, 1.2"
    assert printed(body, "\\ref{l}, \\ref{t}", document_class="jmlr") == "1, 2"


def test_a_number_that_is_written_out_is_of_the_next_statement_alone() -> None:
    body = "\\renewcommand{\\thethm}{\\ref{t}$'$}" + statement("thm", "x") + statement("thm", "t")
    assert printed("\\section{S}" + body, "\\ref{x} \\ref{t}", SHARED) == "?? 1.1"


def test_statements_that_are_restated_or_inside_others() -> None:
    restated = "\\begin{restatable}{lem}{again}\\label{l}\\end{restatable}" + statement("thm", "t")
    corollaries = "\\newtheorem{cor}{Corollary}[thm]"
    body = f"\\section{{S}}{restated}{statement('cor', 'c')}{statement('thm', 'u')}{statement('cor', 'd')}"
    assert printed(body, "\\ref{l} \\ref{t} \\ref{c} \\ref{d}", SHARED + corollaries) == "1.1 1.2 1.2.1 1.3.1"


def test_an_equation_inside_a_statement_has_its_own_number() -> None:
    content = "\\begin{equation}x\\label{e}\\end{equation}\\label{again}"
    assert (
        printed("\\section{S}" + statement("thm", "t", content), "\\ref{t} \\ref{e} \\ref{again}", SHARED)
        == "1.1 1 1.1"
    )


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("", "1 2 2a"),
        ("[label=(\\roman*)]", "(i) (ii) (ii)a"),
        ("[(A)]", "(A) (B) (B)a"),
        ("[label=\\textbf{H\\arabic*.}]", "H1 H2 H2a"),
        ("[leftmargin=1cm]", "1 2 2a"),
    ],
)
def test_items(option: str, expected: str) -> None:
    inner = "\\begin{enumerate}\\item\\label{c} Three\\end{enumerate}"
    body = f"\\begin{{enumerate}}{option}\\item[x] None\\item\\label{{a}} One\\item Two\\label{{b}}{inner}\\end{{enumerate}}"
    assert printed(body, "\\ref{a} \\ref{b} \\ref{c}") == expected


def test_listings_other_floats_and_tables_of_aastex() -> None:
    body = (
        "\\begin{lstlisting}[caption={A, b}, label=lst:a]\nx\n\\end{lstlisting}"
        "\\begin{listing}\\caption{C}\\label{lst:b}\\end{listing}\\begin{scheme}\\caption{S}\\label{s}\\end{scheme}"
        "\\begin{deluxetable}{cc}\\tablecaption{T\\label{t}}\\startdata 1 & 2 \\enddata\\end{deluxetable}"
    )
    assert printed(body, "\\cref{lst:a}, \\ref{lst:b}, \\cref{s}, \\cref{t}") == "Listing 1, 1, Scheme 1, Table 1"


def test_cases_and_groups_of_equations() -> None:
    body = (
        "\\begin{numcases}{f=}1\\label{a}\\\\2\\label{b}\\end{numcases}"
        "\\begin{subequations}\\begin{align}x\\label{c}\\end{align}\\label{group}\\end{subequations}"
    )
    assert printed(body, "\\ref{a} \\ref{b} \\ref{c} \\ref{group}") == "1 2 3a 3"


def test_classes_with_roman_numbers() -> None:
    body = (
        "\\section{A}\\section{B}\\label{s}\\subsection{C}\\label{u}\\begin{table}\\caption{T}\\label{t}\\end{table}"
        "\\appendix\\section{D}\\label{d}"
    )
    assert printed(body, "\\ref{s}, \\ref{u}, \\ref{t}, \\ref{d}", document_class="revtex4-2") == "II, II A, I, A"
    assert printed(body, "\\ref{s}, \\ref{u}, \\ref{t}", document_class="IEEEtran") == "II, II-A, I"


@pytest.mark.parametrize(
    ("caption", "letters"),
    [
        ("T \\textbf{a} rows with bar 1 mm \\textbf{b} columns", "a b"),
        ("T, {\\bf a}, the rows, {\\bf b}, the columns", "a b"),
        ("T {\\bfseries A} rows of it {\\bfseries B} columns \\textbf{C} cells", "A B C"),
        ("T \\textbf{a, b} rows \\textbf{c--e} columns", "a b c d e"),
        ("T \\textbf{a1} rows. \\textbf{a2} columns, \\textbf{b} cells", "a1 a2 b"),
        ("T {\\bf\\textsf{a}} rows, and {\\sffamily\\bfseries b} columns", "a b"),
        ("T \\textbf{A, left} Rows. \\textbf{A, right} Columns. \\textbf{B} Cells.", "A B"),
        ("T {\\bf a\\rm\\ rows} and {\\bf b} columns in $\\mathbf{x}$", "a b"),
        ("The vectors $\\mathbf{a}$ and $\\mathbf{b}$ are shown.", ""),
        ("The vector \\textbf{k} of the field \\textbf{x} \\emph{a} posteriori", ""),
    ],
)
def test_bold_letters_are_panels(caption: str, letters: str) -> None:
    assert " ".join(panel.label for panel in only("", caption).panels) == letters


def test_a_letter_of_a_part_that_is_printed_alone_is_a_panel() -> None:
    parts = "".join(
        f"\\begin{{subfigure}}\\includegraphics{{a}}\\caption{{}}\\label{{{key}}}\\end{{subfigure}}" for key in "xyz"
    )
    caption = "Seen \\subref{x} a valve and \\subref{y} a tank: \\subref{z} the sonar."
    body = f"\\begin{{figure}}{parts}\\caption{{{caption}}}\\end{{figure}}"
    text = f"\\documentclass{{article}}\\begin{{document}}{body}\\end{{document}}"
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, data in (("main.tex", text.encode()), ("a.png", b"a")):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    (figure,) = parse(open_package(out.getvalue())).figures
    assert {panel.label: panel.text for panel in figure.panels} == {"a": "a valve", "b": "a tank", "c": "the sonar."}


PIECES = ["\\textbf{", "{\\bf ", "{", "}", "\\bf", "\\rm ", "a", "(b)", " ", "$", "\\bfseries", "~", "word", "\\ref{x}"]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_boldness_changes_no_text(latex: str) -> None:
    references = References(Floats(), {}, Macros())
    text, _, bold = references.caption(latex)
    assert " ".join(text.split()) == " ".join(references.text(latex)[0].split())
    assert all(0 <= start < end <= len(text) for start, end in bold)


def hostile(text: str) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        info = tarfile.TarInfo("main.tex")
        info.size = len(text)
        archive.addfile(info, io.BytesIO(text.encode()))
    started = time.process_time()
    read(open_package(out.getvalue()))
    assert time.process_time() - started < 8


def test_thousands_of_items_and_statements_take_no_time() -> None:
    many = "\\begin{thm}\\label{a}\\begin{enumerate}" + "\\item\\label{b} x " * 15_000 + "\\end{enumerate}\\end{thm}"
    hostile(
        f"\\documentclass{{article}}{SHARED}\\begin{{document}}{many}{statement('lem', 'c') * 2000}\\end{{document}}"
    )


def test_thousands_of_declarations_take_no_time() -> None:
    many = "".join(f"\\newtheorem{{t{n}}}{{T}}[section]" for n in range(20_000))
    hostile(f"\\documentclass{{article}}{many}\\begin{{document}}" + "\\section{A}" * 3000 + "\\end{document}")
