"""Calendar of thirteen weeks, today's in the middle unless another was asked for, and its rows."""

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
    """Item of a cell: something due, or several tasks of one week as a figure."""

    href: str
    title: str
    day: str
    icon: str
    is_late: bool


@dataclass
class Week:
    """Week: a column of the calendar."""

    monday: date
    is_current: bool

    @property
    def label(self) -> str:
        return str(format_date(self.monday, "d MMM"))

    @property
    def number(self) -> str:
        return str(_("sem. %(number)d", number=self.monday.isocalendar().week))

    @property
    def name(self) -> str:
        return str(_("Semaine du %(day)s", day=format_date(self.monday, "d MMMM")))


@dataclass
class CalendarLine:
    """Line of the calendar: a list of items for each week."""

    title: str
    href: str
    cells: list[list[CalendarItem]] = field(default_factory=lambda: [[] for _week in range(WEEKS)])


@dataclass
class WeekCalendar:
    """Calendar of thirteen weeks and their rows, with the weeks that lead to the thirteen before and after."""

    weeks: list[Week]
    before: str
    after: str
    is_today: bool
    rows: list[CalendarLine] = field(default_factory=list)

    @property
    def first(self) -> date:
        """First day."""
        return self.weeks[0].monday

    @property
    def end(self) -> date:
        """Day after the last."""
        return self.weeks[-1].monday + timedelta(weeks=1)

    def place_of(self, day: date) -> int:
        """Return the index of the week in which a day lies."""
        return (day - self.first).days // 7

    def in_week(self, place: int) -> list[tuple[CalendarLine, list[CalendarItem]]]:
        """Return the rows that have something due in that week, for the view week by week."""
        return [(row, row.cells[place]) for row in self.rows if row.cells[place]]

    @property
    def is_empty(self) -> bool:
        return not any(cell for row in self.rows for cell in row.cells)


def calendar_around(middle: date) -> WeekCalendar:
    """Build the empty calendar around the week of a Monday."""
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
    """Parse an ISO week (2026-W48) as its Monday; anything else gives this week's."""
    found = re.fullmatch(r"([0-9]{4})-W([0-9]{2})", text)
    if found and YEARS[0] <= int(found[1]) <= YEARS[1]:
        try:
            return date.fromisocalendar(int(found[1]), int(found[2]), 1)
        except ValueError:
            pass
    return monday_of(today())


def monday_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def format_week(monday: date) -> str:
    """Format a week for an address (ISO 8601): 2026-W48."""
    year, week, _weekday = monday.isocalendar()
    return f"{year}-W{week:02d}"


def weekday(day: date) -> str:
    """Format a day of one of the weeks: « lun. 11 »."""
    return str(format_date(day, "EEE d"))
