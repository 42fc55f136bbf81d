"""Kinds of figures by their captions and pictures, measured on figures that a person looked at."""

from __future__ import annotations

import csv
import importlib.util
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnisci_etl.figures.images import compose, load_picture
from omnisci_etl.figures.kinds import KINDS, classify, kind_of, probabilities, words
from omnisci_etl.figures.look import look_at
from omnisci_etl.papers import eprint, latexml
from omnisci_etl.papers.isolate import close_workers
from omnisci_etl.papers.model import Figure

ROOT = Path(__file__).resolve().parents[2]
TABLE = Path(__file__).with_name("kind_labels.csv")


@cache
def fitting() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fit_kinds", ROOT / "tools" / "fit_kinds.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@cache
def table() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def features(row: dict[str, str]) -> dict[str, float]:
    return {name: float(value) for name, value in row.items() if name not in fitting().KEYS}


@pytest.mark.parametrize(
    ("caption", "panels", "kind"),
    [
        ("Western blot of lysates after electrophoresis.", 0, "gel"),
        ("Scanning electron micrographs of the fibres. Scale bars, 5 µm.", 3, "microscopy"),
        ("Geographic distribution of sites by latitude and longitude.", 0, "map"),
        ("Schematic of the experimental set-up and workflow.", 2, "schematic"),
        ("Absorption spectra as a function of temperature; error bars show s.d.", 2, "chart"),
        ("Reaction schemes and substrate scope.", 0, "chemical-structure"),
        ("Photographs of the device.", 0, "photo"),
        ("List of reagents.", 0, "table-image"),
        ("A, b and c.", 0, "other"),
        (
            "Schematic of the device, SEM image with scale bar, and spectra versus time with an overview of the set-up. Micrographs below.",
            6,
            "composite",
        ),
    ],
)
def test_words_tell_the_kind_where_there_is_no_picture(caption: str, panels: int, kind: str) -> None:
    assert classify(caption, panels, None).name == kind_of(caption, panels) == kind
    assert classify(caption, panels, None).confidence is None


@given(caption=st.text(max_size=400), panels=st.integers(0, 30))
def test_every_caption_has_a_kind(caption: str, panels: int) -> None:
    assert kind_of(caption, panels) in KINDS


@given(panels=st.integers(0, 3))
def test_few_panels_are_not_composite_by_words(panels: int) -> None:
    assert kind_of("Schematic, SEM micrograph, spectra versus time.", panels) != "composite"


@settings(deadline=None)
@given(caption=st.text(max_size=200), panels=st.integers(0, 99), row=st.integers(0, 10**6))
def test_probabilities_are_shares_of_all_kinds(caption: str, panels: int, row: int) -> None:
    rows = table()
    known = features(rows[row % len(rows)])
    chances = probabilities({**known, **words(caption, panels)})
    assert set(chances) == set(KINDS)
    assert sum(chances.values()) == pytest.approx(1)
    found = classify(caption, panels, {k: v for k, v in known.items() if k not in words("", 0)})
    assert found.name in KINDS
    assert found.confidence == pytest.approx(max(chances.values()), abs=1e-4)


def test_the_table_is_large_and_even_enough_to_measure_on() -> None:
    kinds = [row["kind"] for row in table()]
    assert len(kinds) >= 600
    assert set(kinds) == set(KINDS)
    assert len({row["paper"] for row in table()}) >= 100
    assert len({row["sha256"] for row in table()}) == len(kinds)


def test_kinds_of_papers_that_the_model_never_saw() -> None:
    rows, names, values = fitting().read()
    chances = fitting().cross_validate(rows, names, values)
    right = [KINDS[best] == row["kind"] for best, row in zip(chances.argmax(axis=1), rows, strict=True)]
    by_words = [row["by_words"] == row["kind"] for row in rows]
    sure = [ok for ok, chance in zip(right, chances.max(axis=1), strict=True) if chance >= 0.9]
    assert sum(right) / len(rows) >= 0.76
    assert sum(by_words) / len(rows) <= 0.60
    assert sum(sure) / len(sure) >= 0.94
    assert len(sure) / len(rows) >= 0.25


def test_the_model_in_the_package_is_the_one_fitted_to_the_table() -> None:
    rows, names, values = fitting().read()
    fitted = fitting().fit(names, values, [row["kind"] for row in rows]).predict(values)
    for number in range(0, len(rows), 7):
        chances = probabilities(features(rows[number]))
        for place, kind in enumerate(KINDS):
            assert chances[kind] == pytest.approx(fitted[number, place], abs=0.01)


def figures(realdata: Path) -> Iterator[tuple[Figure, Path]]:
    for name in ("1706.03762", "1709.01449", "1911.02782", "2310.06825", "cs-9901011"):
        for figure in eprint.parse(next((realdata / "arxiv_source" / name).iterdir()).read_bytes()).figures:
            yield figure, realdata
    page = realdata / "arxiv_html" / "1803.07574"
    for figure in latexml.parse((page / "index.html").read_bytes()).figures:
        yield figure, page


@pytest.mark.realdata
def test_the_table_has_the_numbers_that_real_pictures_give(realdata: Path) -> None:
    rows = {row["sha256"]: features(row) for row in table()}
    seen = 0
    for figure, folder in figures(realdata):
        parts = [one.data or (folder / one.name.rpartition("/")[2]).read_bytes() for one in figure.pictures]
        names = [one.name for one in figure.pictures]
        picture = compose([load_picture(data, name=name) for data, name in zip(parts, names, strict=True)])
        row = rows.get(picture.sha256)
        if row is None:
            continue
        seen += 1
        for name, value in look_at(picture.bytes_).statistics.items():
            assert value == pytest.approx(row[name], abs=0.02), (figure.label, name)
    for path in realdata.glob("natcomms_figures/*/*.jpg"):
        picture = load_picture(path.read_bytes())
        seen += picture.sha256 in rows
        assert look_at(picture.bytes_).statistics["white"] == pytest.approx(rows[picture.sha256]["white"], abs=0.02)
    close_workers()
    assert seen >= 35
