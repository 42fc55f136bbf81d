"""What a text holds that is no caption: refusals, addresses, talk to a reader, leftovers of mark-up."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import NamedTuple

from omnisci_etl.judging.evidence import REMEMBERED
from omnisci_etl.judging.terms import read_list
from omnisci_etl.papers.letter_runs import Needs


class Pattern(NamedTuple):
    """A finding of this slug leaves at_most so much."""

    slug: str
    at_most: float
    needs: Needs
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
            Needs.of(entry["needs"]),
            re.compile(
                "|".join(words.sub(lambda match: str(listed["words"][match[1]]), line) for line in entry["lines"]),
                re.IGNORECASE,
            ),
        )
        for entry in listed["patterns"]
    )


@lru_cache(maxsize=REMEMBERED)
def find_boilerplate(text: str) -> tuple[tuple[Pattern, int, int], ...]:
    """(pattern, start, end) of the first place of each pattern that the text holds."""
    tried = ((one, one.pattern.search(text)) for one in patterns() if one.needs.are_met_by(text))
    return tuple((pattern, match.start(), match.end()) for pattern, match in tried if match)
