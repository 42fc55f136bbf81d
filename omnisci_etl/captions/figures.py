"""Figures as captioning sees them: read from the ledger in chunks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from omnisci_etl.captions.evidence import Evidence, MentionText, PanelText
from omnisci_etl.captions.routes import Escalate
from omnisci_etl.ledger.database import sql

_SQL = "omnisci_etl.captions.sql"


@dataclass(frozen=True, slots=True)
class Prior:
    """The newest caption of the same figure, in this extraction of its paper version or an earlier one."""

    fingerprint: str
    prompt_sha256: str
    evidence_sha256: str
    image_sha256: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What the gate said of a figure's captions: their best gate score, and whether it has seen all of them.

    escalations: captions that came of an escalation. caption_id is the newest caption. turned_down: where every caption
    was rejected by a stage behind the text, or is to be looked at again, the newest one's slug.
    """

    caption_id: int
    best: float | None
    is_judged: bool
    escalations: int
    turned_down: str = ""


@dataclass(frozen=True, slots=True)
class FigureRow:
    """A figure with all that router and captioners need; the picture itself stays in the blob store."""

    figure_id: int
    evidence: Evidence
    evidence_sha256: str
    image_sha256: str
    media_type: str
    width: int
    height: int
    image_bytes: int
    source: str
    extractor: str
    disciplines: tuple[str, ...]
    captioned_by: frozenset[str]
    prior: Prior | None
    standing: Standing | None = None


def candidates(
    connection: Connection, *, discipline: str | None, captioned: bool, escalate: Escalate | None = None
) -> list[int]:
    """Ids of the figures that can be captioned, oldest first.

    Those that have a caption only with `captioned`, or where `escalate` may ask for another.
    """
    parameters = {
        "discipline": discipline, "captioned": captioned, "below": escalate.below if escalate else None,
        "at_most": escalate.at_most if escalate else 0,
    }  # fmt: skip
    return list(connection.execute(sql(_SQL, "candidates"), parameters).scalars())


def load_figures(connection: Connection, ids: Sequence[int]) -> list[FigureRow]:
    """The figures of these ids, by id."""
    rows = connection.execute(sql(_SQL, "figures"), {"figures": list(ids)}).mappings()
    return [_figure(row) for row in rows]


def chunks(ids: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    """The ids in runs of at most `size`."""
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def _figure(row: Mapping[Any, Any]) -> FigureRow:
    evidence = Evidence(
        label=row["label"], author_caption=row["author_caption"], title=row["title"], kind=row["kind"],
        panels=tuple(PanelText(label, body) for label, body in row["panels"]),
        mentions=tuple(MentionText(body, section, tuple(panels)) for body, section, panels in row["mentions"]),
    )  # fmt: skip
    prior = None
    if row["prior_fingerprint"] is not None:
        prior = Prior(row["prior_fingerprint"], row["prior_prompt"], row["prior_evidence"], row["prior_image"])
    standing = None
    if row["newest_caption"] is not None:
        standing = Standing(
            row["newest_caption"], row["best_score"], not row["unjudged"], row["escalations"], row["turned_down"] or ""
        )
    return FigureRow(
        figure_id=row["figure_id"], evidence=evidence, evidence_sha256=row["evidence_sha256"],
        image_sha256=row["image_sha256"], media_type=row["media_type"], width=row["width"], height=row["height"],
        image_bytes=row["image_bytes"], source=row["source"], extractor=row["extractor"],
        disciplines=tuple(row["disciplines"]), captioned_by=frozenset(row["captioned_by"]), prior=prior,
        standing=standing,
    )  # fmt: skip
