"""Journal (audit log): who did what to what, when, with what particulars. Rows are added, never changed."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, ColumnElement, ForeignKey, Index, Select, String, and_, or_, select, true, update
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from models.ground.base import Base, IntId, Line, db, now

if TYPE_CHECKING:
    from models.demarche.chantier import Chantier
    from models.people.user import User


@dataclass(frozen=True)
class Action:
    """Kind of activity: the particulars its record must carry, whether it is news of its subject, and is notified."""

    particulars: frozenset[str] = frozenset()
    is_news: bool = True
    #: Whether those whom the subject concerns get a notification of it.
    tells: bool = False


def _action(*particulars: str, is_news: bool = True, tells: bool = False) -> Action:
    return Action(frozenset(particulars), is_news, tells)


#: Every action that the journal knows. A verb that records anything else, or forgets a particular, fails at once.
CATALOGUE: Mapping[str, Action] = {
    "demarche.edited": _action("fields"),
    "demarche.imported": _action("created", "updated"),
    "demarche.exported": _action(),
    "demarche.tasks_imported": _action("file", "created", "updated"),
    "demarche.structures_imported": _action("file", "created", "updated"),
    "demarche.import_undone": _action("file", "undone", "kept"),
    "charter.published": _action("number"),
    "chantier.created": _action(),
    "chantier.edited": _action("fields"),
    "chantier.archived": _action(),
    "chantier.reopened": _action(),
    "chantier.join_asked": _action(),
    "chantier.join_answered": _action("person"),
    "chantier.join_withdrawn": _action(),
    "chantier.progress_told": _action(tells=True),
    "chantier.progress_reworded": _action(is_news=False),
    "chantier.handed_over": _action("person", "receiver", "leads", "tasks", "left"),
    "chantier.tasks_imported": _action("created", "updated"),
    "chantier.import_undone": _action("undone"),
    "objective.created": _action(),
    "objective.edited": _action("fields"),
    "objective.moved": _action(),
    "objective.trashed": _action(),
    "objective.restored": _action(),
    "task.created": _action(tells=True),
    "task.edited": _action("fields"),
    "task.moved": _action("objective"),
    "task.rescheduled": _action("from", "to", tells=True),
    "task.entrusted": _action("pilote", "added", "removed", tells=True),
    "task.taken": _action("structure", tells=True),
    "task.started": _action("from", tells=True),
    "task.postponed": _action("from"),
    "task.confirmed": _action("status"),
    "task.submitted": _action("from", tells=True),
    "task.finished": _action("from", tells=True),
    "task.sent_back": _action("from", "reason", tells=True),
    "task.blocked": _action("from", "reason", "need", tells=True),
    "task.unblocked": _action("to", tells=True),
    "task.abandoned": _action("from", "reason", tells=True),
    "task.reopened": _action("from", tells=True),
    "task.item_added": _action("text"),
    "task.item_checked": _action("text"),
    "task.item_unchecked": _action("text"),
    "task.item_removed": _action("text"),
    "task.dependency_added": _action("blocker"),
    "task.dependency_removed": _action("blocker"),
    "task.commented": _action("excerpt", "comment", tells=True),
    "task.help_offered": _action("excerpt", "comment", tells=True),
    "task.relaunched": _action("count", is_news=False),
    "deliverable.relaunched": _action("count", is_news=False),
    "objective.relaunched": _action("count", is_news=False),
    "chantier.relaunched": _action("count", is_news=False),
    "deliverable.commented": _action("excerpt", "comment", tells=True),
    "objective.commented": _action("excerpt", "comment", tells=True),
    "chantier.commented": _action("excerpt", "comment", tells=True),
    "comment.edited": _action("comment", is_news=False),
    "comment.deleted": _action("comment", is_news=False),
    "task.trashed": _action(is_news=False),
    "task.restored": _action(),
    "deliverable.created": _action(tells=True),
    "deliverable.edited": _action("fields"),
    "deliverable.rescheduled": _action("from", "to", tells=True),
    "deliverable.entrusted": _action("added", "removed", tells=True),
    "deliverable.version_added": _action("number", "note", tells=True),
    "deliverable.submitted": _action("number", tells=True),
    "deliverable.review_asked": _action("number", "count", tells=True),
    "deliverable.reviewed": _action("number", "opinion", "structure", tells=True),
    "deliverable.reminded": _action("number", "count", is_news=False),
    "deliverable.withdrawn": _action("number"),
    "deliverable.approved": _action("number", tells=True),
    "deliverable.published": _action("number", "licence", tells=True),
    "deliverable.unpublished": _action("reason", tells=True),
    "deliverable.sent_back": _action("number", "reason", tells=True),
    "deliverable.trashed": _action(is_news=False),
    "deliverable.restored": _action(),
    "checkpoint.planned": _action("on"),
    "checkpoint.edited": _action("fields"),
    "checkpoint.moved": _action("from", "to"),
    "checkpoint.cancelled": _action(),
    "checkpoint.asked": _action("people", "tasks"),
    "meeting.planned": _action("on"),
    "meeting.edited": _action("fields"),
    "meeting.moved": _action("from", "to"),
    "meeting.cancelled": _action(),
    "meeting.closed": _action(),
    "meeting.reopened": _action(),
    "meeting.item_added": _action("item"),
    "meeting.item_edited": _action("item"),
    "meeting.item_removed": _action("item"),
    "meeting.attendance_noted": _action("count"),
    "decision.taken": _action(),
    "decision.edited": _action(),
    "decision.withdrawn": _action(),
    "decision.restored": _action(),
    "decision.followed": _action("task"),
    "structure.created": _action(),
    "structure.edited": _action("fields"),
    "structure.merged": _action("into"),
    "structure.removed": _action(),
    "structure.enrolled": _action("structure"),
    "structure.left": _action("structure"),
    "person.created": _action(),
    "person.edited": _action("fields"),
    "person.role_changed": _action("from", "to"),
    "person.closed": _action(),
    "person.joined_structure": _action("structure"),
    "person.left_structure": _action("structure"),
    "member.added": _action("person", "role"),
    "member.role_changed": _action("person", "from", "to"),
    "member.removed": _action("person"),
}


#: The actions whose particulars name people beside whoever acted.
NAMING_PEOPLE = frozenset(
    {
        "task.entrusted",
        "chantier.join_answered",
        "chantier.handed_over",
        "member.added",
        "member.role_changed",
        "member.removed",
        "person.created",
        "person.edited",
        "person.role_changed",
        "person.joined_structure",
        "person.left_structure",
    }
)

#: What the journal tells mere observers of deliverables: nothing of a draft, its dates or the opinions on it.
TOLD_TO_OBSERVERS = frozenset(
    {"deliverable.created", "deliverable.approved", "deliverable.published", "deliverable.unpublished"}
)
#: Besides the others about deliverables, what it keeps from them: what is said there, and what référents feel.
KEPT_FROM_OBSERVERS = frozenset(
    {"comment.edited", "comment.deleted", "chantier.progress_told", "chantier.progress_reworded"}
)

_only: ContextVar[frozenset[str] | None] = ContextVar("only", default=None)


@contextmanager
def only(*actions: str) -> Iterator[None]:
    """Keep no line of what is done inside the block but of these actions.

    Loading a file does a hundred things that a reader wants to see as one.
    """
    token = _only.set(frozenset(actions))
    try:
        yield
    finally:
        _only.reset(token)


_quiet: ContextVar[bool] = ContextVar("quiet", default=False)


@contextmanager
def quietly() -> Iterator[None]:
    """Silence notifications and mails of what is done inside the block; the journal keeps it.

    Two thousand tasks that come out of a spreadsheet are no news for two thousand mailboxes.
    """
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)


def is_quiet() -> bool:
    """Tell whether notifications are silenced."""
    return _quiet.get()


class Activity(Base):
    """Line of the journal."""

    __tablename__ = "activity"
    __table_args__ = (
        Index("ix_activity_chantier_id_id", "chantier_id", "id"),
        Index("ix_activity_actor_id_at", "actor_id", "at"),
        Index("ix_activity_subject_type_subject_id_id", "subject_type", "subject_id", "id"),
    )

    id: Mapped[IntId]
    at: Mapped[datetime] = mapped_column(index=True)
    #: Nobody when the machine did it: an import from the command line.
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    action: Mapped[str] = mapped_column(String(40))
    subject_type: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[int]
    chantier_id: Mapped[int | None] = mapped_column(ForeignKey("chantier.id"))
    #: The subject's title as it read then: the journal stays true when things are renamed or purged.
    title: Mapped[Line]
    particulars: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    actor: Mapped["User | None"] = relationship(lazy="raise_on_sql")
    chantier: Mapped["Chantier | None"] = relationship(lazy="raise_on_sql")

    def forget_name(self, name: str) -> None:
        """Blank the name of a person who closed their account."""
        if self.subject_type == "user" and self.title == name:
            self.title = ""
        told = {
            key: ["" if each == name else each for each in value]
            if isinstance(value, list)
            else ("" if value == name else value)
            for key, value in self.particulars.items()
        }
        if told != self.particulars:
            self.particulars = told

    @classmethod
    def readable_by(cls, user: "User", *, approved: bool = False) -> ColumnElement[bool]:
        """Return the SQL condition of a line that this person may read.

        `approved`: where the line is about a deliverable, that is approved now, and what is said of it is told too.
        """
        if not user.is_only_observer:
            return true()
        told = TOLD_TO_OBSERVERS | {"deliverable.commented"} if approved else TOLD_TO_OBSERVERS
        of_deliverables = cls.action.startswith("deliverable.")
        return and_(or_(~of_deliverables, cls.action.in_(told)), cls.action.not_in(KEPT_FROM_OBSERVERS))

    @classmethod
    def about(cls, subject: Any) -> "Select[Activity]":
        """Select what happened to a thing, with who did it, the latest first."""
        its_own = (cls.subject_type == subject.__tablename__, cls.subject_id == subject.id)
        return select(cls).where(*its_own).order_by(cls.id.desc()).options(joinedload(cls.actor))


def from_to(before: object, after: object) -> dict[str, str | None]:
    """Return the particulars of a change from one value to another, as JSON keeps them: a day, a role, or nothing."""
    return {name: str(value) if value else None for name, value in (("from", before), ("to", after))}


#: Where the session keeps the lines that are to be told when it commits.
UNTOLD = "untold activities"


def record(
    subject: Any, action: str, *, by: "User | None", also_tell: Any = (), **particulars: Any
) -> Activity:
    """Add a line to the journal for what `by` just did to `subject`, and date the subject's last news.

    Those whom it concerns are told when the transaction is committed (models.discussion.notification); the
    people whose numbers `also_tell` lists are told in any case.

    `subject` is a model with an id, a `journal_title` and, where it belongs to one, a `chantier_id`.
    Particulars are plain JSON values. Raises KeyError for an action outside the catalogue and ValueError
    when the particulars are not those that the catalogue asks for.
    """
    kind = CATALOGUE[action]
    if set(particulars) != kind.particulars:
        raise ValueError(f"{action} needs {sorted(kind.particulars)}, got {sorted(particulars)}")
    if subject.id is None:
        db.session.flush()
    at = now()
    activity = Activity(
        at=at,
        actor=by,
        action=action,
        subject_type=subject.__tablename__,
        subject_id=subject.id,
        chantier_id=getattr(subject, "chantier_id", None),
        title=subject.journal_title[:300],
        particulars=particulars,
    )
    if kind.is_news and hasattr(subject, "last_news_at"):
        _date_news(subject, at)
    kept = _only.get()
    if kept is None or action in kept:
        db.session.add(activity)
        if not is_quiet():
            db.session.info.setdefault(UNTOLD, []).append((activity, tuple(also_tell)))
    return activity


def _date_news(subject: Any, at: datetime) -> None:
    """Date the latest news of a subject: with the edit that it comes with, else beside its version.

    Two people who comment on the same thing edit nothing, and neither may be refused for the other's sake.
    """
    if db.session.is_modified(subject):
        subject.last_news_at = max(subject.last_news_at, at)
        return
    table = subject.__table__
    dating = update(table).where(table.c.id == subject.id, table.c.last_news_at < at)
    db.session.execute(dating.values(last_news_at=at))
    set_committed_value(subject, "last_news_at", max(subject.last_news_at, at))
