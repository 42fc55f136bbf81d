"""OpenAI by its Responses API."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import httpx2
from openai import AsyncOpenAI, DefaultAsyncHttpxClient, OpenAIError
from pydantic import SecretStr

from omnisci_etl.captions.providers import wire
from omnisci_etl.captions.providers.base import Answer, ModelRequest, Usage, printable


class _Cached(wire.Shape):
    cached_tokens: int = wire.Tokens
    cache_write_tokens: int | None = None


class _Reasoning(wire.Shape):
    reasoning_tokens: int = wire.Tokens


class _Usage(wire.Shape):
    input_tokens: int = wire.Tokens
    input_tokens_details: _Cached | None = None
    output_tokens: int = wire.Tokens
    output_tokens_details: _Reasoning | None = None


class _Part(wire.Shape):
    type: str
    text: str = ""
    refusal: str = ""


class _Item(wire.Shape):
    type: str
    content: list[_Part] | None = None


class _Reason(wire.Shape):
    reason: str | None = None


class _Fault(wire.Shape):
    code: str | None = None
    message: str | None = None


class _Body(wire.Shape):
    id: str
    model: str
    status: str
    output: list[_Item]
    usage: _Usage | None = None
    incomplete_details: _Reason | None = None
    error: _Fault | None = None


class OpenAIResponses:
    """Asks with a strict JSON schema; the picture goes in at detail "high", the cheapest that keeps small print."""

    def __init__(self, base_url: str, key: SecretStr | None, timeout: float) -> None:
        self._key = key
        self._client = AsyncOpenAI(
            api_key=key.get_secret_value() if key else "",
            base_url=base_url,
            max_retries=0,
            http_client=DefaultAsyncHttpxClient(**wire.http_client(timeout)),
        )
        # Asked for here, as the SDK loads it at first use: between the intent of a call and the call is no time for it.
        self._create = self._client.responses.with_raw_response.create

    async def complete(self, request: ModelRequest) -> Answer:
        """Asks once."""

        async def send() -> httpx2.Response:
            # As extra_body the SDK sends the parts as they are, without a walk through schema and picture.
            raw = await self._client.responses.with_raw_response.create(
                extra_body=body(request), timeout=request.timeout
            )
            return raw.http_response

        return await wire.asked(request, self._key, OpenAIError, send, lambda received: read(received, request))

    async def models(self) -> list[str]:
        """Names of the models that the key can use."""

        async def names() -> list[str]:
            return [model.id async for model in self._client.models.list()]

        return await wire.listed(names, "OpenAI", self._key, OpenAIError)

    async def close(self) -> None:
        """Gives the connections back."""
        await self._client.close()


def body(request: ModelRequest) -> dict[str, Any]:
    """The request's JSON; params go into it beside what is set here, `text` merged with the schema."""
    params = dict(request.params)
    text: Mapping[str, Any] = params.pop("text", None) or {}
    content: list[dict[str, Any]] = [{"type": "input_text", "text": request.user}]
    if request.image is not None:
        content.insert(0, {"type": "input_image", "image_url": data_url(request), "detail": "high"})
    return {
        **params,
        "model": request.model,
        "instructions": request.system,
        "input": [{"role": "user", "content": content}],
        "text": {**text, "format": {"type": "json_schema", "name": "answer", "schema": request.schema, "strict": True}},
        "max_output_tokens": request.max_output_tokens,
        "store": False,
    }


def data_url(request: ModelRequest) -> str:
    """The picture as a data URL."""
    assert request.image is not None
    return f"data:{request.media_type};base64,{base64.b64encode(request.image).decode('ascii')}"


def read(received: wire.Received, request: ModelRequest) -> Answer:
    """The answer of a 200. Raises ValidationError where the body is not the API's."""
    found = _Body.model_validate_json(received.body)
    reason = (found.incomplete_details and found.incomplete_details.reason) or found.status
    answer = Answer(
        "off-schema", http_status=received.status, request_id=received.request_id, response_id=printable(found.id),
        model_resolved=printable(found.model), finish_reason=printable(reason), usage=_usage(found.usage),
        raw=received.body,
    )  # fmt: skip
    parts = [part for item in found.output if item.type == "message" for part in item.content or ()]
    refusals = [part.refusal for part in parts if part.type == "refusal"]
    return wire.ended(answer, _verdict(found, refusals), refusals, "".join(p.text for p in parts), request)


def _verdict(found: _Body, refusals: list[str]) -> str | None:
    if found.status == "failed":
        code = (found.error and found.error.code) or ""
        return {"rate_limit_exceeded": "rate-limited", "server_error": "overloaded"}.get(code, "bad-request")
    if refusals:
        return "refused"
    if found.status == "incomplete":
        cut = found.incomplete_details is None or found.incomplete_details.reason != "content_filter"
        return "truncated" if cut else "content-filtered"
    return None


def _usage(found: _Usage | None) -> Usage | None:
    if found is None:
        return None
    details, reasoning = found.input_tokens_details, found.output_tokens_details
    return Usage(
        input_tokens=found.input_tokens,
        cached_tokens=details.cached_tokens if details else 0,
        cache_write_tokens=(details.cache_write_tokens or 0) if details else 0,
        output_tokens=found.output_tokens,
        reasoning_tokens=reasoning.reasoning_tokens if reasoning else 0,
    )
