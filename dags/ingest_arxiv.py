"""Every day: new and changed arXiv papers since the stored cursor, parsed into figures and stored.

Triggered by hand with dates it ingests what was published then and leaves the cursor where it is; with `refresh` it
reads stored papers again that other versions of the extractors read.
"""

from __future__ import annotations

from airflow.sdk import DAG, task

from omnisci_etl.scheduling import tasks
from omnisci_etl.scheduling.wiring import PAPERS, dag_arguments, daily, discipline, limit, refresh, window

with DAG(
    "ingest_arxiv",
    schedule=daily(5, 0),
    params={**discipline(), **window(), **limit("papers"), **refresh()},
    **dag_arguments(__doc__, "pipeline", "arxiv", "ingest"),
):

    @task(pool="arxiv", outlets=[PAPERS])
    def ingest() -> dict[str, int]:
        """Discovers, fetches, parses, stores."""
        return tasks.ingest("arxiv")

    ingest()
