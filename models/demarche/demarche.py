"""Démarche and its charter: the one row that names and presents it, the texts of the charter and who accepted them."""

from datetime import datetime
from functools import cache
from typing import cast

from sqlalchemy import ForeignKey, Select, String, Table, Text, UniqueConstraint, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship
from sqlalchemy.orm.attributes import set_committed_value

from models.ground.base import Base, IntId, Line, LongText, Versioned, db, now
from models.ground.refused import Refused
from models.journal import record
from models.people.user import User
from models.traits.editable import Editable
from models.traits.loaded_from_file import Sourced


class Demarche(Versioned, Editable, Sourced, Base):
    """Démarche that this instance serves: the table has one row."""

    __tablename__ = "demarche"

    id: Mapped[IntId]
    name: Mapped[Line]
    presentation: Mapped[LongText]
    #: The date of the founding document, as the document writes it: "2024-02".
    dated: Mapped[str] = mapped_column(String(40), default="")
    bearer: Mapped[Line] = mapped_column(default="")
    initiative: Mapped[Line] = mapped_column(default="")
    site: Mapped[str] = mapped_column(String(500), default="")
    contact_name: Mapped[Line] = mapped_column(default="")
    contact_title: Mapped[Line] = mapped_column(default="")
    contact_structure: Mapped[Line] = mapped_column(default="")
    contact_email: Mapped[Line] = mapped_column(default="")
    #: After how many days without a word a started task is « Sans nouvelles ».
    silent_after_days: Mapped[int] = mapped_column(default=45)
    #: The number of the charter in force; 0 where there is none, and then nobody is asked anything.
    charter_number: Mapped[int] = mapped_column(default=0)
    #: True only in a database that the demonstration made: nothing else may open its accounts.
    is_demonstration: Mapped[bool] = mapped_column(default=False)

    @classmethod
    def current(cls) -> "Demarche | None":
        """Return the démarche of this instance; None before it was loaded."""
        return db.session.scalar(_first())

    @property
    def journal_title(self) -> str:
        return self.name

    def publish_charter(self, text: str, *, by: "User | None") -> "CharterVersion":
        """Make `text` (Markdown) the charter in force; everybody will be asked to accept it at their next entry."""
        if not text.strip():
            raise Refused("charter_empty")
        self.charter_number += 1
        charter = CharterVersion(number=self.charter_number, text=text, at=now(), author=by)
        db.session.add(charter)
        record(self, "charter.published", by=by, number=charter.number)
        return charter

    @property
    def charter(self) -> "CharterVersion | None":
        """Charter in force, or None."""
        return db.session.scalar(select(CharterVersion).where(CharterVersion.number == self.charter_number))

    def awaits_acceptance_of(self, user: "User") -> bool:
        """Tell whether this person has yet to accept the charter in force."""
        return user.charter_number < self.charter_number


@cache
def _first() -> "Select[Demarche]":
    """Build the statement once: every request runs it."""
    return select(Demarche).order_by(Demarche.id).limit(1)


class CharterVersion(Base):
    """Numbered text of the charter."""

    __tablename__ = "charter_version"

    id: Mapped[IntId]
    number: Mapped[int] = mapped_column(unique=True)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    author_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    author: Mapped["User | None"] = relationship(lazy="raise_on_sql")

    def accept(self, *, by: "User") -> None:
        """Keep this person's acceptance with its date; accepting twice, even at the same moment, keeps the first."""
        people = cast(Table, User.__table__)
        accepting = update(people).where(people.c.id == by.id, people.c.charter_number < self.number)
        first = db.session.execute(accepting.values(charter_number=self.number))
        if first.rowcount == 1:  # type: ignore[attr-defined]
            db.session.add(CharterAcceptance(user_id=by.id, charter_id=self.id, at=now()))
        if by.charter_number < self.number:
            set_committed_value(by, "charter_number", self.number)


class CharterAcceptance(Base):
    """Acceptance of a charter by a person, and its date."""

    __tablename__ = "charter_acceptance"
    __table_args__ = (UniqueConstraint("user_id", "charter_id"),)

    id: Mapped[IntId]
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    charter_id: Mapped[int] = mapped_column(ForeignKey("charter_version.id"), index=True)
    at: Mapped[datetime]
