"""After scoring: a stratified sample of captions for experts to rate, with its inclusion probabilities."""

from __future__ import annotations

from airflow.sdk import DAG, Param, task

from omnisci_etl.scheduling import tasks
from omnisci_etl.scheduling.wiring import SCORES, dag_arguments, discipline

SIZE = Param(50, type="integer", minimum=1, maximum=100_000, title="Size", description="Captions to draw")
SEED = Param(0, type="integer", minimum=0, title="Seed", description="The same seed and state give the same sample")

with DAG(
    "sample",
    schedule=[SCORES],
    params={"size": SIZE, "seed": SEED, **discipline()},
    **dag_arguments(__doc__, "pipeline", "sample"),
):

    @task
    def sample() -> dict[str, int]:
        """Draws, or finds the sample already drawn from this state."""
        return tasks.sample()

    sample()
