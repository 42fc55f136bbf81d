"""Provider batches: intents, events, lines that fit no request; and what they mean for spend and the state of calls."""

from __future__ import annotations

import re
from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"
TABLES = ("batch_stray", "batch_event", "batch")
_VIEWS = re.compile(r"CREATE (VIEW omnisci\.(?:spend|call_status) AS.*?;)\n\n", re.DOTALL)


def upgrade() -> None:
    """Adds the tables; the SQL stands in the file beside this one."""
    _execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Puts the views back as they were before, and drops what was added."""
    before = Path(__file__).with_name("0002_views.sql").read_text(encoding="utf-8")
    for view in _VIEWS.finditer(before):
        _execute(f"CREATE OR REPLACE {view[1]}")
    _execute("ALTER TABLE omnisci.attempt DROP COLUMN batch_id")
    for table in TABLES:
        _execute(f"DROP TABLE omnisci.{table}")


def _execute(statements: str) -> None:
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
