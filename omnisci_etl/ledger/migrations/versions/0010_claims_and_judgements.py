"""Claims with their verdicts, judgements by a rubric and of pairs, and audits of judges."""

from __future__ import annotations

from omnisci_etl.ledger.migrations.steps import execute, execute_beside

revision = "0010"
down_revision = "0009"
VIEWS = ("judgements", "claims")
TABLES = ("judge_audit", "pairwise_judgement", "judgement", "rubric", "claim", "claim_check")


def upgrade() -> None:
    """Adds tables and views; the SQL stands in the file beside this one."""
    execute_beside(__file__)


def downgrade() -> None:
    """Drops what was added."""
    for view in VIEWS:
        execute(f"DROP VIEW omnisci.{view}")
    for table in TABLES:
        execute(f"DROP TABLE omnisci.{table}")
