"""Answer for a monitor."""

import time
from typing import Any

import pytest

from chantiers.rooms.health import checks
from chantiers.storage.store import StorageDown, StorageFull
from models import Invitation
from tests.support.factories import make_chantier, make_demarche, make_referent


def test_all_is_well_and_nothing_else_is_said(visitor: Any, session: Any) -> None:
    make_demarche(name="Une démarche discrète")
    answer = visitor().get("/sante")
    assert answer.json == {"status": "ok", "database": "ok", "storage": "ok", "mail": "off"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize(("error", "word"), [(StorageDown, "down"), (StorageFull, "full")])
def test_a_store_that_fails_is_told(
    visitor: Any, app: Any, monkeypatch: pytest.MonkeyPatch, error: Any, word: str
) -> None:
    def fail() -> None:
        raise error("a secret path")

    monkeypatch.setattr(app.extensions["storage"], "check", fail, raising=False)
    answer = visitor().get("/sante", status=503)
    assert answer.json == {"status": "down", "database": "ok", "storage": word, "mail": "off"}


@pytest.mark.databases("sqlite")
def test_a_database_that_is_gone_is_told_in_time_whoever_asks(
    visitor: Any, make_app: Any, tmp_path: Any
) -> None:
    broken = make_app(SQLALCHEMY_DATABASE_URI=f"sqlite:///{tmp_path}/nowhere/at/all.sqlite3")
    someone = visitor(app=broken)
    with someone.client.session_transaction(base_url=someone.base_url) as cookie:
        cookie["_user_id"] = "the token of a session that nobody can read now"
    started = time.monotonic()
    answer = someone.get("/sante", status=503)
    assert answer.json["database"] == "down"
    assert time.monotonic() - started < 5
    page = someone.get("/", status=503)
    assert page.heading == "Le service est momentanément indisponible"
    someone.get("/profil", status=503)


@pytest.mark.databases("postgresql")
def test_a_server_that_is_gone_is_told_in_time(visitor: Any, make_app: Any) -> None:
    broken = make_app(SQLALCHEMY_DATABASE_URI="postgresql+psycopg://127.0.0.1:9/nowhere")
    assert visitor(app=broken).get("/sante", status=503).json["database"] == "down"
    assert visitor(app=broken).get("/", status=503).has("momentanément indisponible")


def test_a_check_that_never_ends_holds_one_thread_and_nobody_s_answer(
    visitor: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def hang(_app: Any) -> str:
        calls.append(time.monotonic())
        time.sleep(1)
        return "ok"

    monkeypatch.setattr(checks, "PATIENCE", 0.05)
    monkeypatch.setitem(checks.CHECKS, "database", hang)
    for _ in range(3):
        assert visitor().get("/sante", status=503).json["database"] == "slow"
    assert len(calls) == 1
    time.sleep(1)


def test_mails_that_no_longer_leave_are_told_and_people_are_served(
    visitor: Any, make_app: Any, session: Any, clock: Any, mailbox: Any, post_office: Any
) -> None:
    app = make_app(MAIL_URL=mailbox.url, MAIL_FROM="c@example.org")
    make_demarche()
    chantier = make_chantier()
    assert visitor(app=app).get("/sante").json["mail"] == "ok"
    Invitation.send(chantier, "camille@example.org", "Camille Martin", by=make_referent(chantier))
    session.commit()
    assert visitor(app=app).get("/sante").json["mail"] == "ok"
    clock.forward(minutes=16)
    answer = visitor(app=app).get("/sante").json
    assert (answer["mail"], answer["status"]) == ("stuck", "degraded")
    mailbox.down()
    for _ in range(5):
        post_office()
        clock.forward(minutes=60)
    assert visitor(app=app).get("/sante").json["mail"] == "stuck"
    mailbox.up()
    post_office()
    assert visitor(app=app).get("/sante").json == {
        "status": "ok",
        "database": "ok",
        "storage": "ok",
        "mail": "ok",
    }
