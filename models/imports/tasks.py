"""Tasks out of a spreadsheet: lines become tasks or change those that are here, and all of it can be undone."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, delete, or_, select, update
from sqlalchemy.orm import joinedload, selectinload
from sqlalchemy.orm.attributes import set_committed_value

from models.demarche.chantier import Chantier
from models.demarche.objective import Objective, ObjectiveKind
from models.demarche.structure import Structure, StructureMember
from models.ground.base import Base, db, fold
from models.ground.refused import Refused
from models.imports.bulk_tasks import NewTask, create_tasks, trash_tasks
from models.imports.row import Fate, ImportedRow, ImportOutcome
from models.journal import Activity, record
from models.people.membership import ChantierMembership, ChantierStructure
from models.people.user import ChantierRole, User
from models.tasks.carriers import task_person, task_structure
from models.tasks.dependencies import task_dependency
from models.tasks.status import TaskStatus
from models.tasks.task import Task

#: What belongs to a task itself: what else names it holds on to it.
OF_A_TASK = frozenset({"status_change", "task_structure", "task_person", "task_dependency"})
#: Why a task stands so that is born blocked or given up, where the file does not say.
WITHOUT_REASON = "Repris d’un fichier, sans autre précision."


class TaskImport:
    """What one import does to tasks, in one transaction, for one person."""

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
        """Which of the new titles somebody added meanwhile, under which objective."""
        keys = {fold(row.title)[:300] for row in rows if row.outcome == ImportOutcome.NEW}
        here = select(Task.objective_id, Task.title_key).where(
            Task.live(), Task.title_key.in_(keys), Task.objective_id.in_(self.objectives)
        )
        return {(objective_id, key) for objective_id, key in db.session.execute(here)}

    def _still_holds(self, row: ImportedRow, taken: set[tuple[int, str]]) -> bool:
        """Whether what the line names is still there, and its task not yet."""
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
            _day(facts.get("due_on")),
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
        tasks = _held_tasks([row.subject_id for row in rows if row.subject_id])
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
        """Give the task what the file says of it; what was and what is, field by field."""
        facts = {**row.facts}
        for name in ("pilote", "contributors"):
            facts[name] = self._numbers(facts.get(name))
        before = values_of(task)
        different = differences(before, facts)
        self._set(task, different, reason=facts.get("reason") or WITHOUT_REASON)
        after = values_of(task)
        changed = [name for name in before if after[name] != before[name]]
        return {name: before[name] for name in changed}, {name: after[name] for name in changed}

    def _numbers(self, names: Any) -> Any:
        if isinstance(names, list):
            return sorted({self.structures[name].id for name in names})
        return self.structures[names].id if names is not None else None

    def _set(self, task: Task, values: dict[str, Any], *, reason: str) -> None:
        """Bring these fields to these values, each by its verb."""
        if "title" in values or "description" in values:
            words = {"title": task.title, "description": task.description, **values}
            task.reword(words["title"], words["description"], by=self.by)
        if "objective" in values:
            task.move_to(self._objective(values["objective"]), by=self.by)
        if "due_on" in values:
            task.reschedule(_day(values["due_on"]), by=self.by)
        if values.keys() & {"pilote", "contributors", "people"}:
            self._entrust(task, values)
        if "status" in values:
            task.become(TaskStatus(values["status"]), by=self.by, reason=reason)

    def _objective(self, number: int) -> Objective:
        return self.objectives.get(number) or db.session.get_one(Objective, number)

    def _entrust(self, task: Task, values: dict[str, Any]) -> None:
        pilote = values.get("pilote", task.pilote_id)
        contributors = values.get("contributors", [structure.id for structure in task.contributors])
        people = values.get("people", [person.id for person in task.people])
        task.entrust(
            db.session.get_one(Structure, pilote) if pilote else None,
            [db.session.get_one(Structure, number) for number in contributors],
            [db.session.get_one(User, number) for number in people],
            by=self.by,
        )

    def _tell_chantiers(self, created: Iterable[Task], changed: Iterable[Task]) -> None:
        """One line in the journal of each chantier."""
        born, updated = Counter(t.chantier_id for t in created), Counter(t.chantier_id for t in changed)
        for number in sorted(born | updated):
            chantier = db.session.get_one(Chantier, number)
            record(
                chantier, "chantier.tasks_imported", by=self.by, created=born[number], updated=updated[number]
            )

    # Undoing ----------------------------------------------------------------------------------------------------------

    def undo(self, batch_id: int, since: datetime) -> None:
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
        tasks = _held_tasks([row.subject_id for row in changed if row.subject_id])
        for row in changed:
            self._give_back(tasks[row.subject_id or 0], row)
        chantiers = select(Task.chantier_id).where(Task.id.in_(created | tasks.keys())).distinct()
        self._see_newcomers_off(set(db.session.scalars(chantiers)), since)
        for number, undone in sorted(Counter(task.chantier_id for task in gone).items()):
            record(db.session.get_one(Chantier, number), "chantier.import_undone", by=self.by, undone=undone)

    def _keep_touched(self, batch_id: int, created: set[int], since: datetime) -> set[int]:
        """Those of the created tasks that stay, each line saying why."""
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
        """What the import added to the directory goes as well: tasks in the bin no longer name it."""
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
        """Bring back each field that still is what the import made of it."""
        now, before, after = values_of(task), row.before or {}, row.after or {}
        same = {name: before[name] for name in before if now[name] == after[name]}
        if task.is_trashed or len(same) < len(before):
            row.keep("binned" if task.is_trashed else "changed_since")
        if task.is_trashed:
            return
        try:
            with db.session.begin_nested():
                self._set(task, same, reason=WITHOUT_REASON)
        except Refused:
            row.keep("changed_since")
            return
        if row.fate == Fate.UPDATED:
            row.fate = Fate.RETURNED

    def _see_newcomers_off(self, chantiers: set[int], since: datetime) -> None:
        """Structures and people that the import alone brought into a chantier leave it, if nothing holds them there."""
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


def values_of(task: Task) -> dict[str, Any]:
    """What a task is, as a line of a file says it: plain values that JSON keeps."""
    return {
        "objective": task.objective_id,
        "title": task.title,
        "description": task.description,
        "due_on": task.due_on.isoformat() if task.due_on else None,
        "pilote": task.pilote_id,
        "contributors": sorted(structure.id for structure in task.contributors),
        "people": sorted(person.id for person in task.people),
        "status": str(task.status),
    }


def differences(before: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    """What a line says otherwise than the task it speaks of; where it says nothing, nothing differs."""
    said = {name: facts[name] for name in before if facts.get(name) is not None}
    if said.keys() & {"pilote", "contributors"}:
        lead = said.get("pilote", before["pilote"])
        said["contributors"] = [
            each for each in said.get("contributors", before["contributors"]) if each != lead
        ]
    return {name: value for name, value in said.items() if not _same(value, before[name])}


def _same(one: Any, other: Any) -> bool:
    return set(one) == set(other) if isinstance(one, list) and isinstance(other, list) else one == other


def _structures_in(facts: dict[str, Any]) -> list[int | str]:
    pilote = facts.get("pilote")
    return [*([pilote] if pilote is not None else []), *(facts.get("contributors") or ())]


def _day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None


def _its_tasks(batch_id: int, fate: Fate) -> "Select[int | None]":
    """The numbers of the tasks that an import came to that with."""
    return select(ImportedRow.subject_id).where(
        ImportedRow.batch_id == batch_id, ImportedRow.fate == fate, ImportedRow.subject_type == "task"
    )


def _held_tasks(ids: Sequence[int]) -> dict[int, Task]:
    """These tasks with all that verbs touch, held in the order of their numbers."""
    query = (
        select(Task)
        .where(Task.id.in_(ids))
        .order_by(Task.id)
        .options(
            joinedload(Task.chantier),
            joinedload(Task.objective),
            joinedload(Task.pilote),
            selectinload(Task.contributors),
            selectinload(Task.people),
        )
        .with_for_update(of=Task)
    )
    return {task.id: task for task in db.session.scalars(query)} if ids else {}


def _touched(tasks: Iterable[int], since: datetime) -> set[int]:
    """Of these tasks, those with which anybody did anything after that instant, and those that others' things name."""
    ids = list(tasks)
    lines = select(Activity.subject_id).where(
        Activity.subject_type == "task", Activity.subject_id.in_(ids), Activity.at > since
    )
    awaited = select(task_dependency.c.blocker_id).where(
        task_dependency.c.blocker_id.in_(ids), task_dependency.c.task_id.not_in(ids)
    )
    named = [
        select(column).where(column.in_(ids))
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if table.name not in OF_A_TASK and column.references(Base.metadata.tables["task"].c.id)
    ]
    return {number for query in (lines, awaited, *named) for number in db.session.scalars(query)}


def _structures_come(chantier_id: int, at: datetime) -> Sequence[ChantierStructure]:
    """The structures that came into the chantier at that very instant: an import happens in one."""
    then = ChantierStructure.joined_at == at
    query = select(ChantierStructure).where(ChantierStructure.chantier_id == chantier_id, then)
    present = query.where(ChantierStructure.left_at.is_(None))
    return db.session.scalars(present.options(joinedload(ChantierStructure.structure))).all()


def _people_come(chantier_id: int, at: datetime) -> Sequence[ChantierMembership]:
    """The people who came into it then."""
    then = ChantierMembership.since == at
    query = select(ChantierMembership).where(ChantierMembership.chantier_id == chantier_id, then)
    return db.session.scalars(query.options(joinedload(ChantierMembership.user))).all()


def _carries(structure_id: int, chantier_id: int) -> bool:
    """Whether a structure still carries something live in the chantier."""
    given = select(task_structure.c.task_id).where(task_structure.c.structure_id == structure_id)
    task = select(Task.id).where(
        Task.chantier_id == chantier_id,
        Task.live(),
        or_(Task.pilote_id == structure_id, Task.id.in_(given)),
    )
    deliverables, responsible = (Base.metadata.tables[n] for n in ("deliverable", "deliverable_structure"))
    deliverable = (
        select(responsible.c.deliverable_id)
        .join(deliverables, deliverables.c.id == responsible.c.deliverable_id)
        .where(deliverables.c.chantier_id == chantier_id, responsible.c.structure_id == structure_id)
    )
    return any(db.session.scalar(query.limit(1)) is not None for query in (task, deliverable))


def _belongs(membership: ChantierMembership, since: datetime) -> bool:
    """Whether a person has something to do with the chantier beside the import that brought them in."""
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
