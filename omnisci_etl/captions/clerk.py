"""The desk where figures come in: plans them, captions the extractive ones at once, hands out jobs for the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection

from omnisci_etl.captions import costs, outlook
from omnisci_etl.captions.calls import CallDesk, adopt_captions
from omnisci_etl.captions.concurrency import surely
from omnisci_etl.captions.figures import candidates, chunks, load_figures
from omnisci_etl.captions.planning import CallState, Planner, Want, call_states
from omnisci_etl.captions.providers.extractive import compose
from omnisci_etl.captions.routes import FREE
from omnisci_etl.context import Context
from omnisci_etl.ledger.database import copy_into, dumps, sql

CHUNK = 250
_SQL = "omnisci_etl.captions.sql"
_DRAFT = {"call_id": "bigint", "model": "text", "body": "text", "panels": "jsonb", "body_sha256": "text"}


@dataclass(frozen=True, slots=True)
class Order:
    """A call that a model of the routes file is to be asked for a figure, not before `delay` seconds from now."""

    model: str
    call_id: int
    figure_id: int
    delay: float = 0.0


class Clerk:
    """Takes the figures of one run in chunks; tally counts what came of them.

    in_batches: figures that are left alone, as a batch already asks another model for them.
    """

    def __init__(self, context: Context, planner: Planner, *, limit: int | None, refresh: bool) -> None:
        self._context = context
        self._planner = planner
        self._room = limit
        self._refresh = refresh
        self._models: dict[str, int] = {}
        self.tally: Counter[str] = Counter(figures=0, captioned=0, calls=0, attempts=0, failed=0, waiting=0)
        self.total = 0
        self.in_batches = 0

    def chunks(self, discipline: str | None) -> Iterator[list[Order]]:
        """Plans everything that is to be captioned, chunk by chunk; the orders of each.

        What a run that is gone has left on this machine is stored first.
        """
        desk = CallDesk(self._context, self._planner.routes.budget)
        self.tally["captioned"] += surely(lambda _: desk.take_in())
        ids = surely(lambda _: self._candidates(discipline))
        self.total = len(ids) if self._room is None else min(len(ids), self._room)
        for chunk in chunks(ids, CHUNK):
            if self._room == 0:
                return
            yield surely(partial(self._take_anew, chunk, self.tally, self._room))

    def _candidates(self, discipline: str | None) -> list[int]:
        """The figures that may be captioned; where there are any, the models that they may be given to are written."""
        escalate = self._planner.routes.policy.escalation
        with self._context.ledger.begin() as connection:
            ids = candidates(connection, discipline=discipline, captioned=self._refresh, escalate=escalate)
            if ids:
                self._models = self._planner.register(connection, self._context.run.key)
        return ids

    def _take_anew(self, ids: Sequence[int], tally: Counter[str], room: int | None, again: bool) -> list[Order]:
        """Takes figures on with these counts so far; what a lost connection cut off is planned a second time."""
        self.tally, self._room = tally.copy(), room
        return self._take(ids)

    def _take(self, ids: Sequence[int]) -> list[Order]:
        with self._context.ledger.begin() as connection:
            figures = load_figures(connection, ids)
            self._planner.outlook = outlook.load(connection, self._planner.routes, self._context.run.key)
        wants = [self._planner.want(figure) for figure in figures]
        wants = [w for w in wants if w.standing == "wanted" or (w.standing == "stale" and self._refresh)]
        wants = self._not_in_batches(wants)
        orders: list[Order] = []
        while wants and self._room != 0:
            part = wants if self._room is None else wants[: self._room]
            wants = wants[len(part) :]
            orders.extend(self._plan(part))
        return orders

    def _not_in_batches(self, wants: Sequence[Want]) -> list[Want]:
        """Without figures for which a batch already asks another model: its answer may be all they need."""
        figures = [want.figure.figure_id for want in wants]
        with self._context.ledger.begin() as connection:
            rows = connection.execute(sql(_SQL, "figures_in_batches"), {"figures": figures}).all()
        asked = {row.figure_id: row.fingerprint for row in rows}
        free = [want for want in wants if asked.get(want.figure.figure_id, want.fingerprint) == want.fingerprint]
        self.in_batches += len(wants) - len(free)
        return free

    def _plan(self, wants: Sequence[Want]) -> Iterator[Order]:
        """Writes calls and routes, and captions what needs no asking; figures that failed for good take no room."""
        drafts = {w.figure.figure_id: compose(w.figure.evidence) for w in wants if self._is_extractive(w)}
        run = self._context.run
        with self._context.ledger.begin() as connection:
            calls = self._planner.write(connection, wants, self._models, run.key)
            states = call_states(connection, set(calls.values()), run.owner, self._context.settings)
            answered = [call_id for call_id, state in states.items() if state.state == "answered"]
            self.tally["captioned"] += len(adopt_captions(connection, answered, run.key))
            ready = [w for w in wants if self._is_extractive(w) and states[calls[w.figure.figure_id]].state == "ready"]
            rows = {calls[w.figure.figure_id]: self._draft_row(w, calls, drafts[w.figure.figure_id]) for w in ready}
            failed = self._caption_extractive(connection, list(rows.values()))
        failed |= {call_id for call_id, state in states.items() if state.state == "failed"}
        lost = sum(calls[want.figure.figure_id] in failed for want in wants)
        self.tally.update(figures=len(wants), failed=lost)
        if self._room is not None:
            self._room -= len(wants) - lost
        return self._orders(wants, calls, states)

    def _orders(self, wants: Sequence[Want], calls: dict[int, int], states: dict[int, CallState]) -> Iterator[Order]:
        for want in wants:
            state = states[calls[want.figure.figure_id]]
            if state.state not in ("answered", "failed") and not self._is_extractive(want):
                delay = state.wait_s if state.state == "grace" else 0.0
                yield Order(want.decision.model, state.call_id, want.figure.figure_id, delay)

    def _is_extractive(self, want: Want) -> bool:
        return self._planner.is_extractive(want.decision.model)

    def _draft_row(self, want: Want, calls: dict[int, int], draft: Any) -> tuple[Any, ...]:
        model = self._planner.routes.models[want.decision.model].model
        return calls[want.figure.figure_id], model, draft.body, draft.panel_rows(), draft.sha256

    def _caption_extractive(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> set[int]:
        """Stores composed captions; the calls whose draft is empty, which fails them for good."""
        if not rows:
            return set()
        run = self._context.run
        price = {"price": dumps(costs.snapshot(FREE)), "run_key": run.key, "owner": run.owner}
        copy_into(connection, "draft_stage", _DRAFT, rows)
        made = connection.execute(sql(_SQL, "caption_extractive"), price).one()
        adopted = adopt_captions(connection, [row[0] for row in rows], run.key)
        self.tally.update(captioned=made.captions + len(adopted), calls=made.attempts, attempts=made.attempts)
        return {row[0] for row in rows if not row[2]}
