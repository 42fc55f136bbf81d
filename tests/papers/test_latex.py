"""LaTeX packages written for the purpose, one construct each."""

from __future__ import annotations

import io
import tarfile
import time
from collections.abc import Mapping
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.errors import BadInput, HostileInput
from omnisci_etl.papers.archive import Package, open_package
from omnisci_etl.papers.latex import VERSION, parse
from omnisci_etl.papers.latex.body import MAX_REFERENCES
from omnisci_etl.papers.latex.counters import letter
from omnisci_etl.papers.latex.document import read
from omnisci_etl.papers.latex.macros import Macro, Macros
from omnisci_etl.papers.latex.scan import Source
from omnisci_etl.papers.latex.source import strip_comments, top_file
from omnisci_etl.papers.latex.text import convert, plain
from omnisci_etl.papers.model import Document, Figure


def package(files: Mapping[str, str | bytes]) -> Package:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return open_package(out.getvalue())


def paper(body: str, preamble: str = "", **files: str | bytes) -> Document:
    """A paper with pictures a.png ... f.pdf around it."""
    text = f"\\documentclass{{article}}\n{preamble}\n\\begin{{document}}\n{body}\n\\end{{document}}\n"
    pictures = {name: name.encode() for name in ("a.png", "b.png", "c.pdf", "figs/d.png", "E.PNG", "f.eps")}
    return parse(package({"main.tex": text, **pictures, **files}))


def only(document: Document) -> Figure:
    assert len(document.figures) == 1
    return document.figures[0]


def pictures(figure: Figure) -> list[str]:
    return [picture.name for picture in figure.pictures]


SIMPLE = "\\begin{figure}\\includegraphics{a}\\caption{A caption.}\\label{fig:a}\\end{figure}"


def test_a_simple_figure() -> None:
    document = paper(SIMPLE + "\n\n\\section{Results}\nWe see it in Fig.~\\ref{fig:a}b.", "\\title{A \\emph{title}}")
    figure = only(document)
    assert (document.extractor, document.extractor_version, document.title) == ("latex", VERSION, "A title")
    assert (figure.locator, figure.ordinal, figure.label, figure.caption) == ("fig:a", 1, "Figure 1", "A caption.")
    assert figure.pictures[0].name == "a.png"
    assert figure.pictures[0].data == b"a.png"
    assert figure.reject_slug is None
    (mention,) = figure.mentions
    assert (mention.text, mention.section, mention.panels) == ("We see it in Fig. 1b.", "Results", ("b",))


def test_comments_are_no_text_but_escaped_percent_signs_are() -> None:
    document = paper(
        "% \\begin{figure}\\includegraphics{b}\\caption{No.}\\end{figure}\n"
        "\\begin{figure}\\includegraphics{a}\n"
        "\\caption{Yield of 5\\% in wa%\n   ter. % and no more\n}\\end{figure}"
    )
    assert only(document).caption == "Yield of 5% in water."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\\%b % c\nd", "a\\%b d"),
        ("one % c\n\ntwo", "one \n\ntwo"),
        ("\\\\% gone\nx", "\\\\x"),
        ("\\url{http://x/%20y} % gone", "\\url{http://x/\\%20y} "),
        ("\\begin{comment}\\begin{figure}\\end{comment}x", "x"),
        ("\\verb|%{\\a| x", "{\\%\\{\\textbackslash{}a} x"),
        ("x\\endinput y", "x"),
        ("\\begin{verbatim}\\caption{%\\end{verbatim}z", "\\begin{verbatim}\\end{verbatim}z"),
    ],
)
def test_strip_comments(text: str, expected: str) -> None:
    assert strip_comments(text) == expected


def test_verbatim_does_not_make_figures() -> None:
    document = paper(f"\\begin{{lstlisting}}\n{SIMPLE}\n\\end{{lstlisting}} and \\verb|\\begin{{figure}}| {SIMPLE}")
    assert len(document.figures) == 1


def test_input_trees_and_import_folders() -> None:
    document = paper(
        "\\input{sections/one}\\include{two}\\import{deep/}{three}\\input missing\n",
        **{
            "sections/one.tex": SIMPLE,
            "two.tex": SIMPLE.replace("{a}", "{b}").replace("fig:a", "fig:b"),
            "deep/three.tex": "\\input{four}",
            "deep/four.tex": SIMPLE.replace("{a}", "{pic}").replace("fig:a", "fig:c"),
            "deep/pic.png": b"deep",
        },
    )
    assert [pictures(figure) for figure in document.figures] == [["a.png"], ["b.png"], ["deep/pic.png"]]
    assert [figure.label for figure in document.figures] == ["Figure 1", "Figure 2", "Figure 3"]


def test_a_file_that_includes_itself_ends() -> None:
    assert len(paper("\\input{loop}", **{"loop.tex": "x \\input{loop} \\input{loop}"}).figures) == 0


def test_graphicspath_case_extension_and_missing_files() -> None:
    document = paper(
        "\\begin{figure}\\includegraphics[width=3cm]{d}\\caption{In a folder.}\\end{figure}"
        "\\begin{figure}\\includegraphics*{./e.png}\\caption{Other case.}\\end{figure}"
        '\\begin{figure}\\includegraphics{{"c"}.pdf}\\caption{Quoted.}\\end{figure}'
        "\\begin{figure}\\includegraphics{c.eps}\\caption{Converted.}\\end{figure}"
        "\\begin{figure}\\includegraphics{nowhere}\\caption{Missing.}\\end{figure}"
        "\\begin{figure}Text.\\caption{Nothing.}\\end{figure}",
        "\\graphicspath{{figs/}{other/}}",
    )
    found = [(pictures(figure), figure.reject_slug) for figure in document.figures]
    assert found == [
        (["figs/d.png"], None),
        (["E.PNG"], None),
        (["c.pdf"], None),
        (["c.pdf"], None),
        ([], "picture-missing"),
        ([], "no-picture"),
    ]


def test_the_pdf_that_was_made_of_an_eps_is_taken() -> None:
    document = paper(SIMPLE.replace("{a}", "{f}"), **{"f-eps-converted-to.pdf": b"%PDF-"})
    assert pictures(only(document)) == ["f-eps-converted-to.pdf"]


def test_page_and_angle_become_a_fragment() -> None:
    document = paper("\\begin{figure}\\includegraphics[width=1cm,page=3, angle=-90]{c}\\caption{C.}\\end{figure}")
    assert pictures(only(document)) == ["c.pdf#page=3&angle=-90"]


@pytest.mark.parametrize(
    "command",
    [
        "\\epsfig{file=f.eps,width=3in}",
        "\\psfig{figure=f.eps}",
        "\\epsfbox[0 0 1 1]{f.eps}",
        "\\centerline{\\epsfxsize=3in\\epsffile{f.eps}}",
        "\\plotone{f.eps}",
        "\\special{psfile=f.eps hscale=50}",
        "\\resizebox{1cm}{!}{\\includegraphics{f.eps}}",
        "\\begin{overpic}[width=1cm]{f.eps}\\put(1,1){x}\\end{overpic}",
        "\\gridline{\\fig{f.eps}{0.5\\textwidth}{}}",
        "\\includegraphics{\\folder/f.eps}",
    ],
)
def test_picture_commands(command: str) -> None:
    document = paper(f"\\begin{{figure}}{command}\\caption{{C.}}\\end{{figure}}", "\\newcommand{\\folder}{.}")
    assert pictures(only(document)) == ["f.eps"]


def test_two_files_in_one_command() -> None:
    assert pictures(only(paper("\\begin{figure}\\plottwo{a}{b}\\caption{Two.}\\end{figure}"))) == ["a.png", "b.png"]


@pytest.mark.parametrize(
    "name", ["figure*", "wrapfigure", "SCfigure", "sidewaysfigure*", "floatingfigure", "teaserfigure", "marginfigure"]
)
def test_figure_environments(name: str) -> None:
    document = paper(f"\\begin{{{name}}}{{r}}{{2cm}}\\includegraphics{{a}}\\caption{{C.}}\\end{{{name}}}")
    assert pictures(only(document)) == ["a.png"]


def test_the_number_decides_what_is_a_figure() -> None:
    document = paper(
        "\\begin{figure}\\begin{algorithm}\\caption{Algorithm.}\\end{algorithm}\\end{figure}"
        "\\begin{wrapfigure}{r}{1cm}\\begin{tabular}{l}x\\end{tabular}\\captionof{table}{Table.}\\end{wrapfigure}"
        "\\begin{figure}\\begin{tabular}{l}x\\end{tabular}\\caption{Figure 1 is a table.}\\end{figure}"
        "\\begin{figure}\\begin{tabular}{l}\\includegraphics{a}\\end{tabular}\\caption{Laid out.}\\end{figure}"
        "\\begin{table}\\begin{tabular}{l}x\\end{tabular}\\caption{Table.}\\end{table}"
    )
    assert [(figure.label, figure.caption, figure.reject_slug) for figure in document.figures] == [
        ("Figure 1", "Figure 1 is a table.", "no-picture"),
        ("Figure 2", "Laid out.", None),
    ]


def test_drawings_of_tex_are_unsupported() -> None:
    document = paper("\\begin{figure}\\begin{tikzpicture}\\draw (0,0);\\end{tikzpicture}\\caption{T.}\\end{figure}")
    assert only(document).reject_slug == "picture-unsupported"


def test_captions_without_number_and_figures_without_caption_are_none() -> None:
    document = paper(
        "\\begin{figure}\\includegraphics{a}\\caption*{Unnumbered.}\\end{figure}"
        "\\begin{figure}\\includegraphics{a}\\end{figure}\\includegraphics{b}" + SIMPLE
    )
    assert only(document).label == "Figure 1"


def test_an_empty_caption_is_rejected() -> None:
    document = paper("\\begin{figure}\\includegraphics{a}\\caption{}\\end{figure}")
    assert only(document).reject_slug == "no-caption"


SUBFIGURES = {
    "subcaption": "\\begin{subfigure}[b]{1cm}\\includegraphics{a}\\caption{First.}\\label{s:a}\\end{subfigure}"
    "\\begin{subfigure}{1cm}\\includegraphics{b}\\caption{Second.}\\label{s:b}\\end{subfigure}",
    "subfloat": "\\subfloat[First.\\label{s:a}]{\\includegraphics{a}}\\subfloat[List][Second.]"
    "{\\label{s:b}\\includegraphics{b}}",
    "subfigure": "\\subfigure[First.]{\\includegraphics{a}\\label{s:a}}\\subfigure[Second.]{\\includegraphics{b}"
    "\\label{s:b}}",
    "subcaptionbox": "\\subcaptionbox{First.\\label{s:a}}{\\includegraphics{a}}"
    "\\subcaptionbox{Second.\\label{s:b}}[1cm]{\\includegraphics{b}}",
    "minipage": "\\begin{minipage}{1cm}\\includegraphics{a}\\subcaption{First.}\\label{s:a}\\end{minipage}"
    "\\begin{minipage}{1cm}\\includegraphics{b}\\subcaption{Second.}\\label{s:b}\\end{minipage}",
}


@pytest.mark.parametrize("form", SUBFIGURES)
def test_subfigures(form: str) -> None:
    document = paper(
        f"\\begin{{figure}}{SUBFIGURES[form]}\\caption{{Both.}}\\label{{f}}\\end{{figure}}\n"
        "See \\ref{s:b}, \\subref{s:a} and \\autoref{f}."
    )
    figure = only(document)
    assert (figure.caption, pictures(figure)) == ("Both.", ["a.png", "b.png"])
    assert [(panel.label, panel.text) for panel in figure.panels] == [("a", "First."), ("b", "Second.")]
    (mention,) = figure.mentions
    assert mention.text == "See 1b, a and Figure 1."
    assert set(mention.panels) == {"a", "b"}


def test_panels_come_from_the_caption_where_sub_captions_are_empty() -> None:
    document = paper(
        "\\begin{figure}\\subfigure[]{\\label{s:a}\\includegraphics{a}}\\subfigure[]{\\includegraphics{b}}"
        "\\caption{Two plots. (a) The first plot. (b) The second plot.}\\end{figure} See \\ref{s:a}."
    )
    assert [panel.label for panel in only(document).panels] == ["a", "b"]
    assert only(document).mentions[0].panels == ("a",)


def test_letters_follow_thesubfigure() -> None:
    figure = only(
        paper(
            f"\\begin{{figure}}{SUBFIGURES['subcaption']}\\caption{{Both.}}\\end{{figure}}",
            "\\renewcommand{\\thesubfigure}{\\Alph{subfigure}}",
        )
    )
    assert [panel.label for panel in figure.panels] == ["A", "B"]
    assert [letter(3, style) for style in ("alph", "Alph", "roman", "Roman", "arabic")] == ["c", "C", "iii", "III", "3"]
    assert letter(28) == "ab"


@pytest.mark.parametrize(
    "body",
    [
        "\\begin{minipage}{1cm}\\includegraphics{a}\\caption{One.}\\label{one}\\end{minipage}"
        "\\begin{minipage}{1cm}\\includegraphics{b}\\caption{Two.}\\label{two}\\end{minipage}",
        "\\includegraphics{a}\\includegraphics{b}\\caption{One.}\\label{one}\\caption{Two.}\\label{two}",
        "\\caption{One.}\\label{one}\\includegraphics{a}\\caption{Two.}\\label{two}\\includegraphics{b}",
    ],
)
def test_several_captions_in_one_environment_are_several_figures(body: str) -> None:
    document = paper(f"\\begin{{figure}}{body}\\end{{figure}} In Fig.~\\ref{{two}}.")
    assert [(f.label, f.caption, pictures(f), f.locator) for f in document.figures] == [
        ("Figure 1", "One.", ["a.png"], "one"),
        ("Figure 2", "Two.", ["b.png"], "two"),
    ]
    assert [len(figure.mentions) for figure in document.figures] == [0, 1]


def test_captions_outside_of_floats() -> None:
    document = paper(
        "\\begin{center}\\includegraphics{a}\\captionof{figure}{Centred.}\\label{x}\\end{center}\n\n"
        "\\begin{minipage}{1cm}\\captionsetup{type=figure}\\includegraphics{b}\\caption{Typed.}\\end{minipage}\n\n"
        "\\figcaption[c.pdf]{Listed. \\label{y}}\n\n"
        "\\plotone{figs/d}\\figcaption{Plotted.}\n\nSee \\ref{x} and \\ref{y}."
    )
    assert [(f.caption, pictures(f)) for f in document.figures] == [
        ("Centred.", ["a.png"]),
        ("Typed.", ["b.png"]),
        ("Listed.", ["c.pdf"]),
        ("Plotted.", ["figs/d.png"]),
    ]
    assert [len(f.mentions) for f in document.figures] == [1, 0, 1, 0]


def test_a_continued_float_belongs_to_the_figure_before() -> None:
    document = paper(
        SIMPLE + "\\begin{figure}\\ContinuedFloat\\includegraphics{b}\\caption{Continued.}\\end{figure}"
        "\\begin{figure}\\includegraphics{c}\\caption{Next.}\\end{figure}"
    )
    assert [(f.label, f.caption, pictures(f)) for f in document.figures] == [
        ("Figure 1", "A caption.", ["a.png", "b.png"]),
        ("Figure 2", "Next.", ["c.pdf"]),
    ]


def test_numbers_as_latex_prints_them() -> None:
    figure = "\\begin{figure}\\includegraphics{a}\\caption{C.}\\label{%s}\\end{figure}"
    document = paper(
        figure % "one" + "\\setcounter{figure}{6}" + figure % "two"
        + "\\renewcommand{\\thefigure}{S\\arabic{figure}}\\setcounter{figure}{0}" + figure % "three"
        + "\\appendix\\section{More}\\renewcommand\\thefigure{\\thesection.\\arabic{figure}}" + figure % "four"
        + "\n\nSee Figs.~\\ref{one} and~\\ref{three}."
    )  # fmt: skip
    assert [f.label for f in document.figures] == ["Figure 1", "Figure 7", "Figure S1", "Figure A.2"]
    assert [len(f.mentions) for f in document.figures] == [1, 0, 1, 0]


def test_numbers_within_sections() -> None:
    document = paper(f"\\section{{A}}{SIMPLE}\\section{{B}}{SIMPLE}", "\\numberwithin{figure}{section}")
    assert [f.label for f in document.figures] == ["Figure 1.1", "Figure 2.1"]


def test_own_macros_of_every_kind() -> None:
    document = paper(
        "\\myfig{a}{A plot of \\PM{} at \\temp{20}}{m:a}\n\\begin{myfloat}{m:b}\\includegraphics{b}\\caption{B}\\end{myfloat}\n"
        "\\FIG m:c c.pdf [width=1cm] Delimited caption.\\par\n"
        "\\bfig\\includegraphics{f}\\caption{\\old}\\efig\n\n"
        "In \\figref{m:a}, \\fref{m:b} and Fig.~\\ref{m:c}.",
        "\\newcommand{\\myfig}[3]{\\begin{figure}\\includegraphics[width=1cm]{#1}\\caption{#2}\\label{#3}\\end{figure}}\n"
        "\\newcommand\\PM{PM$_{2.5}$}\\newcommand{\\temp}[2][K]{#2\\,#1}\n"
        "\\newenvironment{myfloat}[1]{\\begin{figure*}\\label{#1}}{\\end{figure*}}\n"
        "\\def\\FIG #1 #2 [#3] #4\\par{\\begin{figure}\\includegraphics[#3]{#2}\\caption{#4}\\label{#1}\\end{figure}}\n"
        "\\def\\bfig{\\begin{figure}}\\def\\efig{\\end{figure}}\\def\\old{Old \\alias}\\let\\alias=\\PM\n"
        "\\newcommand{\\figref}[1]{Figure~\\ref{#1}}\\def\\fref#1{fig.~\\ref{#1}}",
    )
    assert [(f.caption, pictures(f)) for f in document.figures] == [
        ("A plot of PM_2.5 at 20 K", ["a.png"]),
        ("B", ["b.png"]),
        ("Delimited caption.", ["c.pdf"]),
        ("Old PM_2.5", ["f.eps"]),
    ]
    assert [len(f.mentions) for f in document.figures] == [1, 1, 1, 0]
    assert document.figures[0].mentions[0].text == "In Figure 1, fig. 2 and Fig. 3."
    assert document.figures[3].caption_source == "\\old"


def test_definitions_of_a_style_file_in_the_package() -> None:
    document = paper(
        "\\shot{a}{Of \\name.}", "\\usepackage[x]{graphicx,mine}",
        **{"mine.sty": "\\newcommand{\\shot}[2]{\\begin{figure}\\includegraphics{#1}\\caption{#2}\\end{figure}}\n"
           "\\def\\name{us}\\def\\caption#1{broken}\\def\\@internal{\\begin{figure}}\\textbf{printed}"},
    )  # fmt: skip
    assert only(document).caption == "Of us."


def test_conditionals() -> None:
    document = paper(
        "\\iffalse" + SIMPLE + "\\fi\\ifdraft" + SIMPLE + "\\else\\begin{figure}\\includegraphics{b}\\caption{Final, "
        "if and only \\iff so.}\\end{figure}\\fi\\ifx\\a\\b\\else" + SIMPLE + "\\fi",
        "\\newif\\ifdraft\\drafttrue\\draftfalse",
    )
    assert only(document).caption == "Final, if and only ⇔so."


def test_a_conditional_that_never_ends_hides_nothing() -> None:
    assert len(paper("\\iffalse never closed " + SIMPLE).figures) == 1


def test_macros_that_hide_their_argument_hide_figures() -> None:
    assert only(paper("\\hide{" + SIMPLE + "}" + SIMPLE, "\\newcommand{\\hide}[1]{}")).label == "Figure 1"


def test_unbalanced_braces_lose_one_caption_at_most() -> None:
    document = paper(
        "\\begin{figure}\\includegraphics{a}\\caption{Open {brace.}\n\n\\label{x}\\end{figure}\n" + SIMPLE
        + "\\begin{figure}\\includegraphics{b}\\caption{Too many}}\\end{figure} See \\ref{fig:a}."
    )  # fmt: skip
    assert [f.caption for f in document.figures] == ["Open brace.", "A caption.", "Too many"]
    assert len(document.figures[1].mentions) == 1


def test_a_figure_that_never_ends() -> None:
    other = SIMPLE.replace("fig:a", "fig:b")
    document = paper(SIMPLE.replace("\\end{figure}", "") + "\\section{Next}Text on \\ref{fig:a}." + other)
    assert [f.label for f in document.figures] == ["Figure 1", "Figure 2"]
    assert document.figures[0].mentions[0].section == "Next"


def test_references_of_every_kind() -> None:
    body = SIMPLE + SIMPLE.replace("fig:a", "fig:b").replace("{a}", "{b}") + (
        "\\begin{table}\\caption{T}\\label{tab}\\end{table}\\section{S}\\label{sec}\n"
        "\\cref{fig:a,fig:b}; \\Cref{fig:b}; \\crefrange{fig:a}{fig:b}; \\autoref{tab}; \\ref{sec}; \\eqref{no}; "
        "\\pageref{fig:a}; \\hyperref[fig:b]{that plot}; \\hyperref[fig:b]{Fig.~\\ref*{fig:b}}.\\footnote{Also "
        "\\ref{fig:a}.}"
    )  # fmt: skip
    reading = read(package({"m.tex": f"\\documentclass{{a}}\\begin{{document}}{body}\\end{{document}}"}))
    main, note = reading.paragraphs
    assert main.text == ("Figs. 1 and 2; Figure 2; Figs. 1 to 2; Table 1; 1; (??); ??; that plot; Fig. 2.")
    assert [main.text[link.start : link.end] for link in main.links] == ["1", "2", "2", "1", "2", "that plot", "2"]
    assert [link.target for link in main.links][:2] == ["fig:a", "fig:b"]
    assert (note.text, note.section, note.links[0].target) == ("Also 1.", "S", "fig:a")


def test_captions_refer_to_other_figures_by_number() -> None:
    document = paper(SIMPLE + "\\begin{figure}\\includegraphics{b}\\caption{As in \\cref{fig:a}.}\\end{figure}")
    assert document.figures[1].caption == "As in Fig. 1."


def test_body_has_no_captions_tables_or_bibliography() -> None:
    reading = read(
        package(
            {
                "m.tex": "\\documentclass{a}\\begin{document}\\begin{abstract}Short.\\end{abstract}\n\\section{One}\nFirst.\n\n"
                + SIMPLE
                + "\n\\begin{tabular}{l}cell\\end{tabular}\n\\begin{itemize}\\item Second\\item Third\\end{itemize}"
                "\\begin{thebibliography}{9}\\bibitem{x} Book\\end{thebibliography}\\end{document} after"
            }
        )
    )
    assert [paragraph.text for paragraph in reading.paragraphs] == ["First.", "Second", "Third"]


@pytest.mark.parametrize(
    ("body", "abstract"),
    [
        ("\\begin{abstract}Of $x^2$ \\cite{k}.\\end{abstract}", "Of x^2 [citation]."),
        ("\\abstract{Short.}", "Short."),
        ("\\section*{Abstract} Old style.", "Old style."),
        ("No.", ""),
    ],
)
def test_abstract(body: str, abstract: str) -> None:
    assert paper(body).abstract == abstract


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("\\title[Short]{Long \\\\ title\\thanks{Money.}}", "Long title"),
        ("\\title [mode = title]{With \\name}", "With Café"),
        ("\\icmltitle{{\\bf Bold}}", "Bold"),
        ("", ""),
    ],
)
def test_title(title: str, expected: str) -> None:
    assert paper("x", title + "\\newcommand{\\name}{Caf\\'e}").title == expected


def test_top_file_by_readme() -> None:
    files = {"one.tex": "\\documentclass{a}\\begin{document}\\end{document}", "two.tex": "\\documentclass{a}"}
    assert top_file(package({**files, "00README.json": '{"sources":[{"usage":"toplevel","filename":""},'
                             '{"filename":"two.tex"}]}'})) == "two.tex"  # fmt: skip
    assert top_file(package({**files, "00README.XXX": "one.tex ignore\ntwo.tex toplevelfile\n"})) == "two.tex"
    assert top_file(package({**files, "00README.json": '{"sources": 3'})) == "one.tex"
    assert top_file(package({**files, "00readme.yaml": "sources:\n  - filename: two\n"})) == "two.tex"


def test_top_file_by_content() -> None:
    figures = (
        "\\documentclass{a}\\title{T}\\begin{document}\\begin{abstract}\\end{abstract}" + SIMPLE + "\\end{document}"
    )
    many = "\\documentclass{a}\\title{T}\\begin{document}" + 3 * SIMPLE + "\\end{document}"
    alone = "\\documentclass{standalone}\\begin{document}" + 9 * SIMPLE + "\\end{document}"
    files = {"supplement.tex": many, "paper.tex": figures, "plot.tex": alone, "part.tex": SIMPLE, "anc/x.tex": many}
    assert top_file(package(files)) == "paper.tex"
    assert top_file(package({"9901001": "\\documentstyle{article}\\begin{document}x\\end{document}"})) == "9901001"


def test_packages_without_a_paper() -> None:
    for files, slug in (({"a.tex": "\\input x"}, "no-document-class"), ({"a.tex": "%auto-ignore\nGone"}, "withdrawn")):
        with pytest.raises(BadInput) as caught:
            parse(package(files))
        assert caught.value.slug == slug


def test_locators_are_unique_and_stable() -> None:
    document = paper(SIMPLE + SIMPLE + "\\begin{figure}\\includegraphics{a}\\caption{No label.}\\end{figure}")
    assert [f.locator for f in document.figures] == ["fig:a", "fig2", "fig3"]


def test_latin_1_and_windows_line_ends() -> None:
    text = (
        "\\documentclass{a}\r\n\\begin{document}\r\n" + SIMPLE.replace("A caption", "Méthode") + "\r\n\\end{document}"
    )
    (figure,) = parse(package({"m.tex": text.encode("latin-1")})).figures
    assert figure.caption == "Méthode."


def figure(name: str, label: str = "", caption: str = "C.") -> str:
    tail = f"\\label{{{label}}}" if label else ""
    return f"\\begin{{figure}}\\includegraphics{{{name}}}\\caption{{{caption}}}{tail}\\end{{figure}}"


def shown(document: Document) -> str:
    """The first pictures of the figures, each by its first letter."""
    return "".join(pictures(found)[0][0] for found in document.figures)


A, B, C = figure("a"), figure("b"), figure("c")


@pytest.mark.parametrize(
    ("body", "preamble", "expected"),
    [
        (f"\\if0{A}\\fi\\if 0 {B}\\fi\\if1{A}\\fi\\if11{C}\\fi", "", "c"),
        (f"\\ifnum0=1 {A}\\fi\\ifnum 1=1 {B}\\fi\\ifnum\\n>2 {C}\\fi", "\\def\\n{3}", "bc"),
        (f"\\ifnum\\full=1 {A}\\else {B}\\fi", "\\newcommand{\\full}{0}", "b"),
        (f"\\ifx\\never\\undefined {A}\\else {B}\\fi", "", "a"),
        (f"\\ifx\\mode\\wanted {A}\\else {B}\\fi", "\\def\\mode{arxiv}\\def\\wanted{arxiv}", "a"),
        (f"\\ifx\\mode\\wanted {A}\\else {B}\\fi", "\\def\\mode{arxiv}\\def\\wanted{ieee}", "b"),
        (f"\\ifx\\mode\\empty {A}\\else {B}\\fi", "\\def\\mode{}", "a"),
        (f"\\ifdefined\\never {A}\\else {B}\\fi \\ifcsname known\\endcsname {C}\\fi", "\\def\\known{x}", "bc"),
        (f"\\iffalse x \\ifCLASSOPTIONcompsoc y\\else z\\fi {A}\\fi {B}", "", "b"),
        (f"\\ifCLASSINFOpdf {A}\\else {B}\\fi\\ifCLASSOPTIONcaptionsoff {B}\\fi {C}", "", "ac"),
        (f"\\ifthenelse{{\\boolean{{long}}}}{{{A}}}{{{B}}}", "\\newboolean{long}\\setboolean{long}{false}", "b"),
        (f"\\ifthenelse{{\\equal{{\\v}}{{y}}}}{{{A}}}{{{B}}}", "\\newcommand\\v{y}", "a"),
        (f"\\ifthenelse{{\\NOT \\boolean{{x}}}}{{{A}}}{{{B}}}\\ifthenelse{{\\isodd{{1}}}}{{{C}}}{{}}", "", "ac"),
        (f"\\iftoggle{{x}}{{{A}}}{{{B}}}\\nottoggle{{x}}{{{A}}}{{{C}}}", "\\newtoggle{x}\\toggletrue{x}", "ac"),
        (f"\\ifbool{{x}}{{{A}}}{{{B}}}", "\\newbool{x}\\boolfalse{x}", "b"),
        (f"\\IfFileExists{{part}}{{{A}}}{{{B}}}\\IfFileExists{{no.tex}}{{{A}}}{{{C}}}", "", "ac"),
        (f"\\InputIfFileExists{{part}}{{}}{{{A}}}\\InputIfFileExists{{no}}{{}}{{{A}}}", "", "ba"),
        (f"\\ifstrequal{{a}}{{b}}{{{A}}}{{{B}}}\\ifblank{{ }}{{{C}}}{{}}", "", "bc"),
        (f"\\IfStrEqCase{{\\v}}{{{{x}}{{{A}}}{{y}}{{{B}}}}}[{C}]", "\\def\\v{y}", "b"),
        (f"\\ifdef{{\\never}}{{{A}}}{{{B}}}\\ifundef{{\\never}}{{{C}}}{{{A}}}", "", "bc"),
        (f"\\include{{part}}\\include{{other}}{C}", "\\includeonly{other}", "ac"),
        (f"\\begin{{hide}}{A}\\end{{hide}}\\begin{{old}}{A}\\end{{old}}{B}",
         "\\newenvironment{hide}{\\comment}{\\endcomment}\\excludecomment{old}", "b"),
    ],
)  # fmt: skip
def test_only_what_is_printed_counts(body: str, preamble: str, expected: str) -> None:
    assert shown(paper(body, preamble, **{"part.tex": B, "other.tex": A})) == expected


def test_files_that_are_papers_themselves_are_read_between_begin_and_end() -> None:
    whole = "\\documentclass[main]{subfiles}\\newcommand{\\x}{no}\\begin{document}%s\\end{document} after"
    document = paper(
        "\\subfile{parts/one}\\input{two} In \\ref{x}.",
        **{"parts/one.tex": whole % ("One. " + figure("a", "x")), "two.tex": whole % B},
    )
    assert shown(document) == "ab"
    assert [mention.text for mention in document.figures[0].mentions] == ["One. In 1."]


def test_file_names_with_macros() -> None:
    document = paper(
        "\\input{\\folder/part}" + figure("\\jobname-plot") + figure("\\plots one") + figure("\\plots{}one"),
        "\\newcommand*{\\folder}{deep}\\def\\plots{\\folder /plots/}",
        **{"deep/part.tex": A, "main-plot.pdf": b"x", "deep/plots/one.png": b"x", "one.png": b"x"},
    )
    names = [["a.png"], ["main-plot.pdf"], ["deep/plots/one.png"], ["deep/plots/one.png"]]
    assert [pictures(found) for found in document.figures] == names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("my fig", "my fig.pdf"),
        ("fig.1", "fig.1.png"),
        ("{fig.2}.pdf", "fig.2.pdf"),
        ("\\detokenize{a_b}", "a_b.jpg"),
        ("a\\_b", "a_b.jpg"),
        ("x=y.png", "x=y.png"),
        ("A.PNG", "a.png"),
        ("missing/deep", "plots/deep.eps"),
        ("missing/twice", None),
        ("two.eps", "two.png"),
    ],
)
def test_names_of_pictures(name: str, expected: str | None) -> None:
    files = ("my fig.pdf", "fig.1.png", "fig.pdf", "fig.2.pdf", "a_b.jpg", "x=y.png", "plots/deep.eps", "o/twice.png",
             "p/twice.png", "two.png")  # fmt: skip
    found = only(paper(figure(name), **{file: b"x" for file in files}))
    assert pictures(found) == ([expected] if expected else [])


def test_declared_extensions_come_first() -> None:
    files = {"two.png": b"x", "two.pdf": b"x"}
    assert pictures(only(paper(figure("two"), **files))) == ["two.pdf"]
    assert pictures(only(paper(figure("two"), "\\DeclareGraphicsExtensions{.png,.pdf}", **files))) == ["two.png"]


def test_files_that_were_made_of_drawings() -> None:
    layers = "\\begin{picture}(1,1)\\put(0,0){\\includegraphics[page=1]{z.pdf}}\\includegraphics[page=2]{z.pdf}\\end{picture}"
    document = paper(
        "".join(
            f"\\begin{{figure}}{command}\\caption{{S}}\\end{{figure}}"
            for command in (
                "\\includesvg[width=1cm]{d}",
                "\\includestandalone{tz}",
                "\\input{z.pdf_tex}",
                "\\includesvg{no}",
            )
        ),
        **{
            "svg-inkscape/d_svg-tex.pdf": b"%PDF",
            "tz.tex": "x",
            "tz.pdf": b"%PDF",
            "z.pdf_tex": layers,
            "z.pdf": b"%PDF",
        },
    )
    assert [(pictures(found), found.reject_slug) for found in document.figures] == [
        (["svg-inkscape/d_svg-tex.pdf"], None),
        (["tz.pdf"], None),
        (["z.pdf"], None),
        ([], "picture-unsupported"),
    ]


def test_large_drawings_in_files_are_not_walked() -> None:
    data = "\\begin{tikzpicture}" + "\\draw (0,0) -- (1,1);\n" * 20_000 + "\\end{tikzpicture}"
    found = only(paper("\\begin{figure}\\input{plot}\\caption{T}\\end{figure}", **{"plot.tex": data}))
    assert found.reject_slug == "picture-unsupported"


def test_boxes_are_shown_where_they_are_used() -> None:
    body = "\\sbox{\\bx}{\\includegraphics{a}}\\begin{figure}\\usebox{\\bx}\\caption{Boxed}\\end{figure}"
    assert pictures(only(paper(body, "\\newsavebox{\\bx}"))) == ["a.png"]


@pytest.mark.parametrize(
    "row",
    [
        "\\ffigbox{\\caption{One}\\label{o}}{\\includegraphics{a}}\\ffigbox{\\includegraphics{b}}{\\caption{Two}}",
        "\\begin{minipage}{1cm}\\caption{One}\\label{o}\\includegraphics{a}\\end{minipage}"
        "\\begin{minipage}{1cm}\\includegraphics{b}\\caption{Two}\\end{minipage}",
    ],
)
def test_captions_share_a_box_with_their_pictures(row: str) -> None:
    document = paper(f"\\begin{{figure}}\\begin{{floatrow}}{row}\\end{{floatrow}}\\end{{figure}}")
    assert [(found.locator, found.caption, pictures(found)) for found in document.figures] == [
        ("o", "One", ["a.png"]),
        ("fig2", "Two", ["b.png"]),
    ]


def test_captions_beside_and_in_two_columns() -> None:
    document = paper(
        "\\twocolumn[{\\maketitle\\begin{center}\\includegraphics{a}\\captionof{figure}{Teaser.}\\end{center}}]"
        "\\begin{figure}\\floatbox[{\\capbeside}]{figure}[\\FBwidth]{\\caption{Beside.}}{\\includegraphics{b}}\\end{figure}"
        "\\begin{Figure}\\includegraphics{c}\\captionof{figure}{Own.}\\end{Figure}",
        "\\newenvironment{Figure}{\\par\\noindent\\minipage{\\linewidth}}{\\endminipage\\par}",
    )
    assert [(found.caption, pictures(found)) for found in document.figures] == [
        ("Teaser.", ["a.png"]),
        ("Beside.", ["b.png"]),
        ("Own.", ["c.pdf"]),
    ]


def test_a_continued_float_whose_caption_comes_last() -> None:
    document = paper(
        A + "\\begin{figure}\\subfigure[One.]{\\includegraphics{b}}\\end{figure}\\begin{figure}\\ContinuedFloat"
        "\\subfigure[Two.]{\\includegraphics{c}}\\caption{Chain.}\\end{figure}\\begin{figure}\\ContinuedFloat"
        "\\includegraphics{f}\\end{figure}" + A
    )
    assert [(found.label, pictures(found)) for found in document.figures] == [
        ("Figure 1", ["a.png"]),
        ("Figure 2", ["b.png", "c.pdf", "f.eps"]),
        ("Figure 3", ["a.png"]),
    ]
    assert [(panel.label, panel.text) for panel in document.figures[1].panels] == [("a", "One."), ("b", "Two.")]


def test_captions_numbered_by_hand() -> None:
    document = paper(
        "\\begin{figure}\\includegraphics{a}\\caption*{\\textbf{Figure S2:} By hand.}\\end{figure}"
        "\\begin{figure}\\includegraphics{b}\\caption*{No number.}\\end{figure}" + C
    )
    assert [(found.label, found.caption) for found in document.figures] == [
        ("Figure S2", "By hand."),
        ("Figure 1", "C."),
    ]


SUBS = "\\subfigure[%s]{\\includegraphics{a}}\\subfigure[%s]{\\includegraphics{b}}"


@pytest.mark.parametrize(
    ("parts", "caption", "expected"),
    [
        (SUBS % ("", ""), "Both.", [("a", ""), ("b", "")]),
        (SUBS % ("", ""), "Both. (a) Here. (b) There.", [("a", "Here."), ("b", "There.")]),
        (SUBS % ("Train.", "Test."), "Both.", [("a", "Train."), ("b", "Test.")]),
        (SUBS % ("Train", "Test"), "Both. (a) Here. (b) There. (c) Else.",
         [("a", "Train: Here."), ("b", "Test: There."), ("c", "Else.")]),
        (SUBS % ("Train.", "Test."), "Left: Here. Right: There.", [("a", "Train."), ("b", "Test.")]),
        ("\\subfigure{\\includegraphics{a}}\\subfigure{\\includegraphics{b}}", "Both.", []),
        ("\\includegraphics{a}", "One.", []),
    ],
)  # fmt: skip
def test_panels_of_sub_captions_and_of_the_caption(parts: str, caption: str, expected: list[tuple[str, str]]) -> None:
    found = only(paper(f"\\begin{{figure}}{parts}\\caption{{{caption}}}\\end{{figure}}"))
    assert [(panel.label, panel.text) for panel in found.panels] == expected


def test_drawings_in_parts_take_no_letter() -> None:
    part = "\\begin{subfigure}{1cm}\\begin{tikzpicture}\\draw;\\end{tikzpicture}\\caption{%s}\\end{subfigure}"
    found = only(paper(f"\\begin{{figure}}{part % 'One.'}{part % 'Two.'}\\caption{{Both.}}\\end{{figure}}"))
    assert [(panel.label, panel.text) for panel in found.panels] == [("a", "One."), ("b", "Two.")]


@pytest.mark.parametrize(
    "parts",
    [
        "\\begin{subfigure}{0pt}\\phantomsubcaption\\label{p:a}\\end{subfigure}"
        "\\begin{subfigure}{0pt}\\phantomsubcaption\\label{p:b}\\end{subfigure}\\includegraphics{a}",
        "\\includegraphics{a}\\phantomsubcaption\\label{p:a}\\phantomsubcaption\\label{p:b}",
        "\\begin{subcaptiongroup}\\phantomcaption\\label{p:a}\\phantomcaption\\label{p:b}\\end{subcaptiongroup}"
        "\\includegraphics{a}",
    ],
)
def test_labels_of_parts_without_captions(parts: str) -> None:
    document = paper(
        f"\\begin{{figure}}{parts}\\caption{{(a) One. (b) Two.}}\\label{{p}}\\end{{figure}} See \\ref{{p:b}}."
    )
    assert [(mention.text, mention.panels) for mention in only(document).mentions] == [("See 1b.", ("b",))]


@pytest.mark.parametrize(
    ("document_class", "expected"),
    [
        ("article", ["2", "3"]),
        ("revtex4-2", ["2", "3"]),
        ("aa", ["A.1", "B.1"]),
        ("mnras", ["A1", "B1"]),
        ("iopart", ["A1", "B1"]),
        ("elsarticle", ["A.2", "B.3"]),
        ("sn-jnl", ["A1", "B1"]),
        ("Definitions/mdpi", ["A1", "A2"]),
    ],
)
def test_figures_of_appendices(document_class: str, expected: list[str]) -> None:
    text = f"\\documentclass[x]{{{document_class}}}\\begin{{document}}{A}\\appendix\\section{{P}}{B}\\section{{Q}}{C}\\end{{document}}"
    labels = [found.label for found in parse(package({"m.tex": text})).figures]
    assert labels == [f"Figure {number}" for number in ("1", *expected)]


def test_supplementary_numbers_by_a_macro() -> None:
    document = paper(
        A + "\\beginsupplement" + figure("b", "s") + " See \\figurename~\\ref{s}.",
        "\\newcommand{\\beginsupplement}{\\setcounter{figure}{0}\\renewcommand{\\thefigure}{S\\arabic{figure}}}",
    )
    assert [found.label for found in document.figures] == ["Figure 1", "Figure S1"]
    assert document.figures[1].mentions[0].text == "See Figure S1."


@pytest.mark.parametrize(
    ("word", "label"),
    [
        ("Supplemental Figure.", "Supplemental Figure 1"),
        ("\\small{Extended Data Fig.}", "Extended Data Fig 1"),
        ("Fig.", "Figure 1"),
        ("", "Figure 1"),
        ("\\bfseries Abbildung", "Figure 1"),
    ],
)
def test_what_authors_call_figures_tells_those_of_the_supplement_apart(word: str, label: str) -> None:
    document = paper(A + f"\\setcounter{{figure}}{{0}}\\renewcommand{{\\figurename}}{{{word}}}" + figure("b", "s"))
    assert [found.label for found in document.figures] == ["Figure 1", label]


def test_ranges_and_own_reference_macros() -> None:
    document = paper(
        figure("a", "f:a") + figure("b", "f:b") + figure("c", "f:c") + "\n\nFigs.~\\ref{f:a}--\\ref{f:c}.\n\n"
        "\\crefrange{f:a}{f:c}\n\n\\subfigref{f:b}{d}\n\n\\hyperref[f:b]{Fig.~\\ref*{f:b}c}\n\nFig.~\\ref{f:b}\\,(a,c)",
        "\\newcommand{\\subfigref}[2]{Fig.~\\ref{#1}(#2)}",
    )
    assert [len(found.mentions) for found in document.figures] == [2, 5, 2]
    assert [mention.panels for mention in document.figures[1].mentions] == [(), (), ("d",), ("c",), ("a", "c")]


def test_typed_numbers_of_figures_that_are_pointed_at_elsewhere_are_other_works() -> None:
    document = paper(
        figure("a", "f:a")
        + figure("b", "f:b")
        + figure("c")
        + "\n\nIn Fig.~\\ref{f:a}.\n\nAs in Figure 1 of \\cite{x}, and Fig. 2."
        "\n\nIn Fig. 3.\n\nIn Figs.~\\ref{f:a} to 3."
    )
    assert [[m.text for m in found.mentions] for found in document.figures] == [
        ["In Fig. 1.", "In Figs. 1 to 3."],
        ["As in Figure 1 of [citation], and Fig. 2.", "In Figs. 1 to 3."],
        ["In Fig. 3.", "In Figs. 1 to 3."],
    ]


def test_references_that_the_authors_define_anew() -> None:
    document = paper(
        figure("a", "fig:a") + " See \\autoref{a}, \\ref{fig:a}.",
        "\\renewcommand{\\autoref}[1]{Fig.~\\ref{fig:#1}}\\renewcommand{\\ref}[1]{nothing}",
    )
    assert [mention.text for mention in only(document).mentions] == ["See Fig. 1, 1."]


def test_labels_of_theorems_are_no_sections_and_algorithms_have_numbers() -> None:
    document = paper(
        "\\section{S}\\label{s}\\begin{theorem}\\label{t}T.\\end{theorem}\\begin{algorithm}\\caption{A}\\label{l}\\end{algorithm}"
        + figure("a", "f", "By \\ref{t} of \\cref{s}, \\autoref{l}.")
    )
    assert only(document).caption == "By ?? of Section 1, Algorithm 1."


def test_equations_have_numbers() -> None:
    body = (
        "\\section{S}\\begin{equation}a\\label{e:a}\\end{equation}\\begin{equation*}b\\end{equation*}\n"
        "\\begin{align}a &= \\begin{cases}1\\\\2\\end{cases}\\\\ b\\nonumber\\\\[2pt] c\\label{e:c}\\end{align}\n"
        "\\begin{subequations}\\label{e:s}\\begin{align}x\\\\y\\label{e:y}\\end{align}\\end{subequations}\n"
        "\\be z\\label{e:z}\\ee\\begin{gather}t\\tag{$\\ast$}\\label{e:t}\\\\\\end{gather}"
    )
    refs = "\\ref{e:a}, \\eqref{e:c}, \\ref{e:s}, \\eqref{e:y}, \\cref{e:z}, \\eqref{e:t}, \\eqref{no}"
    macros = "\\def\\be{\\begin{equation}}\\def\\ee{\\end{equation}}"
    assert only(paper(body + figure("a", "", refs), macros)).caption == "1, (3), 4, (4b), Equation 5, (∗), (??)"
    within = macros + "\\numberwithin{equation}{section}"
    assert only(paper(body + figure("a", "", refs), within)).caption.startswith("1.1, (1.3), 1.4, (1.4b), Equation 1.5")


def test_german_papers() -> None:
    caption = 'Gr"o"se der Stra"se, "`Zitat"\' und \\glqq so\\grqq'
    assert only(paper(figure("a", "", caption), "\\usepackage[english,ngerman]{babel}")).caption == (
        "Größe der Straße, „Zitat“ und „so“"
    )
    assert "ö" not in only(paper(figure("a", "", caption), "\\usepackage[ngerman,english]{babel}")).caption


@pytest.mark.parametrize(
    ("encoding", "declared"), [("utf-16", ""), ("iso8859-2", "latin2"), ("koi8-r", "koi8-r"), ("mac-roman", "applemac")]
)
def test_encodings(encoding: str, declared: str) -> None:
    word = {"koi8-r": "Рис", "iso8859-2": "Łódź"}.get(encoding, "Größe")
    head = f"\\documentclass{{a}}\\usepackage[{declared}]{{inputenc}}" if declared else "\\documentclass{a}"
    data = f"{head}\\begin{{document}}{figure('a', '', word)}\\end{{document}}".encode(encoding)
    for packed in (package({"m.tex": data}), open_package(data)):
        assert [found.caption for found in parse(packed).figures] == [word]


def test_top_file_is_outermost_complete_and_not_read_by_another() -> None:
    head, body = "\\documentclass{a}\\title{T}", "\\begin{document}" + A + "\\end{document}"
    one = {"old/ms.tex": head + body + B, "ms.tex": head + body, "slides.tex": "\\documentclass{beamer}" + body * 3}
    assert top_file(package(one)) == "ms.tex"
    assert top_file(package({"head.tex": head, "go.tex": "\\input{head}" + body})) == "go.tex"
    assert (
        top_file(package({"a.tex": "\\documentclass{a}\\input{z}", "z.tex": body, "b.tex": "\\documentclass{a}"}))
        == "a.tex"
    )
    assert (
        top_file(package({"a.tex": head + body, "b.tex": head + "\\begin{document}\\input{a}\\end{document}"}))
        == "b.tex"
    )
    frame = {
        "all.tex": "\\input{head}\\input{text}",
        "head.tex": head,
        "text.tex": body,
        "supp.tex": "\\input{head}" + body,
    }
    assert top_file(package(frame)) == "all.tex"
    assert top_file(package({"a.tex": head + body, "b.tex": head + body, "00README.XXX": "a.tex ignore"})) == "b.tex"
    assert top_file(package({"._m.tex": head + body, "m.tex": head + body})) == "m.tex"


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        ("$\\alpha$-helix, $x \\in \\mathbb{R}^{n\\times m}$", "α-helix, x ∈ ℝ^(n×m)"),
        ("$\\frac{a+b}{2}$ and $\\sqrt{x}$, $\\hat{k}_{est}$", "(a+b)/2 and √x, k̂_est"),
        ("H$_2$O at $45^\\circ$C, 5\\,\\%", "H_2O at 45°C, 5 %"),
        ("\\SI{2e-3}{\\micro\\meter\\per\\second\\squared}", "2×10^-3 µm/s^2"),
        ("\\SIrange{1}{2}{\\kilo\\gram}, \\num{1e5}, \\ang{30}, \\si{\\cubic\\metre}", "1–2 kg, 1×10^5, 30°, m^3"),
        ("{\\it Left} \\textbf{(a)}~\\textcolor{red}{red} \\color{blue}x", "Left (a) red x"),
        ("``quoted'' --- and -- so", "“quoted” — and – so"),
        ('Erd\\H{o}s, na\\"{\\i}ve, Stra{\\ss}e, \\AA ngstr\\"om', "Erdős, naïve, Straße, Ångström"),
        ("see \\cite{a,b} \\citep[p.~3]{c}\\footnote{gone}\\label{x}", "see [citation] [citation]"),
        ("\\href{http://a.b}{link} \\url{http://c.d/e_f}", "link http://c.d/e_f"),
        ("one\\\\[2pt]two\\vspace{1cm}\\hskip 1cm plus 2pt three", "one two three"),
        ("$\\log n$, $O(n\\log n)$, $\\operatorname{argmax} x$", "log n, O(n log n), argmax x"),
        ("\\unknown{kept} \\other[gone]{kept}", "kept kept"),
        ("$\\text{for } x$ and $$y_2$$", "for x and y_2"),
        ("5\\textsuperscript{th}, \\textsuperscript{13}C, m\\textsuperscript{2}", "5th, ^13C, m^2"),
        ("$a^\\mathrm{eff}$ $\\frac12$ $\\binom{n}{k}$ $\\not=$", "a^eff 1/2 (n choose k) ≠"),
        ("\\begin{tabular}{ll} a & b \\\\ c \\end{tabular}", "a b c"),
        ("\\texorpdfstring{$\\ell_2$}{l2}-norm", "ℓ_2-norm"),
        ("a } b { c $x", "a b c x"),
        ("$\\lVert x\\rVert$ and $\\left|y\\right|$", "‖x‖ and |y|"),
        ("\\ce{H2SO4} and \\ce{2 Fe^{3+} -> Fe2O3}", "H_2SO_4 and 2 Fe^(3+) → Fe_2O_3"),
        ("\\og oui\\fg{}", "«oui»"),
        ("as in \\S\\,4 of \\citetalias{k}, \\checkmark", "as in § 4 of [citation], ✓"),
        ("", ""),
    ],
)
def test_text(latex: str, expected: str) -> None:
    assert plain(latex) == expected


def test_macros_in_text() -> None:
    macros = Macros({"gorc": Macro("\\textsc{Gorc}\\xspace"), "two": Macro("#1 of #2", 2), "loop": Macro("\\loop x")})
    assert plain("\\gorc's, \\gorc is \\two{one}{\\gorc}.", macros) == "Gorc's, Gorc is one of Gorc."
    assert set(plain("\\loop", macros)) <= {"x", " "}


def test_arguments_do_not_grow_onto_commands() -> None:
    document = paper(
        figure("a", "", "$\\norm{x}$, $\\abs*{y}$, $\\abs[\\big]{z}$, \\ac{mri}s and \\glspl{cnn}, \\gls{no}"),
        "\\newcommand{\\norm}[1]{\\lVert#1\\rVert}\\DeclarePairedDelimiter{\\abs}{\\lvert}{\\rvert}"
        "\\DeclareAcronym{mri}{short=MRI,long=magnetic}\\newacronym{cnn}{CNN}{convolutional network}",
    )
    assert only(document).caption == "‖x‖, |y|, |z|, MRIs and CNNs, no"


def test_macros_that_blow_up_are_stopped() -> None:
    names = "abcdefghij"
    bombs = "".join("\\def\\" + x + "{" + ("\\" + y) * 10 + "}" for x, y in pairwise(names))
    with pytest.raises(HostileInput) as caught:
        paper("\\begin{figure}\\caption{\\a}\\end{figure}", bombs + "\\def\\j{\\label{x}" + "y" * 1000 + "}")
    assert caught.value.slug == "too-large"
    doubling = "\\begin{figure}\\caption{" + "\\d{" * 12 + "x" + "}" * 12 + "}\\end{figure}"
    document = paper(doubling, "\\def\\d#1{#1#1#1#1#1#1#1#1#1#1}")
    assert len(only(document).caption) < 200_000
    with pytest.raises(HostileInput):
        paper("\\begin{figure}\\caption{\\d{" + "x" * 40_000 + "}}\\end{figure}", "\\def\\d#1{" + "#1" * 300 + "}")


def test_too_much_of_everything() -> None:
    for body in (
        "\\begin{figure}\\caption{" + "word " * 20_000 + "}\\end{figure}",
        "\\begin{figure}\\caption{x}\\end{figure}" * 2100,
        "\\label{x}" * 21_000,
    ):
        with pytest.raises(HostileInput) as caught:
            paper(body)
        assert caught.value.slug == "too-large"
    assert MAX_REFERENCES < 65_000


@pytest.mark.parametrize(
    ("cite", "printed"),
    [
        ("\\citep[Figure~\\ref{fig:a} and][]{key}", "Figure 1 and [citation]"),
        ("\\cite[Fig.~\\ref{fig:a}]{key}", "[citation], Fig. 1"),
        ("\\citep[see][Fig.~2]{key}", "[citation]"),
    ],
)
def test_notes_of_citations_that_point_at_figures(cite: str, printed: str) -> None:
    text = f"\\documentclass{{article}}\\begin{{document}}{SIMPLE}\n\nLow {cite}."
    reading = read(package({"a.tex": text, "a.png": "x"}))
    assert [paragraph.text for paragraph in reading.paragraphs] == [f"Low {printed}."]
    assert len(only(parse(package({"a.tex": text, "a.png": "x"}))).mentions) == printed.count("1")


def test_a_style_file_is_read_once_even_if_it_names_itself() -> None:
    style = "\\message{Load me with \\usepackage{nat}}\n\\RequirePackage{nat}\n\\newcommand{\\barley}{Hordeum}"
    document = paper(SIMPLE.replace("A caption", "Of \\barley"), "\\usepackage{nat}", **{"nat.sty": style})
    assert only(document).caption == "Of Hordeum."


@pytest.mark.parametrize(
    ("form", "label", "printed"),
    [
        ("Fig~\\arabic{figure}", "Figure 1", "Fig 1"),
        ("Figure~S\\arabic{figure}", "Figure S1", "Figure S1"),
        ("Appendix Figure~A\\arabic{figure}", "Appendix Figure A1", "Appendix Figure A1"),
    ],
)
def test_a_word_in_thefigure_is_no_part_of_the_number(form: str, label: str, printed: str) -> None:
    document = paper(SIMPLE + "\n\nLook at \\ref{fig:a} now.", f"\\renewcommand{{\\thefigure}}{{{form}}}")
    figure = only(document)
    assert figure.label == label
    assert [mention.text for mention in figure.mentions] == [f"Look at {printed} now."]


@pytest.mark.parametrize(
    "preamble",
    [
        "\\newcommand{\\say}[2]{\\expandafter\\newcommand\\csname text@#1\\endcsname{#2}}"
        "\\newcommand{\\said}[1]{\\csname text@#1\\endcsname}",
        "\\newcommand{\\say}[2]{\\expandafter\\gdef\\csname text-#1\\endcsname{#2}}"
        "\\newcommand{\\said}[1]{\\csname text-#1\\endcsname}",
        "\\def\\say#1#2{\\@namedef{text:#1}{#2}}\\def\\said#1{\\@nameuse{text:#1}}",
        "\\newcommand{\\say}[2]{\\csdef{#1}{#2}}\\newcommand{\\said}[1]{\\csuse{#1}}",
    ],
)
def test_captions_kept_under_names(preamble: str) -> None:
    body = "\\say{fig-1}{Barley in May.}\\begin{figure}\\includegraphics{a}\\caption{\\said{fig-1}}\\end{figure}"
    assert only(paper(body, preamble)).caption == "Barley in May."


def test_names_that_nobody_defined_print_nothing() -> None:
    document = paper(SIMPLE.replace("A caption", "A\\csname unknown:x\\endcsname{} \\csname textbf\\endcsname{word}"))
    assert only(document).caption == "A word."


def test_a_name_that_calls_itself_ends() -> None:
    loop = "\\expandafter\\def\\csname a-b\\endcsname{x\\csname a-b\\endcsname}"
    assert only(paper(SIMPLE.replace("A caption", "\\csname a-b\\endcsname"), loop)).caption.startswith("x")


def test_a_caption_that_goes_on_counts_no_new_figure() -> None:
    more = "\\begin{figure}\\includegraphics{b}\\contcaption{More of it.}\\label{fig:more}\\end{figure}"
    figure = only(paper(SIMPLE + more + "\n\nSee Fig.~\\ref{fig:more}."))
    assert (figure.caption, pictures(figure)) == ("A caption.", ["a.png", "b.png"])
    assert [mention.text for mention in figure.mentions] == ["See Fig. 1."]


@pytest.mark.parametrize(
    "figures",
    [
        "\\begin{figure}\\includegraphics{a}\\end{figure}\n\\textbf{Figure 1.} Barley in May.\n\n\\newpage\n\n"
        "\\begin{figure}\\includegraphics{b}\\end{figure}\n\\textbf{Figure 2.} Oats in June.\n\n",
        "\\begin{figure}\\includegraphics{a}\n\nFig. 1: Barley in May.\\end{figure}"
        "\\begin{figure}\\includegraphics{b}\\\\{\\small Fig. 2: Oats in June.}\\end{figure}",
        "\\begin{center}\\includegraphics{a}\\end{center}\nFigure 1: Barley in May.\n\nWords on something else here.\n\n"
        "\\includegraphics[width=3cm]{b}\n\nFigure 2: Oats in June.\n\n",
        "\\noindent{\\bf Fig. 1} Barley in May.\n\n\\includegraphics{a}\n\nWords on something else here.\n\n"
        "\\noindent{\\bf Fig. 2} Oats in June.\n\n\\includegraphics{b}\n\n",
        "\\section*{Figure legends}\n\\subsection*{Figure 1}\nBarley in May.\n\\subsection*{Figure 2}\nOats in June.\n"
        "\\clearpage\\begin{figure}\\includegraphics{a}\\end{figure}\\begin{figure}\\includegraphics{b}\\end{figure}",
    ],
)
def test_captions_typed_by_hand(figures: str) -> None:
    document = paper("As Figure 1 shows, and Fig. 2 too, both of them grow.\n\n" + figures)
    assert [(figure.label, figure.caption, pictures(figure)) for figure in document.figures] == [
        ("Figure 1", "Barley in May.", ["a.png"]),
        ("Figure 2", "Oats in June.", ["b.png"]),
    ]
    assert [len(figure.mentions) for figure in document.figures] == [1, 1]
    assert document.missing == ()


def test_sentences_about_figures_are_no_captions_by_hand() -> None:
    body = "\\includegraphics{a}\n\nFigure 1 shows that barley grows.\n\nFig. 2. This number is no more than named.\n\n"
    assert paper(body + "Words of another kind stand here.\n\n\\includegraphics{b}").figures == ()
    assert [figure.caption for figure in paper(body + SIMPLE).figures] == ["A caption."]


def test_legends_without_pictures_are_figures_without_pictures() -> None:
    body = "\\section*{Figure captions}\n\n\\noindent Fig. 1. Barley.\n\n\\noindent Fig. 2. Oats.\n\n"
    document = paper("Text of Fig. 1.\n\n" + body)
    assert [(f.label, f.caption, f.reject_slug) for f in document.figures] == [
        ("Figure 1", "Barley.", "no-picture"),
        ("Figure 2", "Oats.", "no-picture"),
    ]


PLAIN = "\\magnification=\\magstep1\n\\input epsf\n\\centerline{\\bf On barley}\n\nAs Fig. 1 shows, it grows.\n\n"


def test_plain_tex() -> None:
    insert = "\\midinsert\n\\centerline{\\epsfxsize=3in\\epsfbox{one.eps}}\n\\medskip\n{\\noindent{\\bf Fig. 1.} Barley.\\par}"
    macros = "\\def\\hsize{3in}\n"
    files = {"macros.tex": macros, "barley.tex": PLAIN + insert + "\\endinsert\n\\bye\n", "one.eps": "%!PS"}
    figure = only(parse(package(files)))
    assert (figure.label, figure.caption, pictures(figure)) == ("Figure 1", "Barley.", ["one.eps"])
    assert len(figure.mentions) == 1
    assert parse(package({"barley.tex": PLAIN + "\\end\n"})).missing == ("1",)


def test_figures_of_harvmac_and_iop() -> None:
    text = (
        "\\input harvmac\nAs \\fig\\fone{The first.} shows.\n\n\\ifig\\ftwo{The second.}{\\epsfbox{two.eps}}\n\n"
        "See \\fone\\ and \\ftwo.\n\\listfigs\\bye"
    )
    first, second = parse(package({"a.tex": text, "two.eps": "%!PS"})).figures
    assert (first.caption, first.reject_slug, len(first.mentions)) == ("The first.", "no-picture", 2)
    assert (second.caption, pictures(second), len(second.mentions)) == ("The second.", ["two.eps"], 1)
    assert [figure.caption for figure in paper("\\Figures\\Figure{One.}\\Figure{Two.}").figures] == ["One.", "Two."]
    assert paper("\\Figure{One.}", "\\newcommand{\\Figure}[1]{(#1)}").figures == ()


def test_pictures_sent_apart_from_the_text_bear_the_number_of_their_figure() -> None:
    figures = "\\begin{figure}\\caption{One.}\\end{figure}\\begin{figure}\\caption{Two.}\\end{figure}"
    text = f"\\documentstyle[aps]{{revtex}}\\begin{{document}}Words.{figures}\\end{{document}}"
    files = {name: "%!PS" for name in ("fig1.eps", "Barley_Fig02a.ps", "Barley_Fig02b.ps", "leaf3.eps")}
    first, second = parse(package({"a.tex": text, **files})).figures
    assert (pictures(first), pictures(second)) == (["fig1.eps"], ["Barley_Fig02a.ps", "Barley_Fig02b.ps"])
    shown = paper(figures + SIMPLE, **files).figures
    assert [pictures(figure) for figure in shown] == [[], [], ["a.png"]]


def test_a_title_of_any_name_makes_a_top_file() -> None:
    old = "\\documentclass{article}\\title{Old}\\begin{document}\\begin{abstract}x\\end{abstract}\\end{document}"
    new = (
        f"\\documentclass{{article}}\\begin{{document}}\\icmltitle{{New}}\\begin{{abstract}}x\\end{{abstract}}{SIMPLE}"
    )
    assert top_file(package({"a.tex": old, "b.tex": new + "\\end{document}"})) == "b.tex"


def test_a_heading_that_never_ends_is_converted_once() -> None:
    body = "\\section{" + "\n\n".join(f"See Fig. 1, {n}." for n in range(3000)) + "}\n\n" + SIMPLE
    start = time.process_time()
    assert len(only(paper(body)).mentions) > 0
    assert time.process_time() - start < 20


NESTS = [
    "{",
    "}",
    "\\frac",
    "\\left(",
    "$x_{",
    "\\foo[",
    "\\begin{figure}",
    "\\subfloat[",
    "\\caption{",
    "\\sqrt[",
    '\\"',
    "$$",
]


@pytest.mark.parametrize("piece", NESTS)
def test_deep_nests_end_quickly(piece: str) -> None:
    paper(piece * 1500)
    convert(piece * 1500)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="\\{}[]$%&_^~ \n#ab01", max_size=200))
def test_conversion_never_fails_and_leaves_no_commands(latex: str) -> None:
    text = plain(latex)
    assert "\n" not in text
    assert text == text.strip()
    assert not Source(latex).partner or latex.count("{") >= len(Source(latex).partner)


PIECES = st.sampled_from(
    [*NESTS, SIMPLE, "\\end{figure}", "\\ref{fig:a}", "\\newcommand{\\x}[1]{#1}", "\\x{y}", "\\iffalse", "\\fi", "\\else",
     "\\input{main}", "\\def\\y#1.{#1}", "\\y z.", "\\section{S}", "\\includegraphics{a}", "\\label{q}", "\n\n", "word ",
     "\\ContinuedFloat", "\\end{document}", "\\subcaption{c}", "\\captionof{figure}{c}", "\\footnote{f}", "%", "\\verb|a|"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=25))
def test_any_order_of_constructs_parses(pieces: list[str]) -> None:
    document = paper("".join(pieces))
    assert len({figure.locator for figure in document.figures}) == len(document.figures)
    assert [figure.ordinal for figure in document.figures] == list(range(1, len(document.figures) + 1))
    for figure in document.figures:
        assert bool(figure.pictures) == (figure.reject_slug in (None, "no-caption"))


def test_a_mention_names_numbered_panels_as_the_caption_does() -> None:
    document = paper(
        r"\begin{figure}\includegraphics{a}\caption{(a) Rods. (b1) Disks. (b2) Cubes. (c) Balls.}\label{f}"
        r"\end{figure} The disks of Fig.~\ref{f}b1, b2 roll."
    )
    assert [mention.panels for mention in document.figures[0].mentions] == [("b1", "b2")]
