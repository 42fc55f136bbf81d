"""What a model is asked about a figure: the same request on line and in a batch, and what it may cost."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from omnisci_etl.captions import costs
from omnisci_etl.captions.figures import FigureRow
from omnisci_etl.captions.planning import MAX_SIDE, Planner
from omnisci_etl.captions.prompts import render
from omnisci_etl.captions.providers.base import ModelRequest
from omnisci_etl.captions.routes import Prices
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
        return costs.worst_case(prices, self.text_bytes, True, self.request.max_output_tokens)


def make_request(context: Context, planner: Planner, model: str, figure: FigureRow) -> MadeRequest:
    """The request for a figure by a model of the routes file. Raises BlobMissing where its picture is not there."""
    prompt, spec = planner.prompt_of(model), planner.routes.models[model]
    image, media_type, fault = b"", "", ""
    try:
        image, media_type = for_model(context.blobs.get(figure.image_sha256), max_side=MAX_SIDE)
    except BadInput as error:
        fault = f"the picture cannot be sent: {error}"
    request = ModelRequest(
        model=spec.model, system=prompt.system, user=render(prompt, figure.evidence), schema=prompt.output_schema,
        image=image, media_type=media_type, params=spec.params, max_output_tokens=spec.max_output_tokens,
        timeout=context.settings.call_timeout,
    )  # fmt: skip
    size = len((request.system + request.user + dumps(prompt.output_schema)).encode())
    tokens = costs.likely_input_tokens(size, *costs.sent_size(figure.width, figure.height, MAX_SIDE))
    return MadeRequest(request, size, tokens + spec.max_output_tokens, fault, sha256_hex(image) if image else None)
