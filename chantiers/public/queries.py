"""What the public home shows: the démarche at a glance, whatever its size."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from models import (
    Chantier,
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
    """What was published last."""
    found = (
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
    return db.session.execute(found.limit(PUBLICATIONS_SHOWN)).all()


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
