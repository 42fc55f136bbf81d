"""The conditions of routing rules: `feature`, `feature_at_least`, `feature_at_most`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NUMBERS = ("panels", "width", "height", "caption_words", "evidence_words", "mentions", "numbers")
WORDS = ("kind", "discipline", "source", "extractor", "language")
AT_LEAST = "_at_least"
AT_MOST = "_at_most"


def feature_of(key: str) -> tuple[str, str]:
    """The feature that a condition names, and its limit ("", AT_LEAST or AT_MOST)."""
    limit = next((one for one in (AT_LEAST, AT_MOST) if key.endswith(one)), "")
    return key.removesuffix(limit), limit


def condition_fault(key: str, value: Any) -> str | None:
    """What is wrong with a condition, and what to write instead; None where nothing is."""
    feature, limit = feature_of(key)
    if feature not in NUMBERS and feature not in WORDS:
        known = ", ".join((*WORDS, *NUMBERS))
        return f"unknown feature; known are {known}, the numbers also with {AT_LEAST} and {AT_MOST}"
    if limit and feature not in NUMBERS:
        return f"{feature} is no number: write it without {limit}"
    values = value if isinstance(value, list) and not limit else [value]
    wanted: tuple[type, ...] = (int, float) if feature in NUMBERS else (str,)
    if not values or any(not isinstance(one, wanted) or isinstance(one, bool) for one in values):
        return "a number is expected" if feature in NUMBERS else "a word or a list of words is expected"
    return None


def holds(key: str, wanted: Any, found: Mapping[str, Any]) -> bool:
    """Whether a condition holds of these features. Lists on either side match when they share a value."""
    feature, limit = feature_of(key)
    value = found[feature]
    if limit:
        return bool(value >= wanted) if limit == AT_LEAST else bool(value <= wanted)
    allowed = wanted if isinstance(wanted, list) else [wanted]
    return any(one in allowed for one in (value if isinstance(value, list) else [value]))
