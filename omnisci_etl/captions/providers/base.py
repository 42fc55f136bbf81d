"""What a provider is asked and what it answers, the same for every vendor."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Protocol

from pydantic import ConfigDict

ANSWERED = "answered"
MAX_TEXT = 60_000
MAX_ERROR = 500
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One question. image is the picture as sent; timeout is in seconds, for the whole request."""

    model: str
    system: str
    user: str
    schema: Mapping[str, Any]
    image: bytes | None = None
    media_type: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    max_output_tokens: int = 4000
    timeout: float = 600.0


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as billed. input_tokens counts cached and cache-written ones too, output_tokens the reasoning ones."""

    input_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one attempt. slug is one of the statuses of stage call.

    content: the answer's JSON where slug is "answered". usage is None where a usable answer reports none. raw: the
    body as received, of answers that came with status 200. retry_after: seconds that the vendor asks to wait.
    """

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")

    slug: str
    content: Mapping[str, Any] | None = None
    http_status: int | None = None
    request_id: str | None = None
    response_id: str | None = None
    model_resolved: str | None = None
    finish_reason: str | None = None
    usage: Usage | None = field(default_factory=Usage)
    raw: bytes | None = None
    retry_after: float | None = None
    error: str | None = None


class Provider(Protocol):
    """One way to ask a model. complete() never raises for what a vendor or the network does: it answers with a slug."""

    async def complete(self, request: ModelRequest) -> Answer:
        """Asks once."""

    async def models(self) -> list[str]:
        """Names of the models that the provider knows, by a free request. Raises ServiceError or ConfigError."""

    async def close(self) -> None:
        """Gives the connections back."""


def printable(value: object, most: int = MAX_NAME) -> str:
    """Text of a stranger as PostgreSQL can hold it: no NUL, no lone surrogate, not longer than `most`."""
    return str(value)[:most].replace("\x00", "").encode("utf-8", "replace").decode()


def _storable(content: Any) -> Any:
    """JSON with printable texts: what stands in it as an escape is only there once it is read."""
    if isinstance(content, str):
        return printable(content, len(content))
    if isinstance(content, list):
        return [_storable(one) for one in content]
    return {_storable(k): _storable(v) for k, v in content.items()} if isinstance(content, dict) else content


def judged(answer: Answer, text: str, schema: Mapping[str, Any]) -> Answer:
    """The answer with its text read against the schema: its content, or off-schema with what is wrong."""
    import jsonschema

    try:
        content = _storable(json.loads(printable(text, MAX_TEXT)))
        fault = next(iter(jsonschema.Draft202012Validator(schema).iter_errors(content)), None)
    except (ValueError, RecursionError) as error:
        return replace(answer, slug="off-schema", error=printable(f"not JSON: {error}", MAX_ERROR))
    if fault is not None:
        where = ".".join(str(step) for step in fault.absolute_path) or "the answer"
        return replace(answer, slug="off-schema", error=printable(f"{where}: {fault.message}", MAX_ERROR))
    return replace(answer, slug=ANSWERED, content=content)
