"""What is asked of a JATS paragraph before it is read, and of a file before it is parsed."""

from __future__ import annotations

import pytest
from lxml import etree

from omnisci_etl.errors import BadInput, HostileInput
from omnisci_etl.papers import jats
from omnisci_etl.papers.jats_text import BodyReader
from omnisci_etl.papers.xml import parse_xml

APPENDIX = "<app-group><app><p>And <bold>Fig. 1</bold> again.</p></app></app-group>"


@pytest.mark.parametrize("rid", ["F1", "CR1 F1", "F1 CR1", "CR1", "CR1 CR2", "F11", ""])
def test_a_paragraph_links_a_figure_where_one_of_its_cross_references_does(rid: str) -> None:
    paragraph = etree.fromstring(f'<p>See <italic><xref rid="CR9">9</xref> <xref rid="{rid}">1</xref></italic>.</p>')
    reader = BodyReader({"F1": ("F1", "")})
    assert reader.links_figure(paragraph) is any(reader.targets(node) for node in paragraph.iter("xref"))
    assert reader.links_figure(paragraph) is ("F1" in rid.split())


@pytest.mark.parametrize("comments", [0, 99, 100, 101, 500])
def test_entities_are_refused_however_many_comments_stand_before_them(comments: int) -> None:
    data = f'{"<!-- -->" * comments}<!DOCTYPE article [<!ENTITY a "b">]><article/>'.encode()
    with pytest.raises(HostileInput, match="entities of its own"):
        parse_xml(data)


def article(back: str) -> bytes:
    return (
        '<article xmlns:xlink="http://www.w3.org/1999/xlink"><front><article-meta/></front><body>'
        '<fig id="F1"><label>Fig. 1</label><caption><p>Films.</p></caption><graphic xlink:href="x"/></fig>'
        f'<p>As in <xref rid="F1">Fig. 1</xref>.</p></body><back>{back}</back></article>'
    ).encode()


@pytest.mark.parametrize(
    "back",
    [
        f"<ref-list><title>References</title><ref>Fig. 1</ref></ref-list>{APPENDIX}",
        f"<ref-list><ref/></ref-list>{APPENDIX}<ref-list><ref/></ref-list>",
        f"<ref-list><ref/><ref-list><ref/></ref-list><ref/></ref-list>{APPENDIX}",
        f"<ref-list><title>References</title><ref-list><ref/></ref-list>\n</ref-list>{APPENDIX}",
        f"<ref-list><ref/><ref-list/><ref/></ref-list>{APPENDIX}<ref-list/>",
        f"<ref-list><!-- </ref-list> --><ref>!</ref></ref-list>{APPENDIX}",
        f"<ref-list><ref/></ref-list>{APPENDIX}<!-- </ref-list> -->",
        f"<!-- <ref-list> -->{APPENDIX}<!-- </ref-list> -->",
    ],
)
def test_lists_of_references_change_nothing(back: str) -> None:
    figures = jats.parse(article(back)).figures
    assert figures == jats.parse(article(APPENDIX)).figures
    assert {mention.sentence for mention in figures[0].mentions} == {"As in Fig. 1.", "And Fig. 1 again."}


def test_what_is_wrong_within_the_references_does_not_lose_the_paper() -> None:
    assert jats.parse(article(f"<ref-list><ref>A & B</ref></ref-list>{APPENDIX}")).figures
    with pytest.raises(BadInput, match="not well-formed"):
        jats.parse(article(f"<ref-list><ref>A & B</ref>{APPENDIX}"))
