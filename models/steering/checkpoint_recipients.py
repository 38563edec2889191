"""Recipients of a point d'étape: who is asked, about which tasks."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from models.demarche.chantier import Chantier
from models.discussion.notification import Following, Wish
from models.people.membership import ChantierMembership, StructureMember
from models.people.user import User
from models.tasks.carriers import task_person
from models.tasks.status import TaskStatus
from models.tasks.task import Task

if TYPE_CHECKING:
    from sqlalchemy import Subquery

#: Statuses of the tasks that people are asked about. What waits for a référent's word was answered already.
TO_ASK = (TaskStatus.TODO, TaskStatus.IN_PROGRESS, TaskStatus.BLOCKED)


def wants_checkpoints() -> ColumnElement[bool]:
    """Return the SQL condition of wanting to be asked by mail."""
    return and_(User.mail_at_once, User.mail_checkpoints)


def whom_to_ask() -> "Subquery":
    """Select (user_id, task_id, chantier_id): everybody who is to be asked now, and about which task.

    Each task to do of a chantier that is open is asked of the people named on it who take part there and have an
    account, or else of the members of its pilote who do. Nobody is asked of what they muted.
    """
    bearer = aliased(User)
    named = (
        select(literal(1))
        .select_from(task_person)
        .join(bearer, bearer.id == task_person.c.user_id)
        .join(ChantierMembership, ChantierMembership.user_id == bearer.id)
        .where(
            task_person.c.task_id == Task.id,
            ChantierMembership.chantier_id == Task.chantier_id,
            _can_be_asked(bearer),
        )
        .correlate(Task)
        .exists()
    )
    of_people = _pairs().join(task_person, task_person.c.task_id == Task.id)
    of_people = of_people.join(User, User.id == task_person.c.user_id)
    of_pilotes = _pairs().join(StructureMember, StructureMember.structure_id == Task.pilote_id)
    of_pilotes = of_pilotes.join(User, User.id == StructureMember.user_id).where(~named)
    reachable = (_can_be_asked(User), takes_part(User.id), ~_muted())
    return union_all(of_people.where(*reachable), of_pilotes.where(*reachable)).subquery("whom_to_ask")


def tasks_to_ask() -> ColumnElement[bool]:
    """Return the SQL condition of a task that people are asked about, in a query that joins its chantier."""
    return and_(Task.in_status(*TO_ASK), Task.live(), Chantier.archived_at.is_(None))


def _pairs() -> "Select[Any]":
    columns: list[Any] = [
        User.id.label("user_id"),
        Task.id.label("task_id"),
        Task.chantier_id.label("chantier_id"),
    ]
    query = select(*columns).select_from(Task).join(Chantier, Chantier.id == Task.chantier_id)
    return query.where(tasks_to_ask())


def _can_be_asked(person: Any) -> ColumnElement[bool]:
    return and_(person.with_account(), person.email.is_not(None))


def takes_part(user_id: Any) -> ColumnElement[bool]:
    return exists().where(
        ChantierMembership.user_id == user_id, ChantierMembership.chantier_id == Task.chantier_id
    )


def is_given_to(user_id: Any) -> ColumnElement[bool]:
    """Return the SQL condition of being named on the task, or a member of its pilote."""
    named = exists().where(task_person.c.task_id == Task.id, task_person.c.user_id == user_id)
    leads = exists().where(StructureMember.structure_id == Task.pilote_id, StructureMember.user_id == user_id)
    return or_(named, leads)


def _muted() -> ColumnElement[bool]:
    this_task = and_(Following.subject_type == "task", Following.subject_id == Task.id)
    its_chantier = and_(Following.subject_type == "chantier", Following.subject_id == Task.chantier_id)
    return exists().where(
        Following.user_id == User.id, Following.wish == str(Wish.MUTE), or_(this_task, its_chantier)
    )
