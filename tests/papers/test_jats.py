from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.errors import BadInput, HostileInput
from omnisci_etl.papers import jats, xml
from omnisci_etl.papers.model import Document, Figure, Related

NAMESPACES = 'xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:mml="http://www.w3.org/1998/Math/MathML"'
DOCTYPE = '<!DOCTYPE article PUBLIC "-//NLM//DTD JATS v1.1//EN" "JATS-archivearticle1.dtd">'
META = """<article-id pub-id-type="doi">10.1038/s41467-000-00000-1</article-id>
<article-categories><subj-group subj-group-type="heading"><subject>Article</subject></subj-group>
<subj-group subj-group-type="SubjectPath"><subject>/639/638/403</subject></subj-group>
<subj-group subj-group-type="NatureArticleTypeID"><subject>article</subject></subj-group></article-categories>
<title-group><article-title>Growth of <italic>thin</italic> films</article-title></title-group>
<contrib-group>
<contrib contrib-type="author"><name><surname>Doe</surname><given-names>Jane A.</given-names></name></contrib>
<contrib contrib-type="editor"><name><surname>Roe</surname><given-names>R.</given-names></name></contrib>
</contrib-group>
<pub-date pub-type="collection"><year>2020</year></pub-date>
<pub-date pub-type="epub"><day>5</day><month>3</month><year>2021</year></pub-date>
<permissions><license xlink:href="http://creativecommons.org/licenses/by/4.0/"><license-p>Open.</license-p></license></permissions>
<abstract><title>Abstract</title><p>Films grow.</p></abstract>
<abstract abstract-type="web-summary"><p>Short.</p></abstract>
<kwd-group kwd-group-type="npg-subject"><kwd>Thin films</kwd></kwd-group>"""
FIGURE = """<fig id="Fig1"><label>Fig. 1</label><caption><title>Films.</title>
<p><bold>a</bold> Sketch. <bold>b</bold>, <bold>c</bold> Data.</p></caption><graphic xlink:href="x_Fig1_HTML"/></fig>"""


def document(body: str, *, meta: str = META, kind: str = "research-article", rest: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{DOCTYPE}<article {NAMESPACES} article-type="{kind}">'
        f"<front><article-meta>{meta}</article-meta></front><body>{body}</body>{rest}</article>"
    ).encode()


def parse(body: str, **parts: str) -> Document:
    return jats.parse(document(body, **parts))


def figure(body: str, **parts: str) -> Figure:
    (only,) = parse(body, **parts).figures
    return only


def test_a_doctype_without_a_blank_is_read() -> None:
    whole = document(FIGURE)
    glued = whole.replace(b'PUBLIC "', b'PUBLIC"')
    assert glued != whole
    assert jats.parse(glued) == jats.parse(whole)


def test_the_front_of_an_article() -> None:
    found = parse("<p>Text.</p>")
    assert (found.extractor, found.extractor_version) == ("jats", "1.3.0")
    assert found.title == "Growth of thin films"
    assert found.abstract == "Films grow."
    assert found.doi == "10.1038/s41467-000-00000-1"
    assert found.article_type == "research-article"
    assert found.published_on == date(2021, 3, 5)
    assert found.license_uri == "http://creativecommons.org/licenses/by/4.0/"
    assert found.authors == ("Jane A. Doe",)
    assert found.subjects == ("/639/638/403", "Thin films")
    assert found.figures == ()


def test_a_figure_and_its_mention() -> None:
    found = figure(
        f"""<sec><title>Results</title><sec><title>Growth</title>
        <p>Films grow (Fig. <xref ref-type="fig" rid="Fig1">1b</xref>).{FIGURE} Data at ref. <sup><xref
        ref-type="bibr" rid="CR2">2</xref></sup>.</p></sec></sec>"""
    )
    assert (found.locator, found.ordinal, found.label) == ("Fig1", 1, "Fig. 1")
    assert found.caption == "Films. a Sketch. b, c Data."
    assert [(panel.label, panel.text) for panel in found.panels] == [("a", "Sketch."), ("b", "Data."), ("c", "Data.")]
    assert [picture.name for picture in found.pictures] == ["x_Fig1_HTML"]
    assert found.reject_slug is None
    (mention,) = found.mentions
    assert mention.text == "Films grow (Fig. 1b). Data at ref. [2]."
    assert (mention.section, mention.panels, mention.sentence) == ("Growth", ("b",), "Films grow (Fig. 1b).")


def test_citation_marks_do_not_grow_into_figure_numbers() -> None:
    mark = '<sup><xref ref-type="bibr" rid="CR12">12</xref></sup>'
    found = figure(f'<p>As in Fig. <xref ref-type="fig" rid="Fig1">1</xref>{mark} it is.</p>{FIGURE}')
    assert [mention.text for mention in found.mentions] == ["As in Fig. 1[12] it is."]


def test_a_figure_that_is_named_but_not_linked_and_a_supplementary_one() -> None:
    found = figure(f"<p>Here (Fig. 1a).</p><p>There (Supplementary Fig. 1).</p>{FIGURE}")
    assert [mention.text for mention in found.mentions] == ["Here (Fig. 1a)."]


MATHML = "<mml:math><mml:msub><mml:mi>K</mml:mi>\n<mml:mi>ϕ</mml:mi></mml:msub></mml:math>"
TEX = r"<tex-math>\documentclass{minimal}\begin{document}$$K_\phi$$\end{document}</tex-math>"


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (f"<inline-formula><alternatives>{TEX}{MATHML}<inline-graphic/></alternatives></inline-formula>", "Kϕ"),
        (f"<inline-formula>{TEX}{MATHML}</inline-formula>", "Kϕ"),
        (f"<inline-formula>{TEX}</inline-formula>", r"K_ϕ"),
        (f"<inline-formula><alternatives>{TEX}<inline-graphic/></alternatives></inline-formula>", r"K_ϕ"),
        (f"<inline-formula>{TEX}<italic>K</italic></inline-formula>", "K"),
        (
            f"<inline-formula><alternatives>{TEX}<textual-form>K phi</textual-form></alternatives></inline-formula>",
            "K phi",
        ),
        (MATHML.replace("</mml:math>", "<mml:annotation>K_2</mml:annotation></mml:math>"), "Kϕ"),
        (f"<disp-formula><label>1</label><alternatives>{TEX}{MATHML}</alternatives></disp-formula>", "Kϕ"),
    ],
)
def test_a_formula_is_read_once(formula: str, text: str) -> None:
    caption = f"<caption><p>Value of {formula} here.</p></caption>"
    found = figure(f'<fig id="F1"><label>Fig. 1</label>{caption}<graphic xlink:href="f"/></fig>')
    assert found.caption == f"Value of {text} here."


@pytest.mark.parametrize(
    ("caption", "text", "source"),
    [
        (f"<p>Value of <inline-formula>{TEX}</inline-formula>.</p>", "Value of K_ϕ.", r"Value of $K_\phi$."),
        (
            f"<p>Value of <inline-formula><alternatives>{TEX}{MATHML}</alternatives></inline-formula>.</p>",
            "Value of Kϕ.",
            r"Value of $K_\phi$.",
        ),
        (r"<p>Value of $K_\phi$ and \(x^2\).</p>", "Value of K_ϕ and x^2.", r"Value of $K_\phi$ and \(x^2\)."),
        (f"<p>Value of <inline-formula>{MATHML}</inline-formula>, at $5.</p>", "Value of Kϕ, at $5.", ""),
    ],
)
def test_the_tex_of_a_caption_is_kept_beside_it(caption: str, text: str, source: str) -> None:
    graphic = '<graphic xlink:href="f"/>'
    found = figure(f'<fig id="F1"><label>Fig. 1</label><caption>{caption}</caption>{graphic}</fig>')
    assert (found.caption, found.caption_source) == (text, source)


def test_letters_behind_tex_keep_their_places() -> None:
    caption = r"<caption><p>Maps of $\alpha_1$. <bold>a</bold> At $\beta$. <bold>b</bold> At noon.</p></caption>"
    found = figure(f'<fig id="F1"><label>Fig. 1</label>{caption}<graphic xlink:href="f"/></fig>')
    assert [(panel.label, panel.text) for panel in found.panels] == [("a", "At β."), ("b", "At noon.")]


def test_a_credit_line_belongs_to_the_caption() -> None:
    found = figure(
        '<fig id="F1"><label>Figure 1.</label><caption><p>A map.</p></caption>'
        '<graphic xlink:href="f.tif"/><attrib>© A Museum</attrib></fig>'
    )
    assert (found.label, found.caption) == ("Figure 1", "A map. © A Museum")


def test_sub_figures_are_panels_of_one_figure() -> None:
    parts = "".join(
        f'<fig id="f1{letter}"><label>({letter})</label><caption><p>Part {letter}.</p></caption>'
        f'<graphic xlink:href="f1{letter}.png"/></fig>'
        for letter in "ab"
    )
    found = figure(
        f'<fig-group id="f1"><label>Figure 1</label><caption><p>Both.</p></caption>{parts}</fig-group>'
        '<p>See <xref ref-type="fig" rid="f1b">this</xref>.</p>'
    )
    assert (found.caption, [(p.label, p.text) for p in found.panels]) == ("Both.", [("a", "Part a."), ("b", "Part b.")])
    assert [picture.name for picture in found.pictures] == ["f1a.png", "f1b.png"]
    assert [mention.panels for mention in found.mentions] == [("b",)]


def test_a_group_without_a_label_holds_several_figures() -> None:
    second = FIGURE.replace("Fig1", "Fig2").replace("Fig. 1", "Fig. 2")
    assert [f.label for f in parse(f"<fig-group>{FIGURE}{second}</fig-group>").figures] == ["Fig. 1", "Fig. 2"]


def test_figure_supplements_are_left_out_with_their_pictures() -> None:
    supplement = (
        '<fig id="s1"><label>Figure 1—figure supplement 1.</label><caption><p>More.</p></caption>'
        '<graphic xlink:href="s1.tif"/></fig>'
    )
    found = figure(
        '<fig id="f1"><label>Figure 1.</label><caption><p>Main.</p></caption><graphic xlink:href="f1.tif"/>'
        f"<p>{supplement}</p></fig><p>See Figure 1—figure supplement 1.</p>"
    )
    assert (found.caption, [p.name for p in found.pictures], found.mentions) == ("Main.", ["f1.tif"], ())


@pytest.mark.parametrize(
    "other",
    [
        f"<supplementary-material>{FIGURE}</supplementary-material>",
        FIGURE.replace("Fig. 1", "Supplementary Fig. 1"),
        FIGURE.replace("Fig. 1", "Extended Data Fig. 1"),
        FIGURE.replace("Fig. 1", "Scheme 1"),
        FIGURE.replace("<label>Fig. 1</label>", ""),
        '<table-wrap id="T1"><label>Table 1</label><graphic xlink:href="t"/></table-wrap>',
    ],
)
def test_what_is_no_figure_of_the_article(other: str) -> None:
    assert parse(other).figures == ()


def test_replies_and_reviews_bring_no_figures() -> None:
    reply = f'<sub-article article-type="reply"><body>{FIGURE}<p>Fig. 1</p></body></sub-article>'
    assert parse("<p>Text.</p>", rest=reply).figures == ()


def test_figures_at_the_end_of_the_file() -> None:
    found = figure("<p>See Fig. 1.</p>", rest=f"<floats-group>{FIGURE}</floats-group>")
    assert len(found.mentions) == 1


def test_the_label_may_stand_in_the_caption() -> None:
    found = figure('<fig id="F1"><caption><p>Fig. 1: Films.</p></caption><graphic xlink:href="f"/></fig>')
    assert found.label == "Fig. 1"


def test_figures_that_cannot_be_used_say_why() -> None:
    bare = '<fig id="F1"><label>Fig. 1</label>{}</fig>'
    assert figure(bare.format("<caption><p>Films.</p></caption>")).reject_slug == "no-picture"
    assert figure(bare.format('<graphic xlink:href="f"/>')).reject_slug == "no-caption"


def test_one_picture_of_alternatives_and_none_of_formulas() -> None:
    equation = '<inline-formula><alternatives><graphic xlink:href="eq"/></alternatives></inline-formula>'
    caption = f"<caption><p>X{equation}</p></caption>"
    pictures = '<alternatives><graphic xlink:href="big"/><graphic xlink:href="small"/></alternatives>'
    found = figure(f'<fig id="F1"><label>Fig. 1</label>{caption}{pictures}</fig>')
    assert [picture.name for picture in found.pictures] == ["big"]


def test_locators_are_unique() -> None:
    again = FIGURE.replace("Fig. 1", "Fig. 2")
    unnamed = FIGURE.replace(' id="Fig1"', "").replace("Fig. 1", "Fig. 3")
    locators = [f.locator for f in parse(FIGURE + again + unnamed).figures]
    assert locators == ["Fig1", "Fig1-2", "fig3"]


def test_headings_and_appendices_mention_figures_and_the_rest_of_the_back_matter_does_not() -> None:
    rest = (
        '<back><ack><p>For Fig. 1.</p></ack><sec sec-type="appendix"><title>More</title><p>Deep Fig. 1.</p></sec>'
        "<sec><title>Appendix B</title><p>Deeper Fig. 1.</p></sec><sec><title>Thanks</title><p>To Fig. 1.</p></sec>"
        '<notes notes-type="data-availability"><title>Data</title><p>Source of Fig. 1.</p></notes></back>'
    )
    body = (
        f'<sec><title>Step (Fig. <xref ref-type="fig" rid="Fig1">1</xref>b)</title><p>Go.</p>{FIGURE}</sec>'
        "<sec><title>On <italic>Fig.</italic> 1</title><p>Stop.</p></sec>"
        "<sec><title>All of Fig. 1</title><p>Rest.</p></sec><sec><title>Author contributions.</title><p>Doe drew Fig. 1.</p></sec>"
    )
    found = figure(body, rest=rest)
    assert [(m.section, m.text, m.panels, m.namings) for m in found.mentions] == [
        ("Step (Fig. 1b)", "Step (Fig. 1b)", ("b",), 1),
        ("On Fig. 1", "On Fig. 1", (), 1),
        ("All of Fig. 1", "All of Fig. 1", (), 1),
        ("More", "Deep Fig. 1.", (), 1),
        ("Appendix B", "Deeper Fig. 1.", (), 1),
    ]


def test_numbered_panels_of_the_caption_are_those_of_the_mention() -> None:
    caption = "<caption><p><bold>a1</bold> One. <bold>a2</bold> Two. <bold>b</bold> Three.</p></caption>"
    body = f'<p>See Fig. 1a1, a2.</p><fig id="F1"><label>Fig. 1</label>{caption}<graphic xlink:href="x"/></fig>'
    assert figure(body).mentions[0].panels == ("a1", "a2")


def test_a_licence_in_the_copyright_line() -> None:
    rights = "<permissions><copyright-statement>Open under CC BY 4.0, the authors.</copyright-statement></permissions>"
    assert parse("", meta=rights).license_uri == "https://creativecommons.org/licenses/by/4.0/"


def test_a_related_article_by_its_object_id() -> None:
    link = '<related-article related-article-type="corrected-article" xlink:href="123" ext-link-type="pubmed">'
    meta = f"{META}{link}<object-id>10.1000/of.it</object-id></related-article>"
    assert parse("", meta=meta, kind="correction").related == (Related("corrected-article", "10.1000/of.it"),)


def test_paragraphs_of_lists_and_appendices_count_and_footnotes_do_not() -> None:
    found = figure(
        f"{FIGURE}<sec><title>Methods</title><list><list-item><p>First Fig. 1.</p></list-item></list>"
        "<p>No<fn><p>Fig. 1</p></fn>.</p></sec>",
        rest="<back><app-group><app><title>More</title><p>Last Fig. 1.</p></app></app-group>"
        "<ack><p>Fig. 1</p></ack></back>",
    )
    assert [(m.text, m.section) for m in found.mentions] == [("First Fig. 1.", "Methods"), ("Last Fig. 1.", "More")]


@pytest.mark.parametrize(
    ("kind", "heading", "expected"),
    [
        ("research-article", "Article", "research-article"),
        ("research-article", "Error correction codes", "research-article"),
        ("case-report", "Case", "research-article"),
        ("correction", "Article", "correction"),
        ("other", "Publisher Correction", "correction"),
        ("other", "Editorial Expression of Concern", "correction"),
        ("letter", "Matters Arising", "comment"),
        ("retraction", "Retraction Note", "retraction"),
        ("brief-report", "Comment", "comment"),
        ("brief-report", "Genetics", "comment"),
        ("article-commentary", "Physics", "comment"),
        ("review-article", "Physics", "review"),
        ("research-article", "Review Article", "review"),
        ("editorial", "Physics", "other"),
        ("review-article", "Article", "review"),
        ("announcement", "Article", "other"),
        ("brief-report", "Article", "research-article"),
        ("other", "Research Highlight", "other"),
    ],
)
def test_article_types(kind: str, heading: str, expected: str) -> None:
    assert parse("<p/>", meta=META.replace(">Article<", f">{heading}<"), kind=kind).article_type == expected


def dates(*nodes: str) -> date | None:
    meta = META.split("<pub-date")[0] + "".join(nodes)
    return parse("<p/>", meta=meta).published_on


def test_dates() -> None:
    collection = (
        '<pub-date date-type="collection" publication-format="electronic"><month>12</month><year>2020</year></pub-date>'
    )
    printed = '<pub-date date-type="pub" publication-format="print" iso-8601-date="2019-01-02"/>'
    online = '<pub-date date-type="pub" publication-format="electronic" iso-8601-date="2021-02-03"/>'
    released = '<pub-date pub-type="pmc-release"><day>1</day><month>4</month><year>2021</year></pub-date>'
    nonsense = '<pub-date pub-type="epub"><day>45</day><month>13</month><year>2021</year></pub-date>'
    assert dates(collection, printed, online) == date(2021, 2, 3)
    assert dates(collection, released) == date(2021, 4, 1)
    assert dates(collection) == date(2020, 12, 1)
    assert dates(nonsense) is None
    assert dates(f'<pub-date pub-type="epub"><year>{"9" * 5000}</year></pub-date>') is None
    assert dates() is None


LINKED = '<ext-link xlink:href="http://creativecommons.org/licenses/by/3.0/">it</ext-link>'
REFERENCE = "<ali:license_ref>https://creativecommons.org/licenses/by/4.0/</ali:license_ref>"


@pytest.mark.parametrize(
    ("rights", "uri"),
    [
        (f"<license><license-p>See {LINKED}</license-p></license>", "http://creativecommons.org/licenses/by/3.0/"),
        (f'<license xmlns:ali="urn:x">{REFERENCE}</license>', "https://creativecommons.org/licenses/by/4.0/"),
        (
            f'<license_ref xmlns="urn:x">{"https://creativecommons.org/licenses/by/4.0/"}</license_ref>',
            "https://creativecommons.org/licenses/by/4.0/",
        ),
        (
            "<license><license-p>Creative Commons Attribution-NonCommercial 4.0</license-p></license>",
            "https://creativecommons.org/licenses/by-nc/4.0/",
        ),
        ("<copyright-statement>© A Society. All rights reserved.</copyright-statement>", None),
    ],
)
def test_licences(rights: str, uri: str | None) -> None:
    meta = META.split("<permissions>")[0] + f"<permissions>{rights}</permissions>"
    assert parse("<p/>", meta=meta).license_uri == uri


def test_related_articles() -> None:
    node = '<related-article related-article-type="corrected-article" ext-link-type="doi" xlink:href="10.1038/s1"/>'
    assert parse("<p/>", meta=META + node).related == (Related("corrected-article", "10.1038/s1"),)


NOTICE = "<p>Correction to: <italic>A Journal</italic> {}, published online.</p>"


@pytest.mark.parametrize(
    ("kind", "related"), [("correction", "corrected-article"), ("retraction", "retracted-article")]
)
def test_a_notice_without_a_link_names_its_article_in_the_text(kind: str, related: str) -> None:
    for named in (
        "10.1038/s41467-000-00002-3",
        '<ext-link xlink:href="https://doi.org/10.1038/s41467-000-00002-3">it</ext-link>',
    ):
        body = NOTICE.format(named) + "<p>See also 10.1038/s41467-000-00000-1 and 10.1000/other.</p>"
        assert parse(body, kind=kind).related == (Related(related, "10.1038/s41467-000-00002-3"),)
    assert parse(NOTICE.format("10.1038/s41467-000-00002-3")).related == ()


def test_wrappers_and_namespaces_are_looked_through() -> None:
    inner = document(FIGURE).decode().split("?>", 1)[1].replace(DOCTYPE, "")
    wrapped = f"<pmc-articleset>{inner}</pmc-articleset>"
    spaced = inner.replace("<article ", '<article xmlns="https://jats.nlm.nih.gov/ns/archiving/1.3/" ')
    for data in (wrapped, spaced):
        assert [f.locator for f in jats.parse(data.encode()).figures] == ["Fig1"]


def test_comments_instructions_and_undeclared_entities_do_not_disturb() -> None:
    found = figure(FIGURE.replace("Sketch.", "Ske<!-- no -->tch<?pi?> of &alpha;&nbsp;rays &unknown;."))
    assert found.caption == "Films. a Sketch of α rays &unknown;. b, c Data."


def test_control_characters_and_odd_blanks() -> None:
    assert figure(FIGURE.replace("Sketch.", "10\u2009\u00b5m\u200b\u00ad\n wide.")).caption.startswith(
        "Films. a 10 µm wide."
    )


@pytest.mark.parametrize(
    "declared",
    [
        '<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">',
        '<!ENTITY xxe SYSTEM "file:///etc/hostname">',
        '<!ENTITY % remote SYSTEM "http://localhost/x.dtd"> %remote;',
    ],
)
def test_entities_of_its_own_are_hostile(declared: str) -> None:
    text = f"<!DOCTYPE article [{declared}]><article><front><article-meta/></front></article>"
    for data in (text.encode(), text.encode("utf-16")):
        with pytest.raises(HostileInput) as caught:
            jats.parse(data)
        assert caught.value.slug == "hostile-xml"


def test_an_external_dtd_is_not_loaded(tmp_path: Path) -> None:
    dtd = tmp_path / "x.dtd"
    dtd.write_text('<!ENTITY secret "LEAKED">')
    data = document(FIGURE.replace("Sketch.", "&secret;")).decode().replace("JATS-archivearticle1.dtd", dtd.as_uri())
    assert "LEAKED" not in jats.parse(data.encode()).figures[0].caption


def test_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "MAX_BYTES", 1000)
    with pytest.raises(HostileInput) as caught:
        jats.parse(b"<article>" + b" " * 1000)
    assert caught.value.slug == "too-large"


@pytest.mark.parametrize(
    ("data", "slug"),
    [
        (b"", "malformed-document"),
        (b"%PDF-1.7 \x00\x01", "malformed-document"),
        (b"<article><front>", "malformed-document"),
        (b"<a>" * 100_000, "malformed-document"),
        (b"<html><body/></html>", "unsupported-document"),
        (b"<article/>", "unsupported-document"),
    ],
)
def test_what_is_no_jats(data: bytes, slug: str) -> None:
    with pytest.raises(BadInput) as caught:
        jats.parse(data)
    assert caught.value.slug == slug


PIECES = st.sampled_from(
    [
        FIGURE,
        "<p>Fig. 1a</p>",
        "<sec><title>T</title><p/></sec>",
        "<fig/>",
        "<fig><label/></fig>",
        "<fig-group/>",
        MATHML,
        TEX,
        "<xref rid='Fig1 Fig2'/>",
        "<alternatives/>",
        "<inline-formula/>",
        "<list><p>x</p></list>",
        "text",
        "&#8201;",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(PIECES, max_size=8))
def test_any_mixture_of_elements_is_read(pieces: list[str]) -> None:
    found = parse(f"<p>{''.join(pieces)}</p>{''.join(pieces)}")
    assert len({f.locator for f in found.figures}) == len(found.figures)
    assert [f.ordinal for f in found.figures] == list(range(1, len(found.figures) + 1))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        jats.parse(data)
