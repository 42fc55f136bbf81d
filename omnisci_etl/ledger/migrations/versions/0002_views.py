"""The views of the contract, with a comment on each column."""

from __future__ import annotations

from omnisci_etl.ledger.migrations.steps import execute, execute_beside

revision = "0002"
down_revision = "0001"
VIEWS = ("coverage", "funnel", "call_status", "spend", "export_lineage", "lineage", "triplets", "papers")


def upgrade() -> None:
    """Creates the views; the SQL stands in the file beside this one."""
    execute_beside(__file__)


def downgrade() -> None:
    """Drops the views."""
    for view in VIEWS:
        execute(f"DROP VIEW omnisci.{view}")
    execute("DROP FUNCTION omnisci.active_caption(bigint)")
