"""The shapes that LaTeXML's versions give to floats."""

from __future__ import annotations

import pytest

from omnisci_etl.papers import latexml
from omnisci_etl.papers.model import Document, Figure

Shape = tuple[str, str, list[str]]


def caption(label: str, text: str, kind: str = "figure", element: str = "figcaption") -> str:
    tag = f'<span class="ltx_tag ltx_tag_{kind}"><span class="ltx_text">{label}</span> </span>' if label else ""
    return f'<{element} class="ltx_caption">{tag}<span class="ltx_text">{text}</span></{element}>'


def image(name: str) -> str:
    return f'<img src="{name}" class="ltx_graphics" alt="Refer to caption">'


def figure(content: str, ident: str = "S1.F1", element: str = "figure", more: str = "") -> str:
    return f'<{element} id="{ident}" class="ltx_figure {more}">{content}</{element}>'


def para(content: str) -> str:
    return f'<div class="ltx_para"><p class="ltx_p">{content}</p></div>'


def link(ident: str, text: str) -> str:
    return f'<a href="#{ident}" class="ltx_ref"><span class="ltx_text ltx_ref_tag">{text}</span></a>'


def parse(body: str) -> Document:
    page = (
        '<!DOCTYPE html><html><body><div class="ltx_page_main"><article class="ltx_document">'
        f'<section class="ltx_section"><h2 class="ltx_title">Results</h2>{body}</section>'
        "</article></div></body></html>"
    )
    return latexml.parse(page.encode())


def shapes(body: str) -> list[Shape]:
    return [(f.label, f.caption, [picture.name for picture in f.pictures]) for f in parse(body).figures]


def only(body: str) -> Figure:
    (found,) = parse(body).figures
    return found


def inline(picture: str, label: str, text: str, ident: str) -> str:
    """A caption of a minipage within a paragraph: all of it in <span>s."""
    return (
        f'<span class="ltx_inline-logical-block ltx_minipage"><span class="ltx_para">{image(picture)}</span>'
        f"{figure(caption(label, text, element='span'), ident, 'span')}</span>"
    )


def test_figures_within_a_paragraph_are_figures_and_no_mentions() -> None:
    body = para(
        f"Seen before. {inline('a.png', 'Figure 1: ', 'Cold as in Figure 2.', 'S1.F1')} "
        f"{inline('b.png', 'Figure 2: ', 'Warm.', 'S1.F2')}"
    )
    assert shapes(body) == [
        ("Figure 1", "Cold as in Figure 2.", ["a.png"]),
        ("Figure 2", "Warm.", ["b.png"]),
    ]
    assert [f.mentions for f in parse(body).figures] == [(), ()]
    (mention,) = parse(body + para(f"See {link('S1.F2', '2')}.")).figures[1].mentions
    assert mention.text == "See 2."


def test_floats_of_divisions() -> None:
    old = figure(image("a.png") + caption("Figure 1: ", "Films.", element="div"), element="div")
    assert shapes(old) == [("Figure 1", "Films.", ["a.png"])]


ALONE = figure(caption("Figure 1: ", "Films."), more="ltx_align_center")
WORDS = para("Words.")
A, B = image("a.png"), image("b.png")


def images(content: str) -> str:
    return f'<div class="ltx_para">{content}</div>'


@pytest.mark.parametrize(
    ("body", "names"),
    [
        pytest.param(f'<div class="ltx_logical-block">{images(A)}{ALONE}</div>', ["a.png"], id="block"),
        pytest.param(f"{WORDS}{images(A + B)}{ALONE}{WORDS}", ["a.png", "b.png"], id="before"),
        pytest.param(f'<div class="ltx_para"><p>Words.</p>{A}</div>{ALONE}', ["a.png"], id="end of a paragraph"),
        pytest.param(f"{para(f'Words {A} and')}{images('(a) ' + B)}{ALONE}", ["b.png"], id="letters are no words"),
        pytest.param(f'{WORDS}{images(A)}<div class="ltx_block">{ALONE}</div>', ["a.png"], id="before the block"),
        pytest.param(f"{WORDS}{ALONE}{images(A)}", ["a.png"], id="behind"),
        pytest.param(f"{para(A + ' and words.')}{ALONE}{WORDS}", [], id="words between"),
        pytest.param(f"{images(A)}{figure(B + caption('Table 1: ', 'T.'))}{ALONE}", [], id="float between"),
        pytest.param(f"{images(A)}<h3>A heading</h3>{ALONE}", [], id="heading between"),
        pytest.param(f"{images(A)}{figure('<p>A prompt.</p>' + caption('Figure 1: ', 'Films.'))}", [], id="no picture"),
    ],
)
def test_pictures_next_to_a_float_that_has_only_its_caption(body: str, names: list[str]) -> None:
    assert only(body).caption == "Films."
    assert [picture.name for picture in only(body).pictures] == names


def test_each_picture_beside_is_given_once() -> None:
    first, second = (figure(caption(f"Figure {n}: ", "Films."), f"S1.F{n}") for n in (1, 2))
    found = shapes(f"{first}{images(A)}{images(B)}{second}")
    assert [names for _, _, names in found] == [["a.png"], ["b.png"]]


def test_a_caption_that_stands_in_no_float() -> None:
    stray = caption("Figure 1: ", "Films.", "para")
    body = f'<div class="ltx_para">{image("a.png")}{stray}</div>{para("See Figure 1.")}'
    assert shapes(body) == [("Figure 1", "Films.", ["a.png"])]
    assert [m.text for m in only(body).mentions] == ["See Figure 1."]
    assert shapes(f"{para('Words.')}{stray}") == [("Figure 1", "Films.", [])]


def block(picture: str, label: str, text: str) -> str:
    return f'<td><div class="ltx_block ltx_minipage">{image(picture)}{caption(label, text, "block")}</div></td>'


def test_captions_of_parts_that_are_no_sub_figures() -> None:
    cells = f"<table><tr>{block('a.png', '(a)', 'Cold.')}{block('b.png', '(b)', 'Warm.')}</tr></table>"
    found = only(figure(cells + caption("Figure 1: ", "Films.")))
    assert [(p.label, p.text) for p in found.panels] == [("a", "Cold."), ("b", "Warm.")]
    assert [p.name for p in found.pictures] == ["a.png", "b.png"]
    behind = image("a.png") + image("b.png") + caption("(a)", "Cold.") + caption("(b)", "Warm.")
    assert only(figure(behind + caption("Figure 1: ", "Films."))).panels == found.panels


def test_a_part_in_a_sub_figure_with_two_captions() -> None:
    both = figure(image("a.png") + caption("(a)", "Cold.") + image("b.png") + caption("(b)", "Warm."), "S1.F1.1")
    found = only(figure(both + caption("Figure 1: ", "Films.")))
    assert [(p.label, p.text) for p in found.panels] == [("a", "Cold."), ("b", "Warm.")]


def flex(*cells: str) -> str:
    inner = "".join(f'<div class="ltx_flex_cell">{cell}</div>' for cell in cells)
    return f'<div class="ltx_flex_figure">{inner}</div>'


def repeated(first: str, second: str, content: str) -> str:
    """Two captions of one float as LaTeXML 0.8.7 sets them: the first also above, both below."""
    return figure(f"{first}{content}{first}{second}", "S1.F2")


def test_a_first_caption_that_is_repeated_above_the_float_is_one_figure() -> None:
    one, two = caption("Figure 1: ", "Cold."), caption("Figure 2: ", "Warm.")
    body = repeated(one, two, flex(image("a.png"), image("b.png")))
    assert shapes(body) == [("Figure 1", "Cold.", ["a.png"]), ("Figure 2", "Warm.", ["b.png"])]
    rows = flex(image("a.png"), image("b.png"), image("c.png"), image("d.png"))
    assert [names for *_, names in shapes(repeated(one, two, rows))] == [["a.png", "b.png"], ["c.png", "d.png"]]
    uneven = flex(image("a.png"), image("b.png"), image("c.png"))
    assert [names for *_, names in shapes(repeated(one, two, uneven))] == [["a.png", "b.png", "c.png"], []]


def test_sub_figures_go_with_the_pictures_of_their_cell() -> None:
    def part(name: str, letter: str) -> str:
        return figure(image(name) + caption(f"({letter})", name, element="span"), f"S1.{name}", "span")

    cells = flex(part("a.png", "a") + part("b.png", "b"), part("c.png", "a") + part("d.png", "b"))
    found = parse(repeated(caption("Figure 1: ", "Cold."), caption("Figure 2: ", "Warm."), cells)).figures
    assert [[p.text for p in f.panels] for f in found] == [["a.png", "b.png"], ["c.png", "d.png"]]
    assert [[p.name for p in f.pictures] for f in found] == [["a.png", "b.png"], ["c.png", "d.png"]]


def test_pictures_that_a_table_shares_are_the_figures() -> None:
    captions = caption("Table 1: ", "Numbers.") + caption("Figure 1: ", "Films.")
    content = flex(image("a.png"), "<table><tr><td>1</td></tr></table>")
    assert shapes(figure(content + captions)) == [("Figure 1", "Films.", ["a.png"])]


def test_links_to_a_float_of_several_figures_lead_to_the_one_of_its_number() -> None:
    panels = "".join(
        figure(image(f"{n}.png") + caption(f"Figure {n}: ", "Films."), f"S1.F2.fig{n}", more="ltx_figure_panel")
        for n in (1, 2)
    )
    found = parse(figure(panels, "S1.F2") + para(f"Seen ({link('S1.F2', '2')}).")).figures
    assert [len(f.mentions) for f in found] == [0, 1]
    table = caption("Table 3: ", "Numbers.", "table") + figure(image("a.png") + caption("Figure 1: ", "F."), "S1.T3.1")
    (beside,) = parse(figure(table, "S1.T3") + para(f"Seen ({link('S1.T3', '3')}).")).figures
    assert beside.mentions == ()


@pytest.mark.parametrize(
    ("before", "count"), [("Algorithm ", 0), ("in Tab.\xa0", 0), ("Figure ", 1), ("", 1), ("Algorithm 1 of Fig. ", 1)]
)
def test_a_link_behind_the_name_of_something_else_is_no_mention(before: str, count: int) -> None:
    body = figure(image("a.png") + caption("Figure 3: ", "Steps."), "S1.F3") + para(f"{before}{link('S1.F3', '3')}.")
    assert len(only(body).mentions) == count


@pytest.mark.parametrize("tag", ["Figure 3.", "Figure 3:", "Figure 3.—", "Figure 3 |"])
def test_the_end_of_a_label(tag: str) -> None:
    assert only(figure(image("a.png") + caption(tag, "Films."))).label == "Figure 3"


def math(content: str) -> str:
    return f'<math class="ltx_Math" alttext="x"><semantics>{content}<annotation>x</annotation></semantics></math>'


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        ("<mfrac><mn>1</mn><mn>2</mn></mfrac>", "1/2"),
        ("<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mi>c</mi></mfrac>", "(a+b)/c"),
        ('<mfrac linethickness="0pt"><mi>n</mi><mi>k</mi></mfrac>', "nk"),
        ("<msqrt><mi>x</mi></msqrt>", "√x"),
        ("<msqrt><mi>x</mi><mo>−</mo><mn>1</mn></msqrt>", "√(x−1)"),
        ("<msup><mn>10</mn><mrow><mo>−</mo><mn>3</mn></mrow></msup>", "10−3"),
    ],
)
def test_formulas_as_text(formula: str, text: str) -> None:
    assert (
        only(figure(image("a.png") + caption("Figure 1: ", f"Of {math(formula)} here."))).caption == f"Of {text} here."
    )


def test_a_deep_formula_is_read() -> None:
    deep = "<mfrac><mi>a</mi>" * 80 + "<mi>b</mi>" + "</mfrac>" * 80
    assert only(figure(image("a.png") + caption("Figure 1: ", math(deep)))).caption.startswith("a/(a/(a/")


def test_notes_of_the_publisher_are_no_part_of_the_title() -> None:
    note = '<span class="ltx_pubnotes"><span class="ltx_pubnote">Preprint: 1</span></span>'
    page = f'<article class="ltx_document"><h1 class="ltx_title ltx_title_document">Films{note}</h1></article>'
    assert latexml.parse(page.encode()).title == "Films"


def test_a_paragraph_that_a_formula_divides_is_one_mention() -> None:
    pieces = f"<p>In {link('S1.F1', 'Figure 1')} we</p><table></table><p>show x. See Figure 1b.</p>"
    body = f'{figure(A + caption("Figure 1: ", "Films."))}<div class="ltx_para">{pieces}</div>'
    (mention,) = only(body).mentions
    assert (mention.text, mention.panels, mention.namings) == ("In Figure 1 we show x. See Figure 1b.", ("b",), 2)
    apart = body + para("Figure 1.")
    assert len(only(apart).mentions) == 2
    assert len(only(f"{figure(A + caption('Figure 1: ', 'F.'))}<div>{pieces}</div>").mentions) == 2


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("(Left) Cold. (Right) Warm.", ["Left", "Right"]),
        ("Films.", ["a", "b"]),
        ("Of (a) cold and (b) warm.", ["a", "b"]),
    ],
)
def test_letters_without_words_give_way_to_what_the_caption_names(text: str, labels: list[str]) -> None:
    parts = "".join(figure(image(f"{c}.png") + caption(f"({c}) ", ""), f"S1.F1.sf{c}") for c in "ab")
    assert [p.label for p in only(figure(parts + caption("Figure 1: ", text))).panels] == labels


def test_a_page_whose_text_stands_in_a_box_has_its_sections_and_paragraphs() -> None:
    text = "".join(
        f'<span class="ltx_para"><span class="ltx_p">{words}</span></span>'
        for words in (f"In {link('S1.F1', 'Figure 1')}.", "Nothing.", "Figure 1 again.")
    )
    float_ = figure(A + caption("Figure 1: ", "Films.", element="span"), element="span")
    box = f'<p><span class="ltx_p"><section><h3>Methods</h3>{float_}{text}</section></span></p>'
    found = only(box)
    assert (found.caption, [p.name for p in found.pictures]) == ("Films.", ["a.png"])
    assert [(m.text, m.section) for m in found.mentions] == [
        ("In Figure 1.", "Methods"),
        ("Figure 1 again.", "Methods"),
    ]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("(see Fig. 1 in {})", 0),
        ("Figs. 1 and 2 of {}", 0),
        ("in Fig. 1 as {} has it", 1),
        ("see {} and Fig. 1", 1),
    ],
)
def test_figures_of_a_work_with_a_short_name_are_not_the_papers_own(text: str, count: int) -> None:
    cited = '<cite class="ltx_cite ltx_citemacro_citealias"><a class="ltx_ref" href="#bib.bib1">S13</a></cite>'
    body = figure(A + caption("Figure 1: ", "Films.")) + para(text.format(cited))
    assert len(only(body).mentions) == count


@pytest.mark.parametrize(
    ("note", "text", "own"),
    [
        ("(see Fig. 1 of {})", "(see Fig. 1 of ref. Poe19)", []),
        ("({}, Figs. 1 and 2)", "(Poe19, Figs. 1 and 2 therein)", []),
        ("({}, see also Fig. 1)", "(Poe19, see also Fig. 1)", ["(Poe19, see also Fig. 1)"]),
        ("({}, and Fig. <a href='#S1.F1'>1</a>)", "(Poe19, and Fig. 1)", ["(Poe19, and Fig. 1)"]),
    ],
)
def test_figures_named_in_a_citation_are_the_cited_works(note: str, text: str, own: list[str]) -> None:
    cited = f'<cite class="ltx_cite">{note.format("<a class=ltx_ref href=#bib.bib1>Poe19</a>")}</cite>'
    films = figure(A + caption("Figure 1: ", f"Films {cited}."))
    assert [m.text for m in only(films + para(cited)).mentions] == own
    assert only(films).caption == f"Films {text.replace('ref. ', '').replace(' therein', '')}."
    assert only(films + para(f"Figure 1 {cited}")).mentions[0].text == f"Figure 1 {text}"


def test_an_image_that_latexml_missed_is_no_picture() -> None:
    missed = '<img src="index.html" class="ltx_graphics ltx_missing ltx_missing_image">'
    found = only(figure(missed + caption("Figure 1: ", "Films.")))
    assert (found.pictures, found.reject_slug) == ((), "no-picture")
