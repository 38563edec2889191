"""Thirteen weeks, today's in the middle unless another was asked for: which they are, and how they read."""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta

from flask_babel import format_date
from flask_babel import gettext as _

from chantiers.web.forms import YEARS
from models import today

WEEKS = 13


@dataclass(frozen=True)
class CalendarItem:
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
class CalendarLine:
    """A row: a list of items for each week."""

    title: str
    href: str
    cells: list[list[CalendarItem]] = field(default_factory=lambda: [[] for _week in range(WEEKS)])


@dataclass
class WeekCalendar:
    """Thirteen weeks and their rows, with the way to the thirteen before and after."""

    weeks: list[Week]
    before: str
    after: str
    is_today: bool
    rows: list[CalendarLine] = field(default_factory=list)

    @property
    def first(self) -> date:
        """The day on which it begins."""
        return self.weeks[0].monday

    @property
    def end(self) -> date:
        """The first day after it."""
        return self.weeks[-1].monday + timedelta(weeks=1)

    def place_of(self, day: date) -> int:
        """In which of its weeks a day lies."""
        return (day - self.first).days // 7

    def in_week(self, place: int) -> list[tuple[CalendarLine, list[CalendarItem]]]:
        """The rows that have something due in that week, for those who read week by week."""
        return [(row, row.cells[place]) for row in self.rows if row.cells[place]]

    @property
    def is_empty(self) -> bool:
        return not any(cell for row in self.rows for cell in row.cells)


def calendar_around(middle: date) -> WeekCalendar:
    """The calendar around the week of a Monday, with nothing in it yet."""
    first, quarter = middle - timedelta(weeks=WEEKS // 2), timedelta(weeks=WEEKS)
    this_week = monday_of(today())
    mondays = [first + timedelta(weeks=number) for number in range(WEEKS)]
    return WeekCalendar(
        weeks=[Week(monday, monday == this_week) for monday in mondays],
        before=format_week(middle - quarter),
        after=format_week(middle + quarter),
        is_today=middle == this_week,
    )


def parse_week(text: str) -> date:
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


def format_week(monday: date) -> str:
    """A week as addresses write it: 2026-W48."""
    year, week, _weekday = monday.isocalendar()
    return f"{year}-W{week:02d}"


def weekday(day: date) -> str:
    """A day of one of the weeks: « lun. 11 »."""
    return str(format_date(day, "EEE d"))
