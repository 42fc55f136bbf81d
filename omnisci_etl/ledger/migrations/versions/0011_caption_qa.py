"""Caption QA: questions about figures, the filters' verdicts on them, and answers."""

from __future__ import annotations

from omnisci_etl.ledger.migrations.steps import execute, execute_beside

revision = "0011"
down_revision = "0010"
VIEWS = ("qa_results", "qa_answers", "qa_questions")
TABLES = ("qa_answer", "qa_outside_caption", "qa_filter", "qa_question", "qa_writing")


def upgrade() -> None:
    """Adds tables and views; the SQL stands in the file beside this one."""
    execute_beside(__file__)


def downgrade() -> None:
    """Drops them."""
    for view in VIEWS:
        execute(f"DROP VIEW omnisci.{view}")
    for table in TABLES:
        execute(f"DROP TABLE omnisci.{table}")
