"""How alembic reaches the database: on the connection, and inside of the transaction, that it is given."""

from alembic import context

from src.persistence.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,
    transactional_ddl=False,
)
context.run_migrations()
