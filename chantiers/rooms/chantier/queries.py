"""Queries of a chantier's page: objectives, figures, deliverables, agenda, people; a fixed number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple

from flask_login import current_user
from sqlalchemy import Row, Select, and_, case, false, func, literal, null, or_, select, union_all
from sqlalchemy.orm import joinedload

from chantiers.rooms.chantier.journal_queries import JournalEntry, entries
from models import (
    A_MONTH,
    STARTED,
    Chantier,
    ChantierMembership,
    ChantierRole,
    ChantierStructure,
    Deliverable,
    DeliverableType,
    Objective,
    ProgressUpdate,
    Structure,
    Task,
    TaskStatus,
    User,
    db,
    is_overdue,
    now,
    today,
)

#: How far ahead the chantier's first page looks.
SOON = timedelta(weeks=6)
AGENDA, BLOCKED, NEWS, DELIVERABLES, STRUCTURES = 10, 5, 8, 60, 16
#: How many past météos stand beside the latest.
WEATHERS = 6


@dataclass
class GlanceObjective:
    """An objective on the chantier's page: its figures, and what it promised."""

    objective: Objective
    late: int
    silent: int
    unled: int
    deliverables: list[Any]


class GlanceReferent(NamedTuple):
    """A référent, as the chantier's page names them."""

    id: int
    name: str
    title: str


class Enrolled(NamedTuple):
    """A structure that takes part, as a link."""

    id: int
    name: str
    slug: str
    is_example: bool


@dataclass
class Glance:
    """Everything that the chantier's page shows."""

    political: list[Objective]
    lines: list[GlanceObjective]
    counts: dict[str, int]
    late: int
    silent: int
    unled: int
    late_deliverables: int
    blocked: Sequence[Row[*tuple[Any, ...]]]
    agenda: Sequence[Row[*tuple[Any, ...]]]
    agenda_total: int
    referents: list[GlanceReferent]
    structures: list[Enrolled]
    structures_total: int
    news: list["JournalEntry"]
    #: What the référents said lately, the latest first; nothing for mere observers.
    updates: Sequence[ProgressUpdate]

    @property
    def done(self) -> int:
        return self.counts[TaskStatus.DONE]

    @property
    def wants_update(self) -> bool:
        """Whether the last point d'avancement is a month old, or there is none."""
        return not self.updates or self.updates[0].at <= now() - A_MONTH

    @property
    def present(self) -> dict[str, int]:
        """The statuses in which there are tasks, with how many."""
        return {status: count for status, count in self.counts.items() if count}

    @property
    def total(self) -> int:
        return sum(self.counts.values()) - self.counts[TaskStatus.ABANDONED]


def glance(of: Chantier, silent_after: int, user: User) -> Glance:
    """Return the chantier's page, in eight statements whatever it holds."""
    objectives = _objectives_with_figures(of, silent_after)
    promised: dict[int, list[Any]] = {}
    for row in deliverables(of):
        promised.setdefault(row.objective_id, []).append(row)
    lines = [
        GlanceObjective(objective, late or 0, silent or 0, unled or 0, promised.get(objective.id, []))
        for objective, late, silent, unled in objectives
        if objective.is_operational
    ]
    agenda = _agenda(of)
    referents, structures, structures_total = _who_is_in(of)
    return Glance(
        political=[row[0] for row in objectives if not row[0].is_operational],
        lines=lines,
        counts={str(s): sum(getattr(line.objective.tally, s) for line in lines) for s in TaskStatus},
        late=sum(line.late for line in lines),
        silent=sum(line.silent for line in lines),
        unled=sum(line.unled for line in lines),
        late_deliverables=sum(
            is_overdue(d.state, d.expected_on) for line in lines for d in line.deliverables
        ),
        blocked=_blocked(of),
        agenda=agenda,
        agenda_total=agenda[0].total if agenda else 0,
        referents=referents,
        structures=structures,
        structures_total=structures_total,
        news=entries(of, user, limit=NEWS),
        updates=[]
        if user.is_only_observer
        else db.session.scalars(ProgressUpdate.of(of.id).limit(WEATHERS)).all(),
    )


def _objectives_with_figures(of: Chantier, silent_after: int) -> Sequence[Any]:
    silent = and_(Task.status.in_(STARTED), Task.last_news_at < now() - timedelta(days=silent_after))
    figures = (
        select(
            Task.objective_id,
            func.sum(case((Task.due_on < today(), 1), else_=0)).label("late"),
            func.sum(case((silent, 1), else_=0)).label("silent"),
            func.sum(case((Task.pilote_id.is_(None), 1), else_=0)).label("unled"),
        )
        .where(Task.chantier_id == of.id, Task.open_now())
        .group_by(Task.objective_id)
        .subquery()
    )
    statement = (
        select(Objective, figures.c.late, figures.c.silent, figures.c.unled)
        .outerjoin(figures, figures.c.objective_id == Objective.id)
        .where(Objective.chantier_id == of.id, Objective.live())
        .options(joinedload(Objective.tally, innerjoin=True))
        .order_by(Objective.position, Objective.id)
    )
    return db.session.execute(statement).all()


def deliverables(of: Chantier) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the chantier's deliverables, those with a date first; their type, title and state, which all may read."""
    date_told = Deliverable.date_told_to(current_user)
    return db.session.execute(
        select(
            Deliverable.id,
            Deliverable.objective_id,
            Deliverable.title,
            Deliverable.state,
            date_told.label("expected_on"),
            DeliverableType.key,
            DeliverableType.name,
        )
        .join(DeliverableType)
        .where(Deliverable.chantier_id == of.id, Deliverable.live())
        .order_by(date_told.is_(None), date_told, Deliverable.id)
        .limit(DELIVERABLES)
    ).all()


def _blocked(of: Chantier) -> Sequence[Row[*tuple[Any, ...]]]:
    return db.session.execute(
        select(
            Task.id,
            Task.title,
            Task.blocked_reason,
            Task.blocked_need,
            Task.status_since,
            Structure.name.label("pilote"),
        )
        .outerjoin(Structure, Structure.id == Task.pilote_id)
        .where(Task.chantier_id == of.id, Task.blocked_now())
        .order_by(Task.status_since, Task.id)
        .limit(BLOCKED)
    ).all()


def _agenda(of: Chantier) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the tasks and deliverables late or due within six weeks, soonest first, with how many in all."""
    until = today() + SOON
    dated = union_all(
        dated_tasks(of).where(Task.open_now(), Task.due_on <= until),
        dated_deliverables(of).where(
            Deliverable.unfinished(), Deliverable.date_told_to(current_user) <= until
        ),
    ).subquery()
    return db.session.execute(
        select(dated, func.count().over().label("total"), Structure.name.label("pilote"))
        .outerjoin(Structure, Structure.id == dated.c.pilote_id)
        .order_by(dated.c.due_on, dated.c.kind, dated.c.id)
        .limit(AGENDA)
    ).all()


def dated_tasks(of: Chantier) -> Select[*tuple[Any, ...]]:
    """Return the tasks that have a date, as rows of a calendar or an agenda."""
    return select(
        literal("task").label("kind"),
        Task.id,
        Task.title,
        Task.due_on.label("due_on"),
        Task.status.label("state"),
        Task.objective_id,
        Task.pilote_id,
    ).where(Task.chantier_id == of.id, Task.live(), Task.due_on.is_not(None))


def dated_deliverables(of: Chantier) -> Select[*tuple[Any, ...]]:
    """Return the deliverables that have a date which this person may know, as the same rows."""
    date_told = Deliverable.date_told_to(current_user)
    return select(
        literal("deliverable"),
        Deliverable.id,
        Deliverable.title,
        date_told,
        Deliverable.state,
        Deliverable.objective_id,
        null(),
    ).where(Deliverable.chantier_id == of.id, Deliverable.live(), date_told.is_not(None))


def _who_is_in(of: Chantier) -> tuple[list[GlanceReferent], list[Enrolled], int]:
    """Its référents, the first of its structures, and how many structures there are, in one statement."""
    referents = (
        select(
            literal("person").label("kind"),
            User.id,
            User.name,
            User.title.label("note"),
            false().label("is_example"),
            func.row_number().over(order_by=(ChantierMembership.since, User.name_key)).label("place"),
            func.count().over().label("total"),
        )
        .join(ChantierMembership, ChantierMembership.user_id == User.id)
        .where(
            ChantierMembership.chantier_id == of.id,
            ChantierMembership.role == ChantierRole.REFERENT,
            User.closed_at.is_(None),
        )
    )
    structures = (
        select(
            literal("structure"),
            Structure.id,
            Structure.name,
            Structure.slug,
            Structure.is_example,
            func.row_number().over(order_by=(Structure.name_key, Structure.id)),
            func.count().over(),
        )
        .join(ChantierStructure, ChantierStructure.structure_id == Structure.id)
        .where(ChantierStructure.chantier_id == of.id, ChantierStructure.left_at.is_(None))
    )
    both = union_all(referents, structures).subquery()
    rows = db.session.execute(
        select(both)
        .where(or_(both.c.kind == "person", both.c.place <= STRUCTURES))
        .order_by(both.c.kind, both.c.place)
    ).all()
    people = [GlanceReferent(row.id, row.name, row.note) for row in rows if row.kind == "person"]
    enrolled = [row for row in rows if row.kind == "structure"]
    return (
        people,
        [Enrolled(row.id, row.name, row.note, bool(row.is_example)) for row in enrolled],
        enrolled[0].total if enrolled else 0,
    )
