"""Checklist of a task: lines that are ticked off, and by whom."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.ground.base import Base, IntId, Line, db, now
from models.journal import record
from models.people.user import User

if TYPE_CHECKING:
    from models.tasks.task import Task


class ChecklistItem(Base):
    """Line of a task's checklist."""

    __tablename__ = "checklist_item"

    id: Mapped[IntId]
    task_id: Mapped[int] = mapped_column(ForeignKey("task.id"), index=True)
    text: Mapped[Line]
    position: Mapped[int]
    done_at: Mapped[datetime | None]
    done_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    task: Mapped["Task"] = relationship(back_populates="checklist", lazy="raise_on_sql")
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
