"""Samples for experts and their ratings, as the ledger stores them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from omnisci_etl.alignment.design import Draw, FrameItem, draw
from omnisci_etl.alignment.ratings_csv import RatingRow, SheetRow, read_sheet, write_sheet
from omnisci_etl.context import Context, Counts
from omnisci_etl.errors import ConfigError
from omnisci_etl.hashing import sha256_hex
from omnisci_etl.ledger.database import copy_into, dumps, sql

RUBRIC_VERSION = "1.0.0"
STRATA = ("discipline", "kind", "model", "decision")
FLOOR = 0.2
_SQL = "omnisci_etl.alignment.sql"
_ITEM = {
    "sample_id": "bigint", "caption_id": "bigint", "ordinal": "integer", "stratum": "text",
    "inclusion_probability": "double precision",
}  # fmt: skip
_RATING = {
    "sample_id": "bigint", "caption_id": "bigint", "rater": "text", "round": "integer", "rubric_version": "text",
    "factual_accuracy": "smallint", "semantic_completeness": "smallint", "accept": "boolean", "comment": "text",
    "run_key": "bigint",
}  # fmt: skip


def sample(context: Context, *, size: int, seed: int, discipline: str | None = None) -> Counts:
    """Draws from the active, judged captions; the same state, size and seed give the sample that exists."""
    if size < 1:
        raise ConfigError("--size must be at least 1")
    with context.ledger.begin() as connection:
        rows = connection.execute(sql(_SQL, "frame"), {"discipline": discipline}).all()
        frame = [FrameItem(caption_id, stratum) for caption_id, stratum in rows]
        if not frame:
            return {"sample_id": 0, "drawn": 0, "frame": 0, "items": 0}
        drawn = draw(frame, size=size, seed=seed, strata=STRATA, floor=FLOOR)
        sample_id, made = _store(connection, context, frame, drawn, size, seed, discipline)
    return {"sample_id": sample_id, "drawn": int(made), "frame": len(frame), "items": len(drawn.items)}


def _store(
    connection: Connection, context: Context, frame: list[FrameItem], drawn: Draw, size: int, seed: int,
    discipline: str | None,
) -> tuple[int, bool]:  # fmt: skip
    listed = "\n".join(f"{item.caption_id} {item.stratum}" for item in frame)
    design = {"size": size, "strata": list(STRATA), "floor": FLOOR, "discipline": discipline}
    parameters: dict[str, Any] = {
        "seed": seed, "design": dumps(design), "frame_sha256": sha256_hex(listed),
        "frame_size": len(frame), "run_key": context.run.key,
    }  # fmt: skip
    made = connection.execute(sql(_SQL, "insert_sample"), parameters).scalar()
    if made is None:
        return int(connection.execute(sql(_SQL, "find_sample"), parameters).scalar_one()), False
    items = ((made, i.caption_id, i.ordinal, i.stratum, i.inclusion_probability) for i in drawn.items)
    copy_into(connection, "item_stage", _ITEM, items)
    connection.execute(sql(_SQL, "insert_items"))
    return int(made), True


def newest_sample(context: Context) -> int:
    """The newest sample's id. Raises ConfigError when none was drawn."""
    with context.ledger.begin() as connection:
        found = connection.execute(text("SELECT max(sample_id) FROM omnisci.sample")).scalar()
    if found is None:
        raise ConfigError("no sample has been drawn: run `omnisci sample` first")
    return int(found)


def export_sheet(context: Context, out: Path, sample_id: int | None = None) -> Counts:
    """Writes the rating sheet of a sample (the newest by default) as CSV, and its pictures beside it."""
    chosen = sample_id or newest_sample(context)
    with context.ledger.begin() as connection:
        rows = connection.execute(sql(_SQL, "sheet"), {"sample_id": chosen}).mappings().all()
    if not rows:
        raise ConfigError(f"there is no sample {chosen}")
    sheet = [
        SheetRow(
            sample_id=r["sample_id"], caption_id=r["caption_id"], figure_label=r["figure_label"], title=r["title"],
            author_caption=r["author_caption"], caption=_whole(r["caption"], r["panels"]),
            image_sha256=r["image_sha256"],
        )
        for r in rows
    ]  # fmt: skip
    out.parent.mkdir(parents=True, exist_ok=True)
    with open(out, "w", newline="", encoding="utf-8") as handle:
        write_sheet(sheet, handle)
    folder = out.with_name(out.stem + "-pictures")
    folder.mkdir(exist_ok=True)
    for row in sheet:
        (folder / row.image_sha256).write_bytes(context.blobs.get(row.image_sha256))
    return {"sample_id": chosen, "rows": len(sheet)}


def _whole(body: str, panels: list[dict[str, str]]) -> str:
    return "\n".join([body, *(f"({p['label']}) {p['text']}" for p in panels)])


def import_sheet(context: Context, path: Path, *, round_no: int = 1) -> Counts:
    """Stores the ratings of a filled sheet, all or none. Raises ConfigError that names the faulty rows."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as handle:
            ratings = read_sheet(handle)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from None
    with context.ledger.begin() as connection:
        copy_into(connection, "rating_stage", _RATING, [_rating(r, round_no, context.run.key) for r in ratings])
        unknown = connection.execute(sql(_SQL, "unknown_items")).all()
        if unknown:
            raise ConfigError(f"{path}: not in the sample: {', '.join(f'sample {s} caption {c}' for s, c in unknown)}")
        changed = connection.execute(sql(_SQL, "changed_ratings")).all()
        if changed:
            named = ", ".join(f"caption {c} by {rater}" for _, c, rater in changed)
            raise ConfigError(
                f"{path}: rated already with other marks: {named}; import a second opinion with --round 2"
            )
        stored = connection.execute(sql(_SQL, "insert_ratings")).rowcount
    return {"rows": len(ratings), "stored": stored}


def _rating(row: RatingRow, round_no: int, run_key: int) -> tuple[Any, ...]:
    return (
        row.sample_id, row.caption_id, row.rater, round_no, RUBRIC_VERSION, row.factual_accuracy,
        row.semantic_completeness, row.accept, row.comment, run_key,
    )  # fmt: skip
