"""Queries of the mails that the coordination sees: the outbox, the inbox, the digests."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from models import IncomingMail, MailState, OutgoingMail, User, db

LINES = 50


@dataclass(frozen=True)
class Outbox:
    """A page of the outbox, with how many mails stand in each state."""

    mails: Sequence[OutgoingMail]
    counts: dict[str, int]
    has_more: bool
    digests_due: int


def outbox(state: str, before: int | None) -> Outbox:
    """Return the mails in a state, the latest first; those that wait by when they leave."""
    query = select(OutgoingMail).options(joinedload(OutgoingMail.user)).limit(LINES + 1)
    if state in list(MailState):
        query = query.where(OutgoingMail.state == state)
    if before:
        query = query.where(OutgoingMail.id < before)
    mails = db.session.scalars(query.order_by(OutgoingMail.id.desc())).all()
    standing = select(OutgoingMail.state, func.count()).group_by(OutgoingMail.state)
    counts = {str(state): number for state, number in db.session.execute(standing)}
    coming = select(func.count()).where(User.next_digest_at.is_not(None), User.closed_at.is_(None))
    return Outbox(mails[:LINES], counts, len(mails) > LINES, db.session.scalar(coming) or 0)


def mail(mail_id: int) -> OutgoingMail | None:
    """Return a mail, to send again."""
    return db.session.get(OutgoingMail, mail_id, options=[joinedload(OutgoingMail.user)])


@dataclass(frozen=True)
class Inbox:
    """A page of what came in, the latest first."""

    mails: Sequence[IncomingMail]
    has_more: bool


def inbox(before: int | None) -> Inbox:
    """Return the answers that came by mail."""
    query = select(IncomingMail).options(joinedload(IncomingMail.user)).limit(LINES + 1)
    if before:
        query = query.where(IncomingMail.id < before)
    mails = db.session.scalars(query.order_by(IncomingMail.id.desc())).all()
    return Inbox(mails[:LINES], len(mails) > LINES)


@dataclass(frozen=True)
class Digests:
    """A page of those who get a digest, the next first."""

    people: Sequence[Any]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // LINES))


def digests(page: int) -> Digests:
    """Whose digest leaves when."""
    coming = select(User).where(User.next_digest_at.is_not(None), User.closed_at.is_(None))
    total = db.session.scalar(coming.with_only_columns(func.count())) or 0
    page = min(page, max(1, -(-total // LINES)))
    columns = coming.with_only_columns(User.id, User.name, User.digest, User.next_digest_at)
    rows = columns.order_by(User.next_digest_at, User.id).limit(LINES).offset((page - 1) * LINES)
    return Digests(db.session.execute(rows).all(), total, page)


def reader(user_id: int) -> User | None:
    """Somebody who gets digests."""
    return db.session.scalar(
        select(User).where(User.id == user_id, User.next_digest_at.is_not(None), User.closed_at.is_(None))
    )
