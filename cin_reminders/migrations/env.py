"""Runs the migrations on the connection it is given: one transaction for all of them, so that a killed upgrade leaves nothing."""

from __future__ import annotations

from alembic import context

from cin_reminders.ledger_schema import VERSION_TABLE, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,  # SQLite can, once the transaction is begun by hand; Alembic assumes that it cannot
)
context.run_migrations()
