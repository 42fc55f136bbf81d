"""A timetable for DAGs that only backfills and people start."""

from __future__ import annotations

from typing import Any

from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction
from airflow.timetables.interval import CronDataIntervalTimetable


class BackfillOnly(CronDataIntervalTimetable):
    """UTC days, each a run of its own when a backfill names it, and none of them started by the scheduler.

    Airflow lists the days of a backfill with the restriction catchup=True and asks for the scheduler's
    next run with the DAG's own catchup, which must be False for this to hold.
    """

    can_be_scheduled = False
    description = "Each UTC day, by backfill only"

    def __init__(self) -> None:
        super().__init__("0 0 * * *", "UTC")
        self.description = type(self).description

    @property
    def summary(self) -> str:
        """What the list of DAGs shows as the schedule."""
        return "backfill only"

    def serialize(self) -> dict[str, Any]:
        """Nothing to keep: every instance is the same."""
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> BackfillOnly:
        """The timetable again."""
        return cls()

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """The next day of a backfill's range, the run being named after that day; None when the scheduler asks."""
        if not restriction.catchup:
            return None
        info = super().next_dagrun_info(
            last_automated_data_interval=last_automated_data_interval, restriction=restriction
        )
        if info is None or info.data_interval is None:
            return None
        return DagRunInfo(run_after=info.data_interval.start, data_interval=info.data_interval)
