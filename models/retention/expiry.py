"""Expiry: deletion of old sessions, links, invitations, mails, form keys and sign-in failures."""

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, or_

from models.ground.base import db, now
from models.joining.invitation import Invitation
from models.mail.incoming import IncomingMail
from models.mail.outgoing import OutgoingMail
from models.people.sign_in import PasswordLink, SignInFailure, SignInLink, Submission, UserSession

#: How long what is over stays, for whoever has to understand what happened.
KEPT = timedelta(days=30)
#: Failures say who tried to come in and when: they go as soon as they no longer slow anybody down.
FAILURES_KEPT = timedelta(days=1)


def forget_expired() -> int:
    """Delete expired sessions, links, invitations, mails, form keys and sign-in failures; return how many rows."""
    over, failed = now() - KEPT, now() - FAILURES_KEPT
    statements = (
        delete(UserSession).where(or_(UserSession.expires_at < over, UserSession.ended_at < over)),
        delete(PasswordLink).where(or_(PasswordLink.expires_at < over, PasswordLink.used_at < over)),
        delete(Submission).where(Submission.at < over),
        delete(SignInLink).where(SignInLink.expires_at < over),
        # The addresses of people who never came, among others.
        delete(Invitation).where(Invitation.over_before(over)),
        delete(OutgoingMail).where(OutgoingMail.settled_at < over),
        delete(IncomingMail).where(IncomingMail.received_at < over),
        delete(SignInFailure).where(SignInFailure.at < failed),
    )
    results: list[Any] = [db.session.execute(statement) for statement in statements]
    return sum(result.rowcount for result in results)
