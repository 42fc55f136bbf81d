"""Paid calls against a fake vendor: what is sent, what is stored, what is paid."""

from __future__ import annotations

import base64
import json
from decimal import Decimal

import pytest

from omnisci_etl.captions.stage import caption
from omnisci_etl.errors import ConfigError, LeftOver

APIS = ["openai", "anthropic", "openai-compatible"]
PATHS = {"openai": "/v1/responses", "anthropic": "/v1/messages", "openai-compatible": "/v1/chat/completions"}


def spend(office):
    """Tokens, attempts and unknowns of the view."""
    (row,) = office.rows(
        "SELECT coalesce(sum(input_tokens), 0) AS input, coalesce(sum(output_tokens), 0) AS output, coalesce(sum(cost_usd), 0) AS usd, "
        "coalesce(sum(attempts), 0) AS attempts, coalesce(sum(failures), 0) AS failures, coalesce(sum(unknown), 0) AS unknown FROM spend"
    )  # fmt: skip
    return row


def assert_paid(office, llm):
    """The ledger's tokens are those of the bill."""
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
