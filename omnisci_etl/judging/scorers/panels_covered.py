"""Does the caption speak of every panel that the author's caption names, of each what is its own, and of no other?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise

from omnisci_etl.figures.panels import split_panels
from omnisci_etl.judging.evidence import MAX_PANELS, MAX_PART, Candidate, Evidence, bare_label
from omnisci_etl.judging.references import find_references
from omnisci_etl.judging.scorers.base import MAX_LISTED, Score
from omnisci_etl.judging.terms import stems

MISSING_AT_MOST = 0.58
EXTRA_AT_LEAST = 0.6
# By how much of its words a panel's text must lie nearer to another's part of the author's caption than to its own.
EXCHANGED = 0.15
# A body that begins half of the author's parts as the author does, quotes them all.
_START = 20


_LABEL = re.compile(r"[A-Za-z]{1,4}(?![^\W\d_])|[0-9]{1,2}")
_TOKEN = re.compile(r"(?P<label>(?<![^\W_])(?:[A-Za-z]|[ivxIVX]{2,4})(?![^\W_]))|(?P<to>[-–—−]|\bto\b)")
_FIGURE_NUMBER = re.compile(r"[A-Z]?\.?[0-9]+")
_PREFIX = re.compile(r"^(?:(?:sub)?panels?|parts?)\s+", re.IGNORECASE)
_MARK = r"(?:[A-Za-z]|[ivxIVX]{2,4})"
_LIST = rf"{_MARK}(?: ?(?:,|,? ?and|&|to|[-–—−]) ?{_MARK})"
# "(a)", "( a, b)"; and several without the first bracket: "of a,b) coin cells".
_PARENTHESES = re.compile(rf"\( ?(?:panels? )?(?P<list>{_LIST}{{0,20}})\)")
_HALF_OPEN = re.compile(rf"(?<![^\W_])(?P<list>{_LIST}{{1,20}})\)")
# What stands between the brackets of "(a)–(d)" and "(a) to (d)".
_RANGED = frozenset(("-", "–", "—", "−", "to"))
_LONGEST_RANGED = 4
# Nature's style: a letter alone at the start of a sentence ("a, Sketch of", "a–c Bright-field images"). Lower-case "a"
# with an article's surroundings cannot be told from the article, so no small letter may follow.
_LEADING = re.compile(
    r"(?:^|(?<=[.;:]\s))(?P<list>[A-Za-z](?: ?(?:,|and|&|[-–—−]) ?[A-Za-z]){0,20})(?:[,.:)|]|(?= (?:[^\Wa-z_]|\()))"
)
_LONGEST_MARK = 2
_LETTER_ALONE = re.compile(
    r"(?<![^\W_])(?<![-‐–./’'])(?:[b-zB-HJ-Z]|[aAI](?=[,.;:)]|\s(?:[A-Z0-9]|the|and|is|are|shows?)\b))"
    r"(?:(?<=,\s.)|(?<=[.;:]\s.)|(?<=\(.)|(?<=\binset\s.)"
    r"|(?<=\bwhile\s.)|(?<=\b(?:and|for)\s.)|(?<=\b(?:or|in|of|to)\s.)|(?=\s(?:[A-Z][a-z]|[0-9]|shows?\b)))"
    r"(?![^\W_]|[-‐./’'](?!\s)|\s?[=<>≤≥±×~]|\s(?:ax[ie]s|values?|tests?|score)\b|\s?\()"
)
_A_BEFORE_B = re.compile(r"(?<![^\W_])a [^.;]{1,80}? b ")
_BEGINS = re.compile(r"(?:^|[.;:!?)]\s+)(?:(?:[A-Z][a-z]{2,9}, )?(?:[Ii]n|[Ff]or|[Oo]n|[Ww]ithin) )?(?:[Tt]he )?$")
_LONGEST_BEGINNING = 24
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


@lru_cache(maxsize=1024)
def _headed(body: str) -> Mapping[str, str]:
    """The parts of a body whose sentences begin with their panel: "Panel a shows …", "In panels b and c, …"."""
    panels = (r for r in find_references(body) if r.kind == "panel")
    heads = [r for r in panels if _BEGINS.search(body, max(0, r.start - _LONGEST_BEGINNING), r.start)]
    found: dict[str, str] = {}
    for number, head in enumerate(heads, 1):
        end = heads[number].start if number < len(heads) else len(body)
        for label in _expanded(head.items, ()):
            found[label] = f"{found.get(label, '')} {body[head.end : end]}"
    return found


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
    own = _numbers(candidate.evidence.label)
    return _panels_of(candidate.body[:MAX_PART], own, labels)


@lru_cache(maxsize=512)
def _numbers(label: str) -> frozenset[str]:
    return frozenset(number for r in find_references(label) for number in r.numbers)


def _panels_of(text: str, own: frozenset[str], labels: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for reference in find_references(text):
        if reference.kind == "panel" or (reference.kind == "figure" and reference.numbers and reference.numbers <= own):
            found.update(_expanded(_FIGURE_NUMBER.sub("", reference.items), labels))
    return found


def _marked(body: str, labels: Sequence[str]) -> set[str]:
    """The labels that stand in the body as marks: "(a)", "(a–c)", "a, Sketch of …", and words such as "left"."""
    brackets = [*_PARENTHESES.finditer(body)]
    lists = [match["list"] for match in brackets]
    lists += [match["list"] for match in _LEADING.finditer(body)]
    if body.count(")") > body.count("("):
        lists += [match["list"] for match in _HALF_OPEN.finditer(body)]
    lists += [
        f"{first['list']}-{last['list']}"
        for first, last in pairwise(brackets)
        if last.start() - first.end() <= _LONGEST_RANGED and body[first.end() : last.start()].strip() in _RANGED
    ]
    words = {label for label in labels if len(label) > _LONGEST_MARK and label in body.lower()}
    return words.union(label for text in lists for label in _expanded(text, labels))


def _alone(body: str, labels: Sequence[str]) -> set[str]:
    """The letters that stand alone and are no variable ("and b time", not "b = 5", "t-test" or "x axis").

    "as a function of a time and b depth": an "a" before "b" may be either, and counts.
    """
    away = [(r.start, r.end) for r in find_references(body)]
    letters = (m for m in _LETTER_ALONE.finditer(body) if not any(start < m.start() < end for start, end in away))
    found = {match[0].lower() for match in letters}
    if "b" in found and _A_BEFORE_B.search(body):
        found.add("a")
    return found.intersection(labels)


@lru_cache(maxsize=1024)
def _parts(caption: str) -> Mapping[str, str]:
    """The parts of a caption by panel, where it marks them."""
    return {panel.label.lower(): panel.text for panel in split_panels(caption)[1]}


def _author_parts(evidence: Evidence) -> Mapping[str, frozenset[str]]:
    """The words of each panel's part of the author's caption that not every part has."""
    if evidence.panel_texts:
        labels = [bare_label(label) for label in evidence.panel_labels[:MAX_PANELS]]
        return _own_words(tuple(zip(labels, evidence.panel_texts, strict=False)))
    return _own_words(tuple(_parts(evidence.author_caption[:MAX_PART]).items()))


@lru_cache(maxsize=512)
def _own_words(texts: tuple[tuple[str, str], ...]) -> Mapping[str, frozenset[str]]:
    parts = {label: stems(text[:MAX_PART]) for label, text in texts}
    common = frozenset.intersection(*parts.values()) if len(parts) > 1 else frozenset()
    return {label: words - common for label, words in parts.items()}


def _exchanged(candidate: Candidate) -> list[list[str]]:
    """Pairs of a panel and the one of which the author says what its text says, where texts have changed places.

    That one text lies nearer to another panel tells little; that they do so in a ring, or most of them, does.
    """
    if len(candidate.evidence.panel_labels) < 2:
        return []
    parts = _author_parts(candidate.evidence)
    body = candidate.body[:MAX_PART]
    texts = dict(candidate.panels[:MAX_PANELS]) or _headed(body) or _parts(body)
    if len(parts) < 2 or len(texts) < 2:
        return []
    known = frozenset().union(*parts.values())
    entries = {bare_label(label): stems(text[:MAX_PART]) & known for label, text in texts.items()}
    entries = {label: words for label, words in entries.items() if label in parts and words}
    nearer: Mapping[str, frozenset[str]]
    nearer = {label: found for label, words in entries.items() if (found := _nearer(label, words, entries, parts))}
    targets = {min(found) for found in nearer.values()}
    if 2 * len(nearer) <= len(entries) or not 1 < len(targets) == len(nearer):
        nearer = _ring(nearer)
    return sorted(map(list, {tuple(sorted((label, min(found)))) for label, found in nearer.items()}))


def _nearer(
    label: str, words: frozenset[str], labels: Iterable[str], parts: Mapping[str, frozenset[str]]
) -> frozenset[str]:
    """The panels whose part of the author's caption has more of these words than that of the label, by EXCHANGED."""
    shared = {other: len(words & parts[other]) / len(words) for other in labels}
    most = max(shared.values())
    if most - shared[label] < EXCHANGED:
        return frozenset()
    return frozenset(other for other, share in shared.items() if share == most)


def _ring(nearer: Mapping[str, frozenset[str]]) -> Mapping[str, frozenset[str]]:
    """What is left where nothing leads out of or into the rest."""
    while True:
        reached = frozenset().union(*nearer.values())
        left = {label: found & nearer.keys() for label, found in nearer.items() if label in reached}
        left = {label: found for label, found in left.items() if found}
        if len(left) == len(nearer):
            return left
        nearer = left


class PanelsCovered:
    """1 where each panel that the evidence names has its text, and no other's; MISSING_AT_MOST or less where one lacks.

    A caption that gives its panels entries gives one to each: there a letter in passing ("rises (panel b)") covers
    nothing. Without entries a letter in the body is enough. Panels are exchanged where their texts, entries or
    sentences that begin with the panel, say in a ring what the author's caption says of one another. Panels that
    neither the author's caption nor the mentions know may stand in the picture: they lower the score, never below
    EXTRA_AT_LEAST. 1 where the evidence names no panel.
    """

    name = "panels-covered"
    version = "6"
    deterministic = True

    def config(self) -> Mapping[str, object]:
        """The bounds of the score."""
        return {
            "missing_at_most": MISSING_AT_MOST,
            "extra_at_least": EXTRA_AT_LEAST,
            "exchanged": EXCHANGED,
        }

    def score(self, candidates: Sequence[Candidate]) -> list[Score]:
        """Details: expected, covered, missing and extra labels, and exchanged as pairs of labels."""
        return [_score(candidate) for candidate in candidates]


def _extra(candidate: Candidate, named: set[str], labels: Sequence[str]) -> list[str]:
    """The named panels that neither the labels nor the paper's references to the figure know."""
    unknown = named.difference(labels)
    if unknown:
        own = _numbers(candidate.evidence.label)
        for text in candidate.evidence.text.split("\n"):
            unknown -= _panels_of(text, own, labels)
    return sorted(unknown)[:MAX_LISTED]


def _covered(candidate: Candidate, labels: Sequence[str], entries: set[str]) -> set[str]:
    """The labels with a text: an entry, or else a part of the body behind their mark, or else a letter in it."""
    if entries:
        return entries
    body = candidate.body[:MAX_PART]
    author = _parts(candidate.evidence.author_caption[:MAX_PART])
    own = _parts(body) if author else {}
    found = _named(candidate, labels) | _marked(body, labels)
    found |= set() if found.issuperset(labels) else _alone(body, labels)
    headed = _headed(body).keys()
    if 2 * len(author.keys() & own.keys()) >= len(author):
        found -= author.keys() - own.keys() - headed
    # Two panels of one sentence ("images of (a) cells and (b) nuclei") have texts that stand nowhere as they are.
    starts = {
        label for label, text in author.items() if text[:_START] in body or own.get(label, "")[:_START] == text[:_START]
    }
    if 2 * len(starts) < len(author):
        return found
    # The author's text of a panel may be told in other words behind the same mark.
    retold = {label for label, text in own.items() if stems(text) & stems(author.get(label, ""))}
    return found - (author.keys() - starts - retold - headed)


def _score(candidate: Candidate) -> Score:
    labels = list(dict.fromkeys(bare_label(label) for label in candidate.evidence.panel_labels[:MAX_PANELS]))
    if not labels:
        return Score(1.0, {"expected": [], "covered": [], "missing": [], "extra": [], "exchanged": []})
    entries = _entries(candidate, labels)
    found = _covered(candidate, labels, entries)
    covered = [label for label in labels if label in found]
    missing = [label for label in labels if label not in found]
    extra = _extra(candidate, entries | _named(candidate, labels), labels)
    exchanged = _exchanged(candidate)
    value = EXTRA_AT_LEAST + (1 - EXTRA_AT_LEAST) * len(labels) / (len(labels) + len(extra))
    if missing or exchanged:
        value = MISSING_AT_MOST * (len(covered) - len(exchanged)) / len(labels)
    detail = {"expected": labels, "covered": covered, "missing": missing, "extra": extra, "exchanged": exchanged}
    return Score(round(max(0.0, value), 6), detail)
