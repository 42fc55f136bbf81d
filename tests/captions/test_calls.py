"""Paid calls against a fake vendor: what is sent, what is stored, what is paid, and what is tried again."""

from __future__ import annotations

import base64
import json
import time
from decimal import Decimal

import pytest

from omnisci_etl.captions.stage import caption
from omnisci_etl.errors import ConfigError, LeftOver

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
    return [row["slug"] for row in office.rows("SELECT o.slug FROM attempt a LEFT JOIN attempt_outcome o USING (attempt_id) ORDER BY attempt_id")]


@pytest.mark.parametrize("api", APIS)
def test_every_figure_gets_a_caption_and_every_token_is_accounted_for(api, routed, llm, library):
    llm.cached, llm.written = 40, 0 if api == "openai-compatible" else 8
    office = routed(api)
    figures = library.figures(6)
    assert office.run(caption) == {"figures": 6, "captioned": 6, "calls": 6, "attempts": 6, "failed": 0, "waiting": 0}
    rows = office.rows("SELECT * FROM lineage ORDER BY figure_id")
    assert [row["figure_id"] for row in rows] == figures
    for row in rows:
        assert row["body"] == llm.caption
        assert row["panels"] == llm.panels
        assert row["model_resolved"] == "m-1-2026-08-01"
        assert row["request_id"] == "req_1"
        assert row["params"] == {"max_output_tokens": 4000}
        assert row["route_policy"] == "test"
        assert row["cost_usd"] > 0
    assert_paid(office, llm)
    (sums,) = office.rows("SELECT sum(cached_tokens) AS cached, sum(cache_write_tokens) AS written FROM attempt_outcome")
    assert (sums["cached"], sums["written"]) == (6 * llm.cached, 6 * llm.written)
    assert {asked.path for asked in llm.asked} == {PATHS[api]}
    before = office.counts()
    assert office.run(caption) == dict.fromkeys(("figures", "captioned", "calls", "attempts", "failed", "waiting"), 0)
    assert office.counts() == before
    assert len(llm.bill) == 6


@pytest.mark.parametrize("api", APIS)
def test_the_request_holds_picture_schema_and_key_and_its_answer_is_kept(api, routed, llm, library):
    office = routed(api, params={"temperature": 0})
    figure = library.figures(1)[0]
    office.run(caption)
    (asked,) = llm.asked
    body = asked.body
    assert body["temperature"] == 0
    (image,) = office.rows("SELECT image_sha256 AS sha FROM figure WHERE figure_id = :id", id=figure)
    stored = office.run(lambda context: context.blobs.get(image["sha"]))
    encoded = base64.b64encode(stored).decode()
    if api == "anthropic":
        assert asked.headers["x-api-key"].startswith("sk-canary")
        picture, words = body["messages"][0]["content"]
        assert picture["source"] == {"type": "base64", "media_type": "image/png", "data": encoded}
        assert body["output_config"]["format"]["schema"]["additionalProperties"] is False
        system, user = body["system"], words["text"]
    elif api == "openai":
        assert asked.headers["authorization"].startswith("Bearer sk-canary")
        picture, words = body["input"][0]["content"]
        assert picture == {"type": "input_image", "image_url": f"data:image/png;base64,{encoded}", "detail": "high"}
        assert body["text"]["format"]["strict"] is True
        assert body["store"] is False
        system, user = body["instructions"], words["text"]
    else:
        picture, words = body["messages"][1]["content"]
        assert picture["image_url"]["url"] == f"data:image/png;base64,{encoded}"
        assert body["response_format"]["json_schema"]["strict"] is True
        system, user = body["messages"][0]["content"], words["text"]
    assert "Yield over time in sample 1." in user
    assert "Yield over time" not in system
    (outcome,) = office.rows("SELECT response_sha256, latency_ms, price FROM attempt JOIN attempt_outcome USING (attempt_id)")
    raw = json.loads(office.run(lambda context: context.blobs.get(outcome["response_sha256"])))
    assert raw["model"] == "m-1-2026-08-01"
    assert outcome["price"] == {"unit": "usd_per_mtok", "input": "2", "cached_input": "0.5", "cache_write": "3", "output": "10"}


@pytest.mark.parametrize("api", APIS)
@pytest.mark.parametrize(
    ("kind", "options", "slug"),
    [
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
        ("truncate", {}, "truncated"),
        ("refuse", {}, "refused"),
        ("off-schema", {}, "off-schema"),
        ("empty", {}, "off-schema"),
    ],
)
def test_a_failure_is_a_row_and_is_tried_again_in_the_same_run(api, kind, options, slug, routed, llm, fault, library):
    office = routed(api)
    library.figures(1)
    llm.faults[PATHS[api]] = [fault(kind, **options)]
    assert office.run(caption) == {"figures": 1, "captioned": 1, "calls": 1, "attempts": 2, "failed": 0, "waiting": 0}
    assert slugs(office) == [slug, "answered"]
    assert_paid(office, llm)
    (row,) = office.rows("SELECT cost_usd, input_tokens FROM lineage")
    assert row["input_tokens"] == sum(one["input_tokens"] for one in llm.answered())
    assert office.rows("SELECT state FROM call_status") == [{"state": "answered"}]


@pytest.mark.parametrize("api", ["openai", "openai-compatible"])
def test_a_filtered_answer_counts_as_a_strike(api, routed, llm, fault, library):
    office = routed(api)
    library.figures(1)
    llm.faults[PATHS[api]] = [fault("filtered")]
    office.run(caption)
    assert slugs(office) == ["content-filtered", "answered"]


def test_an_unknown_is_sent_again_only_after_its_grace_time(routed, llm, fault, library):
    office = routed(settings_={"unknown_grace": 0.7})
    library.figures(1)
    llm.faults["/v1/responses"] = [fault("billed-reset")]
    office.run(caption)
    first, second = (asked.at for asked in llm.asked)
    assert second - first >= 0.7
    assert len(llm.bill) == 2


def test_no_answer_in_time_is_a_request_timeout(routed, llm, fault, library):
    office = routed(settings_={"call_timeout": 0.4})
    library.figures(1)
    llm.faults["/v1/responses"] = [fault("hang", seconds=1.0)]
    office.run(caption)
    assert slugs(office) == ["request-timeout", "answered"]


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


@pytest.mark.parametrize(("api", "status", "body", "error"), STOPS)
def test_key_model_and_credit_stop_the_lane_and_fail_nothing(api, status, body, error, routed, llm, fault, library):
    office = routed(api, max_in_flight=2)
    library.figures(8)
    llm.always = fault("status", status=status, body=body)
    with pytest.raises(error, match="vendor/m-1"):
        office.run(caption)
    assert len(llm.asked) <= 2
    assert not office.rows("SELECT state FROM call_status WHERE state = 'failed'")
    llm.always = None
    assert office.run(caption)["captioned"] == 8
    assert_paid(office, llm)


def test_a_vendor_that_is_away_leaves_the_work_and_costs_nothing(routed, llm, library):
    office = routed(settings_={"call_tries": 2})
    library.figures(5)
    llm.close()
    with pytest.raises(LeftOver, match="5 figures are left: .*unreachable"):
        office.run(caption)
    assert set(slugs(office)) == {"unreachable"}
    assert len(slugs(office)) <= 8
    assert spend(office)["usd"] == 0


def test_tries_end_within_a_run_and_a_later_run_goes_on(routed, llm, fault, library):
    office = routed(settings_={"call_tries": 2}, max_in_flight=1)
    library.figures(2)
    llm.always = fault("status", status=503)
    with pytest.raises(LeftOver, match="overloaded"):
        office.run(caption)
    assert slugs(office).count("overloaded") <= 4
    llm.always = None
    assert office.run(caption)["captioned"] == 2


def test_retry_after_is_honoured(routed, llm, fault, library):
    office = routed()
    library.figures(1)
    llm.faults["/v1/responses"] = [fault("status", status=429, headers={"retry-after-ms": "900"})]
    office.run(caption)
    first, second = (asked.at for asked in llm.asked)
    assert second - first >= 0.9
    (row,) = office.rows("SELECT retry_after_s FROM attempt_outcome WHERE slug = 'rate-limited'")
    assert row["retry_after_s"] == pytest.approx(0.9)


def test_a_vendor_that_asks_to_wait_for_hours_is_left(routed, llm, fault, library):
    office = routed()
    library.figures(2)
    llm.always = fault("status", status=429, headers={"Retry-After": "7200"})
    started = time.monotonic()
    with pytest.raises(LeftOver, match="asks to wait 7200 s"):
        office.run(caption)
    assert time.monotonic() - started < 10


def test_refusals_lower_the_number_in_flight_and_make_no_storm(routed, llm, library):
    office = routed(max_in_flight=8)
    library.figures(16)
    llm.most_in_flight, llm.latency = 2, 0.02
    assert office.run(caption)["captioned"] == 16
    assert slugs(office).count("rate-limited") <= 14
    assert_paid(office, llm)


def test_no_more_requests_than_allowed_are_in_flight(routed, llm, library):
    office = routed(max_in_flight=3)
    library.figures(9)
    llm.latency = 0.05
    office.run(caption)
    assert llm.peak == 3


def test_requests_a_minute_are_spaced(routed, llm, library):
    office = routed(requests_per_minute=240)
    library.figures(4)
    office.run(caption)
    times = sorted(asked.at for asked in llm.asked)
    assert all(later - earlier > 0.2 for earlier, later in zip(times, times[1:], strict=False))


def test_tokens_a_minute_are_spaced(routed, llm, library):
    office = routed(tokens_per_minute=600_000, max_output_tokens=5000)
    library.figures(3)
    office.run(caption)
    times = sorted(asked.at for asked in llm.asked)
    assert times[-1] - times[0] > 2 * 60 * 5000 / 600_000


def test_an_answer_without_usage_counts_at_its_worst_case(routed, llm, fault, library):
    office = routed()
    library.figures(1)
    llm.faults["/v1/responses"] = [fault("no-usage")]
    office.run(caption)
    (row,) = office.rows("SELECT o.cost_usd, a.worst_case_usd FROM attempt a JOIN attempt_outcome o USING (attempt_id)")
    assert row["cost_usd"] == row["worst_case_usd"] > 0


def test_the_worst_case_is_never_less_than_the_cost(routed, llm, library):
    office = routed()
    extraction = library.paper()
    for number in range(1, 4):
        library.figure(extraction, number, mentions=[f"Fig. {number} shows it. " * 40 * number])
    office.run(caption)
    for row in office.rows("SELECT o.cost_usd, a.worst_case_usd FROM attempt a JOIN attempt_outcome o USING (attempt_id)"):
        assert row["cost_usd"] < row["worst_case_usd"]


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


def test_an_undecodable_picture_fails_its_figure_without_a_request(routed, llm, library, context, monkeypatch):
    from omnisci_etl.captions import crew
    from omnisci_etl.errors import BadInput

    def refuse(*_args, **_options):
        raise BadInput("picture-undecodable", "broken")

    office = routed()
    library.figures(1)
    monkeypatch.setattr(crew, "for_model", refuse)
    counts = office.run(caption)
    assert (counts["failed"], counts["attempts"]) == (1, 1)
    assert not llm.asked
    assert slugs(office) == ["bad-request"]


def test_a_missing_picture_leaves_its_figure(routed, llm, library, settings):
    office = routed()
    library.figures(2)
    (row,) = office.rows("SELECT image_sha256 AS sha FROM figure ORDER BY figure_id LIMIT 1")
    office.run(lambda context: __import__("os").remove(context.blobs.path(row["sha"])))
    with pytest.raises(LeftOver, match="1 captions written, 1 figures are left: .*is missing"):
        office.run(caption)
    assert len(llm.asked) == 1
