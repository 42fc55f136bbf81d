"""The tables of the ledger, append-only triggers and roles."""

from __future__ import annotations

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Creates everything in the schema omnisci; the SQL stands in the file beside this one."""
    op.get_bind().exec_driver_sql(Path(__file__).with_suffix(".sql").read_text(encoding="utf-8").replace("%", "%%"))


def downgrade() -> None:
    """Drops every table. Roles stay: other databases of the server may use them."""
    connection = op.get_bind()
    tables = connection.exec_driver_sql(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'omnisci' AND tablename <> 'alembic_version'"
    ).scalars()
    for table in list(tables):
        connection.exec_driver_sql(f'DROP TABLE omnisci."{table}" CASCADE')
    connection.exec_driver_sql("DROP FUNCTION omnisci.owner_alive(bigint)")
    connection.exec_driver_sql("DROP FUNCTION omnisci.refuse_change()")
    connection.exec_driver_sql("DROP DOMAIN omnisci.sha256_hex")
