"""Stores what discovery found, a page at a time: set-based, safe to repeat, and without a row where nothing changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

from omnisci_etl.context import Counts
from omnisci_etl.hashing import sha256_hex
from omnisci_etl.ledger.database import copy_into, dumps, sql
from omnisci_etl.papers import disciplines
from omnisci_etl.papers.licences import licence_class
from omnisci_etl.sources.base import Record, Status

# Key of Record.facts: the source says only that the paper is gone. What was known of it stays.
DELETED = "deleted"
# Sources that change the content under a version number, so that a new stamp is worth a look.
_CONTENT_FOLLOWS_STAMP = frozenset({"natcomms"})
_SQL = "omnisci_etl.sources.sql"
_INCOMING = {
    "external_id": "text", "version": "integer", "stamp": "text", "title": "text", "doi": "text", "authors": "jsonb",
    "published_on": "date", "license_uri": "text", "license_class": "text", "status": "text", "facts": "jsonb",
    "state_sha256": "text", "paper_id": "bigint", "newest": "integer",
}  # fmt: skip
_ASSIGNMENT = {
    "external_id": "text", "discipline": "text", "is_primary": "boolean", "evidence_kind": "text", "evidence": "text",
}  # fmt: skip


def store_records(connection: Connection, run_key: int, source: str, records: Sequence[Record]) -> Counts:
    """Writes what is new in the records; of several with one external_id the last counts.

    Counts: records (read), papers, versions, states, disciplines (rows written), queued (papers now due, or whose
    stamp moved). All but the first are 0 the second time.
    """
    newest = {record.external_id: record for record in records}
    counts = {"records": len(newest), "papers": 0, "versions": 0, "states": 0, "disciplines": 0, "queued": 0}
    if not newest:
        return counts
    taxonomy = disciplines.load()
    connection.execute(sql(_SQL, "records_lock"), {"source": source})
    copy_into(connection, "incoming", _INCOMING, map(_row, newest.values()))
    copy_into(connection, "assignment", _ASSIGNMENT, _assignments(newest.values(), taxonomy))
    parameters = {
        "source": source, "run_key": run_key, "taxonomy_version": taxonomy.version,
        "content_follows_stamp": source in _CONTENT_FOLLOWS_STAMP,
    }  # fmt: skip
    steps = (
        ("records_papers", "papers"), ("records_resolve", None), ("records_versions", "versions"),
        ("records_changed", None), ("records_states", "states"), ("records_disciplines", "disciplines"),
        ("records_requeue", "queued"), ("records_enqueue", "queued"),
    )  # fmt: skip
    for name, count in steps:
        written = connection.execute(sql(_SQL, name), parameters).rowcount
        if count:
            counts[count] += written
    return counts


def has_changed(counts: Counts) -> bool:
    """Whether storing wrote any row."""
    return any(number for name, number in counts.items() if name != "records")


def mark_status(
    connection: Connection, run_key: int, version_ids: Sequence[int], status: Status, *, stated_by: str
) -> int:
    """Withdraws or retracts paper versions by what something else than their own metadata says; the rows written.

    stated_by names that: "content", or the DOI of a notice. Such a status stays until metadata state another than
    "current". The papers are no longer due.
    """
    parameters = {"versions": list(version_ids), "status": status, "stated_by": stated_by, "run_key": run_key}
    connection.execute(sql(_SQL, "mark_lock"), parameters)
    written = connection.execute(sql(_SQL, "mark_status"), parameters).rowcount
    connection.execute(sql(_SQL, "mark_unqueue"), parameters)
    return written


def newest_versions(
    connection: Connection, source: str, external_ids: Sequence[str]
) -> dict[str, tuple[int, int, str]]:
    """Of the papers among external_ids that are known: (paper_version_id, version, stamp) of the newest version."""
    parameters = {"source": source, "external_ids": list(external_ids)}
    rows = connection.execute(sql(_SQL, "newest_versions"), parameters)
    return {row.external_id: (row.paper_version_id, row.version, row.stamp or "") for row in rows}


def _row(record: Record) -> tuple[Any, ...]:
    state = {
        "title": record.title, "doi": record.doi, "authors": list(record.authors), "published_on": record.published_on,
        "license_uri": record.license_uri, "status": record.status, "facts": dict(record.facts),
    }  # fmt: skip
    return (
        record.external_id, record.version, record.stamp, record.title, record.doi, list(record.authors),
        record.published_on, record.license_uri, licence_class(record.license_uri), record.status, dict(record.facts),
        sha256_hex(_canonical(state)), None, None,
    )  # fmt: skip


def _canonical(value: dict[str, Any]) -> bytes:
    return dumps({name: value[name] for name in sorted(value)}).encode("utf-8", "backslashreplace")


def _assignments(records: Any, taxonomy: disciplines.Taxonomy) -> Iterator[tuple[Any, ...]]:
    for record in records:
        for one in taxonomy.classify(**record.evidence):
            yield (record.external_id, one.discipline, one.primary, one.evidence_kind, one.evidence)
