"""Anthropic's Message Batches: the requests in one body, the results in one stream. A batch carries no name of ours."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, BinaryIO

import httpx2
from anthropic import Anthropic, AnthropicError, DefaultHttpxClient
from pydantic import AwareDatetime, SecretStr

from omnisci_etl.captions.providers import wire
from omnisci_etl.captions.providers.anthropic_messages import body, read
from omnisci_etl.captions.providers.base import Answer, ModelRequest, printable
from omnisci_etl.captions.providers.batching import VendorBatch, asked, checked_id, parsed, streamed

_PAGE = 100
# An errored request says no HTTP status, only the type of error that would have come with it.
_STATUS = {
    "invalid_request_error": 400, "authentication_error": 401, "billing_error": 402, "permission_error": 403,
    "not_found_error": 404, "request_too_large": 413, "rate_limit_error": 429, "timeout_error": 504,
    "overloaded_error": 529,
}  # fmt: skip
_NOT_DONE = {"expired": "batch-expired", "canceled": "batch-cancelled"}


class _Counts(wire.Shape):
    processing: int = 0
    succeeded: int = 0
    errored: int = 0
    canceled: int = 0
    expired: int = 0


class _Batch(wire.Shape):
    id: str
    processing_status: str
    created_at: AwareDatetime
    request_counts: _Counts


class _Page(wire.Shape):
    data: list[_Batch]
    has_more: bool = False


class AnthropicBatches:
    """Batches of the Messages API."""

    names_batches = False

    def __init__(self, base_url: str, key: SecretStr | None, timeout: float) -> None:
        self._key = key
        self._client = Anthropic(
            api_key=key.get_secret_value() if key else "",
            base_url=base_url,
            max_retries=0,
            http_client=DefaultHttpxClient(**wire.http_client(timeout)),
        )

    def line(self, custom_id: str, request: ModelRequest) -> bytes:
        """A request of a batch, as a line of JSON."""
        content = {"custom_id": custom_id, "params": body(request)}
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()

    def upload(self, lines: BinaryIO) -> str | None:
        """Nothing: the requests go with the batch."""
        return None

    def create(self, lines: BinaryIO, file_id: str | None, intent_key: str) -> VendorBatch:
        """Starts the batch."""

        def send() -> httpx2.Response:
            lines.seek(0)
            requests = [json.loads(line) for line in lines]
            # As extra_body the SDK sends the requests as they are, without a walk through schemas and pictures.
            batches = self._client.messages.batches.with_raw_response
            return batches.create(requests=[], extra_body={"requests": requests}).http_response

        return _view(parsed(_Batch, asked(self._key, AnthropicError, send)))

    def retrieve(self, batch_id: str) -> VendorBatch:
        """How a batch stands."""

        def send() -> httpx2.Response:
            return self._client.messages.batches.with_raw_response.retrieve(checked_id(batch_id)).http_response

        return _view(parsed(_Batch, asked(self._key, AnthropicError, send)))

    def listed(self, since: datetime) -> Iterator[VendorBatch]:
        """Batches that were created at `since` or later, newest first."""
        after: dict[str, Any] = {}
        while True:

            def send(after: dict[str, Any] = after) -> httpx2.Response:
                return self._client.messages.batches.with_raw_response.list(limit=_PAGE, **after).http_response

            page = parsed(_Page, asked(self._key, AnthropicError, send))
            found = [_view(one) for one in page.data]
            yield from (one for one in found if one.created_at >= since)
            if not page.has_more or not found or found[-1].created_at < since:
                return
            after = {"after_id": found[-1].batch_id}

    def rows(self, batch_id: str, files: Iterable[str]) -> Iterator[bytes]:
        """The lines of the results; asked for at our own address, for the one in the batch would be given the key."""
        yield from streamed(AnthropicError, self._key, self._content(checked_id(batch_id)))

    def _content(self, batch_id: str) -> Iterator[bytes]:
        # With this header the SDK hands out the response before its body is read.
        headers = {"Accept": "application/binary", "X-Stainless-Raw-Response": "stream"}
        path = f"/v1/messages/batches/{batch_id}/results"
        response = self._client.get(path, cast_to=httpx2.Response, options={"headers": headers})
        try:
            yield from response.iter_bytes()
        finally:
            response.close()

    def answer(self, row: Mapping[str, Any], batch_id: str, schema: Mapping[str, Any]) -> Answer:
        """The answer that a line of the results holds. Lines have no request id; the batch stands for it."""
        result = row.get("result")
        result = result if isinstance(result, dict) else {}
        kind = str(result.get("type"))
        if kind in _NOT_DONE:
            return Answer(_NOT_DONE[kind], error=f"the request was not done: {kind}")
        headers = {"request-id": batch_id}
        if kind == "succeeded":
            content = json.dumps(result.get("message"), ensure_ascii=False).encode("utf-8", "replace")
            request = ModelRequest(model="", system="", user="", schema=schema)
            return wire.answer_of(wire.Received(200, headers, content), lambda got: read(got, request))
        return _errored(result, headers)

    def close(self) -> None:
        """Gives the connections back."""
        self._client.close()


def _errored(result: Mapping[str, Any], headers: Mapping[str, str]) -> Answer:
    fault = result.get("error")
    inner = fault.get("error") if isinstance(fault, dict) else None
    kind = str(inner.get("type")) if isinstance(inner, dict) else ""
    content = json.dumps(fault, ensure_ascii=False).encode("utf-8", "replace")
    return wire.failure(wire.Received(_STATUS.get(kind, 500), headers, content))


def _view(found: _Batch) -> VendorBatch:
    counts = found.request_counts.model_dump()
    return VendorBatch(
        batch_id=checked_id(found.id), created_at=found.created_at, requests=sum(counts.values()),
        status=printable(found.processing_status), ended=found.processing_status == "ended", counts=counts,
    )  # fmt: skip
