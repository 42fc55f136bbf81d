"""Every day: new and changed Nature Communications papers since the stored cursor, parsed into figures and stored.

Triggered by hand with dates it ingests what was published then and leaves the cursor where it is.
"""

from __future__ import annotations

from airflow.sdk import DAG, task

from omnisci_etl.scheduling import tasks
from omnisci_etl.scheduling.wiring import PAPERS, dag_arguments, daily, discipline, limit, window

with DAG(
    "ingest_natcomms",
    schedule=daily(5, 30),
    params={**discipline(), **window(), **limit("papers")},
    **dag_arguments(__doc__, "pipeline", "natcomms", "ingest"),
):

    @task(pool="natcomms", outlets=[PAPERS])
    def ingest() -> dict[str, int]:
        """Discovers, fetches, parses, stores."""
        return tasks.ingest("natcomms")

    ingest()
