"""Scorers: each puts one number between 0 and 1 on a caption, given the evidence of its figure."""

from __future__ import annotations

from omnisci_etl.judging.scorers.base import Score, Scorer, config_sha256
from omnisci_etl.judging.scorers.numbers_grounded import NumbersGrounded
from omnisci_etl.judging.scorers.panels_covered import PanelsCovered
from omnisci_etl.judging.scorers.self_contained import SelfContained
from omnisci_etl.judging.scorers.similarity import Similarity, embedding_missing

__all__ = ["Score", "Scorer", "config_sha256", "default_scorers", "embedding_missing", "embedding_scorers"]


def default_scorers() -> tuple[Scorer, ...]:
    """The scorers that need nothing but the text: same caption and evidence, same score, on any machine."""
    return NumbersGrounded(), PanelsCovered(), SelfContained()


def embedding_scorers() -> tuple[Scorer, ...]:
    """The scorers of the [embed] extra; none where it is not installed (embedding_missing says why)."""
    return () if embedding_missing() else (Similarity(),)
