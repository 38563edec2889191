"""Mail to somebody whose answer by mail could not become a comment, with the reason."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from chantiers.mail.message import MailContent, builder
from chantiers.web.links import absolute
from models import OutgoingMail

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
    """Say why the answer was not published."""
    reason = REASONS.get(mail.particulars["reason"], REASONS["no_right"])
    return MailContent(
        subject=_("Votre réponse n’a pas été publiée"),
        template="emails/reply_refused",
        values={"reason": reason, "url": absolute("my_work.show")},
    )
