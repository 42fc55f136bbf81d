"""The retry policy: one view, which Python agrees with, and what it makes of each call."""

from __future__ import annotations

import itertools
from decimal import Decimal

import pytest

from omnisci_etl.captions import policy
from omnisci_etl.captions.clerk import Clerk
from omnisci_etl.captions.identity import register_model
from omnisci_etl.captions.planning import Planner, call_states
from omnisci_etl.captions.routes import Routes, load
from omnisci_etl.config import Settings

LIMITS = ("strike_cap", "unknown_cap", "unknown_grace")


@pytest.fixture
def tried(routed, library):
    """Makes a call whose attempts ended so (None: without an outcome), and reads views of it."""
    office = routed()
    numbers = itertools.count(1)

    def call(*slugs, http_status=None, age_s=0):
        library.figure(library.paper(), next(numbers))

        def plan(context):
            clerk = Clerk(context, Planner(load(context.settings)), limit=None, refresh=False)
            return [order.call_id for chunk in clerk.chunks(None) for order in chunk][-1], context.run.key

        call_id, run_key = office.run(plan)
        with office.ledger.begin() as connection:
            for ordinal, slug in enumerate(slugs, 1):
                attempt = connection.exec_driver_sql(
                    "INSERT INTO attempt (call_id, ordinal, run_key, owner, price, worst_case_usd, lease_until, sent_at) "
                    f"VALUES ({call_id}, {ordinal}, {run_key}, 1, '{{}}', 1, now(), now() - interval '{age_s} s') RETURNING attempt_id"
                ).scalar_one()  # fmt: skip
                if slug is not None:
                    connection.exec_driver_sql(
                        "INSERT INTO attempt_outcome (attempt_id, slug, http_status, cost_usd, latency_ms) "
                        f"VALUES ({attempt}, '{slug}', {http_status or 'NULL'}, 0, 1)"
                    )
        return call_id

    def states(call_id, **limits):
        with office.ledger.begin() as connection:
            return call_states(connection, [call_id], 0, office.settings.model_copy(update=limits))[call_id]

    call.office, call.state = office, states
    return call


def test_python_and_view_agree_on_every_outcome(ledger):
    with ledger.read() as connection:
        rows = connection.exec_driver_sql("SELECT slug, next_step, is_strike, may_be_charged FROM retry_policy").all()
    assert {row.slug: row.next_step for row in rows} == policy.STEPS
    assert {row.slug for row in rows if row.is_strike} == policy.STRIKES | {policy.STRIKES_OUT}
    assert {row.slug for row in rows if row.next_step == "fail"} | {policy.STRIKES_OUT} == policy.FAILED
    assert {row.slug for row in rows if row.may_be_charged} == {
        "request-timeout", "connection-lost", "batch-missing", "unknown"
    }  # fmt: skip


def test_what_the_policy_says_of_the_outcomes_that_the_protocol_names():
    steps = {
        "use": ["answered"],
        "strike": ["truncated", "refused", "off-schema", "content-filtered", "strikes-out"],
        "retry": ["rate-limited", "overloaded", "request-timeout", "connection-lost", "garbled-answer", "unreachable",
                  "batch-expired", "batch-cancelled", "batch-missing", "batch-abandoned", "unknown"],
        "stop": ["wrong-key", "no-credit", "model-not-found", "batch-refused"],
        "fail": ["bad-request", "unknowns-out"],
    }  # fmt: skip
    assert {slug: step for step, slugs in steps.items() for slug in slugs} == policy.STEPS


def test_a_session_without_limits_reads_the_defaults_of_the_settings(ledger):
    fields = Settings.model_fields
    with ledger.read() as connection:
        row = connection.exec_driver_sql("SELECT * FROM retry_limits").one()
    assert row[:3] == tuple(fields[name].default for name in LIMITS)
    assert row.is_default


@pytest.mark.parametrize(
    ("slugs", "http_status", "standing", "state"),
    [
        ([], None, "ready", "planned"),
        (["answered"], 200, "answered", "answered"),
        (["overloaded"], 500, "ready", "retry"),
        (["truncated", "refused"], 200, "ready", "retry"),
        (["truncated", "refused", "strikes-out"], 200, "failed", "failed"),
        (["truncated", "overloaded", "refused", "off-schema"], 200, "failed", "failed"),
        (["bad-request"], 400, "failed", "failed"),
        (["no-credit"], 429, "ready", "retry"),
        ([None], None, "grace", "unknown"),
        (["connection-lost"], None, "grace", "retry"),
        (["request-timeout"], 408, "ready", "retry"),
        ([None, "answered"], 200, "answered", "answered"),
    ],
)
def test_a_call_stands_as_its_attempts_say(tried, slugs, http_status, standing, state):
    call_id = tried(*slugs, http_status=http_status)
    (row,) = tried.office.rows(
        "SELECT s.standing, c.state, s.why, s.wait_s, s.attempts FROM call_standing s JOIN call_status c USING (call_id) "
        "WHERE call_id = :id", id=call_id,
    )  # fmt: skip
    assert (row["standing"], row["state"], row["attempts"]) == (standing, state, len(slugs))
    assert row["why"]
    assert (row["wait_s"] > 0) == (standing == "grace")
    assert tried.state(call_id, unknown_grace=10.0).state == standing


def test_the_grace_time_ends_after_the_settings_seconds(tried):
    """It counts from a restart of the database, too, which the lock of a living process does not survive."""
    call_id = tried(None, age_s=30)
    assert tried.state(call_id, unknown_grace=0.0).state == "ready"
    (age,) = tried.office.rows("SELECT extract(epoch FROM now() - pg_postmaster_start_time())::float AS s")
    waiting = tried.state(call_id, unknown_grace=60.0)
    assert waiting.state == "grace"
    assert waiting.wait_s == pytest.approx(60 - min(30, age["s"]), abs=5)


def test_answers_that_never_come_end_at_their_cap(tried):
    call_id = tried(None, "connection-lost", None, "request-timeout", age_s=60)
    assert tried.state(call_id).state == "ready"
    assert tried.state(call_id, unknown_cap=5).state == "ready"
    assert tried.state(call_id, unknown_cap=4).state == "failed"
    with tried.office.ledger.begin() as connection:
        connection.exec_driver_sql("SELECT set_config('omnisci.unknown_cap', '4', true)")
        row = connection.exec_driver_sql("SELECT state, last_slug, unknowns FROM call_status").one()
        why = connection.exec_driver_sql("SELECT why FROM call_standing").scalar_one()
    assert row == ("failed", "unknowns-out", 4)
    assert why == "4 attempts without an answer, 4 are allowed"


def test_the_verdict_of_the_last_strike_holds_until_somebody_states_another_cap(tried):
    call_id = tried("refused", "strikes-out", http_status=200)
    assert tried.office.rows("SELECT state, last_slug FROM call_status") == [
        {"state": "failed", "last_slug": "strikes-out"}
    ]
    assert tried.state(call_id, strike_cap=2).state == "failed"
    assert tried.state(call_id, strike_cap=3).state == "ready"


def test_limits_end_with_the_transaction(tried):
    call_id = tried("refused", http_status=200)
    assert tried.state(call_id, strike_cap=1).state == "failed"
    assert tried.office.rows("SELECT standing FROM call_standing") == [{"standing": "ready"}]


def priced(routes: Routes, **prices: Decimal) -> Routes:
    models = dict(routes.models)
    spec = models["main"]
    models["main"] = spec.model_copy(update={"usd_per_mtok": spec.prices.model_copy(update=prices)})
    return routes.model_copy(update={"models": models})


def test_prices_are_dated_once_for_each_change(routed, context):
    routes = load(routed().settings)
    for table in (routes, routes, priced(routes, output=Decimal(12)), priced(routes, output=Decimal("12.0")), routes):
        with context.ledger.begin() as connection:
            register_model(connection, table, "main", context.run.key)
    with context.ledger.read() as connection:
        rows = connection.exec_driver_sql(
            "SELECT provider, model, output, cached_input, since, until FROM prices ORDER BY since"
        ).all()
    assert [(row.provider, row.model, row.output) for row in rows] == [
        ("vendor", "m-1", price) for price in (10, 12, 10)
    ]
    assert [row.until for row in rows] == [rows[1].since, rows[2].since, None]
    assert {row.cached_input for row in rows} == {Decimal("0.5")}
