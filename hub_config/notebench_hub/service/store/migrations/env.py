"""Runs migrations on the connection that `store.migrate` hands over."""

from alembic import context
from notebench_hub.service.store.base import Table

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    render_as_batch=True,
    transaction_per_migration=True,
    transactional_ddl=True,  # SQLite has it; a migration that is killed has not happened
)
with context.begin_transaction():
    context.run_migrations()
