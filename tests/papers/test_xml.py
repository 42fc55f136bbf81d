from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from omnisci_etl.errors import BadInput, HostileInput
from omnisci_etl.papers import xml
from omnisci_etl.papers.flat import Dialect, Flat, flatten, formula_text, squeeze
from omnisci_etl.papers.model import Link, clean
from omnisci_etl.papers.xml import local_names, parse_html, parse_xml, select


class Marked(Dialect):
    blocks = frozenset({"p"})

    def instead(self, element: etree._Element) -> str | None:
        return {"drop": "", "swap": " [x] "}.get(str(element.tag))

    def is_bold(self, element: etree._Element) -> bool:
        return element.tag == "b"

    def targets(self, element: etree._Element) -> Iterable[tuple[str, str]]:
        return [(target, "") for target in (element.get("to") or "").split()]


def read(inner: str) -> Flat:
    return flatten(parse_xml(f"<r>{inner}</r>".encode()), Marked())


@pytest.mark.parametrize(
    ("inner", "text"),
    [
        ("one  two\n\tthree", "one two three"),
        ("a<i>b</i>c", "abc"),
        ("a<p>b</p>c<p>d</p>", "a b c d"),
        ("a <drop>no<i>no</i></drop>b", "a b"),
        ("a<swap>no</swap>b", "a [x] b"),
        ("  <i> a</i> ", "a"),
        ("10\u2009µm\u00a0wide\u200b\u0085", "10 µm wide"),
        ("", ""),
    ],
)
def test_the_text_of_an_element(inner: str, text: str) -> None:
    assert read(inner).text == text


def test_spans_cover_exactly_their_words() -> None:
    flat = read("see <b> a </b>, <l to='F1'>Fig. <b>1</b></l> and <l to='F2 F3'> 2–3 </l>.")
    assert flat.text == "see a , Fig. 1 and 2–3 ."
    assert [flat.text[start:end] for start, end in flat.bold] == ["a", "1"]
    assert [(flat.text[link.start : link.end], link.target) for link in flat.links] == [
        ("Fig. 1", "F1"),
        ("2–3", "F2"),
        ("2–3", "F3"),
    ]


def test_empty_spans_are_none() -> None:
    assert read("a<b> </b><l to='F1'/>b") == Flat("a b")


def test_several_elements_are_set_apart_and_their_tails_left_out() -> None:
    root = parse_xml(b"<r><i>one</i>tail<i>two</i>tail</r>")
    assert flatten(list(root), Dialect()).text == "one two"
    assert flatten([], Dialect()) == Flat("")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=6), min_size=1, max_size=6))
def test_offsets_hold_for_any_text(pieces: list[str]) -> None:
    root = etree.Element("r")
    for n, piece in enumerate(pieces):
        child = etree.SubElement(root, "l", to=f"F{n}")
        child.text = piece
    flat = flatten(root, Marked())
    assert flat.text == clean("".join(pieces))
    for link in flat.links:
        assert isinstance(link, Link)
        assert flat.text[link.start : link.end] == clean(pieces[int(link.target[1:])])


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(*[st.text("ab \n\t\u2009\u200b", max_size=4)] * 2), max_size=5))
def test_bold_holds_whatever_white_space_stands_around(pieces: list[tuple[str, str]]) -> None:
    flat = read("".join(f"<b>{inner}</b>{tail}" for inner, tail in pieces))
    assert flat.text == clean("".join(inner + tail for inner, tail in pieces))
    assert [flat.text[start:end] for start, end in flat.bold] == [x for x in (clean(one) for one, _ in pieces) if x]


def test_a_formula_without_its_twins() -> None:
    root = parse_xml(
        b"<math> <semantics>\n <mi>K</mi>\n <mn>2</mn><annotation>K_2</annotation></semantics>"
        b"<tex-math>K_2</tex-math><mo>=</mo> <mtext>so long</mtext></math>"
    )
    assert formula_text(root) == "K2=so long"


def test_local_names() -> None:
    root = local_names(parse_xml(b'<a xmlns="urn:x" xmlns:m="urn:m"><m:math m:id="1"/></a>'))
    assert (root.tag, [node.tag for node in root]) == ("a", ["math"])


@pytest.mark.parametrize(
    "data",
    [
        b'<a xmlns="urn:x" xmlns:m="urn:m"><m:b m:id="1"/></a>',
        b"<a xmlns:m = 'urn:m'><m:b/><c xmlns='urn:c'/></a>",
        b'<a xmlns:m="urn:m">an xmlns in words<m:b/></a>',
        '<a xmlns:m="urn:m"><m:b/></a>'.encode("utf-16"),
        b'<a xmlns:m="urn:&#109;"><m:b/></a>',
        b'<!DOCTYPE a [<!ATTLIST a xmlns CDATA #FIXED "urn:m">]><a><b/></a>',
    ],
)
def test_local_names_are_the_same_with_the_bytes_at_hand(data: bytes) -> None:
    with_bytes, without = local_names(parse_xml(data), data), local_names(parse_xml(data))
    assert [node.tag for node in with_bytes.iter()] == [node.tag for node in without.iter()]
    assert "}" not in "".join(str(node.tag) for node in with_bytes.iter())


def test_select_gives_elements_only() -> None:
    root = parse_html(b"<p id='a'>x<p>y")
    assert [node.get("id") for node in select(root, "//p")] == ["a", None]
    assert select(root, "//p/text()") == select(root, "count(//p)") == []


def test_soup_and_depth_are_survived() -> None:
    assert "x" in flatten(parse_html(b"<b>x" * 5000), Dialect()).text
    with pytest.raises(BadInput):
        parse_xml(b"<a>" * 5000 + b"</a>" * 5000)


def test_nothing_is_included() -> None:
    root = parse_xml(
        b'<r xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/hostname" parse="text"/></r>'
    )
    assert flatten(root, Dialect()).text == ""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-32-be"])
def test_entity_declarations_are_seen_in_every_encoding(encoding: str) -> None:
    with pytest.raises(HostileInput):
        parse_xml('<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>'.encode(encoding))


def test_more_figures_than_any_paper_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "MAX_FIGURES", 2)
    xml.check_figures(2)
    with pytest.raises(HostileInput) as caught:
        xml.check_figures(3)
    assert caught.value.slug == "too-large"


def test_names_within_formulas_keep_their_namespace() -> None:
    root = local_names(
        parse_xml(
            b'<a xmlns="urn:a" xmlns:m="http://www.w3.org/1998/Math/MathML"><b><m:math><m:mi>x</m:mi></m:math></b></a>'
        )
    )
    assert [node.tag for node in root.iter()] == ["a", "b", "math", "{http://www.w3.org/1998/Math/MathML}mi"]
    assert formula_text(root.find("b/math")) == "x"  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", "a  b\n", "\u200ba\x00 b", "10\u2009µm\u00a0wide"])
def test_squeezed_text_is_clean_text(text: str) -> None:
    assert squeeze(text) == clean(text)
