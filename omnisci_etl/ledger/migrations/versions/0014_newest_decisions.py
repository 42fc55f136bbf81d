"""The decision that holds for each caption, as a view."""

from __future__ import annotations

from omnisci_etl.ledger.migrations.steps import execute, execute_beside

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Adds the view."""
    execute_beside(__file__)


def downgrade() -> None:
    """Drops it."""
    execute("DROP VIEW omnisci.decisions")
