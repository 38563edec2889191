"""Undoing an import of tasks: what it created goes to the bin, what it changed is given back, unless touched since."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import cast

from sqlalchemy import Select, Table, delete, or_, select, update
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.attributes import set_committed_value

from models.deliverables.deliverable import Deliverable, deliverable_structure
from models.demarche.chantier import Chantier
from models.ground.base import Base, db
from models.ground.refused import Refused
from models.imports.bulk_tasks import trash_tasks
from models.imports.row import Fate, ImportedRow
from models.imports.task_fields import WITHOUT_REASON, held_tasks, set_fields, values_of
from models.journal import Activity, record
from models.people.membership import ChantierMembership, ChantierStructure, StructureMember
from models.people.roles import ChantierRole
from models.people.user import User
from models.tasks.carriers import task_person, task_structure
from models.tasks.dependencies import task_dependency
from models.tasks.task import Task

#: Tables that belong to a task itself: a row of any other table that names it keeps it from the bin.
OF_A_TASK = frozenset({"status_change", "task_structure", "task_person", "task_dependency"})


class TaskImportUndo:
    """Undoing of one import of tasks, in one transaction, for one person."""

    def __init__(self, by: User) -> None:
        self.by = by

    def run(self, batch_id: int, since: datetime) -> None:
        """Put in the bin what the import created and give back what it changed, but for what was touched since."""
        created = {number for number in db.session.scalars(_its_tasks(batch_id, Fate.CREATED)) if number}
        changed = db.session.scalars(
            ImportedRow.that_did(batch_id, [Fate.UPDATED]).where(ImportedRow.subject_type == "task")
        ).all()
        touched = self._keep_touched(batch_id, created, since)
        self._forget_new_structures(batch_id, created - touched)
        gone = trash_tasks(created - touched, by=self.by)
        leaving = update(ImportedRow).where(
            ImportedRow.batch_id == batch_id,
            ImportedRow.fate == Fate.CREATED,
            ImportedRow.subject_type == "task",
        )
        db.session.execute(leaving.values(fate=Fate.REMOVED).execution_options(synchronize_session=False))
        tasks = held_tasks([row.subject_id for row in changed if row.subject_id])
        for row in changed:
            self._give_back(tasks[row.subject_id or 0], row)
        chantiers = select(Task.chantier_id).where(Task.id.in_(created | tasks.keys())).distinct()
        self._see_newcomers_off(set(db.session.scalars(chantiers)), since)
        for number, undone in sorted(Counter(task.chantier_id for task in gone).items()):
            record(db.session.get_one(Chantier, number), "chantier.import_undone", by=self.by, undone=undone)

    def _keep_touched(self, batch_id: int, created: set[int], since: datetime) -> set[int]:
        """Mark the created tasks that stay, each line with the reason; returns their ids."""
        touched = _touched(created, since)
        live = select(Task.id).where(Task.id.in_(touched), Task.live())
        staying = set(db.session.scalars(live))
        kept = ImportedRow.that_did(batch_id, [Fate.CREATED]).where(
            ImportedRow.subject_type == "task", ImportedRow.subject_id.in_(staying)
        )
        for row in db.session.scalars(kept):
            row.keep("touched")
        db.session.flush()
        return staying

    def _forget_new_structures(self, batch_id: int, tasks: set[int]) -> None:
        """Take the structures that the import created off the tasks in the bin, so that they can be removed."""
        made = select(ImportedRow.subject_id).where(
            ImportedRow.batch_id == batch_id,
            ImportedRow.fate == Fate.CREATED,
            ImportedRow.subject_type == "structure",
        )
        gone = set(db.session.scalars(made))
        if gone:
            given = delete(task_structure).where(
                task_structure.c.task_id.in_(tasks), task_structure.c.structure_id.in_(gone)
            )
            db.session.execute(given)
            led = update(Task).where(Task.id.in_(tasks), Task.pilote_id.in_(gone))
            db.session.execute(led.values(pilote_id=None))

    def _give_back(self, task: Task, row: ImportedRow) -> None:
        """Restore each field that still is what the import made of it."""
        now, before, after = values_of(task), row.before or {}, row.after or {}
        same = {name: before[name] for name in before if now[name] == after[name]}
        if task.is_trashed or len(same) < len(before):
            row.keep("binned" if task.is_trashed else "changed_since")
        if task.is_trashed:
            return
        try:
            with db.session.begin_nested():
                set_fields(task, same, by=self.by, reason=WITHOUT_REASON)
        except Refused:
            row.keep("changed_since")
            return
        if row.fate == Fate.UPDATED:
            row.fate = Fate.RETURNED

    def _see_newcomers_off(self, chantiers: set[int], since: datetime) -> None:
        """Withdraw structures and dismiss people that the import alone brought in, if nothing holds them."""
        for number in sorted(chantiers):
            chantier = db.session.get_one(Chantier, number)
            for enrolment in _structures_come(number, since):
                if not _carries(enrolment.structure_id, number):
                    set_committed_value(enrolment, "chantier", chantier)
                    chantier.withdraw(enrolment.structure, by=self.by)
            db.session.flush()
            for membership in _people_come(number, since):
                if membership.role == ChantierRole.PARTICIPANT and not _belongs(membership, since):
                    chantier.dismiss(membership.user, by=self.by)


def _its_tasks(batch_id: int, fate: Fate) -> "Select[int | None]":
    """Select the ids of the tasks of an import with this fate."""
    return select(ImportedRow.subject_id).where(
        ImportedRow.batch_id == batch_id, ImportedRow.fate == fate, ImportedRow.subject_type == "task"
    )


def _touched(tasks: Iterable[int], since: datetime) -> set[int]:
    """Return those of these tasks that anybody touched after that instant, or that others' things name."""
    ids = list(tasks)
    lines = select(Activity.subject_id).where(
        Activity.subject_type == "task", Activity.subject_id.in_(ids), Activity.at > since
    )
    awaited = select(task_dependency.c.blocker_id).where(
        task_dependency.c.blocker_id.in_(ids), task_dependency.c.task_id.not_in(ids)
    )
    own = cast(Table, Task.__table__)
    named = [
        select(column).where(column.in_(ids))
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if table.name not in OF_A_TASK and column.references(own.c.id)
    ]
    return {number for query in (lines, awaited, *named) for number in db.session.scalars(query)}


def _structures_come(chantier_id: int, at: datetime) -> Sequence[ChantierStructure]:
    """Return the structures that came into the chantier at that very instant: an import happens in one."""
    then = ChantierStructure.joined_at == at
    query = select(ChantierStructure).where(ChantierStructure.chantier_id == chantier_id, then)
    present = query.where(ChantierStructure.left_at.is_(None))
    return db.session.scalars(present.options(joinedload(ChantierStructure.structure))).all()


def _people_come(chantier_id: int, at: datetime) -> Sequence[ChantierMembership]:
    """Return the memberships of people who came into it then."""
    then = ChantierMembership.since == at
    query = select(ChantierMembership).where(ChantierMembership.chantier_id == chantier_id, then)
    return db.session.scalars(query.options(joinedload(ChantierMembership.user))).all()


def _carries(structure_id: int, chantier_id: int) -> bool:
    """Tell whether a structure still carries something live in the chantier."""
    given = select(task_structure.c.task_id).where(task_structure.c.structure_id == structure_id)
    task = select(Task.id).where(
        Task.chantier_id == chantier_id,
        Task.live(),
        or_(Task.pilote_id == structure_id, Task.id.in_(given)),
    )
    responsible = deliverable_structure
    deliverable = (
        select(responsible.c.deliverable_id)
        .join(Deliverable, Deliverable.id == responsible.c.deliverable_id)
        .where(Deliverable.chantier_id == chantier_id, responsible.c.structure_id == structure_id)
    )
    return any(db.session.scalar(query.limit(1)) is not None for query in (task, deliverable))


def _belongs(membership: ChantierMembership, since: datetime) -> bool:
    """Tell whether a person has something to do with the chantier beside the import that brought them in."""
    chantier_id, user_id = membership.chantier_id, membership.user_id
    acted = select(Activity.id).where(
        Activity.actor_id == user_id, Activity.chantier_id == chantier_id, Activity.at > since
    )
    through_structure = (
        select(ChantierStructure.id)
        .join(StructureMember, StructureMember.structure_id == ChantierStructure.structure_id)
        .where(
            ChantierStructure.chantier_id == chantier_id,
            ChantierStructure.left_at.is_(None),
            StructureMember.user_id == user_id,
        )
    )
    named = (
        select(task_person.c.task_id)
        .join(Task, Task.id == task_person.c.task_id)
        .where(task_person.c.user_id == user_id, Task.chantier_id == chantier_id, Task.live())
    )
    return any(db.session.scalar(query.limit(1)) is not None for query in (acted, through_structure, named))
