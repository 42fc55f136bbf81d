"""Claims: each paper to one run at a time, and again when it is worth it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text

from omnisci_etl.context import Context
from omnisci_etl.ledger.database import Ledger
from omnisci_etl.sources import queue
from omnisci_etl.sources.base import ClaimedPaper, Record, Window
from omnisci_etl.sources.records import mark_status, store_records

DAY = 86400
Rows = Callable[..., list[dict[str, Any]]]
WAIT = (
    "SELECT round(extract(epoch FROM next_try_at - now()))::int AS seconds, tries, leased_by IS NOT NULL AS leased "
    "FROM omnisci.paper_queue"
)


@pytest.fixture
def fill(context: Context, ledger: Ledger) -> Callable[..., None]:
    def filled(*names: str, source: str = "arxiv", **fields: Any) -> None:
        records = [Record(name, 1, "s", published_on=fields.pop("published_on", None), **fields) for name in names]
        with ledger.begin() as connection:
            store_records(connection, context.run.key, source, records)

    return filled


def settle(ledger: Ledger, claim: ClaimedPaper, outcome: str) -> None:
    with ledger.begin() as connection:
        queue.settle(connection, claim, outcome)


def due_now(ledger: Ledger) -> None:
    with ledger.begin() as connection:
        connection.execute(text("UPDATE omnisci.paper_queue SET next_try_at = now() WHERE next_try_at IS NOT NULL"))


def test_a_claim_says_what_to_fetch(context: Context, fill: Any) -> None:
    fill("2401.00001", doi="10.1/x", facts={"versions": [1]})
    claim = queue.claim(context, "arxiv")
    assert claim is not None
    assert (claim.source, claim.external_id, claim.version, claim.tries) == ("arxiv", "2401.00001", 1, 0)
    assert (claim.doi, claim.facts, claim.stamp) == ("10.1/x", {"versions": [1]}, "s")
    assert queue.claim(context, "arxiv") is None
    assert queue.claim(context, "natcomms") is None


def test_each_paper_goes_to_one_worker(context: Context, new_run: Any, fill: Any) -> None:
    fill(*(f"2401.{n:05}" for n in range(40)))
    runs = [context, new_run()]

    def work(number: int) -> list[str]:
        mine = []
        while (claim := queue.claim(runs[number % 2], "arxiv")) is not None:
            mine.append(claim.external_id)
        return mine

    with ThreadPoolExecutor(4) as pool:
        taken = [name for mine in pool.map(work, range(4)) for name in mine]
    assert sorted(taken) == [f"2401.{n:05}" for n in range(40)]


def test_a_settled_paper_is_not_due(context: Context, ledger: Ledger, fill: Any, rows: Rows) -> None:
    fill("a")
    claim = queue.claim(context, "arxiv")
    assert claim is not None
    assert queue.remaining(context, "arxiv") == 1
    settle(ledger, claim, "extracted")
    assert queue.remaining(context, "arxiv") == 0
    assert rows(WAIT) == [{"seconds": None, "tries": 0, "leased": False}]


def test_terminal_outcomes_are_not_tried_again(context: Context, ledger: Ledger, fill: Any, rows: Rows) -> None:
    outcomes = ("withdrawn", "malformed-document", "too-large", "not-an-article", "no-figures")
    fill(*outcomes)
    while (claim := queue.claim(context, "arxiv")) is not None:
        settle(ledger, claim, claim.external_id)
    assert [r["seconds"] for r in rows(WAIT)] == [None] * len(outcomes)


def test_a_missing_text_is_asked_for_after_days(
    context: Context, ledger: Ledger, new_run: Any, fill: Any, rows: Rows
) -> None:
    fill("10.1/a", source="natcomms")
    waits = []
    for _ in range(6):
        claim = queue.claim(new_run(), "natcomms")
        assert claim is not None
        settle(ledger, claim, "no-full-text")
        waits += [r["seconds"] for r in rows(WAIT)]
        with ledger.begin() as connection:
            connection.execute(text("UPDATE omnisci.paper_queue SET leased_by = NULL"))
        due_now(ledger)
    assert waits == [DAY, 3 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, None]


def test_a_failure_waits_for_the_next_run_and_then_longer(
    context: Context, ledger: Ledger, new_run: Any, fill: Any, rows: Rows
) -> None:
    fill("a")
    waits = []
    for _ in range(7):
        run = new_run()
        claim = queue.claim(run, "arxiv")
        assert claim is not None
        settle(ledger, claim, "fetch-failed")
        waits += [r["seconds"] for r in rows(WAIT)]
        due_now(ledger)
        assert queue.claim(run, "arxiv") is None, "the run that failed goes on to others"
        assert queue.remaining(run, "arxiv") == 1, "but it knows that work is left"
        assert queue.remaining(context, "arxiv") == 0, "and others leave it alone while that run lives"
        run.run.finish("left-over")
    assert waits == [0, 30, 300, 3600, DAY, DAY, DAY]


def test_failures_leave_a_missing_text_its_chance(
    context: Context, ledger: Ledger, new_run: Any, fill: Any, rows: Rows
) -> None:
    fill("10.1/a", source="natcomms")
    for outcome in ["fetch-failed"] * 8 + ["no-full-text"]:
        run = new_run()
        claim = queue.claim(run, "natcomms")
        assert claim is not None
        settle(ledger, claim, outcome)
        run.run.finish("left-over")
        last = rows(WAIT)[0]["seconds"]
        due_now(ledger)
    assert last == 30 * DAY


def test_news_that_come_while_a_paper_is_worked_on_are_not_lost(
    context: Context, ledger: Ledger, fill: Any, rows: Rows
) -> None:
    fill("a")
    claim = queue.claim(context, "arxiv")
    assert claim is not None
    with ledger.begin() as connection:
        store_records(connection, context.run.key, "arxiv", [Record("a", 2, "later")])
    settle(ledger, claim, "extracted")
    again = queue.claim(context, "arxiv")
    assert again is not None
    assert (again.version, again.stamp) == (2, "later")


def test_a_paper_that_is_marked_is_no_longer_due(context: Context, ledger: Ledger, fill: Any) -> None:
    fill("a")
    claim = queue.claim(context, "arxiv")
    assert claim is not None
    with ledger.begin() as connection:
        mark_status(connection, context.run.key, [claim.paper_version_id], "withdrawn", stated_by="content")
        queue.settle(connection, claim, "withdrawn")
    assert queue.remaining(context, "arxiv") == 0


CLAIMER = """
import sys
from omnisci_etl.context import Context
from omnisci_etl.ledger.database import Ledger
from omnisci_etl.ledger.runs import Run, RunIdentity
from omnisci_etl.sources import queue
ledger = Ledger(sys.argv[1])
run = Run.start(ledger, RunIdentity.of_command("test"))
print(queue.claim(Context(None, ledger, None, run), "arxiv").external_id, flush=True)
sys.stdin.readline()
"""


def test_a_killed_run_lets_its_papers_go(context: Context, database: str, fill: Any) -> None:
    fill("a", "b")
    process = subprocess.Popen(
        [sys.executable, "-c", CLAIMER, database], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "a\n"
    assert queue.remaining(context, "arxiv") == 1
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    for _ in range(100):
        if queue.remaining(context, "arxiv") == 2:
            break
    claims = [queue.claim(context, "arxiv") for _ in range(3)]
    assert {claim.external_id for claim in claims if claim} == {"a", "b"}


def test_a_list_that_others_worked_off_is_made_anew(context: Context, ledger: Ledger, new_run: Any, fill: Any) -> None:
    fill("a", "b", "c")
    assert queue.remaining(context, "arxiv", at_most=2) == 2
    assert queue.claim(context, "arxiv") is not None
    other = new_run()
    while (claim := queue.claim(other, "arxiv")) is not None:
        settle(ledger, claim, "extracted")
    assert queue.claim(context, "arxiv") is None
    fill("d")
    late = queue.claim(context, "arxiv")
    assert late is not None
    assert late.external_id == "d"


def test_windows_and_ids_choose(context: Context, fill: Any) -> None:
    fill("old", published_on=date(2023, 12, 31))
    fill("new", published_on=date(2024, 1, 1))
    fill("undated")
    since = Window(date(2024, 1, 1))
    until = Window(None, date(2023, 12, 31))
    assert queue.remaining(context, "arxiv") == 3
    assert [queue.remaining(context, "arxiv", window=w) for w in (since, until)] == [1, 1]
    first = queue.claim(context, "arxiv", window=since)
    assert first is not None
    assert first.external_id == "new"
    assert queue.claim(context, "arxiv", paper_ids=[first.paper_id]) is None
    assert queue.remaining(context, "arxiv", paper_ids=[]) == 0


def test_disciplines_choose(context: Context, fill: Any) -> None:
    fill("physical", evidence={"arxiv_categories": ("hep-th",)})
    fill("unclassified")
    fill("10.1/unclassified", source="natcomms")
    fill("10.1/chemical", source="natcomms", evidence={"subjects": ("Organic chemistry",)})
    fill("unclassified.xml", source="folder")
    count = lambda source, discipline: queue.remaining(context, source, discipline=discipline)  # noqa: E731
    assert (count("arxiv", "physics"), count("arxiv", "chemistry"), count("arxiv", "unknown")) == (1, 0, 1)
    assert (count("natcomms", "chemistry"), count("natcomms", "mathematics"), count("natcomms", "unknown")) == (1, 0, 1)
    assert count("folder", "mathematics") == 1, "only the document itself will tell"
