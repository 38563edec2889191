"""What the bin shows: what this person may bring back, of any kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_login import current_user
from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import joinedload

from models import RESTORABLE, Chantier, Deliverable, Objective, Task, User, db, held

PAGE = 40

#: The kinds that the bin holds, by the word that its addresses use.
KINDS: dict[str, Any] = {"taches": Task, "livrables": Deliverable, "objectifs": Objective}


@dataclass(frozen=True)
class TrashRow:
    """A thing in the bin."""

    kind: str
    id: int
    title: str
    trashed_at: datetime
    by: str
    chantier_number: int
    chantier_title: str
    hue: int

    @property
    def until(self) -> datetime:
        """Until when it can be brought back."""
        return self.trashed_at + RESTORABLE


@dataclass(frozen=True)
class Bin:
    """A page of the bin."""

    rows: Sequence[TrashRow]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


def bin_of_person(page: int) -> Bin:
    """What this person may bring back, the latest first."""
    things = union_all(*(_things(kind, model) for kind, model in KINDS.items())).subquery()
    total = db.session.scalar(select(func.count()).select_from(things)) or 0
    page = min(max(page, 1), max(1, -(-total // PAGE)))
    query = (
        select(
            things.c.kind,
            things.c.id,
            things.c.title,
            things.c.trashed_at,
            func.coalesce(User.name, ""),
            Chantier.number,
            Chantier.title,
            Chantier.hue,
        )
        .join(Chantier, Chantier.id == things.c.chantier_id)
        .outerjoin(User, (User.id == things.c.trashed_by_id) & User.closed_at.is_(None))
        .order_by(things.c.trashed_at.desc(), things.c.kind, things.c.id)
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return Bin([TrashRow(*row) for row in db.session.execute(query)], total, page)


def _things(kind: str, model: Any) -> Any:
    title = model.text if model is Objective else model.title
    return select(
        literal(kind).label("kind"),
        model.id.label("id"),
        title.label("title"),
        model.chantier_id.label("chantier_id"),
        model.trashed_at.label("trashed_at"),
        model.trashed_by_id.label("trashed_by_id"),
    ).where(model.in_bin_of(current_user))


def restorable(kind: str, thing_id: int) -> Any:
    """The thing of that kind, if it is in the bin and this person may bring it back; its chantier is held open."""
    model = KINDS[kind]
    query = select(model).where(model.id == thing_id, model.in_bin_of(current_user))
    thing = db.session.scalar(held(query, model).options(joinedload(model.chantier)))
    return thing if thing is not None and Chantier.hold_open(thing.chantier_id) else None
