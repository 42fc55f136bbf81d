"""Which figure each judging call is about; its bill by discipline and kind."""

from __future__ import annotations

from omnisci_etl.ledger.migrations.steps import execute, execute_beside, restore_view

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Adds the table; the SQL stands in the file beside this one."""
    execute_beside(__file__)


def downgrade() -> None:
    """Puts the view back as it was before, and drops the table."""
    restore_view("spend", "0005_batches.sql")
    execute("DROP TABLE omnisci.question")
