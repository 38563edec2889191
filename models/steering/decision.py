"""Decisions of a comité de pilotage, and the task by which each is followed."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Select, select
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship
from sqlalchemy.orm.interfaces import ORMOption

from models.demarche.chantier import Chantier
from models.demarche.objective import Objective
from models.demarche.structure import Structure
from models.ground.base import Base, IntId, LongText, Versioned, db, now
from models.ground.refused import Refused
from models.journal import record
from models.people.user import User
from models.steering.meeting import AgendaItem, Meeting
from models.tasks.status import TaskStatus
from models.tasks.task import Task


class FollowUp(StrEnum):
    """Follow-up of a decision, computed from its task and never typed."""

    NONE = "none"
    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class Decision(Versioned, Base):
    """Decision of a meeting. It stays on record: one that is withdrawn says so."""

    __tablename__ = "decision"

    id: Mapped[IntId]
    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    #: The point of the agenda on which it was taken, where there was one.
    item_id: Mapped[int | None] = mapped_column(ForeignKey("agenda_item.id"), index=True)
    #: The chantier that it is about; None for the démarche.
    chantier_id: Mapped[int | None] = mapped_column(ForeignKey("chantier.id"), index=True)
    text: Mapped[LongText]
    task_id: Mapped[int | None] = mapped_column(ForeignKey("task.id"), index=True)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    withdrawn_at: Mapped[datetime | None]

    meeting: Mapped[Meeting] = relationship(back_populates="decisions", lazy="raise_on_sql")
    item: Mapped[AgendaItem | None] = relationship(lazy="raise_on_sql")
    chantier: Mapped["Chantier | None"] = relationship(lazy="raise_on_sql")
    task: Mapped[Task | None] = relationship(lazy="raise_on_sql")

    @classmethod
    def take(
        cls,
        meeting: Meeting,
        text: str,
        *,
        by: "User",
        chantier_id: int | None = None,
        item: AgendaItem | None = None,
    ) -> "Decision":
        """Record what was decided, while the minutes are open. Raises Refused("meeting_not_planned")."""
        if not meeting.is_planned:
            raise Refused("meeting_not_planned")
        decision = cls(
            meeting=meeting,
            text=text,
            chantier_id=chantier_id if chantier_id or item is None else item.chantier_id,
            item_id=item.id if item else None,
            created_by_id=by.id,
        )
        db.session.add(decision)
        db.session.flush()
        record(decision, "decision.taken", by=by)
        return decision

    def reword(self, text: str, chantier_id: int | None, *, by: "User") -> None:
        """Correct its words or its chantier. Raises Refused("decision_withdrawn")."""
        self._refuse_withdrawn()
        if (text, chantier_id) != (self.text, self.chantier_id):
            self.text, self.chantier_id = text, chantier_id
            record(self, "decision.edited", by=by)

    def withdraw(self, *, by: "User") -> None:
        """Take it back: it stays in the minutes, struck out. Raises Refused("decision_withdrawn")."""
        self._refuse_withdrawn()
        self.withdrawn_at = now()
        record(self, "decision.withdrawn", by=by)

    def restore(self, *, by: "User") -> None:
        """Let it hold again. Raises Refused("decision_holds")."""
        if self.withdrawn_at is None:
            raise Refused("decision_holds")
        self.withdrawn_at = None
        record(self, "decision.restored", by=by)

    def follow(
        self,
        objective: "Objective",
        title: str,
        *,
        by: "User",
        due_on: date | None = None,
        pilote: "Structure | None" = None,
    ) -> Task:
        """Make the task by which it is followed.

        Raises Refused("decision_withdrawn") and Refused("decision_followed").
        """
        self._refuse_withdrawn()
        if self.task_id is not None:
            raise Refused("decision_followed")
        task = Task.create(objective, title, by=by, description=self.text, due_on=due_on, pilote=pilote)
        db.session.flush()
        self.task = task
        record(self, "decision.followed", by=by, task=task.title)
        return task

    def _refuse_withdrawn(self) -> None:
        if self.withdrawn_at is not None:
            raise Refused("decision_withdrawn")

    # Reading ----------------------------------------------------------------------------------------------------------

    @property
    def journal_title(self) -> str:
        return self.text

    @property
    def follow_up(self) -> FollowUp:
        """Follow-up by its task; one in the bin or abandoned follows it no more."""
        if self.task is None:
            return FollowUp.NONE
        if self.task.trashed_at is not None or self.task.status == TaskStatus.ABANDONED:
            return FollowUp.DROPPED
        return FollowUp.DONE if self.task.status == TaskStatus.DONE else FollowUp.OPEN

    @classmethod
    def with_task(cls) -> tuple[ORMOption, ...]:
        """Return the loading options of a list: its chantier, and the task that follows it with its pilote."""
        return (joinedload(cls.chantier), joinedload(cls.task).joinedload(Task.pilote))

    @classmethod
    def about(cls, chantier_id: int) -> "Select[Decision]":
        """Select the decisions about a chantier that still hold, the latest first."""
        holding = (
            select(cls).join(cls.meeting).where(cls.chantier_id == chantier_id, cls.withdrawn_at.is_(None))
        )
        return holding.order_by(Meeting.held_on.desc(), cls.id.desc())
