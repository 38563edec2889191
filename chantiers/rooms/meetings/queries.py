"""What the pages of the comités de pilotage read."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload

from models import (
    AgendaItem,
    Chantier,
    ChantierStructure,
    Decision,
    FollowUp,
    Meeting,
    MeetingPresence,
    MeetingState,
    Objective,
    ObjectiveKind,
    Structure,
    Task,
    TaskStatus,
    ToArbitrate,
    User,
    db,
    held,
    to_arbitrate,
)

#: How many sessions and how many decisions one page shows.
SESSIONS, DECISIONS = 30, 40
#: How many matters of each kind are proposed for the agenda.
PROPOSED = 8


@dataclass(frozen=True)
class Session:
    """A line of the list: a session, what it decided, and how much of that is done or followed."""

    meeting: Meeting
    decided: int
    followed: int
    done: int


def sessions() -> tuple[list[Session], list[Session]]:
    """The sessions to come, the nearest first, and those that were, the latest first."""
    holds = Decision.withdrawn_at.is_(None)
    figures = (
        select(
            Decision.meeting_id,
            func.count().label("decided"),
            func.count(Decision.task_id).label("followed"),
            func.sum(case((Task.status == TaskStatus.DONE, 1), else_=0)).label("done"),
        )
        .outerjoin(Task, Task.id == Decision.task_id)
        .where(holds)
        .group_by(Decision.meeting_id)
        .subquery()
    )
    rows = db.session.execute(
        select(Meeting, figures.c.decided, figures.c.followed, figures.c.done)
        .outerjoin(figures, figures.c.meeting_id == Meeting.id)
        .order_by(Meeting.held_on.desc())
        .limit(SESSIONS)
    )
    found = [Session(meeting, *(int(figure or 0) for figure in counts)) for meeting, *counts in rows]
    coming = [each for each in found if each.meeting.is_to_come]
    return coming[::-1], [each for each in found if not each.meeting.is_to_come]


def meeting(meeting_id: int) -> Meeting | None:
    """A session with its agenda and who came, held while it is changed."""
    query = select(Meeting).where(Meeting.id == meeting_id).options(*Meeting.whole())
    return db.session.scalar(held(query, of=Meeting))


def item(item_id: int) -> AgendaItem | None:
    """A point of an agenda, with its session."""
    query = select(AgendaItem).where(AgendaItem.id == item_id).options(*AgendaItem.of_meeting())
    return db.session.scalar(held(query, of=AgendaItem))


def decision(decision_id: int) -> Decision | None:
    """A decision, with its session and what follows it."""
    query = select(Decision).where(Decision.id == decision_id)
    query = query.options(joinedload(Decision.meeting), *Decision.with_task())
    return db.session.scalar(held(query, of=Decision))


def decisions_of(meeting: Meeting) -> Sequence[Decision]:
    """What a session decided, in the order in which it did."""
    query = select(Decision).where(Decision.meeting_id == meeting.id).order_by(Decision.id)
    return db.session.scalars(query.options(*Decision.with_task())).all()


def chantiers(user: User, *, led: bool = False) -> Sequence[Chantier]:
    """The open chantiers, or only those that this person leads."""
    query = Chantier.visible_to(user).where(Chantier.archived_at.is_(None))
    if led and not user.is_coordinator:
        query = query.where(Chantier.id.in_([each for each in user.standing.chantiers if user.leads(each)]))
    return db.session.scalars(query).all()


def proposed(user: User, meeting: Meeting, silent_after: int) -> list[ToArbitrate]:
    """What waits for a decision and is not on this agenda yet: the longest waiting of each kind."""
    there = {(each.subject_type, each.subject_id) for each in meeting.items}
    waiting = to_arbitrate(user, silent_after, PROPOSED + len(there))
    return [each for each in waiting if (each.subject_type, each.subject_id) not in there]


def structures_expected(meeting: Meeting) -> list[Structure]:
    """The structures of the open chantiers, and those of which something was noted."""
    enrolled = (
        select(ChantierStructure.structure_id)
        .join(Chantier, Chantier.id == ChantierStructure.chantier_id)
        .where(ChantierStructure.left_at.is_(None), Chantier.archived_at.is_(None))
    )
    noted = select(MeetingPresence.structure_id).where(MeetingPresence.meeting_id == meeting.id)
    query = select(Structure).where(
        or_(
            and_(Structure.id.in_(enrolled), Structure.merged_into_id.is_(None)),
            Structure.id.in_(noted),
        )
    )
    return list(db.session.scalars(query.order_by(Structure.name_key, Structure.id)))


def objectives(chantier_id: int | None) -> Sequence[Objective]:
    """The objectives under which a decision may be followed: those of its chantier, or of all open ones."""
    query = (
        select(Objective)
        .join(Objective.chantier)
        .where(Objective.kind == ObjectiveKind.OPERATIONAL, Objective.live(), Chantier.archived_at.is_(None))
        .order_by(Chantier.number, Objective.position, Objective.id)
        .options(contains_eager(Objective.chantier))
    )
    if chantier_id is not None:
        query = query.where(Objective.chantier_id == chantier_id)
    return db.session.scalars(query).all()


def structures(user: User) -> Sequence[Structure]:
    """Every structure, to lead the task that follows."""
    return db.session.scalars(Structure.visible_to(user)).all()


# The decisions of all sessions ----------------------------------------------------------------------------------------


def decisions(
    chantier_id: int | None, follow_up: FollowUp | None, page: int
) -> tuple[Sequence[Decision], int]:
    """Decisions that hold, the latest session first, narrowed; one page of them, and how many there are."""
    query = (
        select(Decision)
        .join(Decision.meeting)
        .outerjoin(Decision.task)
        .where(Decision.withdrawn_at.is_(None), Meeting.state != MeetingState.CANCELLED)
    )
    if chantier_id is not None:
        query = query.where(Decision.chantier_id == chantier_id)
    if follow_up is not None:
        query = query.where(_became(follow_up))
    total = db.session.scalar(query.with_only_columns(func.count())) or 0
    return db.session.scalars(_page(query, page)).all(), total


def _page(query: "Select[Any]", page: int) -> "Select[Any]":
    latest = query.order_by(Meeting.held_on.desc(), Decision.id.desc())
    shown = latest.offset((page - 1) * DECISIONS).limit(DECISIONS)
    return shown.options(contains_eager(Decision.meeting), *Decision.with_task())


def _became(follow_up: FollowUp) -> Any:
    """The condition of what became of a decision, as `Decision.follow_up` says it of one."""
    dropped = or_(Task.trashed_at.is_not(None), Task.status == TaskStatus.ABANDONED)
    done = Task.status == TaskStatus.DONE
    return {
        FollowUp.NONE: Decision.task_id.is_(None),
        FollowUp.DROPPED: and_(Decision.task_id.is_not(None), dropped),
        FollowUp.DONE: and_(Decision.task_id.is_not(None), ~dropped, done),
        FollowUp.OPEN: and_(Decision.task_id.is_not(None), ~dropped, ~done),
    }[follow_up]
