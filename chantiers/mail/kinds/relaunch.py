"""Mail of a reminder (relance): what a référent or the coordination wrote about a thing that waits."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from chantiers.language.journal import name_of
from chantiers.mail.message import MailContent, builder
from chantiers.mail.reply_address import reply_address
from chantiers.policy import can
from chantiers.web.links import absolute
from models import Chantier, Deliverable, Objective, OutgoingMail, Task, User, db


@builder("relaunch")
def relaunch(mail: OutgoingMail) -> MailContent | None:
    """Send the reminder; None where the thing was settled meanwhile, or the person takes no part in it any more."""
    about, person = mail.particulars, mail.user
    subject = subject_of(about["subject_type"], about["subject_id"])
    if subject is None or person is None or not person.mail_at_once or is_settled(subject):
        return None
    if subject.is_archived or not person.takes_part_in(subject.chantier_id):
        return None
    if isinstance(subject, Deliverable) and not can(person, "deliverable.read_draft"):
        return None
    return MailContent(
        subject=about["title"],
        template="emails/relaunch",
        values={
            "who": name_of(db.session.get(User, about["by"])),
            "words": about["words"],
            "title": subject.journal_title,
            "url": address_of(subject),
        },
        unsubscribe="at_once",
        reply_to=reply_address(about["subject_type"], subject.id, person.id),
    )


def subject_of(kind: str, number: int) -> Any:
    """Return the subject of a reminder; None where it is deleted or in the bin."""
    if kind == "chantier":
        return db.session.get(Chantier, number)
    model: Any = {"task": Task, "deliverable": Deliverable, "objective": Objective}[kind]
    query = select(model).where(model.id == number, model.live()).options(joinedload(model.chantier))
    return db.session.scalar(query)


def is_settled(subject: Any) -> bool:
    """Tell whether nothing is left to ask for."""
    if isinstance(subject, Task):
        return not subject.is_open
    return isinstance(subject, Deliverable) and subject.is_approved


def address_of(subject: Any) -> str:
    """Return the full address of the page of a thing, where one acts."""
    if isinstance(subject, Task):
        return absolute("tasks.show", task_id=subject.id)
    if isinstance(subject, Deliverable):
        return absolute("deliverables.show", deliverable_id=subject.id)
    if isinstance(subject, Objective):
        return absolute("objectives.show", objective_id=subject.id)
    return absolute("chantier.show", slug=subject.slug)
