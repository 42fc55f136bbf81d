"""The numbers of a score report, and how they are drawn."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

BINS = 50
GATE_SCORE = "gate score"
GROUPINGS = ("model", "kind", "discipline")
# Rows that a plot shows at most; the smallest groups are put together.
MAX_GROUPS = 14
OTHERS = "others"
_WIDTH = 9.5
_INK, _ACCENT, _QUIET = "#1b3a57", "#c8452e", "#7a8794"
_OUTCOMES = {"accept": "#3b7d4f", "reject": "#c8452e", "abstain": "#c9a227", "escalate": "#6a5acd"}

Histogram = np.ndarray


@dataclass(frozen=True, slots=True)
class Cell:
    """So many captions of a model, kind and discipline whose score lies in a bin (0 to BINS - 1)."""

    scorer: str
    model: str
    kind: str
    discipline: str
    bin: int
    captions: int


class Spread:
    """Histograms of one scorer: of all captions, and by group of each grouping."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self.total: Histogram = np.zeros(BINS)
        self._by: dict[str, defaultdict[str, Histogram]] = {
            name: defaultdict(lambda: np.zeros(BINS)) for name in GROUPINGS
        }
        for cell in cells:
            self.total[cell.bin] += cell.captions
            for name in GROUPINGS:
                self._by[name][getattr(cell, name)][cell.bin] += cell.captions

    @property
    def captions(self) -> int:
        """How many captions have this score."""
        return int(self.total.sum())

    @property
    def mean(self) -> float:
        """The mean of the bins' middles."""
        return float((self.total * (np.arange(BINS) + 0.5)).sum() / BINS / max(1, self.captions))

    def groups(self, grouping: str) -> list[tuple[str, Histogram]]:
        """The groups with the most captions first; those beyond MAX_GROUPS as one."""
        ranked = sorted(self._by[grouping].items(), key=lambda item: (-item[1].sum(), item[0]))
        head, tail = ranked[:MAX_GROUPS], ranked[MAX_GROUPS:]
        return [*head, (OTHERS, sum((h for _, h in tail), np.zeros(BINS)))] if tail else head

    def passing(self) -> Histogram:
        """For each threshold 0, 1/BINS, ... below 1 the share of captions that reach it."""
        return np.asarray(self.total[::-1].cumsum()[::-1] / max(1.0, self.total.sum()))


def spreads(cells: Sequence[Cell]) -> dict[str, Spread]:
    """The spread of each scorer, by name."""
    by_scorer: defaultdict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        by_scorer[cell.scorer].append(cell)
    return {scorer: Spread(found) for scorer, found in sorted(by_scorer.items())}


def draw_spread(spread: Spread, scorer: str, threshold: float | None, path: Path) -> None:
    """A row for each group: the darker a place, the more of the group's captions have that score."""
    rows = [spread.groups(name) for name in GROUPINGS]
    heights = [1.6, *(len(groups) * 0.28 + 0.25 for groups in rows)]
    figure = Figure(figsize=(_WIDTH, sum(heights) + 1.0), layout="constrained")
    axes = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
    middles = (np.arange(BINS) + 0.5) / BINS
    axes[0].bar(middles, spread.total, width=0.9 / BINS, color=_INK)
    axes[0].set_ylabel("captions")
    axes[0].set_title(f"{scorer}: {spread.captions:,} captions, mean {spread.mean:.3f}", loc="left", fontweight="bold")
    for axis, name, groups in zip(axes[1:], GROUPINGS, rows, strict=True):
        _heat(axis, name, groups)
    for axis in axes:
        if threshold is not None:
            axis.axvline(threshold, color=_ACCENT, linewidth=1.2, linestyle="--")
    axes[-1].set_xlabel("score" + (f" (dashed: threshold {threshold:g})" if threshold is not None else ""))
    axes[-1].set_xlim(0, 1)
    figure.savefig(path, dpi=110)


def _heat(axis: Axes, grouping: str, groups: Sequence[tuple[str, Histogram]]) -> None:
    shares = np.array([counts / max(1.0, counts.sum()) for _, counts in groups])
    axis.imshow(
        np.sqrt(shares),
        aspect="auto",
        cmap="Blues",
        vmin=0,
        vmax=1,
        extent=(0, 1, len(groups), 0),
        interpolation="none",
    )
    axis.set_yticks(np.arange(len(groups)) + 0.5, [f"{_cut(name)} ({int(counts.sum()):,})" for name, counts in groups])
    axis.tick_params(axis="y", length=0, labelsize=8)
    axis.set_ylabel(grouping)


def draw_passing(found: Mapping[str, Spread], thresholds: Mapping[str, float], path: Path) -> None:
    """The share of captions that each score lets through at each threshold; a dot where the threshold is now."""
    figure = Figure(figsize=(_WIDTH, 5.4), layout="constrained")
    axis = figure.subplots()
    grid = np.arange(BINS) / BINS
    for number, (scorer, spread) in enumerate(found.items()):
        bold = scorer == GATE_SCORE
        share = spread.passing()
        line = axis.step(
            grid, share, where="post", linewidth=2.6 if bold else 1.3, color="black" if bold else f"C{number % 10}",
            linestyle="-" if bold or number < 10 else "--", label=scorer, alpha=1 if bold else 0.85,
        )  # fmt: skip
        if scorer in thresholds:
            at = thresholds[scorer]
            axis.plot([at], [share[min(BINS - 1, round(at * BINS))]], "o", color=line[0].get_color(), markersize=5)
    axis.set(xlabel="threshold", ylabel="share of captions that reach it", xlim=(0, 1), ylim=(0, 1.02))
    axis.grid(color="#e4e7ea")
    axis.legend(fontsize=8, ncols=2, loc="lower left", frameon=False)
    axis.set_title("What each score lets through (dot: its threshold now)", loc="left", fontweight="bold")
    figure.savefig(path, dpi=110)


def draw_decisions(counts: Sequence[tuple[str, str, str, int]], path: Path) -> None:
    """Newest decisions as (model, outcome, slug, captions): a bar for each slug, parted by model."""
    outcome_of = {slug: outcome for _, outcome, slug, _ in counts}
    totals: Counter[str] = Counter()
    for _, _, slug, captions in counts:
        totals[slug] += captions
    slugs = [slug for slug, _ in totals.most_common()][::-1]
    models = sorted({model for model, *_ in counts})
    figure = Figure(figsize=(_WIDTH, 0.34 * max(4, len(slugs)) + 1.2), layout="constrained")
    axis = figure.subplots()
    left = np.zeros(len(slugs))
    for number, model in enumerate(models):
        widths = np.array([sum(n for m, _, s, n in counts if m == model and s == slug) for slug in slugs], dtype=float)
        axis.barh(slugs, widths, left=left, color=f"C{number % 10}", label=_cut(model), height=0.7)
        left += widths
    for place, slug in enumerate(slugs):
        axis.text(left[place], place, f" {totals[slug]:,}", va="center", fontsize=8, color=_QUIET)
    for label, slug in zip(axis.get_yticklabels(), slugs, strict=True):
        label.set_color(_OUTCOMES[outcome_of[slug]])
    axis.set_xlim(0, 1.1 * max(totals.values()))
    axis.set_xlabel("captions (newest decision of each; green accepted, red rejected, others undecided)")
    axis.legend(fontsize=8, frameon=False, loc="lower right")
    axis.set_title("Decisions by reason and model", loc="left", fontweight="bold")
    figure.savefig(path, dpi=110)


def _cut(name: str) -> str:
    """A name as a label: not too long, and read as it stands instead of as a formula."""
    return (name if len(name) <= 28 else name[:27] + "…").replace("$", r"\$")
