"""What the notifications room reads: what a person was told, and the things they follow or mute."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import joinedload

from models import Notification, User, db

LINES = 50


@dataclass(frozen=True)
class NotificationPage:
    """A page of what a person was told, the unread first."""

    lines: Sequence[Notification]
    has_more: bool
    #: The latest line of the journal among them: what came after stays unread.
    up_to: int


def told(user: User, before: int | None) -> NotificationPage:
    """The latest things that this person was told of, fifty at a time."""
    query = Notification.of(user).options(joinedload(Notification.chantier)).limit(LINES + 1)
    if before:
        query = query.where(Notification.activity_id < before)
    lines = db.session.scalars(query).all()
    shown = lines[:LINES]
    return NotificationPage(shown, len(lines) > LINES, max((line.activity_id for line in shown), default=0))
