"""Movements since a day by chantier: finished, blocked, new versions, approved, and who took part in it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, literal, select, union_all

from chantiers.rooms.coordination.filters import DeliverableFilters, Period, Scope, TaskFilters, has_people
from models import (
    Activity,
    Chantier,
    ChantierStructure,
    Deliverable,
    StructureMember,
    Task,
    User,
    db,
)


@dataclass
class ChantierMovements:
    """Movements of one chantier."""

    chantier: Chantier
    finished: int = 0
    blocked: int = 0
    versions: int = 0
    approved: int = 0
    #: Structures that take part.
    enrolled: int = 0
    #: Those of them that did something; told, as the next two, to those who decide there.
    active: int = 0
    #: Those that have people to do something, and those of them that did.
    peopled: int = 0
    active_peopled: int = 0
    tells_silence: bool = False

    @property
    def silent(self) -> int:
        """Structures that take part, have people, and did nothing."""
        return self.peopled - self.active_peopled

    @property
    def is_still(self) -> bool:
        """Whether nothing of all that happened."""
        return not (self.finished or self.blocked or self.versions or self.approved)


@dataclass
class Movements:
    """Movements of all chantiers."""

    rows: Sequence[ChantierMovements]
    chantiers: Sequence[tuple[str, str]]

    def total(self, figure: str) -> int:
        """Return a figure over all chantiers."""
        return sum(getattr(row, figure) for row in self.rows)

    @property
    def tells_silence(self) -> bool:
        return any(row.tells_silence for row in self.rows)


def movements(user: User, scope: Scope, silent_after: int, period: Period) -> Movements:
    """Count what moved in each chantier since then, in three statements."""
    open_ones = db.session.scalars(Chantier.visible_to(user).where(Chantier.archived_at.is_(None))).all()
    rows = {
        each.id: ChantierMovements(each, tells_silence=user.steers(each.id))
        for each in open_ones
        if scope.chantier in ("", each.slug)
    }
    for figure, chantier_id, number in db.session.execute(_figures(user, scope, silent_after, period)):
        if chantier_id in rows:
            setattr(rows[chantier_id], figure, number)
    for chantier_id, number, peopled in db.session.execute(_active(user, period)):
        if chantier_id in rows:
            rows[chantier_id].active, rows[chantier_id].active_peopled = number, peopled
    return Movements(list(rows.values()), [(each.slug, f"{each.number}. {each.title}") for each in open_ones])


def _figures(user: User, scope: Scope, silent_after: int, period: Period) -> Any:
    """Return (figure, chantier, how many), each narrowed as the list that it opens is."""
    within = {"chantier": scope.chantier, "structure": scope.structure}

    def of_tasks(figure: str, move: str) -> Select[*tuple[Any, ...]]:
        filters = TaskFilters(mouvement=move, **within)  # type: ignore[arg-type]
        return _counted(figure, Task, filters.conditions(user, silent_after, period))

    def of_deliverables(figure: str, move: str) -> Select[*tuple[Any, ...]]:
        filters = DeliverableFilters(mouvement=move, **within).known_to(user)  # type: ignore[arg-type]
        return _counted(figure, Deliverable, filters.conditions(period))

    questions = [
        of_tasks("finished", "terminees"),
        of_tasks("blocked", "bloquees"),
        of_deliverables("approved", "valides"),
        select(literal("enrolled"), ChantierStructure.chantier_id, func.count())
        .where(ChantierStructure.left_at.is_(None))
        .group_by(ChantierStructure.chantier_id),
        select(literal("peopled"), ChantierStructure.chantier_id, func.count())
        .where(ChantierStructure.left_at.is_(None), has_people(ChantierStructure.structure_id))
        .group_by(ChantierStructure.chantier_id),
    ]
    if user.reads_drafts:
        questions.append(of_deliverables("versions", "versions"))
    return union_all(*questions)


def _counted(figure: str, thing: Any, conditions: list[ColumnElement[bool]]) -> Select[*tuple[Any, ...]]:
    counted = select(literal(figure), Chantier.id, func.count()).select_from(thing)
    return counted.join(Chantier, Chantier.id == thing.chantier_id).where(*conditions).group_by(Chantier.id)


def _active(user: User, period: Period) -> Any:
    """Count the structures that take part and did something, in the chantiers where this person decides."""
    told = [] if user.is_coordinator else [Activity.chantier_id.in_(list(user.standing.chantiers))]
    people = (
        select(Activity.chantier_id, Activity.actor_id)
        .where(Activity.at >= period.begins, *told)
        .distinct()
        .subquery()
    )
    present = and_(
        ChantierStructure.structure_id == StructureMember.structure_id,
        ChantierStructure.chantier_id == people.c.chantier_id,
        ChantierStructure.left_at.is_(None),
    )
    here = ChantierStructure.structure_id
    return (
        select(
            people.c.chantier_id,
            func.count(ChantierStructure.structure_id.distinct()),
            func.count(case((has_people(here), here)).distinct()),
        )
        .select_from(people)
        .join(StructureMember, StructureMember.user_id == people.c.actor_id)
        .join(ChantierStructure, present)
        .group_by(people.c.chantier_id)
    )
