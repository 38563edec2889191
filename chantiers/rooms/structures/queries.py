"""Queries of one structure: what it carries, and what those who manage it choose from."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_login import current_user
from sqlalchemy import Row, Select, and_, case, func, literal, select, union_all
from sqlalchemy.orm import joinedload, selectinload

from chantiers.rooms.structures.directory_queries import directory
from models import (
    OPEN,
    Activity,
    Chantier,
    ChantierStructure,
    Deliverable,
    DeliverableType,
    Structure,
    StructureAlias,
    StructureMember,
    Task,
    User,
    db,
    deliverable_structure,
    fold,
    held,
    task_structure,
    today,
)

#: Tasks and deliverables shown for each chantier; the rest is behind a link.
SHOWN = 6


PEOPLE, FOUND = 60, 60


def structure(slug: str) -> Structure | None:
    """The structure of that address with its other names; also one that another took over."""
    return db.session.scalar(
        select(Structure)
        .where(Structure.slug == slug)
        .options(selectinload(Structure.aliases), joinedload(Structure.merged_into))
    )


def structure_to_change(slug: str) -> Structure | None:
    """A structure of the directory, held until the end of the request that changes it."""
    found = Structure.visible_to(current_user).where(Structure.slug == slug)
    return db.session.scalar(held(found.options(selectinload(Structure.aliases)), Structure))


@dataclass
class StructurePart:
    """What a structure carries in one chantier."""

    chantier: Chantier
    since: datetime
    left_at: datetime | None
    tasks: list[Any] = field(default_factory=list)
    deliverables: list[Any] = field(default_factory=list)

    @property
    def total(self) -> int:
        return self.tasks[0].in_chantier if self.tasks else 0

    @property
    def more_deliverables(self) -> int:
        return self.deliverables[0].in_chantier - len(self.deliverables) if self.deliverables else 0


@dataclass
class Commitments:
    """« Nos engagements »: what a structure carries, chantier by chantier, and its people."""

    parts: list[StructurePart]
    led: int
    shared: int
    late: int
    expected: int
    people: Sequence[Row[*tuple[Any, ...]]]
    people_total: int


def commitments(of: Structure) -> Commitments:
    """What a structure carries, in four statements: open tasks first, a few for each chantier."""
    tasks, deliverables = _tasks(of), _deliverables(of)
    people = db.session.execute(
        select(User.id, User.name, User.title, func.count().over().label("total"))
        .join(StructureMember, StructureMember.user_id == User.id)
        .where(StructureMember.structure_id == of.id, User.closed_at.is_(None))
        .order_by(User.name_key, User.id)
        .limit(PEOPLE)
    ).all()
    parts = _parts(of)
    for row in tasks:
        parts[row.chantier_id].tasks.append(row)
    for row in deliverables:
        parts[row.chantier_id].deliverables.append(row)
    return Commitments(
        parts=list(parts.values()),
        led=sum(row.led for row in tasks if row.rank == 1),
        shared=sum(row.shared for row in tasks if row.rank == 1),
        late=sum(row.late for row in tasks if row.rank == 1),
        expected=sum(row.expected for row in deliverables if row.rank == 1),
        people=people,
        people_total=people[0].total if people else 0,
    )


def _parts(of: Structure) -> dict[int, StructurePart]:
    rows = db.session.scalars(
        select(ChantierStructure)
        .where(ChantierStructure.structure_id == of.id)
        .order_by(ChantierStructure.left_at.is_not(None), ChantierStructure.joined_at)
    )
    parts: dict[int, StructurePart] = {}
    for row in rows:
        parts.setdefault(row.chantier_id, StructurePart(row.chantier, row.joined_at, row.left_at))
    return dict(sorted(parts.items(), key=lambda item: item[1].chantier.number))


def _tasks(of: Structure) -> Sequence[Row[*tuple[Any, ...]]]:
    carried = union_all(
        _rows_of_tasks("pilote").where(Task.pilote_id == of.id),
        _rows_of_tasks("contributor")
        .join(task_structure, task_structure.c.task_id == Task.id)
        .where(task_structure.c.structure_id == of.id),
    ).subquery()
    is_open = carried.c.status.in_(OPEN)
    of_chantier: dict[str, Any] = {"partition_by": carried.c.chantier_id}
    rank = func.row_number().over(
        order_by=(
            case((is_open, 0), else_=1),
            carried.c.due_on.is_(None),
            carried.c.due_on,
            carried.c.id.desc(),
        ),
        **of_chantier,
    )

    def count(condition: Any) -> Any:
        return func.sum(case((condition, 1), else_=0)).over(**of_chantier)

    ranked = select(
        carried,
        rank.label("rank"),
        func.count().over(**of_chantier).label("in_chantier"),
        count(and_(is_open, carried.c.part == "pilote")).label("led"),
        count(and_(is_open, carried.c.part == "contributor")).label("shared"),
        count(and_(is_open, carried.c.due_on < today())).label("late"),
    ).subquery()
    return db.session.execute(
        select(ranked).where(ranked.c.rank <= SHOWN).order_by(ranked.c.chantier_id, ranked.c.rank)
    ).all()


def _rows_of_tasks(part: str) -> Select[*tuple[Any, ...]]:
    return select(
        literal(part).label("part"), Task.id, Task.chantier_id, Task.title, Task.status, Task.due_on
    ).where(Task.live())


def _deliverables(of: Structure) -> Sequence[Row[*tuple[Any, ...]]]:
    of_chantier: dict[str, Any] = {"partition_by": Deliverable.chantier_id}
    unfinished = ~Deliverable.finished()
    date_told = Deliverable.date_told_to(current_user)
    rank = func.row_number().over(
        order_by=(
            case((unfinished, 0), else_=1),
            date_told.is_(None),
            date_told,
            Deliverable.id,
        ),
        **of_chantier,
    )
    ranked = (
        select(
            Deliverable.id,
            Deliverable.chantier_id,
            Deliverable.title,
            Deliverable.state,
            date_told.label("expected_on"),
            DeliverableType.key,
            DeliverableType.name,
            rank.label("rank"),
            func.count().over(**of_chantier).label("in_chantier"),
            func.sum(case((unfinished, 1), else_=0)).over(**of_chantier).label("expected"),
        )
        .join(DeliverableType)
        .join(deliverable_structure, deliverable_structure.c.deliverable_id == Deliverable.id)
        .where(
            deliverable_structure.c.structure_id == of.id,
            Deliverable.live(),
            Deliverable.told_to(current_user),
        )
        .subquery()
    )
    return db.session.execute(
        select(ranked).where(ranked.c.rank <= SHOWN).order_by(ranked.c.chantier_id, ranked.c.rank)
    ).all()


def last_activity(of: Structure) -> datetime | None:
    """When one of its people last did something here."""
    theirs = select(StructureMember.user_id).where(StructureMember.structure_id == of.id)
    return db.session.scalar(select(func.max(Activity.at)).where(Activity.actor_id.in_(theirs)))


def people_to_gather(of: Structure, search: str) -> list[tuple[int, str]]:
    """People who do not belong to the structure yet, by name."""
    present = select(StructureMember.user_id).where(StructureMember.structure_id == of.id)
    found = (
        select(User.id, User.name, User.title)
        .where(User.closed_at.is_(None), User.id.not_in(present))
        .order_by(User.name_key, User.id)
        .limit(FOUND)
    )
    if key := fold(search):
        found = found.where(User.name_key.contains(key, autoescape=True))
    return [
        (row.id, f"{row.name}, {row.title}" if row.title else row.name) for row in db.session.execute(found)
    ]


def person(user_id: int) -> User | None:
    """Somebody whose account is not closed."""
    return db.session.scalar(select(User).where(User.id == user_id, User.closed_at.is_(None)))


@dataclass(frozen=True)
class StructureAndPerson:
    """A person and a structure that they belong to."""

    structure: Structure
    person: User


def structure_and_person(slug: str, user_id: int) -> StructureAndPerson | None:
    """Somebody and the structure of that address, if they belong to it."""
    row = db.session.execute(
        select(Structure, User)
        .join(StructureMember, StructureMember.structure_id == Structure.id)
        .join(User, User.id == StructureMember.user_id)
        .where(Structure.slug == slug, User.id == user_id, Structure.merged_into_id.is_(None))
    ).one_or_none()
    return StructureAndPerson(*row) if row else None


def structures_to_merge_into(of: Structure, search: str) -> list[tuple[int, str]]:
    """The other structures of the directory, by name or alias."""
    found = directory(search, "", "", 1)
    return [(row.id, row.name) for _letter, rows in found.letters for row in rows if row.id != of.id]


def other(of: Structure, structure_id: int) -> Structure | None:
    """Another structure of the directory."""
    return db.session.scalar(
        Structure.visible_to(current_user).where(Structure.id == structure_id, Structure.id != of.id)
    )


@dataclass(frozen=True)
class Estate:
    """What a record would hand over to the one that stays."""

    led: int
    shared: int
    deliverables: int
    people: int
    chantiers: int
    names: int


def estate(of: Structure) -> Estate:
    """How much a structure would hand over, in one statement."""

    def count(column: Any, *conditions: Any) -> Any:
        return select(func.count()).where(column == of.id, *conditions).scalar_subquery()

    row = db.session.execute(
        select(
            count(Task.pilote_id),
            count(task_structure.c.structure_id),
            count(deliverable_structure.c.structure_id),
            count(StructureMember.structure_id),
            count(ChantierStructure.structure_id, ChantierStructure.left_at.is_(None)),
            count(StructureAlias.structure_id),
        )
    ).one()
    return Estate(*row[:5], names=row[5] + 1)
