"""The retry policy as a view that everybody reads; prices with their dates."""

from __future__ import annotations

from omnisci_etl.ledger.migrations.steps import execute, execute_beside, restore_view

revision = "0009"
down_revision = "0008"
VIEWS = ("prices", "call_standing", "retry_policy", "retry_limits")


def upgrade() -> None:
    """Adds views and table; the SQL stands in the file beside this one."""
    execute_beside(__file__)


def downgrade() -> None:
    """Puts the state of calls back as it was before, and drops what was added."""
    restore_view("call_status", "0005_batches.sql")
    for view in VIEWS:
        execute(f"DROP VIEW omnisci.{view}")
    execute("DROP TABLE omnisci.model_price")
