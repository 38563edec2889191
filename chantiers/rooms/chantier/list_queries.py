"""Queries of the list of chantiers: a card for each, with its figures."""

from dataclasses import dataclass
from typing import Any

from flask_login import current_user
from sqlalchemy import Select, case, func, select

from models import (
    Chantier,
    ChantierMembership,
    ChantierRole,
    ChantierStructure,
    Deliverable,
    ObjectiveTally,
    User,
    db,
)


@dataclass
class Card:
    """A chantier beside the others: its progress, its référents, its counts."""

    chantier: Chantier
    done: int
    total: int
    blocked: int
    approved: int
    deliverables: int
    structures: int
    referents: list[str]


def cards() -> list[Card]:
    """Every chantier with its figures, in five statements."""
    tasks = _by_chantier(
        select(
            ObjectiveTally.chantier_id,
            func.sum(ObjectiveTally.done),
            func.sum(ObjectiveTally.counted),
            func.sum(ObjectiveTally.blocked),
        ).group_by(ObjectiveTally.chantier_id)
    )
    deliverables = _by_chantier(
        select(
            Deliverable.chantier_id,
            func.sum(case((Deliverable.finished(), 1), else_=0)),
            func.count(),
        )
        .where(Deliverable.live())
        .group_by(Deliverable.chantier_id)
    )
    structures = _by_chantier(
        select(ChantierStructure.chantier_id, func.count())
        .where(ChantierStructure.left_at.is_(None))
        .group_by(ChantierStructure.chantier_id)
    )
    referents: dict[int, list[str]] = {}
    for chantier_id, name in db.session.execute(_referents(User.name)):
        referents.setdefault(chantier_id, []).append(name)
    found = []
    for each in db.session.scalars(Chantier.visible_to(current_user)):
        done, total, blocked = tasks.get(each.id, (0, 0, 0))
        approved, promised = deliverables.get(each.id, (0, 0))
        (enrolled,) = structures.get(each.id, (0,))
        found.append(
            Card(each, done, total, blocked, approved, promised, enrolled, referents.get(each.id, []))
        )
    return found


def _by_chantier(statement: Select[*tuple[Any, ...]]) -> dict[int, tuple[int, ...]]:
    return {row[0]: tuple(int(figure or 0) for figure in row[1:]) for row in db.session.execute(statement)}


def _referents(*columns: Any) -> Select[*tuple[Any, ...]]:
    return (
        select(ChantierMembership.chantier_id, *columns)
        .join(User, User.id == ChantierMembership.user_id)
        .where(ChantierMembership.role == ChantierRole.REFERENT, User.closed_at.is_(None))
        .order_by(ChantierMembership.since, User.name_key)
    )
