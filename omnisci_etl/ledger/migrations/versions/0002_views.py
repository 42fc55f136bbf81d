"""The views of the contract, with a comment on each column."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
VIEWS = ("coverage", "funnel", "call_status", "spend", "export_lineage", "lineage", "triplets", "papers")


def upgrade() -> None:
    """Creates the views; the SQL stands in the file beside this one."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8").replace("%", "%%"))


def downgrade() -> None:
    """Drops the views."""
    for view in VIEWS:
        op.get_bind().exec_driver_sql(f"DROP VIEW omnisci.{view}")
    op.get_bind().exec_driver_sql("DROP FUNCTION omnisci.active_caption(bigint)")
