"""Commands of the contract that are not built yet: each says so and ends with 2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from omnisci_etl.errors import ConfigError

LATER = {
    "calibrate": "fits the map from scores to expert acceptance",
    "review": "the web page for experts",
    "benchmark": "builds benchmark tasks",
    "takedown": "withdraws figures from releases",
}


def register(app: typer.Typer) -> None:
    """Adds a command for each."""
    for name, purpose in LATER.items():
        app.command(name, help=f"Not built yet: {purpose}.", rich_help_panel="Not built yet")(_refusal(name))


def _refusal(name: str) -> Callable[..., None]:
    def refuse(arguments: Annotated[list[str] | None, typer.Argument(hidden=True)] = None) -> None:
        raise ConfigError(f"`omnisci {name}` is not built yet")

    return refuse
