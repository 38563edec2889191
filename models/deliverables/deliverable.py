"""Deliverables: what a chantier promised to produce, and its life up to its publication."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    String,
    Table,
    and_,
    case,
    literal_column,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, defer, joinedload, mapped_column, relationship, selectinload
from sqlalchemy.orm.interfaces import ORMOption

from models.deliverables.review import ReviewRound, forget_reviews_of
from models.deliverables.version import DeliverableVersion, StoredFile, Verdict, VersionKind
from models.figures.trace import Shape
from models.figures.traced import Traced
from models.ground.base import Base, IntId, Line, LongText, Versioned, db, now, today
from models.ground.refused import Refused
from models.ground.slugs import slugify
from models.journal import from_to, record
from models.traits.editable import Editable
from models.traits.loaded_from_file import Sourced
from models.traits.trashable import Trashable, index_of_bin

if TYPE_CHECKING:
    from models.demarche.chantier import Chantier
    from models.demarche.objective import Objective
    from models.demarche.structure import Structure
    from models.people.user import User
    from models.tasks.task import Task


class DeliverableState(StrEnum):
    """Attendu → En rédaction → En relecture → (À reprendre) → Validé → Publié."""

    EXPECTED = "expected"
    DRAFTING = "drafting"
    IN_REVIEW = "in_review"
    TO_REWORK = "to_rework"
    APPROVED = "approved"
    PUBLISHED = "published"


#: The states in which what was promised is there.
FINISHED = (DeliverableState.APPROVED, DeliverableState.PUBLISHED)


def is_overdue(state: str, expected_on: date | None) -> bool:
    """Whether what was promised for that day is not there, today."""
    return state not in FINISHED and expected_on is not None and expected_on < today()


class DeliverableType(Base):
    """A type of deliverable. Types are data: the migration brings the démarche's own."""

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


class Deliverable(Versioned, Editable, Sourced, Traced, Trashable, Base):
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
    state: Mapped[str] = mapped_column(String(20), default=DeliverableState.EXPECTED)
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
        """The deliverables that this person may know of: all but the binned. What of them is `may_read`'s matter."""
        return select(cls).where(cls.live())

    @classmethod
    def whole(cls) -> tuple[ORMOption, ...]:
        """Loading options for one deliverable with everything that its page shows and its verbs touch."""
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

    @property
    def is_approved(self) -> bool:
        """Approved, and maybe published since."""
        return self.state in FINISHED

    @property
    def is_public(self) -> bool:
        """Whether anybody reads it."""
        return self.published_at is not None and not self.is_trashed

    @classmethod
    def public(cls) -> ColumnElement[bool]:
        """The condition of being read by anybody."""
        return and_(cls.published_at.is_not(None), cls.live())

    @classmethod
    def finished(cls) -> ColumnElement[bool]:
        """The condition of being approved, and maybe published since."""
        # Written out, as the partial index says it.
        return cls.state.in_([literal_column(f"'{state}'") for state in FINISHED])

    @property
    def is_late(self) -> bool:
        return is_overdue(self.state, self.expected_on)

    @classmethod
    def date_told_to(cls, user: "User") -> ColumnElement[date | None]:
        """The expected date as this person may know it: a mere observer knows that of approved ones only."""
        expected_on = cls.__table__.c.expected_on
        if not user.is_only_observer:
            return expected_on
        return case((cls.finished(), expected_on), else_=None)

    @classmethod
    def unfinished(cls) -> ColumnElement[bool]:
        """The condition of being still awaited, and not in the bin."""
        return and_(~cls.finished(), cls.live())

    @classmethod
    def late(cls) -> ColumnElement[bool]:
        """The condition of « En retard », today."""
        return and_(cls.unfinished(), cls.expected_on < today())

    @property
    def latest_version(self) -> DeliverableVersion | None:
        return self.versions[0] if self.versions else None

    @property
    def approved_version(self) -> DeliverableVersion | None:
        """The reference: the last version that a référent approved, while the next one is written."""
        return next((version for version in self.versions if version.approved_at), None)

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

    # Versions ---------------------------------------------------------------------------------------------------------

    def add_file(self, file: StoredFile, note: str = "", *, by: "User") -> DeliverableVersion:
        """Add a version that is a file already in the store."""
        version = DeliverableVersion(
            kind=VersionKind.FILE,
            storage_key=file.key,
            file_name=file.name,
            media_type=file.media_type,
            size=file.size,
            sha256=file.sha256,
        )
        return self._add(version, note, by=by)

    def add_link(self, url: str, note: str = "", *, by: "User") -> DeliverableVersion:
        """Add a version that is an address on the web."""
        return self._add(DeliverableVersion(kind=VersionKind.LINK, url=url), note, by=by)

    def add_text(
        self, text: str, note: str = "", *, by: "User", seen: int | None = None
    ) -> DeliverableVersion:
        """Add a version written here, in Markdown.

        `seen` is the number of the version that its author started from, 0 for none; where a newer one came meanwhile,
        Refused("newer_version") lets them read it first.
        """
        if not text.strip():
            raise Refused("text_empty")
        latest = self.latest_version
        if seen is not None and latest is not None and seen != latest.number:
            raise Refused("newer_version", number=latest.number)
        return self._add(DeliverableVersion(kind=VersionKind.TEXT, text=text), note, by=by)

    def _add(self, version: DeliverableVersion, note: str, *, by: "User") -> DeliverableVersion:
        if self.state == DeliverableState.IN_REVIEW:
            raise Refused("in_review")
        latest = self.latest_version
        version.number = latest.number + 1 if latest else 1
        version.note, version.author, version.at = note, by, now()
        self.versions.insert(0, version)
        if self.state != DeliverableState.DRAFTING:
            self._go_to(DeliverableState.DRAFTING)
        record(self, "deliverable.version_added", by=by, number=version.number, note=note)
        db.session.flush()
        return version

    # Life -------------------------------------------------------------------------------------------------------------

    def submit(
        self,
        *,
        by: "User",
        number: int | None = None,
        reviewers: "tuple[Sequence[User], Sequence[Structure]]" = ((), ()),
        closes_on: date | None = None,
        message: str = "",
    ) -> None:
        """Put the latest version up for relecture, and ask `reviewers`, people and structures, what they think of it.

        Raises Refused("no_version"), Refused("state_already") or Refused("closes_too_early").

        `number` is the version that the person had before them: where a newer one came meanwhile, this verb and its
        siblings raise Refused("newer_version"), since nobody decides on what they have not seen.
        """
        version = self._latest_or_refuse(number)
        if self.state not in (DeliverableState.DRAFTING, DeliverableState.TO_REWORK):
            raise Refused("state_already", state=str(self.state))
        self._go_to(DeliverableState.IN_REVIEW)
        record(self, "deliverable.submitted", by=by, number=version.number)
        people, structures = reviewers
        if people or structures:
            ReviewRound.open(self, version, people, structures, by=by, closes_on=closes_on, message=message)

    def withdraw(self, *, by: "User", number: int | None = None) -> None:
        """Take it back from relecture, to go on writing. Raises Refused("not_in_review")."""
        version = self._latest_or_refuse(number)
        self._refuse_unless_in_review()
        self._go_to(DeliverableState.DRAFTING)
        record(self, "deliverable.withdrawn", by=by, number=version.number)

    def approve(self, *, by: "User", number: int | None = None) -> None:
        """Make the latest version the reference. Raises Refused("no_version") or Refused("state_already")."""
        version = self._latest_or_refuse(number)
        if self.is_approved:
            raise Refused("state_already", state=str(self.state))
        self._decide(version, approved=True, words="", by=by)
        self._go_to(DeliverableState.APPROVED)
        version.approved_at = now()
        record(self, "deliverable.approved", by=by, number=version.number)

    def send_back(self, words: str, *, by: "User", number: int | None = None) -> None:
        """Ask for changes, and say which. Raises Refused("reason_missing") or Refused("not_in_review")."""
        if not words.strip():
            raise Refused("reason_missing")
        version = self._latest_or_refuse(number)
        self._refuse_unless_in_review()
        self._decide(version, approved=False, words=words, by=by)
        self._go_to(DeliverableState.TO_REWORK)
        record(self, "deliverable.sent_back", by=by, number=version.number, reason=words)

    def publish(self, licence: str, *, by: "User", number: int | None = None) -> DeliverableVersion:
        """Let anybody read the reference, under a licence and at an address that stays. Returns that version.

        `number` is the reference that the person had before them. Raises Refused("not_approved"),
        Refused("newer_version"), Refused("published_already") or Refused("licence_missing").
        """
        reference = self.approved_version
        if reference is None:
            raise Refused("not_approved")
        if number is not None and number != reference.number:
            raise Refused("newer_version", number=reference.number)
        if reference.published_at is not None:
            raise Refused("published_already")
        if not licence.strip():
            raise Refused("licence_missing")
        self.published_at = reference.published_at = now()
        self.licence = reference.licence = licence
        if self.public_slug is None:
            self.public_slug = slugify(self.title, taken=self._public_slug_exists)
        if self.state == DeliverableState.APPROVED:
            self._go_to(DeliverableState.PUBLISHED)
        record(self, "deliverable.published", by=by, number=reference.number, licence=licence)
        return reference

    def unpublish(self, reason: str, *, by: "User") -> None:
        """Withdraw every version of it from the public pages; its address says so, and stays its own.

        Raises Refused("not_published") or Refused("reason_missing").
        """
        if self.published_at is None:
            raise Refused("not_published")
        if not reason.strip():
            raise Refused("reason_missing")
        self._leave_the_public()
        if self.state == DeliverableState.PUBLISHED:
            self._go_to(DeliverableState.APPROVED)
        record(self, "deliverable.unpublished", by=by, reason=reason)

    def _leave_the_public(self) -> None:
        self.published_at = None
        db.session.execute(
            update(DeliverableVersion)
            .where(DeliverableVersion.deliverable_id == self.id)
            .values(published_at=None)
        )

    @classmethod
    def _public_slug_exists(cls, slug: str) -> bool:
        return db.session.scalar(select(cls.id).where(cls.public_slug == slug)) is not None

    def _latest_or_refuse(self, seen: int | None) -> DeliverableVersion:
        latest = self.latest_version
        if latest is None:
            raise Refused("no_version")
        if seen is not None and seen != latest.number:
            raise Refused("newer_version", number=latest.number)
        return latest

    def _refuse_unless_in_review(self) -> None:
        if self.state != DeliverableState.IN_REVIEW:
            raise Refused("not_in_review")

    def _go_to(self, state: DeliverableState) -> None:
        if self.state == DeliverableState.IN_REVIEW:
            ReviewRound.close_all(self)
        with self.traced():
            self.state, self.state_since = state, now()

    def _decide(self, version: DeliverableVersion, *, approved: bool, words: str, by: "User") -> None:
        self.verdicts.insert(
            0, Verdict(version_id=version.id, approved=approved, words=words, by=by, at=now())
        )

    def _shape(self) -> Shape:
        return Shape(self.chantier_id, self.objective_id, str(self.state), self.expected_on)

    def on_trashed(self) -> None:
        """It leaves the figures."""
        self.trace_binned()

    def on_restored(self) -> None:
        """It counts again."""
        self.trace_restored()

    def erase(self) -> None:
        """Blank its words; versions lose their content and leave their files to the sweep."""
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
