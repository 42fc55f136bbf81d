"""Captions as scorers and judges see them, read from the ledger."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from omnisci_etl.judging.evidence import Candidate, Evidence
from omnisci_etl.ledger.database import sql

_SQL = "omnisci_etl.judging.sql"


@dataclass(frozen=True, slots=True)
class Subject:
    """A stored caption with its evidence. family and model are the captioner's (family "none" where none was asked)."""

    caption_id: int
    figure_id: int
    family: str
    model: str
    discipline: str
    candidate: Candidate

    @property
    def evidence(self) -> Evidence:
        """What the paper says about the figure."""
        return self.candidate.evidence

    @property
    def features(self) -> dict[str, str]:
        """What strata are made of."""
        return {
            "discipline": self.discipline, "kind": self.evidence.kind, "model": self.model, "family": self.family,
        }  # fmt: skip


def load(
    connection: Connection, captions: Sequence[int], picture_texts: Mapping[str, str] | None = None
) -> list[Subject]:
    """The captions of these ids, by id; captions of one figure share their Evidence.

    picture_texts: what was read off pictures, by the picture's hash.
    """
    evidences: dict[int, Evidence] = {}
    subjects = []
    for row in connection.execute(sql(_SQL, "subjects"), {"captions": list(captions)}).mappings():
        evidence = evidences.get(row["figure_id"])
        if evidence is None:
            evidence = evidences[row["figure_id"]] = _evidence(row, picture_texts or {})
        panels = tuple((str(p["label"]), str(p["text"])) for p in row["panels"])
        candidate = Candidate(row["body"], panels, evidence, row["finish_reason"] or "")
        subjects.append(
            Subject(row["caption_id"], row["figure_id"], row["family"], row["model"], row["discipline"], candidate)
        )
    return subjects


def _evidence(row: Mapping[Any, Any], picture_texts: Mapping[str, str]) -> Evidence:
    """Sub-captions that stand beside the caption are part of it."""
    beside = [text for text in dict.fromkeys(row["panel_texts"]) if text not in row["author_caption"]]
    image = row["image_sha256"] or ""
    return Evidence(
        author_caption=" ".join([row["author_caption"], *beside]),
        panel_labels=tuple(row["panel_labels"]),
        mentions=tuple(row["mentions"]),
        kind=row["kind"],
        label=row["label"],
        title=row["title"],
        image_sha256=image,
        picture_text=picture_texts.get(image, ""),
        panel_texts=tuple(row["panel_texts"]),
    )
