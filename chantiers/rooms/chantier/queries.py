"""What the screens of a chantier read: one function per screen or per part of it, each a fixed number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from flask_login import current_user
from sqlalchemy import Row, Select, and_, case, false, func, literal, null, or_, select, union_all
from sqlalchemy.orm import joinedload

from chantiers.language.journal import icon_of
from models import (
    A_MONTH,
    HOME,
    STARTED,
    Activity,
    Chantier,
    ChantierMembership,
    ChantierRole,
    ChantierStructure,
    Deliverable,
    DeliverableType,
    Objective,
    ObjectiveTally,
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
#: Lines on one page of the journal.
LINES = 50


# All chantiers --------------------------------------------------------------------------------------------------------


@dataclass
class Card:
    """A chantier beside the others: its progress, its référents, its counts."""

    chantier: Chantier
    done: int
    total: int
    blocked: int
    approved: int
    deliverables: int
    structures: int
    referents: list[str]


def cards() -> list[Card]:
    """Every chantier with its figures, in five statements."""
    tasks = _by_chantier(
        select(
            ObjectiveTally.chantier_id,
            func.sum(ObjectiveTally.done),
            func.sum(ObjectiveTally.counted),
            func.sum(ObjectiveTally.blocked),
        ).group_by(ObjectiveTally.chantier_id)
    )
    deliverables = _by_chantier(
        select(
            Deliverable.chantier_id,
            func.sum(case((Deliverable.finished(), 1), else_=0)),
            func.count(),
        )
        .where(Deliverable.live())
        .group_by(Deliverable.chantier_id)
    )
    structures = _by_chantier(
        select(ChantierStructure.chantier_id, func.count())
        .where(ChantierStructure.left_at.is_(None))
        .group_by(ChantierStructure.chantier_id)
    )
    referents: dict[int, list[str]] = {}
    for chantier_id, name in db.session.execute(_referents(User.name)):
        referents.setdefault(chantier_id, []).append(name)
    found = []
    for each in db.session.scalars(Chantier.visible_to(current_user)):
        done, total, blocked = tasks.get(each.id, (0, 0, 0))
        approved, promised = deliverables.get(each.id, (0, 0))
        (enrolled,) = structures.get(each.id, (0,))
        found.append(
            Card(each, done, total, blocked, approved, promised, enrolled, referents.get(each.id, []))
        )
    return found


def _by_chantier(statement: Select[*tuple[Any, ...]]) -> dict[int, tuple[int, ...]]:
    return {row[0]: tuple(int(figure or 0) for figure in row[1:]) for row in db.session.execute(statement)}


def _referents(*columns: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(ChantierMembership.chantier_id, *columns)
        .join(User, User.id == ChantierMembership.user_id)
        .where(ChantierMembership.role == ChantierRole.REFERENT, User.closed_at.is_(None))
        .order_by(ChantierMembership.since, User.name_key)
    )


# One chantier at a glance ---------------------------------------------------------------------------------------------


@dataclass
class Line:
    """An objective on the chantier's page: its figures, and what it promised."""

    objective: Objective
    late: int
    silent: int
    unled: int
    deliverables: list[Any]


class Person(NamedTuple):
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
    lines: list[Line]
    counts: dict[str, int]
    late: int
    silent: int
    unled: int
    late_deliverables: int
    blocked: Sequence[Row[*tuple[Any, ...]]]
    agenda: Sequence[Row[*tuple[Any, ...]]]
    agenda_total: int
    referents: list[Person]
    structures: list[Enrolled]
    structures_total: int
    news: list["Entry"]
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
    """The chantier's page, in eight statements whatever it holds."""
    objectives = _objectives_with_figures(of, silent_after)
    promised: dict[int, list[Any]] = {}
    for row in deliverables(of):
        promised.setdefault(row.objective_id, []).append(row)
    lines = [
        Line(objective, late or 0, silent or 0, unled or 0, promised.get(objective.id, []))
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
    """The chantier's deliverables, those with a date first; their type, title and state, which all may read."""
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
    """What is due within six weeks or late, tasks and deliverables together, soonest first, with how many in all."""
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
    """The tasks that have a date, as rows of a calendar or an agenda."""
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
    """The deliverables that have a date which this person may know, as the same rows."""
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


def _who_is_in(of: Chantier) -> tuple[list[Person], list[Enrolled], int]:
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
    people = [Person(row.id, row.name, row.note) for row in rows if row.kind == "person"]
    enrolled = [row for row in rows if row.kind == "structure"]
    return (
        people,
        [Enrolled(row.id, row.name, row.note, bool(row.is_example)) for row in enrolled],
        enrolled[0].total if enrolled else 0,
    )


# The journal ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """A line of the journal; what is in the bin is named, without a link or what was said of it."""

    activity: Activity
    is_trashed: bool

    @property
    def icon(self) -> str:
        return icon_of(self.activity)


#: Kinds of thing that the journal can be narrowed to, as the address says them: the beginnings of their actions.
JOURNAL_KINDS = {
    "taches": ("task.",),
    "livrables": ("deliverable.",),
    "objectifs": ("objective.",),
    "membres": ("member.", "structure."),
}


def entries(
    of: Chantier,
    user: User,
    *,
    limit: int = LINES,
    before: int | None = None,
    kind: str = "",
    actor_id: int | None = None,
) -> list[Entry]:
    """The latest lines of the chantier's journal, before one where given."""
    trashed = or_(
        and_(Activity.subject_type == "task", Task.trashed_at.is_not(None)),
        and_(Activity.subject_type == "deliverable", Deliverable.trashed_at.is_not(None)),
    )
    lines = (
        select(Activity, trashed)
        .outerjoin(Task, and_(Activity.subject_type == "task", Task.id == Activity.subject_id))
        .outerjoin(
            Deliverable, and_(Activity.subject_type == "deliverable", Deliverable.id == Activity.subject_id)
        )
        .options(joinedload(Activity.actor))
        .where(Activity.chantier_id == of.id, Activity.told_to(user))
        .order_by(Activity.id.desc())
        .limit(limit)
    )
    if before:
        lines = lines.where(Activity.id < before)
    if kind in JOURNAL_KINDS:
        lines = lines.where(or_(*(Activity.action.startswith(start) for start in JOURNAL_KINDS[kind])))
    if actor_id:
        lines = lines.where(Activity.actor_id == actor_id)
    return [Entry(activity, bool(in_bin)) for activity, in_bin in db.session.execute(lines)]


def by_day(lines: list[Entry]) -> list[tuple[date, list[Entry]]]:
    """The lines under the day, in France, on which they were written."""
    return [
        (day, list(group))
        for day, group in groupby(lines, lambda line: line.activity.at.astimezone(HOME).date())
    ]


def people_to_filter(of: Chantier) -> list[tuple[int, str]]:
    """The members whose doings the journal can show alone."""
    rows = (
        select(User.id, User.name)
        .join(ChantierMembership, ChantierMembership.user_id == User.id)
        .where(ChantierMembership.chantier_id == of.id, User.closed_at.is_(None))
        .order_by(User.name_key, User.id)
        .limit(200)
    )
    return [(user_id, name) for user_id, name in db.session.execute(rows)]
