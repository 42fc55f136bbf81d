"""How often the paragraphs that mention a figure name it."""

from __future__ import annotations

from omnisci_etl.ledger.migrations.steps import execute, execute_beside, restore_view

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Adds the count to mentions and lets the view triplets add it up."""
    execute_beside(__file__)


def downgrade() -> None:
    """Puts the view back as it was before, and drops the column."""
    restore_view("triplets")
    execute("ALTER TABLE omnisci.mention DROP COLUMN namings")
