"""Handover of everything that a person holds in a chantier to another of its members, in one step."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, delete, func, insert, select, update
from sqlalchemy.orm import aliased

from models.deliverables.deliverable import Deliverable
from models.deliverables.review import Review, ReviewRequest, ReviewRound
from models.demarche.chantier import Chantier
from models.ground.base import db, now
from models.ground.refused import Refused
from models.joining.invitation import Invitation
from models.journal import Activity, only, record
from models.people.roles import ChantierRole
from models.people.user import User
from models.steering.checkpoint import Checkpoint, CheckpointLine
from models.tasks.carriers import task_person
from models.tasks.task import Task

#: How many of each kind a page names.
NAMED = 50


@dataclass(frozen=True)
class Held:
    """Things of one kind that a person holds: how many, and the first of them, (number, title)."""

    count: int
    first: Sequence[Row[Any]]


@dataclass(frozen=True)
class Holdings:
    """Holdings of a person in a chantier."""

    leads: bool
    is_only_referent: bool
    tasks: Held
    reviews: Held
    invitations: Held

    @property
    def nothing(self) -> bool:
        return not (self.leads or self.tasks.count or self.reviews.count or self.invitations.count)


class Handover:
    """Handover of what one person holds in one chantier."""

    def __init__(self, chantier: Chantier, person: User) -> None:
        self.chantier = chantier
        self.person = person

    def holdings(self) -> Holdings:
        """Read what would pass, in as many statements for one thing as for a thousand."""
        leads = self.person.leads(self.chantier.id)
        return Holdings(
            leads=leads,
            is_only_referent=leads and not self.chantier.has_other_referent(self.person),
            tasks=_held(self._tasks().order_by(Task.due_on.is_(None), Task.due_on, Task.id)),
            reviews=_held(self._reviews().order_by(ReviewRound.closes_on, ReviewRequest.id)),
            invitations=_held(self._invitations().order_by(Invitation.name, Invitation.id)),
        )

    def leave(self, *, by: User) -> None:
        """Leave the chantier without anything to pass on. Raises Refused("holds_something")."""
        if not self.holdings().nothing:
            raise Refused("holds_something")
        self.chantier.dismiss(self.person, by=by)

    def pass_to(self, receiver: User, *, by: User, leaves: bool = False) -> int:
        """Give everything to another member, and leave the chantier or stay as a participant; return how many tasks.

        Whoever receives is told once. Raises Refused("handover_to_oneself"), Refused("not_member"),
        Refused("account_closed") or Refused("nothing_held").
        """
        if receiver.id == self.person.id:
            raise Refused("handover_to_oneself")
        if receiver.closed_at is not None:
            raise Refused("account_closed")
        # These rows are locked before the members of the chantier, in the order of their ids: so does whoever changes
        # one task and enrols its structure, or answers one invitation.
        tasks = db.session.execute(self._tasks().order_by(Task.id).with_for_update(of=Task)).all()
        asked = self._reviews().order_by(ReviewRequest.id).with_for_update(of=ReviewRequest)
        reviews = [row.id for row in db.session.execute(asked)]
        sent = self._invitations().order_by(Invitation.id).with_for_update(of=Invitation)
        invitations = [row.id for row in db.session.execute(sent)]
        self.chantier.lock_members()
        leads = self.chantier.role_of(self.person) == ChantierRole.REFERENT
        self.chantier.role_of(receiver)
        if not (leads or tasks or reviews or invitations):
            raise Refused("nothing_held")
        with only("chantier.handed_over"):
            if leads:
                self.chantier.appoint(receiver, ChantierRole.REFERENT, by=by)
            self._pass_tasks(tasks, receiver, by=by)
            self._pass_reviews(reviews, receiver)
            if receiver.steers(self.chantier.id):
                self._pass_invitations(invitations, receiver)
            if leaves:
                self.chantier.dismiss(self.person, by=by)
            elif leads:
                self.chantier.appoint(self.person, ChantierRole.PARTICIPANT, by=by)
            record(
                self.chantier,
                "chantier.handed_over",
                by=by,
                also_tell=[receiver.id],
                person=self.person.name,
                receiver=receiver.name,
                leads=leads,
                tasks=len(tasks),
                left=leaves,
            )
        db.session.flush()
        return len(tasks)

    # What is held -----------------------------------------------------------------------------------------------------

    def _tasks(self) -> "Select[int, str]":
        """Select the open tasks that name them."""
        return select(Task.id, Task.title).where(
            Task.chantier_id == self.chantier.id, Task.open_now(), Task.given_to(self.person.id)
        )

    def _reviews(self) -> "Select[int, str]":
        """Select the opinions that they are asked for and have not given."""
        return (
            select(ReviewRequest.id, Deliverable.title)
            .join(ReviewRound, ReviewRound.id == ReviewRequest.round_id)
            .join(Deliverable, Deliverable.id == ReviewRound.deliverable_id)
            .where(
                ReviewRequest.person_id == self.person.id,
                Deliverable.chantier_id == self.chantier.id,
                Deliverable.live(),
                ReviewRound.closed_at.is_(None),
                ~select(Review.id).where(Review.request_id == ReviewRequest.id).exists(),
            )
        )

    def _invitations(self) -> "Select[int, str]":
        """Select the invitations that they sent and that nobody answered."""
        return select(Invitation.id, Invitation.name.label("title")).where(
            Invitation.chantier_id == self.chantier.id,
            Invitation.created_by_id == self.person.id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
        )

    # Passing it on ----------------------------------------------------------------------------------------------------

    def _pass_tasks(self, tasks: Sequence[Row[int, str]], receiver: User, *, by: User) -> None:
        if not tasks:
            return
        ids, moment = [task.id for task in tasks], now()
        theirs = aliased(task_person)
        already = select(theirs.c.task_id).where(theirs.c.user_id == receiver.id)
        mine = (task_person.c.user_id == self.person.id) & task_person.c.task_id.in_(ids)
        db.session.execute(delete(task_person).where(mine, task_person.c.task_id.in_(already)))
        db.session.execute(update(task_person).where(mine).values(user_id=receiver.id))
        self._pass_questions(ids, receiver)
        db.session.execute(
            update(Task)
            .where(Task.id.in_(ids))
            .values(version=Task.version + 1, last_news_at=moment)
            .execution_options(synchronize_session=False)
        )
        # The page of each task tells it; that of the chantier tells the handover, once.
        lines = [
            {
                "at": moment,
                "actor_id": by.id,
                "action": "task.entrusted",
                "subject_type": "task",
                "subject_id": task.id,
                "chantier_id": None,
                "title": task.title,
                "particulars": {"pilote": None, "added": [receiver.name], "removed": [self.person.name]},
            }
            for task in tasks
        ]
        db.session.execute(insert(Activity), lines)

    def _pass_questions(self, ids: list[int], receiver: User) -> None:
        """Move the questions of a point d'étape under way about these tasks that have no answer yet."""
        line, other = CheckpointLine, aliased(CheckpointLine)
        open_ones = select(Checkpoint.id).where(Checkpoint.under_way())
        waiting = (
            line.user_id == self.person.id,
            line.task_id.in_(ids),
            line.answered_at.is_(None),
            line.checkpoint_id.in_(open_ones),
        )
        theirs = select(other.task_id).where(
            other.user_id == receiver.id, other.checkpoint_id == line.checkpoint_id
        )
        quietly = {"synchronize_session": False}
        doubled = delete(line).where(*waiting, line.task_id.in_(theirs.correlate(line)))
        db.session.execute(doubled.execution_options(**quietly))
        db.session.execute(
            update(line).where(*waiting).values(user_id=receiver.id).execution_options(**quietly)
        )

    def _pass_reviews(self, ids: list[int], receiver: User) -> None:
        if not ids:
            return
        other = aliased(ReviewRequest)
        already = select(other.round_id).where(other.person_id == receiver.id)
        mine = ReviewRequest.id.in_(ids)
        quietly = {"synchronize_session": False}
        db.session.execute(
            delete(ReviewRequest)
            .where(mine, ReviewRequest.round_id.in_(already))
            .execution_options(**quietly)
        )
        db.session.execute(
            update(ReviewRequest).where(mine).values(person_id=receiver.id).execution_options(**quietly)
        )

    def _pass_invitations(self, ids: list[int], receiver: User) -> None:
        if ids:
            db.session.execute(
                update(Invitation)
                .where(Invitation.id.in_(ids))
                .values(created_by_id=receiver.id)
                .execution_options(synchronize_session=False)
            )


def _held(query: "Select[int, str]") -> Held:
    rows = db.session.execute(query.add_columns(func.count().over().label("total")).limit(NAMED)).all()
    return Held(rows[0].total if rows else 0, rows)
