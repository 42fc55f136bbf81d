"""Scorers: each puts one number between 0 and 1 on a caption, given the evidence of its figure."""

from __future__ import annotations

from collections.abc import Callable

from omnisci_etl.config import Settings
from omnisci_etl.judging.scorers.base import Score, Scorer, config_sha256
from omnisci_etl.judging.scorers.density import Density
from omnisci_etl.judging.scorers.names_grounded import NamesGrounded
from omnisci_etl.judging.scorers.numbers_grounded import NumbersGrounded
from omnisci_etl.judging.scorers.on_topic import OnTopic
from omnisci_etl.judging.scorers.panels_covered import PanelsCovered
from omnisci_etl.judging.scorers.readability import Readability
from omnisci_etl.judging.scorers.self_contained import SelfContained
from omnisci_etl.judging.scorers.similarity import Similarity, embedding_missing
from omnisci_etl.judging.scorers.structure import Structure
from omnisci_etl.judging.scorers.unsteered import Unsteered

__all__ = [
    "Score", "Scorer", "config_sha256", "default_scorers", "embedding_missing", "embedding_scorers", "picture_scorers",
]  # fmt: skip


def default_scorers(ocr: tuple[str, str] | None = None) -> tuple[Scorer, ...]:
    """The scorers that need nothing but the text: same caption and evidence, same score, on any machine.

    ocr: name and version of what has read the pictures, where that is part of the evidence.
    """
    return (
        Structure(), Unsteered(), NumbersGrounded(ocr), NamesGrounded(ocr), PanelsCovered(), SelfContained(),
        OnTopic(ocr), Density(), Readability(),
    )  # fmt: skip


def embedding_scorers() -> tuple[Scorer, ...]:
    """The scorers of the [embed] extra; none where it is not installed (embedding_missing says why)."""
    return () if embedding_missing() else (Similarity(),)


def picture_scorers(settings: Settings, read: Callable[[str], bytes]) -> tuple[Scorer, ...]:
    """The scorers that look at pictures, which read gives by hash; none where no model is set or it cannot run."""
    from omnisci_etl.judging.scorers.picture_similarity import PictureSimilarity, picture_similarity_missing

    if settings.picture_model is None or picture_similarity_missing(settings.picture_model):
        return ()
    return (PictureSimilarity(settings.picture_model, read, trust_code=settings.picture_model_trust_code),)
