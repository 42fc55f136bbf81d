"""Figures of the papers in arXiv HTML and in PDF: menu costs, porous cylinders, shade, tilings."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Rectangle

from demo_papers.canvas import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY, YELLOW, bare, letters, rng, sheet


def prices_sizes() -> Figure:
    """Sizes of price changes."""
    random = rng("prices-sizes")
    figure, (ax,) = sheet(4.2, 2.5)
    up, down = random.gamma(9, 0.9, 2900), -random.gamma(8, 0.85, 1700)
    ax.hist(
        np.concatenate([up, down]), bins=np.arange(-20, 21, 1).tolist(), color=BLUE, edgecolor="white", linewidth=0.3
    )
    ax.axvspan(-2, 2, color=YELLOW, alpha=0.3, linewidth=0)
    ax.text(0, 560, "|change| < 2%", ha="center", fontsize=6.5)
    ax.set(xlabel="Price change (%)", ylabel="Number of changes", ylim=(0, 600))
    return figure


def prices_hazard() -> Figure:
    """Hazard of a change by the age of the price."""
    random = rng("prices-hazard")
    figure, (ax,) = sheet(3.1, 2.5)
    weeks = np.arange(1, 41)
    for label, level, rise, colour in (("Menu cost", 0.018, 0.0023, RED), ("Calvo", 0.052, 0.0, GREY)):
        hazard = level + rise * weeks + random.normal(0, 0.0035, weeks.size)
        ax.plot(weeks, hazard, ".", ms=3, color=colour)
        ax.plot(weeks, level + rise * weeks, color=colour, linewidth=1, label=label)
    ax.set(xlabel="Age of the price (weeks)", ylabel="Hazard per week", ylim=(0, 0.14))
    ax.legend(loc="upper left")
    return figure


def prices_share() -> Figure:
    """Share of products that change price, by inflation."""
    figure, (ax,) = sheet(3.1, 2.5)
    inflation = np.arange(0, 11, 2)
    ax.bar(
        inflation - 0.4,
        [6, 7.1, 8.9, 11.6, 14.2, 17.5],
        width=0.75,
        yerr=0.5,
        color=RED,
        label="Menu cost",
        error_kw={"elinewidth": 0.7},
    )
    ax.bar(
        inflation + 0.4,
        [8.1, 8.1, 8.2, 8.0, 8.1, 8.2],
        width=0.75,
        yerr=0.4,
        color=GREY,
        label="Calvo",
        error_kw={"elinewidth": 0.7},
    )
    ax.set(xlabel="Inflation (% per year)", ylabel="Share per week (%)", xticks=inflation, ylim=(0, 22))
    ax.legend(loc="upper left")
    return figure


def prices_output() -> Figure:
    """Response of output to a money shock."""
    figure, (ax,) = sheet(4.2, 2.5)
    weeks = np.arange(0, 53)
    for label, height, decay, colour in (("Menu cost", 0.42, 7.5, RED), ("Calvo", 0.55, 19, GREY)):
        response = height * np.exp(-weeks / decay)
        ax.fill_between(weeks, response - 0.05, response + 0.05, color=colour, alpha=0.2, linewidth=0)
        ax.plot(weeks, response, color=colour, label=label)
    ax.axhline(0, color="black", linewidth=0.6)
    ax.set(xlabel="Weeks after the shock", ylabel="Output (% from trend)")
    ax.legend(loc="upper right")
    return figure


def _wake(porosity: float) -> Figure:
    figure, (ax,) = sheet(2.5, 1.7)
    y, x = np.mgrid[-3:3:150j, -2:10:300j]
    strength = 1 - porosity * 1.35
    vorticity = np.zeros_like(x)
    for row in range(6):
        centre, sign = 1.6 + 1.55 * row, 1 if row % 2 == 0 else -1
        width = 0.45 + 0.06 * row
        vorticity += (
            sign * strength * np.exp(-((x - centre) ** 2 + (y - 0.62 * sign) ** 2) / width**2) * np.exp(-row / 9)
        )
    shear = 0.9 * np.exp(-np.clip(x, 0, None) / (0.8 + 6 * porosity)) * (x > -0.3)
    vorticity += shear * (np.exp(-((y - 0.55) ** 2) / 0.05) - np.exp(-((y + 0.55) ** 2) / 0.05))
    ax.contourf(x, y, vorticity, levels=np.linspace(-1.1, 1.1, 24), cmap="RdBu_r", extend="both")
    ax.add_patch(Circle((0, 0), 0.5, facecolor="#777777", edgecolor="black", linewidth=0.7))
    ax.set(xlabel="x / D", ylabel="y / D", aspect="equal", xticks=[0, 4, 8], yticks=[-2, 0, 2])
    return figure


def wake_strouhal() -> Figure:
    """Strouhal number and drag against porosity."""
    random = rng("wake-strouhal")
    figure, (ax,) = sheet(3.8, 2.5)
    porosity = np.arange(0, 0.61, 0.075)
    for reynolds, level, colour, marker in ((100, 0.166, SKY, "o"), (200, 0.197, BLUE, "s"), (400, 0.211, PURPLE, "^")):
        strouhal = level * (1 - 0.35 * porosity) + random.normal(0, 0.0015, porosity.size)
        ax.errorbar(
            porosity, strouhal, yerr=0.004, fmt=marker + "-", color=colour, label=f"Re = {reynolds}", elinewidth=0.7
        )
    ax.set(xlabel="Porosity", ylabel="Strouhal number", ylim=(0.12, 0.225))
    ax.legend(loc="lower left")
    return figure


def wake_drag() -> Figure:
    """Drag over porosity and permeability."""
    figure, (ax,) = sheet(4.0, 2.6)
    porosity, log_darcy = np.meshgrid(np.linspace(0, 0.6, 70), np.linspace(-6, -2, 70))
    drag = 1.36 - 0.75 * porosity**1.3 / (1 + np.exp(-(log_darcy + 3.9) / 0.45))
    mesh = ax.contourf(porosity, log_darcy, drag, levels=14, cmap="plasma")
    ax.axhline(-3.9, color="white", linestyle="--", linewidth=0.9)
    ax.set(xlabel="Porosity", ylabel="log$_{10}$ Darcy number")
    figure.colorbar(mesh, ax=ax, label="Drag coefficient")
    return figure


def _street_map(ax: Axes) -> None:
    random = rng("streets")
    for row in range(7):
        for column in range(9):
            ax.add_patch(Rectangle((column + 0.12, row + 0.12), 0.76, 0.76, facecolor="#E4E0D8", edgecolor="none"))
    for _ in range(150):
        x, y = random.uniform(0, 9), random.uniform(0, 7)
        if y > 3.2 or random.random() < 0.25:
            ax.add_patch(Circle((x, y), random.uniform(0.06, 0.13), facecolor=GREEN, edgecolor="none", alpha=0.7))
    for number, (x, y) in enumerate(((1.0, 6.0), (4.0, 5.0), (7.0, 6.0), (2.0, 2.0), (5.0, 1.0), (8.0, 2.0)), start=1):
        ax.plot(x, y, "o", ms=9, color=RED)
        ax.text(x, y - 0.02, str(number), color="white", ha="center", va="center", fontsize=6.5, fontweight="bold")
    ax.plot([0.2, 2.2], [-0.35, -0.35], color="black", linewidth=2)
    ax.text(1.2, -0.8, "200 m", ha="center", va="center", fontsize=6.5)
    ax.set(xlim=(0, 9), ylim=(-1.0, 7), aspect="equal")
    bare(ax)


def shade_1() -> Figure:
    """Counting sites and the counts by hour."""
    random = rng("shade-1")
    figure, (chart, lines) = sheet(6.4, 2.5, (1.1, 1))
    _street_map(chart)
    hours = np.arange(6, 22)
    base = 60 + 150 * np.exp(-(((hours - 8) / 1.3) ** 2)) + 170 * np.exp(-(((hours - 17.5) / 1.8) ** 2))
    dip = 17 * np.exp(-(((hours - 14) / 2.4) ** 2))
    lines.plot(hours, base + random.normal(0, 3, hours.size), "o-", ms=3, color=GREEN, label="Shaded sites 1–3")
    lines.plot(hours, base - dip + random.normal(0, 3, hours.size), "s-", ms=3, color=ORANGE, label="Open sites 4–6")
    lines.set(xlabel="Hour of the day", ylabel="Cyclists per hour", ylim=(0, 300), xticks=[6, 10, 14, 18])
    lines.legend(loc="upper left")
    letters((chart, lines))
    return figure


def shade_2() -> Figure:
    """Ratio of open to shaded counts by temperature."""
    random = rng("shade-2")
    figure, (ax,) = sheet(3.6, 2.5)
    celsius = np.arange(16, 39, 2)
    ratio = 0.98 - 0.021 * np.clip(celsius - 26, 0, None) + random.normal(0, 0.012, celsius.size)
    ax.errorbar(celsius, ratio, yerr=0.04, fmt="o", color=ORANGE, elinewidth=0.8)
    ax.plot([16, 26, 38], [0.98, 0.98, 0.98 - 0.021 * 12], color="black", linewidth=1)
    ax.axvline(26, color=GREY, linestyle=":", linewidth=0.9)
    ax.set(xlabel="Afternoon temperature (°C)", ylabel="Open / shaded count", ylim=(0.6, 1.1))
    return figure


HALF = np.sqrt(3) / 2
FACES = (
    (SKY, ((0, 0), (HALF, 0.5), (0, 1), (-HALF, 0.5))),
    (BLUE, ((0, 0), (0, -1), (-HALF, -0.5), (-HALF, 0.5))),
    (ORANGE, ((0, 0), (0, -1), (HALF, -0.5), (HALF, 0.5))),
)
"""Colour and corners of the top, left and right face of a unit cube, from the front corner of its top."""


def _tiling(steps: int) -> PolyCollection:
    """A random lozenge tiling of a hexagon: piled cubes in a corner, drawn from the far corner to the viewer."""
    heights = rng(f"tiling {steps}").integers(0, steps + 1, (steps, steps))
    heights = -np.sort(np.sort(-heights, axis=0), axis=1)
    polygons, colours = [], []

    def face(kind: int, i: int, j: int, level: int) -> None:
        colour, corners = FACES[kind]
        x, y = (j - i) * HALF, level - (i + j) / 2
        polygons.append([(x + dx, y + dy) for dx, dy in corners])
        colours.append(colour)

    for level in range(1, steps + 1):
        for k in range(steps):
            face(1, -1, k, level)
            face(2, k, -1, level)
    for i, j in sorted(np.ndindex(steps, steps), key=sum):
        for level in range(1, int(heights[i, j]) + 1):
            face(1, i, j, level)
            face(2, i, j, level)
        face(0, i, j, int(heights[i, j]))
    return PolyCollection(polygons, facecolors=colours, edgecolors="black", linewidths=0.3)


def tiling_1() -> Figure:
    """Two random lozenge tilings."""
    figure, axes = sheet(5.4, 2.8, (1, 1))
    for ax, steps in zip(axes, (8, 16), strict=True):
        ax.add_collection(_tiling(steps))
        ax.autoscale_view()
        ax.set_aspect("equal")
        bare(ax)
    letters(axes, ("(a)", "(b)"))
    return figure


def tiling_2() -> Figure:
    """Distance from uniformity over the number of flips."""
    random = rng("tiling-2")
    figure, (ax,) = sheet(4.0, 2.6)
    flips = np.linspace(0, 3, 40)
    for size, colour, marker in ((16, SKY, "o"), (32, BLUE, "s"), (64, PURPLE, "^")):
        distance = 1 / (1 + np.exp((flips - 1) * (3 + size / 12))) + random.normal(0, 0.008, flips.size)
        ax.plot(flips, distance.clip(0, 1), marker, ms=2.5, color=colour, label=f"n = {size}")
        ax.plot(flips, 1 / (1 + np.exp((flips - 1) * (3 + size / 12))), color=colour, linewidth=0.8)
    ax.axvline(1, color=GREY, linestyle="--", linewidth=0.8)
    ax.set(xlabel="Flips in units of n$^3$ log n", ylabel="Total variation distance", ylim=(-0.02, 1.02))
    ax.legend(loc="upper right")
    return figure


FIGURES = {
    "prices-sizes": prices_sizes,
    "prices-hazard": prices_hazard,
    "prices-share": prices_share,
    "prices-output": prices_output,
    "wake-00": lambda: _wake(0.0),
    "wake-30": lambda: _wake(0.3),
    "wake-60": lambda: _wake(0.6),
    "wake-strouhal": wake_strouhal,
    "wake-drag": wake_drag,
    "shade-1": shade_1,
    "shade-2": shade_2,
    "tiling-1": tiling_1,
    "tiling-2": tiling_2,
}
