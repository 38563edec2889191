"""Notifications: the journal tells people of a subject, one row for each person and subject, with an unread count."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    UniqueConstraint,
    and_,
    delete,
    exists,
    func,
    literal,
    or_,
    select,
    text,
    true,
    union,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from models.deliverables.deliverable import Deliverable, deliverable_structure
from models.demarche.chantier import Chantier
from models.demarche.objective import Objective
from models.ground.base import Base, EnumText, IntId, db, now
from models.journal import CATALOGUE, UNTOLD, Activity
from models.people.membership import ENDED, ChantierMembership, StructureMember
from models.people.roles import ChantierRole
from models.people.user import User
from models.tasks.carriers import task_person, task_structure
from models.tasks.task import Task

#: Kinds of subjects: each is notified, opened and read as one thing.
SUBJECTS = ("task", "deliverable", "objective", "chantier")


class Notification(Base):
    """Notification of one subject to one person: how much is unread, and how far digests by mail have told it."""

    __tablename__ = "notification"
    __table_args__ = (
        UniqueConstraint("user_id", "subject_type", "subject_id"),
        Index(
            "ix_notification_unread",
            "user_id",
            "at",
            sqlite_where=text("unread > 0"),
            postgresql_where=text("unread > 0"),
        ),
        Index("ix_notification_user_id_at", "user_id", "at"),
    )

    id: Mapped[IntId]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    subject_type: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[int]
    chantier_id: Mapped[int | None] = mapped_column(ForeignKey("chantier.id"))
    unread: Mapped[int] = mapped_column(default=0)
    #: The latest line of the journal that it tells, and when that happened.
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    at: Mapped[datetime]
    #: The line up to which the person has read, and that up to which a digest has told.
    read_up_to: Mapped[int] = mapped_column(default=0)
    mailed_up_to: Mapped[int] = mapped_column(default=0)

    activity: Mapped[Activity] = relationship(lazy="raise_on_sql")
    chantier: Mapped[Chantier | None] = relationship(lazy="raise_on_sql")

    @classmethod
    def of(cls, user: User) -> "Select[Notification]":
        """Select the notifications of this person, the latest first, each with its latest line of the journal."""
        latest = joinedload(cls.activity).joinedload(Activity.actor)
        mine = select(cls).where(cls.user_id == user.id, cls.readable_by(user))
        return mine.order_by(cls.at.desc(), cls.id.desc()).options(latest)

    @classmethod
    def readable_by(cls, user: User) -> ColumnElement[bool]:
        """Return the SQL condition of a subject not in the bin, nor a draft that this person may not read, now."""
        ids = {
            kind.__tablename__: select(kind.id).where(kind.live()) for kind in (Task, Deliverable, Objective)
        }
        ids["deliverable"] = ids["deliverable"].where(Deliverable.told_to(user))
        return or_(
            cls.subject_type == "chantier",
            *(and_(cls.subject_type == kind, cls.subject_id.in_(each)) for kind, each in ids.items()),
        )

    @classmethod
    def unread_of(cls, user: User, subject: Any) -> int:
        """Count the lines of a subject that this person has not read."""
        mine = select(cls.unread).where(
            cls.user_id == user.id,
            cls.subject_type == subject.__tablename__,
            cls.subject_id == subject.id,
        )
        return db.session.scalar(mine) or 0

    @classmethod
    def count_unread(cls, user: User) -> int:
        """Count the subjects of which this person has not read everything."""
        return db.session.scalar(select(func.count()).where(cls.user_id == user.id, cls.unread > 0)) or 0

    @classmethod
    def read(cls, user: User, subject_type: str, subject_id: int) -> None:
        """Mark a subject as read: this person has opened it."""
        cls._read(user, cls.subject_type == subject_type, cls.subject_id == subject_id)

    @classmethod
    def read_all(cls, user: User, up_to: int) -> None:
        """Mark everything as read up to a line of the journal, the latest of the list; what came since stays unread."""
        cls._read(user, cls.activity_id <= up_to)

    @classmethod
    def _read(cls, user: User, *which: Any) -> None:
        reading = update(cls).where(cls.user_id == user.id, cls.unread > 0, *which)
        values = {"unread": 0, "read_up_to": cls.activity_id}
        db.session.execute(reading.values(values).execution_options(synchronize_session=False))

    @classmethod
    def put_away(cls, subject_type: str, subject_id: int) -> None:
        """Mark a subject as read by everybody: it is in the bin."""
        told = update(cls).where(
            cls.subject_type == subject_type, cls.subject_id == subject_id, cls.unread > 0
        )
        values = {"unread": 0, "read_up_to": cls.activity_id}
        db.session.execute(told.values(values).execution_options(synchronize_session=False))

    @classmethod
    def delete_all_of(cls, user: User) -> None:
        """Delete the notifications of a person."""
        db.session.execute(delete(cls).where(cls.user_id == user.id))

    @classmethod
    def forget_chantier(cls, user_id: int, chantier_id: int) -> None:
        """Delete the notifications and followings of a person in a chantier that they leave."""
        db.session.execute(delete(cls).where(cls.user_id == user_id, cls.chantier_id == chantier_id))
        db.session.execute(
            delete(Following).where(Following.user_id == user_id, Following.chantier_id == chantier_id)
        )


class Wish(StrEnum):
    """Preference about a subject: to be notified of it in any case, or never."""

    FOLLOW = "follow"
    MUTE = "mute"


class Following(Base):
    """Following: a person follows a chantier, a task or a deliverable, or mutes it."""

    __tablename__ = "following"
    __table_args__ = (
        UniqueConstraint("user_id", "subject_type", "subject_id"),
        Index("ix_following_subject", "subject_type", "subject_id"),
    )

    id: Mapped[IntId]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    subject_type: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[int]
    chantier_id: Mapped[int] = mapped_column(ForeignKey("chantier.id"))
    wish: Mapped[Wish] = mapped_column(EnumText(Wish, 10))
    since: Mapped[datetime] = mapped_column(default=now)

    @classmethod
    def wish_of(cls, user: User, subject: Any) -> str | None:
        """Return the preference of this person about the subject itself: "follow", "mute", or None."""
        return db.session.scalar(
            select(cls.wish).where(
                cls.user_id == user.id,
                cls.subject_type == subject.__tablename__,
                cls.subject_id == subject.id,
            )
        )

    @classmethod
    def end_all_of(cls, user: User) -> None:
        """Delete the subscriptions of a person."""
        db.session.execute(delete(cls).where(cls.user_id == user.id))

    @classmethod
    def say(cls, user: User, subject: Any, wish: Wish | None) -> None:
        """Follow a subject, mute it, or with None be notified again as anybody whom it concerns (upsert)."""
        if wish is None:
            said = (cls.user_id == user.id, cls.subject_type == subject.__tablename__)
            db.session.execute(delete(cls).where(*said, cls.subject_id == subject.id))
            return
        row = {
            "user_id": user.id,
            "subject_type": subject.__tablename__,
            "subject_id": subject.id,
            "chantier_id": subject.chantier_id,
            "wish": str(wish),
            "since": now(),
        }
        same = ["user_id", "subject_type", "subject_id"]
        saying = _insert()(cls).values(row)
        db.session.execute(saying.on_conflict_do_update(index_elements=same, set_={"wish": str(wish)}))


# Notifying ------------------------------------------------------------------------------------------------------------


def notify(activity: Activity, also: Iterable[int] = ()) -> None:
    """Notify people of a line of the journal, in one statement whatever their number (upsert).

    That is the people in charge of the subject, the référents of its chantier and those who follow either, but for
    whoever did it and for those who muted it; `also` are notified in any case: mentioned, asked.
    """
    asked = list(also)
    concerned = or_(User.id.in_(_concerned(activity)) & ~_muted(activity), User.id.in_(asked))
    # In the order of their numbers, so that two who tell the same people never wait for each other.
    recipients = (
        select(
            User.id,
            literal(activity.subject_type),
            literal(activity.subject_id),
            literal(activity.chantier_id, _column("chantier_id")),
            literal(1),
            literal(activity.id),
            literal(activity.at, _column("at")),
            literal(0),
            literal(0),
        )
        .where(concerned, User.closed_at.is_(None), User.id != (activity.actor_id or 0))
        .where(_may_know(activity))
        .order_by(User.id)
    )
    told = "user_id subject_type subject_id chantier_id unread activity_id at read_up_to mailed_up_to"
    telling = _insert()(Notification).from_select(told.split(), recipients)
    db.session.execute(
        telling.on_conflict_do_update(
            index_elements=["user_id", "subject_type", "subject_id"],
            set_={
                "unread": Notification.unread + 1,
                "activity_id": telling.excluded.activity_id,
                "at": telling.excluded.at,
                "chantier_id": telling.excluded.chantier_id,
            },
        )
    )


def _concerned(activity: Activity) -> Any:
    """Select the ids of the people whom a subject concerns."""
    memberships, following = ChantierMembership, Following
    leading = select(memberships.user_id).where(
        memberships.chantier_id == activity.chantier_id, memberships.role == ChantierRole.REFERENT
    )
    follows_it = (following.subject_type == activity.subject_type) & (
        following.subject_id == activity.subject_id
    )
    follows_chantier = (following.subject_type == "chantier") & (following.subject_id == activity.chantier_id)
    followers = select(following.user_id).where(
        or_(follows_it, follows_chantier), following.wish == str(Wish.FOLLOW)
    )
    return union(leading, followers, *_in_charge(activity)).subquery().select()


def _in_charge(activity: Activity) -> list[Select[int]]:
    """Select the people named on a task, and the members of carrying structures who take part in the chantier."""
    belonging, memberships = StructureMember, ChantierMembership
    taking_part = select(memberships.user_id).where(memberships.chantier_id == activity.chantier_id)
    if activity.subject_type == "task":
        given, named = task_structure.c, task_person.c
        carriers = union(
            select(Task.pilote_id).where(Task.id == activity.subject_id),
            select(given.structure_id).where(given.task_id == activity.subject_id),
        )
        of_task = select(named.user_id).where(named.task_id == activity.subject_id)
        people = [of_task.where(named.user_id.in_(taking_part))]
    elif activity.subject_type == "deliverable":
        responsible = deliverable_structure.c
        carriers = union(
            select(responsible.structure_id).where(responsible.deliverable_id == activity.subject_id)
        )
        people = []
    else:
        return []
    members = select(belonging.user_id).where(
        belonging.structure_id.in_(carriers.subquery().select()), belonging.user_id.in_(taking_part)
    )
    return [*people, members]


def _may_know(activity: Activity) -> ColumnElement[bool]:
    """Return the SQL condition of a person who may know: of a deliverable that is not approved, who reads drafts."""
    if activity.subject_type != "deliverable":
        return true()
    approved = exists().where(Deliverable.id == activity.subject_id, Deliverable.finished())
    return or_(User.draft_readers(), approved)


def _muted(activity: Activity) -> Any:
    following = Following
    same = (following.subject_type == activity.subject_type) & (following.subject_id == activity.subject_id)
    chantier = (following.subject_type == "chantier") & (following.subject_id == activity.chantier_id)
    return exists().where(following.user_id == User.id, following.wish == str(Wish.MUTE), same | chantier)


def notify_recorded(session: Any) -> None:
    """Notify people of what the transaction recorded (a step of `models.commit`): never without it, never twice.

    Subject after subject, so that two transactions that tell of the same things never wait for each other.
    """
    session.flush()
    for membership in session.info.pop(ENDED, []):
        # A savepoint that was taken back put it into the session again.
        if membership not in session:
            Notification.forget_chantier(membership.user_id, membership.chantier_id)
    # What a savepoint took back is in the session no more.
    untold = [told for told in session.info.pop(UNTOLD, []) if told[0] in session]
    for activity, also in sorted(untold, key=lambda told: (told[0].subject_type, told[0].subject_id)):
        if activity.action.endswith(".trashed"):
            Notification.put_away(activity.subject_type, activity.subject_id)
        if activity.subject_type in SUBJECTS and (CATALOGUE[activity.action].tells or also):
            notify(activity, also)


def _insert() -> Any:
    return sqlite.insert if db.session.get_bind().dialect.name == "sqlite" else postgresql.insert


def _column(name: str) -> Any:
    return Notification.__table__.c[name].type
