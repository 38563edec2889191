"""Mails that answer answers: one that could not be a comment, or one that is no opinion yet."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from chantiers.mail.kinds.relecture import answers_to
from chantiers.mail.message import MailContent, builder
from chantiers.policy import can
from chantiers.web.links import absolute
from models import OutgoingMail, ReviewRequest, db

REASONS = {
    "archived": _l("Ce chantier est archivé : on n’y écrit plus."),
    "empty": _l("Nous n’y avons trouvé aucun texte de vous : écrivez au-dessus de ce que vous citez."),
    "gone": _l("Ce dont vous parlez n’est plus là."),
    "no_right": _l("Vous ne pouvez plus écrire à cet endroit."),
    "too_large": _l(
        "Votre mail est trop lourd. Déposez le fichier sur la page, et écrivez quelques mots seulement."
    ),
    "too_long": _l("Votre texte est trop long pour un commentaire : déposez-le plutôt comme un fichier."),
}


@builder("reply_refused")
def reply_refused(mail: OutgoingMail) -> MailContent | None:
    """An answer by mail could not become a comment, and why."""
    reason = REASONS.get(mail.particulars["reason"], REASONS["no_right"])
    return MailContent(
        subject=_("Votre réponse n’a pas été publiée"),
        template="emails/reply_refused",
        values={"reason": reason, "url": absolute("my_work.show")},
    )


@builder("opinion_awaited")
def opinion_awaited(mail: OutgoingMail) -> MailContent | None:
    """Words came, and became a comment; the opinion is given by one of three buttons. Nothing once it is given."""
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
            "answers": answers_to(asked, person),
            "url": absolute("deliverables.show", deliverable_id=deliverable.id),
        },
    )
