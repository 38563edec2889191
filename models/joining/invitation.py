"""Invitations by mail into chantiers: sending, single-use links, acceptance, revocation."""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, ForeignKey, Select, String, Table, exists, or_, select, update
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship, selectinload

from models.demarche.chantier import Chantier
from models.demarche.structure import Structure
from models.ground.base import Base, EnumText, IntId, Line, db, held, now
from models.ground.refused import Refused
from models.mail.outgoing import OutgoingMail
from models.people.membership import ChantierMembership, ChantierStructure
from models.people.roles import ChantierRole
from models.people.user import User

#: People come once a month: whoever is invited has until their next visit to their mailbox.
INVITATION_LIFE = timedelta(days=30)


#: Into which other chantiers the same invitation lets.
invitation_chantier = Table(
    "invitation_chantier",
    Base.metadata,
    Column("invitation_id", ForeignKey("invitation.id", ondelete="CASCADE"), primary_key=True),
    Column("chantier_id", ForeignKey("chantier.id"), primary_key=True, index=True),
)


class Invitation(Base):
    """Invitation of an address into a chantier, and maybe into others.

    The link that they get carries the nonce, signed; it serves once.
    """

    __tablename__ = "invitation"

    id: Mapped[IntId]
    nonce: Mapped[str] = mapped_column(String(32))
    chantier_id: Mapped[int] = mapped_column(ForeignKey("chantier.id"), index=True)
    email: Mapped[str] = mapped_column(String(254), index=True)
    name: Mapped[Line]
    role: Mapped[ChantierRole] = mapped_column(EnumText(ChantierRole, 20), default=ChantierRole.PARTICIPANT)
    structure_id: Mapped[int | None] = mapped_column(ForeignKey("structure.id"))
    created_by_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    expires_at: Mapped[datetime] = mapped_column(index=True)
    accepted_at: Mapped[datetime | None]
    accepted_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    revoked_at: Mapped[datetime | None]

    chantier: Mapped[Chantier] = relationship(lazy="raise_on_sql")
    also: Mapped[list[Chantier]] = relationship(
        secondary=invitation_chantier, lazy="raise_on_sql", order_by="Chantier.number"
    )
    structure: Mapped[Structure | None] = relationship(lazy="raise_on_sql")
    created_by: Mapped[User] = relationship(lazy="raise_on_sql", foreign_keys=[created_by_id])

    @classmethod
    def send(
        cls,
        chantier: Chantier,
        email: str,
        name: str,
        *,
        by: User,
        role: ChantierRole = ChantierRole.PARTICIPANT,
        structure: Structure | None = None,
        also: "Iterable[Chantier]" = (),
    ) -> "Invitation":
        """Invite somebody into a chantier and into others (`also`), and put the mail in the outbox.

        Nobody invites beyond their own rank: Refused("cannot_invite"), or Refused("structure_beyond") for a structure
        that would open chantiers which are not theirs. Raises Refused("already_member") and Refused("already_invited").
        """
        email = email.strip().lower()
        others = [each for each in also if each.id != chantier.id]
        if by.closed_at is not None:
            raise Refused("cannot_invite")
        if any(each.is_archived or not by.steers(each.id) for each in (chantier, *others)):
            raise Refused("cannot_invite")
        if structure is not None and not _may_bring_into(by, structure):
            raise Refused("structure_beyond", structure=structure.name)
        _refuse_twice(chantier, email)
        invitation = cls(
            nonce=secrets.token_hex(16),
            chantier=chantier,
            also=others,
            email=email,
            name=name,
            role=role,
            structure=structure,
            created_by=by,
            expires_at=now() + INVITATION_LIFE,
        )
        db.session.add(invitation)
        db.session.flush()
        invitation._post()
        return invitation

    def renew(self, *, by: User | None = None) -> None:
        """Send it again, for another thirty days; the earlier link stops working. Raises Refused("invitation_over").

        Whoever sends it again (`by`) answers for it from then on: the first may have left.
        """
        if self.accepted_at is not None or self.revoked_at is not None:
            raise Refused("invitation_over")
        self.nonce, self.expires_at = secrets.token_hex(16), now() + INVITATION_LIFE
        if by is not None:
            self.created_by = by
        self._post()

    def revoke(self) -> None:
        """Revoke it: its link opens nothing any more. Raises Refused("invitation_over") once it is accepted."""
        self._settle(revoked_at=now())

    def _post(self) -> None:
        OutgoingMail.post(
            "invitation", address=self.email, key=f"invitation:{self.id}:{self.nonce}", invitation=self.id
        )

    # Reading ----------------------------------------------------------------------------------------------------------

    @classmethod
    def at(cls, number: int, nonce: str) -> "Invitation | None":
        """Find the invitation of a link, in any state, with what its page says; locked where somebody answers it."""
        return db.session.scalar(
            held(
                select(cls)
                .where(cls.id == number, cls.nonce == nonce)
                .options(
                    joinedload(cls.chantier),
                    joinedload(cls.structure),
                    joinedload(cls.created_by),
                    selectinload(cls.also),
                ),
                cls,
            )
        )

    @classmethod
    def unanswered(cls, chantier: Chantier) -> "Select[Invitation]":
        """Select those of a chantier that nobody accepted nor revoked, the expired ones included, the latest first."""
        return (
            select(cls)
            .where(cls.chantier_id == chantier.id, cls.accepted_at.is_(None), cls.revoked_at.is_(None))
            .order_by(cls.id.desc())
            .options(joinedload(cls.structure), selectinload(cls.also))
        )

    @classmethod
    def everywhere(cls) -> "Select[Invitation]":
        """Select the unanswered ones of every chantier, with their chantiers."""
        return (
            select(cls)
            .where(cls.accepted_at.is_(None), cls.revoked_at.is_(None))
            .order_by(cls.id.desc())
            .options(joinedload(cls.structure), joinedload(cls.chantier), selectinload(cls.also))
        )

    @property
    def is_expired(self) -> bool:
        return self.expires_at <= now()

    @property
    def is_pending(self) -> bool:
        return self.accepted_at is None and self.revoked_at is None and not self.is_expired

    @property
    def is_archived(self) -> bool:
        return self.chantier.is_archived

    # Accepting --------------------------------------------------------------------------------------------------------

    def accept(self, name: str, *, by: User | None = None, from_mailbox: bool = True) -> User:
        """Accept it: one of several simultaneous acceptances wins. Return the person, old or new.

        The rights of whoever invited are read again; what is over, or theirs no more: Refused("invitation_over").
        An address that is somebody's joins that person: whoever accepts is signed in as them (`by`), or holds the link
        from their mailbox and they never came in; else Refused("sign_in_first").
        """
        inviter = self.created_by
        if (
            not self.is_pending
            or self.is_archived
            or inviter.closed_at
            or not inviter.steers(self.chantier_id)
        ):
            raise Refused("invitation_over")
        person = User.with_email(self.email)
        if person is not None and not self.opens_to(person, by, from_mailbox):
            raise Refused("sign_in_first")
        self._settle(accepted_at=now())
        if person is None:
            person = User.create(name, by=None, email=self.email)
            db.session.flush()
        self.accepted_by_id = person.id
        # Their part in this chantier first: the structure would make them a participant of it.
        for chantier in (self.chantier, *self.also):
            # The inviter's rights are read again for each: what they lost or what was archived opens no more.
            if not chantier.is_archived and inviter.steers(chantier.id):
                chantier.welcome(person, ChantierRole(self.role), by=inviter)
        structure = self.structure
        if structure is not None and structure.merged_into_id is None and _may_bring_into(inviter, structure):
            structure.gather(person, by=inviter)
        return person

    @staticmethod
    def opens_to(person: User, by: User | None, from_mailbox: bool) -> bool:
        """Tell whether a link lets in somebody who is known.

        A link that was handed over may have been read by whoever invited: it opens nobody's account.
        """
        return (by is not None and by.id == person.id) or (from_mailbox and person.never_came)

    @classmethod
    def over_before(cls, instant: datetime) -> ColumnElement[bool]:
        """Return the SQL condition of being accepted, revoked or expired since before an instant."""
        return or_(cls.expires_at < instant, cls.accepted_at < instant, cls.revoked_at < instant)

    def _settle(self, **values: Any) -> None:
        """End it in one conditional update, which only one of several at once wins."""
        won = db.session.execute(
            update(Invitation)
            .where(
                Invitation.id == self.id,
                Invitation.nonce == self.nonce,
                Invitation.accepted_at.is_(None),
                Invitation.revoked_at.is_(None),
            )
            .values(**values)
        )
        if won.rowcount != 1:  # type: ignore[attr-defined]
            raise Refused("invitation_over")


def _may_bring_into(by: User, structure: Structure) -> bool:
    """Tell whether `by` may bring somebody into a structure, since that opens every chantier where it takes part.

    A référent brings people into their own structures, and into those that take part nowhere but where they lead.
    """
    if by.is_coordinator or structure.id in by.standing.structures:
        return True
    led = [chantier_id for chantier_id in by.standing.chantiers if by.leads(chantier_id)]
    part = ChantierStructure
    elsewhere = exists().where(
        part.structure_id == structure.id, part.left_at.is_(None), part.chantier_id.not_in(led)
    )
    return not db.session.scalar(select(elsewhere))


def _refuse_twice(chantier: Chantier, email: str) -> None:
    member = db.session.scalar(
        select(User.name)
        .join(ChantierMembership, ChantierMembership.user_id == User.id)
        .where(User.email == email, ChantierMembership.chantier_id == chantier.id)
    )
    if member is not None:
        raise Refused("already_member", person=member)
    waiting = select(Invitation.id).where(
        Invitation.chantier_id == chantier.id,
        Invitation.email == email,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > now(),
    )
    if db.session.scalar(waiting.limit(1)) is not None:
        raise Refused("already_invited", email=email)
