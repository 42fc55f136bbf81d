"""Storing what discovery found: rows for what is new, none for what is not, and the queue that follows."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from omnisci_etl.context import Context, Counts
from omnisci_etl.ledger.database import Ledger
from omnisci_etl.papers import disciplines
from omnisci_etl.sources.base import Record
from omnisci_etl.sources.records import DELETED, has_changed, mark_status, newest_versions, store_records

Rows = Callable[..., list[dict[str, Any]]]
Snapshot = Callable[[], dict[str, tuple[int, str]]]
CC_BY = "http://creativecommons.org/licenses/by/4.0/"
PAPERS = "SELECT external_id, version, status, title, license_class, disciplines FROM omnisci.papers ORDER BY 1, 2"
QUEUE = (
    "SELECT external_id, q.stamp, q.tries, q.next_try_at <= now() AS due FROM omnisci.paper_queue q "
    "JOIN omnisci.paper USING (paper_id) ORDER BY 1"
)


def paper(name: str = "2401.00001", version: int | None = 1, **changes: Any) -> Record:
    record = Record(
        name, version, "2024-01-03 v1", title=f"On {name}", doi=None, authors=("A. Author", "B. Ünal"),
        published_on=date(2024, 1, 1), license_uri=CC_BY, evidence={"arxiv_categories": ("cs.CL", "stat.ML")},
        facts={"comments": 'with "quotes", \\ and \u2028'},
    )  # fmt: skip
    return dataclasses.replace(record, **changes)


@pytest.fixture
def store(context: Context, ledger: Ledger) -> Callable[..., Counts]:
    def stored(*records: Record, source: str = "arxiv") -> Counts:
        with ledger.begin() as connection:
            return store_records(connection, context.run.key, source, records)

    return stored


@pytest.fixture
def extracted(context: Context, ledger: Ledger) -> Callable[[str], None]:
    """Pretends that a paper's newest version was read and its queue settled."""

    def settle(name: str) -> None:
        with ledger.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO omnisci.extraction (paper_version_id, outcome, run_key) SELECT v.paper_version_id, "
                    "'no-figures', :run FROM omnisci.paper p JOIN omnisci.paper_version v USING (paper_id) "
                    "WHERE external_id = :name ORDER BY v.version DESC LIMIT 1"
                ),
                {"name": name, "run": context.run.key},
            )
            connection.execute(
                text(
                    "UPDATE omnisci.paper_queue q SET next_try_at = NULL FROM omnisci.paper p "
                    "WHERE p.paper_id = q.paper_id AND p.external_id = :name"
                ),
                {"name": name},
            )

    return settle


def test_a_new_paper(store: Any, rows: Rows) -> None:
    counts = store(paper())
    assert counts == {"records": 1, "papers": 1, "versions": 1, "states": 1, "disciplines": 2, "queued": 1}
    assert has_changed(counts)
    assert rows(PAPERS) == [
        {"external_id": "2401.00001", "version": 1, "status": "current", "title": "On 2401.00001",
         "license_class": "cc-by", "disciplines": ["computer-science", "statistics"]}
    ]  # fmt: skip
    assert rows("SELECT authors, facts, published_on FROM omnisci.paper_state") == [
        {"authors": ["A. Author", "B. Ünal"], "facts": {"comments": 'with "quotes", \\ and \u2028'},
         "published_on": date(2024, 1, 1)}
    ]  # fmt: skip
    assert rows(QUEUE) == [{"external_id": "2401.00001", "stamp": "2024-01-03 v1", "tries": 0, "due": True}]


def test_the_same_again_writes_nothing(store: Any, snapshot: Snapshot) -> None:
    records = [paper(f"2401.{n:05}", version=None if n % 2 else 3, doi=f"10.1/{n}") for n in range(60)]
    records.append(paper("2402.00001", status="withdrawn"))
    store(*records)
    before = snapshot()
    random.Random(0).shuffle(records)
    counts = store(*records)
    assert not has_changed(counts)
    assert counts["records"] == 61
    assert snapshot() == before


def test_no_records_no_rows(store: Any) -> None:
    assert not has_changed(store())


def test_of_two_records_of_a_paper_the_last_counts(store: Any, rows: Rows) -> None:
    store(paper(title="first"), paper(title="last"))
    assert [r["title"] for r in rows(PAPERS)] == ["last"]
    assert len(rows("SELECT * FROM omnisci.paper_state")) == 1


def test_a_new_version_is_a_row_and_due(store: Any, extracted: Any, rows: Rows) -> None:
    store(paper())
    extracted("2401.00001")
    assert [r["due"] for r in rows(QUEUE)] == [None]
    counts = store(paper(version=2, stamp="2024-02-01 v2", title="Again"))
    assert (counts["versions"], counts["states"], counts["queued"]) == (1, 1, 1)
    assert [(r["version"], r["status"], r["title"]) for r in rows(PAPERS)] == [
        (1, "superseded", "On 2401.00001"), (2, "current", "Again"),
    ]  # fmt: skip
    assert rows(QUEUE)[0] | {"external_id": ""} == {
        "external_id": "",
        "stamp": "2024-02-01 v2",
        "tries": 0,
        "due": True,
    }


def test_a_changed_licence_is_a_row_and_not_due(store: Any, extracted: Any, rows: Rows) -> None:
    store(paper())
    extracted("2401.00001")
    counts = store(paper(license_uri="http://arxiv.org/licenses/nonexclusive-distrib/1.0/", stamp="2024-03-01 v1"))
    assert (counts["versions"], counts["states"], counts["queued"]) == (0, 1, 1)
    assert [r["license_class"] for r in rows(PAPERS)] == ["arxiv-nonexclusive"]
    assert [(r["stamp"], r["due"]) for r in rows(QUEUE)] == [("2024-03-01 v1", None)]


def test_a_new_stamp_makes_journal_content_due_again(store: Any, extracted: Any, rows: Rows) -> None:
    record = paper("10.1038/s41467-1", version=None, stamp="a")
    store(record, source="natcomms")
    extracted("10.1038/s41467-1")
    counts = store(dataclasses.replace(record, stamp="b"), source="natcomms")
    assert (counts["states"], counts["queued"]) == (0, 1)
    assert [(r["stamp"], r["due"]) for r in rows(QUEUE)] == [("b", True)]


def test_a_new_stamp_gives_a_paper_that_gave_nothing_another_chance(store: Any, ledger: Ledger, rows: Rows) -> None:
    store(paper(status="withdrawn"))
    assert [r["due"] for r in rows(QUEUE)] == [None]
    store(paper(stamp="2024-05-01 v1"))
    assert [r["status"] for r in rows(PAPERS)] == ["current"]
    assert [r["due"] for r in rows(QUEUE)] == [True]


def test_a_deletion_keeps_what_was_known(store: Any, rows: Rows, snapshot: Snapshot) -> None:
    store(paper(doi="10.1/x"))
    deletion = Record("2401.00001", None, "2024-04-01 deleted", status="withdrawn", facts={DELETED: True})
    counts = store(deletion)
    assert (counts["versions"], counts["states"]) == (0, 1)
    found = rows("SELECT status, title, doi, license_class, disciplines, outcome FROM omnisci.papers")
    assert found == [
        {"status": "withdrawn", "title": "On 2401.00001", "doi": "10.1/x", "license_class": "cc-by",
         "disciplines": ["computer-science", "statistics"], "outcome": "withdrawn"}
    ]  # fmt: skip
    assert [r["due"] for r in rows(QUEUE)] == [None]
    before = snapshot()
    assert not has_changed(store(deletion))
    assert snapshot() == before


def test_a_deletion_of_an_unknown_paper_is_a_row(store: Any, rows: Rows) -> None:
    store(Record("2401.00009", None, "2024-04-01 deleted", status="withdrawn", facts={DELETED: True}))
    assert [(r["external_id"], r["version"], r["status"]) for r in rows(PAPERS)] == [("2401.00009", 1, "withdrawn")]


def test_a_record_without_version_speaks_of_the_newest(
    store: Any, context: Context, ledger: Ledger, rows: Rows
) -> None:
    store(paper("10.1/a", version=2), source="natcomms")
    store(paper("10.1/a", version=None, title="Corrected title"), source="natcomms")
    assert [(r["version"], r["title"]) for r in rows(PAPERS)] == [(2, "Corrected title")]
    with ledger.begin() as connection:
        known = newest_versions(connection, "natcomms", ["10.1/a", "10.1/none"])
    assert list(known) == ["10.1/a"]
    assert known["10.1/a"][1:] == (2, "2024-01-03 v1")


def test_a_status_of_the_content_outlives_metadata_that_know_nothing_of_it(
    store: Any, context: Context, ledger: Ledger, rows: Rows, snapshot: Snapshot
) -> None:
    record = paper("10.1/a", version=None)
    store(record, source="natcomms")

    def mark() -> int:
        with ledger.begin() as connection:
            version_id = newest_versions(connection, "natcomms", ["10.1/a"])["10.1/a"][0]
            return mark_status(connection, context.run.key, [version_id], "retracted", stated_by="content")

    assert mark() == 1
    before = snapshot()
    assert mark() == 0
    store(record, source="natcomms")
    assert snapshot() == before
    assert [r["due"] for r in rows(QUEUE)] == [None]
    store(dataclasses.replace(record, title="New", stamp="b"), source="natcomms")
    assert [(r["status"], r["title"]) for r in rows(PAPERS)] == [("retracted", "New")]
    assert [r["due"] for r in rows(QUEUE)] == [None]


def test_a_paper_has_one_primary_discipline(store: Any, rows: Rows) -> None:
    store(paper(evidence={"arxiv_categories": ("cs.CL",)}))
    store(paper(evidence={"arxiv_categories": ("math.AG", "cs.CL")}))
    found = rows("SELECT discipline, is_primary, evidence, taxonomy_version FROM omnisci.paper_discipline ORDER BY 1")
    version = disciplines.load().version
    assert found == [
        {"discipline": "computer-science", "is_primary": True, "evidence": "cs.CL", "taxonomy_version": version},
        {"discipline": "mathematics", "is_primary": False, "evidence": "math.AG", "taxonomy_version": version},
    ]


def test_a_paper_without_evidence_has_no_discipline_row(store: Any, rows: Rows) -> None:
    assert store(paper(evidence={}))["disciplines"] == 0
    assert [r["disciplines"] for r in rows(PAPERS)] == [["unknown"]]


def test_hostile_text_is_only_text(store: Any, rows: Rows) -> None:
    title = 'Robert\'); DROP TABLE omnisci.paper;-- \x00 {"a\\N"} \\N %s :name\n\ttab'
    store(paper(title=title, authors=("\\N", '"', "{}", "a,b")), paper("2401.00002", title="{}"))
    assert [r["title"] for r in rows(PAPERS)] == [title.replace("\x00", ""), "{}"]
    assert rows("SELECT authors FROM omnisci.paper_state ORDER BY paper_state_id")[0]["authors"] == [
        "\\N",
        '"',
        "{}",
        "a,b",
    ]


def test_concurrent_runs_store_each_row_once(context: Context, ledger: Ledger, rows: Rows) -> None:
    records = [paper(f"2401.{n:05}") for n in range(40)]

    def stored(seed: int) -> Sequence[Counts]:
        mine = random.Random(seed).sample(records, len(records))
        found = []
        for start in range(0, len(mine), 10):
            with ledger.begin() as connection:
                found.append(store_records(connection, context.run.key, "arxiv", mine[start : start + 10]))
        return found

    with ThreadPoolExecutor(4) as pool:
        counts = [one for run in pool.map(stored, range(4)) for one in run]
    assert sum(c["papers"] for c in counts) == 40
    for table in ("paper", "paper_version", "paper_state", "paper_queue"):
        assert len(rows(f"SELECT * FROM omnisci.{table}")) == 40
