"""Run by Alembic, inside the transaction that `mailflow.store.migrate` has opened."""

from __future__ import annotations

from alembic import context

from mailflow.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite changes a table by copying it.
    render_as_batch=True,
    # SQLite can roll back DDL, if only the driver does not commit before it; ours does not.
    transactional_ddl=True,
)
context.run_migrations()
