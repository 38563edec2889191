"""What the public pages of deliverables show: the published versions, and nothing else of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from models import Chantier, Deliverable, DeliverableType, DeliverableVersion, db

PAGE = 20
#: How many versions the page of a publication lists; the earlier ones keep their addresses.
VERSIONS = 30


@dataclass(frozen=True)
class PublicationFilters:
    """What the list was narrowed to, as its address says."""

    chantier: str = ""
    type: str = ""

    @classmethod
    def of(cls, arguments: Any) -> "PublicationFilters":
        """The filters of a query string."""
        return cls(chantier=arguments.get("chantier", "")[:120], type=arguments.get("type", "")[:40])

    @property
    def in_address(self) -> dict[str, str]:
        """The same as the parameters of an address."""
        return {name: value for name, value in (("chantier", self.chantier), ("type", self.type)) if value}

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        """What a publication must be to pass."""
        found = (
            (self.chantier, Chantier.slug == self.chantier),
            (self.type, Deliverable.type_key == self.type),
        )
        return [condition for asked, condition in found if asked]


@dataclass(frozen=True)
class PublicationList:
    """A page of the list of publications."""

    rows: Sequence[Any]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


def listed(filters: PublicationFilters, page: int) -> PublicationList:
    """A page of what is published, the latest first."""
    found = (
        select(Deliverable)
        .join(Deliverable.chantier)
        .join(Deliverable.type)
        .where(Deliverable.public(), *filters.conditions)
    )
    total = db.session.scalar(found.with_only_columns(func.count(Deliverable.id))) or 0
    page = min(max(page, 1), max(1, -(-total // PAGE)))
    query = (
        found.with_only_columns(
            Deliverable.title,
            Deliverable.public_slug,
            Deliverable.published_at,
            Deliverable.licence,
            DeliverableType.key,
            DeliverableType.name,
            Chantier.number,
            Chantier.hue,
            Chantier.title.label("chantier"),
        )
        .order_by(Deliverable.published_at.desc(), Deliverable.id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    )
    return PublicationList(db.session.execute(query).all(), total, page)


def choices() -> tuple[Sequence[Any], Sequence[Any]]:
    """The chantiers and the types of which something is published, to narrow the list down."""
    public = select(Deliverable.chantier_id, Deliverable.type_key).where(Deliverable.public()).distinct()
    pairs = db.session.execute(public).all()
    chantiers = (
        select(Chantier.slug, Chantier.number, Chantier.title)
        .where(Chantier.id.in_({pair.chantier_id for pair in pairs}))
        .order_by(Chantier.number)
    )
    types = (
        select(DeliverableType.key, DeliverableType.name)
        .where(DeliverableType.key.in_({pair.type_key for pair in pairs}))
        .order_by(DeliverableType.position)
    )
    return db.session.execute(chantiers).all(), db.session.execute(types).all()


@dataclass(frozen=True)
class Publication:
    """One published version, with its deliverable and the other versions that are public."""

    deliverable: Deliverable
    version: DeliverableVersion
    others: Sequence[tuple[int, datetime | None]]

    @property
    def is_latest(self) -> bool:
        return all(number < self.version.number for number, _at in self.others)


def deliverable_at(slug: str) -> Deliverable | None:
    """The deliverable whose permanent address this is, published still or not."""
    return db.session.scalar(
        select(Deliverable)
        .where(Deliverable.public_slug == slug)
        .options(joinedload(Deliverable.chantier), selectinload(Deliverable.structures))
    )


def publication(deliverable: Deliverable, number: int | None = None) -> Publication | None:
    """One of its published versions, the latest where no number is asked; None where that one is not public."""
    published = [
        (row.number, row.published_at)
        for row in db.session.execute(
            select(DeliverableVersion.number, DeliverableVersion.published_at)
            .where(
                DeliverableVersion.deliverable_id == deliverable.id,
                DeliverableVersion.published_at.is_not(None),
            )
            .order_by(DeliverableVersion.number.desc())
        )
    ]
    wanted = number if number is not None else published[0][0] if published else None
    if wanted not in {each for each, _at in published}:
        return None
    version = db.session.scalars(
        select(DeliverableVersion)
        .join(DeliverableVersion.deliverable)
        .where(Deliverable.id == deliverable.id, DeliverableVersion.number == wanted)
        .options(contains_eager(DeliverableVersion.deliverable))
    ).one()
    others = [(each, at) for each, at in published if each != wanted]
    return Publication(deliverable, version, others[:VERSIONS])
