"""Notices about papers, what they do to a paper's status, and why a figure may not be exported."""

from __future__ import annotations

import re
from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"
VIEWS = ("recalls", "export_gate", "notices")
_PAPERS = re.compile(r"CREATE (VIEW omnisci\.papers AS.*?;)\n\n", re.DOTALL)


def upgrade() -> None:
    """Adds the views and lets notices decide; the SQL stands in the file beside this one."""
    _execute(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8"))


def downgrade() -> None:
    """Puts the view of papers back as it was before, and drops what was added."""
    before = _PAPERS.search(Path(__file__).with_name("0002_views.sql").read_text(encoding="utf-8"))
    assert before is not None
    for view in VIEWS[:-1]:
        _execute(f"DROP VIEW omnisci.{view}")
    _execute(f"CREATE OR REPLACE {before[1]}")
    _execute("DROP VIEW omnisci.notices")
    _execute("DROP FUNCTION omnisci.notice_title(text)")
    _execute("DROP INDEX omnisci.extraction_notice, omnisci.paper_state_notice")


def _execute(statements: str) -> None:
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))
