"""What the screens of imports read: past ones, the columns of a file, its lines as they will be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select

from chantiers.files.spreadsheets import SourceSheet, unpack
from chantiers.language.dates import short_date
from chantiers.language.labels import label
from chantiers.rooms.imports import columns
from chantiers.rooms.imports.columns import FIELDS, Table
from chantiers.rooms.imports.structure_lines import StructureLines
from chantiers.rooms.imports.task_lines import TaskLines
from chantiers.storage.store import current_storage
from chantiers.web.addresses import page
from models import (
    Chantier,
    Fate,
    ImportBatch,
    ImportedRow,
    ImportKind,
    ImportOutcome,
    Objective,
    ObjectiveKind,
    Structure,
    User,
    db,
    held,
)

PAGE = 25
LIST_PAGE = 30


def batch(import_id: int) -> ImportBatch | None:
    """One import; held while it is being changed."""
    query = select(ImportBatch).where(ImportBatch.id == import_id).options(*ImportBatch.with_people())
    return db.session.scalar(held(query, ImportBatch))


def listing(page: int) -> tuple[Sequence[ImportBatch], int]:
    """A page of the imports, the latest first, and how many pages there are."""
    total = db.session.scalar(select(func.count(ImportBatch.id))) or 0
    query = select(ImportBatch).order_by(ImportBatch.id.desc()).options(*ImportBatch.with_people())
    return db.session.scalars(query.limit(LIST_PAGE).offset((page - 1) * LIST_PAGE)).all(), pages(
        total, LIST_PAGE
    )


def pages(total: int, size: int = PAGE) -> int:
    """How many pages so many lines make."""
    return max(1, -(-total // size))


# The file -------------------------------------------------------------------------------------------------------------


def sheets(found: ImportBatch) -> list[SourceSheet]:
    """The cells that were read of the file."""
    assert found.storage_key is not None
    with current_storage().open(found.storage_key) as chunks:
        return unpack(b"".join(chunks))


def table(
    found: ImportBatch, among: Sequence[SourceSheet], sheet: int | None = None, header: int | None = None
) -> Table:
    """The table of the file: where one says, else where it was read before, else where it seems to be."""
    if sheet is None and "sheet" in found.mapping:
        sheet, header = found.mapping["sheet"], header or found.mapping["header"]
    if sheet is None or not 0 <= sheet < len(among):
        sheet, proposed = columns.find(among, ImportKind(found.kind))
    else:
        proposed = columns.find(among[sheet : sheet + 1], ImportKind(found.kind))[1]
    return columns.table(among, sheet, header or proposed)


def looked_at(kind: str, read: Table, mapping: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each line of the table beside what exists."""
    lines = TaskLines(read, mapping) if kind == ImportKind.TASKS else StructureLines(read, mapping)
    return list(lines.rows())


def objectives() -> list[tuple[int, str, str]]:
    """The operational objectives under which lines that name none may go: number, words, chantier."""
    query = (
        select(Objective.id, Objective.text, Chantier.number, Chantier.title)
        .join(Chantier, Chantier.id == Objective.chantier_id)
        .where(Objective.kind == ObjectiveKind.OPERATIONAL, Objective.live(), Chantier.archived_at.is_(None))
        .order_by(Chantier.number, Objective.position)
    )
    return [(number, text, f"{rank}. {title}") for number, text, rank, title in db.session.execute(query)]


# Its lines ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """A line as its page shows it."""

    row: ImportedRow
    #: (field, words) of what it says.
    facts: Sequence[tuple[str, str]]
    #: (field, before, after) of what would change, or changed.
    changes: Sequence[tuple[str, str, str]]
    address: str = ""


def lines(found: ImportBatch, outcome: ImportOutcome, page: int) -> list[Shown]:
    """A page of the lines that are so."""
    query = ImportedRow.of(found.id, outcome).limit(PAGE).offset((page - 1) * PAGE)
    return _shown(found, db.session.scalars(query).all())


def deeds(found: ImportBatch, fates: Sequence[Fate], page: int) -> list[Shown]:
    """A page of what the import did."""
    query = ImportedRow.that_did(found.id, fates).limit(PAGE).offset((page - 1) * PAGE)
    return _shown(found, db.session.scalars(query).all())


def new_structures(found: ImportBatch) -> list[str]:
    """The names that the import would add to the directory, in the order of the file."""
    if not found.mapping.get("create_structures"):
        return []
    names: dict[str, None] = {}
    for facts in db.session.scalars(
        select(ImportedRow.facts)
        .where(ImportedRow.batch_id == found.id, ImportedRow.outcome != ImportOutcome.WRONG)
        .order_by(ImportedRow.line)
    ):
        for each in (facts.get("pilote"), *(facts.get("contributors") or ())):
            if isinstance(each, str):
                names[each] = None
    return list(names)


def _shown(found: ImportBatch, rows: Sequence[ImportedRow]) -> list[Shown]:
    names = _Names(rows)
    fields = FIELDS[ImportKind(found.kind)]
    return [
        Shown(
            row,
            [
                (str(fields[name]), names.words(name, value))
                for name, value in row.facts.items()
                if name in fields and name not in ("title", "name") and value not in (None, [])
            ],
            [
                (
                    str(fields[name]),
                    names.words(name, (row.before or {}).get(name)),
                    names.words(name, value),
                )
                for name, value in (row.after or {}).items()
                if name in fields
            ],
            names.address(row),
        )
        for row in rows
    ]


class _Names:
    """The names of what some lines speak of by number: three questions, whatever their number."""

    def __init__(self, rows: Sequence[ImportedRow]) -> None:
        values = [values for row in rows for values in (row.facts, row.before or {}, row.after or {})]
        made = {row.subject_id for row in rows if row.subject_type == "structure"}
        structures = {
            number
            for each in values
            for number in (each.get("pilote"), *(each.get("contributors") or ()))
            if isinstance(number, int)
        }
        self.structures = {
            row.id: row
            for row in _rows(
                select(Structure.id, Structure.name, Structure.slug), Structure.id, structures | made
            )
        }
        self.objectives = dict(
            _rows(
                select(Objective.id, Objective.text), Objective.id, {each.get("objective") for each in values}
            )
        )
        self.people = dict(
            _rows(
                select(User.id, User.name),
                User.id,
                {number for each in values for number in each.get("people") or ()},
            )
        )

    def words(self, name: str, value: Any) -> str:
        """A value as people read it."""
        if value in (None, "", []):
            return ""
        if name == "objective":
            return str(self.objectives.get(value, ""))
        if name in ("pilote", "contributors"):
            return ", ".join(
                self._structure(each) for each in (value if isinstance(value, list) else [value])
            )
        if name == "people":
            return ", ".join(str(self.people.get(each, "")) for each in value)
        if name in ("status", "kind"):
            return label(value, name)
        return short_date(date.fromisoformat(value)) if name == "due_on" else str(value)

    def address(self, row: ImportedRow) -> str:
        """The page of what a line made or found."""
        if row.subject_type == "task":
            return page("task", row.subject_id or 0)
        structure = self.structures.get(row.subject_id) if row.subject_type == "structure" else None
        return page("structure", structure.id, structure.slug) if structure is not None else ""

    def _structure(self, name: int | str) -> str:
        if isinstance(name, str):
            return name
        return str(self.structures[name].name) if name in self.structures else ""


def _rows(query: Any, key: Any, numbers: set[Any]) -> Any:
    return db.session.execute(query.where(key.in_(numbers - {None}))).all()
