"""Memberships: of people in chantiers, of structures in chantiers, of people in structures."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.ground.base import Base, EnumText, IntId, now
from models.people.roles import ChantierRole

if TYPE_CHECKING:
    from models.demarche.chantier import Chantier
    from models.demarche.structure import Structure
    from models.people.user import User

#: Where the session keeps the memberships that ended: their notifications go when it commits.
ENDED = "ended memberships"


class ChantierMembership(Base):
    """Membership of a person in a chantier, with their role."""

    __tablename__ = "chantier_membership"
    __table_args__ = (UniqueConstraint("chantier_id", "user_id"),)

    id: Mapped[IntId]
    chantier_id: Mapped[int] = mapped_column(ForeignKey("chantier.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), index=True)
    role: Mapped[ChantierRole] = mapped_column(EnumText(ChantierRole, 20), default=ChantierRole.PARTICIPANT)
    since: Mapped[datetime] = mapped_column(default=now)
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    chantier: Mapped["Chantier"] = relationship(back_populates="memberships", lazy="raise_on_sql")
    user: Mapped["User"] = relationship(
        back_populates="memberships", lazy="raise_on_sql", foreign_keys=[user_id]
    )

    @property
    def is_archived(self) -> bool:
        return self.chantier.is_archived

    @property
    def is_referent(self) -> bool:
        return self.role == ChantierRole.REFERENT


class ChantierStructure(Base):
    """Membership of a structure in a chantier: since when, by whom, until when. One that comes back has two rows."""

    __tablename__ = "chantier_structure"
    __table_args__ = (
        Index(
            "uq_chantier_structure_present",
            "chantier_id",
            "structure_id",
            unique=True,
            sqlite_where=text("left_at IS NULL"),
            postgresql_where=text("left_at IS NULL"),
        ),
    )

    id: Mapped[IntId]
    chantier_id: Mapped[int] = mapped_column(ForeignKey("chantier.id"))
    structure_id: Mapped[int] = mapped_column(ForeignKey("structure.id"), index=True)
    joined_at: Mapped[datetime] = mapped_column(default=now)
    enrolled_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    left_at: Mapped[datetime | None]

    chantier: Mapped["Chantier"] = relationship(lazy="joined", innerjoin=True)
    structure: Mapped["Structure"] = relationship(back_populates="enrolments", lazy="raise_on_sql")
    enrolled_by: Mapped["User | None"] = relationship(lazy="raise_on_sql", foreign_keys=[enrolled_by_id])

    @property
    def is_archived(self) -> bool:
        return self.chantier.is_archived


class StructureMember(Base):
    """Membership of a person in a structure, since when."""

    __tablename__ = "structure_member"

    structure_id: Mapped[int] = mapped_column(ForeignKey("structure.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True, index=True)
    since: Mapped[datetime] = mapped_column(default=now)
