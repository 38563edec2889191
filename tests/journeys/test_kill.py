"""Hard stop (`kill -9`) during writes: what was acknowledged is there after the next start, which is clean."""

import contextlib
import http.client
import sqlite3
import threading
import time
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from sqlalchemy import make_url

from models import User
from tests.support.databases import Database
from tests.support.factories import make_chantier, make_demarche, make_objective, make_referent
from tests.support.live_server import LiveServer
from tests.support.visitor import Visitor

ADDRESS = "/chantiers/le-chantier/taches"
WRITERS = 4


class Writer(threading.Thread):
    """Writer that creates tasks one after the other, and remembers those whose creation was acknowledged."""

    def __init__(self, number: int, server: LiveServer, cookie: str, token: str, objective: int) -> None:
        super().__init__(daemon=True)
        self.number, self.port, self.cookie, self.token, self.objective = (
            number,
            server.port,
            cookie,
            token,
            objective,
        )
        self.acknowledged: list[str] = []
        self.over = threading.Event()

    def run(self) -> None:
        count = 0
        while not self.over.is_set():
            count += 1
            title = f"Tâche {self.number}-{count}-{time.monotonic_ns()}"
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self.create(title) == 303:
                    self.acknowledged.append(title)

    def create(self, title: str) -> int:
        """Send the quick form, as a browser does, and read what it answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            fields = {"title": title, "objective": self.objective, "key": title, "csrf_token": self.token}
            headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", ADDRESS, urlencode(fields), headers)
            return connection.getresponse().status
        finally:
            connection.close()


def writes_survive(
    kills: int,
    make_server: Callable[..., LiveServer],
    in_app: Callable[..., contextlib.AbstractContextManager[object]],
    visitor: Callable[..., Visitor],
    database: Database,
) -> None:
    """Kill a server that is writing, so many times; nothing that it acknowledged may be missing."""
    with in_app():
        make_demarche()
        chantier = make_chantier("Le chantier", number=1)
        referent, objective = make_referent(chantier), make_objective(chantier)
        person, objective_id = referent.id, objective.id
    with in_app() as session:
        someone = visitor(session.get(User, person))  # type: ignore[attr-defined]
    someone.get(ADDRESS)
    token = someone.csrf_token()
    name = someone.app.config["SESSION_COOKIE_NAME"]
    found = someone.client.get_cookie(name)
    assert found is not None
    acknowledged: set[str] = set()
    server = make_server()
    for _ in range(kills):
        server.start()
        writers = [
            Writer(each, server, f"{name}={found.value}", token, objective_id) for each in range(WRITERS)
        ]
        for writer in writers:
            writer.start()
        wait_for_ten(writers)
        server.kill()
        for writer in writers:
            writer.over.set()
            writer.join(timeout=10)
            acknowledged.update(writer.acknowledged)
        present = titles(database)
        assert acknowledged <= present, f"{len(acknowledged - present)} acknowledged writes are lost"
    server.start()
    someone.get(ADDRESS, check=False)
    server.kill()
    assert len(acknowledged) >= 10 * kills


def wait_for_ten(writers: list[Writer]) -> None:
    """Wait until ten creations were acknowledged, within half a minute."""
    limit = time.monotonic() + 30
    while sum(len(each.acknowledged) for each in writers) < 10:
        assert time.monotonic() < limit, "the writers hardly write"
        time.sleep(0.01)


def titles(database: Database) -> set[str]:
    """Return the titles of the tasks, read from the file as it lies there, and prove that the file is whole."""
    path = make_url(database.url).database
    assert path
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        return {title for (title,) in connection.execute("SELECT title FROM task")}


@pytest.mark.databases("sqlite")
def test_no_acknowledged_write_is_lost(make_server, in_app, visitor, database):  # type: ignore[no-untyped-def]
    writes_survive(3, make_server, in_app, visitor, database)


@pytest.mark.long
@pytest.mark.databases("sqlite")
def test_no_acknowledged_write_is_lost_in_a_hundred_kills(make_server, in_app, visitor, database):  # type: ignore[no-untyped-def]
    writes_survive(100, make_server, in_app, visitor, database)


@pytest.mark.databases("sqlite")
def test_a_commit_waits_for_the_disk(app):  # type: ignore[no-untyped-def]
    with app.app_context(), app.extensions["sqlalchemy"].engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
