"""Asking a service for something that is parsed: an answer that cannot be parsed is asked for again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, TypeVar

from omnisci_etl.errors import BadInput
from omnisci_etl.sources.http import HttpClient, Purpose
from omnisci_etl.sources.limiter import limit_of

T = TypeVar("T")

GONE = frozenset({404, 410})
MAX_PAGE_BYTES = 64 << 20
MAX_PICTURE_BYTES = 64 << 20
_MARKUP = re.compile(
    rb"\s*(?:\xef\xbb\xbf)?\s*(?:<!--.{0,500}?-->\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE | re.DOTALL
)

# Half a character, which JSON can spell and no database stores.
_LONE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


def ask(
    http: HttpClient,
    url: str,
    parse: Callable[[bytes], T],
    *,
    service: str,
    purpose: Purpose = "metadata",
    reuse: bool = False,
) -> T | None:
    """What parse makes of the answer; None where the service does not know the thing. parse raises BadInput.

    reuse: an answer that was fetched before serves again.
    """
    parsed: list[T] = []
    response = http.get(
        url,
        service=service,
        purpose=purpose,
        limit=limit_of(http.settings, service),
        max_bytes=MAX_PAGE_BYTES,
        accept_statuses=GONE,
        check=lambda data: parsed.append(parse(data)),
        reuse=reuse,
    )
    return None if response.status in GONE else parsed[-1]


def fetch_picture(
    http: HttpClient, url: str, *, service: str, check: Callable[[bytes], None] | None = None, reuse: bool = True
) -> bytes | None:
    """The bytes of a picture; None where there is none at that URL. A web page in its place is asked for again."""

    def is_picture(data: bytes) -> None:
        if not data or is_web_page(data):
            raise BadInput("garbled", "a web page instead of a picture")
        if check is not None:
            check(data)

    limit = limit_of(http.settings, service)
    response = http.get(
        url, service=service, purpose="picture", limit=limit, max_bytes=MAX_PICTURE_BYTES, accept_statuses=GONE,
        check=is_picture, reuse=reuse,
    )  # fmt: skip
    return None if response.status in GONE else response.data


def no_picture(name: str) -> bytes:
    """Content.picture of a paper that has none."""
    raise BadInput("picture-missing", name[:200])


def is_web_page(data: bytes) -> bool:
    """Whether the bytes begin as an HTML page does."""
    return _MARKUP.match(data[:2048]) is not None


def parse_json(data: bytes) -> dict[str, Any]:
    """The JSON object that the bytes are. Raises BadInput("garbled") for everything else."""
    try:
        value = json.loads(data)
        if _LONE_SURROGATE.search(data):
            value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise BadInput("garbled", "not JSON") from None
    if not isinstance(value, dict):
        raise BadInput("garbled", "not a JSON object")
    return value
