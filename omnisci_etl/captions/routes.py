"""The routes file: providers, models with prices, and the routing policy, checked before anything is sent."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from omnisci_etl.captions.conditions import condition_fault
from omnisci_etl.config import Settings, check_base_url
from omnisci_etl.errors import ConfigError
from omnisci_etl.hashing import canonical_sha256

Api = Literal["openai", "anthropic", "openai-compatible", "extractive"]
VENDOR_URLS: dict[str, str] = {"openai": "https://api.openai.com/v1", "anthropic": "https://api.anthropic.com"}
VENDOR_KEYS: dict[str, str] = {"openai": "OPENAI_API_KEY", "anthropic": "ANTHROPIC_API_KEY"}
MAX_BYTES = 1_000_000
# How long before a model retires it is spoken of.
NOTICE_DAYS = 30
# What a request is made of here; params may not set it.
RESERVED = frozenset({
    "model", "input", "instructions", "messages", "system", "prompt", "n", "stream", "store", "background", "tools",
    "tool_choice", "max_tokens", "max_output_tokens", "max_completion_tokens", "response_format",
})  # fmt: skip
_log = logging.getLogger(__name__)


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Provider(_Strict):
    """Where models are asked. api_key_env names the variable that holds the key; the vendors have a default."""

    api: Api
    base_url: str | None = None
    api_key_env: str | None = Field(default=None, min_length=1)

    @field_validator("base_url")
    @classmethod
    def _checked(cls, value: str | None) -> str | None:
        return None if value is None else check_base_url(value)

    @model_validator(mode="after")
    def _complete(self) -> Provider:
        if self.api == "extractive" and (self.base_url or self.api_key_env):
            raise ValueError("the extractive api takes neither base_url nor api_key_env: leave them out")
        if self.api == "openai-compatible" and not self.base_url:
            raise ValueError("an openai-compatible provider needs its base_url")
        if self.api_key_env is None and self.api in VENDOR_KEYS:
            object.__setattr__(self, "api_key_env", VENDOR_KEYS[self.api])
        return self

    @property
    def url(self) -> str:
        """The base URL that is asked; empty for the extractive provider."""
        return self.base_url or VENDOR_URLS.get(self.api, "")


class Prices(_Strict):
    """US dollars for a million tokens. Cached input and cache writes cost what input costs unless said."""

    input: Decimal = Field(ge=0)
    output: Decimal = Field(ge=0)
    cached_input: Decimal | None = Field(default=None, ge=0)
    cache_write: Decimal | None = Field(default=None, ge=0)
    batch_factor: Decimal = Field(default=Decimal(1), ge=0, le=1)


FREE = Prices(input=Decimal(0), output=Decimal(0))


class Model(_Strict):
    """A model that figures can be routed to."""

    provider: str
    model: str = Field(min_length=1)
    family: str = ""
    usd_per_mtok: Prices | None = None
    max_in_flight: int = Field(default=8, ge=1, le=1024)
    requests_per_minute: int | None = Field(default=None, ge=1)
    tokens_per_minute: int | None = Field(default=None, ge=1)
    max_output_tokens: int = Field(default=4000, ge=1)
    params: dict[str, Any] = {}
    retires_on: date | None = None

    @field_validator("params")
    @classmethod
    def _free(cls, value: dict[str, Any]) -> dict[str, Any]:
        if taken := sorted(RESERVED & set(value)):
            raise ValueError(f"{', '.join(taken)} cannot be set here")
        return value

    @property
    def prices(self) -> Prices:
        """The prices; zero for the extractive model, the only one that may lack them."""
        return self.usd_per_mtok or FREE


class Rule(_Strict):
    """Figures whose features fit `when` go to the model `use`."""

    when: dict[str, Any] = Field(min_length=1)
    use: str


class Escalate(_Strict):
    """Mode cascade: figures whose captions are weak are asked again, of each model of `to` in turn.

    Weak is a gate score under `below`, or a stage of the gate behind the text (embeddings, models) that turned it down.
    """

    below: float = Field(ge=0, le=1)
    to: tuple[str, ...] = Field(min_length=1)
    at_most: int = Field(default=1, ge=0)

    @field_validator("to", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value


class Policy(_Strict):
    """How a model is chosen: the first rule that fits wins, else the default. Mode cascade escalates beyond that.

    explore is the share of first decisions that are drawn at random from all models of the policy.
    """

    name: str = Field(min_length=1)
    mode: Literal["rules", "cascade"] = "rules"
    rules: tuple[Rule, ...] = ()
    default: str
    escalate: Escalate | None = None
    explore: float = Field(default=0.0, ge=0, le=1)

    @property
    def escalation(self) -> Escalate | None:
        """How figures are asked again; None in mode rules."""
        return self.escalate if self.mode == "cascade" else None


class Judges(_Strict):
    """Models for judging, by task; the first of another family than the captioner's is asked."""

    caption: tuple[str, ...] = ()
    claims: tuple[str, ...] = ()
    qa_writer: tuple[str, ...] = ()
    qa_answerer: tuple[str, ...] = ()


class GateShares(_Strict):
    """The share of captions that each stage of the gate which asks models sees, after all cheaper ones.

    band: scores that lie less than this under their threshold do not reject, but ask for another look.
    at_least: thresholds of scorers by name, in place of the documented defaults and of calibrations.
    """

    claims: float = Field(default=0.0, ge=0, le=1)
    judge: float = Field(default=0.0, ge=0, le=1)
    qa: float = Field(default=0.0, ge=0, le=1)
    band: float = Field(default=0.0, ge=0, lt=1)
    at_least: dict[str, Annotated[float, Field(ge=0, le=1)]] = {}


class Budget(_Strict):
    """Limits in US dollars over all purposes: of a day (UTC) and of a run."""

    usd_per_day: Decimal | None = Field(default=None, ge=0)
    usd_per_run: Decimal | None = Field(default=None, ge=0)


class Routes(_Strict):
    """A checked routes file."""

    providers: dict[str, Provider]
    models: dict[str, Model] = Field(min_length=1)
    policy: Policy
    judges: Judges = Judges()
    gate: GateShares = GateShares()
    allow_same_family_judge: bool = False
    budget: Budget = Budget()

    @cached_property
    def policy_sha256(self) -> str:
        """The hash of everything that a routing decision rests on: the policy and the table of models."""
        table = {
            name: model.model_dump(mode="json")
            | {"api": self.providers[model.provider].api, "base_url": self.providers[model.provider].url}
            for name, model in self.models.items()
        }
        return canonical_sha256({"policy": self.policy.model_dump(mode="json"), "models": table})

    def provider_of(self, model: str) -> Provider:
        """The provider of a model, by the model's name in the file."""
        return self.providers[self.models[model].provider]

    def family_of(self, model: str) -> str:
        """The model's family: as stated, else the first part of its requested name, a maker's name before it apart."""
        spec = self.models[model]
        return spec.family or ("none" if self.is_extractive(model) else spec.model.rpartition("/")[2].split("-")[0])

    def judges_for(self, task: str, family: str) -> list[str]:
        """The models of a judging task that may judge what a model of this family wrote, in the order of the file.

        Those of the same family only where the file allows it. Raises ConfigError where none is left.
        """
        named: tuple[str, ...] = getattr(self.judges, task)
        own = family.casefold()
        free = [name for name in named if self.allow_same_family_judge or self.family_of(name).casefold() != own]
        if free:
            return free
        listed = f"only {', '.join(named)}, of the captioner's own family {family!r}" if named else "no model"
        remedy = "name one of another family" + (", or set allow_same_family_judge: true" if named else "")
        raise ConfigError(f"the routes file names {listed} under judges.{task}: {remedy}")

    def is_extractive(self, model: str) -> bool:
        """Whether a model of the file is the captioner that asks no one."""
        return self.provider_of(model).api == "extractive"

    def judge_for(self, task: str, families: Collection[str]) -> str:
        """The first model of a judging task that may judge what models of all these families wrote, and answers.

        Raises ConfigError with one line where the file names none.
        """
        lists = [self.judges_for(task, family) for family in sorted(set(families)) or [""]]
        free = [name for name in lists[0] if all(name in names for names in lists) and not self.is_extractive(name)]
        if not free:
            listed = " and ".join(map(repr, sorted(set(families)))) or "any"
            raise ConfigError(
                f"the routes file names no model under judges.{task} that answers questions and is of another family "
                f"than {listed}: name one, or set allow_same_family_judge: true"
            )
        return free[0]

    @property
    def captioning_families(self) -> list[str]:
        """The families of the models that the policy can choose to caption."""
        return list(dict.fromkeys(self.family_of(name) for name in self.routed_models()))

    def routed_models(self) -> list[str]:
        """Models that the policy can choose, each once."""
        later = self.policy.escalation.to if self.policy.escalation else ()
        return list(dict.fromkeys([*(rule.use for rule in self.policy.rules), self.policy.default, *later]))


DEFAULT = Routes(
    providers={"offline": Provider(api="extractive")},
    models={"extract": Model(provider="offline", model="extractive-1", family="none")},
    policy=Policy(name="default-offline", default="extract"),
)


def load(settings: Settings) -> Routes:
    """The configured routes, or the extractive default. Raises ConfigError with one line that names every fault."""
    if settings.routes is None:
        return DEFAULT
    path = settings.routes.expanduser()
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ConfigError(f"OMNISCI_ROUTES: {path}: {reason}; set it to a routes file, or unset it") from None
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{path.name}: larger than {MAX_BYTES} bytes")
    return parse(data, path)


def parse(data: bytes, path: Path) -> Routes:
    """Routes from the bytes of a file; path only names it in messages."""
    try:
        content = yaml.load(data, _OneOfEach)  # noqa: S506  (a SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name}: not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{path.name}: it must hold providers, models and policy")
    try:
        routes = Routes.model_validate(content)
    except ValidationError as error:
        faults = [_fault(one) for one in error.errors(include_url=False, include_input=False)]
        raise ConfigError(f"{path.name}: {'; '.join(faults)}") from None
    if faults := list(_faults(routes)):
        raise ConfigError(f"{path.name}: {'; '.join(faults)}")
    for text in warnings(routes, date.today()):
        _log.warning("%s: %s", path.name, text)
    return routes


class _OneOfEach(yaml.SafeLoader):
    """YAML in which no key may stand twice in one mapping."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                continue
            if key_node.value in seen:
                fault = f"the key {key_node.value!r} stands twice"
                raise yaml.constructor.ConstructorError(None, None, fault, key_node.start_mark)
            seen.add(key_node.value)
        return super().construct_mapping(node, deep)


JUDGES_OF_GATE = {"claims": ("claims",), "judge": ("caption",), "qa": ("qa_writer", "qa_answerer")}
_REMEDIES = {
    "missing": "it is required",
    "extra_forbidden": "there is no such key here: take it out, or mend its spelling",
}


def _fault(error: ErrorDetails) -> str:
    where = ".".join(str(step) for step in error["loc"])
    text = _REMEDIES.get(error["type"], error["msg"].removeprefix("Value error, "))
    return f"{where}: {text}" if where else text


def _faults(routes: Routes) -> Iterator[str]:
    """What is wrong between the parts of a file whose parts are right."""
    for name, model in routes.models.items():
        if model.provider not in routes.providers:
            yield f"models.{name}.provider: {_unknown(model.provider, routes.providers, 'provider')}"
        elif model.usd_per_mtok is None and routes.provider_of(name).api != "extractive":
            yield f"models.{name}.usd_per_mtok: a price is required (a model without a price is an error, never free)"
    for where, name in _named_models(routes):
        if name not in routes.models:
            yield f"{where}: {_unknown(name, routes.models, 'model')}"
    yield from _policy_faults(routes.policy)
    for stage, tasks in JUDGES_OF_GATE.items():
        if getattr(routes.gate, stage) > 0 and (lacking := [t for t in tasks if not getattr(routes.judges, t)]):
            yield f"gate.{stage}: it asks models: name some under {' and '.join(f'judges.{t}' for t in lacking)}"


def _policy_faults(policy: Policy) -> Iterator[str]:
    for number, rule in enumerate(policy.rules):
        for key, value in rule.when.items():
            if fault := condition_fault(key, value):
                yield f"policy.rules.{number}.when.{key}: {fault}"
    if policy.mode == "cascade" and policy.escalate is None:
        yield "policy.escalate: mode cascade needs it: {below: a gate score, to: a model, at_most: 1}"


def _named_models(routes: Routes) -> Iterator[tuple[str, str]]:
    for number, rule in enumerate(routes.policy.rules):
        yield f"policy.rules.{number}.use", rule.use
    yield "policy.default", routes.policy.default
    if routes.policy.escalate:
        yield from (("policy.escalate.to", name) for name in routes.policy.escalate.to)
    for task in Judges.model_fields:
        for number, name in enumerate(getattr(routes.judges, task)):
            yield f"judges.{task}.{number}", name


def _unknown(name: str, known: Iterable[str], what: str) -> str:
    names = list(known)
    close = difflib.get_close_matches(name, names, 1)
    hint = f"did you mean {close[0]!r}?" if close else f"known are {', '.join(names) or 'none'}"
    return f"there is no {what} {name!r}; {hint}"


def warnings(routes: Routes, today: date) -> list[str]:
    """Models that policy or judges name and that have retired, or will within 30 days, with where they are named.

    A model past its date is asked all the same: only the vendor knows whether it still answers.
    """
    named: dict[str, list[str]] = {name: [] for name in routes.models}
    routed = set(routes.routed_models())
    for where, name in _named_models(routes):
        if where.startswith("judges.") or name in routed:
            named[name].append(where)
    found = []
    for name, places in named.items():
        day = routes.models[name].retires_on
        if places and day is not None and (day - today).days <= NOTICE_DAYS:
            verb = "retired" if day <= today else "retires"
            where = " and ".join(places)
            found.append(f"models.{name}: {routes.models[name].model} {verb} on {day}; name another model in {where}")
    return found
