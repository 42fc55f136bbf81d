from __future__ import annotations

import logging
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

import airflow.sdk
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnisci_etl import stages
from omnisci_etl.errors import ConfigError
from omnisci_etl.ledger.runs import RunIdentity
from omnisci_etl.scheduling import tasks
from omnisci_etl.scheduling.tasks import LogProgress, backfill_window, day, identity_from_context
from omnisci_etl.scheduling.wiring import ESCALATIONS, TO_ESCALATE


def context(run_type: str, *, start: datetime | None = None, **params: Any) -> dict[str, Any]:
    return {
        "params": {"since": None, "until": None, "limit": None, **params},
        "dag_run": SimpleNamespace(run_type=run_type),
        "data_interval_start": start,
    }


def test_a_run_of_a_backfill_covers_the_day_it_is_named_after() -> None:
    made = context("backfill", start=datetime(2026, 11, 3, tzinfo=UTC))
    assert backfill_window(made) == (date(2026, 11, 3), date(2026, 11, 3))


def test_the_run_type_may_be_an_enumeration() -> None:
    made = context("", start=datetime(2026, 2, 28, tzinfo=UTC))
    made["dag_run"] = SimpleNamespace(run_type=SimpleNamespace(value="backfill"))
    assert backfill_window(made) == (date(2026, 2, 28), date(2026, 2, 28))


def test_a_run_by_hand_takes_the_dates_of_the_form_and_no_other() -> None:
    start = datetime(2026, 11, 21, tzinfo=UTC)
    made = context("manual", start=start, since="2026-01-01", until="2026-01-31")
    assert backfill_window(made) == (date(2026, 1, 1), date(2026, 1, 31))


@pytest.mark.parametrize("params", [{}, {"since": "2026-01-01"}, {"until": "2026-01-01"}])
def test_a_run_by_hand_without_both_dates_is_refused(params: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match="both dates"):
        backfill_window(context("manual", start=datetime(2026, 11, 21, tzinfo=UTC), **params))


def test_dates_on_top_of_a_backfill_are_refused() -> None:
    with pytest.raises(ConfigError, match="leave since and until empty"):
        backfill_window(context("backfill", start=datetime(2026, 11, 3, tzinfo=UTC), since="2026-01-01"))


@given(st.dates())
def test_every_date_is_read_back(value: date) -> None:
    assert day(value.isoformat(), "since") == value


@pytest.mark.parametrize("value", ["2026-13-01", "yesterday", "2026-11-20T05:00:00", "20261120T"])
def test_what_is_no_date_is_named(value: str) -> None:
    with pytest.raises(ConfigError, match=f"until: '{value}'"):
        day(value, "until")


@pytest.mark.parametrize("value", [None, ""])
def test_no_date_is_no_date(value: str | None) -> None:
    assert day(value, "since") is None


@pytest.mark.parametrize(("given_index", "kept"), [(None, -1), (-1, -1), (0, 0), (7, 7)])
def test_the_identity_is_what_airflow_calls_the_try(given_index: int | None, kept: int) -> None:
    ti = SimpleNamespace(dag_id="d", run_id="r", task_id="t", map_index=given_index, try_number=2)
    assert identity_from_context({"ti": ti}) == RunIdentity("d", "r", "t", kept, 2)


def test_progress_is_logged_now_and_then(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    quiet, eager = LogProgress(every_s=3600), LogProgress(every_s=0)
    for done in range(3):
        quiet.update(done, 3)
    eager.update(1, 3, "papers")
    eager.update(2)
    assert [record.getMessage() for record in caplog.records] == ["1 of 3 done papers", "2 of ? done "]


@pytest.mark.parametrize(
    ("scored", "waiting", "announced"), [(3, 2, [{"figures": 2}]), (3, 0, []), (0, 2, [])], ids=["some", "none", "idle"]
)
def test_escalations_are_announced_only_after_decisions_that_ask_for_some(
    monkeypatch: pytest.MonkeyPatch, scored: int, waiting: int, announced: list[Any]
) -> None:
    """An announcement with nothing decided before it would start captioning for ever."""
    made: list[Any] = []
    alias = SimpleNamespace(add=lambda asset, extra: made.append((asset, extra)))
    here = {"outlet_events": {TO_ESCALATE: alias}, "params": {}}
    monkeypatch.setattr(airflow.sdk, "get_current_context", lambda: here)
    monkeypatch.setattr(tasks, "run_in_airflow", lambda *_, **__: {"captions": scored})
    monkeypatch.setattr(stages, "escalations", lambda: waiting)
    assert tasks.score() == {"captions": scored}
    assert made == [(ESCALATIONS, extra) for extra in announced]
