"""Correlates scorers with judgements of people, and writes the tables of docs/scorers.md.

Reads THumB, SummEval, CHOCOLATE and AnaFig from the folder human_judgement of OMNISCI_REALDATA (or --data). Needs the
[embed] extra. Intervals are those of a bootstrap by item (picture, article, chart, figure) with a fixed seed. None of the
texts goes into the tables.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from omnisci_etl.judging.evidence import Candidate, Evidence
from omnisci_etl.judging.reference_based import combined, coverage, nearness
from omnisci_etl.judging.scorers import Scorer, default_scorers, embedding_missing, embedding_scorers

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "scorers.md"
BEGIN, END = "<!-- tables of tools/human_judgement.py -->", "<!-- end of tables -->"
SEED, RESAMPLES = 20261122, 2_000
# Of fewer items that tell a measure's texts apart, and whose texts people tell apart, no mean is given.
LEAST_ITEMS = 10
PLAIN = "n-gram overlap"
_WORD = re.compile(r"[a-z0-9]+")

Array = NDArray[np.float64]
Measure = Callable[["Judged"], Array]


@dataclass(frozen=True)
class Judged:
    """Texts with the references they are compared to and what people said of them (higher is better)."""

    name: str
    items: Sequence[str]
    texts: Sequence[str]
    references: Sequence[Sequence[str]]
    ratings: Mapping[str, Sequence[float]]

    @property
    def pairs(self) -> list[tuple[str, Sequence[str]]]:
        """Texts with their references."""
        return list(zip(self.texts, self.references, strict=True))

    @property
    def candidates(self) -> list[Candidate]:
        """The texts as captions whose evidence are the references."""
        return [
            Candidate(text, (), Evidence(references[0] if references else "", mentions=tuple(references[1:])))
            for text, references in self.pairs
        ]


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def load_thumb(folder: Path, name: str, stem: str, ratings: Sequence[str]) -> Judged:
    """THumB, and SummEval as THumB's authors publish it."""
    references = {row["seg_id"]: row["refs"] for row in _lines(folder / f"{stem}_references.jsonl")}
    rows = [row for row in _lines(folder / f"{stem}_THumB-1.0.jsonl") if row["seg_id"] in references]
    return Judged(
        name,
        [row["seg_id"] for row in rows],
        [row["hyp"] for row in rows],
        [references[row["seg_id"]] for row in rows],
        {rating: [float(row[rating]) for row in rows] for rating in ratings},
    )


def load_chocolate(path: Path, name: str, *, with_others: bool) -> Judged:
    """CHOCOLATE; with_others: the charts with captions of several systems, each compared to those of the others."""
    rows = json.loads(path.read_text(encoding="utf-8"))
    captions = [" ".join(row["sentences"]) for row in rows]
    by_chart: defaultdict[str, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        by_chart[row["image_path"]].append(place)
    chosen = [n for n, row in enumerate(rows) if not with_others or len(by_chart[row["image_path"]]) > 1]
    others = [[captions[m] for m in by_chart[rows[n]["image_path"]] if m != n] for n in chosen]
    right = [float(np.mean([float(not errors) for errors in rows[n]["labels"]] or [0.0])) for n in chosen]
    ratings = {"sentences without an error": right}
    return Judged(name, [rows[n]["image_path"] for n in chosen], [captions[n] for n in chosen], others, ratings)


def load_anafig(folder: Path) -> list[tuple[str, Evidence]]:
    """AnaFig: what people wrote of a figure, with its caption and text."""
    rows = [row for path in sorted(folder.glob("*.json")) for row in json.loads(path.read_text("utf-8")).values()]
    return [(row["summarization"], Evidence(row["caption1"], mentions=(row["text"],))) for row in rows]


# Plain n-gram overlap.


def words(text: str) -> list[str]:
    """Lower-case words and numbers."""
    return _WORD.findall(text.lower())


def _grams(units: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(tuple(units[i : i + n]) for i in range(len(units) - n + 1))


def rouge_n(text: str, reference: str, n: int) -> float:
    """F1 of n-grams (ROUGE-N)."""
    ours, theirs = _grams(words(text), n), _grams(words(reference), n)
    both = (ours & theirs).total()
    return 2 * both / (ours.total() + theirs.total()) if both else 0.0


def rouge_l(text: str, reference: str) -> float:
    """F1 of the longest common subsequence of words (ROUGE-L)."""
    ours, theirs = words(text), words(reference)
    row = [0] * (len(theirs) + 1)
    for word in ours:
        before = 0
        for place, other in enumerate(theirs, 1):
            above, row[place] = row[place], before + 1 if word == other else max(row[place], row[place - 1])
            before = above
    return 2 * row[-1] / (len(ours) + len(theirs)) if row[-1] else 0.0


def bleu(text: str, references: Sequence[str]) -> float:
    """Sentence BLEU-4 with add-one smoothing above unigrams."""
    ours = words(text)
    logs = []
    for n in range(1, 5):
        grams = _grams(ours, n)
        most: Counter[tuple[str, ...]] = Counter()
        for reference in references:
            most |= _grams(words(reference), n)
        both, smooth = (grams & most).total(), int(n > 1)
        if both + smooth == 0:
            return 0.0
        logs.append(math.log((both + smooth) / (grams.total() + smooth)))
    nearest = min((abs(len(words(one)) - len(ours)), len(words(one))) for one in references)[1]
    return math.exp(sum(logs) / 4 + min(0.0, 1 - nearest / max(1, len(ours))))


def chrf(text: str, reference: str) -> float:
    """F2 of character n-grams up to 6, blanks left out (chrF)."""
    shares: list[tuple[float, float]] = []
    ours, theirs = ("".join(one.lower().split()) for one in (text, reference))
    for n in range(1, 7):
        left, right = _grams(ours, n), _grams(theirs, n)
        both = (left & right).total()
        if left and right:
            shares.append((both / left.total(), both / right.total()))
    precision, recall = (float(np.mean([s[k] for s in shares] or [0.0])) for k in (0, 1))
    return 5 * precision * recall / (4 * precision + recall) if precision + recall else 0.0


def _best(one: Callable[[str, str], float]) -> Measure:
    return lambda judged: np.array(
        [max((one(text, reference) for reference in references), default=0.0) for text, references in judged.pairs]
    )


def _mean(one: Callable[[str, str], float]) -> Measure:
    return lambda judged: np.array(
        [
            float(np.mean([one(text, reference) for reference in references] or [0.0]))
            for text, references in judged.pairs
        ]
    )


def _scorer(scorer: Scorer) -> Measure:
    return lambda judged: np.array([score.value for score in scorer.score(judged.candidates)])


def plain_measures() -> dict[str, Measure]:
    """Plain n-gram overlap: of several references the best (BLEU: all at once), or the mean."""
    return {
        "ROUGE-1": _best(lambda a, b: rouge_n(a, b, 1)),
        "ROUGE-2": _best(lambda a, b: rouge_n(a, b, 2)),
        "ROUGE-L": _best(rouge_l),
        "BLEU-4": lambda judged: np.array([bleu(text, references) for text, references in judged.pairs]),
        "chrF": _best(chrf),
        "ROUGE-1, mean": _mean(lambda a, b: rouge_n(a, b, 1)),
        "chrF, mean": _mean(chrf),
    }


def reference_measures() -> dict[str, Measure]:
    """Ours that compare with references."""
    known: dict[str, tuple[list[float], list[float]]] = {}

    def parts(judged: Judged) -> tuple[list[float], list[float]]:
        if judged.name not in known:
            known[judged.name] = coverage(judged.pairs), nearness(judged.pairs)
        return known[judged.name]

    return {
        "reference-based": lambda judged: np.array(combined(*parts(judged))),
        "its coverage": lambda judged: np.array(coverage(judged.pairs)),
        "its nearness": lambda judged: np.array(parts(judged)[1]),
    }


def evidence_measures() -> dict[str, Measure]:
    """The scorers of captions, given the references as evidence."""
    return {scorer.name: _scorer(scorer) for scorer in (*embedding_scorers(), *default_scorers())}


# Correlation.


@dataclass(frozen=True)
class Interval:
    """A value with its 95 % interval; nan where it is not defined."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, value: float, resampled: Array) -> Interval:
        """The percentile interval of resampled values."""
        known = resampled[~np.isnan(resampled)]
        low, high = np.percentile(known, [2.5, 97.5]) if len(known) else (math.nan, math.nan)
        return cls(float(value), float(low), float(high))

    def __str__(self) -> str:
        return "–" if math.isnan(self.value) else f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


class Concordance:
    """Concordant pairs of a measure and a rating, by pair of items, so that items can be drawn again as weights."""

    def __init__(self, measure: Array, rating: Array, places: NDArray[np.int64]) -> None:
        of_item = np.zeros((places.max() + 1, len(places)))
        of_item[places, np.arange(len(places))] = 1.0
        first, second = (np.sign(values[:, None] - values[None, :]) for values in (measure, rating))
        self.agree, self.first, self.second = (
            of_item @ pairs @ of_item.T for pairs in (first * second, np.abs(first), np.abs(second))
        )

    def overall(self, weights: Array) -> Array:
        """Kendall's tau-b over all pairs, for each row of item weights."""
        agree, first, second = (((weights @ m) * weights).sum(1) for m in (self.agree, self.first, self.second))
        return _ratio(agree, np.sqrt(first * second))

    def within(self, weights: Array) -> Array:
        """The mean over items of tau-b among the texts of an item; items where one side is constant are left out."""
        agree, first, second = (np.diag(m) for m in (self.agree, self.first, self.second))
        known = (first > 0) & (second > 0)
        if known.sum() < LEAST_ITEMS:
            return np.full(len(weights), np.nan)
        taus = agree[known] / np.sqrt(first[known] * second[known])
        return _ratio(weights[:, known] @ taus, weights[:, known].sum(1))


def _ratio(above: Array, below: Array) -> Array:
    shares: Array = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
    return shares


def ranks(values: Array) -> Array:
    """Ranks from 1, ties sharing their mean."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[inverse], dtype=np.float64)


def spearman(measure: Array, rating: Array, weights: Array) -> Array:
    """Spearman's rho for each row of text weights, the ranks being those of the whole sample."""
    first, second = ranks(measure), ranks(rating)
    total = weights.sum(1, keepdims=True)
    first, second = (one[None, :] - (weights @ one)[:, None] / total for one in (first, second))
    covariance, *spread = ((weights * a * b).sum(1) for a, b in ((first, second), (first, first), (second, second)))
    return _ratio(covariance, np.sqrt(spread[0] * spread[1]))


def draws(items: int) -> Array:
    """How often each item is drawn: first the sample itself, then RESAMPLES bootstrap samples."""
    drawn = np.random.default_rng(SEED).multinomial(items, [1 / items] * items, size=RESAMPLES)
    return np.vstack([np.ones(items), drawn]).astype(np.float64)


@dataclass(frozen=True)
class Row:
    """A measure against a rating: values of the sample and of each resample, of every statistic."""

    measure: str
    rating: str
    statistics: Mapping[str, Array]

    def interval(self, statistic: str) -> Interval:
        """The statistic with its interval."""
        values = self.statistics[statistic]
        return Interval.of(values[0], values[1:])


def correlate(judged: Judged, measures: Mapping[str, Measure]) -> list[Row]:
    """Every measure against every rating; measures that say the same of all texts are left out."""
    places = np.unique(np.array(judged.items), return_inverse=True)[1]
    weights = draws(int(places.max()) + 1)
    rows = []
    for name, measure in measures.items():
        values = measure(judged)
        if np.ptp(values) < 1e-9:
            continue
        for rating, said in judged.ratings.items():
            pairs = Concordance(values, np.array(said), places)
            of_texts = spearman(values, np.array(said), weights[:501, places])
            found = {"overall": pairs.overall(weights), "within": pairs.within(weights), "rho": of_texts}
            rows.append(Row(name, rating, found))
    return rows


def mismatch(described: Sequence[tuple[str, Evidence]], measures: Mapping[str, Measure]) -> dict[str, Interval]:
    """How often a description scores higher with its own evidence than with another figure's; ties count half."""
    order = list(range(len(described)))
    random.Random(SEED).shuffle(order)
    other = {place: order[(n + 1) % len(order)] for n, place in enumerate(order)}
    everyone = range(len(described))
    both = _described(described, [*everyone, *(other[place] for place in everyone)])
    found = {}
    for name, measure in measures.items():
        own, crossed = np.split(measure(both), 2)
        won = (own > crossed) + 0.5 * (own == crossed)
        weights = draws(len(won))
        shares = weights @ won / weights.sum(1)
        found[name] = Interval.of(shares[0], shares[1:])
    return found


def _described(described: Sequence[tuple[str, Evidence]], chosen: Sequence[int]) -> Judged:
    """The descriptions, over and over, with the evidence of the chosen figures."""
    evidence = [described[place][1] for place in chosen]
    texts = [described[n % len(described)][0] for n in range(len(chosen))]
    references = [[one.author_caption, *one.mentions] for one in evidence]
    return Judged("AnaFig", [str(n) for n in range(len(chosen))], texts, references, {})


# Tables.


def _table(rows: Sequence[Row], ratings: Sequence[str], statistic: str) -> Iterator[str]:
    yield f"| | {' | '.join(ratings)} |"
    yield f"| --- |{' ---: |' * len(ratings)}"
    found = {(row.measure, row.rating): row.interval(statistic) for row in rows}
    for measure in dict.fromkeys(row.measure for row in rows):
        yield f"| {measure} | {' | '.join(str(found[measure, rating]) for rating in ratings)} |"
    yield ""


def _against_plain(rows: Sequence[Row], ours: Sequence[str], statistic: str) -> Iterator[str]:
    """The difference to the best plain overlap for the rating at hand, which is a baseline chosen with hindsight."""
    plain = set(plain_measures())
    for rating in dict.fromkeys(row.rating for row in rows):
        here = [row for row in rows if row.rating == rating]
        best = max((r for r in here if r.measure in plain), key=lambda row: row.statistics[statistic][0])
        for row in here:
            if row.measure in ours:
                gap = row.statistics[statistic] - best.statistics[statistic]
                interval = Interval.of(gap[0], gap[1:])
                said = "better" if interval.low > 0 else "worse" if interval.high < 0 else "not told apart"
                yield f"| {rating} | {row.measure} | {best.measure} | {interval} | {said} |"


_STATISTICS = {
    "within": "Kendall's tau-b within an item, averaged over items",
    "overall": "Kendall's tau-b over all texts",
    "rho": "Spearman's rho over all texts",
}


def section(
    judged: Judged, said: str, measures: Mapping[str, Measure], ours: Sequence[str], compared: str = "within"
) -> Iterator[str]:
    """The tables of a set of judged texts; ours are compared with plain overlap by one of the statistics."""
    rows = correlate(judged, measures)
    items = len(set(judged.items))
    yield f"### {judged.name}\n\n{said} {len(judged.texts)} texts of {items} items.\n"
    for statistic, name in _STATISTICS.items():
        if all(math.isnan(row.statistics[statistic][0]) for row in rows):
            continue
        yield f"{name}:\n"
        yield from _table(rows, list(judged.ratings), statistic)
    if ours:
        yield f"Against the n-gram overlap that does best for the same rating ({_STATISTICS[compared]}):\n"
        yield "| rating | ours | best overlap | difference | |\n| --- | --- | --- | ---: | --- |"
        yield from _against_plain(rows, ours, compared)
        yield ""


def report(folder: Path) -> str:
    """All tables as Markdown."""
    plain, references, evidence = plain_measures(), reference_measures(), evidence_measures()
    ours = ["reference-based", "similarity"]
    whole = plain | references | evidence
    thumb = load_thumb(folder / "thumb_mscoco", "THumB: captions of photographs", "mscoco", ["human_score", "P", "R"])
    judged = ["relevance", "consistency", "coherence", "fluency", "human_score"]
    summeval = load_thumb(folder / "summeval_cnndm", "SummEval: summaries of news", "cnndm", judged)
    charts = folder / "chocolate" / "chocolate.json"
    several = load_chocolate(
        charts, "CHOCOLATE: captions of charts, those of other systems as evidence", with_others=True
    )
    alone = load_chocolate(charts, "CHOCOLATE: captions of charts by themselves", with_others=False)
    texts: dict[str, Measure] = {
        name: evidence[name] for name in ("density", "readability", "self-contained", "structure") if name in evidence
    }
    parts = [
        *section(thumb, "Four references each; P is precision, R recall.", whole, ours),
        *section(summeval, "Ten references each; means of three experts.", whole, ours),
        *section(
            several,
            "The file holds neither charts nor data, so what systems agree on stands in for evidence.",
            whole,
            ours,
            "overall",
        ),
        *section(alone, "What can be said of a caption without any evidence.", texts, ()),
        *_mismatch_section(load_anafig(folder / "anafig"), plain | evidence),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _mismatch_section(described: Sequence[tuple[str, Evidence]], measures: Mapping[str, Measure]) -> Iterator[str]:
    yield (
        f"### AnaFig: descriptions of figures of papers\n\n{len(described)} descriptions that experts wrote; all were found "
        "good, so there is nothing to correlate with. Told apart are a figure's own caption and text from another figure's: "
        "the share of descriptions that score higher with their own (ties count half).\n"
    )
    yield "| | own above another's |\n| --- | ---: |"
    chosen = {
        name: measure for name, measure in measures.items() if not name.startswith(("ROUGE-L", "chrF", "ROUGE-1,"))
    }
    for name, share in mismatch(described, chosen).items():
        yield f"| {name} | {share} |"
    yield ""


def write(page: str, tables: str) -> str:
    """The page with its tables replaced."""
    head, _, rest = page.partition(BEGIN)
    return f"{head}{BEGIN}\n\n{tables}\n{END}{rest.partition(END)[2]}"


def main() -> int:
    """Writes the tables into docs/scorers.md, or prints them."""
    parser = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("OMNISCI_REALDATA", ROOT.parent / "shared" / "data" / "real")
    parser.add_argument("--data", type=Path, default=Path(default), help="folder that holds human_judgement")
    parser.add_argument("--print", action="store_true", help="print the tables and leave the page as it is")
    given = parser.parse_args()
    reason = embedding_missing()
    if reason:
        sys.stderr.write(f"{reason}\n")
        return 2
    tables = report(given.data / "human_judgement")
    if given.print:
        sys.stdout.write(tables)
    else:
        PAGE.write_text(write(PAGE.read_text(encoding="utf-8"), tables), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
