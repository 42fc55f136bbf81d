"""The markup parsers on damaged and malicious documents: a document or a refusal, within seconds."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from omnisci_etl.errors import BadInput
from omnisci_etl.papers import jats, latexml, nature_html, xml
from omnisci_etl.papers.model import Document

SECONDS = 10.0

JATS = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE article PUBLIC "-//NLM//DTD JATS v1.1//EN" "JATS-archivearticle1.dtd">
<article xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:m="http://www.w3.org/1998/Math/MathML" article-type="correction">
<front><article-meta><article-id pub-id-type="doi">10.1038/x</article-id>
<title-group><article-title>On <italic>films</italic></article-title></title-group>
<contrib-group><contrib><name><surname>Poe</surname><given-names>A.</given-names></name></contrib></contrib-group>
<pub-date pub-type="epub"><day>5</day><month>3</month><year>2021</year></pub-date>
<permissions><license><license-p>CC BY 4.0</license-p></license></permissions>
<abstract><p>Films grow.</p></abstract></article-meta></front>
<body><sec><title>Results</title><p>See <xref ref-type="fig" rid="F1">Fig. 1a–c</xref><sup><xref ref-type="bibr"
rid="R1">2</xref></sup>. Correction to 10.1038/y.</p>{0}
<fig-group id="g"><fig id="F1"><label>Fig. 1</label><caption><title>Films.</title><p><bold>a</bold> One of <inline-formula>
<alternatives><tex-math>\\begin{{document}}$x$\\end{{document}}</tex-math><m:math><m:mi>x</m:mi></m:math></alternatives>
</inline-formula>. <bold>b</bold>–<bold>d</bold> More.</p></caption><graphic xlink:href="f1"/></fig>
<fig id="F2"><label>Figure 2</label><caption><p>{1}</p></caption><graphic xlink:href="f2"/></fig></fig-group></sec></body></article>"""
NATURE = """<!DOCTYPE html><html><head><meta name="citation_doi" content="10.1038/x"><meta name="dc.date" content="2021-03-05">
<meta name="citation_article_type" content="Author Correction"><meta name="citation_title" content="On films"></head><body>
<article><section><h2>Results</h2><p>See <a href="#Fig1">Fig. 1a–c</a><sup><a href="#ref-CR1">2</a></sup>.</p>{0}<figure>
<figcaption><b>Fig. 1: Films.</b></figcaption><img src="//media.springernature.com/lw685/f1.png"><div class="figure-description">
<p><b>a</b> One of <span class="mathjax-tex">\\(x\\)</span>. <b>b</b>–<b>d</b> More.</p></div></figure>
<figure><figcaption>Figure 2: {1}</figcaption><img src="/f2.png"></figure></section>
<section aria-labelledby="rightslink"><a rel="license" href="http://creativecommons.org/licenses/by/4.0/">CC BY</a></section></article>"""
LATEXML = """<!DOCTYPE html><html><body><div id="watermark-tr">arXiv:2401.00001v1 [cs.CL] 02 Jan 2024</div>
<article class="ltx_document"><h1 class="ltx_title_document">On films</h1><span class="ltx_personname">A. Poe, B. Roe<br>Here</span>
<section><h2>Results</h2><p>See Figure <a href="#F1">1</a>a and <a href="#F1.sf2">1(b)</a>.</p>{0}
<figure class="ltx_figure" id="F1"><figure id="F1.sf1"><img src="x1.png"><figcaption><span class="ltx_tag">(a)</span>Cold.</figcaption></figure>
<figure id="F1.sf2"><img src="x2.png"><figcaption><span class="ltx_tag">(b)</span>Warm.</figcaption></figure>
<figcaption><span class="ltx_tag">Figure 1: </span>Films of <math><mi>x</mi><annotation>x</annotation></math>.</figcaption></figure>
<figure id="F2"><img src="x3.png"><figcaption><span class="ltx_tag">Figure 2: </span>{1}</figcaption></figure></section></article>"""

Parser = Callable[[bytes], Document]
PARSERS: dict[str, tuple[Parser, str]] = {
    "jats": (jats.parse, JATS),
    "nature": (nature_html.parse, NATURE),
    "latexml": (latexml.parse, LATEXML),
}
each_parser = pytest.mark.parametrize("name", PARSERS)

FRAGMENTS = [
    *(f"<{end}{tag}>" for tag in ("p", "fig", "figure", "figcaption", "b", "sup", "table", "article") for end in ("", "/")),
    *("\0", "<", ">", "&", '"', "]]>", "<!--", "<![CDATA[", "&#0;", "&#xD800;", "&nbsp;", "&lol;", "\u200b", "\ufffe", " "),
    *("Fig. 1", "Figs 1–99999", "(a)–(z)", "9" * 5000, "10.1038/", "CC BY-", "http://[::1", "<?xml version='1.0'?>"),
    *('<xref rid="F1 F2 F1"/>', '<a href="#Fig2"></a>', '<a href="#F1.sf1">', '<img src="//[">', "<svg>", "<m:math>"),
]  # fmt: skip


def source(name: str, body: str = "", caption: str = "More films.") -> bytes:
    return PARSERS[name][1].format(body, caption).encode()


def read(name: str, data: bytes) -> Document | None:
    """The document, None where it is refused; any other exception and a hang fail the test."""
    started = time.process_time()
    try:
        found = PARSERS[name][0](data)
    except BadInput:
        found = None
    assert time.process_time() - started < SECONDS
    for figure in found.figures if found else ():
        assert "\0" not in figure.caption + figure.label
        assert figure.reject_slug or (figure.pictures and figure.caption)
    return found


def mutated(data: bytes, choice: random.Random) -> bytes:
    """The bytes with up to a dozen places overwritten, cut, doubled, or with a fragment put in."""
    out = bytearray(data)
    for _ in range(choice.randint(1, 12)):
        start = choice.randrange(len(out) + 1)
        end = min(len(out), start + choice.choice([1, 8, 60, 400]))
        kind = choice.randrange(5)
        if kind == 0:
            out[start:end] = bytes(choice.randrange(256) for _ in range(min(end - start, 8)))
        elif kind == 1:
            del out[start:end]
        elif kind == 2:
            out[start:start] = out[start:end] * choice.choice([1, 20])
        elif kind == 3:
            out[start:start] = choice.choice(FRAGMENTS).encode()
        elif choice.random() < 0.2:
            del out[start:]
    return bytes(out)


@each_parser
def test_the_sources_are_whole(name: str) -> None:
    found = read(name, source(name))
    assert found is not None
    assert [figure.label[-1] for figure in found.figures] == ["1", "2"]
    assert len(found.figures[0].mentions) == 1


@each_parser
@settings(max_examples=80, deadline=None)
@given(choice=st.randoms(use_true_random=False))
def test_mutated_bytes(name: str, choice: random.Random) -> None:
    read(name, mutated(source(name), choice))


@each_parser
@settings(max_examples=40, deadline=None)
@given(choice=st.randoms(use_true_random=False))
def test_elements_moved_removed_and_renamed(name: str, choice: random.Random) -> None:
    """Trees that stay well-formed, so that XML too gets past the parser."""
    root = etree.fromstring(source(name), None if name == "jats" else etree.HTMLParser())
    for _ in range(choice.randint(1, 8)):
        nodes = [node for node in root.iter(etree.Element) if node is not root]
        one, other = choice.choice(nodes), choice.choice(nodes)
        kind = choice.randrange(5)
        parent = one.getparent()
        if kind == 0 and parent is not None:
            parent.remove(one)
        elif kind == 1 and one not in other.iterancestors() and one is not other:
            other.append(one)
        elif kind == 2:
            one.tag = other.tag
        elif kind == 3:
            one.set(
                choice.choice(["id", "rid", "class", "href", "src"]), choice.choice(["F1", "", "#F1", "ltx_tag", "//["])
            )
        else:
            one.text = choice.choice(["Fig. 1", "(a) x", "", "2021", "9" * 5000, "\u200b"])
        if len(root) == 0:
            break
    read(name, etree.tostring(root, encoding="utf-8", method="xml" if name == "jats" else "html"))


@each_parser
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-32", "latin-1", "cp1252", "shift-jis", "utf-7"])
def test_encodings_other_than_stated(name: str, encoding: str) -> None:
    read(name, source(name).decode().encode(encoding, "replace"))


@each_parser
@pytest.mark.parametrize("cut", range(1, 10))
def test_truncated(name: str, cut: int) -> None:
    data = source(name)
    read(name, data[: len(data) * cut // 10])


@each_parser
@pytest.mark.parametrize("tag", ["p", "b", "fig", "figure", "sup", "div", "alternatives", "math", "figcaption"])
def test_deep_nesting(name: str, tag: str) -> None:
    for depth in (200, 30_000):
        read(name, source(name, f"<{tag}>" * depth + "Fig. 1" + f"</{tag}>" * depth))


LONG = [
    "x",
    "word ",
    "(a) x. ",
    "Fig. 1a–c, ",
    "<b>a</b> x ",
    "(",
    "a–",
    "A. ",
    "CC BY-",
    "10.1234/",
    "\u200b",
    ". ",
    "&amp;",
    "“a”, ",
]


@each_parser
@pytest.mark.parametrize("piece", LONG, ids=range(len(LONG)))
def test_captions_and_paragraphs_of_megabytes(name: str, piece: str) -> None:
    text = piece * (150_000 // len(piece))
    read(name, source(name, body=f"<p>Fig. 1 {text}</p>", caption=text))


@each_parser
def test_a_caption_of_ten_megabytes(name: str) -> None:
    found = read(name, source(name, caption="Growth (a) of films. " * 480_000))
    assert found is None or found.figures


FLOODS = [
    "<p>Figs 1–50</p>",
    "<xref rid='F1'/>",
    "<p><xref rid='F1 F2'/><a href='#F1'></a></p>",
    "<h2>a</h2>",
    "<fig><label>Fig. 3</label></fig>",
    "<figure><figcaption>(a) x</figcaption></figure>",
    "<figcaption>Figure 3: x</figcaption><img src='x'/>",
    "<sup><a href='#ref-1'>1</a></sup>",
    "<inline-formula><tex-math>x</tex-math></inline-formula>",
]


@each_parser
@pytest.mark.parametrize("piece", FLOODS, ids=range(len(FLOODS)))
def test_floods_of_elements(name: str, piece: str) -> None:
    flood = piece * 2_500
    for body in (flood, f"<p>Fig. 1 {flood}</p>", f"<figure>{flood}<figcaption>Figure 4: x</figcaption></figure>"):
        read(name, source(name, body))


def test_a_cross_reference_to_the_same_figure_for_ever() -> None:
    (first, _) = jats.parse(source("jats", f"<p>x<xref rid='{'F1 ' * 400_000}'/></p>")).figures
    assert len(first.mentions) == 1


@pytest.mark.parametrize("name", ["nature", "latexml"])
@pytest.mark.parametrize("form", ["a{}", "a{}=''", 'a{}="1"', "a{}/"])
def test_tags_with_very_many_attributes(name: str, form: str) -> None:
    attributes = " ".join(form.format(n) for n in range(60_000))
    assert read(name, source(name, f"<p {attributes}>x</p>")) is None


@each_parser
def test_too_many_tags(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "MAX_TAGS", 200)
    assert read(name, source(name, "<i>x</i>" * 200)) is None


ENTITIES = '<!DOCTYPE article [<!ENTITY a "{}">{}]>'
BOMBS = {
    "laughs": ENTITIES.format("lol", "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 30)).replace("&a0;", "&a;")),
    "quadratic": ENTITIES.format("x" * 100_000, ""),
    "file": '<!DOCTYPE article [<!ENTITY a SYSTEM "file:///etc/hostname">]>',
    "parameter": '<!DOCTYPE article [<!ENTITY % p SYSTEM "http://localhost:9/x.dtd"> %p;]>',
    "attribute": '<!DOCTYPE article [<!ATTLIST fig id CDATA "F9">]>',
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32", "utf-7"])
def test_declared_entities(bomb: str, encoding: str) -> None:
    body = f"<p>{'&a;' * 10_000}&a29;</p>"
    document = source("jats", body).decode().split("\n", 2)[2]
    data = f"<?xml version='1.0' encoding='{encoding}'?>{BOMBS[bomb]}{document}".encode(encoding)
    found = read("jats", data)
    assert found is None or bomb == "attribute"
