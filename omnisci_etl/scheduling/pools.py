"""Airflow's pools: how many tasks may talk to the same outside party at once.

A pool limits concurrency, not rate: the rate is limited over all processes in the ledger.
"""

from __future__ import annotations

POOLS = {
    "arxiv": (1, "Tasks that fetch from arXiv, which wants one connection at a time"),
    "natcomms": (2, "Tasks that fetch from Crossref, Europe PMC, PMC and nature.com"),
    "llm": (2, "Tasks that ask models; calls run side by side inside a task, as the routes file allows"),
}
