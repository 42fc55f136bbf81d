"""What every stage works with: settings, ledger, blobs and the run it writes under."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from omnisci_etl import config
from omnisci_etl.config import Settings
from omnisci_etl.errors import LeftOver, OmnisciError
from omnisci_etl.ledger.blobs import BlobStore
from omnisci_etl.ledger.database import Ledger
from omnisci_etl.ledger.runs import Run, RunIdentity

Counts = dict[str, int]


class Progress(Protocol):
    """Told of long work. total is None where it is not known."""

    def update(self, done: int, total: int | None = None, note: str = "") -> None:
        """Says how far the work has come."""


class Silent:
    """Progress that nobody watches."""

    def update(self, done: int, total: int | None = None, note: str = "") -> None:
        """Does nothing."""


@dataclass(frozen=True)
class Context:
    """The surroundings of one run of one stage."""

    settings: Settings
    ledger: Ledger
    blobs: BlobStore
    run: Run
    progress: Progress = field(default_factory=Silent)


def run_stage(
    identity: RunIdentity,
    stage: Callable[[Context], Counts],
    *,
    settings: Settings | None = None,
    parameters: Mapping[str, Any] | None = None,
    progress: Progress | None = None,
    is_over: Callable[[Counts], bool] = lambda counts: True,
) -> Counts:
    """Runs a stage under a run row and writes how it ended; its counts.

    A stage that did part of its work raises LeftOver; counts of both ends are stored with the run. One that will be
    called again for the same run, as is_over says of its counts, gets no end yet.
    """
    settings = settings or config.load()
    ledger = Ledger.open(settings)
    try:
        run = Run.start(ledger, identity, parameters)
        context = Context(settings, ledger, BlobStore(settings.blob_url), run, progress or Silent())
        try:
            counts = stage(context)
        except LeftOver as error:
            run.finish("left-over", error.counts, str(error))
            raise
        except OmnisciError as error:
            run.finish("failed", error=str(error))
            raise
        # The run's end is recorded whatever went wrong; the error itself goes on.
        except BaseException as error:
            run.finish("failed", error=type(error).__name__)
            raise
        if is_over(counts):
            run.finish("done", counts)
        else:
            run.rest()
        return counts
    finally:
        ledger.close()
