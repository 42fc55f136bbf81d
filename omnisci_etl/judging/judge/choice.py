"""Which model judges, and by what it is known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from omnisci_etl.captions.identity import params_of
from omnisci_etl.captions.routes import Routes
from omnisci_etl.errors import ConfigError


def judge_for(routes: Routes, task: str, families: Iterable[str]) -> str:
    """The first model of a judging task that may judge captions of all these families.

    Raises ConfigError with one line where the routes file names none.
    """
    found: list[str] | None = None
    listed = sorted(set(families))
    for family in listed:
        free = [name for name in routes.judges_for(task, family) if not asks_no_one(routes, name)]
        found = free if found is None else [name for name in found if name in free]
    if not found:
        of = f" of another family than {' and '.join(map(repr, listed))}" if listed else ""
        raise ConfigError(f"the routes file names no model{of} under judges.{task} that answers questions: name one")
    return found[0]


def asks_no_one(routes: Routes, model: str) -> bool:
    """Whether a model is the extractive captioner, which answers no questions."""
    return routes.provider_of(model).api == "extractive"


def identity(routes: Routes, model: str) -> Mapping[str, Any]:
    """What a model of the routes file is, whatever its name there: what a judgement's fingerprint holds of it."""
    spec, provider = routes.models[model], routes.provider_of(model)
    return {
        "provider": spec.provider, "api": provider.api, "base_url": provider.url, "model": spec.model,
        "params": params_of(routes, model),
    }  # fmt: skip


def captioning_families(routes: Routes) -> list[str]:
    """The families of the models that the policy can choose to caption."""
    return list(dict.fromkeys(routes.family_of(name) for name in routes.routed_models()))
