"""Fixtures of every test: the application on each database, visitors, time, files, servers and browsers."""

import contextvars
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask, has_app_context
from moto.server import ThreadedMotoServer
from sqlalchemy.orm import Session

from app import create_app
from chantiers.jobs import worker
from chantiers.mail import sending
from models import User, UserSession, db
from tests.support import databases
from tests.support.live_server import LiveServer
from tests.support.mailbox import Mailbox
from tests.support.visitor import Visitor

pytest_plugins = ["tests.support.browser"]

_made: dict[str, databases.SQLite | databases.PostgreSQL] = {}


# The run ---------------------------------------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --long, for the tortures."""
    parser.addoption("--long", action="store_true", help="run the tests marked long too")


def pytest_configure(config: pytest.Config) -> None:
    """Make the folder that the workers of this run share, before they start."""
    databases.shared_folder()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the journeys, and leave the long tests out unless asked."""
    for item in items:
        if "open_browser" in getattr(item, "fixturenames", ()):
            item.add_marker("journey")
    if config.getoption("--long"):
        return
    long = [item for item in items if item.get_closest_marker("long")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that touches a database once on each; a journey on SQLite alone, unless it says otherwise.

    What a browser adds to a page does not depend on the database behind it, and a browser is the dearest of visitors.
    """
    if "database" in metafunc.fixturenames:
        names = databases.asked()
        marker = metafunc.definition.get_closest_marker("databases")
        is_journey = "open_browser" in metafunc.fixturenames
        if kept := marker.args if marker else ("sqlite",) if is_journey else ():
            names = [name for name in names if name in kept]
        metafunc.parametrize("database", names, indirect=True)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    for database in _made.values():
        database.close()
    databases.close()


# The application -------------------------------------------------------------------------------------------------


@pytest.fixture
def database(request: pytest.FixtureRequest) -> databases.Database:
    """Return the database of this test, as new."""
    name = request.param
    if name not in _made:
        _made[name] = databases.KINDS[name]()
    made = _made[name]
    made.app(create_app)
    made.reset()
    made.empty_storage()
    return made


@pytest.fixture
def app(database: databases.Database) -> Flask:
    """Return the application on an empty, migrated database. No application context is open."""
    return database.app(create_app)


@pytest.fixture
def make_app(database: databases.Database) -> Iterator[Callable[..., Flask]]:
    """Make another application on the same database, other settings: `make_app(MAX_CONTENT_LENGTH=1000)`."""
    database.app(create_app)
    made: list[Flask] = []

    def make(**settings: Any) -> Flask:
        made.append(create_app({**database.config, **settings}))
        return made[-1]

    yield make
    for each in made:
        with each.app_context():
            each.extensions["sqlalchemy"].engine.dispose()


@pytest.fixture
def in_app(app: Flask) -> Callable[[], AbstractContextManager[Session]]:
    """Open a context and a session for a few lines, committed at the end: `with` it `as session`."""

    @contextmanager
    def opened() -> Iterator[Session]:
        with app.app_context():
            session = app.extensions["sqlalchemy"].session
            yield session
            session.commit()

    return opened


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """Open a session for the test. Visitors commit it and forget what it read before each of their visits."""
    with app.app_context():
        yield app.extensions["sqlalchemy"].session


@pytest.fixture
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the address of a database without any table. Parametrise it: `indirect=True`, with database names."""
    with databases.empty_database(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def visitor(app: Flask) -> Callable[..., Visitor]:
    """Make `visitor()`, a person without an account, or `visitor(user)`, one who has just signed in."""

    def arrive(user: Any = None, app: Flask = app) -> Visitor:
        person = Visitor(app, sign_in)
        return person if user is None else person.sign_in(user)

    return arrive


def sign_in(visitor: Visitor, user: Any) -> None:
    """Open a session of this user on the server, as the sign-in page does, and give its cookie to the visitor."""

    def open_session(user_id: int) -> str:
        with visitor.app.app_context():
            person = db.session.get_one(User, user_id)
            _, token = UserSession.open(person, "Navigateur des tests")
            db.session.commit()
            return token

    visitor.let_go()
    user_id = user.id
    # Reading the id may have begun a transaction, for which SQLite takes the write lock.
    visitor.let_go()
    token = contextvars.Context().run(open_session, user_id)
    with visitor.client.session_transaction(base_url=visitor.base_url) as cookie:
        cookie["_user_id"] = token
        cookie["_fresh"] = True


# The world around ------------------------------------------------------------------------------------------------


class Clock:
    """Clock of the whole process: `clock.travel_to("2024-03-15 10:00")`, `clock.forward(days=46)`."""

    def __init__(self) -> None:
        self._travel: time_machine.travel | None = None

    @property
    def now(self) -> datetime:
        """The present instant."""
        return datetime.now(UTC)

    def travel_to(self, when: datetime | str) -> datetime:
        """Go to an instant, read as UTC when it says no zone; the clock goes on ticking from there."""
        instant = datetime.fromisoformat(when) if isinstance(when, str) else when
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=UTC)
        self.come_back()
        self._travel = time_machine.travel(instant, tick=True)
        self._travel.start()
        return instant

    def forward(self, **duration: float) -> datetime:
        """Go forward (or backward) by a duration: days, hours, minutes…"""
        return self.travel_to(self.now + timedelta(**duration))

    def come_back(self) -> None:
        """Return to the true time."""
        if self._travel is not None:
            self._travel.stop()
            self._travel = None


@pytest.fixture
def clock() -> Iterator[Clock]:
    """Return the clock of the process, put right at the end. Servers in other processes do not follow it."""
    clock = Clock()
    yield clock
    clock.come_back()


@pytest.fixture(scope="session")
def _object_server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3_storage_url(_object_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the address of an empty bucket on an S3 server of our own, whose keys are in the environment."""
    urllib.request.urlopen(urllib.request.Request(f"{_object_server}/moto-api/reset", method="POST")).close()
    urllib.request.urlopen(urllib.request.Request(f"{_object_server}/chantiers", method="PUT")).close()
    for name, value in {
        "AWS_ENDPOINT_URL": _object_server,
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": "tests",
        "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(name, value)
    return "s3://chantiers"


# Mail ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """Start a real mail server, empty: `mailbox.only("camille@example.org").link("/invitation/")`."""
    box = Mailbox()
    yield box
    box.down()


@pytest.fixture
def post_office(make_app: Callable[..., Flask], mailbox: Mailbox) -> Callable[[], sending.DeliveryReport]:
    """Do, at `post_office()`, what the worker does, once: what is due leaves for the mailbox."""
    app = make_app(
        MAIL_URL=mailbox.url, MAIL_FROM="Chantiers <chantiers@example.org>", PUBLIC_URL="http://localhost"
    )

    def deliver() -> sending.DeliveryReport:
        if has_app_context():
            db.session.commit()
            db.session.expire_all()
        return worker.work(app)

    return deliver


# The real server -------------------------------------------------------------------------------------------------

_servers: dict[str, LiveServer] = {}


@pytest.fixture
def live_server(database: databases.Database) -> Iterator[LiveServer]:
    """Start the real server on the database of this test, once per worker and database: `live_server.url`."""
    server = _servers.get(database.name)
    if server is None or not server.is_running:
        server = _servers[database.name] = LiveServer(database.environment).start()
    yield server
    server.assert_no_error()


@pytest.fixture
def make_server(database: databases.Database, tmp_path: Path) -> Iterator[Callable[..., LiveServer]]:
    """Make a server of this test alone, to kill or to configure: `make_server(MAIL_URL="…").start()`."""
    made: list[LiveServer] = []

    def make(**environment: str) -> LiveServer:
        made.append(LiveServer({**database.environment, **environment}))
        return made[-1]

    yield make
    for server in made:
        server.stop()


@pytest.fixture(scope="session", autouse=True)
def _stop_servers() -> Iterator[None]:
    yield
    for server in _servers.values():
        server.stop()
