"""Import of structures, out of a directory kept elsewhere: lines create structures or complete those that exist."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select

from models.demarche.structure import Structure
from models.ground.base import db
from models.ground.refused import Refused
from models.imports.row import Fate, ImportedRow, ImportOutcome
from models.journal import Activity
from models.people.user import User

#: What a line may say of a structure, beside its name.
FACTS = ("kind", "site", "territory", "summary")


class StructureImport:
    """Import of one batch into the directory, in one transaction, for one person."""

    def __init__(self, by: User) -> None:
        self.by = by

    def run(self, rows: Sequence[ImportedRow], batch_id: int) -> None:
        """Create what is new and change what differs; a line that can no longer be taken says why."""
        for row in rows:
            said = {name: row.facts[name] for name in FACTS if row.facts.get(name)}
            if row.outcome == ImportOutcome.NEW:
                self._create(row, said)
            else:
                self._complete(row, said)

    def _create(self, row: ImportedRow, said: dict[str, Any]) -> None:
        try:
            structure = Structure.create(row.facts["name"], by=self.by, **said)
        except Refused as refused:
            row.refuse("name_taken", name=str(refused.particulars["name"]))
            return
        db.session.flush()
        row.did(Fate.CREATED, structure)

    def _complete(self, row: ImportedRow, said: dict[str, Any]) -> None:
        structure = _held(row.subject_id)
        if structure is None:
            row.refuse("structure_gone")
            return
        before = values_of(structure)
        changed = structure.edit(by=self.by, **said)
        if changed:
            row.before = {name: before[name] for name in changed}
            row.after = {name: said[name] for name in changed}
            row.did(Fate.UPDATED, structure)

    def undo(self, batch_id: int, since: datetime) -> None:
        """Take out of the directory what the import put there, and give back what it changed, unless touched since."""
        rows = ImportedRow.that_did(batch_id, (Fate.CREATED, Fate.UPDATED))
        for row in db.session.scalars(rows.where(ImportedRow.subject_type == "structure")).all():
            structure = _held(row.subject_id)
            if structure is None:
                row.fate = Fate.REMOVED if row.fate == Fate.CREATED else Fate.RETURNED
            elif row.fate == Fate.CREATED:
                self._remove(structure, row, since)
            else:
                self._give_back(structure, row)

    def _remove(self, structure: Structure, row: ImportedRow, since: datetime) -> None:
        if _was_touched(structure, since):
            row.keep("touched")
            return
        try:
            structure.remove(by=self.by)
        except Refused:
            row.keep("in_use")
            return
        row.fate = Fate.REMOVED

    def _give_back(self, structure: Structure, row: ImportedRow) -> None:
        now, before, after = values_of(structure), row.before or {}, row.after or {}
        same = {name: before[name] for name in before if now[name] == after[name]}
        structure.edit(by=self.by, **same)
        if len(same) < len(before):
            row.keep("changed_since")
        else:
            row.fate = Fate.RETURNED


def values_of(structure: Structure) -> dict[str, Any]:
    """Return the fields of a structure, as a line of a file says them."""
    return {name: str(getattr(structure, name)) for name in FACTS}


def _held(structure_id: int | None) -> Structure | None:
    query = select(Structure).where(Structure.id == structure_id, Structure.merged_into_id.is_(None))
    return db.session.scalar(query.with_for_update())


def _was_touched(structure: Structure, since: datetime) -> bool:
    lines = select(Activity.id).where(
        Activity.subject_type == "structure", Activity.subject_id == structure.id, Activity.at > since
    )
    return db.session.scalar(lines.limit(1)) is not None
