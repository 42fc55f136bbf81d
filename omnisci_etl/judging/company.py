"""What the evidence has beside the same number, behind the same symbol, or with its point elsewhere.

These stay together in any words: "81.6 ± 11.7 s", "n = 23". Where a caption has one of such a pair as the evidence has
it, it has the other as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set

from omnisci_etl.judging.contexts import Amounts, Context, Match, Text, likeness
from omnisci_etl.judging.numbers import Key

_JOINT = re.compile(r" ?(?:(?P<error>±|\+/-|\+/−)|(?P<range>[-–—−~]|to|and)|(?P<list>,|,? and|,? or|/)) ?")
_LONGEST_JOINT = 6
_SYMBOL = re.compile(r"(?<![^\W_])(?P<symbol>[^\W\d][\w′']{0,8}) ?= ?$")
_LONGEST_SYMBOL = 14
# Each test has one of its own.
_OF_MANY = frozenset("pPrRtF")
# A number with its point elsewhere has so many digits, and stands in words so like those of the other (share, weight).
_SLIPPED_DIGITS = 3
_SLIPPED = (0.1, 0.8)


def _symbol(text: str, start: int) -> str:
    """The symbol whose value stands at start; "" for none and for one of which there are many values."""
    if "=" not in text[max(0, start - 2) : start]:
        return ""
    found = _SYMBOL.search(text, max(0, start - _LONGEST_SYMBOL), start)
    return found["symbol"] if found and found["symbol"] not in _OF_MANY else ""


def _joint(told: Text, left: int) -> str:
    """How a quantity is joined to the next one; "" where it is not."""
    if not 0 <= left < len(told.quantities) - 1:
        return ""
    start, end = told.quantities[left].end, told.quantities[left + 1].start
    joint = _JOINT.fullmatch(told.text, start, end) if 0 < end - start <= _LONGEST_JOINT else None
    return joint.lastgroup or "" if joint else ""


def in_other_company(context: Context, told: Text, index: int, stated: Set[Key]) -> Match | None:
    """What the evidence has in a quantity's place: beside the same number, for the same symbol, or with its digits.

    The number beside it has several digits, which are not the same by chance; of what the caption states (stated) none
    is in the place of another; a symbol has one value in the evidence that the caption does not state.
    """
    amounts = told.amounts[index]
    for side in (-1, 1):
        match = _other_value(amounts, _beside(context, told, index, side), stated)
        if match:
            return match
    symbol = _symbol(told.text, told.quantities[index].start)
    values = [match for match in _all(context) if _symbol(match.text, match.quantity.start) == symbol] if symbol else []
    if len({value for match in values for value in match.amounts.keys if value not in stated}) == 1:
        return _other_value(amounts, values, stated)
    return _slipped(context, told, index, stated)


def _beside(context: Context, told: Text, index: int, side: int) -> Iterator[Match]:
    """What the evidence has on that side of the number that the quantity has on the other one."""
    joint = _joint(told, index + min(side, 0))
    if not joint or not told.amounts[index + side].has_digits:
        return
    beside = told.amounts[index + side].keys
    for other, at, theirs in context.places:
        own = at - side
        if not theirs.keys.isdisjoint(beside) and _joint(other, own + min(side, 0)) == joint:
            yield Match(other.text, other.quantities[own], other.amounts[own])


def _all(context: Context) -> Iterator[Match]:
    return (Match(text.text, text.quantities[index], amounts) for text, index, amounts in context.places)


def _slipped(context: Context, told: Text, index: int, stated: Set[Key]) -> Match | None:
    """The number of the evidence with the same digits and its point elsewhere, in words that are somewhat like."""
    amounts = told.amounts[index]
    for digits in amounts.digits:
        for other, at, theirs in context.by_digits.get(digits, ()) if len(digits) >= _SLIPPED_DIGITS else ():
            share, weight = likeness(told.around(index), other.around(at))
            if share >= _SLIPPED[0] and weight >= _SLIPPED[1]:
                match = Match(other.text, other.quantities[at], theirs, share, weight)
                if found := _other_value(amounts, [match], stated):
                    return found
    return None


def _other_value(amounts: Amounts, places: Iterable[Match], stated: Set[Key]) -> Match | None:
    """A place with another value of the same kind; None where one has this very value."""
    found = list(places)
    if any(match.amounts.holds(amounts) for match in found):
        return None
    others = (match for match in found if match.amounts.contests(amounts) and match.amounts.keys.isdisjoint(stated))
    return next(others, None)
