"""What the paper says in the place of a number: a wrong number is told so from one that only the picture shows.

Two ways lead from a quantity of a caption to one of the evidence: the same letters before and behind it (the caption
quotes the sentence), or the same words around it (the caption says the sentence in its own way).
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice

from omnisci_etl.judging.numbers import Amount, Key, Quantity, find_quantities
from omnisci_etl.judging.units import BARE, Dimensions

# A quotation: letters in common before and behind the number, and by how many it must beat the place where it is right.
QUOTED = 14
# The same where the evidence has the number elsewhere: words such as "temperature of" stand before many.
QUOTED_ELSEWHERE = 17
QUOTED_MORE = 10
_REACH = 40
_BEHIND = 12
_SEED = 4
# Weights of the words by their distance from the number; the window is as long as these.
_LEFT = (1.5, 1.3, 1.1, 1.0, 0.8, 0.6)
_RIGHT = (1.3, 1.1, 0.9, 0.7)
_CROSSED = 0.5
# Texts of strangers can hold thousands of numbers in the same place.
_MAX_CANDIDATES = 200
_TOKEN = re.compile(r"[.!?;](?=\s)|\n|[^\W\d_]+|[=<>±~≈]")
_WINDOW = 90
_NO_CONTENT = frozenset({
    "a", "an", "the", "of", "and", "or", "to", "in", "on", "at", "by", "for", "with", "from", "as", "is", "are", "was",
    "were", "be", "been", "that", "which", "this", "these", "those", "it", "its", "than", "between", "into", "per",
    "both", "each", "we", "our", "s",
})  # fmt: skip
_STOP = "."
_STOPS = frozenset(".!?;\n")
Words = tuple[tuple[str, ...], tuple[str, ...]]
_TEMPERATURE, _SHARE, _TIME = (("temperature", 1),), (("share", 1),), (("time", 1),)
_KINDS: dict[str, Dimensions] = {
    **dict.fromkeys(("K", "°C", "°F"), _TEMPERATURE),
    **dict.fromkeys(("%", "‰", "ppm", "ppb", "ppt", "wt%", "vol%", "at%", "mol%"), _SHARE),
    **dict.fromkeys(("s", "yr", "week", "month"), _TIME),
}


def _bare(amount: Amount) -> Key:
    return *amount.value.as_integer_ratio(), BARE.dimensions


@lru_cache(maxsize=16384)
def _digits(above: int, below: int) -> str:
    """What is left of a decimal fraction where its point and the noughts at its ends are taken away."""
    # 2 and 5 divide the denominator at most as often as it has bits.
    return str(abs(above) * 10 ** below.bit_length() // below).strip("0")


@lru_cache(maxsize=4096)
def _kind_of(dimensions: Dimensions) -> frozenset[Dimensions]:
    """What a unit measures: its dimensions, but units without an exact relation (°C and K, % and ‰) are of one kind."""
    if len(dimensions) == 1 and dimensions[0][1] == 1:
        return frozenset((_KINDS.get(dimensions[0][0], dimensions),))
    return frozenset((dimensions,))


# Not frozen, as that makes it take twice as long to make one, of which there are many.
@dataclass(slots=True)
class Amounts:
    """What a quantity can mean over all its readings: amounts in base units, their bare values, what they measure."""

    keys: frozenset[Key]
    values: frozenset[Key]
    kinds: frozenset[Dimensions]

    @classmethod
    def of(cls, quantity: Quantity) -> Amounts:
        """The amounts of a quantity."""
        readings = quantity.readings
        if len(readings) == 1 and len(readings[0]) == 1:
            (amount,) = readings[0]
            values = frozenset((_bare(amount),))
            return cls(
                values if amount.unit is BARE else frozenset((amount.reduced,)),
                values,
                _kind_of(amount.unit.dimensions),
            )
        found = [amount for reading in readings for amount in reading]
        kinds = frozenset().union(*(_kind_of(amount.unit.dimensions) for amount in found))
        return cls(frozenset(amount.reduced for amount in found), frozenset(map(_bare, found)), kinds)

    def holds(self, other: Amounts) -> bool:
        """Whether the other may state the same; a number without a unit is at home wherever its value stands."""
        return not self.keys.isdisjoint(other.keys) or not self.values.isdisjoint(other.keys)

    def contests(self, other: Amounts) -> bool:
        """Whether one of the two must be wrong in the other's place: one kind, or one number with two units."""
        return not self.kinds.isdisjoint(other.kinds) or (
            not self.values.isdisjoint(other.values) and self._has_number_and_unit(other)
        )

    def has_other_unit_than(self, other: Amounts) -> bool:
        """Whether both state one number, each with a unit of the same kind (5 mM and 5 µM, 20 °C and 20 K)."""
        return not self.kinds.isdisjoint(other.kinds) and self._has_number_and_unit(other)

    @property
    def digits(self) -> frozenset[str]:
        """The digits of its values without the noughts at both ends ("369" of 36.9 and of 3690), if it has several."""
        found = (_digits(above, below) for above, below, _ in self.values)
        return frozenset(digits for digits in found if len(digits) > 1)

    @property
    def has_digits(self) -> bool:
        """Whether the number has several digits that are not noughts at its end."""
        return any(len(str(number).strip("0")) > 1 for number, _, _ in self.values)

    def _has_number_and_unit(self, other: Amounts) -> bool:
        bare = BARE.dimensions in self.kinds or BARE.dimensions in other.kinds
        return not bare and not self.values.isdisjoint(other.values)


class Text:
    """A text with its quantities, their amounts, and on demand the words around them.

    own: the text with blanks for what is not to be looked at; only quantities of the rest are found.
    """

    def __init__(self, text: str, own: str) -> None:
        self.text = text
        self._own = own
        self._around: dict[int, Words] = {}

    @cached_property
    def quantities(self) -> list[Quantity]:
        """Every quantity of what is the text's own, by position."""
        return find_quantities(self._own)

    @cached_property
    def amounts(self) -> list[Amounts]:
        """The amounts of each quantity."""
        return [Amounts.of(quantity) for quantity in self.quantities]

    @cached_property
    def offers(self) -> frozenset[Key]:
        """Every amount and bare value that the text states."""
        return frozenset().union(*(one.keys | one.values for one in self.amounts))

    def around(self, index: int) -> Words:
        """The words before (nearest first) and behind a quantity, up to the ends of its sentence."""
        found = self._around.get(index)
        if found is None:
            quantity = self.quantities[index]
            before = _words(self.text[max(0, quantity.start - _WINDOW) : quantity.start])
            before = before[len(before) - before[::-1].index(_STOP) :] if _STOP in before else before
            behind = _words(self.text[quantity.end : quantity.end + _WINDOW])
            behind = behind[: behind.index(_STOP)] if _STOP in behind else behind
            found = tuple(before[: -len(_LEFT) - 1 : -1]), tuple(behind[: len(_RIGHT)])
            self._around[index] = found
        return found


@lru_cache(maxsize=2048)
def read(text: str, own: str | None = None) -> Text:
    """The text, read; remembered, because captions of one figure share its evidence, and figures share paragraphs."""
    return Text(text, text if own is None else own)


def _words(text: str) -> list[str]:
    """The words that say something, with a stop where a sentence ends."""
    return [word for word in map(_stem, _TOKEN.findall(text)) if word not in _NO_CONTENT]


@lru_cache(maxsize=8192)
def _stem(word: str) -> str:
    word = word.lower()
    if word in _STOPS:
        return _STOP
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def likeness(one: Words, other: Words) -> tuple[float, float]:
    """(share, weight) of the words around one that stand around the other, on the same side or, for half, across."""
    total = weight = 0.0
    sides = ((one[0], _LEFT, other[0], other[1]), (one[1], _RIGHT, other[1], other[0]))
    for words, weights, same, across in sides:
        for word, value in zip(words, weights, strict=False):
            total += value
            if word in same:
                weight += value
            elif word in across:
                weight += value * _CROSSED
    return (weight / total if total else 0.0), weight


@dataclass(frozen=True, slots=True)
class Match:
    """A quantity of the evidence that stands where the caption's does; share and weight as of likeness.

    other_unit: it has the same number with another unit of the same kind.
    """

    text: str
    quantity: Quantity
    amounts: Amounts
    share: float = 1.0
    weight: float = 0.0
    other_unit: bool = False


@dataclass(slots=True)
class _Place:
    """A quantity of the evidence, with the letters before it (the nearest first) and behind it."""

    text: Text
    number: int
    amounts: Amounts
    before: str
    behind: str

    def in_common(self, before: str, behind: str) -> int:
        """How many letters before and behind a quantity stand here as well."""
        return _common_start(before, self.before) + _common_start(behind, self.behind)


class Context:
    """The quantities of several texts, found by what stands around them."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = [read(text) for text in texts]
        self.whole = "\n".join(texts)

    @cached_property
    def offers(self) -> frozenset[Key]:
        """Every amount and bare value that the texts state."""
        return frozenset().union(*(text.offers for text in self._texts))

    @cached_property
    def _by_letters(self) -> dict[str, list[_Place]]:
        found: dict[str, list[_Place]] = {}
        for text in self._texts:
            for index, (quantity, amounts) in enumerate(zip(text.quantities, text.amounts, strict=True)):
                start, end = quantity.start, quantity.end
                places = found.setdefault(text.text[max(0, start - _SEED) : start], [])
                if len(places) < _MAX_CANDIDATES:
                    before = text.text[max(0, start - _REACH) : start][::-1]
                    places.append(_Place(text, index, amounts, before, text.text[end : end + _REACH]))
        return found

    def quotes(self, text: str, quantity: Quantity) -> bool:
        """Whether the evidence holds these very letters: the quantity with the half sentence around it."""
        return text[max(0, quantity.start - _REACH) : quantity.end + _BEHIND] in self.whole

    def quoted_otherwise(self, text: str, quantity: Quantity, amounts: Amounts, least: int = QUOTED) -> Match | None:
        """The other quantity that the evidence has between the same letters, unless it has this one in like company.

        least: so many letters are too few.
        """
        before, behind = (
            text[max(0, quantity.start - _REACH) : quantity.start],
            text[quantity.end : quantity.end + _REACH],
        )
        places = self._by_letters.get(before[-_SEED:], ())
        before = before[::-1]
        # Of more than QUOTED letters in common more than half stand on one side: that is told far faster.
        near, next_to = before[: QUOTED // 2 + 1], behind[: QUOTED // 2 + 1]
        others = [
            place
            for place in places
            if (place.before.startswith(near) or place.behind.startswith(next_to))
            and place.amounts.contests(amounts)
            and not place.amounts.holds(amounts)
        ]
        if not others:
            return None
        right = max([place.in_common(before, behind) for place in places if place.amounts.holds(amounts)], default=0)
        wrong, match = max(least, right + QUOTED_MORE - 1), None
        # Each side has what the other has no room for.
        near, next_to = before[: max(0, wrong + 1 - len(behind))], behind[: max(0, wrong + 1 - len(before))]
        for place in others:
            if place.before.startswith(near) and place.behind.startswith(next_to):
                common = place.in_common(before, behind)
                if common > wrong:
                    wrong, match = common, place
        if match is None:
            return None
        return Match(match.text.text, match.text.quantities[match.number], match.amounts)

    def nearest(self, text: Text, index: int, stated: Set[Key]) -> Match | None:
        """The quantity with the most words in common around it that can stand in this one's place.

        What the caption states (stated) is none of them, as it has its own place there; but for the number of this one
        with another unit where it has several digits, which are not the same by chance.
        """
        around, amounts = text.around(index), text.amounts[index]
        best = None
        is_count = all(below == 1 for _, below, _ in amounts.values)
        for other, at, theirs in self.places:
            # A number in words counts something.
            if theirs.contests(amounts) and (is_count or other.quantities[at].sure):
                same = theirs.has_other_unit_than(amounts)
                if not theirs.keys.isdisjoint(stated) and not (same and amounts.has_digits):
                    continue
                share, weight = likeness(around, other.around(at))
                if best is None or (same, share) > (best.other_unit, best.share):
                    best = Match(other.text, other.quantities[at], theirs, share, weight, same)
        return best

    @cached_property
    def places(self) -> list[tuple[Text, int, Amounts]]:
        """The quantities of all texts with their amounts, so many as are looked at."""
        places = ((text, index, one) for text in self._texts for index, one in enumerate(text.amounts))
        return list(islice(places, _MAX_CANDIDATES))

    @cached_property
    def by_digits(self) -> dict[str, list[tuple[Text, int, Amounts]]]:
        """The same by their digits, several of them."""
        found: dict[str, list[tuple[Text, int, Amounts]]] = {}
        for place in self.places:
            for digits in place[2].digits:
                found.setdefault(digits, []).append(place)
        return found


def _common_start(one: str, other: str) -> int:
    """How many letters two texts have in common from their start on."""
    least, most = 0, min(len(one), len(other))
    while least < most:
        middle = (least + most + 1) // 2
        if one[least:middle] == other[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least
