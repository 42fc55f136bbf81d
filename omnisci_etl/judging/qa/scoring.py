"""The score of a caption from the answers that it allows: right 1, wrong 0, cannot tell 1 / options + 0.05, averaged.

The protocol is CaptionQA's (arXiv 2511.21025). An answerer that has to guess reaches 1 / options on average, so that
admitting that the caption does not say is worth a little more than guessing, and far less than knowing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import fmean
from typing import Any

from omnisci_etl.judging.qa.items import CANNOT_TELL, OFF_LIST, Answer, Item
from omnisci_etl.judging.qa.steps import Came
from omnisci_etl.judging.scorers.base import MAX_LISTED, Score

Answered = Sequence[tuple[Item, Came]]


def score(answered: Answered, floor: Iterable[Came], ceiling: Iterable[Came]) -> Score | None:
    """The score of a caption; None where no answer came. floor and ceiling: the same questions without a caption.

    Questions to which no answer will ever come count neither way; the detail says how many.
    """
    given = [(item, one) for item, one in answered if isinstance(one, Answer)]
    if not given:
        return None
    mean = fmean(one.points for _, one in given)
    said = Counter(one.said for _, one in given)
    low, high = _mean(floor), _mean(ceiling)
    detail: dict[str, Any] = {
        "questions": len(given), "correct": sum(one.correct for _, one in given), "cannot_tell": said[CANNOT_TELL],
        "off_list": said[OFF_LIST], "failed": len(answered) - len(given),
        "accuracy": fmean(one.correct for _, one in given), "floor": low, "ceiling": high,
        "normalised": normalised(mean, low, high), "sorts": _sorts(given),
        "missed": [item.question_id for item, one in given if not one.correct][:MAX_LISTED],
    }  # fmt: skip
    return Score(mean, detail)


def normalised(mean: float, floor: float | None, ceiling: float | None) -> float | None:
    """Where a mean lies between floor (0) and ceiling (1); None where the ceiling is not above the floor."""
    if floor is None or ceiling is None or ceiling <= floor:
        return None
    return (mean - floor) / (ceiling - floor)


def _mean(came: Iterable[Came]) -> float | None:
    points = [one.points for one in came if isinstance(one, Answer)]
    return fmean(points) if points else None


def _sorts(given: Sequence[tuple[Item, Answer]]) -> dict[str, dict[str, int]]:
    asked = Counter(item.draft.sort for item, _ in given)
    right = Counter(item.draft.sort for item, one in given if one.correct)
    return {sort: {"questions": asked[sort], "correct": right[sort]} for sort in sorted(asked)}
