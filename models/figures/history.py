"""History of the démarche: the figures of any past day, their curve, and what changed between two days.

A day is told as it ended, by the calendar of the démarche. All is read from the traces that things left as they changed
(models.figures.trace): no night's work makes it, and nothing done later alters it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import func, literal, select, union_all

from models.figures.percent import percent
from models.figures.trace import ARCHIVED, AWAITED, FIGURES, IN_BIN, DayCount, Trace
from models.ground.base import HOME, db, today
from models.ground.refused import Refused
from models.journal import Activity
from models.steering.checkpoint import Checkpoint, CheckpointState
from models.steering.meeting import Meeting, MeetingState

#: The statuses of tasks and the states of deliverables, in the order of their lives.
STATUSES = FIGURES[:6]
STATES = FIGURES[8:14]
#: A curve has no more points than a page can show.
MOST_POINTS = 60


@dataclass(frozen=True)
class Figures:
    """Figures of a chantier, an objective or the démarche at the end of a day."""

    todo: int = 0
    in_progress: int = 0
    to_validate: int = 0
    done: int = 0
    blocked: int = 0
    abandoned: int = 0
    late: int = 0
    without_pilote: int = 0
    expected: int = 0
    drafting: int = 0
    in_review: int = 0
    to_rework: int = 0
    approved: int = 0
    published: int = 0
    #: Deliverables that are late.
    overdue: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(*(getattr(self, name) + getattr(other, name) for name in FIGURES))

    @property
    def statuses(self) -> dict[str, int]:
        """Tasks by status."""
        return {status: getattr(self, status) for status in STATUSES}

    @property
    def states(self) -> dict[str, int]:
        """Deliverables by state."""
        return {state: getattr(self, state) for state in STATES}

    @property
    def open(self) -> int:
        """Tasks that are not over."""
        return sum(getattr(self, status) for status in AWAITED["task"])

    @property
    def counted(self) -> int:
        """The tasks that progress is computed on: all but the abandoned ones."""
        return self.open + self.done

    @property
    def progress(self) -> int | None:
        """Share of tasks done, in whole percent; None where there is no task to count."""
        return percent(self.done, self.counted)

    @property
    def deliverables(self) -> int:
        return sum(self.states.values())

    @property
    def finished(self) -> int:
        """Deliverables that are approved, published or not."""
        return self.approved + self.published


@dataclass(frozen=True)
class CurvePoint:
    """Point of the curve: a day."""

    day: date
    open: int
    done: int
    abandoned: int


@dataclass
class Changes:
    """Changes between the beginning and the end of a period: the ids of the tasks and deliverables.

    A status that was undone within the period changed nothing; what is in the bin at its end is left out.
    """

    #: Tasks.
    created: list[int] = field(default_factory=list)
    finished: list[int] = field(default_factory=list)
    blocked: list[int] = field(default_factory=list)
    unblocked: list[int] = field(default_factory=list)
    abandoned: list[int] = field(default_factory=list)
    #: Deliverables; one that had two versions stands twice in the first list.
    versions_added: list[int] = field(default_factory=list)
    submitted: list[int] = field(default_factory=list)
    approved: list[int] = field(default_factory=list)
    published: list[int] = field(default_factory=list)

    def __bool__(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))


def beginning() -> date | None:
    """Return the day on which the démarche's first chantier opened; None before."""
    return db.session.scalar(select(func.min(Trace.day)).where(Trace.kind == "chantier"))


def landmarks(most: int = 3) -> list[tuple[str, date]]:
    """Return the latest past days of gatherings, the last first: "meeting" or "checkpoint", and the day."""
    kinds = (
        ("meeting", Meeting.held_on, Meeting.state, (MeetingState.HELD,)),
        ("checkpoint", Checkpoint.held_on, Checkpoint.state, (CheckpointState.ASKED,)),
    )
    past = [
        select(literal(kind).label("kind"), held_on.label("day")).where(held_on < today(), state.in_(states))
        for kind, held_on, state, states in kinds
    ]
    rows = union_all(*past).subquery()
    latest = select(rows.c.kind, rows.c.day).order_by(rows.c.day.desc(), rows.c.kind.desc()).limit(most)
    return [(kind, day) for kind, day in db.session.execute(latest)]


def total(figures: Iterable[Figures]) -> Figures:
    """Sum the figures of several chantiers."""
    return sum(figures, Figures())


# At a day ---------------------------------------------------------------------------------------------------------


def figures_at(day: date) -> dict[int, Figures]:
    """Return the figures of each chantier at the end of a day; those that were archived by then are left out.

    Raises Refused("day_to_come").
    """
    [found] = figures_at_each(day)
    return found


def figures_at_each(*days: date) -> list[dict[int, Figures]]:
    """Return `figures_at` of each of these days, in one statement for each and one for all."""
    traces = _traces_of_chantiers()
    found = []
    for day in days:
        _refuse_future(day)
        status_then = {trace.chantier_id: trace.status for trace in traces if trace.day <= day}
        counted = _summed(DayCount.chantier_id, day)
        opened = [chantier_id for chantier_id, status in status_then.items() if status != ARCHIVED]
        found.append({chantier_id: counted.get(chantier_id, Figures()) for chantier_id in opened})
    return found


def figures_by_objective(day: date, *chantier_ids: int) -> dict[int, Figures]:
    """Return the figures of each objective of these chantiers at the end of a day, where it had anything by then.

    Raises Refused("day_to_come").
    """
    _refuse_future(day)
    return _summed(DayCount.objective_id, day, DayCount.chantier_id.in_(chantier_ids))


def _refuse_future(day: date) -> None:
    if day > today():
        raise Refused("day_to_come", day=day)


def _summed(by: Any, day: date, *conditions: Any) -> dict[int, Figures]:
    sums = [func.sum(getattr(DayCount, figure)) for figure in FIGURES]
    query = select(by, *sums).where(DayCount.day <= day, *conditions).group_by(by)
    return {number: Figures(*map(int, counts)) for number, *counts in db.session.execute(query)}


def _traces_of_chantiers() -> Sequence[Any]:
    columns = (Trace.chantier_id, Trace.day, Trace.status)
    return db.session.execute(select(*columns).where(Trace.kind == "chantier").order_by(Trace.id)).all()


# Day after day ----------------------------------------------------------------------------------------------------


def curve(
    first: date,
    last: date,
    points: int = MOST_POINTS,
    *,
    chantier_id: int | None = None,
    through: date | None = None,
) -> list[CurvePoint]:
    """Count tasks open, done and abandoned, day after day, of one chantier or of all that were not archived then.

    There are as many points as days, or `points` of them at equal distances, the first and the last included; and one
    of the day `through`, so that a curve passes where that day's figures say.
    Raises Refused("day_to_come").
    """
    _refuse_future(last)
    days = _spread(first, last, min(points, MOST_POINTS))
    if through is not None and first < through < last:
        days = sorted({*days, through})
    if chantier_id is not None:
        return _points(days, _daily(last, DayCount.chantier_id == chantier_id))
    daily = _daily(last)
    for row in _daily_of_archived(last):
        daily[row[0]].subtract(row[1])
    return _points(days, daily)


def _spread(first: date, last: date, points: int) -> list[date]:
    length = max((last - first).days, 0)
    steps = min(length, max(points - 1, 1))
    if not steps:
        return [last]
    return [first + timedelta(days=length * step // steps) for step in range(steps + 1)]


#: By how much each status went up or down, by day.
Daily = dict[date, Counter[str]]


def _daily(last: date, *conditions: Any) -> Daily:
    sums = [func.sum(getattr(DayCount, status)) for status in STATUSES]
    query = select(DayCount.day, *sums).where(DayCount.day <= last, *conditions).group_by(DayCount.day)
    daily: Daily = defaultdict(Counter)
    for day, *counts in db.session.execute(query):
        daily[day] = Counter(dict(zip(STATUSES, map(int, counts), strict=True)))
    return daily


def _daily_of_archived(last: date) -> list[tuple[date, Counter[str]]]:
    """List what leaves the figures as chantiers are archived, by day; negative where it comes back with them."""
    traces = defaultdict(list)
    for trace in _traces_of_chantiers():
        if trace.day <= last:
            traces[trace.chantier_id].append(trace)
    archived = [number for number, steps in traces.items() if any(s.status == ARCHIVED for s in steps)]
    if not archived:
        return []
    sums = [func.sum(getattr(DayCount, status)) for status in STATUSES]
    query = (
        select(DayCount.chantier_id, DayCount.day, *sums)
        .where(DayCount.chantier_id.in_(archived), DayCount.day <= last)
        .group_by(DayCount.chantier_id, DayCount.day)
        .order_by(DayCount.chantier_id, DayCount.day)
    )
    leaving: list[tuple[date, Counter[str]]] = []
    for number, rows in groupby(db.session.execute(query), key=lambda row: row[0]):
        steps = {row[1]: Counter(dict(zip(STATUSES, map(int, row[2:]), strict=True))) for row in rows}
        leaving += _hidden(steps, traces[number])
    return leaving


def _hidden(steps: Mapping[date, Counter[str]], traces: Sequence[Any]) -> list[tuple[date, Counter[str]]]:
    """List by day what to hide of one chantier: all its figures while it is archived, nothing before and after."""
    status_on = {trace.day: trace.status for trace in traces}
    found: list[tuple[date, Counter[str]]] = []
    amount: Counter[str] = Counter()
    hidden: Counter[str] = Counter()
    is_archived = False
    for day in sorted({*steps, *status_on}):
        amount.update(steps.get(day, {}))
        is_archived = status_on.get(day, ARCHIVED if is_archived else "") == ARCHIVED
        now_hidden = Counter(amount) if is_archived else Counter()
        change = Counter(now_hidden)
        change.subtract(hidden)
        found.append((day, change))
        hidden = now_hidden
    return found


def _points(days: Sequence[date], daily: Daily) -> list[CurvePoint]:
    found, counts = [], Counter[str]()
    changes = sorted(daily.items(), key=lambda item: item[0])
    place = 0
    for day in days:
        while place < len(changes) and changes[place][0] <= day:
            counts.update(changes[place][1])
            place += 1
        open_tasks = sum(counts[status] for status in AWAITED["task"])
        found.append(CurvePoint(day, open_tasks, counts["done"], counts["abandoned"]))
    return found


# Between two days -------------------------------------------------------------------------------------------------


def changed_between(first: date, last: date) -> dict[int, Changes]:
    """Return what changed in each chantier between the end of one day and the end of another.

    « Depuis le COPIL du 12 mars » is `changed_between(march_12, today())`. Raises Refused("day_to_come").
    """
    _refuse_future(last)
    found: dict[int, Changes] = defaultdict(Changes)
    _compare_tasks(found, first, last)
    _list_deliverables(found, first, last)
    return {chantier_id: changes for chantier_id, changes in found.items() if changes}


def _compare_tasks(found: dict[int, Changes], first: date, last: date) -> None:
    query = (
        select(Trace.subject_id, Trace.chantier_id, Trace.was, Trace.status)
        .where(Trace.kind == "task", Trace.day > first, Trace.day <= last)
        .where(Trace.was.is_(None) | (Trace.was != Trace.status))
        .order_by(Trace.subject_id, Trace.id)
    )
    for task_id, rows in groupby(db.session.execute(query), key=lambda row: row.subject_id):
        steps = list(rows)
        start, end = steps[0], steps[-1]
        if end.status == IN_BIN:
            continue
        # What came back from the bin stood as it did when it was put there.
        before = start.status if start.was == IN_BIN else start.was
        changes = found[start.chantier_id]
        for moved, listed in (
            (before is None, changes.created),
            (before != "done" and end.status == "done", changes.finished),
            (before != "blocked" and end.status == "blocked", changes.blocked),
            (before == "blocked" and end.status != "blocked", changes.unblocked),
            (before != "abandoned" and end.status == "abandoned", changes.abandoned),
        ):
            if moved:
                listed.append(task_id)


#: Actions of the journal on a deliverable, and the list of `Changes` that each fills.
LIST_OF_ACTION = {
    "deliverable.version_added": "versions_added",
    "deliverable.submitted": "submitted",
    "deliverable.approved": "approved",
    "deliverable.published": "published",
}


def _list_deliverables(found: dict[int, Changes], first: date, last: date) -> None:
    lines = db.session.execute(
        select(Activity.subject_id, Activity.chantier_id, Activity.action)
        .where(
            Activity.at >= _end(first),
            Activity.at < _end(last),
            Activity.action.in_([*LIST_OF_ACTION, "deliverable.unpublished"]),
        )
        .order_by(Activity.at, Activity.id)
    ).all()
    if not lines:
        return
    gone = _in_bin({line.subject_id for line in lines}, last)
    for subject_id, chantier_id, action in lines:
        if subject_id in gone or chantier_id is None:
            continue
        changes = found[chantier_id]
        if action == "deliverable.unpublished":
            changes.published = [number for number in changes.published if number != subject_id]
            continue
        listed: list[int] = getattr(changes, LIST_OF_ACTION[action])
        if listed is changes.versions_added or subject_id not in listed:
            listed.append(subject_id)


def _in_bin(deliverables: set[int], day: date) -> set[int]:
    """Return those of these deliverables that were in the bin at the end of a day."""
    latest = (
        select(func.max(Trace.id))
        .where(Trace.kind == "deliverable", Trace.subject_id.in_(deliverables), Trace.day <= day)
        .group_by(Trace.subject_id)
    )
    return set(
        db.session.scalars(select(Trace.subject_id).where(Trace.id.in_(latest), Trace.status == IN_BIN))
    )


def _end(day: date) -> datetime:
    """Return the instant at which a day is over, in the time zone of the démarche."""
    return datetime.combine(day + timedelta(days=1), time.min, HOME)
