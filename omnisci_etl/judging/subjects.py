"""Captions as judges see them, read from the ledger."""

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
    candidate: Candidate


def load(connection: Connection, captions: Sequence[int]) -> list[Subject]:
    """The captions of these ids, by id."""
    rows = connection.execute(sql(_SQL, "subjects"), {"captions": list(captions)}).mappings()
    return [Subject(row["caption_id"], row["figure_id"], row["family"], row["model"], candidate(row)) for row in rows]


def candidate(row: Mapping[Any, Any]) -> Candidate:
    """What scorers see of a row of subjects.sql or unscored.sql.

    Sub-captions that stand beside the caption are part of it.
    """
    beside = [text for text in dict.fromkeys(row["panel_texts"]) if text not in row["author_caption"]]
    evidence = Evidence(
        author_caption=" ".join([row["author_caption"], *beside]),
        panel_labels=tuple(row["panel_labels"]),
        mentions=tuple(row["mentions"]),
        kind=row["kind"],
        label=row["label"],
        title=row["title"],
        image_sha256=row["image_sha256"] or "",
    )
    panels = tuple((str(p["label"]), str(p["text"])) for p in row["panels"])
    return Candidate(row["body"], panels, evidence, finish_reason=row["finish_reason"] or "")
