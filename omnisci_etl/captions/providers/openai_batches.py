"""OpenAI's batches: a file of requests, a batch of the file with our key in its metadata, files of results."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final

import httpx2
from openai import DefaultHttpxClient, OpenAI, OpenAIError
from pydantic import Field, SecretStr

from omnisci_etl.captions.providers import wire
from omnisci_etl.captions.providers.base import MAX_ERROR, Answer, ModelRequest, printable
from omnisci_etl.captions.providers.batching import VendorBatch, asked, checked_id, parsed, streamed
from omnisci_etl.captions.providers.openai_responses import body, read

ENDPOINT: Final = "/v1/responses"
METADATA_KEY = "omnisci_intent"
_OPEN = frozenset({"validating", "in_progress", "finalizing", "cancelling"})
_PAGE = 100
_ROW_CODES = {"batch_expired": "batch-expired", "batch_cancelled": "batch-cancelled"}
_FAULT_CODES = {
    "token_limit_exceeded": "rate-limited", "billing_hard_limit_reached": "no-credit",
    "insufficient_quota": "no-credit", "model_not_found": "model-not-found",
}  # fmt: skip


class _File(wire.Shape):
    id: str


class _Counts(wire.Shape):
    total: int = 0
    completed: int = 0
    failed: int = 0


class _Fault(wire.Shape):
    code: str | None = None
    message: str | None = None


class _Faults(wire.Shape):
    data: list[_Fault] | None = None


class _Batch(wire.Shape):
    id: str
    status: str
    created_at: int = Field(ge=0, le=10**11)
    metadata: dict[str, Any] | None = None
    request_counts: _Counts | None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    errors: _Faults | None = None


class _Page(wire.Shape):
    data: list[_Batch]
    has_more: bool = False


class OpenAIBatches:
    """Batches of the Responses API."""

    names_batches = True

    def __init__(self, base_url: str, key: SecretStr | None, timeout: float) -> None:
        self._key = key
        self._client = OpenAI(
            api_key=key.get_secret_value() if key else "",
            base_url=base_url,
            max_retries=0,
            http_client=DefaultHttpxClient(**wire.http_client(timeout)),
        )

    def line(self, custom_id: str, request: ModelRequest) -> bytes:
        """A request of a batch, as a line of JSON."""
        content = {"custom_id": custom_id, "method": "POST", "url": ENDPOINT, "body": body(request)}
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()

    def upload(self, lines: BinaryIO) -> str | None:
        """The id of the file of requests."""

        def send() -> httpx2.Response:
            lines.seek(0)
            content = ("requests.jsonl", lines, "application/jsonl")
            return self._client.files.with_raw_response.create(file=content, purpose="batch").http_response

        return parsed(_File, asked(self._key, OpenAIError, send)).id

    def create(self, lines: BinaryIO, file_id: str | None, intent_key: str) -> VendorBatch:
        """Starts the batch of an uploaded file."""

        def send() -> httpx2.Response:
            raw = self._client.batches.with_raw_response.create(
                completion_window="24h", endpoint=ENDPOINT, input_file_id=file_id or "",
                metadata={METADATA_KEY: intent_key},
            )  # fmt: skip
            return raw.http_response

        return _view(parsed(_Batch, asked(self._key, OpenAIError, send)))

    def retrieve(self, batch_id: str) -> VendorBatch:
        """How a batch stands."""

        def send() -> httpx2.Response:
            return self._client.batches.with_raw_response.retrieve(checked_id(batch_id)).http_response

        return _view(parsed(_Batch, asked(self._key, OpenAIError, send)))

    def listed(self, since: datetime) -> Iterator[VendorBatch]:
        """Batches that were created at `since` or later, newest first."""
        after: dict[str, Any] = {}
        while True:

            def send(after: dict[str, Any] = after) -> httpx2.Response:
                return self._client.batches.with_raw_response.list(limit=_PAGE, **after).http_response

            page = parsed(_Page, asked(self._key, OpenAIError, send))
            found = [_view(one) for one in page.data]
            yield from (one for one in found if one.created_at >= since)
            if not page.has_more or not found or found[-1].created_at < since:
                return
            after = {"after": found[-1].batch_id}

    def rows(self, batch_id: str, files: Iterable[str]) -> Iterator[bytes]:
        """The lines of the files of results."""
        for file_id in files:
            yield from streamed(OpenAIError, self._key, self._content(file_id))

    def _content(self, file_id: str) -> Iterator[bytes]:
        with self._client.files.with_streaming_response.content(checked_id(file_id)) as response:
            yield from response.iter_bytes()

    def answer(self, row: Mapping[str, Any], batch_id: str, schema: Mapping[str, Any]) -> Answer:
        """The answer that a line of an output or error file holds."""
        response, error = row.get("response"), row.get("error")
        if isinstance(response, dict) and isinstance(response.get("status_code"), int):
            headers = {"x-request-id": str(response.get("request_id") or "")}
            content = json.dumps(response.get("body"), ensure_ascii=False).encode("utf-8", "replace")
            request = ModelRequest(model="", system="", user="", schema=schema)
            received = wire.Received(response["status_code"], headers, content)
            return wire.answer_of(received, lambda got: read(got, request))
        fault = error if isinstance(error, dict) else {}
        code = str(fault.get("code"))
        slug = _ROW_CODES.get(code) or _FAULT_CODES.get(code) or "overloaded"
        return Answer(slug, error=printable(f"{code}: {fault.get('message') or 'no response'}", MAX_ERROR))

    def close(self) -> None:
        """Gives the connections back."""
        self._client.close()


def _view(found: _Batch) -> VendorBatch:
    counts = found.request_counts or _Counts()
    faults = (found.errors and found.errors.data) or []
    slug = error = None
    if found.status == "failed":
        slug = next((_FAULT_CODES[f.code] for f in faults if f.code in _FAULT_CODES), "batch-refused")
        said = "; ".join(f"{fault.code}: {fault.message}" for fault in faults[:3])
        error = printable(said or "the vendor does not say why", MAX_ERROR)
    key = (found.metadata or {}).get(METADATA_KEY)
    return VendorBatch(
        batch_id=checked_id(found.id), created_at=datetime.fromtimestamp(found.created_at, UTC),
        requests=counts.total, status=printable(found.status), ended=found.status not in _OPEN,
        intent_key=key if isinstance(key, str) else None, counts=counts.model_dump(),
        output_file_id=found.output_file_id, error_file_id=found.error_file_id, slug=slug, error=error,
    )  # fmt: skip
