"""Signing in and out: password check, throttle on attempts, sign-in links by mail, and the session row."""

from datetime import timedelta

from flask import g, request, session
from flask_login import login_user

from models import SignInFailure, SignInLink, User, UserSession, db, passwords, reading


class TooManyAttempts(Exception):
    """Throttle on guessing; `wait` is how long to pause."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(wait)
        self.wait = wait

    @property
    def minutes(self) -> int:
        """Wait in whole minutes, rounded up: whoever waits them is let in."""
        return int(self.wait.total_seconds() // 60) + 1


def authenticate(email: str, password: str) -> User | None:
    """Check a password, and return the person of that address, or None. Raises TooManyAttempts.

    An unknown address, an account without a password or a closed one cost the same work and get the same answer. The
    password is checked outside any transaction: whoever writes at that moment does not wait behind it.
    """
    address = request.remote_addr or ""
    db.session.commit()
    with reading():
        _refuse_guessing(SignInFailure.wait(email, address))
        db.session.commit()
    SignInFailure.remember(email, address)
    db.session.commit()
    with reading():
        _refuse_guessing(SignInFailure.wait(email, address, counted=True))
        user = User.with_email(email)
        db.session.commit()
    right = passwords.verify(user.password_hash if user else None, password)
    if user is None or not right or not user.may_sign_in:
        return None
    SignInFailure.forget(email, address)
    user.rehash(password)
    return user


def send_sign_in_link(email: str, purpose: str) -> None:
    """Mail a single-use link to the person of that address, if there is one. Raises TooManyAttempts.

    Each request counts in the throttle like an attempt to guess: nobody's mailbox is flooded from here.
    """
    address = request.remote_addr or ""
    _refuse_guessing(SignInFailure.wait(email, address))
    SignInFailure.remember(email, address)
    user = User.with_email(email)
    may = user is not None and user.may_sign_in and not user.is_example
    SignInLink.send(user if may else None, purpose)
    db.session.commit()


def _refuse_guessing(wait: timedelta | None) -> None:
    if wait is not None:
        db.session.commit()
        raise TooManyAttempts(wait)


def open_session(user: User) -> None:
    """Sign in: open a session for this person in this browser, in place of the one it held (rotation)."""
    close_session()
    _, user.session_token = UserSession.open(user, request.headers.get("User-Agent", ""))
    user.be_seen()
    session.permanent = True
    login_user(user)


def close_session() -> None:
    """Sign out: end this browser's session row and clear its cookie, so that neither is replayed."""
    if "user_session" in g:
        g.pop("user_session").end()
    session.clear()
