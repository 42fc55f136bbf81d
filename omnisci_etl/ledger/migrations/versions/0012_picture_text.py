"""Text that was read off pictures."""

from __future__ import annotations

from omnisci_etl.ledger.migrations.steps import execute, execute_beside

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Adds the table; the SQL stands in the file beside this one."""
    execute_beside(__file__)


def downgrade() -> None:
    """Drops it."""
    execute("DROP TABLE omnisci.picture_text")
