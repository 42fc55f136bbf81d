"""What is asked of a JATS paragraph before it is read, and of a file before it is parsed."""

from __future__ import annotations

import pytest
from lxml import etree

from omnisci_etl.errors import HostileInput
from omnisci_etl.papers.jats_text import BodyReader
from omnisci_etl.papers.xml import parse_xml


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
