from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def _no_airflow_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests see no setting of an Airflow that the person who runs them uses."""
    for name in list(os.environ):
        if name.startswith("AIRFLOW"):
            monkeypatch.delenv(name)
