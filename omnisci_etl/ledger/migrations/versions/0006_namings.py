"""How often the paragraphs that mention a figure name it."""

from __future__ import annotations

import re
from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"
_TRIPLETS = re.compile(r"CREATE (VIEW omnisci\.triplets AS.*?;)\n\n", re.DOTALL)


def upgrade() -> None:
    """Adds the count to mentions and lets the view triplets add it up."""
    _execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Puts the view back as it was before, and drops the column."""
    before = _TRIPLETS.search(Path(__file__).with_name("0002_views.sql").read_text(encoding="utf-8"))
    assert before is not None
    _execute(f"CREATE OR REPLACE {before[1]}")
    _execute("ALTER TABLE omnisci.mention DROP COLUMN namings")


def _execute(statements: str) -> None:
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
