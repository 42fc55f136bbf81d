"""What HTTP says, as slugs: shared by every vendor, whose SDKs have the same kinds of errors."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from omnisci_etl.captions.providers.base import ANSWERED, MAX_ERROR, Answer, ModelRequest, judged, printable
from omnisci_etl.errors import ConfigError, ServiceError

CONNECT_TIMEOUT = 10.0
CHECK_TIMEOUT = 30.0
MAX_TOKENS = 10**9
_BY_STATUS = {
    401: "wrong-key", 402: "no-credit", 403: "wrong-key", 404: "model-not-found", 408: "request-timeout",
    409: "overloaded", 429: "rate-limited",
}  # fmt: skip
_NO_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "billing_error"})
_NO_MODEL = frozenset({"model_not_found", "not_found_error"})
_FILTERED = frozenset({"content_filter", "content_policy_violation", "moderation_blocked", "invalid_prompt"})
_UNSENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)
_NO_CREDIT_WORDS = ("credit balance is too low", "exceeded your current quota")


class Shape(BaseModel):
    """Part of a vendor's answer that is read; what else is in it is let pass."""

    model_config = ConfigDict(extra="ignore")


Tokens = Field(default=0, ge=0, le=MAX_TOKENS)


class WireError(Exception):
    """A 200 whose body is not what the API says."""


# Local servers are given keys such as "x" or "test", which are words of any answer and no secrets.
SHORTEST_SECRET = 8


@dataclass(frozen=True, slots=True)
class Received:
    """An HTTP answer with its body read, and without the key, should a server have sent it back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @classmethod
    def of(cls, response: httpx2.Response, key: SecretStr | None) -> Received:
        """What an SDK's response or error holds."""
        secret = secret_of(key)
        if not secret:
            return cls(response.status_code, response.headers, response.content)
        headers = {name.lower(): mask(value, key) for name, value in response.headers.items()}
        return cls(response.status_code, headers, response.content.replace(secret.encode(), b"***"))

    @property
    def request_id(self) -> str | None:
        """The vendor's id of the request."""
        found = self.headers.get("x-request-id") or self.headers.get("request-id")
        return printable(found) if found else None


def http_client(timeout: float) -> dict[str, Any]:
    """Options of both SDKs' HTTP clients: a redirect is never followed, for it would be given the key."""
    return {"timeout": httpx2.Timeout(timeout, connect=CONNECT_TIMEOUT), "follow_redirects": False}


async def asked(
    request: ModelRequest,
    key: SecretStr | None,
    errors: type[Exception],
    send: Callable[[], Awaitable[httpx2.Response]],
    read: Callable[[Received], Answer],
) -> Answer:
    """The answer to one request. send raises errors of its SDK's family `errors`, which here become slugs.

    A connection that could not be made is "unreachable": nothing was sent. One that broke, and an answer that did not
    come in time, may have been charged for: "connection-lost" and "request-timeout" without an HTTP status.
    """
    try:
        async with asyncio.timeout(request.timeout):
            received = Received.of(await send(), key)
    except TimeoutError:
        return Answer("request-timeout", error=f"no answer within {request.timeout:g} s")
    except (errors, httpx2.HTTPError) as error:
        return failed(error, key)
    return answer_of(received, read)


def answer_of(received: Received, read: Callable[[Received], Answer]) -> Answer:
    """The answer that a response is; read makes it of a 200."""
    if received.status != 200:
        return failure(received)
    try:
        return read(received)
    except (WireError, ValidationError, ValueError) as error:
        text = printable(error if isinstance(error, WireError) else "not what the API answers", MAX_ERROR)
        return Answer(
            "garbled-answer",
            http_status=200,
            request_id=received.request_id,
            raw=received.body,
            error=text,
        )


def failed(error: Exception, key: SecretStr | None) -> Answer:
    """The answer that an SDK's error is, or one of HTTP."""
    response = getattr(error, "response", None)
    if isinstance(response, httpx2.Response):
        return failure(Received.of(response, key))
    cause = error if isinstance(error, httpx2.HTTPError) else error.__cause__ or error
    text = printable(f"{type(cause).__name__}: {mask(str(cause), key)}", MAX_ERROR)
    if isinstance(cause, _UNSENT):
        return Answer("unreachable", error=text)
    if isinstance(cause, httpx2.DecodingError):
        return Answer("garbled-answer", error=text)
    return Answer("request-timeout" if isinstance(cause, httpx2.TimeoutException) else "connection-lost", error=text)


def failure(received: Received) -> Answer:
    """The answer that an HTTP error is."""
    codes, message = _vendor_error(received.body)
    return Answer(
        _slug(received.status, codes, message.lower()),
        http_status=received.status,
        request_id=received.request_id,
        retry_after=retry_after(received.headers),
        error=printable(f"{received.status}: {message}", MAX_ERROR),
    )


def _slug(status: int, codes: frozenset[str], message: str) -> str:
    if 400 <= status < 500:
        if codes & _NO_CREDIT or any(words in message for words in _NO_CREDIT_WORDS):
            return "no-credit"
        if codes & _NO_MODEL:
            return "model-not-found"
        if codes & _FILTERED:
            return "content-filtered"
        return _BY_STATUS.get(status, "bad-request")
    return "overloaded" if status >= 500 else "garbled-answer"


def _vendor_error(body: bytes) -> tuple[frozenset[str], str]:
    """The codes and the message of an error body; both vendors put them under "error"."""
    try:
        found = json.loads(body)
    except ValueError:
        return frozenset(), "an error without a message"
    error = found.get("error") if isinstance(found, dict) else None
    if not isinstance(error, dict):
        return frozenset(), printable(error or "an error without a message", MAX_ERROR)
    codes = frozenset(str(error[name]) for name in ("type", "code") if error.get(name))
    return codes, printable(error.get("message") or "an error without a message", MAX_ERROR)


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait, from a number or a date; None where it does not say."""
    if milliseconds := _number(headers.get("retry-after-ms")):
        return milliseconds / 1000
    value = headers.get("retry-after")
    if value is None or (seconds := _number(value)) is not None:
        return None if value is None else seconds
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _number(value: str | None) -> float | None:
    try:
        number = float(value) if value is not None else None
    except ValueError:
        return None
    return number if number is not None and 0 <= number < 10**6 else None


def secret_of(key: SecretStr | None) -> str:
    """What is taken out of all that a server sends; "" where the key is so short that answers hold it by chance."""
    secret = key.get_secret_value() if key else ""
    return secret if len(secret) >= SHORTEST_SECRET else ""


def mask(text: str, key: SecretStr | None) -> str:
    """The text without the key, should a server have sent it back."""
    secret = secret_of(key)
    return text.replace(secret, "***") if secret else text


def ended(answer: Answer, slug: str | None, refusals: Sequence[str], text: str, request: ModelRequest) -> Answer:
    """The answer under the slug with which the vendor ended it; where it ended well, with its text read."""
    if slug is None:
        return judged(answer, text, request.schema)
    said = f": {refusals[0]}" if refusals else ""
    return replace(answer, slug=slug, error=printable(f"ended by {answer.finish_reason}{said}", MAX_ERROR))


async def listed(
    names: Callable[[], Awaitable[list[str]]], where: str, key: SecretStr | None, errors: type[Exception]
) -> list[str]:
    """The models that a provider lists. Raises ConfigError where the key is refused, ServiceError where it is away."""

    async def send() -> httpx2.Response:
        found.extend(await names())
        return httpx2.Response(200)

    found: list[str] = []
    request = ModelRequest(model="", system="", user="", schema={}, timeout=CHECK_TIMEOUT)
    answer = await asked(request, key, errors, send, lambda _: Answer(ANSWERED))
    if answer.slug == "wrong-key":
        raise ConfigError(f"{where} refuses the key: {answer.error}")
    if answer.slug != ANSWERED:
        raise ServiceError(f"{where} does not answer: {answer.error}")
    return found
