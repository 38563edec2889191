"""Versions of deliverables: frozen and numbered, a file, a link or a text, and what référents answered to each."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, ForeignKey, Select, String, Text, UniqueConstraint, and_, select
from sqlalchemy.orm import Mapped, aliased, mapped_column, relationship

from models.ground.base import Base, EnumText, IntId, Line, LongText, table_above
from models.people.user import User

if TYPE_CHECKING:
    from models.deliverables.deliverable import Deliverable


class VersionKind(StrEnum):
    """Kind of version: a file, a link, or a text written here."""

    FILE = "file"
    LINK = "link"
    TEXT = "text"


@dataclass(frozen=True)
class StoredFile:
    """File that the store already holds: its key, its name, and the checksum that proves that it is whole."""

    key: str
    name: str
    media_type: str
    size: int
    sha256: str


class DeliverableVersion(Base):
    """Numbered version, frozen: who, when, what changed, and the file, link or text itself."""

    __tablename__ = "deliverable_version"
    __table_args__ = (UniqueConstraint("deliverable_id", "number"),)

    id: Mapped[IntId]
    deliverable_id: Mapped[int] = mapped_column(ForeignKey("deliverable.id"))
    number: Mapped[int]
    kind: Mapped[VersionKind] = mapped_column(EnumText(VersionKind, 10))
    note: Mapped[LongText]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime]
    storage_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    file_name: Mapped[Line] = mapped_column(default="")
    media_type: Mapped[str] = mapped_column(String(100), default="")
    approved_at: Mapped[datetime | None]
    #: Since when anybody reads it, and under which licence; None while it is not public.
    published_at: Mapped[datetime | None]
    licence: Mapped[str] = mapped_column(String(40), default="")
    #: In bytes.
    size: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
    url: Mapped[str] = mapped_column(String(2000), default="")
    text: Mapped[str] = mapped_column(Text, default="")

    deliverable: Mapped["Deliverable"] = relationship(back_populates="versions", lazy="raise_on_sql")
    author: Mapped["User | None"] = relationship(lazy="raise_on_sql")

    @classmethod
    def visible_to(cls, user: "User") -> "Select[DeliverableVersion]":
        """Select the versions that this person may read: for a mere observer, only the references of deliverables."""
        deliverable = table_above("deliverable")
        live = select(cls).join(cls.deliverable).where(deliverable.c.trashed_at.is_(None))
        return live if user.reads_drafts else live.where(cls.is_reference())

    @classmethod
    def is_reference(cls) -> ColumnElement[bool]:
        """Return the SQL condition of being the last approved version of its deliverable."""
        later = aliased(cls)
        approved_since = select(later.id).where(
            later.deliverable_id == cls.deliverable_id,
            later.approved_at.is_not(None),
            later.number > cls.number,
        )
        return and_(cls.approved_at.is_not(None), ~approved_since.exists())


class Verdict(Base):
    """Verdict of a référent on one version: approved, or sent back and why."""

    __tablename__ = "verdict"

    id: Mapped[IntId]
    deliverable_id: Mapped[int] = mapped_column(ForeignKey("deliverable.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("deliverable_version.id"))
    approved: Mapped[bool]
    words: Mapped[LongText]
    by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    at: Mapped[datetime]

    by: Mapped["User | None"] = relationship(lazy="raise_on_sql")
