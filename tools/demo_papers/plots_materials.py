"""Figures of the perovskite and soil papers."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from demo_papers.canvas import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY, bare, letters, rng, scale_bar, sheet


def _diode(voltage: np.ndarray, j_short: float, v_open: float, steepness: float) -> np.ndarray:
    return j_short * (1 - np.expm1(voltage * steepness) / np.expm1(v_open * steepness))


def _stack(ax: Axes) -> None:
    layers = [
        ("Glass", "", "#DCE6EC", 1.0),
        ("ITO", "150 nm", "#B7C9A8", 0.6),
        ("SnO$_2$", "25 nm", "#F2D492", 0.45),
        ("Perovskite", "520 nm", "#8A5A44", 1.5),
        ("Spiro-OMeTAD", "180 nm", "#C9A6D6", 0.7),
        ("Au", "80 nm", "#E3B23C", 0.55),
    ]
    bottom = 0.0
    for name, thickness, colour, height in layers:
        ax.add_patch(Rectangle((0, bottom), 3, height, facecolor=colour, edgecolor="black", linewidth=0.6))
        ink = "white" if name == "Perovskite" else "black"
        ax.text(1.5, bottom + height / 2, name, ha="center", va="center", fontsize=7, color=ink)
        ax.text(3.15, bottom + height / 2, thickness, ha="left", va="center", fontsize=7)
        bottom += height
    ax.set_xlim(-0.1, 4.7)
    ax.set_ylim(-0.1, bottom + 0.1)
    bare(ax)


def perovskite_1() -> Figure:
    """Stack, current-voltage curves, efficiencies."""
    random = rng("perovskite-1")
    figure, (stack, curves, bars) = sheet(6.6, 2.4, (1, 1.25, 1.1))
    _stack(stack)
    voltage = np.linspace(0, 1.2, 200)
    for label, j_short, v_open, steepness, colour in (
        ("Reference", 23.1, 1.08, 9, GREY),
        ("10 cycles", 23.6, 1.13, 12, RED),
    ):
        current = _diode(voltage, j_short, v_open, steepness)
        curves.plot(voltage[current > -1], current[current > -1], color=colour, label=label)
    curves.set(xlabel="Voltage (V)", ylabel="Current density (mA cm$^{-2}$)", xlim=(0, 1.2), ylim=(0, 26))
    curves.legend(loc="lower left")
    means, spread = np.array([18.3, 19.4, 20.6, 20.5]), np.array([0.5, 0.5, 0.4, 0.6])
    bars.bar(range(4), means, yerr=spread, color=[GREY, ORANGE, RED, PURPLE], width=0.65, error_kw={"elinewidth": 0.8})
    for x, (mean, sd) in enumerate(zip(means, spread, strict=True)):
        points = random.normal(mean, sd, 24)
        bars.scatter(x + random.uniform(-0.2, 0.2, 24), points, s=3, color="black", alpha=0.45, linewidths=0, zorder=3)
    bars.set(xticks=range(4), xticklabels=["0", "5", "10", "20"], xlabel="Thermal cycles", ylim=(15, 23))
    bars.set_ylabel("Efficiency (%)")
    letters((stack, curves, bars))
    return figure


def _grains(name: str, count: int, size: int = 360) -> np.ndarray:
    """A grain micrograph: flat grains of varied brightness, dark boundaries, shot noise."""
    random = rng(name)
    seeds = random.uniform(0, size, (count, 2))
    y, x = np.mgrid[0:size, 0:size]
    distances = np.stack([(x - sx) ** 2 + (y - sy) ** 2 for sx, sy in seeds]).astype(np.float32)
    nearest = np.partition(distances, 1, axis=0)[:2]
    owner = distances.argmin(axis=0)
    edge = np.clip((np.sqrt(nearest[1]) - np.sqrt(nearest[0])) / 5, 0, 1)
    shade = random.uniform(0.45, 0.8, count)[owner]
    picture: np.ndarray = np.clip(shade * (0.35 + 0.65 * edge) + random.normal(0, 0.045, (size, size)), 0, 1)
    return picture


def perovskite_2() -> Figure:
    """Grain micrographs before and after, and the grain sizes."""
    random = rng("perovskite-2")
    figure, axes = sheet(6.6, 2.35, (1, 1, 1.15))
    for ax, (name, count) in zip(axes, (("before", 230), ("after", 76)), strict=False):
        ax.imshow(_grains(name, count), cmap="gray", vmin=0, vmax=1)
        scale_bar(ax, 74, "1 µm", 360, 360)
        bare(ax)
    bins = np.arange(50, 1001, 50)
    axes[2].hist(random.gamma(9, 310 / 9, 400), bins=list(bins), color=GREY, alpha=0.75, label="Reference")
    axes[2].hist(random.gamma(10, 540 / 10, 400), bins=list(bins), color=RED, alpha=0.6, label="10 cycles")
    axes[2].set(xlabel="Grain diameter (nm)", ylabel="Number of grains", xlim=(0, 1000))
    axes[2].legend(loc="upper right")
    letters(axes)
    return figure


def perovskite_3() -> Figure:
    """Arrhenius plot of the ionic conductivity."""
    random = rng("perovskite-3")
    figure, (ax,) = sheet(3.6, 2.7)
    kelvin = np.arange(280, 345, 8)
    inverse = 1000 / kelvin
    for label, energy, offset, colour, marker in (
        ("Reference, 0.46 eV", 0.46, 1.2, GREY, "o"),
        ("10 cycles, 0.61 eV", 0.61, 2.65, RED, "s"),
    ):
        line = offset + np.log10(np.e) * (-energy / 8.617e-5) * (1 / kelvin)
        measured = line + random.normal(0, 0.05, kelvin.size)
        ax.plot(inverse, line, color=colour)
        ax.errorbar(inverse, measured, yerr=0.09, fmt=marker, color=colour, label=label, elinewidth=0.8)
    ax.set(xlabel="1000 / temperature (K$^{-1}$)", ylabel="log$_{10}$ conductivity (S cm$^{-1}$)")
    ax.legend(loc="upper right")
    return figure


PHYLA = ("Actinobacteria", "Acidobacteria", "Proteobacteria", "Verrucomicrobia", "Other")


def soil_1() -> Figure:
    """Phyla under drought, and the ordination."""
    random = rng("soil-1")
    figure, (bars, scatter) = sheet(6.6, 2.7, (1.25, 1))
    shares = np.array([[17, 22, 34, 15, 12], [24, 21, 29, 14, 12], [31, 20, 25, 12, 12], [38, 18, 21, 11, 12]])
    colours = (RED, ORANGE, BLUE, GREEN, "#BBBBBB")
    bottom = np.zeros(4)
    for name, column, colour in zip(PHYLA, shares.T, colours, strict=True):
        bars.bar(range(4), column, bottom=bottom, color=colour, label=name, width=0.7)
        bottom += column
    bars.set(xticks=range(4), xticklabels=["Control", "Drought 1", "Drought 2", "Drought 3"], ylim=(0, 100))
    bars.set_ylabel("Relative abundance (%)")
    handles, labels = bars.get_legend_handles_labels()
    bars.legend(handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.0, 0.5))
    centres = ((-0.28, 0.02), (-0.06, 0.14), (0.13, 0.0), (0.27, -0.13))
    for label, centre, colour in zip(("Control", "1", "2", "3"), centres, (BLUE, SKY, ORANGE, RED), strict=True):
        cloud = random.normal(centre, 0.05, (12, 2))
        scatter.scatter(cloud[:, 0], cloud[:, 1], s=16, color=colour, edgecolor="white", linewidth=0.4, label=label)
    scatter.set(xlabel="PCoA 1 (38%)", ylabel="PCoA 2 (17%)", xlim=(-0.45, 0.45), ylim=(-0.35, 0.4))
    scatter.legend(title="Droughts", ncols=2, loc="lower left", title_fontsize=6.5, columnspacing=0.8)
    letters((bars, scatter))
    return figure


GENERA = (
    "Gaiella", "Rubrobacter", "Solirubrobacter", "Nocardioides", "Blastococcus", "Streptomyces",
    "Bradyrhizobium", "Candidatus Udaeobacter", "Pseudomonas", "Massilia", "Flavobacterium", "Pedobacter",
)  # fmt: skip


def soil_2() -> Figure:
    """Fold changes of twelve genera over six weeks."""
    random = rng("soil-2")
    figure, (ax,) = sheet(4.6, 3.3)
    final = np.array([3.1, 2.7, 2.4, 2.0, 1.6, 1.1, 0.1, -0.2, -1.3, -1.9, -2.4, -2.9])
    weeks = np.array([1, 2, 3, 4, 6, 8])
    changes = final[:, None] * (1 - np.exp(-weeks / 2.6))[None, :] / 0.95 + random.normal(0, 0.15, (12, 6))
    image = ax.imshow(changes, cmap="RdBu_r", vmin=-3.2, vmax=3.2, aspect="auto")
    ax.set(xticks=range(6), xticklabels=[str(w) for w in weeks], xlabel="Weeks after the first drought")
    ax.set_yticks(range(12), GENERA, fontstyle="italic")
    ax.tick_params(length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
    bar = figure.colorbar(image, ax=ax, shrink=0.8)
    bar.set_label("log$_2$ fold change against control")
    bar.outline.set_visible(False)
    return figure


def _gel(name: str, bands: list[list[tuple[float, float]]], size: tuple[int, int] = (330, 400)) -> np.ndarray:
    """A stained gel: lanes of horizontal bands (position 0-1 from the top, brightness), blurred, on a noisy ground."""
    random = rng(name)
    height, width = size
    y, x = np.mgrid[0:height, 0:width]
    picture = 0.1 + 0.05 * y / height
    lane_width = width / len(bands)
    for lane, content in enumerate(bands):
        centre = (lane + 0.5) * lane_width
        across = np.exp(-(((x - centre) / (lane_width * 0.36)) ** 8))
        smile = 0.004 * height * ((x - centre) / lane_width) ** 2 * 4
        for position, light in content:
            picture = picture + light * across * np.exp(-(((y - position * height - smile) / 4.2) ** 2))
    noisy: np.ndarray = np.clip(picture + random.normal(0, 0.02, size), 0, 1)
    return noisy


def soil_3() -> Figure:
    """Gel, band intensities, respiration after rewetting."""
    random = rng("soil-3")
    figure, (gel, bars, lines) = sheet(6.6, 2.5, (1.2, 0.85, 1.25))
    ladder = [(0.14, 0.5), (0.26, 0.6), (0.42, 0.85), (0.56, 0.5), (0.72, 0.5), (0.86, 0.4)]
    lanes = [ladder, *([(0.36, light), (0.37, light / 2)] for light in (0.75, 0.72, 0.62, 0.5, 0.36))]
    gel.imshow(_gel("gel", lanes), cmap="gray", vmin=0, vmax=1, aspect="auto")
    gel.set_xticks((np.arange(6) + 0.5) * 400 / 6, ["L", "C1", "C2", "D1", "D2", "D3"])
    gel.set_yticks([0.26 * 330, 0.42 * 330, 0.72 * 330], ["2.0", "1.2", "0.5"])
    gel.set_ylabel("Length (kb)")
    gel.tick_params(length=2)
    gel.xaxis.tick_top()
    bars.bar(
        range(4), [1.0, 0.84, 0.66, 0.47], yerr=[0.06, 0.07, 0.06, 0.05], color=[BLUE, SKY, ORANGE, RED], width=0.65
    )
    bars.set(xticks=range(4), xticklabels=["C", "D1", "D2", "D3"], ylabel="Band intensity (relative)", ylim=(0, 1.2))
    hours = np.arange(0, 73, 8)
    for label, peak, delay, colour in (
        ("Control", 14.2, 9, BLUE),
        ("Drought 1", 10.5, 13, SKY),
        ("Drought 3", 6.1, 21, RED),
    ):
        rate = 1.2 + peak * (hours / delay) * np.exp(1 - hours / delay)
        lines.errorbar(
            hours, rate + random.normal(0, 0.2, hours.size), yerr=0.6, fmt="o-", ms=3, color=colour, label=label
        )
    lines.set(xlabel="Time after rewetting (h)", ylabel="CO$_2$ efflux (µg C g$^{-1}$ h$^{-1}$)", ylim=(0, 18))
    lines.legend(loc="upper right")
    letters((bars, lines), "bc")
    gel.text(-0.2, 1.14, "a", transform=gel.transAxes, fontweight="bold", fontsize=10)
    return figure


FIGURES = {
    "perovskite-1": perovskite_1,
    "perovskite-2": perovskite_2,
    "perovskite-3": perovskite_3,
    "soil-1": soil_1,
    "soil-2": soil_2,
    "soil-3": soil_3,
}
