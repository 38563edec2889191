"""Mails of relecture: an opinion is asked, or asked again; three buttons answer without signing in."""

from flask_babel import gettext as _

from chantiers.language.journal import name_of
from chantiers.mail.message import MailContent, builder
from chantiers.mail.reply_address import reply_address
from chantiers.policy import can
from chantiers.web.links import absolute
from chantiers.web.tokens import signer
from models import Opinion, OutgoingMail, ReviewRequest, User, db


@builder("review_asked")
def review_asked(mail: OutgoingMail) -> MailContent | None:
    """An opinion is asked; nothing where it is over or no longer this person's to give."""
    return _letter(mail, reminder=False)


@builder("review_reminder")
def review_reminder(mail: OutgoingMail) -> MailContent | None:
    """It is asked again; nothing where it was given meanwhile."""
    return _letter(mail, reminder=True)


def _letter(mail: OutgoingMail, *, reminder: bool) -> MailContent | None:
    asked = db.session.scalar(ReviewRequest.whole(mail.particulars["request"]))
    person = mail.user
    if asked is None or person is None or not person.mail_at_once or not asked.round.is_open or asked.review:
        return None
    if not can(person, "deliverable.read_draft") or not can(person, "review.answer", asked):
        return None
    deliverable = asked.round.deliverable
    words = _("Relance : votre avis sur « %(title)s »") if reminder else _("Votre avis sur « %(title)s »")
    return MailContent(
        subject=words % {"title": deliverable.title},
        template="emails/review_asked",
        values={
            "asked": asked,
            "deliverable": deliverable,
            "who": name_of(asked.round.opened_by),
            "url": absolute("deliverables.show", deliverable_id=deliverable.id),
            "answers": answers_to(asked, person),
        },
        unsubscribe="at_once",
        reply_to=reply_address("review_request", asked.id, person.id),
    )


def answers_to(asked: ReviewRequest, person: User) -> list[tuple[str, str]]:
    """The three opinions in words, each with the address by which this person gives it."""
    return [
        (words, absolute("relecture.from_mail", token=_token(asked.id, person.id, opinion)))
        for opinion, words in (
            (Opinion.FAVORABLE, _("Favorable")),
            (Opinion.WITH_RESERVATIONS, _("Avec réserves")),
            (Opinion.TO_REWORK, _("À reprendre")),
        )
    ]


def _token(request_id: int, user_id: int, opinion: Opinion) -> str:
    return str(signer("relecture").dumps([request_id, user_id, str(opinion)]))
