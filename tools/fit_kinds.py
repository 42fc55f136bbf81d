"""Fits omnisci_etl/figures/kind_model.yaml to tests/figures/kind_labels.csv and reports how often it is right.

The table has a row a figure: the hash of its picture, its paper, the kind that was seen in it, which part it belongs to,
and the numbers that figures.kinds.words and figures.statistics gave. The part `plain` holds papers with whatever figures
they have; `sought` holds figures picked because they could be of a rare kind, so it says nothing of how common a kind is.
`--check` only measures, by cross-validation over papers.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray

from omnisci_etl.figures.kinds import KINDS, has_square

ROOT = Path(__file__).resolve().parent.parent
TABLE = ROOT / "tests" / "figures" / "kind_labels.csv"
MODEL = ROOT / "omnisci_etl" / "figures" / "kind_model.yaml"
KEYS = ("sha256", "paper", "figure", "kind", "part", "by_words")
FOLDS = 10
RIDGE = 0.015
STEPS = 400
# The share of the rarest kinds is known from a dozen figures only, and differs from field to field.
LEAST = 0.025
_Array = NDArray[np.float64]


def read(path: Path = TABLE) -> tuple[list[dict[str, str]], list[str], _Array]:
    """The rows of the table, the names of the features and their values."""
    with path.open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    names = [name for name in rows[0] if name not in KEYS]
    return rows, names, np.array([[float(row[name]) for name in names] for row in rows])


@dataclass(frozen=True)
class Scaling:
    """Brings values to mean 0 and deviation 1, at most 4 of them from the middle."""

    mean: _Array
    scale: _Array

    @classmethod
    def of(cls, values: _Array) -> Scaling:
        """The scaling of a sample."""
        return cls(values.mean(axis=0), np.maximum(values.std(axis=0), 1e-3))

    def __call__(self, values: _Array) -> _Array:
        """The scaled values."""
        return np.clip((values - self.mean) / self.scale, -4, 4)


@dataclass(frozen=True)
class Fitted:
    """The model: weights are kinds x (a constant, the scaled features, the scaled squares of some of them)."""

    names: Sequence[str]
    features: Scaling
    squares: Scaling
    weights: _Array

    def predict(self, values: _Array) -> _Array:
        """The probabilities of the kinds (columns as KINDS)."""
        scaled = self.features(values)
        return _softmax(_inputs(scaled, self.squares(_squares(self.names, scaled))) @ self.weights.T)


def fit(names: Sequence[str], values: _Array, rows: Sequence[dict[str, str]]) -> Fitted:
    """The model of least penalised loss, by accelerated gradient descent; the ridge keeps weights small.

    All figures of a kind together weigh what the kind's share is among those of the unbiased part, and no less than
    LEAST, so that probabilities are those of real papers, however many figures of a kind were sought out.
    """
    features = Scaling.of(values)
    scaled = features(values)
    squares = Scaling.of(_squares(names, scaled))
    inputs = _inputs(scaled, squares(_squares(names, scaled)))
    target = np.array([[float(row["kind"] == one) for one in KINDS] for row in rows])
    plain = np.array([row["part"] == "plain" for row in rows])
    shares = np.maximum(target[plain].sum(axis=0), LEAST * plain.sum())
    weight = (target @ (shares / np.maximum(target.sum(axis=0), 1)))[:, None]
    weight /= weight.sum()
    theta = np.zeros((len(KINDS), inputs.shape[1]))
    momentum = theta.copy()
    pace = 1 / (0.5 * float(np.linalg.eigvalsh((inputs * weight).T @ inputs)[-1]) + RIDGE)
    for step in range(STEPS):
        slope = (weight * (_softmax(inputs @ momentum.T) - target)).T @ inputs + RIDGE * momentum
        slope[:, 0] -= RIDGE * momentum[:, 0]
        following = momentum - pace * slope
        momentum, theta = following + step / (step + 3) * (following - theta), following
    return Fitted(names, features, squares, theta)


def _squares(names: Sequence[str], scaled: _Array) -> _Array:
    return np.asarray(scaled[:, [has_square(name) for name in names]] ** 2)


def _inputs(scaled: _Array, squares: _Array) -> _Array:
    return np.hstack([np.ones((len(scaled), 1)), scaled, squares])


def _softmax(scores: _Array) -> _Array:
    shares = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


def folds(papers: Sequence[str]) -> list[NDArray[np.bool_]]:
    """Which rows each fold holds back: whole papers, spread so that folds are of like size."""
    sizes = {paper: papers.count(paper) for paper in dict.fromkeys(papers)}
    filled = [0] * FOLDS
    place: dict[str, int] = {}
    for paper in sorted(sizes, key=lambda paper: (-sizes[paper], paper)):
        place[paper] = filled.index(min(filled))
        filled[place[paper]] += sizes[paper]
    return [np.array([place[paper] == fold for paper in papers]) for fold in range(FOLDS)]


def cross_validate(rows: Sequence[dict[str, str]], names: Sequence[str], values: _Array) -> _Array:
    """The probabilities of every row by a model that saw no figure of its paper."""
    result = np.zeros((len(rows), len(KINDS)))
    for held in folds([row["paper"] for row in rows]):
        fitted = fit(names, values[~held], [row for row, out in zip(rows, held, strict=True) if not out])
        result[held] = fitted.predict(values[held])
    return result


def interval(right: int, total: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    z, share = 1.96, right / total
    middle = share + z * z / (2 * total)
    half = z * float(np.sqrt(share * (1 - share) / total + z * z / (4 * total * total)))
    return (middle - half) / (1 + z * z / total), (middle + half) / (1 + z * z / total)


def report(rows: Sequence[dict[str, str]], guesses: Sequence[str], confidences: Sequence[float] | None) -> str:
    """Accuracy, the matrix of confusions and what a stated confidence is worth, as Markdown."""
    kinds = [row["kind"] for row in rows]
    right = [kind == guess for kind, guess in zip(kinds, guesses, strict=True)]
    low, high = interval(sum(right), len(right))
    lines = [f"{sum(right)} of {len(right)} right: {sum(right) / len(right):.3f} ({low:.3f} to {high:.3f})", ""]
    lines += ["| seen \\ said | " + " | ".join(KINDS) + " | recall |", "| --- |" + " ---: |" * (len(KINDS) + 1)]
    for seen in KINDS:
        said = [guess for kind, guess in zip(kinds, guesses, strict=True) if kind == seen]
        cells = [str(said.count(one) or "") for one in KINDS]
        lines.append(f"| {seen} | " + " | ".join(cells) + f" | {said.count(seen) / max(1, len(said)):.2f} |")
    if confidences is not None:
        lines += ["", "| confidence | figures | right |", "| --- | ---: | ---: |"]
        for start, end in ((0.0, 0.5), (0.5, 0.7), (0.7, 0.9), (0.9, 0.97), (0.97, 1.01)):
            some = [ok for ok, sure in zip(right, confidences, strict=True) if start <= sure < end]
            lines.append(f"| {start:.2f} to {min(end, 1):.2f} | {len(some)} | {sum(some) / max(1, len(some)):.2f} |")
    return "\n".join(lines) + "\n"


def recalls(rows: Sequence[dict[str, str]], guesses: Sequence[str]) -> str:
    """How many figures of each kind are found, of both parts together, as Markdown."""
    lines = ["| kind | figures | found | recall |", "| --- | ---: | ---: | ---: |"]
    for kind in KINDS:
        said = [guess for row, guess in zip(rows, guesses, strict=True) if row["kind"] == kind]
        right = said.count(kind)
        low, high = interval(right, max(1, len(said)))
        share = right / max(1, len(said))
        lines.append(f"| {kind} | {len(said)} | {right} | {share:.2f} ({low:.2f} to {high:.2f}) |")
    return "\n".join(lines) + "\n"


def write(fitted: Fitted, path: Path = MODEL) -> None:
    """Writes the model, four digits of each number."""
    model: dict[str, Any] = {"features": list(fitted.names)}
    for name, scaling in (("scaling", fitted.features), ("scaling_of_squares", fitted.squares)):
        model[name] = {"mean": _short(scaling.mean), "scale": _short(scaling.scale)}
    model["weights"] = dict(zip(KINDS, _short(fitted.weights), strict=True))
    head = "# Fitted by tools/fit_kinds.py; weights of a kind: its constant, the features, their squares.\n"
    path.write_text(head + yaml.safe_dump(model, sort_keys=False, width=118, default_flow_style=None), encoding="utf-8")


def _short(numbers: _Array) -> Any:
    return np.round(numbers, 4).tolist()


def main() -> None:
    """Measures, and unless told --check writes the model fitted to all rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only measure")
    options = parser.parse_args()
    rows, names, values = read()
    chances = cross_validate(rows, names, values)
    guesses = [KINDS[best] for best in chances.argmax(axis=1)]
    plain = [number for number, row in enumerate(rows) if row["part"] == "plain"]
    papers = [rows[number] for number in plain]
    sure = [float(chances[number].max()) for number in plain]
    by_words = report(papers, [row["by_words"] for row in papers], None)
    sys.stdout.write("### By words alone (the rule for figures without a picture)\n\n" + by_words)
    sys.stdout.write("\n### By words and picture\n\n" + report(papers, [guesses[number] for number in plain], sure))
    sys.stdout.write("\n### Rare kinds, both parts\n\n" + recalls(rows, guesses))
    if not options.check:
        write(fit(names, values, rows))


if __name__ == "__main__":
    main()
