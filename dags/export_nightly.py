"""Every night: a checksummed release of the accepted captions; none where nothing has changed since the last."""

from __future__ import annotations

from airflow.sdk import DAG, Param, task

from omnisci_etl.scheduling import tasks
from omnisci_etl.scheduling.wiring import dag_arguments, daily

FORM = Param("parquet", type="string", pattern="^[a-z][a-z0-9-]*$", title="Format", description="Export format")
PROFILE = Param("default", type="string", pattern="^[a-z][a-z0-9-]*$", title="Profile", description="What may go out")

with DAG(
    "export_nightly",
    schedule=daily(2, 30),
    params={"form": FORM, "profile": PROFILE},
    **dag_arguments(__doc__, "pipeline", "export"),
):

    @task
    def export() -> dict[str, int]:
        """Selects, writes, checks, publishes."""
        return tasks.export()

    export()
