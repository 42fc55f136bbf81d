"""The second filter: questions that can be answered without seeing anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from omnisci_etl.judging.qa.items import Answer

# The share of blind draws with the key from which a question is out, by its number of options; 5 and more: the last.
LEAST_SHARES: Mapping[int, float] = {2: 1.0, 3: 0.8, 4: 0.7, 5: 0.6}
_ROUNDING = 1e-9


def config(draws: int) -> Mapping[str, object]:
    """What decides beside the questions and the models."""
    return {"draws": draws, "shares": {str(options): share for options, share in LEAST_SHARES.items()}}


def least_share(options: int) -> float:
    """The share of right draws from which a question with so many options counts as guessable."""
    return LEAST_SHARES[min(max(options, min(LEAST_SHARES)), max(LEAST_SHARES))]


def is_guessable(answers: Sequence[Answer], options: int) -> bool:
    """Whether one model's blind draws hit the key too often; without any draw it cannot be said."""
    hits = sum(answer.correct for answer in answers)
    return bool(answers) and hits / len(answers) >= least_share(options) - _ROUNDING
