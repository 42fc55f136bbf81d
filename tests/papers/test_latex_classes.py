"""What classes of documents do in their own way: whole figures as one command, numbers of appendices, titles, bytes."""

from __future__ import annotations

import io
import tarfile
import time

import pytest

from omnisci_etl.papers.archive import Package, open_package
from omnisci_etl.papers.latex import parse
from omnisci_etl.papers.latex.counters import Counters
from omnisci_etl.papers.latex.source import declared_encoding, top_file
from omnisci_etl.papers.model import Document

PICTURES = ("a.png", "b.png")


def package(**files: str | bytes) -> Package:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, content in {**files, **dict.fromkeys(PICTURES, "p")}.items():
            data = content if isinstance(content, bytes) else content.encode()
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return open_package(out.getvalue())


def paper(body: str, document_class: str = "article", preamble: str = "") -> Document:
    text = f"\\documentclass{{{document_class}}}{preamble}\\begin{{document}}{body}\\end{{document}}"
    return parse(package(**{"main.tex": text}))


def figure(label: str, picture: str = "a", caption: str = "Caption") -> str:
    return f"\\begin{{figure}}\\includegraphics{{{picture}}}\\caption{{{caption}}}\\label{{{label}}}\\end{{figure}}\n"


def labels(document: Document) -> list[str]:
    return [found.label.removeprefix("Figure ") for found in document.figures]


@pytest.mark.parametrize(
    "options", ["[t!](topskip=0pt, botskip=0pt)[width=\\linewidth]", "[t!](topskip=0pt)", "(topskip=0pt)", "[htbp]"]
)
def test_a_figure_of_ieee_access_is_one_command(options: str) -> None:
    body = f"\\Figure{options}{{a}}{{\\textbf{{Title.}} Rest.\\label{{x}}}}\n\nFigure~\\ref{{x}} shows. " + figure("y")
    document = paper(body, "ieeeaccess")
    assert labels(document) == ["1", "2"]
    first = document.figures[0]
    assert (first.caption, [picture.name for picture in first.pictures]) == ("Title. Rest.", ["a.png"])
    assert [mention.text for mention in first.mentions] == ["Figure 1 shows."]


def test_an_own_macro_of_that_name_is_a_reference() -> None:
    document = paper("See \\Figure{x}. " + figure("x"), "article", "\\newcommand{\\Figure}[1]{Figure~\\ref{#1}}")
    assert labels(document) == ["1"]
    assert document.figures[0].mentions[0].text == "See Figure 1."


@pytest.mark.parametrize("tail", ["", "(", "(topskip", "[t!](topskip=0pt)", "[t!](topskip=0pt){a}", "[t!](x){a}{open"])
def test_a_torn_command_of_ieee_access_is_no_figure(tail: str) -> None:
    assert labels(paper(figure("x") + "\\Figure" + tail, "ieeeaccess"))[:1] == ["1"]


def test_captions_of_ametsoc_that_state_their_number() -> None:
    appended = "\\begin{figure}\\includegraphics{b}\\appendcaption{A1}{In the appendix.}\\label{y}\\end{figure}"
    document = paper(figure("x") + "Figs. \\ref{x} and \\ref{y}." + appended + figure("z"), "ametsoc")
    assert labels(document) == ["1", "A1", "2"]
    assert document.figures[1].caption == "In the appendix."
    assert document.figures[1].mentions[0].text == "Figs. 1 and A1."


def test_tables_of_ametsoc_that_state_their_number() -> None:
    table = "\\begin{table}\\appendcaption{A1}{A table.}\\label{t}\\end{table}"
    assert paper(table + figure("x", caption="See Table \\ref{t}."), "ametsoc").figures[0].caption == "See Table A1."


APPENDED = figure("a") + "\\appendix\\section{One}" + figure("b") + "\\section{Two}" + figure("c") + figure("d")


@pytest.mark.parametrize(
    ("document_class", "expected"),
    [
        ("article", ["1", "2", "3", "4"]),
        ("mn2e", ["1", "A1", "B1", "B2"]),
        ("mn2e2", ["1", "A1", "B1", "B2"]),
        ("agujournal", ["1", "A.1", "B.1", "B.2"]),
        ("copernicus", ["1", "A1", "B1", "B2"]),
        ("gji", ["1", "A1", "A2", "A3"]),
        ("NAR", ["1", "A1", "B2", "B3"]),
        ("tlp", ["1", "A 1", "B 1", "B 2"]),
    ],
)
def test_numbers_of_figures_in_appendices(document_class: str, expected: list[str]) -> None:
    assert labels(paper(APPENDED, document_class)) == expected


def test_appendix_numbers_of_aastex_begin_anew_where_authors_say() -> None:
    assert labels(paper(APPENDED, "aastex63")) == ["1", "2", "3", "4"]
    before = APPENDED.replace("\\appendix", "\\restartappendixnumbering\\appendix")
    assert labels(paper(before, "aastex63")) == ["1", "A1", "B1", "B2"]
    behind = APPENDED.replace("\\appendix", "\\appendix\\restartappendixnumbering")
    assert labels(paper(behind, "aastex63")) == ["1", "A1", "B2", "B3"]


@pytest.mark.parametrize("references", ["\\bibliography{x}", "\\begin{thebibliography}{9}\\end{thebibliography}"])
def test_references_end_the_appendix_of_copernicus(references: str) -> None:
    body = "\\section{One}\\appendix\\section{More}" + references + figure("a") + figure("b")
    assert labels(paper(body, "copernicus")) == ["1", "2"]
    assert labels(paper("\\section{One}\\appendix\\section{More}" + references + figure("a"), "mn2e")) == ["A1"]


def test_appendix_figures_of_copernicus_behind_the_references() -> None:
    body = (
        figure("a") + "\\appendix\\section{More}\\noappendix" + figure("b")
        + "\\appendixfigures" + figure("c") + figure("d") + "\\appendixfigures" + figure("e")
    )  # fmt: skip
    assert labels(paper(body, "copernicus")) == ["1", "1", "A1", "A2", "B1"]


def test_counters_know_no_class_by_a_beginning_of_its_name() -> None:
    assert Counters("mn2ex").document_class == "mn2ex"
    assert labels(paper(APPENDED, "mn2ex")) == ["1", "2", "3", "4"]


def test_a_picture_and_a_caption_in_two_floats() -> None:
    alone = "\\begin{figure*}\\includegraphics{a}\\end{figure*}\n\\begin{figure}\\caption{Its caption}\\end{figure}\n"
    document = paper(figure("x", "b") + alone + figure("y", "b"))
    assert [[picture.name for picture in found.pictures] for found in document.figures] == [
        ["b.png"],
        ["a.png"],
        ["b.png"],
    ]


@pytest.mark.parametrize(
    "between", ["Text.", "\\begin{figure}\\includegraphics{b}\\caption{Other}\\end{figure}", "\\includegraphics{b}"]
)
def test_a_picture_that_is_not_right_before_a_caption_stays_alone(between: str) -> None:
    body = "\\begin{figure}\\includegraphics{a}\\end{figure}" + between + "\\begin{figure}\\caption{Bare}\\end{figure}"
    assert all(picture.name != "a.png" for found in paper(body).figures for picture in found.pictures)


def test_of_two_labels_the_last_counts() -> None:
    document = paper("Figure \\ref{x} shows.\n\n" + figure("x") + figure("x", "b", "Second"))
    assert [len(found.mentions) for found in document.figures] == [0, 1]
    assert document.figures[1].mentions[0].text == "Figure 2 shows."


def test_labels_of_lines_of_an_algorithm_are_no_labels_of_its_figure() -> None:
    code = "\\begin{algorithmic}[1]\\State\\label{line} Do.\\end{algorithmic}"
    float_ = f"\\begin{{figure}}{code}\\includegraphics{{a}}\\caption{{Code}}\\label{{fig}}\\end{{figure}}"
    document = paper("Line \\ref{line} does.\n\nFigure \\ref{fig} lists." + float_)
    assert document.figures[0].locator == "fig"
    assert [mention.text for mention in document.figures[0].mentions] == ["Figure 1 lists."]


def test_the_title_of_plos() -> None:
    assert paper("{\\Large\\textbf\\newline{A title of PLOS}}" + figure("x")).title == "A title of PLOS"


def test_a_comparison_of_versions_is_not_the_paper() -> None:
    old = "\\documentclass{article}\\title{T}\\begin{document}\\begin{abstract}A\\end{abstract}" + figure("a")
    marked = old + figure("b") + "\\DIFaddbegin \\DIFadd{more} \\DIFaddend\\end{document}"
    assert top_file(package(**{"z.tex": old + "\\end{document}", "changes.tex": marked})) == "z.tex"


@pytest.mark.parametrize("encoding", ["koi8-r", "cp1251", "utf-8"])
def test_cyrillic_text_whose_encoding_is_not_stated(encoding: str) -> None:
    caption = "Кривая блеска источника в мягком рентгеновском диапазоне"
    text = "\\documentclass{article}\\begin{document}" + figure("x", caption=caption) + f"{caption}. " * 20
    assert parse(package(**{"main.tex": (text + "\\end{document}").encode(encoding)})).figures[0].caption == caption


@pytest.mark.parametrize("text", ["Ein Maß für Größe. ", "日本語の図と説明。", "中文的图与说明。"])
def test_other_bytes_are_not_taken_for_cyrillic(text: str) -> None:
    encoding = {"E": "latin-1", "日": "euc-jp", "中": "gbk"}[text[0]]
    assert declared_encoding((text * 200).encode(encoding)) == "cp1252"


@pytest.mark.parametrize("name", ["main_old", "org", "paper.backup", "ms_trackchanges", "changes", "x-marked"])
def test_an_earlier_version_is_not_the_paper(name: str) -> None:
    text = "\\documentclass{article}\\title{T}\\begin{document}\\begin{abstract}A\\end{abstract}" + figure("a")
    files = {f"{name}.tex": text + figure("b") + "\\end{document}", "threshold.tex": text + "\\end{document}"}
    assert top_file(package(**files)) == "threshold.tex"


def test_a_figure_that_authors_count_themselves_is_continued_from_its_first_float() -> None:
    parts = "".join(
        f"\\begin{{figure}}\\ContinuedFloat\\includegraphics{{{name}}}\\caption{{Part {name}}}\\end{{figure}}"
        for name in "ab"
    )
    document = paper(figure("x") + "\\addtocounter{figure}{1}" + parts + figure("y"))
    assert labels(document) == ["1", "2", "3"]
    assert [[picture.name for picture in found.pictures] for found in document.figures] == [
        ["a.png"], ["a.png", "b.png"], ["a.png"],
    ]  # fmt: skip


def test_legends_and_pictures_under_headings_of_their_own() -> None:
    legends = "".join(f"\\subsection*{{Figure {n}}}\n\n\\textbf{{Title {n}}}. More.\n\n" for n in (1, 2))
    pictures = "".join(
        f"\\subsection*{{Figure {n}}}\n\n\\begin{{figure}}\\includegraphics{{{name}}}\\end{{figure}}\n"
        for n, name in ((1, "a"), (2, "b"), (3, "a"))
    )
    document = paper("Figure 1 shows.\n\n\\section*{Figure legends}" + legends + pictures)
    assert [found.caption for found in document.figures] == ["Title 1. More.", "Title 2. More."]
    assert [[picture.name for picture in found.pictures] for found in document.figures] == [["a.png"], ["b.png"]]


@pytest.mark.parametrize(("end", "found"), [("\n\nMore.", ["1"]), (" \n \n", ["1"]), ("}", [])])
def test_the_end_of_a_paragraph_is_the_argument_that_lacks(end: str, found: list[str]) -> None:
    macro = f"\\newcommand{{\\show}}[3]{{{figure('x', '#1', '#2')}}}"
    assert labels(paper("\\show{a}{Caption}" + end, preamble=macro)) == found


@pytest.mark.parametrize(
    "body",
    [
        "\\section*{Figure 1}\n\nText. " * 4000 + "\\begin{figure}\\includegraphics{a}\\end{figure}",
        ("\\begin{figure}\\includegraphics{a}\\caption{C}" + "\\label{x}" * 9 + "\\end{figure}\n") * 1500,
        "\\Figure[t!](" * 20_000,
        "\\appendixfigures\\restartappendixnumbering\\noappendix" * 5000 + "\\bibliography{x}" * 5000,
    ],
)
def test_many_of_them_take_no_time(body: str) -> None:
    begun = time.process_time()
    paper(body, "copernicus")
    assert time.process_time() - begun < 5
