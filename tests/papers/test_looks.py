"""Pictures that look the same are found whatever the order, and figures that repeat another paper's are told."""

from __future__ import annotations

import io
import threading
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from sqlalchemy import text

from omnisci_etl.context import Context
from omnisci_etl.figures.images import load_picture
from omnisci_etl.figures.look import look_at
from omnisci_etl.papers.looks import store_looks
from omnisci_etl.papers.model import Document, Figure, Picture
from omnisci_etl.papers.reading import ReadFigure, Reading
from omnisci_etl.papers.store import store
from omnisci_etl.sources.base import ClaimedPaper, Content, SourceDocument


def drawing(seed: int, size: tuple[int, int] = (400, 300), margin: int = 0) -> Image.Image:
    """A picture of a few discs, the same for a seed whatever its size."""
    image = Image.new("RGB", (size[0] + 2 * margin, size[1] + 2 * margin), "white")
    draw = ImageDraw.Draw(image)
    for x, y, r, shade in np.random.default_rng(seed).uniform(size=(9, 4)):
        box = (x - r / 4, y - r / 4, x + r / 4, y + r / 4)
        place = [margin + max(0, min(1, v)) * side for v, side in zip(box, (*size, *size), strict=True)]
        draw.ellipse(place, fill=(int(shade * 200), 80, 120))
    return image


def encoded(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)
    return out.getvalue()


def add(
    context: Context, name: str, *pictures: bytes, title: str = "", doi: str | None = None, day: int = 1
) -> list[int]:
    """Stores a paper of the folder source with these pictures through the stage's own code; its figures."""
    with context.ledger.begin() as connection:
        one = connection.execute
        run = {"r": context.run.key}
        paper = one(text("INSERT INTO paper (source, external_id, run_key) VALUES ('folder', :n, :r) RETURNING paper_id"),
                    run | {"n": name}).scalar_one()  # fmt: skip
        version = one(text("INSERT INTO paper_version (paper_id, version, run_key) VALUES (:p, 1, :r) RETURNING paper_version_id"),
                      run | {"p": paper}).scalar_one()  # fmt: skip
        one(text("INSERT INTO paper_state (paper_version_id, title, doi, published_on, license_class, status, state_sha256, run_key) "
                 "VALUES (:v, :t, :d, make_date(2024, 1, :day), 'cc-by', 'current', repeat('0', 64), :r)"),
            run | {"v": version, "t": title, "d": doi, "day": day})  # fmt: skip
        sha256 = context.blobs.register(connection, name.encode(), "text/plain", context.run.key)
    source = SourceDocument("jats", name.encode(), sha256)
    figures = tuple(read_figure(number, data) for number, data in enumerate(pictures, 1))
    document = Document("jats", "1", title=title, figures=tuple(f.figure for f in figures))
    reading = Reading("extracted", document, source, figures, (), {})
    claim = ClaimedPaper(paper_id=paper, paper_version_id=version, source="folder", external_id=name, version=1, doi=doi,
                         **claim_rest())  # fmt: skip
    with context.ledger.begin() as connection:
        store(connection, context, claim, Content((source,), lambda _: b""), reading)
        rows = connection.execute(
            text("SELECT figure_id FROM figure WHERE paper_version_id = :v ORDER BY ordinal"), {"v": version}
        )
        return list(rows.scalars())


def claim_rest() -> dict[str, Any]:
    known = {"paper_id", "paper_version_id", "source", "external_id", "version", "doi"}
    return {name: None for name in ClaimedPaper.__dataclass_fields__ if name not in known}


def read_figure(number: int, data: bytes) -> ReadFigure:
    figure = Figure(f"fig{number}", number, f"Fig. {number}", "A plot.", pictures=(Picture("x", data),))
    picture = load_picture(data)
    return ReadFigure(figure, picture, (picture,), None, look_at(picture.bytes_))


def duplicates(context: Context) -> list[tuple[Any, ...]]:
    with context.ledger.read() as connection:
        query = "SELECT figure_id, repeats_figure_id, same_work, evidence FROM near_duplicates ORDER BY 1, 2"
        return [tuple(row) for row in connection.execute(text(query))]


def test_a_picture_scaled_coded_anew_and_with_a_margin_is_found(context: Context) -> None:
    first = add(context, "a", encoded(drawing(1)), encoded(drawing(2)), day=1)
    second = add(context, "b", encoded(drawing(3)), encoded(drawing(1, (280, 210), 20), "JPEG", quality=60), day=2)
    assert duplicates(context) == [(second[1], first[0], False, "same-look")]


def test_the_earlier_paper_is_the_one_published_first_whatever_came_in_first(context: Context) -> None:
    late = add(context, "b", encoded(drawing(1)), day=9)
    early = add(context, "a", encoded(drawing(1)), day=2)
    assert duplicates(context) == [(late[0], early[0], False, "same-file")]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"doi": "10.1/X"}, {"doi": "10.1/x"}, True),
        ({"title": "On the motion of very small discs"}, {"title": "On the Motion of Very-Small Discs."}, True),
        ({"title": "Discs"}, {"title": "Discs"}, False),
        ({}, {}, False),
    ],
)
def test_preprint_and_article_are_told_from_reuse(
    context: Context, one: dict[str, Any], other: dict[str, Any], same: bool
) -> None:
    first = add(context, "a", encoded(drawing(1)), day=1, **one)
    second = add(context, "b", encoded(drawing(1)), day=2, **other)
    assert duplicates(context) == [(second[0], first[0], same, "same-file")]


def test_each_figure_is_paired_with_the_one_of_the_other_paper_that_it_is_most_like(context: Context) -> None:
    first = add(context, "a", encoded(drawing(1)), encoded(drawing(2)), doi="10.1/x", day=1)
    small = [encoded(drawing(seed, (200, 150)), "JPEG") for seed in (2, 1)]
    second = add(context, "b", *small, doi="10.1/x", day=2)
    assert [row[:3] for row in duplicates(context)] == [(second[0], first[1], True), (second[1], first[0], True)]


def test_figures_of_one_paper_and_plain_pictures_are_no_duplicates(context: Context) -> None:
    blank = [encoded(Image.new("RGB", (60, 60 + n), "white")) for n in range(2)]
    add(context, "a", encoded(drawing(1)), encoded(drawing(1, (200, 150))), blank[0], day=1)
    add(context, "b", blank[1], day=2)
    assert duplicates(context) == []
    with context.ledger.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM picture_look WHERE phash IS NULL")).scalar() == 2


def test_looks_stored_twice_change_nothing(context: Context) -> None:
    add(context, "a", encoded(drawing(1)), encoded(drawing(1, (200, 150))))
    count = text("SELECT (SELECT count(*) FROM picture_look), (SELECT count(*) FROM picture_pair)")
    picture = load_picture(encoded(drawing(1)))
    with context.ledger.begin() as connection:
        before = connection.execute(count).one()
        store_looks(connection, {picture.sha256: look_at(picture.bytes_)}, context.run.key)
        assert connection.execute(count).one() == before == (2, 1)


def test_pictures_stored_at_the_same_time_find_each_other(context: Context) -> None:
    gate = threading.Barrier(4)

    def work(number: int) -> None:
        gate.wait()
        add(context, str(number), encoded(drawing(1, (400 - 40 * number, 300 - 30 * number))), day=number + 1)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with context.ledger.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM picture_pair")).scalar() == 6
    assert len(duplicates(context)) == 6


def test_the_kind_of_a_stored_figure_has_a_confidence(context: Context) -> None:
    add(context, "a", encoded(drawing(1)))
    with context.ledger.read() as connection:
        kind, sure = connection.execute(text("SELECT kind, kind_confidence FROM figure")).one()
    assert kind
    assert 0 < sure <= 1
