"""Alembic's environment: runs the migrations with the app's own engine, safely on SQLite."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from logging.config import fileConfig
from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from models import db
from models.ground.base import UTCDateTime

#: How many seconds a process waits for another that is migrating the same database.
PATIENCE = 600
#: The advisory lock of PostgreSQL that whoever migrates holds.
TURN = 0x4368616E

config = context.config
if config.config_file_name is not None and config.attributes.get("configure_logger", False):
    fileConfig(config.config_file_name, disable_existing_loggers=False)


def skip_empty_revision(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """`flask db migrate` writes no file when nothing changed."""
    if getattr(config.cmd_opts, "autogenerate", False) and directives[0].upgrade_ops.is_empty():
        directives[:] = []


def render_item(kind: str, item: Any, _autogen_context: Any) -> str | bool:
    """Migrations name the database's types, never our models': they must still run when the models have changed."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def include_name(name: str | None, kind: str, parents: Any) -> bool:
    """What looks words up is each database's own, made by its migration: our models know nothing of it."""
    if kind == "table":
        return not (name or "").startswith("search_index")
    return (parents.get("table_name"), name) not in (
        ("search_entry", "vector"),
        ("search_entry", "ix_search_entry_vector"),
    )


def run_migrations(connection: Connection) -> None:
    """Run the pending migrations in one transaction: all of them are kept, or none.

    Batch migrations rebuild tables on SQLite; with foreign keys on, dropping the old table would delete its children
    without a word. They are switched off before the transaction, and every key is checked before it is kept.
    """
    is_sqlite = connection.dialect.name == "sqlite"
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        process_revision_directives=skip_empty_revision,
        render_as_batch=True,
        compare_type=True,
        render_item=render_item,
        include_name=include_name,
        # Alembic holds that SQLite cannot take back a change of tables; with our own BEGIN IMMEDIATE it can.
        transactional_ddl=True,
    )
    with foreign_keys_off(connection) if is_sqlite else nullcontext(), context.begin_transaction():
        if not is_sqlite:
            wait_for_our_turn(connection)
        context.run_migrations()
        if is_sqlite:
            refuse_broken_keys(connection)


@contextmanager
def foreign_keys_off(connection: Connection) -> Iterator[None]:
    """Past SQLAlchemy, which would begin a transaction: inside one, SQLite ignores this pragma without a word."""
    raw: Any = connection.connection.driver_connection
    raw.execute("PRAGMA foreign_keys=OFF")
    # Another process may be migrating the same file, which can take longer than a page may wait.
    raw.execute(f"PRAGMA busy_timeout={PATIENCE * 1000}")
    try:
        yield
    finally:
        # The next user of this connection finds it as every connection is opened.
        connection.invalidate()


def refuse_broken_keys(connection: Connection) -> None:
    """Raise while the transaction can still be taken back."""
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise RuntimeError(f"the migration would break {len(broken)} foreign keys; nothing was changed")


def wait_for_our_turn(connection: Connection) -> None:
    """Two processes that start at once migrate one after the other, and the second finds nothing left to do.

    A page must answer in seconds, an index over years of work need not; waiting for somebody's lock stays bounded.
    """
    patience = connection.exec_driver_sql("SHOW lock_timeout").scalar_one()
    connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{PATIENCE}s'")
    connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s)", (TURN,))
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{patience}'")


if context.is_offline_mode():
    raise SystemExit("Migrations run against a database: flask --app app db upgrade")

with current_app.extensions["migrate"].db.engine.connect() as connection:
    run_migrations(connection)
