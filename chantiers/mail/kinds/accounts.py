"""Mails by which people come in: an invitation, a link to sign in."""

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from chantiers.language.journal import name_of
from chantiers.mail.message import MailContent, builder
from chantiers.web.links import absolute
from chantiers.web.tokens import signer
from models import Invitation, OutgoingMail, SignInLink, db, now


@builder("invitation")
def invitation(mail: OutgoingMail) -> MailContent | None:
    """Somebody is invited; nothing where it was taken back, renewed or accepted meanwhile."""
    found = db.session.scalar(
        select(Invitation)
        .where(Invitation.id == mail.particulars["invitation"])
        .options(
            joinedload(Invitation.chantier),
            joinedload(Invitation.created_by),
            joinedload(Invitation.structure),
            selectinload(Invitation.also),
        )
    )
    if found is None or not found.is_pending or mail.key != f"invitation:{found.id}:{found.nonce}":
        return None
    inviter = found.created_by
    if inviter.closed_at is not None or not inviter.steers(found.chantier_id):
        return None
    token = signer("invitation").dumps([found.id, found.nonce])
    who = name_of(inviter)
    return MailContent(
        subject=_("%(who)s vous invite dans le chantier « %(title)s »", who=who, title=found.chantier.title),
        template="emails/invitation",
        values={"who": who, "invitation": found, "url": absolute("invitations.answer", token=token)},
    )


@builder("sign_in_link")
def sign_in_link(mail: OutgoingMail) -> MailContent | None:
    """A link to sign in or to choose a password; nothing where it is over."""
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
