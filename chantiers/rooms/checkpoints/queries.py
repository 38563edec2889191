"""Queries of the points d'étape."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_login import current_user
from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from chantiers.mail import checkpoint_links
from chantiers.policy import can
from models import (
    TO_ASK,
    Activity,
    Chantier,
    Checkpoint,
    CheckpointLine,
    Task,
    User,
    db,
    figures_of,
    held,
    wants_checkpoints,
    whom_to_ask,
)

#: Points d'étape of the list, people of a page, and tasks that one person is shown at a time.
LINES, PEOPLE, TASKS = 30, 50, 100


# What a person answers ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CheckpointRequest:
    """Content of a signed address: who answers, and which point d'étape."""

    point: checkpoint_links.CheckpointLink
    person: User
    checkpoint: Checkpoint


def asked(token: str) -> CheckpointRequest | None:
    """Read a signed address, where its person still has their account and their address."""
    point = checkpoint_links.read(token)
    if point is None:
        return None
    person, checkpoint = db.session.get(User, point.user_id), db.session.get(Checkpoint, point.checkpoint_id)
    if person is None or checkpoint is None or person.closed_at is not None or not point.is_of(person):
        return None
    return CheckpointRequest(point, person, checkpoint)


def line_of(found: CheckpointRequest) -> CheckpointLine | None:
    """Return the line that the address is about, where this person may still change the task: rights are read again."""
    point, person = found.point, found.person
    line = CheckpointLine.to_answer(point.checkpoint_id, point.user_id, point.task_id)
    if line is None or not may_answer(person, line.task):
        return None
    return line


def may_answer(person: User, task: Task) -> bool:
    """Whether they take part in the task's chantier, which is open, and may change the task."""
    return person.takes_part_in(task.chantier_id) and can(person, "task.edit", task)


@dataclass(frozen=True)
class Mine:
    """Everything that a point d'étape asks of one person: what is awaited still, and what was told."""

    awaited: Sequence[Task]
    #: How many are awaited in all; the most pressing are here.
    total: int
    told: Sequence[CheckpointLine]


def mine(found: CheckpointRequest) -> Mine:
    """Return the person's tasks, late and soonest first."""
    checkpoint_id, person = found.checkpoint.id, found.person
    query = CheckpointLine.awaited_of(person, checkpoint_id).add_columns(func.count().over())
    awaited = db.session.execute(query.limit(TASKS)).all()
    told = CheckpointLine.answered_by(checkpoint_id, person).limit(TASKS)
    return Mine(
        [line.task for line, _ in awaited], awaited[0][1] if awaited else 0, db.session.scalars(told).all()
    )


def last_change(task: Task) -> Activity | None:
    """Return the latest line of a task's journal: who was quicker."""
    return db.session.scalar(Activity.about(task).limit(1))


# What the coordination plans ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CheckpointRow:
    """A point d'étape of the list, with its figures once people were asked."""

    checkpoint: Checkpoint
    people: int = 0
    answered: int = 0
    tasks: int = 0
    told: int = 0


def listing() -> Sequence[CheckpointRow]:
    """Return the latest points d'étape, the farthest date first, in two statements."""
    query = select(Checkpoint).order_by(Checkpoint.held_on.desc(), Checkpoint.id.desc()).limit(LINES)
    found = db.session.scalars(query).all()
    figures = figures_of([each.id for each in found if each.asked_at])
    return [CheckpointRow(each, *figures.get(each.id, ())) for each in found]


def checkpoint(checkpoint_id: int) -> Checkpoint | None:
    """Return a point d'étape, locked while it is changed."""
    query = held(select(Checkpoint).where(Checkpoint.id == checkpoint_id), Checkpoint)
    return db.session.scalar(query.execution_options(populate_existing=True))


@dataclass
class CheckpointChantier:
    """A chantier of a point d'étape: how many are asked, and what came of it."""

    chantier: Chantier
    tasks: int = 0
    people: int = 0
    #: Before it leaves, the tasks that nobody can be asked about; after, those that somebody told of.
    nobody: int = 0
    told: int = 0


@dataclass
class CheckpointPerson:
    """Somebody who is asked: how many tasks, and whether by mail."""

    id: int
    name: str
    tasks: int
    by_mail: bool


@dataclass
class Dry:
    """Dry run of a point d'étape: whom it would ask now."""

    parts: Sequence[CheckpointChantier]
    people: Sequence[CheckpointPerson]
    total: int
    tasks: int
    by_mail: int
    page: int
    pages: int
    #: Whose mail is looked at, and the tasks it would hold.
    chosen: User | None = None
    chosen_tasks: Sequence[Task] = field(default_factory=list)


def scope() -> list[int] | None:
    """Return the chantiers of which this person may read who is silent: None for all of them."""
    if current_user.is_coordinator:
        return None
    return [each for each in current_user.standing.chantiers if current_user.leads(each)]


def dry_run(page: int, person_id: int | None) -> Dry:
    """Whom we would ask now and about which tasks, in six statements: nothing leaves."""
    led, pairs = scope(), whom_to_ask()
    here = [] if led is None else [pairs.c.chantier_id.in_(led)]
    parts = _parts(led)
    by_chantier = select(
        pairs.c.chantier_id, func.count(pairs.c.task_id.distinct()), func.count(pairs.c.user_id.distinct())
    )
    for chantier_id, tasks, people in db.session.execute(
        by_chantier.where(*here).group_by(pairs.c.chantier_id)
    ):
        if chantier_id in parts:
            part = parts[chantier_id]
            part.nobody, part.tasks, part.people = part.tasks - tasks, tasks, people
    for part in parts.values():
        if not part.people:
            part.nobody, part.tasks = part.tasks, 0
    count = func.count(pairs.c.task_id.distinct()).label("tasks")
    everybody = (
        select(User.id, User.name, User.name_key, count, wants_checkpoints().label("by_mail"))
        .join(pairs, pairs.c.user_id == User.id)
        .where(*here)
        .group_by(User.id, User.name, User.name_key, User.mail_at_once, User.mail_checkpoints)
    )
    rows = everybody.subquery()
    total, by_mail = db.session.execute(
        select(func.count(), func.count().filter(rows.c.by_mail)).select_from(rows)
    ).one()
    pages = max(1, -(-total // PEOPLE))
    page = min(max(page, 1), pages)
    some = everybody.order_by(User.name_key, User.id).limit(PEOPLE).offset((page - 1) * PEOPLE)
    people = [
        CheckpointPerson(row.id, row.name, row.tasks, bool(row.by_mail)) for row in db.session.execute(some)
    ]
    found = Dry(
        parts=list(parts.values()),
        people=people,
        total=total,
        tasks=sum(part.tasks for part in parts.values()),
        by_mail=by_mail,
        page=page,
        pages=pages,
    )
    if person_id:
        found.chosen = db.session.get(User, person_id)
        tasks_of = select(pairs.c.task_id).where(pairs.c.user_id == person_id, *here)
        found.chosen_tasks = db.session.scalars(_soonest_first(tasks_of)).all()
    return found


def _soonest_first(numbers: Select[int]) -> Select[Task]:
    """Select these tasks by due date, with their chantier and their pilote."""
    tasks = select(Task).where(Task.id.in_(numbers))
    tasks = tasks.order_by(Task.due_on.is_(None), Task.due_on, Task.id)
    return tasks.options(joinedload(Task.chantier), joinedload(Task.pilote))


def _parts(led: list[int] | None) -> dict[int, CheckpointChantier]:
    """Return the open chantiers that this person sees here, with how many tasks are to do in each."""
    to_do = (
        select(func.count())
        .where(Task.chantier_id == Chantier.id, Task.in_status(*TO_ASK), Task.live())
        .scalar_subquery()
    )
    query = select(Chantier, to_do).where(Chantier.archived_at.is_(None)).order_by(Chantier.number)
    if led is not None:
        query = query.where(Chantier.id.in_(led))
    return {chantier.id: CheckpointChantier(chantier, tasks) for chantier, tasks in db.session.execute(query)}


@dataclass(frozen=True)
class CheckpointOutcome:
    """Outcome of a point d'étape: its figures, and who has not answered."""

    people: int
    answered: int
    tasks: int
    told: int
    parts: Sequence[CheckpointChantier]
    #: (name, how many tasks are still awaited of them) of those who have not answered.
    silent: Sequence[Any]
    silent_total: int


def outcome(found: Checkpoint) -> CheckpointOutcome:
    """Its figures, by chantier, and who has not answered, in four statements."""
    led, line = scope(), CheckpointLine
    people, answered, tasks, told = figures_of([found.id]).get(found.id, (0, 0, 0, 0))
    is_told = line.answered_at.is_not(None) | (Task.status_since > Checkpoint.asked_at)
    by_chantier = line.joined(
        Chantier,
        func.count(line.task_id.distinct()),
        func.count(line.user_id.distinct()),
        func.count(line.task_id.distinct()).filter(is_told),
    ).where(line.checkpoint_id == found.id)
    here = [] if led is None else [Chantier.id.in_(led)]
    parts = db.session.execute(by_chantier.where(*here).group_by(Chantier.id).order_by(Chantier.number))
    spoke = select(line.user_id).where(line.checkpoint_id == found.id, line.answered_at.is_not(None))
    silent = (
        line.joined(User.name, User.name_key, func.count(line.task_id).label("tasks"))
        .join(User, User.id == line.user_id)
        .where(line.checkpoint_id == found.id, line.pending(), User.closed_at.is_(None), *here)
        .where(line.user_id.not_in(spoke))
        .group_by(User.id, User.name, User.name_key)
    )
    total = db.session.scalar(select(func.count()).select_from(silent.subquery())) or 0
    return CheckpointOutcome(
        people=people,
        answered=answered,
        tasks=tasks,
        told=told,
        parts=[CheckpointChantier(row[0], row[1], row[2], told=row[3]) for row in parts],
        silent=db.session.execute(silent.order_by(User.name_key, User.id).limit(PEOPLE)).all(),
        silent_total=total,
    )
