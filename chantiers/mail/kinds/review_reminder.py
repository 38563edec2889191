"""Reminder mail for an opinion that is still awaited: the mail of `review_asked`, with a subject that says so."""

from dataclasses import replace

from flask_babel import gettext as _

from chantiers.mail.kinds.review_asked import review_asked
from chantiers.mail.message import MailContent, builder
from models import OutgoingMail


@builder("review_reminder")
def review_reminder(mail: OutgoingMail) -> MailContent | None:
    """Ask again; None in every case where `review_asked` is."""
    content = review_asked(mail)
    if content is None:
        return None
    title = content.values["deliverable"].title
    subject = _("Relance : votre avis sur « %(title)s »", title=title)
    return replace(content, subject=subject, template="emails/review_reminder")
