"""The command line: `omnisci ...`."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from sqlalchemy.exc import InterfaceError, OperationalError

from omnisci_etl.cli import data, later, operate, query
from omnisci_etl.errors import OmnisciError
from omnisci_etl.ledger.runs import code_version

app = typer.Typer(
    name="omnisci",
    help="Scientific figures with routed, scored captions, and the whole provenance of each.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        sys.stdout.write(f"omnisci {code_version()}\n")
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version, as runs store it, and end."
        ),
    ] = False,
) -> None:
    """What stands before a command."""


operate.register(app)
data.register(app)
query.register(app)
later.register(app)


def main() -> None:
    """Runs a command: exit code 0 done, 1 work left or a service away, 2 usage or configuration."""
    try:
        app(prog_name="omnisci")
    except OmnisciError as error:
        sys.stderr.write(f"omnisci: {error}\n")
        sys.exit(error.exit_code)
    except (OperationalError, InterfaceError) as error:
        said = " ".join(str(error.orig).split())
        sys.stderr.write(f"omnisci: the database went away ({said}): run the same command again\n")
        sys.exit(1)


__all__ = ["app", "main"]
