"""What the notifications room reads: what a person was told, and the things they follow or mute."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from chantiers.policy import can
from models import Chantier, Deliverable, Notification, Objective, Task, User, db

LINES = 50


@dataclass(frozen=True)
class Told:
    """A page of what a person was told, the unread first."""

    lines: Sequence[Notification]
    has_more: bool
    #: The latest line of the journal among them: what came after stays unread.
    up_to: int


def told(user: User, before: int | None) -> Told:
    """The latest things that this person was told of, fifty at a time."""
    query = Notification.of(user).options(joinedload(Notification.chantier)).limit(LINES + 1)
    if before:
        query = query.where(Notification.activity_id < before)
    lines = db.session.scalars(query).all()
    shown = lines[:LINES]
    return Told(shown, len(lines) > LINES, max((line.activity_id for line in shown), default=0))


def subject(kind: str, number: int) -> Any:
    """What can be followed, as far as this person may know of it; None for anything else."""
    if kind == "task":
        return db.session.scalar(Task.visible_to(current_user).where(Task.id == number))
    if kind == "deliverable":
        found = db.session.scalar(Deliverable.visible_to(current_user).where(Deliverable.id == number))
        # What happens to a draft is not for mere observers.
        return found if found and (found.is_approved or can(current_user, "deliverable.read_draft")) else None
    if kind == "objective":
        return db.session.scalar(select(Objective).where(Objective.id == number, Objective.live()))
    if kind == "chantier":
        return db.session.scalar(Chantier.visible_to(current_user).where(Chantier.id == number))
    return None
