"""Queries of the lines of a report: the first tasks and deliverables of each sort in each chantier, then a count."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import and_, func, select

from chantiers.language.labels import label, type_name
from chantiers.rooms.report.contents import (
    ReportLine,
    ReportList,
)
from chantiers.web.links import absolute
from models import (
    HOME,
    Activity,
    Deliverable,
    DeliverableType,
    StatusChange,
    Structure,
    Task,
    TaskStatus,
    User,
    db,
    is_overdue,
    now,
    today,
)

#: How many of a sort are named in a chantier, and how many of its open tasks its annex lists.
NAMED, ANNEXED = 10, 40


#: What deliverables went through, as the journal names it, and as the document says it.
STEPS = {
    "deliverable.version_added": "new_version",
    "deliverable.submitted": "in_review",
    "deliverable.approved": "approved",
    "deliverable.published": "published",
}


def beginning_of(day: date) -> datetime:
    """The instant at which a day begins, in France."""
    return datetime.combine(day, time(0), HOME)


def named_tasks(ids: list[int], before: datetime) -> dict[int, ReportLine]:
    """These tasks, with the last change of their status before an instant, and what was said of it."""
    rank = func.row_number().over(partition_by=StatusChange.task_id, order_by=StatusChange.id.desc())
    last = (
        select(
            StatusChange.task_id, StatusChange.at, StatusChange.reason, StatusChange.need, rank.label("rank")
        )
        .where(StatusChange.task_id.in_(ids), StatusChange.at < before)
        .subquery()
    )
    query = (
        select(Task.id, Task.title, Structure.name.label("pilote"), last.c.at, last.c.reason, last.c.need)
        .join(last, and_(last.c.task_id == Task.id, last.c.rank == 1))
        .outerjoin(Structure, Structure.id == Task.pilote_id)
        .where(Task.title != "")
    )
    return {
        row.id: ReportLine(
            row.title,
            on=day_of(row.at),
            who=row.pilote or "",
            words=row.reason,
            need=row.need,
            address=_task(row.id),
            is_task=True,
        )
        for row in db.session.execute(query)
    }


def _listed(
    query: Any, most: int, order: Sequence[Any], line: Callable[[Any], ReportLine], *, each: Sequence[Any]
) -> dict[Any, ReportList]:
    """The first rows of each chantier (or of what `each` tells apart besides) as lines, with how many there are."""
    ranked = query.add_columns(
        func.row_number().over(partition_by=each, order_by=order).label("rank"),
        func.count().over(partition_by=each).label("total"),
    ).subquery()
    shown = select(ranked).where(ranked.c.rank <= most).order_by(ranked.c.chantier_id, ranked.c.rank)
    found: dict[Any, ReportList] = {}
    for row in db.session.execute(shown):
        key = row.chantier_id if len(each) == 1 else (row.chantier_id, row.status)
        found.setdefault(key, ReportList([], row.total)).lines.append(line(row))
    return found


def _tasks(*columns: Any) -> Any:
    """Tasks with their chantier and whoever leads them."""
    named = (Task.chantier_id, Task.id, Task.title, Task.status, Structure.name.label("pilote"), *columns)
    return select(*named).outerjoin(Structure, Structure.id == Task.pilote_id)


def tasks_moved(ids: list[int], since: datetime) -> dict[tuple[int, str], ReportList]:
    """The tasks that were finished or begun since and still are, the latest first."""
    moved = Task.in_status(TaskStatus.DONE, TaskStatus.IN_PROGRESS), Task.status_since >= since
    query = _tasks(Task.status_since.label("at")).where(Task.chantier_id.in_(ids), Task.live(), *moved)
    return _listed(
        query,
        NAMED,
        (Task.status_since.desc(), Task.id.desc()),
        lambda row: ReportLine(
            row.title,
            label(row.status, "status"),
            day_of(row.at),
            row.pilote or "",
            address=_task(row.id),
            is_task=True,
        ),
        each=(Task.chantier_id, Task.status),
    )


def blocked_tasks(ids: list[int]) -> dict[int, ReportList]:
    """The blocked tasks, the longest blocked first, with their sentences."""
    query = _tasks(Task.status_since.label("at"), Task.blocked_reason, Task.blocked_need)
    return _listed(
        query.where(Task.chantier_id.in_(ids), Task.blocked_now()),
        NAMED,
        (Task.status_since, Task.id),
        lambda row: ReportLine(
            row.title,
            on=day_of(row.at),
            who=row.pilote or "",
            words=row.blocked_reason,
            need=row.blocked_need,
            address=_task(row.id),
            is_task=True,
        ),
        each=(Task.chantier_id,),
    )


def open_tasks(ids: list[int]) -> dict[int, ReportList]:
    """The open tasks of the annex: those that are due first."""
    return _listed(
        _tasks(Task.due_on).where(Task.chantier_id.in_(ids), Task.open_now()),
        ANNEXED,
        (Task.due_on.is_(None), Task.due_on, Task.id),
        lambda row: ReportLine(
            row.title,
            label(row.status, "status"),
            row.due_on,
            row.pilote or "",
            is_late=row.due_on is not None and row.due_on < today(),
            address=_task(row.id),
            is_task=True,
        ),
        each=(Task.chantier_id,),
    )


def promised_deliverables(user: User, ids: list[int]) -> dict[int, ReportList]:
    """What is still promised: those with a date first."""
    told = Deliverable.date_told_to(user)
    query = (
        select(
            Deliverable.chantier_id,
            Deliverable.id,
            Deliverable.title,
            Deliverable.state,
            told.label("expected_on"),
            DeliverableType.key,
            DeliverableType.name,
        )
        .join(DeliverableType, DeliverableType.key == Deliverable.type_key)
        .where(Deliverable.chantier_id.in_(ids), Deliverable.unfinished())
    )
    return _listed(
        query,
        NAMED,
        (told.is_(None), told, Deliverable.id),
        lambda row: ReportLine(
            row.title,
            label(row.state, "state"),
            row.expected_on,
            type_name(row),
            is_late=is_overdue(row.state, row.expected_on),
            address=absolute("deliverables.show", deliverable_id=row.id),
        ),
        each=(Deliverable.chantier_id,),
    )


def deliverables_moved(
    user: User, ids: list[int], since: datetime, until: datetime | None = None
) -> dict[int, ReportList]:
    """What deliverables went through since; of drafts, mere observers are told nothing."""
    steps = (
        select(Activity.action, Activity.subject_id, func.max(Activity.at).label("at"))
        .where(
            Activity.chantier_id.in_(ids),
            Activity.at >= since,
            Activity.at < (until or now()),
            Activity.action.in_(STEPS),
            Activity.readable_by(user),
        )
        .group_by(Activity.action, Activity.subject_id)
        .subquery()
    )
    query = (
        select(Deliverable.chantier_id, Deliverable.id, Deliverable.title, steps.c.action, steps.c.at)
        .join(steps, steps.c.subject_id == Deliverable.id)
        .where(Deliverable.live())
    )
    return _listed(
        query,
        NAMED,
        (steps.c.at.desc(), Deliverable.id),
        lambda row: ReportLine(
            row.title,
            label(STEPS[row.action], "step"),
            day_of(row.at),
            address=absolute("deliverables.show", deliverable_id=row.id),
        ),
        each=(Deliverable.chantier_id,),
    )


def _task(task_id: int) -> str:
    return absolute("tasks.show", task_id=task_id)


def day_of(at: datetime) -> date:
    return at.astimezone(HOME).date()
