"""Member structures: who they are, the names they go by, and how two records become one."""

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Select, String, Table, delete, select, update
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from models.activity import record
from models.base import Base, IntId, Line, LongText, Versioned, db, fold, now
from models.concerns.sourced import Sourced
from models.errors import Refused
from models.slugs import slugify

if TYPE_CHECKING:
    from models.membership import ChantierStructure
    from models.user import User


class StructureKind(StrEnum):
    """What kind of organisation it is; empty while nobody has said."""

    UNKNOWN = ""
    ASSOCIATION = "association"
    FOUNDATION = "foundation"
    NETWORK = "network"
    FUNDER = "funder"
    LOCAL_AUTHORITY = "local_authority"
    COMPANY = "company"
    COOPERATIVE = "cooperative"
    OTHER = "other"


class Structure(Versioned, Sourced, Base):
    """An organisation that takes part in the démarche."""

    __tablename__ = "structure"

    id: Mapped[IntId]
    name: Mapped[Line]
    #: By which names sort and compare: « Éco » beside « Eco ».
    name_key: Mapped[Line] = mapped_column(index=True)
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[str] = mapped_column(String(20), default=StructureKind.UNKNOWN)
    site: Mapped[str] = mapped_column(String(500), default="")
    territory: Mapped[Line] = mapped_column(default="")
    summary: Mapped[LongText]
    created_at: Mapped[datetime] = mapped_column(default=now)
    #: Invented for the demonstration; its name says « (exemple) » too.
    is_example: Mapped[bool] = mapped_column(default=False)
    #: The record that took this one over; its old address leads there.
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("structure.id"))

    aliases: Mapped[list["StructureAlias"]] = relationship(
        back_populates="structure", lazy="raise_on_sql", order_by="StructureAlias.name_key"
    )
    people: Mapped[list["User"]] = relationship(
        secondary="structure_member", viewonly=True, lazy="raise_on_sql", order_by="User.name_key"
    )
    merged_into: Mapped["Structure | None"] = relationship(lazy="raise_on_sql", remote_side="Structure.id")
    enrolments: Mapped[list["ChantierStructure"]] = relationship(
        back_populates="structure", lazy="raise_on_sql", order_by="ChantierStructure.joined_at"
    )

    @validates("name")
    def _keep_sort_key(self, _attribute: str, name: str) -> str:
        self.name_key = fold(name)[:300]
        return name

    @classmethod
    def create(cls, name: str, *, by: "User | None", **fields: object) -> "Structure":
        """Add a structure. Raises Refused("name_taken") when one goes by that name already."""
        other = cls.known_as(name)
        if other is not None:
            raise Refused("name_taken", name=other.name)
        structure = cls(name=name, slug=slugify(name, taken=cls._slug_exists), **fields)
        db.session.add(structure)
        record(structure, "structure.created", by=by)
        return structure

    @classmethod
    def visible_to(cls, user: "User | None") -> "Select[Structure]":
        """The directory: every structure that was not merged into another, in the order of names."""
        return select(cls).where(cls.merged_into_id.is_(None)).order_by(cls.name_key, cls.id)

    @classmethod
    def known_as(cls, name: str) -> "Structure | None":
        """The structure that goes by this name or alias, accents and case aside."""
        key = fold(name)
        by_alias = select(StructureAlias.structure_id).where(StructureAlias.name_key == key)
        return db.session.scalar(
            select(cls)
            .where(cls.merged_into_id.is_(None), (cls.name_key == key) | cls.id.in_(by_alias))
            .limit(1)
        )

    @property
    def journal_title(self) -> str:
        return self.name

    def edit(self, *, by: "User", **fields: object) -> list[str]:
        """Change what is said of it. Raises Refused("name_taken")."""
        name = fields.get("name")
        if isinstance(name, str) and name != self.name:
            other = self.known_as(name)
            if other is not None and other.id != self.id:
                raise Refused("name_taken", name=other.name)
        changed = [field for field, value in fields.items() if getattr(self, field) != value]
        for field in changed:
            setattr(self, field, fields[field])
        if changed:
            record(self, "structure.edited", by=by, fields=changed)
        return changed

    def also_known_as(self, names: list[str]) -> bool:
        """Make `names` its other names, whole list; returns whether that changed any. Raises Refused("name_taken")."""
        wanted = {fold(name): name for name in names if fold(name)}
        wanted.pop(self.name_key, None)
        present = {
            alias.name_key: alias
            for alias in db.session.scalars(select(StructureAlias).filter_by(structure_id=self.id))
        }
        for key in wanted.keys() - present.keys():
            other = self.known_as(wanted[key])
            if other is not None and other.id != self.id:
                raise Refused("name_taken", name=other.name)
            db.session.add(StructureAlias(structure_id=self.id, name=wanted[key], name_key=key))
        for key in present.keys() - wanted.keys():
            db.session.delete(present[key])
        db.session.flush()
        return wanted.keys() != present.keys()

    def gather(self, person: "User", *, by: "User | None") -> None:
        """Make a person one of its people, and a participant of the chantiers where it takes part."""
        if db.session.get(StructureMember, (self.id, person.id)) is None:
            db.session.add(StructureMember(structure_id=self.id, user_id=person.id))
            record(person, "person.joined_structure", by=by, structure=self.name)
        db.session.flush()
        db.session.refresh(self, ["enrolments"])
        for enrolment in self.enrolments:
            if enrolment.left_at is None:
                enrolment.chantier.welcome(person, by=by)

    def part_with(self, person: "User", *, by: "User") -> None:
        """End a person's belonging; their part in chantiers stays until a référent ends it."""
        link = db.session.get(StructureMember, (self.id, person.id))
        if link is None:
            raise Refused("not_in_structure", person=person.name)
        db.session.delete(link)
        db.session.flush()
        record(person, "person.left_structure", by=by, structure=self.name)

    def merge_into(self, other: "Structure", *, by: "User") -> None:
        """Become one with `other`: it takes over every name, person, chantier, task and deliverable of this record.

        Raises Refused("merge_with_itself") or Refused("already_merged").
        """
        if other.id == self.id:
            raise Refused("merge_with_itself")
        if self.merged_into_id or other.merged_into_id:
            raise Refused("already_merged")
        for table, owner in (
            ("structure_member", "user_id"),
            ("task_structure", "task_id"),
            ("deliverable_structure", "deliverable_id"),
        ):
            self._hand_over(table, owner, other)
        self._hand_over_enrolments(other)
        tasks = _table("task")
        db.session.execute(update(tasks).where(tasks.c.pilote_id == self.id).values(pilote_id=other.id))
        # A structure that leads a task is not also one of its contributors.
        contributions = _table("task_structure")
        led = select(tasks.c.id).where(tasks.c.pilote_id == other.id)
        db.session.execute(
            delete(contributions).where(
                contributions.c.structure_id == other.id, contributions.c.task_id.in_(led)
            )
        )
        self._hand_over_names(other)
        self.merged_into_id = other.id
        record(self, "structure.merged", by=by, into=other.name)
        db.session.flush()
        db.session.expire_all()

    def _hand_over(self, table_name: str, owner: str, other: "Structure") -> None:
        table = _table(table_name)
        already = select(table.c[owner]).where(table.c.structure_id == other.id)
        db.session.execute(
            delete(table).where(
                table.c.structure_id == self.id, table.c[owner].in_(already.scalar_subquery())
            )
        )
        db.session.execute(update(table).where(table.c.structure_id == self.id).values(structure_id=other.id))

    def _hand_over_enrolments(self, other: "Structure") -> None:
        table = _table("chantier_structure")
        present = select(table.c.chantier_id).where(
            table.c.structure_id == other.id, table.c.left_at.is_(None)
        )
        mine = (
            (table.c.structure_id == self.id) & table.c.left_at.is_(None) & table.c.chantier_id.in_(present)
        )
        db.session.execute(update(table).where(mine).values(left_at=now()))
        db.session.execute(update(table).where(table.c.structure_id == self.id).values(structure_id=other.id))

    def _hand_over_names(self, other: "Structure") -> None:
        db.session.execute(
            update(StructureAlias).where(StructureAlias.structure_id == self.id).values(structure_id=other.id)
        )
        known = select(StructureAlias.id).where(StructureAlias.name_key == self.name_key)
        if self.name_key != other.name_key and db.session.scalar(known) is None:
            db.session.add(StructureAlias(structure_id=other.id, name=self.name, name_key=self.name_key))

    @classmethod
    def _slug_exists(cls, slug: str) -> bool:
        return db.session.scalar(select(cls.id).where(cls.slug == slug)) is not None


class StructureMember(Base):
    """A person belongs to a structure, since when."""

    __tablename__ = "structure_member"

    structure_id: Mapped[int] = mapped_column(ForeignKey("structure.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"), primary_key=True, index=True)
    since: Mapped[datetime] = mapped_column(default=now)


class StructureAlias(Base):
    """Another name that a structure goes by."""

    __tablename__ = "structure_alias"

    id: Mapped[IntId]
    structure_id: Mapped[int] = mapped_column(ForeignKey("structure.id"), index=True)
    name: Mapped[Line]
    name_key: Mapped[Line] = mapped_column(unique=True)

    structure: Mapped[Structure] = relationship(back_populates="aliases", lazy="raise_on_sql")


def _table(name: str) -> Table:
    """A table of the things that name structures: a merge rewrites them all, without loading any."""
    return Base.metadata.tables[name]
