"""The command line: `omnisci ...`."""

from __future__ import annotations

import sys

import typer
from sqlalchemy.exc import InterfaceError, OperationalError

from omnisci_etl.cli import data, later, operate, query
from omnisci_etl.errors import OmnisciError

app = typer.Typer(
    name="omnisci",
    help="Scientific figures with routed, scored captions, and the whole provenance of each.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
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
