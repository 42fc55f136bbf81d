"""Planning: which call each figure wants, which of them are new, and what they would cost. Nothing is sent here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal

from sqlalchemy import Connection

from omnisci_etl.captions import costs, prompts
from omnisci_etl.captions.figures import FigureRow
from omnisci_etl.captions.outlook import Outlook
from omnisci_etl.captions.prompts import Prompt
from omnisci_etl.captions.router import Decision, decide, escalated, features
from omnisci_etl.captions.routes import Model, Routes
from omnisci_etl.config import Settings
from omnisci_etl.hashing import canonical_sha256
from omnisci_etl.ledger.database import copy_into, dumps, sql

PURPOSE = "caption"
MAX_SIDE = 2048
# A picture is sent as figures.images.for_model makes it of the stored one. That is a function of the stored bytes and
# of these, so the fingerprint holds them instead of the sent bytes: planning then decodes no picture. Raise the version
# when for_model gives other bytes.
PREPARATION = {"by": "for_model", "version": 2, "max_side": MAX_SIDE}
_SQL = "omnisci_etl.captions.sql"
_STAGE = {
    "figure_id": "bigint", "fingerprint": "text", "prompt_sha256": "text", "model_id": "bigint",
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
    """How a call stands (call_states.sql); wait_s are the seconds of its grace time that are left."""

    call_id: int
    fingerprint: str
    state: Literal["answered", "failed", "batched", "busy", "grace", "ready"]
    last_ordinal: int
    strikes: int
    wait_s: float


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
        return self.routes.provider_of(model).api == "extractive"

    def prompt_of(self, model: str) -> Prompt:
        """The prompt that a model is given."""
        return prompts.load(prompts.EXTRACTIVE if self.is_extractive(model) else prompts.FIGURE_CAPTION)

    def params_of(self, model: str) -> dict[str, Any]:
        """The parameters sent with every request of a model, the length of its answer among them."""
        spec = self.routes.models[model]
        return {} if self.is_extractive(model) else {**spec.params, "max_output_tokens": spec.max_output_tokens}

    def _identity(self, model: str) -> dict[str, Any]:
        spec: Model = self.routes.models[model]
        provider = self.routes.providers[spec.provider]
        prompt = self.prompt_of(model)
        return {
            "purpose": PURPOSE, "provider": spec.provider, "base_url": provider.url, "api": provider.api,
            "model": spec.model, "params": self.params_of(model), "prompt": prompt.sha256,
            "schema": prompt.output_schema, "draw": 0,
        }  # fmt: skip

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
        picture = None if self.is_extractive(model) else {"sha256": figure.image_sha256, **PREPARATION}
        identity = self._of_model[model][1]
        return canonical_sha256({**identity, "picture": picture, "evidence": figure.evidence_sha256})

    def _draw(self, figure: FigureRow) -> float:
        """A number from 0 to 1 that the figure and the policy determine, so that planning twice decides alike."""
        digest = canonical_sha256([self.routes.policy_sha256, figure.image_sha256, figure.evidence_sha256])
        return int(digest[:13], 16) / 16**13

    def estimate(self, want: Want) -> tuple[int, int, Decimal]:
        """Tokens in and out and US dollars that a wanted call would likely take; an extractive one none."""
        model, figure = want.decision.model, want.figure
        if self.is_extractive(model):
            return 0, 0, Decimal(0)
        prompt, spec = self.prompt_of(model), self.routes.models[model]
        size = len((prompt.system + prompts.render(prompt, figure.evidence)).encode())
        tokens = costs.likely_input_tokens(size, *costs.sent_size(figure.width, figure.height, MAX_SIDE))
        answer = costs.likely_output_tokens(len(figure.evidence.panels), spec.max_output_tokens)
        return tokens, answer, costs.likely_cost(spec.prices, tokens, answer)

    def register(self, connection: Connection, run_key: int) -> dict[str, int]:
        """Writes the rows of the prompts and models that the policy can choose; model ids by name in the file."""
        ids = {}
        for name in self.routes.routed_models():
            prompts.register(connection, self.prompt_of(name), run_key)
            spec = self.routes.models[name]
            provider = self.routes.providers[spec.provider]
            parameters = {
                "provider": spec.provider, "api": provider.api, "requested": spec.model,
                "family": self.routes.family_of(name), "base_url": provider.url,
                "params": dumps(self.params_of(name)), "run_key": run_key,
            }  # fmt: skip
            ids[name] = _model_id(connection, parameters)
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
            figure.figure_id, want.fingerprint, self._of_model[decision.model][0].sha256, model_ids[decision.model],
            self._sent_as_stored(want), figure.evidence_sha256, 0, self.routes.policy.name, self.routes.policy_sha256,
            decision.reason, decision.features, list(decision.candidates), decision.probability, run_key,
        )  # fmt: skip

    def _sent_as_stored(self, want: Want) -> str | None:
        """The hash of the sent picture where it is known before the picture is read: small JPEGs go as they are."""
        figure = want.figure
        kept = figure.media_type == "image/jpeg" and max(figure.width, figure.height) <= MAX_SIDE
        return figure.image_sha256 if kept and not self.is_extractive(want.decision.model) else None


def _model_id(connection: Connection, parameters: Mapping[str, Any]) -> int:
    """The row of a model. Asked twice, as another process may write it between the statement's insert and its look."""
    statement = sql(_SQL, "register_model")
    found = connection.execute(statement, parameters).scalar() or connection.execute(statement, parameters).scalar_one()
    return int(found)


def _changes(figure: FigureRow, prompt: Prompt) -> Iterator[str]:
    """Why the newest caption of a figure is outdated; a change of the picture is one of the evidence."""
    assert figure.prior is not None
    changed = False
    if figure.prior.prompt_sha256 != prompt.sha256:
        changed = True
        yield "prompt"
    if (figure.prior.evidence_sha256, figure.prior.image_sha256) != (figure.evidence_sha256, figure.image_sha256):
        changed = True
        yield "evidence"
    if not changed:
        yield "model"


def call_states(connection: Connection, calls: Iterable[int], owner: int, settings: Settings) -> dict[int, CallState]:
    """How calls stand for the process that holds the lock `owner` (0: for any)."""
    parameters = {
        "calls": list(calls), "owner": owner, "strike_cap": settings.strike_cap, "grace": settings.unknown_grace,
    }  # fmt: skip
    return {
        row.call_id: CallState(
            row.call_id, row.fingerprint, row.state, row.last_ordinal, row.strikes, row.wait_s or 0.0
        )
        for row in connection.execute(sql(_SQL, "call_states"), parameters)
    }


def known_calls(connection: Connection, fingerprints: Iterable[str]) -> dict[str, int]:
    """Ids of the calls that exist, by fingerprint."""
    rows = connection.execute(sql(_SQL, "known_calls"), {"fingerprints": list(fingerprints)})
    return {row.fingerprint: row.call_id for row in rows}
