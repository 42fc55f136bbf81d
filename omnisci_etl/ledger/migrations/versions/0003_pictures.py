"""How pictures look, which look the same, and how sure the kind of a figure is."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds the tables and the view; the SQL stands in the file beside this one."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8").replace("%", "%%"))


def downgrade() -> None:
    """Drops what was added."""
    connection = op.get_bind()
    connection.exec_driver_sql("DROP VIEW omnisci.near_duplicates")
    connection.exec_driver_sql("DROP TABLE omnisci.picture_pair, omnisci.picture_look")
    connection.exec_driver_sql("DROP FUNCTION omnisci.band_probes(bigint)")
    connection.exec_driver_sql("ALTER TABLE omnisci.figure DROP COLUMN kind_confidence")
    connection.exec_driver_sql(
        "COMMENT ON COLUMN omnisci.triplets.kind IS "
        "'Kind of figure by its caption (chart, schematic, microscopy, ...).'"
    )
