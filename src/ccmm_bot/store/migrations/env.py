"""What alembic runs: the migrations, over the connection it is handed."""

from __future__ import annotations

from alembic import context

from ccmm_bot.store import tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=tables.Agency.metadata,
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
