"""`omnisci demo`: the main job on the bundled papers, through the same DAGs that Airflow schedules, offline."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

from omnisci_etl import config
from omnisci_etl.cli.common import err, out, print_json, print_rows
from omnisci_etl.cli.query import show_lineage, status_parts
from omnisci_etl.config import Settings
from omnisci_etl.errors import OmnisciError
from omnisci_etl.ledger import migrate, query
from omnisci_etl.ledger.database import Ledger, database_url, embedded_server, sql

_FAREWELL = """
[bold]Where things are[/bold]
  release    {release}
  ledger     {ledger} (stopped now; any command starts it)
  blobs      {blobs}

[bold]Where to look next[/bold]
  source .venv/bin/activate; export OMNISCI_HOME={home}
  omnisci status                  the funnel, spend, and what waits
  omnisci sql                     named queries of provenance
  omnisci lineage {caption:<15} this caption again
  omnisci ratings export          the sheet that an expert would fill
  make up                         Airflow with every DAG
"""
DAGS = ("ingest_folder", "caption", "score", "sample", "export_nightly")


def papers_folder() -> Path:
    """Where the bundled papers are."""
    return Path(str(files("omnisci_etl.demo").joinpath("papers")))


def run_demo(*, as_json: bool = False) -> None:
    """Runs everything in a home of its own, stops what it started, and shows what came of it."""
    from omnisci_etl.scheduling.once import Step, run_dags_once

    settings = demo_settings(config.load())
    shutil.rmtree(settings.home_dir, ignore_errors=True)
    server = embedded_server(settings)
    try:
        with err.status("starting PostgreSQL") as spinner:
            ledger = Ledger(database_url(settings))
            migrate.upgrade(ledger)
            spinner.update("starting Airflow")

            def done(step: Step) -> None:
                counted = ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in step.counts.items() if n)
                err.print(f"  [green]done[/green] {step.dag_id:16} {step.seconds:5.1f} s   {counted}", soft_wrap=True)

            run_dags_once(settings, [(dag, {}) for dag in DAGS], on_step=done)
        show(settings, ledger, as_json)
        ledger.close()
    finally:
        server.stop()


def demo_settings(settings: Settings) -> Settings:
    """The demo's settings: its own home and embedded server, the bundled papers, no routes file."""
    home = settings.home_dir / "demo"
    return settings.model_copy(
        update={
            "home": home, "database_url": None, "blobs": None, "routes": None, "folder_path": papers_folder(),
            "export_path": None,
        }
    )  # fmt: skip


def show(settings: Settings, ledger: Ledger, as_json: bool) -> None:
    """The funnel, one lineage row in full, and where to look next."""
    parts = status_parts(ledger)
    with ledger.read() as connection:
        shown = connection.execute(sql("omnisci_etl.demo.sql", "shown_caption")).first()
    if shown is None:
        raise OmnisciError("the demo exported nothing: that is a fault of the installation; see `omnisci doctor`")
    caption, release = shown
    row = query.lineage(ledger, str(caption))
    folder = settings.home_dir / "exports" / release
    if as_json:
        print_json(
            {
                "funnel": _objects(parts["funnel"]),
                "lineage": row,
                "home": str(settings.home_dir),
                "release": str(folder),
            }
        )
        return
    out.print("\n[bold]From papers to exported captions[/bold]")
    print_rows(*parts["funnel"])
    out.print("\n[bold]One exported caption, from row to pixel and cent[/bold]")
    show_lineage(row)
    out.print(
        _FAREWELL.format(
            release=folder,
            ledger=settings.home_dir / "postgres",
            blobs=settings.blob_url,
            home=settings.home_dir,
            caption=caption,
        )
    )


def _objects(part: query.Rows) -> list[dict[str, Any]]:
    columns, rows = part
    return [dict(zip(columns, row, strict=True)) for row in rows]
