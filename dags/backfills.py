"""One DAG for each source and discipline, for its papers of past days.

**A run for each day:** Trigger > Backfill, choose the first and last publication date (midnight UTC); or
`airflow backfill create --dag-id <this DAG> --from-date 2026-01-01 --to-date 2026-01-31`. Today is not offered yet.

**One run for all days:** Trigger > Single Run, give `since` and `until`. Of arXiv, which lists papers by the day of
their last change, this asks less than many days one by one.

What is stored already is not fetched again, whatever run asked for it first; nothing here starts by itself.
"""

from __future__ import annotations

from airflow.sdk import DAG, get_parsing_context, task

from omnisci_etl.papers.disciplines import load
from omnisci_etl.scheduling import tasks
from omnisci_etl.scheduling.timetable import BackfillOnly
from omnisci_etl.scheduling.wiring import PAPERS, dag_arguments, limit, window


def backfill_dag(source: str, discipline: str) -> None:
    """The DAG of one source and discipline."""
    with DAG(
        f"backfill_{source}__{discipline}",
        schedule=BackfillOnly(),
        params={**window("Single run only. "), **limit("papers")},
        **dag_arguments(__doc__, source, discipline, "backfill"),
    ):

        @task(pool=source, outlets=[PAPERS])
        def ingest() -> dict[str, int]:
            """Discovers, fetches, parses, stores."""
            return tasks.backfill(source, discipline)

        ingest()


wanted = get_parsing_context().dag_id
for source in ("arxiv", "natcomms"):
    for discipline in load().names:
        if wanted in (None, f"backfill_{source}__{discipline}"):
            backfill_dag(source, discipline)
