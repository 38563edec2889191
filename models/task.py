"""Tasks: what has to be done, who carries it, where it stands, and every change of that."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    func,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship, selectinload, validates
from sqlalchemy.orm.interfaces import ORMOption

from models.activity import record
from models.base import Base, IntId, Line, LongText, Versioned, db, fold, now, today
from models.concerns.trashable import Trashable, index_of_bin
from models.errors import Refused
from models.objective import count_task

if TYPE_CHECKING:
    from models.chantier import Chantier
    from models.deliverable import Deliverable
    from models.objective import Objective
    from models.structure import Structure
    from models.user import User


class TaskStatus(StrEnum):
    """Where a task stands. Late, silent and without pilote are computed, never statuses."""

    TODO = "todo"
    IN_PROGRESS = "in_progress"
    TO_VALIDATE = "to_validate"
    DONE = "done"
    BLOCKED = "blocked"
    ABANDONED = "abandoned"


#: Statuses of work that is not over: only these can be late, blocked for long, or without pilote.
OPEN = (TaskStatus.TODO, TaskStatus.IN_PROGRESS, TaskStatus.TO_VALIDATE, TaskStatus.BLOCKED)
#: Statuses of work that somebody began: only these can be silent.
STARTED = (TaskStatus.IN_PROGRESS, TaskStatus.TO_VALIDATE, TaskStatus.BLOCKED)

_IS_OPEN = "status IN ('todo', 'in_progress', 'to_validate', 'blocked') AND trashed_at IS NULL"
_IS_STARTED = "status IN ('in_progress', 'to_validate', 'blocked') AND trashed_at IS NULL"


def _partial(name: str, *columns: str, where: str) -> Index:
    return Index(name, *columns, sqlite_where=text(where), postgresql_where=text(where))


task_structure = Table(
    "task_structure",
    Base.metadata,
    Column("task_id", ForeignKey("task.id"), primary_key=True),
    Column("structure_id", ForeignKey("structure.id"), primary_key=True, index=True),
)
task_person = Table(
    "task_person",
    Base.metadata,
    Column("task_id", ForeignKey("task.id"), primary_key=True),
    Column("user_id", ForeignKey("user.id"), primary_key=True, index=True),
)
task_dependency = Table(
    "task_dependency",
    Base.metadata,
    Column("task_id", ForeignKey("task.id"), primary_key=True),
    Column("blocker_id", ForeignKey("task.id"), primary_key=True, index=True),
)

#: Room left between two neighbours on the board, so that a card moves by writing one row.
GAP = 1 << 16


class Task(Versioned, Trashable, Base):
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
    #: By which titles are found, accents and case aside.
    title_key: Mapped[Line]
    description: Mapped[LongText]
    status: Mapped[str] = mapped_column(String(20), default=TaskStatus.TODO)
    #: The instant of the last change of status.
    status_since: Mapped[datetime] = mapped_column(default=now)
    #: What blocks, and what is needed; empty unless blocked.
    blocked_reason: Mapped[LongText]
    blocked_need: Mapped[LongText]
    #: Its place on the board; only the order between two tasks of a chantier means something.
    position: Mapped[int]
    due_on: Mapped[date | None]
    #: The one structure that leads it; a task without one is « Sans pilote ».
    pilote_id: Mapped[int | None] = mapped_column(ForeignKey("structure.id"))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    #: The date of the latest activity on it, kept by `record`: « Sans nouvelles » is told by it.
    last_news_at: Mapped[datetime] = mapped_column(default=now)

    chantier: Mapped["Chantier"] = relationship(lazy="raise_on_sql")
    objective: Mapped["Objective"] = relationship(lazy="raise_on_sql")
    pilote: Mapped["Structure | None"] = relationship(lazy="raise_on_sql")
    contributors: Mapped[list["Structure"]] = relationship(
        secondary=task_structure, lazy="raise_on_sql", order_by="Structure.name_key"
    )
    people: Mapped[list["User"]] = relationship(
        secondary=task_person, lazy="raise_on_sql", order_by="User.name_key"
    )
    created_by: Mapped["User | None"] = relationship(lazy="raise_on_sql", foreign_keys=[created_by_id])
    checklist: Mapped[list["ChecklistItem"]] = relationship(
        back_populates="task", lazy="raise_on_sql", order_by="ChecklistItem.position"
    )
    #: The tasks that it waits for, but for those in the bin.
    blockers: Mapped[list["Task"]] = relationship(
        secondary=task_dependency,
        primaryjoin="Task.id == task_dependency.c.task_id",
        secondaryjoin="and_(Task.id == task_dependency.c.blocker_id, Task.trashed_at.is_(None))",
        lazy="raise_on_sql",
    )
    status_changes: Mapped[list["StatusChange"]] = relationship(
        back_populates="task", lazy="raise_on_sql", order_by="StatusChange.id"
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
        _hold_operational(objective, objective.chantier_id)
        bottom = select(func.max(cls.position)).where(
            cls.chantier_id == objective.chantier_id, cls.status == TaskStatus.TODO
        )
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
            position=(db.session.scalar(bottom) or 0) + GAP,
            pilote=None,
            contributors=[],
            people=[],
            checklist=[],
            blockers=[],
        )
        db.session.add(task)
        db.session.flush()
        count_task(objective.id, TaskStatus.TODO, +1)
        db.session.add(
            StatusChange(task_id=task.id, at=now(), by=by, from_status="", to_status=TaskStatus.TODO)
        )
        record(task, "task.created", by=by)
        task._give_to(pilote, list(contributors), list(people), by=by)
        return task

    # Reading ----------------------------------------------------------------------------------------------------------

    @classmethod
    def visible_to(cls, user: "User") -> "Select[Task]":
        """The tasks that this person may read: every one that is not in the bin."""
        return select(cls).where(cls.live())

    @classmethod
    def whole(cls) -> tuple[ORMOption, ...]:
        """Loading options for one task with everything that its page shows and its verbs touch."""
        return (
            joinedload(cls.chantier),
            joinedload(cls.objective),
            joinedload(cls.pilote),
            joinedload(cls.created_by),
            selectinload(cls.contributors),
            selectinload(cls.people),
            selectinload(cls.checklist),
            selectinload(cls.blockers).joinedload(cls.chantier),
        )

    @classmethod
    def with_carriers(cls) -> tuple[ORMOption, ...]:
        """Loading options for what the permission table asks: the structures and people that carry it."""
        return (selectinload(cls.contributors), selectinload(cls.people))

    @property
    def journal_title(self) -> str:
        return self.title

    @property
    def is_archived(self) -> bool:
        return self.chantier.is_archived

    @property
    def carrier_ids(self) -> frozenset[int]:
        """The structures that carry it, pilote first in meaning if not in order."""
        ids = {structure.id for structure in self.contributors}
        return frozenset(ids | {self.pilote_id} if self.pilote_id else ids)

    @property
    def person_ids(self) -> frozenset[int]:
        return frozenset(person.id for person in self.people)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_late(self) -> bool:
        return self.is_open and self.due_on is not None and self.due_on < today()

    @property
    def is_without_pilote(self) -> bool:
        return self.is_open and self.pilote_id is None

    def is_silent(self, after_days: int) -> bool:
        """Whether it was started and nobody touched it for that many days."""
        return self.status in STARTED and self.last_news_at < now() - timedelta(days=after_days)

    @classmethod
    def in_status(cls, *statuses: TaskStatus) -> ColumnElement[bool]:
        """The condition of standing so, written out in the statement: partial indexes are chosen by what it says."""
        written = [str(status) for status in statuses]
        if len(written) == 1:
            return cls.status == bindparam(None, written[0], unique=True, literal_execute=True)
        return cls.status.in_(bindparam(None, written, unique=True, expanding=True, literal_execute=True))

    @classmethod
    def open_now(cls) -> ColumnElement[bool]:
        return and_(cls.in_status(*OPEN), cls.live())

    @classmethod
    def blocked_now(cls) -> ColumnElement[bool]:
        return and_(cls.in_status(TaskStatus.BLOCKED), cls.live())

    @classmethod
    def late(cls) -> ColumnElement[bool]:
        """The condition of « En retard », today."""
        return and_(cls.open_now(), cls.due_on < today())

    @classmethod
    def silent(cls, after_days: int) -> ColumnElement[bool]:
        """The condition of « Sans nouvelles », now."""
        return and_(
            cls.in_status(*STARTED), cls.live(), cls.last_news_at < now() - timedelta(days=after_days)
        )

    @classmethod
    def without_pilote(cls) -> ColumnElement[bool]:
        """The condition of « Sans pilote »."""
        return and_(cls.open_now(), cls.pilote_id.is_(None))

    @classmethod
    def carried_by(cls, structure_ids: Sequence[int] | frozenset[int]) -> ColumnElement[bool]:
        """The condition of being led by, or given to, one of these structures."""
        given = select(task_structure.c.task_id).where(task_structure.c.structure_id.in_(structure_ids))
        return or_(cls.pilote_id.in_(structure_ids), cls.id.in_(given))

    @classmethod
    def given_to(cls, user_id: int) -> ColumnElement[bool]:
        """The condition of naming this person."""
        return cls.id.in_(select(task_person.c.task_id).where(task_person.c.user_id == user_id))

    # Words, dates and carriers ----------------------------------------------------------------------------------------

    def reword(self, title: str, description: str, *, by: "User") -> None:
        """Change its title and description."""
        fields = [
            f for f, value in (("title", title), ("description", description)) if getattr(self, f) != value
        ]
        self.title, self.description = title, description
        if fields:
            record(self, "task.edited", by=by, fields=fields)

    def move_to(self, objective: "Objective", *, by: "User") -> None:
        """Hang it under another operational objective of the same chantier."""
        if objective.id == self.objective_id:
            return
        _hold_operational(objective, self.chantier_id)
        # In the order of their numbers, so that two tasks that swap objectives never wait for each other.
        for objective_id, change in sorted([(self.objective_id, -1), (objective.id, +1)]):
            count_task(objective_id, self.status, change)
        self.objective_id = objective.id
        self.objective = objective
        record(self, "task.moved", by=by, objective=objective.text[:200])

    def reschedule(self, due_on: date | None, *, by: "User") -> None:
        """Set, move or remove its due date."""
        if due_on == self.due_on:
            return
        before, self.due_on = self.due_on, due_on
        record(
            self,
            "task.rescheduled",
            by=by,
            **{"from": before.isoformat() if before else None, "to": due_on.isoformat() if due_on else None},
        )

    def entrust(
        self,
        pilote: "Structure | None",
        contributors: Iterable["Structure"],
        people: Iterable["User"],
        *,
        by: "User",
    ) -> None:
        """Say who carries it, whole list. A structure that takes no part in the chantier yet is enrolled."""
        self._give_to(pilote, list(contributors), list(people), by=by)

    def take(self, structure: "Structure", *, by: "User") -> None:
        """Make one's own structure the pilote of a task that no structure carries.

        Raises Refused("task_closed"), Refused("already_carried") and Refused("not_own_structure").
        """
        self._refuse_when_closed()
        if self.carrier_ids:
            raise Refused("already_carried")
        if structure.id not in by.standing.structures:
            raise Refused("not_own_structure")
        self.pilote = structure
        self.pilote_id = structure.id
        self.chantier.enrol(structure, by=by)
        record(self, "task.taken", by=by, structure=structure.name)

    def _give_to(
        self,
        pilote: "Structure | None",
        contributors: list["Structure"],
        people: list["User"],
        *,
        by: "User | None",
    ) -> None:
        contributors = [structure for structure in contributors if structure is not pilote]
        before = {s.id: s.name for s in self.contributors} | {-p.id: p.name for p in self.people}
        after = {s.id: s.name for s in contributors} | {-p.id: p.name for p in people}
        old_pilote = self.pilote
        if before == after and old_pilote is pilote:
            return
        self.pilote, self.contributors, self.people = pilote, contributors, people
        self.pilote_id = pilote.id if pilote else None
        for structure in [*([pilote] if pilote else []), *contributors]:
            self.chantier.enrol(structure, by=by)
        for person in people:
            self.chantier.welcome(person, by=by)
        record(
            self,
            "task.entrusted",
            by=by,
            pilote=pilote.name if pilote and pilote is not old_pilote else None,
            added=[after[key] for key in after if key not in before],
            removed=[before[key] for key in before if key not in after]
            + ([old_pilote.name] if old_pilote and old_pilote not in (pilote, *contributors) else []),
        )

    # Status -----------------------------------------------------------------------------------------------------------

    def start(self, *, by: "User") -> None:
        """Begin, or go on with it."""
        self._change_status(
            TaskStatus.IN_PROGRESS, "task.started", by=by, refuse_from=(TaskStatus.IN_PROGRESS,)
        )

    def postpone(self, *, by: "User") -> None:
        """Put it back to « À venir »."""
        self._change_status(TaskStatus.TODO, "task.postponed", by=by, refuse_from=(TaskStatus.TODO,))

    def finish(self, *, by: "User") -> None:
        """« C'est fait »: by a référent or the coordination it is finished; by somebody in charge, to be validated.

        Raises Refused("awaits_referent") when somebody in charge said so already.
        """
        if self.status == TaskStatus.TO_VALIDATE and not by.steers(self.chantier_id):
            raise Refused("awaits_referent")
        if by.steers(self.chantier_id):
            self._change_status(TaskStatus.DONE, "task.finished", by=by, refuse_from=(TaskStatus.DONE,))
        else:
            self._change_status(
                TaskStatus.TO_VALIDATE, "task.submitted", by=by, refuse_from=(TaskStatus.DONE,)
            )

    def submit(self, *, by: "User") -> None:
        """Say that it is done and waits for a référent's word."""
        done = (TaskStatus.DONE, TaskStatus.TO_VALIDATE)
        self._change_status(TaskStatus.TO_VALIDATE, "task.submitted", by=by, refuse_from=done)

    def send_back(self, reason: str, *, by: "User") -> None:
        """Answer a « C'est fait » with what is still missing."""
        if self.status != TaskStatus.TO_VALIDATE:
            raise Refused("not_to_validate")
        self._change_status(TaskStatus.IN_PROGRESS, "task.sent_back", by=by, reason=reason)

    def block(self, reason: str, need: str = "", *, by: "User") -> None:
        """Say what blocks it, in a sentence, and what is needed.

        Raises Refused("task_closed") and Refused("reason_missing").
        """
        self._refuse_when_closed()
        if not reason.strip():
            raise Refused("reason_missing")
        self._change_status(
            TaskStatus.BLOCKED,
            "task.blocked",
            by=by,
            refuse_from=(TaskStatus.BLOCKED,),
            reason=reason,
            need=need,
        )
        self.blocked_reason, self.blocked_need = reason, need

    def unblock(self, *, by: "User", to: TaskStatus | None = None) -> None:
        """Take the obstacle away: the task goes back to where it stood before, or `to` where it is told.

        Raises Refused("not_blocked").
        """
        if self.status != TaskStatus.BLOCKED:
            raise Refused("not_blocked")
        to = to or self._status_before_block()
        self._set_status(to, by=by)
        record(self, "task.unblocked", by=by, to=str(to))

    def _status_before_block(self) -> TaskStatus:
        before = db.session.scalar(
            select(StatusChange.from_status)
            .where(StatusChange.task_id == self.id, StatusChange.to_status == TaskStatus.BLOCKED)
            .order_by(StatusChange.id.desc())
            .limit(1)
        )
        return TaskStatus(before) if before else TaskStatus.IN_PROGRESS

    def abandon(self, reason: str, *, by: "User") -> None:
        """Give it up, and say why. It no longer counts in progress. Raises Refused("reason_missing")."""
        if not reason.strip():
            raise Refused("reason_missing")
        self._change_status(
            TaskStatus.ABANDONED, "task.abandoned", by=by, refuse_from=(TaskStatus.ABANDONED,), reason=reason
        )

    def reopen(self, *, by: "User", to: TaskStatus = TaskStatus.IN_PROGRESS) -> None:
        """Take up again what was finished or abandoned. Raises Refused("not_closed")."""
        if self.is_open:
            raise Refused("not_closed")
        self._change_status(to, "task.reopened", by=by)

    def become(self, status: TaskStatus, *, by: "User", reason: str = "", need: str = "") -> None:
        """Go to `status` by the verb that leads there: for a board's column or a menu, where people pick a status.

        « Terminée » said by somebody in charge leads to « À valider ». Raises what the verb raises.
        """
        if status == self.status:
            return
        if not self.is_open and status in (TaskStatus.BLOCKED, TaskStatus.TO_VALIDATE):
            self.reopen(by=by)
        if status == TaskStatus.BLOCKED:
            self.block(reason, need, by=by)
        elif status == TaskStatus.ABANDONED:
            self.abandon(reason, by=by)
        elif status == TaskStatus.DONE:
            self.finish(by=by)
        elif not self.is_open:
            self.reopen(by=by, to=status)
        elif status == TaskStatus.TO_VALIDATE:
            self.submit(by=by)
        elif self.status == TaskStatus.BLOCKED:
            self.unblock(by=by, to=status)
        elif status == TaskStatus.TODO:
            self.postpone(by=by)
        elif self.status == TaskStatus.TO_VALIDATE and by.steers(self.chantier_id):
            self.send_back(reason, by=by)
        else:
            self.start(by=by)

    def _refuse_when_closed(self) -> None:
        if not self.is_open:
            raise Refused("task_closed")

    def _change_status(
        self,
        to: TaskStatus,
        action: str,
        *,
        by: "User",
        refuse_from: Iterable[str] = (),
        **particulars: str,
    ) -> None:
        if self.status in refuse_from:
            raise Refused("status_already", status=str(self.status))
        before = str(self.status)
        self._set_status(to, by=by, **particulars)
        record(self, action, by=by, **{"from": before}, **particulars)

    def _set_status(self, to: TaskStatus, *, by: "User", reason: str = "", need: str = "") -> None:
        at = now()
        db.session.add(
            StatusChange(
                task_id=self.id, at=at, by=by, from_status=self.status, to_status=to, reason=reason, need=need
            )
        )
        count_task(self.objective_id, self.status, -1)
        count_task(self.objective_id, to, +1)
        self.status, self.status_since = to, at
        self.blocked_reason = self.blocked_need = ""
        # A card that changes column arrives on top, where its people look for what just moved.
        self.position = self._top_of_column()

    # Order on the board -----------------------------------------------------------------------------------------------

    def place_after(self, other: "Task | None", *, by: "User") -> None:
        """Stand right behind `other` in its column, or first of all when `other` is None.

        Order is not news: nobody is told. Two people who order one column at once both get a place; at worst their
        cards share a position, and then stand by their numbers. Raises Refused("other_column") when `other` stands
        elsewhere.
        """
        if other is None:
            self.position = self._top_of_column()
            return
        if (other.chantier_id, other.status) != (self.chantier_id, self.status) or other.is_trashed:
            raise Refused("other_column")
        if other is self:
            return
        following = self._position_behind(other)
        if following is not None and following - other.position < 2:
            self._spread_column()
            following = self._position_behind(other)
        if following is None:
            self.position = other.position + GAP
        else:
            self.position = (other.position + following) // 2

    def shift(self, where: str, *, by: "User") -> None:
        """Go to the top of its column ("first"), or one place "up" or "down"."""
        if where == "first":
            self.place_after(None, by=by)
            return
        above = or_(Task.position < self.position, and_(Task.position == self.position, Task.id < self.id))
        column = select(Task).where(*self._others_in_column())
        if where == "down":
            below = column.where(~above).order_by(Task.position, Task.id)
            following = db.session.scalar(below.limit(1))
            if following is not None:
                self.place_after(following, by=by)
            return
        two_above = db.session.scalars(
            column.where(above).order_by(Task.position.desc(), Task.id.desc()).limit(2)
        ).all()
        self.place_after(two_above[1] if len(two_above) > 1 else None, by=by)

    def _others_in_column(self) -> tuple[ColumnElement[bool], ...]:
        return (
            Task.chantier_id == self.chantier_id,
            Task.status == self.status,
            Task.live(),
            Task.id != self.id,
        )

    def _top_of_column(self) -> int:
        first = db.session.scalar(select(func.min(Task.position)).where(*self._others_in_column()))
        return GAP if first is None else first - GAP

    def _position_behind(self, other: "Task") -> int | None:
        behind = or_(
            Task.position > other.position, and_(Task.position == other.position, Task.id > other.id)
        )
        query = select(Task.position).where(*self._others_in_column(), behind)
        return db.session.scalar(query.order_by(Task.position, Task.id).limit(1))

    def _spread_column(self) -> None:
        """Give the others of the column room between them again, in one statement: their versions do not change."""
        rank = func.row_number().over(order_by=(Task.position, Task.id))
        ranked = select(Task.id, (rank * GAP).label("position")).where(*self._others_in_column()).subquery()
        spreading = update(Task).where(Task.id == ranked.c.id).values(position=ranked.c.position)
        db.session.execute(spreading.execution_options(synchronize_session="fetch"))

    # Checklist and dependencies ---------------------------------------------------------------------------------------

    def add_item(self, text: str, *, by: "User") -> "ChecklistItem":
        """Add a line at the end of the checklist."""
        last = max((item.position for item in self.checklist), default=0)
        item = ChecklistItem(text=text, position=last + 1)
        self.checklist.append(item)
        record(self, "task.item_added", by=by, text=text)
        db.session.flush()
        return item

    def depend_on(self, other: "Task", *, by: "User") -> None:
        """Say that this task waits for `other`.

        Raises Refused("dependency_on_itself") or Refused("dependency_circle").
        """
        if other.id == self.id:
            raise Refused("dependency_on_itself")
        if other in self.blockers:
            return
        _wait_to_depend()
        if self.id in _all_blockers_of(other.id):
            raise Refused("dependency_circle", title=other.title)
        self.blockers.append(other)
        record(self, "task.dependency_added", by=by, blocker=other.title)

    def no_longer_depend_on(self, other: "Task", *, by: "User") -> None:
        """Take a dependency away; one that is gone already stays gone."""
        if other in self.blockers:
            self.blockers.remove(other)
            record(self, "task.dependency_removed", by=by, blocker=other.title)

    # Bin --------------------------------------------------------------------------------------------------------------

    def on_trashed(self) -> None:
        """It leaves its objective's figures."""
        count_task(self.objective_id, self.status, -1)

    def on_restored(self) -> None:
        """It counts again."""
        count_task(self.objective_id, self.status, +1)

    def erase(self) -> None:
        """Blank its words; status changes, dates and carriers stay, and with them the figures of the past."""
        self.title, self.description, self.blocked_reason, self.blocked_need = "", "", "", ""
        db.session.execute(delete(ChecklistItem).where(ChecklistItem.task_id == self.id))
        db.session.execute(
            update(StatusChange).where(StatusChange.task_id == self.id).values(reason="", need="")
        )


class StatusChange(Base):
    """One change of a task's status: who, when, from what to what, and the sentence that came with it."""

    __tablename__ = "status_change"

    id: Mapped[IntId]
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    #: Empty for the birth of the task.
    from_status: Mapped[str] = mapped_column(String(20))
    to_status: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text, default="")
    need: Mapped[str] = mapped_column(Text, default="")

    task: Mapped[Task] = relationship(back_populates="status_changes", lazy="raise_on_sql")
    by: Mapped["User | None"] = relationship(lazy="raise_on_sql")


class ChecklistItem(Base):
    """A line of a task's checklist."""

    __tablename__ = "checklist_item"

    id: Mapped[IntId]
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), index=True)
    text: Mapped[Line]
    position: Mapped[int]
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    task: Mapped[Task] = relationship(back_populates="checklist", lazy="raise_on_sql")
    done_by: Mapped["User | None"] = relationship(lazy="raise_on_sql")

    @property
    def is_done(self) -> bool:
        return self.done_at is not None

    def check(self, *, by: "User") -> None:
        """Tick it off; ticking twice keeps the first."""
        if not self.is_done:
            self.done_at, self.done_by = now(), by
            record(self.task, "task.item_checked", by=by, text=self.text)

    def uncheck(self, *, by: "User") -> None:
        """Take the tick away."""
        if self.is_done:
            self.done_at = self.done_by = None
            record(self.task, "task.item_unchecked", by=by, text=self.text)

    def remove(self, *, by: "User") -> None:
        """Take the line off the checklist."""
        record(self.task, "task.item_removed", by=by, text=self.text)
        db.session.delete(self)


def title_matches(words: str) -> ColumnElement[bool]:
    """The condition of having every one of these words in the title, whatever their accents and their order."""
    return and_(*(Task.title_key.contains(word, autoescape=True) for word in fold(words).split()))


def _hold_operational(objective: "Objective", chantier_id: int) -> None:
    """Refuse an objective that carries no tasks, and keep it out of the bin until this transaction ends.

    Reading it again matters: somebody may have put it in the bin since the page was read.
    """
    columns = Base.metadata.tables["objective"].c
    trashed_at = db.session.scalar(
        select(columns.trashed_at)
        .where(columns.id == objective.id)
        .with_for_update(read=True, key_share=True)
    )
    if trashed_at is not None or objective.chantier_id != chantier_id or not objective.is_operational:
        raise Refused("objective_not_operational")


def _wait_to_depend() -> None:
    """One new dependency at a time: two that are innocent alone may close a circle together."""
    db.session.execute(select(Base.metadata.tables["demarche"].c.id).with_for_update(key_share=True))


def _all_blockers_of(task_id: int) -> set[int]:
    """The ids of every task that this one waits for, directly or through others."""
    waits = (
        select(task_dependency.c.blocker_id).where(task_dependency.c.task_id == task_id).cte(recursive=True)
    )
    further = select(task_dependency.c.blocker_id).where(task_dependency.c.task_id == waits.c.blocker_id)
    return set(db.session.scalars(select(waits.union(further).c.blocker_id)))
