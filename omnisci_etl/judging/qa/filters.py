"""The filters in their order: which questions are used, and why the others are not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from omnisci_etl.judging.qa import basic, blind, duplicates
from omnisci_etl.judging.qa.items import META, Answer, Item, Sheet
from omnisci_etl.judging.qa.ledger import Verdict
from omnisci_etl.judging.qa.steps import LEFT, Came, Wanted
from omnisci_etl.judging.scorers import similarity

Answers = Callable[[Sequence[Wanted]], list[Came]]


class Filters:
    """Judges the questions of figures; verdicts holds what is settled, by question.

    A figure of which an answer is left to a later run is not followed beyond that filter: which of two alike
    questions is the first one depends on the others.
    """

    def __init__(self, checkers: tuple[str, str], draws: int, answers: Answers) -> None:
        self._checkers = checkers
        self._draws = draws
        self._answers = answers
        self.verdicts: dict[int, Verdict] = {}
        self._detail: dict[int, dict[str, Any]] = defaultdict(dict)

    def run(self, items: Sequence[Item]) -> None:
        """Puts the questions through every filter."""
        for step in (self._basic, self._blind, self._repeats, self._agreement):
            items = step(items)

    def _settle(self, item: Item, name: str, outcome: str, slug: str) -> None:
        self.verdicts[item.question_id] = Verdict(name, outcome, slug, self._detail[item.question_id])

    def _basic(self, items: Sequence[Item]) -> list[Item]:
        passed = []
        for item in items:
            if slug := basic.fault(item.draft):
                self._settle(item, "basic", "dropped", slug)
            else:
                passed.append(item)
        return passed

    def _blind(self, items: Sequence[Item]) -> list[Item]:
        wanted = [
            Wanted(Sheet(item, "blind", draw), checker)
            for item in items for checker in self._checkers for draw in range(self._draws)
        ]  # fmt: skip
        came = self._by_item(wanted)
        return [item for item in self._complete(items, came) if self._is_hard(item, came[item.question_id])]

    def _is_hard(self, item: Item, came: Sequence[Came]) -> bool:
        """Whether nobody guesses it; settles what is not."""
        size = self._draws
        hits, guessed, silent = {}, False, False
        for number, checker in enumerate(self._checkers):
            given = [one for one in came[number * size : (number + 1) * size] if isinstance(one, Answer)]
            hits[checker] = {"draws": len(given), "right": sum(one.correct for one in given)}
            guessed |= blind.is_guessable(given, len(item.draft.options))
            silent |= not given and size > 0
        self._detail[item.question_id]["blind"] = hits
        if guessed:
            self._settle(item, "blind", "dropped", "question-guessable")
        elif silent:
            self._settle(item, "blind", "for-review", "question-unanswered")
        return not guessed and not silent

    def _repeats(self, items: Sequence[Item]) -> list[Item]:
        found = duplicates.repeated(items, cosine_of(items))
        for item in items:
            if near := found.get(item.question_id):
                self._detail[item.question_id]["near"] = dict(zip(("question", "measure", "value"), near, strict=True))
                self._settle(item, "near-duplicate", "dropped", "question-repeated")
        return [item for item in items if item.question_id not in found]

    def _agreement(self, items: Sequence[Item]) -> list[Item]:
        wanted = [
            Wanted(Sheet(item, "agreement", draw), checker)
            for item in items for draw, checker in enumerate(self._checkers)
        ]  # fmt: skip
        came = self._by_item(wanted)
        kept = self._complete(items, came)
        for item in kept:
            self._settle(item, "agreement", *self._agreed(item, came[item.question_id]))
        return kept

    def _agreed(self, item: Item, came: Sequence[Came]) -> tuple[str, str]:
        """Outcome and slug, by what the checkers picked with the picture before them."""
        answers = [one for one in came if isinstance(one, Answer)]
        self._detail[item.question_id]["agreement"] = {
            checker: {"said": one.said, "chosen": one.chosen} if isinstance(one, Answer) else None
            for checker, one in zip(self._checkers, came, strict=True)
        }
        if len(answers) < len(came):
            return "for-review", "question-unanswered"
        if all(one.correct for one in answers):
            return "kept", "question-kept"
        if all(one.said in META for one in answers):
            return "dropped", "question-unsuitable"
        return "for-review", "question-disputed"

    def _by_item(self, wanted: Sequence[Wanted]) -> dict[int, list[Came]]:
        came: dict[int, list[Came]] = defaultdict(list)
        for one, answer in zip(wanted, self._answers(wanted), strict=True):
            came[one.sheet.item.question_id].append(answer)
        return came

    def _complete(self, items: Sequence[Item], came: dict[int, list[Came]]) -> list[Item]:
        """The questions of the figures of which every answer is settled."""
        waiting = {item.figure_id for item in items if LEFT in came[item.question_id]}
        return [item for item in items if item.figure_id not in waiting]


def cosine_of(items: Sequence[Item]) -> duplicates.Cosine | None:
    """The cosine of two questions of these by the embedding model, where it is installed."""
    if similarity.embedding_missing() or not items:
        return None
    texts = sorted({item.draft.body for item in items})
    vectors = dict(zip(texts, similarity.encode(texts), strict=True))
    return lambda one, two: float(vectors[one] @ vectors[two])
