"""What « Mon travail » shows: what is expected of a person, where they can help, and what moved in their chantiers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import url_for
from sqlalchemy import ColumnElement, Select, false, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from chantiers.mail import checkpoint_links
from models import (
    Activity,
    Chantier,
    Checkpoint,
    CheckpointLine,
    Decision,
    Deliverable,
    DeliverableState,
    JoinRequest,
    Meeting,
    ObjectiveTally,
    ProgressUpdate,
    ReviewRequest,
    ReviewRound,
    Structure,
    Task,
    TaskStatus,
    User,
    db,
    now,
)

#: How many lines a section shows; what is beyond is one link away.
LINES = 12
#: Help and news are offers: a few are read, many are skipped.
OFFERS = 5
#: Tasks of a point d'étape that are answered right here; its own page has them all.
POINTS = 4
RECENTLY = timedelta(days=30)


@dataclass(frozen=True)
class MyChantier:
    """A chantier of mine, with its progress."""

    chantier: Chantier
    is_referent: bool
    done: int
    counted: int
    #: Whether the point d'avancement of the month waits for this person.
    wants_update: bool


@dataclass(frozen=True)
class Awaited:
    """What the nearest point d'étape awaits of a person: its tasks, and the addresses that answer for each."""

    checkpoint: Checkpoint
    tasks: Sequence[Task]
    #: How many it awaits in all; the first ones are here.
    total: int
    addresses: dict[int, dict[str, str]]
    all_of_them: str


@dataclass(frozen=True)
class MyWork:
    """The whole screen."""

    expected: Sequence[Task]
    has_more_expected: bool
    to_validate: Sequence[Task]
    in_review: Sequence[Deliverable]
    asked: Sequence[ReviewRequest]
    point: "Awaited | None"
    joining: Sequence[JoinRequest]
    blocked_in_mine: Sequence[Task]
    needing_help: Sequence[Task]
    unclaimed: Sequence[Task]
    chantiers: Sequence[MyChantier]
    news: Sequence[Activity]
    #: Those of this person's structures that lead what is expected: their pages tell what the list does not hold.
    structures: Sequence[Structure]
    belongs: bool
    #: What a mere observer comes for: what was achieved, and what was decided. Empty for others.
    finished: Sequence[Deliverable]
    decisions: Sequence[Decision]
    #: When their visit before this one ended; None for whoever comes for the first time.
    since: datetime | None

    @property
    def updates_wanted(self) -> list[Chantier]:
        """The chantiers whose point d'avancement of the month waits for this person."""
        return [mine.chantier for mine in self.chantiers if mine.wants_update]

    @property
    def awaits_decision(self) -> bool:
        """Whether something waits for this person's word as a référent."""
        return bool(self.to_validate or self.in_review or self.blocked_in_mine or self.joining)


def my_work(user: User) -> MyWork:
    """Everything that « Mon travail » shows to this person, in a fixed number of statements."""
    standing = user.standing
    led = [chantier_id for chantier_id in standing.chantiers if user.leads(chantier_id)]
    watches = user.is_only_observer
    expected = expected_of(user) if not watches else []
    decisions = _waiting_for_referent(led) if led else []
    help_wanted = _where_to_help(user) if not watches else []
    return MyWork(
        expected=expected[:LINES],
        has_more_expected=len(expected) > LINES,
        to_validate=[task for task in decisions if task.status == TaskStatus.TO_VALIDATE],
        blocked_in_mine=[task for task in decisions if task.status == TaskStatus.BLOCKED],
        in_review=_in_review(led) if led else [],
        point=_point(user) if not watches else None,
        joining=db.session.scalars(JoinRequest.waiting_in(led).limit(LINES)).all() if led else [],
        asked=_asked(user) if not watches else [],
        needing_help=[task for task in help_wanted if task.status == TaskStatus.BLOCKED],
        unclaimed=[task for task in help_wanted if task.status != TaskStatus.BLOCKED],
        chantiers=_chantiers_of(user),
        news=_news(user, user.last_visit_at or now() - RECENTLY),
        finished=_finished() if watches else [],
        decisions=_decided() if watches else [],
        since=user.last_visit_at,
        structures=_leading(expected, standing.structures),
        belongs=bool(standing.structures or standing.chantiers),
    )


def expected_of(user: User) -> Sequence[Task]:
    """The open tasks that name this person or that a structure of theirs carries: late and soonest first.

    What waits for a référent's word is no longer expected of those who did it.
    """
    return _read(
        select(Task).where(Task.expected_of(user)).order_by(Task.due_on.is_(None), Task.due_on, Task.id)
    )


def _leading(tasks: Sequence[Task], mine: frozenset[int]) -> Sequence[Structure]:
    """Those of my structures that lead one of these tasks, by name."""
    led = {task.pilote.id: task.pilote for task in tasks if task.pilote and task.pilote.id in mine}
    return sorted(led.values(), key=lambda structure: structure.name_key)


def _waiting_for_referent(led: list[int]) -> Sequence[Task]:
    """Tasks of these chantiers that wait for a référent's word: to validate, or blocked."""

    def waiting(status: TaskStatus) -> Select[Task]:
        longest_first = Task.status_since, Task.id
        return (
            select(Task)
            .where(Task.chantier_id.in_(led), Task.status == status, Task.live())
            .order_by(*longest_first)
        )

    return _read_both(waiting(TaskStatus.TO_VALIDATE), waiting(TaskStatus.BLOCKED), lines=LINES)


def _in_review(led: list[int]) -> Sequence[Deliverable]:
    reading = (
        Deliverable.chantier_id.in_(led),
        Deliverable.state == DeliverableState.IN_REVIEW,
        Deliverable.live(),
    )
    query = select(Deliverable).where(*reading).order_by(Deliverable.state_since).limit(LINES)
    return db.session.scalars(query.options(joinedload(Deliverable.chantier))).all()


def _asked(user: User) -> Sequence[ReviewRequest]:
    query = ReviewRequest.asked_of(user).limit(LINES)
    return db.session.scalars(
        query.options(
            contains_eager(ReviewRequest.round).joinedload(ReviewRound.deliverable),
            joinedload(ReviewRequest.structure),
        )
    ).all()


def _point(user: User) -> Awaited | None:
    """The tasks that the nearest point d'étape under way awaits."""
    count = func.count().over(partition_by=CheckpointLine.checkpoint_id)
    found = db.session.execute(CheckpointLine.awaited_of(user).add_columns(count).limit(POINTS)).all()
    if not found:
        return None
    nearest, total = found[0][0].checkpoint, found[0][1]
    tasks = [line.task for line, _ in found if line.checkpoint_id == nearest.id]
    return Awaited(
        checkpoint=nearest,
        tasks=tasks,
        total=total,
        addresses={task.id: checkpoint_links.addresses(nearest.id, user, task.id) for task in tasks},
        all_of_them=url_for("checkpoints.from_mail", token=checkpoint_links.token(nearest.id, user)),
    )


def _where_to_help(user: User) -> Sequence[Task]:
    """Blocked tasks that say what they need, of any chantier, and tasks of my chantiers that nobody carries."""
    structures = user.standing.structures
    others = ~Task.carried_by(structures) if structures else ~false()
    blocked = (
        select(Task)
        .where(Task.blocked_now(), Task.blocked_need != "", others)
        .order_by(Task.status_since.desc())
    )
    unclaimed = (
        select(Task)
        .where(
            Task.chantier_id.in_(list(user.standing.chantiers)),
            Task.without_pilote(),
            Task.status == TaskStatus.TODO,
            ~Task.contributors.any(),
            ~Task.people.any(),
        )
        .order_by(Task.due_on.is_(None), Task.due_on, Task.id)
    )
    return _read_both(blocked, unclaimed, lines=OFFERS)


def _finished() -> Sequence[Deliverable]:
    """What was achieved last."""
    done = Deliverable.finished(), Deliverable.live(), Chantier.archived_at.is_(None)
    query = select(Deliverable).join(Deliverable.chantier).where(*done)
    latest = query.order_by(Deliverable.state_since.desc(), Deliverable.id.desc()).limit(OFFERS)
    told = (
        contains_eager(Deliverable.chantier),
        joinedload(Deliverable.type),
        selectinload(Deliverable.structures),
    )
    return db.session.scalars(latest.options(*told)).all()


def _decided() -> Sequence[Decision]:
    """What the comités de pilotage decided last, and what became of it."""
    query = select(Decision).join(Decision.meeting).where(Decision.withdrawn_at.is_(None))
    latest = query.order_by(Meeting.held_on.desc(), Decision.id.desc()).limit(OFFERS)
    return db.session.scalars(latest.options(contains_eager(Decision.meeting), *Decision.with_task())).all()


def _chantiers_of(user: User) -> Sequence[MyChantier]:
    """Those in which this person takes part; for whoever only observes, all of them."""
    done = func.coalesce(func.sum(ObjectiveTally.done), 0)
    counted = func.coalesce(func.sum(ObjectiveTally.counted), 0)
    query = (
        select(Chantier, done, counted, ProgressUpdate.is_waited_for())
        .outerjoin(ObjectiveTally, ObjectiveTally.chantier_id == Chantier.id)
        .where(*_watched(user, Chantier.id), Chantier.archived_at.is_(None))
        .group_by(Chantier.id)
        .order_by(Chantier.number)
    )
    return [
        MyChantier(
            chantier,
            user.leads(chantier.id),
            int(done),
            int(counted),
            wants_update=user.leads(chantier.id) and wanted,
        )
        for chantier, done, counted, wanted in db.session.execute(query)
    ]


def _watched(user: User, chantier_id: Any) -> list[ColumnElement[bool]]:
    """The condition of a chantier that this person follows: their own; a mere observer looks at all."""
    return [] if user.is_only_observer else [chantier_id.in_(list(user.standing.chantiers))]


def _news(user: User, since: datetime) -> Sequence[Activity]:
    """The latest lines of the journal since an instant, in the chantiers that this person follows."""
    query = (
        select(Activity)
        .where(
            Activity.chantier_id.is_not(None),
            *_watched(user, Activity.chantier_id),
            Activity.readable_by(user),
            Activity.at > since,
            Activity.actor_id.is_not(None),
        )
        .order_by(Activity.id.desc())
        .limit(OFFERS * 2)
        .options(joinedload(Activity.actor), joinedload(Activity.chantier))
    )
    return db.session.scalars(query).all()


def _read(query: Select[Task]) -> Sequence[Task]:
    lines = query.limit(LINES + 1).options(joinedload(Task.chantier), joinedload(Task.pilote))
    return db.session.scalars(lines).all()


def _read_both(one: Select[Task], other: Select[Task], *, lines: int) -> Sequence[Task]:
    """The first lines of two selections, read at once."""
    ids = [select(query.limit(lines).subquery().c.id) for query in (one, other)]
    both = (
        select(Task).where(or_(*(Task.id.in_(chosen) for chosen in ids))).order_by(Task.status_since, Task.id)
    )
    return db.session.scalars(both.options(joinedload(Task.chantier), joinedload(Task.pilote))).all()
