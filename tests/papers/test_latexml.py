from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.errors import BadInput
from omnisci_etl.papers import latexml
from omnisci_etl.papers.model import Document, Figure

MATH = """<math alttext="K_{\\phi}" class="ltx_Math"><semantics><msub><mi>K</mi>
 <mi>ϕ</mi></msub><annotation-xml><ci>K</ci></annotation-xml>
 <annotation encoding="application/x-tex">K_{\\phi}</annotation></semantics></math>"""
MATHJAX = '<span class="ltx_Math"><span class="mjx-mi">K</span><span class="mjx-sub"> <span>ϕ</span></span></span>'


def tag(kind: str, text: str) -> str:
    return f'<span class="ltx_tag ltx_tag_{kind}">{text}</span>'


def image(name: str) -> str:
    return f'<img src="{name}" class="ltx_graphics" alt="Refer to caption">'


def caption(label: str, text: str) -> str:
    return f'<figcaption class="ltx_caption">{tag("figure", label)}{text}</figcaption>'


def panel(name: str, label: str = "", text: str = "", *, ident: str = "") -> str:
    own = caption(label, text) if label else ""
    return f'<figure class="ltx_figure ltx_figure_panel" id="{ident or name}">{image(name)}{own}</figure>'


def figure_html(content: str, label: str = "Figure 1: ", text: str = "Films.", ident: str = "S1.F1") -> str:
    return f'<figure class="ltx_figure" id="{ident}">{content}{caption(label, text) if label else ""}</figure>'


def page(body: str, extra: str = "") -> bytes:
    return (
        f'<!DOCTYPE html><html><body>{extra}<nav class="ltx_TOC"><p><a href="#S1.F1">Fig. 1</a></p></nav>'
        '<div class="ltx_page_main"><article class="ltx_document">'
        f'<h1 class="ltx_title ltx_title_document">Growth of {MATH} films</h1>'
        '<div class="ltx_authors"><span class="ltx_creator ltx_role_author"><span class="ltx_personname">'
        "Jane Doe<sup>1</sup> and Ann Poe<br>An Institute</span></span></div>"
        '<div class="ltx_abstract"><h6>Abstract</h6><p class="ltx_p">See Fig. 1.</p></div>'
        f'<section class="ltx_section"><h2 class="ltx_title">{tag("section", "1 ")}Results</h2>{body}</section>'
        '<section class="ltx_bibliography"><h2>References</h2><ul><li><p class="ltx_p">Fig. 1</p></li></ul></section>'
        "</article></div></body></html>"
    ).encode()


def parse(body: str, extra: str = "") -> Document:
    return latexml.parse(page(body, extra))


def figure(body: str) -> Figure:
    (only,) = parse(body).figures
    return only


def test_the_front_of_a_paper() -> None:
    found = parse("<p>Text.</p>")
    assert (found.extractor, found.extractor_version) == ("latexml", "1.2.1")
    assert (found.title, found.abstract) == ("Growth of Kϕ films", "See Fig. 1.")
    assert found.authors == ("Jane Doe", "Ann Poe")
    assert (found.license_uri, found.published_on, found.figures) == (None, None, ())


@pytest.mark.parametrize(("version", "day"), [("1", date(2024, 1, 2)), ("2", None)])
def test_what_arxiv_prints_in_the_margin(version: str, day: date | None) -> None:
    margin = (
        '<div><a id="license-tr" href="https://info.arxiv.org/help/license">License: CC BY-SA 4.0</a>'
        f'<div id="watermark-tr">arXiv:2401.00001v{version} [cond-mat.mtrl-sci] 02 Jan 2024</div></div>'
    )
    found = parse("", margin)
    assert found.license_uri == "https://creativecommons.org/licenses/by-sa/4.0/"
    assert (found.published_on, found.subjects) == (day, ("cond-mat.mtrl-sci",))


def test_a_figure_and_its_mention() -> None:
    found = figure(
        figure_html(image("x1.png"), text="Films. (a) Sketch. (b) Data.")
        + '<div class="ltx_para"><p class="ltx_p">Seen in Figure <a class="ltx_ref" href="#S1.F1">1</a>b.</p></div>'
    )
    assert (found.locator, found.ordinal, found.label) == ("S1.F1", 1, "Figure 1")
    assert found.caption == "Films. (a) Sketch. (b) Data."
    assert [(p.label, p.text) for p in found.panels] == [("a", "Sketch."), ("b", "Data.")]
    assert [p.name for p in found.pictures] == ["x1.png"]
    (mention,) = found.mentions
    assert (mention.text, mention.section, mention.panels) == ("Seen in Figure 1b.", "Results", ("b",))


@pytest.mark.parametrize("formula", [MATH, MATHJAX])
def test_a_formula_is_read_once(formula: str) -> None:
    assert figure(figure_html(image("x1.png"), text=f"Value of {formula} here.")).caption == "Value of Kϕ here."


def test_sub_figures_are_panels_and_their_pictures_are_gathered() -> None:
    found = figure(
        figure_html(
            panel("x1.png", "(a) ", "Cold.", ident="S1.F1.sf1") + panel("x2.png", "(b) ", "Warm.", ident="S1.F1.sf2")
        )
        + '<p>See <a href="https://arxiv.org/html/2401.00001v1#S1.F1.sf2">1(b)</a>.</p>'
    )
    assert [(p.label, p.text) for p in found.panels] == [("a", "Cold."), ("b", "Warm.")]
    assert [p.name for p in found.pictures] == ["x1.png", "x2.png"]
    assert found.caption == "Films."
    assert [m.panels for m in found.mentions] == [("b",)]


def test_sub_figures_without_words_are_explained_by_the_caption() -> None:
    both = panel("x1.png", "(a) ") + panel("x2.png", "(b) ")
    found = figure(figure_html(both, text="Films: (a) cold and (b) warm."))
    assert [(p.label, p.text) for p in found.panels] == [("a", "cold"), ("b", "warm.")]


def test_captions_without_tags() -> None:
    parts = "".join(
        f'<figure class="ltx_figure ltx_figure_panel">{image(f"{c}.png")}<figcaption>({c}) Part {c}.</figcaption></figure>'
        for c in "ab"
    )
    found = figure(f'<figure class="ltx_figure" id="F2">{parts}<figcaption>Figure 2: Both parts.</figcaption></figure>')
    assert (found.label, found.caption) == ("Figure 2", "Both parts.")
    assert [(p.label, p.text) for p in found.panels] == [("a", "Part a."), ("b", "Part b.")]


def test_sub_figures_without_captions_in_a_table() -> None:
    cells = f"<table><tr><td>{panel('x1.png')}</td><td>{panel('x2.png')}</td></tr></table>"
    found = figure(figure_html(cells) + '<p>See <a href="#x2.png">it</a>.</p>')
    assert ([p.name for p in found.pictures], found.panels, len(found.mentions)) == (["x1.png", "x2.png"], (), 1)


def test_figures_set_side_by_side_are_several() -> None:
    inner = "".join(figure_html(image(f"x{n}.png"), f"Figure {n}: ", f"Film {n}.", ident=f"S1.F{n}") for n in (1, 2))
    found = parse(f'<figure class="ltx_figure">{inner}</figure>').figures
    assert [(f.locator, f.caption, f.pictures[0].name) for f in found] == [
        ("S1.F1", "Film 1.", "x1.png"),
        ("S1.F2", "Film 2.", "x2.png"),
    ]
    both = f"{image('x1.png')}{caption('Figure 1: ', 'Film 1.')}{image('x2.png')}{caption('Figure 2: ', 'Film 2.')}"
    shared = parse(f'<figure class="ltx_figure" id="S1.F1">{both}</figure>').figures
    assert [(f.locator, f.pictures[0].name) for f in shared] == [("S1.F1", "x1.png"), ("fig2", "x2.png")]


def minipage(*content: str) -> str:
    return f'<div class="ltx_flex_cell"><div class="ltx_minipage">{"".join(content)}</div></div>'


def test_captions_above_their_pictures() -> None:
    boxed = "".join(minipage(caption(f"Figure {n}: ", f"Film {n}."), image(f"x{n}.png")) for n in (1, 2))
    bare = "".join(caption(f"Figure {n}: ", f"Film {n}.") + image(f"x{n}.png") for n in (1, 2))
    for content in (boxed, bare):
        found = parse(f'<figure class="ltx_figure" id="S1.F1">{content}</figure>').figures
        assert [(f.label, [p.name for p in f.pictures]) for f in found] == [
            ("Figure 1", ["x1.png"]),
            ("Figure 2", ["x2.png"]),
        ]


def test_a_table_next_to_a_figure_keeps_its_pictures() -> None:
    table = minipage(f'<figure class="ltx_table" id="S1.T1">{image("t1.png")}{caption("Table 1: ", "Rates.")}</figure>')
    drawn = minipage(image("x1.png"), caption("Figure 1: ", "Films."))
    for content in (table + drawn, drawn + table):
        found = figure(f'<figure class="ltx_figure" id="S1.F1">{content}</figure>')
        assert ([p.name for p in found.pictures], found.panels) == (["x1.png"], ())


@pytest.mark.parametrize("words", ["", "(continued)", "Continued from the page before.", "(cont.)"])
def test_a_figure_that_goes_on_is_one(words: str) -> None:
    second = figure_html(image("x2.png"), text=words, ident="S1.F1a")
    found = figure(figure_html(image("x1.png")) + second + '<p>See <a href="#S1.F1a">that</a>.</p>')
    assert ([p.name for p in found.pictures], found.caption) == (["x1.png", "x2.png"], "Films.")
    assert len(found.mentions) == 1


def test_figures_of_a_supplement_that_counts_anew_stay_apart() -> None:
    found = parse(figure_html(image("x1.png")) + figure_html(image("x2.png"), text="Contours.", ident="A1.F1")).figures
    assert [(f.locator, f.caption) for f in found] == [("S1.F1", "Films."), ("A1.F1", "Contours.")]


def test_icons_in_captions_and_pictures_of_formulas_are_no_pictures() -> None:
    formula = '<img class="ltx_Math" src="mi/mi1.png">'
    found = figure(figure_html(image("x1.png") + formula, text=f"Films {image('icon.png')} grow."))
    assert [p.name for p in found.pictures] == ["x1.png"]


@pytest.mark.parametrize(
    "other",
    [
        f'<figure class="ltx_table" id="S1.T1">{caption("Table 1: ", "Rates.")}{image("x1.png")}</figure>',
        f'<figure class="ltx_float_algorithm"><figcaption>{tag("float", "Algorithm 1")} Go</figcaption></figure>',
        figure_html(image("logo.png"), label=""),
        figure_html("", label="Algorithm 1 "),
    ],
)
def test_tables_algorithms_and_decorations_are_no_figures(other: str) -> None:
    assert parse(other).figures == ()


@pytest.mark.parametrize(
    ("content", "slug"),
    [
        ("", "no-picture"),
        ('<img class="ltx_graphics ltx_missing" src="">', "no-picture"),
        ('<svg class="ltx_picture"><path d="M0 0"/></svg>', "picture-unsupported"),
        ('<object class="ltx_graphics" data="x1.svg"></object>', None),
    ],
)
def test_figures_without_a_usable_picture_say_so(content: str, slug: str | None) -> None:
    assert figure(figure_html(content)).reject_slug == slug


def test_a_figure_without_words() -> None:
    assert figure(figure_html(image("x1.png"), text="")).reject_slug == "no-caption"


def test_paragraphs_of_the_body_only() -> None:
    found = figure(
        figure_html(image("x1.png"), text="Like Fig. 1.")
        + '<h3 class="ltx_title"><span class="ltx_tag">1.1 </span>Deep</h3><p>One Fig. 1.</p>'
        + '<p>Two<span class="ltx_note ltx_role_footnote">Fig. 1</span>.</p>'
        + '<ul><li><div class="ltx_para"><p>Three Fig. 1.</p></div></li></ul>'
        + '</section><section class="ltx_appendix"><h2><span class="ltx_tag">Appendix A </span>More</h2>'
        + "<p>Four Fig. 1.</p><h3>Of Fig. 1</h3>"
    )
    assert [(m.text, m.section) for m in found.mentions] == [
        ("One Fig. 1.", "Deep"),
        ("Three Fig. 1.", "Deep"),
        ("Four Fig. 1.", "More"),
        ("Of Fig. 1", "Of Fig. 1"),
    ]


def test_bold_letters_are_panels_and_bold_vectors_are_not() -> None:
    bold = '<span class="ltx_text ltx_font_bold">{}</span>'
    vector = '<span class="ltx_text ltx_markedasmath ltx_font_bold">b</span>'
    found = figure(figure_html(image("x1.png"), text=f"{bold.format('a')} Field {vector}. {bold.format('b')} Rest."))
    assert [(p.label, p.text) for p in found.panels] == [("a", "Field b."), ("b", "Rest.")]


@pytest.mark.parametrize(
    ("data", "slug"), [(b"", "malformed-document"), (b"<html><p>x</p></html>", "unsupported-document")]
)
def test_what_is_no_latexml_page(data: bytes, slug: str) -> None:
    with pytest.raises(BadInput) as caught:
        latexml.parse(data)
    assert caught.value.slug == slug


SOUP = [
    figure_html(image("x1.png")),
    "<figure>",
    "</figure>",
    panel("x2.png", "(a) ", "A."),
    "<p>Fig. 1",
    "<table>",
    MATH,
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(SOUP)))
def test_any_soup_is_read(pieces: list[str]) -> None:
    figures = parse("".join(pieces)).figures
    assert len({f.locator for f in figures}) == len(figures)
    assert all(f.reject_slug or (f.pictures and f.caption) for f in figures)
