"""Questions to models beside captions (claims, judges, caption QA), asked by the same paid-call protocol.

A question is a call like any other: unique by its fingerprint, reserved in the budget, committed before it is sent,
never paid twice once it is answered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from omnisci_etl.captions.prompts import Prompt

Purpose = Literal["judge", "qa"]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of a model of the routes file, by its name there.

    prompt gives the system text and the schema that the answer fits; user is the text as sent. image_sha256 is a stored
    picture that goes with it. figure_id: the figure that it is about, under whose discipline and kind it is billed;
    None where it is about none of the ledger's. draw tells apart questions that are asked more than once on purpose.
    """

    purpose: Purpose
    model: str
    prompt: Prompt
    user: str
    figure_id: int | None
    image_sha256: str | None = None
    draw: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a question.

    answered: content fits the prompt's schema. failed: no answer will come (slug says why). left: a later run can
    have the answer (budget, limits, a vendor that is down); reason is for the reader.
    """

    question: Question
    state: Literal["answered", "failed", "left"]
    slug: str
    call_id: int
    content: Mapping[str, Any] | None = None
    reason: str = ""


Asker = Callable[[Sequence[Question]], list[Reply]]
"""Asks questions side by side; a reply for each, in their order. Equal questions are asked once."""
