"""Are the numbers and units of the caption found in its evidence, and does none stand where the paper has another?"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import Any

from omnisci_etl.judging.company import in_other_company
from omnisci_etl.judging.contexts import (
    QUOTED,
    QUOTED_ELSEWHERE,
    Amounts,
    Context,
    Match,
    Text,
    likeness,
    read,
)
from omnisci_etl.judging.evidence import MAX_EVIDENCE, Candidate
from omnisci_etl.judging.numbers import Amount, Key, Quantity, grounds
from omnisci_etl.judging.scorers.base import (
    MAX_LISTED,
    SLIPS,
    SLIPS_AT_MOST,
    SLIPS_OUT,
    Score,
    quote,
    slip,
)
from omnisci_etl.judging.terms import VISUAL, level, stem, words_sha256
from omnisci_etl.judging.units import BARE

# How like the words around must be (share and weight of likeness) for another value there to be a contradiction. A bare
# number counts anything, so that more is asked; where the caption speaks of what is seen, or says "about", more again.
# "Other unit" is a number, of several digits or else of one, that the evidence gives with another unit of its kind.
LIKE: dict[str, tuple[float, float]] = {
    "other unit": (0.0, 0.0),
    "other unit, one digit": (0.1, 0.8),
    "unit": (0.25, 1.5),
    "bare": (0.45, 2.5),
    "seen": (0.7, 3.5),
}
# The same between an entry and what the author says of the same panel; nothing where the number stands alone there.
OF_PANEL: dict[str, tuple[float, float]] = {"unit": (0.2, 1.1), "bare": (0.45, 1.1), "seen": (0.7, 3.5)}
# How like the words must be around what a number rounds.
ROUNDED = (0.2, 1.1)
# Where so few words stand around that they are all the same, less weight will do.
ALIKE = (0.9, 1.5)
CONTRADICTED_AT_MOST = 0.5
# What a number adds to the doubt where the evidence neither states nor contradicts it: it may be read off the picture.
DOUBT: dict[str, float] = {"unit": 1.0, "bare": 0.5, "seen": 0.1}
DOUBT_WHERE_READ = 2.0
LEAST_UNCONTRADICTED = SLIPS_OUT
ROUGHLY = Fraction(1, 20)
# So many quantities of a caption are looked for among the words of the evidence, and so many in its letters: a search
# takes as long as the evidence is.
_MAX_EXAMINED, _MAX_QUOTED = 200, 1000

# Each line starts with a letter, to which the engine skips; with a \b in front it cannot.
_SEEN = re.compile(
    r"ax[ie]s\b|Ax[ie]s\b|t(?<!\w.)ick|l(?<!\w.)(?:egend|abel|ines?\b)|c(?<!\w.)(?:olou?r|urves?\b|olumns?\b)|g(?<!\w.)rid"
    r"|r(?<!\w.)(?:ang(?:es?|ing)\b|uns? from\b|ows?\b)|s(?<!\w.)(?:pans?\b|cale\b)|e(?<!\w.)xtends?\b|b(?<!\w.)ars?\b"
    r"|p(?<!\w.)(?:eak|oints?\b)|m(?<!\w.)arkers?\b|i(?<!\w.)nsets?\b"
)
# So far before and behind a number are words looked for that tell it is seen, within its sentence.
_BEFORE, _BEHIND = 120, 60
_ABOUT = re.compile(
    r"(?:\b(?:about|around|approximately|approx\.|roughly|nearly|almost|near|close to|circa|some)|[~≈])\s?[-−+]?$"
)
_LONGEST_ABOUT = 16
_LEAST_ROUNDED = 2
# Behind such a sign a number is stated, whatever is seen beside it.
_STATED = re.compile(r"[=<>≤≥±]\s?[-−+]?$")
_LONGEST_SIGN = 4
# What a number counts: "three independent experiments", "5 mice", "n = 5".
_COUNTED = re.compile(r"[ -]([^\W\d_]{3,})(?:[ -]([^\W\d_]{3,}))?")
# A value that is reached or passed is a place on an axis: "up to five qubits", "at 5 qubits".
_REACHED = re.compile(r"\b(?:up to|at|above|below|beyond|from|than|between|until|after)\s$")
_LONGEST_REACHED = 8
_SAMPLES = re.compile(r"(?<![^\W_])[nN] ?= ?$")
_LONGEST_SAMPLES = 5
# The levels of significance of a figure: "P < 0.05", "p-values ≤ 0.05, 0.01 and 0.001".
_LEVEL = re.compile(r"(?<![^\W_])[pP](?:[ -]?values?)?\s?[<≤]\s?(?:[0-9.]{1,8}(?:, and|,| and| or)\s){0,3}$")
_LONGEST_LEVEL = 40
_SIGNIFICANT = ("p", "<")
_DIGITS = re.compile(r"[0-9]{1,40}(?:\.[0-9]{1,40})?")


_BARE_ONLY = frozenset((BARE.dimensions,))


Counted = tuple[str, str]


@lru_cache(maxsize=64)
def _counts(evidence: str) -> Mapping[Counted, list[Match]]:
    """The numbers of an evidence that count something, by what they count."""
    found: dict[Counted, list[Match]] = {}
    for line in evidence.split("\n"):
        told = read(line)
        for quantity, amounts in zip(told.quantities, told.amounts, strict=True):
            counted = _counted(line, quantity)
            if counted and BARE.dimensions in amounts.kinds:
                found.setdefault(counted, []).append(Match(line, quantity, amounts))
    return found


def _counted(text: str, quantity: Quantity) -> Counted | None:
    """What a whole number counts: samples, or the one or two words behind it; or that it is a level of significance.

    One word alone has to say more than what every picture shows ("three times").
    """
    if _is_level(text, quantity):
        return _SIGNIFICANT
    if _SAMPLES.search(text, max(0, quantity.start - _LONGEST_SAMPLES), quantity.start):
        return "n", "="
    if quantity.readings[0][0].value.denominator > 1:
        return None
    words = _COUNTED.match(text, quantity.end)
    if words is None or (words[2] is None and level(stem(words[1])) == VISUAL):
        return None
    return stem(words[1]), stem(words[2] or "")


def _is_level(text: str, quantity: Quantity) -> bool:
    before = text[max(0, quantity.start - _LONGEST_LEVEL) : quantity.start]
    return ("<" in before or "≤" in before) and _LEVEL.search(before) is not None


@dataclass(frozen=True, slots=True)
class _Finding:
    """What is wrong with a quantity: how much doubt it raises, or what contradicts it."""

    doubt: float
    match: Match | None = None


class NumbersGrounded:
    """Are the quantities of body and panels those of the evidence? 1 where all are, or none is stated.

    The same amount counts in any unit that converts exactly (5 mM = 0.005 M); a number without a unit counts wherever
    its value stands. One number or unit that contradicts the evidence (which has another one between the same letters,
    or among the same words) brings the score to CONTRADICTED_AT_MOST or less, or into the band SLIPS where it is one of
    many; so does a count, in digits or in words, of what the evidence counts otherwise. Numbers that the evidence
    knows nothing of may be read off the picture: they lower the score, never below LEAST_UNCONTRADICTED.
    """

    name = "numbers-grounded"
    version = "9"
    deterministic = True

    def __init__(self, ocr: tuple[str, str] | None = None) -> None:
        """`ocr`: name and version of what read Evidence.picture_text; None: that text is not looked at."""
        self._ocr = ocr

    def config(self) -> Mapping[str, object]:
        """The evidence that is read, and all limits."""
        return {
            "evidence": ["author_caption", "mentions", "title", *(["picture_text"] if self._ocr else [])],
            "max_evidence": MAX_EVIDENCE,
            "ocr": list(self._ocr) if self._ocr else None,
            "like": [LIKE, OF_PANEL, ALIKE, ROUNDED],
            "doubt": [DOUBT, DOUBT_WHERE_READ],
            "words": words_sha256(),
            "bounds": [CONTRADICTED_AT_MOST, SLIPS_AT_MOST, SLIPS, LEAST_UNCONTRADICTED],
        }

    def score(self, candidates: Sequence[Candidate]) -> list[Score]:
        """Details: stated (count; without those of quoted sentences where none is wrong), ungrounded, contradicted.

        Ungrounded ones, and of those the contradicted, as {text, part, start, end}, MAX_LISTED at most; contradicted
        ones also with what the evidence says there ("evidence").
        """
        with_picture = bool(self._ocr)
        return [_score(candidate, with_picture) for candidate in candidates]


@lru_cache(maxsize=64)
def _context(evidence: str) -> Context:
    return Context(evidence.split("\n"))


def _score(candidate: Candidate, with_picture: bool) -> Score:
    judge = _Judge(candidate, with_picture)
    ungrounded: list[dict[str, Any]] = []
    contradicted: list[dict[str, Any]] = []
    stated, doubt = 0, 0.0
    for part, text, quantity, finding in judge.findings():
        stated += 1
        if finding is None:
            continue
        doubt += finding.doubt
        place = {"text": quote(text, quantity.start, quantity.end), "part": part}
        ungrounded.append(place | {"start": quantity.start, "end": quantity.end})
        if finding.match:
            said = quote(finding.match.text, finding.match.quantity.start, finding.match.quantity.end)
            contradicted.append(ungrounded[-1] | {"evidence": said})
    if not stated:
        return Score(1.0, {"stated": 0})
    stated += judge.quoted() if contradicted else 0
    value = LEAST_UNCONTRADICTED + (1 - LEAST_UNCONTRADICTED) / (
        1 + doubt * (DOUBT_WHERE_READ if judge.has_picture_text else 1)
    )
    # Beside a contradiction, what the evidence does not know counts as wrong as well.
    slipped = slip(len(ungrounded), stated) if contradicted else None
    if slipped is not None:
        value = slipped
    elif contradicted or not candidate.evidence.text:
        value = CONTRADICTED_AT_MOST * (1 - len(ungrounded) / stated)
    detail = {"stated": stated, "contradicted": contradicted[:MAX_LISTED], "ungrounded": ungrounded[:MAX_LISTED]}
    return Score(round(value, 6), detail)


class _Judge:
    """A caption's quantities against its evidence."""

    def __init__(self, candidate: Candidate, with_picture: bool) -> None:
        self._candidate = candidate
        shown = candidate.evidence.picture_text[:MAX_EVIDENCE] if with_picture else ""
        self._picture: frozenset[Key] = read(shown).offers if shown else frozenset()
        self.has_picture_text = bool(shown)
        self._asked = self._examined = 0

    @cached_property
    def _context(self) -> Context:
        return _context(self._candidate.evidence.text)

    def findings(self) -> Iterator[tuple[str, str, Quantity, _Finding | None]]:
        """(part, text, quantity, what is wrong with it) for each sure quantity that is in no sentence of the evidence.

        A sentence of the evidence itself cannot be wrong.
        """
        # Panels of one caption often share a text, and `read` gives the same Text for the same.
        found: dict[tuple[int, str], list[tuple[Quantity, _Finding | None]]] = {}
        for (part, text), told in zip(self._candidate.parts, self._own, strict=True):
            key = id(told), self._candidate.evidence.said_of(part)
            if key not in found:
                found[key] = list(self._in_part(told, key[1]))
            yield from ((part, text, quantity, finding) for quantity, finding in found[key])

    def _in_part(self, told: Text, panel: str) -> Iterator[tuple[Quantity, _Finding | None]]:
        """panel: what the author says of the panel that the part is an entry of."""
        for index, quantity in enumerate(told.quantities):
            if quantity.sure:
                finding = self._finding(told, index)
                is_open = panel and finding and not finding.match and self._examined <= _MAX_EXAMINED
                if is_open and (match := self._of_the_panel(told, index, panel)):
                    finding = _Finding(0.0, match)
                yield quantity, finding
            elif told.text[quantity.start].isalpha() and (match := self._counted_otherwise(told, index)):
                yield quantity, _Finding(0.0, match)

    def _finding(self, told: Text, index: int) -> _Finding | None:
        quantity, context = told.quantities[index], self._context
        self._asked += 1
        if self._asked <= _MAX_QUOTED and context.quotes(told.text, quantity):
            return None
        grounded = grounds([context.offers], quantity)
        self._examined += 1
        if self._examined <= _MAX_EXAMINED:
            least = QUOTED_ELSEWHERE if grounded else QUOTED
            match = context.quoted_otherwise(told.text, quantity, told.amounts[index], least)
            if match is None and not grounded:
                # Levels of significance stand among the same words whatever they are.
                is_level = _is_level(told.text, quantity)
                match = None if is_level else self._among_the_same_words(told, index)
                match = match or self._counted_otherwise(told, index)
                match = match or in_other_company(context, told, index, self._stated)
            if match:
                rounds = _rounds(told, index, match) or _rounds_elsewhere(context, told, index)
                return None if rounds else _Finding(0.0, match)
        if grounded or self._is_shown(told.amounts[index]):
            return None
        return _Finding(DOUBT[_how(told.text, quantity)])

    def _counted_otherwise(self, told: Text, index: int) -> Match | None:
        """What the evidence counts of the same things, where it never counts as many."""
        quantity = told.quantities[index]
        if _REACHED.search(told.text, max(0, quantity.start - _LONGEST_REACHED), quantity.start):
            return None
        counted = _counted(told.text, quantity)
        others = _counts(self._candidate.evidence.text).get(counted, []) if counted else []
        if not others or any(other.amounts.holds(told.amounts[index]) for other in others):
            return None
        if counted == _SIGNIFICANT:
            # A picture has stars for more levels than its paper explains: wrong is what stands for one of those.
            others = [other for other in others if other.amounts.keys.isdisjoint(self._stated)]
        return others[0] if others else None

    def _of_the_panel(self, told: Text, index: int, panel: str) -> Match | None:
        """What the author says of the same panel, in the same few words, and the entry does not."""
        stated = frozenset().union(*(one.keys for one in told.amounts))
        match = Context((panel,)).nearest(told, index, stated)
        if match is None or self._is_shown(told.amounts[index]):
            return None
        share, weight = OF_PANEL[_against(told, index, match)]
        is_like = match.share >= share and match.weight >= weight
        return match if (is_like or not any(told.around(index))) and not _rounds(told, index, match) else None

    def _is_shown(self, amounts: Amounts) -> bool:
        """Whether the picture has the number; its unit often stands at the end of an axis, apart from it."""
        return not self._picture.isdisjoint(amounts.keys | amounts.values)

    def _among_the_same_words(self, told: Text, index: int) -> Match | None:
        match = self._context.nearest(told, index, self._stated)
        if match is None:
            return None
        share, weight = LIKE[self._kind_of_doubt(told, index, match)]
        if match.share >= share and match.weight >= weight:
            return match
        return match if match.share >= ALIKE[0] and match.weight >= ALIKE[1] else None

    def _kind_of_doubt(self, told: Text, index: int, match: Match) -> str:
        amounts = told.amounts[index]
        if match.other_unit:
            return "other unit" if amounts.has_digits else "other unit, one digit"
        return "seen" if self._is_shown(amounts) else _against(told, index, match)

    @cached_property
    def _own(self) -> list[Text]:
        """All parts with the quantities of what they do not quote."""
        pairs = zip(self._candidate.parts, self._candidate.unquoted.parts, strict=True)
        return [read(text, own) for (_, text), (_, own) in pairs]

    @cached_property
    def _quoted(self) -> list[Text]:
        """What the parts quote."""
        return [read(text) for _, text in self._candidate.quoted.parts]

    def quoted(self) -> int:
        """How many quantities stand in sentences of the evidence."""
        return sum(quantity.sure for text in self._quoted for quantity in text.quantities)

    @cached_property
    def _stated(self) -> frozenset[Key]:
        """Every amount that the caption states."""
        texts = (*self._own, *self._quoted)
        return frozenset().union(*(one.keys for text in texts for one in text.amounts))


def _how(text: str, quantity: Quantity, match: Match | None = None) -> str:
    """Whether an ungrounded quantity is read off the picture, or else has a unit.

    match: what the evidence has in its place; where that is told as something seen as well, the text may tell of both.
    """
    start = quantity.start
    if _ABOUT.search(text, max(0, start - _LONGEST_ABOUT), start):
        return "seen"
    if _is_read_off(text, quantity) and not (match and _is_read_off(match.text, match.quantity)):
        return "seen"
    return _plainly(quantity)


def _against(told: Text, index: int, match: Match) -> str:
    """How a quantity stands against what the evidence has in its place; without a unit where not both have it."""
    how = _how(told.text, told.quantities[index], match)
    return "bare" if how == "unit" and told.amounts[index].kinds & match.amounts.kinds <= _BARE_ONLY else how


def _plainly(quantity: Quantity) -> str:
    return "unit" if any(amount.unit is not BARE for reading in quantity.readings for amount in reading) else "bare"


def _is_read_off(text: str, quantity: Quantity) -> bool:
    """Whether the sentence tells of something seen near the quantity, which does not stand behind a sign."""
    start, end = quantity.start, quantity.end
    first = max(text.rfind(mark, max(0, start - _BEFORE - 2), start) for mark in (". ", "! ", "? ", "; "))
    last = text.find(". ", end, end + _BEHIND + 2)
    behind = min(last if last >= 0 else len(text), end + _BEHIND)
    if not _is_seen(text, max(first + 1, start - _BEFORE, 0), behind):
        return False
    return _STATED.search(text, max(0, start - _LONGEST_SIGN), start) is None


@lru_cache(maxsize=64)
def _seen_in(text: str) -> tuple[list[int], list[int]]:
    """Where the words start and end that tell what is seen."""
    spans = [match.span() for match in _SEEN.finditer(text)]
    return [start for start, _ in spans], [end for _, end in spans]


def _is_seen(text: str, start: int, end: int) -> bool:
    """Whether such a word stands in text[start:end]."""
    starts, ends = _seen_in(text)
    at = bisect_left(starts, start)
    return at < len(ends) and ends[at] <= end


def _rounds(told: Text, index: int, match: Match) -> bool:
    """Whether one gives the other's value in fewer digits, or the caption says "about" of one that is near."""
    quantity = told.quantities[index]
    own, theirs = quantity.readings[0][0], match.quantity.readings[0][0]
    if own.unit.dimensions != theirs.unit.dimensions or not _written(told.text, quantity):
        return False
    if _is_rounded(own, _written(told.text, quantity), theirs):
        return True
    if _is_rounded(theirs, _written(match.text, match.quantity), own):
        return True
    (above, below, _), (their_above, their_below, _) = own.reduced, theirs.reduced
    off = abs(above * their_below - their_above * below)
    about = _ABOUT.search(told.text, max(0, quantity.start - _LONGEST_ABOUT), quantity.start)
    return about is not None and off * ROUGHLY.denominator <= ROUGHLY.numerator * abs(their_above) * below


def _rounds_elsewhere(context: Context, told: Text, index: int) -> bool:
    """Whether the evidence has what this rounds among words that are somewhat like."""
    for other, at, theirs in context.places:
        if theirs.contests(told.amounts[index]) and _rounds(
            told, index, Match(other.text, other.quantities[at], theirs)
        ):
            share, weight = likeness(told.around(index), other.around(at))
            if share >= ROUNDED[0] and weight >= ROUNDED[1]:
                return True
    return False


def _written(text: str, quantity: Quantity) -> int:
    """The digits of a quantity as one number, 0 where it has none."""
    digits = _DIGITS.search(text, quantity.start, quantity.end)
    return int(digits[0].replace(".", "")) if digits else 0


def _is_rounded(one: Amount, written: int, other: Amount) -> bool:
    """Whether the other amount, rounded to the digits that one is written in, two at least, is that one."""
    if len(str(written).strip("0")) < _LEAST_ROUNDED:
        return False
    (above, below, _), (their_above, their_below, _) = one.reduced, other.reduced
    # Times both denominators, because arithmetic of fractions takes many times as long. What one in the last place that
    # is written is worth, whatever power of ten follows, is the value over all its digits as one number.
    off = abs(above * their_below - their_above * below)
    return 0 < 2 * off * written <= abs(above) * their_below
