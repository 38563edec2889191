"""Standing of a person: their chantiers with the role in each, their structures and their unread count."""

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    CompoundSelect,
    bindparam,
    event,
    exists,
    func,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from models.ground.base import db, table_above
from models.people.membership import ChantierMembership, StructureMember
from models.people.roles import ChantierRole, Role

if TYPE_CHECKING:
    from sqlalchemy.orm import Mapped


@dataclass(frozen=True)
class Standing:
    """Memberships of a person as the permission table needs them: chantiers and structures, by id."""

    chantiers: dict[int, ChantierRole] = field(default_factory=dict)
    structures: frozenset[int] = frozenset()
    #: How many subjects hold something that they have not read.
    unread: int = 0


class WithStanding:
    """Mixin of `User`: the standing, cached on the instance, and the rights that follow from it."""

    # The cache belongs to one request, not to the table.
    __allow_unmapped__ = True

    if TYPE_CHECKING:
        id: Mapped[int]
        role: Mapped[Role]

    _standing: Standing | None = None

    @property
    def standing(self) -> Standing:
        """The person's chantiers and structures, read with one statement and cached until a membership changes."""
        if self._standing is None:
            self._standing = _read_standing(self.id)
        return self._standing

    def forget_standing(self) -> None:
        """Drop the cached standing: time has passed since it was read."""
        self._standing = None

    @property
    def is_coordinator(self) -> bool:
        return self.role == Role.COORDINATOR

    @property
    def is_only_observer(self) -> bool:
        """True for a funder who takes part in no chantier."""
        return self.role == Role.OBSERVER and not self.standing.chantiers

    @property
    def reads_drafts(self) -> bool:
        """True for who reads deliverables that are not approved; `draft_readers` is the same in SQL."""
        return not self.is_only_observer

    @classmethod
    def draft_readers(cls) -> ColumnElement[bool]:
        """Return the SQL condition of who reads deliverables that are not approved: `reads_drafts` in SQL."""
        member = exists().where(ChantierMembership.user_id == cls.id)
        return or_(cls.role != Role.OBSERVER, member)

    def leads(self, chantier_id: int) -> bool:
        """Tell whether this person is a référent of the chantier."""
        return self.standing.chantiers.get(chantier_id) == ChantierRole.REFERENT

    def takes_part_in(self, chantier_id: int) -> bool:
        """Tell whether this person is a member of the chantier, in either role."""
        return chantier_id in self.standing.chantiers

    def steers(self, chantier_id: int) -> bool:
        """Tell whether this person decides in the chantier: one of its référents, or the coordination."""
        return self.is_coordinator or self.leads(chantier_id)


@cache
def _standing_rows() -> CompoundSelect[int, str]:
    """Build the statement once: every request runs it for its person."""
    memberships, belonging = ChantierMembership, StructureMember
    notifications = table_above("notification").c
    person: BindParameter[int] = bindparam("user_id")
    return union_all(
        select(memberships.chantier_id, memberships.role).where(memberships.user_id == person),
        select(belonging.structure_id, literal("")).where(belonging.user_id == person),
        select(func.count(), literal("unread")).where(
            notifications.user_id == person, notifications.unread > 0
        ),
    )


def _read_standing(user_id: int) -> Standing:
    rows = db.session.execute(_standing_rows(), {"user_id": user_id}).all()
    return Standing(
        {chantier_id: ChantierRole(role) for chantier_id, role in rows if role and role != "unread"},
        frozenset(structure_id for structure_id, role in rows if not role),
        next((number for number, kind in rows if kind == "unread"), 0),
    )


@event.listens_for(Session, "after_flush")
def _forget_standings(session: Session, _context: object) -> None:
    """Drop every cached standing when a membership was written: rights change from the very next question on."""
    changed = (*session.new, *session.dirty, *session.deleted)
    if any(isinstance(thing, ChantierMembership | StructureMember) for thing in changed):
        for thing in session.identity_map.values():
            if isinstance(thing, WithStanding):
                thing.forget_standing()
