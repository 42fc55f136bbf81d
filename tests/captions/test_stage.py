"""Which figures are captioned, by whom, within which budget, and what the plan says of it beforehand."""

from __future__ import annotations

import base64
import hashlib
import io
import logging
from decimal import Decimal
from functools import partial

import pytest
from PIL import Image

from omnisci_etl.captions import planning, prompts
from omnisci_etl.captions.stage import caption, plan
from omnisci_etl.errors import ConfigError, LeftOver

NOTHING = dict.fromkeys(("figures", "captioned", "calls", "attempts", "failed", "waiting"), 0)


def planned(office, **options):
    return plan(office.settings, office.ledger, **options)


def test_offline_default_captions_every_figure(offline, library):
    extraction = library.paper()
    first = library.figure(extraction, 1, caption="Yield over time. (a) Rate. (b) Loss.", panels=[("a", "Rate."), ("b", "Loss.")],
                           mentions=["As shown in Fig. 1a, the rate rises to 5 %. Fig. 2 is another matter."])  # fmt: skip
    library.figure(extraction, 2, reject_slug="no-picture")
    assert planned(offline)[0]["calls"] == 1
    assert offline.run(caption) == {"figures": 1, "captioned": 1, "calls": 1, "attempts": 1, "failed": 0, "waiting": 0}
    (row,) = offline.rows("SELECT * FROM lineage")
    assert row["figure_id"] == first
    assert row["body"] == "Yield over time. (a) Rate. (b) Loss. As shown in panel a, the rate rises to 5 %."
    assert row["panels"] == [{"label": "a", "text": "Rate."}, {"label": "b", "text": "Loss."}]
    assert (row["provider"], row["model_requested"], row["model_resolved"]) == (
        "offline",
        "extractive-1",
        "extractive-1",
    )
    assert row["request_id"] is None
    assert row["cost_usd"] == 0
    assert row["prompt_name"] == "extractive"
    assert row["route_reason"] == {"rule": "default", "use": "extract"}
    before = offline.counts()
    assert offline.run(caption) == NOTHING
    assert offline.counts() == before
    assert planned(offline) == []


def test_a_figure_without_words_fails_for_good_without_a_model(offline, library):
    library.figure(library.paper(), 1, caption="(a) (b)")
    assert offline.run(caption)["failed"] == 1
    before = offline.counts()
    assert offline.run(caption) == {**NOTHING, "figures": 1, "failed": 1}
    assert offline.counts() == before
    assert planned(offline)[0]["failed"] == 1


def test_only_figures_of_current_papers_are_captioned(offline, library):
    old = library.paper()
    library.figure(old, 1)
    new = library.paper(paper_id=library.paper_of(old), version=2)
    kept = library.figure(new, 1, caption="Yield of the second version.")
    withdrawn = library.paper()
    library.figure(withdrawn, 2)
    library.state(library.version_of(withdrawn), "withdrawn")
    retracted = library.paper()
    library.figure(retracted, 3)
    library.state(library.version_of(retracted), "retracted")
    assert offline.run(caption)["figures"] == 1
    assert offline.rows("SELECT figure_id FROM caption") == [{"figure_id": kept}]


def test_disciplines_and_limits(offline, library):
    library.figures(3, discipline="materials-science")
    library.figures(4, discipline="ecology")
    assert offline.run(partial(caption, discipline="ecology", limit=3))["captioned"] == 3
    assert offline.run(partial(caption, discipline="ecology"))["captioned"] == 1
    assert offline.run(partial(caption, limit=2))["captioned"] == 2
    assert sum(row["figures"] for row in planned(offline, discipline="ecology")) == 0
    assert planned(offline, limit=1)[0]["figures"] == 1


def test_figures_that_failed_take_no_room_of_a_limit(offline, library):
    extraction = library.paper()
    library.figure(extraction, 1, caption="(a)")
    library.figure(extraction, 2)
    assert offline.run(partial(caption, limit=1)) == {
        "figures": 2,
        "captioned": 1,
        "calls": 2,
        "attempts": 2,
        "failed": 1,
        "waiting": 0,
    }


def test_a_second_extraction_takes_over_captions_of_unchanged_figures_for_nothing(routed, llm, library):
    office = routed()
    first = library.paper()
    library.figure(first, 1)
    library.figure(first, 2)
    office.run(caption)
    again = library.extraction(library.version_of(first), "2")
    same = library.figure(again, 1)
    changed = library.figure(again, 2, caption="Another yield.")
    (row,) = planned(office)
    assert (row["figures"], row["calls"], row["answered"], row["stale"], row["stale_by"]) == (1, 0, 1, 1, "evidence 1")
    assert office.run(caption) == {**NOTHING, "figures": 1, "captioned": 1}
    assert office.rows("SELECT figure_id FROM caption WHERE figure_id = ANY (:ids)", ids=[same, changed]) == [
        {"figure_id": same}
    ]
    assert len(llm.bill) == 2
    assert office.run(partial(caption, refresh=True))["captioned"] == 1
    assert len(llm.bill) == 3
    assert office.run(partial(caption, refresh=True)) == NOTHING


def test_a_changed_model_prompt_or_evidence_is_stale_and_only_refresh_pays_for_it(routed, llm, library, monkeypatch):
    office = routed()
    library.figures(2)
    office.run(caption)
    office = routed(max_output_tokens=900)
    assert office.run(caption) == NOTHING
    (row,) = planned(office)
    assert (row["figures"], row["calls"], row["stale"], row["stale_by"]) == (0, 0, 2, "model 2")
    (row,) = planned(office, refresh=True)
    assert (row["figures"], row["calls"]) == (2, 2)
    assert office.run(partial(caption, refresh=True, limit=1))["captioned"] == 1
    edited = prompts.parse(
        {**{key: getattr(prompts.load("figure-caption"), key) for key in prompts.KEYS}, "version": "2"},
        "figure-caption",
    )
    monkeypatch.setattr(planning.prompts, "load", lambda name: edited)
    (row,) = planned(office)
    assert row["stale_by"] == "prompt 2"
    assert office.run(partial(caption, refresh=True))["captioned"] == 2
    assert office.rows("SELECT count(*) AS n FROM prompt") == [{"n": 2}]
    assert office.rows("SELECT count(*) AS n FROM lineage WHERE is_active") == [{"n": 2}]


def test_rules_send_figures_to_different_models(routed, llm, library):
    office = routed(rules=[{"when": {"kind": ["gel", "map"], "panels_at_most": 1}, "use": "extract"}])
    extraction = library.paper()
    library.figure(extraction, 1, kind="gel")
    library.figure(extraction, 2, kind="chart")
    assert [(row["model"], row["calls"]) for row in planned(office)] == [("extract", 1), ("main", 1)]
    assert office.run(caption)["captioned"] == 2
    rows = office.rows("SELECT provider, route_reason, route_probability FROM lineage ORDER BY figure_id")
    assert [row["provider"] for row in rows] == ["offline", "vendor"]
    assert rows[0]["route_reason"] == {
        "rule": 0,
        "when": {"kind": ["gel", "map"], "panels_at_most": 1},
        "use": "extract",
    }
    (route,) = office.rows("SELECT features, candidates, probability FROM route ORDER BY figure_id LIMIT 1")
    assert route["features"]["kind"] == "gel"
    assert route["features"]["discipline"] == ["materials-science"]
    assert route["candidates"] == ["extract", "main"]
    assert route["probability"] == 1


def test_the_plan_prices_what_caption_then_does(routed, llm, library):
    office = routed()
    library.figures(4)
    before = office.counts()
    (row,) = planned(office)
    assert office.counts() == before
    assert (row["model"], row["provider"], row["requested"], row["figures"], row["calls"]) == (
        "main",
        "vendor",
        "m-1",
        4,
        4,
    )
    assert row["image_bytes"] == sum(
        r["bytes"] for r in office.rows("SELECT b.bytes FROM figure f JOIN blob b ON b.sha256 = f.image_sha256")
    )
    assert row["usd"] == pytest.approx((row["input_tokens"] * 2 + row["output_tokens"] * 10) / 1e6)
    office.run(caption)
    (worst,) = office.rows("SELECT sum(worst_case_usd) AS usd FROM attempt")
    assert 0 < row["usd"] < worst["usd"]
    assert planned(office) == []


def test_a_run_keeps_to_its_budget_and_fails_nothing(routed, llm, library):
    llm.written = 4000
    office = routed(max_output_tokens=100)
    library.figures(10)
    office.run(partial(caption, limit=1))
    (first,) = office.rows(
        "SELECT worst_case_usd AS worst, cost_usd AS cost FROM attempt JOIN attempt_outcome USING (attempt_id)"
    )
    budget = first["worst"] * 3
    office = routed(max_output_tokens=100, budget={"usd_per_run": str(budget)})
    with pytest.raises(LeftOver, match="usd_per_run"):
        office.run(caption)
    (spent,) = office.rows(
        "SELECT sum(cost_usd) AS usd, count(*) AS n FROM attempt_outcome JOIN attempt USING (attempt_id) "
        "WHERE run_key = (SELECT max(run_key) FROM attempt)"
    )  # fmt: skip
    assert spent["usd"] <= budget < spent["usd"] + first["worst"] * Decimal("1.01")
    assert 3 <= spent["n"] < 9
    assert not office.rows("SELECT state FROM call_status WHERE state NOT IN ('answered', 'planned')")
    assert routed(max_output_tokens=100).run(caption)["captioned"] == 9 - spent["n"]


def test_a_day_keeps_to_its_budget_over_runs_and_counts_unknowns_at_their_worst(routed, llm, fault, library):
    llm.written = 4000
    office = routed(max_output_tokens=100, settings_={"call_tries": 1})
    library.figures(6)
    llm.faults["/v1/responses"] = [fault("billed-reset")]
    with pytest.raises(LeftOver, match="connection-lost"):
        office.run(partial(caption, limit=1))
    (lost,) = office.rows("SELECT worst_case_usd AS worst FROM attempt")
    for factor, calls in (("1.9", 1), ("2.1", 2)):
        office = routed(max_output_tokens=100, budget={"usd_per_day": str(lost["worst"] * Decimal(factor))})
        with pytest.raises(LeftOver, match="usd_per_day"):
            office.run(caption)
        assert len(llm.bill) == calls


def test_a_missing_key_is_said_before_anything_is_written(routed, llm, library, monkeypatch):
    office = routed()
    library.figures(1)
    monkeypatch.delenv("VLLM_API_KEY")
    before = office.counts()
    with pytest.raises(ConfigError, match=r"providers\.vendor: the key VLLM_API_KEY is not set"):
        office.run(caption)
    assert office.counts() == before
    assert planned(office)[0]["calls"] == 1


def test_no_key_reaches_rows_blobs_errors_or_logs(routed, llm, fault, library, caplog, tmp_path):
    key = "sk-canary-0123456789abcdef"
    caplog.set_level(logging.DEBUG)
    library.figures(6)
    for api in ("openai", "anthropic", "openai-compatible"):
        office = routed(api, max_in_flight=1)
        llm.caption = f"The figure shows {key} in a plot."
        llm.by_text["in sample 2."] = fault("garbage", body=f"<html>{key}</html>".encode())
        llm.by_text["in sample 3."] = fault("status", status=500, body={"error": {"message": f"no {key}"}})
        llm.by_text["in sample 4."] = fault("status", status=401, body={"error": {"message": f"bad key {key}"}})
        with pytest.raises(ConfigError) as raised:
            office.run(caption)
        assert key not in str(raised.value)
    tables = [
        row["name"] for row in office.rows("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'omnisci'")
    ]
    for table in tables:
        assert not office.rows(f'SELECT FROM omnisci."{table}" t WHERE t::text LIKE :key', key=f"%{key}%"), table
    stored = [path for path in tmp_path.rglob("*") if path.is_file() and key.encode() in path.read_bytes()]
    assert stored == []
    assert key not in caplog.text


def picture(size):
    data = io.BytesIO()
    Image.new("RGB", size, (9, 90, 160)).save(data, format="PNG")
    return data.getvalue()


def test_each_attempt_says_which_picture_it_sent(routed, llm, library, fault):
    office = routed()
    extraction = library.paper()
    library.figure(extraction, 1, picture=picture((4000, 100)))
    library.figure(extraction, 2, picture=picture((64, 48)))
    llm.faults["/v1/responses"] = [fault("truncate")]
    office.run(caption)
    sent = {
        hashlib.sha256(
            base64.b64decode(asked.body["input"][0]["content"][0]["image_url"].partition(",")[2])
        ).hexdigest()
        for asked in llm.asked
    }
    rows = office.rows(
        "SELECT a.sent_image_sha256 AS sent, f.image_sha256 AS stored, f.ordinal FROM attempt a JOIN route USING (call_id) "
        "JOIN figure f USING (figure_id)"
    )
    assert {row["sent"] for row in rows} == sent
    assert len(rows) == 3
    assert {row["ordinal"]: row["sent"] == row["stored"] for row in rows} == {1: False, 2: True}
