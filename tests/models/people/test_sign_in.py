"""Sessions, single-use links and the brake on guessing."""

import threading
from typing import Any

import pytest
from sqlalchemy import func, select

from models import PasswordLink, Refused, SignInFailure, User, UserSession, close_account, passwords
from models.people.sign_in import (
    FAILURES_PER_ACCOUNT,
    FAILURES_PER_ADDRESS,
    LINK_LIFE,
    SESSION_LIFE,
    THROTTLE_WINDOW,
)
from tests.support.factories import PASSWORD, make_user

GOOD = "encore une phrase à moi"


def test_a_session_is_known_by_its_token_alone_which_is_nowhere_stored(session: Any) -> None:
    person = make_user()
    opened, token = UserSession.open(person, "Firefox" * 100)
    session.commit()
    assert opened.token_hash != token
    assert len(opened.browser) == 200
    found = UserSession.with_token(token)
    assert found is not None
    assert found.user.id == person.id
    assert UserSession.with_token(opened.token_hash) is None
    assert UserSession.with_token("\ud800") is None


def test_an_ended_or_expired_session_opens_nothing(session: Any, clock: Any) -> None:
    person = make_user()
    first, first_token = UserSession.open(person)
    _, second_token = UserSession.open(person)
    first.end()
    session.commit()
    assert UserSession.with_token(first_token) is None
    assert [each.id for each in UserSession.living_of(person)] == [first.id + 1]
    clock.forward(days=SESSION_LIFE.days, minutes=1)
    assert UserSession.with_token(second_token) is None
    assert UserSession.living_of(person) == []


def test_sessions_long_over_are_swept_when_another_opens(session: Any, clock: Any) -> None:
    person, other = make_user(), make_user()
    UserSession.open(person)
    UserSession.open(other)
    session.commit()
    clock.forward(days=2 * SESSION_LIFE.days + 1)
    UserSession.open(person)
    assert session.scalar(select(func.count()).select_from(UserSession)) == 2


def test_ending_all_sessions_may_spare_one(session: Any) -> None:
    person = make_user()
    kept, kept_token = UserSession.open(person)
    _, other_token = UserSession.open(person)
    UserSession.end_all_of(person, but=kept)
    session.commit()
    assert UserSession.with_token(kept_token) is not None
    assert UserSession.with_token(other_token) is None


def test_a_link_serves_once_and_ends_older_sessions(session: Any) -> None:
    person = make_user(password=PASSWORD)
    _, token = UserSession.open(person)
    link_token = PasswordLink.issue(person, by=None)
    session.commit()
    link = PasswordLink.with_token(link_token)
    assert link is not None
    link.use(GOOD)
    session.commit()
    assert passwords.verify(person.password_hash, GOOD)
    assert UserSession.with_token(token) is None
    assert PasswordLink.with_token(link_token) is None
    with pytest.raises(Refused, match="link_used"):
        link.use("une autre phrase à moi")


def test_a_refused_password_leaves_the_link_as_it_was(session: Any) -> None:
    token = PasswordLink.issue(make_user(), by=None)
    link = PasswordLink.with_token(token)
    assert link is not None
    for weak in ("court", "motdepasse1234", "azertyuiopqs", "x" * 300):
        with pytest.raises(Refused):
            link.use(weak)
    session.commit()
    assert PasswordLink.with_token(token) is not None


def test_a_link_ends_with_time_with_a_newer_one_and_with_the_account(session: Any, clock: Any) -> None:
    person, leaving = make_user(), make_user()
    first = PasswordLink.issue(person, by=None)
    second = PasswordLink.issue(person, by=None)
    orphan = PasswordLink.issue(leaving, by=None)
    session.commit()
    assert PasswordLink.with_token(first) is None
    assert PasswordLink.with_token(second) is not None
    close_account(leaving, by=person)
    session.commit()
    assert PasswordLink.with_token(orphan) is None
    with pytest.raises(Refused, match="account_closed"):
        PasswordLink.issue(leaving, by=None)
    clock.forward(days=LINK_LIFE.days, minutes=1)
    assert PasswordLink.with_token(second) is None


def test_twenty_uses_at_once_give_one_success(app: Any, in_app: Any) -> None:
    with in_app():
        token = PasswordLink.issue(make_user(email="claude@example.org"), by=None)
    start, outcomes = threading.Barrier(20), []

    def use(number: int) -> None:
        with app.app_context():
            session = app.extensions["sqlalchemy"].session
            start.wait()
            link = PasswordLink.with_token(token)
            try:
                if link is None:
                    raise Refused("link_used")
                link.use(f"la phrase de passe numéro {number}")
                session.commit()
                outcomes.append(number)
            except Refused as refused:
                session.rollback()
                outcomes.append(refused.code)

    threads = [threading.Thread(target=use, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    winners = [outcome for outcome in outcomes if outcome != "link_used"]
    assert len(outcomes) == 20
    assert len(winners) == 1
    with in_app():
        person = User.with_email("claude@example.org")
        assert person is not None
        assert passwords.verify(person.password_hash, f"la phrase de passe numéro {winners[0]}")


def test_guessing_pauses_for_the_account_wherever_it_comes_from(session: Any, clock: Any) -> None:
    clock.travel_to("2026-03-02 10:00")
    for number in range(FAILURES_PER_ACCOUNT):
        assert SignInFailure.wait("ada@example.org", "192.0.2.1") is None
        SignInFailure.remember(" Ada@Example.org", f"198.51.100.{number}")
        clock.forward(seconds=30)
    wait = SignInFailure.wait("ada@example.org", "192.0.2.1")
    assert wait is not None
    assert THROTTLE_WINDOW.total_seconds() - 310 < wait.total_seconds() < THROTTLE_WINDOW.total_seconds()
    assert SignInFailure.wait("grace@example.org", "192.0.2.1") is None
    assert SignInFailure.wait("ada@example.org", "192.0.2.1", counted=True) is None
    clock.forward(seconds=wait.total_seconds() + 1)
    assert SignInFailure.wait("ada@example.org", "192.0.2.1") is None


@pytest.mark.parametrize(
    ("guesser", "same", "other"),
    [
        ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
        ("2001:db8::1", "2001:db8::ffff:1:2:3", "2001:db8:0:1::1"),
        ("::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.2"),
        ("somewhere", "somewhere", ""),
    ],
)
def test_guessing_pauses_for_the_network_address(session: Any, guesser: str, same: str, other: str) -> None:
    for number in range(FAILURES_PER_ADDRESS):
        SignInFailure.remember(f"person{number}@example.org", guesser)
    assert SignInFailure.wait("new@example.org", same) is not None
    assert SignInFailure.wait("new@example.org", other) is None


def test_a_success_forgets_the_account_and_only_its_own_attempt_of_the_address(session: Any) -> None:
    for number in range(FAILURES_PER_ADDRESS):
        SignInFailure.remember("ada@example.org" if number < 5 else f"{number}@example.org", "192.0.2.1")
    SignInFailure.forget("ada@example.org", "192.0.2.1")
    assert session.scalar(select(func.count()).select_from(SignInFailure)) == FAILURES_PER_ADDRESS * 2 - 6
    SignInFailure.remember("someone@example.org", "192.0.2.1")
    assert SignInFailure.wait("new@example.org", "192.0.2.1") is not None


def test_a_password_kept_with_older_settings_is_kept_anew(
    session: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = make_user(password=PASSWORD)
    before = person.password_hash
    person.rehash(PASSWORD)
    assert person.password_hash == before
    monkeypatch.setattr(passwords, "needs_rehash", lambda stored: True)
    person.rehash(PASSWORD)
    assert person.password_hash != before
    assert passwords.verify(person.password_hash, PASSWORD)
    nobody = make_user()
    nobody.rehash(PASSWORD)
    assert nobody.password_hash is None
