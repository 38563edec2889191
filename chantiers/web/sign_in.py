"""Coming in and going out, for every door: who may, how often they may try, and what their browser keeps."""

from datetime import timedelta

from flask import g, request, session
from flask_login import login_user

from models import SignInFailure, SignInLink, User, UserSession, db, passwords, reading


class TooManyAttempts(Exception):
    """Guessing must pause: for how long."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(wait)
        self.wait = wait

    @property
    def minutes(self) -> int:
        """The wait in whole minutes, rounded up: whoever waits them is let in."""
        return int(self.wait.total_seconds() // 60) + 1


def authenticate(email: str, password: str) -> User | None:
    """The person of that address and password, or None. Raises TooManyAttempts.

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
    """Mail a link to the person of that address, if there is one. Raises TooManyAttempts.

    It counts like an attempt to guess, whoever asks: nobody's mailbox is flooded from here.
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
    """Open a session for this person in this browser, in place of whatever session it held."""
    close_session()
    _, user.session_token = UserSession.open(user, request.headers.get("User-Agent", ""))
    user.be_seen()
    session.permanent = True
    login_user(user)


def close_session() -> None:
    """End this browser's session, and forget what its cookie held: neither serves anybody again."""
    if "user_session" in g:
        g.pop("user_session").end()
    session.clear()
