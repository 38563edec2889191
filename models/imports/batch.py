"""Imports: a spreadsheet that somebody sends, its mapping, its run, its undoing and its expiry."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    ForeignKey,
    Select,
    String,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, joinedload, mapped_column, relationship
from sqlalchemy.orm.interfaces import ORMOption

from models.deliverables.version import StoredFile
from models.demarche.demarche import Demarche
from models.ground.base import Base, EnumText, IntId, Line, Versioned, at, db, now
from models.ground.refused import Refused
from models.imports.row import Fate, ImportedRow, ImportOutcome
from models.imports.structures import StructureImport
from models.imports.task_undo import TaskImportUndo
from models.imports.tasks import TaskImport
from models.journal import quietly, record
from models.people.user import User

#: How long the words of a file stay: until then what was begun can be finished, and wrong lines mended.
KEPT = timedelta(days=7)


class ImportKind(StrEnum):
    """Kind of import: what the lines of the file are."""

    TASKS = "tasks"
    STRUCTURES = "structures"


class ImportState(StrEnum):
    """State of an import."""

    UPLOADED = "uploaded"
    #: Its columns are named and its lines were looked at.
    MAPPED = "mapped"
    DONE = "done"
    UNDONE = "undone"


class ImportBatch(Versioned, Base):
    """Batch: one file that is, or was, imported."""

    __tablename__ = "import_batch"

    id: Mapped[IntId]
    kind: Mapped[ImportKind] = mapped_column(EnumText(ImportKind, 20))
    state: Mapped[ImportState] = mapped_column(EnumText(ImportState, 10), default=ImportState.UPLOADED)
    #: The name of the file as its owner knows it. What is stored is its cells, never the file itself.
    file_name: Mapped[Line]
    storage_key: Mapped[str | None] = mapped_column(String(200), unique=True)
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    #: Which sheet and header, what each column is, and the choices made on the way.
    mapping: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    #: How many lines are of each outcome; once done, how many things were created and updated; once undone, also kept.
    counts: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"), index=True)
    created_at: Mapped[datetime] = mapped_column(default=now, index=True)
    imported_at: Mapped[datetime | None]
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id"))

    created_by: Mapped["User | None"] = relationship(lazy="raise_on_sql", foreign_keys=[created_by_id])
    undone_by: Mapped["User | None"] = relationship(lazy="raise_on_sql", foreign_keys=[undone_by_id])

    @classmethod
    def receive(cls, kind: ImportKind, file: StoredFile, *, by: "User") -> "ImportBatch":
        """Keep the cells of a file, to be brought in once somebody has looked at them."""
        batch = cls(
            kind=kind,
            state=ImportState.UPLOADED,
            file_name=file.name,
            storage_key=file.key,
            size=file.size,
            sha256=file.sha256,
            mapping={},
            counts={},
            created_by=by,
        )
        db.session.add(batch)
        return batch

    @classmethod
    def with_people(cls) -> tuple[ORMOption, ...]:
        """Return the loading options of a screen that names who made and who undid it."""
        return joinedload(cls.created_by), joinedload(cls.undone_by)

    @property
    def is_open(self) -> bool:
        """Open: still being prepared, its cells being in the store."""
        return self.state in (ImportState.UPLOADED, ImportState.MAPPED) and self.storage_key is not None

    @property
    def is_mapped(self) -> bool:
        return self.state == ImportState.MAPPED

    @property
    def is_done(self) -> bool:
        return self.state == ImportState.DONE

    @property
    def is_undone(self) -> bool:
        return self.state == ImportState.UNDONE

    @property
    def swept_at(self) -> datetime:
        """Instant of expiry, from which the words of the file are erased."""
        return (self.imported_at or self.created_at) + KEPT

    def count(self, name: str) -> int:
        """Return one of its figures, 0 where there is none."""
        return self.counts.get(name, 0)

    # Looking at it ----------------------------------------------------------------------------------------------------

    def keep(self, mapping: Mapping[str, Any], lines: Iterable[Mapping[str, Any]]) -> None:
        """Remember how the columns are read and what each line is then. Raises Refused("import_over")."""
        if not self.is_open:
            raise Refused("import_over")
        rows = [{"batch_id": self.id, **line} for line in lines]
        db.session.execute(delete(ImportedRow).where(ImportedRow.batch_id == self.id))
        if rows:
            db.session.execute(insert(ImportedRow), rows)
        self.mapping, self.state = dict(mapping), ImportState.MAPPED
        self.counts = self._outcomes()

    def _outcomes(self) -> dict[str, int]:
        counting = select(ImportedRow.outcome, func.count()).where(ImportedRow.batch_id == self.id)
        return _figures(counting.group_by(ImportedRow.outcome))

    # Doing it, and undoing it -----------------------------------------------------------------------------------------

    def run(self, *, by: "User") -> None:
        """Import every line that can be, at one instant, without a notification for each.

        Raises Refused("import_over") when that was done, and Refused("nothing_to_import").
        """
        if self.state != ImportState.MAPPED:
            raise Refused("import_over")
        wanted = [ImportOutcome.NEW, *([ImportOutcome.DIFFERENT] if self.mapping.get("update") else [])]
        rows = db.session.scalars(ImportedRow.of(self.id, *wanted)).all()
        if not rows:
            raise Refused("nothing_to_import")
        instant = now()
        with at(instant), quietly():
            self._work(by).run(rows, self.id)
            db.session.flush()
            self.state, self.imported_at = ImportState.DONE, instant
            done = self._fates()
            self.counts = {**self._outcomes(), **done}
            self._tell(
                f"demarche.{self.kind}_imported",
                by=by,
                **{name: done.get(name, 0) for name in ("created", "updated")},
            )

    def undo(self, *, by: "User") -> None:
        """Take back what it did, but for what people touched since; doing it twice changes nothing.

        Raises Refused("import_not_done").
        """
        if self.is_undone:
            return
        if not self.is_done or self.imported_at is None:
            raise Refused("import_not_done")
        with quietly():
            TaskImportUndo(by).run(self.id, self.imported_at)
            StructureImport(by).undo(self.id, self.imported_at)
            db.session.flush()
            self.state, self.undone_at, self.undone_by = ImportState.UNDONE, now(), by
            fates = self._fates()
            self.counts = {
                **self.counts,
                **{name: fates.get(name, 0) for name in ("removed", "returned", "kept")},
            }
            undone = self.count("removed") + self.count("returned")
            self._tell("demarche.import_undone", by=by, undone=undone, kept=self.count("kept"))

    def abandon(self) -> str | None:
        """Forget an import that was not made; returns the key of what to delete from the store once committed.

        Raises Refused("import_over").
        """
        if self.state not in (ImportState.UPLOADED, ImportState.MAPPED):
            raise Refused("import_over")
        db.session.execute(delete(ImportedRow).where(ImportedRow.batch_id == self.id))
        db.session.delete(self)
        return self.storage_key

    def _work(self, by: "User") -> TaskImport | StructureImport:
        return TaskImport(by) if self.kind == ImportKind.TASKS else StructureImport(by)

    def _fates(self) -> dict[str, int]:
        counting = select(ImportedRow.fate, func.count()).where(
            ImportedRow.batch_id == self.id, ImportedRow.fate != Fate.WAITING
        )
        return _figures(counting.group_by(ImportedRow.fate))

    def _tell(self, action: str, *, by: "User", **figures: int) -> None:
        demarche = Demarche.current()
        if demarche is not None:
            record(demarche, action, by=by, file=self.file_name, **figures)


def _figures(counting: "Select[str, int]") -> dict[str, int]:
    return {str(name): number for name, number in db.session.execute(counting)}


def sweep_imports() -> tuple[str, ...]:
    """Forget the words of files a week later: imports never made go, those made keep what undoing them needs.

    Returns the keys of what to delete from the store once that is committed.
    """
    due = select(ImportBatch).where(_due_for_sweep()).order_by(ImportBatch.id).with_for_update()
    keys = []
    for batch in db.session.scalars(due):
        if batch.storage_key:
            keys.append(batch.storage_key)
        if batch.state in (ImportState.UPLOADED, ImportState.MAPPED):
            batch.abandon()
            continue
        batch.storage_key = None
        its_own = ImportedRow.batch_id == batch.id
        db.session.execute(delete(ImportedRow).where(its_own, ImportedRow.fate == Fate.WAITING))
        db.session.execute(update(ImportedRow).where(its_own).values(cells=[], facts={}))
    db.session.flush()
    return tuple(keys)


def _due_for_sweep() -> ColumnElement[bool]:
    over = now() - KEPT
    never_made = and_(
        ImportBatch.state.in_([ImportState.UPLOADED, ImportState.MAPPED]), ImportBatch.created_at < over
    )
    made = and_(ImportBatch.imported_at < over, ImportBatch.storage_key.is_not(None))
    return or_(never_made, made)
