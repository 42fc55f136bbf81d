"""How pictures look, which look the same, and how sure the kind of a figure is."""

from __future__ import annotations

from omnisci_etl.ledger.migrations.steps import execute, execute_beside

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Adds the tables and the view; the SQL stands in the file beside this one."""
    execute_beside(__file__)


def downgrade() -> None:
    """Drops what was added."""
    execute("DROP VIEW omnisci.near_duplicates")
    execute("DROP TABLE omnisci.picture_pair, omnisci.picture_look")
    execute("DROP FUNCTION omnisci.band_probes(bigint)")
    execute("ALTER TABLE omnisci.figure DROP COLUMN kind_confidence")
    execute(
        "COMMENT ON COLUMN omnisci.triplets.kind IS "
        "'Kind of figure by its caption (chart, schematic, microscopy, ...).'"
    )
