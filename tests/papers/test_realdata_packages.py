"""Real e-print packages and PDFs against what a person read in them."""

from __future__ import annotations

import io
import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from omnisci_etl.errors import BadInput
from omnisci_etl.figures.images import load_picture
from omnisci_etl.papers import eprint
from omnisci_etl.papers.archive import open_package
from omnisci_etl.papers.isolate import close_workers, run_isolated
from omnisci_etl.papers.latex.document import read
from omnisci_etl.papers.mentions import figure_number
from omnisci_etl.papers.model import Document

pytestmark = pytest.mark.realdata

LATEX = ("1706.03762", "1709.01449", "2501.01300v2", "1911.02782", "2310.06825", "1707.07113", "1803.07574",
         "1707.08043", "quant-ph-9802040")  # fmt: skip
FIXTURES = {"empty-toplevel-fn": 0, "test-anc-ignore": 0, "test4": 0, "version-2": 0}
PDFS = ("natcomms_pdf/s41467-023-44678-x", "arxiv_pdf/1708.05894v1")


@cache
def gold(folder: Path) -> dict[str, dict[str, Any]]:
    rows = [json.loads(line) for line in (folder / "gold.jsonl").read_text().splitlines()]
    return {row["key"]: row for row in rows}


@cache
def eprint_of(folder: Path, key: str) -> Document:
    return eprint.parse((folder / gold(folder)[f"arxiv_source/{key}"]["file"]).read_bytes())


@cache
def pdf_of(path: Path) -> Document:
    return run_isolated("omnisci_etl.papers.pdf:parse", path.read_bytes(), seconds=200, megabytes=4096)


@pytest.fixture(scope="module", autouse=True)
def _no_workers_left() -> Any:
    yield
    close_workers()


def collapsed(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("key", LATEX)
def test_latex_figures_are_those_of_the_gold(realdata: Path, key: str) -> None:
    document, wanted = eprint_of(realdata, key), gold(realdata)[f"arxiv_source/{key}"]
    assert document.extractor == "latex"
    assert document.title
    assert document.abstract
    assert [figure.label for figure in document.figures] == [f"Figure {row['number']}" for row in wanted["figures"]]
    for figure, row in zip(document.figures, wanted["figures"], strict=True):
        assert collapsed(figure.caption_source).startswith(row["caption_start"])
        assert figure.caption.isprintable()
        assert "\\" not in figure.caption
        if row["panel_captions"]:
            assert len(figure.panels) == len(row["panel_captions"])
        if row["label"] and "|" not in row["label"]:
            assert figure.locator == row["label"]


def test_latex_pictures_are_found(realdata: Path) -> None:
    wanted, found = 0, 0
    for key in LATEX:
        for figure, row in zip(
            eprint_of(realdata, key).figures, gold(realdata)[f"arxiv_source/{key}"]["figures"], strict=True
        ):
            names = [picture.name.rpartition("/")[2] for picture in figure.pictures if picture.data]
            assert not set(names) - set(row["image_files"])
            wanted += len(row["image_files"])
            found += len(names)
    assert wanted > 80
    assert found / wanted >= 0.95


def test_latex_references_are_found(realdata: Path) -> None:
    wanted, found = 0, 0
    for key in LATEX:
        row = gold(realdata)[f"arxiv_source/{key}"]
        reading = read(open_package((realdata / row["file"]).read_bytes()))
        links = Counter(link.target for paragraph in reading.paragraphs for link in paragraph.links)
        for draft, figure in zip(reading.floats.drafts, row["figures"], strict=True):
            wanted += figure["intext_refs"]
            found += min(figure["intext_refs"], links[reading.references.locators[id(draft)]])
            assert links[reading.references.locators[id(draft)]] <= figure["intext_refs"]
        for paragraph in reading.paragraphs:
            assert all(paragraph.text[link.start : link.end][:1].isalnum() for link in paragraph.links)
    assert wanted > 70
    assert found / wanted >= 0.95


def test_latex_mentions_and_panels(realdata: Path) -> None:
    by_label = {figure.label: figure for figure in eprint_of(realdata, "1709.01449").figures}
    assert [mention.panels for mention in by_label["Figure 2"].mentions] == [("a", "b")]
    assert by_label["Figure 3"].panels[0].text.startswith("The same as Figure 1b, but")
    assert all(figure.mentions for figure in eprint_of(realdata, "1803.07574").figures)
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
    assert outcomes["latex"] >= 13
    assert outcomes["html-eprint"] >= 1
    assert sum(outcomes.values()) == outcomes["latex"] + outcomes["html-eprint"]


@pytest.mark.slow
@pytest.mark.parametrize("key", PDFS)
def test_pdf_figures_are_those_of_the_gold(realdata: Path, key: str) -> None:
    wanted = gold(realdata)[key]
    document = pdf_of(realdata / wanted["file"])
    by_number = {figure_number(figure.label): figure for figure in document.figures}
    right = 0
    for row in wanted["figures"]:
        figure = by_number.get(str(row["number"]))
        right += bool(figure and figure.label == row["label"] and figure.caption.startswith(row["caption_start"]))
    assert len(document.figures) == wanted["n_figures"]
    assert right / wanted["n_figures"] >= 0.9
    for figure in document.figures:
        (picture,) = figure.pictures
        assert picture.data is not None
        image = Image.open(io.BytesIO(picture.data))
        assert min(image.size) > 200
        assert max(image.size) <= 4096
        assert figure.mentions
        assert figure.page
        assert figure.bbox
    found = {figure.label: [panel.label for panel in figure.panels] for figure in document.figures}
    assert all(found[row["label"]] == row["panels"] for row in wanted["figures"] if row.get("panels"))


@pytest.mark.slow
def test_pdf_of_a_journal_states_its_facts(realdata: Path) -> None:
    document = pdf_of(realdata / gold(realdata)[PDFS[0]]["file"])
    assert document.doi == "10.1038/s41467-023-44678-x"
    assert document.license_uri == "https://creativecommons.org/licenses/by/4.0/"
    assert document.title.startswith("A uniform data processing pipeline enables harmonized")
    captions = " ".join(figure.caption for figure in document.figures)
    assert "quantified" in captions
    assert "Nature Communications" not in captions
    assert "ﬁ" not in captions


@pytest.mark.slow
def test_pdf_and_latex_of_one_paper_agree(realdata: Path) -> None:
    printed = pdf_of(realdata / "arxiv_pdf" / "1707.07113.pdf")
    source = eprint_of(realdata, "1707.07113")
    assert [figure_number(f.label) for f in printed.figures] == [figure_number(f.label) for f in source.figures]
    for one, other in zip(printed.figures, source.figures, strict=True):
        assert one.caption[:30] == other.caption[:30]
        assert one.reject_slug is None
        assert [panel.label for panel in one.panels] == [panel.label for panel in other.panels]
