"""Arbitration (« À arbitrer »): matters that wait for a decision across the chantiers, the longest waiting first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Integer,
    Select,
    Text,
    cast,
    func,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy import (
    DateTime as Instant,
)

from models.deliverables.deliverable import Deliverable, deliverable_structure
from models.deliverables.review import ReviewRound
from models.deliverables.state import DeliverableState
from models.deliverables.version import DeliverableVersion
from models.demarche.chantier import Chantier
from models.demarche.objective import Objective, ObjectiveKind, ObjectiveTally
from models.ground.base import HOME, db, now, today
from models.journal import CATALOGUE, Activity
from models.people.user import User
from models.tasks.task import Task


class Matter(StrEnum):
    """Kind of matter that waits for a decision, in the order in which one takes them."""

    BLOCKED = "blocked"
    REVIEW_PAST = "review_past"
    DELIVERABLE_LATE = "deliverable_late"
    WITHOUT_TASK = "without_task"
    CHANTIER_SILENT = "chantier_silent"


#: The kind of thing that each matter is about, as the journal names kinds.
SUBJECT_OF = {
    Matter.BLOCKED: "task",
    Matter.REVIEW_PAST: "deliverable",
    Matter.DELIVERABLE_LATE: "deliverable",
    Matter.WITHOUT_TASK: "objective",
    Matter.CHANTIER_SILENT: "chantier",
}
#: Actions that are no news of a chantier: reminding people, or taking words away, does not mean that it moves.
NO_NEWS = tuple(name for name, action in CATALOGUE.items() if not action.is_news)


@dataclass(frozen=True)
class MatterChantier:
    """Chantier of a matter: enough for its link and its colour, and for the permission table."""

    id: int
    number: int
    title: str
    slug: str
    hue: int

    @property
    def chantier_id(self) -> int:
        """Own id, as the permission table asks it."""
        return self.id


@dataclass(frozen=True)
class ToArbitrate:
    """Matter to arbitrate: what it is about, in which chantier, since when, and in whose words."""

    kind: Matter
    chantier: MatterChantier
    subject_id: int
    title: str
    #: Since when: the day it was blocked, should have been there, or was last heard of. None where nobody noted it.
    since: date | None
    #: What blocks, in the words of whoever said it; and what is needed. Empty elsewhere.
    words: str
    need: str
    #: The structure that leads the task; none where nobody does, or for other matters.
    pilote_id: int | None
    #: The number of the version in relecture.
    version: int | None
    #: How many matters of this kind there are in all, this one included.
    total: int

    @property
    def subject_type(self) -> str:
        """The kind of thing it is about: "task", "deliverable", "objective" or "chantier"."""
        return SUBJECT_OF[self.kind]

    @property
    def days(self) -> int | None:
        """For how many days it has waited."""
        return (today() - self.since).days if self.since else None

    @property
    def chantier_id(self) -> int:
        return self.chantier.id

    @property
    def is_archived(self) -> bool:
        """Always False: what is archived waits for nobody's decision."""
        return False


@dataclass(frozen=True)
class MatterFilter:
    """Filter of the matters: one chantier, what one structure carries, one kind."""

    chantier_id: int | None = None
    structure_id: int | None = None
    kind: Matter | None = None


def to_arbitrate(
    user: "User", silent_after: int, limit: int, *, within: MatterFilter | None = None, offset: int = 0
) -> list[ToArbitrate]:
    """List what waits for a decision, as this person may know it: at most `limit` of each kind, in one statement.

    Kinds come in the order of `Matter`, in each the longest waiting first. Mere observers are told nothing of drafts
    nor of their dates; that a chantier is silent is told to its référents and to the coordination.
    """
    branches = [
        branch.limit(limit).offset(offset).subquery() for branch in _branches(user, silent_after, within)
    ]
    if not branches:
        return []
    rows = db.session.execute(union_all(*(select(branch) for branch in branches))).all()
    order = list(Matter)
    found = [_matter(row) for row in rows]
    return sorted(found, key=lambda each: (order.index(each.kind), each.since or date.max, each.subject_id))


def _matter(row: Any) -> ToArbitrate:
    kind, subject_id, title, at, on, words, need, pilote_id, version, total, *place = row
    return ToArbitrate(
        kind=Matter(kind),
        chantier=MatterChantier(*place),
        subject_id=subject_id,
        title=title,
        since=_day_of(at) or on,
        words=words,
        need=need,
        pilote_id=pilote_id,
        version=version,
        total=int(total),
    )


def _day_of(at: datetime | None) -> date | None:
    return at.astimezone(HOME).date() if at else None


def _branches(
    user: "User", silent_after: int, within: MatterFilter | None
) -> Sequence[Select[tuple[Any, ...]]]:
    """Build one query for each kind that this person may know of, each with the same columns in the same order."""
    within = within or MatterFilter()
    branches = {Matter.BLOCKED: _blocked(within)}
    if user.reads_drafts:
        branches[Matter.REVIEW_PAST] = _reviews_past(within)
        branches[Matter.DELIVERABLE_LATE] = _deliverables_late(within)
    if within.structure_id is None:
        branches[Matter.WITHOUT_TASK] = _objectives_without_task(within)
        branches[Matter.CHANTIER_SILENT] = _chantiers_silent(user, silent_after, within)
    return [branch for kind, branch in branches.items() if within.kind in (None, kind)]


def _columns_of(
    kind: Matter,
    subject_id: Any,
    title: Any,
    *,
    at: Any = None,
    on: Any = None,
    words: Any = None,
    need: Any = None,
    pilote_id: Any = None,
    version: Any = None,
    total: Any = None,
) -> "Select[Any]":
    """Select the common columns; what a kind does not know is a typed null or empty text, as a union needs it."""

    def given(column: Any, otherwise: Any) -> Any:
        return otherwise if column is None else column

    columns = {
        "kind": literal(str(kind)),
        "subject_id": subject_id,
        "title": title,
        "at": given(at, cast(null(), Instant(timezone=True))),
        "since_on": given(on, cast(null(), Date)),
        "words": given(words, literal("")),
        "need": given(need, literal("")),
        "pilote_id": given(pilote_id, cast(null(), Integer)),
        "number_of_version": given(version, cast(null(), Integer)),
        "total": given(total, func.count().over()),
        "chantier_id": Chantier.id,
        "chantier_number": Chantier.number,
        "chantier_title": Chantier.title,
        "slug": Chantier.slug,
        "hue": Chantier.hue,
    }
    return select(*(column.label(name) for name, column in columns.items()))


def _here(within: MatterFilter) -> list[ColumnElement[bool]]:
    """Return the SQL conditions of its chantier: open, and the one that was asked for."""
    asked = [] if within.chantier_id is None else [Chantier.id == within.chantier_id]
    return [Chantier.archived_at.is_(None), *asked]


def _blocked(within: MatterFilter) -> "Select[Any]":
    # Thousands may be blocked in a large démarche: the tallies know how many, and only what is shown is read.
    total: Select[Any] = select(func.coalesce(func.sum(ObjectiveTally.blocked), 0)).join(
        Chantier, Chantier.id == ObjectiveTally.chantier_id
    )
    carried = []
    if within.structure_id is not None:
        carried = [Task.carried_by([within.structure_id])]
        total = select(func.count()).select_from(Task).join(Chantier, Chantier.id == Task.chantier_id)
        total = total.where(Task.blocked_now(), *carried)
    query = _columns_of(
        Matter.BLOCKED,
        Task.id,
        Task.title,
        at=Task.status_since,
        words=cast(Task.blocked_reason, Text),
        need=cast(Task.blocked_need, Text),
        pilote_id=Task.pilote_id,
        total=total.where(*_here(within)).scalar_subquery(),
    )
    return (
        query.select_from(Task)
        .join(Chantier, Chantier.id == Task.chantier_id)
        .where(Task.blocked_now(), *carried, *_here(within))
        .order_by(Task.status_since, Task.id)
    )


def _reviews_past(within: MatterFilter) -> "Select[Any]":
    query = _columns_of(
        Matter.REVIEW_PAST,
        Deliverable.id,
        Deliverable.title,
        on=ReviewRound.closes_on,
        version=DeliverableVersion.number,
    )
    return (
        query.select_from(ReviewRound)
        .join(Deliverable, Deliverable.id == ReviewRound.deliverable_id)
        .join(DeliverableVersion, DeliverableVersion.id == ReviewRound.version_id)
        .join(Chantier, Chantier.id == Deliverable.chantier_id)
        .where(
            ReviewRound.closed_at.is_(None),
            ReviewRound.closes_on < today(),
            Deliverable.state == DeliverableState.IN_REVIEW,
            Deliverable.live(),
            *_responsible(within),
            *_here(within),
        )
        .order_by(ReviewRound.closes_on, ReviewRound.id)
    )


def _deliverables_late(within: MatterFilter) -> "Select[Any]":
    query = _columns_of(
        Matter.DELIVERABLE_LATE, Deliverable.id, Deliverable.title, on=Deliverable.__table__.c.expected_on
    )
    return (
        query.select_from(Deliverable)
        .join(Chantier, Chantier.id == Deliverable.chantier_id)
        .where(Deliverable.late(), *_responsible(within), *_here(within))
        .order_by(Deliverable.expected_on, Deliverable.id)
    )


def _responsible(within: MatterFilter) -> list[ColumnElement[bool]]:
    if within.structure_id is None:
        return []
    links = deliverable_structure.c
    return [Deliverable.id.in_(select(links.deliverable_id).where(links.structure_id == within.structure_id))]


def _objectives_without_task(within: MatterFilter) -> "Select[Any]":
    return (
        _columns_of(Matter.WITHOUT_TASK, Objective.id, cast(Objective.text, Text))
        .select_from(Objective)
        .join(ObjectiveTally, ObjectiveTally.objective_id == Objective.id)
        .join(Chantier, Chantier.id == Objective.chantier_id)
        .where(
            Objective.kind == ObjectiveKind.OPERATIONAL,
            Objective.live(),
            ObjectiveTally.counted == 0,
            *_here(within),
        )
        .order_by(Chantier.number, Objective.position, Objective.id)
    )


def _chantiers_silent(user: "User", silent_after: int, within: MatterFilter) -> "Select[Any]":
    last = (
        select(Activity.at)
        .where(Activity.chantier_id == Chantier.id, Activity.action.not_in(NO_NEWS))
        .order_by(Activity.id.desc())
        .limit(1)
        .correlate(Chantier)
        .scalar_subquery()
    )
    heard = func.coalesce(last, Chantier.created_at, type_=Chantier.created_at.type)
    theirs = [] if user.is_coordinator else [Chantier.id.in_(_led_by(user))]
    return (
        _columns_of(Matter.CHANTIER_SILENT, Chantier.id, Chantier.title, at=heard)
        .select_from(Chantier)
        .where(heard < now() - timedelta(days=silent_after), *theirs, *_here(within))
        .order_by(heard, Chantier.id)
    )


def _led_by(user: "User") -> list[int]:
    """Return the ids of the chantiers whose référent this person is."""
    return [chantier_id for chantier_id in user.standing.chantiers if user.leads(chantier_id)]
