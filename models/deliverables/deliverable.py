"""Deliverables: what a chantier promised to produce, their columns and indexes, and who is responsible for them."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    Table,
    case,
    select,
    text,
    true,
    update,
)
from sqlalchemy.orm import Mapped, defer, joinedload, mapped_column, relationship, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from models.deliverables.publication import DeliverablePublication
from models.deliverables.review import forget_reviews_of
from models.deliverables.state import DeliverableState
from models.deliverables.version import DeliverableVersion, Verdict
from models.deliverables.writing import DeliverableWriting
from models.demarche.chantier import Chantier
from models.demarche.objective import Objective
from models.demarche.structure import Structure
from models.figures.trace import Shape
from models.ground.base import Base, EnumText, IntId, Line, LongText, Versioned, db, now
from models.ground.refused import Refused
from models.journal import from_to, record
from models.people.user import User
from models.tasks.task import Task
from models.traits.editable import Editable
from models.traits.loaded_from_file import Sourced
from models.traits.trashable import index_of_bin


class DeliverableType(Base):
    """Type of deliverable. Types are data: the migration brings the démarche's own."""

    __tablename__ = "deliverable_type"

    key: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[Line]
    position: Mapped[int]


deliverable_structure = Table(
    "deliverable_structure",
    Base.metadata,
    Column("deliverable_id", ForeignKey("deliverable.id"), primary_key=True),
    Column("structure_id", ForeignKey("structure.id"), primary_key=True, index=True),
)
deliverable_task = Table(
    "deliverable_task",
    Base.metadata,
    Column("deliverable_id", ForeignKey("deliverable.id"), primary_key=True),
    Column("task_id", ForeignKey("task.id"), primary_key=True, index=True),
)


class Deliverable(Versioned, Editable, Sourced, DeliverableWriting, DeliverablePublication, Base):
    """Something that the chantier will hand to the world: a référentiel, a cartographie, a note."""

    __tablename__ = "deliverable"
    __table_args__ = (
        Index(
            "ix_deliverable_unfinished_expected_on",
            "chantier_id",
            "expected_on",
            sqlite_where=text("state NOT IN ('approved', 'published') AND trashed_at IS NULL"),
            postgresql_where=text("state NOT IN ('approved', 'published') AND trashed_at IS NULL"),
        ),
        Index(
            "ix_deliverable_published_at",
            "published_at",
            sqlite_where=text("published_at IS NOT NULL"),
            postgresql_where=text("published_at IS NOT NULL"),
        ),
        index_of_bin("deliverable"),
    )

    id: Mapped[IntId]
    chantier_id: Mapped[int] = mapped_column(ForeignKey("chantier.id"), index=True)
    objective_id: Mapped[int] = mapped_column(ForeignKey("objective.id"), index=True)
    type_key: Mapped[str] = mapped_column(ForeignKey("deliverable_type.key"))
    title: Mapped[Line]
    description: Mapped[LongText]
    expected_on: Mapped[date | None]
    licence: Mapped[str] = mapped_column(String(40), default="")
    state: Mapped[DeliverableState] = mapped_column(
        EnumText(DeliverableState, 20), default=DeliverableState.EXPECTED
    )
    state_since: Mapped[datetime] = mapped_column(default=now)
    #: Its permanent address under /publications, from its first publication on; it survives a new title.
    public_slug: Mapped[str | None] = mapped_column(String(120), unique=True)
    #: When it was last published; None while nothing of it is public.
    published_at: Mapped[datetime | None]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))
    created_at: Mapped[datetime] = mapped_column(default=now)
    last_news_at: Mapped[datetime] = mapped_column(default=now)

    chantier: Mapped["Chantier"] = relationship(lazy="raise_on_sql")
    objective: Mapped["Objective"] = relationship(back_populates="deliverables", lazy="raise_on_sql")
    type: Mapped[DeliverableType] = relationship(lazy="joined", innerjoin=True)
    structures: Mapped[list["Structure"]] = relationship(
        secondary=deliverable_structure, lazy="raise_on_sql", order_by="Structure.name_key"
    )
    tasks: Mapped[list["Task"]] = relationship(
        secondary=deliverable_task, back_populates="deliverables", lazy="raise_on_sql", order_by="Task.id"
    )
    versions: Mapped[list[DeliverableVersion]] = relationship(
        back_populates="deliverable", lazy="raise_on_sql", order_by=DeliverableVersion.number.desc()
    )
    verdicts: Mapped[list[Verdict]] = relationship(lazy="raise_on_sql", order_by=Verdict.id.desc())
    created_by: Mapped["User | None"] = relationship(lazy="raise_on_sql", foreign_keys=[created_by_id])

    @classmethod
    def create(
        cls,
        objective: "Objective",
        type_key: str,
        title: str,
        *,
        by: "User | None",
        description: str = "",
        expected_on: date | None = None,
        licence: str = "",
        structures: Iterable["Structure"] = (),
    ) -> "Deliverable":
        """Promise a deliverable under an operational objective. `objective.chantier` must be loaded.

        Raises Refused("objective_not_operational").
        """
        objective.hold_for_work(objective.chantier_id)
        deliverable = cls(
            chantier_id=objective.chantier_id,
            objective_id=objective.id,
            chantier=objective.chantier,
            type_key=type_key,
            title=title,
            description=description,
            expected_on=expected_on,
            licence=licence,
            state=DeliverableState.EXPECTED,
            created_by=by,
            structures=[],
            tasks=[],
            versions=[],
            verdicts=[],
        )
        db.session.add(deliverable)
        record(deliverable, "deliverable.created", by=by)
        deliverable.trace_birth()
        deliverable.entrust(structures, by=by)
        return deliverable

    @classmethod
    def visible_to(cls, user: "User") -> "Select[Deliverable]":
        """Select the deliverables that this person may know of, all but the binned; `may_read` says what of them."""
        return select(cls).where(cls.live())

    @classmethod
    def whole(cls) -> tuple[ORMOption, ...]:
        """Return the loading options of one deliverable with everything that its page shows and its verbs touch."""
        return (
            joinedload(cls.chantier),
            joinedload(cls.objective),
            joinedload(cls.created_by),
            selectinload(cls.structures),
            selectinload(cls.tasks),
            selectinload(cls.versions).options(
                joinedload(DeliverableVersion.author), defer(DeliverableVersion.text)
            ),
            selectinload(cls.verdicts).joinedload(Verdict.by),
        )

    @property
    def is_archived(self) -> bool:
        return self.chantier.is_archived

    @property
    def journal_title(self) -> str:
        return self.title

    @property
    def carrier_ids(self) -> frozenset[int]:
        return frozenset(structure.id for structure in self.structures)

    @property
    def person_ids(self) -> frozenset[int]:
        """A deliverable names structures, not people."""
        return frozenset()

    @classmethod
    def told_to(cls, user: "User") -> ColumnElement[bool]:
        """Return the SQL condition of a deliverable of which this person reads more than its type, title and state."""
        return true() if user.reads_drafts else cls.finished()

    @classmethod
    def date_told_to(cls, user: "User") -> ColumnElement[date | None]:
        """Return the expected date as SQL; for a mere observer, that of approved deliverables only, else NULL."""
        expected_on = cls.__table__.c.expected_on
        if user.reads_drafts:
            return expected_on
        return case((cls.finished(), expected_on), else_=None)

    def move_to(self, objective: "Objective", *, by: "User") -> None:
        """Hang it under another operational objective of its chantier. Raises Refused("objective_not_operational")."""
        if objective.id == self.objective_id:
            return
        objective.hold_for_work(self.chantier_id)
        with self.traced():
            self.objective_id = objective.id
        self.objective = objective
        record(self, "deliverable.edited", by=by, fields=["objective"])

    def reschedule(self, expected_on: date | None, *, by: "User") -> None:
        """Set, move or remove its expected date."""
        if expected_on == self.expected_on:
            return
        before = self.expected_on
        with self.traced():
            self.expected_on = expected_on
        record(self, "deliverable.rescheduled", by=by, **from_to(before, expected_on))

    def entrust(self, structures: Iterable["Structure"], *, by: "User | None") -> None:
        """Say which structures are responsible, whole list; they are enrolled in the chantier."""
        before = {s.id: s.name for s in self.structures}
        self.structures = list(structures)
        after = {s.id: s.name for s in self.structures}
        for structure in self.structures:
            self.chantier.enrol(structure, by=by)
        if before != after:
            record(
                self,
                "deliverable.entrusted",
                by=by,
                added=[name for key, name in after.items() if key not in before],
                removed=[name for key, name in before.items() if key not in after],
            )

    def rely_on(self, tasks: Iterable["Task"], *, by: "User") -> None:
        """Say by which tasks of its chantier it is made, whole list."""
        tasks = list(tasks)
        if any(task.chantier_id != self.chantier_id for task in tasks):
            raise Refused("task_of_another_chantier")
        if {t.id for t in tasks} != {t.id for t in self.tasks}:
            self.tasks = tasks
            record(self, "deliverable.edited", by=by, fields=["tasks"])

    def _shape(self) -> Shape:
        return Shape(self.chantier_id, self.objective_id, str(self.state), self.expected_on)

    def on_trashed(self) -> None:
        """Take it out of the figures of the day."""
        self.trace_binned()

    def on_restored(self) -> None:
        """Count it again in the figures of the day."""
        self.trace_restored()

    def erase(self) -> None:
        """Blank its words; versions lose their content and leave their files to the garbage collection."""
        self.title, self.description = "", ""
        # Its key stays: loading the file again must not bring back what people threw away.
        self.source = None
        self._leave_the_public()
        db.session.execute(
            update(DeliverableVersion)
            .where(DeliverableVersion.deliverable_id == self.id)
            .values(storage_key=None, file_name="", url="", text="", note="")
        )
        db.session.execute(update(Verdict).where(Verdict.deliverable_id == self.id).values(words=""))
        forget_reviews_of(self)
