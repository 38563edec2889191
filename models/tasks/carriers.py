"""Carriers of a task: the structures that lead and help, the people named on it, and the verbs that give it to them."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Table,
    and_,
    false,
    or_,
    select,
)
from sqlalchemy.orm import (
    Mapped,
    declared_attr,
    relationship,
)

from models.demarche.chantier import Chantier
from models.demarche.structure import Structure
from models.ground.base import Base, now
from models.ground.refused import Refused
from models.journal import is_quiet, record
from models.mail.outgoing import OutgoingMail
from models.people.user import User
from models.tasks.status import TaskLifecycle

#: How long a task stays where it was given before anybody is mailed about it.
QUIET = timedelta(minutes=15)

task_structure = Table(
    "task_structure",
    Base.metadata,
    Column("task_id", ForeignKey("task.id"), primary_key=True),
    Column("structure_id", ForeignKey("structure.id"), primary_key=True, index=True),
)
task_person = Table(
    "task_person",
    Base.metadata,
    Column("task_id", ForeignKey("task.id"), primary_key=True),
    Column("user_id", ForeignKey("user.id"), primary_key=True, index=True),
)


class TaskCarriers(TaskLifecycle):
    """Mixin of a task that structures and people carry."""

    if TYPE_CHECKING:
        pilote_id: Mapped[int | None]
        chantier: Mapped[Chantier]

    @declared_attr
    def pilote(cls) -> Mapped["Structure | None"]:
        return relationship("Structure", lazy="raise_on_sql")

    @declared_attr
    def contributors(cls) -> Mapped[list["Structure"]]:
        return relationship(
            "Structure", secondary=task_structure, lazy="raise_on_sql", order_by="Structure.name_key"
        )

    @declared_attr
    def people(cls) -> Mapped[list["User"]]:
        return relationship("User", secondary=task_person, lazy="raise_on_sql", order_by="User.name_key")

    @property
    def carrier_ids(self) -> frozenset[int]:
        """Ids of the structures that carry it: its pilote and its contributors."""
        ids = {structure.id for structure in self.contributors}
        return frozenset(ids | {self.pilote_id} if self.pilote_id else ids)

    @property
    def person_ids(self) -> frozenset[int]:
        return frozenset(person.id for person in self.people)

    @property
    def is_without_pilote(self) -> bool:
        return self.is_open and self.pilote_id is None

    @classmethod
    def without_pilote(cls) -> ColumnElement[bool]:
        """Return the SQL condition of « Sans pilote »."""
        return and_(cls.open_now(), cls.pilote_id.is_(None))

    @classmethod
    def carried_by(cls, structure_ids: Sequence[int] | frozenset[int]) -> ColumnElement[bool]:
        """Return the SQL condition of being led by, or given to, one of these structures."""
        given = select(task_structure.c.task_id).where(task_structure.c.structure_id.in_(structure_ids))
        return or_(cls.pilote_id.in_(structure_ids), cls.id.in_(given))

    @classmethod
    def given_to(cls, user_id: int) -> ColumnElement[bool]:
        """Return the SQL condition of naming this person."""
        return cls.id.in_(select(task_person.c.task_id).where(task_person.c.user_id == user_id))

    @classmethod
    def expected_of(cls, user: "User") -> ColumnElement[bool]:
        """Return the SQL condition of being open and naming this person, or being carried by a structure of theirs."""
        carried = cls.carried_by(user.standing.structures) if user.standing.structures else false()
        return and_(cls.open_now(), or_(cls.given_to(user.id), carried))

    # Verbs ------------------------------------------------------------------------------------------------------------

    def entrust(
        self,
        pilote: "Structure | None",
        contributors: Iterable["Structure"],
        people: Iterable["User"],
        *,
        by: "User",
    ) -> None:
        """Say who carries it, whole list. A structure that takes no part in the chantier yet is enrolled."""
        self._give_to(pilote, list(contributors), list(people), by=by)

    def take(self, structure: "Structure", *, by: "User") -> None:
        """Make one's own structure the pilote of a task that no structure carries.

        Raises Refused("task_closed"), Refused("already_carried") and Refused("not_own_structure").
        """
        self._refuse_when_closed()
        if self.carrier_ids:
            raise Refused("already_carried")
        if structure.id not in by.standing.structures:
            raise Refused("not_own_structure")
        self.pilote = structure
        with self.traced():
            self.pilote_id = structure.id
        self.chantier.enrol(structure, by=by)
        record(self, "task.taken", by=by, structure=structure.name)

    def _give_to(
        self,
        pilote: "Structure | None",
        contributors: list["Structure"],
        people: list["User"],
        *,
        by: "User | None",
    ) -> None:
        contributors = [structure for structure in contributors if structure is not pilote]
        before = {s.id: s.name for s in self.contributors} | {-p.id: p.name for p in self.people}
        after = {s.id: s.name for s in contributors} | {-p.id: p.name for p in people}
        old_pilote = self.pilote
        if before == after and old_pilote is pilote:
            return
        self.pilote, self.contributors, self.people = pilote, contributors, people
        with self.traced():
            self.pilote_id = pilote.id if pilote else None
        for structure in [*([pilote] if pilote else []), *contributors]:
            self.chantier.enrol(structure, by=by)
        for person in people:
            self.chantier.welcome(person, by=by)
        self._announce({key: name for key, name in after.items() if key not in before}, old_pilote, by=by)
        record(
            self,
            "task.entrusted",
            by=by,
            pilote=pilote.name if pilote and pilote is not old_pilote else None,
            added=[after[key] for key in after if key not in before],
            removed=[before[key] for key in before if key not in after]
            + ([old_pilote.name] if old_pilote and old_pilote not in (pilote, *contributors) else []),
        )

    def _announce(self, added: dict[int, str], old_pilote: "Structure | None", *, by: "User | None") -> None:
        """Mail those to whom it is newly given, after a quiet while: a mistake undone by then sends nothing.

        `added` has structures under their number and people under the opposite of theirs.
        """
        people = [-key for key in added if key < 0]
        structures = [key for key in added if key > 0]
        if self.pilote is not None and self.pilote is not old_pilote:
            structures.append(self.pilote.id)
        if by is None or is_quiet() or not (people or structures):
            return
        recipients = self.chantier.members_to_mail(people, structures, but=by)
        OutgoingMail.post_all(
            "assignment",
            [(user_id, None, f"assignment:{self.id}:{user_id}") for user_id in recipients],
            due_at=now() + QUIET,
            task=self.id,
        )
