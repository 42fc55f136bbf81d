"""What a text holds that is no caption: refusals, addresses, talk to a reader or a model, leftovers of mark-up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from omnisci_etl.judging.terms import read_list


class Pattern(NamedTuple):
    """A finding of this slug leaves at_most so much. hints: small letters in UTF-8; what matches holds one of them."""

    slug: str
    at_most: float
    hints: tuple[bytes, ...]
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
            tuple(hint.encode() for hint in entry["hints"]),
            re.compile(
                "|".join(words.sub(lambda match: str(listed["words"][match[1]]), line) for line in entry["lines"]),
                re.IGNORECASE,
            ),
        )
        for entry in listed["patterns"]
    )


def find_boilerplate(text: str) -> Iterator[tuple[Pattern, int, int]]:
    """(pattern, start, end) of the first place of each pattern that the text holds."""
    # Bytes are searched several times as fast as a text with letters outside Latin-1.
    small = text.lower().encode("utf-8", "replace")
    for pattern in patterns():
        for hint in pattern.hints:
            if hint in small:
                match = pattern.pattern.search(text)
                if match:
                    yield pattern, match.start(), match.end()
                break
