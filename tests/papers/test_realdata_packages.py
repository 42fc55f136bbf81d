"""Real e-print packages against what a person read in them."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from omnisci_etl.errors import BadInput
from omnisci_etl.figures.images import load_picture
from omnisci_etl.papers import eprint
from omnisci_etl.papers.archive import open_package
from omnisci_etl.papers.latex.document import read
from omnisci_etl.papers.model import Document

pytestmark = pytest.mark.realdata

LATEX = ("1706.03762", "1709.01449", "2501.01300v2", "1911.02782", "2310.06825", "1707.07113", "1803.07574",
         "1707.08043", "quant-ph-9802040")  # fmt: skip
# The figure to which the caption of a table points once: the gold counts that too.
IN_TABLES = {"1911.02782": 3}
MENTIONS = {
    "1706.03762": [1, 3, 0, 0, 0],
    "1709.01449": [3, 1, 1, 3, 2, 1, 1, 1, 2, 2, 2],
    "2501.01300v2": [2, 3, 2],
    "1911.02782": [1, 2, 1, 1],
    "2310.06825": [1] * 6,
    "1707.07113": [1, 1, 1],
    "1803.07574": [1] * 13,
}
PANELS = {
    "1706.03762": ["", "Left Right", "", "Top Bottom", ""],
    "1709.01449": ["a b", "a b", "a b", "a b c", "a b", "a b c", "a b c", "a b c", "a b c", "a b", "a b"],
    "2501.01300v2": ["Left Right"] * 3,
    "1911.02782": [""] * 4,
    "2310.06825": [""] * 6,
    "1707.07113": ["Top left Top right Bottom", "Left Right", "Top left Top right Bottom"],
    "1803.07574": ["a b", "a b c", "a b", "a b", "a b c", "a b c", "a b", "a b", "a b", "a b", "a b c", "a b", "a b"],
}
FIXTURES = {"empty-toplevel-fn": 0, "test-anc-ignore": 0, "test4": 0, "version-2": 0}


@cache
def gold(folder: Path) -> dict[str, dict[str, Any]]:
    rows = [json.loads(line) for line in (folder / "gold.jsonl").read_text().splitlines()]
    return {row["key"]: row for row in rows}


@cache
def eprint_of(folder: Path, key: str) -> Document:
    return eprint.parse((folder / gold(folder)[f"arxiv_source/{key}"]["file"]).read_bytes())


def collapsed(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("key", LATEX)
def test_figures_captions_and_pictures_are_those_of_the_gold(realdata: Path, key: str) -> None:
    document, wanted = eprint_of(realdata, key), gold(realdata)[f"arxiv_source/{key}"]
    assert document.extractor == "latex"
    assert document.title
    assert document.abstract
    assert [figure.label for figure in document.figures] == [f"Figure {row['number']}" for row in wanted["figures"]]
    for figure, row in zip(document.figures, wanted["figures"], strict=True):
        assert collapsed(figure.caption_source).startswith(row["caption_start"])
        assert figure.caption.isprintable()
        assert "\\" not in figure.caption
        assert [picture.name.rpartition("/")[2] for picture in figure.pictures if picture.data] == row["image_files"]
        assert figure.reject_slug is None
        if row["label"] and "|" not in row["label"]:
            assert figure.locator == row["label"]


@pytest.mark.parametrize("key", [key for key in LATEX if key not in IN_TABLES])
def test_references_are_those_of_the_gold(realdata: Path, key: str) -> None:
    row = gold(realdata)[f"arxiv_source/{key}"]
    assert references(realdata / row["file"]) == [figure["intext_refs"] for figure in row["figures"]]


@pytest.mark.parametrize("key", IN_TABLES)
def test_references_in_captions_of_tables_are_no_mentions(realdata: Path, key: str) -> None:
    row = gold(realdata)[f"arxiv_source/{key}"]
    counts = [figure["intext_refs"] for figure in row["figures"]]
    counts[IN_TABLES[key] - 1] -= 1
    assert references(realdata / row["file"]) == counts


def references(path: Path) -> list[int]:
    """How often the body points at each figure, in order."""
    reading = read(open_package(path.read_bytes()))
    for paragraph in reading.paragraphs:
        assert all(paragraph.text[link.start : link.end][:1].isalnum() for link in paragraph.links)
    links = Counter(link.target for paragraph in reading.paragraphs for link in paragraph.links)
    return [links[reading.references.locators[id(draft)]] for draft in reading.floats.drafts]


@pytest.mark.parametrize("key", MENTIONS)
def test_numbers_of_mentions(realdata: Path, key: str) -> None:
    assert [len(figure.mentions) for figure in eprint_of(realdata, key).figures] == MENTIONS[key]


@pytest.mark.parametrize("key", PANELS)
def test_panels(realdata: Path, key: str) -> None:
    found = [" ".join(panel.label for panel in figure.panels) for figure in eprint_of(realdata, key).figures]
    assert found == PANELS[key]


def test_panels_in_mentions_and_their_text(realdata: Path) -> None:
    figures = eprint_of(realdata, "1709.01449").figures
    assert [["".join(mention.panels) for mention in figure.mentions] for figure in figures] == [
        ["a", "b", "b"], ["ab"], ["ab"], ["a", "b", "b"], ["ab", "ab"], [""], [""], [""], ["", ""], ["a", "b"], ["a", "b"],
    ]  # fmt: skip
    assert figures[2].panels[0].text.startswith("The same as Figure 1b, but")
    assert "Mistral 7B" in eprint_of(realdata, "2310.06825").figures[3].caption


def test_latex_pictures_load(realdata: Path) -> None:
    for key in ("1706.03762", "1911.02782"):
        for figure in eprint_of(realdata, key).figures:
            for picture in figure.pictures:
                assert picture.data is not None
                loaded = load_picture(picture.data, name=picture.name)
                assert min(loaded.width, loaded.height) > 100


def test_html_eprint(realdata: Path) -> None:
    document = eprint_of(realdata, "cs-9901011")
    (figure,) = document.figures
    assert (document.extractor, document.title) == ("html-eprint", "A Brief History of the Internet")
    assert [picture.name for picture in figure.pictures] == ["timeline_v3.gif"]
    assert figure.pictures[0].data is not None
    assert load_picture(figure.pictures[0].data).width > 600


@pytest.mark.parametrize("name", FIXTURES)
def test_submission_fixtures(realdata: Path, name: str) -> None:
    document = eprint.parse((realdata / "arxiv_submission_fixtures" / f"{name}.tar.gz").read_bytes())
    assert len(document.figures) == FIXTURES[name]


def test_every_package_parses_or_is_refused(realdata: Path) -> None:
    outcomes: Counter[str] = Counter()
    for path in sorted(realdata.glob("arxiv_s*/**/*gz")):
        try:
            outcomes[eprint.parse(path.read_bytes()).extractor] += 1
        except BadInput as error:
            outcomes[error.slug] += 1
    assert outcomes == {"latex": 13, "html-eprint": 1}
