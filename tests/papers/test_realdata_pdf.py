"""Real PDFs against what a person read in them."""

from __future__ import annotations

import io
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from omnisci_etl.papers import eprint
from omnisci_etl.papers.isolate import close_workers, run_isolated
from omnisci_etl.papers.mentions import figure_number, find_references
from omnisci_etl.papers.model import Document, Figure

pytestmark = pytest.mark.realdata

PDFS = ("natcomms_pdf/s41467-023-44678-x", "arxiv_pdf/1708.05894v1")
AREAS: dict[str, list[tuple[int, tuple[float, float, float, float]]]] = {
    "natcomms_pdf/s41467-023-44678-x/s41467-023-44678-x.pdf": [
        (2, (57, 473, 547, 675)),
        (3, (57, 45, 547, 459)),
        (4, (117, 45, 487, 303)),
        (5, (61, 45, 543, 651)),
        (6, (117, 45, 483, 411)),
    ],
    "arxiv_pdf/1708.05894v1.pdf": [
        (2, (241, 309, 523, 559)),
        (4, (85, 137, 311, 291)),
        (8, (89, 357, 547, 539)),
        (9, (345, 225, 543, 423)),
        (10, (345, 281, 527, 431)),
    ],
    "arxiv_pdf/1707.07113.pdf": [
        (4, (57, 53, 299, 295)),
        (5, (57, 53, 295, 171)),
        (5, (321, 53, 559, 295)),
    ],
}
"""Page and frame in points of each figure, looked at on the rendered page."""


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


@pytest.mark.slow
@pytest.mark.parametrize("key", PDFS)
def test_pdf_figures_are_those_of_the_gold(realdata: Path, key: str) -> None:
    wanted = gold(realdata)[key]
    figures = {figure_number(figure.label): figure for figure in pdf_of(realdata / wanted["file"]).figures}
    assert list(figures) == [str(row["number"]) for row in wanted["figures"]]
    for row in wanted["figures"]:
        figure = figures[str(row["number"])]
        assert figure.label == row["label"]
        assert figure.caption.startswith(row["caption_start"])
        assert references(figure) == row["intext_refs"], figure.label
        if "panels" in row:
            assert [panel.label for panel in figure.panels] == row["panels"]


def references(figure: Figure) -> int:
    """How often the text of its mentions names a figure."""
    number = figure_number(figure.label)
    return sum(ref.number == number for mention in figure.mentions for ref in find_references(mention.text))


@pytest.mark.slow
@pytest.mark.parametrize("name", AREAS)
def test_pictures_show_the_whole_figure_and_nothing_else(realdata: Path, name: str) -> None:
    figures = pdf_of(realdata / name).figures
    assert [figure.page for figure in figures] == [page for page, _ in AREAS[name]]
    for figure, (_, wanted) in zip(figures, AREAS[name], strict=True):
        assert figure.bbox is not None
        assert figure.reject_slug is None
        assert all(abs(side - want) <= 10 for side, want in zip(figure.bbox, wanted, strict=True)), figure.label
        (picture,) = figure.pictures
        assert picture.data is not None
        image = Image.open(io.BytesIO(picture.data))
        assert min(image.size) > 200
        assert max(image.size) <= 4096
        assert image.width / image.height == pytest.approx((wanted[2] - wanted[0]) / (wanted[3] - wanted[1]), rel=0.1)


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
        assert references(one) == references(other)
        assert [panel.label for panel in one.panels] == [panel.label for panel in other.panels]
