"""A caption for every figure that has none, by the model that the routes file chooses.

Runs after each ingestion, and after scores that make a cascade ask the next model.
"""

from __future__ import annotations

from airflow.sdk import DAG, Param, task

from omnisci_etl.scheduling import tasks
from omnisci_etl.scheduling.wiring import CAPTIONS, ESCALATIONS, PAPERS, dag_arguments, discipline, limit

REFRESH = Param(
    False, type="boolean", title="Refresh", description="Also figures whose prompt, evidence or model changed"
)

with DAG(
    "caption",
    schedule=PAPERS | ESCALATIONS,
    params={**discipline(), **limit("figures"), "refresh": REFRESH},
    **dag_arguments(__doc__, "pipeline", "caption"),
):

    @task(pool="llm", outlets=[CAPTIONS])
    def caption() -> dict[str, int]:
        """Routes, asks, validates, stores; calls run side by side inside this one task."""
        return tasks.caption()

    caption()
