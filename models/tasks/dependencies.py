"""Dependencies of a task: the tasks that it waits for, of any chantier, never in a circle."""

from typing import TYPE_CHECKING

from sqlalchemy import Column, ForeignKey, Table, select
from sqlalchemy.orm import Mapped, declared_attr, relationship

from models.demarche.demarche import Demarche
from models.ground.base import Base, db
from models.ground.refused import Refused
from models.journal import record
from models.people.user import User

if TYPE_CHECKING:
    from models.tasks.task import Task

task_dependency = Table(
    "task_dependency",
    Base.metadata,
    Column("task_id", ForeignKey("task.id"), primary_key=True),
    Column("blocker_id", ForeignKey("task.id"), primary_key=True, index=True),
)


class TaskDependencies:
    """Mixin of a task that waits for others."""

    if TYPE_CHECKING:
        id: Mapped[int]

    #: The tasks that it waits for, but for those in the bin.
    @declared_attr
    def blockers(cls) -> Mapped[list["Task"]]:
        return relationship(
            "Task",
            secondary=task_dependency,
            primaryjoin="Task.id == task_dependency.c.task_id",
            secondaryjoin="and_(Task.id == task_dependency.c.blocker_id, Task.trashed_at.is_(None))",
            lazy="raise_on_sql",
        )

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


def _wait_to_depend() -> None:
    """Lock the démarche's row, for one new dependency at a time: two at once could close a circle together."""
    db.session.execute(select(Demarche.id).with_for_update(key_share=True))


def _all_blockers_of(task_id: int) -> set[int]:
    """Return the ids of every task that this one waits for, directly or through others."""
    waits = (
        select(task_dependency.c.blocker_id).where(task_dependency.c.task_id == task_id).cte(recursive=True)
    )
    further = select(task_dependency.c.blocker_id).where(task_dependency.c.task_id == waits.c.blocker_id)
    return set(db.session.scalars(select(waits.union(further).c.blocker_id)))
