"""Figures of the LaTeX papers: foams, ensembles, transits. A name is one picture file, so a figure can be several."""

from __future__ import annotations

import numpy as np
from matplotlib.collections import PatchCollection
from matplotlib.figure import Figure
from matplotlib.patches import Circle

from demo_papers.canvas import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY, bare, letters, rng, scale_bar, sheet


def _relax(points: np.ndarray, radii: np.ndarray, rounds: int) -> np.ndarray:
    """Push overlapping discs apart in a periodic unit box."""
    for _ in range(rounds):
        delta = points[:, None, :] - points[None, :, :]
        delta -= np.round(delta)
        distance = np.sqrt((delta**2).sum(-1)) + np.eye(len(points))
        overlap = np.clip(radii[:, None] + radii[None, :] - distance, 0, None) * (1 - np.eye(len(points)))
        points = (points + 0.35 * ((overlap / distance)[..., None] * delta).sum(1)) % 1
    return points


def _foam(fraction: float) -> Figure:
    random = rng("foam")
    count = 130
    radii = np.where(np.arange(count) % 2 == 0, 1.0, 1.4)
    radii *= np.sqrt(fraction / (np.pi * (radii**2).sum()))
    points = _relax(random.uniform(0, 1, (count, 2)), radii, 160)
    figure, (ax,) = sheet(2.2, 2.2)
    ax.set_facecolor("#1C1C1C")
    patches = [
        Circle((x + dx, y + dy), r)
        for (x, y), r in zip(points, radii, strict=True)
        for dx in (-1, 0, 1)
        for dy in (-1, 0, 1)
    ]
    tones = np.repeat(random.uniform(0.35, 0.8, count), 9)
    bubbles = PatchCollection(patches, cmap="gray", edgecolor="white", linewidth=0.5)
    bubbles.set_array(tones)
    bubbles.set_clim(0, 1)
    ax.add_collection(bubbles)
    ax.set(xlim=(0, 1), ylim=(1, 0), aspect="equal")
    scale_bar(ax, 0.25, "5 mm", 1, 1)
    bare(ax, frame=True)
    return figure


def foam_pressure() -> Figure:
    """Pressure against packing fraction on both sides of jamming."""
    random = rng("foam-pressure")
    figure, (ax,) = sheet(3.5, 2.6)
    phi = np.linspace(0.82, 0.92, 15)
    for label, factor, colour, marker in (
        ("1:1.2", 0.9, SKY, "o"),
        ("1:1.4", 1.0, BLUE, "s"),
        ("1:2.0", 1.15, PURPLE, "^"),
    ):
        pressure = 46 * factor * np.clip(phi - 0.8412, 0, None) ** 1.04 + random.normal(0, 0.02, phi.size).clip(0)
        ax.errorbar(
            phi, pressure, yerr=0.08, fmt=marker + "-", color=colour, label=label, linewidth=0.8, elinewidth=0.7
        )
    ax.axvline(0.8412, color=GREY, linestyle="--", linewidth=0.9)
    ax.text(0.8425, 3.9, r"$\varphi_J$", color=GREY)
    ax.set(xlabel=r"Packing fraction $\varphi$", ylabel="Pressure (Pa)", ylim=(-0.1, 4.3))
    ax.legend(title="Radius ratio", loc="upper left", bbox_to_anchor=(0.0, 0.85), title_fontsize=6.5)
    return figure


def foam_contacts() -> Figure:
    """Contact number above jamming."""
    random = rng("foam-contacts")
    figure, (ax,) = sheet(3.1, 2.5)
    excess = np.logspace(-3, -1.1, 14)
    ax.plot(excess, 3.6 * excess**0.5, color=GREY)
    ax.plot(excess, 3.6 * excess**0.5 * np.exp(random.normal(0, 0.05, 14)), "o", color=BLUE)
    ax.text(0.002, 0.55, "slope 0.50", rotation=0)
    ax.set(xscale="log", yscale="log", xlabel=r"$\varphi - \varphi_J$", ylabel=r"Excess contacts $Z - Z_c$")
    return figure


def foam_distances() -> Figure:
    """Distribution of neighbour distances."""
    random = rng("foam-distances")
    figure, (ax,) = sheet(3.1, 2.5)
    ax.hist(random.normal(1.0, 0.05, 900), bins=40, color=BLUE, alpha=0.8, label="small–small")
    ax.hist(random.normal(1.2, 0.055, 1500), bins=40, color=ORANGE, alpha=0.7, label="small–large")
    ax.hist(random.normal(1.4, 0.06, 800), bins=40, color=GREEN, alpha=0.7, label="large–large")
    ax.set(xlabel="Distance (small diameters)", ylabel="Pairs", xlim=(0.8, 1.65))
    ax.legend(loc="upper right")
    return figure


def foam_yield() -> Figure:
    """Yield stress over packing fraction and size ratio."""
    figure, (ax,) = sheet(3.6, 2.6)
    phi, ratio = np.meshgrid(np.linspace(0.84, 0.92, 60), np.linspace(1.0, 2.0, 60))
    stress = 190 * (phi - 0.838) ** 1.3 * (1 + 0.35 * (ratio - 1)) * 2
    mesh = ax.contourf(phi, ratio, stress, levels=12, cmap="cividis")
    lines = ax.contour(phi, ratio, stress, levels=[2, 6, 10], colors="white", linewidths=0.7)
    ax.clabel(lines, fmt="%d Pa", fontsize=6)
    ax.set(xlabel=r"Packing fraction $\varphi$", ylabel="Radius ratio")
    figure.colorbar(mesh, ax=ax, label="Yield stress (Pa)")
    return figure


def ensemble_accuracy() -> Figure:
    """Accuracy against label noise."""
    random = rng("ensemble-accuracy")
    figure, (ax,) = sheet(3.6, 2.6)
    noise = np.arange(0, 0.51, 0.1)
    for size, drop, colour, marker in (
        (1, 46, GREY, "o"),
        (3, 34, SKY, "s"),
        (5, 28, BLUE, "^"),
        (10, 26, PURPLE, "D"),
    ):
        accuracy = 93.4 - drop * noise**1.6 + random.normal(0, 0.2, 6)
        ax.errorbar(
            100 * noise,
            accuracy,
            yerr=0.7,
            fmt=marker + "-",
            color=colour,
            label=f"{size} member{'s' * (size > 1)}",
            elinewidth=0.7,
        )
    ax.set(xlabel="Label noise (%)", ylabel="Test accuracy (%)", ylim=(74, 96))
    ax.legend(loc="lower left")
    return figure


def ensemble_reliability() -> Figure:
    """Reliability diagrams of one and of five members, in one file."""
    figure, axes = sheet(5.2, 2.5, (1, 1))
    confidence = np.arange(0.55, 1.0, 0.1)
    for ax, (title, slope, error, colour) in zip(
        axes, (("1 member", 0.72, 9.8, GREY), ("5 members", 0.87, 4.4, BLUE)), strict=True
    ):
        ax.bar(confidence, 0.5 + slope * (confidence - 0.5), width=0.085, color=colour, alpha=0.85)
        ax.plot([0.5, 1], [0.5, 1], color="black", linestyle="--", linewidth=0.9)
        ax.text(0.53, 0.93, f"ECE {error} %")
        ax.set_title(title, fontsize=7.5)
        ax.set(xlabel="Confidence", ylabel="Accuracy", xlim=(0.5, 1), ylim=(0.4, 1))
    letters(axes, ("(a)", "(b)"))
    return figure


def _ensemble_map(name: str, gain: float) -> Figure:
    random = rng(name)
    figure, (ax,) = sheet(2.7, 2.3)
    sizes, noise = np.array([1, 2, 3, 5, 8, 10]), np.array([0, 10, 20, 30, 40, 50])
    error = np.maximum(0.6, gain * noise[:, None] / 50 / np.sqrt(sizes)) + random.normal(0, 0.1, (6, 6))
    image = ax.imshow(error, origin="lower", cmap="viridis_r", vmin=0, vmax=17)
    ax.set(xticks=range(6), xticklabels=list(map(str, sizes)), yticks=range(6), yticklabels=list(map(str, noise)))
    ax.set(xlabel="Members", ylabel="Label noise (%)")
    figure.colorbar(image, ax=ax, label="ECE (%)", shrink=0.9)
    return figure


def _transit(name: str, depth: float, colour: str) -> Figure:
    random = rng(name)
    figure, (ax,) = sheet(3.2, 2.3)
    hours = np.linspace(-4, 4, 260)
    model = 1 - depth / (1 + np.exp(-(1.45 - np.abs(hours)) / 0.09))
    ax.plot(hours, 1e3 * (model - 1) + random.normal(0, 0.16, hours.size), ".", ms=2, color=colour, alpha=0.7)
    ax.plot(hours, 1e3 * (model - 1), color="black", linewidth=1)
    ax.set(xlabel="Time from mid-transit (h)", ylabel="Relative flux (ppt)", ylim=(-2.6, 0.9))
    return figure


def transit_timing() -> Figure:
    """Observed minus computed transit times."""
    random = rng("transit-timing")
    figure, (ax,) = sheet(4.6, 2.3)
    epoch = np.arange(0, 61, 2)
    fine = np.linspace(0, 60, 300)
    ax.axhline(0, color=GREY, linewidth=0.7)
    ax.plot(fine, 7.8 * np.sin(2 * np.pi * fine / 38.5), color=RED)
    timing = 7.8 * np.sin(2 * np.pi * epoch / 38.5) + random.normal(0, 0.8, epoch.size)
    ax.errorbar(epoch, timing, yerr=1.1, fmt="o", ms=3, color="black", elinewidth=0.7)
    ax.set(xlabel="Epoch", ylabel="O − C (min)", ylim=(-12, 12))
    return figure


def transit_posterior() -> Figure:
    """Joint posterior of mass and eccentricity with the margin of the mass."""
    random = rng("transit-posterior")
    figure, (joint, margin) = sheet(5.4, 2.5, (1.1, 1))
    mass = random.normal(8.4, 0.9, 5000)
    eccentricity = np.abs(0.061 - 0.008 * (mass - 8.4) + random.normal(0, 0.012, 5000))
    counts, xs, ys = np.histogram2d(mass, eccentricity, bins=45, range=((5, 12), (0, 0.12)))
    joint.contourf(
        (xs[1:] + xs[:-1]) / 2, (ys[1:] + ys[:-1]) / 2, counts.T, levels=[2, 5, 10, 15, 20, 30, 60], cmap="Blues"
    )
    joint.set(xlabel="Mass of the companion (Earth masses)", ylabel="Eccentricity")
    margin.hist(mass, bins=40, color=SKY)
    margin.axvline(8.4, color="black")
    margin.set(xlabel="Mass of the companion (Earth masses)", ylabel="Samples")
    letters((joint, margin), ("(a)", "(b)"))
    return figure


FIGURES = {
    "foam_820": lambda: _foam(0.82),
    "foam_845": lambda: _foam(0.845),
    "foam_880": lambda: _foam(0.88),
    "foam_pressure": foam_pressure,
    "foam_contacts": foam_contacts,
    "foam_distances": foam_distances,
    "foam_yield": foam_yield,
    "ensemble_accuracy": ensemble_accuracy,
    "ensemble_reliability": ensemble_reliability,
    "ensemble_ece_small": lambda: _ensemble_map("ece small", 16.3),
    "ensemble_ece_large": lambda: _ensemble_map("ece large", 10.4),
    "transit_red": lambda: _transit("transit red", 1.62e-3, RED),
    "transit_infrared": lambda: _transit("transit infrared", 1.58e-3, PURPLE),
    "transit_timing": transit_timing,
    "transit_posterior": transit_posterior,
}
