"""Structures × chantiers: who takes part where, who carries what, who did something lately.

That a structure is silent is told of the chantiers where the person who looks decides.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, case, func, literal, or_, select, union, union_all

from chantiers.rooms.coordination.filters import (
    Period,
    Scope,
    carries_in,
    enrolled_in,
    has_people,
    one_of,
    page_of,
)
from chantiers.web.forms import clean_line
from models import (
    Activity,
    Chantier,
    ChantierStructure,
    Deliverable,
    Structure,
    StructureMember,
    Task,
    User,
    db,
    deliverable_structure,
    task_structure,
)

#: Rows and columns of a page.
STRUCTURES, CHANTIERS = 30, 12
#: Which structures one may ask for.
PARTS = ("enrolees", "porteuses", "sans-charge", "actives", "silencieuses")


@dataclass
class Cell:
    """A structure in a chantier."""

    is_enrolled: bool = False
    tasks: int = 0
    deliverables: int = 0
    #: Whether somebody of it did something there in the period; None where that is not told.
    is_active: bool | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.is_enrolled or self.tasks or self.deliverables)


class MatrixLine(NamedTuple):
    """A structure's row."""

    id: int
    name: str
    slug: str
    cells: Sequence[Cell]


@dataclass
class MatrixFilters:
    """Filters of the matrix."""

    scope: Scope
    part: str = ""
    q: str = ""
    page: int = 1
    columns: int = 1

    @classmethod
    def read(cls, args: Any) -> "MatrixFilters":
        """Read the filters of an address."""
        return cls(
            Scope.read(args),
            one_of(PARTS, args.get("part")),
            clean_line(args.get("q"))[:100],
            page_of(args),
            page_of({"page": args.get("colonnes")}),  # type: ignore[arg-type]
        )

    def query(self, **changes: Any) -> str:
        """Write the filters as a query string."""
        mine = {"part": self.part, "q": self.q, "colonnes": self.columns if self.columns > 1 else ""}
        return self.scope.query(**(mine | changes))


@dataclass
class Matrix:
    """A page of the matrix."""

    chantiers: Sequence[Chantier]
    lines: Sequence[MatrixLine]
    total: int
    page: int
    pages: int
    columns: int
    column_pages: int
    offered: Sequence[tuple[str, str]]
    #: Whether any column tells who is silent.
    tells_silence: bool = field(default=False)


def matrix(user: User, asked: MatrixFilters, period: Period) -> Matrix:
    """Return a page of the structures under these filters, with their part in each chantier of the page."""
    open_ones = db.session.scalars(Chantier.visible_to(user).where(Chantier.archived_at.is_(None))).all()
    columns = [each for each in open_ones if asked.scope.chantier in ("", each.slug)]
    column_pages = max(1, -(-len(columns) // CHANTIERS))
    column_page = min(asked.columns, column_pages)
    shown = columns[(column_page - 1) * CHANTIERS : column_page * CHANTIERS]
    query = structures(user, asked, period, columns)
    total = db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0
    pages = max(1, -(-total // STRUCTURES))
    page = min(asked.page, pages)
    rows = db.session.execute(query.limit(STRUCTURES).offset((page - 1) * STRUCTURES)).all()
    cells = _cells([row.id for row in rows], [each.id for each in shown], user, period)
    return Matrix(
        chantiers=shown,
        lines=[
            MatrixLine(row.id, row.name, row.slug, [cells[row.id, each.id] for each in shown]) for row in rows
        ],
        total=total,
        page=page,
        pages=pages,
        columns=column_page,
        column_pages=column_pages,
        offered=[(each.slug, f"{each.number}. {each.title}") for each in open_ones],
        tells_silence=any(user.steers(each.id) for each in shown),
    )


def structures(user: User, asked: MatrixFilters, period: Period, chantiers: Sequence[Chantier]) -> Any:
    """Return the structures that a matrix lists, by name."""
    enrolled, carrying = enrolled_in(asked.scope), carries_in(asked.scope, user)
    conditions = {
        "enrolees": enrolled,
        "porteuses": carrying,
        "sans-charge": and_(enrolled, ~carrying),
        **_by_activity(user, asked.scope, period, chantiers),
    }
    found = select(Structure.id, Structure.name, Structure.slug).where(
        Structure.merged_into_id.is_(None), conditions.get(asked.part, or_(enrolled, carrying))
    )
    if asked.scope.structure:
        found = found.where(Structure.id == asked.scope.structure)
    if asked.q:
        found = found.where(Structure.named_like(asked.q))
    return found.order_by(Structure.name_key, Structure.id)


def _by_activity(
    user: User, scope: Scope, period: Period, chantiers: Sequence[Chantier]
) -> dict[str, ColumnElement[bool]]:
    """Return the conditions of having acted lately, or not, in one chantier; told to those who decide there."""
    if not (scope.chantier and chantiers and user.steers(chantiers[0].id)):
        return {}
    enrolled = enrolled_in(scope)
    active = Structure.id.in_(
        select(StructureMember.structure_id)
        .join(Activity, Activity.actor_id == StructureMember.user_id)
        .where(Activity.chantier_id == chantiers[0].id, Activity.at >= period.begins)
    )
    return {
        "actives": and_(enrolled, active),
        "silencieuses": and_(enrolled, has_people(Structure.id), ~active),
    }


def _cells(
    structure_ids: Sequence[int], chantier_ids: Sequence[int], user: User, period: Period
) -> dict[tuple[int, int], Cell]:
    """Return the cells of these rows and columns, in two statements."""
    cells: dict[tuple[int, int], Cell] = defaultdict(Cell)
    told = [chantier_id for chantier_id in chantier_ids if user.steers(chantier_id)]
    for what, structure_id, chantier_id, number in db.session.execute(
        _parts(structure_ids, chantier_ids, user)
    ):
        cell = cells[structure_id, chantier_id]
        if what == "enrolled":
            cell.is_enrolled = True
            cell.is_active = False if chantier_id in told and number else None
        else:
            setattr(cell, what, number)
    active = (
        select(StructureMember.structure_id, Activity.chantier_id)
        .join(Activity, Activity.actor_id == StructureMember.user_id)
        .where(
            StructureMember.structure_id.in_(structure_ids),
            Activity.chantier_id.in_(told),
            Activity.at >= period.begins,
        )
        .distinct()
    )
    for structure_id, chantier_id in db.session.execute(active):
        if chantier_id and cells[structure_id, chantier_id].is_enrolled:
            cells[structure_id, chantier_id].is_active = True
    return cells


def _parts(structure_ids: Sequence[int], chantier_ids: Sequence[int], user: User) -> Any:
    """Return (what, structure, chantier, how many): enrolled (1 if it has people), open tasks, awaited deliverables."""
    here = Task.chantier_id.in_(chantier_ids)
    led = select(Task.pilote_id.label("structure_id"), Task.chantier_id, Task.id).where(
        Task.pilote_id.in_(structure_ids), Task.open_now(), here
    )
    given = (
        select(task_structure.c.structure_id, Task.chantier_id, Task.id)
        .join(Task, Task.id == task_structure.c.task_id)
        .where(task_structure.c.structure_id.in_(structure_ids), Task.open_now(), here)
    )
    # A structure may lead a task and be named on it too: one task all the same.
    carried = union(led, given).subquery()
    links = deliverable_structure.c
    questions = [
        select(
            literal("enrolled"),
            ChantierStructure.structure_id,
            ChantierStructure.chantier_id,
            case((has_people(ChantierStructure.structure_id), 1), else_=0),
        ).where(
            ChantierStructure.structure_id.in_(structure_ids),
            ChantierStructure.chantier_id.in_(chantier_ids),
            ChantierStructure.left_at.is_(None),
        ),
        select(literal("tasks"), carried.c.structure_id, carried.c.chantier_id, func.count()).group_by(
            carried.c.structure_id, carried.c.chantier_id
        ),
    ]
    if user.reads_drafts:
        answered = (
            select(literal("deliverables"), links.structure_id, Deliverable.chantier_id, func.count())
            .join(Deliverable, Deliverable.id == links.deliverable_id)
            .where(
                links.structure_id.in_(structure_ids),
                Deliverable.unfinished(),
                Deliverable.chantier_id.in_(chantier_ids),
            )
            .group_by(links.structure_id, Deliverable.chantier_id)
        )
        questions.append(answered)
    return union_all(*questions)
