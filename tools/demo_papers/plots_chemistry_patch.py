"""Figures of the enzyme-cascade and the sweat-patch papers."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, Polygon

from demo_papers.canvas import BLUE, GREEN, GREY, PURPLE, RED, SKY, bare, letters, rng, sheet


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], bend: float = 0.0) -> None:
    style = {"arrowstyle": "-|>", "color": "black", "connectionstyle": f"arc3,rad={bend}", "linewidth": 1}
    ax.annotate("", end, start, arrowprops=style)


def cascade_1() -> Figure:
    """Reaction scheme of the cascade on a porous bead."""
    figure, (ax,) = sheet(5.0, 2.5)
    ax.add_patch(Circle((4.4, 0.85), 1.85, facecolor="#EFE6D8", edgecolor="#B59F7A", linewidth=1.2))
    ax.text(4.4, 2.32, "porous bead, 80 µm", ha="center", fontsize=7, color="#7A6540")
    for x, label, colour in ((3.75, "CA", BLUE), (5.05, "FDH", GREEN)):
        ax.add_patch(Circle((x, 1.0), 0.36, facecolor=colour, edgecolor="none"))
        ax.text(x, 1.0, label, ha="center", va="center", color="white", fontweight="bold", fontsize=8)
    for x, label in ((1.2, "CO$_2$"), (4.4, "HCO$_3^-$"), (7.5, "HCOO$^-$")):
        ax.text(x, 1.0 if x != 4.4 else 1.84, label, ha="center", va="center", fontsize=9)
    _arrow(ax, (1.65, 1.0), (3.3, 1.0))
    _arrow(ax, (3.95, 1.38), (4.9, 1.38), -0.35)
    _arrow(ax, (5.5, 1.0), (7.0, 1.0))
    ax.text(4.55, 0.02, "NADH", ha="center", fontsize=7.5)
    ax.text(5.55, 0.02, "NAD$^+$", ha="center", fontsize=7.5)
    _arrow(ax, (4.65, 0.18), (5.45, 0.18), -0.9)
    ax.set(xlim=(0.6, 8.2), ylim=(-1.1, 2.8), aspect="equal")
    bare(ax)
    return figure


def cascade_2() -> Figure:
    """Time courses, saturation, reuse."""
    random = rng("cascade-2")
    figure, (course, kinetics, reuse) = sheet(6.8, 2.4, (1, 1, 1))
    minutes = np.arange(0, 121, 15)
    for millimolar, ceiling, colour in ((5, 1.9, SKY), (20, 4.4, BLUE), (50, 5.6, PURPLE)):
        product = ceiling * (1 - np.exp(-minutes / 42)) + random.normal(0, 0.05, minutes.size) * (minutes > 0)
        course.errorbar(minutes, product, yerr=0.15, fmt="o-", ms=3, color=colour, label=f"{millimolar} mM")
    course.set(xlabel="Time (min)", ylabel="Formate (mM)", ylim=(0, 7.2))
    course.legend(
        title="Bicarbonate", loc="upper left", title_fontsize=6.5, ncols=3, columnspacing=0.7, handlelength=1.2
    )
    substrate = np.array([0.5, 1, 2, 4, 8, 16, 32, 50])
    fine = np.linspace(0, 52, 200)
    kinetics.plot(fine, 14.5 * fine / (3.2 + fine), color=RED)
    rates = 14.5 * substrate / (3.2 + substrate)
    kinetics.errorbar(
        substrate, rates + random.normal(0, 0.25, 8), yerr=0.5, fmt="s", ms=3.5, color="black", elinewidth=0.8
    )
    kinetics.axhline(14.5, color=GREY, linestyle=":", linewidth=0.9)
    kinetics.set(xlabel="Bicarbonate (mM)", ylabel="Turnover rate (s$^{-1}$)", ylim=(0, 16.5))
    cycles = np.arange(1, 13)
    reuse.bar(cycles, 100 * 0.981 ** (cycles - 1) + random.normal(0, 0.6, 12), color=GREEN, width=0.7, label="on beads")
    reuse.plot(cycles[:6], 100 * 0.71 ** (cycles[:6] - 1), "o--", color=RED, ms=3, label="in solution")
    reuse.set(xlabel="Cycle", ylabel="Activity (%)", ylim=(0, 125), xticks=[1, 4, 8, 12])
    reuse.legend(loc="upper right", ncols=2, columnspacing=0.8)
    letters((course, kinetics, reuse))
    return figure


def cascade_3() -> Figure:
    """Chromatograms and calibration."""
    random = rng("cascade-3")
    figure, (traces, line) = sheet(5.8, 2.6, (1.35, 1))
    minutes = np.linspace(0, 12, 900)
    for row, (label, height) in enumerate((("Blank", 0.0), ("15 min", 0.35), ("60 min", 0.8), ("Standard", 1.0))):
        signal = 0.35 * np.exp(-(((minutes - 2.6) / 0.12) ** 2)) + height * np.exp(-(((minutes - 6.4) / 0.17) ** 2))
        signal = signal + random.normal(0, 0.006, minutes.size)
        traces.plot(minutes, signal + 1.1 * row, color=(GREY, SKY, BLUE, "black")[row], linewidth=0.9)
        traces.text(11.9, 1.1 * row + 0.12, label, ha="right", fontsize=6.5)
    traces.axvline(6.4, color=RED, linestyle=":", linewidth=0.8)
    traces.text(6.55, 4.55, "formate", color=RED, fontsize=6.5)
    traces.set(xlabel="Retention time (min)", ylabel="Signal (offset)", yticks=[], xlim=(0, 12), ylim=(-0.1, 4.8))
    amount = np.array([0.1, 0.5, 1, 2, 4, 6])
    line.plot([0, 6.4], [0, 6.4 * 12.1], color=GREY)
    line.plot(amount, amount * 12.1 + random.normal(0, 0.7, 6), "o", color="black")
    line.text(0.06, 0.93, "R$^2$ = 0.998", transform=line.transAxes, va="top")
    line.set(xlabel="Formate (mM)", ylabel="Peak area (a.u.)", xlim=(0, 6.5), ylim=(0, 82))
    letters((traces, line))
    return figure


def _layers(ax: Axes) -> None:
    names = (
        ("Adhesive, 30 µm", "#D9C2A7"),
        ("Microchannels, 120 µm", "#A8D5E2"),
        ("Lactate oxidase, 4 µm", "#E79F8B"),
        ("Carbon electrode, 12 µm", "#6B6B6B"),
        ("Polyimide, 25 µm", "#F0D58C"),
    )
    for row, (name, colour) in enumerate(names):
        y = row * 0.62
        corners = [(0, y), (2.2, y), (2.9, y + 0.42), (0.7, y + 0.42)]
        ax.add_patch(Polygon(corners, facecolor=colour, edgecolor="black", linewidth=0.6))
        ax.text(3.05, y + 0.2, name, va="center", fontsize=6.8)
    ax.set(xlim=(-0.1, 6.3), ylim=(-0.2, 3.2))
    bare(ax)


def patch_1() -> Figure:
    """Layers, currents, calibration."""
    random = rng("patch-1")
    figure, (layers, currents, line) = sheet(6.8, 2.4, (1.5, 1, 1))
    _layers(layers)
    seconds = np.linspace(0, 120, 240)
    for millimolar, colour in zip((2, 5, 10, 20), (SKY, BLUE, PURPLE, RED), strict=True):
        final = 0.42 * millimolar
        current = final * (1 + 1.6 * np.exp(-seconds / 9)) + random.normal(0, 0.05, seconds.size)
        currents.plot(seconds, current, color=colour, linewidth=0.9, label=f"{millimolar} mM")
    currents.set(xlabel="Time (s)", ylabel="Current (µA)", ylim=(0, 24))
    currents.legend(loc="upper right")
    levels = np.array([0, 2, 5, 8, 10, 15, 20, 25])
    line.plot([0, 25], [0.05, 0.05 + 0.42 * 25], color=GREY)
    line.errorbar(
        levels,
        0.05 + 0.42 * levels + random.normal(0, 0.1, 8),
        yerr=0.3,
        fmt="o",
        ms=3.5,
        color="black",
        elinewidth=0.8,
    )
    line.text(0.06, 0.95, "0.42 µA mM$^{-1}$", transform=line.transAxes, va="top")
    line.set(xlabel="Lactate (mM)", ylabel="Current at 60 s (µA)", ylim=(0, 12.5))
    letters((layers, currents, line))
    return figure


def patch_2() -> Figure:
    """A ride, and the agreement with the reference."""
    random = rng("patch-2")
    figure, (ride, agreement) = sheet(6.0, 2.5, (1.25, 1))
    minutes = np.linspace(0, 60, 240)
    level = 3 + 11 / (1 + np.exp(-(minutes - 22) / 4)) - 7 / (1 + np.exp(-(minutes - 48) / 3))
    ride.axvspan(12, 45, color="#F1E3C6", linewidth=0)
    ride.text(28.5, 17.1, "180 W", ha="center", fontsize=6.5)
    ride.plot(minutes, level + random.normal(0, 0.35, 240), color=BLUE, linewidth=0.9, label="Patch")
    sampled = np.arange(0, 61, 10)
    ride.plot(
        sampled, np.interp(sampled, minutes, level) + random.normal(0, 0.4, 7), "D", color=RED, label="Laboratory"
    )
    ride.set(xlabel="Time (min)", ylabel="Sweat lactate (mM)", ylim=(0, 18.5))
    ride.legend(loc="lower right")
    mean = random.uniform(2, 18, 84)
    gap = random.normal(0.2, 0.77, 84)
    agreement.scatter(mean, gap, s=9, color=BLUE, linewidths=0)
    for value, label, style in ((0.2, "bias 0.2", "-"), (1.7, "+1.7", "--"), (-1.3, "−1.3", "--")):
        agreement.axhline(value, color="black", linestyle=style, linewidth=0.8)
        agreement.text(22.4, value + 0.08, label, ha="right", fontsize=6.5)
    agreement.set(xlabel="Mean of both (mM)", ylabel="Patch − laboratory (mM)", ylim=(-3, 3), xlim=(0, 22.5))
    letters((ride, agreement))
    return figure


def patch_3() -> Figure:
    """Drift over temperature and humidity."""
    figure, (ax,) = sheet(3.7, 2.7)
    celsius, humidity = np.arange(20, 41, 4), np.arange(30, 91, 12)
    drift = (
        1.1
        + 0.13 * (celsius[None, :] - 20)
        + 0.016 * (humidity[:, None] - 30)
        + 0.0016 * np.outer(humidity - 30, celsius - 20)
    )
    image = ax.imshow(drift, origin="lower", cmap="YlOrRd", vmin=0, vmax=8, aspect="auto")
    for (row, column), value in np.ndenumerate(drift):
        ax.text(
            column, row, f"{value:.1f}", ha="center", va="center", fontsize=6.5, color="white" if value > 5 else "black"
        )
    ax.set(xticks=range(6), xticklabels=list(map(str, celsius)), yticks=range(6), yticklabels=list(map(str, humidity)))
    ax.set(xlabel="Skin temperature (°C)", ylabel="Relative humidity (%)")
    figure.colorbar(image, ax=ax, label="Drift (% h$^{-1}$)")
    return figure


FIGURES = {
    "cascade-1": cascade_1,
    "cascade-2": cascade_2,
    "cascade-3": cascade_3,
    "patch-1": patch_1,
    "patch-2": patch_2,
    "patch-3": patch_3,
}
