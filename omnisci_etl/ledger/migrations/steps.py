"""What revisions share: their SQL stands in files beside them."""

from __future__ import annotations

import re
from pathlib import Path

from alembic import op

VERSIONS = Path(__file__).parent / "versions"


def execute(statements: str) -> None:
    """Runs SQL as it stands, percent signs included."""
    op.get_bind().exec_driver_sql(statements.replace("%", "%%"))


def execute_beside(revision_file: str) -> None:
    """Runs the .sql file of a revision."""
    execute(Path(revision_file).with_suffix(".sql").read_text(encoding="utf-8"))


def restore_view(name: str, file: str = "0002_views.sql") -> None:
    """Puts a view back as the file of an earlier revision creates it."""
    text = (VERSIONS / file).read_text(encoding="utf-8")
    found = re.search(rf"CREATE (?:OR REPLACE )?(VIEW omnisci\.{name} AS.*?;)\n\n", text, re.DOTALL)
    assert found is not None, name
    execute(f"CREATE OR REPLACE {found[1]}")
