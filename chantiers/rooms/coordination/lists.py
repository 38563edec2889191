"""The lists behind the figures of the coordination: tasks and deliverables of all open chantiers, thirty at a time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import reduce
from operator import add
from typing import Any, NamedTuple

from flask_login import current_user
from sqlalchemy import Select, func, select

from chantiers.rooms.coordination.filters import DeliverableFilters, Period, Scope, TaskFilters, enrolled_in
from models import (
    OPEN,
    STARTED,
    Chantier,
    Deliverable,
    DeliverableType,
    Meeting,
    ObjectiveTally,
    Structure,
    Task,
    TaskStatus,
    User,
    db,
    is_overdue,
    now,
    today,
)

PAGE = 30
#: The statuses that progress is computed on.
COUNTED = [status for status in TaskStatus if status != TaskStatus.ABANDONED]


class ListedChantier(NamedTuple):
    """Chantier as a list shows it: enough for a link and its colour."""

    id: int
    number: int
    title: str
    slug: str
    hue: int


@dataclass(frozen=True)
class TaskRow:
    """A task as these lists show it."""

    id: int
    title: str
    status: str
    due_on: date | None
    blocked_reason: str
    pilote: str | None
    is_silent: bool
    chantier: ListedChantier

    @property
    def is_late(self) -> bool:
        return self.status in OPEN and self.due_on is not None and self.due_on < today()

    @property
    def is_without_pilote(self) -> bool:
        return self.status in OPEN and self.pilote is None


@dataclass(frozen=True)
class ListedType:
    """A type of deliverable: its key, and its name as the instance wrote it."""

    key: str
    name: str


@dataclass(frozen=True)
class DeliverableRow:
    """A deliverable as these lists show it; without its date for mere observers, until it is approved."""

    id: int
    title: str
    type: ListedType
    state: str
    expected_on: date | None
    chantier: ListedChantier

    @property
    def is_late(self) -> bool:
        return is_overdue(self.state, self.expected_on)


@dataclass(frozen=True)
class CoordinationList:
    """A page of a list."""

    rows: Sequence[Any]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


# Tasks ----------------------------------------------------------------------------------------------------------------


def tasks(user: User, filters: TaskFilters, silent_after: int, period: Period) -> CoordinationList:
    """Return a page of the tasks of all chantiers, the most pressing first."""
    total = _total_of(user, filters, silent_after, period)
    page = min(filters.page, max(1, -(-total // PAGE)))
    silent_since = now() - timedelta(days=silent_after)
    shown = task_numbers(user, filters, silent_after, period).limit(PAGE).offset((page - 1) * PAGE)
    query = (
        select(
            Task.id,
            Task.title,
            Task.status,
            Task.due_on,
            Task.blocked_reason,
            Structure.name,
            Task.status.in_(STARTED) & (Task.last_news_at < silent_since),
            *_mark(),
        )
        .join(Chantier, Chantier.id == Task.chantier_id)
        .outerjoin(Structure, Structure.id == Task.pilote_id)
        .where(Task.id.in_(shown))
        .order_by(*IN_ORDER)
    )
    rows = [
        TaskRow(
            number,
            title,
            status,
            due_on,
            reason,
            pilote,
            bool(silent) and user.steers(mark[0]),
            ListedChantier(*mark),
        )
        for number, title, status, due_on, reason, pilote, silent, *mark in db.session.execute(query)
    ]
    return CoordinationList(rows, total, page)


#: What is due first comes first; what has no date, last.
IN_ORDER = (Task.due_on.is_(None), Task.due_on, Task.id)


def task_numbers(user: User, filters: TaskFilters, silent_after: int, period: Period) -> Select[int]:
    """Return the numbers of all tasks under these filters, in the order of the list."""
    conditions = filters.conditions(user, silent_after, period)
    return (
        select(Task.id).join(Chantier, Chantier.id == Task.chantier_id).where(*conditions).order_by(*IN_ORDER)
    )


def _total_of(user: User, filters: TaskFilters, silent_after: int, period: Period) -> int:
    """Count the tasks: from the tallies where nothing but chantier, objective and status narrows."""
    if filters.structure or filters.etat or filters.mouvement or filters.du or filters.au:
        found = task_numbers(user, filters, silent_after, period).order_by(None).subquery()
        return db.session.scalar(select(func.count()).select_from(found)) or 0
    groups = {"": list(TaskStatus), "ouvertes": OPEN, "comptees": COUNTED}
    columns = [getattr(ObjectiveTally, str(each)) for each in groups.get(filters.statut, [filters.statut])]
    counted = reduce(add, columns)
    query = select(func.sum(counted)).join(Chantier, Chantier.id == ObjectiveTally.chantier_id)
    query = query.where(Chantier.archived_at.is_(None))
    if filters.chantier:
        query = query.where(Chantier.slug == filters.chantier)
    if filters.objectif:
        query = query.where(ObjectiveTally.objective_id == filters.objectif)
    return int(db.session.scalar(query) or 0)


def _mark() -> tuple[Any, ...]:
    return (Chantier.id, Chantier.number, Chantier.title, Chantier.slug, Chantier.hue)


# Deliverables ---------------------------------------------------------------------------------------------------------


def deliverables(filters: DeliverableFilters, period: Period) -> CoordinationList:
    """Return a page of the deliverables of all chantiers, by chantier and by date."""
    told = Deliverable.date_told_to(current_user)
    visible = (
        Deliverable.visible_to(current_user)
        .join(Chantier, Chantier.id == Deliverable.chantier_id)
        .where(*filters.conditions(period))
    )
    total = db.session.scalar(visible.with_only_columns(func.count(Deliverable.id))) or 0
    page = min(filters.page, max(1, -(-total // PAGE)))
    query = (
        visible.join(DeliverableType, DeliverableType.key == Deliverable.type_key)
        .with_only_columns(
            Deliverable.id,
            Deliverable.title,
            DeliverableType.key,
            DeliverableType.name,
            Deliverable.state,
            told,
            *_mark(),
        )
        .order_by(told.is_(None), told, Chantier.number, Deliverable.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    rows = [
        DeliverableRow(number, title, ListedType(key, name), state, day, ListedChantier(*mark))
        for number, title, key, name, state, day, *mark in db.session.execute(query)
    ]
    return CoordinationList(rows, total, page)


@dataclass
class TypeRow:
    """Type of deliverable, with how many of it stand in each state."""

    type: ListedType
    states: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """Count over all states."""
        return self.states.total()


def by_type(filters: DeliverableFilters, period: Period) -> list[TypeRow]:
    """Count the deliverables of each type by state, where nothing but chantier and structure narrows them.

    Nothing otherwise: whoever asks for something in particular reads the list.
    """
    if replace(filters, chantier="", structure=None, depuis="", page=1) != DeliverableFilters():
        return []
    query = (
        select(DeliverableType.key, DeliverableType.name, Deliverable.state, func.count())
        .select_from(Deliverable)
        .join(DeliverableType, DeliverableType.key == Deliverable.type_key)
        .join(Chantier, Chantier.id == Deliverable.chantier_id)
        .where(*filters.conditions(period))
        .group_by(DeliverableType.position, DeliverableType.key, DeliverableType.name, Deliverable.state)
        .order_by(DeliverableType.position)
    )
    rows: dict[str, TypeRow] = {}
    for key, name, state, number in db.session.execute(query):
        rows.setdefault(key, TypeRow(ListedType(key, name))).states[state] = number
    return list(rows.values())


# What the filters offer -----------------------------------------------------------------------------------------------


def chantiers() -> list[tuple[str, str]]:
    """Return the chantiers that a list can be narrowed to."""
    query = Chantier.visible_to(current_user).where(Chantier.archived_at.is_(None))
    rows = db.session.execute(query.with_only_columns(Chantier.slug, Chantier.number, Chantier.title))
    return [(slug, f"{number}. {title}") for slug, number, title in rows]


def structures() -> list[tuple[int, str]]:
    """Return the structures that a list can be narrowed to: those that take part somewhere."""
    query = select(Structure.id, Structure.name).where(
        Structure.merged_into_id.is_(None), enrolled_in(Scope())
    )
    return [
        (number, name)
        for number, name in db.session.execute(query.order_by(Structure.name_key, Structure.id))
    ]


def types() -> list[ListedType]:
    """Return the types of deliverables, in the démarche's order."""
    query = select(DeliverableType.key, DeliverableType.name).order_by(DeliverableType.position)
    return [ListedType(key, name) for key, name in db.session.execute(query)]


def period_of(scope: Scope) -> Period:
    """Since when one looks."""
    return Period.of(scope.depuis, last_copil() if scope.depuis == "dernier-copil" else None)


def last_copil() -> date | None:
    """Return the day of the latest comité de pilotage."""
    meeting = Meeting.last_before(today())
    return meeting.held_on if meeting else None
