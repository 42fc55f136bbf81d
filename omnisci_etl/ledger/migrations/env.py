"""Alembic's entry: it is always driven from omnisci_etl.ledger.migrate, which hands over a connection."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table_schema="omnisci",
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
