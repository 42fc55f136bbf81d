"""Hashes and numbers of pictures, drawn here and real."""

from __future__ import annotations

import io
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image, ImageDraw

from omnisci_etl.figures.images import compose, load_picture
from omnisci_etl.figures.look import MAX_DISTANCE, MIN_CORRELATION, Look, correlation, distance, look_at
from omnisci_etl.figures.statistics import statistics
from omnisci_etl.papers import eprint, latexml
from omnisci_etl.papers.isolate import close_workers
from omnisci_etl.papers.model import Figure


def curve(shift: float, size: tuple[int, int] = (600, 400)) -> Image.Image:
    """A plot: axes and one curve."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    width, height = size
    draw.rectangle((width // 10, height // 10, width * 9 // 10, height * 9 // 10), outline="black", width=2)
    steps = np.linspace(0, 1, 60)
    points = [(width * (0.1 + 0.8 * x), height * (0.5 - 0.35 * np.sin(6 * x + shift))) for x in steps]
    draw.line(points, fill=(30, 60, 200), width=5)
    return image


def encoded(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def alike(one: Look, other: Look) -> bool:
    assert one.phash is not None
    assert other.phash is not None
    near = distance(one.phash, other.phash) <= MAX_DISTANCE
    return near and correlation(one.thumbnail, other.thumbnail) >= MIN_CORRELATION


CHANGES = {
    "half": lambda image: encoded(image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS)),
    "larger": lambda image: encoded(image.resize((image.width * 2, image.height * 2))),
    "jpeg": lambda image: encoded(image, "JPEG", quality=40),
    "palette": lambda image: encoded(image.convert("P")),
    "grey": lambda image: encoded(image.convert("L")),
    "margin": lambda image: encoded(framed(image)),
}


def framed(image: Image.Image) -> Image.Image:
    out = Image.new("RGB", (image.width + 90, image.height + 70), "white")
    out.paste(image, (20, 50))
    return out


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_looks_the_same(change: str) -> None:
    image = curve(0.3)
    assert alike(look_at(encoded(image)), look_at(CHANGES[change](image)))


def test_another_curve_in_the_same_frame_does_not() -> None:
    assert not alike(look_at(encoded(curve(0.0))), look_at(encoded(curve(2.0))))


@pytest.mark.parametrize("shade", ["white", "black", "grey"])
def test_a_plain_picture_has_no_hash(shade: str) -> None:
    look = look_at(encoded(Image.new("RGB", (80, 60), shade)))
    assert (look.phash, look.thumbnail) == (None, b"")


def test_distance_counts_bits_of_signed_numbers() -> None:
    assert distance(0, -1) == 64
    assert distance(-1, -2) == 1
    assert distance(5, 5) == 0


@settings(max_examples=60, deadline=None)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(8, 40), st.integers(8, 40), st.just(3))))
def test_every_picture_has_finite_numbers(pixels: np.ndarray[Any, np.dtype[np.uint8]]) -> None:
    values = statistics(pixels)
    assert all(np.isfinite(value) for value in values.values())
    assert list(values) == list(statistics(np.full((8, 8, 3), 255, dtype=np.uint8)))


def test_very_long_pictures_have_a_look() -> None:
    assert look_at(encoded(curve(0.1).resize((4000, 32)))).statistics["aspect"] > 3


def picture_of(figure: Figure, folder: Path) -> Look:
    loaded = [
        load_picture(one.data or (folder / one.name.rpartition("/")[2]).read_bytes(), name=one.name)
        for one in figure.pictures
    ]
    return look_at(compose(loaded).bytes_)


@pytest.mark.realdata
def test_preprint_and_its_page_show_the_same_figures(realdata: Path) -> None:
    page = realdata / "arxiv_html" / "1803.07574"
    source = next((realdata / "arxiv_source" / "1803.07574").iterdir())
    ours = [picture_of(f, page) for f in eprint.parse(source.read_bytes()).figures]
    theirs = [picture_of(f, page) for f in latexml.parse((page / "index.html").read_bytes()).figures]
    assert len(ours) == len(theirs) == 13
    close_workers()
    near = [[distance(one.phash or 0, other.phash or 0) for other in theirs] for one in ours]
    assert sum(row[place] <= 11 for place, row in enumerate(near)) >= 12
    best = [min(range(13), key=row.__getitem__) for row in near]
    assert sum(found == place for place, found in enumerate(best)) >= 11


@pytest.mark.realdata
def test_pictures_of_different_papers_do_not_look_the_same(realdata: Path) -> None:
    looks: list[tuple[str, Look]] = []
    for path in sorted(realdata.glob("natcomms_figures/*/*.jpg")):
        looks.append((path.parent.name, look_at(load_picture(path.read_bytes()).bytes_)))
    for path in sorted(realdata.glob("arxiv_html/*/*.png")):
        looks.append((path.parent.name, look_at(load_picture(path.read_bytes()).bytes_)))
    pairs = [(a, b) for (one, a), (other, b) in itertools.combinations(looks, 2) if one != other]
    assert len(pairs) > 300
    assert min(distance(a.phash or 0, b.phash or 0) for a, b in pairs) > MAX_DISTANCE
