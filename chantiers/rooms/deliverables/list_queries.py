"""Queries of the lists of deliverables: filters, rows, pages."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from flask_login import current_user
from sqlalchemy import ColumnElement, Select, case, func, select

from chantiers.web import loaders
from models import (
    Chantier,
    Deliverable,
    DeliverableState,
    DeliverableType,
    DeliverableVersion,
    Objective,
    Structure,
    db,
    deliverable_structure,
    is_overdue,
)

#: How many deliverables a page of a list shows.
PAGE = 30


@dataclass(frozen=True)
class DeliverableListFilters:
    """Filters of a list of deliverables, as its address says."""

    type: str = ""
    state: str = ""
    late: bool = False
    chantier: str = ""

    @classmethod
    def of(cls, arguments: Any) -> "DeliverableListFilters":
        """Read the filters of a query string; values that mean nothing are left out."""
        state = arguments.get("etat", "")
        return cls(
            type=arguments.get("type", "")[:40],
            state=state if state in list(DeliverableState) else "",
            late=bool(arguments.get("retard")) and loaders.reads_drafts(),
            chantier=arguments.get("chantier", "")[:120],
        )

    @property
    def in_address(self) -> dict[str, str]:
        """Filters as the parameters of an address."""
        asked = {
            "type": self.type,
            "etat": self.state,
            "retard": "1" if self.late else "",
            "chantier": self.chantier,
        }
        return {name: value for name, value in asked.items() if value}

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """SQL conditions of a deliverable that passes."""
        found = [
            (self.type, Deliverable.type_key == self.type),
            (self.state, Deliverable.state == self.state),
            (self.late, Deliverable.late()),
            (self.chantier, Chantier.slug == self.chantier),
        ]
        return [condition for asked, condition in found if asked]


class DeliverableTypeName(NamedTuple):
    """A type of deliverable: its key, and its name as the instance wrote it."""

    key: str
    name: str


@dataclass
class DeliverableListRow:
    """A deliverable as a list shows it."""

    id: int
    title: str
    type: DeliverableTypeName
    state: str
    expected_on: date | None
    objective: tuple[int, str]
    chantier: Any
    structures: list[str] = field(default_factory=list)
    latest: int | None = None
    reference: int | None = None

    @property
    def is_late(self) -> bool:
        return is_overdue(self.state, self.expected_on)


class DeliverableChantier(NamedTuple):
    """Chantier as a list shows it: enough for a link and its colour."""

    number: int
    title: str
    slug: str
    hue: int


@dataclass(frozen=True)
class DeliverableListPage:
    """A page of a list of deliverables."""

    rows: Sequence[DeliverableListRow]
    total: int
    page: int
    size: int = PAGE

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


def chantiers() -> Sequence[Any]:
    """Return (slug, number, title) of each chantier, for the filter."""
    query = Chantier.visible_to(current_user)
    return db.session.execute(query.with_only_columns(Chantier.slug, Chantier.number, Chantier.title)).all()


def types() -> Sequence[DeliverableTypeName]:
    """Every type of deliverable, in the démarche's order."""
    query = select(DeliverableType.key, DeliverableType.name).order_by(DeliverableType.position)
    return [DeliverableTypeName(*row) for row in db.session.execute(query)]


def listed(
    filters: DeliverableListFilters, page: int, chantier: Chantier | None = None, size: int = PAGE
) -> DeliverableListPage:
    """Return a page of deliverables by objective, of one chantier or of all. Observers get titles, types, states."""
    conditions = filters.conditions
    if chantier is not None:
        conditions.append(Deliverable.chantier_id == chantier.id)
    visible = (
        Deliverable.visible_to(current_user)
        .join(Deliverable.objective)
        .join(Deliverable.chantier)
        .join(Deliverable.type)
        .where(*conditions)
    )
    total = db.session.scalar(visible.with_only_columns(func.count(Deliverable.id))) or 0
    page = min(max(page, 1), max(1, -(-total // size)))
    rows = _rows(visible, page, size)
    if loaders.reads_drafts():
        _add_structures(rows)
        _add_versions(rows)
    else:
        for row in rows:
            row.expected_on = None
    return DeliverableListPage(rows, total, page, size)


def _rows(visible: Select[Deliverable], page: int, size: int) -> list[DeliverableListRow]:
    query = (
        visible.with_only_columns(
            Deliverable.id,
            Deliverable.title,
            DeliverableType.key,
            DeliverableType.name,
            Deliverable.state,
            Deliverable.expected_on,
            Objective.id,
            Objective.text,
            Chantier.number,
            Chantier.title,
            Chantier.slug,
            Chantier.hue,
        )
        .order_by(
            Chantier.number,
            Objective.position,
            Objective.id,
            Deliverable.date_told_to(current_user).nulls_last(),
            Deliverable.id,
        )
        .limit(size)
        .offset((page - 1) * size)
    )
    return [
        DeliverableListRow(
            id,
            title,
            DeliverableTypeName(key, name),
            state,
            expected_on,
            (objective_id, text),
            DeliverableChantier(*chantier),
        )
        for id, title, key, name, state, expected_on, objective_id, text, *chantier in db.session.execute(
            query
        )
    ]


def _add_structures(rows: Sequence[DeliverableListRow]) -> None:
    by_id = {row.id: row for row in rows}
    links = deliverable_structure.c
    query = (
        select(links.deliverable_id, Structure.name)
        .join(Structure, Structure.id == links.structure_id)
        .where(links.deliverable_id.in_(by_id))
        .order_by(Structure.name_key)
    )
    for deliverable_id, name in db.session.execute(query):
        by_id[deliverable_id].structures.append(name)


def _add_versions(rows: Sequence[DeliverableListRow]) -> None:
    by_id = {row.id: row for row in rows}
    query = (
        _numbers(DeliverableVersion.deliverable_id)
        .where(DeliverableVersion.deliverable_id.in_(by_id))
        .group_by(DeliverableVersion.deliverable_id)
    )
    for deliverable_id, latest, reference in db.session.execute(query):
        by_id[deliverable_id].latest, by_id[deliverable_id].reference = latest, reference


def _numbers(*columns: Any) -> Any:
    """Return the number of the latest version, and that of the reference."""
    approved = case((DeliverableVersion.approved_at.is_not(None), DeliverableVersion.number))
    return select(*columns, func.max(DeliverableVersion.number), func.max(approved))
