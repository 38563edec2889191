"""Chantiers: working groups, with their number, their colour, their members and their structures."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Select, String, or_, select, update
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from models.demarche.structure import Structure
from models.figures.trace import ARCHIVED, OPEN_CHANTIER, leave_chantier_trace
from models.ground.base import Base, IntId, Line, LongText, Versioned, db, now, table_above
from models.ground.refused import Refused
from models.ground.slugs import slugify
from models.ground.uniqueness import unless_taken
from models.journal import from_to, record
from models.people.membership import ENDED, ChantierMembership, ChantierStructure, StructureMember
from models.people.roles import ChantierRole
from models.people.user import User
from models.traits.editable import Editable
from models.traits.loaded_from_file import Sourced

if TYPE_CHECKING:
    from models.demarche.objective import Objective


#: How many colours the design system has; chantiers beyond them take the first again.
HUES = 8


class Chantier(Versioned, Editable, Sourced, Base):
    """Chantier coopératif. Cooperation is transparent: whoever is signed in reads it."""

    __tablename__ = "chantier"

    id: Mapped[IntId]
    number: Mapped[int] = mapped_column(unique=True)
    title: Mapped[Line]
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    hue: Mapped[int]
    summary: Mapped[LongText]
    created_at: Mapped[datetime] = mapped_column(default=now)
    archived_at: Mapped[datetime | None]

    memberships: Mapped[list[ChantierMembership]] = relationship(
        back_populates="chantier", lazy="raise_on_sql", order_by=ChantierMembership.since
    )
    #: The structures that take part today.
    structures: Mapped[list[Structure]] = relationship(
        secondary="chantier_structure",
        primaryjoin="and_(Chantier.id == ChantierStructure.chantier_id, ChantierStructure.left_at.is_(None))",
        secondaryjoin="ChantierStructure.structure_id == Structure.id",
        viewonly=True,
        lazy="raise_on_sql",
        order_by=Structure.name_key,
    )
    objectives: Mapped[list["Objective"]] = relationship(
        back_populates="chantier", lazy="raise_on_sql", order_by="(Objective.position, Objective.id)"
    )

    @classmethod
    def create(cls, number: int, title: str, *, by: User | None, summary: str = "") -> "Chantier":
        """Open a new chantier. Raises Refused("number_taken")."""
        if db.session.scalar(select(cls.id).where(cls.number == number)) is not None:
            raise Refused("number_taken", number=number)
        with unless_taken("number_taken", number=number):
            chantier = cls(
                number=number,
                title=title,
                summary=summary,
                hue=(number - 1) % HUES + 1,
                slug=slugify(title, taken=cls._slug_exists),
            )
            db.session.add(chantier)
        record(chantier, "chantier.created", by=by)
        leave_chantier_trace(chantier.id, None, OPEN_CHANTIER)
        return chantier

    @classmethod
    def visible_to(cls, user: User) -> "Select[Chantier]":
        """Select the chantiers that this person may read: all of them, the archived ones included."""
        return select(cls).order_by(cls.number)

    @classmethod
    def with_members(cls) -> tuple[ORMOption, ...]:
        """Return the loading options for a screen that names the people and the structures."""
        return (
            selectinload(cls.memberships).joinedload(ChantierMembership.user),
            selectinload(cls.structures),
        )

    @property
    def chantier_id(self) -> int:
        """Its own id: the journal and the permission table ask it of everything that belongs to a chantier."""
        return self.id

    @property
    def journal_title(self) -> str:
        return self.title

    @property
    def is_archived(self) -> bool:
        return self.archived_at is not None

    @property
    def referents(self) -> list[User]:
        """Its référents whose account is not closed."""
        return self._people(ChantierRole.REFERENT)

    @property
    def participants(self) -> list[User]:
        """Its participants whose account is not closed."""
        return self._people(ChantierRole.PARTICIPANT)

    def _people(self, role: ChantierRole) -> list[User]:
        return [m.user for m in self.memberships if m.role == role and m.user.closed_at is None]

    def edit(self, *, by: User, **fields: object) -> list[str]:
        """Change title, number, summary or hue; the address (slug) stays, links keep working.

        Raises Refused("number_taken").
        """
        number = fields.get("number", self.number)
        if number != self.number and db.session.scalar(select(Chantier.id).where(Chantier.number == number)):
            raise Refused("number_taken", number=number)
        with unless_taken("number_taken", number=number):
            return super().edit(by=by, **fields)

    def archive(self, *, by: User) -> None:
        """Close the chantier: it stays readable, nobody writes in it any more. Raises Refused("already_archived")."""
        # Those who write in it finish first (`hold_open`); whoever comes later waits, and finds it archived.
        alone = select(Chantier.archived_at).where(Chantier.id == self.id).with_for_update()
        if db.session.scalar(alone) is not None:
            raise Refused("already_archived")
        self.archived_at = now()
        record(self, "chantier.archived", by=by)
        leave_chantier_trace(self.id, OPEN_CHANTIER, ARCHIVED)

    def reopen(self, *, by: User) -> None:
        """Open an archived chantier again. Raises Refused("not_archived")."""
        if not self.is_archived:
            raise Refused("not_archived")
        self.archived_at = None
        record(self, "chantier.reopened", by=by)
        leave_chantier_trace(self.id, ARCHIVED, OPEN_CHANTIER)

    @classmethod
    def hold_open(cls, chantier_id: int) -> bool:
        """Lock a chantier for writing in it; False if it is archived, else it is not before the transaction ends.

        Those who write hold it together: the lock is the one that their line of the journal takes anyway. A plain
        reading of `archived_at` would not do: the chantier may be archived between that and the writing.
        """
        archived_at = db.session.scalar(
            select(cls.archived_at).where(cls.id == chantier_id).with_for_update(read=True, key_share=True)
        )
        return archived_at is None

    # Structures -------------------------------------------------------------------------------------------------------

    def enrol(self, structure: Structure, *, by: User | None) -> None:
        """Bring a structure into the chantier, and its people as participants. Enrolling twice changes nothing.

        Raises Refused("structure_merged") for a record that another one took over.
        """
        if structure.merged_into_id is not None:
            raise Refused("structure_merged", structure=structure.name)
        self.lock_members()
        if self._enrolment_of(structure) is not None:
            return
        db.session.add(ChantierStructure(chantier=self, structure=structure, enrolled_by=by))
        record(self, "structure.enrolled", by=by, structure=structure.name)
        # From here on whoever adds people to the structure waits, and then finds it enrolled.
        db.session.flush()
        belonging = select(StructureMember.user_id).where(StructureMember.structure_id == structure.id)
        self._welcome_all(User.id.in_(belonging), ChantierRole.PARTICIPANT, by=by)

    def withdraw(self, structure: Structure, *, by: User) -> None:
        """Let a structure leave. What it carries stays its own and its people stay members, until passed on.

        Raises Refused("not_enrolled").
        """
        self.lock_members()
        enrolment = self._enrolment_of(structure)
        if enrolment is None:
            raise Refused("not_enrolled", structure=structure.name)
        enrolment.left_at = now()
        record(self, "structure.left", by=by, structure=structure.name)

    def _enrolment_of(self, structure: Structure) -> ChantierStructure | None:
        present = select(ChantierStructure).filter_by(
            chantier_id=self.id, structure_id=structure.id, left_at=None
        )
        return db.session.scalar(present)

    # People -----------------------------------------------------------------------------------------------------------

    def welcome(
        self, person: User, role: ChantierRole = ChantierRole.PARTICIPANT, *, by: User | None
    ) -> None:
        """Make a person a member; one who already takes part keeps their role. Raises Refused("account_closed")."""
        if person.closed_at is not None:
            raise Refused("account_closed")
        self.lock_members()
        self._welcome_all(User.id == person.id, role, by=by)

    def welcome_all(self, user_ids: Iterable[int], *, by: User | None) -> None:
        """Make participants of several people at once, but for members and for closed accounts."""
        self.lock_members()
        self._welcome_all(User.id.in_(list(user_ids)), ChantierRole.PARTICIPANT, by=by)

    def _welcome_all(self, which: ColumnElement[bool], role: ChantierRole, *, by: User | None) -> None:
        """Add the people who are not members yet, in as many statements for one as for a hundred."""
        taking_part = select(ChantierMembership.user_id).where(ChantierMembership.chantier_id == self.id)
        newcomers = select(User.id, User.name).where(
            which, User.closed_at.is_(None), User.id.not_in(taking_part)
        )
        rows = db.session.execute(newcomers.order_by(User.id)).all()
        for user_id, name in rows:
            membership = ChantierMembership(
                chantier_id=self.id, user_id=user_id, role=role, added_by_id=by.id if by else None
            )
            db.session.add(membership)
            record(self, "member.added", by=by, person=name, role=str(role))
        db.session.flush()
        if rows:
            self._settle_requests_of([user_id for user_id, _name in rows], by=by)

    def _settle_requests_of(self, user_ids: list[int], *, by: User | None) -> None:
        """Accept the waiting join requests of people who came in another way."""
        asked = table_above("join_request")
        waiting = (asked.c.chantier_id == self.id, asked.c.state == "asked", asked.c.person_id.in_(user_ids))
        accepted = {"state": "accepted", "answered_at": now(), "answered_by_id": by.id if by else None}
        db.session.execute(update(asked).where(*waiting).values(accepted))

    def members_to_mail(self, people: list[int], structures: list[int], *, but: User) -> list[int]:
        """List the ids of these people and of the members of these structures who take part and want mail at once."""
        members = select(StructureMember.user_id).where(StructureMember.structure_id.in_(structures))
        query = (
            select(User.id)
            .join(ChantierMembership, ChantierMembership.user_id == User.id)
            .where(
                ChantierMembership.chantier_id == self.id,
                or_(User.id.in_(people), User.id.in_(members)),
                User.closed_at.is_(None),
                User.mail_at_once,
                User.id != but.id,
            )
            .order_by(User.id)
        )
        return list(db.session.scalars(query))

    def appoint(self, person: User, role: ChantierRole, *, by: User | None) -> None:
        """Change a member's role. Raises Refused("not_member") or, for the only référent, Refused("last_referent")."""
        self.lock_members()
        membership = self._membership_of(person)
        if membership.role == role:
            return
        self._refuse_losing_last_referent(membership)
        record(self, "member.role_changed", by=by, person=person.name, **from_to(membership.role, role))
        membership.role = role
        db.session.flush()

    def dismiss(self, person: User, *, by: User) -> None:
        """End a person's part in the chantier. Raises Refused("not_member") or Refused("last_referent")."""
        self.lock_members()
        membership = self._membership_of(person)
        self._refuse_losing_last_referent(membership)
        db.session.delete(membership)
        db.session.flush()
        db.session.info.setdefault(ENDED, []).append(membership)
        record(self, "member.removed", by=by, person=person.name)

    def _membership_of(self, person: User) -> ChantierMembership:
        membership = db.session.scalar(
            select(ChantierMembership)
            .where(ChantierMembership.chantier_id == self.id, ChantierMembership.user_id == person.id)
            .options(joinedload(ChantierMembership.user))
        )
        if membership is None:
            raise Refused("not_member", person=person.name)
        # Read again: somebody may have changed it between the page's own reading and our lock.
        db.session.refresh(membership, ["role"])
        return membership

    def role_of(self, person: User) -> ChantierRole:
        """Return a member's role, read from the database. Raises Refused("not_member")."""
        return ChantierRole(self._membership_of(person).role)

    def has_other_referent(self, person: User) -> bool:
        """Tell whether another référent answers for the chantier, their account not closed."""
        others = (
            select(ChantierMembership.id)
            .join(ChantierMembership.user)
            .where(
                ChantierMembership.chantier_id == self.id,
                ChantierMembership.role == ChantierRole.REFERENT,
                ChantierMembership.user_id != person.id,
                User.closed_at.is_(None),
            )
        )
        return db.session.scalar(others.limit(1)) is not None

    def _refuse_losing_last_referent(self, membership: ChantierMembership) -> None:
        if not membership.is_referent or membership.user.closed_at is not None:
            return
        if not self.has_other_referent(membership.user):
            raise Refused("last_referent")

    def lock_members(self) -> None:
        """Lock the memberships of the chantier: two changes at once would collide, or leave it without a référent.

        The lock lets others go on adding tasks and deliverables; SQLite has one writer anyway.
        """
        lock = select(Chantier.id).where(Chantier.id == self.id).with_for_update(key_share=True)
        db.session.execute(lock)

    @classmethod
    def _slug_exists(cls, slug: str) -> bool:
        return db.session.scalar(select(cls.id).where(cls.slug == slug)) is not None
