"""What the handlers of commands see of the walk through a paper (expand.Expander)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from omnisci_etl.papers.archive import Package
from omnisci_etl.papers.latex.macros import Macro, Macros
from omnisci_etl.papers.latex.scan import Source


class Walk(Protocol):
    """package None: only text is expanded. muted: inside a style file, which prints nothing. only: of \\includeonly."""

    package: Package | None
    macros: Macros
    muted: int
    only: frozenset[str] | None

    def emit(self, text: str) -> None:
        """Print text."""

    def branch(self, text: str) -> None:
        """Walk text."""

    def called(self, source: Source, after: int, macro: Macro) -> tuple[str, int] | None:
        """The macro's body with its arguments in place, and where the call ends."""

    def include(self, name: str, folder: str | None = None) -> None:
        """Walk another file."""

    def exists(self, name: str) -> bool:
        """Whether there is a file to walk."""

    def load_style(self, name: str) -> None:
        """Take the definitions of a style file."""


Handler = Callable[[Walk, Source, int, str], int | None]
