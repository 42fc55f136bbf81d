"""Text read off pictures: once for each picture and engine, stored, and given to scorers as evidence.

The extra [ocr] brings an engine whose weights lie in its wheel. Pictures are read in worker processes, under limits of
pixels, memory and time, because their bytes are those of strangers.
"""

from __future__ import annotations

import io
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from itertools import accumulate
from typing import Any, Protocol

from PIL import Image
from sqlalchemy import Connection

from omnisci_etl.context import Context, Counts
from omnisci_etl.errors import BadInput
from omnisci_etl.figures.images import for_model
from omnisci_etl.ledger.database import copy_into, sql
from omnisci_etl.papers import isolate

MAX_SIDE = 2048
MAX_STRINGS = 1_000
MAX_STRING = 200
# Of one picture, what becomes evidence.
MAX_TEXT = 20_000
# Less sure readings are kept, but are no evidence.
MIN_CONFIDENCE = 0.5
SECONDS, MEGABYTES = 180.0, 6144
CHUNK = 32
READ, TOO_SLOW, FAILED = "picture-read", "picture-unread-in-time", "picture-unreadable"

_SQL = "omnisci_etl.judging.sql"
_MODULES = {"rapidocr": "rapidocr", "onnxruntime": "onnxruntime"}
_ROW = {
    "image_sha256": "text", "engine": "text", "engine_version": "text", "slug": "text", "strings": "jsonb",
    "run_key": "bigint",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class String:
    """Text in a picture. box: left, top, right, bottom in shares of its width and height; confidence 0..1."""

    text: str
    box: tuple[float, float, float, float]
    confidence: float


class Engine(Protocol):
    """What reads pictures. version changes whenever the same picture may give other strings."""

    @property
    def name(self) -> str:
        """The engine's name, stored with what it read."""

    @property
    def version(self) -> str:
        """Version of the engine, its weights and how it is used here."""

    def read(self, picture: bytes) -> list[String]:
        """The strings of a picture, in reading order. BadInput where it cannot be read; safe in many threads."""


def reading_missing() -> str | None:
    """Why pictures cannot be read here, in one line; None where they can. Imports nothing heavy."""
    lacking = [package for module, package in _MODULES.items() if find_spec(module) is None]
    return f"the [ocr] extra is not installed (missing: {', '.join(lacking)})" if lacking else None


class RapidOcr:
    """The engine of the [ocr] extra, in worker processes that share the cores."""

    name = "rapidocr"

    def __init__(self) -> None:
        self.version = f"{version('rapidocr')}/1"

    def read(self, picture: bytes) -> list[String]:
        """The strings of a picture, at most MAX_STRINGS."""
        threads = max(1, _cores() // _readers())
        name = f"{__name__}:read_strings"
        found = isolate.call_isolated(name, picture, seconds=SECONDS, megabytes=MEGABYTES, threads=threads)
        return [String(_clean(text), _box(box), float(confidence)) for text, box, confidence in found[:MAX_STRINGS]]


def _box(box: Sequence[float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = (min(1.0, max(0.0, float(side))) for side in box)
    return left, top, right, bottom


def _clean(text: str) -> str:
    return "".join(c for c in str(text)[:MAX_STRING] if c.isprintable())


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _readers() -> int:
    """How many pictures are read at once: as many worker processes as are kept alive between them."""
    return max(1, min(_cores(), isolate.MAX_IDLE))


def read_strings(data: bytes, *, threads: int) -> list[tuple[str, list[float], float]]:
    """(text, box, confidence) of a picture's strings. Meant to be run in a worker process."""
    import numpy as np

    picture = Image.open(io.BytesIO(for_model(data, max_side=MAX_SIDE)[0])).convert("RGB")
    found = _rapidocr(threads)(np.asarray(picture)[:, :, ::-1])
    if found.txts is None:
        return []
    width, height = picture.size
    boxes = [
        [min(x for x, _ in corners) / width, min(y for _, y in corners) / height,
         max(x for x, _ in corners) / width, max(y for _, y in corners) / height]
        for corners in found.boxes.tolist()
    ]  # fmt: skip
    return list(zip(map(str, found.txts), boxes, map(float, found.scores), strict=True))


@cache
def _rapidocr(threads: int) -> Any:
    """The engine, loaded once a worker; its weights lie beside it, so that nothing is fetched."""
    from rapidocr import RapidOCR

    return RapidOCR(params={"Global.log_level": "critical", "EngineConfig.onnxruntime.intra_op_num_threads": threads})


def default_engine() -> Engine | None:
    """The engine that is installed; None where none is (reading_missing says why)."""
    return None if reading_missing() else RapidOcr()


def ensure_picture_text(context: Context, image_sha256s: Sequence[str], *, engine: Engine | None = None) -> Counts:
    """Reads the pictures that this engine in this version has not read yet, in chunks that are each committed.

    Counts: pictures, known, read, unread (too slow or not decodable: they have a row that says so, and are not tried
    again), skipped (no engine is installed; progress says why). Raises BlobMissing where the store has lost a picture.
    """
    pictures = sorted({sha256 for sha256 in image_sha256s if sha256})
    counts: Counter[str] = Counter(pictures=len(pictures), known=0, read=0, unread=0, skipped=0)
    engine = engine or default_engine()
    if engine is None:
        context.progress.update(0, len(pictures), f"pictures are not read: {reading_missing()}")
        counts["skipped"] = len(pictures)
        return dict(counts)
    waiting = _unread(context, pictures, engine)
    counts["known"] = len(pictures) - len(waiting)
    with ThreadPoolExecutor(_readers(), "picture-text") as pool:
        for start in range(0, len(waiting), CHUNK):
            chunk = waiting[start : start + CHUNK]
            rows = list(pool.map(lambda sha256: _row(context, engine, sha256), chunk))
            with context.ledger.begin() as connection:
                copy_into(connection, "picture_text_stage", _ROW, rows)
                connection.execute(sql(_SQL, "insert_picture_text"))
            counts.update("read" if row[3] == READ else "unread" for row in rows)
            context.progress.update(start + len(chunk), len(waiting), "pictures read")
    return dict(counts)


def _unread(context: Context, pictures: Sequence[str], engine: Engine) -> list[str]:
    parameters = {"pictures": list(pictures), "engine": engine.name, "engine_version": engine.version}
    with context.ledger.begin() as connection:
        return list(connection.execute(sql(_SQL, "unread_pictures"), parameters).scalars())


def _row(context: Context, engine: Engine, sha256: str) -> tuple[Any, ...]:
    slug, strings = _read(engine, context.blobs.get(sha256))
    return sha256, engine.name, engine.version, slug, [asdict(string) for string in strings], context.run.key


def _read(engine: Engine, picture: bytes) -> tuple[str, list[String]]:
    try:
        return READ, engine.read(picture)
    except BadInput as error:
        return TOO_SLOW if error.slug == "parser-timeout" else FAILED, []


def load(connection: Connection, image_sha256s: Sequence[str], engine: tuple[str, str] | None = None) -> dict[str, str]:
    """The text of pictures, a string a line, by their hash; those that were not read are left out.

    engine: the name and version whose readings are wanted; None: of several the one that read the picture last.
    """
    name, version_ = engine or (None, None)
    parameters = {"pictures": list(image_sha256s), "engine": name, "engine_version": version_}
    rows = connection.execute(sql(_SQL, "picture_texts"), parameters).all()
    return {row.image_sha256: "\n".join(_evidence(row.strings)) for row in rows}


def _evidence(strings: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    texts = [str(string["text"]) for string in strings if string["confidence"] >= MIN_CONFIDENCE]
    for text, room in zip(texts, accumulate(len(text) + 1 for text in texts), strict=True):
        if room <= MAX_TEXT:
            yield text
