"""Figures of each chantier on the dashboard.

They are counted on tallies and on indexes made for that: no screen walks all tasks.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from flask_login import current_user
from sqlalchemy import (
    ColumnElement,
    Select,
    func,
    literal,
    select,
    union_all,
)

from chantiers.rooms.coordination.filters import (
    DeliverableFilters,
    Scope,
    answered_for_by,
    carries_in,
    due,
    enrolled_in,
)
from chantiers.rooms.coordination.filters import Period as Period
from chantiers.rooms.coordination.filters import TaskFilters as TaskFilters
from chantiers.rooms.coordination.lists import IN_ORDER as IN_ORDER
from chantiers.rooms.coordination.lists import period_of as period_of
from chantiers.rooms.coordination.lists import task_numbers as task_numbers
from models import (
    FINISHED,
    Chantier,
    ChantierMembership,
    ChantierRole,
    ChantierStructure,
    Deliverable,
    DeliverableState,
    Objective,
    ObjectiveKind,
    ObjectiveTally,
    Structure,
    Task,
    TaskStatus,
    User,
    db,
    percent,
    today,
)

#: Next deliverables told of a chantier.
NEXT = 2
STATUSES = tuple(str(status) for status in TaskStatus)
STATES = tuple(str(state) for state in DeliverableState)


class Aim(NamedTuple):
    """An operational objective with its progress."""

    id: int
    text: str
    done: int
    counted: int

    @property
    def progress(self) -> int | None:
        return percent(self.done, self.counted)


class Next(NamedTuple):
    """A deliverable that is awaited."""

    id: int
    title: str
    expected_on: date


@dataclass
class DashboardRow:
    """Chantier of the dashboard, with its figures."""

    chantier: Chantier
    referents: list[str] = field(default_factory=list)
    aims: list[Aim] = field(default_factory=list)
    next: list[Next] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATUSES, 0))
    late: int = 0
    silent: int = 0
    without_pilote: int = 0
    structures: int = 0
    #: Deliverables by state.
    states: Counter[str] = field(default_factory=Counter)
    deliverables_late: int = 0
    deliverables_due: int = 0

    @property
    def deliverables(self) -> int:
        return self.states.total()

    @property
    def deliverables_approved(self) -> int:
        """Count of deliverables that are there: approved, and maybe published since."""
        return sum(self.states[state] for state in FINISHED)

    @property
    def blocked(self) -> int:
        return self.statuses[TaskStatus.BLOCKED]

    @property
    def done(self) -> int:
        return self.statuses[TaskStatus.DONE]

    @property
    def counted(self) -> int:
        """The tasks that progress is computed on: all but the abandoned ones."""
        return sum(self.statuses.values()) - self.statuses[TaskStatus.ABANDONED]

    @property
    def progress(self) -> int | None:
        return percent(self.done, self.counted)


@dataclass
class Shared:
    """The structures over all chantiers: enrolled somewhere, and carrying something."""

    enrolled: int = 0
    carrying: int = 0


def count_tasks(rows: dict[int, DashboardRow], scope: Scope) -> None:
    """Count tasks by status, chantier and objective: from the tallies, or counted where a structure narrows them."""
    tallies = [getattr(ObjectiveTally, status) for status in STATUSES]
    query = (
        select(Objective.id, Objective.chantier_id, func.substr(Objective.text, 1, 200), *tallies)
        .join(ObjectiveTally, ObjectiveTally.objective_id == Objective.id)
        .where(Objective.kind == ObjectiveKind.OPERATIONAL, Objective.live())
        .order_by(Objective.position, Objective.id)
    )
    carried = _carried(scope) if scope.structure else None
    for objective_id, chantier_id, text, *kept in db.session.execute(query):
        if chantier_id in rows:
            counts = Counter(
                dict(zip(STATUSES, kept, strict=True)) if carried is None else carried[objective_id]
            )
            row = rows[chantier_id]
            for status in STATUSES:
                row.statuses[status] += counts[status]
            counted = counts.total() - counts[TaskStatus.ABANDONED]
            row.aims.append(Aim(objective_id, text, counts[TaskStatus.DONE], counted))


def _carried(scope: Scope) -> dict[int, Counter[str]]:
    """Count the tasks that a structure carries by objective and status."""
    query = (
        select(Task.objective_id, Task.status, func.count())
        .where(Task.live(), Task.carried_by([scope.structure or 0]))
        .group_by(Task.objective_id, Task.status)
    )
    found: dict[int, Counter[str]] = defaultdict(Counter)
    for objective_id, status, number in db.session.execute(query):
        found[objective_id][status] = number
    return found


def count_alerts(rows: dict[int, DashboardRow], silent_after: int, scope: Scope) -> Shared:
    """Count what is late, silent and without pilote, and the structures that take part, on indexes made for that."""
    carried = [Task.carried_by([scope.structure])] if scope.structure else []

    def counted(figure: str, condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
        # Chantier by chantier, only what counts is walked; grouped, all that is open would be.
        walked = select(func.count()).where(Task.chantier_id == Chantier.id, condition, *carried)
        return select(literal(figure), Chantier.id, walked.scalar_subquery())

    def grouped(figure: str, chantier_id: Any, *conditions: Any) -> Select[*tuple[Any, ...]]:
        return select(literal(figure), chantier_id, func.count()).where(*conditions).group_by(chantier_id)

    def shared(figure: str, condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
        return select(literal(figure), literal(0), func.count()).where(
            Structure.merged_into_id.is_(None), condition
        )

    figures = union_all(
        counted("late", Task.late()),
        counted("silent", Task.silent(silent_after)),
        grouped("without_pilote", Task.chantier_id, Task.without_pilote(), *carried),
        grouped("structures", ChantierStructure.chantier_id, ChantierStructure.left_at.is_(None)),
        shared("enrolled", enrolled_in(scope)),
        shared("carrying", carries_in(scope, current_user)),
    )
    over_all = Shared()
    for figure, chantier_id, number in db.session.execute(figures):
        if chantier_id in rows:
            setattr(rows[chantier_id], figure, number)
        elif not chantier_id:
            setattr(over_all, figure, number)
    for chantier_id, row in rows.items():
        if not current_user.steers(chantier_id):
            row.silent = 0
    return over_all


def count_deliverables(rows: dict[int, DashboardRow], scope: Scope) -> None:
    """Count the deliverables of each chantier by state, those that are late, and those that are due soon."""
    known = DeliverableFilters(chantier=scope.chantier, structure=scope.structure).known_to(current_user)
    told = literal(current_user.reads_drafts)
    late, coming = (func.count().filter(told, due(when)) for when in ("retard", "bientot"))
    query = (
        select(Chantier.id, Deliverable.state, func.count(), late, coming)
        .join(Chantier, Chantier.id == Deliverable.chantier_id)
        .where(*known.conditions(Period.of("", None)))
        .group_by(Chantier.id, Deliverable.state)
    )
    for chantier_id, state, number, overdue, near in db.session.execute(query):
        if chantier_id in rows:
            row = rows[chantier_id]
            row.states[state] = number
            row.deliverables_late += overdue
            row.deliverables_due += near


def add_next_deliverables(rows: dict[int, DashboardRow], scope: Scope) -> None:
    """Add the next deliverables of each chantier shown; mere observers know no date of what is not there yet."""
    if not current_user.reads_drafts:
        return
    conditions = [answered_for_by(scope.structure)] if scope.structure else []
    place = func.row_number().over(
        partition_by=Deliverable.chantier_id, order_by=(Deliverable.expected_on, Deliverable.id)
    )
    ranked = (
        select(
            Deliverable.chantier_id,
            Deliverable.id,
            Deliverable.title,
            Deliverable.expected_on.label("day"),
            place.label("place"),
        )
        .where(
            Deliverable.unfinished(),
            Deliverable.expected_on >= today(),
            Deliverable.chantier_id.in_(rows),
            *conditions,
        )
        .subquery()
    )
    query = select(ranked).where(ranked.c.place <= NEXT).order_by(ranked.c.day, ranked.c.id)
    for chantier_id, *about, _place in db.session.execute(query):
        rows[chantier_id].next.append(Next(*about))


def names(rows: dict[int, DashboardRow]) -> list[tuple[int, str]]:
    """Add the référents of each chantier, and return the structures to narrow by, in one statement."""
    referents = (
        select(literal(True).label("is_person"), ChantierMembership.chantier_id, User.name, User.name_key)
        .join(User, User.id == ChantierMembership.user_id)
        .where(ChantierMembership.role == ChantierRole.REFERENT, User.closed_at.is_(None))
    )
    structures = select(literal(False), Structure.id, Structure.name, Structure.name_key).where(
        Structure.merged_into_id.is_(None), enrolled_in(Scope())
    )
    offered = []
    for is_person, number, name, _key in db.session.execute(
        union_all(referents, structures).order_by("name_key")
    ):
        if not is_person:
            offered.append((number, name))
        elif number in rows:
            rows[number].referents.append(name)
    return offered
