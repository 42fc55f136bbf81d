"""Commands that run things: db, up, demo, doctor, verify."""

from __future__ import annotations

from typing import Annotated

import typer

from omnisci_etl import config
from omnisci_etl.cli.common import Json, err, escape, out, print_json, progress_bar
from omnisci_etl.errors import ConfigError, LeftOver
from omnisci_etl.ledger.database import Ledger, database_url, embedded_server

db = typer.Typer(help="The database: migrations, the embedded server, its URL.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(demo)
    app.command()(up)
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []})(
        airflow
    )
    app.add_typer(db, name="db")
    app.command()(doctor)
    app.command()(verify)


@db.command("upgrade")
def db_upgrade(json: Json = False) -> None:
    """Bring the ledger's schema to the newest revision (the embedded server is started on demand)."""
    from omnisci_etl.ledger import migrate

    opened = Ledger(database_url(config.load()))
    try:
        revision = migrate.upgrade(opened)
    finally:
        opened.close()
    print_json({"revision": revision}) if json else out.print(f"the ledger is at revision {revision}")


@db.command("downgrade")
def db_downgrade(
    steps: Annotated[int, typer.Option(min=1, help="Revisions to take back.")] = 1, json: Json = False
) -> None:
    """Take back the newest revisions of the schema; what they hold is lost."""
    from omnisci_etl.ledger import migrate

    opened = Ledger(database_url(config.load()))
    try:
        revision = migrate.downgrade(opened, steps)
    finally:
        opened.close()
    print_json({"revision": revision}) if json else out.print(f"the ledger is at revision {revision or 'none'}")


@db.command("stop")
def db_stop(json: Json = False) -> None:
    """Stop the embedded server."""
    settings = config.load()
    if settings.database_url is not None:
        raise ConfigError("OMNISCI_DATABASE_URL is set: that server is not ours to stop")
    stopped = embedded_server(settings).stop()
    print_json({"stopped": stopped}) if json else out.print("stopped" if stopped else "it was not running")


@db.command("url")
def db_url() -> None:
    """Print the ledger's URL for psql and notebooks (it holds the password)."""
    url = database_url(config.load()).set(drivername="postgresql")
    typer.echo(url.render_as_string(hide_password=False))


def demo(json: Json = False) -> None:
    """Run the whole pipeline on the bundled sample papers, offline, in a home of its own."""
    from omnisci_etl.demo.run import run_demo

    run_demo(as_json=json)


def up(port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the Airflow UI.")] = 8080) -> None:
    """Start the database, the migrations and Airflow with every DAG; Ctrl-C stops all of it."""
    from omnisci_etl.scheduling.launcher import Access
    from omnisci_etl.scheduling.launcher import up as launch

    with err.status("starting the database and Airflow (about 15 s)") as spinner:

        def ready(access: Access) -> None:
            spinner.stop()
            out.print(f"[bold green]Airflow is up[/bold green] at {access.url}")
            out.print(
                f"  user [bold]{access.user}[/bold], password [bold]{access.password}[/bold]; logs in {access.logs}"
            )
            out.print(
                "Daily DAGs run by themselves (ingestion at 05:00 UTC) unless paused in the UI. Ctrl-C stops all."
            )

        code = launch(config.load(), port=port, on_ready=ready, on_message=err.print)
    raise typer.Exit(code)


def airflow(context: typer.Context) -> None:
    """Run an `airflow` command with the settings that `up` uses, such as `omnisci airflow backfill create ...`."""
    from omnisci_etl.scheduling.command import airflow_command

    raise typer.Exit(airflow_command(config.load(), context.args))


def doctor(json: Json = False) -> None:
    """Check settings, database, blobs, routes, each source and each provider with a key."""
    from omnisci_etl.diagnosis import checkup

    findings = checkup(config.load())
    if json:
        print_json([finding.as_dict() for finding in findings])
    else:
        marks = {
            "ok": "[green]ok[/green]  ",
            "warning": "[yellow]note[/yellow]",
            "away": "[red]away[/red]",
            "wrong": "[red]bad[/red] ",
        }
        for finding in findings:
            out.print(f"{marks[finding.state]} [bold]{finding.what}[/bold]: {escape(finding.text)}")
    states = {finding.state for finding in findings}
    if "wrong" in states:
        raise ConfigError("the set-up has faults: see the lines marked bad")
    if "away" in states:
        raise LeftOver("a service could not be reached: see the lines marked away")


def verify(json: Json = False) -> None:
    """Check the ledger against blobs, hashes and exported files."""
    from omnisci_etl.ledger.verify import verify as run

    with progress_bar("verify") as progress:
        report = run(config.load(), progress)
    if json:
        print_json(report.as_dict())
    else:
        for name, count in report.checked.items():
            out.print(f"checked {count} {name}")
        for fault in report.faults[:50]:
            out.print(f"[red]fault[/red] {fault}")
    if report.faults:
        raise LeftOver(f"{len(report.faults)} faults found")
