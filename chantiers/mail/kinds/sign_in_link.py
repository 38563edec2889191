"""Mail with a link to sign in, or to choose a new password."""

from flask_babel import gettext as _

from chantiers.mail.message import MailContent, builder
from chantiers.web.links import absolute
from chantiers.web.tokens import signer
from models import OutgoingMail, SignInLink, db, now


@builder("sign_in_link")
def sign_in_link(mail: OutgoingMail) -> MailContent | None:
    """Send the link; None once it is used or expired."""
    link = db.session.get(SignInLink, mail.particulars["link"])
    if link is None or link.user_id is None or link.used_at is not None or link.expires_at <= now():
        return None
    token = signer("sign_in").dumps([link.id, link.nonce])
    chooses = link.purpose == "password"
    return MailContent(
        subject=_("Choisir un nouveau mot de passe") if chooses else _("Votre lien pour vous connecter"),
        template="emails/sign_in_link",
        values={"chooses": chooses, "url": absolute("accounts.use_link", token=token)},
    )
