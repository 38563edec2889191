"""What is here already, as the lines of a file are compared with it: a few questions, however many lines."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from models import Structure, StructureAlias, Task, TaskStatus, db, task_person, task_structure


@dataclass(frozen=True)
class Known:
    """A task that exists, as lines are compared with it."""

    id: int
    chantier_id: int
    key: str
    values: dict[str, Any]


def existing_tasks(ids: set[int], keys: set[str], objectives: set[int]) -> dict[int, Known]:
    """The live tasks of these numbers, and those of these titles under these objectives."""
    columns = (
        Task.id,
        Task.chantier_id,
        Task.title_key,
        Task.objective_id,
        Task.title,
        Task.description,
        Task.due_on,
        Task.pilote_id,
        Task.status,
    )
    titled = Task.title_key.in_(keys) & Task.objective_id.in_(objectives)
    rows = db.session.execute(select(*columns).where(Task.live(), Task.id.in_(ids) | titled)).all()
    found = [row.id for row in rows]
    given, named = _lists(task_structure, "structure_id", found), _lists(task_person, "user_id", found)
    return {
        row.id: Known(
            row.id,
            row.chantier_id,
            row.title_key,
            {
                "objective": row.objective_id,
                "title": row.title,
                "description": row.description,
                "due_on": row.due_on.isoformat() if row.due_on else None,
                "pilote": row.pilote_id,
                "contributors": given[row.id],
                "people": named[row.id],
                "status": str(TaskStatus(row.status)),
            },
        )
        for row in rows
    }


def _lists(table: Any, name: str, ids: Sequence[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = defaultdict(list)
    for task_id, number in db.session.execute(
        select(table.c.task_id, table.c[name]).where(table.c.task_id.in_(ids)).order_by(table.c[name])
    ):
        found[task_id].append(number)
    return found


def structure_names() -> dict[str, int]:
    """The number of each structure of the directory, under its name and its other names, folded."""
    named = select(Structure.name_key, Structure.id).where(Structure.merged_into_id.is_(None))
    aliases = (
        select(StructureAlias.name_key, StructureAlias.structure_id)
        .join(Structure, Structure.id == StructureAlias.structure_id)
        .where(Structure.merged_into_id.is_(None))
    )
    found = dict(db.session.execute(aliases).all())
    return found | {key: number for key, number in db.session.execute(named) if key}
