"""Submitting: the intent is committed, then the vendor is asked; a doubtful end is looked into before anything else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from omnisci_etl.captions.batches.desk import BatchDesk, OpenBatch
from omnisci_etl.captions.batches.polite import politely, undisturbed
from omnisci_etl.captions.batches.reconciling import Finding, reconcile
from omnisci_etl.captions.calls import BATCH_LEASE
from omnisci_etl.captions.policy import STOPS, TRANSIENT
from omnisci_etl.captions.providers.base import Answer
from omnisci_etl.captions.providers.batching import BatchVendor, Trouble
from omnisci_etl.config import Settings

# Later nothing is started any more, well before another process may take the intent for lost.
LATEST = timedelta(seconds=BATCH_LEASE / 2)
ABANDONED, REFUSED = "batch-abandoned", "batch-refused"


def submit(desk: BatchDesk, vendor: BatchVendor, batch: OpenBatch, lines: BinaryIO, settings: Settings) -> Finding:
    """Brings a batch whose intent is committed to the vendor; "there" or "gone", or "waiting" where that is not known.

    Raises Trouble where the vendor cannot even be asked what became of it; the intent then stays as it is.
    """
    try:
        file_id = politely(lambda: vendor.upload(lines), settings.call_tries)
    except Trouble as trouble:
        return _give_up(desk, batch, trouble)

    def create() -> Finding:
        if datetime.now(UTC) - batch.intended_at > LATEST:
            raise Trouble(Answer("request-timeout", error="the submission took too long"))
        with undisturbed():
            found = vendor.create(lines, file_id, batch.intent_key)
            return "there" if desk.submitted(batch.batch_id, found) else "waiting"

    try:
        # Only what the vendor has surely not done may be asked for again.
        return politely(create, settings.call_tries, again=lambda trouble: not trouble.unsure)
    except Trouble as trouble:
        if trouble.unsure:
            return reconcile(desk, vendor, batch, settings, str(trouble))
        return _give_up(desk, batch, trouble)


def _give_up(desk: BatchDesk, batch: OpenBatch, trouble: Trouble) -> Finding:
    desk.abandoned(batch.batch_id, refusal(trouble), str(trouble))
    return "gone"


def refusal(trouble: Trouble) -> str:
    """The slug of all requests of a batch that could not be submitted."""
    slug = trouble.answer.slug
    if slug in STOPS:
        return slug
    return ABANDONED if slug in TRANSIENT else REFUSED
