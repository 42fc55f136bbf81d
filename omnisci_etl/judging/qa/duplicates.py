"""Near-duplicates among the questions of a figure: the same thing asked twice in other words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence

from omnisci_etl.judging.qa.items import Item
from omnisci_etl.judging.scorers import similarity

LEAST_JACCARD = 0.8
LEAST_COSINE = 0.9
LEAST_KEY_JACCARD = 0.5
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|\w+")
_STOP_WORDS = (
    "a an the of in on at to for by with from as is are was were be been it its this that these those which what who "
    "whose where when how does do did has have had shown show shows seen figure picture following there and or"
)
_STOP = frozenset(_STOP_WORDS.split())
# The question that another repeats, and how near they lie: (first question's id, measure, value).
Nearest = tuple[int, str, float]
Cosine = Callable[[str, str], float]


def config() -> Mapping[str, object]:
    """What decides beside the questions; with an embedding model more duplicates are found than without."""
    return {
        "jaccard": LEAST_JACCARD, "key": LEAST_KEY_JACCARD,
        "cosine": None if similarity.embedding_missing() else LEAST_COSINE,
    }  # fmt: skip


def repeated(items: Sequence[Item], cosine: Cosine | None = None) -> dict[int, Nearest]:
    """The questions that repeat an earlier one of the same figure, by id, each with the first that it repeats.

    Two questions repeat each other where their words, or by the cosine their sense, are nearly the same, and so are
    their keys. Other numbers, other single letters (panels, axes, samples) or another panel make another question.
    """
    kept: list[Item] = []
    found: dict[int, Nearest] = {}
    for item in items:
        nearest = next((near for other in kept if (near := _near(other, item, cosine))), None)
        if nearest:
            found[item.question_id] = nearest
        else:
            kept.append(item)
    return found


def _near(first: Item, second: Item, cosine: Cosine | None) -> Nearest | None:
    one, two = first.draft, second.draft
    if first.figure_id != second.figure_id or (one.panel and two.panel and one.panel != two.panel):
        return None
    if _marks(one.body) != _marks(two.body) or _jaccard(_key(first), _key(second)) < LEAST_KEY_JACCARD:
        return None
    if (words := _jaccard(_tokens(one.body), _tokens(two.body))) >= LEAST_JACCARD:
        return first.question_id, "jaccard", round(words, 4)
    if cosine and (sense := cosine(one.body, two.body)) >= LEAST_COSINE:
        return first.question_id, "cosine", round(sense, 4)
    return None


def _key(item: Item) -> frozenset[str]:
    draft = item.draft
    return _tokens(draft.options[draft.key]) if draft.key is not None else frozenset()


def _tokens(text: str) -> frozenset[str]:
    words = _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())
    return frozenset(words) - _STOP or frozenset(words)


def _marks(text: str) -> frozenset[str]:
    """Numbers and single letters; not the article."""
    return frozenset(word for word in _tokens(text) if len(word) == 1 or word[0].isdigit())


def _jaccard(one: frozenset[str], two: frozenset[str]) -> float:
    return len(one & two) / len(one | two) if one | two else 1.0
