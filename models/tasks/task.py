"""Tasks: their columns and indexes, their creation, and the verbs of their words and dates."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import (
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    and_,
    delete,
    select,
    text,
    true,
    update,
)
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship, selectinload, validates
from sqlalchemy.orm.interfaces import ORMOption

from models.demarche.chantier import Chantier
from models.demarche.objective import Objective, count_task
from models.demarche.structure import Structure
from models.figures.trace import Shape
from models.ground.base import Base, IntId, Line, LongText, Versioned, db, fold, now, today
from models.journal import from_to, record
from models.people.user import User
from models.tasks.carriers import TaskCarriers
from models.tasks.checklist import ChecklistItem
from models.tasks.dependencies import TaskDependencies
from models.tasks.status import STARTED, StatusChange, TaskStatus
from models.traits.editable import Editable
from models.traits.trashable import index_of_bin

if TYPE_CHECKING:
    from models.deliverables.deliverable import Deliverable


_IS_OPEN = "status IN ('todo', 'in_progress', 'to_validate', 'blocked') AND trashed_at IS NULL"
_IS_STARTED = "status IN ('in_progress', 'to_validate', 'blocked') AND trashed_at IS NULL"


def _partial(name: str, *columns: str, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


class Task(Versioned, Editable, TaskCarriers, TaskDependencies, Base):
    """Something to do under an operational objective."""

    __tablename__ = "task"
    __table_args__ = (
        Index("ix_task_board", "chantier_id", "status", "position", "id"),
        Index("ix_task_list", "chantier_id", "objective_id", "position", "id"),
        # Neither index of pilotes holds the tasks without: SQLite would look for them there, one after the other.
        _partial("ix_task_pilote_id", "pilote_id", where="pilote_id IS NOT NULL"),
        _partial("ix_task_open_due_on", "chantier_id", "due_on", where=_IS_OPEN),
        _partial("ix_task_open_pilote", "pilote_id", "due_on", where=f"{_IS_OPEN} AND pilote_id IS NOT NULL"),
        _partial("ix_task_open_without_pilote", "chantier_id", where=f"{_IS_OPEN} AND pilote_id IS NULL"),
        _partial("ix_task_started_last_news", "chantier_id", "last_news_at", where=_IS_STARTED),
        _partial("ix_task_blocked_since", "status_since", where="status = 'blocked' AND trashed_at IS NULL"),
        index_of_bin("task"),
    )

    id: Mapped[IntId]
    chantier_id: Mapped[int] = mapped_column(ForeignKey("chantier.id"))
    objective_id: Mapped[int] = mapped_column(ForeignKey("objective.id"), index=True)
    title: Mapped[Line]
    #: The folded title (no accent, no case), by which it is found.
    title_key: Mapped[Line]
    description: Mapped[LongText]
    due_on: Mapped[date | None]
    #: The one structure that leads it; a task without one is « Sans pilote ».
    pilote_id: Mapped[int | None] = mapped_column(ForeignKey("structure.id"))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    #: The date of the latest activity on it, kept by `record`: « Sans nouvelles » is computed from it.
    last_news_at: Mapped[datetime] = mapped_column(default=now)

    chantier: Mapped["Chantier"] = relationship(lazy="raise_on_sql")
    objective: Mapped["Objective"] = relationship(lazy="raise_on_sql")
    created_by: Mapped["User | None"] = relationship(lazy="raise_on_sql", foreign_keys=[created_by_id])
    checklist: Mapped[list[ChecklistItem]] = relationship(
        back_populates="task", lazy="raise_on_sql", order_by=ChecklistItem.position
    )
    deliverables: Mapped[list["Deliverable"]] = relationship(
        secondary="deliverable_task", back_populates="tasks", lazy="raise_on_sql"
    )

    @validates("title")
    def _keep_search_key(self, _attribute: str, title: str) -> str:
        self.title_key = fold(title)[:300]
        return title

    # Birth ------------------------------------------------------------------------------------------------------------

    @classmethod
    def create(
        cls,
        objective: "Objective",
        title: str,
        *,
        by: "User | None",
        description: str = "",
        due_on: date | None = None,
        pilote: "Structure | None" = None,
        contributors: Iterable["Structure"] = (),
        people: Iterable["User"] = (),
    ) -> "Task":
        """Add a task under an operational objective, at the bottom of « À venir ».

        Giving it to a structure enrols the structure in the chantier. `objective.chantier` must be loaded.
        Raises Refused("objective_not_operational").
        """
        objective.hold_for_work(objective.chantier_id)
        task = cls(
            chantier_id=objective.chantier_id,
            objective_id=objective.id,
            chantier=objective.chantier,
            objective=objective,
            title=title,
            description=description,
            status=TaskStatus.TODO,
            due_on=due_on,
            created_by=by,
            position=cls.bottom_of_column(objective.chantier_id, TaskStatus.TODO),
            pilote=None,
            contributors=[],
            people=[],
            checklist=[],
            blockers=[],
        )
        db.session.add(task)
        db.session.flush()
        task._open_history(by=by)
        record(task, "task.created", by=by)
        task._give_to(pilote, list(contributors), list(people), by=by)
        return task

    # Reading ----------------------------------------------------------------------------------------------------------

    @classmethod
    def visible_to(cls, user: "User") -> "Select[Task]":
        """Select the tasks that this person may read: every one that is not in the bin."""
        return select(cls).where(cls.live())

    @classmethod
    def whole(cls) -> tuple[ORMOption, ...]:
        """Return the loading options of one task with everything that its page shows and its verbs touch."""
        return (*cls.alone(), selectinload(cls.blockers).joinedload(cls.chantier))

    @classmethod
    def alone(cls) -> tuple[ORMOption, ...]:
        """Return the loading options of one task without the tasks that it waits for."""
        return (
            joinedload(cls.chantier),
            joinedload(cls.objective),
            joinedload(cls.pilote),
            joinedload(cls.created_by),
            selectinload(cls.contributors),
            selectinload(cls.people),
            selectinload(cls.checklist),
        )

    @property
    def journal_title(self) -> str:
        return self.title

    @property
    def is_archived(self) -> bool:
        return self.chantier.is_archived

    @property
    def is_late(self) -> bool:
        return self.is_open and self.due_on is not None and self.due_on < today()

    def is_silent(self, after_days: int) -> bool:
        """Tell whether it was started and nobody touched it for that many days."""
        return self.status in STARTED and self.last_news_at < now() - timedelta(days=after_days)

    @classmethod
    def late(cls) -> ColumnElement[bool]:
        """Return the SQL condition of « En retard », today."""
        return and_(cls.open_now(), cls.due_on < today())

    @classmethod
    def silent(cls, after_days: int) -> ColumnElement[bool]:
        """Return the SQL condition of « Sans nouvelles », now."""
        return and_(
            cls.in_status(*STARTED), cls.live(), cls.last_news_at < now() - timedelta(days=after_days)
        )

    # Words and dates -------------------------------------------------------------------------------------------------

    def reword(self, title: str, description: str, *, by: "User") -> None:
        """Change its title and description."""
        self.edit(by=by, title=title, description=description)

    def move_to(self, objective: "Objective", *, by: "User") -> None:
        """Hang it under another operational objective of its chantier. Raises Refused("objective_not_operational")."""
        if objective.id == self.objective_id:
            return
        objective.hold_for_work(self.chantier_id)
        # In the order of their numbers, so that two tasks that swap objectives never wait for each other.
        for objective_id, change in sorted([(self.objective_id, -1), (objective.id, +1)]):
            count_task(objective_id, self.status, change)
        with self.traced():
            self.objective_id = objective.id
        self.objective = objective
        record(self, "task.moved", by=by, objective=objective.text[:200])

    def reschedule(self, due_on: date | None, *, by: "User") -> None:
        """Set, move or remove its due date."""
        if due_on == self.due_on:
            return
        before = self.due_on
        with self.traced():
            self.due_on = due_on
        record(self, "task.rescheduled", by=by, **from_to(before, due_on))

    def _shape(self) -> Shape:
        return Shape(
            self.chantier_id, self.objective_id, str(self.status), self.due_on, self.pilote_id is not None
        )

    # Checklist --------------------------------------------------------------------------------------------------------

    def add_item(self, text: str, *, by: "User") -> ChecklistItem:
        """Add a line at the end of the checklist."""
        last = max((item.position for item in self.checklist), default=0)
        item = ChecklistItem(text=text, position=last + 1)
        self.checklist.append(item)
        record(self, "task.item_added", by=by, text=text)
        db.session.flush()
        return item

    # Bin --------------------------------------------------------------------------------------------------------------

    def on_trashed(self) -> None:
        """Take it out of its objective's figures and of the figures of the day."""
        count_task(self.objective_id, self.status, -1)
        self.trace_binned()

    def on_restored(self) -> None:
        """Count it again."""
        count_task(self.objective_id, self.status, +1)
        self.trace_restored()

    def erase(self) -> None:
        """Blank its words; status changes, dates and carriers stay, and with them the figures of the past."""
        self.title, self.description, self.blocked_reason, self.blocked_need = "", "", "", ""
        db.session.execute(delete(ChecklistItem).where(ChecklistItem.task_id == self.id))
        db.session.execute(
            update(StatusChange).where(StatusChange.task_id == self.id).values(reason="", need="")
        )


def title_matches(words: str) -> ColumnElement[bool]:
    """Return the SQL condition of a title with every one of these words, whatever their accents and their order."""
    return and_(true(), *(Task.title_key.contains(word, autoescape=True) for word in fold(words).split()))
