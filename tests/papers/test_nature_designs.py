"""What the designs of article pages differ in: that of 2012 to 2016, pages that a browser saved, older articles."""

from __future__ import annotations

from datetime import date

import pytest

from omnisci_etl.papers import nature_html
from omnisci_etl.papers.model import Document, Figure

FOLDER = "/ajournal/2013/130109/aj0001"
HEAD = """<meta name="DC.title" content="Growth of films"><meta name="DC.identifier" content="doi:10.1038/aj0001">
<meta name="DC.rights" content="© 2013 A Publisher. All rights reserved"><meta name="prism.section" content="Article">
<meta name="prism.publicationDate" content="2013-01-09"><meta name="DC.creator" content="Jane Doe">"""
KEYWORDS = """<div class="article-keywords cleared"><h2>Subject terms:</h2><ul>
<li><a href="/search?subject=/1/2">Thin films</a></li><li class="last"><a href="/search?subject=/3">Growth</a></li></ul></div>"""


def preview(number: int = 1) -> str:
    return (
        f'<li><figure><a href="{FOLDER}/fig_tab/aj0001_F{number}.html"><img src="{FOLDER}/carousel/aj0001-f{number}.jpg">'
        f'</a><figcaption><span class="legend cleared">Figure {number}<span>: </span><span>Films.</span></span>'
        '<div class="description"><p><b>a</b>, Sketch. <b>b</b>, Data.</p></div><div class="larger">'
        f'<p><a href="#f{number}">Full size image</a></p><p>View in article</p></div></figcaption></figure></li>'
    )


def glance(*previews: str) -> str:
    return f'<div class="figures-at-a-glance"><h1>At a glance</h1><ol>{"".join(previews)}</ol></div>'


def in_text(number: int = 1) -> str:
    return (
        f'<div class="figure cleared" id="f{number}"><figure><figcaption><span class="legend">Figure {number}: Films.'
        f'</span></figcaption><div class="item-content box"><a href="{FOLDER}/fig_tab/aj0001_F{number}.html">'
        f'<img src="{FOLDER}/images_article/aj0001-f{number}.jpg"></a><div class="description"><p><b>a</b>, Sketch. '
        '<b>b</b>, Data.</p></div><ul class="resources"><li>Full size image (76 KB)</li></ul></div>'
        "<nav><ul><li>Figures index</li></ul></nav></figure></div>"
    )


def old_page(previews: str, body: str, licence: str = "") -> Document:
    text = (
        f"<!DOCTYPE html><html><head>{HEAD}</head><body><article><header><h1>Growth of films</h1></header>"
        f'<section><div><div id="first-paragraph"><p>Films grow.</p></div>{KEYWORDS}{previews}</div></section>'
        f'<section><div><h1 class="section-heading toggle">Results</h1><div class="content">{body}</div></div></section>'
        '<section><h1 class="section-heading toggle">Author information</h1><h2>Contributions</h2><p>J.D. drew Fig. 1.</p>'
        f"</section><footer><div>{licence}</div></footer></article></body></html>"
    )
    return nature_html.parse(text.encode())


def test_the_design_of_2012() -> None:
    found = old_page(glance(preview(1), preview(2)), f"<p>Grown.</p>{in_text(1)}{in_text(2)}")
    assert (found.title, found.abstract, found.doi) == ("Growth of films", "Films grow.", "10.1038/aj0001")
    assert (found.article_type, found.published_on) == ("research-article", date(2013, 1, 9))
    assert found.subjects == ("Thin films", "Growth", "/1/2", "/3")
    assert found.license_uri is None
    assert [(figure.ordinal, figure.label) for figure in found.figures] == [(1, "Figure 1"), (2, "Figure 2")]
    for number, figure in enumerate(found.figures, 1):
        assert figure.caption == "Films. a, Sketch. b, Data."
        assert [(panel.label, panel.text) for panel in figure.panels] == [("a", "Sketch."), ("b", "Data.")]
        assert [p.name for p in figure.pictures] == [f"https://www.nature.com{FOLDER}/images/aj0001-f{number}.jpg"]


def test_a_page_of_2012_that_shows_figures_only_at_a_glance() -> None:
    (figure,) = old_page(glance(preview()), "<p>Grown.</p>").figures
    assert figure.caption == "Films. a, Sketch. b, Data."
    assert [picture.name for picture in figure.pictures] == [f"https://www.nature.com{FOLDER}/images/aj0001-f1.jpg"]


def test_sections_of_2012_are_headed_by_first_level_headings() -> None:
    link = f'<a href="{FOLDER}/full/aj0001.html#f1">Figure 1a</a>'
    tab = f'<a href="{FOLDER}/fig_tab/aj0001_F1.html">the sketch</a>'
    (figure,) = old_page("", f"<p>Seen ({link}).</p>{in_text()}<h2>Growth</h2><p>As {tab} says.</p>").figures
    assert [(m.section, m.text, m.panels) for m in figure.mentions] == [
        ("Results", "Seen (Figure 1a).", ("a",)),
        ("Growth", "As the sketch says.", ()),
    ]


def test_the_licence_in_the_footer_of_2012() -> None:
    address = "http://creativecommons.org/licenses/by-nc-nd/3.0/"
    licence = f'<p class="license cleared"><a href="{address}" rel="license"></a>This work is licensed.</p>'
    assert old_page("", "", licence).license_uri == address


def test_a_saved_page_of_2012() -> None:
    body = in_text().replace(f'src="{FOLDER}/images_article/', 'src="Growth%20of%20films_files/')
    (figure,) = old_page("", body.replace('href="/', 'href="http://www.nature.com/')).figures
    assert [picture.name for picture in figure.pictures] == [f"https://www.nature.com{FOLDER}/images/aj0001-f1.jpg"]


def test_keywords_where_the_page_lists_no_subjects() -> None:
    head = (
        '<meta name="keywords" content="Thin films, Growth and decay"><meta name="citation_doi" content="10.1038/aj1">'
    )
    found = nature_html.parse(f"<html><head>{head}</head><body><article><p>Text.</p></article></body></html>".encode())
    assert found.subjects == ("Thin films", "Growth and decay")


def test_keywords_of_authors_are_no_subjects() -> None:
    item = '<li class="c-article-subject-list__subject">{}</li>'
    lists = item.format('<a href="/subjects/films">Thin films</a>') + item.format(
        '<span><a href="/search">Hot</a></span>'
    )
    assert page("", f"<ul>{lists}</ul>").subjects == ("Thin films",)


def page(figure: str, body: str = "") -> Document:
    head = '<meta name="citation_doi" content="10.1038/s41467-000-00000-1"><meta name="dc.title" content="Films">'
    text = f"<html><head>{head}</head><body><article><h2>Results</h2>{body}{figure}</article></body></html>"
    return nature_html.parse(text.encode())


def only(document: Document) -> Figure:
    (figure,) = document.figures
    return figure


def figure_html(
    title: str, text: str, picture: str = '<img src="//media.springernature.com/lw685/x/x_Fig1_HTML.png">'
) -> str:
    return (
        f'<figure><figcaption><b id="Fig1">{title}</b></figcaption><div><div>{picture}</div>'
        f'<div class="c-article-section__figure-description">{text}</div></div></figure>'
    )


@pytest.mark.parametrize(
    ("text", "caption"),
    [
        ("(<b>a</b>)–(<b>c</b>) Films. (<b>d</b>) Wires.", "(a)–(c) Films. (d) Wires."),
        ("shows how films grow.", "shows how films grow."),
        (", part of a film.", ", part of a film."),
    ],
)
def test_a_title_that_is_only_the_label(text: str, caption: str) -> None:
    found = only(page(figure_html("Fig. 1", f"<p>{text}</p>")))
    assert (found.label, found.caption) == ("Fig. 1", caption)


def test_the_design_of_2016() -> None:
    found = only(
        page(
            '<div id="figure-1"><figure><figcaption><b id="f1">Figure 1: Films.</b></figcaption>'
            '<a href="/articles/aj1/figures/1"><img src="//media.nature.com/m685/aj/images_hires/aj1-f1.jpg"></a>'
            '<div data-test="bottom-caption"><p>(<b>a</b>) Sketch. (<b>b</b>) Data.</p></div></figure></div>',
            '<p>Grown (<a href="/articles/aj1#f1">Fig. 1b</a>).</p>',
        )
    )
    assert (found.label, found.caption) == ("Figure 1", "Films. (a) Sketch. (b) Data.")
    assert [panel.label for panel in found.panels] == ["a", "b"]
    assert [mention.panels for mention in found.mentions] == [("b",)]


def test_a_title_about_a_figure_is_no_label() -> None:
    assert page(figure_html("Fig. 1 shows films", "<p>Films.</p>")).figures == ()


def test_formulas_as_pictures_are_no_pictures_of_a_figure() -> None:
    formula = '<img src="//media.springernature.com/lw30/x/x_IEq{}_HTML.jpg" alt="">'
    found = only(
        page(figure_html(f"Figure 1: Change in {formula.format(1)}.", f"<p>As {formula.format(2)} rises.</p>"))
    )
    assert [picture.name for picture in found.pictures] == ["https://media.springernature.com/full/x/x_Fig1_HTML.png"]
    assert found.caption == "Change in . As rises."


SAVED = (
    "https://media.springernature.com/full/springer-static/image/art%3A10.1038%2Fs41467-000-00000-1/MediaObjects/"
    "41467_2020_1_Fig1_HTML.png"
)


@pytest.mark.parametrize(
    "source",
    [
        "./Growth of films _ A Journal_files/41467_2020_1_Fig1_HTML.png",
        "Growth%20of%20films_files/41467_2020_1_Fig1_HTML.png",
        "./Growth_files/41467_2020_1_Fig1_HTML(1).png",
    ],
)
def test_a_picture_of_a_saved_page(source: str) -> None:
    found = only(page(figure_html("Fig. 1: Films.", "", f'<img src="{source}">')))
    assert [picture.name for picture in found.pictures] == [SAVED]


def test_a_saved_picture_of_another_name_is_none() -> None:
    found = only(page(figure_html("Fig. 1: Films.", "", '<img src="./Growth_files/picture.jpg">')))
    assert (found.pictures, found.reject_slug) == ((), "no-picture")


def test_the_sources_of_a_picture() -> None:
    source = '<source srcset="//media.springernature.com/lw685/x/x_Fig1_HTML.png?as=webp 1x, //a.org/b.png 2x">'
    found = only(
        page(figure_html("Fig. 1: Films.", "", f'<picture>{source}<img src="data:image/gif;base64,R0"></picture>'))
    )
    assert [picture.name for picture in found.pictures] == ["https://media.springernature.com/full/x/x_Fig1_HTML.png"]


@pytest.mark.parametrize("link", ["PowerPoint slide", "Source data", "Source data</a> <a>PowerPoint slide"])
def test_links_behind_a_caption_are_no_part_of_it(link: str) -> None:
    found = only(page(figure_html("Fig. 1: Films.", f"<p><b>a</b>, Sketch. <b>b</b>, Data.</p><p><a>{link}</a></p>")))
    assert found.caption == "Films. a, Sketch. b, Data."
    assert [panel.text for panel in found.panels] == ["Sketch.", "Data."]


def test_source_data_that_a_caption_speaks_of() -> None:
    text = "Films. See our Source data"
    assert only(page(figure_html("Fig. 1", f"<p>{text}</p>"))).caption == text
