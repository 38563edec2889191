"""Queries of a chantier's members: its people, its structures, and who could join them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_login import current_user
from sqlalchemy import Row, exists, func, null, or_, select
from sqlalchemy.orm import aliased, joinedload

from models import (
    Chantier,
    ChantierMembership,
    ChantierRole,
    ChantierStructure,
    Deliverable,
    JoinRequest,
    Structure,
    StructureMember,
    Task,
    User,
    db,
    deliverable_structure,
    fold,
    task_person,
    task_structure,
)

#: People on one page, and names that a search offers.
PEOPLE, FOUND = 50, 60


@dataclass
class Member:
    """A person of the chantier, as the list of members shows them."""

    id: int
    name: str
    title: str
    email: str | None
    has_account: bool
    role: str
    since: datetime
    structures: list[Any]


def members(of: Chantier, page: int, *, with_email: bool, size: int = PEOPLE) -> tuple[list[Member], int]:
    """Return a page of the chantier's people, référents first, with their structures; and how many there are."""
    rows = db.session.execute(
        select(
            User.id,
            User.name,
            User.title,
            User.email if with_email else null(),
            User.with_account().label("has_account"),
            ChantierMembership.role,
            ChantierMembership.since,
            func.count().over(),
        )
        .join(ChantierMembership, ChantierMembership.user_id == User.id)
        .where(ChantierMembership.chantier_id == of.id, User.closed_at.is_(None))
        .order_by(ChantierMembership.role != ChantierRole.REFERENT, User.name_key, User.id)
        .offset((page - 1) * size)
        .limit(size)
    ).all()
    found = {row[0]: Member(*row[:7], structures=[]) for row in rows}
    for user_id, structure in structures_of(found):
        found[user_id].structures.append(structure)
    return list(found.values()), rows[0][7] if rows else 0


def structures_of(user_ids: Iterable[int]) -> list[tuple[int, Any]]:
    """Return the structures of several people, with whom each belongs to."""
    rows = db.session.execute(
        select(StructureMember.user_id, Structure.id, Structure.name, Structure.slug, Structure.is_example)
        .join(Structure, Structure.id == StructureMember.structure_id)
        .where(StructureMember.user_id.in_(list(user_ids)))
        .order_by(Structure.name_key)
    )
    return [(row[0], row) for row in rows]


def enrolments(of: Chantier, limit: int = 200) -> Sequence[Row[*tuple[Any, ...]]]:
    """Return the structures that take part, then those that left, with since when and by whom."""
    return db.session.execute(
        select(
            Structure.id,
            Structure.name,
            Structure.slug,
            Structure.is_example,
            ChantierStructure.joined_at,
            ChantierStructure.left_at,
            User.name.label("by"),
            User.closed_at,
        )
        .join(Structure, Structure.id == ChantierStructure.structure_id)
        .outerjoin(User, User.id == ChantierStructure.enrolled_by_id)
        .where(ChantierStructure.chantier_id == of.id)
        .order_by(ChantierStructure.left_at.is_not(None), Structure.name_key, ChantierStructure.id)
        .limit(limit)
    ).all()


def asking_to_join(of: Chantier) -> Sequence[JoinRequest]:
    """Who asks to join the chantier and waits for an answer."""
    return db.session.scalars(JoinRequest.waiting_in([of.id]).limit(PEOPLE)).all()


def membership(slug: str, user_id: int) -> ChantierMembership | None:
    """Return a person's part in a chantier, with both."""
    return db.session.scalar(
        select(ChantierMembership)
        .join(ChantierMembership.chantier)
        .join(ChantierMembership.user)
        .where(Chantier.slug == slug, ChantierMembership.user_id == user_id, User.closed_at.is_(None))
        .options(joinedload(ChantierMembership.chantier), joinedload(ChantierMembership.user))
    )


def enrolment(slug: str, structure_id: int) -> ChantierStructure | None:
    """Return a structure's present part in a chantier, with both."""
    return db.session.scalar(
        select(ChantierStructure)
        .join(Chantier, Chantier.id == ChantierStructure.chantier_id)
        .where(
            Chantier.slug == slug,
            ChantierStructure.structure_id == structure_id,
            ChantierStructure.left_at.is_(None),
        )
        .options(joinedload(ChantierStructure.chantier), joinedload(ChantierStructure.structure))
    )


@dataclass(frozen=True)
class Load:
    """Tasks and deliverables that a structure or a person still carries in a chantier."""

    led: int = 0
    shared: int = 0
    deliverables: int = 0

    @property
    def nothing(self) -> bool:
        return not (self.led or self.shared or self.deliverables)


def load_of_structure(of: ChantierStructure) -> Load:
    """Return the open tasks and unfinished deliverables that a structure carries in the chantier."""
    mine = select(task_structure.c.task_id).where(task_structure.c.structure_id == of.structure_id)
    promised = select(deliverable_structure.c.deliverable_id).where(
        deliverable_structure.c.structure_id == of.structure_id
    )
    tasks = select(func.count()).where(Task.chantier_id == of.chantier_id, Task.open_now())
    row = db.session.execute(
        select(
            tasks.where(Task.pilote_id == of.structure_id).scalar_subquery(),
            tasks.where(Task.id.in_(mine)).scalar_subquery(),
            select(func.count())
            .where(
                Deliverable.chantier_id == of.chantier_id,
                Deliverable.unfinished(),
                Deliverable.id.in_(promised),
            )
            .scalar_subquery(),
        )
    ).one()
    return Load(*row)


def load_of_person(of: ChantierMembership) -> Load:
    """Return the open tasks that name a person in the chantier."""
    named = select(task_person.c.task_id).where(task_person.c.user_id == of.user_id)
    tasks = select(func.count()).where(
        Task.chantier_id == of.chantier_id, Task.open_now(), Task.id.in_(named)
    )
    return Load(shared=db.session.scalar(tasks) or 0)


def structures_to_enrol(of: Chantier, search: str) -> list[tuple[int, str]]:
    """Structures of the directory that do not take part yet, by name or alias."""
    present = select(ChantierStructure.structure_id).where(
        ChantierStructure.chantier_id == of.id, ChantierStructure.left_at.is_(None)
    )
    found = (
        select(Structure.id, Structure.name)
        .where(Structure.merged_into_id.is_(None), Structure.id.not_in(present))
        .order_by(Structure.name_key, Structure.id)
        .limit(FOUND)
    )
    if search:
        found = found.where(Structure.named_like(search))
    return [(structure_id, name) for structure_id, name in db.session.execute(found)]


def structures_by_id(ids: Sequence[int]) -> Sequence[Structure]:
    """Return the structures of those ids, in the order of names."""
    return db.session.scalars(Structure.visible_to(current_user).where(Structure.id.in_(ids))).all()


def people_to_add(of: Chantier, search: str) -> list[tuple[int, str]]:
    """People who do not take part in the chantier yet, by name."""
    present = select(ChantierMembership.user_id).where(ChantierMembership.chantier_id == of.id)
    found = (
        select(User.id, User.name, User.title)
        .where(User.closed_at.is_(None), User.id.not_in(present))
        .order_by(User.name_key, User.id)
        .limit(FOUND)
    )
    if key := fold(search):
        found = found.where(User.name_key.contains(key, autoescape=True))
    rows = db.session.execute(found).all()
    names: dict[int, list[str]] = {}
    for user_id, structure in structures_of(row.id for row in rows):
        names.setdefault(user_id, []).append(structure.name)
    return [
        (row.id, ", ".join(part for part in (row.name, row.title, *names.get(row.id, [])) if part))
        for row in rows
    ]


def person(user_id: int) -> User | None:
    """Somebody whose account is not closed."""
    return db.session.scalar(select(User).where(User.id == user_id, User.closed_at.is_(None)))


def structures_to_bring_people_into(of: Chantier, by: User) -> list[tuple[int, str]]:
    """Return the structures of this chantier into which `by` may bring somebody new.

    Belonging to a structure opens every chantier where it takes part: a référent brings people into their own
    structures, and into those that take part nowhere but where they are référent. The coordination, into any.
    """
    led = [chantier_id for chantier_id in by.standing.chantiers if by.leads(chantier_id)]
    other = aliased(ChantierStructure)
    elsewhere = exists().where(
        other.structure_id == Structure.id, other.left_at.is_(None), other.chantier_id.not_in(led)
    )
    found = (
        select(Structure.id, Structure.name)
        .join(ChantierStructure, ChantierStructure.structure_id == Structure.id)
        .where(ChantierStructure.chantier_id == of.id, ChantierStructure.left_at.is_(None))
        .order_by(Structure.name_key, Structure.id)
    )
    if not by.is_coordinator:
        found = found.where(or_(Structure.id.in_(by.standing.structures), ~elsewhere))
    return [(structure_id, name) for structure_id, name in db.session.execute(found)]
