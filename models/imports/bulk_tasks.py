"""Bulk creation and bulk trashing of tasks, for imports and their undoing: a few statements for all."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Row, insert, select, update

from models.demarche.objective import Objective, count_task, counted_together
from models.demarche.structure import Structure
from models.figures.trace import Shape, leave_trace
from models.ground.base import db, now
from models.journal import Activity
from models.people.user import User
from models.search.index import refresh
from models.tasks.board_order import GAP
from models.tasks.status import StatusChange, TaskStatus
from models.tasks.task import Task


@dataclass
class NewTask:
    """Task to create. It may be born in any status: what happened before is not known here."""

    objective: Objective
    title: str
    description: str = ""
    due_on: date | None = None
    status: TaskStatus = TaskStatus.TODO
    #: What blocks it, or why it was given up.
    reason: str = ""
    pilote: "Structure | None" = None
    contributors: "Sequence[Structure]" = field(default_factory=tuple)
    people: "Sequence[User]" = field(default_factory=tuple)


def create_tasks(wanted: Sequence[NewTask], *, by: "User") -> list[Task]:
    """Add these tasks, each at the bottom of its column; the caller tells people, if anybody is to be told.

    The objectives' chantiers must be loaded. Each task's own page tells its birth by a line that belongs to no
    chantier: whoever brings them in writes one line in the chantier's journal.

    Raises Refused("objective_not_operational").
    """
    for objective in _in_order({each.objective for each in wanted}):
        objective.hold_for_work(objective.chantier_id)
    _bring_in_carriers(wanted, by=by)
    tasks = _place(wanted, by=by)
    db.session.add_all(tasks)
    db.session.flush()
    _open_histories(wanted, tasks, by=by)
    return tasks


def _in_order(objectives: set[Objective]) -> list[Objective]:
    return sorted(objectives, key=lambda objective: objective.id)


def _bring_in_carriers(wanted: Sequence[NewTask], *, by: "User") -> None:
    """Enrol each structure in its chantiers and welcome each person, once, in the order of their numbers."""
    chantiers = {each.objective.chantier_id: each.objective.chantier for each in wanted}
    for number in sorted(chantiers):
        here = [each for each in wanted if each.objective.chantier_id == number]
        structures = {s.id: s for each in here for s in (each.pilote, *each.contributors) if s is not None}
        for structure_id in sorted(structures):
            chantiers[number].enrol(structures[structure_id], by=by)
        people = {person.id for each in here for person in each.people}
        if people:
            chantiers[number].welcome_all(sorted(people), by=by)


def _place(wanted: Sequence[NewTask], *, by: "User") -> list[Task]:
    moment = now()
    bottoms: dict[tuple[int, str], int] = {}
    tasks = []
    for each in wanted:
        chantier_id, column = each.objective.chantier_id, (each.objective.chantier_id, str(each.status))
        bottoms[column] = bottoms[column] + GAP if column in bottoms else Task.bottom_of_column(*column)
        is_blocked = each.status == TaskStatus.BLOCKED
        tasks.append(
            Task(
                chantier_id=chantier_id,
                objective_id=each.objective.id,
                title=each.title,
                description=each.description,
                status=each.status,
                status_since=moment,
                blocked_reason=each.reason if is_blocked else "",
                due_on=each.due_on,
                created_by_id=by.id,
                created_at=moment,
                last_news_at=moment,
                position=bottoms[column],
                pilote_id=each.pilote.id if each.pilote else None,
                contributors=[structure for structure in each.contributors if structure is not each.pilote],
                people=list(each.people),
            )
        )
    return tasks


def _open_histories(wanted: Sequence[NewTask], tasks: Sequence[Task], *, by: "User") -> None:
    """Write the first line of each history, each birth in the journal, and the objectives' figures."""
    moment = now()
    changes = [
        {
            "task_id": task.id,
            "at": moment,
            "by_id": by.id,
            "from_status": "",
            "to_status": str(task.status),
            "reason": each.reason,
            "need": "",
        }
        for each, task in zip(wanted, tasks, strict=True)
    ]
    if tasks:
        db.session.execute(insert(StatusChange), changes)
        _tell_each(tasks, "task.created", by=by)
    with counted_together():
        for task in tasks:
            count_task(task.objective_id, task.status, +1)
            task.trace_birth()


def trash_tasks(ids: Collection[int], *, by: "User") -> "Sequence[Row[*tuple[Any, ...]]]":
    """Put these tasks in the bin, but for those that are there; returns what they were: `id`, `chantier_id`, `title`.

    As with their birth, each task's own page tells it, and the chantier's journal is the caller's.
    """
    columns = (
        *(Task.id, Task.chantier_id, Task.objective_id, Task.status, Task.title),
        *(Task.due_on, Task.pilote_id),
    )
    here = select(*columns).where(Task.id.in_(ids), Task.live()).order_by(Task.id)
    tasks = db.session.execute(here.with_for_update()).all()
    if not tasks:
        return tasks
    values = {"trashed_at": now(), "trashed_by_id": by.id, "version": Task.version + 1}
    db.session.execute(update(Task).where(Task.id.in_([task.id for task in tasks])).values(values))
    _tell_each(tasks, "task.trashed", by=by)
    with counted_together():
        for task in tasks:
            count_task(task.objective_id, task.status, -1)
            shape = Shape(
                task.chantier_id,
                task.objective_id,
                task.status,
                task.due_on,
                task.pilote_id is not None,
            )
            leave_trace("task", task.id, shape, None)
    refresh("task", [task.id for task in tasks])
    return tasks


def _tell_each(tasks: Sequence[Any], action: str, *, by: "User") -> None:
    lines = [
        {
            "at": now(),
            "actor_id": by.id,
            "action": action,
            "subject_type": "task",
            "subject_id": task.id,
            "chantier_id": None,
            "title": task.title,
            "particulars": {},
        }
        for task in tasks
    ]
    db.session.execute(insert(Activity), lines)
