"""Row of the démarche itself, and its charter."""

import threading
from typing import Any

import pytest
from sqlalchemy import func, select

from models import Activity, CharterAcceptance, CharterVersion, Demarche, Refused, User, now
from tests.support.factories import make_coordinator, make_demarche, make_user


def test_what_changes_in_the_demarche_is_told_once(session: Any) -> None:
    demarche, coordinator = make_demarche(), make_coordinator()
    assert demarche.edit(by=coordinator, name=demarche.name, bearer="Le Labo") == ["bearer"]
    assert demarche.edit(by=coordinator, bearer="Le Labo") == []
    session.flush()
    told = session.scalars(select(Activity).where(Activity.action == "demarche.edited")).all()
    assert [line.particulars for line in told] == [{"fields": ["bearer"]}]


def test_without_a_charter_nobody_is_asked_anything(session: Any) -> None:
    demarche = make_demarche()
    assert demarche.charter is None
    assert not demarche.awaits_acceptance_of(make_user())


def test_each_charter_has_a_number_and_is_to_be_accepted(session: Any) -> None:
    demarche, person = make_demarche(), make_user()
    first = demarche.publish_charter("Coopérer.", by=None)
    session.flush()
    assert (first.number, demarche.charter) == (1, first)
    assert demarche.awaits_acceptance_of(person)
    first.accept(by=person)
    assert not demarche.awaits_acceptance_of(person)
    second = demarche.publish_charter("Coopérer mieux.", by=None)
    assert demarche.awaits_acceptance_of(person)
    session.flush()
    second.accept(by=person)
    session.commit()
    kept = session.execute(
        select(CharterVersion.number, CharterAcceptance.at).join_from(CharterAcceptance, CharterVersion)
    )
    assert [number for number, at in kept if at <= now()] == [1, 2]


def test_accepting_twice_keeps_the_first(session: Any, clock: Any) -> None:
    demarche, person = make_demarche(), make_user()
    charter = demarche.publish_charter("Coopérer.", by=None)
    session.flush()
    charter.accept(by=person)
    session.flush()
    date = session.scalar(select(CharterAcceptance.at))
    clock.forward(days=3)
    charter.accept(by=person)
    session.flush()
    assert session.scalars(select(CharterAcceptance.at)).all() == [date]


def test_accepting_at_the_same_moment_in_two_windows_keeps_one(app: Any, in_app: Any) -> None:
    with in_app():
        make_demarche().publish_charter("Coopérer.", by=None)
        make_user(email="ada@example.org")
    start, failures = threading.Barrier(8), []

    def accept() -> None:
        with app.app_context():
            session = app.extensions["sqlalchemy"].session
            person = User.with_email("ada@example.org")
            charter = Demarche.current().charter  # type: ignore[union-attr]
            session.commit()
            start.wait()
            try:
                charter.accept(by=person)
                session.commit()
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=accept) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with in_app() as session:
        assert session.scalar(select(func.count()).select_from(CharterAcceptance)) == 1


def test_an_empty_charter_is_no_charter(session: Any) -> None:
    demarche = make_demarche()
    with pytest.raises(Refused, match="charter_empty"):
        demarche.publish_charter(" \n ", by=None)
    assert demarche.charter_number == 0
