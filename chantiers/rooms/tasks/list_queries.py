"""Queries of the board and of the list of tasks: light rows, in a fixed number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    SelectBase,
    bindparam,
    func,
    literal,
    select,
    union_all,
)

from chantiers.rooms.tasks.filters import BoardFilters
from chantiers.web.access import acting
from models import (
    OPEN,
    STARTED,
    Base,
    Chantier,
    ChantierMembership,
    ChantierStructure,
    Objective,
    Structure,
    Task,
    TaskStatus,
    User,
    db,
    now,
    task_person,
    task_structure,
    today,
)

#: A column of the board shows its first cards, the finished one its latest.
CARDS = {TaskStatus.DONE: 20}


MOST_CARDS = 50


#: The columns of the board, in the order in which work goes through them.
COLUMNS = (
    TaskStatus.TODO,
    TaskStatus.IN_PROGRESS,
    TaskStatus.TO_VALIDATE,
    TaskStatus.BLOCKED,
    TaskStatus.DONE,
)


#: What is left to do first: the board tells the order within a status, not between two.
IN_OBJECTIVE = (Task.objective_id, Task.status.not_in(OPEN), Task.position, Task.id)


class FilterOption(NamedTuple):
    """A structure or a person in a filter."""

    id: int
    name: str


class TaskListRow(NamedTuple):
    """A task as lists and boards show it, and as the permission table asks about it."""

    id: int
    chantier_id: int
    objective_id: int
    title: str
    status: str
    due_on: date | None
    version: int
    blocked_reason: str
    created_by_id: int | None
    pilote_id: int | None
    pilote_name: str
    #: Lines of the checklist: in all, and ticked.
    items: int
    ticked: int
    is_late: bool | None
    is_silent_now: bool
    is_without_pilote: bool
    #: Of the structures and people that carry it, those of the person who looks: nobody else's matter here.
    carrier_ids: frozenset[int] = frozenset()
    person_ids: frozenset[int] = frozenset()


@dataclass(frozen=True)
class BoardColumn:
    """A column of the board: its first cards, how many there are in all, and where the rest is."""

    status: str
    tasks: Sequence[TaskListRow]
    total: int
    more: str | None


@dataclass(frozen=True)
class Board:
    """The columns of the board, and how many tasks stand on none because they were abandoned."""

    columns: Sequence[BoardColumn]
    abandoned: int


@dataclass(frozen=True)
class Group:
    """The tasks of one objective on a page of the list."""

    objective: Objective
    tasks: Sequence[TaskListRow]


@dataclass(frozen=True)
class Listing:
    """A page of the list."""

    groups: Sequence[Group]
    total: int
    page: int
    pages: int


def to_filter(chantier: Chantier) -> tuple[tuple[FilterOption, ...], tuple[FilterOption, ...]]:
    """The structures of the chantier and its people, as a filter offers them, in one statement."""
    rows = db.session.execute(_to_filter(), {"chantier_id": chantier.id}).all()
    structures = tuple(FilterOption(number, name) for is_person, number, name, _key in rows if not is_person)
    return structures, tuple(
        FilterOption(number, name) for is_person, number, name, _key in rows if is_person
    )


@cache
def _to_filter() -> CompoundSelect[bool, int, str, str]:
    of_chantier: BindParameter[int] = bindparam("chantier_id")
    structures = (
        select(
            literal(False).label("is_person"),
            Structure.id.label("number"),
            Structure.name,
            Structure.name_key,
        )
        .join(ChantierStructure, ChantierStructure.structure_id == Structure.id)
        .where(ChantierStructure.chantier_id == of_chantier, ChantierStructure.left_at.is_(None))
    )
    people = (
        select(literal(True), User.id, User.name, User.name_key)
        .join(ChantierMembership, ChantierMembership.user_id == User.id)
        .where(ChantierMembership.chantier_id == of_chantier, User.closed_at.is_(None))
    )
    return union_all(structures, people).order_by("name_key", "number")


def board(
    chantier: Chantier, filters: BoardFilters, objectives: Sequence[Objective], silent_after: int
) -> Board:
    """The board: the first cards of each column, and how many each holds."""
    conditions = filters.conditions(chantier, silent_after)
    statuses = [status for status in COLUMNS if filters.statut in ("", status)]
    if filters.statut == TaskStatus.ABANDONED:
        statuses = [TaskStatus.ABANDONED]
    latest_first = {TaskStatus.DONE: (Task.status_since.desc(), Task.id.desc())}
    firsts = [
        select(Task.id)
        .where(*conditions, Task.status == status)
        .order_by(*latest_first.get(status, (Task.position, Task.id)))
        .limit(CARDS.get(status, MOST_CARDS))
        .subquery()
        for status in statuses
    ]
    chosen = union_all(*(select(first.c.id) for first in firsts))
    rows = _rows(chantier, chosen, (Task.position, Task.id), silent_after)
    totals = _totals(conditions, filters, objectives)
    columns = []
    for status in statuses:
        cards = [row for row in rows if row.status == status]
        total = totals.get(status, 0)
        more = f"?{filters.query(vue='liste', statut=str(status))}" if total > len(cards) else None
        columns.append(BoardColumn(str(status), cards, total, more))
    abandoned = 0 if filters.statut else totals.get(TaskStatus.ABANDONED, 0)
    return Board(columns, abandoned)


def listing(
    chantier: Chantier, filters: BoardFilters, objectives: Sequence[Objective], silent_after: int
) -> Listing:
    """A page of the list, grouped by objective."""
    conditions = filters.conditions(chantier, silent_after)
    total = sum(_totals(conditions, filters, objectives).values())
    pages = max(1, -(-total // filters.par_page))
    page = min(filters.page, pages)
    shown = in_order(chantier, filters, silent_after)
    shown = shown.limit(filters.par_page).offset((page - 1) * filters.par_page)
    rows = _rows(chantier, shown, IN_OBJECTIVE, silent_after)
    by_objective: dict[int, list[TaskListRow]] = {}
    for row in rows:
        by_objective.setdefault(row.objective_id, []).append(row)
    groups = [Group(each, by_objective[each.id]) for each in objectives if each.id in by_objective]
    return Listing(groups, total, page, pages)


def in_order(chantier: Chantier, filters: BoardFilters, silent_after: int) -> Select[int]:
    """The numbers of all the tasks that the list shows under these filters, whatever the page, in its order."""
    conditions = filters.conditions(chantier, silent_after)
    return select(Task.id).join(Task.objective).where(*conditions).order_by(Objective.position, *IN_OBJECTIVE)


def row(task: Task, silent_after: int) -> TaskListRow:
    """One task as its line of the list shows it."""
    return _rows(task.chantier, select(Task.id).where(Task.id == task.id), (), silent_after)[0]


def _totals(
    conditions: list[ColumnElement[bool]], filters: BoardFilters, objectives: Sequence[Objective]
) -> dict[str, int]:
    """How many tasks each status holds: from the tallies as long as nothing but objective and status narrows."""
    if filters.structure or filters.personne or filters.etat or filters.q:
        counting = select(Task.status, func.count()).where(*conditions).group_by(Task.status)
        return dict(db.session.execute(counting).all())
    tallies = [line.tally for line in objectives if filters.objectif in (None, line.id)]
    wanted = [str(status) for status in TaskStatus if filters.statut in ("", status)]
    return {status: sum(getattr(tally, status) for tally in tallies) for status in wanted}


@cache
def _columns() -> Select[*tuple[Any, ...]]:
    """Select the columns of a `TaskListRow` from the tables, without the ORM: hundreds of lines need nothing of it.

    Its two counts are made for each task that is read: read only what is shown.
    """
    tasks, structures, lines = (
        Base.metadata.tables[name] for name in ("task", "structure", "checklist_item")
    )
    task, of_task = tasks.c, lines.c.task_id == tasks.c.id
    return select(
        task.id,
        task.chantier_id,
        task.objective_id,
        task.title,
        task.status,
        task.due_on,
        task.version,
        task.blocked_reason,
        task.created_by_id,
        task.pilote_id,
        func.coalesce(structures.c.name, ""),
        select(func.count()).where(of_task).scalar_subquery(),
        select(func.count(lines.c.done_at)).where(of_task).scalar_subquery(),
        task.status.in_(OPEN) & (task.due_on < bindparam("this_day")),
        task.status.in_(STARTED) & (task.last_news_at < bindparam("silent_since")),
        task.status.in_(OPEN) & task.pilote_id.is_(None),
    ).select_from(tasks.outerjoin(structures, structures.c.id == task.pilote_id))


def _rows(
    chantier: Chantier, shown: SelectBase, order: Sequence[Any], silent_after: int
) -> list[TaskListRow]:
    """The tasks of those numbers, in that order."""
    query = _columns().where(Base.metadata.tables["task"].c.id.in_(shown)).order_by(*order)
    here_and_now = {"this_day": today(), "silent_since": now() - timedelta(days=silent_after)}
    rows = [TaskListRow(*columns) for columns in db.session.connection().execute(query, here_and_now).all()]
    return rows if acting().steers(chantier.id) else _with_carriers(rows)


def _with_carriers(rows: Sequence[TaskListRow]) -> list[TaskListRow]:
    """The same with which of them the person or a structure of theirs carries: those who decide need none of it."""
    me, mine = acting(), acting().standing.structures
    numbers = [row.id for row in rows]
    given = select(task_structure.c.task_id, task_structure.c.structure_id, literal(False))
    named = select(task_person.c.task_id, task_person.c.user_id, literal(True))
    both = union_all(
        given.where(task_structure.c.task_id.in_(numbers), task_structure.c.structure_id.in_(list(mine))),
        named.where(task_person.c.task_id.in_(numbers), task_person.c.user_id == me.id),
    )
    carriers: dict[int, set[int]] = {row.id: {row.pilote_id} for row in rows if row.pilote_id in mine}
    people: dict[int, set[int]] = {}
    for task_id, carrier, is_person in db.session.execute(both):
        (people if is_person else carriers).setdefault(task_id, set()).add(carrier)
    nobody: set[int] = set()
    return [
        row._replace(
            carrier_ids=frozenset(carriers.get(row.id, nobody)),
            person_ids=frozenset(people.get(row.id, nobody)),
        )
        if row.id in carriers or row.id in people
        else row
        for row in rows
    ]
