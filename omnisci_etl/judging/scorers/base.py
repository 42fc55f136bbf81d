"""What every scorer is and gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from omnisci_etl.hashing import canonical_sha256
from omnisci_etl.judging.evidence import Candidate

# Where what contradicts the evidence is a small share of all numbers (or names) in a caption, it is a slip: the score
# lies in this band, under that of any caption without one, but not under the default threshold of the gate. Who wants
# captions without any slip sets that threshold to SLIPS_OUT.
SLIPS_AT_MOST = 0.2
SLIPS = (0.6, 0.64)
SLIPS_OUT = 0.65
# A caption that is nothing but faults must not make a row of unbounded size.
MAX_LISTED = 50
MAX_QUOTE = 120


@dataclass(frozen=True)
class Score:
    """value in 0..1, higher is better; detail explains it and can be written as JSON. ValueError outside 0..1."""

    value: float
    detail: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not 0.0 <= self.value <= 1.0:
            raise ValueError(f"a score lies between 0 and 1, not {self.value}")


class Scorer(Protocol):
    """A batch of captions in, as many scores out, in the same order.

    version changes with the scorer's meaning; a score is stored under (name, version, config_sha256).
    deterministic: the same input gives the same number on any machine, so that a gate can rest on it.
    """

    @property
    def name(self) -> str:
        """The metric's stable name, stored with each score."""

    @property
    def version(self) -> str:
        """Changes whenever the same input may give another score."""

    @property
    def deterministic(self) -> bool:
        """Whether the score depends on nothing but the input."""

    def config(self) -> Mapping[str, object]:
        """All settings that change scores, as JSON-able values."""

    def score(self, candidates: Sequence[Candidate]) -> list[Score]:
        """One score for each candidate, in order."""


def config_sha256(scorer: Scorer) -> str:
    """Hex SHA-256 over the canonical JSON of name, version and settings: what a stored score is a score of."""
    content = {"name": scorer.name, "version": scorer.version, "config": dict(scorer.config())}
    return canonical_sha256(content)


def quote(text: str, start: int, end: int) -> str:
    """text[start:end] for a detail, cut at MAX_QUOTE characters."""
    return text[start:end] if end - start <= MAX_QUOTE else text[start : start + MAX_QUOTE] + "…"


def slip(wrong: int, stated: int) -> float | None:
    """The score of a caption of whose `stated` numbers or names `wrong` are contradicted; None where it is no slip."""
    if not 0 < wrong <= SLIPS_AT_MOST * stated:
        return None
    least, most = SLIPS
    return most - (most - least) * wrong / (SLIPS_AT_MOST * stated)


def own_words_first(candidate: Candidate, score: Callable[[Candidate], Score]) -> Score:
    """The score of what the caption does not quote where that is without a fault, else the score of all of it.

    For scorers that hold a caption against its evidence: a sentence of the evidence itself cannot be wrong. Counts in
    the details are those of what was looked at.
    """
    own = candidate.unquoted
    found = score(own)
    return found if found.value == 1.0 or own is candidate else score(candidate)
