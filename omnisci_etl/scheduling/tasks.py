"""What tasks do: run a stage under Airflow's names for this try, and hand back its counts."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from omnisci_etl.errors import ConfigError

if TYPE_CHECKING:
    from omnisci_etl.context import Context, Counts
    from omnisci_etl.ledger.runs import RunIdentity

log = logging.getLogger(__name__)
PROGRESS_SECONDS = 15.0


class LogProgress:
    """Progress as a line in the task's log, now and then."""

    def __init__(self, every_s: float = PROGRESS_SECONDS) -> None:
        self._every_s = every_s
        self._next = time.monotonic() + every_s

    def update(self, done: int, total: int | None = None, note: str = "") -> None:
        """Writes a line when the last one is old enough."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + self._every_s
            log.info("%d of %s done %s", done, total if total is not None else "?", note)


def identity_from_context(context: Mapping[str, Any]) -> RunIdentity:
    """The names of this try as the ledger keeps them; a task that is not mapped has map_index -1."""
    from omnisci_etl.ledger.runs import RunIdentity

    ti = context["ti"]
    map_index = -1 if ti.map_index is None else int(ti.map_index)
    return RunIdentity(ti.dag_id, ti.run_id, ti.task_id, map_index, int(ti.try_number))


def _always(_counts: Counts) -> bool:
    return True


def run_in_airflow(
    stage: Callable[..., Counts], is_over: Callable[[Counts], bool] = _always, **parameters: Any
) -> Counts:
    """Runs a stage under a run row of this task try and attaches its counts to the assets that the task emits.

    Where the counts say that the stage is not over, the run gets no end: the try goes on after a deferral.
    """
    from airflow.sdk import Asset, get_current_context

    from omnisci_etl.context import run_stage

    context = get_current_context()
    shown = {name: str(value) if isinstance(value, Path) else value for name, value in parameters.items()}
    identity = identity_from_context(context)
    counts = run_stage(
        identity, partial(_call, stage, parameters), parameters=shown, progress=LogProgress(), is_over=is_over
    )
    for asset in context["task"].outlets:
        if isinstance(asset, Asset):
            context["outlet_events"][asset].extra = dict(counts)
    return counts


def _call(stage: Callable[..., Counts], parameters: Mapping[str, Any], context: object) -> Counts:
    return stage(context, **parameters)


def ingest(source: str) -> Counts:
    """Ingests from the stored cursor on, or as the trigger form says."""
    from omnisci_etl import stages

    given = _parameters()
    path = given.get("path")
    return run_in_airflow(
        stages.ingest, source=source, discipline=given.get("discipline"), since=day(given.get("since"), "since"),
        until=day(given.get("until"), "until"), limit=given.get("limit"), path=Path(path) if path else None,
        refresh=given.get("refresh", False),
    )  # fmt: skip


def backfill(source: str, discipline: str) -> Counts:
    """Ingests a discipline's papers of the day of a backfill run, or of the dates of the trigger form."""
    from airflow.sdk import get_current_context

    from omnisci_etl import stages

    since, until = backfill_window(get_current_context())
    return run_in_airflow(
        stages.ingest, source=source, discipline=discipline, since=since, until=until, limit=_parameters().get("limit")
    )


def backfill_window(context: Mapping[str, Any]) -> tuple[date, date]:
    """First and last publication date, both inclusive, that a run of a backfill DAG covers.

    Raises ConfigError where a run started by hand lacks a date, and where a backfill, whose runs have a
    day each, was given dates on top.
    """
    given = context["params"]
    since, until = day(given.get("since"), "since"), day(given.get("until"), "until")
    if str(getattr(context["dag_run"].run_type, "value", context["dag_run"].run_type)) != "backfill":
        if since is None or until is None:
            raise ConfigError("give both dates, since and until, or use the Backfill tab of the trigger form")
        return since, until
    if since or until:
        raise ConfigError("each run of a backfill has its own day: leave since and until empty")
    start: date = context["data_interval_start"].date()
    return start, start


def caption() -> Counts:
    """Captions what has no caption yet."""
    from omnisci_etl import stages

    given = _parameters()
    return run_in_airflow(
        stages.caption,
        discipline=given.get("discipline"),
        limit=given.get("limit"),
        refresh=given.get("refresh", False),
    )


def caption_batch(so_far: Mapping[str, int]) -> Counts:
    """One round of captioning in batches; counts of the rounds before and this one."""
    from omnisci_etl import stages

    given = _parameters()

    def work(context: Context, **options: Any) -> Counts:
        counts = stages.caption(context, **options, batch=True, wait=False)
        added = {name: counts[name] + so_far.get(name, 0) for name in ("captioned", "calls", "attempts")}
        return counts | added | {"figures": max(counts["figures"], so_far.get("figures", 0))}

    return run_in_airflow(
        work, lambda counts: not counts["open_batches"], discipline=given.get("discipline"), limit=given.get("limit"),
        refresh=given.get("refresh", False),
    )  # fmt: skip


def score() -> Counts:
    """Scores and decides; announces escalations where the decisions ask for some."""
    from airflow.sdk import get_current_context

    from omnisci_etl import stages
    from omnisci_etl.scheduling.wiring import ESCALATIONS, TO_ESCALATE

    given = _parameters()
    counts = run_in_airflow(stages.score, discipline=given.get("discipline"), limit=given.get("limit"))
    if counts["captions"] and (waiting := stages.escalations()):
        get_current_context()["outlet_events"][TO_ESCALATE].add(ESCALATIONS, extra={"figures": waiting})
    return counts


def sample() -> Counts:
    """Draws a sample for experts."""
    from omnisci_etl import stages

    given = _parameters()
    return run_in_airflow(stages.sample, size=given["size"], seed=given["seed"], discipline=given.get("discipline"))


def export() -> Counts:
    """Publishes a release."""
    from omnisci_etl import stages

    given = _parameters()
    return run_in_airflow(stages.export, form=given["form"], profile=given["profile"])


def day(value: str | None, name: str) -> date | None:
    """A date of the trigger form. Raises ConfigError where it is none."""
    if not value:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise ConfigError(f"{name}: {value!r} is not a date such as 2026-11-20") from None


def _parameters() -> Mapping[str, Any]:
    from airflow.sdk import get_current_context

    parameters: Mapping[str, Any] = get_current_context()["params"]
    return parameters
