"""Reconciling: whether a batch whose submission was never recorded is at the vendor."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Literal

from omnisci_etl.captions.batches.desk import BatchDesk, OpenBatch
from omnisci_etl.captions.batches.polite import politely
from omnisci_etl.captions.providers.batching import BatchVendor, VendorBatch
from omnisci_etl.config import Settings

Finding = Literal["there", "gone", "waiting"]
# By how much the vendor's clock may be behind ours; its times may be whole seconds, too.
SKEW = timedelta(minutes=5)
# Of results that may be ours so many lines are read.
_LINES = 200


def reconcile(
    desk: BatchDesk, vendor: BatchVendor, batch: OpenBatch, settings: Settings, why: str = "its process is gone"
) -> Finding:
    """Records the batch that the vendor has of this intent, or that it has none.

    It has none when it lists none, and none either once the grace time is over. "waiting": it lists one that may be it,
    which only its results will tell. why: why this is not known. Raises Trouble where the vendor cannot be asked.
    """
    for looks in range(2):
        if looks:
            time.sleep(settings.unknown_grace)
        finding = politely(lambda: _look(desk, vendor, batch), settings.call_tries)
        if finding != "gone":
            return finding
    text = f"{why}; the vendor has no such batch, {settings.unknown_grace:g} s after it was first looked for"
    return "gone" if desk.abandoned(batch.batch_id, "batch-abandoned", text) else "there"


def _look(desk: BatchDesk, vendor: BatchVendor, batch: OpenBatch) -> Finding:
    listed = list(_candidates(desk, vendor, batch))
    if vendor.names_batches:
        named = [one for one in listed if one.intent_key == batch.intent_key]
        return _record(desk, batch, named[0]) if named else "gone"
    ours = frozenset(desk.entries(batch.batch_id))
    # Oldest first: of two that could be it, the first was submitted first.
    for one in reversed(listed):
        if one.ended and _holds(vendor, one, ours):
            return _record(desk, batch, one)
    return "gone" if all(one.ended for one in listed) else "waiting"


def _candidates(desk: BatchDesk, vendor: BatchVendor, batch: OpenBatch) -> Iterator[VendorBatch]:
    """Batches of the vendor that may be the one of this intent, newest first."""
    listed = list(vendor.listed(batch.intended_at - SKEW))
    known = desk.known([one.batch_id for one in listed])
    for one in listed:
        if one.batch_id not in known and (vendor.names_batches or one.requests == batch.requests):
            yield one


def _record(desk: BatchDesk, batch: OpenBatch, found: VendorBatch) -> Finding:
    return "there" if desk.submitted(batch.batch_id, found) else "waiting"


def _holds(vendor: BatchVendor, found: VendorBatch, ours: frozenset[str]) -> bool:
    """Whether the results are of our requests. A custom id is a hash that nobody else has, so one is enough."""
    for line in islice(vendor.rows(found.batch_id, []), _LINES):
        try:
            row = json.loads(line)
        except ValueError:
            continue
        if isinstance(row, dict) and row.get("custom_id") in ours:
            return True
    return False
