"""Mail that asks for an opinion on a version (relecture); three buttons answer without signing in."""

from flask_babel import gettext as _

from chantiers.language.journal import name_of
from chantiers.mail import opinion_links
from chantiers.mail.message import MailContent, builder
from chantiers.mail.reply_address import reply_address
from chantiers.policy import can
from chantiers.web.links import absolute
from models import OutgoingMail, ReviewRequest, db


@builder("review_asked")
def review_asked(mail: OutgoingMail) -> MailContent | None:
    """Ask for an opinion; None once the round is closed, the opinion given, or no longer this person's to give."""
    asked = db.session.scalar(ReviewRequest.whole(mail.particulars["request"]))
    person = mail.user
    if asked is None or person is None or not person.mail_at_once or not asked.round.is_open or asked.review:
        return None
    if not can(person, "deliverable.read_draft") or not can(person, "review.answer", asked):
        return None
    deliverable = asked.round.deliverable
    return MailContent(
        subject=_("Votre avis sur « %(title)s »", title=deliverable.title),
        template="emails/review_asked",
        values={
            "asked": asked,
            "deliverable": deliverable,
            "who": name_of(asked.round.opened_by),
            "url": absolute("deliverables.show", deliverable_id=deliverable.id),
            "answers": opinion_links.addresses(asked, person),
        },
        unsubscribe="at_once",
        reply_to=reply_address("review_request", asked.id, person.id),
    )
