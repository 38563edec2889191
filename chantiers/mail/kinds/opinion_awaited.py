"""Mail to somebody who answered a relecture by mail: their words became a comment, their opinion is still awaited."""

from flask_babel import gettext as _

from chantiers.mail import opinion_links
from chantiers.mail.message import MailContent, builder
from chantiers.policy import can
from chantiers.web.links import absolute
from models import OutgoingMail, ReviewRequest, db


@builder("opinion_awaited")
def opinion_awaited(mail: OutgoingMail) -> MailContent | None:
    """Offer the three buttons that give the opinion; None once it is given, or no longer this person's to give."""
    asked = db.session.scalar(ReviewRequest.whole(mail.particulars["request"]))
    person = mail.user
    if asked is None or person is None or not asked.round.is_open or asked.review:
        return None
    if not can(person, "deliverable.read_draft") or not can(person, "review.answer", asked):
        return None
    deliverable = asked.round.deliverable
    return MailContent(
        subject=_("Votre avis reste attendu : %(title)s", title=deliverable.title),
        template="emails/opinion_awaited",
        values={
            "deliverable": deliverable,
            "answers": opinion_links.addresses(asked, person),
            "url": absolute("deliverables.show", deliverable_id=deliverable.id),
        },
    )
