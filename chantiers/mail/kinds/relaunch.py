"""Mail of a reminder (relance): what a référent or the coordination wrote about a thing that waits."""

from typing import Any

from chantiers.language.journal import name_of
from chantiers.mail.message import MailContent, builder
from chantiers.mail.reply_address import reply_address
from chantiers.web import loaders
from chantiers.web.addresses import address_of
from models import Deliverable, OutgoingMail, Task, User, db


@builder("relaunch")
def relaunch(mail: OutgoingMail) -> MailContent | None:
    """Send the reminder; None where the thing was settled meanwhile, or the person takes no part in it any more."""
    about, person = mail.particulars, mail.user
    if person is None or not person.mail_at_once:
        return None
    subject = loaders.discussed(person, about["subject_type"], about["subject_id"])
    if subject is None or is_settled(subject):
        return None
    if subject.is_archived or not person.takes_part_in(subject.chantier_id):
        return None
    return MailContent(
        subject=about["title"],
        template="emails/relaunch",
        values={
            "who": name_of(db.session.get(User, about["by"])),
            "words": about["words"],
            "title": subject.journal_title,
            "url": address_of(subject, full=True),
        },
        unsubscribe="at_once",
        reply_to=reply_address(about["subject_type"], subject.id, person.id),
    )


def is_settled(subject: Any) -> bool:
    """Tell whether nothing is left to ask for."""
    if isinstance(subject, Task):
        return not subject.is_open
    return isinstance(subject, Deliverable) and subject.is_approved
