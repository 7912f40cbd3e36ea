"""Run by alembic; the connection comes from pipeline.store."""

from alembic import context

from pipeline.store.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    # SQLite can change a column only by making the table anew.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
