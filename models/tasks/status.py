"""Status of a task, and the verbs that change it; each change keeps who, when, from what and why."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, ForeignKey, Text, and_, bindparam, select
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from models.demarche.objective import count_task
from models.figures.traced import Traced
from models.ground.base import Base, EnumText, IntId, LongText, db, now
from models.ground.refused import Refused
from models.journal import record
from models.people.user import User
from models.tasks.board_order import TaskOrder

if TYPE_CHECKING:
    from models.tasks.task import Task


class TaskStatus(StrEnum):
    """Status of a task. Late, silent and without pilote are computed, never statuses."""

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


class StatusChange(Base):
    """Change of a task's status: who, when, from what to what, and the sentence that came with it."""

    __tablename__ = "status_change"

    id: Mapped[IntId]
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    #: Empty for the birth of the task.
    from_status: Mapped[TaskStatus] = mapped_column(EnumText(TaskStatus, 20))
    to_status: Mapped[TaskStatus] = mapped_column(EnumText(TaskStatus, 20))
    reason: Mapped[str] = mapped_column(Text, default="")
    need: Mapped[str] = mapped_column(Text, default="")

    task: Mapped["Task"] = relationship(back_populates="status_changes", lazy="raise_on_sql")
    by: Mapped["User | None"] = relationship(lazy="raise_on_sql")


class TaskLifecycle(Traced, TaskOrder):
    """Mixin of a task that goes through its statuses, from « À venir » to « Terminée » or « Abandonnée »."""

    if TYPE_CHECKING:
        objective_id: Mapped[int]

    status: Mapped[TaskStatus] = mapped_column(EnumText(TaskStatus, 20), default=TaskStatus.TODO)
    #: The instant of the last change of status.
    status_since: Mapped[datetime] = mapped_column(default=now)
    #: What blocks, and what is needed; empty unless blocked.
    blocked_reason: Mapped[LongText]
    blocked_need: Mapped[LongText]

    @declared_attr
    def status_changes(cls) -> Mapped[list[StatusChange]]:
        return relationship(back_populates="task", lazy="raise_on_sql", order_by=StatusChange.id)

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @classmethod
    def in_status(cls, *statuses: TaskStatus) -> ColumnElement[bool]:
        """Return the SQL condition of these statuses, as literals: by them the databases choose a partial index."""
        written = [str(status) for status in statuses]
        if len(written) == 1:
            return cls.status == bindparam(None, written[0], unique=True, literal_execute=True)
        return cls.status.in_(bindparam(None, written, unique=True, expanding=True, literal_execute=True))

    @classmethod
    def open_now(cls) -> ColumnElement[bool]:
        """Return the SQL condition of not being over."""
        return and_(cls.in_status(*OPEN), cls.live())

    @classmethod
    def blocked_now(cls) -> ColumnElement[bool]:
        """Return the SQL condition of being blocked."""
        return and_(cls.in_status(TaskStatus.BLOCKED), cls.live())

    # Verbs ------------------------------------------------------------------------------------------------------------

    def _open_history(self, *, by: "User | None") -> None:
        """Keep the first line of its history, and count it."""
        db.session.add(StatusChange(task_id=self.id, at=now(), by=by, from_status="", to_status=self.status))
        count_task(self.objective_id, self.status, +1)
        self.trace_birth()

    def start(self, *, by: "User") -> None:
        """Begin, or go on with it."""
        self._change_status(
            TaskStatus.IN_PROGRESS, "task.started", by=by, refuse_from=(TaskStatus.IN_PROGRESS,)
        )

    def confirm(self, *, by: "User") -> None:
        """Say that it still stands so: that is news too. Raises Refused("task_closed")."""
        self._refuse_when_closed()
        record(self, "task.confirmed", by=by, status=str(self.status))

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
        with self.traced():
            self.status, self.status_since = to, at
        self.blocked_reason = self.blocked_need = ""
        # A card that changes column arrives on top, where its people look for what just moved.
        self.position = self._top_of_column()
