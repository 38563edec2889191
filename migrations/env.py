"""Alembic's environment: runs the migrations with the app's own engine, safely on SQLite."""

from logging.config import fileConfig
from typing import Any

from alembic import context
from flask import current_app
from sqlalchemy import Connection

from models import db
from models.base import UTCDateTime

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


def run_migrations(connection: Connection) -> None:
    """Run the pending migrations in one transaction.

    Batch migrations rebuild tables on SQLite; with foreign keys on, dropping the old table would delete its children
    without a word. They are switched off before the transaction, and every key is checked before it is kept.
    """
    is_sqlite = connection.dialect.name == "sqlite"
    if is_sqlite:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.commit()
    context.configure(
        connection=connection,
        target_metadata=db.metadata,
        process_revision_directives=skip_empty_revision,
        render_as_batch=True,
        compare_type=True,
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()
        if is_sqlite:
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
            if broken:
                raise RuntimeError(
                    f"the migration would break {len(broken)} foreign keys; nothing was changed"
                )
    if is_sqlite:
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        connection.commit()


if context.is_offline_mode():
    raise SystemExit("Migrations run against a database: flask --app app db upgrade")

with current_app.extensions["migrate"].db.engine.connect() as connection:
    run_migrations(connection)
