"""What the coordination dashboard shows: all chantiers side by side, and what needs a decision."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from flask_login import current_user
from sqlalchemy import ColumnElement, Select, func, literal, select, union_all
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from models import (
    Chantier,
    ChantierMembership,
    ChantierRole,
    ChantierStructure,
    Deliverable,
    ObjectiveTally,
    Task,
    TaskStatus,
    User,
    db,
    percent,
    today,
)

#: How far ahead « à venir » looks.
AHEAD = timedelta(weeks=6)
#: How many lines the lists under the table show; each says how many there are in all.
LINES = 12

STATUSES = tuple(str(status) for status in TaskStatus)


@dataclass
class Row:
    """One chantier of the dashboard, with its figures."""

    chantier: Chantier
    referents: list[str] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=lambda: dict.fromkeys(STATUSES, 0))
    late: int = 0
    silent: int = 0
    without_pilote: int = 0
    structures: int = 0
    deliverables: int = 0
    deliverables_approved: int = 0
    deliverables_late: int = 0
    deliverables_due: int = 0

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


@dataclass(frozen=True)
class Dashboard:
    """The whole screen."""

    rows: Sequence[Row]
    blocked: Sequence[Task]
    deliverables: Sequence[Deliverable]
    show_silence: bool

    def total(self, figure: str) -> int:
        """A figure over all chantiers."""
        return sum(getattr(row, figure) for row in self.rows)


def dashboard(user: User, silent_after: int) -> Dashboard:
    """Every chantier with its figures, what is blocked and what is due, in a fixed number of statements."""
    rows = {
        chantier.id: Row(chantier)
        for chantier in db.session.scalars(Chantier.visible_to(user).where(Chantier.archived_at.is_(None)))
    }
    _count_statuses(rows)
    _count_alerts(rows, silent_after)
    _count_deliverables(rows)
    _name_referents(rows)
    return Dashboard(
        rows=list(rows.values()),
        blocked=_blocked(),
        deliverables=_next_deliverables(list(rows)),
        show_silence=user.is_coordinator or any(user.leads(chantier_id) for chantier_id in rows),
    )


def _count_statuses(rows: dict[int, Row]) -> None:
    sums = [func.sum(getattr(ObjectiveTally, status)) for status in STATUSES]
    query = select(ObjectiveTally.chantier_id, *sums).group_by(ObjectiveTally.chantier_id)
    for chantier_id, *counts in db.session.execute(query):
        if chantier_id in rows:
            rows[chantier_id].statuses = {
                status: int(count) for status, count in zip(STATUSES, counts, strict=True)
            }


def _count_alerts(rows: dict[int, Row], silent_after: int) -> None:
    """Late, silent and without pilote, and the structures that take part: counted on indexes made for them."""

    def counted(figure: str, condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
        # Chantier by chantier, only what counts is walked; grouped, all that is open would be.
        walked = select(func.count()).where(Task.chantier_id == Chantier.id, condition).scalar_subquery()
        return select(literal(figure), Chantier.id, walked)

    def grouped(figure: str, chantier_id: Any, condition: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
        return select(literal(figure), chantier_id, func.count()).where(condition).group_by(chantier_id)

    figures = union_all(
        counted("late", Task.late()),
        counted("silent", Task.silent(silent_after)),
        grouped("without_pilote", Task.chantier_id, Task.without_pilote()),
        grouped("structures", ChantierStructure.chantier_id, ChantierStructure.left_at.is_(None)),
    )
    for figure, chantier_id, number in db.session.execute(figures):
        if chantier_id in rows:
            setattr(rows[chantier_id], figure, number)


def _count_deliverables(rows: dict[int, Row]) -> None:
    date_told = Deliverable.date_told_to(current_user)
    late = func.count().filter(Deliverable.unfinished(), date_told < today())
    due = func.count().filter(Deliverable.unfinished(), date_told.between(today(), today() + AHEAD))
    approved = func.count().filter(Deliverable.finished())
    query = (
        select(Deliverable.chantier_id, func.count(), approved, late, due)
        .where(Deliverable.live())
        .group_by(Deliverable.chantier_id)
    )
    for chantier_id, total, done, overdue, coming in db.session.execute(query):
        if chantier_id in rows:
            row = rows[chantier_id]
            row.deliverables, row.deliverables_approved = total, done
            row.deliverables_late, row.deliverables_due = overdue, coming


def _name_referents(rows: dict[int, Row]) -> None:
    query = (
        select(ChantierMembership.chantier_id, User.name)
        .join(User, User.id == ChantierMembership.user_id)
        .where(ChantierMembership.role == ChantierRole.REFERENT, User.closed_at.is_(None))
        .order_by(User.name_key)
    )
    for chantier_id, name in db.session.execute(query):
        if chantier_id in rows:
            rows[chantier_id].referents.append(name)


def _blocked() -> Sequence[Task]:
    """Blocked tasks, the longest blocked first."""
    query = (
        select(Task)
        .join(Task.chantier)
        .where(Task.blocked_now(), Chantier.archived_at.is_(None))
        .order_by(Task.status_since, Task.id)
        .limit(LINES)
        .options(contains_eager(Task.chantier), joinedload(Task.pilote))
    )
    return db.session.scalars(query).all()


def _next_deliverables(chantier_ids: list[int]) -> Sequence[Deliverable]:
    """Deliverables that are late or expected soon, by date."""
    query = (
        select(Deliverable)
        .where(
            Deliverable.unfinished(),
            Deliverable.date_told_to(current_user) <= today() + AHEAD,
            Deliverable.chantier_id.in_(chantier_ids),
        )
        .order_by(Deliverable.expected_on, Deliverable.id)
        .limit(LINES)
        .options(joinedload(Deliverable.chantier), selectinload(Deliverable.structures))
    )
    return db.session.scalars(query).all()
