"""What the public home shows: the démarche at a glance, whatever its size."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from models import (
    Chantier,
    ChantierStructure,
    Deliverable,
    DeliverableType,
    Objective,
    ObjectiveKind,
    ObjectiveTally,
    Structure,
    db,
    percent,
)

#: Beyond these the page names the first and says how many there are.
CHANTIERS_SHOWN = 24
#: A démarche of more chantiers than this shows their progress without their objectives: a page, not a book.
CHANTIERS_TOLD = 8
STRUCTURES_SHOWN = 80
PUBLICATIONS_SHOWN = 6
PUBLICATIONS_OF_A_CHANTIER = 40
#: How many addresses of each kind the map of the public pages gives.
MAPPED = 20_000


@dataclass
class ChantierAtAGlance:
    """A chantier on the home page."""

    number: int
    title: str
    slug: str
    hue: int
    summary: str
    done: int
    counted: int
    political: list[str] = field(default_factory=list)
    operational: list[Any] = field(default_factory=list)

    @property
    def progress(self) -> int | None:
        return percent(self.done, self.counted)


@dataclass(frozen=True)
class Home:
    """The démarche at a glance."""

    chantiers: list[ChantierAtAGlance]
    chantier_count: int
    objective_count: int
    done: int
    counted: int
    structures: list[Any]
    structure_count: int
    publications: Sequence[Any]


def home() -> Home:
    """Chantiers with their tallies, objectives, structures, what was published last: five statements."""
    chantiers = _chantiers()
    shown = dict(list(chantiers.items())[:CHANTIERS_SHOWN])
    if len(shown) <= CHANTIERS_TOLD:
        _tell_objectives(shown)
    objectives = db.session.scalar(
        select(func.count())
        .select_from(Objective)
        .where(
            Objective.kind == ObjectiveKind.OPERATIONAL,
            Objective.live(),
            Objective.chantier_id.in_(select(Chantier.id).where(Chantier.archived_at.is_(None))),
        )
    )
    structures = list(
        db.session.execute(
            select(Structure.name, Structure.slug, Structure.is_example, func.count().over().label("whole"))
            .where(Structure.merged_into_id.is_(None))
            .order_by(Structure.name_key, Structure.id)
            .limit(STRUCTURES_SHOWN)
        )
    )
    return Home(
        chantiers=list(shown.values()),
        chantier_count=len(chantiers),
        objective_count=objectives or 0,
        done=sum(chantier.done for chantier in chantiers.values()),
        counted=sum(chantier.counted for chantier in chantiers.values()),
        structures=structures,
        structure_count=structures[0].whole if structures else 0,
        publications=_publications(),
    )


def _chantiers() -> dict[int, ChantierAtAGlance]:
    """Every open chantier with its tasks counted, by id, in the order of numbers."""
    tally = ObjectiveTally
    rows = db.session.execute(
        select(
            Chantier.id,
            Chantier.number,
            Chantier.title,
            Chantier.slug,
            Chantier.hue,
            Chantier.summary,
            func.coalesce(func.sum(tally.done), 0),
            func.coalesce(func.sum(tally.counted), 0),
        )
        .outerjoin(tally, tally.chantier_id == Chantier.id)
        .where(Chantier.archived_at.is_(None))
        .group_by(Chantier.id)
        .order_by(Chantier.number)
    )
    return {
        chantier_id: ChantierAtAGlance(number, title, slug, hue, summary, int(done), int(total))
        for chantier_id, number, title, slug, hue, summary, done, total in rows
    }


def _publications() -> Sequence[Any]:
    return db.session.execute(_published().limit(PUBLICATIONS_SHOWN)).all()


def _published() -> Any:
    """What is public, the latest first."""
    return (
        select(
            Deliverable.title,
            Deliverable.public_slug,
            Deliverable.published_at,
            DeliverableType.key,
            DeliverableType.name,
            Chantier.number,
            Chantier.hue,
        )
        .join(Deliverable.chantier)
        .join(Deliverable.type)
        .where(Deliverable.public())
        .order_by(Deliverable.published_at.desc(), Deliverable.id.desc())
    )


# One chantier ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ChantierPage:
    """What anybody may know of a chantier: what it is for, how far it is, what it published, who takes part."""

    chantier: Chantier
    glance: ChantierAtAGlance
    publications: Sequence[Any]
    structures: Sequence[Any]


def chantier_page(slug: str) -> ChantierPage | None:
    """A chantier, archived or not, in five statements: no person, no draft, no address."""
    found = db.session.scalar(select(Chantier).where(Chantier.slug == slug))
    if found is None:
        return None
    done, counted = db.session.execute(
        select(
            func.coalesce(func.sum(ObjectiveTally.done), 0),
            func.coalesce(func.sum(ObjectiveTally.counted), 0),
        ).where(ObjectiveTally.chantier_id == found.id)
    ).one()
    glance = ChantierAtAGlance(
        found.number, found.title, found.slug, found.hue, found.summary, int(done), int(counted)
    )
    _tell_objectives({found.id: glance})
    published = _published().where(Deliverable.chantier_id == found.id).limit(PUBLICATIONS_OF_A_CHANTIER)
    enrolled = (
        select(Structure.name, Structure.site, Structure.territory, Structure.is_example)
        .join(ChantierStructure, ChantierStructure.structure_id == Structure.id)
        .where(
            ChantierStructure.chantier_id == found.id,
            ChantierStructure.left_at.is_(None),
            Structure.merged_into_id.is_(None),
        )
        .order_by(Structure.name_key, Structure.id)
        .limit(STRUCTURES_SHOWN)
    )
    return ChantierPage(
        chantier=found,
        glance=glance,
        publications=db.session.execute(published).all(),
        structures=db.session.execute(enrolled).all(),
    )


def _tell_objectives(chantiers: dict[int, ChantierAtAGlance]) -> None:
    """Give each chantier its objectives, the operational ones with their progress."""
    tally = ObjectiveTally
    rows = db.session.execute(
        select(
            Objective.chantier_id,
            Objective.kind,
            Objective.text,
            tally.done,
            tally.counted,
        )
        .join(tally, tally.objective_id == Objective.id)
        .where(Objective.chantier_id.in_(chantiers), Objective.live())
        .order_by(Objective.position, Objective.id)
        .limit(CHANTIERS_TOLD * 12)
    )
    for row in rows:
        if row.kind == ObjectiveKind.POLITICAL:
            chantiers[row.chantier_id].political.append(row.text)
        else:
            chantiers[row.chantier_id].operational.append(row)


def public_slugs() -> tuple[list[str], list[str]]:
    """The addresses of chantiers and of publications, as many as a map of pages may hold."""
    chantiers = db.session.scalars(select(Chantier.slug).order_by(Chantier.number).limit(MAPPED)).all()
    published = select(Deliverable.public_slug).where(Deliverable.public()).order_by(Deliverable.id)
    return list(chantiers), [slug for slug in db.session.scalars(published.limit(MAPPED)) if slug]
