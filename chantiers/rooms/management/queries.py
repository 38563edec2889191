"""What the coordination's own screens read: people, chantiers, the démarche."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from models import (
    Chantier,
    ChantierMembership,
    CharterVersion,
    Demarche,
    Role,
    Structure,
    User,
    db,
    fold,
    held,
)

PAGE = 50


@dataclass(frozen=True)
class People:
    """A page of the people."""

    people: Sequence[User]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


def people(search: str, role: str, page: int) -> People:
    """People by name, those whose account is closed left out; `search` ignores accents and case."""
    condition: list[ColumnElement[bool]] = [User.closed_at.is_(None)]
    if search:
        condition.append(
            or_(User.name_key.contains(fold(search), autoescape=True), User.email == search.lower())
        )
    if role in list(Role):
        condition.append(User.role == role)
    total = db.session.scalar(select(func.count()).select_from(User).where(*condition)) or 0
    page = min(max(page, 1), max(1, -(-total // PAGE)))
    query = (
        select(User)
        .where(*condition)
        .order_by(User.name_key, User.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
        .options(
            selectinload(User.structures),
            selectinload(User.memberships).joinedload(ChantierMembership.chantier),
        )
    )
    return People(db.session.scalars(query).all(), total, page)


def person(user_id: int) -> User | None:
    """One person whose account is not closed, with what their page shows."""
    found = (
        select(User)
        .where(User.id == user_id, User.closed_at.is_(None))
        .options(
            selectinload(User.structures),
            selectinload(User.memberships).joinedload(ChantierMembership.chantier),
        )
    )
    return db.session.scalar(held(found, User))


def structures() -> list[Structure]:
    """Every structure, by name, for a person to come from."""
    return list(db.session.scalars(Structure.visible_to(None)))


def chantiers() -> Sequence[Chantier]:
    """Every chantier, the archived ones included."""
    return db.session.scalars(select(Chantier).order_by(Chantier.number)).all()


def demarche() -> Demarche | None:
    """The démarche, held until the transaction ends."""
    return db.session.scalar(held(select(Demarche).order_by(Demarche.id).limit(1), Demarche))


def charters() -> Sequence[CharterVersion]:
    """Every text of the charter, latest first."""
    query = select(CharterVersion).order_by(CharterVersion.number.desc())
    return db.session.scalars(query.options(joinedload(CharterVersion.author))).all()
