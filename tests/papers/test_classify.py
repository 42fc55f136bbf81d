"""Disciplines of stored papers: a newer taxonomy adds rows, an older one stays."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from omnisci_etl.context import Context
from omnisci_etl.papers import disciplines
from omnisci_etl.papers.classify import reclassify
from omnisci_etl.sources.base import Record
from omnisci_etl.sources.records import store_records

OLD = "2001.01"


def rows(context: Context, statement: str) -> list[tuple[Any, ...]]:
    with context.ledger.read() as connection:
        return [tuple(row) for row in connection.execute(text(statement)).all()]


def classified(context: Context, name: str, kind: str, evidence: str, **facts: Any) -> None:
    """A paper with one row of an older taxonomy, which put it elsewhere."""
    with context.ledger.begin() as connection:
        store_records(connection, context.run.key, "arxiv", [Record(name, 1, "1", "T", facts=facts)])
        connection.execute(
            text(
                "INSERT INTO paper_discipline (paper_id, taxonomy_version, discipline, is_primary, evidence_kind, evidence, run_key) "
                "SELECT paper_id, :v, 'alchemy', true, :k, :e, :r FROM paper WHERE external_id = :n"
            ),
            {"v": OLD, "k": kind, "e": evidence, "r": context.run.key, "n": name},
        )


def test_a_newer_taxonomy_adds_rows_and_leaves_the_old_ones(context: Context) -> None:
    classified(context, "2601.00001", "arxiv-category", "math.AG", categories=["math.AG", "cs.CL"])
    classified(context, "2601.00002", "subject", "Zoology")
    classified(context, "2601.00003", "publisher-code", "/639/638")
    classified(context, "2601.00004", "openalex-field", "Medicine")
    assert reclassify(context) == 4
    version = disciplines.load().version
    found = rows(
        context,
        "SELECT taxonomy_version, discipline, is_primary, evidence FROM paper_discipline ORDER BY paper_id, 1, 3 DESC, 2",
    )
    assert [row for row in found if row[0] == OLD] == [
        (OLD, "alchemy", True, e) for e in ("math.AG", "Zoology", "/639/638", "Medicine")
    ]
    assert [row[1:] for row in found if row[0] == version] == [
        ("mathematics", True, "math.AG"),
        ("computer-science", False, "cs.CL"),
        ("biology", True, "Zoology"),
        ("chemistry", True, "/639/638"),
        ("medicine", True, "Medicine"),
    ]
    assert rows(context, "SELECT disciplines[1] FROM papers ORDER BY paper_id") == [
        ("mathematics",), ("biology",), ("chemistry",), ("medicine",),
    ]  # fmt: skip
    assert reclassify(context) == 0


def test_what_the_taxonomy_no_longer_knows_keeps_its_old_rows(context: Context) -> None:
    classified(context, "2601.00001", "subject", "Numerology")
    assert reclassify(context) == 1
    assert rows(context, "SELECT disciplines FROM papers") == [(["alchemy"],)]


def test_a_paper_without_evidence_is_unknown(context: Context) -> None:
    with context.ledger.begin() as connection:
        store_records(connection, context.run.key, "arxiv", [Record("2601.00001", 1, "1", "T")])
    assert reclassify(context) == 0
    assert rows(context, "SELECT disciplines, discipline_source FROM papers") == [(["unknown"], "none")]
