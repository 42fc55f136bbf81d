"""How the sample figures look, and how they become bytes that depend on nothing but the drawing."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from PIL import Image

BLUE, ORANGE, GREEN, RED, PURPLE, SKY, YELLOW = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#8E5EA2",
    "#56B4E9",
    "#C9B400",
)
GREY = "#666666"
DPI = 150
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 7.5,
    "axes.labelsize": 7.5,
    "axes.titlesize": 8.5,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "lines.linewidth": 1.3,
    "lines.markersize": 4,
    "errorbar.capsize": 2,
    "savefig.dpi": DPI,
    "pdf.compression": 9,
}


def rng(name: str) -> np.random.Generator:
    """The random numbers of one figure: the same on every run, others for every name."""
    return np.random.default_rng([ord(c) for c in name])


def sheet(width: float, height: float, ratios: Sequence[float] = (1,), rows: int = 1) -> tuple[Figure, list[Axes]]:
    """A figure of width x height inches and its axes, row by row."""
    mpl.rcParams.update(mpl.rcParamsDefault)
    mpl.rcParams.update(STYLE)
    figure = Figure(figsize=(width, height), layout="constrained")
    grid = figure.subplots(rows, len(ratios), squeeze=False, gridspec_kw={"width_ratios": list(ratios)})
    return figure, list(grid.ravel())


def letters(axes: Sequence[Axes], names: Sequence[str] = "abcdef") -> None:
    """Bold panel letters at the top left of each panel."""
    for ax, name in zip(axes, names, strict=False):
        ax.set_title(name, loc="left", fontweight="bold", fontsize=10)


def bare(ax: Axes, *, frame: bool = False) -> None:
    """No ticks; no frame unless asked for."""
    ax.set_xticks([])
    ax.set_yticks([])
    for spine in ax.spines.values():
        spine.set_visible(frame)


def scale_bar(ax: Axes, length: float, label: str, width: float, height: float) -> None:
    """A white bar of that length (data units) with its label at the lower right of an image of width x height."""
    x1, y1 = width * 0.95, height * 0.93
    outline = [withStroke(linewidth=2.5, foreground="black")]
    ax.plot([x1 - length, x1], [y1, y1], color="white", linewidth=2.5, solid_capstyle="butt", path_effects=outline)
    label_x, label_y = x1 - length / 2, y1 - height * 0.03
    text = ax.text(label_x, label_y, label, color="white", ha="center", va="bottom", fontweight="bold")
    text.set_path_effects(outline)


def png(figure: Figure) -> bytes:
    """PNG of at most 256 colours: enough for plots, and a third of the size."""
    image = _raster(figure).quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def jpg(figure: Figure) -> bytes:
    """JPEG, for pictures of microscopes and cameras."""
    buffer = io.BytesIO()
    _raster(figure).save(buffer, "JPEG", quality=82, optimize=True)
    return buffer.getvalue()


def pdf(figure: Figure) -> bytes:
    """Vector PDF of one page without dates."""
    buffer = io.BytesIO()
    metadata: dict[str, Any] = {"CreationDate": None, "ModDate": None, "Producer": None, "Creator": None}
    figure.savefig(buffer, format="pdf", metadata=metadata)
    return buffer.getvalue()


def _raster(figure: Figure) -> Image.Image:
    canvas = FigureCanvasAgg(figure)
    figure.set_dpi(DPI)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())


ENCODERS = {"png": png, "jpg": jpg, "pdf": pdf}
