"""Links that mails hold, signed for people of the world: the pages that they open ask for nobody."""

from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from chantiers.mail import checkpoint_links
from chantiers.web.tokens import signer
from models import (
    Chantier,
    Checkpoint,
    CheckpointAnswer,
    CheckpointLine,
    Invitation,
    Opinion,
    SignInLink,
    User,
    today,
)
from tests.support.world import World


def sign_links(session: Session, world: World) -> dict[str, list[str]]:
    """Make what such links are about, and return their tokens by endpoint. The caller commits."""
    ours = session.scalars(select(Chantier).where(Chantier.slug == world.chantiers["ours"])).one()
    coordinator, newcomer, elsewhere = (
        session.get_one(User, world.people[name]) for name in ("coordinator", "newcomer", "elsewhere")
    )
    invitations = [
        session.get_one(Invitation, world.invitations["ours"]),
        Invitation.send(ours, elsewhere.email or "", elsewhere.name, by=coordinator),
    ]
    SignInLink.send(newcomer, "password")
    SignInLink.send(elsewhere, "sign_in")
    links = session.scalars(select(SignInLink).where(SignInLink.used_at.is_(None)))
    asked = world.review_requests["of a person"], world.people["in_charge"]
    # Whoever never came is asked nothing.
    person = session.get_one(User, world.people["in_charge"])
    person.be_seen()
    Checkpoint.plan("COPIL", today() + timedelta(days=30), by=coordinator).ask(by=coordinator)
    line = session.scalars(select(CheckpointLine).where(CheckpointLine.user_id == person.id)).first()
    assert line is not None
    about = (
        (0, ""),
        (line.task_id, str(CheckpointAnswer.DONE)),
        (line.task_id, str(CheckpointAnswer.BLOCKED)),
    )
    return {
        "accounts.use_link": [signer("sign_in").dumps([link.id, link.nonce]) for link in links],
        "checkpoints.from_mail": [
            checkpoint_links.token(line.checkpoint_id, person, *each) for each in about
        ],
        "correspondence.unsubscribe": [signer("unsubscribe").dumps([newcomer.id, "digest"])],
        "invitations.answer": [signer("invitation").dumps([each.id, each.nonce]) for each in invitations],
        "relecture.from_mail": [signer("relecture").dumps([*asked, str(Opinion.WITH_RESERVATIONS)])],
    }
