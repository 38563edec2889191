"""Thirteen weeks of a chantier, today's in the middle: which weeks, what falls due in each, and how it reads."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from flask_babel import format_date, ngettext
from flask_babel import gettext as _
from sqlalchemy import Row, and_, case, func, select, union_all

from chantiers.chantier.queries import dated_deliverables, dated_tasks
from chantiers.forms import YEARS
from chantiers.presentation import excerpt
from models import OPEN, Chantier, Deliverable, Objective, Task, TaskStatus, db, is_overdue, today

WEEKS = 13
#: More tasks than this in a week of an objective show as one figure.
IN_A_CELL = 3
ROWS = 40


@dataclass(frozen=True)
class Item:
    """Something due, or several tasks of one week as a figure."""

    href: str
    title: str
    day: str
    icon: str
    is_late: bool


@dataclass
class Week:
    """A column of the calendar."""

    monday: date
    is_current: bool

    @property
    def label(self) -> str:
        return format_date(self.monday, "d MMM")

    @property
    def number(self) -> str:
        return _("sem. %(number)d", number=self.monday.isocalendar().week)

    @property
    def name(self) -> str:
        return _("Semaine du %(day)s", day=format_date(self.monday, "d MMMM"))


@dataclass
class Line:
    """An objective's row: a list of items for each week."""

    title: str
    href: str
    cells: list[list[Item]] = field(default_factory=lambda: [[] for _week in range(WEEKS)])


@dataclass
class Calendar:
    """Thirteen weeks and their rows, with the way to the thirteen before and after."""

    weeks: list[Week]
    rows: list[Line]
    before: str
    after: str
    is_today: bool

    def in_week(self, place: int) -> list[tuple[Line, list[Item]]]:
        """The rows that have something due in that week, for those who read week by week."""
        return [(row, row.cells[place]) for row in self.rows if row.cells[place]]

    @property
    def is_empty(self) -> bool:
        return not any(cell for row in self.rows for cell in row.cells)


def middle_of(text: str) -> date:
    """The Monday of a week written 2026-W48; of this week for anything else."""
    found = re.fullmatch(r"([0-9]{4})-W([0-9]{2})", text)
    if found and YEARS[0] <= int(found[1]) <= YEARS[1]:
        try:
            return date.fromisocalendar(int(found[1]), int(found[2]), 1)
        except ValueError:
            pass
    return monday_of(today())


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def week_of(monday: date) -> str:
    """A week as addresses write it: 2026-W48."""
    year, week, _weekday = monday.isocalendar()
    return f"{year}-W{week:02d}"


def calendar_of(chantier: Chantier, middle: date) -> Calendar:
    """The calendar around a week, in two statements."""
    first = middle - timedelta(weeks=WEEKS // 2)
    objectives, due = _read(chantier, first)
    this_week = monday_of(today())
    mondays = [first + timedelta(weeks=number) for number in range(WEEKS)]
    tasks = f"/chantiers/{chantier.slug}/taches?vue=liste&objectif="
    rows = {row.id: Line(excerpt(row.text, 110), f"{tasks}{row.id}") for row in objectives}
    for row in due:
        if row.objective_id in rows:
            _place(row, rows[row.objective_id])
    quarter = timedelta(weeks=WEEKS)
    return Calendar(
        weeks=[Week(monday, monday == this_week) for monday in mondays],
        rows=list(rows.values()),
        before=week_of(middle - quarter),
        after=week_of(middle + quarter),
        is_today=middle == this_week,
    )


def _place(row: Row[*tuple[Any, ...]], line: Line) -> None:
    cell = line.cells[row.week]
    if row.kind == "deliverable":
        cell.append(
            Item(
                f"/livrables/{row.id}", row.title, _day(row.due_on), "flag", is_overdue(row.state, row.due_on)
            )
        )
    elif row.in_cell <= IN_A_CELL:
        late = row.state in OPEN and row.due_on < today()
        cell.append(Item(f"/taches/{row.id}", row.title, _day(row.due_on), row.state, late))
    elif row.rank == 1:
        count = ngettext("%(num)d tâche", "%(num)d tâches", row.in_cell)
        late_count = int(row.late_in_cell)
        words = ngettext("dont %(num)d en retard", "dont %(num)d en retard", late_count) if late_count else ""
        cell.append(Item(line.href, words, count, "stack", False))


def _day(day: date) -> str:
    return str(format_date(day, "EEE d"))


def _read(
    chantier: Chantier, monday: date
) -> tuple[Sequence[Row[*tuple[Any, ...]]], Sequence[Row[*tuple[Any, ...]]]]:
    """The objectives, and what falls due from `monday` on: a few things per cell, with the cell's count."""
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
