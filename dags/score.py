"""After captioning: scores for every caption that lacks one, and the gate's decision."""

from __future__ import annotations

from airflow.sdk import DAG, task

from omnisci_etl.scheduling import tasks
from omnisci_etl.scheduling.wiring import CAPTIONS, SCORES, TO_ESCALATE, dag_arguments, discipline, limit

with DAG(
    "score",
    schedule=[CAPTIONS],
    params={**discipline(), **limit("captions")},
    **dag_arguments(__doc__, "pipeline", "score"),
):

    @task(outlets=[SCORES, TO_ESCALATE])
    def score() -> dict[str, int]:
        """Runs every scorer that is present, then the gate."""
        return tasks.score()

    score()
