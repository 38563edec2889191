"""Thirteen weeks of a chantier: what falls due in each, objective by objective."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from flask import url_for
from flask_babel import ngettext
from sqlalchemy import Row, and_, case, func, select, union_all

from chantiers.components.calendar import (
    WEEKS,
    CalendarItem,
    CalendarLine,
    WeekCalendar,
    calendar_around,
    weekday,
)
from chantiers.language.labels import excerpt
from chantiers.rooms.chantier.queries import dated_deliverables, dated_tasks
from chantiers.web.addresses import page
from models import OPEN, Chantier, Deliverable, Objective, Task, TaskStatus, db, is_overdue, today

#: More tasks than this in a week of an objective show as one figure.
IN_A_CELL = 3
ROWS = 40


def calendar_of(chantier: Chantier, middle: date) -> WeekCalendar:
    """The calendar around a week, in two statements."""
    calendar = calendar_around(middle)
    objectives, due = _read(chantier, calendar.first)
    tasks = f"{url_for('tasks.index', slug=chantier.slug)}?vue=liste&objectif="
    rows = {row.id: CalendarLine(excerpt(row.text, 110), f"{tasks}{row.id}") for row in objectives}
    for row in due:
        if row.objective_id in rows:
            _place(row, rows[row.objective_id])
    calendar.rows = list(rows.values())
    return calendar


def _place(row: Row[*tuple[Any, ...]], line: CalendarLine) -> None:
    cell = line.cells[row.week]
    if row.kind == "deliverable":
        cell.append(
            CalendarItem(
                page("deliverable", row.id),
                row.title,
                weekday(row.due_on),
                "flag",
                is_overdue(row.state, row.due_on),
            )
        )
    elif row.in_cell <= IN_A_CELL:
        late = row.state in OPEN and row.due_on < today()
        cell.append(CalendarItem(page("task", row.id), row.title, weekday(row.due_on), row.state, late))
    elif row.rank == 1:
        count = ngettext("%(num)d tâche", "%(num)d tâches", row.in_cell)
        late_count = int(row.late_in_cell)
        words = ngettext("dont %(num)d en retard", "dont %(num)d en retard", late_count) if late_count else ""
        cell.append(CalendarItem(line.href, words, count, "stack", False))


def _read(
    chantier: Chantier, monday: date
) -> tuple[Sequence[Row[*tuple[Any, ...]]], Sequence[Row[*tuple[Any, ...]]]]:
    """Return the objectives, and what falls due from `monday` on: a few things per cell, with the cell's count."""
    operational = Objective.operational_of(chantier.id).with_only_columns(Objective.id, Objective.text)
    objectives = db.session.execute(operational.limit(ROWS)).all()
    end = monday + timedelta(weeks=WEEKS)
    dated = union_all(
        dated_tasks(chantier).where(
            Task.status != TaskStatus.ABANDONED, Task.due_on >= monday, Task.due_on < end
        ),
        dated_deliverables(chantier).where(Deliverable.expected_on >= monday, Deliverable.expected_on < end),
    ).subquery()
    week = case(
        *((dated.c.due_on < monday + timedelta(weeks=n + 1), n) for n in range(WEEKS - 1)), else_=WEEKS - 1
    ).label("week")
    weeks = select(dated, week).subquery()
    late = and_(weeks.c.kind == "task", weeks.c.state.in_(OPEN), weeks.c.due_on < today())
    cell: dict[str, Any] = {"partition_by": (weeks.c.kind, weeks.c.objective_id, weeks.c.week)}
    ranked = select(
        weeks,
        func.row_number().over(order_by=(weeks.c.due_on, weeks.c.id), **cell).label("rank"),
        func.count().over(**cell).label("in_cell"),
        func.sum(case((late, 1), else_=0)).over(**cell).label("late_in_cell"),
    ).subquery()
    due = db.session.execute(
        select(ranked).where(ranked.c.rank <= IN_A_CELL).order_by(ranked.c.due_on, ranked.c.kind, ranked.c.id)
    ).all()
    return objectives, due
