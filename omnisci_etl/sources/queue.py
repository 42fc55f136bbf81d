"""The papers whose content is due: who takes which, and when a paper that gave nothing is asked for again."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, column, func, select, text

from omnisci_etl.context import Context
from omnisci_etl.ledger.database import sql
from omnisci_etl.ledger.runs import Run
from omnisci_etl.sources.base import ClaimedPaper, Window

NO_FULL_TEXT = "no-full-text"
_DAY_S = 86400.0
# The text of a new article reaches the archives within days or not at all.
_NO_FULL_TEXT_DELAYS = tuple(days * _DAY_S for days in (1, 3, 7, 14, 30))
# A failure that may pass: at once in the next run, then less and less eagerly, but never given up.
_TRANSIENT_DELAYS = (0.0, 30.0, 300.0, 3600.0, _DAY_S)
# Listing what is due costs more than taking one of it, so a list serves many claims of a run.
_CANDIDATES = 200
# Ten seconds in all.
_LOCKED_ROUNDS, _LOCKED_PAUSE_S = 500, 0.02
_SQL = "omnisci_etl.sources.sql"
_RETRYABLE = text("SELECT retryable FROM omnisci.status WHERE slug = :slug")
_listed: WeakKeyDictionary[Run, dict[str, list[int]]] = WeakKeyDictionary()


def claim(
    context: Context,
    source: str,
    *,
    discipline: str | None = None,
    window: Window = Window(),  # noqa: B008 - frozen
    paper_ids: Sequence[int] | None = None,
) -> ClaimedPaper | None:
    """Takes a paper that is due, for this run alone, until it is settled or the run ends; None where none is due."""
    wanted = _filter(source, discipline, window, paper_ids) | {"mine": None, "limit": _CANDIDATES}
    lists, name = _listed.setdefault(context.run, {}), repr(wanted)
    for _ in range(_LOCKED_ROUNDS):
        with context.ledger.begin() as connection:
            known = lists.get(name, [])
            candidates = known or list(connection.execute(sql(_SQL, "queue_due"), wanted).scalars())
            if not candidates:
                return None
            lease = {"candidates": candidates, "owner": context.run.owner}
            paper_id = connection.execute(sql(_SQL, "queue_lease"), lease).scalar()
            lists[name] = [one for one in candidates if one != paper_id] if paper_id is not None else []
            if paper_id is not None:
                row = connection.execute(sql(_SQL, "queue_claimed"), {"paper_id": paper_id}).mappings().one()
                return ClaimedPaper(**row)
        # Every candidate of a fresh list was locked at that moment; who locks one takes it or lets it go at once.
        if not known:
            time.sleep(_LOCKED_PAUSE_S)
    return None


def settle(connection: Connection, claim: ClaimedPaper, outcome: str) -> None:
    """Writes what became of a claim: a status slug says whether and when the paper is asked for again."""
    delay_s: float | None = None
    tries = claim.tries + 1
    if outcome == NO_FULL_TEXT:
        delay_s = _NO_FULL_TEXT_DELAYS[claim.tries] if claim.tries < len(_NO_FULL_TEXT_DELAYS) else None
    elif connection.execute(_RETRYABLE, {"slug": outcome}).scalar():
        delay_s = _TRANSIENT_DELAYS[min(claim.tries, len(_TRANSIENT_DELAYS) - 1)]
        tries = min(tries, len(_TRANSIENT_DELAYS) - 1)
    parameters = {"paper_id": claim.paper_id, "stamp": claim.stamp, "tries": tries, "delay_s": delay_s}
    connection.execute(sql(_SQL, "queue_settle"), parameters)


def again(connection: Connection, paper_ids: Sequence[int]) -> None:
    """Makes papers due at once whose content came before."""
    connection.execute(sql(_SQL, "queue_again"), {"paper_ids": list(paper_ids)})


def remaining(
    context: Context,
    source: str,
    *,
    discipline: str | None = None,
    window: Window = Window(),  # noqa: B008 - frozen
    paper_ids: Sequence[int] | None = None,
    at_most: int | None = None,
) -> int:
    """The number of papers that are due and that no other run works on; those that failed in this run count.

    at_most: counts no further than that.
    """
    due = sql(_SQL, "queue_due").columns(column("paper_id")).subquery()
    wanted = _filter(source, discipline, window, paper_ids) | {"mine": context.run.owner, "limit": at_most}
    with context.ledger.begin() as connection:
        return int(connection.execute(select(func.count()).select_from(due), wanted).scalar_one())


def _filter(source: str, discipline: str | None, window: Window, paper_ids: Sequence[int] | None) -> dict[str, Any]:
    return {
        "source": source,
        "discipline": discipline,
        "anytime": window.from_cursor,
        "since": window.since or date.min,
        "until": window.until or date.max,
        "paper_ids": None if paper_ids is None else list(paper_ids),
    }
