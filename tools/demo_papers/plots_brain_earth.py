"""Figures of the sleep and the glacial-lake papers."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, Polygon

from demo_papers.canvas import BLUE, GREEN, GREY, ORANGE, PURPLE, RED, SKY, bare, letters, rng, sheet


def _protocol(ax: Axes) -> None:
    steps = (("Training\n12 blocks", SKY, 0.0), ("Sleep\n23:00–07:00", PURPLE, 1.75), ("Retest\n4 blocks", GREEN, 3.5))
    for text, colour, x in steps:
        box = FancyBboxPatch(
            (x, 0.35), 1.25, 0.5, boxstyle="round,pad=0.04", facecolor=colour, edgecolor="none", alpha=0.8
        )
        ax.add_patch(box)
        ax.text(x + 0.625, 0.6, text, ha="center", va="center", fontsize=6)
    for x in (1.3, 3.05):
        ax.annotate("", (x + 0.42, 0.6), (x, 0.6), arrowprops={"arrowstyle": "-|>", "color": GREY})
    ax.text(0.625, 0.2, "21:00", ha="center", fontsize=6.5)
    ax.text(4.125, 0.2, "08:00", ha="center", fontsize=6.5)
    ax.set(xlim=(-0.1, 4.85), ylim=(-0.2, 1.4))
    bare(ax)


def _trace() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = rng("eeg")
    time = np.arange(0, 4, 1 / 200)
    slow = 38 * np.sin(2 * np.pi * 0.8 * time)
    spindle = 17 * np.exp(-(((time - 2.1) / 0.33) ** 2)) * np.sin(2 * np.pi * 13.5 * time)
    noise = np.convolve(random.normal(0, 9, time.size), np.ones(5) / 5, "same")
    return time, slow + spindle + noise, spindle


def spindle_1() -> Figure:
    """Protocol, a trace with a spindle, a spectrogram."""
    figure, (plan, trace, image) = sheet(6.8, 2.3, (1.5, 1.1, 1.15))
    _protocol(plan)
    time, raw, spindle = _trace()
    trace.plot(time, raw, color="black", linewidth=0.6)
    trace.plot(time, spindle - 95, color=RED, linewidth=0.7)
    trace.text(0.05, 58, "Fz", fontsize=7)
    trace.text(0.05, -80, "12–15 Hz", fontsize=7, color=RED)
    trace.set(xlabel="Time (s)", ylabel="Amplitude (µV)", ylim=(-125, 80), yticks=[-50, 0, 50])
    seconds, hertz = np.meshgrid(np.linspace(0, 4, 160), np.linspace(5, 20, 90))
    power = 5.5 * np.exp(-(((seconds - 2.1) / 0.38) ** 2) - ((hertz - 13.5) / 1.3) ** 2)
    power += 14 / hertz + rng("spectrogram").normal(0, 0.12, power.shape)
    mesh = image.imshow(power, origin="lower", extent=(0, 4, 5, 20), aspect="auto", cmap="magma", vmin=0, vmax=6)
    image.set(xlabel="Time (s)", ylabel="Frequency (Hz)")
    figure.colorbar(mesh, ax=image, label="Power (dB)")
    letters((plan, trace, image))
    return figure


def _related(name: str, n: int, r: float) -> tuple[np.ndarray, np.ndarray]:
    """Two samples of standard scores whose sample correlation is exactly r."""
    x, e = rng(name).normal(size=(2, n))
    x = (x - x.mean()) / x.std()
    e -= e.mean() + x * (x * e).mean()
    return x, r * x + np.sqrt(1 - r * r) * e / e.std()


def spindle_2() -> Figure:
    """Gain against coupling and against count."""
    figure, axes = sheet(5.4, 2.5, (1, 1))
    settings = ((0.62, 0.41, 0.11, "Coupling strength", BLUE), (0.08, 5.2, 1.1, "Spindles per minute", ORANGE))
    for ax, (r, centre, spread, label, colour) in zip(axes, settings, strict=True):
        x, y = _related(f"spindle {r}", 46, r)
        x, y = centre + spread * x, 9.3 + 5.1 * y
        ax.scatter(x, y, s=14, color=colour, edgecolor="white", linewidth=0.4)
        slope, start = np.polyfit(x, y, 1)
        ends = np.array([x.min(), x.max()])
        ax.plot(ends, start + slope * ends, color="black", linewidth=1)
        ax.text(0.04, 0.95, f"r = {r:.2f}", transform=ax.transAxes, va="top")
        ax.set(xlabel=label, ylabel="Overnight gain (%)", ylim=(-6, 26))
    letters(axes)
    return figure


def spindle_3() -> Figure:
    """Scalp maps of coupling in two age groups."""
    figure, axes = sheet(4.6, 2.2, (1, 1))
    y, x = np.mgrid[-1:1:160j, -1:1:160j]
    inside = x**2 + y**2 <= 1
    levels = np.linspace(0.1, 0.75, 14)
    for ax, (title, peak, height) in zip(axes, (("Early sleep", 0.15, 0.34), ("Late sleep", 0.5, 0.58)), strict=True):
        field = 0.12 + height * np.exp(-((x / 0.55) ** 2) - ((y - peak) / 0.5) ** 2)
        mesh = ax.contourf(x, y, np.where(inside, field, np.nan), levels=levels, cmap="viridis")
        ax.add_patch(Circle((0, 0), 1, fill=False, linewidth=1.2))
        ax.add_patch(Polygon([(-0.13, 0.99), (0, 1.16), (0.13, 0.99)], fill=False, linewidth=1.2))
        for angle in np.arange(0, 360, 45):
            radians = np.deg2rad(angle)
            ax.plot(0.68 * np.cos(radians), 0.68 * np.sin(radians), "o", ms=2, color="black")
        ax.plot(0, 0, "o", ms=2, color="black")
        ax.set(aspect="equal", xlim=(-1.1, 1.1), ylim=(-1.1, 1.25))
        ax.set_title(title, fontsize=7.5)
        bare(ax)
    figure.colorbar(mesh, ax=axes, label="Coupling strength", ticks=[0.1, 0.3, 0.5, 0.7], shrink=0.85)
    letters(axes)
    return figure


def _relief() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    y, x = np.mgrid[0:12:160j, 0:16:220j]
    height = 4200 + 70 * y + 260 * np.cos((x - 8) / 2.6) ** 2 * (1 + y / 9)
    height += 180 * np.exp(-(((x - 12.5) / 2) ** 2) - ((y - 9) / 2) ** 2) - 240 * np.exp(
        -(((x - 8) / 5) ** 2) - (y / 3) ** 2
    )
    return x, y, height


LAKES = ((6.0, 6.2, 0.62, "L1"), (9.3, 3.4, 0.85, "L2"), (11.7, 6.0, 0.5, "L3"), (3.9, 9.0, 0.4, "L4"))


def lake_1() -> Figure:
    """Catchment map with lakes, and the area of the largest over time."""
    random = rng("lake-1")
    figure, (chart, series) = sheet(6.6, 2.7, (1.2, 1))
    x, y, height = _relief()
    mesh = chart.contourf(x, y, height, levels=14, cmap="pink")
    chart.contour(x, y, height, levels=14, colors="black", linewidths=0.25, alpha=0.5)
    for cx, cy, radius, name in LAKES:
        chart.add_patch(Circle((cx, cy), radius, facecolor=BLUE, edgecolor="white", linewidth=0.8))
        chart.text(cx + radius + 0.15, cy, name, fontsize=7, va="center", fontweight="bold")
    chart.plot([6.5, 9.5], [0.6, 0.6], color="black", linewidth=2)
    chart.text(8, 0.9, "3 km", ha="center", fontsize=7)
    chart.set(xlabel="Easting (km)", ylabel="Northing (km)", aspect="equal")
    figure.colorbar(mesh, ax=chart, label="Elevation (m)", shrink=0.9)
    years = np.arange(1990, 2026)
    steps = {1997: 0.06, 2003: 0.11, 2010: 0.09, 2015: 0.14, 2022: 0.17}
    area = 0.31 + np.cumsum([steps.get(int(year), 0.0035) for year in years])
    series.errorbar(
        years, area + random.normal(0, 0.006, years.size), yerr=0.02, fmt="o", ms=2.5, color=BLUE, elinewidth=0.6
    )
    series.step(years, area, where="post", color=GREY, linewidth=0.9)
    series.set(xlabel="Year", ylabel="Area of lake L2 (km$^2$)", ylim=(0.2, 1.15))
    letters((chart, series))
    return figure


def lake_2() -> Figure:
    """Growth against melt, and the sizes of steps."""
    random = rng("lake-2")
    figure, axes = sheet(5.6, 2.5, (1, 1))
    melt = random.uniform(320, 780, 140)
    growth = np.clip(random.normal(0.003, 0.004, 140) + (melt > 610) * random.gamma(4, 0.024, 140), -0.01, None)
    axes[0].axvline(610, color=GREY, linestyle="--", linewidth=0.9)
    axes[0].text(600, 0.232, "610 K d", ha="right", fontsize=6.5, color=GREY)
    axes[0].scatter(melt, growth, s=10, c=np.where(melt > 610, RED, SKY), linewidths=0)
    axes[0].set(xlabel="Positive degree days (K d)", ylabel="Yearly growth (km$^2$)", ylim=(-0.02, 0.25))
    axes[1].hist(random.gamma(3.2, 0.03, 52), bins=np.arange(0, 0.31, 0.02).tolist(), color=BLUE, edgecolor="white")
    axes[1].axvline(0.096, color="black", linewidth=1)
    axes[1].text(0.104, 14.0, "mean 0.096 km$^2$", fontsize=6.5)
    axes[1].set(xlabel="Size of step (km$^2$)", ylabel="Number of steps", ylim=(0, 15))
    letters(axes)
    return figure


def lake_3() -> Figure:
    """Exceedance of the peak discharge."""
    figure, (ax,) = sheet(3.7, 2.6)
    discharge = np.logspace(1, 3.6, 100)
    for label, scale, colour in (("Outline of 1990", 130, GREY), ("Outline of 2025", 410, RED)):
        chance = np.exp(-((discharge / scale) ** 0.85))
        ax.fill_between(discharge, chance**1.35, chance**0.72, color=colour, alpha=0.2, linewidth=0)
        ax.plot(discharge, chance, color=colour, label=label)
    ax.set(xscale="log", xlabel="Peak discharge (m$^3$ s$^{-1}$)", ylabel="Probability of exceedance", ylim=(0, 1.02))
    ax.legend(loc="lower left")
    return figure


FIGURES = {
    "spindle-1": spindle_1,
    "spindle-2": spindle_2,
    "spindle-3": spindle_3,
    "lake-1": lake_1,
    "lake-2": lake_2,
    "lake-3": lake_3,
}
