"""Text of pictures: read once, stored, capped."""

from __future__ import annotations

import hashlib
import io
import re
import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from omnisci_etl.context import Context
from omnisci_etl.errors import BadInput, HostileInput
from omnisci_etl.judging import reading
from omnisci_etl.judging.reading import MAX_TEXT, RapidOcr, String, ensure_picture_text, load, reading_missing
from omnisci_etl.ledger.blobs import BlobMissing

BOX = (0.1, 0.2, 0.3, 0.4)


class Fake:
    """Reads what a table says of a picture; an error in the table is raised."""

    name = "fake"

    def __init__(self, says: dict[bytes, list[String] | Exception], version: str = "1/1") -> None:
        self.says = says
        self.version = version
        self.seen: list[bytes] = []
        self._lock = threading.Lock()

    def read(self, picture: bytes) -> list[String]:
        with self._lock:
            self.seen.append(picture)
        said = self.says[picture]
        if isinstance(said, Exception):
            raise said
        return said


def png(shade: int) -> bytes:
    out = io.BytesIO()
    Image.new("L", (40, 40), shade).save(out, "PNG")
    return out.getvalue()


PICTURES = [png(shade) for shade in range(6)]


def strings(*texts: str, confidence: float = 0.9) -> list[String]:
    return [String(one, BOX, confidence) for one in texts]


@pytest.fixture
def stored(context: Context) -> list[str]:
    """Hashes of PICTURES, all stored."""
    with context.ledger.begin() as connection:
        hashes = [context.blobs.register(connection, data, "image/png", context.run.key) for data in PICTURES]
        for sha256 in hashes:
            connection.execute(
                text("INSERT INTO picture VALUES (:s, 'image/png', 40, 40, ARRAY[:s], :run)"),
                {"s": sha256, "run": context.run.key},
            )
    return hashes


def rows(context: Context) -> Sequence[Any]:
    with context.ledger.read() as connection:
        return connection.execute(text("SELECT * FROM picture_text ORDER BY image_sha256")).all()


def texts(context: Context, hashes: Sequence[str]) -> dict[str, str]:
    with context.ledger.read() as connection:
        return load(connection, hashes)


def test_pictures_are_read_once(context: Context, stored: list[str]) -> None:
    engine = Fake({data: strings(f"{n} mM", "pH 7") for n, data in enumerate(PICTURES)})
    first = ensure_picture_text(context, [*stored[:4], stored[0], ""], engine=engine)
    assert first == {"pictures": 4, "known": 0, "read": 4, "unread": 0, "skipped": 0}
    again = ensure_picture_text(context, stored, engine=engine)
    assert again == {"pictures": 6, "known": 4, "read": 2, "unread": 0, "skipped": 0}
    assert sorted(engine.seen) == sorted(PICTURES)
    assert texts(context, stored) == {sha256: f"{n} mM\npH 7" for n, sha256 in enumerate(stored)}
    assert texts(context, stored[:1]) == {stored[0]: "0 mM\npH 7"}
    assert texts(context, []) == {}


def test_what_was_read_is_kept_with_boxes_and_confidence(context: Context, stored: list[str]) -> None:
    engine = Fake({PICTURES[0]: [String('5 "µm"', BOX, 0.75), String("x", BOX, 0.25)]}, "3/2")
    ensure_picture_text(context, stored[:1], engine=engine)
    (row,) = rows(context)
    assert (row.engine, row.engine_version, row.slug, row.run_key) == ("fake", "3/2", "picture-read", context.run.key)
    assert row.strings == [
        {"text": '5 "µm"', "box": list(BOX), "confidence": 0.75},
        {"text": "x", "box": list(BOX), "confidence": 0.25},
    ]
    assert texts(context, stored) == {stored[0]: '5 "µm"'}


def test_pictures_that_cannot_be_read_have_a_row_and_are_not_tried_again(context: Context, stored: list[str]) -> None:
    engine = Fake({
        PICTURES[0]: HostileInput("parser-timeout", "not done after 90 s"),
        PICTURES[1]: BadInput("malformed-document", "crashed"),
        PICTURES[2]: [],
    })  # fmt: skip
    assert ensure_picture_text(context, stored[:3], engine=engine)["unread"] == 2
    slugs = {row.image_sha256: row.slug for row in rows(context)}
    assert [slugs[sha256] for sha256 in stored[:3]] == ["picture-unread-in-time", "picture-unreadable", "picture-read"]
    assert ensure_picture_text(context, stored[:3], engine=engine)["known"] == 3
    assert texts(context, stored) == {stored[2]: ""}


def test_another_version_reads_again_and_the_last_reading_counts(context: Context, stored: list[str]) -> None:
    ensure_picture_text(context, stored[:1], engine=Fake({PICTURES[0]: strings("5 rnM")}))
    ensure_picture_text(context, stored[:1], engine=Fake({PICTURES[0]: strings("5 mM")}, "2/1"))
    assert len(rows(context)) == 2
    assert texts(context, stored) == {stored[0]: "5 mM"}
    with context.ledger.read() as connection:
        assert load(connection, stored, ("fake", "1/1")) == {stored[0]: "5 rnM"}
        assert load(connection, stored, ("fake", "3/1")) == {}


def test_chunks_are_committed_one_by_one(context: Context, stored: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "CHUNK", 2)
    order = sorted(zip(stored, PICTURES, strict=True))
    engine = Fake({data: strings("x") for data in PICTURES} | {order[4][1]: RuntimeError("a bug")})
    with pytest.raises(RuntimeError, match="a bug"):
        ensure_picture_text(context, stored, engine=engine)
    assert [row.image_sha256 for row in rows(context)] == [sha256 for sha256, _ in order[:4]]


def test_pictures_that_are_not_stored_are_no_pictures(context: Context, stored: list[str]) -> None:
    counts = ensure_picture_text(context, [hashlib.sha256(b"x").hexdigest()], engine=Fake({}))
    assert (counts["read"], counts["unread"], rows(context)) == (0, 0, [])


def test_a_picture_that_the_store_lost_stops_the_work(context: Context, stored: list[str]) -> None:
    from pathlib import Path

    Path(context.blobs.path(stored[0])).unlink()
    with pytest.raises(BlobMissing):
        ensure_picture_text(context, stored[:1], engine=Fake({}))


def test_without_the_extra_nothing_is_read_and_one_line_says_so(
    context: Context, stored: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []

    class Told:
        def update(self, done: int, total: int | None = None, note: str = "") -> None:
            told.append(note)

    monkeypatch.setattr(reading, "find_spec", lambda name: None)
    counts = ensure_picture_text(replace(context, progress=Told()), stored)
    assert counts == {"pictures": 6, "known": 0, "read": 0, "unread": 0, "skipped": 6}
    assert len(told) == 1
    assert "[ocr]" in told[0]
    assert "rapidocr" in str(reading_missing())
    assert rows(context) == []


def test_the_text_of_a_picture_is_capped(context: Context, stored: list[str]) -> None:
    engine = Fake({PICTURES[0]: strings(*["x" * 199] * 1_000)})
    ensure_picture_text(context, stored[:1], engine=engine)
    assert MAX_TEXT - 200 < len(texts(context, stored)[stored[0]]) <= MAX_TEXT


def test_what_was_read_cannot_be_changed(context: Context, stored: list[str]) -> None:
    ensure_picture_text(context, stored[:1], engine=Fake({PICTURES[0]: strings("x")}))
    for statement in ("UPDATE picture_text SET strings = '[]'", "DELETE FROM picture_text"):
        with pytest.raises(DBAPIError), context.ledger.engine.begin() as connection:
            connection.execute(text(statement))


def test_what_a_worker_answers_is_cleaned_and_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = [("a\x00b\u202ec" + "d" * 500, [-3.0, 0.5, 7.0, 1.0], 1)] * 5_000
    monkeypatch.setattr(reading.isolate, "call_isolated", lambda *a, **k: answer)
    monkeypatch.setattr(reading, "version", lambda name: "9.9")
    found = RapidOcr().read(b"")
    assert len(found) == reading.MAX_STRINGS
    assert found[0] == String("abc" + "d" * (reading.MAX_STRING - 5), (0.0, 0.5, 1.0, 1.0), 1.0)
    assert RapidOcr().version == "9.9/1"


@pytest.mark.slow
@pytest.mark.skipif(reading_missing() is not None, reason=str(reading_missing()))
def test_the_real_engine_reads_what_is_written() -> None:
    picture = Image.new("RGB", (700, 300), "white")
    font = ImageFont.load_default(40)
    ImageDraw.Draw(picture).text((40, 40), "Voltage 5 mV", "black", font)
    ImageDraw.Draw(picture).text((300, 200), "Time 120 s", "black", font)
    out = io.BytesIO()
    picture.save(out, "PNG")
    found = RapidOcr().read(out.getvalue())
    assert re.sub(r"\s", "", " ".join(one.text for one in found)) == "Voltage5mVTime120s"
    assert all(one.confidence > 0.8 for one in found)
    assert found[0].box[1] < found[-1].box[1]
    assert found[0].box[0] == pytest.approx(40 / 700, abs=0.03)
    with pytest.raises(BadInput):
        RapidOcr().read(b"no picture")
