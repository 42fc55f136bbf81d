"""Paid calls against a fake vendor: what is sent, what is stored, what is paid, and what is tried again."""

from __future__ import annotations

import base64
import json
import os
import time
from decimal import Decimal
from functools import partial

import pytest

from omnisci_etl.captions import requests
from omnisci_etl.captions.stage import caption
from omnisci_etl.errors import BadInput, ConfigError, LeftOver
from omnisci_etl.figures.images import for_model

APIS = ["openai", "anthropic", "openai-compatible"]
PATHS = {"openai": "/v1/responses", "anthropic": "/v1/messages", "openai-compatible": "/v1/chat/completions"}


def spend(office):
    """Sums of the view."""
    (row,) = office.rows(
        "SELECT coalesce(sum(input_tokens), 0) AS input, coalesce(sum(output_tokens), 0) AS output, coalesce(sum(cost_usd), 0) AS usd, "
        "coalesce(sum(attempts), 0) AS attempts, coalesce(sum(unknown), 0) AS unknown FROM spend"
    )  # fmt: skip
    return row


def assert_paid(office, llm):
    """The ledger's tokens and dollars are those of the answers that left the vendor."""
    bill = llm.answered()
    paid = spend(office)
    assert paid["input"] == sum(row["input_tokens"] for row in bill)
    assert paid["output"] == sum(row["output_tokens"] for row in bill)
    plain = sum(row["input_tokens"] - row["cached_tokens"] - row["cache_write_tokens"] for row in bill)
    dollars = (
        plain * Decimal(2) + sum(r["cached_tokens"] for r in bill) * Decimal("0.5")
        + sum(r["cache_write_tokens"] for r in bill) * Decimal(3) + sum(r["output_tokens"] for r in bill) * Decimal(10)
    ) / 1_000_000  # fmt: skip
    assert paid["usd"] == dollars


def slugs(office):
    """Outcomes in the order of the attempts."""
    return [
        row["slug"]
        for row in office.rows(
            "SELECT o.slug FROM attempt a LEFT JOIN attempt_outcome o USING (attempt_id) ORDER BY attempt_id"
        )
    ]


@pytest.mark.parametrize("api", APIS)
def test_every_figure_gets_a_caption_and_every_token_is_accounted_for(api, routed, llm, library):
    llm.cached, llm.written, llm.latency = 40, 0 if api == "openai-compatible" else 8, 0.03
    office = routed(api, max_in_flight=3, params={"temperature": 0})
    figures = library.figures(9)
    assert office.run(caption) == {"figures": 9, "captioned": 9, "calls": 9, "attempts": 9, "failed": 0, "waiting": 0}
    rows = office.rows("SELECT * FROM lineage ORDER BY figure_id")
    assert [row["figure_id"] for row in rows] == figures
    for row in rows:
        assert row["body"] == llm.caption
        assert row["panels"] == llm.panels
        assert row["model_resolved"] == "m-1-2026-08-01"
        assert row["request_id"] == "req_1"
        assert row["params"] == {"max_output_tokens": 4000, "temperature": 0}
        assert row["route_policy"] == "test"
        assert row["cost_usd"] > 0
    assert_paid(office, llm)
    (sums,) = office.rows(
        "SELECT sum(cached_tokens) AS cached, sum(cache_write_tokens) AS written FROM attempt_outcome"
    )
    assert (sums["cached"], sums["written"]) == (9 * llm.cached, 9 * llm.written)
    assert llm.peak == 3
    before = office.counts()
    assert office.run(caption) == dict.fromkeys(("figures", "captioned", "calls", "attempts", "failed", "waiting"), 0)
    assert office.counts() == before
    assert len(llm.bill) == 9


def request_parts(api, body):
    """(system text, user text, picture part, schema) of a request."""
    if api == "anthropic":
        picture, words = body["messages"][0]["content"]
        return body["system"], words["text"], picture, body["output_config"]["format"]["schema"]
    if api == "openai":
        assert body["text"]["format"]["strict"] is True
        assert body["store"] is False
        picture, words = body["input"][0]["content"]
        return body["instructions"], words["text"], picture, body["text"]["format"]["schema"]
    assert body["response_format"]["json_schema"]["strict"] is True
    picture, words = body["messages"][1]["content"]
    return body["messages"][0]["content"], words["text"], picture, body["response_format"]["json_schema"]["schema"]


@pytest.mark.parametrize("api", APIS)
def test_the_request_holds_picture_schema_and_key_and_its_answer_is_kept(api, routed, llm, library):
    office = routed(api, params={"temperature": 0})
    figure = library.figures(1)[0]
    office.run(caption)
    (asked,) = llm.asked
    assert asked.path == PATHS[api]
    assert asked.headers["authorization"] == "Bearer sk-canary-0123456789abcdef"
    assert asked.body["temperature"] == 0
    system, user, picture, schema = request_parts(api, asked.body)
    (image,) = office.rows("SELECT image_sha256 AS sha FROM figure WHERE figure_id = :id", id=figure)
    encoded = base64.b64encode(office.run(lambda context: context.blobs.get(image["sha"]))).decode()
    assert picture == {
        "anthropic": {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": encoded}},
        "openai": {"type": "input_image", "image_url": f"data:image/png;base64,{encoded}", "detail": "high"},
        "openai-compatible": {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{encoded}", "detail": "high"}},
    }[api]  # fmt: skip
    assert schema["additionalProperties"] is False
    assert "Yield over time in sample 1." in user
    assert "Yield over time" not in system
    (outcome,) = office.rows("SELECT response_sha256, price FROM attempt JOIN attempt_outcome USING (attempt_id)")
    raw = json.loads(office.run(lambda context: context.blobs.get(outcome["response_sha256"])))
    assert raw["model"] == "m-1-2026-08-01"
    assert outcome["price"] == {
        "unit": "usd_per_mtok",
        "input": "2",
        "cached_input": "0.5",
        "cache_write": "3",
        "output": "10",
    }


FAULTS = [
    ("status", {"status": 429, "headers": {"Retry-After": "0.1"}}, "rate-limited"),
    ("status", {"status": 500}, "overloaded"),
    ("status", {"status": 529}, "overloaded"),
    ("status", {"status": 408}, "request-timeout"),
    ("status", {"status": 302, "headers": {"Location": "http://127.0.0.1:9/"}}, "garbled-answer"),
    ("reset", {}, "connection-lost"),
    ("billed-reset", {}, "connection-lost"),
    ("garbage", {}, "garbled-answer"),
    ("garbage", {"body": b"{}"}, "garbled-answer"),
    ("garbage", {"body": b"[1, 2"}, "garbled-answer"),
    ("garbage", {"headers": {"Content-Encoding": "gzip"}}, "garbled-answer"),
    ("truncate", {}, "truncated"),
    ("refuse", {}, "refused"),
    ("off-schema", {}, "off-schema"),
    ("empty", {}, "off-schema"),
]


@pytest.mark.parametrize("api", APIS)
def test_a_failure_is_a_row_and_is_tried_again_in_the_same_run(api, routed, llm, fault, library):
    office = routed(api)
    filtered = [] if api == "anthropic" else [("filtered", {}, "content-filtered")]
    faults = [*FAULTS, *filtered]
    figures = library.figures(len(faults))
    for number, (kind, options, _) in enumerate(faults, 1):
        llm.by_text[f"in sample {number}."] = fault(kind, **options)
    counts = office.run(caption)
    assert counts == {
        "figures": len(faults),
        "captioned": len(faults),
        "calls": len(faults),
        "attempts": 2 * len(faults),
        "failed": 0,
        "waiting": 0,
    }
    outcomes = office.rows(
        "SELECT r.figure_id, array_agg(o.slug ORDER BY a.ordinal) AS slugs FROM route r JOIN attempt a USING (call_id) "
        "JOIN attempt_outcome o USING (attempt_id) GROUP BY r.figure_id ORDER BY r.figure_id"
    )  # fmt: skip
    assert [row["slugs"] for row in outcomes] == [[slug, "answered"] for _, _, slug in faults]
    assert [row["figure_id"] for row in outcomes] == figures
    assert_paid(office, llm)
    assert office.rows("SELECT DISTINCT state FROM call_status") == [{"state": "answered"}]
    (lineage,) = office.rows("SELECT sum(input_tokens) AS input, sum(cost_usd) AS usd FROM lineage")
    assert (lineage["input"], lineage["usd"]) == (spend(office)["input"], spend(office)["usd"])
    assert len(office.rows("SELECT FROM call_lease")) == 0


def test_waits_for_the_vendor_for_the_grace_of_an_unknown_and_not_for_ever(routed, llm, fault, library):
    office = routed(settings_={"unknown_grace": 0.7, "call_timeout": 0.5})
    library.figures(3)
    llm.by_text = {
        "in sample 1.": fault("status", status=429, headers={"retry-after-ms": "900"}),
        "in sample 2.": fault("billed-reset"),
        "in sample 3.": fault("hang", seconds=0.8),
    }
    office.run(caption)
    assert sorted(slugs(office)) == ["answered"] * 3 + ["connection-lost", "rate-limited", "request-timeout"]
    for number, wait in ((1, 0.9), (2, 0.7), (3, 0.7)):
        first, second = (asked.at for asked in llm.asked if f"in sample {number}." in json.dumps(asked.body))
        assert second - first >= wait
    (row,) = office.rows("SELECT retry_after_s FROM attempt_outcome WHERE slug = 'rate-limited'")
    assert row["retry_after_s"] == pytest.approx(0.9)
    assert_paid(office, llm)
    assert spend(office)["unknown"] == 2


def test_billable_failures_stop_at_the_strike_cap(routed, llm, fault, library):
    office = routed(settings_={"strike_cap": 2})
    library.figures(1)
    llm.always = fault("off-schema")
    assert office.run(caption) == {"figures": 1, "captioned": 0, "calls": 1, "attempts": 2, "failed": 1, "waiting": 0}
    assert slugs(office) == ["off-schema", "strikes-out"]
    assert_paid(office, llm)
    assert office.rows("SELECT state, last_slug FROM call_status") == [{"state": "failed", "last_slug": "strikes-out"}]
    (row,) = office.rows("SELECT error FROM attempt_outcome WHERE slug = 'strikes-out'")
    assert row["error"].startswith("off-schema: ")
    before = office.counts()
    assert office.run(caption) == {"figures": 1, "captioned": 0, "calls": 0, "attempts": 0, "failed": 1, "waiting": 0}
    assert office.counts() == before
    llm.always = None
    assert office.run(caption, strike_cap=3)["captioned"] == 1


def test_a_refused_request_fails_for_good_and_the_others_go_on(routed, llm, fault, library):
    office = routed(max_in_flight=1)
    library.figures(3)
    llm.faults["/v1/responses"] = [fault("status", status=400)]
    counts = office.run(caption)
    assert (counts["captioned"], counts["failed"], counts["waiting"]) == (2, 1, 0)
    assert office.run(caption)["attempts"] == 0


STOPS = [
    ("openai", 401, {"error": {"message": "Incorrect API key", "code": "invalid_api_key"}}, ConfigError),
    ("anthropic", 403, {"type": "error", "error": {"type": "permission_error", "message": "no"}}, ConfigError),
    ("openai", 404, {"error": {"message": "The model does not exist", "code": "model_not_found"}}, ConfigError),
    ("openai", 429, {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}, LeftOver),
    ("anthropic", 400, {"type": "error", "error": {"type": "invalid_request_error", "message": "Your credit balance is too low to access"}}, LeftOver),
    ("openai-compatible", 402, {"error": "pay first"}, LeftOver),
]  # fmt: skip


def test_key_model_and_credit_stop_the_lane_and_fail_nothing(routed, llm, fault, library):
    library.figures(8)
    for api, status, body, error in STOPS:
        office = routed(api, max_in_flight=2)
        llm.always = fault("status", status=status, body=body)
        llm.asked.clear()
        with pytest.raises(error, match="vendor/m-1"):
            office.run(caption)
        assert 1 <= len(llm.asked) <= 2
        assert not office.rows("SELECT state FROM call_status WHERE state = 'failed'")
    assert not llm.bill
    llm.always = None
    assert office.run(caption)["captioned"] == 8
    assert_paid(office, llm)


def test_a_vendor_that_cannot_answer_leaves_the_work_to_a_later_run(routed, llm, fault, library):
    office = routed(settings_={"call_tries": 3}, max_in_flight=2)
    library.figures(20)
    llm.always = fault("status", status=503)
    with pytest.raises(LeftOver, match=r"20 figures are left: .*overloaded"):
        office.run(caption)
    assert 3 <= len(slugs(office)) <= 2 + 3 + 2
    llm.always = fault("status", status=429, headers={"Retry-After": "7200"})
    started = time.monotonic()
    with pytest.raises(LeftOver, match="asks to wait 7200 s"):
        office.run(caption)
    assert time.monotonic() - started < 10
    llm.always = None
    assert office.run(caption)["captioned"] == 20
    assert_paid(office, llm)


def test_a_vendor_that_is_away_costs_nothing(routed, llm, library):
    office = routed(settings_={"call_tries": 2})
    library.figures(12)
    llm.close()
    with pytest.raises(LeftOver, match=r"12 figures are left: .*unreachable"):
        office.run(caption)
    assert set(slugs(office)) == {"unreachable"}
    assert len(slugs(office)) <= 4 + 2 + 2
    assert (spend(office)["usd"], spend(office)["unknown"]) == (0, 0)


def test_one_call_without_luck_is_left_and_the_others_go_on(routed, llm, fault, library):
    office = routed(settings_={"call_tries": 1}, max_in_flight=1)
    library.figures(4)
    llm.by_text["in sample 2."] = fault("status", status=500)
    with pytest.raises(LeftOver, match=r"3 captions written, 1 figures are left: 1 for vendor/m-1: overloaded"):
        office.run(caption)
    assert office.run(caption)["captioned"] == 1


def test_refusals_lower_the_number_in_flight_and_make_no_storm(routed, llm, library):
    office = routed(max_in_flight=8)
    library.figures(16)
    llm.most_in_flight, llm.latency = 2, 0.02
    assert office.run(caption)["captioned"] == 16
    assert slugs(office).count("rate-limited") <= 14
    assert_paid(office, llm)


def test_requests_and_tokens_a_minute_are_spaced(routed, llm, library):
    """A request may be late, as the machine may be busy, but none is early."""
    office = routed(requests_per_minute=300)
    library.figures(4)
    start = time.monotonic()
    office.run(caption)
    for number, at in enumerate(sorted(asked.at for asked in llm.asked)):
        assert at - start > number * 60 / 300
    office = routed(tokens_per_minute=1_200_000, max_output_tokens=5000)
    llm.asked.clear()
    start = time.monotonic()
    assert office.run(partial(caption, refresh=True))["captioned"] == 4
    for number, at in enumerate(sorted(asked.at for asked in llm.asked)):
        assert at - start > number * 60 * 5000 / 1_200_000


def test_costs_never_exceed_the_worst_case_which_stands_in_for_a_missing_report(routed, llm, fault, library):
    office = routed()
    extraction = library.paper()
    for number in range(1, 4):
        library.figure(extraction, number, mentions=[f"Fig. {number} shows it. " * 40 * number])
    llm.by_text["in sample 3."] = fault("no-usage")
    office.run(caption)
    costs = office.rows(
        "SELECT o.cost_usd AS usd, a.worst_case_usd AS worst FROM attempt a JOIN attempt_outcome o USING (attempt_id) ORDER BY o.input_tokens"
    )
    assert costs[0]["usd"] == costs[0]["worst"] > 0
    assert all(0 < row["usd"] < row["worst"] for row in costs[1:])


def test_one_call_captions_the_same_figure_in_two_papers(routed, llm, library):
    office = routed()
    first, second = library.paper(), library.paper()
    library.figure(first, 1)
    library.figure(second, 1)
    counts = office.run(caption)
    assert (counts["captioned"], counts["calls"], len(llm.bill)) == (2, 1, 1)
    third = library.paper()
    library.figure(third, 1)
    counts = office.run(caption)
    assert (counts["captioned"], counts["attempts"], len(llm.bill)) == (1, 0, 1)
    rows = office.rows("SELECT figure_id, call_id, cost_usd FROM lineage")
    assert len({row["figure_id"] for row in rows}) == 3
    assert len({row["call_id"] for row in rows}) == 1
    assert_paid(office, llm)


def test_pictures_that_are_missing_or_cannot_be_sent_cost_nothing(routed, llm, library, context, monkeypatch):
    office = routed()
    library.figures(3)
    shas = [row["sha"] for row in office.rows("SELECT image_sha256 AS sha FROM figure ORDER BY figure_id")]
    broken = context.blobs.get(shas[1])

    def refuse(picture, **options):
        if picture == broken:
            raise BadInput("picture-undecodable", "broken")
        return for_model(picture, **options)

    monkeypatch.setattr(requests, "for_model", refuse)
    os.remove(context.blobs.path(shas[0]))
    with pytest.raises(LeftOver, match=r"1 captions written, 1 figures are left: .*is missing"):
        office.run(caption)
    assert len(llm.asked) == 1
    assert sorted(slugs(office)) == ["answered", "bad-request"]
    with pytest.raises(LeftOver, match="0 captions written, 1 figures are left"):
        office.run(caption)
    assert len(llm.asked) == 1
