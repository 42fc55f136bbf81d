"""What later versions of the extractors found unchanged."""

from __future__ import annotations

from omnisci_etl.ledger.migrations.steps import execute, execute_beside

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    """Adds the table."""
    execute_beside(__file__)


def downgrade() -> None:
    """Drops it."""
    execute("DROP TABLE omnisci.rereading")
