"""Queries of the page of a deliverable, its versions and its forms, through the person who looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from flask_login import current_user
from sqlalchemy import Select, case, func, or_, select
from sqlalchemy.orm import aliased, contains_eager, defer, joinedload, selectinload

from chantiers.web import loaders
from models import (
    Activity,
    Deliverable,
    DeliverableVersion,
    Objective,
    Structure,
    Task,
    Verdict,
    VersionKind,
    db,
    deliverable_task,
    held,
    title_matches,
)

#: How many versions the page of a deliverable shows at once.
VERSIONS = 10
#: How many lines of history it shows; the rest has a page of its own.
LINES = 8
HISTORY = 50
#: How many tasks are offered to choose from; a word narrows them down.
OFFERED = 30
#: No deliverable has so many pages of versions; a larger number in an address says nothing.
MOST_PAGES = 10_000


@dataclass(frozen=True)
class DeliverableDetails:
    """Content of a deliverable's page beside the deliverable itself."""

    latest: int
    reference: DeliverableVersion | None
    versions: Sequence[DeliverableVersion]
    verdicts: Sequence[Any]
    tasks: Sequence[Task]
    history: Sequence[Activity]
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.latest // VERSIONS))


def deliverable(deliverable_id: int) -> Deliverable | None:
    """Return a deliverable as its page shows it."""
    return db.session.scalar(
        Deliverable.visible_to(current_user)
        .where(Deliverable.id == deliverable_id)
        .options(
            joinedload(Deliverable.chantier),
            joinedload(Deliverable.objective),
            joinedload(Deliverable.created_by),
            selectinload(Deliverable.structures),
        )
    )


def drafted(deliverable_id: int) -> Deliverable | None:
    """Return a deliverable to those who read drafts: what is told only to them is not found by others."""
    return deliverable(deliverable_id) if loaders.reads_drafts() else None


def to_change(deliverable_id: int) -> Deliverable | None:
    """Return a deliverable with all that its verbs touch, locked while it is changed."""
    return db.session.scalar(
        held(Deliverable.visible_to(current_user).where(Deliverable.id == deliverable_id), Deliverable)
        .options(*Deliverable.whole())
        .execution_options(populate_existing=True)
    )


def life(deliverable: Deliverable, page: int) -> DeliverableDetails:
    """Its versions (latest first), what was said of them, its tasks and its latest history.

    A page beyond the last is the last: the database knows how many there are, and one statement asks it everything.
    """
    every = aliased(DeliverableVersion)
    greatest = select(func.max(every.number)).where(every.deliverable_id == deliverable.id)
    approved = greatest.where(every.approved_at.is_not(None)).scalar_subquery()
    newest = greatest.scalar_subquery()
    asked, last_index = min(max(page, 1), MOST_PAGES) - 1, (newest - 1) // VERSIONS
    last = newest - case((last_index < asked, last_index), else_=asked) * VERSIONS
    shown = or_(
        DeliverableVersion.number.between(last - VERSIONS + 1, last), DeliverableVersion.number == approved
    )
    rows = db.session.execute(_versions(deliverable.id).add_columns(newest, approved).where(shown)).all()
    latest, reference = (rows[0][1], rows[0][2]) if rows else (0, None)
    page = min(asked + 1, max(1, -(-latest // VERSIONS)))
    last_shown = latest - (page - 1) * VERSIONS
    found = [row[0] for row in rows]
    return DeliverableDetails(
        latest=latest,
        reference=next((version for version in found if version.number == reference), None),
        versions=[version for version in found if last_shown - VERSIONS < version.number <= last_shown],
        verdicts=_verdicts(deliverable),
        tasks=_tasks(deliverable),
        history=history(deliverable, 1, LINES),
        page=page,
    )


def reference(deliverable: Deliverable) -> DeliverableVersion | None:
    """Return the version that stands for it: the last approved one."""
    return db.session.scalar(_versions(deliverable.id).where(DeliverableVersion.is_reference()))


def latest(deliverable: Deliverable) -> DeliverableVersion | None:
    """Its latest version, with its text."""
    return db.session.scalar(
        DeliverableVersion.visible_to(current_user)
        .where(DeliverableVersion.deliverable_id == deliverable.id)
        .options(joinedload(DeliverableVersion.author))
        .order_by(DeliverableVersion.number.desc())
        .limit(1)
        .execution_options(populate_existing=True)
    )


def latest_text(deliverable: Deliverable) -> str:
    """Return the latest text written here, from which the next one starts."""
    text = (
        DeliverableVersion.visible_to(current_user)
        .where(
            DeliverableVersion.deliverable_id == deliverable.id, DeliverableVersion.kind == VersionKind.TEXT
        )
        .with_only_columns(DeliverableVersion.text)
        .order_by(DeliverableVersion.number.desc())
    )
    return db.session.scalar(text.limit(1)) or ""


def version(deliverable_id: int, number: int) -> DeliverableVersion | None:
    """Return a version, if this person may read it, with its deliverable and its text."""
    return db.session.scalar(
        DeliverableVersion.visible_to(current_user)
        .where(DeliverableVersion.deliverable_id == deliverable_id, DeliverableVersion.number == number)
        .options(
            contains_eager(DeliverableVersion.deliverable).joinedload(Deliverable.chantier),
            joinedload(DeliverableVersion.author),
        )
    )


class Choice(NamedTuple):
    """A version to compare: its number, and when it was added."""

    number: int
    at: datetime


def to_compare(deliverable: Deliverable) -> Sequence[Choice]:
    """Its versions to choose from, the latest first."""
    query = (
        DeliverableVersion.visible_to(current_user)
        .where(DeliverableVersion.deliverable_id == deliverable.id)
        .with_only_columns(DeliverableVersion.number, DeliverableVersion.at)
        .order_by(DeliverableVersion.number.desc())
    )
    return [Choice(*row) for row in db.session.execute(query)]


def compared(deliverable: Deliverable, *numbers: int) -> list[DeliverableVersion]:
    """Return these versions, with their texts, in the order asked."""
    query = (
        DeliverableVersion.visible_to(current_user)
        .where(DeliverableVersion.deliverable_id == deliverable.id, DeliverableVersion.number.in_(numbers))
        .options(joinedload(DeliverableVersion.author))
    )
    found = {version.number: version for version in db.session.scalars(query)}
    return [found[number] for number in numbers]


def history(deliverable: Deliverable, page: int, lines: int = HISTORY) -> Sequence[Activity]:
    """Return a page of what happened to it, latest first."""
    return db.session.scalars(Activity.about(deliverable).limit(lines).offset((page - 1) * lines)).all()


def history_pages(deliverable: Deliverable) -> int:
    """Count the pages of its history."""
    lines = Activity.about(deliverable).with_only_columns(func.count(Activity.id)).order_by(None)
    return max(1, -(-(db.session.scalar(lines) or 0) // HISTORY))


def _versions(deliverable_id: int) -> Select[DeliverableVersion]:
    return (
        DeliverableVersion.visible_to(current_user)
        .where(DeliverableVersion.deliverable_id == deliverable_id)
        .options(joinedload(DeliverableVersion.author), defer(DeliverableVersion.text, raiseload=True))
        .order_by(DeliverableVersion.number.desc())
    )


def _verdicts(deliverable: Deliverable) -> Sequence[Any]:
    """Return (verdict, number of the version it speaks of), latest first."""
    return db.session.execute(
        select(Verdict, DeliverableVersion.number)
        .join(DeliverableVersion, DeliverableVersion.id == Verdict.version_id)
        .where(Verdict.deliverable_id == deliverable.id)
        .options(joinedload(Verdict.by))
        .order_by(Verdict.id.desc())
        .limit(VERSIONS)
    ).all()


def _tasks(deliverable: Deliverable) -> Sequence[Task]:
    links = select(deliverable_task.c.task_id).where(deliverable_task.c.deliverable_id == deliverable.id)
    return db.session.scalars(
        Task.visible_to(current_user)
        .where(Task.id.in_(links))
        .options(joinedload(Task.pilote))
        .order_by(Task.due_on.nulls_last(), Task.id)
        .limit(OFFERED)
    ).all()


def objectives(chantier_id: int) -> Sequence[Objective]:
    """Return the operational objectives of a chantier, in their order, with the chantier that their verbs need."""
    return db.session.scalars(
        Objective.operational_of(chantier_id).options(joinedload(Objective.chantier))
    ).all()


def structures() -> Sequence[Structure]:
    """Every structure of the directory: giving a deliverable to one that is not in the chantier enrols it."""
    return db.session.scalars(Structure.visible_to(current_user)).all()


def offered_tasks(deliverable: Deliverable, search: str) -> Sequence[Task]:
    """Tasks of its chantier to choose from: those of its objective first, narrowed down by a word of their title."""
    near = case((Task.objective_id == deliverable.objective_id, 0), else_=1)
    query = (
        Task.visible_to(current_user)
        .where(Task.chantier_id == deliverable.chantier_id)
        .where(Task.id.not_in([task.id for task in deliverable.tasks]))
        .order_by(near, Task.id.desc())
    )
    if search:
        query = query.where(title_matches(search))
    return db.session.scalars(query.limit(OFFERED)).all()


def tasks_of(chantier_id: int, ids: Sequence[int]) -> Sequence[Task]:
    """Return those of these tasks that are in the chantier and not in the bin."""
    return db.session.scalars(
        Task.visible_to(current_user).where(Task.chantier_id == chantier_id, Task.id.in_(ids))
    ).all()
