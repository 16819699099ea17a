"""How alembic reaches the database: on the connection, and inside of the transaction, that it is given."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"], render_as_batch=True, transactional_ddl=False
)
context.run_migrations()
