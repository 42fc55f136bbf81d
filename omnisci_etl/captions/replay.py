"""Replay: captions rebuilt from what the ledger keeps, without asking anyone, and compared byte for byte."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from omnisci_etl.captions import prompts
from omnisci_etl.captions.drafts import Draft, drafted
from omnisci_etl.captions.figures import load_figures
from omnisci_etl.captions.providers import reader
from omnisci_etl.captions.providers.base import Answer, ModelRequest
from omnisci_etl.captions.providers.extractive import compose
from omnisci_etl.captions.providers.wire import Received
from omnisci_etl.ledger.blobs import BlobMissing, BlobStore
from omnisci_etl.ledger.database import Ledger, sql

CHUNK = 500
_SQL = "omnisci_etl.captions.sql"


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of one caption: same, different, missing (its stored answer is gone) or outdated (see replay)."""

    caption_id: int
    outcome: str
    body: str = ""
    detail: str = ""


def replay(ledger: Ledger, blobs: BlobStore, caption_id: int | None = None) -> Iterator[Replayed]:
    """Rebuilds one caption, or all in order.

    A model's caption is read again from the stored bytes of its answer. An extractive one is composed again of its
    stored evidence, which only the code that composed it can do: under another version of its prompt it is outdated.
    """
    after = 0
    while rows := _rows(ledger, after, caption_id):
        with ledger.read() as connection:
            composed = _composed(connection, rows)
        for row in rows:
            yield _one(row, blobs, composed)
        after = rows[-1]["caption_id"]


def summary(results: Sequence[Replayed]) -> dict[str, int]:
    """How many captions came to what."""
    return {"replayed": len(results), **Counter(one.outcome for one in results)}


def _rows(ledger: Ledger, after: int, caption_id: int | None) -> list[Mapping[str, Any]]:
    wanted = {"after": after, "caption_id": caption_id, "most": CHUNK}
    with ledger.read() as connection:
        return [dict(row) for row in connection.execute(sql(_SQL, "replayed"), wanted).mappings()]


def _composed(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> dict[int, Draft]:
    figures = [row["figure_id"] for row in rows if row["api"] == "extractive"]
    return {figure.figure_id: compose(figure.evidence) for figure in load_figures(connection, figures)}


def _one(row: Mapping[str, Any], blobs: BlobStore, composed: Mapping[int, Draft]) -> Replayed:
    if row["api"] == "extractive":
        if row["prompt_sha256"] != prompts.load(prompts.EXTRACTIVE).sha256:
            return Replayed(row["caption_id"], "outdated", detail="composed under another version of its prompt")
        return _compared(row, composed[row["figure_id"]])
    try:
        raw = blobs.get(row["response_sha256"])
    except BlobMissing as error:
        return Replayed(row["caption_id"], "missing", detail=str(error))
    answer, draft = drafted(reread(raw, row["api"], row["requested"], row["output_schema"]))
    return _compared(row, draft, answer.error or answer.slug)


def reread(raw: bytes, api: str, model: str, schema: Mapping[str, Any]) -> Answer:
    """What the stored bytes of an answer say, read as they were when they came."""
    request = ModelRequest(model=model, system="", user="", schema=schema)
    return reader(api)(Received(200, {}, raw), request)


def _compared(row: Mapping[str, Any], draft: Draft | None, said: str = "") -> Replayed:
    if draft is None:
        return Replayed(row["caption_id"], "different", detail=said)
    same = draft.body == row["body"] and draft.sha256 == row["body_sha256"] and draft.panel_rows() == row["panels"]
    return Replayed(row["caption_id"], "same" if same else "different", draft.body)
