"""What a vendor's batch API is asked, the same for every vendor. Unlike on-line answers, failures are raised."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, Protocol, TypeVar

import httpx2
from pydantic import BaseModel, SecretStr, ValidationError

from omnisci_etl.captions.providers import wire
from omnisci_etl.captions.providers.base import Answer, ModelRequest
from omnisci_etl.captions.routes import Provider as ProviderSpec

APIS = frozenset({"openai", "anthropic"})
MAX_LINE = 32_000_000
S = TypeVar("S", bound=BaseModel)
_ID = re.compile(r"[A-Za-z0-9_.:-]{1,200}")
_UNSURE = frozenset({"request-timeout", "connection-lost", "garbled-answer", "overloaded"})


class Trouble(Exception):
    """A request about a batch that failed; answer says how, as an on-line answer would."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(f"{answer.slug}: {answer.error}")
        self.answer = answer

    @property
    def unsure(self) -> bool:
        """Whether the vendor may have done all the same what it was asked."""
        return self.answer.slug in _UNSURE


@dataclass(frozen=True, slots=True)
class VendorBatch:
    """A batch as its vendor tells of it.

    status is the vendor's word. slug and error: set where the whole batch was refused. intent_key: ours, where the
    vendor keeps it.
    """

    batch_id: str
    created_at: datetime
    requests: int
    status: str
    ended: bool
    intent_key: str | None = None
    counts: Mapping[str, int] = field(default_factory=dict)
    output_file_id: str | None = None
    error_file_id: str | None = None
    slug: str | None = None
    error: str | None = None


class BatchVendor(Protocol):
    """One vendor's batches. Every method but line, answer and close asks the vendor, and raises Trouble."""

    names_batches: bool
    """Whether the vendor keeps our intent key with a batch, so that a lost batch can be found by it."""

    def line(self, custom_id: str, request: ModelRequest) -> bytes:
        """A request of a batch, as a line of JSON."""

    def upload(self, lines: BinaryIO) -> str | None:
        """Brings the requests to the vendor where that is a step of its own; costs nothing. The id of the file."""

    def create(self, lines: BinaryIO, file_id: str | None, intent_key: str) -> VendorBatch:
        """Starts the batch: this is what is paid for."""

    def retrieve(self, batch_id: str) -> VendorBatch:
        """How a batch stands."""

    def listed(self, since: datetime) -> Iterator[VendorBatch]:
        """Batches that were created at `since` or later, newest first."""

    def rows(self, batch_id: str, files: Iterable[str]) -> Iterator[bytes]:
        """The lines of the results of a batch that has ended, read as a stream: output first, then errors."""

    def answer(self, row: Mapping[str, Any], batch_id: str, schema: Mapping[str, Any]) -> Answer:
        """The answer that a line of the results holds."""

    def close(self) -> None:
        """Gives the connections back."""


def build(spec: ProviderSpec, key: SecretStr | None, timeout: float) -> BatchVendor:
    """A client for the batches of a provider; the SDKs are imported here, as they take a second to load."""
    if spec.api == "openai":
        from omnisci_etl.captions.providers.openai_batches import OpenAIBatches

        return OpenAIBatches(spec.url, key, timeout)
    from omnisci_etl.captions.providers.anthropic_batches import AnthropicBatches

    return AnthropicBatches(spec.url, key, timeout)


def asked(key: SecretStr | None, errors: type[Exception], send: Callable[[], httpx2.Response]) -> wire.Received:
    """The response to a request that an SDK sends, whose errors are of the family `errors`. Raises Trouble."""
    try:
        received = wire.Received.of(send(), key)
    except (errors, httpx2.HTTPError) as error:
        raise Trouble(wire.failed(error, key)) from None
    if received.status != 200:
        raise Trouble(wire.failure(received))
    return received


def parsed(shape: type[S], received: wire.Received) -> S:
    """The body as this shape. Raises Trouble where it is another."""
    try:
        return shape.model_validate_json(received.body)
    except ValidationError:
        raise garbled() from None


def garbled() -> Trouble:
    """The trouble with a 200 whose body is not what the API says."""
    return Trouble(Answer("garbled-answer", http_status=200, error="not what the API answers"))


def checked_id(value: str) -> str:
    """An id of the vendor, which becomes part of an address. Raises Trouble where it could change the address."""
    if not _ID.fullmatch(value) or not value.strip("."):
        raise garbled()
    return value


def split_lines(chunks: Iterable[bytes], key: SecretStr | None) -> Iterator[bytes]:
    """The lines of a stream, without the key; of one that is longer than MAX_LINE only the beginning."""
    secret = wire.secret_of(key).encode()
    buffer = bytearray()
    for chunk in chunks:
        *whole, rest = chunk.split(b"\n")
        for part in whole:
            buffer += part[: MAX_LINE - len(buffer)]
            if buffer.strip():
                yield bytes(buffer).replace(secret, b"***") if secret else bytes(buffer)
            buffer.clear()
        buffer += rest[: MAX_LINE - len(buffer)]
    if buffer.strip():
        yield bytes(buffer).replace(secret, b"***") if secret else bytes(buffer)


def streamed(errors: type[Exception], key: SecretStr | None, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of a body that an SDK streams. Raises Trouble where the connection breaks."""
    try:
        yield from split_lines(chunks, key)
    except (errors, httpx2.HTTPError) as error:
        raise Trouble(wire.failed(error, key)) from None
