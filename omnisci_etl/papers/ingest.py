"""Ingestion: discover, then fetch, read and store each paper that is due."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from omnisci_etl.context import Context, Counts
from omnisci_etl.errors import LeftOver, ServiceError
from omnisci_etl.papers import disciplines
from omnisci_etl.papers.classify import classify_due, fields_once, reclassify
from omnisci_etl.papers.reading import Reading, read
from omnisci_etl.papers.rereading import make_due
from omnisci_etl.papers.store import assign_disciplines, store, store_outcome
from omnisci_etl.sources import discovery, queue
from omnisci_etl.sources.base import ClaimedPaper, Content, Window
from omnisci_etl.sources.http import HttpClient

# Fetching waits on the network, reading on the processor; more threads than this only queue up.
WORKERS = 4


def ingest(
    context: Context, source: str, *, discipline: str | None, window: Window, limit: int | None, path: Path | None
) -> Counts:
    """Discovers and reads; raises LeftOver when papers are left that a later run can do."""
    reclassify(context)
    with HttpClient(context) as http:
        found = discovery.discover(context, http, source, discipline=discipline, window=window, path=path, limit=limit)
        # Crossref names no subject, so a discipline can be asked for only of papers that were classified first.
        if source == "natcomms" and discipline is not None:
            classify_due(context, http, source, window)
        work = _Work(context, http, source, limit, discipline=discipline, window=window)
        work.run()
    return _outcome(work, Counter(found), limit)


def refresh(context: Context, source: str, *, discipline: str | None, window: Window, limit: int | None) -> Counts:
    """Reads again what other versions of the extractors read, or could not read; discovers nothing.

    Documents and pictures that were fetched before serve again. Raises LeftOver as ingest does.
    """
    paper_ids = make_due(context, source, discipline=discipline, window=window, limit=limit)
    with HttpClient(context, reuse_all=True) as http:
        work = _Work(context, http, source, limit, paper_ids=paper_ids)
        work.run()
    return _outcome(work, Counter(outdated=len(paper_ids)), limit)


def _outcome(work: _Work, found: Counter[str], limit: int | None) -> Counts:
    counts = dict(found + Counter(work.counts))
    left = work.remaining()
    if work.failure is not None:
        raise work.failure
    if work.counts["fetch_failed"] or (left and limit is None):
        raise LeftOver(f"{left or work.counts['fetch_failed']} papers are left: run the same command again", counts)
    return counts


class _Work:
    """The papers that are due, taken one by one by a few threads until none is left or the limit is reached."""

    def __init__(
        self,
        context: Context,
        http: HttpClient,
        source: str,
        limit: int | None,
        *,
        discipline: str | None = None,
        window: Window = Window(),  # noqa: B008 - frozen
        paper_ids: Sequence[int] | None = None,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.failure: ServiceError | None = None
        self._context, self._http, self._limit = context, http, limit
        which: dict[str, Any] = {"discipline": discipline, "window": window, "paper_ids": paper_ids}
        self._claim: Callable[[], ClaimedPaper | None] = lambda: queue.claim(context, source, **which)
        self.remaining: Callable[[], int] = lambda: queue.remaining(context, source, **which)
        self._total = self.remaining()
        self._lock = threading.Lock()
        self._taken = 0

    def run(self) -> None:
        """Works until nothing is due."""
        with ThreadPoolExecutor(WORKERS, thread_name_prefix="ingest") as pool:
            for future in [pool.submit(self._worker) for _ in range(WORKERS)]:
                future.result()

    def _worker(self) -> None:
        while (claim := self._next()) is not None:
            outcome, counts = self._one(claim)
            with self._lock:
                self.counts["read"] += 1
                self.counts[outcome.replace("-", "_")] += 1
                self.counts.update(counts)
                total = min(self._total, self._limit or self._total)
                self._context.progress.update(self.counts["read"], total, claim.external_id)

    def _next(self) -> ClaimedPaper | None:
        with self._lock:
            if self.failure is not None or (self._limit is not None and self._taken >= self._limit):
                return None
            self._taken += 1
        return self._claim()

    def _one(self, claim: ClaimedPaper) -> tuple[str, Counts]:
        try:
            content = discovery.fetch_content(self._context, self._http, claim)
            reading = read(content)
        except ServiceError as error:
            if error.slug == "unreachable":
                self.failure = error
            return "fetch-failed", self._failed(claim, "fetch-failed", str(error))
        evidence = self._openalex(claim, content, reading)
        with self._context.ledger.begin() as connection:
            counts = store(connection, self._context, claim, content, reading)
            if evidence:
                assign_disciplines(connection, self._context, claim.paper_id, {"openalex_fields": evidence})
            outcome = reading.outcome if content.documents else (content.outcome or "no-full-text")
            queue.settle(connection, claim, outcome)
        return outcome, counts

    def _failed(self, claim: ClaimedPaper, outcome: str, detail: str) -> Counts:
        with self._context.ledger.begin() as connection:
            store_outcome(connection, self._context, claim.paper_version_id, outcome, detail)
            queue.settle(connection, claim, outcome)
        return {}

    def _openalex(self, claim: ClaimedPaper, content: Content, reading: Reading) -> tuple[str, ...]:
        """Fields of the paper where its subjects give no discipline; an OpenAlex that is away costs no paper."""
        subjects = reading.document.subjects if reading.document else ()
        known = [d for d in disciplines.load().classify(subjects=subjects) if d.discipline != disciplines.UNKNOWN]
        if claim.source != "natcomms" or known or any(content.evidence.values()) or not claim.doi:
            return ()
        try:
            return fields_once(self._context, self._http, claim.paper_id, claim.doi)
        except ServiceError:
            return ()
