from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.errors import BadInput, HostileInput
from omnisci_etl.papers import nature_html, xml
from omnisci_etl.papers.model import Document, Figure, Related

HEAD = """<meta name="citation_title" content="Growth of films">
<meta name="citation_doi" content="10.1038/s41467-000-00000-1">
<meta name="citation_online_date" content="2021/03/05"><meta name="citation_article_type" content="Article">
<meta name="citation_author" content="Jane Doe"><meta name="citation_author" content="Ann Poe">
<meta name="dc.rights" content="©2021 A Publisher. All Rights Reserved."><meta name="dc.subject" content="Chemistry">"""
RIGHTS = """<section data-title="Rights and permissions"><div id="rightslink-section"><h2>Rights and permissions</h2>
<div id="rightslink-content"><p>Licensed under a Creative Commons Attribution 4.0 International License. Visit
<a href="http://creativecommons.org/licenses/by/4.0/" rel="license">it</a>.</p></div></div></section>"""
PICTURE = "//media.springernature.com/lw685/springer-static/image/art%3A10.1038%2Fx/MediaObjects/x_Fig1_HTML.png"
FULL = "https://media.springernature.com/full/springer-static/image/art%3A10.1038%2Fx/MediaObjects/x_Fig1_HTML.png"


def figure_html(
    title: str = "Fig. 1: Films.", text: str = "<p><b>a</b> Sketch. <b>b</b> Data.</p>", picture: str = PICTURE
) -> str:
    image = f'<picture><source srcset="{picture}?as=webp"><img src="{picture}?as=webp"></picture>' if picture else ""
    return (
        '<div class="c-article-section__figure" id="figure-1"><figure><figcaption><b id="Fig1">'
        f'{title}</b></figcaption><div class="c-article-section__figure-content">{image}'
        f'<div class="c-article-section__figure-description">{text}</div></div>'
        '<a href="/articles/x/figures/1">Full size image</a></figure></div>'
    )


def page(body: str, *, head: str = HEAD, rights: str = RIGHTS, front: str = "") -> bytes:
    return (
        f"<!DOCTYPE html><html><head>{head}</head><body><article>{front}"
        '<div id="Abs1-content"><p>Films grow.</p></div>'
        f"<h2>Results</h2><h3>Growth</h3>{body}"
        '<h2>References</h2><ol class="c-article-references"><li><p>Fig. 1</p></li></ol>'
        f"{rights}</article><p>Fig. 1</p></body></html>"
    ).encode()


def parse(body: str, **parts: str) -> Document:
    return nature_html.parse(page(body, **parts))


def figure(body: str, **parts: str) -> Figure:
    (only,) = parse(body, **parts).figures
    return only


def test_the_front_of_an_article() -> None:
    subjects = '<ul><li class="c-article-subject-list__subject"><a>Thin films</a></li></ul>'
    found = parse("<p>Text.</p>", front=subjects)
    assert (found.extractor, found.extractor_version) == ("nature-html", "1.3.0")
    assert (found.title, found.abstract) == ("Growth of films", "Films grow.")
    assert found.doi == "10.1038/s41467-000-00000-1"
    assert (found.article_type, found.published_on) == ("research-article", date(2021, 3, 5))
    assert found.authors == ("Jane Doe", "Ann Poe")
    assert found.subjects == ("Thin films",)
    assert parse("<p>Text.</p>").subjects == ("Chemistry",)


def test_the_licence_is_that_of_the_rights_section_only() -> None:
    assert parse("").license_uri == "http://creativecommons.org/licenses/by/4.0/"
    data = "<p>Our data are under http://creativecommons.org/publicdomain/zero/1.0/</p>"
    closed = '<section aria-labelledby="rightslink"><p><a href="https://x.org/?oa=CC%20BY">Reprints</a></p></section>'
    assert parse(data, rights=closed).license_uri is None
    assert parse(data, rights="").license_uri is None


def test_a_figure_with_its_title_in_the_caption_element() -> None:
    found = figure(figure_html())
    assert (found.locator, found.ordinal, found.label) == ("Fig1", 1, "Fig. 1")
    assert found.caption == "Films. a Sketch. b Data."
    assert [(panel.label, panel.text) for panel in found.panels] == [("a", "Sketch."), ("b", "Data.")]
    assert [picture.name for picture in found.pictures] == [FULL]
    assert found.reject_slug is None


def test_a_figure_with_its_title_in_the_description() -> None:
    found = figure(figure_html("Figure 1", "<p>Films. (<b>a</b>) Sketch. (<b>b</b>,<b>c</b>) Data.</p>"))
    assert (found.label, found.caption) == ("Figure 1", "Films. (a) Sketch. (b,c) Data.")
    assert [panel.label for panel in found.panels] == ["a", "b", "c"]


def test_a_figure_of_a_closed_article_has_its_title() -> None:
    found = figure(figure_html("Figure 1: Films of it.", ""))
    assert (found.caption, found.panels, found.reject_slug) == ("Films of it.", (), None)


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (PICTURE, FULL),
        (f"https:{PICTURE}".replace("lw685", "m312"), FULL),
        (f"http:{PICTURE}".replace("lw685", "w215h120"), FULL),
        ("/images/a-f1.jpg", "https://www.nature.com/images/a-f1.jpg"),
        ("https://media.nature.com/lw800/a/b.jpg", "https://media.nature.com/full/a/b.jpg"),
        ("https://images.nature.com/m685/a/images_hires/b.jpg", "https://images.nature.com/full/a/images_hires/b.jpg"),
        ("/a/images_hires/w926/b-f1.jpg", "https://www.nature.com/a/images_hires/b-f1.jpg"),
        ("/a/images_article/b-f1.jpg", "https://www.nature.com/a/images/b-f1.jpg"),
    ],
)
def test_pictures_are_named_in_full_size(source: str, name: str) -> None:
    assert [picture.name for picture in figure(figure_html(picture=source)).pictures] == [name]


@pytest.mark.parametrize(
    "source", ["data:image/png;base64,AAAA", "javascript:alert(1)", "file:///etc/passwd", "", "//[", "http://[a/b.png"]
)
def test_what_is_no_picture(source: str) -> None:
    found = figure(figure_html(picture=source))
    assert (found.pictures, found.reject_slug) == ((), "no-picture")


def test_a_figure_without_any_text() -> None:
    assert figure(figure_html("Fig. 1", "")).reject_slug == "no-caption"


@pytest.mark.parametrize(
    "title", ["Table 1 Rates", "Box 1", "Scheme 1: Route", "Extended Data Fig. 1 More", "Supplementary Fig. 1", ""]
)
def test_what_is_no_main_figure(title: str) -> None:
    assert parse(figure_html(title)).figures == ()


LINK = '<a data-track-action="figure anchor" href="/articles/x#Fig1">{}</a>'


def test_mentions() -> None:
    found = figure(
        f"<p>Grown ({LINK.format('Fig. 1a')}).</p>{figure_html()}<p>Fig. {LINK.format('1b, c')}, too.</p>"
        "<p>Not linked: Fig. 1.</p><p>Supplementary Fig. 1.</p><ul><li><p>In a list: Fig. 1c</p></li></ul>"
    )
    assert [(m.text, m.section, m.panels) for m in found.mentions] == [
        ("Grown (Fig. 1a).", "Growth", ("a",)),
        ("Fig. 1b, c, too.", "Growth", ("b", "c")),
        ("Not linked: Fig. 1.", "Growth", ()),
        ("In a list: Fig. 1c", "Growth", ("c",)),
    ]


def test_a_heading_that_names_a_figure_is_a_mention() -> None:
    body = f"{figure_html()}<h3>Rise in Fig. 1b</h3><p>It rose.</p><h2>Peer review</h2><h3>Fig. 1</h3><p>Good.</p>"
    assert [(m.section, m.text, m.panels) for m in figure(body).mentions] == [
        ("Rise in Fig. 1b", "Rise in Fig. 1b", ("b",))
    ]


def test_headings_nest() -> None:
    found = figure(
        f"{figure_html()}<p>Fig. 1</p><h4>Deep</h4><p>Fig. 1</p><h3>Next</h3><p>Fig. 1</p><h2>End</h2><p>Fig. 1</p>"
    )
    assert [m.section for m in found.mentions] == ["Growth", "Deep", "Next", "End"]


@pytest.mark.parametrize(
    "heading",
    ["Abstract", "References", "Acknowledgements", "Author information", "Supplementary information", "Extended data"],
)
def test_front_and_back_matter_is_no_body(heading: str) -> None:
    assert figure(f"{figure_html()}<h2>{heading}</h2><h3>Part</h3><p>Fig. 1</p>").mentions == ()


def test_a_methods_heading_like_a_back_matter_one_is_body() -> None:
    assert len(figure(f"{figure_html()}<h2>Methods</h2><h3>Search strategy</h3><p>Fig. 1</p>").mentions) == 1


def test_citation_marks_formulas_and_blanks() -> None:
    cited = '<sup><a href="/articles/x#ref-CR12">12</a></sup>'
    formula = r'<span class="mathjax-tex">\({K}_{\phi }\)</span>'
    found = figure(f"{figure_html()}<p>In Fig. 1{cited} the\n value&nbsp;{formula} <script>no()</script>holds.</p>")
    assert [m.text for m in found.mentions] == ["In Fig. 1[12] the value K_ϕ holds."]


def test_a_mathml_formula_is_read_once() -> None:
    maths = '<math><mi>K</mi><annotation encoding="application/x-tex">K</annotation></math>'
    assert figure(figure_html(text=f"<p>Value of {maths}.</p>")).caption == "Films. Value of K."


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ("Article", "research-article"),
        ("Author Correction", "correction"),
        ("Retraction Note", "retraction"),
        ("Comment", "comment"),
        ("Review Article", "review"),
        ("Perspective", "review"),
        ("Editorial", "other"),
    ],
)
def test_article_types(stated: str, expected: str) -> None:
    assert parse("", head=HEAD.replace('content="Article"', f'content="{stated}"')).article_type == expected


def test_the_article_type_on_the_page() -> None:
    head = HEAD.replace('<meta name="citation_article_type" content="Article">', "")
    assert (
        parse("", head=head, front='<li data-test="article-category">Publisher Correction</li>').article_type
        == "correction"
    )


def test_a_correction_names_its_article() -> None:
    head = HEAD.replace('content="Article"', 'content="Author Correction"')
    body = '<p>Correction to: <i>A Journal</i> <a href="https://doi.org/10.1038/s41467-000-00002-3">it</a></p>'
    assert parse(body, head=head).related == (Related("corrected-article", "10.1038/s41467-000-00002-3"),)
    assert parse(body).related == ()


def test_a_comment_names_the_article_it_arises_from() -> None:
    head = HEAD.replace('content="Article"', 'content="Matters Arising"')
    body = (
        "<p>See 10.1000/first.</p><p><span>arising from</span> A. Poe <i>A Journal</i> 10.1038/s41467-000-00002-3</p>"
    )
    found = parse(body, head=head)
    assert found.article_type == "comment"
    assert found.related == (Related("commentary-article", "10.1038/s41467-000-00002-3"),)
    assert parse("<p>See 10.1000/first.</p>", head=head).related == ()


@pytest.mark.parametrize("day", ["2021/13/45", "2021/03", "soon"])
def test_a_date_that_is_none(day: str) -> None:
    assert parse("", head=HEAD.replace("2021/03/05", day)).published_on is None


def test_the_same_figure_twice_is_one() -> None:
    assert len(parse(figure_html() + figure_html()).figures) == 1


@pytest.mark.parametrize(
    ("data", "slug"),
    [
        (b"", "malformed-document"),
        (b"   ", "malformed-document"),
        (b"<html><body><p>Search results</p></body></html>", "unsupported-document"),
        (b"<html><body><article><p>No identifier</p></article></body></html>", "unsupported-document"),
    ],
)
def test_what_is_no_article_page(data: bytes, slug: str) -> None:
    with pytest.raises(BadInput) as caught:
        nature_html.parse(data)
    assert caught.value.slug == slug


def test_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "MAX_BYTES", 100)
    with pytest.raises(HostileInput):
        nature_html.parse(page(""))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_encodings(encoding: str) -> None:
    text = page(figure_html(text="<p>Bars are ±5 µm.</p>")).decode()
    (found,) = nature_html.parse(text.encode(encoding)).figures
    assert found.caption == "Films. Bars are ±5 µm."


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from([figure_html(), "<figure>", "</figure>", "<p>Fig. 1", "</div>", "<b>a</b>", "<table>", "<sup>"])
    )
)
def test_any_soup_is_read(pieces: list[str]) -> None:
    found = parse("".join(pieces))
    assert [f.ordinal for f in found.figures] == list(range(1, len(found.figures) + 1))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        nature_html.parse(data)
