"""Rows of an import: what each line of the file says, why it cannot be taken, and what became of it."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, Select, String, null, select, update
from sqlalchemy.orm import Mapped, mapped_column

from models.ground.base import Base, EnumText, IntId, Line, db


class ImportOutcome(StrEnum):
    """Outcome of comparing a line with what exists."""

    NEW = "new"
    #: It is here already, and says nothing else.
    SAME = "same"
    #: It is here already, and the file says something else of it.
    DIFFERENT = "different"
    WRONG = "wrong"


class Fate(StrEnum):
    """Fate of a line once imported or undone; empty while nothing happened."""

    WAITING = ""
    CREATED = "created"
    UPDATED = "updated"
    #: What it created is gone, what it changed is as before, or neither since somebody touched it.
    REMOVED = "removed"
    RETURNED = "returned"
    KEPT = "kept"


class ImportedRow(Base):
    """Line of the file."""

    __tablename__ = "imported_row"
    __table_args__ = (
        Index("ix_imported_row_outcome", "batch_id", "outcome", "line"),
        Index("ix_imported_row_fate", "batch_id", "fate", "line"),
    )

    id: Mapped[IntId]
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id"))
    #: Its number in the file, as a spreadsheet shows it.
    line: Mapped[int]
    outcome: Mapped[ImportOutcome] = mapped_column(EnumText(ImportOutcome, 10))
    title: Mapped[Line]
    #: The cells as they were read, kept for whoever has to mend them; forgotten a week later.
    cells: Mapped[list[Any]] = mapped_column(JSON, default=list)
    #: What the line was understood to say: names of fields and plain values; null says nothing.
    facts: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: Why it is wrong, or why its subject was kept: [code, particulars] each.
    reasons: Mapped[list[Any]] = mapped_column(JSON, default=list)
    fate: Mapped[Fate] = mapped_column(EnumText(Fate, 10), default=Fate.WAITING)
    #: The thing that it created or found.
    subject_type: Mapped[str] = mapped_column(String(20), default="")
    subject_id: Mapped[int | None]
    #: Of an updated thing: each field that changed, before and after; of a line that differs, what would change.
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))

    @classmethod
    def of(cls, batch_id: int, *outcomes: ImportOutcome) -> "Select[ImportedRow]":
        """Select the lines of an import with these outcomes, or all, in the order of the file."""
        lines = select(cls).where(cls.batch_id == batch_id).order_by(cls.line, cls.id)
        return lines.where(cls.outcome.in_([str(each) for each in outcomes])) if outcomes else lines

    @classmethod
    def that_did(cls, batch_id: int, fates: Sequence[Fate]) -> "Select[ImportedRow]":
        """Select the lines of an import with these fates, in the order of the file."""
        lines = select(cls).where(cls.batch_id == batch_id, cls.fate.in_([str(fate) for fate in fates]))
        return lines.order_by(cls.line, cls.id)

    @classmethod
    def forget_words_of(cls, subject_type: str, ids: Sequence[int]) -> None:
        """Erase the words of the lines about purged things; titles stay, as in the journal."""
        about = (cls.subject_type == subject_type, cls.subject_id.in_(ids))
        forgetting = update(cls).where(*about).values(cells=[], facts={}, before=null(), after=null())
        db.session.execute(forgetting.execution_options(synchronize_session=False))

    def did(self, fate: Fate, subject: Any) -> None:
        """Record what this line created or changed."""
        self.fate, self.subject_type, self.subject_id = fate, subject.__tablename__, subject.id

    def refuse(self, code: str, **particulars: Any) -> None:
        """Mark as wrong, with the reason: somebody changed what it speaks of since it was looked at."""
        self.outcome, self.reasons = ImportOutcome.WRONG, [[code, particulars]]

    def keep(self, code: str, **particulars: Any) -> None:
        """Mark as kept by the undoing, with the reason."""
        self.fate, self.reasons = Fate.KEPT, [[code, particulars]]
