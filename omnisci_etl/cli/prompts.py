"""`omnisci prompts`: the registry of prompts, files of the package and content-addressed rows of the ledger."""

from __future__ import annotations

from typing import Annotated

import typer

from omnisci_etl.captions import registry
from omnisci_etl.cli.common import Json, ledger, out, print_json, print_rows

app = typer.Typer(help="The registry of prompts: list, show and compare them.", no_args_is_help=True)
Which = Annotated[
    str, typer.Argument(help="A name (the version of this code), NAME@VERSION, or the beginning of a hash.")
]


@app.command("list")
def list_prompts(json: Json = False) -> None:
    """List every prompt of this code and of the ledger, with what was made by it."""
    with ledger() as opened:
        rows = [entry.row() for entry in registry.entries(opened)]
    print_rows(list(registry.COLUMNS), rows, as_json=json)


@app.command()
def show(which: Which, json: Json = False) -> None:
    """Show a prompt as it is sent: system text, template and schema of the answer."""
    with ledger() as opened:
        prompt = registry.find(opened, which)
    content = registry.content(prompt) | {"sha256": prompt.sha256}
    print_json(content) if json else out.print(registry.as_text(prompt), markup=False)


@app.command()
def diff(one: Which, other: Which, json: Json = False) -> None:
    """Compare two prompts line by line."""
    with ledger() as opened:
        lines = registry.diff(registry.find(opened, one), registry.find(opened, other))
    print_json(lines) if json else out.print("\n".join(lines) or "the same", markup=False)
