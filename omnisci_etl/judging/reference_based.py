"""How near a caption comes to texts that people wrote of the same thing; for benchmarks that have such texts.

The weighted mean of two parts. Both ask how much of the references is in the caption, so that to say more is no worse.
Coverage: of the terms that the references hold, each weighted by how many of them hold it and by how rare it is among
all references, the share that the caption holds (consensus and rarity as in CIDEr, but of terms, not of n-grams).
Nearness: each token of a reference against its nearest token of the caption in the space of the embedding model,
weighted by rarity, averaged over references (the recall of BERTScore); left out without the extra [embed].
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np

from omnisci_etl.judging.embedding import BATCH
from omnisci_etl.judging.scorers.density import terms_of
from omnisci_etl.judging.scorers.similarity import cut, embedding_missing, minilm

MAX_REFERENCES = 50
# Nearness spreads about a third as wide as coverage, so that this makes them count alike.
WEIGHTS = (1, 3)

Pair = tuple[str, Sequence[str]]


def coverage(pairs: Sequence[Pair]) -> list[float]:
    """For each (text, its references) the weighted share of the references' terms that it holds; 0 without any."""
    terms = {text: terms_of(text) for text in _texts(pairs)}
    weights = _rarity([set().union(*(terms[one] for one in pool)) for pool in _pools(pairs)])
    return [_covered(terms, weights, *pair) for pair in pairs]


def _texts(pairs: Sequence[Pair]) -> set[str]:
    return {text for one, references in pairs for text in (one, *references[:MAX_REFERENCES])}


def _pools(pairs: Sequence[Pair]) -> set[tuple[str, ...]]:
    """The references of each thing, once."""
    return {tuple(references[:MAX_REFERENCES]) for _, references in pairs}


def _rarity(pools: Collection[Collection[Any]]) -> dict[Any, float]:
    """The inverse document frequency of each term, a document being all references of one thing."""
    spread = Counter(term for pool in pools for term in pool)
    return {term: math.log((len(pools) + 1) / (count + 0.5)) for term, count in spread.items()}


def _covered(
    terms: Mapping[str, set[bytes]], weights: Mapping[bytes, float], text: str, references: Sequence[str]
) -> float:
    counts = Counter(term for one in references[:MAX_REFERENCES] for term in terms[one])
    whole = sum(count * weights[term] for term, count in counts.items())
    return sum(counts[term] * weights[term] for term in terms[text] if term in counts) / whole if whole > 0 else 0.0


@dataclass(frozen=True, slots=True)
class _Tokens:
    """The tokens of a text by number, and their unit vectors."""

    ids: Sequence[int]
    vectors: Any


def nearness(pairs: Sequence[Pair]) -> list[float]:
    """For each (text, its references) the weighted recall of their tokens. RuntimeError without the extra."""
    tokens = _embedded(_texts(pairs))
    weights = _rarity([{token for one in pool for token in tokens[one].ids} for pool in _pools(pairs)])
    return [
        max(0.0, fmean([_recalled(tokens[text], tokens[one], weights) for one in references[:MAX_REFERENCES]] or [0.0]))
        for text, references in pairs
    ]


def _embedded(texts: Collection[str]) -> dict[str, _Tokens]:
    """The tokens of texts in their windows, the special ones left out."""
    windows = {text: cut(text) for text in texts}
    single = sorted({window for cuts in windows.values() for window in cuts})
    if not single:
        return dict.fromkeys(texts, _joined(()))
    found = minilm().encode(single, batch_size=BATCH, output_value="token_embeddings", show_progress_bar=False)
    tokens = {
        window: _Tokens(ids[1:-1], _units(matrix.numpy()[1:-1]))
        for window, matrix, ids in zip(single, found, minilm().tokenizer(single)["input_ids"], strict=True)
    }
    return {text: _joined([tokens[window] for window in cuts]) for text, cuts in windows.items()}


def _units(matrix: Any) -> Any:
    return (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float16)


def _joined(parts: Sequence[_Tokens]) -> _Tokens:
    if not parts:
        return _Tokens((), np.zeros((0, 1), np.float16))
    return _Tokens([token for part in parts for token in part.ids], np.vstack([part.vectors for part in parts]))


def _recalled(ours: _Tokens, theirs: _Tokens, weights: Mapping[int, float]) -> float:
    importance = np.array([weights[token] for token in theirs.ids])
    if not len(ours.ids) or importance.sum() <= 0:
        return 0.0
    best = (theirs.vectors.astype(np.float32) @ ours.vectors.astype(np.float32).T).max(axis=1)
    return min(1.0, float(best @ importance / importance.sum()))


def reference_based(pairs: Sequence[Pair]) -> list[float]:
    """0..1 for each (text, its references): coverage and nearness combined, or coverage alone without the extra.

    Rarity is counted over all references of the call, so texts that are to be compared go into one call.
    """
    covered = coverage(pairs)
    return covered if embedding_missing() else combined(covered, nearness(pairs))


def combined(covered: Sequence[float], near: Sequence[float]) -> list[float]:
    """Coverage and nearness of the same pairs as one number each."""
    return [fmean(both, WEIGHTS) for both in zip(covered, near, strict=True)]
