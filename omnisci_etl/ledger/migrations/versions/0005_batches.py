"""Provider batches: intents, events, lines that fit no request; and what they mean for spend and the state of calls."""

from __future__ import annotations

from omnisci_etl.ledger.migrations.steps import execute, execute_beside, restore_view

revision = "0005"
down_revision = "0004"
TABLES = ("batch_stray", "batch_event", "batch")


def upgrade() -> None:
    """Adds the tables; the SQL stands in the file beside this one."""
    execute_beside(__file__)


def downgrade() -> None:
    """Puts the views back as they were before, and drops what was added."""
    for view in ("spend", "call_status"):
        restore_view(view)
    execute("ALTER TABLE omnisci.attempt DROP COLUMN batch_id")
    for table in TABLES:
        execute(f"DROP TABLE omnisci.{table}")
