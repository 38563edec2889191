"""Join requests: who asks to take part in a chantier, in whose name, and what a référent answers."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Select, select, text, update
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship

from models.demarche.chantier import Chantier
from models.demarche.structure import Structure
from models.ground.base import Base, EnumText, IntId, LongText, db, now
from models.ground.refused import Refused
from models.ground.uniqueness import unless_taken
from models.journal import record
from models.people.membership import ChantierMembership
from models.people.roles import ChantierRole, Role
from models.people.user import User


class JoinState(StrEnum):
    """State of a join request."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


#: Written out, as the partial index says it.
_WAITING = text("join_request.state = 'asked'")


class JoinRequest(Base):
    """Request of a person to join a chantier, in their own name or in that of a structure of theirs."""

    __tablename__ = "join_request"
    __table_args__ = (
        Index(
            "uq_join_request_waiting",
            "chantier_id",
            "person_id",
            unique=True,
            sqlite_where=text("state = 'asked'"),
            postgresql_where=text("state = 'asked'"),
        ),
        Index("ix_join_request_person_id", "person_id", "chantier_id"),
    )

    id: Mapped[IntId]
    chantier_id: Mapped[int] = mapped_column(ForeignKey("chantier.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    structure_id: Mapped[int | None] = mapped_column(ForeignKey("structure.id"), index=True)
    words: Mapped[LongText]
    state: Mapped[JoinState] = mapped_column(EnumText(JoinState, 20), default=JoinState.ASKED)
    asked_at: Mapped[datetime] = mapped_column(default=now)
    answered_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    answered_at: Mapped[datetime | None]
    #: What whoever refused wrote with it.
    answer: Mapped[LongText]

    chantier: Mapped[Chantier] = relationship(lazy="raise_on_sql")
    person: Mapped[User] = relationship(lazy="raise_on_sql", foreign_keys=[person_id])
    structure: Mapped[Structure | None] = relationship(lazy="raise_on_sql")
    answered_by: Mapped[User | None] = relationship(lazy="raise_on_sql", foreign_keys=[answered_by_id])

    @classmethod
    def ask(
        cls, chantier: Chantier, words: str = "", *, by: User, structure: Structure | None = None
    ) -> "JoinRequest":
        """Ask to join, and notify those who answer: the référents, or the coordination where there is none.

        Raises Refused("chantier_archived"), Refused("cannot_ask") for a mere observer, Refused("already_member"),
        Refused("not_own_structure") and, for who is waiting already, Refused("already_asked").
        """
        if chantier.is_archived:
            raise Refused("chantier_archived")
        if by.is_only_observer or by.closed_at is not None:
            raise Refused("cannot_ask")
        if structure is not None and structure.id not in by.standing.structures:
            raise Refused("not_own_structure")
        # Whoever is being added at this moment is a member before, or waits for us.
        chantier.lock_members()
        part = select(ChantierMembership.id).filter_by(chantier_id=chantier.id, user_id=by.id)
        if db.session.scalar(part) is not None:
            raise Refused("already_member", person=by.name)
        asked = cls(
            chantier=chantier,
            person=by,
            structure=structure,
            words=words,
            state=JoinState.ASKED,
            asked_at=now(),
            answer="",
        )
        with unless_taken("already_asked"):
            db.session.add(asked)
        record(chantier, "chantier.join_asked", by=by, also_tell=_who_answers(chantier))
        return asked

    # Answering --------------------------------------------------------------------------------------------------------

    def accept(self, *, by: User) -> None:
        """Make them a participant, and enrol the structure in whose name they asked. One answer wins.

        Raises Refused("already_answered") or Refused("account_closed").
        """
        # The lock first, as whoever changes the members takes it: they settle what waits once they have it.
        self.chantier.lock_members()
        self._settle(JoinState.ACCEPTED, by=by)
        self.chantier.welcome(self.person, ChantierRole.PARTICIPANT, by=by)
        structure = self.structure
        if (
            structure is not None
            and structure.merged_into_id is None
            and structure.id in self.person.standing.structures
        ):
            self.chantier.enrol(structure, by=by)
        self._tell(by)

    def refuse(self, words: str = "", *, by: User) -> None:
        """Say no, with a word or without. Raises Refused("already_answered")."""
        self._settle(JoinState.REFUSED, by=by, answer=words)
        self._tell(by)

    def withdraw(self) -> None:
        """Take it back. Raises Refused("already_answered")."""
        self._settle(JoinState.WITHDRAWN)
        record(self.chantier, "chantier.join_withdrawn", by=self.person)

    @classmethod
    def withdraw_all_of(cls, person: User) -> None:
        """Withdraw what this person asked and nobody answered, and blank the words of all their requests."""
        theirs = update(cls).where(cls.person_id == person.id)
        withdrawn = {"state": JoinState.WITHDRAWN, "answered_at": now()}
        db.session.execute(theirs.where(cls.state == JoinState.ASKED).values(withdrawn))
        db.session.execute(theirs.values(words="", answer=""))

    def _tell(self, by: User) -> None:
        # Whether it was yes is for who asked: the journal, which everybody reads, says that there was an answer.
        record(
            self.chantier,
            "chantier.join_answered",
            by=by,
            also_tell=[self.person_id],
            person=self.person.name,
        )

    def _settle(self, state: JoinState, *, by: User | None = None, answer: str = "") -> None:
        """End it in one conditional update, which only one of several at once wins."""
        won: Any = db.session.execute(
            update(JoinRequest)
            .where(JoinRequest.id == self.id, JoinRequest.state == JoinState.ASKED)
            .values(state=state, answered_by_id=by.id if by else None, answered_at=now(), answer=answer)
        )
        if won.rowcount != 1:
            raise Refused("already_answered")

    # Reading ----------------------------------------------------------------------------------------------------------

    @classmethod
    def waiting_in(cls, chantier_ids: list[int]) -> "Select[JoinRequest]":
        """Select those that wait for an answer in these chantiers, the longest first, with who asks."""
        return (
            select(cls)
            .where(cls.chantier_id.in_(chantier_ids), _WAITING)
            .order_by(cls.asked_at, cls.id)
            .options(joinedload(cls.person), joinedload(cls.structure), joinedload(cls.chantier))
        )

    @classmethod
    def latest_of(cls, person: User, chantier: Chantier) -> "JoinRequest | None":
        """Find this person's last request to join a chantier, whatever its state."""
        return db.session.scalar(
            select(cls)
            .where(cls.person_id == person.id, cls.chantier_id == chantier.id)
            .order_by(cls.id.desc())
            .limit(1)
            .options(joinedload(cls.structure), joinedload(cls.person), joinedload(cls.chantier))
        )

    @property
    def is_waiting(self) -> bool:
        return self.state == JoinState.ASKED

    @property
    def is_refused(self) -> bool:
        return self.state == JoinState.REFUSED

    @property
    def is_archived(self) -> bool:
        return self.chantier.is_archived


def _who_answers(chantier: Chantier) -> list[int]:
    part = (
        select(ChantierMembership.user_id)
        .join(User, User.id == ChantierMembership.user_id)
        .where(
            ChantierMembership.chantier_id == chantier.id,
            ChantierMembership.role == ChantierRole.REFERENT,
            User.closed_at.is_(None),
        )
    )
    referents = list(db.session.scalars(part))
    coordination = select(User.id).where(User.role == Role.COORDINATOR, User.closed_at.is_(None))
    return referents or list(db.session.scalars(coordination))
