"""Bin (soft delete): a deleted thing stays restorable for thirty days, then only its figures remain."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from sqlalchemy import ColumnElement, ForeignKey, FromClause, Index, and_, false, or_, select, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from models.ground.base import db, now, table_above
from models.ground.refused import Refused
from models.journal import record

if TYPE_CHECKING:
    from models.people.user import User

#: How long a thing in the bin can be brought back.
RESTORABLE = timedelta(days=30)


def index_of_bin(table: str) -> Index:
    """Return the partial index by which the bin is read; it holds nothing else, and stays as small as the bin."""
    binned = text("trashed_at IS NOT NULL")
    return Index(f"ix_{table}_trashed_at", "trashed_at", sqlite_where=binned, postgresql_where=binned)


class Trashable:
    """Mixin of a thing that is soft-deleted: it goes to the bin, and is purged later."""

    if TYPE_CHECKING:
        id: Mapped[int]
        __table__: ClassVar[FromClause]
        __tablename__: str
        __name__: str

    trashed_at: Mapped[datetime | None]
    #: Set when the content was erased for good; the row remains as a tombstone.
    purged_at: Mapped[datetime | None]

    @declared_attr
    def trashed_by_id(cls) -> Mapped[int | None]:
        return mapped_column(ForeignKey("user.id"))

    @declared_attr
    def trashed_by(cls) -> Mapped["User | None"]:
        return relationship("User", foreign_keys=f"{cls.__name__}.trashed_by_id", lazy="raise_on_sql")

    @classmethod
    def live(cls) -> ColumnElement[bool]:
        """Return the SQL condition that leaves out what is in the bin."""
        return cls.trashed_at.is_(None)

    @classmethod
    def restorable(cls) -> ColumnElement[bool]:
        """Return the SQL condition of what the bin can still give back."""
        return cls.trashed_at.is_not(None) & cls.purged_at.is_(None)

    @classmethod
    def in_bin_of(cls, user: "User") -> ColumnElement[bool]:
        """Return the SQL condition of what this person may restore: the things that they could put in the bin.

        That is what they created where they take part, all of the chantiers that they lead, and for the coordination
        everything; nothing of an archived chantier.
        """
        chantiers = table_above("chantier").c
        archived = select(chantiers.id).where(chantiers.archived_at.is_not(None))
        columns = cls.__table__.c
        within = and_(cls.restorable(), columns.chantier_id.not_in(archived))
        if user.is_coordinator:
            return within
        mine: ColumnElement[bool] = false()
        if "created_by_id" in columns:
            own = columns.chantier_id.in_(user.standing.chantiers)
            mine = and_(columns.created_by_id == user.id, own)
        led = [chantier_id for chantier_id in user.standing.chantiers if user.leads(chantier_id)]
        return and_(within, or_(columns.chantier_id.in_(led), mine))

    @classmethod
    def due_for_purge(cls) -> ColumnElement[bool]:
        """Return the SQL condition of having spent its thirty days in the bin."""
        return and_(cls.restorable(), cls.trashed_at <= now() - RESTORABLE)

    @property
    def is_trashed(self) -> bool:
        return self.trashed_at is not None

    @property
    def purge_due_at(self) -> datetime | None:
        """Instant from which the purge may erase it; None outside the bin."""
        return self.trashed_at + RESTORABLE if self.trashed_at else None

    def trash(self, *, by: "User") -> None:
        """Put it in the bin (soft delete). Raises Refused("already_trashed")."""
        if self.is_trashed:
            raise Refused("already_trashed")
        self.trashed_at, self.trashed_by = now(), by
        self.on_trashed()
        record(self, f"{self.__tablename__}.trashed", by=by)

    def restore(self, *, by: "User") -> None:
        """Take it out of the bin.

        Raises Refused("not_trashed"), Refused("purged"), or Refused("objective_trashed") for what hangs on an objective
        that is in the bin itself: it would come back where nobody sees it.
        """
        if not self.is_trashed:
            raise Refused("not_trashed")
        if self.purged_at:
            raise Refused("purged")
        self._refuse_without_objective()
        self.trashed_at = self.trashed_by = None
        self.on_restored()
        record(self, f"{self.__tablename__}.restored", by=by)

    def _refuse_without_objective(self) -> None:
        objective_id = getattr(self, "objective_id", None)
        if objective_id is None:
            return
        objectives = table_above("objective").c
        # Somebody who is putting the objective in the bin right now comes before or after, not at the same time.
        trashed_at, text = db.session.execute(
            select(objectives.trashed_at, objectives.text)
            .where(objectives.id == objective_id)
            .with_for_update(read=True)
        ).one()
        if trashed_at is not None:
            raise Refused("objective_trashed", objective=text)

    def purge(self) -> None:
        """Erase the content for good; the tombstone keeps what the figures of the past need."""
        if not self.is_trashed:
            raise Refused("not_trashed")
        self.erase()
        self.purged_at = now()

    def on_trashed(self) -> None:
        """Do what else follows when it is put in the bin; a hook."""

    def on_restored(self) -> None:
        """Do what else follows when it is restored; a hook."""

    def erase(self) -> None:
        """Blank its words; each thing says which."""
        raise NotImplementedError
