"""Sheets of tasks: those of a chantier, of the coordination's list, of the whole démarche."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Select, SelectBase, func, select

from chantiers.language.labels import label
from chantiers.rooms.coordination import queries as coordination_queries
from chantiers.rooms.coordination.queries import Period
from chantiers.rooms.coordination.queries import TaskFilters as EveryTaskFilters
from chantiers.rooms.exports.rows import addresses, days_past
from chantiers.rooms.exports.tables import ExportColumn, ExportSheet
from chantiers.rooms.tasks import list_queries as task_queries
from chantiers.rooms.tasks.filters import BoardFilters
from models import (
    OPEN,
    Chantier,
    Objective,
    Structure,
    Task,
    User,
    db,
    task_person,
    task_structure,
)

#: Between names that the database joins: no name holds it.
BETWEEN = "\n"
TASK_COLUMNS = (
    ExportColumn("Numéro", 9),
    ExportColumn("Chantier", 30),
    ExportColumn("Objectif", 40),
    ExportColumn("Titre", 50),
    ExportColumn("Description", 40),
    ExportColumn("Statut", 14),
    ExportColumn("Statut depuis le", 17),
    ExportColumn("Échéance", 12),
    ExportColumn("Jours de retard", 15),
    ExportColumn("Pilote", 26),
    ExportColumn("Structures", 40),
    ExportColumn("Personnes", 30),
    ExportColumn("Ce qui bloque", 30),
    ExportColumn("Créée le", 17),
    ExportColumn("Adresse", 50),
)


def tasks_of(chantier: Chantier, filters: BoardFilters, silent_after: int) -> ExportSheet:
    """The tasks that the list shows under these filters, on all of its pages, in its order."""
    return _tasks(
        task_queries.in_order(chantier, filters, silent_after),
        (Objective.position, *task_queries.IN_OBJECTIVE),
    )


def tasks_everywhere(user: User, filters: EveryTaskFilters, silent_after: int, period: Period) -> ExportSheet:
    """Return the tasks that the coordination's list shows under these filters, on all of its pages, in its order."""
    shown = coordination_queries.task_numbers(user, filters, silent_after, period)
    return _tasks(shown.order_by(None), coordination_queries.IN_ORDER)


def all_tasks(user: User) -> ExportSheet:
    """Every task of the démarche, chantier by chantier."""
    shown = Task.visible_to(user).with_only_columns(Task.id)
    return _tasks(shown, (Chantier.number, Objective.position, *task_queries.IN_OBJECTIVE))


def _tasks(shown: SelectBase, order: Sequence[Any]) -> ExportSheet:
    return ExportSheet("Tâches", TASK_COLUMNS, _task_lines(_task_query(shown, order)))


def _task_query(shown: SelectBase, order: Sequence[Any]) -> Select[*tuple[Any, ...]]:
    given = (
        select(func.aggregate_strings(Structure.name, BETWEEN))
        .join(task_structure, task_structure.c.structure_id == Structure.id)
        .where(task_structure.c.task_id == Task.id)
        .scalar_subquery()
    )
    named = (
        select(func.aggregate_strings(User.name, BETWEEN))
        .join(task_person, task_person.c.user_id == User.id)
        .where(task_person.c.task_id == Task.id, User.closed_at.is_(None))
        .scalar_subquery()
    )
    pilote = select(Structure.name).where(Structure.id == Task.pilote_id).scalar_subquery()
    return (
        select(
            Task.id,
            Chantier.number,
            Chantier.title,
            Objective.text,
            Task.title,
            Task.description,
            Task.status,
            Task.status_since,
            Task.due_on,
            pilote,
            given,
            named,
            Task.blocked_reason,
            Task.created_at,
        )
        .join(Objective, Objective.id == Task.objective_id)
        .join(Chantier, Chantier.id == Task.chantier_id)
        .where(Task.id.in_(shown))
        .order_by(*order)
        .execution_options(yield_per=1_000)
    )


def _task_lines(query: Any) -> Iterator[Sequence[Any]]:
    address = addresses("tasks.show", "task_id")
    for (
        task_id,
        number,
        chantier,
        objective,
        title,
        text,
        status,
        since,
        due,
        pilote,
        given,
        named,
        why,
        made,
    ) in db.session.execute(query):
        others = sorted((given or "").split(BETWEEN), key=str.casefold)
        yield (
            task_id,
            f"{number}. {chantier}",
            objective,
            title,
            text,
            label(status, "status"),
            since,
            due,
            days_past(due, status in OPEN),
            pilote,
            ", ".join(name for name in (pilote, *others) if name),
            ", ".join(sorted((named or "").split(BETWEEN), key=str.casefold)),
            why if status == "blocked" else None,
            made,
            address(task_id),
        )
