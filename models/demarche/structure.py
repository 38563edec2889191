"""Member structures: identity, aliases, people; two records of one are merged in `models.demarche.merging`."""

from datetime import datetime
from enum import StrEnum
from typing import cast

from sqlalchemy import ColumnElement, ForeignKey, Select, String, Table, delete, exists, or_, select
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from models.ground.base import Base, EnumText, IntId, Line, LongText, Versioned, db, fold, now
from models.ground.refused import Refused
from models.ground.slugs import slugify
from models.ground.uniqueness import unless_taken
from models.journal import record
from models.people.membership import ChantierStructure, StructureMember
from models.people.user import User
from models.traits.editable import Editable
from models.traits.loaded_from_file import Sourced

#: Addresses below /structures that are not a structure's.
RESERVED = frozenset({"nouvelle"})


class StructureKind(StrEnum):
    """Kind of organisation; empty while nobody has said."""

    UNKNOWN = ""
    ASSOCIATION = "association"
    FOUNDATION = "foundation"
    NETWORK = "network"
    FUNDER = "funder"
    LOCAL_AUTHORITY = "local_authority"
    COMPANY = "company"
    COOPERATIVE = "cooperative"
    OTHER = "other"


class Structure(Versioned, Editable, Sourced, Base):
    """Organisation that takes part in the démarche."""

    __tablename__ = "structure"

    id: Mapped[IntId]
    name: Mapped[Line]
    #: By which names sort and compare: « Éco » beside « Eco ».
    name_key: Mapped[Line] = mapped_column(index=True)
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    kind: Mapped[StructureKind] = mapped_column(EnumText(StructureKind, 20), default=StructureKind.UNKNOWN)
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
    people: Mapped[list[User]] = relationship(
        secondary="structure_member", viewonly=True, lazy="raise_on_sql", order_by="User.name_key"
    )
    merged_into: Mapped["Structure | None"] = relationship(lazy="raise_on_sql", remote_side="Structure.id")
    enrolments: Mapped[list["ChantierStructure"]] = relationship(
        back_populates="structure", lazy="raise_on_sql", order_by="ChantierStructure.joined_at"
    )

    @validates("name")
    def _keep_sort_key(self, _attribute: str, name: str) -> str:
        self.name_key = sort_key(name)
        return name

    @classmethod
    def create(cls, name: str, *, by: User | None, **fields: object) -> "Structure":
        """Add a structure. Raises Refused("name_taken") when one goes by that name already."""
        other = cls.known_as(name)
        if other is not None:
            raise Refused("name_taken", name=other.name)
        with unless_taken("name_taken", name=name):
            structure = cls(name=name, slug=slugify(name, taken=cls._slug_exists), **fields)
            db.session.add(structure)
        record(structure, "structure.created", by=by)
        return structure

    @classmethod
    def visible_to(cls, user: User | None) -> "Select[Structure]":
        """Select the directory: every structure that was not merged into another, in the order of names."""
        return select(cls).where(cls.merged_into_id.is_(None)).order_by(cls.name_key, cls.id)

    @classmethod
    def known_as(cls, name: str) -> "Structure | None":
        """Find the structure that goes by this name or alias, accents and case aside."""
        key = sort_key(name)
        by_alias = select(StructureAlias.structure_id).where(StructureAlias.name_key == key)
        # A name without a letter or a digit, all signs, has no key to compare by.
        goes_by_it = or_(cls.name_key == key, cls.id.in_(by_alias)) if key else cls.name == name
        return db.session.scalar(
            select(cls).where(cls.merged_into_id.is_(None), goes_by_it).order_by(cls.id).limit(1)
        )

    @classmethod
    def of_person(cls, user: User) -> "Select[Structure]":
        """Select the structures that this person belongs to, and may engage."""
        return cls.visible_to(user).where(cls.id.in_(list(user.standing.structures)))

    @classmethod
    def named_like(cls, words: str) -> ColumnElement[bool]:
        """Return the SQL condition of having these words in the name or in an alias, accents and case aside."""
        key = fold(words)
        alias = exists().where(
            StructureAlias.structure_id == cls.id, StructureAlias.name_key.contains(key, autoescape=True)
        )
        return or_(cls.name_key.contains(key, autoescape=True), alias)

    @property
    def journal_title(self) -> str:
        return self.name

    def edit(self, *, by: User, **fields: object) -> list[str]:
        """Change its fields. Raises Refused("name_taken")."""
        name = fields.get("name")
        if isinstance(name, str) and name != self.name:
            other = self.known_as(name)
            if other is not None and other.id != self.id:
                raise Refused("name_taken", name=other.name)
        return super().edit(by=by, **fields)

    def also_known_as(self, names: list[str], *, by: User | None = None) -> bool:
        """Replace its aliases by `names`, whole list; return whether that changed any. Raises Refused("name_taken").

        Without `by` it is the import's doing, which keeps a line of its own in the journal.
        """
        wanted = {sort_key(name): name for name in names if sort_key(name)}
        wanted.pop(self.name_key, None)
        present = {
            alias.name_key: alias
            for alias in db.session.scalars(select(StructureAlias).filter_by(structure_id=self.id))
        }
        if {key: alias.name for key, alias in present.items()} == wanted:
            return False
        for key in wanted.keys() - present.keys():
            other = self.known_as(wanted[key])
            if other is not None and other.id != self.id:
                raise Refused("name_taken", name=other.name)
            with unless_taken("name_taken", name=wanted[key]):
                db.session.add(StructureAlias(structure_id=self.id, name=wanted[key], name_key=key))
        for key in present.keys() & wanted.keys():
            present[key].name = wanted[key]
        for key in present.keys() - wanted.keys():
            db.session.delete(present[key])
        db.session.flush()
        if by is not None:
            record(self, "structure.edited", by=by, fields=["aliases"])
        return True

    def remove(self, *, by: User) -> None:
        """Take out of the directory a record that nothing names: it was put there by mistake.

        Its past parts in chantiers go with it. Raises Refused("structure_in_use").
        """
        if self._is_named():
            raise Refused("structure_in_use", name=self.name)
        record(self, "structure.removed", by=by)
        for named in (ChantierStructure, StructureAlias):
            db.session.execute(delete(named).where(named.structure_id == self.id))
        db.session.delete(self)
        db.session.flush()

    def _is_named(self) -> bool:
        """Tell whether any row of any table refers to it, beside its aliases and the chantiers that it left."""
        own = cast(Table, Structure.__table__)
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if table.name == "structure_alias" or not column.references(own.c.id):
                    continue
                naming = select(column).where(column == self.id)
                if table.name == "chantier_structure":
                    naming = naming.where(table.c.left_at.is_(None))
                if db.session.scalar(naming.limit(1)) is not None:
                    return True
        return False

    # People -----------------------------------------------------------------------------------------------------------

    def gather(self, person: User, *, by: User | None) -> None:
        """Make a person one of its people, and a participant of the chantiers where it takes part.

        Raises Refused("structure_merged") or Refused("account_closed").
        """
        if person.closed_at is not None:
            raise Refused("account_closed")
        # A chantier that is enrolling this structure at this moment has either finished, or waits for us.
        taken_over = select(Structure.merged_into_id).where(Structure.id == self.id).with_for_update()
        if db.session.scalar(taken_over) is not None:
            raise Refused("structure_merged", structure=self.name)
        if db.session.get(StructureMember, (self.id, person.id)) is not None:
            return
        db.session.add(StructureMember(structure_id=self.id, user_id=person.id))
        record(person, "person.joined_structure", by=by, structure=self.name)
        db.session.flush()
        for enrolment in self.present_enrolments():
            enrolment.chantier.welcome(person, by=by)

    def part_with(self, person: User, *, by: User) -> None:
        """End a person's belonging; their part in chantiers stays until a référent ends it."""
        link = db.session.get(StructureMember, (self.id, person.id))
        if link is None:
            raise Refused("not_in_structure", person=person.name)
        db.session.delete(link)
        db.session.flush()
        record(person, "person.left_structure", by=by, structure=self.name)

    def present_enrolments(self) -> "list[ChantierStructure]":
        """List its present memberships in chantiers, in the order in which several chantiers are locked."""
        db.session.refresh(self, ["enrolments"])
        present = [enrolment for enrolment in self.enrolments if enrolment.left_at is None]
        return sorted(present, key=lambda enrolment: enrolment.chantier_id)

    @classmethod
    def _slug_exists(cls, slug: str) -> bool:
        if slug in RESERVED:
            return True
        return db.session.scalar(select(cls.id).where(cls.slug == slug)) is not None


class StructureAlias(Base):
    """Alias: another name that a structure goes by."""

    __tablename__ = "structure_alias"

    id: Mapped[IntId]
    structure_id: Mapped[int] = mapped_column(ForeignKey("structure.id"), index=True)
    name: Mapped[Line]
    name_key: Mapped[Line] = mapped_column(unique=True)

    structure: Mapped[Structure] = relationship(back_populates="aliases", lazy="raise_on_sql")


def sort_key(name: str) -> str:
    """Return the sort and comparison key of a name, cut to its column: folding makes some letters two."""
    return fold(name)[:300]
