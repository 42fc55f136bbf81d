"""`omnisci demo`: the main job on the bundled papers, through the same DAGs that Airflow schedules, offline."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path
from typing import Any

from sqlalchemy import text

from omnisci_etl import config
from omnisci_etl.cli.common import err, out, print_json, print_rows
from omnisci_etl.cli.query import show_lineage, status_parts
from omnisci_etl.config import Settings
from omnisci_etl.errors import OmnisciError
from omnisci_etl.ledger import migrate, query
from omnisci_etl.ledger.database import Ledger, database_url, embedded_server

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
                err.print(f"  [green]done[/green] {step.dag_id:16} {step.seconds:5.1f} s   {counted}")

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
        caption = connection.execute(
            text(
                "SELECT caption_id FROM export_lineage WHERE is_active ORDER BY jsonb_array_length(panels) DESC, caption_id LIMIT 1"
            )
        ).scalar()
        release = connection.execute(
            text("SELECT format, profile, state_sha256 FROM export ORDER BY export_id DESC LIMIT 1")
        ).first()
    if caption is None or release is None:
        raise OmnisciError("the demo exported nothing: that is a fault of the installation; see `omnisci doctor`")
    row = query.lineage(ledger, str(caption))
    folder = settings.home_dir / "exports" / f"{release[0]}-{release[1]}-{release[2][:12]}"
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
    home = settings.home_dir
    out.print(
        f"\n[bold]Where things are[/bold]\n  release    {folder}\n  ledger     {home / 'postgres'} (stopped now; any command starts it)\n"
        f"  blobs      {settings.blob_url}\n\n[bold]Where to look next[/bold]\n"
        f"  export OMNISCI_HOME={home}\n  omnisci status                  the funnel, spend, and what waits\n"
        f"  omnisci sql                     named queries of provenance\n  omnisci lineage {caption}              this caption again\n"
        "  omnisci ratings export          the sheet that an expert would fill\n  make up                         Airflow with every DAG"
    )


def _objects(part: query.Rows) -> list[dict[str, Any]]:
    columns, rows = part
    return [dict(zip(columns, row, strict=True)) for row in rows]
