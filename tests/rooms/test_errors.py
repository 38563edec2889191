"""Errors: what people read when something cannot be done, and what never breaks us."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Blueprint, Flask, request
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from chantiers.storage.store import StorageDown, StorageFull
from chantiers.web.access import public, signed_in
from models import Activity, Refused, Task, db
from tests.support.factories import make_chantier, make_demarche, make_objective, make_referent, make_user

faults = Blueprint("faults", __name__)

ERRORS: dict[str, Any] = {
    "refused": Refused("link_used"),
    "unheard-of": Refused("a_code_without_a_sentence"),
    "stale": StaleDataError(),
    "down": StorageDown("a secret path"),
    "full": StorageFull("a secret path"),
    "disk": OSError(28, "No space left on device"),
    "sqlite-full": OperationalError("", {}, Exception("database or disk is full")),
    "database": OperationalError("SELECT secret", {}, Exception("connection refused")),
    "bug": RuntimeError("a secret value"),
}


@faults.route("/panne/<name>", methods=["GET", "POST"])
@public
def fail(name: str) -> str:
    if name == "double":
        db.session.execute(text("INSERT INTO user_session (token_hash, user_id) VALUES (NULL, NULL)"))
    if name == "write":
        db.session.execute(text("DELETE FROM demarche"))
    if name == "nul":
        db.session.execute(text("SELECT :value"), {"value": "a\x00b"})
    raise ERRORS.get(name) or HTTPException(response=None)


@faults.post("/reserve")
@signed_in
def reserved() -> str:
    return "saved"


@faults.get("/etrange")
@public
def echo() -> str:
    return request.args.get("q", "")


@pytest.fixture
def faulty(make_app: Any, session: Any) -> Flask:
    """Return the application with views that fail."""
    make_demarche(name="Une démarche")
    app: Flask = make_app()
    app.register_blueprint(faults)
    # As in production: what a test sees is what people see.
    app.testing = False
    app.config["PROPAGATE_EXCEPTIONS"] = False
    return app


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("refused", 409, "Ce lien a déjà servi"),
        ("unheard-of", 409, "Rien n’a été modifié"),
        ("stale", 409, "Rien n’a été écrasé"),
        ("down", 503, "momentanément indisponible"),
        ("full", 507, "Il n’y a plus de place"),
        ("disk", 507, "Il n’y a plus de place"),
        ("sqlite-full", 507, "Il n’y a plus de place"),
        ("database", 503, "momentanément indisponible"),
        ("bug", 500, "cassé de notre côté"),
        ("double", 409, "Quelqu’un d’autre vient d’écrire ici"),
    ],
)
def test_each_failure_has_its_words_and_gives_back_what_was_typed(
    visitor: Any, faulty: Flask, name: str, status: int, words: str
) -> None:
    someone = visitor(app=faulty)
    fields = {
        "title": "Un titre à garder",
        "text": "Un long\ntexte </textarea><script>",
        "password": "motdepasse-x",
    }
    page = someone.post(f"/panne/{name}", fields, status=status)
    assert page.has(words)
    assert page.value_of("Titre") == "Un titre à garder"
    assert page.value_of("Texte") == "Un long\ntexte </textarea><script>"
    assert "motdepasse-x" not in page.html
    assert "secret" not in page.html
    fragment = someone.htmx(
        "POST", f"/panne/{name}", status, data={**fields, "csrf_token": someone.csrf_token()}
    )
    assert fragment.is_fragment
    assert fragment.has("Un titre à garder")
    message = someone.post(f"/panne/{name}", fields, status=status, headers={"Accept": "application/json"})
    assert message.json["status"] == status
    assert "secret" not in str(message.json)


def test_a_page_that_only_reads_and_writes_is_our_mistake(visitor: Any, faulty: Flask) -> None:
    visitor(app=faulty).get("/panne/write", status=500)
    assert visitor(app=faulty).get("/").heading == "Une démarche"


@pytest.mark.databases("postgresql")
def test_a_value_that_the_database_cannot_hold_is_not_understood(visitor: Any, faulty: Flask) -> None:
    visitor(app=faulty).get("/panne/nul", status=400)


def test_a_session_lost_while_writing_loses_no_word(visitor: Any, faulty: Flask, session: Any) -> None:
    person = make_user()
    someone = visitor(person, app=faulty)
    token = someone.csrf_token()
    someone.post("/deconnexion", {"csrf_token": token}, status=303)
    for csrf in (True, False):
        page = someone.post(
            "/reserve",
            {"title": "Deux heures de travail"},
            status=401,
            csrf=csrf,
            headers={"Referer": "http://localhost/taches/5/modifier"},
        )
        assert page.heading == "Il faut vous connecter"
        assert page.value_of("Titre") == "Deux heures de travail"
        assert page.has("brouillon")
        link = next(address for _, address in page.links if "next" in address)
        assert link == "/connexion?next=/taches/5/modifier"
    page = someone.post("/reserve", {}, status=401, headers={"Referer": "https://evil.example/x"})
    assert "evil" not in page.html


def test_a_stranger_who_reads_is_shown_the_way_in(visitor: Any, faulty: Flask) -> None:
    page = visitor(app=faulty).get("/mon-travail?a=1&b=2", status=401)
    assert page.heading == "Se connecter"
    assert ("next", "/mon-travail?a=1&b=2") in page.form(button="Se connecter").fields()
    fragment = visitor(app=faulty).htmx("GET", "/mon-travail", 401)
    assert fragment.is_fragment
    assert ("Se connecter", "/connexion?next=/mon-travail") in fragment.links


def test_unknown_pages_and_wrong_methods(visitor: Any, faulty: Flask) -> None:
    someone = visitor(app=faulty)
    assert someone.get("/nulle-part", status=404).heading == "Cette page n’existe pas"
    page = someone.get("/deconnexion", status=405)
    assert "POST" in page.headers["Allow"]
    assert page.heading == "Cette adresse ne s’ouvre pas ainsi"
    for method, address, status in (
        ("HEAD", "/", 200),
        ("HEAD", "/nulle-part", 404),
        ("OPTIONS", "/connexion", 200),
        ("OPTIONS", "/profil", 401),
        ("PUT", "/connexion", 405),
        ("DELETE", "/", 405),
        ("TRACE", "/", 405),
        ("PROPFIND", "/", 405),
    ):
        answer = someone.client.open(address, method=method)
        assert answer.status_code == status, (method, address)
        if method == "HEAD":
            assert answer.data == b""


def test_what_is_too_heavy_is_said_in_words(visitor: Any, make_app: Any, session: Any) -> None:
    make_demarche()
    someone = visitor(app=make_app(MAX_CONTENT_LENGTH=50_000, MAX_FORM_MEMORY_SIZE=5_000, MAX_FORM_PARTS=20))
    token = someone.csrf_token()
    heavy = {"csrf_token": token, "title": "x" * 60_000}
    assert someone.post("/connexion", heavy, status=413).heading == "Cet envoi est trop lourd"
    for content_type in ("multipart/form-data", "application/x-www-form-urlencoded"):
        fields = {"csrf_token": token, "title": "x" * 20_000}
        someone.post("/connexion", fields, status=413, content_type=content_type)
    parts = {"csrf_token": token, **{f"part{number}": "x" for number in range(30)}}
    someone.post("/connexion", parts, status=413, content_type="multipart/form-data")


ODD_REQUESTS = [
    ("GET", "/%00", {}),
    ("GET", "/chantiers/%00", {}),
    ("GET", "/%ED%A0%80", {}),
    ("GET", "/%FF%FE", {}),
    ("GET", "/?q=%00", {}),
    ("GET", "/connexion?next=%00", {}),
    ("GET", "/connexion?next=%ED%A0%80", {}),
    ("GET", "/connexion?next=%FF", {}),
    ("GET", "/connexion?" + "a=1&" * 3000, {}),
    ("GET", "/", {"headers": {"Cookie": "chantiers=\xff\xfe; locale=\x80; theme=<b>"}}),
    ("GET", "/", {"headers": {"Cookie": "chantiers=" + "a" * 6000}}),
    ("GET", "/", {"headers": {"Cookie": ';;==;=,"; locale="\\000"'}}),
    ("GET", "/", {"headers": {"Accept-Language": "\xff;q=x, *;q=-1, " + "a-" * 500}}),
    ("GET", "/", {"headers": {"Accept": "\xff/\xff;q=z"}}),
    ("GET", "/profil", {"headers": {"User-Agent": "\xff\xfe", "Referer": "http://[::1"}}),
    ("GET", "/", {"headers": {"Host": "evil.example:99999"}}),
    ("GET", "/", {"headers": {"If-None-Match": "\xff", "If-Modified-Since": "hier", "Range": "bytes=-"}}),
    ("POST", "/reserve", {"headers": {"Referer": "//[\xff"}, "data": {"a": "b"}}),
    (
        "POST",
        "/connexion",
        {"data": b"email=%00&password=%00", "content_type": "application/x-www-form-urlencoded"},
    ),
    (
        "POST",
        "/connexion",
        {"data": b"\xff\xfe=%ff&a=%ED%A0%80", "content_type": "application/x-www-form-urlencoded"},
    ),
    ("POST", "/connexion", {"data": b"--x\r\n\r\n", "content_type": "multipart/form-data; boundary=x"}),
    ("POST", "/connexion", {"data": b"nothing", "content_type": "multipart/form-data"}),
    ("POST", "/connexion", {"data": b"\xff", "content_type": "multipart/form-data; boundary=\xff"}),
    ("POST", "/connexion", {"data": b"{", "content_type": "application/json"}),
    (
        "POST",
        "/connexion",
        {"data": b"a", "content_type": "application/x-www-form-urlencoded; charset=utf-7"},
    ),
]


@pytest.mark.parametrize("with_token", [False, True])
@pytest.mark.parametrize(("method", "address", "options"), ODD_REQUESTS)
def test_odd_requests_are_answered_in_words(
    visitor: Any, faulty: Flask, method: str, address: str, options: dict[str, Any], with_token: bool
) -> None:
    someone = visitor(app=faulty)
    if with_token and method == "POST":
        options = {**options, "headers": {**options.get("headers", {}), "X-CSRFToken": someone.csrf_token()}}
    page = someone.visit(method, address, None, **options)
    assert page.status < 500, page.summary
    assert page.is_html


@pytest.mark.databases("sqlite")
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fields=st.dictionaries(st.sampled_from(["email", "password", "next", "x"]), st.text(max_size=60)))
def test_whatever_is_typed_to_come_in_is_answered(visitor: Any, fields: dict[str, str]) -> None:
    someone = visitor()
    page = someone.post("/connexion", fields, status=None)
    assert page.status in (422, 429)


def test_pages_of_errors_speak_the_visitor_s_language(visitor: Any, faulty: Flask) -> None:
    someone = visitor(app=faulty)
    for address, status in (("/nulle-part", 404), ("/panne/bug", 500)):
        page = someone.get(address, status=status, headers={"Accept-Language": "en"})
        assert '<html lang="en"' in page.html


@contextmanager
def no_room_left() -> Iterator[None]:
    """Keep the database from growing by a page: SQLite then says what it says of a full disk."""

    def stop_growing(connection: Any, *_rest: Any) -> None:
        connection.execute("PRAGMA max_page_count=1")

    def let_grow(connection: Any, *_rest: Any) -> None:
        connection.execute("PRAGMA max_page_count=1073741823")

    db.session.rollback()
    db.session.remove()
    engine = db.engine
    event.listen(engine, "checkout", stop_growing)
    try:
        yield
    finally:
        db.session.remove()
        event.remove(engine, "checkout", stop_growing)
        event.listen(engine, "checkout", let_grow)
        db.session.execute(text("SELECT 1"))
        db.session.remove()
        event.remove(engine, "checkout", let_grow)


@pytest.mark.databases("sqlite")
def test_a_full_disk_keeps_the_words_writes_nothing_and_can_still_be_read(visitor: Any, session: Any) -> None:
    make_demarche()
    chantier = make_chantier("Habiter autrement")
    objective = make_objective(chantier)
    someone = visitor(make_referent(chantier))
    root, goal = f"/chantiers/{chantier.slug}/taches", objective.text
    session.commit()
    page = someone.get(f"{root}/nouvelle")
    page.fill("Titre", "Trouver un lieu").fill("Description", "Un long texte. " * 4000)
    page.choose("Objectif", goal)
    counts = [select(func.count()).select_from(table) for table in (Task, Activity)]
    before = [db.session.scalar(count) for count in counts]
    with no_room_left():
        refused = page.submit("Créer la tâche", status=507)
        assert refused.has("Il n’y a plus de place")
        assert refused.value_of("Titre") == "Trouver un lieu"
        assert "Un long texte. Un long texte." in refused.html
        assert someone.get(root).heading
        assert [db.session.scalar(count) for count in counts] == before
    assert page.submit("Créer la tâche").has("Trouver un lieu")
