"""Captioning in batches, with the planner and fingerprints of on line, where what has no batches is still asked."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from omnisci_etl.captions.batches.desk import BatchDesk
from omnisci_etl.captions.batches.rounds import Rounds
from omnisci_etl.captions.batches.yard import Yard
from omnisci_etl.captions.calls import CallDesk
from omnisci_etl.captions.clerk import Order
from omnisci_etl.captions.crew import Crew
from omnisci_etl.captions.planning import Planner
from omnisci_etl.captions.providers.batching import APIS
from omnisci_etl.context import Context

# The count of batches that are not over, beside the counts that every captioning has.
OPEN = "open_batches"


@dataclass
class Outcome:
    """What batches came to. refused: keys and models that the vendors refuse, by slug; stuck: batches out of reach."""

    tally: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[str, str]] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)


def caption(context: Context, planner: Planner, crew: Crew, orders: Iterator[list[Order]], *, wait: bool) -> Outcome:
    """Takes in open batches, submits what is wanted, asks the rest on line (by crew), and waits for all where told."""
    desk = BatchDesk(context, CallDesk(context, planner.routes.budget))
    yard = Yard(context, planner.routes, desk)
    rounds = Rounds(context, planner, yard, desk)
    online: list[Order] = []
    try:
        # Before planning, so that what has been answered is not wanted.
        rounds.take_in()
        for chunk in orders:
            rounds.take(order for order in chunk if _has_batches(planner, order))
            online.extend(order for order in chunk if not _has_batches(planner, order))
        more = rounds.go()
        asyncio.run(crew.run(iter([online])))
        if more and wait:
            rounds.wait()
        rounds.leave()
    finally:
        yard.close()
    refused = [(answer.slug, f"{name}: {answer.slug}: {answer.error}") for (name, _), answer in yard.stopped.items()]
    tally = rounds.tally + Counter({OPEN: yard.open})
    return Outcome(tally, rounds.reasons, refused, [*yard.unreachable.values(), *yard.stuck.values()])


def _has_batches(planner: Planner, order: Order) -> bool:
    return planner.routes.provider_of(order.model).api in APIS
