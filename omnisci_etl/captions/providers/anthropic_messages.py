"""Anthropic by its Messages API."""

from __future__ import annotations

import base64
from typing import Any

import httpx2
from anthropic import AnthropicError, AsyncAnthropic, DefaultAsyncHttpxClient
from pydantic import SecretStr

from omnisci_etl.captions.providers import wire
from omnisci_etl.captions.providers.base import Answer, ModelRequest, Usage, printable

_ENDS = {"max_tokens": "truncated", "model_context_window_exceeded": "truncated", "refusal": "refused"}


class _Details(wire.Shape):
    thinking_tokens: int | None = None


class _Usage(wire.Shape):
    input_tokens: int = wire.Tokens
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    output_tokens: int = wire.Tokens
    output_tokens_details: _Details | None = None


class _Block(wire.Shape):
    type: str
    text: str = ""


class _Body(wire.Shape):
    id: str
    model: str
    content: list[_Block]
    stop_reason: str | None = None
    usage: _Usage | None = None


class AnthropicMessages:
    """Asks with output_config.format; the picture stands before the text, as the vendor advises."""

    def __init__(self, base_url: str, key: SecretStr | None, timeout: float) -> None:
        self._key = key
        self._client = AsyncAnthropic(
            api_key=key.get_secret_value() if key else "",
            base_url=base_url,
            max_retries=0,
            http_client=DefaultAsyncHttpxClient(**wire.http_client(timeout)),
        )
        # Asked for here, as the SDK loads it at first use: between the intent of a call and the call is no time for it.
        self._create = self._client.messages.with_raw_response.create

    async def complete(self, request: ModelRequest) -> Answer:
        """Asks once."""

        async def send() -> httpx2.Response:
            # As extra_body the SDK sends the parts as they are, without a walk through schema and picture.
            raw = await self._create(
                model=request.model, max_tokens=request.max_output_tokens, messages=[], extra_body=body(request),
                timeout=request.timeout,
            )  # fmt: skip
            return raw.http_response

        return await wire.asked(request, self._key, AnthropicError, send, lambda got: read(got, request))

    async def models(self) -> list[str]:
        """Names of the models that the key can use."""

        async def names() -> list[str]:
            return [model.id async for model in self._client.models.list()]

        return await wire.listed(names, "Anthropic", self._key, AnthropicError)

    async def close(self) -> None:
        """Gives the connections back."""
        await self._client.close()


def body(request: ModelRequest) -> dict[str, Any]:
    """The request's JSON; params go into it beside what is set here, `output_config` merged with the schema."""
    params = dict(request.params)
    config: dict[str, Any] = params.pop("output_config", None) or {}
    content: list[dict[str, Any]] = [{"type": "text", "text": request.user}]
    if request.image is not None:
        data = base64.b64encode(request.image).decode("ascii")
        source = {"type": "base64", "media_type": request.media_type, "data": data}
        content.insert(0, {"type": "image", "source": source})
    return {
        **params,
        "model": request.model,
        "system": request.system,
        "messages": [{"role": "user", "content": content}],
        "output_config": {**config, "format": {"type": "json_schema", "schema": request.schema}},
        "max_tokens": request.max_output_tokens,
    }


def read(received: wire.Received, request: ModelRequest) -> Answer:
    """The answer of a 200. Raises ValidationError where the body is not the API's."""
    found = _Body.model_validate_json(received.body)
    answer = Answer(
        "off-schema", http_status=received.status, request_id=received.request_id, response_id=printable(found.id),
        model_resolved=printable(found.model), finish_reason=printable(found.stop_reason or "none"),
        usage=_usage(found.usage), raw=received.body,
    )  # fmt: skip
    text = "".join(block.text for block in found.content if block.type == "text")
    slug = _ENDS.get(found.stop_reason or "")
    return wire.ended(answer, slug, [text] if slug == "refused" else [], text, request)


def _usage(found: _Usage | None) -> Usage | None:
    """Tokens with cached ones counted into the input, as every other vendor does."""
    if found is None:
        return None
    read_back, written = found.cache_read_input_tokens or 0, found.cache_creation_input_tokens or 0
    details = found.output_tokens_details
    return Usage(
        input_tokens=found.input_tokens + read_back + written,
        cached_tokens=read_back,
        cache_write_tokens=written,
        output_tokens=found.output_tokens,
        reasoning_tokens=(details.thinking_tokens or 0) if details else 0,
    )
