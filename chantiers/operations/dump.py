"""Dump of tables as plain JSON rows, and back: from a snapshot of SQLite or PostgreSQL to either."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Table

from chantiers.config import ROOT
from models import db, reading
from models.ground.base import UTCDateTime

BATCH = 500
#: Tables that migrations fill: a restore replaces their rows, and does not take them for somebody's work.
FILLED_BY_MIGRATIONS = ("deliverable_type",)
#: Kinds of columns in a dump, whatever database it comes from or goes to.
KINDS: dict[str, Any] = {
    "instant": UTCDateTime(),
    "day": sa.Date(),
    "json": sa.JSON(none_as_null=True),
    "boolean": sa.Boolean(),
    "integer": sa.BigInteger(),
    "text": sa.Text(),
}


class BackupRefused(Exception):
    """Refusal to make or to restore a backup; the message is a sentence for whoever asked."""


@contextmanager
def snapshot() -> Iterator[Connection]:
    """Open a connection that sees a snapshot of the database at one instant, while others go on writing."""
    engine = db.engine
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with reading(), engine.connect() as connection:
        lift_statement_timeout(connection)
        yield connection


def described(table: Table) -> dict[str, Any]:
    """Describe a table as `fill` needs it: its columns and their kinds."""
    own = {key.parent.name for key in table.foreign_keys if key.column.table is table}
    return {
        "name": table.name,
        "columns": {column.name: kind_of(column.type) for column in table.columns},
        # Columns that name other rows of the same table: they are filled last.
        "own": sorted(own),
    }


def plain(value: Any) -> Any:
    """Return a value as JSON writes it: instants in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def kind_of(of: Any) -> str:
    """Return the kind of a column type: one of `KINDS`."""
    if isinstance(of, UTCDateTime):
        return "instant"
    for name in ("day", "json", "boolean"):
        if isinstance(of, type(KINDS[name])):
            return name
    return "integer" if isinstance(of, sa.Integer) else "text"


def refuse_unless_ready(connection: Connection, manifest: dict[str, Any]) -> None:
    """Raise BackupRefused unless the database is empty, and at the migration of the manifest."""
    revision = current_revision(connection)
    if revision != manifest["revision"]:
        wanted = manifest["revision"]
        raise BackupRefused(
            f"La sauvegarde est à la révision {wanted}, la base à : {revision or 'rien'}. Sur une base vide : "
            f"« flask --app app db upgrade {wanted} », puis restaurez, puis « flask --app app db upgrade »."
        )
    for table in manifest["tables"]:
        if table["name"] in FILLED_BY_MIGRATIONS:
            continue
        if connection.scalar(sa.select(sa.literal(1)).select_from(sa.table(table["name"])).limit(1)):
            raise BackupRefused(
                "Cette base n’est pas vide : on ne restaure que dans une base neuve, pour ne rien écraser."
            )


def fill(
    connection: Connection, tables: list[dict[str, Any]], lines_of: Callable[[str], Iterator[list[Any]]]
) -> None:
    """Write the lines of each table, in the order in which tables name one another, as plain data of their columns."""
    metadata = sa.MetaData()
    made = [
        (each, Table(each["name"], metadata, *(sa.Column(n, KINDS[k]) for n, k in each["columns"].items())))
        for each in tables
    ]
    for facts, table in reversed(made):
        if facts["name"] in FILLED_BY_MIGRATIONS:
            connection.execute(table.delete())
    for facts, table in made:
        own = facts["own"]
        later: list[dict[str, Any]] = []
        lines = lines_of(table.name)
        while batch := [_typed(facts["columns"], line) for line in islice(lines, BATCH)]:
            later += [
                {"of": row["id"], **{n: row[n] for n in own}} for row in batch if any(row[n] for n in own)
            ]
            connection.execute(table.insert(), [{**row, **dict.fromkeys(own)} for row in batch])
        if later:
            changes: dict[str, Any] = {name: sa.bindparam(name) for name in own}
            connection.execute(table.update().where(table.c.id == sa.bindparam("of")).values(changes), later)
        _continue_numbering(connection, table)


def _typed(columns: dict[str, str], line: list[Any]) -> dict[str, Any]:
    row = dict(zip(columns, line, strict=True))
    for name, kind in columns.items():
        if row[name] is not None and kind == "instant":
            row[name] = datetime.fromisoformat(row[name])
        elif row[name] is not None and kind == "day":
            row[name] = date.fromisoformat(row[name])
    return row


def _continue_numbering(connection: Connection, table: Table) -> None:
    """Set the sequence of a PostgreSQL table to its highest id: it counts beside the table."""
    if connection.dialect.name != "postgresql" or "id" not in table.columns:
        return
    name = connection.dialect.identifier_preparer.format_table(table)
    counter = connection.scalar(sa.select(sa.func.pg_get_serial_sequence(name, "id")))
    highest = connection.scalar(sa.select(sa.func.max(table.c.id)))
    if counter and highest:
        connection.execute(sa.select(sa.func.setval(counter, highest)))


def head() -> str | None:
    """Return the migration that this program's models are at."""
    return ScriptDirectory(str(ROOT / "migrations")).get_current_head()


def current_revision(connection: Connection) -> str:
    """Return the migration that the database is at."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def lift_statement_timeout(connection: Connection) -> None:
    """Lift PostgreSQL's statement timeout in this transaction: it is meant for pages, a backup takes longer."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
