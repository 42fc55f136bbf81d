"""What a picture looks like: a perceptual hash, a thumbnail that confirms it, and the numbers that tell its kind.

The hash is the sign of the 64 lowest frequencies (in the order of the zigzag, without the mean) of the discrete
cosine transform of the picture in grey, its uniform margin cut off and the rest brought to 32 x 32 pixels. Scaling,
coding and margins change a few of its bits; distance() counts them. The thumbnail are those 32 x 32 grey values.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from omnisci_etl.figures.images import small_copy
from omnisci_etl.figures.statistics import statistics

VERSION = 1
SIDE = 32
BITS = 64
# Nothing but noise or one colour: such pictures are all alike, so they have no hash.
MIN_CONTRAST = 2.0
# Two pictures look the same within this distance and from this correlation on; docs/pictures.md has the measurements.
MAX_DISTANCE = 7
MIN_CORRELATION = 0.85
_MARGIN = 24.0

_Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Look:
    """phash is a signed 64-bit number; None, with an empty thumbnail, where there is nothing to tell pictures by."""

    phash: int | None
    thumbnail: bytes
    statistics: dict[str, float]


def look_at(picture: bytes) -> Look:
    """The look of a stored picture. Raises BadInput where it cannot be decoded."""
    image = small_copy(picture)
    phash, thumbnail = _signature(np.asarray(image.convert("L"), dtype=np.float32))
    return Look(phash, thumbnail, statistics(np.asarray(image)))


def distance(one: int, other: int) -> int:
    """In how many of 64 bits two hashes differ."""
    return ((one ^ other) & (1 << BITS) - 1).bit_count()


def correlation(one: bytes, other: bytes) -> float:
    """The correlation of two thumbnails' grey values: 1 for equal pictures."""
    first, second = (np.frombuffer(values, dtype=np.uint8).astype(np.float64) for values in (one, other))
    first, second = first - first.mean(), second - second.mean()
    norm = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / norm if norm else 0.0


def _signature(grey: _Array) -> tuple[int | None, bytes]:
    content = Image.fromarray(_without_margin(grey).astype(np.uint8))
    small = np.asarray(content.resize((SIDE, SIDE), Image.Resampling.BOX))
    if small.std() < MIN_CONTRAST:
        return None, b""
    basis, order = _cosines()
    frequencies = (basis @ small.astype(np.float64) @ basis.T).ravel()[order]
    bits = np.packbits(frequencies > 0)
    return int.from_bytes(bits.tobytes(), "big", signed=True), small.tobytes()


def _without_margin(grey: _Array) -> _Array:
    """The picture within its margin: what differs from the usual value of its rim."""
    ground = float(np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])))
    content = np.abs(grey - ground) > _MARGIN
    rows, columns = np.flatnonzero(content.any(axis=1)), np.flatnonzero(content.any(axis=0))
    if len(rows) == 0:
        return grey
    return grey[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


@cache
def _cosines() -> tuple[_Array, _Array]:
    """The matrix of the transform, and where the lowest frequencies stand in its flattened result."""
    index = np.arange(SIDE)
    basis = np.cos(np.pi * (index[None] + 0.5) * index[:, None] / SIDE)
    row, column = np.divmod(np.arange(SIDE * SIDE), SIDE)
    return basis, np.lexsort((row, row + column))[1 : BITS + 1]
