"""Closing of an account, and the sessions, links, mails, requests and subscriptions that end with it."""

import json

from sqlalchemy import String, and_, cast, or_, select
from sqlalchemy.orm import aliased

from models.demarche.chantier import Chantier
from models.discussion.notification import Following, Notification
from models.ground.base import db, now
from models.ground.refused import Refused
from models.joining.join_request import JoinRequest
from models.journal import NAMING_PEOPLE, Activity, record
from models.mail.outgoing import OutgoingMail
from models.people.membership import ChantierMembership
from models.people.roles import ChantierRole, Role
from models.people.sign_in import PasswordLink, SignInLink, UserSession
from models.people.user import User


def close_account(person: User, *, by: User) -> None:
    """End the account: nobody signs in with it again, the history keeps its author without a name or an address.

    They are signed out everywhere; their links, their waiting mails, their subscriptions and their requests to join
    end with it. Raises Refused("last_coordinator") or Refused("last_referent").
    """
    if person.role == Role.COORDINATOR:
        person.refuse_if_last_coordinator()
    _refuse_if_last_referent(person)
    _leave_journal(person)
    person.name = person.title = ""
    person.email = person.password_hash = person.source = None
    person.closed_at, person.next_digest_at = now(), None
    record(person, "person.closed", by=by)
    _end_what_waits(person)


def _refuse_if_last_referent(person: User) -> None:
    mine, others = aliased(ChantierMembership), aliased(ChantierMembership)
    is_mine = (mine.user_id == person.id) & (mine.role == ChantierRole.REFERENT)
    # The lock that every change of a chantier's members waits for, always in the same order.
    led = select(Chantier.id).where(Chantier.id.in_(select(mine.chantier_id).where(is_mine)))
    db.session.execute(led.order_by(Chantier.id).with_for_update(key_share=True))
    other_referent = (
        select(others.id)
        .join(User, User.id == others.user_id)
        .where(
            others.chantier_id == mine.chantier_id,
            others.role == ChantierRole.REFERENT,
            others.user_id != person.id,
            User.closed_at.is_(None),
        )
    )
    # An archived chantier waits for nobody's word; the coordination names somebody when it opens it again.
    alone = (
        select(mine.chantier_id)
        .join(Chantier, Chantier.id == mine.chantier_id)
        .where(is_mine, ~other_referent.exists(), Chantier.archived_at.is_(None))
    )
    if db.session.scalar(alone.limit(1)) is not None:
        raise Refused("last_referent")


def _leave_journal(person: User) -> None:
    """Blank the name in the journal's lines that mention this person beside whoever acted; what happened stays."""
    # As the line keeps it: JSON writes accents as numbers.
    written = json.dumps(person.name)[1:-1]
    about_them = and_(Activity.subject_type == person.__tablename__, Activity.subject_id == person.id)
    naming = cast(Activity.particulars, String).contains(written, autoescape=True)
    lines = select(Activity).where(Activity.action.in_(NAMING_PEOPLE), or_(about_them, naming))
    for line in db.session.scalars(lines):
        line.forget_name(person.name)


def _end_what_waits(person: User) -> None:
    UserSession.end_all_of(person)
    PasswordLink.end_all_of(person)
    SignInLink.end_all_of(person)
    OutgoingMail.drop_all_of(person, "no_account")
    JoinRequest.withdraw_all_of(person)
    Following.end_all_of(person)
    Notification.delete_all_of(person)
