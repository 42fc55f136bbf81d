from __future__ import annotations

import os
from pathlib import Path

import pytest

from omnisci_etl.config import Settings
from omnisci_etl.scheduling import command


def test_airflow_runs_in_the_environment_of_the_home(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "python"
    program.write_text(f'#!/bin/bash\necho "$@" > {tmp_path}/arguments\nenv > {tmp_path}/environment\nexit 7\n')
    program.chmod(0o700)
    monkeypatch.setattr(command.sys, "executable", str(program))
    assert command.airflow_command(settings, ["backfill", "create", "--dag-id", "d"], port=8123) == 7
    assert (tmp_path / "arguments").read_text() == "-P -m airflow backfill create --dag-id d\n"
    environment = dict(
        line.split("=", 1) for line in (tmp_path / "environment").read_text().splitlines() if "=" in line
    )
    assert environment["AIRFLOW_HOME"] == str(tmp_path / "home" / "airflow")
    assert environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].endswith("_airflow")
    assert environment["AIRFLOW__API__PORT"] == "8123"
    assert environment["PATH"] == os.environ["PATH"]
