"""Kinds of figures by their captions and pictures, measured on figures that were looked at one by one."""

from __future__ import annotations

import csv
import importlib.util
import math
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from omnisci_etl.figures.images import compose, load_picture
from omnisci_etl.figures.kinds import KINDS, classify, kind_of, probabilities, words
from omnisci_etl.figures.look import look_at
from omnisci_etl.figures.statistics import statistics
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
        ("Thin-layer chromatograms under ultraviolet light.", 0, "gel"),
        ("Axial computed tomography of the chest on admission.", 0, "microscopy"),
        ("Intraoral view before treatment.", 0, "photo"),
        ("Survey locations in three provinces.", 0, "map"),
        ("X-ray structure of 3 with thermal ellipsoids.", 0, "chemical-structure"),
        ("Risk of bias summary.", 0, "table-image"),
        ("PRISMA flowchart of the studies.", 0, "schematic"),
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
    kinds = Counter(row["kind"] for row in table())
    assert kinds == {
        "chart": 802, "schematic": 264, "microscopy": 169, "composite": 132, "photo": 108, "chemical-structure": 85,
        "map": 64, "other": 39, "gel": 31, "table-image": 21,
    }  # fmt: skip
    assert Counter(row["part"] for row in table()) == {"plain": 1140, "sought": 575}
    assert len({row["sha256"] for row in table()}) == len(table())
    plain, sought = ({row["paper"] for row in table() if row["part"] == part} for part in ("plain", "sought"))
    assert len(plain) == 272
    assert not plain & sought


def of_part(part: str, values: list[bool]) -> list[bool]:
    return [value for value, row in zip(values, table(), strict=True) if row["part"] == part]


@cache
def unseen() -> tuple[list[bool], list[float]]:
    """For each row whether a model that saw no figure of its paper is right, and how probable it calls what it says."""
    rows, names, values = fitting().read()
    chances = fitting().cross_validate(rows, names, values)
    right = [KINDS[best] == row["kind"] for best, row in zip(chances.argmax(axis=1), rows, strict=True)]
    return right, chances.max(axis=1).tolist()


# Solvers of linear algebra differ in the last digit, and a figure between two kinds may fall either way.
NEAR = 4


def test_kinds_of_papers_that_the_model_never_saw() -> None:
    right, _ = unseen()
    assert sum(of_part("plain", right)) == pytest.approx(909, abs=NEAR)
    assert sum(of_part("sought", right)) == pytest.approx(414, abs=NEAR)
    found = Counter(row["kind"] for row, ok in zip(table(), right, strict=True) if ok)
    expected = {
        "chart": 742, "schematic": 194, "microscopy": 136, "photo": 76, "composite": 60, "chemical-structure": 50,
        "map": 30, "gel": 17, "table-image": 10, "other": 8,
    }  # fmt: skip
    assert {kind: pytest.approx(count, abs=NEAR) for kind, count in expected.items()} == found


def test_a_stated_probability_is_what_it_says() -> None:
    right, stated = unseen()
    pairs = [pair for pair, row in zip(zip(right, stated, strict=True), table(), strict=True) if row["part"] == "plain"]
    for low, high in ((0.0, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 0.97), (0.97, 1.0)):
        some = [(ok, chance) for ok, chance in pairs if low <= chance < high]
        assert len(some) > 100
        assert sum(ok for ok, _ in some) / len(some) == pytest.approx(sum(c for _, c in some) / len(some), abs=0.08)


def test_kinds_by_words_alone() -> None:
    right = [row["by_words"] == row["kind"] for row in table()]
    assert sum(of_part("plain", right)) == 626


def test_figures_that_were_sought_do_not_make_their_kinds_more_probable() -> None:
    rows, names, values = fitting().read()
    plain = [row["part"] == "plain" for row in rows]
    chances = fitting().fit(names, values, rows).predict(values[plain])
    for place, kind in enumerate(KINDS):
        share = sum(row["kind"] == kind for row in rows if row["part"] == "plain") / sum(plain)
        assert chances[:, place].mean() == pytest.approx(share, abs=0.03)


def test_the_model_in_the_package_is_the_one_fitted_to_the_table() -> None:
    rows, names, values = fitting().read()
    fitted = fitting().fit(names, values, rows).predict(values)
    for number in range(0, len(rows), 7):
        chances = probabilities(features(rows[number]))
        for place, kind in enumerate(KINDS):
            assert chances[kind] == pytest.approx(fitted[number, place], abs=0.01)


@given(
    pixels=arrays(np.uint8, st.tuples(st.integers(16, 40), st.integers(16, 40), st.just(3))),
)
@settings(max_examples=20, deadline=None)
def test_any_picture_has_the_numbers_that_the_model_asks_for(pixels: NDArray[np.uint8]) -> None:
    found = statistics(pixels)
    assert set(found) == set(features(table()[0])) - set(words("", 0))
    assert all(math.isfinite(value) for value in found.values())


def test_tones_have_their_colour_and_flat_colours_are_counted() -> None:
    noise = np.random.default_rng(1).integers(-9, 9, (64, 64, 1))
    pink = np.clip(np.array([220, 120, 210]) + noise, 0, 255).astype(np.uint8)
    found = statistics(pink)
    assert found["tone_magenta"] == pytest.approx(95 / 128, abs=0.01)
    assert found["tone_warm"] == pytest.approx(10 / 128, abs=0.01)
    assert found["flat_colours"] == 0
    flat = np.full((64, 64, 3), 255, dtype=np.uint8)
    flat[:16], flat[16:32], flat[32:48] = (200, 30, 30), (30, 200, 30), (30, 30, 200)
    assert statistics(flat)["flat_colours"] == pytest.approx(math.log1p(3) / 3, abs=1e-3)


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
