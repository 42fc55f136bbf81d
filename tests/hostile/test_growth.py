"""Documents made so that what reads a part again and again takes for ever: time and room grow with length only."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from omnisci_etl.errors import HostileInput
from omnisci_etl.papers import jats, latexml, nature_html
from omnisci_etl.papers.mentions import survey
from omnisci_etl.papers.model import Document, Link, Panel, Paragraph

SECONDS = 6.0
LETTERS = 200_000
DEEP = 200

JATS = """<article xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta>
<article-id pub-id-type="doi">10.1038/x</article-id>{0}</article-meta></front><body><sec><title>Results</title>{1}
<fig id="F1"><label>Fig. 1</label><caption><p>(a1) Maps. (a2) Runs. (b1) Salt. (b2) Heat.</p></caption>
<graphic xlink:href="f1"/></fig></sec></body><back>{2}</back></article>"""
NATURE = """<html><head><meta name="citation_doi" content="10.1038/x"></head><body><article>{0}<h2>Results</h2>{1}
<figure><figcaption>Fig. 1: Films.</figcaption><img src="//a/f1.png"><div class="description"><b>a1</b> Maps. <b>a2</b> Runs.
<b>b1</b> Salt. <b>b2</b> Heat.</div></figure>{2}</article></body></html>"""
LATEXML = """<article class="ltx_document">{0}{1}<figure id="F1"><img src="x1.png"><figcaption>Figure 1: (a1) Maps. (a2) Runs.
(b1) Salt. (b2) Heat.</figcaption></figure>{2}</article>"""
PARSERS: dict[str, tuple[Callable[[bytes], Document], str]] = {
    "jats": (jats.parse, JATS),
    "nature": (nature_html.parse, NATURE),
    "latexml": (latexml.parse, LATEXML),
}


def _nested(tag: str, content: str, depth: int = DEEP) -> str:
    return f"<{tag}>" * depth + content + f"</{tag.split()[0]}>" * depth


def _many(piece: str, letters: int = LETTERS) -> str:
    return piece * (letters // len(piece))


def _figures(start: int, stop: int) -> str:
    return "".join(f'<fig id="G{n}"><label>Fig. {n}</label><graphic xlink:href="x"/></fig>' for n in range(start, stop))


RANGES = "Figs " + "–".join(str(n) for n in range(1, 990, 49))
# By parser and place: 0 stands before the text, 1 in it, 2 behind it.
BOMBS: dict[str, tuple[str, int, str]] = {
    "appendices": ("jats", 2, _nested("app", _many("<p>Fig. 1 words</p>"))),
    "titles": ("jats", 1, _nested("app", "")[: DEEP // 2 * 5].replace("<app>", "<app><title>") + _many("<i>x</i>") + "</title></app>" * (DEEP // 2)),
    "keywords": ("jats", 0, f'<kwd-group kwd-group-type="subject">{_nested("kwd", _many("words "))}</kwd-group>'),
    "licences": ("jats", 0, f"<permissions><license>{_nested('license_ref', _many('creative commons cc '))}</license></permissions>"),
    "tex": ("jats", 1, f"<p>Fig. 1 <inline-formula>{_many('<tex-math>x</tex-math>')}</inline-formula></p>"),
    "alternatives": ("jats", 1, f"<p>Fig. 1 {_nested('alternatives', _many('<i> </i>'))}</p>"),
    "raised": ("jats", 1, f"<p>Fig. 1 {_nested('sup', _many('<xref> </xref>', 800_000))}</p>"),
    "label-of-part": ("jats", 1, f"<fig><label>Fig. 2</label><fig><label>{'x' * LETTERS}</label>{_many('<graphic xlink:href=' + chr(34) + 'x' + chr(34) + '/>')}</fig></fig>"),
    "figures": ("jats", 1, "<fig><label>Fig. 2</label>" * DEEP + _many("<fig><label>a</label><caption><p>w w</p></caption></fig>") + "</fig>" * DEEP),
    "groups": ("jats", 1, "<fig-group><label>Fig. 2</label>" * DEEP + _many("<fig><label>a</label></fig>") + "</fig-group>" * DEEP),
    "links": ("jats", 1, f'<p><xref rid="{_many("F1 ")}">{_many("Fig. 2 x ")}</xref></p>'),
    "links-without-number": ("jats", 1, f"<p>fig{_many('<xref rid=' + chr(34) + 'F1' + chr(34) + '>a</xref> word ', 800_000)}</p>"),
    "mentions": ("jats", 1, _figures(2, 990) + f"<p>{RANGES}</p>" * 2_000),
    "abstract": ("nature", 0, _nested('div id="abstract"', _many("<p>x</p>", 100_000))),
    "rights": ("nature", 2, _nested('section data-title="Rights"', _many("creative commons cc "))),
    "subjects": ("nature", 2, _nested('li class="subject-list__subject"', _many("<a>subject</a>"))),
    "captions": ("nature", 2, _nested("figure", _many("<figcaption>Figure 2: x</figcaption>"))),
    "captions-each": ("nature", 2, ("<figure><figcaption>Figure 2: x</figcaption>" * DEEP + "</figure>" * DEEP) * 20),
    "sources": ("nature", 2, f"<figure><figcaption>Figure 2: x</figcaption><picture>{_many('<source>')}{_many('<img>')}</picture></figure>"),
    "raised-links": ("nature", 1, f"<p>Fig. 1 {_nested('sup', _many('<a href=' + chr(34) + '#x' + chr(34) + '>z</a>', 800_000))}</p>"),
    "abstracts": ("latexml", 0, _nested('div class="ltx_abstract"', _many("<p>words</p>"))),
    "authors": ("latexml", 0, _nested('div class="ltx_personname"', _many("A. Person, "))),
    "citations": ("latexml", 1, f"<p>Fig. 1 {_nested('cite', _many('<a href=' + chr(34) + '#x' + chr(34) + '>fig</a>', 400_000))}</p>"),
    "pictures": ("latexml", 2, _nested("figure", _many('<img src="a.png">', 800_000) + "<figcaption>Figure 7: x</figcaption>")),
    "captions-in-one": ("latexml", 2, f"<figure>{_many('<figcaption>Figure 2: x</figcaption>', 800_000)}</figure>"),
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_what_is_read_again_is_read_once(bomb: str) -> None:
    name, place, content = BOMBS[bomb]
    parse, frame = PARSERS[name]
    data = frame.format(*(content if n == place else "" for n in range(3))).encode()
    started = time.process_time()
    found = _read(parse, data)
    assert time.process_time() - started < SECONDS
    if found is not None:
        assert found.figures
        kept = sum(len(figure.caption) + sum(len(m.sentence) for m in figure.mentions) for figure in found.figures)
        assert kept + len(found.abstract) + sum(map(len, found.subjects + found.authors)) < 6 * len(data)


def _read(parse: Callable[[bytes], Document], data: bytes) -> Document | None:
    """The document, None where it is too large."""
    try:
        return parse(data)
    except HostileInput:
        return None


def test_mentions_do_not_multiply_the_text_without_end() -> None:
    figures = {f"F{n}": f"Fig. {n}" for n in range(1, 990)}
    with pytest.raises(HostileInput):
        survey([Paragraph(RANGES + " word" * 20_000)], figures)
    assert len(survey([Paragraph(RANGES)], figures)[0]["F7"]) == 1


def test_a_numbered_panel_stands_near_the_name_of_its_figure() -> None:
    text = "Fig. 2a1 and Fig. 2b2 differ." + " word" * 100
    panels = {"F2": [Panel(label, "") for label in ("a1", "a2", "b1", "b2")]}
    (mention,) = survey([Paragraph(text)], {"F2": "Fig. 2"}, panels)[0]["F2"]
    assert mention.panels == ("a1", "b2")


def test_links_over_one_stretch_are_all_mentions() -> None:
    text = "Fig. 1, Fig. 2 and others"
    links = tuple(Link(0, len(text), f"F{n}") for n in (1, 2, 3))
    found = survey([Paragraph(text, "", links)], {f"F{n}": f"Fig. {n}" for n in (1, 2, 3)})[0]
    assert [len(found[f"F{n}"]) for n in (1, 2, 3)] == [1, 1, 1]
