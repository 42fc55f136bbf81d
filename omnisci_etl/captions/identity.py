"""What makes a call the one it is: everything that its fingerprint covers, and the row of the model that it asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from omnisci_etl.captions import costs
from omnisci_etl.captions.prompts import Prompt
from omnisci_etl.captions.routes import Routes
from omnisci_etl.hashing import canonical_sha256
from omnisci_etl.ledger.database import dumps, sql

MAX_SIDE = 2048
# A picture is sent as figures.images.for_model makes it of the stored one. That is a function of the stored bytes and
# of these, so the fingerprint holds them instead of the sent bytes: planning then decodes no picture. Raise the version
# when for_model gives other bytes.
PREPARATION = {"by": "for_model", "version": 2, "max_side": MAX_SIDE}


def params_of(routes: Routes, model: str) -> dict[str, Any]:
    """The parameters sent with every request of a model of the routes file, the length of its answer among them."""
    if routes.is_extractive(model):
        return {}
    spec = routes.models[model]
    return {**spec.params, "max_output_tokens": spec.max_output_tokens}


def model_identity(routes: Routes, model: str) -> dict[str, Any]:
    """What a model of the routes file is, whatever its name there."""
    spec, provider = routes.models[model], routes.provider_of(model)
    return {
        "provider": spec.provider, "base_url": provider.url, "api": provider.api, "model": spec.model,
        "params": params_of(routes, model),
    }  # fmt: skip


def identity(routes: Routes, model: str, prompt: Prompt, purpose: str, draw: int = 0) -> dict[str, Any]:
    """What is the same for all calls of a purpose by one model with one prompt."""
    asked = {"purpose": purpose, "prompt": prompt.sha256, "schema": prompt.output_schema, "draw": draw}
    return model_identity(routes, model) | asked


def fingerprint(known: Mapping[str, Any], image_sha256: str | None, evidence_sha256: str) -> str:
    """The hash of a call of this identity, with a stored picture (None where it is sent none) and its evidence."""
    picture = None if image_sha256 is None else {"sha256": image_sha256, **PREPARATION}
    return canonical_sha256({**known, "picture": picture, "evidence": evidence_sha256})


def register_model(connection: Connection, routes: Routes, model: str, run_key: int) -> int:
    """Writes the row of a model of the routes file, once for all that stands in it, and its price; its id."""
    spec, provider = routes.models[model], routes.provider_of(model)
    parameters = {
        "provider": spec.provider, "api": provider.api, "requested": spec.model, "family": routes.family_of(model),
        "base_url": provider.url, "params": dumps(params_of(routes, model)), "run_key": run_key,
    }  # fmt: skip
    statement = sql("omnisci_etl.captions.sql", "register_model")
    # Asked twice, as another process may write the row between the statement's insert and its look.
    found = connection.execute(statement, parameters).scalar() or connection.execute(statement, parameters).scalar_one()
    price = {**costs.snapshot(spec.prices), "batch_factor": str(spec.prices.batch_factor)}
    dated = {"model_id": int(found), "price": dumps(price), "run_key": run_key}
    connection.execute(sql("omnisci_etl.captions.sql", "note_price"), dated)
    return int(found)
