"""Queries of the page of a task and of the forms about it: whole tasks, and what a form offers."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from sqlalchemy import (
    Select,
    bindparam,
    select,
)
from sqlalchemy.orm import contains_eager, joinedload

from chantiers.web.access import acting
from chantiers.web.forms import number_of_ours
from models import (
    OPEN,
    Activity,
    Chantier,
    ChantierMembership,
    ChantierStructure,
    ChecklistItem,
    Deliverable,
    Objective,
    Refused,
    Structure,
    Task,
    User,
    db,
    held,
    task_dependency,
    title_matches,
)

HISTORY = 30


MATCHES = 20


def task(task_id: int) -> Task | None:
    """The task of that number with everything that its page shows; held when it is about to change."""
    query = Task.visible_to(acting()).where(Task.id == task_id).options(*Task.whole())
    return db.session.scalar(held(query, Task))


def task_to_read(task_id: int) -> Task | None:
    """The task of that number, for its page: its neighbours are asked for together."""
    return db.session.scalar(Task.visible_to(acting()).where(Task.id == task_id).options(*Task.alone()))


class Pair(NamedTuple):
    """A task and another one beside it; the permission is about the first."""

    task: Task
    other: Task


class ChecklistLine(NamedTuple):
    """A line of a task's checklist, with the task that the permission is about."""

    task: Task
    item: ChecklistItem


def line(task_id: int, item_id: int) -> ChecklistLine | None:
    """A line of that task's checklist; a line of another task is not found."""
    found = task(task_id)
    items = found.checklist if found else []
    return next((ChecklistLine(item.task, item) for item in items if item.id == item_id), None)


def task_beside(task_id: int, other_id: int) -> Pair | None:
    """A task to change, and another that the person may read.

    Both are held, in the order of their numbers: people who tie the same two tasks go one after the other.
    """
    both = select(Task.id).where(Task.id.in_((task_id, other_id))).order_by(Task.id)
    db.session.execute(held(both, Task))
    first, other = task(task_id), _another(other_id)
    return Pair(first, other) if first and other else None


def card_above(sent: str | None) -> Task | None:
    """The card that another is put behind; None for the top of its column.

    Raises Refused("other_column") for a card that is no longer on the board.
    """
    if not sent:
        return None
    number = number_of_ours(sent)
    above = _another(number) if number else None
    if above is None:
        raise Refused("other_column")
    return above


def _another(task_id: int) -> Task | None:
    return db.session.scalar(Task.visible_to(acting()).where(Task.id == task_id))


def objectives(chantier: Chantier) -> Sequence[Objective]:
    """The operational objectives of the chantier with their tallies, in order."""
    return db.session.scalars(_objectives(), {"chantier_id": chantier.id}).all()


@cache
def _objectives() -> Select[Objective]:
    operational = Objective.operational_of(bindparam("chantier_id"))
    return operational.join(Objective.tally).options(contains_eager(Objective.tally))


def structures(chantier: Chantier) -> tuple[Sequence[Structure], Sequence[Structure]]:
    """Those who take part in the chantier, and all others: giving a task to one of these enrols it."""
    present = select(ChantierStructure.structure_id).where(
        ChantierStructure.chantier_id == chantier.id, ChantierStructure.left_at.is_(None)
    )
    query = Structure.visible_to(acting()).add_columns(Structure.id.in_(present))
    rows = db.session.execute(query).all()
    return [structure for structure, here in rows if here], [
        structure for structure, here in rows if not here
    ]


def members(chantier: Chantier) -> Sequence[User]:
    """The people who take part in the chantier, by name."""
    query = (
        select(User)
        .join(ChantierMembership, ChantierMembership.user_id == User.id)
        .where(ChantierMembership.chantier_id == chantier.id, User.closed_at.is_(None))
        .order_by(User.name_key, User.id)
    )
    return db.session.scalars(query).all()


def history(task: Task) -> Sequence[Activity]:
    """The latest lines of the task's journal."""
    return db.session.scalars(Activity.about(task).limit(HISTORY)).all()


def last_change(task: Task) -> Activity | None:
    """Who did what to it last."""
    return next(iter(history(task)), None)


def deliverables(task: Task) -> Sequence[Deliverable]:
    """The deliverables that rely on the task: their titles and states are for everybody."""
    query = select(Deliverable).join(Deliverable.tasks).where(Task.id == task.id, Deliverable.live())
    return db.session.scalars(query.order_by(Deliverable.id)).all()


@dataclass(frozen=True)
class Neighbours:
    """The tasks that a task waits for, and those that wait for it."""

    blockers: Sequence[Task]
    waiting: Sequence[Task]


def neighbours(task: Task) -> Neighbours:
    """Both, in one statement."""
    link = task_dependency.c
    awaited = (link.task_id == task.id) & (link.blocker_id == Task.id)
    query = (
        select(Task, link.blocker_id == Task.id)
        .join(task_dependency, awaited | ((link.blocker_id == task.id) & (link.task_id == Task.id)))
        .where(Task.live())
        .options(joinedload(Task.chantier))
        .order_by(Task.id)
        .limit(2 * MATCHES)
    )
    rows = db.session.execute(query).all()
    return Neighbours(
        [other for other, is_awaited in rows if is_awaited],
        [other for other, is_awaited in rows if not is_awaited],
    )


def own_structures(user: User) -> Sequence[Structure]:
    """The structures that this person may engage."""
    return db.session.scalars(Structure.of_person(user)).all()


def matching(task: Task, words: str) -> Sequence[Task]:
    """Tasks that this one could wait for: those of its chantier first, narrowed by the words of their title."""
    query = Task.visible_to(acting()).where(Task.id != task.id, Task.status.in_(OPEN))
    query = query.where(title_matches(words)) if words else query.where(Task.chantier_id == task.chantier_id)
    nearest = (Task.chantier_id != task.chantier_id, Task.position, Task.id)
    return db.session.scalars(
        query.order_by(*nearest).limit(MATCHES).options(joinedload(Task.chantier))
    ).all()
