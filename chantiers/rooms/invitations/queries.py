"""Queries of invitations: those that wait, and the structures that a list may name."""

from collections.abc import Sequence

from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from models import Chantier, Invitation, Structure, StructureAlias, db, held

SHOWN = 200


def led_beside(chantier: Chantier) -> Sequence[Chantier]:
    """Return the other open chantiers into which this person invites."""
    open_ones = Chantier.visible_to(current_user).where(
        Chantier.id != chantier.id, Chantier.archived_at.is_(None)
    )
    return [each for each in db.session.scalars(open_ones) if current_user.steers(each.id)]


def unanswered(chantier: Chantier) -> Sequence[Invitation]:
    """Return the invitations of a chantier that nobody answered."""
    return db.session.scalars(Invitation.unanswered(chantier).limit(SHOWN)).all()


def everywhere() -> Sequence[Invitation]:
    """Return the invitations of every chantier that nobody answered."""
    return db.session.scalars(Invitation.everywhere().limit(SHOWN)).all()


def structures() -> dict[str, Structure]:
    """Every structure under its name and its other names, as people write them."""
    found = {each.name_key: each for each in db.session.scalars(Structure.visible_to(None))}
    by_number = {each.id: each for each in found.values()}
    aliases = db.session.execute(select(StructureAlias.name_key, StructureAlias.structure_id))
    return {key: by_number[number] for key, number in aliases if number in by_number} | found


def invitation(invitation_id: int) -> Invitation | None:
    """Return an invitation of a chantier, to send again or to take back."""
    query = select(Invitation).where(Invitation.id == invitation_id, Invitation.accepted_at.is_(None))
    return db.session.scalar(held(query, Invitation).options(joinedload(Invitation.chantier)))
