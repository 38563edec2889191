"""Mail that invites somebody into a chantier."""

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from chantiers.language.journal import name_of
from chantiers.mail.message import MailContent, builder
from chantiers.web.links import absolute
from chantiers.web.tokens import signer
from models import Invitation, OutgoingMail, db


@builder("invitation")
def invitation(mail: OutgoingMail) -> MailContent | None:
    """Invite; None where the invitation was revoked, renewed or answered, or its author steers the chantier no more."""
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
