"""Registers our timetable: Airflow stores a custom timetable only where a plugin names it."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from omnisci_etl.scheduling.timetable import BackfillOnly


class OmnisciTimetables(AirflowPlugin):
    """Found through the plugins folder that the environment names."""

    name = "omnisci_timetables"
    timetables = [BackfillOnly]  # noqa: RUF012 - the base class declares an instance list
