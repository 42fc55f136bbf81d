"""What a text holds that is no caption: refusals, addresses, talk to a reader or a model, leftovers of mark-up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from omnisci_etl.judging.terms import read_list


class Pattern(NamedTuple):
    """A finding of this slug leaves at_most so much. hints: one of them is in any (small) text that matches."""

    slug: str
    at_most: float
    hints: tuple[str, ...]
    pattern: re.Pattern[str]


@cache
def patterns() -> tuple[Pattern, ...]:
    """The patterns of boilerplate.yaml, in its order."""
    listed = read_list("boilerplate.yaml")
    words = re.compile(rf"\{{({'|'.join(listed['words'])})\}}")
    return tuple(
        Pattern(
            entry["slug"],
            float(entry["at_most"]),
            tuple(entry["hints"]),
            re.compile(
                "|".join(words.sub(lambda match: str(listed["words"][match[1]]), line) for line in entry["lines"]),
                re.IGNORECASE,
            ),
        )
        for entry in listed["patterns"]
    )


def find_boilerplate(text: str) -> Iterator[tuple[Pattern, int, int]]:
    """(pattern, start, end) of the first place of each pattern that the text holds."""
    small = text.lower()
    for pattern in patterns():
        for hint in pattern.hints:
            if hint in small:
                match = pattern.pattern.search(text)
                if match:
                    yield pattern, match.start(), match.end()
                break
