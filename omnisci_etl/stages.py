"""The stages of the pipeline as commands and DAGs call them: a Context in, counts out."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from omnisci_etl import config
from omnisci_etl.config import Settings
from omnisci_etl.context import Context, Counts
from omnisci_etl.errors import ConfigError
from omnisci_etl.ledger.database import Ledger
from omnisci_etl.papers import disciplines
from omnisci_etl.sources.base import Window

SOURCES = ("arxiv", "natcomms", "folder")


def known_discipline(slug: str | None) -> str | None:
    """The slug itself, where it is one. Raises ConfigError with close matches where it is not."""
    if slug is not None and slug != disciplines.UNKNOWN:
        disciplines.load().require(slug)
    return slug


def checked_window(source: str, since: date | None, until: date | None) -> Window:
    """The window of an ingest. Raises ConfigError for a source that is none, or dates in the wrong order."""
    if source not in SOURCES:
        raise ConfigError(f"unknown source {source!r}: use one of {', '.join(SOURCES)}")
    if since and until and since > until:
        raise ConfigError(f"--since {since} is after --until {until}")
    return Window(since, until)


def ingest(
    context: Context,
    source: str,
    *,
    discipline: str | None = None,
    since: date | None = None,
    until: date | None = None,
    limit: int | None = None,
    path: Path | None = None,
    refresh: bool = False,
) -> Counts:
    """Discovers, fetches, parses and stores. since and until are publication dates, both inclusive (UTC).

    refresh: instead reads stored papers again that another version of their extractor read.
    """
    window = checked_window(source, since, until)
    known_discipline(discipline)
    from omnisci_etl.papers.ingest import ingest as run
    from omnisci_etl.papers.ingest import refresh as run_again

    if refresh:
        return run_again(context, source, discipline=discipline, window=window, limit=limit)
    return run(context, source, discipline=discipline, window=window, limit=limit, path=path)


def caption(
    context: Context,
    *,
    discipline: str | None = None,
    limit: int | None = None,
    refresh: bool = False,
    batch: bool = False,
    wait: bool = True,
) -> Counts:
    """Captions the figures that have none; with refresh also those whose prompt, evidence or model has changed.

    batch asks by the vendors' batches; wait=False leaves those that are not over to a later run, and counts them.
    """
    from omnisci_etl.captions.process import caption as run

    return run(context, discipline=known_discipline(discipline), limit=limit, refresh=refresh, batch=batch, wait=wait)


def escalations(settings: Settings | None = None) -> int:
    """How many figures a cascade would ask another model for; 0 in mode rules."""
    from omnisci_etl.captions.stage import escalations as count

    settings = settings or config.load()
    ledger = Ledger.open(settings)
    try:
        return count(settings, ledger)
    finally:
        ledger.close()


def score(context: Context, *, discipline: str | None = None, limit: int | None = None) -> Counts:
    """Scores captions that lack a score of a present scorer, and lets the gate decide on them.

    Where the routes file sends captions to stages of the gate that ask models, a process of its own asks them.
    """
    from omnisci_etl.captions import routes
    from omnisci_etl.judging import paid, stage

    known_discipline(discipline)
    if not paid.shares(routes.load(context.settings)) or not stage.is_due(context, discipline=discipline):
        return stage.score(context, discipline=discipline, limit=limit)
    from omnisci_etl.captions import process

    options = {"discipline": discipline, "limit": limit}
    return process.run(context, f"{stage.__name__}:{stage.score.__name__}", options)


def sample(context: Context, *, size: int = 50, seed: int = 0, discipline: str | None = None) -> Counts:
    """Draws a stratified sample of captions for experts, or finds the one drawn from the same state."""
    from omnisci_etl.alignment.stage import sample as run

    return run(context, size=size, seed=seed, discipline=known_discipline(discipline))


def export(context: Context, *, form: str = "parquet", profile: str = "default", out: Path | None = None) -> Counts:
    """Publishes the accepted captions that the profile allows, or finds the release of the same state."""
    from omnisci_etl.exports.stage import export as run

    return run(context, form=form, profile=profile, out=out)
