"""Captioning by the vendors' batches: every request has its outcome, and what was paid for is paid once."""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from datetime import timedelta
from functools import partial

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from omnisci_etl.captions import requests
from omnisci_etl.captions.batches import rounds, submitting, yard
from omnisci_etl.captions.providers import batching
from omnisci_etl.captions.providers.openai_batches import OpenAIBatches
from omnisci_etl.captions.stage import caption, plan
from omnisci_etl.errors import BadInput, ConfigError, LeftOver
from omnisci_etl.figures.images import for_model
from omnisci_etl.ledger.database import sql

APIS = ("openai", "anthropic")
CREATE = {"openai": "POST /v1/batches", "anthropic": "POST /v1/messages/batches"}
LIST = {"openai": "GET /v1/batches", "anthropic": "GET /v1/messages/batches"}
RETRIEVE = {"openai": "GET /v1/batches/*", "anthropic": "GET /v1/messages/batches/*"}
RESULTS = {"openai": "GET /v1/files/*/content", "anthropic": "GET /v1/messages/batches/*/results"}
in_batches = partial(caption, batch=True)
one_round = partial(caption, batch=True, wait=False)


def more_figures(library, count, first=100):
    """Figures that are none of those that there are."""
    extraction = library.paper()
    return [library.figure(extraction, number) for number in range(first, first + count)]


def paid(office):
    (row,) = office.rows(
        "SELECT coalesce(sum(input_tokens), 0)::int AS input, coalesce(sum(output_tokens), 0)::int AS output, "
        "coalesce(sum(attempts), 0)::int AS attempts, coalesce(sum(unknown), 0)::int AS unknown, sum(cost_usd) AS usd FROM spend"
    )  # fmt: skip
    return row


def billed(depot):
    left = [row for row in depot.bill if not row["lost"]]
    return {"input": sum(r["input_tokens"] for r in left), "output": sum(r["output_tokens"] for r in left)}


def agrees(office, depot):
    """Whether the ledger's accounts are the vendor's: to the token, and nothing paid twice but what was lost."""
    sums = paid(office)
    assert {name: sums[name] for name in ("input", "output")} == billed(depot)
    assert sums["unknown"] == sum(row["lost"] for row in depot.bill)
    kept = Counter(row["custom_id"] for row in depot.bill if not row["lost"])
    assert max(kept.values(), default=1) == 1
    assert office.rows("SELECT FROM call_lease") == []


def slugs(office):
    return {r["slug"]: r["n"] for r in office.rows("SELECT slug, count(*) AS n FROM attempt_outcome GROUP BY 1")}


def events(office):
    rows = office.rows(
        "SELECT batch_id, array_agg(event ORDER BY batch_event_id) AS told FROM batch_event GROUP BY 1 ORDER BY 1"
    )
    return [row["told"] for row in rows]


def everything(office):
    tables = ("batch", "batch_event", "batch_stray")
    return office.counts() | {n: office.rows(f"SELECT count(*) AS n FROM {n}")[0]["n"] for n in tables}


@pytest.mark.parametrize("api", APIS)
def test_figures_are_captioned_at_the_batch_price(batched, depot, library, api):
    office = batched(api)
    figures = library.figures(5)
    tally = office.run(in_batches)
    assert tally == {
        "figures": 5,
        "captioned": 5,
        "calls": 5,
        "attempts": 5,
        "failed": 0,
        "waiting": 0,
        "open_batches": 0,
    }
    assert events(office) == [["submitted", "ended", "collected"]]
    assert {row["figure_id"] for row in office.rows("SELECT figure_id FROM caption")} == set(figures)
    calls = office.rows("SELECT call_id, fingerprint::text AS name FROM call")
    assert {row["custom_id"] for row in depot.bill} == {row["name"] for row in calls}
    agrees(office, depot)
    (attempt,) = office.rows("SELECT price, worst_case_usd FROM attempt LIMIT 1")
    assert (attempt["price"]["input"], attempt["price"]["output"], attempt["price"]["batch_factor"]) == (
        "1.0",
        "5.0",
        "0.5",
    )
    dollars = sum((r["input_tokens"] - 10) * 1 + 10 * 0.25 + r["output_tokens"] * 5 for r in depot.bill) / 10**6
    assert float(paid(office)["usd"]) == pytest.approx(dollars)
    before = everything(office)
    assert office.run(in_batches)["figures"] == 0
    assert office.run(caption)["figures"] == 0
    assert everything(office) == before


@pytest.mark.parametrize("api", APIS)
def test_the_vendor_is_asked_as_on_line(batched, routed, depot, llm, library, api):
    library.figures(1)
    routed(api, max_output_tokens=500).run(caption)
    batched(api).run(partial(in_batches, refresh=True))
    (batch,) = depot.batches.values()
    (request,) = batch["requests"]
    (asked,) = llm.asked
    if api == "openai":
        assert (request["method"], request["url"]) == ("POST", "/v1/responses")
        assert set(batch["metadata"]) == {"omnisci_intent"}
    sent = request["body" if api == "openai" else "params"]
    assert sent == asked.body


@pytest.mark.parametrize("api", APIS)
def test_each_row_has_its_outcome_and_only_what_failed_is_submitted_again(batched, depot, library, api):
    office = batched(api)
    library.figures(14)
    depot.rows = [
        "ok", "fail", "expire", "cancel", "lose", "garble", "double", "twin", "refuse", "truncate", "schema", "bad", "ok", "ok",
    ]  # fmt: skip
    depot.foreign = 2
    tally = office.run(in_batches)
    assert (tally["figures"], tally["captioned"], tally["failed"]) == (14, 13, 1)
    assert slugs(office) == {
        "answered": 13, "overloaded": 1, "batch-expired": 1, "batch-cancelled": 1, "batch-missing": 2, "refused": 1,
        "truncated": 1, "off-schema": 1, "bad-request": 1,
    }  # fmt: skip
    sums = paid(office)
    assert {name: sums[name] for name in ("input", "output")} == billed(depot)
    assert sums["unknown"] == 2
    twice = [name for name, n in Counter(r["custom_id"] for r in depot.bill if not r["lost"]).items() if n > 1]
    assert len(twice) == 3  # refused, truncated and off schema: paid, recorded, and asked again
    strays = Counter(row["kind"] for row in office.rows("SELECT kind FROM batch_stray"))
    assert strays == {"duplicate": 2, "foreign": 4, "garbled": 1}
    first, second = office.rows("SELECT counts FROM batch_event WHERE event = 'collected' ORDER BY batch_id")
    assert first["counts"] == {"matched": 12, "missing": 2, "duplicate": 2, "foreign": 2, "garbled": 1}
    assert second["counts"] == {"matched": 8, "missing": 0, "duplicate": 0, "foreign": 2, "garbled": 0}
    assert [len(batch["requests"]) for batch in depot.batches.values()] == [14, 8]
    before = everything(office)
    assert office.run(in_batches)["failed"] == 1
    assert everything(office) == before


def test_every_answer_belongs_to_its_figure(batched, depot, library):
    office = batched()
    library.figures(20)
    office.run(in_batches)
    assert office.rows(
        "SELECT c.caption_id FROM caption c JOIN attempt a USING (attempt_id) JOIN route r USING (route_id) "
        "WHERE a.call_id <> c.call_id OR r.call_id <> c.call_id OR r.figure_id <> c.figure_id"
    ) == []  # fmt: skip
    with office.ledger.begin() as connection:
        faults = connection.execute(text("SELECT count(*) FROM caption c JOIN call k USING (call_id) JOIN figure f USING (figure_id) "
                                         "WHERE k.evidence_sha256 <> f.evidence_sha256")).scalar()  # fmt: skip
    assert faults == 0


def test_batches_are_split_by_requests_bytes_and_model(batched, depot, library):
    office = batched(batch_requests=4, rules=[{"when": {"discipline": ["ecology"]}, "use": "m-2"}])
    library.figures(9)
    library.figures(2, discipline="ecology")
    office.run(in_batches)
    sizes = [Counter(r["body"]["model"] for r in batch["requests"]) for batch in depot.batches.values()]
    assert sizes == [{"m-1": 4}, {"m-1": 4}, {"m-1": 1}, {"m-2": 2}]
    rows = office.rows("SELECT requests, bytes FROM batch ORDER BY batch_id")
    assert [row["requests"] for row in rows] == [4, 4, 1, 2]
    line = rows[2]["bytes"]
    more_figures(library, 3)
    office = batched(batch_bytes=2 * line + 200)
    office.run(in_batches)
    assert [r["requests"] for r in office.rows("SELECT requests FROM batch ORDER BY batch_id")][4:] == [2, 1]
    assert all(r["bytes"] <= 2 * line + 200 for r in office.rows("SELECT bytes FROM batch ORDER BY batch_id")[4:])


@pytest.mark.parametrize("api", APIS)
def test_the_plan_says_how_many_batches_bytes_and_dollars(batched, depot, library, api):
    office = batched(api, batch_requests=4)
    figures = library.figures(10)
    assert len(figures) == 10
    before = everything(office)
    (row,) = plan(office.settings, office.ledger, batch=True)
    assert (row["calls"], row["in_batches"], row["batches"]) == (10, 10, 3)
    (online,) = plan(office.settings, office.ledger)
    assert row["usd"] == pytest.approx(online["usd"] / 2, abs=1e-6)
    assert "batches" not in online
    assert everything(office) == before
    office.run(in_batches)
    made = office.rows("SELECT requests, bytes FROM batch")
    assert sorted(one["requests"] for one in made) == [2, 4, 4]
    assert row["batch_bytes"] == pytest.approx(sum(one["bytes"] for one in made), rel=0.05)


def test_the_plan_splits_by_bytes_as_the_batches_are(batched, depot, library):
    office = batched(batch_bytes=20_000)
    library.figures(8)
    (row,) = plan(office.settings, office.ledger, batch=True)
    office.run(in_batches)
    assert row["batches"] == len(office.rows("SELECT FROM batch")) > 1


def test_the_plan_asks_models_without_batches_on_line(routed, library):
    office = routed("openai-compatible")
    library.figures(2)
    (row,) = plan(office.settings, office.ledger, batch=True)
    assert (row["calls"], row["in_batches"], row["batches"], row["batch_bytes"]) == (2, 0, 0, 0)
    (online,) = plan(office.settings, office.ledger)
    assert row["usd"] == online["usd"]


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize("kind", ["billed-reset", "billed-status", "garbage"])
def test_a_batch_that_was_made_although_the_answer_was_lost_is_found_again(
    batched, depot, library, batch_fault, api, kind
):
    office = batched(api)
    library.figures(3)
    depot.faults[CREATE[api]] = [batch_fault(kind)]
    assert office.run(in_batches)["captioned"] == 3
    assert depot.asked[CREATE[api]] == 1
    assert events(office) == [["submitted", "ended", "collected"]]
    agrees(office, depot)


@pytest.mark.parametrize("api", APIS)
def test_a_batch_that_never_came_to_be_is_given_up_after_the_grace_time(batched, depot, library, batch_fault, api):
    office = batched(api)
    library.figures(3)
    depot.faults[CREATE[api]] = [batch_fault("reset")]
    assert office.run(in_batches)["captioned"] == 3
    assert events(office) == [["abandoned"], ["submitted", "ended", "collected"]]
    assert slugs(office) == {"batch-abandoned": 3, "answered": 3}
    assert depot.asked[LIST[api]] == 2
    agrees(office, depot)


def test_a_listing_that_lags_behind_is_looked_at_again(batched, depot, library, batch_fault):
    office = batched()
    library.figures(2)
    depot.faults[CREATE["openai"]] = [batch_fault("billed-reset")]
    depot.hides = 1
    assert office.run(in_batches)["captioned"] == 2
    assert len(depot.batches) == 1
    agrees(office, depot)


def test_a_listing_that_lags_longer_than_the_grace_time_gives_no_second_caption(batched, depot, library, batch_fault):
    """The grace time is the longest lag that is borne: beyond it the batch counts as never made, and is made again."""
    office = batched(unknown_grace=0.05)
    figures = library.figures(2)
    depot.faults[CREATE["openai"]] = [batch_fault("billed-reset")]
    depot.hides = 4
    assert office.run(in_batches)["captioned"] == 2
    assert len(depot.batches) == 2
    assert events(office) == [["abandoned"], ["submitted", "ended", "collected"]]
    assert slugs(office) == {"batch-abandoned": 2, "answered": 2}
    before = everything(office)
    depot.hides = 0
    assert office.run(in_batches)["figures"] == 0
    assert everything(office) == before
    assert [row["figure_id"] for row in office.rows("SELECT figure_id FROM caption ORDER BY 1")] == figures


def test_of_batches_without_names_the_one_with_our_requests_is_found(batched, depot, library, batch_fault):
    office = batched("anthropic")
    library.figures(2)
    for number in range(8):
        depot.start(
            "anthropic", [{"custom_id": f"other-{number}-{n}", "params": {"model": "m"}} for n in range(2)], None
        )
    depot.faults[CREATE["anthropic"]] = [batch_fault("billed-reset")]
    assert office.run(in_batches)["captioned"] == 2
    assert len([row for row in depot.bill if row["model"] == "m-1"]) == 2


def test_a_batch_that_may_be_ours_is_waited_for_and_never_sent_again(batched, depot, library, batch_fault):
    office = batched("anthropic")
    library.figures(2)
    depot.ends = False
    depot.faults[CREATE["anthropic"]] = [batch_fault("billed-reset")]
    assert office.run(one_round)["open_batches"] == 1
    assert office.run(one_round)["open_batches"] == 1
    assert paid(office)["unknown"] == 2
    assert [row["state"] for row in office.rows("SELECT state FROM call_status")] == ["unknown"] * 2
    depot.ends = True
    assert office.run(in_batches)["captioned"] == 2
    assert depot.asked[CREATE["anthropic"]] == 1
    agrees(office, depot)


def test_a_running_batch_is_not_unknown_and_nobody_asks_its_calls_again(batched, depot, library):
    office = batched()
    library.figures(3)
    depot.ends = False
    tally = office.run(one_round)
    assert (tally["waiting"], tally["open_batches"], tally["attempts"]) == (3, 1, 0)
    assert paid(office) | {"usd": 0} == {"input": 0, "output": 0, "attempts": 3, "unknown": 0, "usd": 0}
    assert {row["state"] for row in office.rows("SELECT state FROM call_status")} == {"batched"}
    on_line = office.run(caption)
    assert (on_line["figures"], on_line["waiting"], on_line["in_batches"]) == (3, 0, 3)
    assert office.run(one_round)["open_batches"] == 1
    (row,) = plan(office.settings, office.ledger)
    assert (row["figures"], row["calls"], row["usd"]) == (3, 0, 0)
    depot.ends = True
    assert office.run(one_round)["captioned"] == 3
    assert len(depot.batches) == 1
    agrees(office, depot)


@pytest.mark.parametrize("api", APIS)
def test_trouble_at_any_step_is_borne_with_patience(batched, depot, library, batch_fault, api):
    office = batched(api, batch_requests=10)
    library.figures(30)
    busy = [
        batch_fault("status", 429, headers={"Retry-After": "0.05"}),
        batch_fault("status", 529),
        batch_fault("reset"),
        None,
    ]
    depot.faults = {
        "POST /v1/files": list(busy), CREATE[api]: [batch_fault("status", 429)], RETRIEVE[api]: [*busy, batch_fault("garbage")],
        RESULTS[api]: [*busy, batch_fault("cut"), batch_fault("cut")],
    }  # fmt: skip
    assert office.run(in_batches)["captioned"] == 30
    assert len(depot.batches) == 3
    assert not any(planned for path, planned in depot.faults.items() if path != "POST /v1/files" or api == "openai")
    agrees(office, depot)


@pytest.mark.parametrize("path", [RETRIEVE["openai"], RESULTS["openai"], "POST /v1/files", CREATE["openai"]])
def test_a_vendor_that_stays_away_leaves_everything_consistent(batched, depot, library, batch_fault, path):
    office = batched(call_tries=2)
    library.figures(3)
    depot.faults[path] = [batch_fault("status", 503)] * 2 + [batch_fault("status", 503)] * 20
    with pytest.raises(LeftOver, match="overloaded"):
        office.run(in_batches)
    depot.faults.clear()
    assert office.run(in_batches)["captioned"] == 3
    agrees(office, depot)


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(("status", "slug", "error"), [(401, "wrong-key", ConfigError), (400, "batch-refused", LeftOver), (402, "no-credit", LeftOver)])  # fmt: skip
def test_a_refused_batch_stops_the_model_and_costs_nothing(
    batched, depot, library, batch_fault, api, status, slug, error
):
    office = batched(api, batch_requests=2)
    library.figures(6)
    depot.faults[CREATE[api]] = [batch_fault("status", status)] * 9
    with pytest.raises(error, match=slug):
        office.run(in_batches)
    assert depot.asked[CREATE[api]] == 1
    assert slugs(office) == {slug: 2}
    assert paid(office)["usd"] == paid(office)["unknown"] == 0
    depot.faults.clear()
    assert office.run(in_batches)["captioned"] == 6
    agrees(office, depot)


@pytest.mark.parametrize(("code", "slug"), [("token_limit_exceeded", "rate-limited"), ("empty_file", "batch-refused"), ("billing_hard_limit_reached", "no-credit")])  # fmt: skip
def test_a_batch_that_fails_validation_is_told_and_left(batched, depot, library, code, slug):
    office = batched()
    library.figures(2)
    depot.fails = [code] if slug == "rate-limited" else [code] * 3
    if slug == "rate-limited":
        assert office.run(in_batches)["captioned"] == 2
    else:
        with pytest.raises(LeftOver, match=code):
            office.run(in_batches)
        assert len(depot.batches) == 1
        depot.fails = []
        assert office.run(in_batches)["captioned"] == 2
    assert slugs(office) == {slug: 2, "answered": 2}
    agrees(office, depot)


def test_a_batch_that_was_cancelled_gives_what_was_done(batched, depot, library):
    office = batched()
    library.figures(4)
    depot.end = "cancelled"
    depot.rows = ["ok", "cancel", "ok", "cancel"]
    assert office.run(in_batches)["captioned"] == 4
    assert slugs(office) == {"batch-cancelled": 2, "answered": 4}


def test_requests_that_keep_failing_are_left_and_strikes_end_them(batched, depot, library):
    office = batched(call_tries=2, strike_cap=2)
    library.figures(2)
    depot.rows = ["fail", "refuse"] * 2
    with pytest.raises(LeftOver, match="overloaded") as caught:
        office.run(in_batches)
    assert (caught.value.counts["failed"], caught.value.counts["waiting"]) == (1, 1)
    assert len(depot.batches) == 2
    assert slugs(office) == {"overloaded": 2, "refused": 1, "strikes-out": 1}
    assert office.run(in_batches)["captioned"] == 1


def test_the_budget_bounds_what_is_submitted_and_frees_as_batches_cost_less(batched, depot, library):
    office = batched()
    library.figures(1)
    office.run(in_batches)
    (row,) = office.rows("SELECT worst_case_usd AS usd FROM attempt")
    more_figures(library, 6)
    office = batched(budget={"usd_per_run": float(row["usd"] * 3)})
    assert office.run(in_batches)["captioned"] == 6
    assert [len(b["requests"]) for b in depot.batches.values()][:2] == [1, 2]
    more_figures(library, 2, first=200)
    office = batched(budget={"usd_per_run": float(row["usd"] / 2)})
    with pytest.raises(LeftOver, match="usd_per_run"):
        office.run(in_batches)
    assert len(office.rows("SELECT FROM attempt")) == 7
    agrees(office, depot)


def test_prices_are_those_of_the_submission(batched, depot, library, tmp_path):
    office = batched()
    library.figures(1)
    depot.ends = False
    office.run(one_round)
    path = tmp_path / "routes.yaml"
    path.write_text(path.read_text().replace('"output": 10', '"output": 999'))
    depot.ends = True
    office.run(one_round)
    (row,) = depot.bill
    assert float(paid(office)["usd"]) == pytest.approx(
        (row["input_tokens"] - 10 + 2.5 + row["output_tokens"] * 5) / 10**6
    )


def test_batches_of_a_provider_that_is_gone_from_the_routes_are_told(batched, routed, depot, llm, library):
    office = batched()
    library.figures(1)
    depot.ends = False
    office.run(one_round)
    library.figures(1, discipline="ecology")
    office = routed("openai")
    with pytest.raises(LeftOver, match="no such provider"):
        office.run(in_batches, call_tries=1)


def test_results_that_are_forgotten_for_good_become_unknown(batched, depot, library, monkeypatch):
    office = batched()
    library.figures(2)
    depot.ends = False
    office.run(one_round)
    depot.batches.clear()
    depot.ends = True
    more_figures(library, 2)
    with pytest.raises(LeftOver, match="another account") as caught:
        office.run(in_batches)
    assert (caught.value.counts["captioned"], caught.value.counts["waiting"]) == (2, 2)
    monkeypatch.setattr(yard, "RETENTION", timedelta(0))
    assert office.run(in_batches)["captioned"] == 2
    assert slugs(office) == {"batch-missing": 2, "answered": 4}
    assert paid(office)["unknown"] == 2


def test_the_key_is_never_stored(batched, depot, library, monkeypatch):
    office = batched()
    library.figures(2)
    monkeypatch.setattr(llm_batches_module(), "_said", leaking(llm_batches_module()._said))
    office.run(in_batches)
    bodies = json.dumps(office.rows("SELECT body FROM caption"))
    assert "canary" not in bodies
    assert "***" in bodies


def llm_batches_module():
    import sys

    return sys.modules["llm_batches"]


def leaking(said):
    def leak(*args, **options):
        found = said(*args, **options)
        return found | {"text": json.dumps({"caption": "The key is sk-canary-0123456789abcdef.", "panels": []})}

    return leak


def test_pauses_grow_while_nothing_comes(batched, depot, library, monkeypatch):
    office = batched()
    library.figures(1)
    depot.ends = False
    pauses = []

    def sleep(seconds):
        pauses.append(seconds)
        depot.ends = len(pauses) == 5

    monkeypatch.setattr(rounds, "FIRST_PAUSE", 1.0)
    monkeypatch.setattr(rounds.time, "sleep", sleep)
    office.run(in_batches)
    assert pauses == [1.0, 1.5, 2.25, 3.375, 5.0625]


def test_pictures_that_are_missing_or_cannot_be_sent_leave_the_others_alone(
    batched, depot, library, context, monkeypatch
):
    office = batched()
    library.figures(3)
    shas = [row["sha"] for row in office.rows("SELECT image_sha256 AS sha FROM figure ORDER BY figure_id")]
    broken = context.blobs.get(shas[1])

    def refuse(picture, **options):
        if picture == broken:
            raise BadInput("picture-undecodable", "broken")
        return for_model(picture, **options)

    monkeypatch.setattr(requests, "for_model", refuse)
    os.remove(context.blobs.path(shas[0]))
    with pytest.raises(LeftOver, match=r"1 captions written, 1 figures are left: .*is missing") as caught:
        office.run(in_batches)
    assert (caught.value.counts["failed"], caught.value.counts["attempts"]) == (1, 2)
    assert slugs(office) == {"answered": 1, "bad-request": 1}
    agrees(office, depot)


def test_a_figure_in_a_batch_is_not_asked_of_another_model_meanwhile(batched, depot, library):
    office = batched()
    library.figures(2)
    depot.ends = False
    tally = office.run(one_round)
    del tally["open_batches"]
    other = batched(rules=[{"when": {"discipline": ["materials-science"]}, "use": "m-2"}])
    assert other.run(one_round)["figures"] == 0
    assert other.run(caption) == {**dict.fromkeys(tally, 0), "in_batches": 2}
    depot.ends = True
    assert other.run(in_batches)["captioned"] == 2
    assert len(depot.bill) == 2
    assert {row["model_requested"] for row in office.rows("SELECT model_requested FROM lineage")} == {"m-1"}


def test_models_without_batches_are_asked_on_line_in_the_same_run(batched, depot, llm, library, tmp_path):
    office = batched(
        rules=[
            {"when": {"discipline": ["ecology"]}, "use": "box"},
            {"when": {"discipline": ["physics"]}, "use": "extract"},
        ]
    )
    path = tmp_path / "routes.yaml"
    content = json.loads(path.read_text())
    content["providers"]["box"] = {"api": "openai-compatible", "base_url": f"{llm.url}/v1"}
    content["models"]["box"] = {"provider": "box", "model": "m-3", "usd_per_mtok": {"input": 1, "output": 1}}
    path.write_text(json.dumps(content))
    extraction = [library.paper(discipline=name) for name in ("ecology", "physics", "chemistry")]
    for number in range(1, 7):
        library.figure(extraction[number % 3], number)
    tally = office.run(in_batches)
    assert (tally["figures"], tally["captioned"], tally["calls"], tally["waiting"]) == (6, 6, 6, 0)
    assert (len(llm.bill), len(depot.bill)) == (2, 2)


def test_an_interrupt_waits_for_the_record_of_a_submission(batched, depot, library, monkeypatch):
    office = batched()
    library.figures(2)
    depot.ends = False
    create = OpenAIBatches.create

    def interrupted(*args):
        signal.raise_signal(signal.SIGINT)
        return create(*args)

    monkeypatch.setattr(OpenAIBatches, "create", interrupted)
    with pytest.raises(KeyboardInterrupt):
        office.run(in_batches)
    assert events(office) == [["submitted"]]
    depot.ends = True
    assert office.run(in_batches)["captioned"] == 2
    agrees(office, depot)


def test_a_submission_that_took_too_long_is_not_started_any_more(batched, depot, library, monkeypatch):
    office = batched(call_tries=1)
    library.figures(2)
    monkeypatch.setattr(submitting, "LATEST", timedelta(0))
    with pytest.raises(LeftOver, match="took too long"):
        office.run(in_batches)
    assert depot.batches == {}
    assert events(office) == [["abandoned"]]


def test_verify_finds_a_batch_whose_rows_do_not_add_up(batched, depot, library):
    office = batched()
    library.figures(2)
    office.run(in_batches)
    with office.ledger.read() as connection:
        assert connection.execute(sql("omnisci_etl.ledger.sql", "faults_in_calls")).all() == []
    with office.ledger.engine.begin() as connection:
        connection.execute(
            text(
                "ALTER TABLE omnisci.attempt_outcome DISABLE TRIGGER append_only; ALTER TABLE omnisci.caption DISABLE TRIGGER append_only"
            )
        )
        connection.execute(text("DELETE FROM omnisci.caption; DELETE FROM omnisci.attempt_outcome"))
    with office.ledger.read() as connection:
        faults = connection.execute(sql("omnisci_etl.ledger.sql", "faults_in_calls")).scalars().all()
    assert len(faults) == 2
    assert all("collected, and attempt" in fault for fault in faults)


def test_results_are_read_line_by_line(monkeypatch):
    monkeypatch.setattr(batching, "MAX_LINE", 10)
    chunks = [b"a\nb", b"b\n\n", b"c" * 25 + b"\r\nd", b"", b"sk-secret"]
    assert list(batching.split_lines(chunks, SecretStr("sk-secret"))) == [b"a", b"bb", b"c" * 10, b"d***"]


@pytest.mark.parametrize("name", ["../../v1/files", "a/b", "a?b", "", "..", "a b"])
def test_an_id_that_would_lead_elsewhere_is_refused(name):
    with pytest.raises(batching.Trouble):
        batching.checked_id(name)
