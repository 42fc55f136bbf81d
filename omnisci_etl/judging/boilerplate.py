"""What a text holds that is no caption: refusals, addresses, talk to a reader or a model, leftovers of mark-up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from omnisci_etl.judging.terms import read_list

# Most hints hold one of these, which few texts do: one look for it spares those for all of them.
_NEEDLES = (
    b"<", b"#", b"@", b"**", b"__", b"~", b'"', b"`", b"|", b"\\", b"!", "’".encode(), b"'", b"i ", b"as a", b"output",
    b"return", b"give ", b"rate ", b"assign", b"award", b"score ", b"mark ", b" only", b" with", b"reat", b":",
    b"/", b",", b"",
)  # fmt: skip


class Pattern(NamedTuple):
    """A finding of this slug leaves at_most so much.

    hints: small letters in UTF-8, by a needle that they hold; what matches holds one of them.
    """

    slug: str
    at_most: float
    hints: tuple[tuple[bytes, tuple[bytes, ...]], ...]
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
            _by_needle([hint.encode() for hint in entry["hints"]]),
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
    held = frozenset(needle for needle in _NEEDLES if needle in small)
    for pattern in patterns():
        if any(needle in held and any(hint in small for hint in hints) for needle, hints in pattern.hints):
            match = pattern.pattern.search(text)
            if match:
                yield pattern, match.start(), match.end()


def _by_needle(hints: list[bytes]) -> tuple[tuple[bytes, tuple[bytes, ...]], ...]:
    """The hints by the first needle that they hold."""
    found: dict[bytes, list[bytes]] = {}
    for hint in hints:
        found.setdefault(next(needle for needle in _NEEDLES if needle in hint), []).append(hint)
    return tuple((needle, tuple(held)) for needle, held in found.items())
