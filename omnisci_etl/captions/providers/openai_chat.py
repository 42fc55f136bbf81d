"""Any server that speaks OpenAI's chat completions: vLLM, gateways, other vendors."""

from __future__ import annotations

from typing import Any

import httpx2
from openai import AsyncOpenAI, DefaultAsyncHttpxClient, OpenAIError
from pydantic import Field, SecretStr

from omnisci_etl.captions.providers import wire
from omnisci_etl.captions.providers.base import Answer, ModelRequest, Usage, printable
from omnisci_etl.captions.providers.openai_responses import data_url

# The SDK wants a key; servers that want none ignore it.
_NO_KEY = "none"


class _Cached(wire.Shape):
    cached_tokens: int | None = None


class _Reasoning(wire.Shape):
    reasoning_tokens: int | None = None


class _Usage(wire.Shape):
    prompt_tokens: int = wire.Tokens
    completion_tokens: int = wire.Tokens
    prompt_tokens_details: _Cached | None = None
    completion_tokens_details: _Reasoning | None = None


class _Message(wire.Shape):
    content: str | None = None
    refusal: str | None = None


class _Choice(wire.Shape):
    message: _Message
    finish_reason: str | None = None


class _Body(wire.Shape):
    id: str
    model: str
    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage | None = None


class OpenAIChat:
    """Asks with response_format json_schema; what a server cannot do of it shows as off-schema or bad-request."""

    def __init__(self, base_url: str, key: SecretStr | None, timeout: float) -> None:
        self._key = key
        self._where = base_url
        self._client = AsyncOpenAI(
            api_key=key.get_secret_value() if key else _NO_KEY,
            base_url=base_url,
            max_retries=0,
            http_client=DefaultAsyncHttpxClient(**wire.http_client(timeout)),
        )
        # Asked for here, as the SDK loads it at first use: between the intent of a call and the call is no time for it.
        self._create = self._client.chat.completions.with_raw_response.create

    async def complete(self, request: ModelRequest) -> Answer:
        """Asks once."""

        async def send() -> httpx2.Response:
            # As extra_body the SDK sends the parts as they are, without a walk through schema and picture.
            raw = await self._create(
                model=request.model, messages=[], extra_body=body(request), timeout=request.timeout
            )
            return raw.http_response

        return await wire.asked(request, self._key, OpenAIError, send, lambda got: read(got, request))

    async def models(self) -> list[str]:
        """Names of the models that the server has."""

        async def names() -> list[str]:
            return [model.id async for model in self._client.models.list()]

        return await wire.listed(names, self._where, self._key, OpenAIError)

    async def close(self) -> None:
        """Gives the connections back."""
        await self._client.close()


def body(request: ModelRequest) -> dict[str, Any]:
    """The request's JSON; params go into it beside what is set here."""
    content: list[dict[str, Any]] = [{"type": "text", "text": request.user}]
    if request.image is not None:
        content.insert(0, {"type": "image_url", "image_url": {"url": data_url(request), "detail": "high"}})
    schema = {"name": "answer", "schema": request.schema, "strict": True}
    return {
        **request.params,
        "model": request.model,
        "messages": [{"role": "system", "content": request.system}, {"role": "user", "content": content}],
        "response_format": {"type": "json_schema", "json_schema": schema},
        # max_completion_tokens is the vendor's newer name; servers of others know this one.
        "max_tokens": request.max_output_tokens,
    }


def read(received: wire.Received, request: ModelRequest) -> Answer:
    """The answer of a 200. Raises ValidationError where the body is not the API's."""
    found = _Body.model_validate_json(received.body)
    choice = found.choices[0]
    answer = Answer(
        "off-schema", http_status=received.status, request_id=received.request_id, response_id=printable(found.id),
        model_resolved=printable(found.model), finish_reason=printable(choice.finish_reason or "none"),
        usage=_usage(found.usage), raw=received.body,
    )  # fmt: skip
    refusals = [choice.message.refusal] if choice.message.refusal else []
    slug = {"length": "truncated", "content_filter": "content-filtered"}.get(choice.finish_reason or "")
    return wire.ended(answer, "refused" if refusals else slug, refusals, choice.message.content or "", request)


def _usage(found: _Usage | None) -> Usage | None:
    if found is None:
        return None
    cached, reasoning = found.prompt_tokens_details, found.completion_tokens_details
    return Usage(
        input_tokens=found.prompt_tokens,
        cached_tokens=(cached.cached_tokens or 0) if cached else 0,
        output_tokens=found.completion_tokens,
        reasoning_tokens=(reasoning.reasoning_tokens or 0) if reasoning else 0,
    )
