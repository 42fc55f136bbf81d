"""What calls cost: reported tokens at the price of the attempt, and estimates before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from omnisci_etl.captions.providers.base import Usage
from omnisci_etl.captions.routes import Prices

_MILLION = Decimal(1_000_000)
# Vendors bill a picture by its area; this is the dearest rate known for pictures of up to 2048 pixels a side.
_PIXELS_PER_TOKEN = 725
_MOST_PICTURE_TOKENS = 4_500
_OVERHEAD_TOKENS = 50
# Names, model and parameters around texts and picture in a line of a batch; pixels of drawings and photographs as PNG.
_ENVELOPE_BYTES = 400
_BYTES_PER_PIXEL = 1


def cost(prices: Prices, usage: Usage) -> Decimal:
    """US dollars for what the vendor reported."""
    cached = prices.input if prices.cached_input is None else prices.cached_input
    written = prices.input if prices.cache_write is None else prices.cache_write
    plain = max(0, usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens)
    dollars = (
        plain * prices.input
        + usage.cached_tokens * cached
        + usage.cache_write_tokens * written
        + usage.output_tokens * prices.output
    )
    return dollars / _MILLION


def worst_case(prices: Prices, input_bytes: int, has_picture: bool, max_output_tokens: int) -> Decimal:
    """An upper bound of what one attempt can cost: two bytes a token, the largest picture, the longest answer."""
    tokens = -(-input_bytes // 2) + _OVERHEAD_TOKENS + (_MOST_PICTURE_TOKENS if has_picture else 0)
    dearest = max(prices.input, prices.cache_write or Decimal(0))
    return (tokens * dearest + max_output_tokens * prices.output) / _MILLION


def likely_input_tokens(input_bytes: int, width: int = 0, height: int = 0) -> int:
    """A fair guess of input tokens: four bytes a token, and the picture by its area (pixels as sent)."""
    picture = min(_MOST_PICTURE_TOKENS, -(-width * height // _PIXELS_PER_TOKEN))
    return -(-input_bytes // 4) + _OVERHEAD_TOKENS + picture


def sent_size(width: int, height: int, max_side: int) -> tuple[int, int]:
    """Width and height of a picture after it was made to fit max_side."""
    factor = min(1.0, max_side / max(width, height, 1))
    return round(width * factor), round(height * factor)


def likely_line_bytes(content: Sequence[Any], image_bytes: int) -> int:
    """A fair guess of a request's size in a batch: its content as JSON, the picture in base 64, and what is around."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    return len(text.encode()) + 4 * -(-image_bytes // 3) + _ENVELOPE_BYTES


def likely_sent_bytes(image_bytes: int, width: int, height: int, max_side: int) -> int:
    """A fair guess of a picture's size as sent: as stored, or encoded anew without loss where it is too large."""
    if max(width, height) <= max_side:
        return image_bytes
    sent_width, sent_height = sent_size(width, height, max_side)
    return sent_width * sent_height * _BYTES_PER_PIXEL


def likely_output_tokens(panels: int, max_output_tokens: int) -> int:
    """A fair guess of output tokens: a dense caption and a text for each panel."""
    return min(max_output_tokens, 350 + 80 * panels)


def likely_cost(prices: Prices, input_tokens: int, output_tokens: int) -> Decimal:
    """US dollars for guessed tokens, none of them cached."""
    return cost(prices, Usage(input_tokens=input_tokens, output_tokens=output_tokens))


def snapshot(prices: Prices) -> dict[str, str]:
    """The price as an attempt's row keeps it, in US dollars for a million tokens."""
    cached = prices.input if prices.cached_input is None else prices.cached_input
    written = prices.input if prices.cache_write is None else prices.cache_write
    return {
        "unit": "usd_per_mtok", "input": str(prices.input), "cached_input": str(cached), "cache_write": str(written),
        "output": str(prices.output),
    }  # fmt: skip


def of_snapshot(price: Mapping[str, str]) -> Prices:
    """The prices that an attempt was sent at, whatever the routes file says by now."""
    fields = ("input", "cached_input", "cache_write", "output")
    return Prices(**{name: Decimal(price[name]) for name in fields})


def in_batch(prices: Prices) -> Prices:
    """What a model costs in a batch."""
    factor = prices.batch_factor
    cached, written = prices.cached_input, prices.cache_write
    return Prices(
        input=prices.input * factor, output=prices.output * factor,
        cached_input=None if cached is None else cached * factor,
        cache_write=None if written is None else written * factor,
    )  # fmt: skip


def batch_snapshot(prices: Prices) -> dict[str, str]:
    """The price of a batch as an attempt's row keeps it; the factor is in the prices, and is said beside them."""
    return {**snapshot(in_batch(prices)), "batch_factor": str(prices.batch_factor)}
