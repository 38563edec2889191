"""Queries of the accounts room."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from models import (
    DEMONSTRATION_ENTRIES,
    Chantier,
    ChantierMembership,
    CharterAcceptance,
    CharterVersion,
    Structure,
    StructureMember,
    User,
    UserSession,
    db,
)


@dataclass(frozen=True)
class ProfileBelonging:
    """Structures and chantiers of a person, for their profile."""

    structures: list[Any]
    chantiers: list[Any]
    charter_accepted_at: datetime | None


def belonging_of(user: User) -> ProfileBelonging:
    """Return the person's structures and chantiers, and when they accepted the charter."""
    structures = (
        select(Structure.name, Structure.slug, Structure.is_example)
        .join(StructureMember, StructureMember.structure_id == Structure.id)
        .where(StructureMember.user_id == user.id)
        .order_by(Structure.name_key)
    )
    chantiers = (
        select(
            Chantier.number,
            Chantier.title,
            Chantier.slug,
            Chantier.hue,
            ChantierMembership.role,
            Chantier.archived_at,
        )
        .join(ChantierMembership, ChantierMembership.chantier_id == Chantier.id)
        .where(ChantierMembership.user_id == user.id)
        .order_by(Chantier.number)
    )
    return ProfileBelonging(
        list(db.session.execute(structures)),
        list(db.session.execute(chantiers)),
        acceptance_date(user),
    )


def acceptance_date(user: User) -> datetime | None:
    """When the person accepted the last charter that they accepted."""
    return db.session.scalar(
        select(CharterAcceptance.at)
        .join(CharterVersion, CharterVersion.id == CharterAcceptance.charter_id)
        .where(CharterAcceptance.user_id == user.id)
        .order_by(CharterVersion.number.desc())
        .limit(1)
    )


def session_of(user: User, session_id: int) -> UserSession | None:
    """Return one of the person's own open sessions."""
    return next((each for each in UserSession.living_of(user) if each.id == session_id), None)


def demonstration_person(entry: str) -> User | None:
    """Return the invented person whom a button of the demonstration lets in."""
    email = dict(DEMONSTRATION_ENTRIES).get(entry)
    if email is None:
        return None
    return db.session.scalar(
        select(User).where(User.email == email, User.is_example, User.closed_at.is_(None))
    )
