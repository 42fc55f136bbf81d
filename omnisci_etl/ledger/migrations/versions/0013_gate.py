"""Calibrated thresholds of the gate."""

from __future__ import annotations

from omnisci_etl.ledger.migrations.steps import execute, execute_beside

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Adds the table."""
    execute_beside(__file__)


def downgrade() -> None:
    """Drops it."""
    execute("DROP TABLE omnisci.calibration")
