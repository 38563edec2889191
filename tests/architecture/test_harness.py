"""Fixtures: a database as new for each test, visitors with sessions of their own, a movable clock."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import obstore
import pytest
from flask import Flask
from sqlalchemy import create_engine, func, inspect, select, text
from sqlalchemy.orm import Session

from chantiers.web.access import public
from models import DeliverableType, User, db, now
from tests.support import databases
from tests.support.factories import make_user
from tests.support.inspection import Inspector
from tests.support.live_server import LiveServer
from tests.support.visitor import Visitor


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_finds_the_database_as_new(session: Session, turn: int) -> None:
    assert session.scalar(select(func.count(User.id))) == 0
    assert session.scalar(select(func.count(DeliverableType.key)))
    first = make_user()
    assert first.id == 1
    session.execute(text("DELETE FROM deliverable_type"))
    session.commit()


def test_each_test_finds_the_storage_empty(database: databases.Database) -> None:
    assert list(database.storage.iterdir()) == []
    (database.storage / "reste").write_text("du test d’avant")


@pytest.fixture
def essay(make_app: Callable[..., Flask]) -> Flask:
    """Return the application with one more page, which reads two things."""
    app = make_app()

    @app.get("/essai")
    @public
    def essay() -> str:
        people = db.session.scalars(select(User)).all()
        db.session.scalar(select(func.count(DeliverableType.key)))
        return f"{len(people)} {id(db.session())}"

    return app


def test_a_request_never_uses_the_session_of_the_test(essay: Flask, visitor: Callable[..., Visitor]) -> None:
    with essay.app_context():
        make_user()
        person = visitor(app=essay)
        with person.count_statements() as statements:
            count, identity = person.get("/essai", check=False).data.decode().split()
        assert count == "1"
        assert int(identity) != id(db.session())
        assert len(statements) >= 2
        assert sum("FROM deliverable_type" in statement for statement in statements) == 1
        # What a request reads is read again: the test's identity map lends it nothing.
        assert sum("FROM user" in statement.replace('"', "") for statement in statements) >= 1


def test_the_clock_moves(clock: Any) -> None:
    before = now()
    clock.forward(days=46)
    assert timedelta(days=46) <= now() - before < timedelta(days=46, minutes=5)
    clock.travel_to("2024-03-15 10:00")
    assert now().date().isoformat() == "2024-03-15"
    clock.come_back()
    assert now() - before < timedelta(minutes=5)


def test_the_object_server_keeps_objects(s3_storage_url: str) -> None:
    store = obstore.store.from_url(s3_storage_url)
    obstore.put(store, "a/b.txt", b"bonjour")
    assert bytes(obstore.get(store, "a/b.txt").bytes()) == b"bonjour"
    assert len(obstore.list(store).collect()) == 1


def test_a_killed_server_starts_again(make_server: Callable[..., LiveServer]) -> None:
    server = make_server().start()
    server.kill()
    assert not server.is_running
    server.start()
    assert server.is_running


@pytest.mark.parametrize("empty_database", databases.asked(), indirect=True)
def test_an_empty_database_is_empty(empty_database: str) -> None:
    engine = create_engine(empty_database)
    assert inspect(engine).get_table_names() == []
    engine.dispose()


#: A page that is wrong in every way that is looked for, each once.
WRONG = (
    """<!doctype html><html lang="fr"><head><title>Mal faite</title><style>
    html { background: #fff; color: #000; } button, a { display: block; margin: 40px 0; }
    .wide { inline-size: 700px; } .wider { inline-size: 1400px; }
    .mute:focus { outline: none; }
    @media (prefers-color-scheme: dark) { .pale { background: #fff; color: #ddd; } }
    </style></head><body><main><h1>Une page mal faite</h1><p class="pale">Pâle la nuit</p><p class="wide">Large</p>
    <input name="nameless"><details><summary>Plié</summary><p class="wider">Très large</p></details>
    <button class="mute">Muet</button><button onkeydown="event.preventDefault()">Un piège</button>
    <a href="/">Jamais atteint</a>"""
    + "<i></i>" * 700
    + "<!-- "
    + "long " * 40_000
    + "--></main></body></html>"
)


@pytest.mark.databases("sqlite")
def test_the_inspector_sees_what_is_wrong(open_browser: Callable[..., Any]) -> None:
    page = open_browser()
    page.route(
        "**/mal-faite", lambda route: route.fulfill(body=WRONG, content_type="text/html; charset=utf-8")
    )
    wrong = "\n".join(Inspector(page).open("/mal-faite"))
    for words in (
        "label (critical)",
        "weighs 2",
        "elements",
        'Tab never reaches <a href="/">',
        'no focus is seen on <button class="mute">',
        'sticks out at 320 px: <p class="wide">',
        "in the dark, color-contrast (serious)",
    ):
        assert words in wrong, wrong
    # A group of radio buttons, a date with its four stops and a menu that is folded are no complaints.
    page.route(
        "**/bien-faite", lambda route: route.fulfill(body=RIGHT, content_type="text/html; charset=utf-8")
    )
    assert Inspector(page).open("/bien-faite") == []


RIGHT = """<!doctype html><html lang="fr"><head><title>Bien faite</title><style>
    html { color-scheme: light dark; } label, button { display: block; margin: 40px 0; }
    </style></head><body><main><h1>Une page bien faite</h1>
    <form><fieldset><legend>Un choix</legend><label><input type="radio" name="a" value="1"> Un</label>
    <label><input type="radio" name="a" value="2" checked> Deux</label></fieldset>
    <label>Une date <input type="date" autofocus></label>
    <details><summary>Plié</summary><button>Dedans</button></details><button>Envoyer</button></form></main></body></html>"""
