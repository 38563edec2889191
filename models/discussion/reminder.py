"""Reminders (relances): a référent or the coordination asks people, in their own words, to move a thing on."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, or_, select, union

from models.deliverables.deliverable import Deliverable, deliverable_structure
from models.demarche.chantier import Chantier
from models.demarche.objective import Objective
from models.ground.base import db
from models.ground.refused import Refused
from models.journal import record
from models.mail.outgoing import OutgoingMail
from models.people.membership import ChantierMembership, StructureMember
from models.people.roles import ChantierRole
from models.people.user import User
from models.tasks.carriers import task_person, task_structure
from models.tasks.task import Task

#: What people can be reminded of.
Subject: TypeAlias = "Task | Deliverable | Objective | Chantier"


@dataclass(frozen=True)
class Recipient:
    """Recipient of a reminder: whether they are in charge of the thing, and whether they get a mail at once."""

    id: int
    name: str
    is_in_charge: bool
    gets_mail: bool


def whom_to_relaunch(subject: Subject, *, by: "User") -> list[Recipient]:
    """List the people in charge of a thing and the référents of its chantier, by name, without whoever asks.

    Where nobody is in charge, the référents are. People in charge take part in the chantier.
    """
    members = ChantierMembership
    lead = (members.role == ChantierRole.REFERENT).label("leads")
    in_charge = _in_charge(subject)
    taking_part = (
        select(User.id, User.name, lead, User.id.in_(in_charge), User.mail_at_once, User.email)
        .join(members, members.user_id == User.id)
        .where(members.chantier_id == subject.chantier_id, User.id != by.id, _can_be_told())
        .where(lead | User.id.in_(in_charge))
        .order_by(User.name_key, User.id)
    )
    rows = db.session.execute(taking_part).all()
    somebody = any(theirs for _id, _name, _leads, theirs, _mail, _email in rows)
    return [
        Recipient(user_id, name, bool(theirs) or not somebody, bool(mail and email))
        for user_id, name, _leads, theirs, mail, email in rows
    ]


def _can_be_told() -> ColumnElement[bool]:
    """Return the SQL condition of a person who may be asked: not closed, and with an account if a file named them."""
    return and_(User.closed_at.is_(None), or_(User.source_key.is_(None), User.with_account()))


def _in_charge(subject: Subject) -> "Select[Any]":
    """Select the people named on a task, and the members of the structures that carry a task or a deliverable."""
    belonging = StructureMember
    if isinstance(subject, Task):
        given = select(task_structure.c.structure_id).where(task_structure.c.task_id == subject.id)
        led = select(Task.pilote_id).where(Task.id == subject.id)
        carriers = union(given, led).subquery().select()
        named = select(task_person.c.user_id).where(task_person.c.task_id == subject.id)
    else:
        links = deliverable_structure.c
        number = subject.id if isinstance(subject, Deliverable) else 0
        carriers = select(links.structure_id).where(links.deliverable_id == number)
        named = select(User.id).where(User.id == 0)
    members = select(belonging.user_id).where(belonging.structure_id.in_(carriers))
    return union(named, members).subquery().select()


def relaunch(subject: Subject, people: Iterable[int], title: str, words: str, *, by: "User") -> int:
    """Remind these people of a thing, in these words; returns how many are asked.

    Each is told on their page of news; whoever wants mail at once gets one. Raises Refused("nobody_to_relaunch") and
    Refused("not_concerned") for somebody who neither carries the thing nor leads its chantier.
    """
    chosen = set(people)
    offered = {recipient.id: recipient for recipient in whom_to_relaunch(subject, by=by)}
    if not chosen:
        raise Refused("nobody_to_relaunch")
    if not chosen <= offered.keys():
        raise Refused("not_concerned")
    asked: Sequence[int] = sorted(chosen)
    kind = subject.__tablename__
    line = record(subject, f"{kind}.relaunched", by=by, also_tell=asked, count=len(asked))
    db.session.flush()
    OutgoingMail.post_all(
        "relaunch",
        [(user_id, None, f"relaunch:{line.id}:{user_id}") for user_id in asked if offered[user_id].gets_mail],
        subject_type=kind,
        subject_id=subject.id,
        by=by.id,
        title=title,
        words=words,
    )
    return len(asked)
