"""Notices about papers, what they do to a paper's status, and why a figure may not be exported."""

from __future__ import annotations

from omnisci_etl.ledger.migrations.steps import execute, execute_beside, restore_view

revision = "0004"
down_revision = "0003"
VIEWS = ("recalls", "export_gate", "notices")


def upgrade() -> None:
    """Adds the views and lets notices decide; the SQL stands in the file beside this one."""
    execute_beside(__file__)


def downgrade() -> None:
    """Puts the view of papers back as it was before, and drops what was added."""
    for view in VIEWS[:-1]:
        execute(f"DROP VIEW omnisci.{view}")
    restore_view("papers")
    execute("DROP VIEW omnisci.notices")
    execute("DROP FUNCTION omnisci.notice_title(text)")
    execute("DROP INDEX omnisci.extraction_notice, omnisci.paper_state_notice")
