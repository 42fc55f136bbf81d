"""Does the caption follow nobody's order but ours?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from omnisci_etl.captions.injection import Orders, traces
from omnisci_etl.judging.evidence import Candidate
from omnisci_etl.judging.scorers.base import MAX_LISTED, Score

_CACHED = 128


@lru_cache(maxsize=_CACHED)
def _orders(texts: tuple[str, ...]) -> Orders:
    return Orders(texts)


class Unsteered:
    """1 where the caption shows no trace of an injection, else 0 (see captions.injection).

    Traces are orders to a reader or a model, markup of a request, and words that only an order in the evidence asks
    for. A caption that quotes such an order, as one of a paper on the matter may, scores 0 as well. Whether a text is
    nothing but a caption (addresses, refusals, chat) is asked by structure.
    """

    name = "unsteered"
    version = "3"
    deterministic = True

    def config(self) -> Mapping[str, object]:
        """The evidence in which orders are looked for."""
        return {"evidence": ["author_caption", "mentions", "title", "picture_text"]}

    def score(self, candidates: Sequence[Candidate]) -> list[Score]:
        """Details: traces as [{kind, part, text}], MAX_LISTED at most."""
        return [_score(candidate) for candidate in candidates]


def _score(candidate: Candidate) -> Score:
    evidence = candidate.evidence
    orders = _orders((*evidence.texts, evidence.picture_text))
    found = [
        {"kind": trace.kind, "part": part, "text": trace.quote}
        for part, text in candidate.parts
        for trace in traces(text, orders)
    ]
    return Score(0.0 if found else 1.0, {"traces": found[:MAX_LISTED]})
