"""The task that captions in batches: it submits and collects in a worker, and waits in the triggerer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseOperator

from omnisci_etl.scheduling import tasks

if TYPE_CHECKING:
    from omnisci_etl.context import Counts

# Seconds between two rounds: vendors take minutes to a day.
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 600.0


class CaptionBatch(BaseOperator):
    """Captions by the vendors' batches, one round after the other, until none is open.

    Between two rounds no worker is held. The ledger knows what is open: a round that is run twice, or by another try,
    takes in the same batches and submits nothing again.
    """

    def execute(self, context: Any) -> Counts:
        """The first round."""
        return self._round({}, FIRST_PAUSE)

    def resume(self, context: Any, event: Any = None, *, so_far: Mapping[str, int], pause: float) -> Counts:
        """A further round; so_far are the counts of those before."""
        return self._round(so_far, pause)

    def _round(self, so_far: Mapping[str, int], pause: float) -> Counts:
        counts = tasks.caption_batch(so_far)
        if not counts["open_batches"]:
            return counts
        from airflow.providers.standard.triggers.temporal import TimeDeltaTrigger

        # What was taken in may have been sent again in part, so the next wait is short again.
        moved = counts["attempts"] > so_far.get("attempts", 0)
        wait = FIRST_PAUSE if moved else pause
        following = {"so_far": counts, "pause": min(LONGEST_PAUSE, wait * 2)}
        self.defer(trigger=TimeDeltaTrigger(timedelta(seconds=wait)), method_name="resume", kwargs=following)
        raise AssertionError("unreachable: a deferral leaves the task")
