"""Does the caption speak of every panel that the author's caption names, and of no other?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from omnisci_etl.judging.evidence import MAX_PANELS, MAX_PART, Candidate
from omnisci_etl.judging.references import find_references
from omnisci_etl.judging.scorers.base import MAX_LISTED, Score

_LABEL = re.compile(r"[A-Za-z]{1,4}(?![^\W\d_])|[0-9]{1,2}")
_TOKEN = re.compile(r"(?P<label>(?<![^\W_])(?:[A-Za-z]|[ivxIVX]{2,4})(?![^\W_]))|(?P<to>[-–—−]|\bto\b)")
_FIGURE_NUMBER = re.compile(r"[A-Z]?\.?[0-9]+")
_PREFIX = re.compile(r"^(?:(?:sub)?panels?|parts?)\s+", re.IGNORECASE)
_MARK = r"(?:[A-Za-z]|[ivxIVX]{2,4})"
_PARENTHESES = re.compile(rf"\((?:panels? )?(?P<list>{_MARK}(?: ?(?:,|,? ?and|&|to|[-–—−]) ?{_MARK}){{0,20}})\)")
# Nature's style: a letter alone at the start of a sentence ("a, Sketch of", "a–c Bright-field images"). Lower-case "a"
# with an article's surroundings cannot be told from the article, so a capital or a comma must follow.
_LEADING = re.compile(
    r"(?:^|(?<=[.;:]\s))(?P<list>[A-Za-z](?: ?(?:,|and|&|[-–—−]) ?[A-Za-z]){0,20})(?:[,.:)|]|(?= [A-Z0-9(]))"
)
_HAS_WORD = re.compile(r"[^\W_]")


def _expanded(text: str, labels: Sequence[str]) -> Iterator[str]:
    """The labels of a list like "a, b and d–f", lower case. A range follows labels where it can, else the alphabet."""
    previous, ranged = "", False
    for match in _TOKEN.finditer(text.lower()):
        if match["to"]:
            ranged = True
            continue
        label = match["label"]
        if ranged and previous:
            yield from _between(previous, label, labels)
        yield label
        previous, ranged = label, False


def _between(first: str, last: str, labels: Sequence[str]) -> Iterable[str]:
    if first in labels and last in labels:
        return labels[labels.index(first) + 1 : labels.index(last)]
    if len(first) == len(last) == 1:
        return [chr(code) for code in range(ord(first) + 1, ord(last))]
    return ()


def _entries(candidate: Candidate, labels: Sequence[str]) -> set[str]:
    """The labels of the caption's panel entries that have a text."""
    found: set[str] = set()
    for label, text in candidate.panels[:MAX_PANELS]:
        if _HAS_WORD.search(text[:MAX_PART]) is None:
            continue
        bare = _PREFIX.sub("", label.strip().lower()[:40])
        if bare in labels:
            found.add(bare)
        else:
            found.update(
                _expanded(bare, labels) if not _LABEL.fullmatch(bare.strip("().: ")) else {bare.strip("().: ")}
            )
    return found


def _named(candidate: Candidate, labels: Sequence[str]) -> set[str]:
    """The labels that the body names outright: "panels a and b", "Fig. 1c" of the figure itself."""
    body = candidate.body[:MAX_PART]
    own = {number for r in find_references(candidate.evidence.label) for number in r.numbers}
    found: set[str] = set()
    for reference in find_references(body):
        if reference.kind == "panel" or (reference.kind == "figure" and reference.numbers and reference.numbers <= own):
            found.update(_expanded(_FIGURE_NUMBER.sub("", reference.items), labels))
    return found


def _marked(body: str, labels: Sequence[str]) -> set[str]:
    """The labels that stand in the body as marks: "(a)", "(a–c)", "a, Sketch of …"."""
    lists = [match["list"] for pattern in (_PARENTHESES, _LEADING) for match in pattern.finditer(body)]
    return {label for text in lists for label in _expanded(text, labels)}


class PanelsCovered:
    """Covered panels / (panels of the evidence + panels that the caption invents); 1 where the evidence names no panel.

    Upper and lower case are one. A letter in parentheses covers its panel, but is no invention: "(n)" can be anything.
    """

    name = "panels-covered"
    version = "1"
    deterministic = True

    def config(self) -> Mapping[str, object]:
        """Nothing can be set."""
        return {}

    def score(self, candidates: Sequence[Candidate]) -> list[Score]:
        """Details: expected, covered, missing and extra labels."""
        return [_score(candidate) for candidate in candidates]


def _score(candidate: Candidate) -> Score:
    labels = list(dict.fromkeys(label.lower().strip("(). ") for label in candidate.evidence.panel_labels[:MAX_PANELS]))
    named = _entries(candidate, labels) | _named(candidate, labels)
    marked = _marked(candidate.body[:MAX_PART], labels)
    covered = [label for label in labels if label in named or label in marked]
    extra = sorted(named.difference(labels))[:MAX_LISTED]
    missing = [label for label in labels if label not in covered]
    value = len(covered) / (len(labels) + len(extra)) if labels else 1.0
    return Score(value, {"expected": labels, "covered": covered, "missing": missing, "extra": extra})
