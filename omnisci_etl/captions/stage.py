"""The captioning stage, and what it would do (plan)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection

from omnisci_etl.captions import outlook, routes
from omnisci_etl.captions.batches.packing import Sizes
from omnisci_etl.captions.batches.stage import OPEN, Outcome
from omnisci_etl.captions.batches.stage import caption as caption_in_batches
from omnisci_etl.captions.clerk import CHUNK, Clerk
from omnisci_etl.captions.crew import Crew, tell
from omnisci_etl.captions.figures import candidates, chunks, load_figures
from omnisci_etl.captions.lane import IN_BATCH
from omnisci_etl.captions.lanes import check_refused
from omnisci_etl.captions.planning import Planner, Want, call_states, known_calls
from omnisci_etl.captions.providers import key_of
from omnisci_etl.captions.providers.batching import APIS
from omnisci_etl.captions.routes import Model
from omnisci_etl.config import Settings
from omnisci_etl.context import Context, Counts
from omnisci_etl.errors import LeftOver
from omnisci_etl.ledger.database import Ledger


def caption(
    context: Context,
    *,
    discipline: str | None = None,
    limit: int | None = None,
    refresh: bool = False,
    batch: bool = False,
    wait: bool = True,
) -> Counts:
    """Captions figures that have none; with refresh also those whose prompt, evidence or model has changed.

    With batch, models whose vendors have batches are asked by them, and the run waits until all are collected, or only
    goes round once (wait=False) and counts as open_batches those that are not over.
    Figures whose calls are in batches that are not over belong to `caption --batch`: on line they are neither asked nor
    left, and counted as in_batches.
    Counts: figures taken on, captions written, calls and attempts made, figures that failed for good, figures left.
    Raises LeftOver where a later run can do more, ConfigError where a key or a model is refused.
    """
    table = routes.load(context.settings)
    planner = Planner(table)
    paid = [name for name in table.routed_models() if not planner.is_extractive(name)]
    providers = {table.models[name].provider for name in paid}
    keys = {provider: key_of(context.settings, table, provider) for provider in providers}
    clerk = Clerk(context, planner, limit=limit, refresh=refresh)
    orders = clerk.chunks(discipline)
    if not paid and not batch:
        for _ in orders:
            tell(context, clerk, Counter())
        return dict(clerk.tally)
    crew = Crew(context, planner, clerk, keys)
    batches = Outcome()
    if batch:
        batches = caption_in_batches(context, planner, crew, orders, wait=wait)
    else:
        asyncio.run(crew.run(orders))
    tally = _tally(clerk, crew, batches, batch=batch)
    _end(crew, batches, tally)
    return tally


def _tally(clerk: Clerk, crew: Crew, batches: Outcome, *, batch: bool) -> Counts:
    """All counts; figures that batches have are not left, but in_batches."""
    tally = {name: count + crew.tally[name] + batches.tally[name] for name, count in clerk.tally.items()}
    asked_elsewhere = crew.reasons.pop(IN_BATCH, 0)
    tally["waiting"] -= asked_elsewhere
    if batch:
        tally[OPEN] = batches.tally[OPEN]
    elif in_batches := asked_elsewhere + clerk.in_batches:
        tally["in_batches"] = in_batches
    return tally


def _end(crew: Crew, batches: Outcome, tally: Counts) -> None:
    """Raises what the run has to end with, if anything. Where batches are open the run is not at its end."""
    lanes = [(lane.stop_slug, lane.stopped) for lane in crew.lanes.values()]
    check_refused([*lanes, *batches.refused])
    if (tally["waiting"] or batches.stuck) and not batches.tally[OPEN]:
        reasons = (crew.reasons + batches.reasons).most_common(3)
        said = "; ".join([*(f"{count} for {reason}" for reason, count in reasons), *batches.stuck[:3]])
        raise LeftOver(
            f"{tally['captioned']} captions written, {tally['waiting']} figures are left: {said}", dict(tally)
        )


def escalations(settings: Settings, ledger: Ledger) -> int:
    """Figures that have captions, all judged and too weak, and may have another of a stronger model."""
    table = routes.load(settings)
    escalate = table.policy.escalation
    if escalate is None:
        return 0
    planner = Planner(table)
    with ledger.read(timeout_s=600) as connection:
        planner.outlook = outlook.load(connection, table, 0)
        ids = candidates(connection, discipline=None, captioned=False, escalate=escalate)
        figures = (figure for chunk in chunks(ids, CHUNK) for figure in load_figures(connection, chunk))
        return sum(planner.want(figure).decision.reason["rule"] == "escalate" for figure in figures)


@dataclass
class _Estimate:
    """What one model would be asked."""

    figures: int = 0
    calls: int = 0
    answered: int = 0
    failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd: Decimal = Decimal(0)
    image_bytes: int = 0
    stale: int = 0
    stale_by: Counter[str] = field(default_factory=Counter)
    sizes: Sizes = field(default_factory=Sizes)

    def row(self, model: str, spec: Model, *, batch: bool) -> dict[str, Any]:
        """A line of the plan; with batch also what goes into how many batches."""
        batches = {"in_batches": self.sizes.requests, "batches": self.sizes.batches, "batch_bytes": self.sizes.bytes}
        return {
            "model": model, "provider": spec.provider, "requested": spec.model, "figures": self.figures,
            "calls": self.calls, "answered": self.answered, "failed": self.failed, "input_tokens": self.input_tokens,
            "output_tokens": self.output_tokens, "usd": float(round(self.usd, 6)), "image_bytes": self.image_bytes,
            "stale": self.stale, "stale_by": ", ".join(f"{why} {n}" for why, n in sorted(self.stale_by.items())),
        } | (batches if batch else {})  # fmt: skip


def plan(
    settings: Settings,
    ledger: Ledger,
    *,
    discipline: str | None = None,
    limit: int | None = None,
    refresh: bool = False,
    batch: bool = False,
) -> list[dict[str, Any]]:
    """What caption would do, a row for each model, without writing or asking anything.

    figures: to be captioned; calls: to be made for them (as two figures can share one); answered: those paid already;
    failed: those that will not be asked again; usd: estimated, as the tokens are; image_bytes: pictures as stored;
    stale: figures with an outdated caption, which only refresh captions again, and what has changed.
    With batch, as `caption --batch` would do it: usd at the batch price, and in_batches calls in how many batches of
    about how many bytes; models without batches are asked on line.
    """
    planner = Planner(routes.load(settings))
    survey = _Survey(planner, settings, limit, refresh=refresh, batch=batch)
    with ledger.read(timeout_s=600) as connection:
        planner.outlook = outlook.load(connection, planner.routes, 0)
        for chunk in chunks(candidates(connection, discipline=discipline, captioned=True), CHUNK):
            survey.take(connection, [planner.want(figure) for figure in load_figures(connection, chunk)])
    return [
        found.row(name, planner.routes.models[name], batch=batch)
        for name, found in survey.of_model.items()
        if found.figures or found.stale
    ]


class _Survey:
    """Adds up wants by model."""

    def __init__(self, planner: Planner, settings: Settings, limit: int | None, *, refresh: bool, batch: bool) -> None:
        self._planner = planner
        self._settings = settings
        self._room = limit
        self._refresh = refresh
        self._batch = batch
        self._seen: set[str] = set()
        self.of_model = {name: _Estimate() for name in planner.routes.routed_models()}

    def take(self, connection: Connection, wants: Sequence[Want]) -> None:
        """Counts the wants of a chunk."""
        known = known_calls(connection, (want.fingerprint for want in wants))
        states = call_states(connection, known.values(), 0, self._settings)
        for want in wants:
            if want.standing == "stale":
                self.of_model[want.decision.model].stale += 1
                self.of_model[want.decision.model].stale_by.update(want.stale_by)
            if want.standing == "done" or (want.standing == "stale" and not self._refresh):
                continue
            state = states[known[want.fingerprint]].state if want.fingerprint in known else "planned"
            self._count(want, state)

    def _count(self, want: Want, state: str) -> None:
        found = self.of_model[want.decision.model]
        if state == "failed":
            found.figures += 1
            found.failed += 1
            return
        if self._room == 0:
            return
        self._room = None if self._room is None else self._room - 1
        found.figures += 1
        if state == "answered":
            found.answered += 1
        elif state != "batched" and want.fingerprint not in self._seen:
            self._seen.add(want.fingerprint)
            self._add_call(found, want)

    def _add_call(self, found: _Estimate, want: Want) -> None:
        found.calls += 1
        if self._planner.is_extractive(want.decision.model):
            return
        batch = self._batch and self._planner.routes.provider_of(want.decision.model).api in APIS
        if batch:
            limits = {"most_requests": self._settings.batch_requests, "most_bytes": self._settings.batch_bytes}
            found.sizes.add(self._planner.line_bytes(want), **limits)
        tokens, answer, dollars = self._planner.estimate(want, batch=batch)
        found.input_tokens += tokens
        found.output_tokens += answer
        found.usd += dollars
        found.image_bytes += want.figure.image_bytes
