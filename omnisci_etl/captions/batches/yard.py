"""The yard: what is open at the vendors, taken in as it ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from omnisci_etl.captions.batches.collecting import Collected, Collector
from omnisci_etl.captions.batches.desk import BatchDesk, OpenBatch
from omnisci_etl.captions.batches.polite import politely
from omnisci_etl.captions.batches.reconciling import reconcile
from omnisci_etl.captions.batches.submitting import submit
from omnisci_etl.captions.policy import STOPS
from omnisci_etl.captions.providers import batching, key_of
from omnisci_etl.captions.providers.base import Answer
from omnisci_etl.captions.providers.batching import BatchVendor, Trouble
from omnisci_etl.captions.routes import Routes
from omnisci_etl.context import Context

# Both vendors keep results for about a month; what they do not know after it, nobody will ever know.
RETENTION = timedelta(days=30)


@dataclass
class Takings:
    """What came of the batches that were taken in.

    last: the last answer of each call; settled: attempts; calls: those of them that were the first of their call.
    """

    last: dict[int, Answer] = field(default_factory=dict)
    captions: int = 0
    settled: int = 0
    calls: int = 0
    over: int = 0

    def add(self, found: Collected) -> None:
        """Counts a batch that is over."""
        self.last.update(found.last)
        self.captions += found.captions
        self.settled += len(found.last)
        self.calls += found.calls
        self.over += 1


class Yard:
    """Batches at the vendors of one routes file.

    stopped: why nothing more is asked, by (provider, model), model "" for all of a provider. unreachable: why a
    provider cannot be asked now; stuck: why a batch cannot be taken in. open: batches that it is worth to wait for.
    """

    def __init__(self, context: Context, routes: Routes, desk: BatchDesk) -> None:
        self._context = context
        self._routes = routes
        self._desk = desk
        self._vendors: dict[str, BatchVendor] = {}
        self.stopped: dict[tuple[str, str], Answer] = {}
        self.unreachable: dict[str, str] = {}
        self.stuck: dict[int, str] = {}
        self.open = 0

    def close(self) -> None:
        """Gives the connections back."""
        for vendor in self._vendors.values():
            vendor.close()

    def vendor(self, provider: str) -> BatchVendor:
        """The client of a provider. Raises ConfigError where its key is not set."""
        if provider not in self._vendors:
            settings, spec = self._context.settings, self._routes.providers[provider]
            key = key_of(settings, self._routes, provider)
            self._vendors[provider] = batching.build(spec, key, settings.call_timeout)
        return self._vendors[provider]

    def why_stopped(self, provider: str, model: str) -> str:
        """Why a model is not asked any more in this run; empty where it is."""
        answer = self.stopped.get((provider, "")) or self.stopped.get((provider, model))
        if answer is not None:
            return f"{provider}/{model}: {answer.slug}: {answer.error}"
        return self.unreachable.get(provider, "")

    def take_in(self) -> Takings:
        """Goes once through all open batches: finds lost ones, asks how they stand, collects those that have ended."""
        takings = Takings()
        self.open = 0
        for batch in self._desk.open():
            if batch.held:
                self.open += 1
            elif batch.batch_id not in self.stuck and self._can_be_asked(batch):
                self._visit(batch.batch_id, takings)
        return takings

    def submit(self, batch_id: int, lines: BinaryIO) -> Takings:
        """Brings a batch to its vendor whose intent has just been committed; what came of it, where it was refused."""
        takings = Takings()
        with self._desk.hold(batch_id) as batch:
            assert batch is not None
            try:
                finding = submit(self._desk, self.vendor(batch.provider), batch, lines, self._context.settings)
            except Trouble as trouble:
                self._trouble(batch, trouble)
                return takings
        if finding == "gone":
            self._visit(batch_id, takings)
        else:
            self.open += 1
        return takings

    def _can_be_asked(self, batch: OpenBatch) -> bool:
        return batch.provider not in self.unreachable and (batch.provider, "") not in self.stopped

    def _stranger(self, batch: OpenBatch) -> str:
        """Why the routes file does not lead to the vendor of a batch; empty where it does."""
        spec = self._routes.providers.get(batch.provider)
        if spec is not None and (spec.api, spec.url) == (batch.api, batch.base_url):
            return ""
        return f"it was sent to {batch.base_url}, and the routes file has no such provider"

    def _visit(self, batch_id: int, takings: Takings) -> None:
        with self._desk.hold(batch_id) as batch:
            if batch is None:
                self.open += not self._is_over(batch_id)
                return
            try:
                found = self._progress(batch)
            except Trouble as trouble:
                self._trouble(batch, trouble)
                return
        if found is None:
            self.open += 1
            return
        takings.add(found)
        for answer in found.last.values():
            if answer.slug in STOPS:
                self.stopped.setdefault((batch.provider, batch.model), answer)

    def _is_over(self, batch_id: int) -> bool:
        return not self._desk.open(batch_id)

    def _progress(self, batch: OpenBatch) -> Collected | None:
        """Brings a batch as far as it goes; what it gave, where it is over."""
        settings = self._context.settings
        if reason := self._stranger(batch):
            return self._forgotten(batch, Trouble(Answer("model-not-found", http_status=404, error=reason)))
        vendor = self.vendor(batch.provider)
        if batch.vendor_batch_id is None and not batch.abandoned:
            if reconcile(self._desk, vendor, batch, settings) == "waiting":
                return None
            batch = self._again(batch)
        if batch.vendor_batch_id is not None and batch.ended_at is None:
            name = batch.vendor_batch_id
            try:
                found = politely(lambda: vendor.retrieve(name), settings.call_tries)
            except Trouble as trouble:
                return self._forgotten(batch, trouble)
            if not found.ended:
                return None
            self._desk.ended(batch.batch_id, found)
            batch = self._again(batch)
        collector = Collector(self._context, self._desk, batch)
        if batch.slug is not None:
            return collector.write_off(batch.slug, batch.error or "")
        try:
            return collector.collect(vendor)
        except Trouble as trouble:
            return self._forgotten(batch, trouble)

    def _again(self, batch: OpenBatch) -> OpenBatch:
        return self._desk.open(batch.batch_id)[0]

    def _forgotten(self, batch: OpenBatch, trouble: Trouble) -> Collected:
        """A batch that the vendor knows no more, once it has kept it long enough. Raises the trouble before that."""
        age = datetime.now(UTC) - (batch.submitted_at or batch.intended_at)
        if trouble.answer.http_status != 404 or age < RETENTION:
            raise trouble
        text = f"the vendor does not know batch {batch.vendor_batch_id} any more"
        return Collector(self._context, self._desk, batch).write_off("batch-missing", text)

    def _trouble(self, batch: OpenBatch, trouble: Trouble) -> None:
        if trouble.answer.slug == "wrong-key":
            self.stopped.setdefault((batch.provider, ""), trouble.answer)
            return
        text = f"{batch.provider}: batch {batch.vendor_batch_id or batch.intent_key}: {trouble.answer.error}"
        if trouble.answer.http_status == 404:
            self.stuck[batch.batch_id] = f"{text} (is the key that of another account?)"
        else:
            self.unreachable.setdefault(batch.provider, f"{text} ({trouble.answer.slug})")
