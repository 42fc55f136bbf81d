from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from airflow.sdk.exceptions import TaskDeferred

from omnisci_etl.errors import LeftOver
from omnisci_etl.scheduling import batches, tasks
from omnisci_etl.scheduling.batches import CaptionBatch


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What coming rounds give: counts, or an error."""
    coming: list[Any] = []

    def work(so_far: dict[str, int]) -> dict[str, int]:
        found = coming.pop(0)
        if isinstance(found, Exception):
            raise found
        return {"attempts": so_far.get("attempts", 0) + found[0], "open_batches": found[1]}

    monkeypatch.setattr(tasks, "caption_batch", work)
    return coming


def deferral(task: CaptionBatch, before: TaskDeferred | None = None) -> TaskDeferred:
    with pytest.raises(TaskDeferred) as caught:
        task.resume({}, **before.kwargs) if before else task.execute({})
    return caught.value


def test_it_waits_in_the_triggerer_with_growing_pauses_until_no_batch_is_open(rounds: list[Any]) -> None:
    task = CaptionBatch(task_id="caption_batch")
    rounds.extend([(0, 2), (0, 2), (4, 1), (0, 1), (1, 0)])
    first = deferral(task)
    assert (first.method_name, first.kwargs["pause"]) == ("resume", 10.0)
    second = deferral(task, first)
    assert second.kwargs["pause"] == 20.0
    third = deferral(task, second)
    assert third.kwargs == {"so_far": {"attempts": 4, "open_batches": 1}, "pause": 10.0}
    wait = deferral(task, third)
    assert type(wait.trigger).__name__ in ("TimeDeltaTrigger", "DateTimeTrigger")
    assert task.resume({}, None, **wait.kwargs) == {"attempts": 5, "open_batches": 0}


def test_pauses_end_growing(rounds: list[Any]) -> None:
    task = CaptionBatch(task_id="caption_batch")
    rounds.append((0, 1))
    with pytest.raises(TaskDeferred) as caught:
        task.resume({}, None, so_far={}, pause=batches.LONGEST_PAUSE)
    assert caught.value.kwargs["pause"] == batches.LONGEST_PAUSE
    assert caught.value.timeout is None or caught.value.timeout > timedelta(days=1)


def test_what_is_left_fails_the_try(rounds: list[Any]) -> None:
    rounds.append(LeftOver("2 figures are left"))
    with pytest.raises(LeftOver):
        CaptionBatch(task_id="caption_batch").execute({})
