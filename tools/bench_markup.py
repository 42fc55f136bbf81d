"""Articles of the size and make-up of real ones, for measuring parsers: half of the bytes are references and front matter."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

_WORDS = [
    "growth",
    "of",
    "thin",
    "films",
    "under",
    "pressure",
    "shows",
    "that",
    "the",
    "yield",
    "rises",
    "with",
    "temperature",
    "and",
    "falls",
    "where",
    "cells",
    "were",
]
_FIGURES = 7
_PARAGRAPHS = 48
_REFERENCES = 70


def _prose(choice: random.Random, words: int) -> str:
    return " ".join(choice.choices(_WORDS, k=words)).capitalize() + "."


def _paragraph(choice: random.Random, link: Callable[[int, str], str], cite: Callable[[int], str]) -> str:
    """About 900 characters with citations; two of three name a figure."""
    sentences = [_prose(choice, 20) + cite(choice.randrange(1, _REFERENCES)) for _ in range(7)]
    for _ in range(choice.choice([0, 1, 2])):
        place = choice.randrange(len(sentences))
        figure = choice.randrange(1, _FIGURES + 1)
        sentences[place] = f"{_prose(choice, 12)[:-1]} ({link(figure, choice.choice('abcd'))})." + sentences[place]
    return " ".join(sentences)


def _panels(choice: random.Random, bold: str) -> str:
    return " ".join(f"<{bold}>{letter}</{bold}> {_prose(choice, 18)}" for letter in "abcdef")


def real_jats() -> list[bytes]:
    """The JATS articles in the folder of real documents that OMNISCI_REALDATA names; none where it is not at hand."""
    folder = os.environ.get("OMNISCI_REALDATA")
    files = sorted(Path(folder).glob("*jats*/**/*")) if folder else []
    return [path.read_bytes() for path in files if path.suffix in {".xml", ".nxml"}]


def jats() -> bytes:
    """A JATS article of about 115 kB."""
    choice = random.Random(1)

    def link(figure: int, panel: str) -> str:
        return f'Fig. <xref ref-type="fig" rid="Fig{figure}">{figure}{panel}</xref>'

    def cite(number: int) -> str:
        return f'<sup><xref ref-type="bibr" rid="CR{number}">{number}</xref></sup>'

    people = "".join(
        f'<contrib contrib-type="author"><name><surname>Poe{n}</surname><given-names>Ann</given-names></name>'
        f'<xref ref-type="aff" rid="Aff{n}">{n}</xref></contrib>'
        for n in range(12)
    )
    figures = "".join(
        f'<fig id="Fig{n}"><label>Fig. {n}</label><caption><title>{_prose(choice, 8)}</title><p>{_panels(choice, "bold")}</p>'
        f'</caption><graphic xlink:href="Fig{n}_HTML"/></fig>'
        for n in range(1, _FIGURES + 1)
    )
    body = "".join(
        f"<sec><title>{_prose(choice, 4)}</title>{''.join(f'<p>{_paragraph(choice, link, cite)}</p>' for _ in range(6))}</sec>"
        for _ in range(_PARAGRAPHS // 6)
    )
    references = "".join(
        f'<ref id="CR{n}"><label>{n}.</label><element-citation publication-type="journal"><person-group person-group-type="author">'
        f"{'<name><surname>Roe</surname><given-names>B</given-names></name>' * 4}</person-group><article-title>{_prose(choice, 12)}"
        f"</article-title><source>A Journal</source><year>2019</year><volume>{n}</volume><fpage>1</fpage><lpage>9</lpage>"
        f'<pub-id pub-id-type="doi">10.1000/{n}</pub-id></element-citation></ref>'
        for n in range(_REFERENCES)
    )
    return (
        '<?xml version="1.0"?><article xmlns:xlink="http://www.w3.org/1999/xlink" article-type="research-article"><front><article-meta>'
        '<article-id pub-id-type="doi">10.1038/s41467-000-00000-1</article-id><title-group><article-title>On films</article-title>'
        f'</title-group><contrib-group>{people}</contrib-group><pub-date pub-type="epub"><day>5</day><month>3</month><year>2021</year>'
        "</pub-date><permissions><license><license-p>CC BY 4.0</license-p></license></permissions>"
        f"<abstract><p>{_prose(choice, 150)}</p></abstract></article-meta></front><body>{body}{figures}</body>"
        f"<back><ref-list>{references}</ref-list></back></article>"
    ).encode()


def nature_html() -> bytes:
    """An article page of about 260 kB."""
    choice = random.Random(2)

    def link(figure: int, panel: str) -> str:
        return f'Fig. <a data-track="click" data-track-action="figure anchor" href="/articles/x#Fig{figure}">{figure}{panel}</a>'

    def cite(number: int) -> str:
        return (
            f'<sup><a data-track="click" title="Roe, B. A Journal" href="/articles/x#ref-CR{number}">{number}</a></sup>'
        )

    figures = "".join(
        f'<div class="c-article-section__figure" id="figure-{n}"><figure><figcaption><b id="Fig{n}">Fig. {n}: {_prose(choice, 8)}</b>'
        f'</figcaption><div><picture><img src="//media.springernature.com/lw685/x/Fig{n}_HTML.png" alt="figure {n}"></picture></div>'
        f'<div class="c-article-section__figure-description"><p>{_panels(choice, "b")}</p></div></figure></div>'
        for n in range(1, _FIGURES + 1)
    )
    body = "".join(
        f"<section><h2>{_prose(choice, 4)}</h2>{''.join(f'<p>{_paragraph(choice, link, cite)}</p>' for _ in range(6))}</section>"
        for _ in range(_PARAGRAPHS // 6)
    )
    references = "".join(
        f'<li class="c-article-references__item"><p class="c-article-references__text" id="ref-CR{n}">{_prose(choice, 20)}</p>'
        f'<p class="c-article-references__links"><a href="https://doi.org/10.1000/{n}" data-track="click">Article</a> '
        f'<a href="https://example.org/cas/{n}" data-track="click" data-track-action="cas reference" rel="nofollow">CAS</a> '
        f'<a href="https://example.org/ads/{n}" data-track="click" data-track-action="ads reference" rel="nofollow">ADS</a> '
        f'<a href="https://example.org/search/{n}" data-track="click" rel="nofollow">Search</a></p></li>'
        for n in range(_REFERENCES)
    )
    meta = "".join(f'<meta name="citation_reference" content="{_prose(choice, 25)}"/>' for _ in range(_REFERENCES))
    script = f"<script>var x = {{{', '.join(f'k{n}: {n}' for n in range(9000))}}};</script>"
    return (
        f'<!DOCTYPE html><html><head><meta name="citation_doi" content="10.1038/s41467-000-00000-1"/>{meta}{script}</head><body><main>'
        f'<article><div class="c-article-body">{body}{figures}<section data-title="References"><h2>References</h2><ol>{references}</ol>'
        "</section></div></article></main></body></html>"
    ).encode()


def latexml() -> bytes:
    """A LaTeXML page of about 200 kB, half of it formulas."""
    choice = random.Random(3)
    formula = (
        '<math class="ltx_Math" alttext="K_{x}" display="inline"><semantics><msub><mi>K</mi><mi>x</mi></msub><annotation-xml '
        'encoding="MathML-Content"><apply><csymbol>subscript</csymbol><ci>K</ci><ci>x</ci></apply></annotation-xml>'
        '<annotation encoding="application/x-tex">K_{x}</annotation></semantics></math>'
    )

    def link(figure: int, panel: str) -> str:
        return f'Figure <a class="ltx_ref" href="#S1.F{figure}"><span class="ltx_text ltx_ref_tag">{figure}</span></a>{panel}'

    def cite(number: int) -> str:
        return f' of {formula} <cite class="ltx_cite">[<a class="ltx_ref" href="#bib.bib{number}">{number}</a>]</cite>.'

    figures = "".join(
        f'<figure class="ltx_figure" id="S1.F{n}"><img class="ltx_graphics" src="x{n}.png"><figcaption class="ltx_caption"><span '
        f'class="ltx_tag ltx_tag_figure">Figure {n}: </span>{" ".join(f"({c}) {_prose(choice, 18)}" for c in "abcdef")}</figcaption></figure>'
        for n in range(1, _FIGURES + 1)
    )
    body = "".join(
        f'<div class="ltx_para"><p class="ltx_p">{_paragraph(choice, link, cite)}</p></div>' for _ in range(_PARAGRAPHS)
    )
    references = "".join(
        f'<li class="ltx_bibitem" id="bib.bib{n}">{_prose(choice, 20)}</li>' for n in range(_REFERENCES)
    )
    return (
        '<!DOCTYPE html><html><body><div class="ltx_page_main"><article class="ltx_document"><h1 class="ltx_title_document">On films</h1>'
        f'<section class="ltx_section"><h2 class="ltx_title">Results</h2>{body}{figures}</section><section class="ltx_bibliography"><ul>'
        f"{references}</ul></section></article></div></body></html>"
    ).encode()
