"""Stores how pictures look and which of those stored look the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection

from omnisci_etl.figures.look import MAX_DISTANCE, MIN_CORRELATION, VERSION, Look, correlation
from omnisci_etl.ledger.database import copy_into, sql

_SQL = "omnisci_etl.papers.sql"
_LOCK = 0x6C6F6F6B
_LOOK = {"image_sha256": "text", "version": "integer", "phash": "bigint", "thumbnail": "bytea", "run_key": "bigint"}
_PAIR = {
    "image_sha256": "text", "other_sha256": "text", "distance": "smallint", "correlation": "real", "run_key": "bigint",
}  # fmt: skip


def store_looks(connection: Connection, looks: Mapping[str, Look], run_key: int) -> None:
    """Writes the looks of pictures, by hash of their bytes, and the pairs they make; those known stay as they are.

    Processes take turns from here to the end of their transactions, so that of two pictures stored at the same time
    the later sees the earlier, and every pair is found whatever the order. So this is the last step of a transaction.
    """
    if not looks:
        return
    connection.execute(sql(_SQL, "lock_looks"), {"key": _LOCK})
    rows = ((sha256, VERSION, one.phash, "\\x" + one.thumbnail.hex(), run_key) for sha256, one in looks.items())
    copy_into(connection, "look_stage", _LOOK, rows)
    fresh = list(connection.execute(sql(_SQL, "insert_looks")).scalars())
    if fresh:
        copy_into(connection, "pair_stage", _PAIR, _pairs(connection, fresh, run_key))
        connection.execute(sql(_SQL, "insert_pairs"))


def _pairs(connection: Connection, pictures: list[str], run_key: int) -> Iterable[tuple[str, str, int, float, int]]:
    found = connection.execute(sql(_SQL, "look_alikes"), {"pictures": pictures, "distance": MAX_DISTANCE}).all()
    for row in found:
        likeness = correlation(bytes(row.thumbnail), bytes(row.other_thumbnail))
        if likeness >= MIN_CORRELATION:
            first, second = sorted((row.image_sha256, row.other_sha256))
            yield first, second, row.distance, likeness, run_key
