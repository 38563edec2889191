"""Import of tasks, out of a spreadsheet: lines create tasks or change those that exist."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from models.demarche.chantier import Chantier
from models.demarche.objective import Objective, ObjectiveKind
from models.demarche.structure import Structure
from models.ground.base import db, fold
from models.imports.bulk_tasks import NewTask, create_tasks
from models.imports.row import Fate, ImportedRow, ImportOutcome
from models.imports.task_fields import (
    WITHOUT_REASON,
    differences,
    held_tasks,
    parse_day,
    set_fields,
    values_of,
)
from models.journal import record
from models.people.user import User
from models.tasks.status import TaskStatus
from models.tasks.task import Task


class TaskImport:
    """Import of one batch of tasks, in one transaction, for one person."""

    def __init__(self, by: User) -> None:
        self.by = by
        self.objectives: dict[int, Objective] = {}
        self.structures: dict[int | str, Structure] = {}
        self.people: dict[int, User] = {}

    # Bringing in ------------------------------------------------------------------------------------------------------

    def run(self, rows: Sequence[ImportedRow], batch_id: int) -> None:
        """Create what is new and change what differs; a line that can no longer be taken says why."""
        self._read_what_they_name(rows, batch_id)
        taken = self._titles_here(rows)
        new = [row for row in rows if row.outcome == ImportOutcome.NEW and self._still_holds(row, taken)]
        tasks = create_tasks([self._wanted(row.facts) for row in new], by=self.by)
        for row, task in zip(new, tasks, strict=True):
            row.did(Fate.CREATED, task)
        changed = self._change([row for row in rows if row.outcome == ImportOutcome.DIFFERENT])
        self._tell_chantiers(tasks, changed)

    def _read_what_they_name(self, rows: Sequence[ImportedRow], batch_id: int) -> None:
        facts = [row.facts for row in rows]
        objectives = (
            select(Objective)
            .where(
                Objective.id.in_({each["objective"] for each in facts}),
                Objective.kind == ObjectiveKind.OPERATIONAL,
                Objective.live(),
            )
            .options(joinedload(Objective.chantier))
        )
        self.objectives = {
            each.id: each for each in db.session.scalars(objectives) if Chantier.hold_open(each.chantier_id)
        }
        named = {name for each in facts for name in _structures_in(each)}
        known = {name for name in named if isinstance(name, int)}
        self.structures = {
            each.id: each
            for each in db.session.scalars(
                select(Structure).where(Structure.id.in_(known), Structure.merged_into_id.is_(None))
            )
        }
        people = {number for each in facts for number in each.get("people") or ()}
        able = select(User).where(User.id.in_(people), User.closed_at.is_(None))
        self.people = {each.id: each for each in db.session.scalars(able)}
        for row in rows:
            self._create_structures(row, batch_id)

    def _create_structures(self, row: ImportedRow, batch_id: int) -> None:
        """Add to the directory the structures that this line is the first to name, unless somebody just did."""
        for name in _structures_in(row.facts):
            if not isinstance(name, str) or name in self.structures:
                continue
            known = Structure.known_as(name)
            self.structures[name] = known or Structure.create(name, by=self.by)
            if known is None:
                db.session.flush()
                line = ImportedRow(
                    batch_id=batch_id,
                    line=row.line,
                    outcome=ImportOutcome.NEW,
                    title=name,
                    cells=[],
                    reasons=[],
                )
                line.did(Fate.CREATED, self.structures[name])
                db.session.add(line)

    def _titles_here(self, rows: Sequence[ImportedRow]) -> set[tuple[int, str]]:
        """Return the new titles that somebody added meanwhile, each with its objective."""
        keys = {fold(row.title)[:300] for row in rows if row.outcome == ImportOutcome.NEW}
        here = select(Task.objective_id, Task.title_key).where(
            Task.live(), Task.title_key.in_(keys), Task.objective_id.in_(self.objectives)
        )
        return {(objective_id, key) for objective_id, key in db.session.execute(here)}

    def _still_holds(self, row: ImportedRow, taken: set[tuple[int, str]]) -> bool:
        """Tell whether what the line names still exists, and its task not yet; else mark the line as wrong."""
        facts = row.facts
        if facts["objective"] not in self.objectives:
            row.refuse("objective_gone")
        elif any(name not in self.structures for name in _structures_in(facts)):
            row.refuse("structure_gone")
        elif any(number not in self.people for number in facts.get("people") or ()):
            row.refuse("person_gone")
        elif (facts["objective"], fold(row.title)[:300]) in taken:
            row.refuse("came_meanwhile")
        return row.outcome != ImportOutcome.WRONG

    def _wanted(self, facts: dict[str, Any]) -> NewTask:
        status = TaskStatus(facts.get("status") or TaskStatus.TODO)
        needs_reason = status in (TaskStatus.BLOCKED, TaskStatus.ABANDONED)
        return NewTask(
            self.objectives[facts["objective"]],
            facts["title"],
            facts.get("description") or "",
            parse_day(facts.get("due_on")),
            status,
            (facts.get("reason") or WITHOUT_REASON) if needs_reason else "",
            self._structure(facts.get("pilote")),
            [self.structures[name] for name in facts.get("contributors") or ()],
            [self.people[number] for number in facts.get("people") or ()],
        )

    def _structure(self, name: int | str | None) -> Structure | None:
        return self.structures[name] if name is not None else None

    # Changing what is here --------------------------------------------------------------------------------------------

    def _change(self, rows: Sequence[ImportedRow]) -> list[Task]:
        tasks = held_tasks([row.subject_id for row in rows if row.subject_id])
        changed = []
        for row in rows:
            task = tasks.get(row.subject_id or 0)
            if task is None or task.is_trashed or not Chantier.hold_open(task.chantier_id):
                row.refuse("task_gone")
            elif self._still_holds(row, set()):
                row.before, row.after = self._take_over(task, row)
                if row.after:
                    row.did(Fate.UPDATED, task)
                    changed.append(task)
        return changed

    def _take_over(self, task: Task, row: ImportedRow) -> tuple[dict[str, Any], dict[str, Any]]:
        """Update the task from its line; returns the fields that changed, before and after."""
        facts = {**row.facts}
        for name in ("pilote", "contributors"):
            facts[name] = self._numbers(facts.get(name))
        before = values_of(task)
        different = differences(before, facts)
        set_fields(task, different, by=self.by, reason=facts.get("reason") or WITHOUT_REASON)
        after = values_of(task)
        changed = [name for name in before if after[name] != before[name]]
        return {name: before[name] for name in changed}, {name: after[name] for name in changed}

    def _numbers(self, names: Any) -> Any:
        if isinstance(names, list):
            return sorted({self.structures[name].id for name in names})
        return self.structures[names].id if names is not None else None

    def _tell_chantiers(self, created: Iterable[Task], changed: Iterable[Task]) -> None:
        """Record one line in the journal of each chantier."""
        born, updated = Counter(t.chantier_id for t in created), Counter(t.chantier_id for t in changed)
        for number in sorted(born | updated):
            chantier = db.session.get_one(Chantier, number)
            record(
                chantier, "chantier.tasks_imported", by=self.by, created=born[number], updated=updated[number]
            )


def _structures_in(facts: dict[str, Any]) -> list[int | str]:
    pilote = facts.get("pilote")
    return [*([pilote] if pilote is not None else []), *(facts.get("contributors") or ())]
