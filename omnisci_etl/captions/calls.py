"""The paid-call protocol: the intent of an attempt is committed before anything is sent, its outcome after.

A process that dies between the two leaves an intent without an outcome: unknown, counted at its worst case, and sent
again only when its grace time is over. No two living processes work on a call at once (call_lease).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Connection, text

from omnisci_etl.captions.drafts import Draft, drafted
from omnisci_etl.captions.planning import CallState, call_states
from omnisci_etl.captions.policy import STRIKES, STRIKES_OUT
from omnisci_etl.captions.providers.base import Answer, Usage
from omnisci_etl.captions.routes import Budget
from omnisci_etl.captions.spool import FOLDER, Name, Settlement, Spool
from omnisci_etl.context import Context
from omnisci_etl.ledger.database import dumps, sql

# Beyond the time limit of a request: to send it, and to store what came.
LEASE_MARGIN = 60.0
# The most that the submission of a batch takes; after it the batch's own rows say how its attempts stand.
BATCH_LEASE = 3600.0
_BUDGET_LOCK = 0x6F6D6E695F627564
_PLACES_LOCK = 0x6F6D6E695F706C63
_GROUP = 64
_SQL = "omnisci_etl.captions.sql"


@dataclass(frozen=True, slots=True)
class Intent:
    """What an attempt may cost: the price it is sent at and its worst case in US dollars; the picture that it sends.

    rivals: requests that other processes may have under way to its model at most, None where that does not matter.
    """

    call_id: int
    price: dict[str, str]
    worst_case: Decimal
    sent_image_sha256: str | None = None
    rivals: int | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """What came of an intent. With state "sent" the attempt is committed and must be sent and settled."""

    state: Literal["sent", "answered", "failed", "batched", "busy", "grace", "budget", "full"]
    attempt_id: int = 0
    strikes: int = 0
    wait_s: float = 0.0
    limit: str = ""


def last_strike(answer: Answer, strikes: int, strike_cap: int) -> Answer:
    """The answer after so many strikes; where it is the last strike, it says so."""
    if answer.slug in STRIKES and strikes + 1 >= strike_cap:
        return replace(answer, slug=STRIKES_OUT, error=f"{answer.slug}: {answer.error}")
    return answer


def with_draft(answer: Answer, strikes: int, strike_cap: int) -> tuple[Answer, Draft | None]:
    """The answer to a caption prompt as it is stored, with its caption."""
    answer, draft = drafted(answer)
    return last_strike(answer, strikes, strike_cap), draft


NewBatch = Callable[[Connection, Sequence[Intent]], int]
"""Writes the row of a batch of these intents; its id."""


class CallDesk:
    """Claims and settles calls for one run, many in one transaction."""

    def __init__(self, context: Context, budget: Budget) -> None:
        self._context = context
        self._budget = budget
        self._lease_s = context.settings.call_timeout + LEASE_MARGIN
        self._spool = Spool(context.settings.home_dir / FOLDER)
        self._made: set[int] = set()

    def claim(self, intents: Sequence[Intent], batch: NewBatch | None = None, *, again: bool = False) -> list[Claim]:
        """Takes the calls that are free and commits an attempt for each that may be sent now.

        An answer that is kept on this machine is stored first; its call is then answered. With batch the calls become
        a batch, whose row it writes in the same transaction; no lease is kept then, as the batch holds its calls until
        it is collected or abandoned. again: the same intents once more, as the connection broke before their claims
        were known; what was committed then is found.
        """
        claims, kept = self._claim(intents, batch, again)
        if kept:
            self.take_in()
        if kept and batch is None:
            claims |= self._claim([i for i in intents if i.call_id in kept], None, again)[0]
        return [claims[intent.call_id] for intent in intents]

    def _claim(
        self, intents: Sequence[Intent], batch: NewBatch | None, again: bool
    ) -> tuple[dict[int, Claim], set[int]]:
        """The claims by call; and the calls that stay busy until their answers, which are kept here, are stored."""
        owner = self._context.run.owner
        ids = [intent.call_id for intent in intents]
        with self._context.ledger.begin() as connection:
            self._stay_alive(connection)
            parameters = {"calls": ids, "owner": owner, "lease_s": self._lease_s}
            held = set(connection.execute(sql(_SQL, "lease_calls"), parameters).scalars())
            states = call_states(connection, ids, owner, self._context.settings)
            claims = {i: _standing(states[i], i in held) for i in ids}
            kept = {i for i in ids if claims[i].state in ("sent", "grace") and self._is_kept(states[i])}
            claims |= dict.fromkeys(kept, Claim("busy"))
            lost = dict(self._lost(states.values())) if again else {}
            free = [i for i in intents if claims[i.call_id].state == "sent" and i.call_id not in lost]
            claims |= self._send(connection, free, states, batch)
            claims |= {i: Claim("sent", attempt_id, states[i].strikes) for i, attempt_id in lost.items()}
            keeping = set() if batch else {i for i in ids if claims[i].state == "sent"}
            connection.execute(sql(_SQL, "free_calls"), {"calls": sorted(held - keeping), "owner": owner})
        self._made.update(claim.attempt_id for claim in claims.values() if claim.state == "sent")
        return claims, kept

    def _stay_alive(self, connection: Connection) -> None:
        """A restart of the database took the lock of this process, without which its attempts count as unknown."""
        owner = {"owner": self._context.run.owner}
        if not connection.execute(text("SELECT omnisci.owner_alive(:owner)"), owner).scalar():
            self._context.run.hold()

    def _is_kept(self, state: CallState) -> bool:
        return state.unanswered is not None and self._spool.holds(state.unanswered)

    def _lost(self, states: Iterable[CallState]) -> Iterator[tuple[int, int]]:
        """Calls whose attempt this process has committed without hearing of it, and the attempt."""
        for state in states:
            attempt_id, owner = state.unanswered or (0, 0)
            if owner == self._context.run.owner and attempt_id not in self._made:
                yield state.call_id, attempt_id

    def _send(
        self, connection: Connection, free: Sequence[Intent], states: dict[int, CallState], batch: NewBatch | None
    ) -> dict[int, Claim]:
        """Commits attempts for calls that are free, as far as places in flight and the budget go."""
        crowded = self._crowded(connection, free)
        free = [intent for intent in free if intent.call_id not in crowded]
        fitting = self._within_budget(connection, free)
        chosen = [intent for intent in free if intent.call_id in fitting]
        batch_id = batch(connection, chosen) if batch and chosen else None
        made = self._insert(connection, chosen, states, batch_id)
        claims = {i.call_id: Claim("budget", limit=self._limit_text()) for i in free if i.call_id not in fitting}
        for call_id in fitting:
            attempt_id, strikes = made.get(call_id), states[call_id].strikes
            claims[call_id] = Claim("sent", attempt_id, strikes) if attempt_id else Claim("busy")
        return claims | dict.fromkeys(crowded, Claim("full"))

    def _crowded(self, connection: Connection, intents: Sequence[Intent]) -> set[int]:
        """The calls whose model other processes ask too much already; the lock keeps two from counting at once."""
        at_most = {intent.call_id: intent.rivals for intent in intents if intent.rivals is not None}
        if not at_most:
            return set()
        connection.execute(sql(_SQL, "lock_budget"), {"lock": _PLACES_LOCK})
        parameters = {"owner": self._context.run.owner, "calls": list(at_most)}
        found = connection.execute(sql(_SQL, "in_flight"), parameters)
        return {row.call_id for row in found if row.requests > at_most[row.call_id]}

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
        self._made.difference_update(settlement.attempt_id for settlement in settlements)
        self._spool.drop((settlement.attempt_id, run.owner) for settlement in settlements)
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

    def keep(self, settlement: Settlement) -> None:
        """Keeps an answer on this machine until it is settled, whatever happens to this process before."""
        self._spool.put(settlement, self._context.run.owner)

    def take_in(self) -> int:
        """Stores the answers that processes which are gone have kept on this machine; the captions that came of it."""
        captions = 0
        names = [name for name in self._spool.names() if name[1] != self._context.run.owner]
        for start in range(0, len(names), _GROUP):
            settled, orphaned = self._kept(names[start : start + _GROUP])
            found = list(self._spool.read(orphaned))
            captions += sum(self.settle(found)) if found else 0
            self._spool.drop([*settled, *orphaned])
        return captions

    def _kept(self, names: Sequence[Name]) -> tuple[list[Name], list[Name]]:
        """Attempts that have an outcome, and those that have none and whose process is gone or hangs."""
        parameters = {"attempts": [name[0] for name in names], "owners": [name[1] for name in names]}
        settled: list[Name] = []
        orphaned: list[Name] = []
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
