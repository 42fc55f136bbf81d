"""Planning: which call each figure wants, which of them are new, and what they would cost. Nothing is sent here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from sqlalchemy import Connection, Row

from omnisci_etl.captions import costs, prompts
from omnisci_etl.captions.figures import FigureRow
from omnisci_etl.captions.identity import MAX_SIDE, fingerprint, identity, register_model
from omnisci_etl.captions.outlook import Outlook
from omnisci_etl.captions.prompts import Prompt
from omnisci_etl.captions.router import Decision, decide, escalated, features
from omnisci_etl.captions.routes import Routes
from omnisci_etl.config import Settings
from omnisci_etl.hashing import canonical_sha256
from omnisci_etl.ledger.database import copy_into, sql

PURPOSE = "caption"
_SQL = "omnisci_etl.captions.sql"
_STAGE = {
    "figure_id": "bigint", "fingerprint": "text", "purpose": "text", "prompt_sha256": "text", "model_id": "bigint",
    "sent_image_sha256": "text", "evidence_sha256": "text", "draw": "integer", "policy": "text",
    "policy_sha256": "text", "reason": "jsonb", "features": "jsonb", "candidates": "jsonb",
    "probability": "double precision", "run_key": "bigint",
}  # fmt: skip

Standing = Literal["done", "stale", "wanted"]


@dataclass(frozen=True, slots=True)
class Want:
    """The call that a figure wants under the present routes, prompts and evidence."""

    figure: FigureRow
    decision: Decision
    fingerprint: str
    standing: Standing
    stale_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CallState:
    """How a call stands (call_states.sql); wait_s are the seconds of its grace time that are left.

    unanswered: the newest attempt on line with its owner, where its outcome never came.
    """

    call_id: int
    fingerprint: str
    state: Literal["answered", "failed", "batched", "busy", "grace", "ready"]
    last_ordinal: int
    strikes: int
    wait_s: float
    unanswered: tuple[int, int] | None = None


class Planner:
    """Turns figures into wanted calls by one set of routes, the prompts of this code and an outlook."""

    def __init__(self, routes: Routes) -> None:
        self.routes = routes
        self.outlook = Outlook()

    @cached_property
    def _of_model(self) -> dict[str, tuple[Prompt, dict[str, Any]]]:
        return {name: (self.prompt_of(name), self._identity(name)) for name in self.routes.models}

    def is_extractive(self, model: str) -> bool:
        """Whether a model of the routes file is the captioner that asks no one."""
        return self.routes.is_extractive(model)

    def prompt_of(self, model: str) -> Prompt:
        """The prompt that a model is given."""
        return prompts.load(prompts.EXTRACTIVE if self.is_extractive(model) else prompts.FIGURE_CAPTION)

    def _identity(self, name: str) -> dict[str, Any]:
        return identity(self.routes, name, self.prompt_of(name), PURPOSE)

    def want(self, figure: FigureRow) -> Want:
        """The wanted call of a figure, and whether it has that caption, an outdated one or none.

        Where the policy draws or escalates, a caption of any of its models is as good as that of the first choice.
        """
        found = features(figure)
        decision = decide(self.routes, found, self.outlook, self._draw(figure))
        fingerprint = self._fingerprint(figure, decision.model)
        used = [name for name in self._choices if self._fingerprint(figure, name) in figure.captioned_by]
        if further := escalated(self.routes, found, self.outlook, figure.standing, used):
            return Want(figure, further, self._fingerprint(figure, further.model), "wanted")
        if fingerprint in figure.captioned_by or used:
            return Want(figure, decision, fingerprint, "done")
        if figure.prior is None or figure.prior.fingerprint == fingerprint:
            return Want(figure, decision, fingerprint, "wanted")
        return Want(figure, decision, fingerprint, "stale", tuple(_changes(figure, self.prompt_of(decision.model))))

    @cached_property
    def _choices(self) -> tuple[str, ...]:
        policy = self.routes.policy
        return tuple(self.routes.routed_models()) if policy.escalation or policy.explore else ()

    def _fingerprint(self, figure: FigureRow, model: str) -> str:
        picture = None if self.is_extractive(model) else figure.image_sha256
        return fingerprint(self._of_model[model][1], picture, figure.evidence_sha256)

    def _draw(self, figure: FigureRow) -> float:
        """A number from 0 to 1 that the figure and the policy determine, so that planning twice decides alike."""
        digest = canonical_sha256([self.routes.policy_sha256, figure.image_sha256, figure.evidence_sha256])
        return int(digest[:13], 16) / 16**13

    def estimate(self, want: Want, *, batch: bool = False) -> tuple[int, int, Decimal]:
        """Tokens in and out and US dollars that a wanted call would likely take, on line or in a batch.

        An extractive one takes none.
        """
        model, figure = want.decision.model, want.figure
        if self.is_extractive(model):
            return 0, 0, Decimal(0)
        prompt, spec = self.prompt_of(model), self.routes.models[model]
        size = len((prompt.system + prompts.render(prompt, figure.evidence)).encode())
        tokens = costs.likely_input_tokens(size, *costs.sent_size(figure.width, figure.height, MAX_SIDE))
        answer = costs.likely_output_tokens(len(figure.evidence.panels), spec.max_output_tokens)
        prices = costs.in_batch(spec.prices) if batch else spec.prices
        return tokens, answer, costs.likely_cost(prices, tokens, answer)

    def line_bytes(self, want: Want) -> int:
        """Bytes that the call would likely take in a batch."""
        prompt, figure = self.prompt_of(want.decision.model), want.figure
        content = [prompt.system, prompts.render(prompt, figure.evidence), prompt.output_schema]
        image = costs.likely_sent_bytes(figure.image_bytes, figure.width, figure.height, MAX_SIDE)
        return costs.likely_line_bytes(content, image)

    def register(self, connection: Connection, run_key: int) -> dict[str, int]:
        """Writes the rows of the prompts and models that the policy can choose; model ids by name in the file."""
        ids = {}
        for name in self.routes.routed_models():
            prompts.register(connection, self.prompt_of(name), run_key)
            ids[name] = register_model(connection, self.routes, name, run_key)
        return ids

    def write(
        self, connection: Connection, wants: Sequence[Want], model_ids: Mapping[str, int], run_key: int
    ) -> dict[int, int]:
        """Writes the calls and routes of figures, those that exist left as they are; call ids by figure id."""
        rows = (self._row(want, model_ids, run_key) for want in wants)
        copy_into(connection, "plan_stage", _STAGE, rows)
        connection.execute(sql(_SQL, "insert_calls"))
        connection.execute(sql(_SQL, "insert_routes"))
        return {row.figure_id: row.call_id for row in connection.execute(sql(_SQL, "calls_of_plan"))}

    def _row(self, want: Want, model_ids: Mapping[str, int], run_key: int) -> tuple[Any, ...]:
        figure, decision = want.figure, want.decision
        return (
            figure.figure_id, want.fingerprint, PURPOSE, self._of_model[decision.model][0].sha256,
            model_ids[decision.model], self._sent_as_stored(want), figure.evidence_sha256, 0,
            self.routes.policy.name, self.routes.policy_sha256,
            decision.reason, decision.features, list(decision.candidates), decision.probability, run_key,
        )  # fmt: skip

    def _sent_as_stored(self, want: Want) -> str | None:
        """The hash of the sent picture where it is known before the picture is read: small JPEGs go as they are."""
        figure = want.figure
        kept = figure.media_type == "image/jpeg" and max(figure.width, figure.height) <= MAX_SIDE
        return figure.image_sha256 if kept and not self.is_extractive(want.decision.model) else None


def _changes(figure: FigureRow, prompt: Prompt) -> list[str]:
    """Why the newest caption of a figure is outdated: its prompt, its picture, or what the paper says has changed."""
    prior = figure.prior
    assert prior is not None
    changed = {
        "prompt": prior.prompt_sha256 != prompt.sha256,
        "picture": prior.image_sha256 != figure.image_sha256,
        "evidence": prior.evidence_sha256 != figure.evidence_sha256,
    }
    return [name for name, differs in changed.items() if differs] or ["model"]


def set_limits(connection: Connection, settings: Settings) -> None:
    """Lets the views of the retry policy go by these settings until the end of the transaction."""
    limits = {
        "strike_cap": str(settings.strike_cap), "unknown_cap": str(settings.unknown_cap),
        "unknown_grace": str(settings.unknown_grace),
    }  # fmt: skip
    connection.execute(sql(_SQL, "set_limits"), limits)


def call_states(connection: Connection, calls: Iterable[int], owner: int, settings: Settings) -> dict[int, CallState]:
    """How calls stand for the process that holds the lock `owner` (0: for any), under these settings' limits."""
    set_limits(connection, settings)
    rows = connection.execute(sql(_SQL, "call_states"), {"calls": list(calls), "owner": owner})
    return {row.call_id: _state(row) for row in rows}


def _state(row: Row[Any]) -> CallState:
    unanswered = None if row.unanswered is None else (row.unanswered, row.owner)
    return CallState(row.call_id, row.fingerprint, row.state, row.last_ordinal, row.strikes, row.wait_s, unanswered)


def known_calls(connection: Connection, fingerprints: Iterable[str]) -> dict[str, int]:
    """Ids of the calls that exist, by fingerprint."""
    rows = connection.execute(sql(_SQL, "known_calls"), {"fingerprints": list(fingerprints)})
    return {row.fingerprint: row.call_id for row in rows}
