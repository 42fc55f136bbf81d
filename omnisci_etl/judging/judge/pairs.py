"""Asking a judge which of two captions is better, in both orders, and what follows for their models."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from omnisci_etl.captions import prompts
from omnisci_etl.captions.questions import Question, Reply
from omnisci_etl.judging import material
from omnisci_etl.judging.evidence import Candidate
from omnisci_etl.judging.judge.statistics import Estimate, share

PROMPT = "judge-pair"
Answer = Literal["first", "second", "tie"]
Outcome = Literal["caption", "other", "tie"]
_ROUNDS = 1_000
_EXACT = 1e-9
# A tie of every model with an imagined average one: strengths stay finite where a model won or lost every time.
_PRIOR = 0.5


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a judge said of (caption, other), and of (other, caption): answer and swapped name places, not captions."""

    answer: Answer
    swapped: Answer

    @property
    def outcome(self) -> Outcome:
        """The caption that both answers name; a tie where they differ."""
        if self.answer == "first" and self.swapped == "second":
            return "caption"
        return "other" if self.answer == "second" and self.swapped == "first" else "tie"

    @property
    def consistent(self) -> bool:
        """Whether both answers say the same of the captions."""
        return self.outcome != "tie" or self.answer == self.swapped == "tie"


def to_compare(
    caption: Candidate, other: Candidate, figure_id: int | None, model: str, draw: int = 0
) -> list[Question]:
    """The two questions on a pair of captions of a figure: as given, and swapped."""
    prompt, evidence = prompts.load(PROMPT), caption.evidence
    shown = material.of_evidence(evidence)
    questions = []
    for first, second in ((caption, other), (other, caption)):
        named = {"first": material.of_caption(first, "first"), "second": material.of_caption(second, "second")}
        user = material.fill(prompt, {"evidence": shown, **named})
        picture = evidence.image_sha256 or None
        questions.append(Question("judge", model, prompt, user, figure_id, picture, draw))
    return questions


def of_replies(reply: Reply, swapped: Reply) -> Comparison | None:
    """The comparison, where both questions were answered."""
    if reply.content is None or swapped.content is None:
        return None
    return Comparison(reply.content["better"], swapped.content["better"])


@dataclass(frozen=True, slots=True)
class Standing:
    """How a model did in comparisons. wins counts a tie as half; strength is Bradley-Terry's, the mean model at 0."""

    model: str
    comparisons: int
    ties: int
    wins: Estimate
    strength: float


def standings(games: Iterable[tuple[str, str, Outcome]]) -> list[Standing]:
    """Standings of models from (model of the caption, model of the other, outcome), the strongest first."""
    played = list(games)
    counts: Counter[str] = Counter(name for one, other, _ in played for name in (one, other))
    ties: Counter[str] = Counter(name for one, other, said in played if said == "tie" for name in (one, other))
    wins: dict[tuple[str, str], float] = {}
    for one, other, said in played:
        for winner, loser, named in ((one, other, "caption"), (other, one, "other")):
            wins[winner, loser] = wins.get((winner, loser), 0.0) + (0.5 if said == "tie" else float(said == named))
    strengths = bradley_terry(sorted(counts), wins)
    rows = []
    for name in counts:
        won = share(sum(value for (winner, _), value in wins.items() if winner == name), counts[name])
        assert won is not None
        rows.append(Standing(name, counts[name], ties[name], won, strengths[name]))
    return sorted(rows, key=lambda row: (-row.strength, row.model))


def bradley_terry(names: Sequence[str], wins: Mapping[tuple[str, str], float]) -> dict[str, float]:
    """Log strengths with mean 0, by the minorisation of Hunter (2004); wins[a, b]: how often a was better than b."""
    strength = dict.fromkeys(names, 1.0)
    for _ in range(_ROUNDS):
        updated = {}
        for name in names:
            won = sum(value for (winner, _), value in wins.items() if winner == name) + _PRIOR
            met = 2 * _PRIOR / (strength[name] + 1.0)
            for other in names:
                games = wins.get((name, other), 0.0) + wins.get((other, name), 0.0)
                met += games / (strength[name] + strength[other]) if games and other != name else 0.0
            updated[name] = won / met
        moved = max((abs(updated[name] - strength[name]) for name in names), default=0.0)
        strength = updated
        if moved < _EXACT:
            break
    mean = sum(math.log(value) for value in strength.values()) / max(len(names), 1)
    return {name: math.log(value) - mean for name, value in strength.items()}
