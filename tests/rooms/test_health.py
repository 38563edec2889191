"""The answer for a monitor."""

import time
from typing import Any

import pytest

from chantiers.health import checks
from chantiers.storage import StorageDown, StorageFull
from tests.factories import make_demarche


def test_all_is_well_and_nothing_else_is_said(visitor: Any, session: Any) -> None:
    make_demarche(name="Une démarche discrète")
    answer = visitor().get("/sante")
    assert answer.json == {"status": "ok", "database": "ok", "storage": "ok"}
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
    assert answer.json == {"status": "down", "database": "ok", "storage": word}


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
