"""The hash of the picture that each attempt sends."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Adds the column."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Drops it."""
    op.get_bind().exec_driver_sql("ALTER TABLE omnisci.attempt DROP COLUMN sent_image_sha256")
