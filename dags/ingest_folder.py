"""By hand: the papers of a folder (JATS, HTML, LaTeX packages, PDF), parsed into figures and stored.

`path` is a folder that the workers see; empty means the configured one (`OMNISCI_FOLDER_PATH`). With
`refresh` stored papers are read again that other versions of the extractors read.
"""

from __future__ import annotations

from airflow.sdk import DAG, Param, task

from omnisci_etl.scheduling import tasks
from omnisci_etl.scheduling.wiring import PAPERS, dag_arguments, discipline, limit, refresh

PATH = Param(None, type=["null", "string"], pattern="^/", title="Folder", description="Absolute path of the folder")

with DAG(
    "ingest_folder",
    schedule=None,
    params={"path": PATH, **discipline(), **limit("papers"), **refresh()},
    **dag_arguments(__doc__, "pipeline", "folder", "ingest"),
):

    @task(outlets=[PAPERS])
    def ingest() -> dict[str, int]:
        """Reads, parses, stores."""
        return tasks.ingest("folder")

    ingest()
