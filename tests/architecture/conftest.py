"""Fixtures of the architecture tests: the world, made once per worker and database and put back for each test."""

import contextlib
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from models import Base, Chantier, Structure, User, UserSession
from tests.architecture.addresses import Targets
from tests.architecture.design import Facts
from tests.support import databases
from tests.support.visitor import Visitor
from tests.support.world import World, make_world

_kept: dict[str, tuple[World, "Kept", dict[str, str]]] = {}


class Kept:
    """State of a database and of its store, to come back to."""

    def __init__(self, database: databases.SQLite | databases.PostgreSQL) -> None:
        self.database = database
        self.files = Path(f"{database.storage}-of-the-world")
        shutil.rmtree(self.files, ignore_errors=True)
        shutil.copytree(database.storage, self.files)
        if isinstance(database, databases.SQLite):
            self.copy = database.path.with_name("world.sqlite3")
            self._copy(database.path, self.copy)
        else:
            self._on_postgresql(KEEP)

    def restore(self) -> None:
        """Put every row and file back."""
        if isinstance(self.database, databases.SQLite):
            self._copy(self.copy, self.database.path)
        else:
            self._on_postgresql(RESTORE)
        self.restore_files()

    def restore_files(self) -> None:
        """Put the files back."""
        self.database.empty_storage()
        shutil.copytree(self.files, self.database.storage, dirs_exist_ok=True)

    def _copy(self, source: Path, copy: Path) -> None:
        with (
            contextlib.closing(sqlite3.connect(source)) as read,
            contextlib.closing(sqlite3.connect(copy, timeout=5)) as written,
        ):
            written.execute("PRAGMA synchronous=OFF")
            read.backup(written)

    def _on_postgresql(self, words: str) -> None:
        with psycopg.connect(databases.libpq_url(self.database.url), autocommit=True) as connection:
            connection.execute(words)


KEEP = """
DROP SCHEMA IF EXISTS world CASCADE;
CREATE SCHEMA world;
DO $$ DECLARE one regclass; BEGIN
    FOR one IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
        EXECUTE format('CREATE TABLE world.%I AS SELECT * FROM %s', 'row_' || one::oid::text, one);
    END LOOP;
    CREATE TABLE world.counter AS SELECT format('%I.%I', schemaname, sequencename) AS name, last_value
        FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL;
END $$;
"""
#: Foreign keys and the guards of the journal are triggers, which the `replica` role leaves asleep.
RESTORE = """
SET session_replication_role = replica;
DO $$ DECLARE one regclass; counter record; BEGIN
    FOR one IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
        EXECUTE format('DELETE FROM %s', one);
        EXECUTE format('INSERT INTO %s OVERRIDING SYSTEM VALUE SELECT * FROM world.%I',
                       one, 'row_' || one::oid::text);
    END LOOP;
    FOR counter IN SELECT name, last_value FROM world.counter LOOP
        PERFORM setval(counter.name::regclass, counter.last_value);
    END LOOP;
END $$;
"""


class Scene:
    """World in the application: its people's browsers, its addresses, and the state of its tables."""

    def __init__(self, app: Flask, world: World, kept: Kept, tokens: dict[str, str]) -> None:
        self.app = app
        self.world = world
        self.kept = kept
        self.database = kept.database.name
        self.tokens = tokens
        self._visitors: dict[str, Visitor] = {}
        with self.connection() as connection:
            numbers = {
                ("chantier", slug): number
                for number, slug in connection.execute(select(Chantier.id, Chantier.slug))
            }
            numbers |= {
                ("structure", slug): number
                for number, slug in connection.execute(select(Structure.id, Structure.slug))
            }
        self.targets = Targets(world, numbers)

    def restore(self) -> None:
        """Put the world back as it was; whoever is signed in stays so."""
        self.kept.restore()

    @contextmanager
    def connection(self) -> Iterator[Any]:
        """Open a connection of its own, which only reads."""
        with self.app.app_context(), self.app.extensions["sqlalchemy"].engine.connect() as connection:
            yield connection
            connection.rollback()

    @contextmanager
    def unkept_writes(self) -> Iterator[None]:
        """Let requests do all that they do; the database checks all and keeps nothing. Sign people in before."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Session, "commit", Session.flush)
            yield

    def facts(self) -> Facts:
        """Return who is what, now."""
        with self.connection() as connection:
            return Facts(connection)

    def person(self, name: str) -> Visitor:
        """Return the browser of somebody of the world, where they have signed in; « stranger » has not."""
        if name not in self._visitors:
            self._visitors[name] = visitor = Visitor(self.app)
            if name != "stranger":
                with visitor.client.session_transaction(base_url=visitor.base_url) as cookie:
                    cookie["_user_id"], cookie["_fresh"] = self.tokens[name], True
        return self._visitors[name]

    def leave(self, name: str) -> None:
        """Close this person's browser: the next one is new."""
        self._visitors.pop(name, None)

    def rows(self) -> dict[str, list[str]]:
        """Read every row of every table, but for what keeps people signed in and slows guessing down."""
        with self.connection() as connection:
            return {
                table.name: sorted(repr(row) for row in connection.execute(select(table)))
                for table in Base.metadata.sorted_tables
                if table.name not in BOOKKEEPING
            }


#: What a request may change without being accepted.
BOOKKEEPING = {"user_session", "sign_in_failure"}


def make_scene(app: Flask, database: databases.SQLite | databases.PostgreSQL) -> Scene:
    """Make the world on this database and open a session for each of its people."""
    with app.app_context():
        session: Session = app.extensions["sqlalchemy"].session
        world = make_world(session, database.config["STORAGE_URL"])
        people = {name: session.get_one(User, number) for name, number in world.people.items()}
        # Somebody whose account was closed since still has a cookie.
        tokens = {name: UserSession.open(person)[1] for name, person in people.items()}
        session.commit()
    return Scene(app, world, Kept(database), tokens)


@pytest.fixture
def scene(app: Flask, database: databases.SQLite | databases.PostgreSQL) -> Scene:
    """Return the world, whole again, on this test's database."""
    if database.name not in _kept:
        made = make_scene(app, database)
        _kept[database.name] = made.world, made.kept, made.tokens
    world, kept, tokens = _kept[database.name]
    kept.restore()
    return Scene(app, world, kept, tokens)
