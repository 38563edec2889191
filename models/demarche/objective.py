"""Objectives of a chantier: the political ones say why, the operational ones carry tasks and deliverables."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import BindParameter, ForeignKey, Select, func, select, update
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.demarche.chantier import Chantier
from models.figures.percent import percent
from models.ground.base import Base, EnumText, IntId, LongText, Versioned, db, table_above
from models.ground.refused import Refused
from models.journal import record
from models.people.user import User
from models.traits.editable import Editable
from models.traits.loaded_from_file import Sourced
from models.traits.trashable import Trashable, index_of_bin

if TYPE_CHECKING:
    from models.deliverables.deliverable import Deliverable


class ObjectiveKind(StrEnum):
    """Kind of objective: political ones give the direction, operational ones are worked on."""

    POLITICAL = "political"
    OPERATIONAL = "operational"


class Objective(Versioned, Editable, Sourced, Trashable, Base):
    """Objective of a chantier, in the words of the démarche."""

    __tablename__ = "objective"
    __table_args__ = (index_of_bin("objective"),)

    id: Mapped[IntId]
    chantier_id: Mapped[int] = mapped_column(ForeignKey("chantier.id"), index=True)
    kind: Mapped[ObjectiveKind] = mapped_column(
        EnumText(ObjectiveKind, 20), default=ObjectiveKind.OPERATIONAL
    )
    #: Its rank among the objectives of its kind in its chantier, from 1.
    position: Mapped[int]
    text: Mapped[LongText]

    chantier: Mapped[Chantier] = relationship(back_populates="objectives", lazy="raise_on_sql")
    tally: Mapped["ObjectiveTally"] = relationship(lazy="raise_on_sql", uselist=False, viewonly=True)
    deliverables: Mapped[list["Deliverable"]] = relationship(back_populates="objective", lazy="raise_on_sql")

    @classmethod
    def create(
        cls,
        chantier: Chantier,
        text: str,
        kind: ObjectiveKind = ObjectiveKind.OPERATIONAL,
        *,
        by: User | None,
    ) -> "Objective":
        """Add an objective at the end of its kind."""
        last = select(func.max(cls.position)).where(cls.chantier_id == chantier.id, cls.kind == kind)
        position = (db.session.scalar(last) or 0) + 1
        objective = cls(chantier_id=chantier.id, text=text, kind=kind, position=position)
        db.session.add(objective)
        db.session.flush()
        db.session.add(ObjectiveTally(objective_id=objective.id, chantier_id=chantier.id))
        record(objective, "objective.created", by=by)
        return objective

    @classmethod
    def visible_to(cls, user: "User") -> "Select[Objective]":
        """Select the objectives that this person may know of: all but the binned."""
        return select(cls).where(cls.live())

    @classmethod
    def operational_of(cls, chantier_id: "int | BindParameter[int]") -> "Select[Objective]":
        """Select the operational objectives of a chantier, in their order."""
        its_own = cls.chantier_id == chantier_id
        return (
            select(cls)
            .where(its_own, cls.kind == ObjectiveKind.OPERATIONAL, cls.live())
            .order_by(cls.position, cls.id)
        )

    @property
    def is_archived(self) -> bool:
        return self.chantier.is_archived

    @property
    def journal_title(self) -> str:
        return self.text

    @property
    def is_operational(self) -> bool:
        return self.kind == ObjectiveKind.OPERATIONAL

    def hold_for_work(self, chantier_id: int) -> None:
        """Lock it against the bin until this transaction ends: a task or a deliverable is being hung on it.

        Reading it again matters: somebody may have put it in the bin since the page was read. Raises
        Refused("objective_not_operational") for one in the bin, a political one, or one of another chantier.
        """
        trashed_at = db.session.scalar(
            select(Objective.trashed_at)
            .where(Objective.id == self.id)
            .with_for_update(read=True, key_share=True)
        )
        if trashed_at is not None or self.chantier_id != chantier_id or not self.is_operational:
            raise Refused("objective_not_operational")

    def move(self, places: int, *, by: User) -> None:
        """Go up (negative) or down among the objectives of its kind. Raises Refused("already_trashed")."""
        if self.is_trashed:
            raise Refused("already_trashed")
        siblings = list(
            db.session.scalars(
                select(Objective)
                .where(
                    Objective.chantier_id == self.chantier_id, Objective.kind == self.kind, Objective.live()
                )
                .order_by(Objective.position, Objective.id)
            )
        )
        here = siblings.index(self)
        there = max(0, min(len(siblings) - 1, here + places))
        if there == here:
            return
        siblings.insert(there, siblings.pop(here))
        for position, sibling in enumerate(siblings, start=1):
            sibling.position = position
        record(self, "objective.moved", by=by)

    def trash(self, *, by: User) -> None:
        """Put it in the bin; only when nothing hangs on it any more: Refused("objective_in_use")."""
        # Somebody who is adding a task to it right now either is seen here, or comes after.
        db.session.execute(select(Objective.id).where(Objective.id == self.id).with_for_update())
        for things in (table_above("task"), table_above("deliverable")):
            using = select(things.c.id).where(things.c.objective_id == self.id, things.c.trashed_at.is_(None))
            if db.session.scalar(using.limit(1)) is not None:
                raise Refused("objective_in_use")
        super().trash(by=by)

    def erase(self) -> None:
        """Blank its words; its tally keeps the figures."""
        self.text = ""
        # Its key stays: loading the file again must not bring back what people threw away.
        self.source = None


class ObjectiveTally(Base):
    """Counters of the live tasks of an objective by status, kept by the verbs so that no screen has to count them."""

    __tablename__ = "objective_tally"

    objective_id: Mapped[int] = mapped_column(ForeignKey("objective.id"), primary_key=True)
    chantier_id: Mapped[int] = mapped_column(ForeignKey("chantier.id"), index=True)
    todo: Mapped[int] = mapped_column(default=0)
    in_progress: Mapped[int] = mapped_column(default=0)
    to_validate: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    blocked: Mapped[int] = mapped_column(default=0)
    abandoned: Mapped[int] = mapped_column(default=0)

    @hybrid_property
    def counted(cls) -> int:
        """Count of the tasks that progress is computed on: all but the abandoned ones; of a row, or in a query."""
        return cls.todo + cls.in_progress + cls.to_validate + cls.done + cls.blocked

    @property
    def total(self) -> int:
        return self.counted + self.abandoned

    @property
    def progress(self) -> int | None:
        """Share of tasks done, in whole percent, abandoned ones left out; None where there is no task to count."""
        return percent(self.done, self.counted)


_together: ContextVar[Counter[tuple[int, str]] | None] = ContextVar("together", default=None)


@contextmanager
def counted_together() -> Iterator[None]:
    """Batch the counting done inside: one statement for each figure at its end, for hundreds of tasks at once."""
    changes: Counter[tuple[int, str]] = Counter()
    token = _together.set(changes)
    try:
        yield
    finally:
        _together.reset(token)
    for (objective_id, status), change in sorted(changes.items()):
        if change:
            count_task(objective_id, status, change)


def count_task(objective_id: int, status: str, change: int) -> None:
    """Add `change` to an objective's count of tasks in `status`, in the database, whoever else counts then."""
    together = _together.get()
    if together is not None:
        together[objective_id, str(status)] += change
        return
    column = getattr(ObjectiveTally, status)
    counting = update(ObjectiveTally).where(ObjectiveTally.objective_id == objective_id)
    db.session.execute(
        counting.values({column: column + change}).execution_options(synchronize_session=False)
    )
