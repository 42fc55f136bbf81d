"""Numbers that tell kinds of pictures apart: colours, white ground, lines along the axes, continuous tone.

All are shares between 0 and 1 or logarithms, taken of a small copy of the picture, so that they hardly depend on its
size and coding.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

VERSION = 2
BLOCK = 8

_Array = NDArray[Any]
_EDGE = 48
_COLOURED = 40
_HUES = ("red", "yellow", "green", "cyan", "blue", "magenta")


def statistics(pixels: NDArray[np.uint8]) -> dict[str, float]:
    """The numbers of an RGB picture of shape (height, width, 3), by name and always in the same order."""
    grey = pixels.astype(np.float32) @ np.array([0.299, 0.587, 0.114], dtype=np.float32)
    values: dict[str, float] = {"aspect": float(np.log(pixels.shape[1] / pixels.shape[0]))}
    for part in (_colours(pixels), _hues(pixels), _tones(grey), _edges(grey), _blocks(pixels, grey)):
        values |= part
    return {name: round(float(value), 4) for name, value in values.items()}


def _colours(pixels: _Array) -> dict[str, float]:
    low, high = pixels.min(axis=2), pixels.max(axis=2)
    spread = high.astype(np.int16) - low
    codes = (pixels.astype(np.int32) >> 4) @ np.array([256, 16, 1])
    counts = np.sort(np.bincount(codes.ravel(), minlength=4096))[::-1] / codes.size
    return {
        "white": np.mean(low >= 240),
        "dark": np.mean(high <= 60),
        "coloured": np.mean(spread > _COLOURED),
        "saturation": spread.mean() / 255,
        "colours": np.log2(1 + np.count_nonzero(counts > 0.0002)) / 12,
        "top_colour": counts[0],
        "top_colours": counts[:6].sum(),
    }


def _hues(pixels: _Array) -> dict[str, float]:
    """The share of the picture that is of each of six hues, and how many of twelve hues the colours have."""
    red, green, blue = (pixels[..., i].astype(np.float32) for i in range(3))
    high, low = pixels.max(axis=2).astype(np.float32), pixels.min(axis=2).astype(np.float32)
    spread = high - low
    known = spread > _COLOURED
    safe = np.where(known, spread, 1)
    hue = np.where(
        high == red,
        (green - blue) / safe % 6,
        np.where(high == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    twelfths = np.bincount((hue[known] * 2).astype(np.int32) % 12, minlength=12)
    sixths = np.bincount(np.rint(hue[known]).astype(np.int32) % 6, minlength=6) / hue.size
    shares = {name: float(np.sqrt(share)) for name, share in zip(_HUES, sixths, strict=True)}
    many = np.count_nonzero(twelfths > max(0.02 * twelfths.sum(), 0.0005 * hue.size)) / 12
    return shares | {"hues": many}


def _tones(grey: _Array) -> dict[str, float]:
    counts = np.histogram(grey, bins=64, range=(0, 256))[0] / grey.size
    some = counts[counts > 0]
    ink = grey < 160
    across, row_gaps = _changes(ink)
    down, column_gaps = _changes(ink.T)
    return {
        "entropy": float(-(some * np.log2(some)).sum() / 6),
        "contrast": float(grey.std() / 128),
        "changes_across": across,
        "changes_down": down,
        "row_gaps": row_gaps,
        "column_gaps": column_gaps,
    }


def _changes(ink: _Array) -> tuple[float, float]:
    """How often a row that has ink goes from ink to ground, and how many runs of such rows there are."""
    changes = np.count_nonzero(ink[:, 1:] != ink[:, :-1], axis=1)
    busy = changes > 0
    runs = np.count_nonzero(busy[1:] & ~busy[:-1])
    return (float(np.log1p(changes[busy].mean()) / 5) if busy.any() else 0.0), float(np.log1p(runs) / 5)


def _edges(grey: _Array) -> dict[str, float]:
    across = np.abs(np.diff(grey, axis=1))[:-1]
    down = np.abs(np.diff(grey, axis=0))[:, :-1]
    strong = across + down > _EDGE
    straight = np.minimum(across, down) < 0.2 * np.maximum(across, down)
    total = max(1, int(np.count_nonzero(strong)))
    level, upright = _long_lines(down > _EDGE), _long_lines(across.T > _EDGE)
    return {
        "edges": np.mean(strong),
        "straight_edges": int(np.count_nonzero(strong & straight)) / total,
        "level_lines": np.log1p(level) / 5,
        "upright_lines": np.log1p(upright) / 5,
        "both_lines": float(level > 0 and upright > 0),
        "direction": np.log((down.mean() + 0.5) / (across.mean() + 0.5)),
    } | _slants(grey)


def _slants(grey: _Array) -> dict[str, float]:
    """Which share of the strong edges runs level, upright, at about 30 degrees and at about 60 degrees."""
    down, across = np.gradient(grey)
    strong = np.hypot(down, across) > _EDGE / 2
    degrees = np.degrees(np.arctan2(down[strong], across[strong])) % 180
    counts = np.bincount(np.rint(degrees / 30).astype(np.int32) % 6, minlength=6) / max(1, degrees.size)
    return {"upright": counts[0], "steep": counts[1] + counts[5], "slanted": counts[2] + counts[4], "level": counts[3]}


def _long_lines(edges: _Array) -> int:
    """How many rows hold an unbroken edge over a quarter of their length."""
    length = max(8, edges.shape[1] // 4)
    if edges.shape[1] <= length:
        return 0
    sums = np.cumsum(edges, axis=1, dtype=np.int32)
    runs = sums[:, length:] - sums[:, :-length]
    return int(np.count_nonzero((runs >= length).any(axis=1)))


def _blocks(pixels: _Array, grey: _Array) -> dict[str, float]:
    """Shares of the squares of 8 x 8 pixels that are blank, filled with one colour, line art or continuous tone."""
    squares = _squares(grey)
    mean, deviation = squares.mean(axis=(1, 3)), squares.std(axis=(1, 3))
    white = (squares > 235).mean(axis=(1, 3))
    spread = _squares(pixels.max(axis=2).astype(np.float32) - pixels.min(axis=2)).mean(axis=(1, 3))
    blank = white > 0.98
    filled = ~blank & (deviation < 3)
    tone = (white < 0.2) & (deviation >= 3)
    lines = ~blank & ~filled & ~tone
    colours = _mean_colours(pixels)
    rough = np.abs(np.diff(squares, axis=3)).mean(axis=(1, 3))
    down = np.abs(np.diff(squares, axis=1)).mean(axis=(1, 3))
    return {
        "blank": blank.mean(),
        "filled": filled.mean(),
        "lines": lines.mean(),
        "tone": tone.mean(),
        "grey_tone": (tone & (spread < 24)).mean(),
        "colour_tone": (tone & (spread >= 24)).mean(),
        "dark_tone": (mean < 80).mean(),
        "tone_and_lines": 4 * tone.mean() * (lines.mean() + blank.mean()),
        "tone_spread": _spread(tone),
        "line_spread": _spread(lines),
        "filled_colour": (filled & (spread >= 24)).mean(),
        "tone_rows": _filled_lines(tone),
        "tone_columns": _filled_lines(tone.T),
        "tone_depth": _within(deviation, tone) / 64,
        "tone_roughness": _within(rough, tone) / 32,
        "tone_direction": float(np.log((_within(down, tone) + 0.5) / (_within(rough, tone) + 0.5))),
        "line_depth": _within(deviation, lines) / 128,
        "tone_light": _within(mean, tone) / 255,
        "tone_range": float(mean[tone].std()) / 64 if tone.any() else 0.0,
        "tone_warm": _within(colours[..., 0] - colours[..., 2], tone) / 128,
        "tone_magenta": _within((colours[..., 0] + colours[..., 2]) / 2 - colours[..., 1], tone) / 128,
        "smooth_grey": ((white < 0.2) & (deviation < 8) & (mean > 110) & (np.ptp(colours, axis=2) < 16)).mean(),
        "flat_colours": _flat_colours(colours, filled & (white < 0.5)),
    }


def _mean_colours(pixels: _Array) -> _Array:
    """The mean red, green and blue of each square."""
    return np.stack([_squares(pixels[..., i].astype(np.float32)).mean(axis=(1, 3)) for i in range(3)], axis=2)


def _flat_colours(colours: _Array, where: _Array) -> float:
    """How many colours, at eight steps a channel, fill more than 0.4 % of the squares each."""
    if not where.any():
        return 0.0
    counts = np.bincount((colours[where].astype(np.int32) >> 5) @ np.array([64, 8, 1]), minlength=512)
    return float(np.log1p(np.count_nonzero(counts > 0.004 * where.size)) / 3)


def _squares(values: _Array) -> _Array:
    height, width = (max(BLOCK, side // BLOCK * BLOCK) for side in values.shape)
    return values[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK)


def _spread(blocks: _Array) -> float:
    """How unevenly blocks of a kind lie over the quarters of the picture's height and width."""
    rows = [part.mean() for half in np.array_split(blocks, 4) for part in np.array_split(half, 4, axis=1) if part.size]
    return float(np.std(rows))


def _filled_lines(blocks: _Array) -> float:
    """The share of rows of blocks that are mostly of the kind."""
    return float((blocks.mean(axis=1) > 0.5).mean())


def _within(values: _Array, where: _Array) -> float:
    return float(values[where].mean()) if where.any() else 0.0
