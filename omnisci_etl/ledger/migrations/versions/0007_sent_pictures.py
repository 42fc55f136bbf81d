"""The hash of the picture that each attempt sends."""

from __future__ import annotations

from omnisci_etl.ledger.migrations.steps import execute, execute_beside

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Adds the column."""
    execute_beside(__file__)


def downgrade() -> None:
    """Drops it."""
    execute("ALTER TABLE omnisci.attempt DROP COLUMN sent_image_sha256")
