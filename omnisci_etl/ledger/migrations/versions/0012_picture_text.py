"""Text that was read off pictures."""

from __future__ import annotations

from omnisci_etl.ledger.migrations.steps import execute, execute_beside

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Adds it."""
    execute_beside(__file__)


def downgrade() -> None:
    """Drops it."""
    execute("SELECT 1")
