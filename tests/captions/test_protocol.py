"""The paid-call protocol by itself, and runs that break at each of its steps."""

from __future__ import annotations

import threading
from collections import Counter
from contextlib import contextmanager
from decimal import Decimal

import pytest

from omnisci_etl.captions import calls, crew, lanes, planning
from omnisci_etl.captions.calls import CallDesk, Intent, with_draft
from omnisci_etl.captions.clerk import Clerk
from omnisci_etl.captions.drafts import Draft
from omnisci_etl.captions.planning import Planner, call_states
from omnisci_etl.captions.providers.base import Answer, Usage
from omnisci_etl.captions.routes import Budget, load
from omnisci_etl.captions.spool import FOLDER, Settlement
from omnisci_etl.captions.stage import caption
from omnisci_etl.context import Context
from omnisci_etl.ledger.blobs import BlobStore
from omnisci_etl.ledger.runs import Run, RunIdentity

PRICE = {"unit": "usd_per_mtok", "input": "1", "output": "1"}


def intent(call_id, dollars="0.01"):
    return Intent(call_id, PRICE, Decimal(dollars))


def answer(slug="answered", **changes):
    return Answer(slug, http_status=200, usage=Usage(input_tokens=10, output_tokens=5), raw=b"{}", **changes)


def settlement(call_id, claim, slug="answered", body="A line rises."):
    draft = Draft(body, (("a", "One."),)) if slug == "answered" else None
    return Settlement(call_id, claim.attempt_id, answer(slug), Decimal("0.001"), 0.25, draft)


@pytest.fixture
def desk(routed, library, settings, ledger):
    """Makes desks of runs that live, on calls that have been planned."""
    office = routed()
    runs = []

    @contextmanager
    def living(**changes):
        run = Run.start(ledger, RunIdentity.of_command("caption"))
        runs.append(run)
        changed = office.settings.model_copy(update=changes)
        try:
            yield CallDesk(Context(changed, ledger, BlobStore(changed.blob_url), run), Budget())
        finally:
            run.finish("done")

    living.office = office
    return living


def planned(office, count=3, library=None):
    """Calls of fresh figures, planned and not asked."""
    library.figures(count)

    def plan(context):
        clerk = Clerk(context, Planner(load(context.settings)), limit=None, refresh=False)
        return [order.call_id for chunk in clerk.chunks(None) for order in chunk]

    return office.run(plan)


def test_planning_writes_calls_and_routes_once(desk, library):
    office = desk.office
    ids = planned(office, 3, library)
    before = office.counts()
    assert (before["call"], before["route"], before["attempt"], before["prompt"]) == (3, 3, 0, 1)
    assert len(set(ids)) == 3

    def plan(context):
        clerk = Clerk(context, Planner(load(context.settings)), limit=None, refresh=False)
        return [order.call_id for chunk in clerk.chunks(None) for order in chunk]

    assert office.run(plan) == ids
    assert office.counts() == before


def test_an_intent_is_there_before_anything_is_sent_and_its_outcome_after(desk, library):
    office = desk.office
    (call_id,) = planned(office, 1, library)
    with desk() as one:
        (claim,) = one.claim([intent(call_id)])
        assert claim.state == "sent"
        (row,) = office.rows("SELECT ordinal, price, worst_case_usd, lease_until > now() AS leased FROM attempt")
        assert row == {"ordinal": 1, "price": PRICE, "worst_case_usd": Decimal("0.01"), "leased": True}
        assert office.counts()["call_lease"] == 1
        assert one.settle([settlement(call_id, claim)]) == [1]
        assert office.counts()["call_lease"] == 0
        after = office.counts()
        assert one.settle([settlement(call_id, claim)]) == [0]
        assert office.counts() == after
        (claim,) = one.claim([intent(call_id)])
        assert claim.state == "answered"
    (row,) = office.rows("SELECT slug, latency_ms, cost_usd, response_sha256 IS NOT NULL AS kept FROM attempt_outcome")
    assert row == {"slug": "answered", "latency_ms": 250, "cost_usd": Decimal("0.001"), "kept": True}


def test_a_living_owner_keeps_its_call_and_a_dead_one_leaves_an_unknown(desk, library):
    office = desk.office
    (call_id,) = planned(office, 1, library)
    with desk() as one, desk(unknown_grace=30.0) as other:
        assert one.claim([intent(call_id)])[0].state == "sent"
        assert other.claim([intent(call_id)])[0].state == "busy"
        assert one.claim([intent(call_id)])[0].state == "busy"
        assert office.rows("SELECT sum(unknown) AS n FROM spend") == [{"n": 0}]
    assert office.rows("SELECT sum(unknown) AS n FROM spend") == [{"n": 1}]
    assert office.rows("SELECT state FROM call_status") == [{"state": "unknown"}]
    with desk(unknown_grace=30.0) as patient:
        (claim,) = patient.claim([intent(call_id)])
        assert claim.state == "grace"
        assert 0 < claim.wait_s <= 30
        assert office.counts()["call_lease"] == 0
    with desk(unknown_grace=0.0) as next_one:
        assert next_one.claim([intent(call_id)])[0].state == "sent"
    assert office.rows("SELECT ordinal FROM attempt ORDER BY ordinal") == [{"ordinal": 1}, {"ordinal": 2}]


def test_a_lease_that_is_over_frees_the_call_of_a_process_that_hangs(desk, library, monkeypatch):
    office = desk.office
    (call_id,) = planned(office, 1, library)
    monkeypatch.setattr(calls, "LEASE_MARGIN", -20.0)
    with (
        desk(call_timeout=20.0),
        desk(call_timeout=20.0, unknown_grace=0.0) as hanging,
        desk(unknown_grace=0.0) as other,
    ):
        assert hanging.claim([intent(call_id)])[0].state == "sent"
        assert office.rows("SELECT sum(unknown) AS n FROM spend") == [{"n": 1}]
        (claim,) = other.claim([intent(call_id)])
        assert claim.state == "sent"
        assert other.settle([settlement(call_id, claim)]) == [1]
    assert office.rows("SELECT count(*) AS n FROM caption") == [{"n": 1}]


def test_many_claims_at_once_share_the_calls_without_waiting_in_a_circle(desk, library):
    office = desk.office
    ids = planned(office, 24, library)
    won = Counter()
    with desk() as one, desk() as other:

        def take(who, mine):
            for start in range(0, len(mine), 6):
                for call_id, claim in zip(
                    mine[start : start + 6], who.claim([intent(i) for i in mine[start : start + 6]]), strict=True
                ):
                    won[call_id] += claim.state == "sent"

        threads = [
            threading.Thread(target=take, args=(one, ids)),
            threading.Thread(target=take, args=(other, ids[::-1])),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert all(won[call_id] == 1 for call_id in ids)
    assert office.counts()["attempt"] == 24


def test_the_budget_lets_in_what_fits_in_order(desk, library):
    office = desk.office
    ids = planned(office, 4, library)
    with desk() as one:
        one._budget = Budget(usd_per_run=Decimal("0.03"))
        claims = one.claim(
            [intent(ids[0], "0.02"), intent(ids[1], "0.02"), intent(ids[2], "0.01"), intent(ids[3], "0.01")]
        )
        assert [claim.state for claim in claims] == ["sent", "budget", "sent", "budget"]
        assert "usd_per_run 0.03" in claims[1].limit
        assert office.counts()["call_lease"] == 2
        one.settle([settlement(ids[0], claims[0])])
        assert one.claim([intent(ids[1], "0.02")])[0].state == "budget"
        assert one.claim([intent(ids[1], "0.019")])[0].state == "sent"


def test_an_outcome_captions_every_figure_of_its_call_and_late_ones_are_adopted(desk, library):
    office = desk.office
    library.figure(library.paper(), 1)
    (call_id,) = planned(office, 1, library)[-1:]
    assert office.counts()["call"] == 1
    with desk() as one:
        (claim,) = one.claim([intent(call_id)])
        assert one.settle([settlement(call_id, claim)]) == [2]
        assert one.adopt([call_id]) == [0]
    planned(office, 1, library)
    assert office.counts()["caption"] == 3


@pytest.mark.parametrize("slug", ["truncated", "refused", "off-schema", "content-filtered"])
def test_strikes_and_their_end(slug):
    failed = answer(slug, error="why")
    assert with_draft(failed, 0, 3) == (failed, None)
    assert with_draft(failed, 1, 3)[0].slug == slug
    last, draft = with_draft(failed, 2, 3)
    assert (last.slug, last.error, draft) == ("strikes-out", f"{slug}: why", None)
    assert last.usage == failed.usage


def test_drafts_of_answers():
    good = answer(
        content={"caption": " A line. ", "panels": [{"label": "a", "text": "One."}, {"label": "b", "text": ""}]}
    )
    assert with_draft(good, 5, 3) == (good, Draft("A line.", (("a", "One."),)))
    empty, draft = with_draft(answer(content={"caption": "\x00 ", "panels": []}), 0, 3)
    assert (empty.slug, empty.error, draft) == ("off-schema", "caption: is empty", None)
    away = Answer("overloaded", http_status=500)
    assert with_draft(away, 2, 3) == (away, None)


@pytest.mark.parametrize(
    ("slugs", "state"),
    [
        (["overloaded"], "ready"), (["wrong-key"], "ready"), (["bad-request"], "failed"), (["truncated", "truncated"], "ready"),
        (["truncated", "refused", "off-schema"], "failed"), (["strikes-out"], "ready"), (["truncated", "overloaded", "answered"], "answered"),
        (["unreachable"], "ready"), (["no-credit"], "ready"),
    ],
)  # fmt: skip
def test_the_state_of_a_call_follows_from_its_attempts(slugs, state, desk, library):
    office = desk.office
    (call_id,) = planned(office, 1, library)
    with office.ledger.begin() as connection:
        run_key = connection.exec_driver_sql("SELECT max(run_key) FROM run").scalar_one()
        for ordinal, slug in enumerate(slugs, 1):
            connection.exec_driver_sql(
                "WITH a AS (INSERT INTO attempt (call_id, ordinal, run_key, owner, price, worst_case_usd, lease_until) "
                f"VALUES ({call_id}, {ordinal}, {run_key}, 1, '{{}}', 1, now()) RETURNING attempt_id) "
                f"INSERT INTO attempt_outcome (attempt_id, slug, http_status, cost_usd, latency_ms) SELECT attempt_id, '{slug}', 200, 0, 1 FROM a"
            )
        assert call_states(connection, [call_id], 0, office.settings)[call_id].state == state


class Broken(Exception):
    """What a run breaks with."""


def break_at(monkeypatch, place, calls_before=2):
    """Makes a step of the protocol fail when it is reached for the third time."""
    owner, name = place
    whole = getattr(owner, name)
    count = Counter()

    def step(*args, **options):
        count["calls"] += 1
        if count["calls"] > calls_before:
            raise Broken(name)
        return whole(*args, **options)

    monkeypatch.setattr(owner, name, step)


STEPS = {
    "while planning": (planning.Planner, "write", 0),
    "before the intent": (calls, "call_states", 1),
    "between lease and intent": (CallDesk, "_insert", 1),
    "after the answer, before it is kept": (BlobStore, "put", 2),
    "before the outcome": (CallDesk, "settle", 1),
    "between outcome and caption": (calls, "_draft", 2),
    "after the outcome": (crew.Crew, "attempted", 2),
    "while a picture is prepared": (lanes, "_ready", 2),
}  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_a_run_that_breaks_at_any_step_is_finished_by_the_next(step, routed, llm, library, monkeypatch):
    office = routed(max_in_flight=2)
    library.figures(8)
    owner, name, before = STEPS[step]
    with monkeypatch.context() as broken:
        break_at(broken, (owner, name), before)
        with pytest.raises(Broken):
            office.run(caption)
    paid_before = len(llm.bill)
    stored = office.rows("SELECT count(*) AS n FROM attempt_outcome")[0]["n"]
    kept = len(list((office.settings.home_dir / FOLDER).glob("*.json")))
    assert stored + kept == paid_before
    office.run(caption, unknown_grace=0.0)
    assert office.rows("SELECT count(*) AS n, count(DISTINCT figure_id) AS figures FROM caption") == [
        {"n": 8, "figures": 8}
    ]
    assert len(llm.bill) == 8
    (sums,) = office.rows("SELECT sum(input_tokens) AS input, sum(unknown) AS unknown FROM spend")
    assert (sums["input"], sums["unknown"]) == (sum(row["input_tokens"] for row in llm.bill), 0)
    assert office.counts()["call_lease"] == 0
    before_again = office.counts()
    assert office.run(caption)["figures"] == 0
    assert office.counts() == before_again
