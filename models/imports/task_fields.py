"""Fields of a task as a line of a file says them: read, compared, and set each by its verb."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from models.demarche.objective import Objective
from models.demarche.structure import Structure
from models.ground.base import db
from models.people.user import User
from models.tasks.status import TaskStatus
from models.tasks.task import Task

#: The reason of a task that is born blocked or abandoned, where the file gives none.
WITHOUT_REASON = "Repris d’un fichier, sans autre précision."


def values_of(task: Task) -> dict[str, Any]:
    """Return the fields of a task, as a line of a file says them: plain values that JSON keeps."""
    return {
        "objective": task.objective_id,
        "title": task.title,
        "description": task.description,
        "due_on": task.due_on.isoformat() if task.due_on else None,
        "pilote": task.pilote_id,
        "contributors": sorted(structure.id for structure in task.contributors),
        "people": sorted(person.id for person in task.people),
        "status": str(task.status),
    }


def differences(before: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a line that differ from the task it speaks of; where it says nothing, nothing differs."""
    said = {name: facts[name] for name in before if facts.get(name) is not None}
    if said.keys() & {"pilote", "contributors"}:
        lead = said.get("pilote", before["pilote"])
        said["contributors"] = [
            each for each in said.get("contributors", before["contributors"]) if each != lead
        ]
    return {name: value for name, value in said.items() if not _same(value, before[name])}


def _same(one: Any, other: Any) -> bool:
    return set(one) == set(other) if isinstance(one, list) and isinstance(other, list) else one == other


def parse_day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None


def held_tasks(ids: Sequence[int]) -> dict[int, Task]:
    """Lock these tasks in the order of their numbers, with all that verbs touch; returns them by id."""
    query = (
        select(Task)
        .where(Task.id.in_(ids))
        .order_by(Task.id)
        .options(
            joinedload(Task.chantier),
            joinedload(Task.objective),
            joinedload(Task.pilote),
            selectinload(Task.contributors),
            selectinload(Task.people),
        )
        .with_for_update(of=Task)
    )
    return {task.id: task for task in db.session.scalars(query)} if ids else {}


def set_fields(task: Task, values: dict[str, Any], *, by: User, reason: str) -> None:
    """Set these fields of a task, each by its verb."""
    if "title" in values or "description" in values:
        words = {"title": task.title, "description": task.description, **values}
        task.reword(words["title"], words["description"], by=by)
    if "objective" in values:
        task.move_to(db.session.get_one(Objective, values["objective"]), by=by)
    if "due_on" in values:
        task.reschedule(parse_day(values["due_on"]), by=by)
    if values.keys() & {"pilote", "contributors", "people"}:
        _entrust(task, values, by=by)
    if "status" in values:
        task.become(TaskStatus(values["status"]), by=by, reason=reason)


def _entrust(task: Task, values: dict[str, Any], *, by: User) -> None:
    pilote = values.get("pilote", task.pilote_id)
    contributors = values.get("contributors", [structure.id for structure in task.contributors])
    people = values.get("people", [person.id for person in task.people])
    task.entrust(
        db.session.get_one(Structure, pilote) if pilote else None,
        [db.session.get_one(Structure, number) for number in contributors],
        [db.session.get_one(User, number) for number in people],
        by=by,
    )
