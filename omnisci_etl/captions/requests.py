"""What a model is asked: the same request on line and in a batch, and what it may cost."""

from __future__ import annotations

import io
from dataclasses import dataclass
from decimal import Decimal

from PIL import Image

from omnisci_etl.captions import costs
from omnisci_etl.captions.figures import FigureRow
from omnisci_etl.captions.identity import MAX_SIDE
from omnisci_etl.captions.planning import Planner
from omnisci_etl.captions.prompts import Prompt, render
from omnisci_etl.captions.providers.base import ModelRequest
from omnisci_etl.captions.routes import Model, Prices
from omnisci_etl.context import Context
from omnisci_etl.errors import BadInput
from omnisci_etl.figures.images import for_model
from omnisci_etl.hashing import sha256_hex
from omnisci_etl.ledger.database import dumps


@dataclass(frozen=True, slots=True)
class MadeRequest:
    """A request as it will be sent. tokens: likely ones, in and out; fault: why it cannot be sent at all.

    image_sha256: the hash of the picture's bytes as sent, None where there are none.
    """

    request: ModelRequest
    text_bytes: int
    tokens: int
    fault: str = ""
    image_sha256: str | None = None

    def worst_case(self, prices: Prices) -> Decimal:
        """The most that it can cost at these prices."""
        has_picture = self.request.image is not None
        return costs.worst_case(prices, self.text_bytes, has_picture, self.request.max_output_tokens)


def make_request(context: Context, planner: Planner, model: str, figure: FigureRow) -> MadeRequest:
    """The request for a figure by a model of the routes file. Raises BlobMissing where its picture is not there."""
    prompt = planner.prompt_of(model)
    spec = planner.routes.models[model]
    return request_of(context, spec, prompt, render(prompt, figure.evidence), figure.image_sha256)


def request_of(context: Context, spec: Model, prompt: Prompt, user: str, image_sha256: str | None) -> MadeRequest:
    """The request for a user text and a stored picture. Raises BlobMissing where the picture is not there."""
    image, media_type, fault = _picture(context, image_sha256)
    request = ModelRequest(
        model=spec.model, system=prompt.system, user=user, schema=prompt.output_schema, image=image,
        media_type=media_type, params=spec.params, max_output_tokens=spec.max_output_tokens,
        timeout=context.settings.call_timeout,
    )  # fmt: skip
    size = len((request.system + request.user + dumps(prompt.output_schema)).encode())
    tokens = costs.likely_input_tokens(size, *_size(image)) + spec.max_output_tokens
    return MadeRequest(request, size, tokens, fault, sha256_hex(image) if image else None)


def _picture(context: Context, image_sha256: str | None) -> tuple[bytes | None, str | None, str]:
    """The bytes to send of a stored picture, their media type, and why they cannot be sent where they cannot."""
    if image_sha256 is None:
        return None, None, ""
    try:
        return *for_model(context.blobs.get(image_sha256), max_side=MAX_SIDE), ""
    except BadInput as error:
        return b"", "", f"the picture cannot be sent: {error}"


def _size(image: bytes | None) -> tuple[int, int]:
    if not image:
        return 0, 0
    with Image.open(io.BytesIO(image)) as opened:
        return opened.size
