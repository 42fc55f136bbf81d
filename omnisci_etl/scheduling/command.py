"""Airflow's own command line, in the environment of a home."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence

from omnisci_etl.config import Settings
from omnisci_etl.scheduling.environment import airflow_environment, metadata_url


def airflow_command(settings: Settings, arguments: Sequence[str], *, port: int = 8080) -> int:
    """Runs `airflow ARGUMENTS` against the metadata database that `up` uses; its exit code.

    port: where the api-server of `up` listens, for the few commands that ask it.
    """
    environment = airflow_environment(settings, database=metadata_url(settings), port=port)
    return subprocess.run([sys.executable, "-P", "-m", "airflow", *arguments], env=environment, check=False).returncode
