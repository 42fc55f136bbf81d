"""Rows as COPY reads them; apart from connections, so that a process without one can write them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any


def _jsonable(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    raise TypeError(f"not JSON: {type(value)}")


_ENCODER = json.JSONEncoder(ensure_ascii=False, default=_jsonable)


def dumps(value: Any) -> str:
    """JSON for jsonb columns; NUL characters, which PostgreSQL refuses, are dropped."""
    return _ENCODER.encode(value).replace("\\u0000", "")


def csv_line(values: Sequence[Any], types: Sequence[str]) -> str:
    """A row for COPY (FORMAT csv), with the line's end.

    dict and list values of jsonb columns are written as JSON, lists of other columns as arrays.
    """
    return ",".join([_field(value, kind) for value, kind in zip(values, types, strict=True)]) + "\n"


def _field(value: Any, kind: str) -> str:
    """A field of COPY's CSV: texts are quoted, so that an empty one is not NULL."""
    if value is None:
        return ""
    if kind == "jsonb":
        plain = dumps(value)
    elif type(value) is int or type(value) is float or type(value) is bool:
        return str(value)
    elif isinstance(value, list | tuple):
        plain = "{" + ",".join(_array_item(item) for item in value) + "}"
    else:
        plain = str(value).replace("\x00", "")
    return '"' + plain.replace('"', '""') + '"'


def _array_item(value: Any) -> str:
    if value is None:
        return "NULL"
    escaped = str(value).replace("\x00", "").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
