"""DAGs with stages of their own, to see what Airflow makes of how a stage ends."""

from __future__ import annotations

from airflow.sdk import DAG, task

from omnisci_etl.context import Context, Counts
from omnisci_etl.errors import ConfigError
from omnisci_etl.scheduling.tasks import run_in_airflow
from omnisci_etl.scheduling.wiring import PAPERS, dag_arguments, limit


def counting(context: Context, *, upto: int, source: str) -> Counts:
    """Counts, and looks at its own run."""
    context.progress.update(upto, upto)
    return {"papers": upto, "figures": 2 * upto, "run_key_known": int(context.run.key > 0)}


def misconfigured(context: Context) -> Counts:
    """Ends as a stage does that a person must help."""
    raise ConfigError("OMNISCI_ROUTES: there is no such file\nset it to a routes file")


with DAG("probe_counts", schedule=None, params={**limit("papers")}, **dag_arguments(__doc__, "probe")):

    @task(outlets=[PAPERS])
    def count() -> dict[str, int]:
        return run_in_airflow(counting, upto=3, source="folder")

    @task
    def once_more() -> dict[str, int]:
        return run_in_airflow(counting, upto=1, source="folder")

    count() >> once_more()

with DAG("probe_misconfigured", schedule=None, **dag_arguments(__doc__, "probe")):

    @task
    def fail() -> dict[str, int]:
        return run_in_airflow(misconfigured)

    fail()
