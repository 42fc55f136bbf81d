"""PDFs that are broken on purpose or by chance, parsed where the pipeline parses them: in a worker process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnisci_etl.errors import BadInput, HostileInput
from omnisci_etl.papers import isolate
from omnisci_etl.papers.model import Document
from omnisci_etl.papers.registry import PARSERS

pymupdf: Any = pytest.importorskip("pymupdf")

WORDS = "Fig. 1a shows that barley grows under lamps of every colour that was tried in the first week of the year. "


@pytest.fixture(scope="module", autouse=True)
def _no_workers_left() -> Iterator[None]:
    yield
    isolate.close_workers()


@cache
def seed() -> bytes:
    """A page with text, a plot and its caption, its streams not compressed so that mutations reach them."""
    source = pymupdf.open()
    page = source.new_page(width=400, height=500)
    page.insert_textbox((40, 40, 360, 140), WORDS * 3, fontsize=10)
    page.draw_rect((60, 160, 340, 320), color=(0, 0, 0))
    page.draw_line((60, 320), (340, 160), color=(1, 0, 0))
    page.insert_textbox((40, 340, 360, 400), "Fig. 1 | Yield of barley. a Early. b Late.", fontsize=8)
    data: bytes = source.tobytes(deflate=False, garbage=3)
    return data


def parse(data: bytes) -> Document | str:
    """The document, or the slug of the refusal: nothing else may come of any bytes."""
    try:
        return isolate.run_isolated(PARSERS["pdf"], data, seconds=20, megabytes=4096)
    except BadInput as error:
        return error.slug


def test_the_seed_is_a_paper() -> None:
    document = parse(seed())
    assert isinstance(document, Document)
    assert [(figure.label, len(figure.mentions)) for figure in document.figures] == [("Fig. 1", 1)]


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, 1 << 16), st.binary(min_size=1, max_size=8)), min_size=1, max_size=12))
def test_mutated_bytes(patches: list[tuple[int, bytes]]) -> None:
    data = bytearray(seed())
    for place, patch in patches:
        place %= len(data)
        data[place : place + len(patch)] = patch
    _well_formed(parse(bytes(data)))


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(9, 1 << 16), st.integers(0, 400))
def test_cut_and_repeated_bytes(place: int, length: int) -> None:
    data = seed()
    place %= len(data)
    _well_formed(parse(data[:place] + data[place + length :]))
    _well_formed(parse(data[:place] + data[place : place + length] * 2 + data[place + length :]))


def _well_formed(outcome: Document | str) -> None:
    if isinstance(outcome, str):
        assert outcome in {"malformed-document", "unsupported-document", "too-large", "parser-timeout"}
        return
    for figure in outcome.figures:
        assert figure.caption.isprintable()
        assert bool(figure.pictures) == (figure.reject_slug is None)


def _broken_xref(data: bytes) -> bytes:
    return data[: data.rindex(b"startxref")] + b"startxref\n999999999\n%%EOF"


def _endless_pages(data: bytes) -> bytes:
    with pymupdf.open(stream=data, filetype="pdf") as source:
        pages = int(source.xref_get_key(source.pdf_catalog(), "Pages")[1].split()[0])
        source.xref_set_key(pages, "Kids", f"[{pages} 0 R {pages} 0 R]")
        made: bytes = source.tobytes()
    return made


def _huge_page(data: bytes) -> bytes:
    return data.replace(b"/MediaBox[0 0 400 500]", b"/MediaBox[0 0 99999 99999]")


def _empty_page(data: bytes) -> bytes:
    return data.replace(b"/MediaBox[0 0 400 500]", b"/MediaBox[0 0 0 0]    ")


def _drawing_in_itself(data: bytes) -> bytes:
    with pymupdf.open(stream=data, filetype="pdf") as source:
        form = source.get_new_xref()
        resources = f"<</XObject<</F {form} 0 R>>>>"
        source.update_object(form, f"<</Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources{resources}>>")
        source.update_stream(form, b"/F Do /F Do")
        source.xref_set_key(source[0].xref, "Resources", resources)
        source.update_stream(source[0].get_contents()[0], b"/F Do /F Do")
        made: bytes = source.tobytes()
    return made


@pytest.mark.parametrize("trick", [_broken_xref, _endless_pages, _huge_page, _empty_page, _drawing_in_itself])
def test_tricks(trick: Callable[[bytes], bytes]) -> None:
    made = trick(seed())
    assert made != seed()
    _well_formed(parse(made))


def test_a_huge_page_is_refused() -> None:
    with pytest.raises(HostileInput) as caught:
        isolate.run_isolated(PARSERS["pdf"], _huge_page(seed()), seconds=20, megabytes=4096)
    assert caught.value.slug == "too-large"
