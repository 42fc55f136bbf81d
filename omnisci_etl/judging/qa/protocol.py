"""What a user can set of caption QA."""

from __future__ import annotations

from dataclasses import dataclass

# Blind draws of each checking model. Four catch what is given away; more would cost more than they find.
DRAWS = 4
CAPTIONS = ("sample", "accepted", "all")
BY = ("model", "kind", "discipline", "sort")


@dataclass(frozen=True, slots=True)
class Protocol:
    """draws: how often each checking model answers a question blindly."""

    draws: int = DRAWS
