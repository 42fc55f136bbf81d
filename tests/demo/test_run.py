"""The demonstration as a user runs it: offline, in a home of its own, stopping what it started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from omnisci_etl.config import Settings
from omnisci_etl.demo.run import demo_settings, papers_folder


def test_the_demo_has_a_home_of_its_own(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "mine", database_url="postgresql://u:p@h/d", routes=tmp_path / "r.yaml")  # type: ignore[arg-type]
    demo = demo_settings(settings)
    assert demo.home_dir == tmp_path / "mine" / "demo"
    assert demo.blob_url.startswith(str(demo.home_dir))
    assert (demo.database_url, demo.routes, demo.folder_path) == (None, None, papers_folder())


@pytest.mark.slow
@pytest.mark.airflow
def test_demo_end_to_end(tmp_path: Path) -> None:
    home = tmp_path / "mine"
    home.mkdir()
    (home / "precious").write_text("kept")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("OMNISCI_", "AIRFLOW"))} | {
        "OMNISCI_HOME": str(home)
    }
    done = subprocess.run(
        [sys.executable, "-c", "from omnisci_etl.cli import main; main()", "demo", "--json"],
        capture_output=True, text=True, timeout=240, env=environment, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    shown = json.loads(done.stdout)
    funnel = {(row["stage"], row["status"]): row["count"] for row in shown["funnel"]}
    assert funnel[("paper", "extracted")] + funnel[("paper", "not-an-article")] == 14
    assert funnel[("caption", "captioned")] == funnel[("figure", "kept")] >= 36
    assert 0 < funnel[("export", "not-exportable")] < funnel[("export", "exported")]
    lineage = shown["lineage"]
    assert (lineage["dag_id"], lineage["model_requested"], float(lineage["cost_usd"]), lineage["decision"]) == (
        "caption",
        "extractive-1",
        0,
        "accept",
    )
    assert not [name for name, value in lineage.items() if value is None and name != "request_id"]
    assert list(Path(shown["release"]).glob("data/*.parquet"))
    assert (home / "precious").read_text() == "kept"
    assert not processes_of(home)


def processes_of(home: Path) -> list[str]:
    """Command lines of processes that name the home."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes().decode(errors="replace").replace("\x00", " ")
        except OSError:
            continue
        if str(home) in command:
            found.append(command)
    return found
