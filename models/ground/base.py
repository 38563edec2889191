"""Base of every model: database session, declarative base, engine settings, clock, and column types."""

import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, TypeVar, cast
from zoneinfo import ZoneInfo

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    FromClause,
    Integer,
    MetaData,
    Select,
    String,
    Table,
    Text,
    event,
    inspect,
    update,
)
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column, registry
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.types import TypeDecorator

from models.ground.write_queue import FifoLock

#: The démarche lives in France: "today", late and silent are told by its calendar.
HOME = ZoneInfo("Europe/Paris")


_frozen_now: ContextVar[datetime | None] = ContextVar("frozen_now", default=None)


@contextmanager
def at(instant: datetime) -> Iterator[None]:
    """Freeze the clock at an instant within the block: only for loaders, which write months of history in a second."""
    token = _frozen_now.set(instant.astimezone(UTC))
    try:
        yield
    finally:
        _frozen_now.reset(token)


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return _frozen_now.get() or datetime.now(UTC)


def today() -> date:
    """Return the present day in France, by which a task is late or not."""
    return now().astimezone(HOME).date()


def fold(text: str) -> str:
    """Return a sort and comparison key, without case or accents: « Éco » beside « eco », « œ » as « oe »."""
    flat = text.replace("œ", "oe").replace("Œ", "OE").replace("æ", "ae").replace("Æ", "AE")
    decomposed = unicodedata.normalize("NFKD", flat)
    letters = "".join(c for c in decomposed if not unicodedata.combining(c))
    return " ".join("".join(c if c.isalnum() else " " for c in letters.casefold()).split())


class UTCDateTime(TypeDecorator[datetime]):
    """Column type of an aware datetime, stored as UTC; SQLite keeps no zone, so it is put back when read."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime says no instant")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=UTC)


class _Members(dict[str | None, str | None]):
    """Dictionary of the members of an enumeration by value; a value that it does not know stays as it is."""

    def __missing__(self, value: str | None) -> str | None:
        return value


Member = TypeVar("Member", bound=StrEnum)


class EnumText(TypeDecorator[Member]):
    """Column type of a StrEnum, stored as VARCHAR(length): no native enum, no constraint, so no migration for a member.

    What is read is a member; a value that a later version wrote, unknown here, is read as the plain string.
    """

    impl = String
    cache_ok = True

    def __init__(self, members: type[Member], length: int) -> None:
        super().__init__(length)
        self.members = members
        self.length = length
        self._by_value = _Members({str(each): each for each in members})

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """Return a dictionary's own look-up, in C: it is called once for each row."""
        return self._by_value.__getitem__


BigId = BigInteger().with_variant(Integer(), "sqlite")

IntId = Annotated[int, mapped_column(BigId, primary_key=True)]
Line = Annotated[str, mapped_column(String(300))]
LongText = Annotated[str, mapped_column(Text, default="")]


class Base(DeclarativeBase):
    """Declarative base; the naming convention lets Alembic alter constraints on both databases."""

    registry = registry(
        metadata=MetaData(
            naming_convention={
                "ix": "ix_%(table_name)s_%(column_0_N_name)s",
                "uq": "uq_%(table_name)s_%(column_0_N_name)s",
                "ck": "ck_%(table_name)s_%(constraint_name)s",
                "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
                "pk": "pk_%(table_name)s",
            }
        ),
        type_annotation_map={datetime: UTCDateTime, int: BigId},
    )


db = SQLAlchemy(
    model_class=Base,
    disable_autonaming=True,
    session_options={"autoflush": True, "expire_on_commit": False},
)


def table_above(name: str) -> Table:
    """Return a table by name: that of a model above the caller, which importing would close into a circle.

    `tests/architecture/test_imports.py` lists every use.
    """
    return Base.metadata.tables[name]


class Versioned:
    """Mixin for optimistic locking: the version counts a row's writes, so that no edit overwrites another unseen."""

    if TYPE_CHECKING:
        __table__: ClassVar[FromClause]
        id: Mapped[int]

    version: Mapped[int] = mapped_column(Integer, nullable=False)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}

    def set_facts(self, **facts: Any) -> None:
        """Write columns that are facts about the row and no edit of it: a last visit, a date of last news.

        The version neither counts nor is asked: facts conflict with nobody's edit, and of two written at once the
        later stays.
        """
        if not inspect(self).persistent:
            for name, value in facts.items():
                setattr(self, name, value)
            return
        table = cast(Table, self.__table__)
        db.session.execute(update(table).where(table.c.id == self.id).values(facts))
        for name, value in facts.items():
            set_committed_value(self, name, value)


Row = TypeVar("Row")

_reading: ContextVar[bool] = ContextVar("reading", default=False)


@contextmanager
def reading() -> Iterator[None]:
    """Make the transactions begun inside read-only: SQLite takes no write lock, and both databases refuse a write."""
    token = _reading.set(True)
    try:
        yield
    finally:
        _reading.reset(token)


def held(query: Select[Row], of: type[Base]) -> Select[Row]:
    """Return `query` with a row lock (FOR UPDATE) on its rows of `of`: two people change them one after the other.

    A page that only shows them locks nothing: inside `reading` the query stays as it is.
    """
    return query if _reading.get() else query.with_for_update(of=of)


#: For how many seconds a writer waits for SQLite before being told that it is busy.
PATIENCE = 10


def prepare(engine: Engine) -> None:
    """Set an engine up for durability and for locking: committed writes are on disk, writers queue instead of failing.

    SQLite begins a transaction in deferred mode by default and only then asks for the write lock, which fails at
    once when somebody else wrote in between; BEGIN IMMEDIATE asks first, and waits for its turn.
    """
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _open_sqlite)
        # In this order: whoever asks SQLite without the writer lock waits with no promise of ever being served.
        _queue_writers(engine)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "begin", _begin_postgresql)


def _open_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute(f"PRAGMA busy_timeout={PATIENCE * 1000}")
    cursor.execute("PRAGMA cache_size=-8000")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    only_reads = _reading.get()
    # The setting stays with the connection: saying it again would cost a statement at each request.
    if connection.info.get("only_reads") is not only_reads:
        connection.exec_driver_sql(f"PRAGMA query_only={'ON' if only_reads else 'OFF'}")
        connection.info["only_reads"] = only_reads
    connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")


def _queue_writers(engine: Engine) -> None:
    """Hold this process's writer lock from the beginning of a writing transaction until the connection is returned."""
    lock = FifoLock()

    def acquire(connection: Connection) -> None:
        if not _reading.get() and not connection.info.get("has_writer_lock"):
            connection.info["has_writer_lock"] = lock.acquire(PATIENCE)

    def release(_connection: Any, record: Any, *_reason: Any) -> None:
        if record.info.pop("has_writer_lock", False):
            lock.release()

    event.listen(engine, "begin", acquire)
    event.listen(engine, "checkin", release)
    event.listen(engine, "invalidate", release)


def _begin_postgresql(connection: Connection) -> None:
    if _reading.get():
        connection.exec_driver_sql("SET TRANSACTION READ ONLY")
