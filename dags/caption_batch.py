"""By hand: captions by the vendors' batches, which cost about half and take up to a day.

The task submits, and then waits in the triggerer without holding a worker; it ends when all batches are collected.
What is asked here and what the DAG `caption` asks are the same calls: none is paid twice.
"""

from __future__ import annotations

from airflow.sdk import DAG, Param

from omnisci_etl.scheduling.batches import CaptionBatch
from omnisci_etl.scheduling.wiring import CAPTIONS, dag_arguments, discipline, limit

REFRESH = Param(
    False, type="boolean", title="Refresh", description="Also figures whose prompt, evidence or model changed"
)

with DAG(
    "caption_batch",
    schedule=None,
    params={**discipline(), **limit("figures"), "refresh": REFRESH},
    **dag_arguments(__doc__, "pipeline", "caption"),
):
    CaptionBatch(task_id="caption_batch", pool="llm", outlets=[CAPTIONS])
