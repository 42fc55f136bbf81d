"""The hashes that rows are known by."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def sha256_hex(data: bytes | str) -> str:
    """The lower-case hex sha256 of bytes, or of a text in UTF-8."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def canonical_sha256(value: Any) -> str:
    """The sha256 of a value as canonical JSON: sorted keys, no blanks, UTF-8; what JSON lacks goes by its text.

    Raises ValueError for numbers that JSON cannot hold.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=str)
    return sha256_hex(text)
