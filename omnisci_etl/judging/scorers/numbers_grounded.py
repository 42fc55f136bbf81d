"""Are the numbers and units of the caption found in its evidence?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from omnisci_etl.judging.evidence import MAX_EVIDENCE, Candidate
from omnisci_etl.judging.numbers import Key, find_quantities, grounds, offered
from omnisci_etl.judging.scorers.base import MAX_LISTED, Score, quote


class NumbersGrounded:
    """The share of the quantities stated in body and panels that the evidence states too; 1 where none is stated.

    The same amount counts in any unit that converts exactly (5 mM = 0.005 M); a number without a unit counts wherever
    its value stands. It cannot see whether a right number is said of the wrong thing.
    """

    name = "numbers-grounded"
    version = "1"
    deterministic = True

    def config(self) -> Mapping[str, object]:
        """The evidence that is read."""
        return {"evidence": ["author_caption", "mentions", "title"], "max_evidence": MAX_EVIDENCE}

    def score(self, candidates: Sequence[Candidate]) -> list[Score]:
        """Details: stated (count), grounded and ungrounded as [{text, part, start, end}], MAX_LISTED at most."""
        offers: dict[str, frozenset[Key]] = {}
        scores = []
        for candidate in candidates:
            texts = candidate.evidence.text.split("\n")
            for text in texts:
                if text not in offers:
                    offers[text] = offered(text)
            scores.append(_score(candidate, [offers[text] for text in texts]))
        return scores


def _score(candidate: Candidate, offers: Sequence[frozenset[Key]]) -> Score:
    lists: dict[bool, list[dict[str, Any]]] = {True: [], False: []}
    for part, text in candidate.parts():
        for quantity in find_quantities(text):
            if quantity.sure:
                start, end = quantity.start, quantity.end
                place = {"text": quote(text, start, end), "part": part, "start": start, "end": end}
                lists[grounds(offers, quantity)].append(place)
    grounded, ungrounded = lists[True], lists[False]
    stated = len(grounded) + len(ungrounded)
    if not stated:
        return Score(1.0, {"stated": 0})
    detail = {"stated": stated, "grounded": grounded[:MAX_LISTED], "ungrounded": ungrounded[:MAX_LISTED]}
    return Score(len(grounded) / stated, detail)
