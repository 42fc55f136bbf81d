"""The paid-call protocol: the intent of an attempt is committed before anything is sent, its outcome after.

A process that dies between the two leaves an intent without an outcome: unknown, counted at its worst case, and sent
again only when its grace time is over. No two living processes work on a call at once (call_lease).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Connection

from omnisci_etl.captions.drafts import Draft
from omnisci_etl.captions.planning import CallState, call_states
from omnisci_etl.captions.providers.base import ANSWERED, Answer, Usage
from omnisci_etl.captions.routes import Budget
from omnisci_etl.context import Context
from omnisci_etl.ledger.database import dumps, sql

# What the vendor charges for and what gives no caption: asked again until the strike cap.
STRIKES = frozenset({"truncated", "refused", "off-schema", "content-filtered"})
STRIKES_OUT = "strikes-out"
# Beyond the time limit of a request: to send it, and to store what came.
LEASE_MARGIN = 60.0
# The most that the submission of a batch takes; after it the batch's own rows say how its attempts stand.
BATCH_LEASE = 3600.0
_BUDGET_LOCK = 0x6F6D6E695F627564
_SQL = "omnisci_etl.captions.sql"


@dataclass(frozen=True, slots=True)
class Intent:
    """What an attempt may cost: the price it is sent at and its worst case in US dollars; the picture that it sends."""

    call_id: int
    price: dict[str, str]
    worst_case: Decimal
    sent_image_sha256: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What came of an intent. With state "sent" the attempt is committed and must be sent and settled."""

    state: Literal["sent", "answered", "failed", "batched", "busy", "grace", "budget"]
    attempt_id: int = 0
    strikes: int = 0
    wait_s: float = 0.0
    limit: str = ""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What came of an attempt, to be stored with what it cost."""

    call_id: int
    attempt_id: int
    answer: Answer
    cost: Decimal
    latency: float
    draft: Draft | None = None


def with_draft(answer: Answer, strikes: int, strike_cap: int) -> tuple[Answer, Draft | None]:
    """The answer with its caption; an empty caption is off schema, and the last strike says that it was the last."""
    draft = Draft.of_answer(answer.content) if answer.slug == ANSWERED and answer.content is not None else None
    if draft is not None and not draft.body:
        answer, draft = replace(answer, slug="off-schema", error="caption: is empty"), None
    if answer.slug in STRIKES and strikes + 1 >= strike_cap:
        answer = replace(answer, slug=STRIKES_OUT, error=f"{answer.slug}: {answer.error}")
    return answer, draft


NewBatch = Callable[[Connection, Sequence[Intent]], int]
"""Writes the row of a batch of these intents; its id."""


class CallDesk:
    """Claims and settles calls for one run, many in one transaction."""

    def __init__(self, context: Context, budget: Budget) -> None:
        self._context = context
        self._budget = budget
        self._lease_s = context.settings.call_timeout + LEASE_MARGIN

    def claim(self, intents: Sequence[Intent], batch: NewBatch | None = None) -> list[Claim]:
        """Takes the calls that are free and commits an attempt for each that may be sent now.

        With batch they become a batch, whose row it writes in the same transaction; no lease is kept then, as the
        batch holds its calls until it is collected or abandoned.
        """
        owner = self._context.run.owner
        ids = [intent.call_id for intent in intents]
        with self._context.ledger.begin() as connection:
            parameters = {"calls": ids, "owner": owner, "lease_s": self._lease_s}
            held = set(connection.execute(sql(_SQL, "lease_calls"), parameters).scalars())
            states = call_states(connection, ids, owner, self._context.settings)
            claims = {i.call_id: _standing(states[i.call_id], i.call_id in held) for i in intents}
            free = [intent for intent in intents if claims[intent.call_id].state == "sent"]
            fitting = self._within_budget(connection, free)
            for intent in free:
                if intent.call_id not in fitting:
                    claims[intent.call_id] = Claim("budget", limit=self._limit_text())
            chosen = [i for i in free if i.call_id in fitting]
            batch_id = batch(connection, chosen) if batch and chosen else None
            sent = self._insert(connection, chosen, states, batch_id)
            for call_id in fitting:
                attempt_id, strikes = sent.get(call_id), states[call_id].strikes
                claims[call_id] = Claim("sent", attempt_id, strikes) if attempt_id else Claim("busy")
            unused = sorted(held if batch else held.difference(sent))
            connection.execute(sql(_SQL, "free_calls"), {"calls": unused, "owner": owner})
        return [claims[intent.call_id] for intent in intents]

    def _insert(
        self, connection: Connection, intents: Sequence[Intent], states: dict[int, CallState], batch_id: int | None
    ) -> dict[int, int]:
        rows = [
            {
                "call_id": i.call_id, "ordinal": states[i.call_id].last_ordinal + 1, "price": i.price,
                "worst_case_usd": i.worst_case, "sent_image_sha256": i.sent_image_sha256,
            }
            for i in intents
        ]  # fmt: skip
        run = self._context.run
        lease_s = self._lease_s if batch_id is None else BATCH_LEASE
        parameters = {
            "rows": dumps(rows), "run_key": run.key, "owner": run.owner, "lease_s": lease_s, "batch_id": batch_id,
        }  # fmt: skip
        made = connection.execute(sql(_SQL, "insert_attempts"), parameters)
        return {row.call_id: row.attempt_id for row in made}

    def _within_budget(self, connection: Connection, intents: Sequence[Intent]) -> set[int]:
        """The calls whose worst case still fits the limits, in order; the lock makes it so over all processes."""
        day, run = self._budget.usd_per_day, self._budget.usd_per_run
        if not intents or (day is None and run is None):
            return {intent.call_id for intent in intents}
        connection.execute(sql(_SQL, "lock_budget"), {"lock": _BUDGET_LOCK})
        spent = connection.execute(sql(_SQL, "committed"), {"run_key": self._context.run.key}).one()
        fitting: set[int] = set()
        planned = Decimal(0)
        for intent in intents:
            total = planned + intent.worst_case
            if (day is None or spent.day + total <= day) and (run is None or spent.run + total <= run):
                fitting.add(intent.call_id)
                planned = total
        return fitting

    def _limit_text(self) -> str:
        limits = {"day": self._budget.usd_per_day, "run": self._budget.usd_per_run}
        named = " and ".join(f"usd_per_{name} {value}" for name, value in limits.items() if value is not None)
        return f"the budget ({named}) leaves no room for the worst case of another call"

    def settle(self, settlements: Sequence[Settlement]) -> list[int]:
        """Stores outcomes, raw answers and captions, and frees the calls; how many captions each settlement gave.

        A second time with the same settlements changes nothing, so it can be repeated after a lost connection.
        """
        blobs = {s.attempt_id: self._context.blobs.put(s.answer.raw) for s in settlements if s.answer.raw is not None}
        with self._context.ledger.begin() as connection:
            run = self._context.run
            self._blob_rows(connection, settlements, blobs)
            rows = [_outcome(settlement, blobs.get(settlement.attempt_id)) for settlement in settlements]
            connection.execute(sql(_SQL, "insert_outcomes"), {"rows": dumps(rows)})
            drafts = [_draft(settlement) for settlement in settlements if settlement.draft]
            made = connection.execute(sql(_SQL, "insert_captions"), {"rows": dumps(drafts), "run_key": run.key})
            captioned = [row.call_id for row in made]
            calls = sorted(s.call_id for s in settlements)
            connection.execute(sql(_SQL, "free_calls"), {"calls": calls, "owner": run.owner})
        return [captioned.count(settlement.call_id) for settlement in settlements]

    def _blob_rows(self, connection: Connection, settlements: Sequence[Settlement], blobs: dict[int, str]) -> None:
        rows = [
            {
                "sha256": blobs[s.attempt_id], "bytes": len(s.answer.raw or b""),
                "media_type": "application/octet-stream" if s.answer.slug == "garbled-answer" else "application/json",
            }
            for s in settlements
            if s.attempt_id in blobs
        ]  # fmt: skip
        connection.execute(sql(_SQL, "insert_blobs"), {"rows": dumps(rows), "run_key": self._context.run.key})

    def kept(self, names: Sequence[tuple[int, int]]) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Attempts (with their owners) that have an outcome, and those that have none and whose process is gone."""
        parameters = {"attempts": [name[0] for name in names], "owners": [name[1] for name in names]}
        settled: list[tuple[int, int]] = []
        orphaned: list[tuple[int, int]] = []
        with self._context.ledger.begin() as connection:
            for row in connection.execute(sql(_SQL, "kept_answers"), parameters):
                (settled if row.settled else orphaned).append((row.attempt_id, row.owner))
        return settled, orphaned

    def adopt(self, calls: Sequence[int]) -> list[int]:
        """Captions the figures that were routed to answered calls and have no caption of them; how many for each."""
        with self._context.ledger.begin() as connection:
            captioned = adopt_captions(connection, calls, self._context.run.key)
        return [captioned.count(call_id) for call_id in calls]


def adopt_captions(connection: Connection, calls: Sequence[int], run_key: int) -> list[int]:
    """Captions figures from answers that are there already; the call of each caption."""
    if not calls:
        return []
    parameters = {"calls": list(calls), "run_key": run_key}
    return list(connection.execute(sql(_SQL, "adopt_captions"), parameters).scalars())


def _standing(state: CallState, held: bool) -> Claim:
    if state.state == "answered":
        return Claim("answered")
    if state.state == "failed":
        return Claim("failed")
    if state.state == "batched":
        return Claim("batched")
    if state.state == "busy" or not held:
        return Claim("busy")
    if state.state == "grace":
        return Claim("grace", wait_s=state.wait_s)
    return Claim("sent", strikes=state.strikes)


def _outcome(settlement: Settlement, response_sha256: str | None) -> dict[str, Any]:
    answer = settlement.answer
    usage = answer.usage or Usage()
    return {
        "attempt_id": settlement.attempt_id, "slug": answer.slug, "http_status": answer.http_status,
        "request_id": answer.request_id, "response_id": answer.response_id, "model_resolved": answer.model_resolved,
        "finish_reason": answer.finish_reason, "input_tokens": usage.input_tokens, "cached_tokens": usage.cached_tokens,
        "cache_write_tokens": usage.cache_write_tokens, "output_tokens": usage.output_tokens,
        "reasoning_tokens": usage.reasoning_tokens, "cost_usd": settlement.cost,
        "latency_ms": round(settlement.latency * 1000), "retry_after_s": answer.retry_after, "error": answer.error,
        "response_sha256": response_sha256,
    }  # fmt: skip


def _draft(settlement: Settlement) -> dict[str, Any]:
    assert settlement.draft is not None
    draft = settlement.draft
    return {
        "call_id": settlement.call_id, "attempt_id": settlement.attempt_id, "body": draft.body,
        "panels": draft.panel_rows(), "body_sha256": draft.sha256,
    }  # fmt: skip
